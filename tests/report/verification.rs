//! What the service said about findings, in the report for people and in JSON.

use patsweep::model::{
    Attempt, Finding, Method, Owner, PatRecord, ServiceEvidence, Timestamp, ValidityReason,
    ValueFrom, Verification,
};
use patsweep::report::{Format, Home, Verbosity, is_report};
use serde_json::{Value, json};

use crate::map::consumer;
use crate::sample::{NOW, clue, finding, place, report, token, write, write_with};
use crate::sarif::log;

fn owner() -> Owner {
    Owner {
        id: Some("d6245f20".to_owned()),
        descriptor: Some("aad.ABC".to_owned()),
        name: Some("Normal Paulk".to_owned()),
        account: Some("user@contoso.com".to_owned()),
    }
}

fn told(method: Method) -> Verification {
    Verification {
        method: Some(method),
        organization: Some("contoso".to_owned()),
        checked_at: Some(NOW),
        ..Verification::none(ValueFrom::Source)
    }
}

fn verified(reason: ValidityReason, told: Option<Verification>) -> Finding {
    Finding {
        validity: reason,
        verification: told.map(Box::new),
        ..finding('A', vec![place("f", 1)])
    }
}

/// The text of the note with this label.
fn note(finding: Finding, label: &str) -> Option<String> {
    let written = write(&report(vec![finding]), Format::Text);
    let label = format!("  = {label}: ");
    let mut lines = written.lines();
    lines.find_map(|line| Some(line.strip_prefix(&label)?.to_owned()))
}

fn attempt(organization: &str, reason: ValidityReason) -> Attempt {
    Attempt {
        method: Method::ConnectionData,
        organization: Some(organization.to_owned()),
        at: NOW,
        reason,
        evidence: evidence(401, None),
    }
}

fn evidence(status: u16, message: Option<&str>) -> ServiceEvidence {
    ServiceEvidence {
        status: Some(status),
        type_key: None,
        message: message.map(str::to_owned),
        endpoint: "/_apis/connectionData".to_owned(),
    }
}

#[test]
fn every_reason_in_words() {
    let expected = [
        "active – accepted by contoso",
        "active – sound, but a policy of contoso stops it from here",
        "inactive – revoked, says the administrator's list",
        "inactive – expired, says contoso",
        "active – sound, for contoso knows its owner, but it belongs to another organization or may \
         do too little there",
        "unknown – too many requests, again after waiting",
        "unknown – this run's limit of time or requests was reached before its turn",
        "unknown – no answer that proves anything",
        "unknown – its value is not at hand, so it was not presented",
        "unknown – nobody asked the service",
        "unknown – the service cannot be asked about this kind of token",
        "unknown – refused: expired, revoked or short of rights; the service does not say which",
        "unknown – not recognized: no such token there, which does not rule out another organization",
        "unknown – not in the administrator's list, which does not prove that it is dead",
        "unknown – there is no organization contoso",
    ];
    for (reason, expected) in ValidityReason::ALL.into_iter().zip(expected) {
        let said = note(
            verified(reason, Some(told(Method::ConnectionData))),
            "validity",
        );
        let expected = format!("{expected}, checked 2026-11-22 at 10:00 UTC");
        assert_eq!(said, Some(expected), "{reason:?}");
    }
}

#[test]
fn what_is_known_more_is_said() {
    let check = |reason, told: Verification, expected: &str| {
        assert_eq!(
            note(verified(reason, Some(told)), "validity").unwrap(),
            expected
        );
    };
    let at = "checked 2026-11-22 at 10:00 UTC";
    let mut accepted = told(Method::ConnectionData);
    accepted.owner = Some(owner());
    check(
        ValidityReason::Live,
        accepted.clone(),
        &format!("active – accepted by contoso as Normal Paulk (user@contoso.com), {at}"),
    );
    accepted.cached = true;
    accepted.organization = None;
    check(
        ValidityReason::Live,
        accepted,
        &format!(
            "active – accepted by the service as Normal Paulk (user@contoso.com), {at} (from the \
             cache)"
        ),
    );
    check(
        ValidityReason::Live,
        told(Method::Inventory),
        &format!("active – valid, says the administrator's list, {at}"),
    );
    check(
        ValidityReason::Expired,
        told(Method::Inventory),
        &format!("inactive – expired, says the administrator's list, {at}"),
    );
    let mut offline = told(Method::Offline);
    offline.checked_at = None;
    check(
        ValidityReason::Expired,
        offline,
        "inactive – expired by its own word",
    );
    let mut refused = told(Method::ConnectionData);
    refused.refused_everywhere = true;
    refused.last_accepted_at = Some(Timestamp(NOW.0 - 86_400));
    refused.attempts = vec![
        attempt("contoso", ValidityReason::Refused),
        attempt("adatum", ValidityReason::NotRecognized),
    ];
    check(
        ValidityReason::Refused,
        refused,
        &format!(
            "unknown – refused by all 2 organizations that were asked: expired, revoked or short of \
             rights; the service does not say which, {at}; last accepted 2026-11-21 at 10:00 UTC"
        ),
    );
    let mut outage = told(Method::ConnectionData);
    outage.evidence = Some(evidence(503, Some("down\u{1b}")));
    check(
        ValidityReason::Inconclusive,
        outage,
        &format!(r"unknown – no answer that proves anything (HTTP 503: down\u{{1b}}), {at}"),
    );
}

#[test]
fn every_reason_is_documented_in_order() {
    let docs = include_str!("../../docs/report.md");
    let (_, section) = docs.split_once("### Whether a token works\n").unwrap();
    let (table, _) = section.split_once("\n\n").unwrap();
    let mut validity = "";
    let rows = table.lines().skip(2).map(|line| {
        let cells: Vec<&str> = line
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        if !cells[1].is_empty() {
            validity = cells[1];
        }
        (validity, cells[2])
    });
    let expected = ValidityReason::ALL
        .iter()
        .map(|reason| (reason.validity().as_str(), reason.as_str()));
    assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn whom_the_service_for_profiles_knows() {
    let mut told = told(Method::Profile);
    told.organization = None;
    told.checked_at = None;
    told.owner = Some(Owner {
        name: None,
        account: None,
        ..owner()
    });
    let finding = verified(ValidityReason::LiveElsewhere, Some(told));
    assert_eq!(
        note(finding.clone(), "validity").unwrap(),
        "active – sound, for the service knows its owner, but not at which organization; --org \
         names one to ask"
    );
    assert_eq!(
        note(finding, "owner").unwrap(),
        "somebody with the id d6245f20"
    );
}

#[test]
fn nothing_is_said_where_nobody_was_to_ask() {
    assert_eq!(
        note(verified(ValidityReason::NotAttempted, None), "validity"),
        None
    );
    assert_eq!(
        note(verified(ValidityReason::Expired, None), "validity").unwrap(),
        "inactive – expired"
    );
}

/// All that a verification can say.
fn full() -> Finding {
    let mut told = told(Method::Inventory);
    told.owner = Some(owner());
    told.pat = Some(PatRecord {
        authorization_id: "4ab5e1b1".to_owned(),
        name: Some("ci".to_owned()),
        scopes: vec!["vso.code_write".to_owned(), "vso.build".to_owned()],
        valid_from: None,
        valid_to: Some(Timestamp(NOW.0 + 86_400)),
        is_global: Some(true),
    });
    told.consumers = vec![
        consumer("Renovate", &format!("it stands in {}", token('A'))),
        consumer("Snyk Broker", "so it is"),
        consumer("Third", "so it is"),
        consumer("Fourth", "so it is"),
    ];
    let mut finding = verified(ValidityReason::Live, Some(told));
    finding.organizations = vec![clue("contoso", patsweep::model::Evidence::Entry)];
    finding
}

#[test]
fn everything_for_people() {
    assert_eq!(
        write(&report(vec![full()]), Format::Text),
        include_str!("golden/verified.txt")
    );
}

#[test]
fn verbose_shows_the_steps_of_every_product() {
    let written = write_with(&report(vec![full()]), Format::Text, |options| {
        options.verbosity = Verbosity::Verbose;
    });
    assert_eq!(written.matches("1. Make a new token").count(), 4);
}

#[test]
fn everything_as_json() {
    let document: Value =
        serde_json::from_str(&write(&report(vec![full()]), Format::Json)).unwrap();
    let told = &document["findings"][0]["verification"];
    assert_eq!(told["consumers"].as_array().unwrap().len(), 4);
    assert_eq!(
        told["consumers"][0],
        json!({
            "id": "renovate",
            "name": "Renovate",
            "fit": "exact",
            "why": ["it stands in AAAA…zzzz", "its scopes fit"],
            "keeps": "in a variable",
            "rotate": ["Make a new token", "Replace it"],
            "lifetime": null,
            "instead": null,
            "source": "https://example.com/docs",
            "read_on": "2026-11-22",
        })
    );
    assert_eq!(
        told["pat"]["scopes"],
        json!(["vso.code_write", "vso.build"])
    );
}

/// As much as finds the JSON report's answer again, and never more than that says.
#[test]
fn the_most_needed_in_sarif() {
    let mut finding = full();
    let verification = finding.verification.as_mut().unwrap();
    verification.evidence = Some(evidence(200, Some("listed as valid")));
    let report = report(vec![finding]);
    let document: Value = serde_json::from_str(&write(&report, Format::Json)).unwrap();
    let told = &document["findings"][0]["verification"];
    let log = log(&report);
    let properties = &log["runs"][0]["results"][0]["properties"];
    assert_eq!(properties["validity_reason"], "live");
    assert_eq!(
        properties["verification"],
        json!({
            "method": "inventory",
            "organization": "contoso",
            "checked_at": "2026-11-22T10:00:00Z",
            "status": 200,
        })
    );
    for field in ["method", "organization", "checked_at"] {
        assert_eq!(properties["verification"][field], told[field], "{field}");
    }
    assert_eq!(
        properties["verification"]["status"],
        told["evidence"]["status"]
    );
    let unasked = log_of_one(verified(ValidityReason::NotAttempted, None));
    assert_eq!(unasked["properties"]["verification"], Value::Null);
}

fn log_of_one(finding: Finding) -> Value {
    log(&report(vec![finding]))["runs"][0]["results"][0].clone()
}

#[test]
fn what_the_service_says_steers_nothing() {
    let hostile = format!("x\u{1b}[2J\u{202e}\n{}", token('A'));
    let mut finding = full();
    let told = finding.verification.as_mut().unwrap();
    told.owner.as_mut().unwrap().name = Some(hostile.clone());
    let pat = told.pat.as_mut().unwrap();
    pat.name = Some(hostile.clone());
    pat.scopes = vec![hostile.clone()];
    told.consumers[0].why = vec![hostile];
    let written = write(&report(vec![finding]), Format::Text);
    assert!(!written.contains(['\u{1b}', '\u{202e}']), "{written}");
    let clean = r"x\u{1b}[2J\u{202e}\nAAAA…zzzz";
    assert_eq!(written.matches(clean).count(), 4, "{written}");
}

#[test]
fn the_next_step_fits_the_validity() {
    let help = |reason| {
        let told = told(Method::ConnectionData);
        note(verified(reason, Some(told)), "help").unwrap()
    };
    assert_eq!(
        help(ValidityReason::Live),
        "it works, so act now: have its owner revoke it at \
         https://dev.azure.com/contoso/_usersSettings/tokens, then remove it here"
    );
    assert_eq!(
        help(ValidityReason::LiveElsewhere),
        "it works, so act now: have its owner revoke it in Azure DevOps under User settings > \
         Personal access tokens, then remove it here"
    );
    assert_eq!(
        help(ValidityReason::Revoked),
        "it no longer works, so only clean up: remove it here"
    );
    assert_eq!(
        help(ValidityReason::Refused),
        "have its owner revoke it in Azure DevOps under User settings > Personal access tokens, \
         then remove it here"
    );
}

/// Nothing that the text names leads to a page of Azure DevOps Services then.
#[test]
fn on_a_server_only_the_owner_revokes() {
    let mut finding = verified(ValidityReason::Live, Some(told(Method::ConnectionData)));
    finding.organizations = vec![clue("contoso", patsweep::model::Evidence::Entry)];
    let written = write_with(&report(vec![finding]), Format::Text, |options| {
        options.home = Home::Server;
    });
    let help = "= help: it works, so act now: have its owner, for nobody else can, revoke it on the \
                server under User settings > Personal access tokens, then remove it here\n";
    assert!(written.contains(help), "{written}");
}

#[test]
fn the_last_line_counts_them() {
    let with = |letter, reason| Finding {
        validity: reason,
        verification: Some(Box::new(told(Method::ConnectionData))),
        ..finding(letter, vec![place("f", 1)])
    };
    let last = |findings| {
        let written = write(&report(findings), Format::Text);
        written.lines().last().unwrap().to_owned()
    };
    assert_eq!(
        last(vec![
            with('A', ValidityReason::Live),
            with('B', ValidityReason::Revoked),
            with('C', ValidityReason::Refused),
            with('D', ValidityReason::Throttled),
        ]),
        "4 leaked tokens in 4 places · 1,204 files, 33.1 MB in 0.12 s · 1 active, 1 inactive, 2 \
         unknown · complete, but 2 tokens may still work"
    );
    assert_eq!(
        last(vec![with('A', ValidityReason::Refused)]),
        "1 leaked token in 1 place · 1,204 files, 33.1 MB in 0.12 s · 0 active, 0 inactive, 1 \
         unknown · complete, but 1 token may still work"
    );
    assert_eq!(
        last(vec![with('A', ValidityReason::Revoked)]),
        "1 leaked token in 1 place · 1,204 files, 33.1 MB in 0.12 s · 0 active, 1 inactive, 0 \
         unknown · complete"
    );
    // A scan knows its own reports again whatever they say.
    let written = write(
        &report(vec![with('A', ValidityReason::Refused)]),
        Format::Text,
    );
    assert!(is_report(b"", written.as_bytes()));
    let lines = (0..30).map(|_| with('A', ValidityReason::Live)).collect();
    let written = write(&report(lines), Format::Text);
    assert!(
        written.contains("f:1:5: AAAA…zzzz, id AAAAAAAAAAAAAAAAAAAA, active\n"),
        "{written}"
    );
}
