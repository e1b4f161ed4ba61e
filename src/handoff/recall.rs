//! Findings out of a hand-off: what a report recorded, with whatever values are at hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::report::{Handed, Recorded, Reported};
use super::{Value, Values, proof_of};
use crate::model::{
    BytePath, Coverage, Finding, FindingId, GitPlace, Occurrence, Origin, Report, Secret,
    SourceKind, Summary, TargetKind, TargetSummary, ValidityReason,
};
use crate::rules::BuiltIn;
use crate::token::explain::explain;

/// A report on the tokens of `handed` and on those of `values` that it does not name, the latter
/// as if they stood on standard input.
///
/// Rule, proof and dates are those of the value. Where none is at hand, the rule is what the report
/// says, the proof is what that rule gives, and the secret is empty.
pub fn recall(handed: &Handed, values: &Values) -> Report {
    let named: BTreeSet<&FindingId> = handed.findings.iter().map(|it| &it.id).collect();
    let mut findings: Vec<Finding> = handed
        .findings
        .iter()
        .map(|reported| finding(reported, values.of(&reported.id)))
        .collect();
    let others = values.iter().filter(|(id, _)| !named.contains(id));
    findings.extend(others.map(|(id, value)| finding(&on_stdin(id), Some(value))));
    let mut targets: Vec<TargetSummary> = handed.targets.iter().map(target).collect();
    if targets.is_empty() {
        targets.push(target(&BytePath::from("-")));
    }
    Report {
        targets,
        findings,
        problems: Vec::new(),
        accepted: BTreeSet::new(),
        coverage: Coverage::default(),
        summary: Summary::default(),
        interrupted: false,
        name_runs: Vec::new(),
        baseline: None,
    }
}

fn target(path: &BytePath) -> TargetSummary {
    TargetSummary {
        kind: if path.0 == b"-" {
            TargetKind::Stdin
        } else {
            TargetKind::Path
        },
        path: path.clone(),
        head: None,
    }
}

fn on_stdin(id: &FindingId) -> Reported {
    Reported {
        id: id.clone(),
        rule: String::new(),
        expires: None,
        exposure: None,
        occurrences: vec![Recorded {
            source: SourceKind::Stdin,
            path: BytePath::from("-"),
            position: None,
            encodings: Vec::new(),
            repository: None,
            object: None,
            commit: None,
            reachable: None,
            kept_by: None,
        }],
    }
}

fn finding(reported: &Reported, value: Option<&Value>) -> Finding {
    let explained = value.and_then(|value| explain(value.secret.expose()).ok());
    let rule: Arc<str> = match &explained {
        Some(explained) => BuiltIn::of_kind(&explained.kind).rule_id().into(),
        None => reported.rule.as_str().into(),
    };
    let occurrences: Vec<Occurrence> = reported.occurrences.iter().map(occurrence).collect();
    Finding {
        id: reported.id.clone(),
        rule,
        secret: value.map_or_else(|| Secret::new(b""), |value| value.secret.clone()),
        proof: match &explained {
            Some(explained) => explained.proof,
            None => proof_of(&reported.rule),
        },
        issued: explained.as_ref().and_then(|it| it.issued),
        expires: match &explained {
            Some(explained) => explained.expires,
            None => reported.expires,
        },
        validity: ValidityReason::NotAttempted,
        verification: None,
        organizations: value.map_or_else(Vec::new, |value| value.organizations.clone()),
        exposure: reported.exposure.clone(),
        suppressed: None,
        overruled: None,
        occurrence_count: occurrences.len() as u64,
        occurrences,
    }
}

fn occurrence(recorded: &Recorded) -> Occurrence {
    let git = recorded.repository.as_ref().map(|repository| GitPlace {
        repository: Arc::new(repository.clone()),
        object: recorded.object,
        commit: recorded.commit.clone(),
        reachable: recorded.reachable,
        kept_by: recorded.kept_by.clone(),
    });
    Occurrence {
        origin: Origin {
            git,
            ..Origin::new(recorded.source, recorded.path.clone())
        },
        position: recorded.position,
        encodings: recorded.encodings.clone(),
        excerpt: None,
        is_ignored: false,
    }
}
