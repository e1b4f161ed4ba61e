//! GitLab's report on secret detection, schema 15.0.7: one vulnerability per token.
//!
//! What counts not is left out, for GitLab has no word for it. `raw_source_code_extract` is never
//! written: it is for what a reader must not see.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::model::{FindingId, Timestamp};
use crate::rules::Severity;

use super::place::{self, Spot};
use super::view::{CommitView, FindingView, OccurrenceView, ProblemView, RuleView, View};
use super::words::{self, count};
use super::{Reporter, advice, dense, escape_for_terminal, json_text};

const VERSION: &str = "15.0.7";

/// The commit of what is in none that is known: GitLab asks for one, and git has no such object.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// The longest name, in characters.
const MAX_NAME: usize = 255;

/// Writes a report for GitLab.
#[derive(Debug)]
pub(super) struct Gitlab;

impl Reporter for Gitlab {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        let report = Report {
            version: VERSION,
            scan: Scan::new(view),
            vulnerabilities: Vulnerabilities(view),
        };
        json_text::write_pretty(&report, out)
    }

    fn wrote(&self, head: &[u8], _: &[u8]) -> bool {
        let start =
            format!("{{\"version\":\"{VERSION}\",\"scan\":{{\"analyzer\":{{\"id\":\"patsweep\"");
        dense(head).starts_with(start.as_bytes())
    }
}

#[derive(Serialize)]
struct Report<'v> {
    version: &'static str,
    scan: Scan,
    vulnerabilities: Vulnerabilities<'v>,
}

#[derive(Serialize)]
struct Scan {
    analyzer: Tool,
    scanner: Tool,
    #[serde(rename = "type")]
    kind: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    messages: Vec<Note>,
}

#[derive(Serialize)]
struct Tool {
    id: &'static str,
    name: &'static str,
    version: &'static str,
    vendor: Vendor,
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

/// What the service tells whoever started the scan.
#[derive(Serialize)]
struct Note {
    level: &'static str,
    value: String,
}

/// The findings that count, made into vulnerabilities one by one.
struct Vulnerabilities<'v>(&'v View<'v>);

#[derive(Serialize)]
struct Vulnerability<'v> {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    solution: String,
    identifiers: Vec<Identifier<'v>>,
    location: Location,
}

#[derive(Serialize)]
struct Identifier<'v> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: &'v str,
}

#[derive(Serialize)]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_line: Option<u64>,
    commit: Commit,
}

#[derive(Serialize)]
struct Commit {
    sha: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Tool {
    const THIS: Self = Self {
        id: env!("CARGO_PKG_NAME"),
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        vendor: Vendor {
            name: env!("CARGO_PKG_NAME"),
        },
    };
}

impl Scan {
    fn new(view: &View<'_>) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "no scan takes that long")]
        let seconds = view.summary().seconds.ceil() as i64;
        let started = Timestamp(view.now.0.saturating_sub(seconds));
        Self {
            analyzer: Tool::THIS,
            scanner: Tool::THIS,
            kind: "secret_detection",
            start_time: stamp(started),
            end_time: stamp(view.now),
            status: if view.is_complete() {
                "success"
            } else {
                "failure"
            },
            messages: notes(view),
        }
    }
}

fn notes(view: &View<'_>) -> Vec<Note> {
    let problem = |problem: ProblemView| Note {
        level: if problem.accepted { "info" } else { "warn" },
        value: format!(
            "not scanned, or not whole ({}): {}: {}",
            problem.kind.as_str(),
            place::path_text(&problem.path),
            shown(&problem.message)
        ),
    };
    let suppressed = view
        .findings()
        .filter(|finding| finding.suppressed.is_some());
    let suppressed = suppressed.count() as u64;
    let left_out = (suppressed > 0).then(|| Note {
        level: "info",
        value: format!("left out: {}", count(suppressed, "suppressed finding")),
    });
    let interrupted = view.is_interrupted().then(|| Note {
        level: "fatal",
        value: "the scan was interrupted".to_owned(),
    });
    let problems = view.problems().map(problem);
    problems.chain(left_out).chain(interrupted).collect()
}

impl Serialize for Vulnerabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings = self.0.findings();
        let counting = findings.filter(|finding| finding.suppressed.is_none());
        serializer.collect_seq(counting.map(|finding| vulnerability(&finding, self.0.now)))
    }
}

fn vulnerability<'v>(finding: &FindingView<'v>, now: Timestamp) -> Vulnerability<'v> {
    let places = place::best_first(finding);
    let mut description = words::sentence(finding, now);
    if let Some(first) = places.first() {
        description.push_str("; first of all ");
        description.push_str(&place::label(first));
    }
    let severity = finding.meta.map_or(Severity::High, RuleView::severity);
    Vulnerability {
        id: finding.id.to_string(),
        name: shown(finding.title()).chars().take(MAX_NAME).collect(),
        description: markdown(&description),
        severity: match severity {
            Severity::Low => "Low",
            Severity::Medium => "Medium",
            Severity::High => "High",
            Severity::Critical => "Critical",
        },
        solution: markdown(&advice::next_step(finding, now)),
        identifiers: identifiers(finding),
        location: location(places.first()),
    }
}

/// The rule, which GitLab groups by; then the token, if other runs know it by the same name.
fn identifiers<'v>(finding: &FindingView<'v>) -> Vec<Identifier<'v>> {
    let rule = Identifier {
        kind: "patsweep_rule_id",
        name: format!("patsweep rule {}", shown(finding.rule)),
        value: finding.rule,
    };
    let token = match finding.id {
        FindingId::C3id(id) => Some(Identifier {
            kind: "c3id",
            name: format!("C3ID {id}"),
            value: id,
        }),
        FindingId::Salted(_) => None,
    };
    [Some(rule), token].into_iter().flatten().collect()
}

fn location(place: Option<&OccurrenceView<'_>>) -> Location {
    let spot = place.and_then(place::spot);
    let git = place.and_then(|place| place.git.as_ref());
    let commit = git.and_then(|git| git.commit.as_ref());
    Location {
        start_line: spot.as_ref().map(|spot| spot.line),
        file: spot.map(|Spot { file, .. }| file),
        commit: commit.map_or_else(Commit::unknown, Commit::of),
    }
}

impl Commit {
    fn unknown() -> Self {
        Self {
            sha: NO_COMMIT.to_owned(),
            author: None,
            date: None,
            message: None,
        }
    }

    fn of(commit: &CommitView) -> Self {
        Self {
            sha: commit.id.to_string(),
            author: Some(shown(&format!("{} <{}>", commit.author, commit.email))),
            date: words::commit_rfc3339(commit.date),
            message: Some(shown(&commit.summary)),
        }
    }
}

/// Markdown that is only text: GitLab renders what describes a vulnerability.
fn markdown(text: &str) -> String {
    super::markdown::plain(text)
}

fn shown(text: &str) -> String {
    escape_for_terminal(text).into_owned()
}

/// As in `2026-11-22T10:00:00`, in UTC, which the schema says without a zone. What no calendar has
/// is the start of Unix time.
fn stamp(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_second(time.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
