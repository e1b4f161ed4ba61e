//! What a token can do follows from the record, from probes, or from neither.

use std::sync::Arc;

use crate::model::{
    Clue, Evidence as ClueEvidence, FindingId, Proof, Secret, ServiceEvidence, Timestamp, ValueFrom,
};

use super::*;

fn finding(validity: ValidityReason, verification: Option<Verification>) -> Finding {
    Finding {
        id: FindingId::C3id("A".repeat(20)),
        rule: Arc::from("azure-devops-pat"),
        secret: Secret::new("A".repeat(84).as_bytes()),
        proof: Proof::Checksum,
        issued: None,
        expires: None,
        validity,
        verification: verification.map(Box::new),
        organizations: vec![Clue {
            organization: "contoso".to_owned(),
            evidence: ClueEvidence::Entry,
        }],
        exposure: None,
        suppressed: None,
        overruled: None,
        occurrence_count: 0,
        occurrences: Vec::new(),
    }
}

fn attempt(organization: &str, reason: ValidityReason, message: &str) -> Attempt {
    Attempt {
        method: Method::ConnectionData,
        organization: Some(organization.to_owned()),
        at: Timestamp(0),
        reason,
        evidence: ServiceEvidence {
            status: Some(401),
            type_key: None,
            message: Some(message.to_owned()),
            endpoint: String::new(),
        },
    }
}

fn record(scopes: &[&str], is_global: bool) -> Verification {
    Verification {
        method: Some(Method::Inventory),
        organization: Some("contoso".to_owned()),
        pat: Some(PatRecord {
            authorization_id: "id".to_owned(),
            name: Some("ci".to_owned()),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            valid_from: Some(Timestamp(1)),
            valid_to: Some(Timestamp(2)),
            is_global: Some(is_global),
        }),
        ..Verification::none(ValueFrom::Inventory)
    }
}

fn asked(attempts: Vec<Attempt>) -> Verification {
    Verification {
        attempts,
        ..Verification::none(ValueFrom::Source)
    }
}

fn radius(finding: &Finding, probes: &[ProbeResult]) -> BlastRadius {
    blast_radius(&Evidence {
        finding,
        probes,
        unprobed: None,
        memberships: None,
        products: &Products::built_in(),
    })
}

/// Each held scope, with `<` and what it comes with.
fn held_scopes(radius: &BlastRadius) -> Vec<String> {
    let held = radius
        .scopes
        .iter()
        .filter(|fact| fact.state == ScopeState::Held);
    held.map(|fact| match &fact.implied_by {
        Some(by) => format!("{}<{by}", fact.scope),
        None => fact.scope.clone(),
    })
    .collect()
}

#[test]
fn a_record_tells_all() {
    let verification = record(&["vso.build", "vso.code_write vso.new"], false);
    let radius = radius(&finding(ValidityReason::Live, Some(verification)), &[]);
    assert_eq!(
        held_scopes(&radius),
        [
            "code_write",
            "build",
            "new",
            "code<code_write",
            "hooks<build",
            "hooks_write<build"
        ]
    );
    assert_eq!(radius.harm, Harm::Critical);
    assert_eq!(
        radius.harm_reason,
        "code_write (change source code and pull requests)"
    );
    assert!(!radius.is_at_least);
    assert_eq!(radius.is_global, Answer::No);
    assert_eq!(radius.full_access, FullAccess::No);
    assert_eq!(radius.scopes_from, Some(ScopeSource::Inventory));
    assert_eq!(radius.name.as_deref(), Some("ci"));
    assert_eq!(
        (radius.issued, radius.expires),
        (Some(Timestamp(1)), Some(Timestamp(2)))
    );
}

#[test]
fn full_access_and_global_are_named_as_such() {
    let verification = record(&["app_token"], true);
    let radius = radius(&finding(ValidityReason::Revoked, Some(verification)), &[]);
    assert_eq!(held_scopes(&radius), ["app_token"]);
    assert_eq!(radius.full_access, FullAccess::Certain);
    assert_eq!(radius.is_global, Answer::Yes);
    assert_eq!(radius.harm, Harm::Critical);
    assert_eq!(
        radius.harm_reason,
        "full access: it may do all that its owner may"
    );
}

#[test]
fn harm_follows_the_marks() {
    let check = |scopes: &[&str], harm, reason: &str| {
        let verification = record(scopes, false);
        let radius = radius(&finding(ValidityReason::Live, Some(verification)), &[]);
        assert_eq!((radius.harm, radius.harm_reason.as_str()), (harm, reason));
    };
    check(
        &["profile", "advsec"],
        Harm::High,
        "advsec (read security alerts)",
    );
    check(
        &["code", "profile"],
        Harm::Medium,
        "code (read source code), hooks (read service hooks), hooks_write (send events elsewhere by service hooks)",
    );
    check(
        &["profile"],
        Harm::Low,
        "profile (read the owner's profile)",
    );
    check(&["new"], Harm::Unknown, "new (not known to this version)");
    check(
        &["tokens", "graph_manage", "code_full", "work"],
        Harm::Critical,
        "code_full (change and delete source code and repositories, and read all of version control), graph_manage (change users, groups and memberships), tokens (create and revoke tokens of the owner), and 2 more like that",
    );
    check(&[], Harm::Unknown, "nobody asked what it may do");
}

#[test]
fn probes_tell_what_can_be_read_and_no_more() {
    let result = |scope, reading| ProbeResult { scope, reading };
    let probes = [
        result("code", Reading::Held),
        result("graph", Reading::HeldWithoutPermission),
        result("build", Reading::NotHeld),
        result("work", Reading::Inconclusive),
    ];
    let radius = radius(&finding(ValidityReason::Live, None), &probes);
    assert_eq!(
        held_scopes(&radius),
        ["code", "graph", "hooks<code", "hooks_write<code"]
    );
    let state = |name: &str| {
        let fact = radius
            .scopes
            .iter()
            .find(|fact| fact.scope == name)
            .unwrap();
        (fact.state, fact.source, fact.lacks_permission)
    };
    let probe = Some(ScopeSource::Probe);
    assert_eq!(state("code"), (ScopeState::Held, probe, false));
    assert_eq!(state("graph"), (ScopeState::Held, probe, true));
    assert_eq!(state("build"), (ScopeState::NotHeld, probe, false));
    assert_eq!(state("work"), (ScopeState::Unknown, probe, false));
    assert_eq!(state("wiki"), (ScopeState::NotProbed, None, false));
    assert_eq!(
        state("code_write"),
        (ScopeState::CannotBeProbed, None, false)
    );
    assert!(
        radius
            .scopes
            .iter()
            .all(|fact| fact.scope != "app_token" && fact.scope != "pats")
    );
    assert_eq!((radius.harm, radius.is_at_least), (Harm::Medium, true));
    assert_eq!(radius.full_access, FullAccess::No);
}

#[test]
fn full_access_is_probable_where_all_that_can_be_read_is_held() {
    let all = |reading| -> Vec<ProbeResult> {
        let organization = PROBES
            .iter()
            .filter(|probe| probe.level == Level::Organization);
        let results = organization.map(|probe| ProbeResult {
            scope: probe.scope,
            reading,
        });
        results.collect()
    };
    let access =
        |probes: &[ProbeResult]| radius(&finding(ValidityReason::Live, None), probes).full_access;
    let mut probes = all(Reading::Held);
    assert_eq!(access(&probes), FullAccess::Probable);
    let administration = probes
        .iter()
        .position(|result| result.scope == "tokenadministration");
    probes[administration.unwrap()].reading = Reading::Inconclusive;
    assert_eq!(access(&probes), FullAccess::Probable);
    probes[0].reading = Reading::Inconclusive;
    assert_eq!(access(&probes), FullAccess::Unknown);
    probes[0].reading = Reading::NotHeld;
    assert_eq!(access(&probes), FullAccess::No);
    assert_eq!(access(&[]), FullAccess::Unknown);
    assert_eq!(access(&probes[1..2]), FullAccess::Unknown);
}

#[test]
fn organizations_by_the_best_that_is_known() {
    let verification = asked(vec![
        attempt("Contoso", ValidityReason::Live, ""),
        attempt("adatum", ValidityReason::Refused, ""),
        attempt("fabrikam", ValidityReason::LiveElsewhere, ""),
        attempt("gone", ValidityReason::OrganizationNotFound, ""),
        attempt("slow", ValidityReason::Throttled, ""),
    ]);
    let finding = finding(ValidityReason::Live, Some(verification));
    let memberships = ["contoso".to_owned(), "litware".to_owned()];
    let radius = blast_radius(&Evidence {
        finding: &finding,
        probes: &[],
        unprobed: None,
        memberships: Some(&memberships),
        products: &Products::built_in(),
    });
    let rows: Vec<(&str, &str)> = radius
        .organizations
        .iter()
        .map(|reached| (reached.organization.as_str(), reached.reach.as_str()))
        .collect();
    assert_eq!(
        rows,
        [
            ("contoso", "accepted"),
            ("litware", "membership"),
            ("fabrikam", "elsewhere"),
            ("slow", "named"),
            ("adatum", "refused"),
            ("gone", "missing"),
        ]
    );
    assert_eq!(radius.is_global, Answer::Yes);
}

#[test]
fn global_is_told_by_two_organizations_or_by_the_policy_against_it() {
    let check = |attempts, expected| {
        let finding = finding(ValidityReason::Live, Some(asked(attempts)));
        assert_eq!(radius(&finding, &[]).is_global, expected);
    };
    let live = |organization| attempt(organization, ValidityReason::Live, "");
    check(vec![live("contoso")], Answer::Unknown);
    check(vec![live("contoso"), live("contoso")], Answer::Unknown);
    check(vec![live("contoso"), live("adatum")], Answer::Yes);
    let policy = "prohibits access by global Personal Access Token (PAT) unless";
    check(
        vec![attempt("contoso", ValidityReason::LiveBlocked, policy)],
        Answer::Yes,
    );
    check(
        vec![attempt("contoso", ValidityReason::LiveBlocked, "VS403463")],
        Answer::Unknown,
    );
    check(
        vec![attempt("contoso", ValidityReason::Refused, policy)],
        Answer::Unknown,
    );
}
