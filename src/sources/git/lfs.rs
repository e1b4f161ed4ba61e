//! What LFS stores beside the objects: the files that pointers stand for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::repository::Repository;
use crate::model::ObjectId;

/// Everything that LFS stores, sorted.
pub(super) fn stored(repository: &Repository) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut waiting = vec![repository.common.join("lfs/objects")];
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten();
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => (),
            }
        }
    }
    files.sort();
    files
}

/// The SHA-256 of the contents of a file, by which it is named.
pub(super) fn content(file: &Path) -> Option<ObjectId> {
    ObjectId::from_hex(file.file_name()?.as_encoded_bytes())
}

/// The contents that are there.
pub(super) fn contents(files: &[PathBuf]) -> BTreeSet<ObjectId> {
    files.iter().filter_map(|file| content(file)).collect()
}

/// Where the file with these contents is stored, if it is.
pub(super) fn path(repository: &Repository, content: &ObjectId) -> PathBuf {
    let hex = content.to_string();
    let folder = repository.common.join("lfs/objects");
    folder.join(&hex[..2]).join(&hex[2..4]).join(hex)
}
