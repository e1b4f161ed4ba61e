//! What `timeline` says was done with leaked tokens, and how it ends.

use serde_json::{Value, json};

use crate::stage::{Planted, Stage, now};

const STRANGER: &str = "203.0.113.66";

/// A report of tokens, each with the days from now on which a commit claims to have brought it.
fn report(stage: &Stage, leaks: &[(&Planted, Option<i64>)]) {
    let finding = |(leak, days): &(&Planted, Option<i64>)| {
        let at = days.map(|days| jiff::Timestamp::from_second(now() + days * 86_400));
        let at = at.map(|at| at.expect("a date").to_string());
        let first =
            at.map(|at| json!({ "id": "ab".repeat(20), "date": at.replace('Z', "+00:00") }));
        json!({
            "id": leak.c3id, "rule": "azure-devops-pat", "exposure": { "first": first },
            "occurrences": [],
        })
    };
    let findings: Vec<Value> = leaks.iter().map(finding).collect();
    let report = json!({ "schema": "patsweep-report/1", "findings": findings });
    stage.bench().write("leaks.json", &report.to_string());
}

/// A token that was abused: its owner works from the office, and somebody else does not.
fn abused() -> (Stage, Planted) {
    let mut stage = Stage::empty();
    let leak = stage.pat("nightly build", "noor", &json!({ "from_days": -60 }));
    let other = stage.pat("another", "jonas", &json!({}));
    let by_stranger = json!({ "ip": STRANGER, "agent": "python-requests/2.32" });
    stage.event((-35, "noor"), None, "Git.RefUpdated", &json!({}));
    stage.event((-25, "noor"), Some(&leak), "Git.RefUpdated", &json!({}));
    stage.event((-9, "noor"), Some(&leak), "Git.RefUpdated", &json!({}));
    stage.event(
        (-8, "noor"),
        Some(&leak),
        "Git.RepositoryDeleted",
        &by_stranger,
    );
    stage.event(
        (-7, "noor"),
        Some(&leak),
        "Extension.Installed",
        &json!({ "category": "create" }),
    );
    stage.event(
        (-6, "jonas"),
        Some(&other),
        "Security.ModifyPermission",
        &by_stranger,
    );
    stage.event(
        (-5, "noor"),
        None,
        "Security.ModifyPermission",
        &by_stranger,
    );
    (stage, leak)
}

#[test]
fn people_read_what_is_suspicious_first() {
    let (stage, leak) = abused();
    report(&stage, &[(&leak, Some(-10))]);
    let run = stage.run("timeline --from leaks.json");
    stage.check("timeline.txt", &run.stdout);
    assert_eq!(run.code, 1);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 100));
    assert_eq!(stage.responder.writes(), 0);
    // The list knows it, and nobody presents it.
    assert!(
        stage
            .bench()
            .log()
            .iter()
            .all(|request| request["c3id"] != leak.c3id)
    );
}

#[test]
fn programs_read_all_of_it() {
    let (stage, leak) = abused();
    report(&stage, &[(&leak, Some(-10))]);
    let run = stage.run("timeline --from leaks.json -f json");
    stage.check("timeline.json", &run.stdout);
    assert_eq!(run.code, 1);
    let run = stage.run("timeline --from leaks.json -f csv");
    stage.check("timeline.csv", &run.stdout);
    assert_eq!(run.code, 1);
}

/// How it ended, and of the first token: its state, what is suspicious of each event, and how many
/// are uncertain.
fn told(stage: &Stage, flags: &str) -> (i32, Value, Vec<Value>, usize) {
    let run = stage.run(&format!("timeline --from leaks.json -f json {flags}"));
    let report = run.report();
    let token = &report["organizations"][0]["tokens"][0];
    let events = token["events"].as_array().expect("events").iter();
    (
        run.code,
        token["state"].clone(),
        events.map(|event| event["suspicious"].clone()).collect(),
        token["uncertain"].as_array().expect("events").len(),
    )
}

#[test]
fn codes_tell_suspicious_from_unknown() {
    let mut stage = Stage::empty();
    let quiet = stage.pat("quiet", "noor", &json!({}));
    stage.event((-15, "noor"), Some(&quiet), "Git.RefUpdated", &json!({}));
    stage.event((-5, "noor"), Some(&quiet), "Git.RefUpdated", &json!({}));
    report(&stage, &[(&quiet, Some(-10))]);
    let nothing = vec![json!([])];
    assert_eq!(told(&stage, ""), (0, json!("works"), nothing.clone(), 0));
    for (path, behavior) in [
        ("/auditlog", "forbidden"),
        ("/auditlog", "refused"),
        ("/", "audit-off"),
    ] {
        stage.bench().order(path, behavior, 99);
        assert_eq!(
            told(&stage, ""),
            (3, json!("works"), vec![], 0),
            "{behavior}"
        );
        stage.bench().forget_orders();
    }
    stage.bench().order("/tokenadmin", "not-administrator", 99);
    assert_eq!(told(&stage, ""), (3, json!("unknown"), vec![], 0));
    stage.bench().forget_orders();
    // Without C3IDs a person says which it is.
    stage.bench().order("/tokenadmin", "c3id-absent", 99);
    assert_eq!(told(&stage, ""), (3, json!("unknown"), vec![], 0));
    let flags = format!("--match {}={}", quiet.c3id, quiet.id);
    assert_eq!(
        told(&stage, &flags),
        (0, json!("works"), nothing.clone(), 0)
    );
    stage.bench().forget_orders();
    for (path, behavior) in [("/auditlog", "small-pages"), ("/auditlog", "audit-wrapped")] {
        stage.bench().order(path, behavior, 99);
        assert_eq!(
            told(&stage, ""),
            (0, json!("works"), nothing.clone(), 0),
            "{behavior}"
        );
        stage.bench().forget_orders();
    }
    stage.bench().order("/connectionData", "refused", 9);
    let run = stage.run("timeline --from leaks.json");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    stage.bench().forget_orders();
    stage
        .bench()
        .write("leaks.json", "{\"schema\": \"patsweep-report/2\"}");
    assert_eq!(stage.run("timeline --from leaks.json").code, 2);
    let run = stage.run("timeline --from leaks.json --exposed soon");
    assert_eq!(run.code, 2);
    let run = stage.run("timeline --from leaks.json --exposed 2999-01-01");
    let why = "error: --exposed names a day that is still to come\n";
    assert!(run.code == 2 && run.stderr.contains(why), "{}", run.stderr);
}

#[test]
fn a_token_that_begins_as_another_is_not_taken_for_it() {
    let mut stage = Stage::empty();
    let id = |last: &str| json!({ "authorization_id": format!("0b1c7a52-3f7e-4d51-9a1c-5e0f1d2c3b4{last}") });
    let leak = stage.pat("one", "noor", &id("a"));
    let twin = stage.pat("two", "jonas", &id("f"));
    stage.event(
        (-5, "jonas"),
        Some(&twin),
        "Token.PatCreateEvent",
        &json!({}),
    );
    report(&stage, &[(&leak, Some(-10))]);
    assert_eq!(told(&stage, ""), (3, json!("works"), vec![], 1));
    let run = stage.run("timeline --from leaks.json");
    let said =
        "  1 event of it or of another token: the log cut the id short where both begin alike\n";
    assert!(run.stdout.contains(said), "{}", run.stdout);
}

#[test]
fn dates_of_commits_are_claims() {
    let mut stage = Stage::empty();
    let leak = stage.pat("ci", "noor", &json!({}));
    stage.event((-5, "noor"), Some(&leak), "Git.RefUpdated", &json!({}));
    let lines = |stage: &Stage, days, flags: &str| {
        report(stage, &[(&leak, days)]);
        let run = stage.run(&format!("timeline --from leaks.json {flags}"));
        let text = stage.lasting(&run.stdout);
        let wanted = |line: &&str| line.starts_with("  exposed") || line.starts_with("  compared");
        let lines = text.lines().filter(wanted).map(str::to_owned);
        (run.code, lines.collect::<Vec<_>>())
    };
    let nothing = "  compared   with nothing, so that nothing can be called new";
    let whole = "  compared   with the 30 days before";
    for (days, flags, code, exposed, compared) in [
        (Some(-4), "", 0, "D-00000004 <time> UTC", whole),
        (
            Some(-3000),
            "",
            1,
            "D-00000020 <time> UTC, when it was issued: a commit of D-00003000 cannot have held it",
            whole,
        ),
        (
            Some(9),
            "",
            3,
            "not known: a commit claims D+00000009, which has not come yet",
            nothing,
        ),
        (
            None,
            "",
            3,
            "not known; --exposed DATE says it, if you know it otherwise",
            nothing,
        ),
    ] {
        let expected = vec![format!("  exposed    {exposed}"), compared.to_owned()];
        assert_eq!(lines(&stage, days, flags), (code, expected), "{days:?}");
    }
    let day = jiff::Timestamp::from_second(now() - 10 * 86_400).expect("a date");
    let flags = format!("--exposed {}", day.strftime("%F"));
    let expected = vec![
        "  exposed    D-00000010 <time> UTC".to_owned(),
        whole.to_owned(),
    ];
    assert_eq!(lines(&stage, None, &flags), (1, expected));
}

#[test]
fn what_was_revoked_here_is_told_by_the_journal() {
    let responder = crate::responder::Responder::new();
    let token = responder.token("active");
    assert_eq!(responder.plan(&[token], "--exposure public").code, 4);
    assert_eq!(responder.execute("").code, 0);
    let run = responder.bench.patsweep(
        "timeline --from leaks.json --org contoso --auth pat --journal journal.jsonl -f json",
        "",
    );
    let report = run.report();
    let told = &report["organizations"][0]["tokens"][0];
    assert_eq!(
        json!([told["state"], told["ended_by"], told["c3id"]]),
        json!(["revoked", "journal", token.c3id])
    );
    // Without it, the log tells.
    let run = responder.bench.patsweep(
        "timeline --from leaks.json --org contoso --auth pat -f json",
        "",
    );
    let report = run.report();
    let told = &report["organizations"][0]["tokens"][0];
    assert_eq!(
        json!([told["state"], told["ended_by"]]),
        json!(["revoked", "audit_log"])
    );
}

/// Of an answer that was accepted nobody knows yet what it did; of several tokens that the journal took
/// for the leaked one, the last is it.
#[test]
fn the_last_of_the_journal_is_told_as_it_stands() {
    let responder = crate::responder::Responder::new();
    let lists = "/tokenadmin/personalaccesstokens";
    responder.bench.order(lists, "c3id-absent", 9999);
    let leaked = responder.plant_pat("one", "priya", "vso.code", -20);
    let other = responder.plant_pat("two", "priya", "vso.code", -20);
    let [id, wrong] = [&leaked, &other].map(|it| it.authorization_id.clone().expect("an id"));
    for (id, code) in [(&wrong, 0), (&id, 6)] {
        let flags = format!("--exposure public --match {}={id}", leaked.c3id);
        responder.plan(&[&leaked], &flags);
        if code == 6 {
            responder.order_delay("revocation-early", 2000);
        }
        let run = responder.execute("");
        assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    }
    let told = |format: &str| {
        let given = format!(
            "timeline --from leaks.json --org contoso --auth pat --journal journal.jsonl {format}"
        );
        responder.bench.patsweep(&given, "")
    };
    let report = told("-f json").report();
    let token = &report["organizations"][0]["tokens"][0];
    assert_eq!(
        json!([
            token["authorization_id"],
            token["other_authorization_ids"],
            token["state"],
            token["ended_by"]
        ]),
        json!([id, [wrong], "accepted", null])
    );
    let text = told("").stdout;
    let not = format!("  not        {wrong}: the journal took it for that, too\n");
    assert!(text.contains(&not), "{text}");
    let ended = "as the journal says, and the list has it as one that works\n";
    assert!(
        text.contains("not yet: its revocation was accepted at "),
        "{text}"
    );
    assert!(text.contains(ended), "{text}");
}

#[test]
fn the_administrators_own_token_is_not_used_once_it_leaked() {
    let stage = Stage::empty();
    let secret = stage.bench().fake.admin_pat.clone();
    let run = stage
        .bench()
        .patsweep("timeline --org contoso --auth pat", &secret);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr.contains("is itself among the leaks"),
        "{}",
        run.stderr
    );
    assert_eq!(stage.responder.writes(), 0);
}

#[test]
fn what_the_log_says_steers_nothing() {
    let mut stage = Stage::empty();
    let leak = stage.pat("ci\u{1b}[2J", "noor", &json!({}));
    let hostile = json!({
        "ip": "=1+1", "agent": format!("@SUM\u{202e} {}", leak.token),
        "details": "-2+3\u{1b}]0;x\u{7}", "category": "remove",
    });
    stage.event((-5, "noor"), Some(&leak), "Token.\u{1b}[31m", &hostile);
    let reflected = json!({ "ip": leak.token, "details": leak.token });
    stage.event((-4, "noor"), Some(&leak), "Git.RefUpdated", &reflected);
    report(&stage, &[(&leak, Some(-10))]);
    for format in ["text", "json", "csv"] {
        let run = stage.run(&format!("timeline --from leaks.json -f {format}"));
        let text = &run.stdout;
        assert_eq!(run.code, 1);
        assert!(!text.contains(&leak.token[..20]), "{text}");
        let steers = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!text.contains(steers), "{text}");
        let is_formula = |line: &str| {
            line.split(',')
                .any(|cell| cell.starts_with(['=', '@', '-']))
        };
        assert!(format != "csv" || !text.lines().any(is_formula), "{text}");
    }
}
