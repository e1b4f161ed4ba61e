//! What happens from the plan to the end, whole: exit codes, journal, who is told, and each request.

use std::fmt::Write;

use serde_json::Value;

use crate::notify::recorder::Recorder;
use crate::responder::Responder;
use crate::service::Issued;
use crate::stage;

/// What is different from a live token of contoso that leaked in public, and an administrator whose
/// list knows its C3ID.
#[derive(Clone, Copy, Default)]
struct Scenario {
    name: &'static str,
    /// It is the owner who acts.
    is_owner: bool,
    /// Its owner has another one like it.
    has_twin: bool,
    /// Lines of `[policy]`; a token's C3ID stands for `{c3id}`.
    policy: &'static str,
    /// Flags of the plan; a token's authorization id stands for `{id}`.
    flags: &'static str,
    /// What the service does, by path, from the plan on.
    service: Option<(&'static str, &'static str)>,
    /// The same, from the execution on.
    later: Option<(&'static str, &'static str)>,
}

const PUBLIC: &str = "--exposure public";
/// Who has two tokens of which only their C3IDs differ.
const TWINS: &str = "lidia@contoso.example";

fn scenarios() -> Vec<Scenario> {
    let plain = Scenario {
        flags: PUBLIC,
        ..Scenario::default()
    };
    let no_c3id = Some(("/tokenadmin/personal", "c3id-absent"));
    let policy = |name, behavior| Scenario {
        name,
        service: Some(("/TenantPolicy/", behavior)),
        ..plain
    };
    vec![
        Scenario {
            name: "certain",
            ..plain
        },
        Scenario {
            name: "probable",
            service: no_c3id,
            flags: "--exposure public --accept-probable",
            ..plain
        },
        Scenario {
            name: "probable, but nobody accepts that",
            service: no_c3id,
            ..plain
        },
        Scenario {
            name: "ambiguous",
            has_twin: true,
            service: no_c3id,
            flags: "--exposure public --accept-probable",
            ..plain
        },
        Scenario {
            name: "asserted",
            service: no_c3id,
            flags: "--exposure public --match {c3id}={id}",
            ..plain
        },
        Scenario {
            name: "no rights to revoke",
            later: Some(("/revocations", "not-administrator")),
            ..plain
        },
        policy("policy on", "policy-true"),
        policy("policy off", "policy-false"),
        policy("policy never set", "policy-null"),
        policy("policy unreadable", "policy-empty"),
        Scenario {
            name: "off, but the operator says on",
            policy: "auto_revoke = \"on\"",
            ..policy("", "policy-false")
        },
        Scenario {
            name: "allowed",
            policy: "[[policy.allow]]\nc3id = \"{c3id}\"\nreason = \"a decoy\"\nuntil = \"2999-01-01\"",
            ..plain
        },
        Scenario {
            name: "private under public",
            flags: "--exposure private",
            ..plain
        },
        Scenario {
            name: "the owner",
            is_owner: true,
            flags: "--exposure public --match {c3id}={id}",
            ..plain
        },
        Scenario {
            name: "204, but alive",
            later: Some(("/revocations", "revoke-204-but-alive")),
            ..plain
        },
    ]
}

/// What happens, as it is written among the golden outputs.
fn play(scenario: &Scenario) -> String {
    let responder = if scenario.is_owner {
        Responder::owner()
    } else {
        Responder::new()
    };
    let recorder = Recorder::start();
    let bench = responder.bench.with("HOOK_SECRET", "shared between two");
    let responder = Responder { bench, ..responder };
    let mut live = responder.live().into_iter();
    let is_wanted = |token: &&Issued| !scenario.has_twin || token.owner.as_deref() == Some(TWINS);
    let token = live.find(is_wanted).expect("a token");
    let id = token.authorization_id.as_deref().expect("an id");
    let known = |text: &str| text.replace("{c3id}", &token.c3id).replace("{id}", id);
    let configuration = format!(
        "[policy]\n{}\n[[notify.webhook]]\nkind = \"json\"\nurl = \"{}\"\n\
         secret_env = \"HOOK_SECRET\"\n",
        known(scenario.policy),
        recorder.url()
    );
    responder.bench.write("config.toml", &configuration);
    let order = |(path, behavior): (&str, &str)| responder.bench.order(path, behavior, 999);
    scenario.service.map(order);
    let flags = known(scenario.flags);
    let planned = responder.plan(&[token], &format!("--config config.toml {flags}"));
    assert_eq!(responder.writes(), 0, "{}", scenario.name);
    scenario.later.map(order);
    responder.bench.forget_log();
    let run = responder.execute("--config config.toml");
    let last = planned.stdout.lines().last().expect("a line").to_owned();
    let mut told = String::new();
    let _ = writeln!(told, "# {}", scenario.name);
    let _ = writeln!(told, "plan exits with {}: {last}", planned.code);
    let _ = writeln!(told, "execution exits with {}", run.code);
    for line in run.stderr.lines() {
        let _ = writeln!(told, "    {line}");
    }
    list(&mut told, "journal", responder.journal());
    let posts = recorder.take().into_iter();
    let posts = posts.map(|post| {
        let body = post.json();
        let state = body["tokens"].as_array().map_or(Value::Null, |tokens| {
            tokens.iter().map(|it| it["state"].clone()).collect()
        });
        format!("{} {state}", body["kind"].as_str().unwrap_or("-"))
    });
    list(&mut told, "told", posts.collect());
    let log = responder.bench.log();
    list(&mut told, "requests", log.iter().map(request).collect());
    let presented = log.iter().filter(|it| it["c3id"] == *token.c3id).count();
    let _ = writeln!(told, "the leaked token was presented {presented} times");
    let end = if responder.is_let_in(token) {
        "still works"
    } else {
        "is dead"
    };
    let _ = writeln!(told, "and {end}\n");
    hidden(&told, token)
}

fn list(told: &mut String, what: &str, lines: Vec<String>) {
    let _ = writeln!(told, "{what}");
    for line in lines {
        let _ = writeln!(told, "    {line}");
    }
}

/// A request in a line.
fn request(request: &Value) -> String {
    let text = |key: &str| request[key].as_str().unwrap_or("-").to_owned();
    let path = text("path");
    let path = path.split("aad.").next().unwrap_or_default().to_owned();
    format!("{} {} as {}", text("method"), path, text("auth"))
}

/// `told` without what changes from run to run.
fn hidden(told: &str, token: &Issued) -> String {
    assert!(!told.contains(&token.token));
    told.replace(&token.c3id, "C3ID")
}

#[test]
fn each_is_what_it_was() {
    let told: String = scenarios().iter().map(play).collect();
    stage::check("scenarios.txt", &told);
}
