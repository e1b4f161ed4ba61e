//! Orders that were left without a request are told of, too: once, or as often as it takes.

use super::mailhost::MailHost;
use super::recorder::Recorder;
use super::scene::{Scene, json_hook, owner};
use crate::responder::one_left;

const CONTACT: &str = "security@example.org";
const OFF: (&str, &str) = ("/TenantPolicy/", "policy-false");

#[test]
fn what_could_not_be_sent_is_told_once_and_then_what_became_of_it() {
    let recorder = Recorder::start();
    let scene = Scene::new(&json_hook(&recorder));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    let bench = &scene.responder.bench;
    bench.order("/tokenadmin/personal", "D", 999);
    for told in [&["leak unsent"][..], &[], &[]] {
        let run = if told.is_empty() {
            scene.resume()
        } else {
            scene.execute()
        };
        assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
        assert_eq!(recorder.told(), told);
    }
    bench.forget_orders();
    assert_eq!(scene.resume().code, 0);
    assert_eq!(recorder.told(), ["leak accepted", "closure closed"]);
    assert_eq!(scene.resume().stdout, "nothing is open\n");
}

#[test]
fn what_was_dropped_is_told_at_least_once_under_one_id() {
    let recorder = Recorder::start();
    let scene = Scene::new(&json_hook(&recorder));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    scene.responder.bench.order(OFF.0, OFF.1, 999);
    recorder.answer(503);
    assert_eq!(scene.execute().code, 4);
    let mut posts = recorder.take();
    assert_eq!(posts.len(), 3, "three tries");
    recorder.answer(200);
    assert_eq!(scene.resume().code, 4);
    posts.extend(recorder.take());
    assert_eq!(posts.len(), 4);
    for post in &posts {
        assert_eq!(
            (
                post.header("idempotency-key"),
                post.json()["tokens"][0]["state"].clone()
            ),
            (posts[0].header("idempotency-key"), "dropped".into())
        );
    }
    assert_eq!(scene.resume().stdout, one_left(token));
}

/// Their owner gets the mail where the list says whose it is, and nobody else where a plan says so.
#[test]
fn owners_are_told_of_what_was_dropped() {
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let contact = format!("[notify]\nsecurity_contact = \"{CONTACT}\"\nremind_after = \"7d\"\n");
    let scene = Scene::new(&format!("{contact}{}", mail.trusted()));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    scene.responder.bench.order(OFF.0, OFF.1, 999);
    assert_eq!(scene.execute().code, 4);
    let [told] = &*mail.take() else {
        panic!("not one mail");
    };
    assert_eq!(told.recipients, owner(token));
    let subject = "Azure DevOps token `build agent` leaked and was left alone";
    assert_eq!(told.header("Subject"), subject);
    let state = "it was left alone, for it is not what was to be revoked any more";
    assert!(told.text().contains(state), "{}", told.text());
    // Nobody is reminded of what may be nothing any more.
    scene.age(8);
    assert_eq!(scene.resume().stdout, one_left(token));
    // A plan that names another owner: the order is dropped, and the other hears nothing.
    let scene = Scene::new(&format!("{contact}{}", mail.trusted()));
    let tokens = scene.responder.live();
    let other = tokens.iter().find(|it| owner(it) != owner(tokens[0]));
    scene.plan(&[other.expect("somebody else")], "--exposure public");
    let mut theirs = serde_json::Value::Null;
    scene.change_plan(|plan| theirs = plan["orders"][0]["owner"].clone());
    scene.plan(&[tokens[0]], "--exposure public");
    scene.change_plan(|plan| plan["orders"][0]["owner"] = theirs);
    let run = scene.execute();
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let [told] = &*mail.take() else {
        panic!("not one mail");
    };
    assert_eq!(told.recipients, CONTACT);
    assert_eq!(scene.responder.writes(), 0);
}

#[test]
fn receivers_that_want_to_be_left_alone_are() {
    let recorder = Recorder::start();
    let scene = Scene::new(&json_hook(&recorder));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    // A second is waited for; an hour is left to the next run.
    recorder.answer_next(429, 1);
    recorder.answer_next(200, 0);
    recorder.answer_next(503, 3600);
    let run = scene.execute();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(
        recorder.told(),
        ["leak accepted", "leak accepted", "closure closed"]
    );
    assert_eq!(
        scene.notified(),
        ["sent leak json -", "failed closure json -"]
    );
    let why = "answered with 503, wants to be left alone for 3600 s";
    assert!(run.stdout.contains(why), "{}", run.stdout);
    assert_eq!(scene.resume().code, 0);
    assert_eq!(recorder.told(), ["closure closed"]);
}

/// An account need not have a mailbox.
#[test]
fn an_owner_without_an_address_is_told_by_the_security_contact() {
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let contact = format!("[notify]\nsecurity_contact = \"{CONTACT}\"\n");
    let scene = Scene::new(&format!("{contact}{}", mail.trusted()));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    scene
        .responder
        .bench
        .order("/graph/users/", "no-mail-address", 99);
    let run = scene.execute();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let told = format!("mail {CONTACT}");
    assert_eq!(
        scene.notified(),
        [format!("sent leak {told}"), format!("sent closure {told}")]
    );
    assert_eq!(mail.take().len(), 2);
    assert_eq!(
        scene.records()[3]["evidence"]["why"],
        "its owner has no address"
    );
    // Who was told of what stands in the journal as people read it.
    let given = "journal show --journal journal.jsonl";
    let shown = scene.responder.bench.plain(given, "").stdout;
    for (number, kind) in [(3, "leak"), (5, "closure")] {
        let line = shown.lines().nth(number).expect("a line");
        let expected = format!(
            "notify   sent  {}  contoso  {kind}  mail  {CONTACT}  (its owner has no address)",
            token.c3id
        );
        assert!(line.contains(&expected), "{line}");
    }
}
