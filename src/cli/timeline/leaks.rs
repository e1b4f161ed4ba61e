//! The leaked tokens, as the report, the journal and the operator know them.

use std::io;

use super::super::environment::Environment;
use super::super::exit::Failure;
use super::super::journal as journals;
use super::Args;
use crate::model::{Finding, FindingId, Report, Timestamp};
use crate::respond::journal::{self, JournalError, Record};
use crate::respond::revoke::acted_on;
use crate::respond::timeline::Leak;

/// What the journal tells: the one that is named, or the user's own if there is one.
pub(super) fn journal(args: &Args, environment: &Environment) -> Result<Vec<Record>, Failure> {
    let is_named = args.journal.journal.is_some();
    let path = match journals::path(&args.journal, environment) {
        Ok(path) => path,
        Err(_) if !is_named => return Ok(Vec::new()),
        Err(failure) => return Err(failure),
    };
    match journal::inspect(&path) {
        Ok(chain) => Ok(chain.records),
        Err(JournalError::Open { source, .. })
            if !is_named && source.kind() == io::ErrorKind::NotFound =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(Failure::new(&error, None)),
    }
}

/// The tokens of `report` that have a C3ID. Of a report nothing is believed but the claims of its
/// commits, which are told as such.
pub(super) fn of(report: &Report, args: &Args) -> Vec<Leak> {
    let leak = |finding: &Finding| {
        let FindingId::C3id(c3id) = &finding.id else {
            return None;
        };
        let asserted = args.assertions.iter().find(|it| it.c3id == *c3id);
        Some(Leak {
            c3id: c3id.clone(),
            exposed: exposed(finding).or(args.exposed),
            issued: finding.issued,
            authorization_id: asserted.map(|it| it.authorization_id.clone()),
            acted: Vec::new(),
        })
    };
    report.findings.iter().filter_map(leak).collect()
}

/// The same as the journal knows them at `organization`.
pub(super) fn at(leaks: &[Leak], organization: &str, records: &[Record]) -> Vec<Leak> {
    let known = |leak: &Leak| Leak {
        acted: acted_on(records, &leak.c3id, organization),
        ..leak.clone()
    };
    leaks.iter().map(known).collect()
}

/// The first date that a commit claims to have brought it.
fn exposed(finding: &Finding) -> Option<Timestamp> {
    let first = finding.exposure.as_ref().and_then(|it| it.first.clone());
    let places = finding.occurrences.iter();
    let commits = places.filter_map(|place| place.origin.git.as_ref()?.commit.clone());
    let dates = first
        .into_iter()
        .chain(commits)
        .map(|commit| commit.date.at);
    // What is no date in a report is one that no calendar has.
    dates
        .filter(|at| jiff::Timestamp::from_second(at.0).is_ok())
        .min()
}
