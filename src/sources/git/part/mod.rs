//! Parts of history: what a range of commits brings, and what is staged. The rest of the database
//! is never touched.
//!
//! ```text
//! revision ──▶ walk ──▶ diff ──┐
//!            (commits) (trees) ├──▶ Work ──▶ Reader ──▶ Sink
//!              index ──▶ staged┘
//! ```
//!
//! References and the index come from git2; every object is read by `objects`, which survives
//! what git2 does not.

mod checkout;
mod diff;
mod excluded;
mod lineage;
pub mod named;
mod opened;
mod range;
mod reader;
mod revision;
mod sent;
mod staged;
mod tracking;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

pub use self::checkout::{Checkout, State};
use self::opened::Opened;
use self::range::Ends;
use self::reader::Reader;
pub use self::sent::{Sent, There};
use self::staged::Staged;
pub use self::tracking::Remote;

use crate::model::{
    BytePath, Commit, ObjectId, ObjectKind, Outcome, Problem, ProblemKind, SkipReason, SourceKind,
    Unit,
};
use crate::sources::git::Scope;
use crate::sources::{Options, Sinks};

/// Which part of history is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is new to the last revision of `A..B`, `A...B` or `B`.
    Range(String),
    /// Commits of this date (RFC 3339 or only its day) and later, or those that a revision does
    /// not lead to.
    Since(String),
    /// What a push brings.
    Sent(Sent),
    /// The index against `HEAD`.
    Staged {
        /// Another index than its own, unless the current folder is in another work tree.
        index: Option<PathBuf>,
    },
}

/// Why a part of history can not be read.
#[derive(Debug, Error)]
pub enum PartError {
    /// The target is in no repository, or in one that git2 can not open.
    #[error("cannot open a git repository at {}: {message}", path.display())]
    Repository {
        /// The target.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// It belongs to another user, and git trusts it only when told to.
    #[error("{message}")]
    NotOwned {
        /// Its git folder.
        path: PathBuf,
        /// How to trust it.
        message: String,
    },
    /// Nothing is named so.
    #[error("cannot find the revision '{revision}' in {}: {message}", path.display())]
    Revision {
        /// As given.
        revision: String,
        /// The target.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A file of a commit is damaged, or not here.
    #[error("cannot read {name} in {}: {message}", path.display())]
    File {
        /// From the root of the repository.
        name: String,
        /// The target.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// There is no such index.
    #[error("cannot read the index {}: {message}", path.display())]
    Index {
        /// Of the environment, or where one would be.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl PartError {
    /// What it is where it is met only once the scan is under way.
    pub(in crate::sources) fn problem(self, target: &Path) -> Problem {
        let (path, kind) = match &self {
            Self::NotOwned { path, .. } => (path.as_path(), ProblemKind::NotOwned),
            _ => (target, ProblemKind::References),
        };
        Problem {
            path: BytePath::from(path),
            kind,
            message: self.to_string(),
        }
    }
}

/// Something new, and where it stands.
struct Item {
    source: SourceKind,
    path: Vec<u8>,
    blob: ObjectId,
    commit: Option<Arc<Commit>>,
}

/// What has moved and is nothing new, unless it was left out where it came from.
struct Moved {
    item: Item,
    /// Where it was.
    from: Vec<Vec<u8>>,
}

/// What is to be scanned.
#[derive(Default)]
struct Work {
    /// Blobs, each once at each path.
    items: Vec<Item>,
    /// Blobs that were moved.
    moved: Vec<Moved>,
    /// Commits and tags with their messages.
    messages: Vec<(ObjectId, Option<Arc<Commit>>)>,
    /// Paths that are new, with what they name.
    names: Vec<(Vec<u8>, ObjectId, Option<Arc<Commit>>)>,
    /// Names of references that are new.
    references: Vec<String>,
    /// Whether references or the index are known to lead to it.
    is_reachable: bool,
    /// Whether it goes on in commits that a shallow clone left out.
    is_cut: bool,
    /// What could not be found out.
    problems: Vec<(ProblemKind, String)>,
}

/// Whether `part` can be read of the repository at or around `path`. One of another user is no
/// error here: the scan tells of it.
///
/// # Errors
///
/// [`PartError`] names what is wrong.
pub fn check(path: &Path, part: &Part, scope: &Scope) -> Result<(), PartError> {
    let opened = match Opened::at(path, scope) {
        Err(PartError::NotOwned { .. }) => return Ok(()),
        opened => opened?,
    };
    let mut objects = opened.database.objects();
    match part {
        Part::Range(range) => Ends::of(&opened, &mut objects, range).map(drop),
        Part::Since(since) => range::start(&opened, &mut objects, since).map(drop),
        Part::Sent(sent) => sent::between(&opened, &mut objects, sent).map(drop),
        Part::Staged { index } => staged::file(&opened, index.as_deref()).map(drop),
    }
}

/// Scans `part` of the repository at or around `path`.
///
/// # Errors
///
/// As [`check`], where the repository has changed since, and if it belongs to another user.
pub fn scan(
    path: &Path,
    part: &Part,
    options: &Options,
    sinks: &Sinks<'_>,
) -> Result<(), PartError> {
    let opened = Opened::at(path, &options.git)?;
    let mut objects = opened.database.objects();
    let mut staged = None;
    let mut work = match part {
        Part::Range(range) => {
            let ends = Ends::of(&opened, &mut objects, range)?;
            range::between(&opened, &mut objects, ends)
        }
        Part::Since(since) => {
            let start = range::start(&opened, &mut objects, since)?;
            range::since(&opened, &mut objects, &start)
        }
        Part::Sent(sent) => {
            let between = sent::between(&opened, &mut objects, sent)?;
            sent::work(&opened, &mut objects, between)
        }
        Part::Staged { index } => {
            let staged = staged.insert(Staged::read(&opened, index.as_deref())?);
            staged::work(&opened, &mut objects, staged)
        }
    };
    if let Some(state) = &options.git.excluding {
        let excluded = excluded::leave_out(
            &opened,
            &mut objects,
            state,
            staged.as_ref(),
            &options.exclude,
            &mut work,
        )?;
        let mut sink = sinks();
        for _ in 0..excluded {
            let unit = Unit::Object(ObjectKind::Blob);
            sink.count(unit, Outcome::Skipped(SkipReason::Excluded));
        }
    }
    Reader::new(&opened.database, options, sinks).read(&work, objects);
    Ok(())
}

/// The commit at `HEAD` of the repository of which parts are read at `path`.
#[must_use]
pub fn head(path: &Path, scope: &Scope) -> Option<ObjectId> {
    opened::head(path, scope)
}
