//! README.md shows what really happens.

#![cfg(unix)]

use std::process::Command;

use crate::program::{World, said};

/// What stands in the fenced block of README.md that starts with `start`.
fn block(start: &str) -> &'static str {
    let text = include_str!("../../README.md");
    let after = text.split_once(start).expect("the block").1;
    after.split_once("```").expect("its end").0
}

/// The summary without its time, which no two runs share.
fn timeless(report: &str) -> String {
    let (before, after) = report.rsplit_once(" bytes in ").expect("a summary");
    let (_, after) = after.split_once(" s ").expect("seconds");
    format!("{before} bytes, {after}")
}

#[test]
fn the_example_gives_what_it_says() {
    let world = World::new();
    let setup = Command::new("sh")
        .args(["-e", "-c", block("```sh\n")])
        .current_dir(world.tree())
        .output();
    let setup = said(setup.expect("sh starts"));
    assert_eq!((setup.code, setup.stderr.as_str()), (0, ""));
    let run = world.run("scan leak");
    let shown = block("```console\n$ patsweep scan leak\n");
    assert_eq!(timeless(&run.stdout), timeless(shown));
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
}

/// What one test skipped shows only so, and that is how everything is checked before it goes in.
#[test]
fn the_test_command_shows_what_was_skipped() {
    for text in [
        include_str!("../../README.md"),
        include_str!("../../.ci/run"),
    ] {
        assert!(text.contains("cargo test -- --show-output"));
    }
}
