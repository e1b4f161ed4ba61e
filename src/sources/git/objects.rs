//! Commits, trees and other objects, read by their names and compared with these.

use std::collections::{BTreeMap, HashMap};

use gix_hash::Kind as Hash;

use super::commit;
use super::lookup::Lookup;
use super::object::{Entry, entries};
use super::pack::Lost;
use crate::model::{ObjectId, ObjectKind};

/// How many commits are remembered, of some hundred bytes each: many walks pass the latest.
const KEPT: usize = 1 << 16;

/// Reads objects, compares each with its name, and remembers what is not to be had.
pub(super) struct Objects<'o> {
    lookup: Lookup<'o>,
    hash: Hash,
    buffer: Vec<u8>,
    /// Commits that were read.
    nodes: HashMap<ObjectId, Node>,
    /// What could not be read, with what it should be.
    pub(super) lost: BTreeMap<ObjectId, (ObjectKind, Lost)>,
}

/// What leads on from a commit.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) tree: Option<ObjectId>,
    pub(super) parents: Vec<ObjectId>,
    /// Seconds since 1970, of the committer.
    pub(super) date: i64,
}

/// What a name leads to.
pub(super) enum Named {
    Commit,
    /// What an annotated tag names, and may be a tag again.
    Tag(ObjectId),
    Other,
}

impl<'o> Objects<'o> {
    pub(super) fn new(lookup: Lookup<'o>, hash: Hash) -> Self {
        Self {
            lookup,
            hash,
            buffer: Vec::new(),
            nodes: HashMap::new(),
            lost: BTreeMap::new(),
        }
    }

    /// Reads `id`, whatever it is.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(super) fn read(&mut self, id: &ObjectId) -> Result<(ObjectKind, &[u8]), Lost> {
        // Git knows what is empty without having stored it.
        let empty = [
            (ObjectKind::Tree, self.hash.empty_tree()),
            (ObjectKind::Blob, self.hash.empty_blob()),
        ];
        if let Some((kind, _)) = empty.iter().find(|it| it.1.as_bytes() == id.as_bytes()) {
            return Ok((*kind, b""));
        }
        let hash = self.hash;
        let is_named = |kind, bytes: &[u8]| name(hash, kind, bytes).as_ref() == Some(id);
        let kind = self.lookup.read_if(id, &mut self.buffer, is_named)?;
        Ok((kind, &self.buffer))
    }

    /// What the commit `id` leads to; remembered as lost if that is not to be had.
    pub(super) fn commit(&mut self, id: &ObjectId) -> Option<Node> {
        if let Some(node) = self.nodes.get(id) {
            return Some(node.clone());
        }
        let bytes = self.expect(id, ObjectKind::Commit)?;
        let node = Node {
            tree: commit::tree(bytes),
            parents: commit::parents(bytes).collect(),
            date: commit::committed(bytes).at.0,
        };
        if self.nodes.len() < KEPT {
            self.nodes.insert(*id, node.clone());
        }
        Some(node)
    }

    /// The bytes of the tree `id`; none if they are not to be had, which is remembered.
    pub(super) fn tree(&mut self, id: &ObjectId) -> Tree {
        Tree {
            bytes: self.expect(id, ObjectKind::Tree).unwrap_or_default().into(),
            id_len: self.hash.len_in_bytes(),
        }
    }

    /// What `id` is.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(super) fn named(&mut self, id: &ObjectId) -> Result<Named, Lost> {
        let (kind, bytes) = self.read(id)?;
        Ok(match kind {
            ObjectKind::Commit => Named::Commit,
            ObjectKind::Tag => commit::tagged(bytes).map_or(Named::Other, Named::Tag),
            _ => Named::Other,
        })
    }

    fn expect(&mut self, id: &ObjectId, expected: ObjectKind) -> Option<&[u8]> {
        let why = match self.read(id).map(|(kind, bytes)| (kind, bytes.is_empty())) {
            Ok((kind, true)) if kind == expected => return Some(b""),
            Ok((kind, false)) if kind == expected => return Some(&self.buffer),
            Ok(_) => Lost::Corrupt(format!("it is no {}", expected.as_str())),
            Err(why) => why,
        };
        self.lost.entry(*id).or_insert((expected, why));
        None
    }
}

/// The entries of a folder.
pub(super) struct Tree {
    bytes: Box<[u8]>,
    id_len: usize,
}

impl Tree {
    /// Its entries; nothing in the place of what is damaged, which ends it.
    pub(super) fn entries(&self) -> impl Iterator<Item = Option<Entry<'_>>> {
        entries(&self.bytes, self.id_len)
    }
}

/// The name of an object of these bytes; none of one that has no kind.
pub(super) fn name(hash: Hash, kind: ObjectKind, bytes: &[u8]) -> Option<ObjectId> {
    let kind = match kind {
        ObjectKind::Blob => gix_object::Kind::Blob,
        ObjectKind::Tree => gix_object::Kind::Tree,
        ObjectKind::Commit => gix_object::Kind::Commit,
        ObjectKind::Tag => gix_object::Kind::Tag,
        ObjectKind::Unknown => return None,
    };
    let name = gix_object::compute_hash(hash, kind, bytes).ok()?;
    ObjectId::from_bytes(name.as_bytes())
}
