//! A crash at any point loses no message.

use std::collections::BTreeMap;
use std::process::Command;

use super::recorder::Recorder;
use super::scene::{Scene, json_hook};
use crate::bench::Run;

/// Executes the plan and crashes at the point `at`; `None` where it crashed.
fn execute(scene: &Scene, at: u64) -> Option<Run> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patsweep"));
    command.env("PATSWEEP_CRASH_AT", at.to_string());
    let args = scene.responder.execution("--config config.toml");
    let mut started = scene.responder.bench.start(command, &args, "");
    let status = started.child.wait().expect("the program ends");
    status.code().map(|_| Run::of(started))
}

/// Crashes at every point of an execution, and goes on.
#[test]
fn every_message_arrives_at_least_once_under_one_id() {
    let mut at = 0;
    loop {
        at += 1;
        let recorder = Recorder::start();
        let scene = Scene::new(&json_hook(&recorder));
        let tokens = scene.responder.live();
        scene.plan(&tokens[..1], "--exposure public");
        let ended = execute(&scene, at).is_some();
        if !ended {
            let run = scene.resume();
            assert_eq!(run.code, 0, "{at}: {}{}", run.stdout, run.stderr);
            if scene.responder.writes() == 0 {
                assert_eq!(scene.execute().code, 0, "{at}");
            }
        }
        let mut told: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for post in recorder.take() {
            let (json, key) = (post.json(), post.header("idempotency-key"));
            let kind = json["kind"].as_str().expect("a kind").to_owned();
            *told.entry(kind).or_default().entry(key).or_default() += 1;
        }
        assert!(told.contains_key("closure"), "{at}: {told:?}");
        for (kind, ids) in &told {
            let counts: Vec<_> = ids.values().collect();
            // The crash may stand between a post and its line in the journal.
            let most = if ended { 1 } else { 2 };
            let [count] = &*counts else {
                panic!("{at}: {kind} has several ids: {told:?}");
            };
            assert!((1..=most).contains(*count), "{at}: {told:?}");
        }
        assert_eq!(scene.resume().stdout, "nothing is open\n", "{at}");
        if ended {
            break;
        }
    }
    // As without notifications 14, and two posts with a line each: before and after.
    assert_eq!(at - 1, 14 + 8);
}
