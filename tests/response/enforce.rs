//! `scan --enforce`: with nobody at hand.

use std::fs;

use patsweep::respond::journal::Journal;
use serde_json::Value;

use crate::bench::{Run, leak};
use crate::notify::recorder::{Post, Recorder};
use crate::responder::{Responder, went_well};
use crate::service::Issued;

const POLICY: &str =
    "[policy]\nauto_revoke = \"tenant\"\nexposure = \"any\"\nmax_revocations = 2\n";

/// Scans what holds `tokens`, and enforces `policy` with further `flags`.
fn enforce(responder: &Responder, tokens: &[&Issued], policy: &str, flags: &str) -> Run {
    let bench = &responder.bench;
    let leaks: String = tokens.iter().map(|token| leak("build", token)).collect();
    bench.write("leaks/.env", &leaks);
    bench.write("policy.toml", policy);
    let (auth, listing) = (responder.auth, responder.listing);
    let journal = if flags.contains("--journal") {
        ""
    } else {
        "--journal journal.jsonl"
    };
    let given = format!(
        "scan leaks -f json --enforce --policy policy.toml {journal} {auth} {listing} {flags}"
    );
    bench.patsweep(&given, "")
}

#[track_caller]
fn assert_untouched(responder: &Responder, tokens: &[&Issued]) {
    assert_eq!(responder.writes(), 0);
    assert_eq!(responder.journal(), [""; 0]);
    assert!(tokens.iter().all(|token| responder.is_let_in(token)));
}

#[test]
fn what_is_found_is_revoked() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let run = enforce(&responder, &[token], POLICY, "");
    // It leaked, and works no more.
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.finding(token)["validity"], "active", "as it was found");
    let why =
        "is to be revoked: the tenant's policy on leaked tokens was never set, which means on";
    for line in [
        &*format!("{} {why}", token.c3id),
        "closed      ",
        "receipt: head ",
    ] {
        assert!(run.stderr.contains(line), "{line}\n{}", run.stderr);
    }
    assert!(!run.stderr.contains(&token.token));
    assert_eq!(responder.journal(), went_well(token));
    assert_eq!(responder.writes(), 1);
    assert!(!responder.is_let_in(token));
    let text = fs::read_to_string(responder.bench.path("journal.jsonl")).expect("a journal");
    let intent = text.lines().nth(1).expect("an intent");
    let intent: Value = serde_json::from_str(intent).expect("JSON");
    assert_eq!(intent["evidence"]["grounds"]["exposure_rechecked"], true);
}

#[test]
fn nobody_waits_for_the_effect() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.order_delay("revocation-early", 600);
    let run = enforce(&responder, &[token], POLICY, "");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    responder.advance(700);
    let run = responder.resume("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(responder.writes(), 1);
}

#[test]
fn more_than_the_most_is_a_matter_for_people() {
    let responder = Responder::new();
    let tokens = responder.live();
    let policy = POLICY.replace("= 2", "= 1");
    let run = enforce(&responder, &tokens[..2], &policy, "");
    assert_eq!(run.code, 1, "{}", run.stderr);
    let why = "2 tokens would be revoked, and max_revocations is 1: none is\n";
    assert!(run.stderr.contains(why), "{}", run.stderr);
    assert_eq!(run.stderr.matches(" would be revoked: ").count(), 2);
    assert!(!run.stderr.contains("is revoked"), "{}", run.stderr);
    assert_untouched(&responder, &tokens[..2]);
}

#[test]
fn the_policy_is_obeyed() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let check = |policy: &str, flags: &str, why: &str| {
        let run = enforce(&responder, &[token], policy, flags);
        assert_eq!(run.code, 4, "{}", run.stderr);
        assert!(run.stderr.contains(why), "{}", run.stderr);
        assert_untouched(&responder, &[token]);
    };
    let public = POLICY.replace("any", "public");
    check(&public, "", "it is not known who can read where it leaked");
    check(&public, "--exposure private", "not everybody can read it");
    check(
        &public,
        "--project contoso/Payments",
        "not everybody can read it",
    );
    let off = POLICY.replace("tenant", "off");
    check(&off, "", "your policy revokes nothing");
    for (behavior, why) in [
        ("policy-false", "the tenant revokes no leaked tokens"),
        ("policy-empty", "the tenant's policy cannot be read"),
    ] {
        responder.bench.order("/TenantPolicy/", behavior, 99);
        check(POLICY, "", why);
        responder.bench.forget_orders();
    }
    let allow = format!(
        "{POLICY}[[policy.allow]]\nc3id = \"{}\"\nreason = \"a decoy\"\nuntil = \"2999-01-01\"\n",
        token.c3id
    );
    check(&allow, "", "is left alone: it is allowed: a decoy");
    responder.bench.order("/tokenadmin/", "c3id-absent", 999);
    check(POLICY, "", "it is only probably the recorded one");
}

#[test]
fn nothing_is_enforced_that_was_not_said() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let check = |policy: &str, flags: &str, complaint: &str| {
        let run = enforce(&responder, &[token], policy, flags);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(complaint), "{}", run.stderr);
        assert!(!responder.bench.was_presented(token));
    };
    for key in ["auto_revoke", "exposure", "max_revocations"] {
        let lines = POLICY.lines().filter(|line| !line.starts_with(key));
        let policy = lines.collect::<Vec<_>>().join("\n");
        check(&policy, "", &format!("does not set `{key}`"));
    }
    check("", "", "policy.toml:1: `policy`: missing");
    check("[notes]\n", "", "policy.toml:1");
    check(POLICY, "--accept-probable", "--accept-probable");
    check(POLICY, "--match a=b", "--match");
    let run = responder.bench.plain("scan leaks --policy policy.toml", "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("only --enforce does"), "{}", run.stderr);
    assert_untouched(&responder, &[token]);
}

#[test]
fn what_is_scanned_does_not_steer() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let bench = &responder.bench;
    bench.write("leaks/.env", &leak("build", token));
    bench.write("leaks/policy.toml", POLICY);
    bench.write("leaks/sub/file", "nothing");
    let git = std::process::Command::new("git")
        .args(["init", "-q"])
        .current_dir(bench.path("leaks"))
        .status();
    assert!(git.expect("git runs").success());
    #[cfg(unix)]
    {
        let outside = bench.write("lax.toml", POLICY);
        std::os::unix::fs::symlink(outside, bench.path("leaks/link.toml")).expect("a link");
        let given = format!(
            "scan leaks --enforce --policy leaks/link.toml --journal journal.jsonl {}",
            responder.auth
        );
        let run = bench.patsweep(&given, "");
        assert_eq!(run.code, 2, "{}", run.stderr);
        let given = format!(
            "scan leaks --enforce --policy lax.toml --config leaks/c.toml --journal journal.jsonl {}",
            responder.auth
        );
        bench.write("leaks/c.toml", "color = \"never\"\n");
        let run = bench.patsweep(&given, "");
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(
            run.stderr.contains("is inside of what is scanned"),
            "{}",
            run.stderr
        );
    }
    for target in [
        "leaks",
        "leaks/policy.toml",
        "leaks/sub",
        "./leaks/../leaks",
    ] {
        let given = format!(
            "scan {target} --enforce --policy leaks/policy.toml --journal journal.jsonl {}",
            responder.auth
        );
        let run = bench.patsweep(&given, "");
        assert_eq!(run.code, 2, "{target}: {}", run.stderr);
        assert!(
            run.stderr.contains("is inside of what is scanned"),
            "{target}: {}",
            run.stderr
        );
    }
    assert_untouched(&responder, &[token]);
}

/// Whoever commits the leak can commit these files, too.
#[test]
fn what_is_scanned_hides_nothing() {
    for (name, text, flags) in [
        (".patsweepignore", ".env\n", ""),
        (".gitignore", ".env\n", "--respect-gitignore"),
        ("next", "", ""),
    ] {
        let responder = Responder::new();
        let token = responder.live()[0];
        let bench = &responder.bench;
        std::fs::create_dir_all(bench.path("leaks/.git")).expect("a folder");
        bench.write(&format!("leaks/{name}"), text);
        let line = leak("build", token);
        let line = line.trim_end();
        bench.write("leaks/.env", &format!("{line} # patsweep:ignore\n"));
        bench.write("policy.toml", POLICY);
        let given = format!(
            "scan leaks --no-history --enforce --policy policy.toml --journal journal.jsonl {} {} {flags}",
            responder.auth, responder.listing
        );
        let run = bench.patsweep(&given, "");
        assert_eq!(run.code, 1, "{name}: {}{}", run.stdout, run.stderr);
        assert_eq!(responder.journal(), went_well(token), "{name}");
        assert!(!responder.is_let_in(token), "{name}");
        let said = "ignore files and `patsweep:ignore` of what is scanned do not count";
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

#[test]
fn nothing_that_steers_stands_in_what_is_scanned() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let bench = &responder.bench;
    bench.write("conf/.env", &leak("build", token));
    let outside = tempfile::tempdir().expect("a folder");
    let policy = outside.path().join("policy.toml");
    fs::write(&policy, POLICY).expect("a policy");
    let check = |flags: &str| {
        let given = format!(
            "scan . --enforce --policy {} --journal journal.jsonl {} {flags}",
            policy.display(),
            responder.auth
        );
        let run = bench.patsweep(&given, "");
        assert_eq!(run.code, 2, "{flags}: {}", run.stderr);
        let why = "is inside of what is scanned";
        assert!(run.stderr.contains(why), "{flags}: {}", run.stderr);
    };
    let baseline = "conf/known.json";
    let found = bench.plain("scan conf -f json", "");
    bench.write("leaks.json", &found.stdout);
    let made = format!("baseline add --from leaks.json --baseline {baseline} --reason old");
    let made = bench.plain(&made, "");
    assert!(bench.path(baseline).exists(), "{}", made.stderr);
    check(&format!("--baseline {baseline}"));
    // The user's own, if the home is scanned.
    bench.write(".config/patsweep/config.toml", "color = \"never\"\n");
    check("");
    assert_untouched(&responder, &[token]);
}

/// Of whom nobody knows who it is, it may be one whose tokens the policy leaves alone.
#[test]
fn an_unknown_owner_may_be_one_who_is_allowed() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let bench = &responder.bench;
    let allow = "[[policy.allow]]\nowner = \"honeypot@contoso.example\"\nreason = \"a decoy\"\n";
    bench.write(
        "policy.toml",
        &format!("{POLICY}{allow}until = \"2999-01-01\"\n"),
    );
    bench.write("leaks/.env", &leak("build", token));
    let (auth, listing) = (responder.auth, responder.listing);
    let flags = format!("-f json {auth} --inventory-state state.json");
    let scanned = bench.patsweep(&format!("scan leaks --verify {listing} {flags}"), "");
    bench.write("leaks.json", &scanned.stdout);
    let state = fs::read_to_string(bench.path("state.json")).expect("a state");
    let mut state: Value = serde_json::from_str(&state).expect("JSON");
    let people = state["organizations"]["contoso"].as_object_mut();
    for person in people.expect("people").values_mut() {
        person["account"] = Value::Null;
    }
    bench.write("state.json", &state.to_string());
    let why = "your policy allows tokens by their owner, and nobody knows whose it is";
    let given =
        format!("scan leaks --enforce --policy policy.toml --journal journal.jsonl {flags}");
    let run = bench.patsweep(&given, "");
    assert_eq!(run.code, 4, "{}", run.stderr);
    let said = format!("{} is not revoked: {why}\n", token.c3id);
    assert!(run.stderr.contains(&said), "{}", run.stderr);
    let given = format!(
        "revoke --from leaks.json --policy policy.toml {auth} --inventory-state state.json"
    );
    let run = bench.patsweep(&given, "");
    let because = format!("  because   {why}\n  next      find out whose it is");
    assert!(
        run.stdout.contains(&because),
        "{}{}",
        run.stdout,
        run.stderr
    );
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
    assert_untouched(&responder, &[token]);
}

/// What is said before is what is to be done, for it need not come to that.
#[test]
fn nothing_is_called_done_before_it_is() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.order_delay("revocation-early", 600);
    let run = enforce(&responder, &[token], POLICY, "");
    assert_eq!(run.code, 6, "{}", run.stderr);
    let to_be = format!("{} is to be revoked: ", token.c3id);
    assert!(run.stderr.contains(&to_be), "{}", run.stderr);
    assert!(!run.stderr.contains("is revoked"), "{}", run.stderr);
    let became = format!("confirming  {}  contoso  ", token.c3id);
    assert!(run.stderr.contains(&became), "{}", run.stderr);
}

/// Another run may watch for an hour, and this one has a leak now.
#[test]
fn a_journal_that_is_in_use_is_told_with_a_way_out() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let held = Journal::open(&responder.bench.path("journal.jsonl"), "somebody");
    let held = held.expect("a journal");
    let run = enforce(&responder, &[token], POLICY, "");
    assert_eq!(run.code, 2, "{}", run.stderr);
    let why = "error: another run is using the journal journal.jsonl\n";
    assert!(run.stderr.contains(why), "{}", run.stderr);
    let hint = "nothing was revoked: scan again when no run uses the journal, or now with another \
                --journal, which `revoke --resume` needs then, too\n";
    assert!(run.stderr.contains(hint), "{}", run.stderr);
    assert!(!run.stderr.contains("is revoked"), "{}", run.stderr);
    assert_untouched(&responder, &[token]);
    let run = enforce(&responder, &[token], POLICY, "--journal meanwhile.jsonl");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(!responder.is_let_in(token));
    drop(held);
}

#[test]
fn forks_enforce_nothing() {
    let responder = Responder::new();
    let bench = responder.bench.with("SYSTEM_PULLREQUEST_ISFORK", "True");
    let responder = Responder { bench, ..responder };
    let token = responder.live()[0];
    let run = enforce(&responder, &[token], POLICY, "");
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("pull request of a fork"),
        "{}",
        run.stderr
    );
    assert_untouched(&responder, &[token]);
}

#[test]
fn people_are_told_of_what_was_done_and_what_was_too_much() {
    let responder = Responder::new();
    let bench = responder.bench.with("HOOK_SECRET", "shared between two");
    let responder = Responder { bench, ..responder };
    let recorder = Recorder::start();
    let configuration = format!(
        "[[notify.webhook]]\nkind = \"json\"\nurl = \"{}\"\nsecret_env = \"HOOK_SECRET\"\n",
        recorder.url()
    );
    responder.bench.write("config.toml", &configuration);
    let tokens = responder.live();
    let policy = POLICY.replace("= 2", "= 1");
    let told = || -> Vec<String> {
        let posts = recorder.take();
        let posts = posts.iter().map(Post::json);
        posts
            .map(|body| {
                let states = body["tokens"].as_array().expect("tokens").iter();
                let states: Vec<_> = states.map(|it| it["state"].to_string()).collect();
                format!("{} {}", body["kind"], states.join(" "))
            })
            .collect()
    };
    let run = enforce(&responder, &tokens[..2], &policy, "--config config.toml");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(told(), ["\"leak\" \"told\" \"told\""]);
    assert_eq!(responder.writes(), 0);
    let run = enforce(&responder, &tokens[..1], &policy, "--config config.toml");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(!responder.is_let_in(tokens[0]) && responder.is_let_in(tokens[1]));
    // What was left alone before is revoked now, and that is told, too.
    assert_eq!(told(), ["\"leak\" \"accepted\"", "\"closure\" \"closed\""]);
}
