//! Traces hits to commits: who brought them, where they stand, from where they can be had.
//!
//! ```text
//! trees, commits, tags ──▶ gather ──▶ trees that lead to hits ──▶ masks ──▶ introduced
//!     (one pass)             │                    │                 ▲  └──▶ reachable, removed
//!                            │                    └──▶ paths        │
//!                            └──▶ graph of commits ─────────────────┘
//! ```
//!
//! All hits are traced together, a block of them at a time: a tree's mask tells which hits of the
//! block it holds anywhere below it, made of those of its folders, children first. What a commit
//! brought is then the mask of its tree without those of its ancestors. Replacements and grafts
//! are ignored.

mod details;
mod exposure;
mod gather;
mod graph;
mod mask;
mod names;
mod paths;
mod placed;
mod reach;
#[cfg(test)]
mod tests;
mod trees;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use rayon::ThreadPoolBuilder;
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use self::details::Details;
use self::graph::{Graph, Index};
use self::mask::Mask;
use self::names::Names;
use self::paths::{Budget, MAX_PATHS, Paths, Roots, Spot};
use self::placed::Placed;
use self::reach::{Reached, Rung};
use self::trees::Trees;
use super::pass;
use super::store::Store;
use super::table::Number;
use crate::model::{BytePath, Commit, Exposure, ObjectId};

/// Stands for no tree, list or object where a number is kept.
const NONE: u32 = u32::MAX;

/// Blocks of hits that are traced at a time, at most: each takes memory for every tree and commit.
const TOGETHER: usize = 4;

/// What is traced.
#[derive(Debug, Default)]
pub(super) struct Hits {
    /// Blobs that hold a token.
    pub(super) blobs: BTreeSet<Number>,
    /// Names of entries in trees that hold a token.
    pub(super) names: BTreeSet<Box<[u8]>>,
    /// Commits and tags that hold a token themselves.
    pub(super) messages: BTreeSet<Number>,
    /// For each token the blobs that hold it, all of them among `blobs`.
    pub(super) tokens: Vec<Vec<Number>>,
}

/// What leads into the database.
#[derive(Debug, Default)]
pub(super) struct Tips {
    /// What `HEAD` names.
    pub(super) head: Option<Number>,
    /// References, by their whole names; `refs/stash` is none of them.
    pub(super) refs: Vec<(String, Number)>,
    /// Stashes and entries of reflogs, as `stash@{0}` and `HEAD@{3}`, those that are told first
    /// before the others.
    pub(super) others: Vec<(String, Number)>,
    /// Blobs in the index.
    pub(super) index: Vec<Number>,
    /// Commits whose parents a shallow clone left out.
    pub(super) shallow: BTreeSet<Number>,
}

impl Tips {
    /// All objects that are named.
    pub(super) fn all(&self) -> impl Iterator<Item = Number> {
        let named = self.refs.iter().chain(&self.others).map(|(_, tip)| *tip);
        self.head
            .into_iter()
            .chain(named)
            .chain(self.index.iter().copied())
    }
}

/// What became of [`Hits`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Attribution {
    /// Every blob of the hits.
    pub(super) blobs: BTreeMap<Number, TracedBlob>,
    /// Every name of the hits, with its places in the order of their paths.
    pub(super) names: BTreeMap<Box<[u8]>, Vec<TracedName>>,
    /// Every commit and tag of the hits.
    pub(super) messages: BTreeMap<Number, TracedMessage>,
    /// For each token: without `work-tree`, which only its files tell.
    pub(super) exposures: Vec<Exposure>,
}

/// Where a blob came from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TracedBlob {
    /// The commit whose tree holds it, and no parent's does. Of several, none an ancestor of
    /// another, the one with the earliest date, then the smallest id.
    pub(super) introduced: Option<Arc<Commit>>,
    /// Wherever the tree of a commit ever held it, sorted by path, each once.
    pub(super) places: Vec<Place>,
    /// Whether there are more places than are told.
    pub(super) paths_cut: bool,
    pub(super) reach: Reach,
}

/// A path at which a blob stood.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// From the root of the tree.
    pub(super) path: BytePath,
    /// The commit that the blob is a note on, if it is one there.
    pub(super) annotated: Option<Arc<Commit>>,
}

/// A place of a name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TracedName {
    /// From the root of the tree; the name alone where no commit has it.
    pub(super) path: BytePath,
    /// What it named when it was introduced, if that is in the database.
    pub(super) object: Option<ObjectId>,
    /// The commit that has something at this path while no parent has, chosen as for blobs.
    pub(super) introduced: Option<Arc<Commit>>,
    pub(super) reach: Reach,
}

/// A commit or a tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TracedMessage {
    /// Itself, if it is a commit.
    pub(super) commit: Option<Arc<Commit>>,
    pub(super) reach: Reach,
}

/// From where an object can be had.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// A reference, `HEAD` or the index leads to it.
    Tip,
    /// Only other tips lead to it; the label of the first that does.
    Only(String),
    /// Nothing leads to it.
    Never,
}

/// Traces `hits`. What cannot be read is left out, as the scan has told already.
///
/// The pass that scanned the database must have told the table what its objects are. More than
/// `max_edges` entries of folders are not held in memory unless they lead to hits: the trees are
/// read repeatedly instead.
pub(super) fn attribute(
    store: &Store,
    options: pass::Options,
    hits: &Hits,
    tips: &Tips,
    max_edges: usize,
) -> Attribution {
    let mut parts = gather::gather(store, options, hits, max_edges);
    let mut names = Names::default();
    let trees = Trees::new(&mut parts, store.table.len(), &mut names);
    let commits = parts
        .iter_mut()
        .flat_map(|part| mem::take(&mut part.commits));
    let graph = Graph::new(commits.collect(), &trees, &tips.shallow);
    let tags = parts.iter().flat_map(|part| &part.tags).copied().collect();
    drop(parts);
    let tracing = Tracing {
        jobs: options.jobs,
        store,
        hits,
        tips,
        reached: Reached::new(&graph, &tags, tips),
        names,
        trees,
        graph,
        tags,
    };
    let mut details = Details::new(store, &tracing.graph, options.max_size);
    let mut paths = tracing.paths();
    Attribution {
        blobs: tracing.blobs(&mut paths, &mut details),
        names: tracing.names(&paths, &mut details),
        messages: tracing.messages(&mut details),
        exposures: tracing.exposures(&mut details),
    }
}

/// All that is known once the database is read.
struct Tracing<'t> {
    jobs: usize,
    store: &'t Store,
    hits: &'t Hits,
    tips: &'t Tips,
    names: Names,
    trees: Trees,
    graph: Graph,
    /// What each tag names.
    tags: HashMap<Number, Number>,
    reached: Reached,
}

/// Hits that are traced together.
struct Block<'t> {
    tracing: &'t Tracing<'t>,
    blobs: HashMap<Number, Mask>,
    /// By the rank of a tree.
    trees: Vec<Mask>,
}

impl Block<'_> {
    /// Which of the hits a commit has.
    fn held(&self, commit: Index) -> Mask {
        let root = self.tracing.graph.commit(commit).root;
        root.map_or(Mask::default(), |root| self.trees[root as usize])
    }

    /// Which of the hits an object is or, if it is a tree, has.
    fn direct(&self, object: Number) -> Mask {
        match self.tracing.trees.rank(object) {
            Some(rank) => self.trees[rank as usize],
            None => self.blobs.get(&object).copied().unwrap_or_default(),
        }
    }
}

impl Tracing<'_> {
    /// A block of hits: blobs and their bits.
    fn block(&self, bits: impl Iterator<Item = (Number, usize)> + Clone) -> Block<'_> {
        let mut blobs: HashMap<_, Mask> = HashMap::new();
        for (blob, bit) in bits.clone() {
            blobs.entry(blob).or_default().insert(bit);
        }
        Block {
            tracing: self,
            blobs,
            trees: self.trees.masks(bits),
        }
    }

    /// All paths to hits.
    fn paths(&self) -> Paths {
        let wanted: HashSet<_> = self
            .hits
            .names
            .iter()
            .filter_map(|name| self.names.find(name))
            .collect();
        let hits = (&self.hits.blobs, &wanted);
        let mut paths = Paths::new(&self.trees);
        let notes = self.tips.refs.iter();
        let notes = notes.filter(|(name, _)| name.starts_with("refs/notes/"));
        let notes = reach::history(&self.graph, &self.tags, notes.map(|&(_, tip)| tip));
        let roots = notes.iter().filter_map(|&at| self.graph.commit(at).root);
        paths.walk(&self.trees, &self.names, (Roots::Notes, roots), hits);
        let roots = self.graph.commits().iter().filter_map(|commit| commit.root);
        paths.walk(&self.trees, &self.names, (Roots::Commits, roots), hits);
        paths
    }

    fn blobs(&self, paths: &mut Paths, details: &mut Details<'_>) -> BTreeMap<Number, TracedBlob> {
        let cut = paths.finish(&self.trees);
        let mut budget = Budget::new();
        let history = self.history_of_blobs();
        let traced = history.into_iter().map(|(blob, (introduced, rung))| {
            let (places, is_cut) = self.places(blob, paths, &mut budget, details);
            let traced = TracedBlob {
                introduced: introduced.map(|commit| details.of(commit)),
                places,
                paths_cut: is_cut || cut.contains(&blob),
                reach: self.reached.told(rung),
            };
            (blob, traced)
        });
        traced.collect()
    }

    /// Which commit introduced each blob, and how it is reached.
    fn history_of_blobs(&self) -> BTreeMap<Number, (Option<Index>, Option<Rung>)> {
        let mut blobs: Vec<_> = self.hits.blobs.iter().copied().collect();
        // Blobs that came together stand in the same trees: a block of them has few.
        let came = self.trees.came(&self.graph);
        blobs.sort_by_cached_key(|&blob| self.trees.came_with(&came, blob));
        let trace = |blobs: &[Number]| {
            let block = self.block(blobs.iter().copied().zip(0..));
            let introduced = self.graph.introduced(|commit| block.held(commit));
            let rungs = self
                .reached
                .rungs(|commit| block.held(commit), |object| block.direct(object));
            let found = introduced.into_iter().zip(rungs);
            blobs.iter().copied().zip(found).collect::<Vec<_>>()
        };
        let blocks = || blobs.par_chunks(Mask::BITS).flat_map_iter(trace).collect();
        let threads = self
            .jobs
            .min(TOGETHER)
            .min(blobs.len().div_ceil(Mask::BITS));
        let found: Vec<_> = match ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) if threads > 1 => pool.install(blocks),
            _ => blobs.chunks(Mask::BITS).flat_map(trace).collect(),
        };
        found.into_iter().collect()
    }

    /// The places of `blob`, and whether there are more.
    fn places(
        &self,
        blob: Number,
        paths: &Paths,
        budget: &mut Budget,
        details: &mut Details<'_>,
    ) -> (Vec<Place>, bool) {
        let notes = of(&paths.notes, blob.0).iter().map(|spot| (spot, true));
        let others = of(&paths.blobs, blob.0).iter().map(|spot| (spot, false));
        let mut known = BTreeMap::new();
        let mut is_cut = false;
        for (&spot, is_note) in notes.chain(others) {
            let path = paths.path(spot, &self.names);
            if known.contains_key(&path) {
                continue;
            }
            if !known.is_empty() && !budget.take(&path) {
                is_cut = true;
                break;
            }
            known.insert(path, is_note);
            if known.len() > MAX_PATHS {
                is_cut = true;
                known.pop_last();
            }
        }
        let places = known.into_iter().map(|(path, is_note)| {
            let annotated = is_note.then(|| self.annotated(&path)).flatten();
            Place {
                path,
                annotated: annotated.map(|commit| details.of(commit)),
            }
        });
        (places.collect(), is_cut)
    }

    /// The commit whose id is spelt by a path of notes: its digits, with slashes among them.
    fn annotated(&self, path: &BytePath) -> Option<Index> {
        let digits: Vec<u8> = path.0.iter().copied().filter(|&it| it != b'/').collect();
        let id = ObjectId::from_hex(&digits)?;
        self.graph.find(self.store.table.find(id.as_bytes())?)
    }

    fn names(
        &self,
        paths: &Paths,
        details: &mut Details<'_>,
    ) -> BTreeMap<Box<[u8]>, Vec<TracedName>> {
        let mut traced: BTreeMap<Box<[u8]>, Vec<TracedName>> = BTreeMap::new();
        let placed = Placed::new(&self.trees, paths);
        for spots in paths.names.chunks(Mask::BITS) {
            let masks = placed.masks(&self.trees, spots);
            let held = |commit: Index| placed.at_root(&masks, self.graph.commit(commit).root);
            let introduced = self.graph.introduced(held);
            let mut named: HashMap<_, Mask> = HashMap::new();
            for (bit, spot) in spots.iter().enumerate() {
                named.entry(spot.name).or_default().insert(bit);
            }
            let rungs = self.reached.rungs(held, self.direct_names(&named));
            for (bit, &spot) in spots.iter().enumerate() {
                let object = introduced[bit].and_then(|commit| self.named(commit, spot, paths));
                let known = traced.entry(self.names.get(spot.name).into()).or_default();
                known.push(TracedName {
                    path: paths.path(spot, &self.names),
                    object: object.map(|object| self.store.table.id(object)),
                    introduced: introduced[bit].map(|commit| details.of(commit)),
                    reach: self.reached.told(rungs[bit]),
                });
            }
        }
        for places in traced.values_mut() {
            places.sort_unstable();
        }
        for name in &self.hits.names {
            traced
                .entry(name.clone())
                .or_insert_with(|| vec![self.dangling(name)]);
        }
        traced
    }

    /// What `spot` names in the tree of `commit`.
    fn named(&self, commit: Index, spot: Spot, paths: &Paths) -> Option<Number> {
        let mut tree = self.graph.commit(commit).root?;
        for name in paths.names_to(spot.folder) {
            let mut children = self.trees.children(tree).iter();
            tree = children.find(|child| child.name == name)?.rank;
        }
        let (_, held) = self.trees.held(tree)?;
        let held = held.iter().find(|held| held.name == spot.name)?;
        (held.child != NONE).then_some(Number(held.child))
    }

    /// A name that no commit has: what it names in the trees that have it, the smallest id.
    fn dangling(&self, name: &[u8]) -> TracedName {
        let held = self.trees.lists().iter().flat_map(|list| list.iter());
        let id = self.names.find(name);
        let named = held.filter(|held| Some(held.name) == id && held.child != NONE);
        let object = named.map(|held| Number(held.child)).min();
        let mut mask = Mask::default();
        mask.insert(0);
        let named = id.map(|id| (id, mask)).into_iter().collect();
        let direct = self.direct_names(&named);
        let rungs = self.reached.rungs(|_| Mask::default(), direct);
        TracedName {
            path: BytePath(name.to_vec()),
            object: object.map(|object| self.store.table.id(object)),
            introduced: None,
            reach: self.reached.told(rungs[0]),
        }
    }

    /// Tells which of these names stand anywhere in a tree: a tip may name one itself.
    fn direct_names(&self, names: &HashMap<u32, Mask>) -> impl Fn(Number) -> Mask {
        let masks = self.trees.named(names);
        move |tree| match self.trees.rank(tree) {
            Some(rank) => masks[rank as usize],
            None => Mask::default(),
        }
    }

    fn messages(&self, details: &mut Details<'_>) -> BTreeMap<Number, TracedMessage> {
        let messages = self.hits.messages.iter().map(|&number| {
            let commit = self.graph.find(number);
            let rung = self.reached.rung(&self.graph, number);
            let message = TracedMessage {
                commit: commit.map(|commit| details.of(commit)),
                reach: self.reached.told(rung),
            };
            (number, message)
        });
        messages.collect()
    }
}

/// The spots of a hit, of all that are sorted.
fn of(spots: &[Spot], hit: u32) -> &[Spot] {
    let start = spots.partition_point(|spot| spot.hit < hit);
    let end = spots.partition_point(|spot| spot.hit <= hit);
    &spots[start..end]
}
