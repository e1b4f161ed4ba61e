//! The report as a table for spreadsheets: a row for each place that is listed, then for each
//! problem.

use std::io::{self, Write};

use super::view::{FindingView, OccurrenceView, ProblemView, RuleView, View};
use super::{Reporter, place, sheet, words};
use crate::rules::Severity;

const HEADINGS: [&str; 18] = [
    "kind",
    "rule",
    "severity",
    "token",
    "id",
    "proof",
    "validity",
    "validity_reason",
    "organizations",
    "places",
    "source",
    "path",
    "line",
    "column",
    "repository",
    "commit",
    "encodings",
    "note",
];

type Row = [String; HEADINGS.len()];

/// Writes a table.
#[derive(Debug)]
pub(super) struct Csv;

impl Reporter for Csv {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        let findings = view.findings().flat_map(|finding| of_finding(&finding));
        let problems = view.problems().map(|problem| of_problem(&problem));
        let cut_short = view.is_interrupted().then(|| {
            row(
                ["problem", "interrupted"],
                Some("the scan was interrupted".to_owned()),
            )
        });
        sheet::write(HEADINGS, findings.chain(problems).chain(cut_short), out)
    }

    fn wrote(&self, head: &[u8], _: &[u8]) -> bool {
        head.starts_with((HEADINGS.join(",") + "\n").as_bytes())
    }
}

/// One row for each place that is listed, or one without a place.
fn of_finding(finding: &FindingView<'_>) -> Vec<Row> {
    let places = place::best_first(finding);
    if places.is_empty() {
        return vec![of_place(finding, None)];
    }
    let rows = places.iter();
    rows.map(|place| of_place(finding, Some(place))).collect()
}

fn of_place(finding: &FindingView<'_>, place: Option<&OccurrenceView<'_>>) -> Row {
    let reason = finding.suppressed.as_ref();
    let reason = reason.map(|(by, reason)| format!("{}: {reason}", words::suppressed_by(*by)));
    let mut row = row([words::kind(finding), finding.rule], reason);
    let severity = finding.meta.map(RuleView::severity);
    let names: Vec<&str> = finding
        .organizations
        .iter()
        .map(|it| it.0.as_str())
        .collect();
    row[2] = severity.map_or("", Severity::as_str).into();
    row[3].clone_from(finding.secret.as_ref().unwrap_or(&finding.redacted));
    row[4] = finding.id.to_string();
    row[5] = finding.proof.as_str().into();
    row[6] = finding.validity.validity().as_str().into();
    row[7] = finding.validity.as_str().into();
    row[8] = names.join(" ");
    row[9] = finding.occurrence_count.to_string();
    let Some(place) = place else {
        return row;
    };
    let encodings: Vec<&str> = place.encodings.iter().map(|it| it.as_str()).collect();
    row[10] = place.source.as_str().into();
    row[11] = place.path.to_text().into_owned();
    if let Some(position) = place.position {
        row[12] = position.line.to_string();
        row[13] = position.column.to_string();
    }
    if let Some(git) = &place.git {
        row[14] = git.repository.to_text().into_owned();
        row[15] = git
            .commit
            .as_ref()
            .map_or_else(String::new, |it| it.id.to_string());
    }
    row[16] = encodings.join(" ");
    row
}

fn of_problem(problem: &ProblemView) -> Row {
    let kind = if problem.accepted {
        "accepted problem"
    } else {
        "problem"
    };
    let mut row = row([kind, problem.kind.as_str()], Some(problem.message.clone()));
    row[11] = problem.path.to_text().into_owned();
    row
}

/// A row that says nothing but its first cells and its last.
fn row(first: [&str; 2], note: Option<String>) -> Row {
    let mut row: Row = Default::default();
    row[0] = first[0].into();
    row[1] = first[1].into();
    row[HEADINGS.len() - 1] = note.unwrap_or_default();
    row
}
