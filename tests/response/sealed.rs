//! What a confirmation covers, and what is asked again before an order is sent.

use std::fs;
#[cfg(unix)]
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::Run;
use crate::notify::recorder::Recorder;
use crate::responder::{Ended, Responder, one_left};

const PUBLIC: &str = "--exposure public";
const CONFIGURED: &str = "--config config.toml";
/// How it ends where nothing was done.
const UNTOUCHED: &[&str] = &[];

/// What the plan of `run` prints to confirm it with.
#[track_caller]
fn confirmation(run: &Run) -> String {
    let mut lines = run.stdout.lines();
    let found = lines.find_map(|line| line.strip_prefix("confirm "));
    found.unwrap_or_else(|| panic!("{}", run.stdout)).to_owned()
}

/// Executes the plan as `confirm` confirms it.
fn execute(responder: &Responder, confirm: &str) -> Run {
    let auth = responder.auth;
    let given = format!(
        "revoke --execute --plan plan.json --confirm {confirm} --journal journal.jsonl {auth}"
    );
    responder.bench.patsweep(&given, "")
}

/// Runs a program at a terminal, and types `TYPED` when it is asked for.
#[cfg(unix)]
const TERMINAL: &str = "
import os, pty, signal, sys
signal.alarm(120)
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
typed, seen = os.environ['TYPED'].encode(), b''
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if typed and seen.endswith(b'id: '):
        os.write(terminal, typed + b'\\n')
        typed = b''
sys.stdout.buffer.write(seen)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(128 - code if code < 0 else code)
";

/// Executes the plan at a terminal, where `typed` is typed; nothing without Python.
#[cfg(unix)]
fn execute_at_terminal(responder: &Responder, typed: &str) -> Option<Run> {
    let has_python = Command::new("python3").arg("--version").output();
    has_python.ok().filter(|output| output.status.success())?;
    let mut python = Command::new("python3");
    python.args(["-c", TERMINAL, env!("CARGO_BIN_EXE_patsweep")]);
    python.env("TYPED", typed);
    let (auth, url) = (responder.auth, &responder.bench.fake.url);
    let given = format!(
        "revoke --execute --plan plan.json --journal journal.jsonl {auth} --azure-devops-url {url}"
    );
    Some(Run::of(responder.bench.start(python, &given, "")))
}

/// Whoever types the start of the id is shown what the file says now.
#[cfg(unix)]
#[test]
fn the_terminal_shows_what_is_confirmed() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    responder.change_plan(|plan| plan["orders"][0]["matched"] = "asserted".into());
    let plan = responder.plan_text();
    let text = |key: &str| plan[key].as_str().expect("a text").to_owned();
    let (id, digest) = (text("plan"), text("digest"));
    let Some(run) = execute_at_terminal(&responder, "01234567") else {
        println!("skipped: there is no python3 to open a terminal");
        return;
    };
    let ended = Ended::with(2, UNTOUCHED, 0, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
    let shown = run.stdout.replace("\r\n", "\n");
    let (asked, _) = shown.split_once("01234567").expect("what was typed");
    let order = &plan["orders"][0];
    let expected = format!(
        "{} at contoso, as its administrator\n  owner     {}\n  token     {}\n  as        {}\n\
         \x20 matched   asserted\n  because   the tenant's policy on leaked tokens was never set, \
         which means on\n  note      exposure not re-checked\ndigest {digest}\nto revoke 1 token, \
         type the first 8 characters of the plan's id: ",
        token.c3id,
        token.owner.as_deref().expect("an owner"),
        order["grounds"]["shown"].as_str().expect("a record"),
        token.authorization_id.as_deref().expect("an id"),
    );
    assert_eq!(asked, expected);
    let run = execute_at_terminal(&responder, &id[..8]).expect("Python");
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(!responder.is_let_in(token));
    assert_eq!(line(&responder, 0)["evidence"]["confirmed_by"], "terminal");
}

/// Ctrl-C where it is asked for is an answer.
#[cfg(unix)]
#[test]
fn the_question_can_be_left() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    let Some(run) = execute_at_terminal(&responder, "\u{3}") else {
        println!("skipped: there is no python3 to open a terminal");
        return;
    };
    let ended = Ended::with(130, UNTOUCHED, 0, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
}

/// A line of the journal, its number from 0 on.
fn line(responder: &Responder, number: usize) -> Value {
    let text = fs::read_to_string(responder.bench.path("journal.jsonl")).expect("a journal");
    let line = text.lines().nth(number).expect("a line");
    serde_json::from_str(line).expect("JSON")
}

#[test]
fn a_plan_that_was_changed_is_refused_and_says_where() {
    let responder = Responder::new();
    let tokens = &responder.live()[..2];
    responder.plan(tokens, PUBLIC);
    let path = responder.bench.path("plan.json");
    let text = fs::read_to_string(&path).expect("a plan");
    let plan = responder.plan_text();
    let second = plan["orders"][1]["c3id"].as_str().expect("a C3ID");
    let order = format!("what it orders about {second} at contoso");
    for (pointer, value, what) in [
        ("/orders/1/matched", json!("asserted"), &*order),
        ("/orders/1/owner", json!("aad.another"), &order),
        ("/orders/1/grounds/exposure_rechecked", json!(true), &order),
        ("/orders/1/grounds/because", json!("you said so"), &order),
        ("/orders/1/grounds/shown", json!("nothing of worth"), &order),
        ("/orders/1/grounds/accepted_at", json!(1), &order),
        ("/leaks", json!([]), "its digest"),
        ("/made_at", json!("2026-11-22T00:00:00Z"), "its digest"),
    ] {
        let mut changed = plan.clone();
        *changed.pointer_mut(pointer).expect(pointer) = value;
        fs::write(&path, changed.to_string()).expect("a plan");
        let run = responder.execute("");
        assert_eq!(run.code, 2, "{pointer}: {}", run.stdout);
        let expected = format!("the plan plan.json was changed: {what}");
        assert!(run.stderr.contains(&expected), "{pointer}: {}", run.stderr);
    }
    fs::write(&path, text).expect("a plan");
    assert_eq!(responder.execute("").code, 0);
}

#[test]
fn whoever_seals_a_plan_anew_is_caught_by_what_was_shown() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder
        .bench
        .order("/tokenadmin/personal", "c3id-absent", 999);
    let run = responder.plan(&[token], "--exposure public --accept-probable");
    let shown = confirmation(&run);
    let id = responder.plan_id();
    assert_eq!(shown.split(':').next(), Some(&*id));
    // What was probable an hour ago is passed off as what a person said.
    responder.change_plan(|plan| {
        plan["orders"][0]["matched"] = "asserted".into();
        plan["orders"][0]["grounds"]["accepted_at"] = Value::Null;
    });
    assert_eq!(responder.plan_id(), id, "the id does not cover that");
    let run = execute(&responder, &shown);
    assert!(
        run.stderr
            .contains("the plan was changed after it was shown"),
        "{}",
        run.stderr
    );
    let ended = Ended::with(2, UNTOUCHED, 0, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended);
    // The id alone confirms which token is revoked, and the journal says that it was that alone.
    let run = execute(&responder, &id);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(line(&responder, 0)["evidence"]["confirmed_by"], "id");
}

#[test]
fn the_journal_says_what_was_confirmed() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let run = responder.plan(&[token], PUBLIC);
    let shown = confirmation(&run);
    let (_, digest) = shown.split_once(':').expect("a digest");
    let other = format!("{}:{}", responder.plan_id(), "0".repeat(64));
    let run = execute(&responder, &other);
    let ended = Ended::with(2, UNTOUCHED, 0, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stderr);
    let run = execute(&responder, &shown.to_uppercase());
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let evidence = &line(&responder, 0)["evidence"];
    assert_eq!(
        (&evidence["confirmed_by"], &evidence["digest"]),
        (&"digest".into(), &digest.into())
    );
}

#[test]
fn old_plans_are_not_executed() {
    let now = jiff::Timestamp::now().as_second();
    let old = "more than 24 hours ago";
    let wrong = "the plan does not say when it was made, or was made later than now";
    for (seconds, complaint) in [
        (-24 * 3600 + 60, None),
        (-24 * 3600 - 60, Some(old)),
        (200, None),
        (400, Some(wrong)),
    ] {
        let responder = Responder::new();
        let token = responder.live()[0];
        responder.plan(&[token], PUBLIC);
        responder.change_plan(|plan| {
            let at = jiff::Timestamp::from_second(now + seconds).expect("a time");
            plan["made_at"] = at.to_string().into();
        });
        let run = responder.execute("");
        match complaint {
            None => assert_eq!(run.code, 0, "{seconds} {}", run.stderr),
            Some(complaint) => {
                assert!(run.stderr.contains(complaint), "{seconds} {}", run.stderr);
                let ended = Ended::with(2, UNTOUCHED, 0, &[true]);
                assert_eq!(responder.ended(&run, &[token]), ended, "{seconds}");
            }
        }
    }
}

/// What is different when a plan is executed.
#[derive(Clone, Copy)]
struct Later {
    /// Lines of `[policy]` now; C3ID and owner of the token stand for `{c3id}` and `{owner}`.
    policy: &'static str,
    /// What the service does now, by path.
    service: Option<(&'static str, &'static str)>,
    /// Whether the account of the owner was taken out of the plan.
    is_nameless: bool,
    /// Why it is not revoked, and how that ends: dropped or unsent.
    expected: Option<(&'static str, &'static str)>,
}

const PLAIN: Later = Later {
    policy: "",
    service: None,
    is_nameless: false,
    expected: None,
};

const OFF: Option<(&str, &str)> = Some(("/TenantPolicy/", "policy-false"));
const OWNER: &str =
    "[[policy.allow]]\nowner = \"{owner}\"\nreason = \"a decoy\"\nuntil = \"2999-01-01\"";

/// What became of a plan that was made under `policy`.
fn check(planned: &str, later: Later) {
    let recorder = Recorder::start();
    let responder = Responder::new().telling(&recorder, planned);
    let token = responder.live()[0];
    let run = responder.plan(&[token], &format!("{CONFIGURED} {PUBLIC}"));
    assert!(run.stdout.contains("1 token to revoke"), "{}", run.stdout);
    let owner = token.owner.as_deref().expect("an owner");
    let policy = later.policy.replace("{c3id}", &token.c3id);
    let policy = policy.replace("{owner}", &owner.to_uppercase());
    let responder = responder.telling(&recorder, &policy);
    let token = responder.live()[0];
    if later.is_nameless {
        responder.change_plan(|plan| plan["orders"][0]["grounds"]["account"] = Value::Null);
    }
    if let Some((path, behavior)) = later.service {
        responder.bench.order(path, behavior, 999);
    }
    let run = responder.execute(CONFIGURED);
    let (ended, told) = match later.expected {
        None => {
            let journal = [
                "plan confirmed -",
                "intent revoke A",
                "answer accepted A",
                "notify sent A",
                "closed closed A",
                "notify sent A",
            ];
            let told = vec!["leak accepted", "closure closed"];
            (Ended::with(0, &journal, 1, &[false]), told)
        }
        Some((state, why)) => {
            assert!(run.stdout.contains(why), "{policy}\n{}", run.stdout);
            let line = format!("confirm {state} A");
            // Whose it is, is looked up before anybody is told.
            let journal = [
                "plan confirmed -",
                &line,
                "confirm works A",
                "notify sent A",
            ];
            let told = vec![if state == "dropped" {
                "leak dropped"
            } else {
                "leak unsent"
            }];
            let code = if state == "dropped" { 4 } else { 5 };
            (Ended::with(code, &journal, 0, &[true]), told)
        }
    };
    assert_eq!(
        responder.ended(&run, &[token]),
        ended,
        "{policy}\n{}{}",
        run.stdout,
        run.stderr
    );
    assert_eq!(recorder.told(), told, "{policy}");
}

#[test]
fn what_the_operator_has_come_to_allow_is_dropped() {
    check("", PLAIN);
    let allowed = Some(("dropped", "by now your policy allows it: a decoy"));
    check(
        "",
        Later {
            policy: "[[policy.allow]]\nc3id = \"{c3id}\"\nreason = \"a decoy\"\nuntil = \"2999-01-01\"",
            expected: allowed,
            ..PLAIN
        },
    );
    let owner = Later {
        policy: OWNER,
        expected: allowed,
        ..PLAIN
    };
    check("", owner);
    // The plan tells no owner; the directory does.
    check(
        "",
        Later {
            is_nameless: true,
            ..owner
        },
    );
    // The directory tells nobody; the plan does.
    let gone = Later {
        service: Some(("/graph/users/", "unavailable")),
        ..owner
    };
    check("", gone);
    check(
        "",
        Later {
            is_nameless: true,
            expected: Some(("unsent", "nobody knows whose it is")),
            ..gone
        },
    );
    check(
        "",
        Later {
            policy: "[[policy.allow]]\nowner = \"{owner}\"\nreason = \"a decoy\"\nuntil = \"2020-01-01\"",
            ..PLAIN
        },
    );
}

#[test]
fn what_the_tenant_has_come_to_say_counts() {
    let off = Later {
        service: OFF,
        expected: Some(("dropped", "by now the tenant revokes no leaked tokens")),
        ..PLAIN
    };
    check("", off);
    check(
        "",
        Later {
            service: Some(("/TenantPolicy/", "policy-empty")),
            expected: Some(("unsent", "by now the tenant's policy cannot be read")),
            ..PLAIN
        },
    );
    let on = "[policy]\nauto_revoke = \"on\"";
    // The operator says on by now, or said so and says nothing else.
    check(
        "",
        Later {
            policy: on,
            service: OFF,
            ..PLAIN
        },
    );
    check(
        on,
        Later {
            service: OFF,
            ..PLAIN
        },
    );
    check(
        on,
        Later {
            policy: "[policy]\nauto_revoke = \"tenant\"",
            ..off
        },
    );
}

#[test]
fn what_leaked_in_private_is_dropped_where_only_public_counts_by_now() {
    let any = "[policy]\nexposure = \"any\"";
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.bench.write("config.toml", any);
    responder.plan(&[token], CONFIGURED);
    let public = "[policy]\nexposure = \"public\"\n";
    responder.bench.write("config.toml", public);
    let run = responder.execute(CONFIGURED);
    let journal = ["plan confirmed -", "confirm dropped A"];
    let ended = Ended::with(4, &journal, 0, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
    let why = "by now your policy revokes only what everybody can read";
    assert!(run.stdout.contains(why), "{}", run.stdout);
}

#[test]
fn the_policy_of_a_file_is_asked_again_where_it_is_given_again() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let bench = &responder.bench;
    bench.write("policy.toml", "[policy]\nauto_revoke = \"on\"\n");
    bench.order("/TenantPolicy/", "policy-false", 999);
    responder.plan(&[token], &format!("{PUBLIC} --policy policy.toml"));
    bench.write("policy.toml", "[policy]\nauto_revoke = \"off\"\n");
    let run = responder.execute("--policy policy.toml");
    assert!(
        run.stderr.contains("your policy revokes nothing by now"),
        "{}",
        run.stderr
    );
    let ended = Ended::with(2, UNTOUCHED, 0, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended);
    bench.write("policy.toml", "[policy]\nauto_revoke = \"on\"\n");
    let run = responder.execute("--policy policy.toml");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

/// An order that could not be sent is vetted again when it is.
#[test]
fn resuming_asks_again_too() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    responder.bench.order("/tokenadmin/personal", "D", 99);
    assert_eq!(responder.execute("").code, 5);
    responder.bench.forget_orders();
    responder.bench.order("/TenantPolicy/", "policy-false", 999);
    let run = responder.resume("");
    let journal = [
        "plan confirmed -",
        "confirm unsent A",
        "plan confirmed -",
        "confirm dropped A",
    ];
    let ended = Ended::with(4, &journal, 0, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
    assert_eq!(responder.resume("").stdout, one_left(token));
}
