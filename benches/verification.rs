//! The time that verifying takes, by what it would ideally take with four requests at a time at a
//! service that answers each after a second. `benches/README.md` says what it gave.

#[path = "../tests/fake_azure_devops/checks/client.rs"]
#[expect(
    dead_code,
    reason = "the checks of the stand-in itself need more of it"
)]
mod client;
#[path = "../tests/fake_azure_devops/service/mod.rs"]
mod service;

use std::fmt::Write as _;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::json;

use client::{get, order};
use service::{Fake, Options};

/// Requests to a host that are under way at a time, at most.
const AT_ONCE: f64 = 4.0;
/// Seconds that the service takes for an answer.
const DELAY: i64 = 1;

fn main() {
    let fake = Fake::start_with(Options {
        tokens: 300,
        organizations: 40,
        ..Options::default()
    });
    order(&fake, &json!({ "host": "dev.azure.com" }), "slow", DELAY);
    let mut input = String::new();
    let crowd = fake.tokens.iter();
    let crowd = crowd.filter(|issued| issued.organization.starts_with("crowd-"));
    for (index, issued) in crowd.enumerate() {
        // Two others of three name one or two organisations that turn them away.
        let others = (0..index % 3).map(|other| format!("crowd-{:03}", (index + other) % 40 + 1));
        for organization in others.chain([issued.organization.clone()]) {
            let token = &issued.token;
            let _ = writeln!(
                input,
                "https://build:{token}@dev.azure.com/{organization}/_git/Site"
            );
        }
    }
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_patsweep"))
        .args(["scan", "-", "--verify", "--quiet", "--no-config"])
        .args(["--azure-devops-url", &fake.url])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let status = child.wait().expect("it ends");
    let taken = start.elapsed();
    assert_eq!(status.code(), Some(4), "tokens are live");
    let log = get("/__log").to(&fake).json();
    let requests = log.as_array().expect("a list").len();
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    let ideal = requests as f64 / AT_ONCE * DELAY as f64;
    let taken = taken.as_secs_f64();
    println!(
        "{requests} requests: {taken:.1} s, ideally {ideal:.1} s: {:.3}",
        taken / ideal
    );
}
