//! What `audit` says of an organisation, and how it ends.

use serde_json::{Value, json};

use crate::stage::Stage;

/// Everything that a rule can find.
const RULES: &str = "[audit]\n\
    deny_global = true\n\
    deny_full_access = true\n\
    deny_disabled_owners = true\n\
    deny_policy_breaches = true\n\
    max_lifespan_days = 90\n\
    min_days_left = 7\n\
    max_tokens_per_user = 2\n\
    allowed_scopes = [\"vso.code_write\", \"vso.packaging\", \"app_token\"]\n\
    require_policies = [\"restrict_global\", \"restrict_full_scope\", \"revoke_leaked\"]\n";

/// A token of every kind that stands out.
fn stage() -> Stage {
    let mut stage = Stage::empty();
    stage.pat("plain", "noor", &json!({ "from_days": -18 }));
    let agent = stage.pat(
        "nightly build",
        "noor",
        &json!({ "scope": "vso.build_execute vso.code" }),
    );
    stage.pat("ends", "noor", &json!({ "to_days": 3 }));
    let global = json!({ "organizations": null, "to_days": 300 });
    let global = stage.pat("anywhere", "jonas", &global);
    let full = json!({ "scope": "app_token", "from_days": -60 });
    stage.pat("everything", "priya", &full);
    stage.pat("of somebody gone", "ola", &json!({}));
    stage.pat("over", "ola", &json!({ "to_days": -1 }));
    stage.pat("taken back", "ola", &json!({ "revoked": true }));
    let made = |name: &str| json!({ "category": "create", "data": { "DisplayName": name } });
    stage.event(
        (-20, "jonas"),
        None,
        "Token.PatCreateEvent",
        &made("anywhere"),
    );
    stage.event((-18, "noor"), None, "Token.PatCreateEvent", &made("plain"));
    stage.event((-2, "noor"), None, "Token.PatCreateEvent", &made("gone"));
    stage.event((-9, "noor"), Some(&agent), "Git.RefUpdated", &json!({}));
    stage.event(
        (-6, "noor"),
        Some(&agent),
        "Git.RefUpdated",
        &json!({ "agent": "x" }),
    );
    stage.event((-5, "jonas"), Some(&global), "Git.RefUpdated", &json!({}));
    stage.bench().write("rules.toml", RULES);
    stage
}

#[test]
fn people_read_what_matters_first() {
    let stage = stage();
    let run = stage.run("audit --rules rules.toml");
    stage.check("audit.txt", &run.stdout);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 100));
    assert_eq!(stage.responder.writes(), 0);
}

#[test]
fn programs_read_all_of_it() {
    let stage = stage();
    let run = stage.run("audit --rules rules.toml -f json");
    stage.check("audit.json", &run.stdout);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
}

#[test]
fn spreadsheets_read_one_token_a_row() {
    let stage = stage();
    let run = stage.run("audit --rules rules.toml -f csv");
    stage.check("audit.csv", &run.stdout);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
}

#[test]
fn each_rule_is_broken_by_what_it_is_about_alone() {
    let stage = stage();
    for (rule, expected) in [
        ("deny_global = true", json!([["deny_global", "anywhere"]])),
        (
            "deny_full_access = true",
            json!([["deny_full_access", "everything"]]),
        ),
        (
            "deny_disabled_owners = true",
            json!([["deny_disabled_owners", "of somebody gone"]]),
        ),
        (
            "deny_policy_breaches = true",
            json!([
                ["deny_policy_breaches", "anywhere"],
                ["deny_policy_breaches", "anywhere"],
                ["deny_policy_breaches", "plain"],
                ["deny_policy_breaches", "gone"],
            ]),
        ),
        (
            "max_lifespan_days = 90",
            json!([
                ["max_lifespan_days", "everything"],
                ["max_lifespan_days", "anywhere"]
            ]),
        ),
        ("max_lifespan_days = 320", json!([])),
        ("min_days_left = 7", json!([["min_days_left", "ends"]])),
        ("min_days_left = 2", json!([])),
        (
            "max_tokens_per_user = 2",
            json!([["max_tokens_per_user", null]]),
        ),
        ("max_tokens_per_user = 3", json!([])),
        (
            "allowed_scopes = [\"vso.code_write\", \"app_token\"]",
            json!([]),
        ),
        (
            "allowed_scopes = [\"vso.code\", \"vso.build\"]",
            json!([
                ["allowed_scopes", "nightly build"],
                ["allowed_scopes", "everything"]
            ]),
        ),
        (
            "require_policies = [\"restrict_full_scope\"]",
            json!([["require_policies", null]]),
        ),
        (
            "require_policies = [\"restrict_global\", \"max_lifespan\"]",
            json!([]),
        ),
    ] {
        stage
            .bench()
            .write("one.toml", &format!("[audit]\n{rule}\n"));
        let run = stage.run("audit --rules one.toml -f json");
        let violations = run.report()["organizations"][0]["violations"].clone();
        let violations = violations.as_array().expect("violations").iter();
        let mut told: Vec<Value> = violations
            .map(|it| json!([it["rule"], it["token"]]))
            .collect();
        let mut expected = expected.as_array().expect("a list").clone();
        told.sort_by_key(Value::to_string);
        expected.sort_by_key(Value::to_string);
        assert_eq!(told, expected, "{rule}");
        assert_eq!(run.code, i32::from(!expected.is_empty()), "{rule}");
    }
}

#[test]
fn what_the_list_does_not_tell_is_not_called_kept() {
    let mut stage = Stage::empty();
    stage.pat("silent", "noor", &json!({ "scope": "" }));
    for (rule, code) in [
        ("deny_full_access = true", 3),
        ("allowed_scopes = [\"vso.code\"]", 3),
        ("deny_global = true", 0),
    ] {
        let rules = format!("[audit]\n{rule}\n");
        stage.bench().write("rules.toml", &rules);
        let run = stage.run("audit --rules rules.toml");
        assert_eq!(run.code, code, "{rule}: {}", run.stdout);
        let why = "the scopes of 1 of 1 tokens: the service does not say";
        assert_eq!(run.stdout.contains(why), code == 3, "{}", run.stdout);
    }
}

/// The exit code, and what could not be read.
fn gaps(stage: &Stage, flags: &str) -> (i32, Vec<String>) {
    let run = stage.run(&format!("audit -f json {flags}"));
    let report = run.report();
    let organization = &report["organizations"][0];
    let gaps = organization["unreadable"].as_array().expect("gaps").iter();
    let gaps = gaps.map(|gap| gap["what"].as_str().expect("a text").to_owned());
    let policies = organization["policies"].as_array().expect("policies");
    let policies = policies
        .iter()
        .filter(|policy| policy["state"] == "unreadable");
    let policies = policies.map(|policy| policy["policy"].as_str().expect("a name").to_owned());
    let all: Vec<String> = gaps.chain(policies).collect();
    assert_eq!(organization["complete"], all.is_empty());
    (run.code, all)
}

#[test]
fn what_cannot_be_read_is_said() {
    let stage = stage();
    assert_eq!(gaps(&stage, ""), (0, vec![]));
    for (path, behavior, expected) in [
        ("/auditlog", "forbidden", vec!["the whole audit log"]),
        ("/auditlog", "refused", vec!["the whole audit log"]),
        ("/auditlog", "html-200", vec!["the whole audit log"]),
        ("/auditlog", "truncated-json", vec!["the whole audit log"]),
        ("/graph/users", "forbidden", vec!["everybody who is there"]),
        (
            "/graph/users",
            "repeat-continuation",
            vec!["everybody who is there"],
        ),
        ("/identities", "forbidden", vec!["who is disabled"]),
        (
            "/tokenadmin",
            "not-administrator",
            vec!["the tokens of 7 people"],
        ),
        ("/tokenadmin", "owner-gone", vec!["the tokens of 7 people"]),
        (
            "/tokenadmin",
            "repeat-continuation",
            vec!["the tokens of 4 people"],
        ),
        (
            "RestrictGlobalPersonal",
            "policy-403",
            vec!["restrict_global"],
        ),
        (
            "DisablePATCreation",
            "policy-shape",
            vec!["restrict_creation"],
        ),
        ("LogAuditEvents", "policy-404", vec!["log_audit_events"]),
    ] {
        stage.bench().order(path, behavior, 99);
        assert_eq!(
            gaps(&stage, ""),
            (3, expected.into_iter().map(str::to_owned).collect()),
            "{path} {behavior}"
        );
        stage.bench().forget_orders();
    }
    // A violation counts for more than a gap.
    stage.bench().order("/auditlog", "forbidden", 9);
    assert_eq!(gaps(&stage, "--rules rules.toml").0, 1);
    let run = stage.run("audit");
    let said = "\nnot readable: what follows is not all there is\n  the whole audit log: TF402455";
    assert!(run.stdout.contains(said), "{}", run.stdout);
}

#[test]
fn a_policy_that_was_never_set_is_no_unreadable_one() {
    let stage = stage();
    stage.bench().order("Policies/", "policy-null", 99);
    let run = stage.run("audit -f json");
    let report = run.report();
    let policies = report["organizations"][0]["policies"]
        .as_array()
        .expect("policies");
    let told: Vec<Value> = policies
        .iter()
        .map(|it| json!([it["state"], it["on"]]))
        .collect();
    let (off, on) = (json!(["never_set", false]), json!(["never_set", true]));
    let expected = [&off, &off, &off, &off, &on, &off].map(Clone::clone);
    assert_eq!((told, run.code), (expected.to_vec(), 0));
}

#[test]
fn where_nothing_can_be_read_it_cannot_run() {
    let stage = stage();
    for (behavior, why) in [
        ("refused", "answered with 401 and no reason"),
        ("sign-in-page", "Azure DevOps Services | Sign In"),
    ] {
        stage.bench().order("/connectionData", behavior, 9);
        let run = stage.run("audit");
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{behavior}");
        let expected = format!("error: cannot read anything of contoso: {why}\n");
        assert_eq!(run.stderr, expected, "{behavior}");
        stage.bench().forget_orders();
    }
    stage
        .bench()
        .write("bad.toml", "[audit]\ndeny_global = true\nmax_days = 3\n");
    let run = stage.run("audit --rules bad.toml");
    let expected = "error: bad.toml:3: `audit.max_days`: unknown key\n";
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.starts_with(expected), "{}", run.stderr);
    let run = stage.run("audit --rules none.toml");
    assert_eq!(run.code, 2);
    let run = stage.bench().patsweep("audit --org contoso", "");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("this needs an administrator"),
        "{}",
        run.stderr
    );
}

#[test]
fn pages_versions_and_pauses_change_nothing() {
    let stage = stage();
    let plain = stage.lasting(&stage.run("audit -f csv --rules rules.toml").stdout);
    for (path, behavior) in [
        ("/tokenadmin", "small-pages"),
        ("/tokenadmin", "zero-continuation"),
        ("/graph/users", "small-pages"),
        ("/auditlog", "small-pages"),
        ("/auditlog", "audit-wrapped"),
        ("/tokenadmin", "inventory-7.1-only"),
        ("/", "bom"),
    ] {
        stage.bench().order(path, behavior, 999);
        let run = stage.run("audit -f csv --rules rules.toml");
        assert_eq!(stage.lasting(&run.stdout), plain, "{path} {behavior}");
        stage.bench().forget_orders();
    }
    // Once each: asked again after the pause, of no length here.
    for path in [
        "/tokenadmin",
        "/auditlog",
        "/graph/users",
        "DisablePATCreation",
    ] {
        stage.bench().order(path, "throttled", 1);
        let run = stage.run("audit -f csv --rules rules.toml");
        assert_eq!(
            (stage.lasting(&run.stdout), run.code),
            (plain.clone(), 1),
            "{path}"
        );
        stage.bench().forget_orders();
    }
}

#[test]
fn a_pause_beyond_the_time_limit_is_not_waited_for() {
    let stage = stage();
    let order = json!({
        "target": { "path": "/graph/users" }, "behavior": "throttled", "delay_s": 3600,
    });
    let got = crate::client::ask("POST", "/__control").json(&order);
    assert_eq!(got.to(&stage.bench().fake).status, 204);
    let (code, gaps) = gaps(&stage, "--timeout 5m");
    assert_eq!(
        (code, gaps),
        (
            3,
            vec![
                "everybody who is there".to_owned(),
                "the whole audit log".to_owned()
            ]
        )
    );
}

#[test]
fn clocks_that_differ_are_told_and_that_of_the_service_counts() {
    let stage = stage();
    let order = json!({ "target": {}, "behavior": "clock-skew", "delay_s": 4 * 86_400 });
    let got = crate::client::ask("POST", "/__control").json(&order);
    assert_eq!(got.to(&stage.bench().fake).status, 204);
    let run = stage.run("audit");
    let told =
        "its clock and this one differ by 5,760 minutes; what has ended is judged by its clock";
    assert!(run.stdout.contains(told), "{}", run.stdout);
    // In four days it has ended, and is told as one that has.
    assert!(!run.stdout.contains("  ends  "), "{}", run.stdout);
    assert_eq!(run.code, 0);
}

#[test]
fn what_the_service_says_steers_nothing() {
    let mut stage = Stage::empty();
    let leaked = stage.pat("leaked", "noor", &json!({}));
    let name = format!("\u{1b}[2J{}\u{202e}", leaked.token);
    stage.pat(&name, "noor", &json!({ "organizations": null }));
    let mut others = stage.bench().fake.tokens.iter();
    let legacy = others.find(|token| token.generation == "legacy");
    let legacy = legacy.expect("a legacy token").token.clone();
    let reflected = json!({ "organizations": null, "authorization_id": legacy });
    stage.pat("reflected", "noor", &reflected);
    let formula = "=HYPERLINK(\"http://x\")";
    stage.pat(formula, "noor", &json!({ "organizations": null }));
    for format in ["text", "json", "csv"] {
        let run = stage.run(&format!("audit -f {format}"));
        let text = &run.stdout;
        assert_eq!(run.code, 0);
        assert!(!text.contains(&leaked.token[..20]), "{text}");
        assert!(!text.contains(&legacy[..20]), "{text}");
        let steers = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!text.contains(steers), "{text}");
        assert!(text.contains("HYPERLINK"), "{text}");
        assert!(
            format != "csv" || text.contains(",\"'=HYPERLINK(\"\"http://x\"\")\","),
            "{text}"
        );
    }
    stage.bench().order("/", "echo-fields", 999);
    let run = stage.run("audit -f json");
    let secret = &stage.bench().fake.admin_pat;
    assert!(!run.stdout.contains(&secret[..12]), "{}", run.stdout);
}

#[test]
fn where_no_log_is_kept_nothing_is_claimed() {
    let stage = stage();
    stage.bench().order("/", "audit-off", 999);
    let run = stage.run("audit");
    let told = "is not known: the organization keeps no audit log\n";
    assert!(run.stdout.contains(told), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("  audit log       not kept: no evidence of anything\n")
    );
    assert_eq!(run.code, 0);
    // A rule that only the log could tell of is not known to hold.
    stage
        .bench()
        .write("log.toml", "[audit]\ndeny_policy_breaches = true\n");
    let run = stage.run("audit --rules log.toml -f csv");
    assert_eq!(run.code, 3, "{}", run.stdout);
    let note = "what was made against policies: no audit log is kept";
    assert!(run.stderr.contains(note), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn ctrl_c_tells_what_was_read() {
    use std::process::Command;

    let stage = stage();
    let order = json!({ "target": { "path": "/tokenadmin" }, "behavior": "slow", "delay_s": 60 });
    let got = crate::client::ask("POST", "/__control").json(&order);
    assert_eq!(got.to(&stage.bench().fake).status, 204);
    let args = format!(
        "audit --org contoso --auth pat --azure-devops-url {}",
        stage.bench().fake.url
    );
    let program = Command::new(env!("CARGO_BIN_EXE_patsweep"));
    let mut started = stage.bench().start(program, &args, "");
    // Behind that, lists are asked for, which nobody answers in time.
    let is_under_way = |request: &Value| {
        let path = request["path"].as_str().unwrap_or_default();
        path.ends_with("/identities")
    };
    while !stage.bench().log().iter().any(is_under_way) {
        let ended = started.child.try_wait().expect("a state");
        assert_eq!(ended, None, "it ended early");
    }
    let id = started.child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.expect("kill").success());
    let run = crate::bench::Run::of(started);
    assert_eq!(run.code, 130, "{}", run.stdout);
    let said = "not readable: what follows is not all there is\n  the rest: interrupted\n";
    assert!(run.stdout.contains(said), "{}", run.stdout);
    assert!(run.stdout.contains("  lifespan        at most 90 days\n"));
}
