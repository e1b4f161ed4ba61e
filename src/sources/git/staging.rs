//! The index of a work tree, with the library that reads split and sparse ones.

use std::path::Path;

use gix_hash::Kind as Hash;
use gix_index::decode::Options;
use gix_index::entry::Flags;
use gix_index::{File, State};

use crate::model::ObjectId;

/// The index at `path`, whose checksum must be right; an empty one where there is none.
///
/// # Errors
///
/// Why it cannot be read.
pub(super) fn read(path: &Path, hash: Hash) -> Result<File, gix_error::Error> {
    let options = Options {
        thread_limit: Some(1),
        ..Options::default()
    };
    File::at_or_default(path, hash, false, options)
}

/// An entry that has contents.
pub(super) struct Entry<'i> {
    /// Of a folder, which sparse indexes have, it ends with a slash.
    pub(super) path: &'i [u8],
    pub(super) object: ObjectId,
    /// As trees have it.
    pub(super) mode: u32,
}

/// The entries, those of conflicts too. What is merely to be added later has no contents yet.
pub(super) fn entries(index: &State) -> impl Iterator<Item = Entry<'_>> {
    let entries = index.entries().iter();
    let entries = entries.filter(|entry| !entry.flags.contains(Flags::INTENT_TO_ADD));
    entries.filter_map(|entry| {
        Some(Entry {
            path: entry.path(index),
            object: ObjectId::from_bytes(entry.id.as_bytes())?,
            mode: entry.mode.bits(),
        })
    })
}
