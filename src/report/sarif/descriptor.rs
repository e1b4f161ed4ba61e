//! What a log says of each rule and of each kind of problem. Code scanning services want a short
//! description, a full one and help of everything that a log names.

use serde_json::json;

use crate::model::ProblemKind;
use crate::rules::Severity;

use super::super::view::RuleView;
use super::log::{Message, Properties, ReportingConfiguration, ReportingDescriptor};

/// A rule; `None` of one that the caller did not describe.
pub(super) fn of_rule(id: &str, meta: Option<&RuleView<'_>>) -> ReportingDescriptor {
    let or = |text: Option<&str>, fallback: &str| match text {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ => fallback.to_owned(),
    };
    let title = or(meta.map(|meta| &*meta.title), id);
    let description = or(meta.map(|meta| &*meta.description), &title);
    let help = or(meta.map(|meta| &*meta.help), &description);
    let severity = severity(meta);
    ReportingDescriptor {
        id: id.to_owned(),
        name: Some(identifier(id)),
        short_description: Message::text(title),
        full_description: Message::text(description),
        help: Message {
            text: help.clone(),
            markdown: Some(help),
        },
        default_configuration: Some(ReportingConfiguration {
            level: level(severity),
        }),
        properties: Properties::from([
            ("security-severity", json!(security_severity(severity))),
            ("tags", json!(["security", "secret"])),
        ]),
    }
}

/// A kind of problem.
pub(super) fn of_problem(kind: ProblemKind) -> ReportingDescriptor {
    ReportingDescriptor {
        id: kind.as_str().to_owned(),
        name: None,
        short_description: Message::text(meaning(kind)),
        full_description: Message::text(format!(
            "{}. Tokens may stand there that no result tells of.",
            meaning(kind)
        )),
        help: Message::text(format!("{}, then scan again.", remedy(kind))),
        default_configuration: None,
        properties: Properties::new(),
    }
}

fn meaning(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Unreadable => "The system refused to open or read it",
        ProblemKind::Vanished => "It was there when it was listed and gone when it was opened",
        ProblemKind::Truncated => "It ends before its format says",
        ProblemKind::Corrupt => "Its bytes contradict its format",
        ProblemKind::Encrypted => "It needs a password",
        ProblemKind::Limit => "A limit of the scan was reached in it",
        ProblemKind::Unsupported => "It is a container that is not read",
        ProblemKind::LinkLoop => "Its links lead back to themselves",
        ProblemKind::NotOwned => "It is a repository of another user, whose history is not read",
        ProblemKind::Shallow => "The history of the repository was cut off when it was cloned",
        ProblemKind::Promisor => "A partial clone left objects with its remote",
        ProblemKind::Lfs => "LFS has not fetched some files",
        ProblemKind::References => "References, reflogs or the index could not be read",
        ProblemKind::Report => "It is the report of a scan that did not read everything",
    }
}

fn remedy(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Unreadable => "Give the scan the right to read it",
        ProblemKind::Vanished => "Let nothing be removed meanwhile",
        ProblemKind::Truncated | ProblemKind::Corrupt => "Replace it by a whole copy",
        ProblemKind::Encrypted | ProblemKind::Unsupported => "Unpack it",
        ProblemKind::Limit => "Raise the limit that the message names, or unpack it",
        ProblemKind::LinkLoop => "Remove one of the links",
        ProblemKind::NotOwned
        | ProblemKind::Shallow
        | ProblemKind::Promisor
        | ProblemKind::Lfs
        | ProblemKind::References => {
            "Run the command at the end of the message, where there is one"
        }
        ProblemKind::Report => "Mend what it says was not read, and scan again",
    }
}

/// `azure-devops-pat` as `AzureDevopsPat`.
fn identifier(id: &str) -> String {
    let capitalised = |word: &str| {
        let mut rest = word.chars();
        rest.next()
            .map(|first| first.to_ascii_uppercase().to_string() + rest.as_str())
    };
    id.split(['-', '_', '.']).filter_map(capitalised).collect()
}

/// What is not said is taken to be bad.
pub(super) fn severity(meta: Option<&RuleView<'_>>) -> Severity {
    meta.map_or(Severity::High, RuleView::severity)
}

pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// The middle of the band that code scanning services give this name, as they read a CVSS score.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "2.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}
