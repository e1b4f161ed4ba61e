//! What goes wrong before an answer, or in the middle of a run: each ends in a state, and no finding
//! is lost.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use data_encoding::BASE64;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;

use crate::program::{Run, command, leak};
use crate::server::Replay;

/// An answer that lets the token in.
fn accepted() -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/azure-devops");
    fs::read(format!("{folder}/A-accepted.http")).expect("a transcript")
}

/// Runs `patsweep ARGS`, without the proxies of whoever runs the tests.
fn patsweep(args: &[&str], input: &str) -> Run {
    let mut command = command(args);
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command
            .env_remove(name)
            .env_remove(name.to_ascii_uppercase());
    }
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    Run {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Every command that asks, about a token at `url`: nobody answers, for a reason that `message` is
/// the start of, and the token is told all the same.
#[track_caller]
fn is_unreachable(flag: &str, url: &str, message: &str) {
    let token = patsweep::token::mint::pat(7);
    let leak = leak(&token, "contoso");
    for (args, input, code) in [
        ("scan - --verify -f json", &leak, 1),
        ("scan - --verify -f json --fail-on active", &leak, 3),
        ("verify --org contoso -f json", &token, 1),
    ] {
        let mut args: Vec<&str> = args.split(' ').collect();
        args.extend([flag, url]);
        let run = patsweep(&args, input);
        let finding = run.finding();
        assert_eq!(
            (&finding["validity"], &finding["validity_reason"], run.code),
            (&"unknown".into(), &"inconclusive".into(), code),
            "{args:?}: {}",
            run.stderr
        );
        let evidence = &finding["verification"]["evidence"];
        let said = evidence["message"].as_str().unwrap_or_default();
        assert!(said.starts_with(message), "{args:?}: {said}");
        assert_eq!(evidence["status"], Value::Null);
        let endpoint = evidence["endpoint"].as_str().unwrap_or_default();
        assert!(endpoint.starts_with(url), "{args:?}: {endpoint}");
    }
    let run = patsweep(
        &["map", "--org", "contoso", "-f", "json", flag, url],
        &token,
    );
    let map: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let state = &map["tokens"][0]["validity_reason"];
    assert_eq!((state, run.code), (&"inconclusive".into(), 1), "{map:#}");
}

/// A port at which nobody listens any more.
fn deserted() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn nobody_listens() {
    let url = format!("http://127.0.0.1:{}", deserted());
    is_unreachable("--azure-devops-url", &url, "cannot connect: ");
    is_unreachable("--server-url", &url, "cannot connect: ");
}

#[test]
fn the_name_leads_nowhere() {
    let url = "https://azure-devops.invalid";
    is_unreachable("--azure-devops-url", url, "cannot connect: ");
}

#[test]
fn the_other_side_speaks_no_tls() {
    let answers = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let server = Listener::start(usize::MAX, |mut stream| {
        stream.write_all(answers)?;
        stream.shutdown(Shutdown::Write)?;
        drain(&mut stream)
    });
    let url = format!("https://127.0.0.1:{}", server.port);
    is_unreachable("--azure-devops-url", &url, "cannot connect: ");
}

/// A certificate that nobody vouches for, until the operator does.
#[test]
fn nobody_vouches_for_the_certificate() {
    let names = vec!["127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a key that fits");
    let config = Arc::new(config);
    let (sender, requests) = std::sync::mpsc::channel();
    let server = Listener::start(usize::MAX, move |stream| {
        let session = rustls::ServerConnection::new(config.clone());
        let session = session.map_err(std::io::Error::other)?;
        let mut stream = rustls::StreamOwned::new(session, stream);
        // The test may be over.
        let _over = sender.send(head(&mut stream)?);
        stream.write_all(&accepted())?;
        stream.conn.send_close_notify();
        stream.flush()
    });
    let url = format!("https://127.0.0.1:{}", server.port);
    is_unreachable("--azure-devops-url", &url, "cannot connect: ");
    is_unreachable("--server-url", &url, "cannot connect: ");
    // Nothing was said to whoever could not show who they are.
    assert_eq!(requests.try_recv().ok(), None);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    let der = BASE64.encode(made.cert.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
    fs::write(&file, pem).expect("written");
    let token = patsweep::token::mint::pat(7);
    for flag in ["--azure-devops-url", "--server-url"] {
        let file = file.to_str().expect("text");
        let args = ["scan", "-", "--verify", "-f", "json", "--ca-file", file];
        let run = patsweep(
            &[&args[..], &[flag, &url]].concat(),
            &leak(&token, "contoso"),
        );
        assert_eq!(run.finding()["validity_reason"], "live", "{}", run.stdout);
        assert_eq!(run.code, 4);
        let request = requests.try_recv().expect("a request");
        assert!(request.starts_with(b"GET /"), "{}", request.escape_ascii());
    }
}

/// After some answers the service is gone: what they said stays, the rest is not known.
#[test]
fn the_service_dies_in_the_middle() {
    const ANSWERED: usize = 7;
    const TOKENS: u64 = 30;
    let answer = accepted();
    let server = Listener::start(ANSWERED, move |mut stream| {
        head(&mut stream)?;
        stream.write_all(&answer)?;
        stream.shutdown(Shutdown::Write)?;
        drain(&mut stream)
    });
    let mut input = String::new();
    for seed in 0..TOKENS {
        let _ = write!(
            input,
            "{}",
            leak(&patsweep::token::mint::pat(seed), "contoso")
        );
    }
    let url = format!("http://127.0.0.1:{}", server.port);
    let args = "scan - --verify -f json --azure-devops-url";
    let mut args: Vec<&str> = args.split(' ').collect();
    args.push(&url);
    let run = patsweep(&args, &input);
    let report = run.report();
    let findings = report["findings"].as_array().expect("findings").iter();
    let number = |reason: &str| {
        let findings = findings.clone();
        findings
            .filter(|it| it["validity_reason"] == reason)
            .count()
    };
    let lost = TOKENS as usize - ANSWERED;
    assert_eq!(
        (number("live"), number("inconclusive"), run.code),
        (ANSWERED, lost, 4)
    );
}

/// What was answered with before, and no more: the report of a run that lost its service is read
/// by the next one.
#[test]
fn what_a_dead_service_left_open_is_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = format!("--cache={}", folder.path().join("cache").display());
    let token = patsweep::token::mint::pat(7);
    let input = leak(&token, "contoso");
    let args = ["scan", "-", "--verify", "-f", "json", &cache];
    let ask = |url: &str| {
        let args = [&args[..], &["--azure-devops-url", url]].concat();
        patsweep(&args, &input).finding()
    };
    let gone = format!("http://127.0.0.1:{}", deserted());
    assert_eq!(ask(&gone)["validity_reason"], "inconclusive");
    let replay = Replay::start(accepted());
    let finding = ask(&replay.url());
    assert_eq!(finding["validity_reason"], "live");
    assert_eq!(finding["verification"]["cached"], false);
}

/// Serves so many connections, one after the other, and is gone.
struct Listener {
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    fn start(
        connections: usize,
        serve: impl Fn(TcpStream) -> std::io::Result<()> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().take(connections) {
                let Ok(mut stream) = stream else { return };
                let mut first = [0];
                // A connection on which nothing is said is the end of the test.
                if !matches!(stream.peek(&mut first), Ok(1)) {
                    let _gone = stream.shutdown(Shutdown::Both);
                    return;
                }
                // A client that breaks off is no concern.
                let _served = serve(stream.try_clone().expect("a handle"));
                let _gone = stream.flush();
            }
        });
        Self {
            port,
            thread: Some(thread),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Nothing is said on it, which is how the other side knows.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// The head of a request.
fn head(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let (mut head, mut piece) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => break,
            count => head.extend_from_slice(&piece[..count]),
        }
    }
    Ok(head)
}

/// Reads on until the other side is gone: closing before would cut what was sent.
fn drain(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut piece = [0; 4096];
    while stream.read(&mut piece)? > 0 {}
    Ok(())
}
