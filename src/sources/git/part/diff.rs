//! What a tree has at paths where no other has the same.

use std::collections::{HashMap, HashSet};

use super::super::object::Entry;
use super::super::objects::{Objects, Tree};
use crate::model::ObjectId;

/// How much of a part is held in memory; trees that were made to harm have more.
pub(super) struct Budget {
    /// New files and folders.
    changes: usize,
    /// Bytes of their paths.
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            changes: 1 << 20,
            bytes: 256 << 20,
        }
    }
}

impl Budget {
    /// Takes what a path needs; false if that is not left.
    fn take(&mut self, path: &[u8]) -> bool {
        let left = self
            .changes
            .checked_sub(1)
            .zip(self.bytes.checked_sub(path.len()));
        if let Some(left) = left {
            (self.changes, self.bytes) = left;
        }
        left.is_some()
    }
}

/// Something new at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: Vec<u8>,
    pub(super) object: ObjectId,
    /// Only its name is new to a scan: a folder, or a submodule.
    pub(super) is_name: bool,
    /// No other tree has anything at the path.
    pub(super) is_new_path: bool,
    /// Paths at which another tree has the same and where it is no more: it was moved.
    pub(super) moved_from: Vec<Vec<u8>>,
}

/// What was compared.
#[derive(Default)]
pub(super) struct Changes {
    /// By path.
    pub(super) all: Vec<Change>,
    /// Whether there are more than the budget allows.
    pub(super) is_cut: bool,
    /// Whether a tree is damaged, so that there may be more.
    pub(super) is_damaged: bool,
}

/// A folder, and what others have at the same path.
struct Folder {
    path: Vec<u8>,
    tree: ObjectId,
    others: Vec<ObjectId>,
}

/// The entries of a folder, by their names.
type Known = HashMap<Vec<u8>, (ObjectId, bool)>;

/// What `tree` has and none of `others`.
pub(super) fn new_in(
    objects: &mut Objects<'_>,
    tree: ObjectId,
    others: &[ObjectId],
    budget: &mut Budget,
) -> Changes {
    let mut changes = Changes::default();
    let mut gone = Gone::default();
    let mut open = vec![Folder {
        path: Vec::new(),
        tree,
        others: others.to_vec(),
    }];
    while let Some(folder) = open.pop() {
        if folder.others.contains(&folder.tree) {
            continue;
        }
        let own = objects.tree(&folder.tree);
        let others = folder.others.iter();
        let others: Vec<Known> = others.map(|id| known(&objects.tree(id))).collect();
        for entry in own.entries() {
            let Some(entry) = entry else {
                changes.is_damaged = true;
                break;
            };
            let Some(change) = compare(&folder.path, &entry, &others) else {
                continue;
            };
            if !budget.take(&change.path) {
                changes.is_cut = true;
                return changes;
            }
            if entry.is_tree {
                open.push(Folder {
                    path: [change.path.as_slice(), b"/"].concat(),
                    tree: change.object,
                    others: at(&others, entry.name, true).collect(),
                });
            }
            changes.all.push(change);
        }
        gone.between(&folder.path, &known(&own), &others);
    }
    let gone = gone.blobs(objects);
    for change in &mut changes.all {
        change.moved_from = gone.get(&change.object).cloned().unwrap_or_default();
    }
    changes.all.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

/// What is new about an entry; nothing if another has the same there.
fn compare(folder: &[u8], entry: &Entry<'_>, others: &[Known]) -> Option<Change> {
    let object = ObjectId::from_bytes(entry.id)?;
    if at(others, entry.name, entry.is_tree).any(|known| known == object) {
        return None;
    }
    Some(Change {
        path: [folder, entry.name].concat(),
        object,
        is_name: entry.is_tree || entry.is_submodule,
        is_new_path: others.iter().all(|known| !known.contains_key(entry.name)),
        moved_from: Vec::new(),
    })
}

/// What others have under a name, if it is a folder or is none, as asked for.
fn at<'k>(
    others: &'k [Known],
    name: &'k [u8],
    is_folder: bool,
) -> impl Iterator<Item = ObjectId> + 'k {
    let found = others.iter().filter_map(move |known| known.get(name));
    found
        .filter(move |(_, is_tree)| *is_tree == is_folder)
        .map(|(object, _)| *object)
}

fn known(tree: &Tree) -> Known {
    let entries = tree.entries().flatten();
    entries
        .filter_map(|entry| {
            let object = ObjectId::from_bytes(entry.id)?;
            Some((entry.name.to_vec(), (object, entry.is_tree)))
        })
        .collect()
}

/// What others have where it is no more.
#[derive(Default)]
struct Gone {
    /// With paths at which they were.
    blobs: HashMap<ObjectId, Vec<Vec<u8>>>,
    /// With their paths, which end with a slash.
    folders: Vec<(Vec<u8>, ObjectId)>,
}

impl Gone {
    /// Notes what of `others` is not in `own` under the same name, in the folder at `path`. Folders
    /// that both have are compared for themselves.
    fn between(&mut self, path: &[u8], own: &Known, others: &[Known]) {
        for (name, (object, is_folder)) in others.iter().flatten() {
            let own = own.get(name);
            match (is_folder, own) {
                (true, Some((_, true))) => (),
                (true, _) => self.folders.push(([path, name, b"/"].concat(), *object)),
                (false, Some((same, false))) if same == object => (),
                (false, _) => self.was_at(*object, [path, name].concat()),
            }
        }
    }

    fn was_at(&mut self, blob: ObjectId, path: Vec<u8>) {
        self.blobs.entry(blob).or_default().push(path);
    }

    /// All blobs, those in folders that are no more included, each of which is looked into once.
    fn blobs(mut self, objects: &mut Objects<'_>) -> HashMap<ObjectId, Vec<Vec<u8>>> {
        let mut seen: HashSet<_> = self.folders.iter().map(|(_, folder)| *folder).collect();
        while let Some((path, folder)) = self.folders.pop() {
            for (name, (object, is_folder)) in known(&objects.tree(&folder)) {
                if !is_folder {
                    self.was_at(object, [&path[..], &name].concat());
                } else if seen.insert(object) {
                    self.folders
                        .push(([&path[..], &name, b"/"].concat(), object));
                }
            }
        }
        self.blobs
    }
}
