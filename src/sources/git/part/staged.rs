//! What is staged: the index against `HEAD`.

use std::path::Path;

use git2::{Delta, DiffOptions, FileMode, Index, IndexEntryExtendedFlag, Repository};

use super::{Item, Work};
use crate::model::SourceKind;

/// Where the stage of an entry stands in its flags.
const STAGE_SHIFT: u16 = 12;
const STAGE_MASK: u16 = 3;

/// What is in the index and not at the same path in `HEAD`: all of it before the first commit.
pub(super) fn work(repository: &Repository, index: Option<&Path>) -> Result<Work, git2::Error> {
    let index = match index {
        Some(path) => Index::open(path)?,
        None => repository.index()?,
    };
    let head = match repository.head() {
        Ok(head) => Some(head.peel_to_tree()?),
        Err(_) => None,
    };
    let mut options = DiffOptions::new();
    options.skip_binary_check(true).ignore_submodules(true);
    let diff = repository.diff_tree_to_index(head.as_ref(), Some(&index), Some(&mut options))?;
    let mut work = Work::default();
    for delta in diff.deltas() {
        let file = delta.new_file();
        let is_new = !matches!(delta.status(), Delta::Deleted | Delta::Conflicted);
        if let Some(path) = file
            .path_bytes()
            .filter(|_| is_new && file.mode() != FileMode::Commit)
        {
            if delta.status() == Delta::Added {
                work.names.push((path.to_vec(), file.id(), None));
            }
            work.items.push(item(path, file.id()));
        }
    }
    // The sides of a conflict are no part of the diff.
    for entry in index.iter() {
        let is_side = entry.flags >> STAGE_SHIFT & STAGE_MASK > 0;
        let is_in_head = || {
            let path = super::super::paths::from_bytes(&entry.path);
            head.as_ref()
                .and_then(|head| head.get_path(&path).ok())
                .is_some_and(|known| known.id() == entry.id)
        };
        if is_side && !is_in_head() {
            work.items.push(item(&entry.path, entry.id));
        }
    }
    let is_intended = |path: &[u8]| {
        let path = super::super::paths::from_bytes(path);
        index.get_path(&path, 0).is_some_and(|entry| {
            entry.flags_extended & IndexEntryExtendedFlag::INTENT_TO_ADD.bits() != 0
        })
    };
    // What will be added later has no contents yet.
    work.items.retain(|item| !is_intended(&item.path));
    Ok(work)
}

fn item(path: &[u8], blob: git2::Oid) -> Item {
    Item {
        source: SourceKind::GitIndex,
        path: path.to_vec(),
        blob,
        commit: None,
    }
}
