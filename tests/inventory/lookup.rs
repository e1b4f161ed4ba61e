//! What the list says of tokens in every state.

use serde_json::json;

use crate::bench::{Bench, leak, told};

#[test]
fn every_state_by_the_list_of_everybody() {
    let bench = Bench::administrator();
    let tokens = &bench.fake.tokens;
    let input: String = tokens.iter().map(|token| leak("build", token)).collect();
    let run = bench.verify(&input, "--auth pat --inventory full");
    assert_eq!(run.code, 4, "{}", run.stderr);
    for token in tokens {
        let by_list = |reason| told(reason, "inventory");
        let by_probe = |reason| told(reason, "connection_data");
        let expected = match token.state {
            "active" | "blocked" | "global_blocked" | "disabled_owner" => by_list("live"),
            "expired" => by_list("expired"),
            "revoked" => by_list("revoked"),
            // The list does not know them: they are presented.
            "active_elsewhere" => by_probe("live_elsewhere"),
            "refused" => by_probe("refused"),
            "unknown" => by_probe("not_recognized"),
            other => panic!("a state without a row: {other}"),
        };
        assert_eq!(run.settled(token), expected, "{}", token.state);
        let is_listed = expected.1 == "inventory";
        assert_eq!(bench.was_presented(token), !is_listed, "{}", token.state);
        let verification = &run.finding(token)["verification"];
        let value_from = if is_listed { "inventory" } else { "source" };
        assert_eq!(verification["value_from"], value_from);
        if is_listed {
            let pat = &verification["pat"];
            assert_eq!(
                pat["authorization_id"],
                token.authorization_id.clone().expect("an id")
            );
            assert_eq!(
                verification["owner"]["account"],
                token.owner.clone().expect("an owner")
            );
        } else {
            let (method, reason, message) = run.attempts(token).remove(0);
            assert_eq!((&*method, &*reason), ("inventory", "not_in_inventory"));
            assert_eq!(message, "not in it: 7 lists of 7 people read");
        }
    }
    assert!(
        run.stderr.contains(
            "inventory of contoso: 6 of 18 tokens not found: not in it: 7 lists of 7 people read"
        ),
        "{}",
        run.stderr
    );
}

#[test]
fn a_record_is_told_in_full() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("noor", token), "--auth pat --no-probe");
    assert_eq!(run.code, 4, "{}", run.stderr);
    let finding = run.finding(token);
    let verification = &finding["verification"];
    assert_eq!(verification["organization"], "contoso");
    assert_eq!(verification["evidence"]["status"], 200);
    assert_eq!(verification["evidence"]["message"], "listed as valid");
    assert_eq!(verification["owner"]["name"], "Noor Vance");
    assert_eq!(verification["owner"]["account"], "noor@contoso.example");
    let pat = &verification["pat"];
    assert_eq!(
        (&pat["name"], &pat["scopes"], &pat["global"]),
        (&json!("build agent"), &json!(["app_token"]), &json!(false))
    );
    assert_eq!(pat["valid_from"], "2026-05-15T00:00:00Z");
    assert!(
        pat["valid_to"]
            .as_str()
            .expect("a date")
            .ends_with("T00:00:00Z")
    );
    assert_eq!(run.attempts(token).len(), 1);
}

#[test]
fn an_end_is_judged_by_the_clock_of_the_service() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    let order = json!({
        "target": { "path": "personalaccesstokens" },
        "behavior": "clock-skew",
        "delay_s": 91 * 24 * 3600,
    });
    let got = crate::client::ask("POST", "/__control")
        .json(&order)
        .to(&bench.fake);
    assert_eq!(got.status, 204);
    let run = bench.verify(&leak("noor", token), "--auth pat");
    assert_eq!(run.settled(token), told("expired", "inventory"));
}

#[test]
fn twins_are_told_apart() {
    let bench = Bench::administrator();
    let twins: Vec<_> = bench
        .fake
        .tokens
        .iter()
        .filter(|it| it.state == "active")
        .collect();
    let twins = &twins[twins.len() - 2..];
    let input = leak("lidia", twins[0]) + &leak("lidia", twins[1]);
    let run = bench.verify(&input, "--auth pat --no-probe");
    for (token, name) in twins.iter().zip(["twin one", "twin two"]) {
        assert_eq!(run.finding(token)["verification"]["pat"]["name"], name);
    }
}

#[test]
fn without_an_administrator_nothing_is_looked_up() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    // The variable alone asks for nothing.
    let run = bench.verify(&leak("noor", token), "");
    assert_eq!(run.settled(token), told("live", "connection_data"));
    assert_eq!(bench.asked(), ["connectionData contoso"]);
}

#[test]
fn without_findings_nobody_is_asked() {
    let bench = Bench::administrator();
    let run = bench.verify("nothing here\n", "--auth pat --org contoso");
    assert_eq!((run.code, &*run.stderr), (0, "note: 0 tokens in 1 file\n"));
    assert_eq!(bench.asked(), [""; 0]);
}
