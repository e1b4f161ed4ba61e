//! SARIF 2.1.0: one result per token, every place of it a location.
//!
//! The choices that the specification leaves open are explained in `docs/report.md`.

mod descriptor;
mod location;
mod log;
mod size;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::model::{FindingId, Method, ProblemKind, SuppressedBy};

use self::log::{
    ArtifactLocation, DescriptorReference, Driver, Invocation, Log, Message, Notification,
    Properties, Run, RunAutomationDetails, SarifResult, Suppression, Tool,
};
use super::view::{CommitView, FindingView, ProblemView, RuleView, View};
use super::words::{self, grouped};
use super::{Reporter, dense, escape_for_terminal, json_text, place};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// How many places of one token are written. Code scanning services read no more.
const MAX_LOCATIONS: usize = 100;

/// Writes a log with one run.
#[derive(Debug)]
pub(super) struct Sarif;

impl Reporter for Sarif {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        let rules = Rules::new(view);
        let kinds: Vec<ProblemKind> = {
            let mut kinds: Vec<_> = view.problems().map(|problem| problem.kind).collect();
            kinds.sort_unstable();
            kinds.dedup();
            kinds
        };
        let working_directory = ArtifactLocation {
            description: Some(Message::text("the working directory of the scan")),
            ..ArtifactLocation::default()
        };
        let run = Run {
            automation_details: view.piece().number().map(RunAutomationDetails::of_piece),
            tool: Tool {
                driver: driver(&rules, &kinds),
            },
            invocations: [invocation(view, &kinds)],
            original_uri_base_ids: BTreeMap::from([(location::BASE, working_directory)]),
            column_kind: "utf16CodeUnits",
            results: Results { view, rules },
        };
        json_text::write_pretty(
            &Log {
                schema: SCHEMA,
                version: "2.1.0",
                runs: [run],
            },
            out,
        )
    }

    fn wrote(&self, head: &[u8], _: &[u8]) -> bool {
        let driver = b"\"driver\":{\"name\":\"patsweep\",";
        contains(&dense(head), driver)
    }

    fn wrote_piece(&self, head: &[u8]) -> bool {
        let id = b"\"automationDetails\":{\"id\":\"patsweep/";
        contains(&dense(head), id)
    }

    fn is_limited(&self) -> bool {
        true
    }

    fn fits(&self, view: &View<'_>) -> bool {
        size::is_taken(|out| self.write(view, out), view.findings().len())
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The findings, made into results one by one.
struct Results<'v> {
    view: &'v View<'v>,
    rules: Rules<'v>,
}

/// The rules in the order of the log: those that the caller described, then others that found
/// something.
struct Rules<'v> {
    rows: Vec<(&'v str, Option<&'v RuleView<'v>>)>,
    index: BTreeMap<&'v str, usize>,
}

impl<'v> Rules<'v> {
    fn new(view: &'v View<'v>) -> Self {
        let described = view.rules().iter().map(|rule| (rule.id(), Some(rule)));
        let mut rules = Self {
            rows: Vec::new(),
            index: BTreeMap::new(),
        };
        for (id, meta) in described.chain(view.findings().map(|f| (f.rule, f.meta))) {
            rules.index.entry(id).or_insert_with(|| {
                rules.rows.push((id, meta));
                rules.rows.len() - 1
            });
        }
        rules
    }
}

fn driver(rules: &Rules<'_>, kinds: &[ProblemKind]) -> Driver {
    let repository = env!("CARGO_PKG_REPOSITORY");
    Driver {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: Some(repository).filter(|uri| !uri.is_empty()),
        rules: rules
            .rows
            .iter()
            .map(|&(id, meta)| descriptor::of_rule(id, meta))
            .collect(),
        notifications: kinds.iter().copied().map(descriptor::of_problem).collect(),
    }
}

/// Not successful unless everything eligible was read: "could not read" is never "clean". What the
/// operator accepts is a note.
fn invocation(view: &View<'_>, kinds: &[ProblemKind]) -> Invocation {
    let problem = |ProblemView {
                       accepted,
                       kind,
                       path,
                       message,
                   }: ProblemView| Notification {
        level: if accepted { "note" } else { "error" },
        message: Message::text(plain(&message)),
        descriptor: kinds
            .binary_search(&kind)
            .ok()
            .map(|index| DescriptorReference {
                id: kind.as_str(),
                index,
            }),
        locations: vec![location::of_path(&path)],
    };
    let interrupted = view.is_interrupted().then(|| Notification {
        level: "error",
        message: Message::text("the scan was interrupted"),
        descriptor: None,
        locations: Vec::new(),
    });
    // Said once, or alerts on them would come once for each piece.
    let said = view.problems().map(problem).chain(interrupted);
    Invocation {
        execution_successful: view.is_complete(),
        tool_execution_notifications: said.filter(|_| view.piece().is_first()).collect(),
    }
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.view.findings().map(|finding| result(&finding, self)))
    }
}

fn result(finding: &FindingView<'_>, results: &Results<'_>) -> SarifResult {
    let suppressions = finding.suppressed.iter().map(|(by, reason)| Suppression {
        kind: match by {
            SuppressedBy::Allowlist | SuppressedBy::Baseline => "external",
            SuppressedBy::Inline => "inSource",
        },
        justification: format!("{}: {}", by.as_str(), escape_for_terminal(reason)),
    });
    SarifResult {
        rule_id: finding.rule.to_owned(),
        rule_index: results.rules.index[finding.rule],
        level: descriptor::level(descriptor::severity(finding.meta)),
        message: Message::text(message(finding, results.view)),
        locations: place::best_first(finding)
            .iter()
            .take(MAX_LOCATIONS)
            .map(location::of_occurrence)
            .collect(),
        partial_fingerprints: fingerprints(finding.id),
        // At least one, says the schema.
        occurrence_count: Some(finding.occurrence_count).filter(|&count| count > 0),
        suppressions: suppressions.collect(),
        properties: properties(finding),
    }
}

/// None for a salted id: services would take the next run's for another leak.
fn fingerprints(id: &FindingId) -> BTreeMap<&'static str, String> {
    match id {
        FindingId::C3id(id) => BTreeMap::from([
            ("c3id/v1", id.clone()),
            // The one that code scanning services read; without it they hash the line, and a
            // token that moves would be a new alert.
            ("primaryLocationLineHash", format!("{id}:1")),
        ]),
        FindingId::Salted(_) => BTreeMap::new(),
    }
}

fn properties(finding: &FindingView<'_>) -> Properties {
    let organizations: Vec<Value> = finding
        .organizations
        .iter()
        .map(|(name, from)| json!({"name": name, "from": from.as_str()}))
        .collect();
    let mut properties = Properties::from([
        ("proof", json!(finding.proof.as_str())),
        ("redacted", json!(finding.redacted)),
        ("validity", json!(finding.validity.validity().as_str())),
        ("validity_reason", json!(finding.validity.as_str())),
        ("organizations", Value::Array(organizations)),
    ]);
    if let Some(told) = &finding.verification {
        let status = told.evidence.as_ref().and_then(|evidence| evidence.status);
        let verification = json!({
            "method": told.method.map(Method::as_str),
            "organization": told.organization,
            "checked_at": told.checked_at.and_then(words::rfc3339),
            "status": status,
        });
        properties.insert("verification", verification);
    }
    if let Some((by, reason, why)) = &finding.overruled {
        let overruled = json!({"by": by.as_str(), "reason": reason, "because": why.as_str()});
        properties.insert("overruled", overruled);
    }
    if let FindingId::C3id(id) = finding.id {
        properties.insert("c3id", json!(id));
    }
    if let Some(issued) = finding.issued {
        properties.insert("issued", json!(issued.to_string()));
    }
    if let Some(expires) = finding.expires.and_then(words::rfc3339) {
        properties.insert("expires", json!(expires));
    }
    if let Some(exposure) = &finding.exposure {
        let id = |commit: &Option<CommitView>| commit.as_ref().map(|commit| commit.id.to_string());
        let exposure = json!({
            "first": id(&exposure.first),
            "present_at": exposure.present_at,
            "removed_by": id(&exposure.removed_by),
        });
        properties.insert("exposure", exposure);
    }
    if let Some(secret) = &finding.secret {
        properties.insert("secret", json!(secret));
    }
    properties
}

/// What is found, why it is believed, whose it is, and how many places there are.
fn message(finding: &FindingView<'_>, view: &View<'_>) -> String {
    let mut text = words::sentence(finding, view.now);
    let listed = finding.occurrences().len().min(MAX_LOCATIONS);
    if finding.occurrence_count > listed as u64 {
        text.push_str(", of which the first ");
        text.push_str(&grouped(listed as u64));
        text.push_str(" are listed");
    }
    plain(&text)
}

/// `text` as a message that is only text: braces would be placeholders, brackets links.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in escape_for_terminal(text).chars() {
        match c {
            '{' | '}' => plain.extend([c, c]),
            '[' | ']' => plain.extend(['\\', c]),
            c => plain.push(c),
        }
    }
    plain
}
