//! Who is told of what is done, and what becomes of it where they cannot be reached.

mod again;
#[cfg(feature = "crash-points")]
mod crash;
mod failures;
mod hostile;
mod left;
pub(crate) mod mailhost;
pub(crate) mod recorder;
mod scene;
mod told;

use std::collections::BTreeMap;

use crate::responder::went_well;
use mailhost::MailHost;
use recorder::Recorder;
use scene::{Scene, hook, json_hook, owner};

/// The id of an evidence in the journal, by kind and channel.
fn id(scene: &Scene, kind: &str, channel: &str) -> String {
    let records = scene.records();
    let mut lines = records.iter().filter(|line| {
        let evidence = &line["evidence"];
        let name = evidence["channel"].as_str().unwrap_or_default();
        evidence["kind"] == kind && name.split(':').next() == Some(channel)
    });
    let line = lines
        .next()
        .unwrap_or_else(|| panic!("no {kind} by {channel}"));
    line["evidence"]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn owners_and_channels_are_told_in_order() {
    let recorder = Recorder::start();
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&format!("{}{}", mail.trusted(), json_hook(&recorder)));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    let run = scene.execute();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let told = format!("notify sent {}", token.c3id);
    let mut expected = went_well(token);
    expected.splice(3..3, [told.clone(), told.clone()]);
    expected.extend([told.clone(), told]);
    assert_eq!(scene.responder.journal(), expected);
    let to = format!("mail {}", owner(token));
    assert_eq!(
        scene.notified(),
        [
            "sent leak json -",
            &format!("sent leak {to}"),
            "sent closure json -",
            &format!("sent closure {to}"),
        ]
    );
    let [first, last] = &*mail.take() else {
        panic!("not two mails");
    };
    for (mail, kind, subject) in [
        (first, "leak", "leaked and is being revoked"),
        (last, "closure", "is revoked"),
    ] {
        assert_eq!(mail.recipients, owner(token));
        let id = id(&scene, kind, "mail");
        assert_eq!(
            [mail.header("Subject"), mail.header("Message-ID")],
            [
                format!("Azure DevOps token `build agent` {subject}"),
                format!("<{id}@patsweep.example>")
            ]
        );
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(!mail.raw.contains(&token.token));
    }
    assert_eq!(last.header("In-Reply-To"), first.header("Message-ID"));
    let redacted = format!(
        "{}…{}",
        &token.token[..4],
        &token.token[token.token.len() - 4..]
    );
    let facts = format!(
        "Hello,\n\nA personal access token of yours for Azure DevOps was found where others can \
         read it.\n\n1. build agent\n   organization  contoso\n   C3ID          {}\n   \
         looks like    {redacted}\n   found at      conf/production.env:1\n   state         its \
         revocation was ordered and accepted; it may take an hour to show\n",
        token.c3id
    );
    assert!(first.text().starts_with(&facts), "{}", first.text());
    // The receipt is the line before, and verifies.
    let records = scene.records();
    for (mail, line) in [(first, 4), (last, 7)] {
        let head = records[line]["prev"].as_str().expect("a hash");
        assert!(
            mail.text().contains(&format!("Receipt: head {head}\n")),
            "{}",
            mail.text()
        );
        let check = format!("journal verify --journal journal.jsonl --head {head}");
        assert_eq!(scene.responder.bench.plain(&check, "").code, 0);
    }
    let posts = recorder.take();
    assert_eq!(posts.len(), 2);
    for (post, kind) in posts.iter().zip(["leak", "closure"]) {
        let id = id(&scene, kind, "json");
        assert_eq!(
            (post.header("idempotency-key"), &post.json()["id"]),
            (id.clone(), &id.into())
        );
    }
}

/// Neither are the secrets of the channels needed, nor does going on make up for it.
#[test]
fn nobody_is_told_where_the_policy_says_so() {
    let recorder = Recorder::start();
    let unset = "[[notify.webhook]]\nkind = \"slack\"\nurl_env = \"NOT_SET\"\n";
    let hooks = format!("{}{unset}", json_hook(&recorder));
    let scene = Scene::new(&format!("[policy]\nnotify = false\n{hooks}"));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    let run = scene.execute();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(scene.responder.journal(), went_well(token));
    assert_eq!(scene.notified(), [""; 0]);
    scene.configure(&json_hook(&recorder));
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(scene.responder.journal(), went_well(token));
    assert!(recorder.take().is_empty());
}

#[test]
fn payloads_are_as_documented_and_tell_no_place_until_it_is_closed() {
    let recorder = Recorder::start();
    let scene = Scene::new(&json_hook(&recorder));
    let token = scene.responder.live()[0];
    scene.plan_at("conf/main.tf", &[token], "--exposure public");
    assert_eq!(scene.execute().code, 0);
    let records = scene.records();
    let posts = recorder.take();
    let expected = |index: usize, line: usize| {
        let (kind, title, state, message) = [
            (
                "leak",
                "Azure DevOps token `build agent` leaked and is being revoked",
                "accepted",
                "its revocation was ordered and accepted; it may take an hour to show",
            ),
            (
                "closure",
                "Azure DevOps token `build agent` is revoked",
                "closed",
                "it is revoked and works no more",
            ),
        ][index];
        let places = serde_json::json!([{ "path": "conf/main.tf", "line": 1 }]);
        let ends = [&token.token[..4], &token.token[token.token.len() - 4..]];
        serde_json::json!({
            "schema": "patsweep-notification/1",
            "id": records[line]["evidence"]["id"],
            "kind": kind,
            "title": title,
            "at": records[line - 1]["at"],
            "plan": scene.responder.plan_id(),
            "head": records[line - 1]["hash"],
            "tokens": [{
                "c3id": token.c3id,
                "organization": "contoso",
                "name": "build agent",
                "redacted": ends.join("…"),
                "state": state,
                "message": message,
                "place_count": 1,
                "places": if index == 0 { serde_json::Value::Null } else { places },
                "consumers": ["Terraform provider for Azure DevOps"],
            }],
        })
    };
    assert_eq!(posts[0].json(), expected(0, 3));
    assert_eq!(posts[1].json(), expected(1, 5));
    assert_eq!(posts.len(), 2);
}

#[test]
fn no_channel_learns_a_place_until_it_is_closed() {
    for kind in ["json", "teams", "slack"] {
        let recorder = Recorder::start();
        let scene = Scene::new(&match kind {
            "json" => json_hook(&recorder),
            kind => hook(&recorder, kind),
        });
        let token = scene.responder.live()[0];
        scene.plan(&[token], "--exposure public");
        // The list shows it 2 seconds later.
        scene.responder.order_delay("revocation-early", 2);
        assert_eq!(scene.execute().code, 6);
        scene.responder.advance(5);
        assert_eq!(scene.resume().code, 0);
        let posts = recorder.take();
        let tells_place: Vec<_> = posts
            .iter()
            .map(|post| post.body.contains("production"))
            .collect();
        assert_eq!(tells_place, [false, true], "{kind}");
        for post in posts {
            assert!(post.body.contains(&token.c3id), "{}", post.body);
            let head = post.body.contains("journal head") || kind == "json";
            assert!(head && !post.body.contains(&token.token), "{}", post.body);
        }
    }
}

#[test]
fn each_owner_gets_one_digest_and_each_channel_one_post() {
    let recorder = Recorder::start();
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&format!("{}{}", mail.trusted(), hook(&recorder, "slack")));
    let tokens = scene.responder.live();
    scene.plan(&tokens, "--exposure public");
    let run = scene.execute();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let mut owners: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for token in &tokens {
        owners.entry(owner(token)).or_default().push(&token.c3id);
    }
    assert!(owners.len() > 1 && owners.values().any(|tokens| tokens.len() > 1));
    let mails = mail.take();
    assert_eq!(mails.len(), 2 * owners.len());
    for half in mails.chunks(owners.len()) {
        let told: Vec<_> = half.iter().map(|mail| &*mail.recipients).collect();
        assert_eq!(told, owners.keys().collect::<Vec<_>>());
        for mail in half {
            for (owner, tokens) in &owners {
                let is_theirs = *owner == mail.recipients;
                for c3id in tokens {
                    assert_eq!(mail.text().contains(c3id), is_theirs, "{}", mail.text());
                }
            }
        }
    }
    let posts = recorder.take();
    assert_eq!(posts.len(), 2);
    for post in posts {
        assert!(tokens.iter().all(|token| post.body.contains(&token.c3id)));
    }
}

/// The snippet of the documentation says whether a post is genuine.
#[test]
fn signatures_are_checked_as_documented() {
    let recorder = Recorder::start();
    let scene = Scene::new(&json_hook(&recorder));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    assert_eq!(scene.execute().code, 0);
    let posts = recorder.take();
    let [post, other] = &*posts else {
        panic!("not two posts");
    };
    let Some(true) = scene::is_genuine(scene::SECRET, post, &post.body, 0) else {
        println!("skipped: there is no python3 to run the documented check");
        return;
    };
    for (secret, body, seconds) in [
        ("another secret", &post.body, 0),
        (scene::SECRET, &other.body, 0),
        (scene::SECRET, &post.body, 301),
    ] {
        let genuine = scene::is_genuine(secret, post, body, seconds);
        assert_eq!(genuine, Some(false), "{secret} {seconds}");
    }
}
