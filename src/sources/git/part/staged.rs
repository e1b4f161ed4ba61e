//! What is staged: the index against `HEAD`.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::super::head::Head;
use super::super::object::{FOLDER, LINK, SUBMODULE};
use super::super::objects::Objects;
use super::super::staging::{self, Entry, entries};
use super::opened::Opened;
use super::{Item, Moved, PartError, Work, diff};
use crate::model::{ObjectId, ProblemKind, SourceKind};

/// An index, read once for all that is asked of it.
pub(super) struct Staged {
    path: PathBuf,
    /// Or why it cannot be read.
    index: Result<gix_index::File, gix_error::Error>,
}

impl Staged {
    /// Reads the index `named`, if that is of the repository that was asked for, else its own. One
    /// that is not there yet is empty.
    ///
    /// # Errors
    ///
    /// That it is no file.
    pub(super) fn read(opened: &Opened, named: Option<&Path>) -> Result<Self, PartError> {
        let path = file(opened, named)?;
        let index = staging::read(&path, opened.database.repository.hash());
        Ok(Self { path, index })
    }

    fn refused(&self, message: String) -> PartError {
        PartError::Index {
            path: self.path.clone(),
            message,
        }
    }

    fn entries(&self) -> Result<impl Iterator<Item = Entry<'_>>, PartError> {
        let index = self.index.as_ref();
        let index = index.map_err(|error| self.refused(error.to_string()))?;
        Ok(entries(index))
    }
}

/// The file of the index that is compared: `named`, if that is of the repository that was asked
/// for.
pub(super) fn file(opened: &Opened, named: Option<&Path>) -> Result<PathBuf, PartError> {
    let refused = |path: &Path, message: &str| PartError::Index {
        path: path.to_path_buf(),
        message: message.to_owned(),
    };
    let own = opened.database.folder.join("index");
    match named.filter(|_| is_meant(opened)) {
        Some(named) if !named.is_file() => Err(refused(named, "there is no such file")),
        Some(named) => Ok(named.to_path_buf()),
        None if own.is_file() => Ok(own),
        None if own.exists() => Err(refused(&own, "it is no file")),
        None if opened.is_bare => Err(refused(&own, "the repository is bare")),
        None => Ok(own),
    }
}

/// Whether the current folder is of the same repository, or of none.
fn is_meant(opened: &Opened) -> bool {
    let folder = opened.database.folder.canonicalize().ok();
    let here = opened.here.as_ref().and_then(|it| it.canonicalize().ok());
    here.is_none_or(|here| folder == Some(here))
}

/// What is in the index and not at the same path in `HEAD`: all of it before the first commit.
pub(super) fn work(opened: &Opened, objects: &mut Objects<'_>, staged: &Staged) -> Work {
    let mut work = Work {
        is_reachable: true,
        ..Work::default()
    };
    let index = match &staged.index {
        Ok(index) => index,
        Err(error) => {
            let message = format!("its index cannot be read: {error}");
            work.problems.push((ProblemKind::References, message));
            return work;
        }
    };
    let commit = opened.head();
    let mut head = Head::new(objects, commit.as_ref());
    let unchanged = Unchanged::new(index, &mut head);
    let mut names = HashSet::new();
    let (mut added, mut sparse) = (Vec::new(), Vec::new());
    for Entry { path, object, mode } in entries(index) {
        if unchanged.has(path) {
            continue;
        }
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let known = head.at(path);
        if known == Some(object) {
            continue;
        }
        if known.is_none() {
            for folder in folders(path).take(MAX_DEPTH) {
                if !names.contains(folder) && head.at(folder).is_none() {
                    names.insert(folder.to_vec());
                    work.names.push((folder.to_vec(), object, None));
                }
            }
            work.names.push((path.to_vec(), object, None));
        }
        if mode == FOLDER {
            sparse.push((path, object, head.folder(path)));
        } else if mode != SUBMODULE {
            let item = item(path.to_vec(), object);
            match known {
                Some(_) => work.items.push(item),
                None => added.push(item),
            }
        }
    }
    // Most commits change files where they stand, and need not know what else has changed.
    if !added.is_empty() {
        let gone = gone(index, &mut head, &unchanged);
        for item in added {
            match gone.get(&item.blob) {
                Some(from) => work.moved.push(Moved {
                    item,
                    from: from.clone(),
                }),
                None => work.items.push(item),
            }
        }
    }
    let mut budget = diff::Budget::default();
    for (path, tree, known) in sparse {
        let known: Vec<_> = known.into_iter().collect();
        let changes = diff::new_in(objects, tree, &known, &mut budget);
        note(path, changes, &mut work);
    }
    work
}

fn item(path: Vec<u8>, blob: ObjectId) -> Item {
    Item {
        source: SourceKind::GitIndex,
        path,
        blob,
        commit: None,
    }
}

/// Notes what has changed in a folder that a sparse index names in place of what is in it.
fn note(folder: &[u8], changes: diff::Changes, work: &mut Work) {
    let whole = |path: Vec<u8>| [folder, b"/", &path].concat();
    let mut problem = |kind, what| {
        let folder = String::from_utf8_lossy(folder);
        work.problems.push((kind, format!("{folder}: {what}")));
    };
    if changes.is_cut {
        problem(ProblemKind::Limit, "not all that is staged was looked at");
    }
    if changes.is_damaged {
        problem(ProblemKind::Corrupt, "a tree that is staged is damaged");
    }
    for change in changes.all {
        let path = whole(change.path);
        if change.is_new_path {
            work.names.push((path.clone(), change.object, None));
        }
        if change.is_name {
            continue;
        }
        let item = item(path, change.object);
        if change.moved_from.is_empty() {
            work.items.push(item);
        } else {
            let from = change.moved_from.into_iter().map(whole).collect();
            work.moved.push(Moved { item, from });
        }
    }
}

/// The files that `HEAD` has and the index has no more at the same path, each with its paths there:
/// where they stand in the index, they were moved.
fn gone(
    index: &gix_index::State,
    head: &mut Head<'_, '_>,
    unchanged: &Unchanged,
) -> HashMap<ObjectId, Vec<Vec<u8>>> {
    let mut gone: HashMap<_, Vec<_>> = HashMap::new();
    let mut open = vec![(Vec::new(), None)];
    let entry = |path: &[u8]| index.entry_by_path(path.into());
    while let Some((folder, tree)) = open.pop() {
        for (name, object, is_folder) in head.inside(tree) {
            let mut path = [&folder[..], &name].concat();
            if is_folder {
                let is_unchanged = unchanged.0.contains(&path);
                path.push(b'/');
                // One that a sparse index names is compared for itself.
                if !is_unchanged && path.len() < MAX_DEPTH && entry(&path).is_none() {
                    open.push((path, Some(object)));
                }
            } else if entry(&path).is_none_or(|it| it.id.as_bytes() != object.as_bytes()) {
                gone.entry(object).or_default().push(path);
            }
        }
    }
    gone
}

/// The folders that the index says are what `HEAD` has there.
///
/// It keeps the tree that each folder was, until something in it is staged. Git writes these trees
/// into the commit without looking at the entries again, so that nothing else can be in it.
struct Unchanged(HashSet<Vec<u8>>);

impl Unchanged {
    fn new(index: &gix_index::State, head: &mut Head<'_, '_>) -> Self {
        let mut unchanged = HashSet::new();
        // The root itself has no name to ask for.
        let root = index.tree().into_iter().flat_map(|root| &root.children);
        let mut rest: Vec<_> = root.map(|tree| (tree.name.to_vec(), tree)).collect();
        while let Some((path, tree)) = rest.pop() {
            let id = ObjectId::from_bytes(tree.id.as_bytes());
            if tree.num_entries.is_some() && id.is_some() && head.at(&path) == id {
                unchanged.insert(path);
            } else if path.len() < MAX_DEPTH {
                let inside =
                    |child: &gix_index::extension::Tree| [&path[..], b"/", &child.name].concat();
                rest.extend(tree.children.iter().map(|child| (inside(child), child)));
            }
        }
        Self(unchanged)
    }

    /// Whether `path` is in one of them.
    fn has(&self, path: &[u8]) -> bool {
        !self.0.is_empty() && folders(path).any(|folder| self.0.contains(folder))
    }
}

/// The files called `name`, by the folders that they are in, which end with a slash. Of those in
/// conflict the last version.
pub(super) fn named(staged: &Staged, name: &[u8]) -> Result<Vec<(Vec<u8>, ObjectId)>, PartError> {
    let found = staged.entries()?.filter_map(|entry| {
        let folder = entry.path.strip_suffix(name)?;
        let is_so_called = folder.is_empty() || folder.ends_with(b"/");
        // A link leads anywhere; what it names is not what it leads to.
        (is_so_called && entry.mode != LINK).then(|| (folder.to_vec(), entry.object))
    });
    Ok(found.collect())
}

/// What the index has of the file at `path`; `None` if it has no such file.
pub(super) fn contents(
    objects: &mut Objects<'_>,
    staged: &Staged,
    path: &[u8],
) -> Result<Option<Vec<u8>>, PartError> {
    // Of a file in conflict nobody knows which version is meant.
    let found = staged.entries()?;
    let found = found.filter(|entry| entry.path == path && entry.mode != LINK);
    let found = found.map(|entry| entry.object);
    let blob = match found.collect::<Vec<_>>()[..] {
        [] => return Ok(None),
        [blob] => blob,
        _ => {
            let path = String::from_utf8_lossy(path);
            return Err(staged.refused(format!("{path} is in conflict")));
        }
    };
    match objects.read(&blob) {
        Ok((_, bytes)) => Ok(Some(bytes.to_vec())),
        Err(why) => Err(staged.refused(format!("{blob}: {why}"))),
    }
}

/// Folders on the way to a file whose names are read: no system has paths that are deeper.
const MAX_DEPTH: usize = 4096;

/// The folders on the way to `path`.
fn folders(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(b'/', path).map(|end| &path[..end])
}
