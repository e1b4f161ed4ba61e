//! What is reported.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    BytePath, Clue, Coverage, Encoding, Excerpt, Exposure, FindingId, IssueMonth, ObjectId, Origin,
    Position, Problem, ProblemKind, Proof, Secret, Timestamp, Validity, ValidityReason,
    Verification,
};

/// What suppressed a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuppressedBy {
    /// The operator's allow-list.
    Allowlist,
    /// An entry of a baseline.
    Baseline,
    /// Marks on the lines on which it stands, all of them.
    Inline,
}

impl SuppressedBy {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowlist => "allowlist",
            Self::Baseline => "baseline",
            Self::Inline => "inline",
        }
    }
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// By what.
    pub by: SuppressedBy,
    /// The reason that was written down.
    pub reason: String,
}

/// Why a suppression does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Overruling {
    /// The service accepts the token: it is a leak whatever was written down.
    Active,
    /// The entry of the baseline has expired.
    Expired,
}

impl Overruling {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
        }
    }
}

/// A suppression that was written down and does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overruled {
    /// The suppression.
    pub suppression: Suppression,
    /// Why it does not hold.
    pub why: Overruling,
}

/// One token, with every place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its id.
    pub id: FindingId,
    /// The id of the rule.
    pub rule: Arc<str>,
    /// The token.
    pub secret: Secret,
    /// Why it is believed.
    pub proof: Proof,
    /// Where the token says when it was issued.
    pub issued: Option<IssueMonth>,
    /// Where the token says when it expires.
    pub expires: Option<Timestamp>,
    /// Whether it still works, and why so.
    pub validity: ValidityReason,
    /// How that is known, where the service was to be asked.
    pub verification: Option<Box<Verification>>,
    /// Organisations named with it, strongest evidence first, then by name; each once.
    pub organizations: Vec<Clue>,
    /// Where it can still be had, if it stands in a repository.
    pub exposure: Option<Exposure>,
    /// Why it does not count, if so.
    pub suppressed: Option<Suppression>,
    /// What would have suppressed it, if it did not count all the same.
    pub overruled: Option<Overruled>,
    /// How many occurrences there are, those beyond the limit included.
    pub occurrence_count: u64,
    /// The first ones in report order.
    pub occurrences: Vec<Occurrence>,
}

impl Finding {
    /// Whether the service may be asked about it: what a baseline or a line suppresses counts again
    /// when it turns out to be active; what the operator's allow-list does is left alone.
    pub fn may_be_asked_about(&self) -> bool {
        let by = self.suppressed.as_ref().map(|suppression| suppression.by);
        by != Some(SuppressedBy::Allowlist)
    }
}

/// One place where a token stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// In which stream.
    pub origin: Origin,
    /// Where in it; `None` in a name.
    pub position: Option<Position>,
    /// The layers around the token, outermost first.
    pub encodings: Vec<Encoding>,
    /// The line it stands on.
    pub excerpt: Option<Excerpt>,
    /// Whether a mark on its line asks for it to be passed over, and counts.
    pub is_ignored: bool,
}

/// What kind of thing was named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// A file or folder.
    Path,
    /// Standard input.
    Stdin,
    /// A git repository, with its history.
    Repository,
}

impl TargetKind {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Stdin => "stdin",
            Self::Repository => "repository",
        }
    }
}

/// A target as the report names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSummary {
    /// What it is.
    pub kind: TargetKind,
    /// As given.
    pub path: BytePath,
    /// The commit at `HEAD` of a repository.
    pub head: Option<ObjectId>,
}

/// A baseline that was applied, as the report names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineSummary {
    /// Where it was read, as given.
    pub path: BytePath,
    /// How many entries it has.
    pub entries: u64,
    /// How many tokens it names that were found and have not expired; those that count all the
    /// same because they are active included.
    pub matched: u64,
}

/// Totals of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Bytes scanned, unpacked.
    pub bytes: u64,
    /// Files scanned.
    pub files: u64,
    /// Objects of git repositories scanned.
    pub objects: u64,
    /// Wall time.
    pub seconds: f64,
}

/// Everything a run has to say, in report order.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What was asked for.
    pub targets: Vec<TargetSummary>,
    /// The tokens.
    pub findings: Vec<Finding>,
    /// What was not read, sorted.
    pub problems: Vec<Problem>,
    /// The kinds of problem that the operator knows of and takes for no gap.
    pub accepted: BTreeSet<ProblemKind>,
    /// What was read.
    pub coverage: Coverage,
    /// Totals.
    pub summary: Summary,
    /// Whether the run was cut short by the operator.
    pub interrupted: bool,
    /// Encoded runs met in names, so that reporters can redact paths of them.
    pub name_runs: Vec<Secret>,
    /// The baseline that was applied.
    pub baseline: Option<BaselineSummary>,
}

impl Report {
    /// Takes back what suppresses tokens that the service accepts. The operator's allow-list holds.
    pub fn overrule_active(&mut self) {
        for finding in &mut self.findings {
            let is_active = finding.validity.validity() == Validity::Active;
            if is_active && finding.may_be_asked_about() {
                let suppression = finding.suppressed.take();
                let overruled = suppression.map(|suppression| Overruled {
                    suppression,
                    why: Overruling::Active,
                });
                finding.overruled = overruled.or(finding.overruled.take());
            }
        }
    }

    /// Whether everything eligible was read, but for what the operator accepts.
    pub fn is_complete(&self) -> bool {
        !self.interrupted && self.problems.iter().all(|problem| self.accepts(problem))
    }

    /// Whether the operator accepts that this was not read.
    pub fn accepts(&self, problem: &Problem) -> bool {
        self.accepted.contains(&problem.kind)
    }
}
