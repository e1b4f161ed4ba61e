//! No token leaves in a report, a log, an error or a list of processes, however it is written.

use std::fs;
use std::io::Write;

use serde_json::json;

use crate::client::{get, order};
use crate::program::{command, leak, patsweep};
use crate::service::Fake;
use crate::traces::{Hidden, assert_clean};

/// What is asked, of a token on standard input. Each report format is written, and a cache.
const RUNS: [&str; 4] = [
    "scan - --verify --cache=CACHE -f json -o R.json -f jsonl -o R.jsonl -f sarif -o R.sarif -f text",
    "verify --org contoso --cache=CACHE -f json -o R.json -f jsonl -o R.jsonl -f sarif -o R.sarif \
     -f text",
    "map --org contoso --cache=CACHE --probe-scopes -f text",
    "map --org contoso --probe-scopes -f json",
];

#[test]
fn nothing_that_is_written_holds_a_token() {
    let fake = Fake::start();
    for behavior in [
        "accepted",
        "echo",
        "echo-fields",
        "identity-refused",
        "refused",
        "close",
        "truncated-json",
        "redirect-other-host",
    ] {
        // One that may list its owner's organisations, and one that may not.
        for token in [fake.token("active"), fake.token("blocked")] {
            crate::client::ask("DELETE", "/__control").to(&fake);
            let target = json!({ "token": token.token });
            order(&fake, &target, behavior, 0);
            if behavior == "identity-refused" {
                order(&fake, &target, "echo-fields", 0);
            }
            let hidden = [Hidden::new("the token", &token.token)];
            for run in RUNS {
                let input = if run.starts_with("scan") {
                    leak(&token.token, &token.organization)
                } else {
                    format!("{}\n", token.token)
                };
                traced(&fake, run, &input, &hidden, behavior);
            }
        }
    }
    let log = get("/__log").to(&fake);
    for token in [fake.token("active"), fake.token("blocked")] {
        let hidden = Hidden::new("the token", &token.token);
        hidden.assert_absent(&log.body, "an address that was asked for");
    }
}

/// Runs `patsweep RUN`, as talkative as can be, and looks for `hidden` in all that it leaves.
#[track_caller]
fn traced(fake: &Fake, run: &str, input: &str, hidden: &[Hidden], behavior: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let run = format!("{run} -vvv --azure-devops-url {}", fake.url);
    let args: Vec<String> = run
        .split_whitespace()
        .map(|arg| match arg {
            "--cache=CACHE" => format!("--cache={}", place("cache")),
            arg if arg.starts_with("R.") => place(arg),
            arg => arg.to_owned(),
        })
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut child = command(&args)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .spawn()
        .expect("the program starts");
    // It waits for its input, so that it is there to be looked at.
    let arguments = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    let code = output.status.code().expect("an exit code");
    assert!([1, 4].contains(&code), "{}", output.stderr.escape_ascii());
    let run = format!("{behavior}: {run}");
    let streams = [
        ("the list of processes", &arguments[..]),
        ("standard output", &output.stdout[..]),
        ("standard error", &output.stderr[..]),
    ];
    assert_clean(hidden, &streams, &run);
    for file in fs::read_dir(folder.path()).expect("a folder") {
        let path = file.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let text = fs::read(&path).expect("a file");
        assert_clean(hidden, &[(&*name, &text[..])], &run);
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
    let log = get("/__log").to(&fake).json();
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
        Hidden::new("the token", &token).assert_absent(run.stderr.as_bytes(), "the complaint");
    }
}
