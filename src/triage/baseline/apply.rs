//! Marks the findings of a report that a baseline knows.

use super::{Baseline, Entry};
use crate::model::{
    BaselineSummary, BytePath, Overruled, Overruling, Report, SuppressedBy, Suppression, Timestamp,
};

/// Suppresses the findings of `report` that `baseline` names and whose entry holds `now`; those whose
/// entry has expired are marked as overruled. `path` is what the report says was applied.
///
/// What is suppressed already stays so. Apply it before the service is asked: what suppresses tokens
/// that turn out to be active is then [taken back](Report::overrule_active).
pub fn apply(report: &mut Report, baseline: &Baseline, path: BytePath, now: Timestamp) {
    let mut matched = 0;
    for finding in &mut report.findings {
        let Some(entry) = baseline.entry(&finding.id, now) else {
            continue;
        };
        let suppression = suppression(entry);
        if entry.is_expired(now) {
            if finding.suppressed.is_none() {
                finding.overruled = Some(Overruled {
                    suppression,
                    why: Overruling::Expired,
                });
            }
            continue;
        }
        matched += 1;
        if finding.suppressed.is_none() {
            finding.suppressed = Some(suppression);
        }
    }
    report.baseline = Some(BaselineSummary {
        path,
        entries: baseline.entries().len() as u64,
        matched,
    });
}

fn suppression(entry: &Entry) -> Suppression {
    Suppression {
        by: SuppressedBy::Baseline,
        reason: entry.reason.clone(),
    }
}
