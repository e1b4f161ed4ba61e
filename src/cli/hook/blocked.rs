//! What a blocked commit or push says, in under ten lines.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use super::super::args::FailOn;
use crate::model::{Finding, FindingId, Occurrence, Overruling, Proof, Report, SourceKind};
use crate::report::{Redactor, Slash, break_commands, count, escape_for_terminal};
use crate::triage::baseline::FILE_NAME;

/// Tokens that are told one by one.
const MOST: usize = 3;

/// What was scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// What a commit would hold.
    Staged,
    /// Its message, in this file.
    Message(PathBuf),
    /// What a push would bring.
    Push,
    /// What a repository would receive.
    Received,
    /// Commits that are there already.
    Range,
}

impl Subject {
    fn would(&self) -> &'static str {
        match self {
            Self::Staged => "this commit is blocked: it would leak",
            Self::Message(_) => "this commit is blocked: its message would leak",
            Self::Push | Self::Received => "this push is blocked: it would leak",
            Self::Range => "these commits leak",
        }
    }

    fn way_out(&self) -> &'static str {
        match self {
            Self::Staged => "Take it out of the file, `git add` the file again,",
            Self::Message(_) => "Take it out of the message,",
            Self::Push | Self::Received => {
                "Take it out of every commit that is pushed (`git rebase -i`),"
            }
            Self::Range => "Take it out of the commits,",
        }
    }
}

/// The message: what, where, why it is certain, and how to go on. `kept` are those that stand there
/// already, and `title` is that of a rule.
pub(super) fn text(
    report: &Report,
    subject: &Subject,
    fail_on: FailOn,
    kept: &BTreeSet<FindingId>,
    title: impl Fn(&str) -> Option<String>,
) -> String {
    let redactor = Redactor::new(report);
    let counts = |finding: &&Finding| {
        finding.suppressed.is_none()
            && (fail_on != FailOn::Proven || finding.proof == Proof::Checksum)
    };
    let findings: Vec<&Finding> = report.findings.iter().filter(counts).collect();
    let mut text = String::new();
    let mut line = |line: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", break_commands(&escape_for_terminal(line)));
    };
    let tokens = count(findings.len() as u64, "token");
    let is_kept = |finding: &&Finding| kept.contains(&finding.id);
    if *subject == Subject::Staged && findings.iter().all(is_kept) {
        line(&format!(
            "patsweep: this commit is blocked: it would still leak {tokens}"
        ));
    } else {
        line(&format!("patsweep: {} {tokens}", subject.would()));
    }
    let told = &findings[..findings.len().min(MOST)];
    for finding in told {
        let title = title(&finding.rule).unwrap_or_else(|| finding.rule.to_string());
        line(&format!(
            "  {}: {title} {}{}{}",
            place(finding, subject, &redactor),
            finding.secret.redacted(),
            certainty(finding),
            if is_kept(finding) {
                "; HEAD has it already"
            } else {
                ""
            }
        ));
    }
    if findings.len() > told.len() {
        line(&format!("  and {} more", findings.len() - told.len()));
    }
    let way_out = match subject {
        _ if findings.iter().all(|it| is_reference(it)) => "Push it under another name,",
        Subject::Push
            if findings
                .iter()
                .all(|it| it.occurrences.iter().all(is_of_tag)) =>
        {
            "Delete the tag (`git tag -d`), and write it without the token if it is needed,"
        }
        _ => subject.way_out(),
    };
    line(&format!("{way_out} then revoke it: who saw it can use it."));
    let ids = told.iter().filter_map(|finding| match &finding.id {
        FindingId::C3id(id) => Some(format!(" --id {id}")),
        FindingId::Salted(_) => None,
    });
    let ids: String = ids.collect();
    if *subject == Subject::Received {
        line("Nothing that is pushed can let it pass; whoever runs this server can.");
    } else if !ids.is_empty() {
        let target = match subject {
            Subject::Message(file) => format!(" {}", quoted(&file.to_string_lossy())),
            Subject::Staged | Subject::Push | Subject::Received | Subject::Range => String::new(),
        };
        line("If it may stay, because it is revoked or opens nothing, write down why:");
        line(&format!(
            "  patsweep baseline add{ids} --reason 'WHY'{target} && git add :/{FILE_NAME}"
        ));
        line("CI will not count that entry until it is merged.");
    }
    text
}

/// Whether it stands in names of references only: what a tree names has an object.
fn is_reference(finding: &Finding) -> bool {
    let is_name = |place: &Occurrence| {
        let git = place.origin.git.as_ref();
        place.origin.source == SourceKind::GitName && git.is_some_and(|git| git.object.is_none())
    };
    finding.occurrences.iter().all(is_name)
}

/// Whether it stands in a tag, of those that are pushed: the messages of commits have a commit.
fn is_of_tag(place: &Occurrence) -> bool {
    let git = place.origin.git.as_ref();
    place.origin.source == SourceKind::GitMessage && git.is_some_and(|git| git.commit.is_none())
}

/// Where it stands first.
fn place(finding: &Finding, subject: &Subject, redactor: &Redactor) -> String {
    let Some(first) = finding.occurrences.first() else {
        return String::new();
    };
    let line = first.position.map(|it| it.line);
    let git = first.origin.git.as_ref();
    let mut text = match (first.origin.source, subject, line) {
        (_, Subject::Message(_), Some(line)) => format!("line {line} of the message"),
        (_, Subject::Push, Some(line)) if is_of_tag(first) => {
            format!("line {line} of the message of a tag")
        }
        (SourceKind::GitMessage, _, Some(line)) => format!("line {line} of a message"),
        (SourceKind::GitMessage, _, None) => "the author of a message".to_owned(),
        // Nothing but the object is known of what no reference leads to.
        (_, _, Some(line)) if first.origin.path.0.is_empty() => {
            let blob = git.and_then(|git| git.object);
            let blob = blob.map_or_else(String::new, |id| format!(" {:.12}", id.to_string()));
            format!("line {line} of the object{blob}")
        }
        (_, _, Some(line)) => format!("{}:{line}", path(first, redactor)),
        (_, _, None) => format!("the name {}", path(first, redactor)),
    };
    if let Some(commit) = git.and_then(|git| git.commit.as_ref()) {
        let _ = write!(text, " in commit {:.12}", commit.id.to_string());
    }
    let more = finding.occurrence_count.saturating_sub(1);
    if more > 0 {
        let _ = write!(text, " and {}", count(more, "other place"));
    }
    text
}

fn path(place: &Occurrence, redactor: &Redactor) -> String {
    let path = redactor.redact_bytes(&place.origin.path.0, Slash::Separates);
    String::from_utf8_lossy(&path).into_owned()
}

/// Why it is believed, and what the token says of itself.
fn certainty(finding: &Finding) -> String {
    let mut text = match finding.proof {
        Proof::Checksum => ", proven: its checksum is right".to_owned(),
        Proof::Shape => ", not proven: only its shape was checked".to_owned(),
    };
    if let Some(issued) = finding.issued {
        let _ = write!(text, "; issued in {issued}");
    }
    let expired = finding.overruled.as_ref();
    if expired.is_some_and(|it| it.why == Overruling::Expired) {
        text.push_str("; its entry in the baseline has expired");
    }
    text
}

/// `text` as one word of a shell, with quotes only where it needs them.
fn quoted(text: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "/._-+".contains(it);
    if text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
