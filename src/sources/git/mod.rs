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

mod absent;
mod attribution;
mod commit;
mod delta;
mod deltas;
mod head;
mod hooks;
mod lfs;
mod links;
mod lookup;
mod loose;
mod object;
mod objects;
mod pack;
mod pack_index;
pub mod part;
mod pass;
mod paths;
mod place;
mod program;
mod reach;
mod reflog;
mod refs;
pub(super) mod repository;
mod scope;
mod staging;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod versions;
mod visit;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use self::deltas::Verdict;
use self::pack::Lost;
use self::reflog::Reflog;
use self::refs::References;
use self::store::{Store, Unopened};
use self::visit::{Seen, Visit};
use super::file::{self, Reader};
use super::{Options, Sinks};
use crate::model::{
    BytePath, ObjectId, ObjectKind, Origin, Outcome, Outside, Problem, ProblemKind, Sink,
    SourceKind, Unit, Version,
};

pub use hooks::{HooksFolder, hooks_folder};
pub(super) use paths::from_bytes as path_from_bytes;
pub use place::{Hit, Placed};
pub use reach::{Reach, reaches};
pub use repository::{Repository, around, join};
pub use scope::Scope;

/// What is told of a shallow clone.
const CUT_OFF: &str = "its history is cut off; `git fetch --unshallow` fetches the rest";

/// What was read of a repository, kept to say where its objects stand.
pub struct History<'r> {
    repository: &'r Repository,
    store: Store,
    references: References,
    /// Whether all is known that leads to objects.
    is_known: bool,
    reflogs: Vec<Reflog>,
    /// Commits whose parents a shallow clone left out.
    shallow: BTreeSet<ObjectId>,
    /// By number, whether the object was scanned with another repository; none where nothing was.
    shared: Vec<bool>,
    /// Whether another repository has some of its object folders, too.
    is_lender: bool,
}

/// The object folders of the repositories of a run: several may have the same.
#[derive(Debug, Default)]
pub struct Databases {
    read: BTreeSet<PathBuf>,
    of_several: BTreeSet<PathBuf>,
}

impl Databases {
    /// Those of `repositories`, of which nothing is read yet.
    pub fn of(repositories: &[Repository]) -> Self {
        let (mut met, mut databases) = (BTreeSet::new(), Self::default());
        for repository in repositories {
            let (folders, _) = store::folders(&repository.objects());
            for folder in folders {
                if let Some(again) = met.replace(folder) {
                    databases.of_several.insert(again);
                }
            }
        }
        databases
    }
}

impl History<'_> {
    /// Whether another repository has some of its objects, too.
    pub fn is_lender(&self) -> bool {
        self.is_lender
    }

    /// Whether what was found at `origin` in another repository may stand in this one, too, and was
    /// not scanned again.
    pub fn shares(&self, origin: &Origin) -> bool {
        match origin.source {
            SourceKind::GitObject | SourceKind::GitMessage => self
                .number(origin)
                .and_then(|number| self.shared.get(number.0 as usize))
                .is_some_and(|&shared| shared),
            // Which tree has it is not known.
            SourceKind::GitName => self.shared.contains(&true),
            _ => false,
        }
    }

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

/// Scans all of `repository` that is not in its work trees, but for the objects in folders that were
/// read with another one; `None` if it must not be read.
pub fn scan<'r>(
    repository: &'r Repository,
    options: &Options,
    databases: &mut Databases,
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
    let mut is_whole = unopened.is_empty();
    teller.unopened(unopened);
    let (store, unopened) = Store::open(&folders, repository.hash(), options.git.max_object_size);
    is_whole &= unopened.is_empty();
    teller.unopened(unopened);
    let is_partial = repository.is_partial() || store.is_partial;
    let is_lender = folders.iter().any(|it| databases.of_several.contains(it));
    let shared = if is_lender {
        store.standing_in(&databases.read)
    } else {
        Vec::new()
    };
    databases.read.extend(folders);
    let visit = Visit::new(
        &store,
        repository.place(None),
        &shared,
        options.limits,
        sinks,
    );
    let (seen, is_read) = read_objects(&store, visit, options);
    is_whole &= is_read;
    teller.dangling(&references, &store, is_partial);
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
        ..Outside::default()
    };
    let shallow = shallow(repository);
    outside.shallow_boundary = shallow.len() as u64;
    if !shallow.is_empty() {
        teller.problem(&repository.common, ProblemKind::Shallow, CUT_OFF.to_owned());
    }
    outside.submodules = submodules(repository, &references);
    let mut history = History {
        repository,
        is_known: is_whole && references.are_read,
        store,
        references,
        reflogs,
        shallow,
        shared,
        is_lender,
    };
    let missing = if is_partial {
        outside.missing_promisor = seen.missing.len() as u64;
        seen.missing
    } else if is_whole && !seen.missing.is_empty() {
        absent::in_history(&history, seen.missing, options.git.max_object_size)
    } else {
        HashMap::new()
    };
    history.is_known &= missing.values().all(|&kind| kind == ObjectKind::Blob);
    teller.missing(missing.into_keys().collect(), is_partial);
    if outside.lfs_absent > 0 {
        teller.problem(
            &repository.common,
            ProblemKind::Lfs,
            left_with_lfs(outside.lfs_absent),
        );
    }
    teller.sink.outside(&outside);
    Some(history)
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
        self.problem(
            &self.repository.common,
            ProblemKind::NotOwned,
            not_owned(&self.repository.top),
        );
    }

    /// Tells of references and of what is staged whose objects are not there.
    fn dangling(&mut self, references: &References, store: &Store, is_partial: bool) {
        let is_there = |id: &ObjectId| store.table.find(id.as_bytes()).is_some();
        let head = references.head.iter().map(|id| ("HEAD".to_owned(), *id));
        let refs = references.all.iter().cloned();
        let mut missing: Vec<_> = head.chain(refs).filter(|(_, id)| !is_there(id)).collect();
        if !is_partial {
            let staged = references.staged.iter().filter(|it| !it.is_submodule);
            let staged = staged.filter(|it| !is_there(&it.object));
            missing.extend(staged.map(|it| (it.path.to_text().into_owned(), it.object)));
        }
        if let Some((name, id)) = missing.first() {
            let more = match missing.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more are missing"),
            };
            self.problem(
                &self.repository.common,
                ProblemKind::References,
                format!("the object {id} that {name} names is not there{more}"),
            );
        }
    }

    /// Tells of objects that others name and that are not there.
    fn missing(&mut self, mut missing: Vec<ObjectId>, is_partial: bool) {
        missing.sort();
        let Some(first) = missing.first() else {
            return;
        };
        let (kind, message) = if is_partial {
            (
                ProblemKind::Promisor,
                left_with_remote(missing.len() as u64),
            )
        } else {
            (ProblemKind::Vanished, not_there(first, missing.len()))
        };
        self.problem(&self.repository.common, kind, message);
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

/// How a repository of another user is trusted, which stands at `top`: git trusts what it is told,
/// the work tree, or a repository that has none.
fn not_owned(top: &Path) -> String {
    let folder = quoted(&top.display().to_string());
    format!(
        "it belongs to another user, so its history is not read; \
         `git config --global --add safe.directory {folder}` trusts it"
    )
}

/// What is told of so many objects that a partial clone lacks.
fn left_with_remote(count: u64) -> String {
    let (objects, them) = match count {
        1 => ("1 object was", "it"),
        _ => (&*format!("{count} objects were"), "them"),
    };
    format!("{objects} left with the remote; `git fetch --refetch --no-filter` fetches {them}")
}

/// What is told of so many objects, `first` among them, that a complete clone lacks.
fn not_there(first: &ObjectId, count: usize) -> String {
    let (objects, them) = match count {
        1 => (
            format!("the object {first} that its history names is"),
            "it",
        ),
        _ => (
            format!("{count} objects that its history names, {first} among them, are"),
            "them",
        ),
    };
    format!("{objects} not there; `git fetch --refetch` fetches {them} where a remote has {them}")
}

/// What is told of so many files that LFS has not fetched.
fn left_with_lfs(count: u64) -> String {
    match count {
        1 => "1 file of LFS is not here; `git lfs fetch --all` fetches it".to_owned(),
        _ => format!("{count} files of LFS are not here; `git lfs fetch --all` fetches them"),
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

/// Scans every object of `store`; false if some could not be read, other than for their size.
fn read_objects(store: &Store, visit: Visit<'_, '_>, options: &Options) -> (Seen, bool) {
    let pass = pass::Options {
        jobs: options.jobs,
        max_size: options.git.max_object_size,
    };
    let mut visitor = visit.visitor();
    let mut lost = pass::run(
        store,
        pass,
        |_| true,
        move |number, kind, version| visitor.object(number, kind, version),
    );
    let mut visitor = visit.visitor();
    // What is gone was perhaps packed while it was read.
    if !lost.is_empty()
        && let Some(now) = store.changed(pass.max_size)
    {
        let (mut objects, mut bytes) = (now.lookup(pass.max_size), Vec::new());
        lost.retain(|&number, why| {
            if matches!(why, Lost::Misnamed) {
                return true;
            }
            let read = objects.read(&store.table.id(number), &mut bytes);
            read.map_or(true, |kind| {
                visitor.object(number, kind, Version::first(&bytes)) == Verdict::Enough
            })
        });
    }
    for (number, why) in &lost {
        visitor.lost(*number, why);
    }
    drop(visitor);
    let is_large = |why: &Lost| matches!(why, Lost::TooLarge(_));
    (visit.finish(), lost.values().all(is_large))
}

/// Scans what LFS stores, and counts the files that pointers stand for and that are not there.
fn read_lfs(seen: &Seen, repository: &Repository, options: &Options, sinks: &Sinks<'_>) -> u64 {
    let stored = lfs::stored(repository);
    // Of several pointers to a file the one with the smallest name is told.
    let mut pointers = BTreeMap::new();
    for pointer in &seen.pointers {
        pointers.entry(pointer.content).or_insert(pointer.blob);
    }
    let mut reader = Reader::new(options, sinks());
    for path in &stored {
        if reader.stopped() {
            break;
        }
        let pointer = lfs::content(path).and_then(|content| pointers.get(&content));
        reader.stand_in(Origin {
            source: SourceKind::GitLfs,
            path: BytePath::from(repository.relative(path)),
            git: Some(repository.place(pointer.copied())),
        });
        reader.file(path);
    }
    let stored = lfs::contents(&stored);
    let absent = pointers.keys().filter(|it| !stored.contains(it));
    absent.count() as u64
}

/// The commits whose parents a shallow clone left out.
fn shallow(repository: &Repository) -> BTreeSet<ObjectId> {
    let text = file::read(&repository.common.join("shallow")).unwrap_or_default();
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
