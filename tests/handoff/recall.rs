//! Findings out of a report, with their values and without.

use patsweep::handoff::report::{Handed, Reported, read_from};
use patsweep::handoff::{Value, Values, recall};
use patsweep::model::{FindingId, Proof, Report, Timestamp, ValueFrom};
use patsweep::token::{jwt, mint};
use serde_json::json;

use crate::source::file;
use crate::world::{World, id, secret};

/// What a report has of `token`, which expires at 100, says it.
fn reported(token: &str, rule: &str) -> Reported {
    Reported {
        id: id(token),
        rule: rule.to_owned(),
        expires: Some(Timestamp(100)),
        exposure: None,
        occurrences: vec![file("a")],
    }
}

fn handed(findings: Vec<Reported>) -> Handed {
    Handed {
        targets: Vec::new(),
        is_incomplete: false,
        findings,
    }
}

/// Why each finding is believed, and when it expires.
fn told(report: &Report) -> Vec<(Proof, Option<Timestamp>)> {
    let findings = report.findings.iter();
    findings.map(|it| (it.proof, it.expires)).collect()
}

#[test]
fn without_a_value_the_rule_says_what_is_proven() {
    let rules = [
        ("azure-devops-pat", Proof::Checksum),
        ("azure-devops-pat-legacy", Proof::Checksum),
        ("azure-devops-app-secret", Proof::Checksum),
        ("azure-devops-oauth-token", Proof::Shape),
        ("azure-devops-pat-unproven", Proof::Shape),
        ("contoso-key", Proof::Shape),
    ];
    let findings = rules.map(|(rule, _)| reported(rule, rule));
    let report = recall(&handed(findings.into()), &Values::default());
    let expected = rules.map(|(_, proof)| (proof, Some(Timestamp(100))));
    assert_eq!(told(&report), expected);
}

#[test]
fn a_value_says_what_is_proven_and_when_it_ends() {
    let token = mint::pat(1);
    let mut values = Values::default();
    let value = Value {
        secret: secret(&token),
        organizations: Vec::new(),
        from: ValueFrom::Stdin,
    };
    values.add(id(&token), value);
    let report = recall(&handed(vec![reported(&token, "contoso-key")]), &values);
    assert_eq!(told(&report), [(Proof::Checksum, None)]);
    assert_eq!(&*report.findings[0].rule, "azure-devops-pat");
}

#[test]
fn only_of_an_oauth_token_an_end_is_taken() {
    let taken = |rule: &str| {
        let report = json!({
            "schema": "patsweep-report/1",
            "findings": [{
                "id": id("x").as_str(), "rule": rule, "expires": "2026-11-22T10:00:00Z",
            }],
        });
        let handed = read_from(&mut report.to_string().as_bytes()).unwrap();
        handed.findings[0].expires
    };
    assert_eq!(
        taken("azure-devops-oauth-token"),
        Some(Timestamp(1_795_341_600))
    );
    assert_eq!(taken("azure-devops-pat"), None);
    assert_eq!(taken("contoso-key"), None);
}

#[test]
fn what_a_scan_says_of_a_commit_is_given_on() {
    let world = World::new();
    let token = mint::oauth_token(1, jwt::ISSUER_HOST, Some(Timestamp(1_700_000_000)));
    let repository = git2::Repository::init(world.tree()).unwrap();
    world.write("a", &token);
    crate::objects::commit(&repository, "add it");
    std::fs::remove_file(world.tree().join("a")).unwrap();
    let scanned = crate::world::report(&world.tree());
    let report = recall(&world.scan(), &Values::default());
    let of = |report: &Report| {
        let finding = &report.findings[0];
        let place = finding.occurrences[0].origin.git.clone().unwrap();
        assert_eq!(finding.id, FindingId::C3id(id(&token).as_str().to_owned()));
        (
            finding.proof,
            finding.expires,
            finding.exposure.clone().unwrap(),
            (place.object, place.commit.unwrap(), place.reachable),
        )
    };
    assert_eq!(of(&report), of(&scanned));
}
