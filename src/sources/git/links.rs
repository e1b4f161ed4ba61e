//! What objects name and the database lacks.

use std::collections::HashMap;

use gix_hash::Kind as Hash;

use super::object::Entry;
use super::store::Store;
use super::table::Table;
use crate::model::{ObjectId, ObjectKind};

/// Names that were seen last and are known not to be missing: versions of a folder name the same
/// objects again and again.
const RECENT: usize = 1 << 16;

/// One thread's notes on what is missing.
pub(super) struct Links<'t> {
    table: &'t Table,
    hash: Hash,
    /// The first eight bytes of names, by the two that follow.
    recent: Box<[u64]>,
    /// What is missing, and what it is as far as that is told.
    pub(super) missing: HashMap<ObjectId, ObjectKind>,
}

impl<'t> Links<'t> {
    pub(super) fn new(store: &'t Store) -> Self {
        Self {
            table: &store.table,
            hash: store.hash,
            recent: vec![0; RECENT].into(),
            missing: HashMap::new(),
        }
    }

    /// Notes what an entry of a tree names.
    pub(super) fn entry(&mut self, entry: &Entry<'_>) {
        if !entry.is_submodule && !self.is_there(entry.id) {
            let kind = if entry.is_tree {
                ObjectKind::Tree
            } else {
                ObjectKind::Blob
            };
            self.note(entry.id, kind);
        }
    }

    /// Notes what the headers of a commit or tag name.
    pub(super) fn headers(&mut self, headers: &[u8]) {
        let keys = [
            (&b"tree "[..], ObjectKind::Tree),
            (b"parent ", ObjectKind::Commit),
            (b"object ", ObjectKind::Unknown),
        ];
        for line in headers.split(|&byte| byte == b'\n') {
            let named = keys
                .iter()
                .find_map(|(key, kind)| Some((line.strip_prefix(*key)?, *kind)));
            let named = named.and_then(|(id, kind)| Some((ObjectId::from_hex(id)?, kind)));
            if let Some((id, kind)) = named.filter(|(id, _)| !self.is_there(id.as_bytes())) {
                self.note(id.as_bytes(), kind);
            }
        }
    }

    fn note(&mut self, id: &[u8], kind: ObjectKind) {
        // Git knows what is empty without having stored it.
        let empty = [self.hash.empty_tree(), self.hash.empty_blob()];
        if empty.iter().all(|empty| empty.as_bytes() != id) {
            let id = ObjectId::from_bytes(id);
            self.missing.extend(id.map(|id| (id, kind)));
        }
    }

    fn is_there(&mut self, id: &[u8]) -> bool {
        let Some((start, rest)) = id.split_first_chunk::<8>() else {
            return false;
        };
        let start = u64::from_ne_bytes(*start);
        let slot = usize::from(rest[0]) << 8 | usize::from(rest[1]);
        let recent = &mut self.recent[slot];
        if *recent != start && self.table.find(id).is_some() {
            *recent = start;
        }
        *recent == start
    }
}
