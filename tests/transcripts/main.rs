//! Serves the answers in `fixtures/azure-devops` byte for byte, and holds them to HTTP.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

mod server;

use server::Replay;

/// Every transcript by its name without `.http`.
fn transcripts() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/azure-devops");
    let entries = std::fs::read_dir(folder).expect("the folder of transcripts");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let paths = paths.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "http")
    });
    paths
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read(path).expect("a file"))
        })
        .collect()
}

#[test]
fn every_row_is_there_and_is_http() {
    let all = transcripts();
    for row in 'A'..='Q' {
        assert!(
            all.keys().any(|name| name.starts_with(row)),
            "no transcript of {row}"
        );
    }
    for (name, bytes) in all {
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("the end of a head");
        let head = std::str::from_utf8(&bytes[..end]).expect("a head of ASCII");
        let body = &bytes[end + 4..];
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .expect("a status line")
            .strip_prefix("HTTP/1.1 ");
        let status = status
            .and_then(|rest| rest.split(' ').next())
            .expect("HTTP/1.1");
        assert!(
            status
                .parse::<u16>()
                .is_ok_and(|status| (200..600).contains(&status)),
            "{name}"
        );
        let headers: Vec<(&str, &str)> = lines
            .map(|line| line.split_once(": ").expect("a header"))
            .collect();
        let find = |wanted: &str| {
            let mut all = headers.iter();
            all.find(|(name, _)| *name == wanted)
                .map(|(_, value)| *value)
        };
        assert_eq!(
            find("Content-Length"),
            Some(body.len().to_string().as_str()),
            "{name}"
        );
        if find("Content-Type").is_some_and(|kind| kind.starts_with("application/json")) {
            let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
            let value: Result<serde_json::Value, _> = serde_json::from_slice(text);
            assert!(value.is_ok_and(|value| value.is_object()), "{name}");
        }
    }
}

#[test]
fn bytes_arrive_as_they_stand() {
    for (name, bytes) in transcripts() {
        let server = Replay::start(bytes.clone());
        let ask = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let address = server.url();
        let mut stream =
            TcpStream::connect(address.trim_start_matches("http://")).expect("it listens");
        stream.write_all(ask).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        drop(stream);
        assert!(answer == bytes, "{name}");
        assert_eq!(server.requests(), [ask.to_vec()], "{name}");
    }
}
