//! What a commit has at a path.

use std::collections::HashMap;

use super::object::Entry;
use super::objects::Objects;
use crate::model::ObjectId;

/// The tree of a commit, of which folders are read when they are asked for.
pub(super) struct Head<'h, 'o> {
    objects: &'h mut Objects<'o>,
    root: Option<ObjectId>,
    /// The entries of folders, and whether these are folders.
    folders: HashMap<ObjectId, HashMap<Vec<u8>, (ObjectId, bool)>>,
}

impl<'h, 'o> Head<'h, 'o> {
    /// Of no commit, or of one that is not to be had, nothing.
    pub(super) fn new(objects: &'h mut Objects<'o>, commit: Option<&ObjectId>) -> Self {
        Self {
            root: commit.and_then(|commit| objects.commit(commit)?.tree),
            objects,
            folders: HashMap::new(),
        }
    }

    /// What stands at `path`.
    pub(super) fn at(&mut self, path: &[u8]) -> Option<ObjectId> {
        let mut found = (self.root?, true);
        for name in path.split(|&byte| byte == b'/') {
            let (tree, is_folder) = found;
            if !is_folder {
                return None;
            }
            found = *self.entries(&tree).get(name)?;
        }
        Some(found.0)
    }

    fn entries(&mut self, tree: &ObjectId) -> &HashMap<Vec<u8>, (ObjectId, bool)> {
        let objects = &mut *self.objects;
        self.folders.entry(*tree).or_insert_with(|| {
            let tree = objects.tree(tree);
            let entry = |entry: Entry<'_>| {
                let object = ObjectId::from_bytes(entry.id)?;
                Some((entry.name.to_vec(), (object, entry.is_tree)))
            };
            tree.entries().flatten().filter_map(entry).collect()
        })
    }
}
