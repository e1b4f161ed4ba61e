//! What a commit has at a path.

use std::collections::HashMap;

use super::objects::Objects;
use crate::model::ObjectId;

/// The tree of a commit, of which folders are read when they are asked for.
pub(super) struct Head<'h, 'o> {
    objects: &'h mut Objects<'o>,
    /// By path; the root has none.
    folders: HashMap<Vec<u8>, HashMap<Vec<u8>, ObjectId>>,
}

impl<'h, 'o> Head<'h, 'o> {
    /// Of no commit, or of one that is not to be had, nothing.
    pub(super) fn new(objects: &'h mut Objects<'o>, commit: Option<&ObjectId>) -> Self {
        let tree = commit.and_then(|commit| objects.commit(commit)?.tree);
        let mut head = Self {
            objects,
            folders: HashMap::new(),
        };
        let root = tree.map(|tree| head.read(&tree)).unwrap_or_default();
        head.folders.insert(Vec::new(), root);
        head
    }

    fn read(&mut self, tree: &ObjectId) -> HashMap<Vec<u8>, ObjectId> {
        let tree = self.objects.tree(tree);
        tree.entries()
            .filter_map(|entry| Some((entry.name.to_vec(), ObjectId::from_bytes(entry.id)?)))
            .collect()
    }

    /// What stands at `path`.
    pub(super) fn at(&mut self, path: &[u8]) -> Option<ObjectId> {
        let (folder, name) = match memchr::memrchr(b'/', path) {
            Some(end) => (&path[..end], &path[end + 1..]),
            None => (&[][..], path),
        };
        if !self.folders.contains_key(folder) {
            // As deep as the path, which an index bounds.
            let tree = self.at(folder);
            let entries = tree.map(|tree| self.read(&tree)).unwrap_or_default();
            self.folders.insert(folder.to_vec(), entries);
        }
        self.folders.get(folder)?.get(name).copied()
    }
}
