//! How often the service is asked, how many times at once, and who is asked at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Value, json};

use crate::client::{get, order};
use crate::program::{leak, verify};
use crate::service::{Fake, Options};

/// Every request that the service saw.
fn log(fake: &Fake) -> Vec<Value> {
    let log = get("/__log").to(fake).json();
    log.as_array().expect("a list").clone()
}

/// By token and organisation, how often somebody asked.
fn asked(fake: &Fake) -> BTreeMap<(String, String), usize> {
    let mut asked = BTreeMap::new();
    for request in log(fake) {
        let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        let path = text("path");
        let organization = path.trim_start_matches('/').split('/').next();
        let key = (text("c3id"), organization.unwrap_or_default().to_owned());
        *asked.entry(key).or_default() += 1;
    }
    asked
}

#[test]
fn many_tokens_at_many_organisations() {
    const TOKENS: usize = 300;
    const ORGANIZATIONS: usize = 40;
    let fake = Fake::start_with(Options {
        tokens: TOKENS,
        organizations: ORGANIZATIONS,
        ..Options::default()
    });
    order(&fake, &json!({ "host": "dev.azure.com" }), "slow", 0);
    let crowd: Vec<_> = fake
        .tokens
        .iter()
        .filter(|issued| issued.organization.starts_with("crowd-"))
        .collect();
    assert_eq!(crowd.len(), TOKENS);
    let names: Vec<String> = (1..=ORGANIZATIONS)
        .map(|n| format!("crowd-{n:03}"))
        .collect();
    // Each names up to two others before its own, over and over.
    let mut input = String::new();
    let mut expected = BTreeSet::new();
    for occurrence in 0..10_000 {
        let index = occurrence % TOKENS;
        let issued = crowd[index];
        let organization = match (occurrence / TOKENS) % (1 + index % 3) {
            0 => issued.organization.clone(),
            other => names[(index * 7 + other) % ORGANIZATIONS].clone(),
        };
        input.push_str(&leak(&issued.token, &organization));
        expected.insert((issued.c3id.clone(), organization));
    }
    let run = verify(&fake.url, &input, &[]);
    let report = run.report();
    let findings = report["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), TOKENS);
    assert!(
        findings
            .iter()
            .all(|finding| finding["validity_reason"] == "live")
    );
    assert_eq!(run.code, 4);
    for (at, times) in asked(&fake) {
        assert!(expected.contains(&at), "nobody named {at:?}");
        assert!(times <= 2, "{at:?} was asked {times} times");
    }
    let concurrency = get("/__concurrency").to(&fake).json();
    let highest = |of: &str| {
        let all = concurrency[of].as_object().expect("an object").values();
        all.filter_map(|it| it["max_in_flight"].as_u64())
            .max()
            .unwrap_or_default()
    };
    assert!((2..=4).contains(&highest("host")), "{concurrency}");
    assert_eq!(highest("token"), 1, "{concurrency}");
}

#[test]
fn asking_stops_where_the_token_is_let_in() {
    let fake = Fake::start();
    let token = fake.token("active");
    let input = leak(&token.token, "fabrikam")
        + &leak(&token.token, &token.organization)
        + &leak(&token.token, "northwind");
    let finding = verify(&fake.url, &input, &[]).finding();
    assert_eq!(finding["validity_reason"], "live");
    let attempts = finding["verification"]["attempts"]
        .as_array()
        .expect("attempts");
    let last = attempts.last().expect("an attempt");
    assert_eq!(last["organization"], token.organization.as_str());
    assert_eq!(
        finding["verification"]["organization"],
        token.organization.as_str()
    );
    assert_eq!(
        finding["verification"]["owner"]["account"],
        "noor@contoso.example"
    );
}

#[test]
fn who_is_asked_about_a_token_that_names_nobody() {
    let fake = Fake::start();
    let token = fake.token("active");
    let input = format!("token = {}\n", token.token);
    for (flags, expected) in [
        (&[][..], vec!["app.vssps.visualstudio.com"]),
        (
            &["--org", "fabrikam,contoso"][..],
            vec!["fabrikam", "contoso"],
        ),
        (&["--no-probe"][..], vec![]),
    ] {
        get("/__log").to(&fake);
        crate::client::ask("DELETE", "/__log").to(&fake);
        verify(&fake.url, &input, flags);
        let places: Vec<String> = log(&fake)
            .iter()
            .map(|request| {
                let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
                let (host, path) = (text("host"), text("path"));
                let first = path.trim_start_matches('/').split('/').next();
                if host == "dev.azure.com" {
                    first.unwrap_or_default().to_owned()
                } else {
                    host
                }
            })
            .collect();
        assert_eq!(places, expected, "{flags:?}");
    }
}

#[test]
fn organisations_of_the_operator_are_asked_about_all_only_on_demand() {
    let fake = Fake::start();
    let token = fake.token("refused");
    let input = leak(&token.token, &token.organization);
    let organizations = |flags: &[&str]| {
        let finding = verify(&fake.url, &input, flags).finding();
        let attempts = finding["verification"]["attempts"]
            .as_array()
            .expect("attempts")
            .clone();
        let names = attempts
            .iter()
            .map(|attempt| attempt["organization"].clone());
        names.collect::<Vec<Value>>()
    };
    assert_eq!(organizations(&["--org", "fabrikam"]), ["contoso"]);
    assert_eq!(
        organizations(&["--org", "fabrikam", "--org-all"]),
        ["contoso", "fabrikam"]
    );
}

#[test]
fn what_is_no_proven_token_is_presented_to_nobody() {
    let fake = Fake::start();
    let secret = patsweep::token::mint::app_secret(1);
    let run = verify(&fake.url, &leak(&secret, "contoso"), &[]);
    assert_eq!(run.finding()["validity_reason"], "not_supported");
    assert_eq!(log(&fake), [json!(null); 0]);
}

#[test]
fn a_throttled_token_is_tried_once_more() {
    let fake = Fake::start();
    let token = fake.token("active");
    let body = json!({
        "target": { "token": token.token }, "behavior": "throttled", "times": 1, "delay_s": 1
    });
    crate::client::ask("POST", "/__control")
        .json(&body)
        .to(&fake);
    let finding = verify(&fake.url, &leak(&token.token, "contoso"), &[]).finding();
    assert_eq!(finding["validity_reason"], "live");
    order(&fake, &json!({ "token": token.token }), "throttled", 1);
    crate::client::ask("DELETE", "/__log").to(&fake);
    let finding = verify(&fake.url, &leak(&token.token, "contoso"), &[]).finding();
    assert_eq!(finding["validity_reason"], "throttled");
    assert_eq!(log(&fake).len(), 2);
}

#[test]
fn a_host_that_does_not_answer_is_given_up() {
    let fake = Fake::start();
    order(&fake, &json!({ "organization": "contoso" }), "close", 0);
    let mut input = String::new();
    for seed in 0..50 {
        let token = patsweep::token::mint::pat(seed);
        let _ = write!(input, "{}", leak(&token, "contoso"));
    }
    let report = verify(&fake.url, &input, &[]).report();
    let findings = report["findings"].as_array().expect("findings");
    assert!(
        findings
            .iter()
            .all(|finding| finding["validity_reason"] == "inconclusive")
    );
    // Those under way when the fifth failed are let go on.
    let seen = log(&fake).len();
    assert!((5..=8).contains(&seen), "{seen}");
}

#[test]
fn limits_of_time_and_requests_are_told() {
    let fake = Fake::start();
    let input: String = (0..10)
        .map(|seed| leak(&patsweep::token::mint::pat(seed), "contoso"))
        .collect();
    let run = verify(
        &fake.url,
        &input,
        &["--max-requests", "3", "--fail-on", "active"],
    );
    let report = run.report();
    let reasons = report["findings"].as_array().expect("findings").iter();
    let spent = reasons.filter(|finding| finding["validity_reason"] == "budget_exhausted");
    assert_eq!((spent.count(), log(&fake).len(), run.code), (7, 3, 3));
}

#[test]
fn nobody_is_asked_without_a_finding_or_a_flag() {
    let fake = Fake::start();
    let token = fake.token("active");
    verify(&fake.url, "nothing here\n", &[]);
    let input = leak(&token.token, "contoso");
    let run = crate::program::patsweep(&["scan", "-", "-f", "json"], &input);
    assert_eq!(run.finding()["verification"], Value::Null);
    let args = ["scan", "-", "--azure-devops-url", &fake.url];
    let run = crate::program::patsweep(&args, &input);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("--azure-devops-url is about asking"),
        "{}",
        run.stderr
    );
    assert_eq!(log(&fake), [json!(null); 0]);
}

#[test]
fn nothing_that_is_scanned_says_whom_to_ask() {
    let fake = Fake::start();
    let folder = tempfile::tempdir().expect("a folder");
    let token = fake.token("active");
    let config = format!("[scan]\nazure-devops-url = \"{}\"\n", fake.url);
    std::fs::write(folder.path().join("patsweep.toml"), config).expect("written");
    let text = leak(&token.token, "contoso") + &fake.url;
    std::fs::write(folder.path().join(".env"), text).expect("written");
    let target = folder.path().to_str().expect("text");
    // A port where nobody listens stands for Microsoft's hosts.
    let nobody = "http://127.0.0.1:9";
    let args = [
        "scan",
        target,
        "--verify",
        "--azure-devops-url",
        nobody,
        "-f",
        "json",
    ];
    let run = crate::program::patsweep(&args, "");
    assert_eq!(run.finding()["validity_reason"], "inconclusive");
    assert_eq!(log(&fake), [json!(null); 0]);
}

#[test]
fn what_was_answered_is_not_asked_again() {
    let fake = Fake::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cache.json");
    let flag = format!("--cache={}", file.to_str().expect("text"));
    for (state, reason, is_kept) in [
        ("active", "live", true),
        ("refused", "refused", true),
        ("active", "inconclusive", false),
    ] {
        let token = fake.token(state);
        if !is_kept {
            std::fs::remove_file(&file).expect("a cache");
            order(&fake, &json!({ "token": token.token }), "unavailable", 0);
        }
        let input = leak(&token.token, "contoso");
        crate::client::ask("DELETE", "/__log").to(&fake);
        for again in [false, true] {
            let finding = verify(&fake.url, &input, &[&flag]).finding();
            assert_eq!(finding["validity_reason"], reason);
            let is_cached = again && is_kept;
            assert_eq!(finding["verification"]["cached"], is_cached, "{finding:#}");
        }
        assert_eq!(log(&fake).len(), if is_kept { 1 } else { 2 }, "{reason}");
        let text = std::fs::read_to_string(&file).expect("a cache");
        assert!(!text.contains(&token.token), "the cache holds a token");
    }
    let run = verify(&fake.url, "nothing\n", &["--cache=/dev/null/x"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
}

/// What one service said is no answer of another.
#[test]
fn another_address_is_asked_anew() {
    let (one, other) = (Fake::start(), Fake::start());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cache.json");
    let flag = format!("--cache={}", file.to_str().expect("text"));
    let token = one.token("active");
    order(&other, &json!({ "token": token.token }), "refused", 0);
    let input = leak(&token.token, "contoso");
    for (fake, reason, cached) in [
        (&one, "live", false),
        (&other, "refused", false),
        (&one, "live", true),
        (&other, "refused", true),
    ] {
        let finding = verify(&fake.url, &input, &[&flag]).finding();
        assert_eq!(finding["validity_reason"], reason);
        assert_eq!(finding["verification"]["cached"], cached);
    }
    let server = format!("{}/tfs/DefaultCollection", one.url);
    let args = ["verify", "--server-url", &server, "-f", "json", &flag];
    let finding = crate::program::patsweep(&args, &token.token).finding();
    assert_eq!(finding["verification"]["cached"], false);
    assert_eq!((log(&one).len(), log(&other).len()), (2, 1));
}
