//! What is staged: the index against `HEAD`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use git2::{Index, IndexEntryExtendedFlag};

use super::super::head::Head;
use super::super::objects::Objects;
use super::super::refs;
use super::opened::{Opened, found};
use super::{Item, PartError, Work};
use crate::model::SourceKind;

/// The mode of a submodule.
const SUBMODULE: u32 = 0o160_000;

/// The index that is compared: `named`, if that is of the repository that was asked for.
pub(super) fn index(opened: &Opened, named: Option<&Path>) -> Result<Index, PartError> {
    let refused = |path: &Path, message: &str| PartError::Index {
        path: path.to_path_buf(),
        message: message.to_owned(),
    };
    if opened.git.is_bare() {
        return Err(refused(
            &opened.database.folder.join("index"),
            "the repository is bare",
        ));
    }
    let own = opened.database.folder.join("index");
    let path: PathBuf = match named.filter(|_| is_meant(&opened.database.folder)) {
        Some(named) if !named.is_file() => return Err(refused(named, "there is no such file")),
        Some(named) => named.to_path_buf(),
        None if own.exists() && !own.is_file() => return Err(refused(&own, "it is no file")),
        None => own,
    };
    // One that is not there yet is empty.
    Index::open(&path).map_err(|error| refused(&path, error.message()))
}

/// Whether the current folder is in the work tree of this git folder, or in none.
fn is_meant(folder: &Path) -> bool {
    let here = Path::new(".").canonicalize().ok();
    let here = here.and_then(|here| found(&here)?.1.canonicalize().ok());
    here.is_none_or(|here| folder.canonicalize().is_ok_and(|folder| folder == here))
}

/// What is in the index and not at the same path in `HEAD`: all of it before the first commit.
pub(super) fn work(opened: &Opened, objects: &mut Objects<'_>, index: &Index) -> Work {
    let mut work = Work::default();
    let commit = opened.head();
    let mut head = Head::new(objects, commit.as_ref());
    let mut names = HashSet::new();
    for entry in index.iter() {
        // What will be added later has no contents yet.
        let is_intended = entry.flags_extended & IndexEntryExtendedFlag::INTENT_TO_ADD.bits() != 0;
        if is_intended || entry.mode == SUBMODULE {
            continue;
        }
        let Some(blob) = refs::id(entry.id) else {
            continue;
        };
        let known = head.at(&entry.path);
        if known.is_none() {
            for folder in folders(&entry.path) {
                if !names.contains(folder) && head.at(folder).is_none() {
                    names.insert(folder.to_vec());
                    work.names.push((folder.to_vec(), blob, None));
                }
            }
            work.names.push((entry.path.clone(), blob, None));
        }
        if known != Some(blob) {
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

/// The folders on the way to `path`.
fn folders(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(b'/', path).map(|end| &path[..end])
}
