//! The JSON report, `patsweep-report/1`: fields are added, never changed. See `docs/report.md`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use data_encoding::BASE64;
use serde::{Serialize, Serializer};

use crate::model::{BytePath, ObjectId, ObjectKind, Outside, Tally};

use super::verification::Verification;
use super::view::{
    CommitView, ExposureView, FindingView, OccurrenceView, ProblemView, TargetView, View,
};
use super::{Reporter, dense, json_text, words};

/// The name and version of the format.
pub(super) const SCHEMA: &str = "patsweep-report/1";

/// Writes one document.
#[derive(Debug)]
pub(super) struct Json;

impl Reporter for Json {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        json_text::write_pretty(&Document::new(view), out)
    }

    fn wrote(&self, head: &[u8], _: &[u8]) -> bool {
        let start = format!("{{\"schema\":\"{SCHEMA}\"");
        dense(head).starts_with(start.as_bytes())
    }
}

#[derive(Serialize)]
struct Document<'v> {
    schema: &'static str,
    tool: Tool,
    targets: Vec<Target>,
    findings: Findings<'v>,
    problems: Problems<'v>,
    coverage: Coverage<'v>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Baseline>,
    summary: Summary,
}

impl<'v> Document<'v> {
    fn new(view: &'v View<'v>) -> Self {
        Self {
            schema: SCHEMA,
            tool: Tool::THIS,
            targets: targets(view),
            findings: Findings(view),
            problems: Problems(view),
            coverage: Coverage::new(view),
            baseline: Baseline::new(view),
            summary: Summary::new(view),
        }
    }
}

/// All findings, each made when it is its turn.
struct Findings<'v>(&'v View<'v>);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.findings().map(Finding::new))
    }
}

/// All problems, likewise.
struct Problems<'v>(&'v View<'v>);

impl Serialize for Problems<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.problems().map(Problem::new))
    }
}

/// Who wrote the report.
#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    pub(super) const THIS: Self = Self {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    };
}

/// What was asked for.
#[derive(Serialize)]
pub(super) struct Target {
    kind: &'static str,
    path: String,
    head: Option<String>,
}

pub(super) fn targets(view: &View<'_>) -> Vec<Target> {
    let target = |TargetView { kind, path, head }: TargetView| Target {
        kind: kind.as_str(),
        path: path.to_text().into_owned(),
        head: head.map(hex),
    };
    view.targets().map(target).collect()
}

/// The baseline that was applied; it was added later, and is written only where there is one.
#[derive(Serialize)]
pub(super) struct Baseline {
    path: String,
    path_base64: Option<String>,
    entries: u64,
    matched: u64,
}

impl Baseline {
    pub(super) fn new(view: &View<'_>) -> Option<Self> {
        let baseline = view.baseline()?;
        Some(Self {
            path: baseline.path.to_text().into_owned(),
            path_base64: path_base64(&baseline.path),
            entries: baseline.entries,
            matched: baseline.matched,
        })
    }
}

/// One token.
#[derive(Serialize)]
pub(super) struct Finding<'v> {
    id: &'v str,
    rule: &'v str,
    proof: &'static str,
    issued: Option<String>,
    expires: Option<String>,
    redacted: String,
    secret: Option<String>,
    validity: &'static str,
    validity_reason: &'static str,
    verification: Option<Verification>,
    organizations: Vec<String>,
    organization_evidence: Vec<Clue>,
    exposure: Option<Exposure>,
    suppressed: Option<Suppression>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overruled: Option<Overruled>,
    occurrence_count: u64,
    #[serde(serialize_with = "each_occurrence")]
    occurrences: FindingView<'v>,
}

impl<'v> Finding<'v> {
    pub(super) fn new(mut finding: FindingView<'v>) -> Self {
        Self {
            id: finding.id.as_str(),
            rule: finding.rule,
            proof: finding.proof.as_str(),
            issued: finding.issued.map(|month| month.to_string()),
            expires: finding.expires.and_then(words::rfc3339),
            redacted: std::mem::take(&mut finding.redacted),
            secret: finding.secret.take(),
            validity: finding.validity.validity().as_str(),
            validity_reason: finding.validity.as_str(),
            verification: finding.verification.take().map(Verification::new),
            organizations: finding
                .organizations
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            organization_evidence: finding
                .organizations
                .iter()
                .map(|(name, from)| Clue {
                    name: name.clone(),
                    from: from.as_str(),
                })
                .collect(),
            exposure: finding.exposure.take().map(Exposure::new),
            suppressed: finding.suppressed.take().map(|(by, reason)| Suppression {
                by: by.as_str(),
                reason,
            }),
            overruled: finding.overruled.take().map(|(by, reason, why)| Overruled {
                by: by.as_str(),
                reason,
                because: why.as_str(),
            }),
            occurrence_count: finding.occurrence_count,
            occurrences: finding,
        }
    }
}

#[derive(Serialize)]
struct Clue {
    name: String,
    from: &'static str,
}

#[derive(Serialize)]
struct Suppression {
    by: &'static str,
    reason: String,
}

/// A suppression that does not hold; written only where there is one, for it was added later.
#[derive(Serialize)]
struct Overruled {
    by: &'static str,
    reason: String,
    because: &'static str,
}

/// `partial` is written only where it is so: it was added later.
#[derive(Serialize)]
struct Exposure {
    first: Option<Commit>,
    present_at: Vec<String>,
    removed_by: Option<Commit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<bool>,
}

impl Exposure {
    fn new(exposure: ExposureView) -> Self {
        Self {
            first: exposure.first.map(Commit::new),
            present_at: exposure.present_at,
            removed_by: exposure.removed_by.map(Commit::new),
            partial: exposure.is_partial.then_some(true),
        }
    }
}

/// `or_earlier` is written only where it is so: it was added later.
#[derive(Serialize)]
struct Commit {
    id: String,
    author: String,
    email: String,
    date: Option<String>,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    or_earlier: Option<bool>,
}

impl Commit {
    fn new(commit: CommitView) -> Self {
        Self {
            id: hex(commit.id),
            author: commit.author,
            email: commit.email,
            date: words::commit_rfc3339(commit.date),
            summary: commit.summary,
            or_earlier: commit.or_earlier.then_some(true),
        }
    }
}

fn each_occurrence<S: Serializer>(
    finding: &FindingView<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(finding.occurrences().map(Occurrence::new))
}

#[derive(Serialize)]
struct Occurrence {
    source: &'static str,
    path: Option<String>,
    path_base64: Option<String>,
    line: Option<u64>,
    column: Option<u64>,
    offset: Option<u64>,
    encodings: Vec<&'static str>,
    repository: Option<String>,
    object: Option<String>,
    commit: Option<Commit>,
    reachable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_by: Option<String>,
    /// Written only where it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    ignored: Option<bool>,
}

impl Occurrence {
    fn new(occurrence: OccurrenceView<'_>) -> Self {
        let OccurrenceView {
            source,
            path,
            git,
            position,
            encodings,
            excerpt: _,
            is_ignored,
        } = occurrence;
        let (repository, object, commit, reachable, kept_by) = match git {
            Some(git) => (
                Some(git.repository.to_text().into_owned()),
                git.object.map(hex),
                git.commit.map(Commit::new),
                git.reachable,
                git.kept_by,
            ),
            None => (None, None, None, None, None),
        };
        Self {
            source: source.as_str(),
            path_base64: path_base64(&path),
            path: (!path.0.is_empty()).then(|| path.to_text().into_owned()),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            offset: position.map(|position| position.offset),
            encodings: encodings.iter().map(|encoding| encoding.as_str()).collect(),
            repository,
            object,
            commit,
            reachable,
            kept_by,
            ignored: is_ignored.then_some(true),
        }
    }
}

fn hex(id: ObjectId) -> String {
    id.to_string()
}

/// The bytes of a path that its text cannot give back.
fn path_base64(path: &BytePath) -> Option<String> {
    (!path.is_utf8()).then(|| BASE64.encode(&path.0))
}

/// Something that was not read.
#[derive(Serialize)]
pub(super) struct Problem {
    kind: &'static str,
    r#where: String,
    message: String,
    accepted: bool,
}

impl Problem {
    pub(super) fn new(problem: ProblemView) -> Self {
        Self {
            kind: problem.kind.as_str(),
            r#where: problem.path.to_text().into_owned(),
            message: problem.message,
            accepted: problem.accepted,
        }
    }
}

/// What was read.
#[derive(Serialize)]
pub(super) struct Coverage<'v> {
    complete: bool,
    files: Counts<'v>,
    members: Counts<'v>,
    objects: Objects<'v>,
    outside: Lacking,
}

impl<'v> Coverage<'v> {
    pub(super) fn new(view: &'v View<'v>) -> Self {
        Self {
            complete: view.is_complete(),
            files: Counts::new(&view.coverage().files),
            members: Counts::new(&view.coverage().members),
            objects: Objects::new(&view.coverage().objects),
            outside: Lacking::new(view.coverage().outside),
        }
    }
}

/// `seen` = `scanned` + all of `skipped`.
#[derive(Serialize)]
struct Counts<'v> {
    seen: u64,
    scanned: u64,
    skipped: BTreeMap<&'v str, u64>,
}

impl Counts<'_> {
    fn new(tally: &Tally) -> Self {
        let skipped = tally
            .skipped
            .iter()
            .map(|(reason, &count)| (reason.as_str(), count));
        Self {
            seen: tally.seen(),
            scanned: tally.scanned,
            skipped: skipped.collect(),
        }
    }
}

/// Objects of git repositories. Those whose kind could not be read have a row of their own, if there
/// are any.
#[derive(Serialize)]
struct Objects<'v> {
    blob: Counts<'v>,
    tree: Counts<'v>,
    commit: Counts<'v>,
    tag: Counts<'v>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<Counts<'v>>,
}

impl Objects<'_> {
    fn new(tallies: &BTreeMap<ObjectKind, Tally>) -> Self {
        let none = Tally::default();
        let of = |kind| Counts::new(tallies.get(&kind).unwrap_or(&none));
        Self {
            blob: of(ObjectKind::Blob),
            tree: of(ObjectKind::Tree),
            commit: of(ObjectKind::Commit),
            tag: of(ObjectKind::Tag),
            unknown: Some(of(ObjectKind::Unknown)).filter(|counts| counts.seen > 0),
        }
    }
}

/// What a repository refers to and does not hold.
#[derive(Serialize)]
struct Lacking {
    missing_promisor: u64,
    lfs_absent: u64,
    shallow_boundary: u64,
    submodules: u64,
}

impl Lacking {
    fn new(outside: Outside) -> Self {
        let Outside {
            missing_promisor,
            lfs_absent,
            shallow_boundary,
            submodules,
        } = outside;
        Self {
            missing_promisor,
            lfs_absent,
            shallow_boundary,
            submodules,
        }
    }
}

/// Totals.
#[derive(Serialize)]
pub(super) struct Summary {
    bytes: u64,
    files: u64,
    objects: u64,
    seconds: f64,
}

impl Summary {
    pub(super) fn new(view: &View<'_>) -> Self {
        let summary = view.summary();
        Self {
            bytes: summary.bytes,
            files: summary.files,
            objects: summary.objects,
            seconds: summary.seconds,
        }
    }
}
