//! The audit log closes what the list does not show.

use serde_json::{Value, json};

use crate::responder::{Ended, Responder};
use crate::service::Issued;

const PUBLIC: &str = "--exposure public";

/// Plants an entry that says that a token was revoked, so many days from now.
fn revoked(responder: &Responder, days: i64, more: &Value) {
    let mut event = json!({
        "days": days,
        "actor": "ada@contoso.example",
        "action": "Token.PatRevokeEvent",
        "area": "Token",
        "category": "remove",
        "details": "Personal Access Token was revoked.",
        "ip": "198.51.100.7",
        "agent": "Mozilla/5.0",
    });
    for (key, value) in more.as_object().expect("an object") {
        event[key] = value.clone();
    }
    responder.plant(&json!({ "event": event }));
}

fn id(token: &Issued) -> &str {
    token.authorization_id.as_deref().expect("an id")
}

/// A responder who had a token revoked that the list shows as valid for long.
fn lagging() -> Responder {
    let responder = Responder::new();
    responder.order_delay("revocation-early", 100_000);
    responder.plan(&[responder.live()[0]], PUBLIC);
    let run = responder.execute("");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    responder
}

const ACCEPTED: [&str; 4] = [
    "plan confirmed -",
    "intent revoke A",
    "answer accepted A",
    "confirm confirming A",
];

#[test]
fn an_entry_that_names_the_token_closes_it() {
    for form in 0..4 {
        let responder = lagging();
        let token = responder.live()[0];
        let whole = format!("Personal access token authorizationId: {}", id(token));
        let evidence = match form {
            0 => json!({ "data": { "AuthorizationId": id(token) } }),
            1 => json!({ "data": { "Token": &whole[..64] } }),
            2 => json!({ "details": whole }),
            _ => json!({
                "action": "Token.PatSystemRevokeEvent",
                "data": { "AuthorizationId": id(token).to_uppercase() },
            }),
        };
        revoked(&responder, 0, &evidence);
        if form == 3 {
            // The list cannot be read at all.
            responder.bench.order("/tokenadmin/personal", "D", 99);
        }
        let run = responder.resume("");
        let mut journal = ACCEPTED.to_vec();
        journal.extend(["plan confirmed -", "closed closed A"]);
        let ended = Ended::with(0, &journal, 1, &[false]);
        assert_eq!(
            responder.ended(&run, &[token]),
            ended,
            "{form} {}",
            run.stdout
        );
        let why = "the audit log says that it is revoked: Token.Pat";
        assert!(run.stdout.contains(why), "{form} {}", run.stdout);
        assert_eq!(responder.resume("").stdout, "nothing is open\n");
    }
}

#[test]
fn an_entry_about_something_else_closes_nothing() {
    for form in 0..5 {
        let responder = lagging();
        let (token, other) = (responder.live()[0], responder.live()[1]);
        let named = json!({ "data": { "AuthorizationId": id(token) } });
        let (days, evidence) = match form {
            // Another token.
            0 => (0, json!({ "data": { "AuthorizationId": id(other) } })),
            // With which token somebody signed in who revoked one.
            1 => (0, json!({ "with": id(token) })),
            // Before it was ordered.
            2 => (-2, named),
            // Something else that was done to it.
            3 => (
                0,
                json!({ "action": "Token.PatUpdateEvent", "data": named["data"] }),
            ),
            // Too little of its id.
            _ => (0, json!({ "data": { "Token": &id(token)[..34] } })),
        };
        revoked(&responder, days, &evidence);
        let run = responder.resume("");
        let mut journal = ACCEPTED.to_vec();
        journal.extend(["plan confirmed -", "confirm confirming A"]);
        let ended = Ended::with(6, &journal, 1, &[false]);
        assert_eq!(
            responder.ended(&run, &[token]),
            ended,
            "{form} {}",
            run.stdout
        );
    }
}

#[test]
fn what_is_still_let_in_is_not_closed_by_the_log_either() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    responder
        .bench
        .order("/revocations", "revoke-204-but-alive", 9);
    assert_eq!(responder.execute_with(&[token], "").code, 6);
    revoked(
        &responder,
        0,
        &json!({ "data": { "AuthorizationId": id(token) } }),
    );
    let auth = responder.auth;
    let given =
        format!("revoke --resume --journal journal.jsonl {auth} --from leaks.json --tokens -");
    let run = responder.bench.patsweep(&given, &token.token);
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("but contoso still lets it in"),
        "{}",
        run.stdout
    );
}

/// An order of yesterday whose list cannot be read.
#[test]
fn an_old_order_is_closed_by_the_log_and_not_sent_again() {
    let responder = lagging();
    let token = responder.live()[0];
    revoked(
        &responder,
        0,
        &json!({ "data": { "AuthorizationId": id(token) } }),
    );
    responder.age_journal(24 * 60 * 60);
    responder.bench.order("/tokenadmin/personal", "D", 99);
    let run = responder.resume("");
    let mut journal = ACCEPTED.to_vec();
    journal.extend(["plan confirmed -", "closed closed A"]);
    let ended = Ended::with(0, &journal, 1, &[false]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
}
