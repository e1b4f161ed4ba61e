//! Reads git repositories: every object of their databases, each once.
//!
//! ```text
//! git folder ──▶ repository ──▶ store ──▶ pass ──▶ object ──▶ Sink
//!                    │            │        │ │
//!                    │            │        │ └ loose
//!                    │            │        └ pack (delta order, all threads)
//!                    │            └ table: each name once, and what it is
//!                    └──▶ refs, reflog, lfs
//! ```
//!
//! Packs are decoded whole. Where that stops at damage, what it left out is read object by object,
//! so that only the damaged ones and those built on them are lost.

mod attribution;
mod commit;
mod lfs;
mod links;
mod loose;
mod object;
mod pack;
pub mod part;
mod pass;
mod paths;
mod place;
mod reflog;
mod refs;
pub(super) mod repository;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod visit;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use self::reflog::Reflog;
use self::refs::References;
use self::store::{Store, Unopened};
use self::visit::{Seen, Visit};
use super::file::Reader;
use super::{Options, Sinks};
use crate::model::{
    BytePath, ObjectId, Origin, Outcome, Outside, Problem, ProblemKind, Sink, SourceKind, Unit,
};

pub use place::{Hit, Placed};
pub use repository::{Repository, around, join};

/// What of repositories is read.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The files of work trees, and what is staged in them.
    pub worktree: bool,
    /// History.
    pub history: bool,
    /// Of history, only what references, `HEAD`, stashes and the index lead to.
    pub reachable_only: bool,
    /// Nothing but this part of history.
    pub part: Option<part::Part>,
    /// Objects of more bytes are left out.
    pub max_object_size: usize,
}

impl Scope {
    /// Whether the history of a repository is read whole.
    pub fn reads_all(&self) -> bool {
        self.history && self.part.is_none()
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            worktree: true,
            history: true,
            reachable_only: false,
            part: None,
            max_object_size: 1 << 30,
        }
    }
}

/// What was read of a repository, kept to say where its objects stand.
pub struct History<'r> {
    repository: &'r Repository,
    store: Store,
    references: References,
    reflogs: Vec<Reflog>,
    /// Commits whose parents a shallow clone left out.
    shallow: BTreeSet<ObjectId>,
}

impl History<'_> {
    /// The commit at `HEAD`.
    pub fn head(&self) -> Option<ObjectId> {
        self.references.head
    }

    /// The URLs of its remotes.
    pub fn remotes(&self) -> Vec<Vec<u8>> {
        self.repository.remotes()
    }

    /// Whether `file`, named as in reports, is one of its work tree, and not of git.
    pub fn is_checked_out(&self, file: &BytePath) -> bool {
        let path = paths::from_bytes(&file.0);
        let name = paths::from_bytes(&self.repository.name.0);
        let inside = match self.repository.name.0.as_slice() {
            b"." if path.is_relative() => Some(path.as_path()),
            _ => path.strip_prefix(&name).ok(),
        };
        inside.is_some_and(|inside| inside.components().all(|part| part.as_os_str() != ".git"))
    }
}

/// Scans all of `repository` that is not in its work trees, but for the objects in the folders
/// `read`, to which its own are added; `None` if it must not be read.
pub fn scan<'r>(
    repository: &'r Repository,
    options: &Options,
    read: &mut BTreeSet<PathBuf>,
    sinks: &Sinks<'_>,
) -> Option<History<'r>> {
    let mut teller = Teller {
        repository,
        sink: sinks(),
    };
    let Ok(references) = refs::read(repository, &options.git) else {
        teller.not_owned();
        return None;
    };
    for message in &references.unread {
        teller.problem(&repository.common, ProblemKind::References, message.clone());
    }
    let (folders, unopened) = store::folders(&repository.objects());
    teller.unopened(unopened);
    let (store, unopened) = Store::open(&folders, repository.hash(), options.git.max_object_size);
    teller.unopened(unopened);
    let is_partial = repository.is_partial() || store.is_partial;
    let shared = if read.is_empty() {
        Vec::new()
    } else {
        store.standing_in(read)
    };
    read.extend(folders.iter().cloned());
    let visit = Visit::new(
        &store,
        repository.place(None),
        is_partial,
        shared,
        options.limits,
        sinks,
    );
    let seen = read_objects(&store, &folders, visit, options);
    let (reflogs, unread) = reflog::all(repository);
    for (path, error) in unread {
        teller.problem(
            &path,
            ProblemKind::Unreadable,
            format!("cannot read it: {error}"),
        );
    }
    teller.reflogs(&reflogs);
    let mut outside = Outside {
        lfs_absent: read_lfs(&seen, repository, options, sinks),
        missing_promisor: seen.missing.len() as u64,
        ..Outside::default()
    };
    if outside.missing_promisor > 0 {
        teller.problem(
            &repository.common,
            ProblemKind::Promisor,
            format!(
                "{} objects were left with the remote; `git fetch --refetch --no-filter` fetches them",
                outside.missing_promisor
            ),
        );
    }
    if outside.lfs_absent > 0 {
        teller.problem(
            &repository.common,
            ProblemKind::Lfs,
            format!(
                "{} files of LFS are not here; `git lfs fetch --all` fetches them",
                outside.lfs_absent
            ),
        );
    }
    let shallow = shallow(repository);
    outside.shallow_boundary = shallow.len() as u64;
    if !shallow.is_empty() {
        teller.problem(
            &repository.common,
            ProblemKind::Shallow,
            "its history is cut off; `git fetch --unshallow` fetches the rest".to_owned(),
        );
    }
    outside.submodules = submodules(repository, &references);
    teller.sink.outside(&outside);
    Some(History {
        repository,
        store,
        references,
        reflogs,
        shallow,
    })
}

/// Tells what is not an object.
struct Teller<'t, 's> {
    repository: &'t Repository,
    sink: Box<dyn Sink + Send + 's>,
}

impl Teller<'_, '_> {
    fn problem(&mut self, path: &Path, kind: ProblemKind, message: String) {
        let path = BytePath::from(self.repository.shown(path).as_path());
        self.sink.problem(Problem {
            path,
            kind,
            message,
        });
    }

    fn unopened(&mut self, unopened: Vec<Unopened>) {
        for part in unopened {
            self.problem(&part.path, part.kind, part.message);
        }
    }

    fn not_owned(&mut self) {
        // Git trusts what it is told: the work tree, or a repository that has none.
        let folder = quoted(&self.repository.top.display().to_string());
        self.problem(
            &self.repository.common,
            ProblemKind::NotOwned,
            format!("it belongs to another user, so its history is not read; `git config --global --add safe.directory {folder}` trusts it"),
        );
    }

    fn reflogs(&mut self, logs: &[Reflog]) {
        for log in logs {
            let origin = Origin {
                source: SourceKind::GitReflog,
                path: BytePath::from(self.repository.relative(&log.path)),
                git: Some(self.repository.place(None)),
            };
            self.sink.whole(&origin, &log.text);
            self.sink.count(Unit::File, Outcome::Scanned);
        }
    }
}

/// A path as it can be given to a shell.
fn quoted(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,:@".contains(&byte);
    if path.bytes().all(is_plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

/// Scans every object of `store`.
fn read_objects(
    store: &Store,
    folders: &[PathBuf],
    visit: Visit<'_, '_>,
    options: &Options,
) -> Seen {
    let pass = pass::Options {
        jobs: options.jobs,
        max_size: options.git.max_object_size,
    };
    let mut visitor = visit.visitor();
    let mut lost = pass::run(
        store,
        pass,
        |_| true,
        move |number, kind, bytes| visitor.object(number, kind, bytes),
    );
    let mut visitor = visit.visitor();
    // What is gone was perhaps packed while it was read.
    if !lost.is_empty()
        && let Some(now) = store.changed(folders, pass.max_size)
    {
        let (mut objects, mut bytes) = (now.objects(), Vec::new());
        lost.retain(|&number, _| {
            let found = now.table.find(store.table.id(number).as_bytes());
            let read = found.and_then(|found| objects.read(found, pass.max_size, &mut bytes));
            read.is_none_or(|kind| !visitor.object(number, kind, &bytes))
        });
    }
    for (number, why) in &lost {
        visitor.lost(*number, why);
    }
    drop(visitor);
    visit.finish()
}

/// Scans what LFS stores, and counts the files that pointers stand for and that are not there.
fn read_lfs(seen: &Seen, repository: &Repository, options: &Options, sinks: &Sinks<'_>) -> u64 {
    let stored = lfs::stored(repository);
    let mut reader = Reader::new(options, sinks());
    for path in &stored {
        if reader.stopped() {
            break;
        }
        let content = lfs::content(path);
        let pointer = seen
            .pointers
            .iter()
            .find(|pointer| Some(pointer.content) == content);
        reader.stand_in(Origin {
            source: SourceKind::GitLfs,
            path: BytePath::from(repository.relative(path)),
            git: Some(repository.place(pointer.map(|pointer| pointer.blob))),
        });
        reader.file(path);
    }
    let stored = lfs::contents(&stored);
    let wanted: BTreeSet<_> = seen
        .pointers
        .iter()
        .map(|pointer| pointer.content)
        .collect();
    wanted.difference(&stored).count() as u64
}

/// The commits whose parents a shallow clone left out.
fn shallow(repository: &Repository) -> BTreeSet<ObjectId> {
    let text = fs::read(repository.common.join("shallow")).unwrap_or_default();
    text.split(|&byte| byte == b'\n')
        .filter_map(ObjectId::from_hex)
        .collect()
}

/// How many submodules are not checked out.
fn submodules(repository: &Repository, references: &References) -> u64 {
    let staged = references
        .staged
        .iter()
        .filter(|staged| staged.is_submodule);
    let absent = staged.filter(|staged| {
        let path = paths::from_bytes(&staged.path.0);
        !repository.top.join(&path).join(".git").exists()
            && !repository.common.join("modules").join(&path).exists()
    });
    absent.count() as u64
}
