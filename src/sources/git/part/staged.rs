//! What is staged: the index against `HEAD`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use git2::{Index, IndexEntryExtendedFlag};

use super::super::head::Head;
use super::super::object::SUBMODULE;
use super::super::objects::Objects;
use super::super::refs;
use super::opened::Opened;
use super::{Item, PartError, Work};
use crate::model::{ObjectId, ProblemKind, SourceKind};

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
        None if opened.git.is_bare() => Err(refused(&own, "the repository is bare")),
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
pub(super) fn work(opened: &Opened, objects: &mut Objects<'_>, index: &Path) -> Work {
    let mut work = Work {
        is_reachable: true,
        ..Work::default()
    };
    // One that is not there yet is empty; sparse and split ones are not understood.
    let index = match Index::open(index) {
        Ok(index) => index,
        Err(error) => {
            let message = format!("its index cannot be read: {}", error.message());
            work.problems.push((ProblemKind::References, message));
            return work;
        }
    };
    let commit = opened.head();
    let mut head = Head::new(objects, commit.as_ref());
    let mut names = HashSet::new();
    for entry in index.iter() {
        // What will be added later has no contents yet.
        let is_intended = entry.flags_extended & IndexEntryExtendedFlag::INTENT_TO_ADD.bits() != 0;
        if is_intended {
            continue;
        }
        let Some(blob) = refs::id(entry.id) else {
            continue;
        };
        let known = head.at(&entry.path);
        if known.is_none() {
            for folder in folders(&entry.path).take(MAX_DEPTH) {
                if !names.contains(folder) && head.at(folder).is_none() {
                    names.insert(folder.to_vec());
                    work.names.push((folder.to_vec(), blob, None));
                }
            }
            work.names.push((entry.path.clone(), blob, None));
        }
        if known != Some(blob) && entry.mode != SUBMODULE {
            work.items.push(Item {
                source: SourceKind::GitIndex,
                path: entry.path,
                blob,
                commit: None,
            });
        }
    }
    work
}

/// The files called `name`, by the folders that they are in, which end with a slash. Of those in
/// conflict the last version.
pub(super) fn named(index: &Path, name: &[u8]) -> Result<Vec<(Vec<u8>, ObjectId)>, PartError> {
    let opened = Index::open(index).map_err(|error| PartError::Index {
        path: index.to_path_buf(),
        message: error.message().to_owned(),
    })?;
    let found = opened.iter().filter_map(|entry| {
        let folder = entry.path.strip_suffix(name)?;
        let is_so_called = folder.is_empty() || folder.ends_with(b"/");
        let is_intended = entry.flags_extended & IndexEntryExtendedFlag::INTENT_TO_ADD.bits() != 0;
        let blob = refs::id(entry.id).filter(|_| is_so_called && !is_intended)?;
        Some((folder.to_vec(), blob))
    });
    Ok(found.collect())
}

/// What the index has of the file at `path`; `None` if it has no such file.
pub(super) fn contents(
    objects: &mut Objects<'_>,
    index: &Path,
    path: &[u8],
) -> Result<Option<Vec<u8>>, PartError> {
    let refused = |message: String| PartError::Index {
        path: index.to_path_buf(),
        message,
    };
    let opened = Index::open(index).map_err(|error| refused(error.message().to_owned()))?;
    // Of a file in conflict nobody knows which version is meant.
    let is_it = |entry: &git2::IndexEntry| entry.path == path;
    let entries: Vec<_> = opened.iter().filter(is_it).collect();
    let entry = match entries.as_slice() {
        [] => return Ok(None),
        [entry] => entry,
        _ => {
            let path = String::from_utf8_lossy(path);
            return Err(refused(format!("{path} is in conflict")));
        }
    };
    let is_intended = entry.flags_extended & IndexEntryExtendedFlag::INTENT_TO_ADD.bits() != 0;
    let Some(blob) = refs::id(entry.id).filter(|_| !is_intended) else {
        return Ok(None);
    };
    match objects.read(&blob) {
        Ok((_, bytes)) => Ok(Some(bytes.to_vec())),
        Err(why) => Err(refused(format!("{blob}: {why}"))),
    }
}

/// Folders on the way to a file whose names are read: no system has paths that are deeper.
const MAX_DEPTH: usize = 4096;

/// The folders on the way to `path`.
fn folders(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(b'/', path).map(|end| &path[..end])
}
