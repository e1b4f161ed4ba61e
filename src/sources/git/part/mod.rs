//! Parts of history: what a range of commits brings, and what is staged. The rest of the database
//! is never touched.

mod range;
mod staged;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use git2::{ObjectType, Odb, Oid};
use thiserror::Error;

use super::object::Scanner;
use super::pack::Lost;
use super::refs;
use crate::model::{
    BytePath, Commit, GitPlace, ObjectId, ObjectKind, Problem, ProblemKind, SourceKind,
};
use crate::sources::{Options, Sinks};

/// Bytes of the names that git2 knows.
const SHA1: usize = 20;

/// Blobs that are worth a thread of their own.
const SHARE: usize = 64;

/// Which part of history is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is new to the last revision of `A..B`, `A...B` or `B`.
    Range(String),
    /// Commits of this date (RFC 3339 or only its day) and later, or those that a revision does
    /// not lead to.
    Since(String),
    /// The index against `HEAD`.
    Staged {
        /// Another index than that of the repository.
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
        /// What git2 says.
        message: String,
    },
    /// Nothing is named so.
    #[error("cannot find the revision '{revision}' in {}: {message}", path.display())]
    Revision {
        /// As given.
        revision: String,
        /// The target.
        path: PathBuf,
        /// What git2 says.
        message: String,
    },
}

/// Something new, and where it stands.
struct Item {
    source: SourceKind,
    path: Vec<u8>,
    blob: Oid,
    commit: Option<Arc<Commit>>,
}

/// What is to be scanned.
#[derive(Default)]
struct Work {
    /// Blobs, each once at each path.
    items: Vec<Item>,
    /// Commits and tags with their messages.
    messages: Vec<(Oid, Option<Arc<Commit>>)>,
    /// Paths that are new, with what they name.
    names: Vec<(Vec<u8>, Oid, Option<Arc<Commit>>)>,
}

/// Whether `part` can be read of the repository at or around `path`.
///
/// # Errors
///
/// [`PartError`] names what is wrong.
pub fn check(path: &Path, part: &Part) -> Result<(), PartError> {
    let repository = open(path)?;
    match part {
        Part::Range(range) => range::commits(&repository, path, range).map(drop),
        Part::Since(since) => range::since(&repository, path, since).map(drop),
        Part::Staged { .. } => Ok(()),
    }
}

/// Scans `part` of the repository at or around `path`.
///
/// # Errors
///
/// As [`check`], where the repository has changed since.
pub fn scan(
    path: &Path,
    part: &Part,
    options: &Options,
    sinks: &Sinks<'_>,
) -> Result<(), PartError> {
    let repository = open(path)?;
    let name = Arc::new(BytePath::from(path));
    let work = match part {
        Part::Range(range) => range::work(&repository, range::commits(&repository, path, range)?),
        Part::Since(since) => range::work(&repository, range::since(&repository, path, since)?),
        Part::Staged { index } => staged::work(&repository, index.as_deref()),
    };
    let work = match work {
        Ok(work) => work,
        Err(error) => {
            sinks().problem(Problem {
                path: name.as_ref().clone(),
                kind: ProblemKind::References,
                message: format!("cannot tell what is new: {}", error.message()),
            });
            return Ok(());
        }
    };
    let reader = Reader {
        name,
        options,
        sinks,
    };
    reader.describe(&repository, &work);
    reader.blobs(&repository, &work.items);
    Ok(())
}

/// The commit at `HEAD` of the repository at or around `path`.
#[must_use]
pub fn head(path: &Path) -> Option<ObjectId> {
    let repository = open(path).ok()?;
    let head = repository.head().ok()?.peel_to_commit().ok()?;
    refs::id(head.id())
}

fn open(path: &Path) -> Result<git2::Repository, PartError> {
    git2::Repository::discover(path).map_err(|error| PartError::Repository {
        path: path.to_path_buf(),
        message: error.message().to_owned(),
    })
}

/// Reads what is new into sinks.
struct Reader<'r, 's> {
    name: Arc<BytePath>,
    options: &'r Options,
    sinks: &'r Sinks<'s>,
}

impl<'s> Reader<'_, 's> {
    fn place(&self, object: Oid, commit: Option<&Arc<Commit>>) -> GitPlace {
        GitPlace {
            repository: self.name.clone(),
            object: refs::id(object),
            commit: commit.cloned(),
            reachable: Some(true),
            kept_by: None,
        }
    }

    fn scanner(&self) -> Scanner<'static, 's> {
        let nowhere = GitPlace {
            repository: self.name.clone(),
            object: None,
            commit: None,
            reachable: None,
            kept_by: None,
        };
        Scanner::new((self.sinks)(), nowhere, SHA1, self.options.limits)
    }

    /// Scans messages and names.
    fn describe(&self, repository: &git2::Repository, work: &Work) {
        let mut scanner = self.scanner();
        for (path, named, commit) in &work.names {
            scanner.name_at(path, self.place(*named, commit.as_ref()));
        }
        let Ok(odb) = repository.odb() else { return };
        for (id, commit) in &work.messages {
            let place = self.place(*id, commit.as_ref());
            match odb.read(*id) {
                Ok(object) => scanner.message_at(kind(object.kind()), place, object.data()),
                Err(error) => scanner.lost(place, ObjectKind::Commit, &corrupt(&error)),
            }
        }
    }

    /// Scans contents, on all threads if there are many.
    fn blobs(&self, repository: &git2::Repository, items: &[Item]) {
        let next = AtomicUsize::new(0);
        let work = |repository: &git2::Repository| {
            let mut scanner = self.scanner();
            let Ok(odb) = repository.odb() else { return };
            while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                if scanner.stopped() {
                    return;
                }
                self.blob(&odb, item, &mut scanner);
            }
        };
        let threads = self.options.jobs.min(items.len() / SHARE);
        let (path, work) = (repository.path().to_path_buf(), &work);
        thread::scope(|scope| {
            for _ in 1..threads {
                let path = &path;
                scope.spawn(move || {
                    if let Ok(repository) = git2::Repository::open(path) {
                        work(&repository);
                    }
                });
            }
            work(repository);
        });
    }

    fn blob(&self, odb: &Odb<'_>, item: &Item, scanner: &mut Scanner<'_, '_>) {
        let place = self.place(item.blob, item.commit.as_ref());
        let size = odb.read_header(item.blob).map_or(0, |(size, _)| size);
        if size > self.options.git.max_object_size {
            scanner.lost(place, ObjectKind::Blob, &Lost::TooLarge(size as u64));
            return;
        }
        match odb.read(item.blob) {
            Ok(object) => {
                scanner.blob_at(item.source, &item.path, place, object.data());
            }
            Err(error) => scanner.lost(place, ObjectKind::Blob, &corrupt(&error)),
        }
    }
}

fn corrupt(error: &git2::Error) -> Lost {
    Lost::Corrupt(error.message().to_owned())
}

fn kind(kind: ObjectType) -> ObjectKind {
    match kind {
        ObjectType::Blob => ObjectKind::Blob,
        ObjectType::Tree => ObjectKind::Tree,
        ObjectType::Commit => ObjectKind::Commit,
        ObjectType::Tag => ObjectKind::Tag,
        ObjectType::Any => ObjectKind::Unknown,
    }
}
