//! What goes wrong while tokens are revoked.

use std::fs;

use crate::responder::{Responder, went_well};

#[test]
fn an_effect_that_shows_late_is_waited_for() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    // The list shows it 2 seconds later.
    responder.order_delay("revocation-early", 2);
    let run = responder.execute("");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("confirming"), "{}", run.stdout);
    let c3id = &token.c3id;
    let mut expected = went_well(token);
    expected.pop();
    expected.push(format!("confirm confirming {c3id}"));
    assert_eq!(responder.journal(), expected);
    responder.advance(5);
    let run = responder.resume("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(responder.writes(), 1, "it was not sent again");
    expected.push("plan confirmed -".to_owned());
    expected.push(format!("closed closed {c3id}"));
    assert_eq!(responder.journal(), expected);
    assert_eq!(responder.resume("").stdout, "nothing is open\n");
}

#[test]
fn accepted_but_alive_is_no_success() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder
        .bench
        .order("/revocations", "revoke-204-but-alive", 9);
    let run = responder.execute("--watch=1s");
    assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("still shows it as valid"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_credential_without_rights_fails_and_says_so() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder
        .bench
        .order("/revocations", "not-administrator", 9);
    let run = responder.execute("");
    assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("may not revoke tokens"),
        "{}",
        run.stdout
    );
    assert!(responder.is_let_in(token));
}

#[test]
fn ids_that_are_not_taken_together_are_sent_in_halves() {
    let responder = Responder::new();
    let tokens = responder.live();
    let run = responder.plan(&tokens, "--exposure public");
    assert!(
        run.stdout
            .contains(&format!("{} tokens to revoke", tokens.len())),
        "{}",
        run.stdout
    );
    // One of them is revoked between the look and the order: 400 for all that are sent with it.
    responder.bench.order("/revocations", "bad-version", 1);
    let run = responder.execute("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(responder.writes(), 3);
    assert!(tokens.iter().all(|token| !responder.is_let_in(token)));
}

#[test]
fn throttled_orders_are_sent_again_when_the_service_says_so() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder.order_throttled(1);
    let run = responder.execute("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let c3id = &token.c3id;
    let mut expected = went_well(token);
    expected.insert(1, format!("answer throttled {c3id}"));
    expected.insert(1, format!("intent revoke {c3id}"));
    assert_eq!(responder.journal(), expected);
}

#[test]
fn an_answer_that_never_came_is_looked_up() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder.bench.order("/revocations", "close", 1);
    let run = responder.execute("");
    assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("it is still valid"), "{}", run.stdout);
    let run = responder.resume("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(!responder.is_let_in(token));
}

#[test]
fn a_journal_that_was_changed_stops_everything() {
    let responder = Responder::new();
    let [token, other] = [responder.live()[0], responder.live()[1]];
    responder.plan(&[token], "--exposure public");
    assert_eq!(responder.execute("").code, 0);
    responder.plan(&[other], "--exposure public");
    let path = responder.bench.path("journal.jsonl");
    let text = fs::read_to_string(&path).expect("a journal");
    fs::write(&path, text.replace("\"accepted\"", "\"refused\"")).expect("a journal");
    let run = responder.execute("");
    assert_eq!(run.code, 2);
    for told in ["is not as it was written", "hint: nothing was sent"] {
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
    assert!(responder.is_let_in(other));
    let verified = responder
        .bench
        .plain("journal verify --journal journal.jsonl", "");
    assert_eq!(
        (verified.code, verified.stdout.as_str()),
        (1, "no: line 3 was changed\n")
    );
}

/// Where nothing can be written down, nothing is done.
#[cfg(unix)]
#[test]
fn a_full_disk_stops_everything() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    let run = responder.execute_with_a_full_disk(0);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr.contains("cannot write to the journal"),
        "{}",
        run.stderr
    );
    assert_eq!(responder.writes(), 0);
    assert!(responder.is_let_in(token));
    assert_eq!(responder.journal(), [""; 0]);
}

/// A sign-in page has the status of a success, and is none.
#[test]
fn a_page_is_no_answer_to_an_order() {
    for behavior in ["html-200", "foreign-page"] {
        let responder = Responder::new();
        let token = responder.live()[0];
        responder.plan(&[token], "--exposure public");
        responder.bench.order("/revocations", behavior, 1);
        let run = responder.execute("");
        assert_eq!(run.code, 5, "{behavior}: {}{}", run.stdout, run.stderr);
        let answer = format!("answer unknown {}", token.c3id);
        assert!(responder.journal().contains(&answer), "{behavior}");
        let run = responder.resume("");
        assert_eq!(run.code, 0, "{behavior}: {}{}", run.stdout, run.stderr);
        assert!(!responder.is_let_in(token), "{behavior}");
    }
}

#[test]
fn what_was_confirmed_and_not_sent_is_still_open() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder.bench.order("/tokenadmin/personal", "D", 99);
    let run = responder.execute("");
    assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("unsent"), "{}", run.stdout);
    assert_eq!(responder.writes(), 0);
    responder.bench.forget_orders();
    let run = responder.resume("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(!responder.is_let_in(token));
    assert_eq!(responder.resume("").stdout, "nothing is open\n");
}

#[test]
fn what_was_accepted_is_not_unsent_when_its_list_cannot_be_read() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder.order_delay("revocation-early", 600);
    assert_eq!(responder.execute("").code, 6);
    responder.bench.order("/tokenadmin/personal", "D", 99);
    let run = responder.resume("");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("accepted; the list cannot be read"),
        "{}",
        run.stdout
    );
    assert_eq!(responder.writes(), 1);
    // Nor when it might be sent again.
    responder.age_journal(66 * 60);
    let run = responder.resume("");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert!(!run.stdout.contains("unsent"), "{}", run.stdout);
    assert_eq!(responder.writes(), 1);
}

#[test]
fn whoever_wants_to_be_left_alone_is() {
    let responder = Responder::new();
    let tokens = responder.live();
    responder.plan(&tokens[..2], "--exposure public");
    // Both are turned away together, then the first, for longer than there is time.
    responder.bench.order("/revocations", "bad-version", 1);
    responder.order_throttled_for(4000);
    let run = responder.execute("--timeout 60s");
    assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
    assert_eq!(responder.writes(), 2, "{}", run.stdout);
    assert_eq!(
        run.stdout
            .matches("the service wants to be left alone")
            .count(),
        2,
        "{}",
        run.stdout
    );
    assert!(tokens[..2].iter().all(|token| responder.is_let_in(token)));
}

#[test]
fn a_leak_acts_for_nobody() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    let admin = format!(
        "https://a:{}@dev.azure.com/contoso\n",
        responder.bench.fake.admin_pat
    );
    let input = format!("{admin}{}", crate::bench::leak("build", token));
    let scanned = responder.bench.plain("scan - -f json", &input);
    responder.bench.write("both.json", &scanned.stdout);
    let given = responder.execution("--from both.json --tokens -");
    let run = responder.bench.plain(&given, &token.token);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr.contains("is itself among the leaks"),
        "{}",
        run.stderr
    );
    assert_eq!(responder.writes(), 0);
}

#[test]
fn a_policy_that_has_changed_since_stops_everything() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    for (policy, complaint) in [
        (
            "[policy]\nauto_revoke = \"off\"\n",
            "your policy revokes nothing by now",
        ),
        (
            "[policy]\nmax_revocations = 0\n",
            "orders 1 token, and max_revocations is 0",
        ),
    ] {
        responder.bench.write("config.toml", policy);
        let run = responder.execute("--config config.toml");
        assert_eq!(run.code, 2, "{policy}: {}", run.stderr);
        assert!(run.stderr.contains(complaint), "{policy}: {}", run.stderr);
    }
    assert_eq!(responder.writes(), 0);
}

#[cfg(unix)]
#[test]
fn a_journal_that_others_write_to_is_not_used() {
    use std::os::unix::fs::PermissionsExt;

    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    let path = responder.bench.write("journal.jsonl", "");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("a mode");
    let run = responder.execute("");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(
        run.stderr.contains("others may write to it"),
        "{}",
        run.stderr
    );
    assert_eq!(responder.writes(), 0);
}
