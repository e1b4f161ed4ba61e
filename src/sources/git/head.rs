//! What a commit has at a path.

use std::collections::HashMap;

use super::object::Entry;
use super::objects::Objects;
use crate::model::ObjectId;

/// The tree of a commit, of which folders are read when they are asked for.
pub(super) struct Head<'h, 'o> {
    objects: &'h mut Objects<'o>,
    root: Option<ObjectId>,
    /// The entries of folders.
    folders: HashMap<ObjectId, HashMap<Vec<u8>, Known>>,
}

/// What stands somewhere.
#[derive(Clone, Copy)]
struct Known {
    object: ObjectId,
    is_folder: bool,
    is_link: bool,
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
        self.known(path).map(|known| known.object)
    }

    /// The same if it is no link.
    pub(super) fn file(&mut self, path: &[u8]) -> Option<ObjectId> {
        let known = self.known(path).filter(|known| !known.is_link);
        known.map(|known| known.object)
    }

    /// The folder at `path`, if what stands there is one.
    pub(super) fn folder(&mut self, path: &[u8]) -> Option<ObjectId> {
        let known = self.known(path).filter(|known| known.is_folder);
        known.map(|known| known.object)
    }

    /// What stands in the folder `tree`, or else in the root: names, objects, and which are folders.
    pub(super) fn inside(&mut self, tree: Option<ObjectId>) -> Vec<(Vec<u8>, ObjectId, bool)> {
        let Some(tree) = tree.or(self.root) else {
            return Vec::new();
        };
        let entries = self.entries(&tree).iter();
        let entry =
            |(name, known): (&Vec<u8>, &Known)| (name.clone(), known.object, known.is_folder);
        entries.map(entry).collect()
    }

    fn known(&mut self, path: &[u8]) -> Option<Known> {
        let mut found = Known {
            object: self.root?,
            is_folder: true,
            is_link: false,
        };
        for name in path.split(|&byte| byte == b'/') {
            if !found.is_folder {
                return None;
            }
            found = *self.entries(&found.object).get(name)?;
        }
        Some(found)
    }

    fn entries(&mut self, tree: &ObjectId) -> &HashMap<Vec<u8>, Known> {
        let objects = &mut *self.objects;
        self.folders.entry(*tree).or_insert_with(|| {
            let tree = objects.tree(tree);
            let entry = |entry: Entry<'_>| {
                let known = Known {
                    object: ObjectId::from_bytes(entry.id)?,
                    is_folder: entry.is_tree,
                    is_link: entry.is_link,
                };
                Some((entry.name.to_vec(), known))
            };
            tree.entries().flatten().filter_map(entry).collect()
        })
    }
}
