//! What is told once more, or of what is not certain: that is not more than is known.

use std::collections::BTreeSet;

use super::recorder::{Post, Recorder};
use super::scene::{Scene, hook, json_hook};
use crate::responder::{Responder, one_left};

const CONFIGURED: &str = "--config config.toml";
const LISTS: &str = "/tokenadmin/personalaccesstokens";

/// Kind and state of what a post is about.
fn told(posts: &[Post]) -> Vec<String> {
    let posts = posts.iter().map(Post::json);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    posts
        .map(|it| format!("{} {}", text(&it["kind"]), text(&it["tokens"][0]["state"])))
        .collect()
}

/// A person took another token for the leaked one, and that was revoked.
#[test]
fn what_was_closed_as_another_is_open_when_a_plan_leaves_it() {
    let recorder = Recorder::start();
    let responder = Responder::new().telling(&recorder, "");
    responder.bench.order(LISTS, "c3id-absent", 9999);
    let leaked = responder.plant_pat("one", "priya", "vso.code", -20);
    let other = responder.plant_pat("two", "priya", "vso.code", -20);
    let is = |id: &Option<String>| {
        let id = id.as_deref().expect("an id");
        format!("--match {}={id}", leaked.c3id)
    };
    let mut ids = BTreeSet::new();
    let mut posts = 0;
    let mut act = |flags: &str, code: i32, expected: &[&str]| {
        responder.plan(
            &[&leaked],
            &format!("--exposure public {CONFIGURED} {flags}"),
        );
        let run = responder.execute(CONFIGURED);
        assert_eq!(run.code, code, "{flags}\n{}{}", run.stdout, run.stderr);
        let posted = recorder.take();
        assert_eq!(told(&posted), expected, "{flags}\n{}", run.stdout);
        posts += posted.len();
        ids.extend(posted.iter().map(|post| post.header("idempotency-key")));
        let run = responder.resume(CONFIGURED);
        assert!(recorder.take().is_empty(), "{flags}\n{}", run.stdout);
        (run.code, run.stdout)
    };
    let nothing = (0, "nothing is open\n".to_owned());
    let one = (4, one_left(&leaked));
    let revoked = ["leak accepted", "closure closed"];
    assert_eq!(act(&is(&other.authorization_id), 0, &revoked), nothing);
    assert!(responder.is_let_in(&leaked) && !responder.is_let_in(&other));
    assert_eq!(act("", 4, &["leak told"]), one);
    // That is known by now.
    assert_eq!(act("", 4, &[]), one);
    assert_eq!(act(&is(&leaked.authorization_id), 0, &revoked), nothing);
    assert!(!responder.is_let_in(&leaked));
    assert_eq!(ids.len(), posts, "receivers take no message for another");
}

#[test]
fn nobody_says_that_it_works_where_no_list_tells() {
    let recorder = Recorder::start();
    let scene = Scene::new(&format!(
        "[notify]\nremind_after = \"7d\"\n{}",
        json_hook(&recorder)
    ));
    let token = scene.responder.live()[0];
    scene.responder.bench.order(LISTS, "c3id-absent", 9999);
    scene.plan(&[token], "--exposure private");
    assert_eq!(scene.execute().code, 4);
    assert_eq!(recorder.told(), ["leak told"]);
    for (is_told, expected) in [
        (
            false,
            [
                "reminder unproven",
                "Azure DevOps token `build agent` leaked and may still work",
                "whether it still works is not known: no list that could be read tells",
            ],
        ),
        (
            true,
            [
                "reminder told",
                "Azure DevOps token `build agent` leaked and still works",
                "it is not revoked for you: it is only probably the recorded one",
            ],
        ),
    ] {
        if is_told {
            scene.responder.bench.forget_orders();
        }
        scene.age(8);
        let run = scene.resume();
        assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
        let posts = recorder.take();
        let body = posts[0].json();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let message = text(&body["tokens"][0]["message"]);
        assert_eq!(
            [told(&posts).join(", "), text(&body["title"]), message],
            expected
        );
    }
}

#[cfg(unix)]
#[test]
fn closures_say_how_that_is_known() {
    for kind in ["teams", "slack"] {
        for (responder, known) in [
            (Responder::new(), "the administrator's list says"),
            (Responder::owner(), "its owner's list says"),
        ] {
            let recorder = Recorder::start();
            responder.bench.write("config.toml", &hook(&recorder, kind));
            let token = responder.live()[0];
            let id = token.authorization_id.as_deref().expect("an id");
            let flags = format!("--exposure public {CONFIGURED} --match {}={id}", token.c3id);
            responder.plan(&[token], &flags);
            let run = responder.execute(CONFIGURED);
            assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
            let posts = recorder.take();
            let said = format!("How that is known: {known} that it is revoked.");
            let tells: Vec<_> = posts.iter().map(|post| post.body.contains(&said)).collect();
            assert_eq!(tells, [false, true], "{kind}: {}", posts[1].body);
        }
    }
}
