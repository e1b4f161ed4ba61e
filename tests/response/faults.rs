//! What the service, the disk and other runs do to a revocation, each told whole.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::bench::Run;
use crate::notify::recorder::Recorder;
use crate::responder::{Ended, Responder};
use crate::service::Issued;

const PUBLIC: &str = "--exposure public";
const CONFIGURED: &str = "--config config.toml";

/// `lines`, each run of the same event and outcome told once with its length.
fn counted(lines: &[String]) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for line in lines {
        let (what, _) = line.rsplit_once(' ').expect("a token");
        match counted.last_mut() {
            Some((last, count)) if last == what => *count += 1,
            _ => counted.push((what.to_owned(), 1)),
        }
    }
    counted
        .into_iter()
        .map(|(what, count)| format!("{count} {what}"))
        .collect()
}

#[test]
fn more_ids_than_the_service_takes_are_sent_in_halves() {
    let responder = Responder::new();
    let plant = |number| responder.plant_pat(&format!("pat {number}"), "noor", "vso.code", -20);
    let tokens: Vec<Issued> = (0..12).map(plant).collect();
    let all: Vec<_> = tokens.iter().collect();
    let run = responder.plan(&all, PUBLIC);
    assert!(run.stdout.contains("12 tokens to revoke"), "{}", run.stdout);
    responder.bench.order("/revocations", "id-limit-10", 999);
    let run = responder.execute("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(
        counted(&responder.journal()),
        [
            "1 plan confirmed",
            "12 intent revoke",
            "12 answer rejected",
            "6 intent revoke",
            "6 answer accepted",
            "6 intent revoke",
            "6 answer accepted",
            "12 closed closed",
        ]
    );
    assert_eq!(responder.writes(), 3);
    assert!(all.iter().all(|token| !responder.is_let_in(token)));
}

/// An id of which the service knows nothing, or that it has revoked before, is answered by 204 or 400.
#[test]
fn an_id_that_was_revoked_before_ends_well() {
    for behavior in [None, Some("unknown-id-400")] {
        let responder = Responder::new();
        let mut tokens = responder.live();
        tokens.truncate(2);
        tokens.sort_by(|a, b| a.c3id.cmp(&b.c3id));
        let token = tokens[0];
        // The list shows for 600 seconds that it works.
        responder.order(&json!({
            "target": { "token": token.token },
            "behavior": "revocation-early",
            "delay_s": 600,
        }));
        responder.plan(&[token], PUBLIC);
        // Somebody revokes it of whom our journal knows nothing.
        let theirs = responder
            .execution("")
            .replace("journal.jsonl", "theirs.jsonl");
        assert_eq!(responder.bench.plain(&theirs, "").code, 6);
        responder.plan(&tokens, PUBLIC);
        if let Some(behavior) = behavior {
            responder.bench.order("/revocations", behavior, 999);
        }
        let run = responder.execute("");
        let together = [
            "plan confirmed -",
            "intent revoke A",
            "intent revoke B",
            "answer accepted A",
            "answer accepted B",
            "confirm confirming A",
            "closed closed B",
        ];
        let split = [
            "plan confirmed -",
            "intent revoke A",
            "intent revoke B",
            "answer rejected A",
            "answer rejected B",
            "intent revoke A",
            "answer rejected A",
            "intent revoke B",
            "answer accepted B",
            "confirm failed A",
            "closed closed B",
        ];
        let (mut expected, code, writes) = match behavior {
            None => (together.to_vec(), 6, 2),
            Some(_) => (split.to_vec(), 5, 4),
        };
        let ended = Ended::with(code, &expected, writes, &[false, false]);
        assert_eq!(responder.ended(&run, &tokens), ended, "{}", run.stdout);
        // In the end the list says that it is done, and nothing is sent again.
        responder.advance(700);
        let run = responder.resume("");
        expected.extend(["plan confirmed -", "closed closed A"]);
        let ended = Ended::with(0, &expected, writes, &[false, false]);
        assert_eq!(responder.ended(&run, &tokens), ended, "{}", run.stdout);
        assert_eq!(responder.resume("").stdout, "nothing is open\n");
    }
}

#[test]
fn what_the_service_says_to_a_service_principal_is_told() {
    let recorder = Recorder::start();
    let responder = Responder::application().telling(&recorder, "");
    let token = responder.live()[0];
    let run = responder.plan(&[token], PUBLIC);
    assert!(run.stdout.contains("1 token to revoke"), "{}", run.stdout);
    let refuse = || {
        let path = "/revocations";
        let behavior = "tokenadmin-no-service-principal";
        responder.bench.order(path, behavior, 999);
    };
    refuse();
    let run = responder.execute(CONFIGURED);
    let journal = [
        "plan confirmed -",
        "intent revoke A",
        "answer refused A",
        "notify sent A",
        "confirm failed A",
    ];
    let ended = Ended::with(5, &journal, 1, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
    let why = "the credential may not revoke tokens: Service principals are not allowed";
    assert!(run.stdout.contains(why), "{}", run.stdout);
    assert_eq!(recorder.told(), ["leak refused"]);
    // Where it may not even list tokens, nothing is ordered.
    let path = "/tokenadmin/";
    let behavior = "tokenadmin-no-service-principal";
    responder.bench.order(path, behavior, 999);
    let given = Responder {
        listing: "",
        ..responder
    };
    let run = given.plan(&[given.live()[0]], PUBLIC);
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
    let why = "Service principals are not allowed";
    assert!(run.stdout.contains(why), "{}", run.stdout);
}

#[test]
fn an_owner_who_is_gone_leaves_the_token_to_be_told_of() {
    let recorder = Recorder::start();
    let responder = Responder::new().telling(&recorder, "");
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    responder.bench.order("contoso", "owner-gone", 999);
    let run = responder.execute(CONFIGURED);
    let mut journal = vec!["plan confirmed -", "confirm unsent A", "notify sent A"];
    let ended = Ended::with(5, &journal, 0, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
    let why = "the list cannot be read: The user ";
    assert!(run.stdout.contains(why), "{}", run.stdout);
    assert_eq!(recorder.told(), ["leak unsent"]);
    // They are back: it is still to be done.
    responder.bench.forget_orders();
    let run = responder.resume(CONFIGURED);
    journal.extend([
        "plan confirmed -",
        "intent revoke A",
        "answer accepted A",
        "notify sent A",
        "closed closed A",
        "notify sent A",
    ]);
    let ended = Ended::with(0, &journal, 1, &[false]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
    assert_eq!(recorder.told(), ["leak accepted", "closure closed"]);
}

/// The list can be read before a revocation, and not any more behind it.
fn blind(responder: &Responder, behavior: &str) {
    responder.order(&json!({
        "target": { "path": "/tokenadmin/personal" },
        "behavior": behavior,
        "after": 1,
    }));
}

#[test]
fn a_watch_that_ends_before_anything_shows_has_not_failed() {
    for (behavior, flags) in [("owner-gone", ""), ("D", "--watch=1s")] {
        let responder = Responder::new();
        let token = responder.live()[0];
        responder.plan(&[token], PUBLIC);
        blind(&responder, behavior);
        let run = responder.execute(flags);
        let mut journal = vec![
            "plan confirmed -",
            "intent revoke A",
            "answer accepted A",
            "confirm confirming A",
        ];
        // It is looked again when the watch ends.
        journal.extend((!flags.is_empty()).then_some("confirm confirming A"));
        let ended = Ended::with(6, &journal, 1, &[false]);
        assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
        assert!(
            run.stdout.contains("accepted; the list cannot be read"),
            "{}",
            run.stdout
        );
    }
}

#[test]
fn a_watch_that_ends_with_a_token_that_works_has_failed() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    responder
        .bench
        .order("/revocations", "revoke-204-but-alive", 9);
    let run = responder.execute("--watch=1s");
    let journal = [
        "plan confirmed -",
        "intent revoke A",
        "answer accepted A",
        "confirm confirming A",
        "confirm confirming A",
    ];
    let ended = Ended::with(5, &journal, 1, &[true]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
}

/// Somebody who acts at two organisations, and a token of each, by C3ID.
fn two_organizations(responder: Responder) -> (Responder, Vec<Issued>) {
    let responder = Responder {
        auth: "--auth pat --org contoso,northwind",
        ..responder
    };
    let tokens = responder.bench.fake.tokens.iter();
    let mut northwind = tokens.filter(|it| it.organization == "northwind");
    let there = northwind.next().expect("a token of northwind").clone();
    let here = responder.live()[0].clone();
    (responder, vec![here, there])
}

#[test]
fn two_organizations_are_watched_together() {
    let recorder = Recorder::start();
    let (responder, tokens) = two_organizations(Responder::new().telling(&recorder, ""));
    let all: Vec<_> = tokens.iter().collect();
    responder.plan(&all, PUBLIC);
    responder.order_delay("revocation-early", 2);
    let run = responder.execute(&format!("{CONFIGURED} --watch=5s"));
    let journal = [
        "plan confirmed -",
        "intent revoke A",
        "answer accepted A",
        "intent revoke B",
        "answer accepted B",
        "notify sent -",
        "confirm confirming A",
        "confirm confirming B",
        "closed closed A",
        "closed closed B",
        "notify sent -",
    ];
    let ended = Ended::with(0, &journal, 2, &[false, false]);
    assert_eq!(responder.ended(&run, &all), ended, "{}", run.stdout);
    assert_eq!(
        recorder.told(),
        ["leak accepted accepted", "closure closed closed"]
    );
}

#[test]
fn what_one_organization_refuses_is_done_at_the_other() {
    let (responder, tokens) = two_organizations(Responder::new());
    let all: Vec<_> = tokens.iter().collect();
    responder.plan(&all, PUBLIC);
    responder.order(&json!({
        "target": { "organization": "contoso", "path": "/revocations" },
        "behavior": "not-administrator",
    }));
    let run = responder.execute("");
    let journal = [
        "plan confirmed -",
        "intent revoke A",
        "answer refused A",
        "intent revoke B",
        "answer accepted B",
        "confirm failed A",
        "closed closed B",
    ];
    let ended = Ended::with(5, &journal, 2, &[true, false]);
    assert_eq!(responder.ended(&run, &all), ended, "{}", run.stdout);
}

/// A sign-in that is good for two seconds is renewed while it is watched.
#[cfg(unix)]
#[test]
fn a_watch_outlives_its_sign_in() {
    let responder = Responder::owner();
    let token = responder.live()[0];
    let id = token.authorization_id.as_deref().expect("an id");
    let flags = format!("{PUBLIC} --match {}={id}", token.c3id);
    responder.plan(&[token], &flags);
    let bearer = &responder.bench.fake.owner_bearer;
    let signed_in = responder.bench.path("signed-in");
    let script = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\necho once >> {}\nend=$(($(date +%s) + 2))\n\
         echo \"{{\\\"accessToken\\\": \\\"{bearer}\\\", \\\"expires_on\\\": $end}}\"\n",
        signed_in.display()
    );
    responder.bench.write("bin/az", &script);
    responder.order_delay("revocation-early", 2);
    let run = responder.execute("--watch=5s");
    let journal = [
        "plan confirmed -",
        "intent revoke A",
        "answer accepted A",
        "confirm confirming A",
        "closed closed A",
    ];
    let ended = Ended::with(0, &journal, 1, &[false]);
    assert_eq!(
        responder.ended(&run, &[token]),
        ended,
        "{}{}",
        run.stdout,
        run.stderr
    );
    let times = fs::read_to_string(signed_in).expect("a sign-in");
    assert!(times.lines().count() >= 2, "{times}");
}

#[test]
fn of_two_runs_at_once_one_does_it() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    responder.order(&json!({
        "target": { "path": "/revocations" },
        "behavior": "slow",
        "delay_s": 3,
    }));
    let program = || Command::new(env!("CARGO_BIN_EXE_patsweep"));
    let first = responder
        .bench
        .start(program(), &responder.execution(""), "");
    // From then on the first holds the journal and waits for the service.
    let path = responder.bench.path("journal.jsonl");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !fs::read_to_string(&path).is_ok_and(|text| text.contains("\"intent\"")) {
        assert!(Instant::now() < deadline, "the first run does nothing");
        std::thread::yield_now();
    }
    let second = responder.execute("");
    let first = Run::of(first);
    assert_eq!(second.code, 2, "{}", second.stdout);
    let why = "another run is using the journal";
    assert!(second.stderr.contains(why), "{}", second.stderr);
    let journal = [
        "plan confirmed -",
        "intent revoke A",
        "answer accepted A",
        "closed closed A",
    ];
    let ended = Ended::with(0, &journal, 1, &[false]);
    assert_eq!(responder.ended(&first, &[token]), ended, "{}", first.stdout);
}

#[cfg(unix)]
mod full_disk {
    use patsweep::model::Timestamp;
    use patsweep::respond::journal::{Entry, Event, Journal};

    use super::*;

    /// The block in which no line fits any more.
    const BLOCK: usize = 512;
    /// What is left of it.
    const LEFT: usize = 100;

    /// How long the lines of the journal of an execution about two tokens are.
    fn lengths() -> Vec<usize> {
        let responder = Responder::new();
        let tokens = responder.live();
        responder.plan(&tokens[..2], PUBLIC);
        assert_eq!(responder.execute("").code, 0);
        let text = fs::read_to_string(responder.bench.path("journal.jsonl")).expect("a journal");
        text.split_inclusive('\n').map(str::len).collect()
    }

    /// Writes a line with so many bytes of evidence into a journal; how long it is.
    fn pad(responder: &Responder, bytes: usize) -> usize {
        let path = responder.bench.path("journal.jsonl");
        let mut journal = Journal::open(&path, "somebody").expect("a journal");
        let entry = Entry {
            event: Event::Confirm,
            plan: None,
            c3id: None,
            organization: None,
            authorization_id: None,
            evidence: json!({ "why": "x".repeat(bytes) }),
            outcome: None,
        };
        let at = Timestamp(1_800_000_000);
        journal.write(entry, at).expect("a line");
        fs::metadata(path).expect("a journal").len() as usize
    }

    /// Executes a plan about two tokens where the disk is full after so many lines of it.
    fn execute(lines: usize) -> (Responder, Run) {
        let responder = Responder::new();
        let tokens = responder.live();
        responder.plan(&tokens[..2], PUBLIC);
        let written: usize = lengths()[..lines].iter().sum();
        let least = pad(&responder, 0) + written + LEFT;
        let blocks = least.div_ceil(BLOCK);
        fs::remove_file(responder.bench.path("journal.jsonl")).expect("a journal");
        pad(&responder, blocks * BLOCK - least);
        let run = responder.execute_with_a_full_disk(blocks);
        let why = "cannot write to the journal";
        assert!(run.stderr.contains(why), "{}", run.stderr);
        (responder, run)
    }

    /// Of two that go together the second cannot be written down: neither is sent.
    #[test]
    fn what_cannot_all_be_written_down_is_not_sent() {
        let (responder, run) = execute(2);
        let tokens = &responder.live()[..2];
        let mut sorted = tokens.to_vec();
        sorted.sort_by(|a, b| a.c3id.cmp(&b.c3id));
        let mut journal = vec!["confirm - -", "plan confirmed -", "intent revoke A"];
        let ended = Ended::with(2, &journal, 0, &[true, true]);
        assert_eq!(responder.ended(&run, &sorted), ended, "{}", run.stdout);
        // There is room again.
        let run = responder.resume("");
        journal.extend([
            "plan confirmed -",
            "intent revoke A",
            "intent revoke B",
            "answer accepted A",
            "answer accepted B",
            "closed closed A",
            "closed closed B",
        ]);
        let ended = Ended::with(0, &journal, 1, &[false, false]);
        assert_eq!(responder.ended(&run, &sorted), ended, "{}", run.stdout);
    }

    /// The answer cannot be written down: it is not known here, and looked up later.
    #[test]
    fn an_answer_that_cannot_be_written_down_is_looked_up() {
        let (responder, run) = execute(3);
        let mut sorted = responder.live()[..2].to_vec();
        sorted.sort_by(|a, b| a.c3id.cmp(&b.c3id));
        let mut journal = vec![
            "confirm - -",
            "plan confirmed -",
            "intent revoke A",
            "intent revoke B",
        ];
        let ended = Ended::with(5, &journal, 1, &[false, false]);
        assert_eq!(responder.ended(&run, &sorted), ended, "{}", run.stdout);
        // Both were in the request that was answered.
        assert!(!run.stdout.contains("unsent"), "{}", run.stdout);
        let run = responder.resume("");
        journal.extend(["plan confirmed -", "closed closed A", "closed closed B"]);
        let ended = Ended::with(0, &journal, 1, &[false, false]);
        assert_eq!(responder.ended(&run, &sorted), ended, "{}", run.stdout);
    }
}
