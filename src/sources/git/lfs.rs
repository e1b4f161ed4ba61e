//! What LFS stores beside the objects: the files that pointers stand for.

use std::fs;
use std::path::{Path, PathBuf};

use super::repository::Repository;
use crate::model::ObjectId;

/// The files that are there, by the SHA-256 of their contents.
pub(super) fn stored(repository: &Repository) -> Vec<(ObjectId, PathBuf)> {
    let mut files = Vec::new();
    for outer in list(&repository.common.join("lfs/objects")) {
        for inner in list(&outer) {
            files.extend(list(&inner).into_iter().filter_map(|path| {
                let id = ObjectId::from_hex(path.file_name()?.as_encoded_bytes())?;
                Some((id, path))
            }));
        }
    }
    files.sort();
    files
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}
