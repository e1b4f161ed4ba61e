//! From the trees of commits down to hits: every path at which one ever stood.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::table::Number;
use super::NONE;
use super::names::Names;
use super::trees::Trees;
use crate::model::BytePath;

/// Paths that are told of one hit.
pub(super) const MAX_PATHS: usize = 10_000;

/// Folders of the deepest path that is followed; git itself reads 2,048 deep.
const MAX_DEPTH: u32 = 4096;

/// Bytes of the longest path that is followed.
const MAX_LENGTH: usize = 1 << 16;

/// Bytes of all paths that are told, beside one of each hit.
const MAX_BYTES: usize = 256 << 20;

/// A folder's path, by its place among those that were met; 0 is the root.
pub(super) type PathId = u32;

/// A hit in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spot {
    /// The blob it is, or the name it has.
    pub(super) hit: u32,
    pub(super) folder: PathId,
    pub(super) name: u32,
}

/// All paths from the trees of commits down to hits.
pub(super) struct Paths {
    folders: Vec<Folder>,
    ids: HashMap<(PathId, u32), PathId>,
    visits: Visits,
    /// Lists of hits, where they were met.
    lists: Visits,
    /// Blobs in the history of notes. Sorted after [`Paths::finish`], as are the others.
    pub(super) notes: Vec<Spot>,
    pub(super) blobs: Vec<Spot>,
    pub(super) names: Vec<Spot>,
    /// Trees that have paths which were not followed.
    cut: BTreeSet<u32>,
}

struct Folder {
    parent: PathId,
    name: u32,
    depth: u32,
    length: usize,
}

/// Which commits' trees are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those of notes, which come first.
    Notes,
    /// All others.
    Commits,
}

impl Paths {
    pub(super) fn new(trees: &Trees) -> Self {
        // Twice what there is, for folders that moved, and something for small repositories.
        let budget = 2 * trees.size() + (1 << 22);
        Self {
            folders: vec![Folder {
                parent: 0,
                name: NONE,
                depth: 0,
                length: 0,
            }],
            ids: HashMap::new(),
            visits: Visits::new(trees.len(), budget),
            lists: Visits::new(trees.lists().len(), usize::MAX),
            notes: Vec::new(),
            blobs: Vec::new(),
            names: Vec::new(),
            cut: BTreeSet::new(),
        }
    }

    /// Walks from `roots` down to the blobs `blobs` and the names `wanted`.
    pub(super) fn walk(
        &mut self,
        trees: &Trees,
        names: &Names,
        (kind, roots): (Roots, impl Iterator<Item = u32>),
        (blobs, wanted): (&BTreeSet<Number>, &HashSet<u32>),
    ) {
        let mut open: Vec<(u32, PathId)> = Vec::new();
        let mut next = Vec::new();
        for root in roots {
            if self.visits.enter(root, 0, 0) == Entered::New {
                open.push((root, 0));
            }
        }
        let mut limit = 1 << 16;
        while !open.is_empty() {
            for (tree, folder) in open.drain(..) {
                if let Some((list, held)) = trees.held(tree)
                    && self.lists.enter(list, folder, 0) == Entered::New
                {
                    for held in held {
                        let spot = |hit| Spot {
                            hit,
                            folder,
                            name: held.name,
                        };
                        if blobs.contains(&Number(held.child)) {
                            let found = match kind {
                                Roots::Notes => &mut self.notes,
                                Roots::Commits => &mut self.blobs,
                            };
                            found.push(spot(held.child));
                        }
                        if wanted.contains(&held.name) {
                            self.names.push(spot(held.name));
                        }
                    }
                }
                for child in trees.children(tree) {
                    let path = self.folder(folder, child.name, names);
                    let weight = 1 + trees.weight(child.rank);
                    match path.map(|path| (path, self.visits.enter(child.rank, path, weight))) {
                        Some((path, Entered::New)) => next.push((child.rank, path)),
                        Some((_, Entered::Known)) => (),
                        Some((_, Entered::Refused)) | None => {
                            self.cut.insert(child.rank);
                        }
                    }
                }
                // The same hits are found in every version of a folder.
                for found in [&mut self.notes, &mut self.blobs, &mut self.names] {
                    if found.len() > limit {
                        found.sort_unstable();
                        found.dedup();
                        limit = limit.max(2 * found.len());
                    }
                }
            }
            std::mem::swap(&mut open, &mut next);
        }
    }

    /// Sorts what was found, and gives the hits of which not every path is known.
    pub(super) fn finish(&mut self, trees: &Trees) -> BTreeSet<Number> {
        for found in [&mut self.notes, &mut self.blobs, &mut self.names] {
            found.sort_unstable();
            found.dedup();
        }
        let mut cut = BTreeSet::new();
        while let Some(tree) = self.cut.pop_last() {
            let held = trees.held(tree).map_or(&[][..], |(_, held)| held);
            cut.extend(held.iter().map(|held| Number(held.child)));
            self.cut
                .extend(trees.children(tree).iter().map(|child| child.rank));
        }
        cut
    }

    /// The folder `name` in `parent`, unless that is too deep.
    fn folder(&mut self, parent: PathId, name: u32, names: &Names) -> Option<PathId> {
        if let Some(&known) = self.ids.get(&(parent, name)) {
            return Some(known);
        }
        let above = &self.folders[parent as usize];
        let folder = Folder {
            parent,
            name,
            depth: above.depth + 1,
            length: above.length + names.get(name).len() + 1,
        };
        if folder.depth > MAX_DEPTH || folder.length > MAX_LENGTH {
            return None;
        }
        let id = self.folders.len() as PathId;
        self.folders.push(folder);
        self.ids.insert((parent, name), id);
        Some(id)
    }

    /// The folder `name` in `parent`, if a hit was met below it.
    pub(super) fn find(&self, parent: PathId, name: u32) -> Option<PathId> {
        self.ids.get(&(parent, name)).copied()
    }

    /// How deep a folder stands.
    pub(super) fn depth(&self, folder: PathId) -> u32 {
        self.folders[folder as usize].depth
    }

    /// These folders and those that they stand in.
    pub(super) fn with_parents(&self, folders: impl Iterator<Item = PathId>) -> HashSet<PathId> {
        let mut all = HashSet::new();
        for mut folder in folders {
            while all.insert(folder) {
                folder = self.folders[folder as usize].parent;
            }
        }
        all
    }

    /// The names of folders from the root to this one.
    pub(super) fn names_to(&self, mut folder: PathId) -> Vec<u32> {
        let mut names = Vec::new();
        while folder != 0 {
            names.push(self.folders[folder as usize].name);
            folder = self.folders[folder as usize].parent;
        }
        names.reverse();
        names
    }

    /// The trees that were met, and at which folders.
    pub(super) fn met(&self) -> impl Iterator<Item = (u32, PathId)> {
        self.visits.all()
    }

    /// The whole path of `spot`.
    pub(super) fn path(&self, spot: Spot, names: &Names) -> BytePath {
        let mut path = Vec::with_capacity(self.folders[spot.folder as usize].length);
        for folder in self.names_to(spot.folder) {
            path.extend_from_slice(names.get(folder));
            path.push(b'/');
        }
        path.extend_from_slice(names.get(spot.name));
        BytePath(path)
    }
}

/// Bytes of paths that may still be told.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(MAX_BYTES)
    }

    /// Whether `path` may be told.
    pub(super) fn take(&mut self, path: &BytePath) -> bool {
        match self.0.checked_sub(path.0.len()) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }
}

/// Where things were met. The first place of each is always kept, others as long as they are
/// few: trees that share their folders have more paths than can be followed.
struct Visits {
    first: Vec<PathId>,
    more: HashMap<u32, HashSet<PathId>>,
    budget: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entered {
    New,
    Known,
    Refused,
}

impl Visits {
    fn new(count: usize, budget: usize) -> Self {
        Self {
            first: vec![NONE; count],
            more: HashMap::new(),
            budget,
        }
    }

    /// Enters `thing` at `folder`. What weighs nothing is never refused.
    fn enter(&mut self, thing: u32, folder: PathId, weight: usize) -> Entered {
        let first = &mut self.first[thing as usize];
        if *first == NONE {
            *first = folder;
            return Entered::New;
        }
        if *first == folder {
            return Entered::Known;
        }
        let more = self.more.entry(thing).or_default();
        if more.contains(&folder) {
            return Entered::Known;
        }
        match self.budget.checked_sub(weight) {
            // Of more places not all are told anyway.
            Some(rest) if weight == 0 || more.len() < MAX_PATHS => {
                self.budget = rest;
                more.insert(folder);
                Entered::New
            }
            _ => Entered::Refused,
        }
    }

    fn all(&self) -> impl Iterator<Item = (u32, PathId)> {
        let first = (0..).zip(self.first.iter().copied());
        let more = self.more.iter();
        first
            .filter(|&(_, folder)| folder != NONE)
            .chain(more.flat_map(|(&thing, folders)| folders.iter().map(move |&at| (thing, at))))
    }
}
