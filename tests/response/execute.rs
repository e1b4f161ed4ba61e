//! What is done with a plan.

use std::fs;

use crate::responder::{Responder, went_well};

#[test]
fn a_plan_is_done_exactly_and_a_receipt_given() {
    let responder = Responder::new();
    let [token, other] = [responder.live()[0], responder.live()[1]];
    responder.plan(&[token], "--exposure public");
    responder.bench.forget_log();
    let run = responder.execute("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("closed"), "{}", run.stdout);
    assert_eq!(responder.journal(), went_well(token));
    assert_eq!(responder.writes(), 1);
    assert!(!responder.is_let_in(token) && responder.is_let_in(other));
    // The leaked token itself was not presented for that.
    let log = responder.bench.log();
    let presented = log.iter().filter(|it| it["c3id"] == token.c3id).count();
    assert_eq!(presented, 1, "the look of this test");
    let (_, receipt) = run.stdout.split_once("head ").expect("a receipt");
    let head = receipt.split(' ').next().expect("a hash");
    let check = format!("journal verify --journal journal.jsonl --head {head}");
    let verified = responder.bench.plain(&check, "");
    assert_eq!(
        (verified.code, verified.stdout.lines().next()),
        (0, Some("yes: as it was written"))
    );
    let cut = responder.bench.plain(&check[..check.len() - 4], "");
    assert_eq!(cut.code, 2, "{}", cut.stdout);
    let needed = "expected 64 hexadecimal digits";
    assert!(cut.stderr.contains(needed), "{}", cut.stderr);
    responder.bench.write("emptied.jsonl", "");
    let given = "journal verify --journal emptied.jsonl";
    let emptied = responder.bench.plain(given, "");
    assert_eq!(emptied.code, 1);
    assert!(emptied.stdout.starts_with("no: it holds no line"));
    let shown = responder
        .bench
        .plain("journal show --journal journal.jsonl", "");
    assert_eq!(shown.stdout.lines().count(), 5, "{}", shown.stdout);
    // Nothing was read again before it was revoked.
    for text in [&run.stdout, &shown.stdout] {
        let marks = text.matches("exposure not re-checked").count();
        assert_eq!(marks, 1, "{text}");
    }
    assert!(!shown.stdout.contains(&token.token));
    let again = responder.execute("");
    assert_eq!(again.code, 0, "{}", again.stdout);
    assert_eq!(responder.writes(), 1, "it is revoked already");
}

#[test]
fn nothing_is_done_unconfirmed() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    let id = responder.plan_id();
    let other = "0".repeat(64);
    for (confirm, complaint) in [
        (String::new(), "nobody has confirmed the plan"),
        (format!("--confirm {}", &id[..8]), "names another plan"),
        (format!("--confirm {other}"), "names another plan"),
    ] {
        let given = format!(
            "revoke --execute --plan plan.json --journal journal.jsonl --auth pat --org contoso {confirm}"
        );
        let run = responder.bench.patsweep(&given, &id);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(complaint), "{}", run.stderr);
    }
    assert_eq!(responder.writes(), 0);
    assert!(responder.is_let_in(token));
    assert_eq!(responder.journal(), [""; 0]);
}

#[test]
fn a_changed_plan_is_refused() {
    let responder = Responder::new();
    let [token, other] = [responder.live()[0], responder.live()[1]];
    responder.plan(&[token], "--exposure public");
    let path = responder.bench.path("plan.json");
    let text = fs::read_to_string(&path).expect("a plan");
    let id = |it: &crate::service::Issued| it.authorization_id.clone().expect("an id");
    let aimed = text.replace(&id(token), &id(other));
    assert_ne!(aimed, text);
    fs::write(&path, aimed).expect("a plan");
    let run = responder.execute("");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("was changed"), "{}", run.stderr);
    assert!(responder.is_let_in(token) && responder.is_let_in(other));
}

#[test]
fn what_nobody_may_act_on_is_in_no_plan() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    let path = responder.bench.path("plan.json");
    let text = fs::read_to_string(&path).expect("a plan");
    fs::write(&path, text.replace("\"certain\"", "\"ambiguous\"")).expect("a plan");
    let run = responder.execute("");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("was changed"), "{}", run.stderr);
    assert_eq!(responder.writes(), 0);
}

#[test]
fn what_is_not_as_planned_is_left_alone() {
    let responder = Responder::new();
    let [token, other] = [responder.live()[0], responder.live()[1]];
    responder.plan(&[token, other], "--exposure public");
    // Somebody else's token by that id: the plan is confirmed, but the list tells another C3ID.
    responder.change_plan(|plan| {
        let first = plan["orders"][0]["authorization_id"].take();
        let second = plan["orders"][1]["authorization_id"].take();
        plan["orders"][0]["authorization_id"] = second;
        plan["orders"][1]["authorization_id"] = first;
    });
    let run = responder.execute("");
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout.matches("dropped").count(), 2, "{}", run.stdout);
    assert_eq!(responder.writes(), 0);
    assert!(responder.is_let_in(token) && responder.is_let_in(other));
}

#[test]
fn a_leaked_administrator_revokes_nothing() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    let leaked = token.token.clone();
    let bench = responder.bench.with("PATSWEEP_ADMIN_PAT", &leaked);
    let responder = Responder { bench, ..responder };
    let run = responder.execute("");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(
        run.stderr.contains("is itself among the leaks"),
        "{}",
        run.stderr
    );
    assert_eq!(responder.writes(), 0);
}

/// What is wrong is the credential, and not where it may go.
#[test]
fn a_credential_that_is_not_taken_is_told_as_such() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    let bench = responder.bench.with("PATSWEEP_ADMIN_PAT", "no-token");
    let responder = Responder { bench, ..responder };
    let run = responder.execute("");
    let said = "error: nobody can act at contoso: it does not take the credential, or does not answer\n\
                hint: `patsweep auth check --auth WAY --org contoso` says what is wrong with it";
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert_eq!(responder.writes(), 0);
}

#[test]
fn two_runs_at_once_share_no_journal() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    let path = responder.bench.path("journal.jsonl");
    let held = fs::File::create(path).expect("a journal");
    held.lock().expect("a lock");
    let run = responder.execute("");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("another run is using the journal"),
        "{}",
        run.stderr
    );
    assert_eq!(responder.writes(), 0);
}

#[test]
fn the_credential_goes_only_where_the_operator_says() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder.bench.forget_log();
    let id = responder.plan_id();
    let given = format!(
        "revoke --execute --plan plan.json --confirm {id} --journal journal.jsonl --auth pat \
         --org northwind"
    );
    let run = responder.bench.patsweep(&given, "");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("contoso"), "{}", run.stderr);
    assert_eq!(responder.bench.log(), [serde_json::Value::Null; 0]);
}
