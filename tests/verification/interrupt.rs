//! Ctrl-C while the service is being asked: what is known is reported, and soon.

#![cfg(unix)]

use std::io::Write;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{ask, get, order};
use crate::program::{Run, command, leak, patsweep};
use crate::service::{Fake, Issued};

/// Longer than any of this takes, and much shorter than the service takes to answer.
const SOON: Duration = Duration::from_secs(10);

/// Starts `patsweep ARGS` against `fake` on `input`.
fn start(fake: &Fake, args: &[&str], input: &str) -> Child {
    let mut command = command(args);
    command.args(["--azure-devops-url", &fake.url]);
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("it is read");
    child
}

/// Interrupts `child` once somebody of the kind `of` called `name` is being asked about; what it said
/// until it ended.
fn interrupt(mut child: Child, fake: &Fake, (of, name): (&str, &str)) -> Run {
    let is_asked = || get("/__concurrency").to(fake).json()[of][name].is_object();
    while !is_asked() {
        assert_eq!(child.try_wait().expect("a state"), None, "it ended early");
    }
    let start = Instant::now();
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.expect("kill").success());
    let output = child.wait_with_output().expect("the program ends");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    Run {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Standard input may be waited for without an end, so that a signal ends the program as any other.
/// It is not that of Ctrl-C, which programs in the background ignore unless they handle it.
#[test]
fn of_tokens_that_are_waited_for() {
    use std::os::unix::process::ExitStatusExt;

    let fake = Fake::start();
    let folder = tempfile::tempdir().expect("a folder");
    // A report that is read before standard input: once it was, that is what is waited for.
    let report = folder.path().join("report.json");
    let made = Command::new("mkfifo").arg(&report).status();
    assert!(made.expect("mkfifo").success());
    for name in ["verify", "map"] {
        let path = report.to_str().expect("text");
        let args = [name, "--from", path, "--tokens", "-"];
        let child = command(&args)
            .args(["--azure-devops-url", &fake.url])
            .spawn()
            .expect("the program starts");
        std::fs::write(
            &report,
            r#"{"schema": "patsweep-report/1", "findings": []}"#,
        )
        .expect("it is read");
        let sent = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status();
        assert!(sent.expect("kill").success());
        // Its input ends only now.
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!(output.status.signal(), Some(15), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

/// What each finding of a report came to.
fn reasons(run: &Run, tokens: [&Issued; 2]) -> [Value; 2] {
    let report = run.report();
    let findings = report["findings"].as_array().expect("findings");
    tokens.map(|token| {
        let mut findings = findings.iter();
        let finding = findings.find(|finding| finding["id"] == token.c3id);
        finding.expect("nothing is lost")["validity_reason"].clone()
    })
}

/// One that is answered, from the cache `flag` at that, and one that is not.
fn two<'f>(fake: &'f Fake, flag: &str) -> [&'f Issued; 2] {
    let [known, slow] = ["active", "refused"].map(|state| fake.token(state));
    let args = [
        "verify",
        "--org",
        "contoso",
        flag,
        "--azure-devops-url",
        &fake.url,
    ];
    assert_eq!(patsweep(&args, &known.token).code, 4);
    order(fake, &json!({ "token": slow.token }), "slow", 60);
    assert_eq!(ask("DELETE", "/__log").to(fake).status, 204);
    [known, slow]
}

#[test]
fn of_a_scan_and_of_a_verification() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cache.json");
    let flag = format!("--cache={}", file.to_str().expect("text"));
    for command in [
        &["scan", "-", "--verify"][..],
        &["verify", "--org", "contoso"],
    ] {
        let fake = Fake::start();
        let [known, slow] = two(&fake, &flag);
        let args = [command, &[&flag, "-f", "json"]].concat();
        let input = match command[0] {
            "scan" => leak(&known.token, "contoso") + &leak(&slow.token, "contoso"),
            _ => format!("{}\n{}\n", known.token, slow.token),
        };
        let run = interrupt(start(&fake, &args, &input), &fake, ("token", &slow.c3id));
        assert_eq!(run.code, 130, "{}", run.stderr);
        assert_eq!(reasons(&run, [known, slow]), ["live", "not_attempted"]);
        assert!(run.stderr.contains("note: interrupted"), "{}", run.stderr);
    }
}

#[test]
fn of_a_map_that_asks_for_scopes() {
    let fake = Fake::start();
    let token = fake.token("active");
    order(&fake, &json!({ "host": "feeds.dev.azure.com" }), "slow", 60);
    let args = ["map", "--org", "contoso", "--probe-scopes", "-f", "json"];
    let child = start(&fake, &args, &token.token);
    let run = interrupt(child, &fake, ("host", "feeds.dev.azure.com"));
    assert_eq!(run.code, 130, "{}", run.stderr);
    let map: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let shown = &map["tokens"][0];
    assert_eq!(shown["validity_reason"], "live");
    let states = |name: &str| {
        let mut scopes = shown["scopes"].as_array().expect("scopes").iter();
        let scope = scopes.find(|scope| scope["name"] == name);
        scope.expect("a scope")["state"].clone()
    };
    // Asked before, being asked, and after.
    let told = ["code", "packaging", "wiki"].map(states);
    assert_eq!(told, ["held", "not_probed", "not_probed"]);
}

/// Nobody else is asked then.
#[test]
fn of_a_map_before_its_last_token() {
    let fake = Fake::start();
    let tokens: Vec<&Issued> = (fake.tokens.iter())
        .filter(|it| it.state == "active" && it.organization == "contoso")
        .collect();
    let input: Vec<&str> = tokens.iter().map(|it| &*it.token).collect();
    order(&fake, &json!({ "path": "_apis/projects" }), "slow", 60);
    let args = ["map", "--org", "contoso", "--probe-scopes"];
    let child = start(&fake, &args, &input.join("\n"));
    // A global one asks there first; the others do at once.
    let run = interrupt(child, &fake, ("host", "app.vssps.visualstudio.com"));
    assert_eq!(run.code, 130, "{}", run.stderr);
    let log = get("/__log").to(&fake).json();
    let log = log.as_array().expect("a list").iter();
    let probes = log.filter(|it| {
        !it["path"]
            .as_str()
            .expect("a path")
            .contains("connectionData")
    });
    assert!(probes.count() <= 1);
    assert!(
        run.stdout
            .contains("the run ended before they were asked for"),
        "{}",
        run.stdout
    );
}
