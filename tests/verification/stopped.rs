//! Runs that end before all is asked: by Ctrl-C, or because the service asks for more time than there
//! is.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener};
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use crate::client::order;
use crate::program::{Run, command, leak, verify};
use crate::service::Fake;

/// Each attempt of the finding of `run`: where, and what it told.
fn attempts(run: &Run) -> Vec<(String, String)> {
    let finding = run.finding();
    let all = finding["verification"]["attempts"].as_array();
    let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    let all = all.expect("attempts").iter();
    all.map(|it| (text(&it["organization"]), text(&it["validity_reason"])))
        .collect()
}

/// What was answered before Ctrl-C counts, also of a token about which more was to be asked.
#[test]
fn ctrl_c_keeps_what_was_answered() {
    for (transcript, reason) in [
        ("D-identity-elsewhere", "live_elsewhere"),
        ("C-refused", "not_attempted"),
    ] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/azure-devops");
        let answer = std::fs::read(format!("{folder}/{transcript}.http")).expect("a transcript");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let args = [
            "scan",
            "-",
            "--verify",
            "-f",
            "json",
            "--azure-devops-url",
            &url,
        ];
        let mut child = command(&args).spawn().expect("the program starts");
        let token = patsweep::token::mint::pat(7);
        let input = leak(&token, "contoso") + &leak(&token, "fabrikam");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).expect("it reads");
        drop(stdin);
        let (mut first, _) = listener.accept().expect("a request");
        let mut request = [0; 4096];
        assert!(first.read(&mut request).expect("a request") > 0);
        first.write_all(&answer).expect("it reads");
        first.shutdown(Shutdown::Write).expect("it reads");
        // The second is asked, and nobody answers there.
        let held = listener.accept().expect("a second request");
        let id = child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.expect("kill").success());
        let output = child.wait_with_output().expect("the program ends");
        drop(held);
        let run = Run {
            code: output.status.code().expect("an exit code"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        };
        let finding = run.finding();
        assert_eq!(
            (&finding["validity_reason"], run.code),
            (&reason.into(), 130),
            "{finding:#}"
        );
        let first = match reason {
            "not_attempted" => "refused",
            first => first,
        };
        assert_eq!(
            attempts(&run),
            [("contoso", first), ("fabrikam", "not_attempted")]
                .map(|(at, reason)| (at.to_owned(), reason.to_owned()))
        );
        assert_eq!(finding["verification"]["refused_everywhere"], false);
    }
}

/// Nobody waits for longer than there is time.
#[test]
fn a_pause_that_is_too_long_ends_it() {
    let fake = Fake::start();
    let token = fake.token("active");
    let input = leak(&token.token, "contoso") + &leak(&token.token, "fabrikam");
    let target = json!({ "token": token.token, "organization": "contoso" });
    order(&fake, &target, "throttled", 3600);
    let begun = Instant::now();
    let run = verify(&fake.url, &input, &["--timeout", "20s"]);
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
    assert_eq!(run.finding()["validity_reason"], "throttled");
    assert_eq!(
        attempts(&run),
        [("contoso", "throttled"), ("fabrikam", "budget_exhausted")]
            .map(|(at, reason)| (at.to_owned(), reason.to_owned()))
    );
}
