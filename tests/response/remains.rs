//! What a run leaves to be done is neither forgotten, nor done too late, nor passed over in silence.

use patsweep::token::mint;
use serde_json::json;

use crate::bench::leak;
use crate::client::ask;
use crate::responder::{Ended, Responder, left_alone, one_left};
use crate::service::Issued;

const PUBLIC: &str = "--exposure public";
const HOUR: i64 = 60 * 60;

/// An administrator of two organisations, with a token of each.
fn two_places() -> (Responder, Issued, Issued) {
    let responder = Responder {
        auth: "--auth pat --org contoso,northwind",
        ..Responder::new()
    };
    let here = responder.live()[0].clone();
    let mut tokens = responder.bench.fake.tokens.iter();
    let there = tokens.find(|it| it.state == "active" && it.organization == "northwind");
    let there = there.expect("a token of northwind").clone();
    responder.plan(&[&here, &there], PUBLIC);
    assert_eq!(
        responder.plan_text()["orders"].as_array().map(Vec::len),
        Some(2)
    );
    (responder, here, there)
}

/// Has the first revocation be turned away for so many seconds.
fn throttle_first(responder: &Responder, seconds: u64) {
    responder.order(&json!({
        "target": { "path": "/revocations" },
        "behavior": "throttled",
        "times": 1,
        "delay_s": seconds,
    }));
}

/// What runs on a schedule runs before there is anything to go on with, too.
#[test]
fn nothing_is_open_where_nothing_was_begun() {
    let responder = Responder::new();
    let given = format!("revoke --resume {}", responder.auth);
    let run = responder.bench.patsweep(&given, "");
    assert_eq!(
        (run.code, &*run.stdout, &*run.stderr),
        (0, "nothing is open\n", "")
    );
    assert!(responder.bench.log().is_empty());
    assert!(!responder.bench.path(".local").exists());
    let run = responder
        .bench
        .patsweep(&format!("{given} --journal other.jsonl"), "");
    assert_eq!((run.code, &*run.stdout), (2, ""));
    let why = "error: cannot open the journal other.jsonl\n";
    assert!(run.stderr.starts_with(why), "{}", run.stderr);
}

#[test]
fn who_wants_to_be_left_alone_keeps_no_other_waiting() {
    let (responder, here, there) = two_places();
    throttle_first(&responder, 1);
    let run = responder.execute("");
    let journal = [
        "plan confirmed -",
        "intent revoke A",
        "answer throttled A",
        "intent revoke B",
        "answer accepted B",
        "intent revoke A",
        "answer accepted A",
        "closed closed A",
        "closed closed B",
    ];
    let ended = Ended::with(0, &journal, 3, &[false, false]);
    assert_eq!(
        responder.ended(&run, &[&here, &there]),
        ended,
        "{}",
        run.stdout
    );
}

/// There is time enough for it, and nobody waits for so long.
#[test]
fn nobody_is_waited_for_longer_than_five_minutes() {
    let (responder, here, there) = two_places();
    throttle_first(&responder, 400);
    let run = responder.execute("--timeout 900s");
    let journal = [
        "plan confirmed -",
        "intent revoke A",
        "answer throttled A",
        "intent revoke B",
        "answer accepted B",
        "confirm unsent A",
        "closed closed B",
    ];
    let ended = Ended::with(5, &journal, 2, &[true, false]);
    assert_eq!(
        responder.ended(&run, &[&here, &there]),
        ended,
        "{}",
        run.stdout
    );
}

/// A list that lags behind shows it later.
#[test]
fn what_was_rejected_is_watched_like_what_was_accepted() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    responder.order_delay("revocation-early", 2);
    responder.bench.order("/revocations", "unknown-id-400", 9);
    let id = token.authorization_id.as_deref().expect("an id");
    let path = "/vssps.dev.azure.com/contoso/_apis/tokenadmin/revocations?api-version=7.1";
    let got = ask("POST", path)
        .pat(&responder.bench.fake.admin_pat)
        .json(&json!([{ "authorizationId": id }]))
        .to(&responder.bench.fake);
    assert_eq!(got.status, 204, "{}", got.text());
    let run = responder.execute("--watch=4s");
    let journal = [
        "plan confirmed -",
        "intent revoke A",
        "answer rejected A",
        "confirm failed A",
        "closed closed A",
    ];
    let ended = Ended::with(0, &journal, 2, &[false]);
    assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
}

#[test]
fn going_on_tells_of_what_was_left_alone() {
    let responder = Responder::new();
    let [first, second] = [responder.live()[0], responder.live()[1]];
    responder.plan(&[first, second], PUBLIC);
    responder.change_plan(|plan| {
        let is_second = |it: &serde_json::Value| it["c3id"] == second.c3id.as_str();
        let orders = plan["orders"].as_array_mut().expect("orders");
        orders.retain(|order| !is_second(order));
        let mut notices = plan["notices"].as_array_mut().expect("notices").iter_mut();
        let notice = notices.find(|it| is_second(it)).expect("a notice");
        notice["left_because"] = "somebody says so".into();
    });
    responder.order_delay("revocation-early", 1000);
    let run = responder.execute("");
    assert_eq!(run.code, 6);
    let left = left_alone(second);
    let why = format!("{left}: somebody says so\n");
    assert!(run.stdout.starts_with(&why), "{}", run.stdout);
    responder.advance(2000);
    let run = responder.resume("");
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    let text = format!("{left}\nclosed ");
    assert!(run.stdout.starts_with(&text), "{}", run.stdout);
    let run = responder.resume("");
    assert_eq!((run.code, run.stdout), (4, one_left(second)));
    assert!(responder.is_let_in(second));
}

#[test]
fn what_was_never_sent_is_confirmed_for_a_day() {
    for (hours, is_sent) in [(23, true), (25, false)] {
        let responder = Responder::new();
        let token = responder.live()[0];
        responder.plan(&[token], PUBLIC);
        responder.bench.order("/TenantPolicy/", "policy-empty", 9);
        assert_eq!(responder.execute("").code, 5);
        // Going on does not confirm it again.
        assert_eq!(responder.resume("").code, 5);
        responder.bench.forget_orders();
        responder.age_journal(hours * HOUR);
        let run = responder.resume("");
        let put_off = ["plan confirmed -", "confirm unsent A"];
        let mut journal = [put_off, put_off].concat();
        journal.push("plan confirmed -");
        let ended = if is_sent {
            journal.extend(["intent revoke A", "answer accepted A", "closed closed A"]);
            Ended::with(0, &journal, 1, &[false])
        } else {
            journal.push("confirm dropped A");
            let why = "it was confirmed more than 24 hours ago and never sent: plan again";
            assert!(run.stdout.contains(why), "{}", run.stdout);
            Ended::with(4, &journal, 0, &[true])
        };
        assert_eq!(
            responder.ended(&run, &[token]),
            ended,
            "{hours} {}",
            run.stdout
        );
    }
}

/// Each organisation that let it in has to refuse it, also one that nobody may ask.
#[test]
fn closed_is_what_each_place_refuses_that_accepted_it() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    responder.change_plan(|plan| {
        plan["orders"][0]["grounds"]["accepted_by"] = json!(["contoso", "northwind"]);
    });
    let run = responder.execute_with(&[token], "");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    let why = "northwind, which let it in, was not asked";
    assert!(run.stdout.contains(why), "{}", run.stdout);
    let given = format!(
        "revoke --resume --journal journal.jsonl {} --from leaks.json --tokens -",
        responder.auth
    );
    let run = responder.bench.patsweep(&given, &token.token);
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    let given = format!("{given} --org northwind");
    let run = responder.bench.patsweep(&given, &token.token);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

/// That nobody answered does not mean that it is over.
#[test]
fn what_nobody_answered_about_is_not_over() {
    let responder = Responder {
        listing: "",
        ..Responder::new()
    };
    let tokens = responder.live();
    let contoso = |it: &&Issued| it.owner != tokens[0].owner;
    let other = *tokens.iter().find(|it| contoso(it)).expect("another owner");
    let token = tokens[0];
    responder.order(&json!({
        "target": { "token": other.token },
        "behavior": "throttled",
        "delay_s": 9999,
    }));
    responder.plan(&[token, other], PUBLIC);
    let run = responder.execute("");
    let mut journal = vec![
        "plan confirmed -",
        "intent revoke A",
        "answer accepted A",
        "closed closed A",
    ];
    responder.bench.forget_orders();
    let ended = Ended::with(3, &journal, 1, &[false, true]);
    assert_eq!(
        responder.ended(&run, &[token, other]),
        ended,
        "{}{}",
        run.stdout,
        run.stderr
    );
    let listed = format!(
        "unknown     {}\n            whether it works is not known: it was refused, or nobody answered; plan \
         again with --inventory full, which looks for it in all lists\n",
        other.c3id
    );
    assert!(run.stdout.starts_with(&listed), "{}", run.stdout);
    let run = responder.resume("");
    let text = format!("nothing is open\n{listed}");
    assert_eq!((run.code, run.stdout), (3, text), "{}", run.stderr);
    // Somebody asks again: it is dead by now, and there is nothing else to do.
    let id = other.authorization_id.as_deref().expect("an id");
    let path = "/vssps.dev.azure.com/contoso/_apis/tokenadmin/revocations?api-version=7.1";
    let got = ask("POST", path)
        .pat(&responder.bench.fake.admin_pat)
        .json(&json!([{ "authorizationId": id }]))
        .to(&responder.bench.fake);
    assert_eq!(got.status, 204, "{}", got.text());
    // That it is refused does not prove it, and the list does.
    responder.plan(&[other], PUBLIC);
    let orders = responder.plan_text()["orders"].clone();
    assert_eq!(orders, json!([]), "it is not let in");
    let run = responder.execute("");
    assert_eq!(run.code, 2, "nothing to do: {}", run.stdout);
    let text = format!("nothing is open\n{listed}");
    assert_eq!(responder.resume("").stdout, text);
    responder.plan(&[other], &format!("{PUBLIC} --inventory full"));
    let run = responder.execute("");
    journal.push("plan confirmed -");
    let ended = Ended::with(0, &journal, 2, &[false, false]);
    assert_eq!(
        responder.ended(&run, &[token, other]),
        ended,
        "{}{}",
        run.stdout,
        run.stderr
    );
    assert_eq!(responder.resume("").stdout, "nothing is open\n");
}

/// Nor does that it is refused. The list of its owner, whom nobody knew, says that it is valid.
#[test]
fn what_is_refused_is_not_over() {
    let responder = Responder {
        listing: "",
        ..Responder::new()
    };
    let refused = responder.token("disabled_owner");
    let live = responder.live();
    responder.plan(&[live[0], refused], PUBLIC);
    let run = responder.execute("");
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    let listed = format!("unknown     {}\n", refused.c3id);
    assert!(run.stdout.starts_with(&listed), "{}", run.stdout);
    let run = responder.resume("");
    assert!(run.stdout.contains(&listed), "{}", run.stdout);
    assert_eq!(run.code, 3);
    // What this run closed is known to be dead, although it is refused like the other.
    responder.plan(&[live[0], live[1], refused], PUBLIC);
    let unknown = json!([live[0].c3id, refused.c3id]);
    let mut told = responder.plan_text()["unknown"].clone();
    let told = told.as_array_mut().expect("a list");
    told.sort_by_key(|c3id| *c3id == refused.c3id.as_str());
    assert_eq!(*told, *unknown.as_array().expect("a list"));
    let run = responder.execute("");
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout.matches("unknown ").count(), 1, "{}", run.stdout);
    assert!(run.stdout.starts_with(&listed), "{}", run.stdout);
}

/// Nobody can be asked about an application's secret, now or later.
#[test]
fn what_nobody_can_answer_is_no_open_question() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let secret = mint::app_secret(7);
    let input = format!("{}secret: {secret}\n", leak("build", token));
    let scanned = responder.bench.plain("scan - -f json", &input);
    assert_eq!(
        scanned.report()["findings"].as_array().map(Vec::len),
        Some(2)
    );
    responder.bench.write("leaks.json", &scanned.stdout);
    let given = format!(
        "revoke --from leaks.json --tokens - --plan-out plan.json {} {} {PUBLIC}",
        responder.auth, responder.listing
    );
    let values = format!("{}\n{secret}", token.token);
    let run = responder.bench.patsweep(&given, &values);
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    let run = responder.execute("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(responder.resume("").stdout, "nothing is open\n");
}
