//! Which marks beside tokens stood already where they are believed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::super::scan::timed;
use super::super::settings::Settings;
use crate::model::{Report, SuppressedBy};
use crate::scan::ignored_lines;
use crate::sources::git::part::{Checkout, State};
use crate::triage::InlineIgnores;

/// Scans, and lets only those marks count that stood on the same line in `state`. Answers, too, how
/// many tokens would pass if all did.
///
/// Most changes have no such mark, and are scanned once. Of others the files are read as they were in
/// the same places; if that does not explain every mark, all of them are, for files are renamed.
pub(super) fn scanned(
    settings: &mut Settings,
    checkout: &Checkout,
    state: &State,
    stop: &Arc<AtomicBool>,
) -> (Report, usize) {
    settings.scan.inline_ignores = InlineIgnores::All;
    let all = timed(settings, &Arc::default(), stop);
    if marks(&all) == 0 {
        return (all, 0);
    }
    let mut lines = BTreeSet::new();
    let (rules, salt) = (settings.scan.rules.clone(), settings.scan.salt);
    for path in marked(&all) {
        // What cannot be read explains nothing.
        if let Ok(Some(bytes)) = checkout.file(state, &path) {
            lines.extend(ignored_lines(&bytes, &rules, salt));
        }
    }
    let mut again = |lines: &BTreeSet<[u8; 32]>| {
        settings.scan.inline_ignores = InlineIgnores::Known(Arc::new(lines.clone()));
        timed(settings, &Arc::default(), stop)
    };
    let mut report = again(&lines);
    if let State::Commit(commit) = state
        && marks(&report) < marks(&all)
    {
        let known = lines.len();
        checkout.each_file(*commit, |bytes| {
            lines.extend(ignored_lines(bytes, &rules, salt));
        });
        if lines.len() > known {
            report = again(&lines);
        }
    }
    let passed = suppressed(&all).saturating_sub(suppressed(&report));
    (report, passed)
}

/// The files in which tokens are marked, those that hold archives among them.
fn marked(report: &Report) -> BTreeSet<Vec<u8>> {
    let places = report.findings.iter().flat_map(|it| &it.occurrences);
    let marked = places.filter(|place| place.is_ignored);
    marked.map(|place| place.origin.path.0.clone()).collect()
}

fn marks(report: &Report) -> usize {
    let places = report.findings.iter().flat_map(|it| &it.occurrences);
    places.filter(|place| place.is_ignored).count()
}

/// The tokens that marks let pass.
fn suppressed(report: &Report) -> usize {
    let by = |by| by == Some(SuppressedBy::Inline);
    let findings = report.findings.iter();
    let findings = findings.filter(|it| by(it.suppressed.as_ref().map(|it| it.by)));
    findings.count()
}
