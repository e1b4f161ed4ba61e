//! `baseline`: keeps the list of leaks that are known and passed over.

mod add;
mod check;
mod explain;
mod file;
mod prune;

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(super) use self::add::{Remarks, Token, add, note_down};
pub(super) use self::check::check;
pub(super) use self::explain::explain;
pub(super) use self::prune::prune;

use super::args::{BaselineFile, Common, Known, Looking, Scan};
use super::config;
use super::console::Console;
use super::environment::Environment;
use super::exit::{Complaint, Exit, Failure};
use super::interrupt;
use super::settings::{self, Settings};
use crate::model::{BytePath, Finding, FindingId, Report, Timestamp};
use crate::report::{Redactor, Slash, count, escape_for_terminal};
use crate::rules::input;
use crate::scan::Progress;
use crate::sources::{self, git};
use crate::triage::baseline::{self, Baseline, FILE_NAME, Flaw};

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum BaselineError {
    /// The system refuses.
    #[error("cannot read the baseline {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}:{flaw}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What and where.
        flaw: Flaw,
    },
}

impl From<BaselineError> for Failure {
    fn from(error: BaselineError) -> Self {
        let hint = match &error {
            BaselineError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("`patsweep baseline add` writes one".to_owned())
            }
            BaselineError::Read { .. } => None,
            BaselineError::Broken { flaw, .. } => Some(flaw.hint().to_owned()),
        };
        Self::new(&error, hint)
    }
}

/// A baseline, and the file it was read from.
#[derive(Debug)]
pub(super) struct Named {
    /// As given.
    pub(super) path: PathBuf,
    /// What it says.
    pub(super) baseline: Baseline,
    /// What the file holds.
    bytes: Vec<u8>,
}

impl Named {
    /// Reads the baseline at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, BaselineError> {
        let bytes = input::read(path).map_err(|source| BaselineError::Read {
            path: path.to_owned(),
            source,
        })?;
        let baseline = Baseline::parse(&bytes).map_err(|flaw| BaselineError::Broken {
            path: path.to_owned(),
            flaw,
        })?;
        Ok(Self {
            path: path.to_owned(),
            baseline,
            bytes,
        })
    }

    /// The same; an empty one if there is no file.
    pub(super) fn read_or_new(path: &Path) -> Result<Self, BaselineError> {
        match Self::read(path) {
            Err(BaselineError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(Self {
                    path: path.to_owned(),
                    baseline: Baseline::default(),
                    bytes: Vec::new(),
                })
            }
            read => read,
        }
    }

    /// Suppresses what it knows of `report`.
    pub(super) fn apply(&self, report: &mut Report, now: Timestamp) {
        let path = BytePath::from(self.path.as_path());
        baseline::apply(report, &self.baseline, path, now);
    }

    /// Writes it back, if it is not what the file holds.
    fn save(&self) -> Result<(), Failure> {
        let bytes = self.baseline.to_bytes();
        if bytes == self.bytes {
            return Ok(());
        }
        file::write(&self.path, &bytes)
    }
}

/// The baseline that is meant: that of the flag, of the configuration, of the repository, in this
/// order.
pub(super) fn path(
    common: &Common,
    given: &BaselineFile,
    environment: &Environment,
) -> Result<PathBuf, Failure> {
    if let Some(path) = &given.baseline {
        return Ok(path.clone());
    }
    let configured = config::load(common, environment)?.baseline;
    Ok(
        configured.unwrap_or_else(|| match git::around(Path::new(".")) {
            Some(root) => root.join(FILE_NAME),
            None => PathBuf::from(FILE_NAME),
        }),
    )
}

/// Where tokens are looked for.
pub(super) fn roots(looking: &Looking) -> Vec<PathBuf> {
    if !looking.targets.is_empty() {
        return looking.targets.clone();
    }
    let root = git::around(Path::new("."));
    vec![root.unwrap_or_else(|| PathBuf::from("."))]
}

/// Finds all tokens, whatever suppresses them: in the targets, else in the repository around the
/// current folder, else in that folder.
pub(super) fn look(
    common: &Common,
    looking: &Looking,
    environment: &Environment,
) -> Result<Report, Failure> {
    let args = Scan {
        targets: roots(looking),
        rules: looking.rules.clone(),
        exclude: looking.exclude.clone(),
        jobs: looking.jobs,
        known: Known {
            no_inline_ignores: true,
            ..Known::default()
        },
        ..Scan::default()
    };
    let Settings { scan, .. } = settings::resolve(common, &args, &[], environment)?;
    sources::check(&scan.targets, &scan.sources).map_err(|errors| Failure {
        complaints: errors.iter().map(Complaint::from).collect(),
    })?;
    let stop = Arc::new(AtomicBool::new(false));
    let console = Console::new(common, environment);
    if let Err(error) = interrupt::listen(&stop, console) {
        console.detail(format_args!("Ctrl-C will end this at once: {error}"));
    }
    let report = crate::scan::run(&scan, &Arc::new(Progress::default()), &stop);
    if !report.is_complete() {
        let problems = count(report.problems.len() as u64, "problem");
        console.note(format_args!(
            "the scan was incomplete, with {problems}; `patsweep scan` lists them"
        ));
    }
    Ok(report)
}

/// How a command ends that did what it could after the scan of `report`.
pub(super) fn ending(report: &Report) -> Exit {
    if report.interrupted {
        Exit::Interrupted
    } else if report.is_complete() {
        Exit::Clean
    } else {
        Exit::Incomplete
    }
}

/// The finding of the token with this C3ID.
fn found<'r>(report: &'r Report, c3id: &str) -> Option<&'r Finding> {
    let is_it = |id: &FindingId| matches!(id, FindingId::C3id(id) if id == c3id);
    report.findings.iter().find(|finding| is_it(&finding.id))
}

/// Where a token stands first, as people read it.
pub(super) fn first_place(finding: &Finding, redactor: &Redactor) -> String {
    let Some(first) = finding.occurrences.first() else {
        return String::new();
    };
    let path = &first.origin.path;
    let path = redactor.redact_bytes(&path.0, Slash::Separates);
    let path = String::from_utf8_lossy(&path);
    // Messages and those who wrote them have no path.
    let mut text = match first.position {
        Some(position) if path.is_empty() => format!("line {} of the message", position.line),
        None if path.is_empty() => "whoever made it".to_owned(),
        Some(position) => format!("{}:{}", escape_for_terminal(&path), position.line),
        None => escape_for_terminal(&path).into_owned(),
    };
    let commit = first
        .origin
        .git
        .as_ref()
        .and_then(|git| git.commit.as_ref());
    if let Some(commit) = commit {
        // Writing to a string does not fail.
        let _ = write!(text, " in commit {:.12}", commit.id.to_string());
    }
    text
}
