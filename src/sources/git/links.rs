//! What objects name and the database lacks: in a partial clone, a remote keeps it.

use std::collections::HashSet;

use super::object::Entry;
use super::table::Table;
use crate::model::ObjectId;

/// Names that were seen last and are known not to be missing: versions of a folder name the same
/// objects again and again.
const RECENT: usize = 1 << 16;

/// One thread's notes on what is missing.
pub(super) struct Links<'t> {
    table: &'t Table,
    /// The first eight bytes of names, by the two that follow.
    recent: Box<[u64]>,
    pub(super) missing: HashSet<ObjectId>,
    /// Whether any of these is more than a blob.
    pub(super) is_cut: bool,
}

impl<'t> Links<'t> {
    pub(super) fn new(table: &'t Table) -> Self {
        Self {
            table,
            recent: vec![0; RECENT].into(),
            missing: HashSet::new(),
            is_cut: false,
        }
    }

    /// Notes what an entry of a tree names.
    pub(super) fn entry(&mut self, entry: &Entry<'_>) {
        if !entry.is_submodule && !self.is_there(entry.id) {
            self.is_cut |= entry.is_tree;
            self.missing.extend(ObjectId::from_bytes(entry.id));
        }
    }

    /// Notes what the headers of a commit or tag name.
    pub(super) fn headers(&mut self, headers: &[u8]) {
        for line in headers.split(|&byte| byte == b'\n') {
            let named = [&b"tree "[..], b"parent ", b"object "]
                .iter()
                .find_map(|key| line.strip_prefix(*key));
            let named = named.and_then(ObjectId::from_hex);
            if let Some(id) = named.filter(|id| !self.is_there(id.as_bytes())) {
                self.is_cut = true;
                self.missing.insert(id);
            }
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
