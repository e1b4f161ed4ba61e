//! A crash at any point loses no message.

use std::collections::BTreeMap;
use std::process::Command;

use super::mailhost::MailHost;
use super::recorder::Recorder;
use super::scene::{Scene, json_hook};
use crate::bench::Run;

/// Messages by what they tell, each with how often it came under which id.
type Told = BTreeMap<String, BTreeMap<String, usize>>;

/// Executes the plan and crashes at the point `at`; `None` where it crashed.
fn execute(scene: &Scene, at: u64) -> Option<Run> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patsweep"));
    command.env("PATSWEEP_CRASH_AT", at.to_string());
    let args = scene.responder.execution("--config config.toml");
    let mut started = scene.responder.bench.start(command, &args, "");
    let status = started.child.wait().expect("the program ends");
    status.code().map(|_| Run::of(started))
}

/// Crashes at each of so many points of an execution, and goes on; `told` takes what came.
fn survive(points: u64, configuration: &str, told: impl Fn() -> Vec<(String, String)>) {
    let mut at = 0;
    loop {
        at += 1;
        let scene = Scene::new(configuration);
        let tokens = scene.responder.live();
        scene.plan(&tokens[..1], "--exposure public");
        let ended = execute(&scene, at).is_some();
        if !ended {
            let path = scene.responder.bench.path("journal.jsonl");
            if path.exists() {
                let run = scene.resume();
                assert_eq!(run.code, 0, "{at}: {}{}", run.stdout, run.stderr);
            }
            if scene.responder.writes() == 0 {
                assert_eq!(scene.execute().code, 0, "{at}");
            }
        }
        let mut came = Told::new();
        for (kind, id) in told() {
            *came.entry(kind).or_default().entry(id).or_default() += 1;
        }
        assert!(
            came.keys()
                .any(|kind| kind.contains("closure") || kind.contains("is revoked")),
            "{at}: {came:?}"
        );
        for (kind, ids) in &came {
            let counts: Vec<_> = ids.values().collect();
            // The crash may stand between a message and its line in the journal.
            let most = if ended { 1 } else { 2 };
            let [count] = &*counts else {
                panic!("{at}: {kind} has several ids: {came:?}");
            };
            assert!((1..=most).contains(*count), "{at}: {came:?}");
        }
        assert_eq!(scene.resume().stdout, "nothing is open\n", "{at}");
        if ended {
            break;
        }
    }
    assert_eq!(at - 1, points);
}

/// As without notifications 18, and two posts with a line each: before and after.
#[test]
fn every_message_arrives_at_least_once_under_one_id() {
    let recorder = Recorder::start();
    survive(18 + 8, &json_hook(&recorder), || {
        let posts = recorder.take().into_iter();
        let told = posts.map(|post| {
            let kind = post.json()["kind"].as_str().expect("a kind").to_owned();
            (kind, post.header("idempotency-key"))
        });
        told.collect()
    });
}

/// Two mails with a line each, and the address of the owner, which is asked for once.
#[test]
fn every_mail_arrives_at_least_once_under_one_id() {
    let Some(mail) = MailHost::start("") else {
        return;
    };
    survive(18 + 8 + 2, &mail.trusted(), || {
        let mails = mail.take().into_iter();
        let told = mails.map(|mail| (mail.header("Subject"), mail.header("Message-ID")));
        told.collect()
    });
}
