//! What is known and passed over: baselines, marks beside tokens, and what other scanners know, by
//! the program.

#[path = "../fake_azure_devops/checks/client.rs"]
#[expect(
    dead_code,
    reason = "the checks of the stand-in itself need more of it"
)]
mod client;
#[path = "../cli/program.rs"]
#[expect(dead_code, reason = "the tests of the command line need more of it")]
mod program;
#[path = "../fake_azure_devops/service/mod.rs"]
mod service;

mod active;
mod baseline;
mod broken;
mod import;
mod marks;
mod merge;
mod reports;

use std::process::Command;

use program::{Said, World, said};

/// The C3ID of a token.
fn id(token: &str) -> String {
    patsweep::token::c3id(token.as_bytes()).to_string()
}

/// The line of an entry that has only what it must, without what follows it.
fn entry(token: &str, more: &str) -> String {
    let id = id(token);
    format!(r#"{{"c3id":"{id}","reason":"r","added":"2026-01-01"{more}}}"#)
}

/// A baseline of these lines.
fn baseline(lines: &[String]) -> String {
    let lines = [lines, &["null]}\n".to_owned()]].concat().join(",\n");
    format!("{{\"schema\":\"patsweep-baseline/1\",\"entries\":[\n{lines}")
}

/// Runs git in the folder of `world`.
fn git(world: &World, args: &[&str]) -> Said {
    let mut command = Command::new("git");
    command.args(args).current_dir(world.tree());
    command
        .env("HOME", world.home())
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ada");
        command.env(format!("GIT_{who}_EMAIL"), "ada@example.com");
        command.env(format!("GIT_{who}_DATE"), "1700000000 +0000");
    }
    said(command.output().expect("git is there"))
}

/// The same, which must go well.
#[track_caller]
fn git_ok(world: &World, args: &[&str]) {
    let done = git(world, args);
    assert_eq!(done.code, 0, "{args:?}: {}{}", done.stdout, done.stderr);
}

/// A repository whose first commit holds all of the folder.
fn repository(world: &World) {
    git_ok(world, &["init", "-q", "-b", "main"]);
    commit(world, "first");
}

/// Commits all of the folder.
#[track_caller]
fn commit(world: &World, message: &str) {
    git_ok(world, &["add", "-A"]);
    git_ok(world, &["commit", "-q", "-m", message]);
}
