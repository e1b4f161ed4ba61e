//! No token leaves in a report, a log, an error or a list of processes, however it is written.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::json;

use crate::client::order;
use crate::program::{command, leak, patsweep};
use crate::service::Fake;

/// What a token must not be found as.
fn forms(token: &str) -> Vec<(String, Vec<u8>)> {
    let base64 = |text: &[u8]| BASE64.encode(text).into_bytes();
    let wide: Vec<u8> = token.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let percent = |bytes: &[u8]| {
        let digits = HEXLOWER.encode(bytes);
        let pairs = digits.as_bytes().chunks(2);
        pairs
            .flat_map(|pair| [b'%', pair[0], pair[1]])
            .collect::<Vec<u8>>()
    };
    let mut forms = vec![
        ("plain".to_owned(), token.as_bytes().to_vec()),
        (
            "half".to_owned(),
            token.as_bytes()[..token.len() / 2].to_vec(),
        ),
        (":token".to_owned(), base64(format!(":{token}").as_bytes())),
        (
            "PAT:token".to_owned(),
            base64(format!("PAT:{token}").as_bytes()),
        ),
        ("utf-16".to_owned(), wide.clone()),
        ("base64 of utf-16".to_owned(), base64(&wide)),
        ("percent".to_owned(), percent(token.as_bytes())),
        (
            "hex".to_owned(),
            HEXLOWER.encode(token.as_bytes()).into_bytes(),
        ),
    ];
    for alignment in 0..3 {
        let encoded = base64(&token.as_bytes()[alignment..]);
        let whole = encoded.len() / 4 * 4 - 4;
        forms.push((format!("base64 at {alignment}"), encoded[..whole].to_vec()));
    }
    forms
}

#[track_caller]
fn assert_absent(token: &str, output: &[u8], what: &str) {
    for (name, form) in forms(token) {
        let found = output.windows(form.len()).any(|window| window == form);
        assert!(!found, "{what} holds the token: {name}");
    }
}

#[test]
fn nothing_that_is_written_holds_a_token() {
    let fake = Fake::start();
    let folder = tempfile::tempdir().expect("a folder");
    for behavior in [
        "accepted",
        "echo",
        "refused",
        "close",
        "truncated-json",
        "redirect-other-host",
    ] {
        let token = fake.token("active");
        order(&fake, &json!({ "token": token.token }), behavior, 0);
        for format in ["text", "json", "jsonl", "sarif"] {
            let file = folder.path().join(format!("{behavior}.{format}"));
            let path = file.to_str().expect("text");
            let mut child = command(&[
                "scan",
                "-",
                "--verify",
                "-vvv",
                "--azure-devops-url",
                &fake.url,
                "-f",
                format,
                "-o",
                path,
                "-f",
                "text",
            ])
            .env("RUST_LOG", "trace")
            .spawn()
            .expect("the program starts");
            let mut stdin = child.stdin.take().expect("a pipe");
            let input = leak(&token.token, "contoso");
            std::io::Write::write_all(&mut stdin, input.as_bytes()).expect("written");
            drop(stdin);
            if let Ok(arguments) = std::fs::read(format!("/proc/{}/cmdline", child.id())) {
                assert_absent(&token.token, &arguments, "the list of processes");
            }
            let output = child.wait_with_output().expect("the program ends");
            for (what, bytes) in [
                ("standard output", &output.stdout),
                ("standard error", &output.stderr),
                ("the report", &std::fs::read(&file).expect("a report")),
            ] {
                assert_absent(&token.token, bytes, &format!("{behavior} {format}: {what}"));
            }
        }
        let log = crate::client::get("/__log").to(&fake);
        assert_absent(&token.token, &log.body, "the log of the service");
    }
}

/// A redirect to another host is not followed, and nothing arrives there.
#[test]
fn another_host_gets_nothing() {
    let fake = Fake::start();
    let token = fake.token("active");
    order(
        &fake,
        &json!({ "token": token.token }),
        "redirect-other-host",
        0,
    );
    let input = leak(&token.token, "contoso");
    let args = [
        "scan",
        "-",
        "--verify",
        "--azure-devops-url",
        &fake.url,
        "-f",
        "json",
    ];
    let run = patsweep(&args, &input);
    assert_eq!(run.finding()["validity_reason"], "inconclusive");
    let log = crate::client::get("/__log").to(&fake).json();
    let hosts = log
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["host"].clone());
    assert_eq!(hosts.collect::<Vec<_>>(), ["dev.azure.com"]);
}

/// Nobody is told a token on the way who is not named with it, and no address without encryption.
#[test]
fn no_token_travels_in_the_clear() {
    let token = patsweep::token::mint::pat(3);
    let input = leak(&token, "contoso");
    for url in [
        "http://gateway.example",
        "http://u:p@127.0.0.1:9",
        "ftp://127.0.0.1",
    ] {
        let run = patsweep(
            &["scan", "-", "--verify", "--azure-devops-url", url],
            &input,
        );
        assert_eq!(run.code, 2, "{url}");
        assert!(run.stdout.is_empty(), "nothing was read");
        assert_absent(&token, run.stderr.as_bytes(), "the complaint");
    }
}
