//! The pass over trees, commits and tags: what of them is needed to trace hits.

use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::super::commit;
use super::super::deltas::Verdict;
use super::super::object::{Entry, entries};
use super::super::pass;
use super::super::store::Store;
use super::super::table::Number;
use super::super::versions::Notes;
use super::{Hits, NONE};
use crate::model::{ObjectId, ObjectKind};

/// Bits of the filter that tells most blobs that are no hits, by the start of their ids.
const FILTER: usize = 1 << 18;

/// Edges of a thread that are not yet counted in those of all threads.
const BATCH: usize = 4096;

/// A folder in a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) child: Number,
    pub(super) name: u32,
}

/// An entry that is a hit by its blob or by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Held {
    pub(super) name: u32,
    /// What it names; [`NONE`] if that is not in the database.
    pub(super) child: u32,
}

/// What an entry of a tree is to attribution: perhaps both.
#[derive(Clone, Copy, Debug)]
struct Note {
    edge: Option<Edge>,
    held: Option<Held>,
}

/// The folders met last: they recur in every version of the folder above.
#[derive(Debug, Default)]
struct Folders(Vec<Folder>);

/// An entry, if it is short enough, and the edge it makes.
#[derive(Clone, Debug)]
struct Folder {
    length: u8,
    /// The id, then the name.
    bytes: [u8; Folder::LENGTH],
    edge: Edge,
}

impl Folder {
    const LENGTH: usize = 63;
}

impl Folders {
    const COUNT: usize = 1 << 12;

    fn find(&self, entry: &Entry<'_>) -> Option<Edge> {
        let known = self.0.get(start_of(entry.id) % Self::COUNT)?;
        let (id, name) =
            known.bytes[..usize::from(known.length)].split_at_checked(entry.id.len())?;
        (id == entry.id && name == entry.name).then_some(known.edge)
    }

    fn keep(&mut self, entry: &Entry<'_>, edge: Edge) {
        let length = entry.id.len() + entry.name.len();
        if length > Folder::LENGTH {
            return;
        }
        if self.0.is_empty() {
            let none = Folder {
                length: 0,
                bytes: [0; Folder::LENGTH],
                edge,
            };
            self.0 = vec![none; Self::COUNT];
        }
        let known = &mut self.0[start_of(entry.id) % Self::COUNT];
        known.length = length as u8;
        known.bytes[..entry.id.len()].copy_from_slice(entry.id);
        known.bytes[entry.id.len()..length].copy_from_slice(entry.name);
        known.edge = edge;
    }
}

/// What one thread gathered. Names and lists are interned: they recur in every version of a
/// folder.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) names: HashMap<Box<[u8]>, u32>,
    /// The hits in a tree, in its order.
    pub(super) lists: HashMap<Box<[Held]>, u32>,
    /// Trees with hits, and which.
    pub(super) listed: Vec<(Number, u32)>,
    pub(super) edges: Vec<Edge>,
    /// Trees with folders, and where their edges end; they begin where those before end.
    pub(super) edged: Vec<(Number, usize)>,
    pub(super) commits: Vec<RawCommit>,
    /// Tags and what they name.
    pub(super) tags: Vec<(Number, Number)>,
    /// Edges that are not counted in what all threads have kept.
    uncounted: usize,
    /// Used again for every tree.
    held: Vec<Held>,
    /// Of the tree that was read last.
    notes: Option<Notes<Note>>,
    folders: Folders,
}

/// A commit as it stands in the database.
#[derive(Debug)]
pub(super) struct RawCommit {
    pub(super) number: Number,
    pub(super) tree: Option<Number>,
    /// Those in the database.
    pub(super) parents: Box<[Number]>,
    /// Whether it has parents beside these.
    pub(super) is_cut: bool,
    /// Seconds since 1970; 0 if it does not tell.
    pub(super) date: i64,
}

/// Reads all trees, commits and tags of `store` for what leads to `hits`.
///
/// Of more than `max_edges` edges none is kept while it is not known which lead to hits: that is
/// found in as many passes as these folders are deep, then only their edges are kept.
pub(super) fn gather(
    store: &Store,
    options: pass::Options,
    hits: &Hits,
    max_edges: usize,
) -> Vec<Part> {
    let (mut parts, is_over) = Collection::new(store, hits, max_edges, None).run(options, |kind| {
        matches!(
            kind,
            ObjectKind::Tree | ObjectKind::Commit | ObjectKind::Tag
        )
    });
    if is_over {
        for part in &mut parts {
            part.edges = Vec::new();
            part.edged = Vec::new();
        }
        let marks = mark(store, options, &parts);
        let edges = Collection::new(store, hits, usize::MAX, Some(&marks));
        parts.extend(edges.run(options, |kind| kind == ObjectKind::Tree).0);
    }
    parts
}

/// Marks the trees that lead to hits, in passes, until a pass finds no more.
fn mark(store: &Store, options: pass::Options, parts: &[Part]) -> Marks {
    let marks = Marks::new(store.table.len());
    for &(number, _) in parts.iter().flat_map(|part| &part.listed) {
        marks.set(number);
    }
    let id_len = store.hash.len_in_bytes();
    loop {
        let changed = AtomicBool::new(false);
        pass::run(
            store,
            options,
            |number| store.table.kind(number) == ObjectKind::Tree,
            |number, _, tree| {
                let mut folders = entries(tree.bytes, id_len)
                    .flatten()
                    .filter(|it| it.is_tree);
                if !marks.has(number)
                    && folders.any(|it| store.table.find(it.id).is_some_and(|it| marks.has(it)))
                {
                    marks.set(number);
                    changed.store(true, Ordering::Relaxed);
                }
                Verdict::Read
            },
        );
        if !changed.into_inner() {
            return marks;
        }
    }
}

/// Trees that lead to hits.
struct Marks(Vec<AtomicU64>);

impl Marks {
    fn new(count: usize) -> Self {
        Self((0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    fn set(&self, number: Number) {
        self.0[number.0 as usize / 64].fetch_or(1 << (number.0 % 64), Ordering::Relaxed);
    }

    fn has(&self, number: Number) -> bool {
        self.0[number.0 as usize / 64].load(Ordering::Relaxed) & 1 << (number.0 % 64) != 0
    }
}

/// What the threads of a pass share.
struct Collection<'c> {
    store: &'c Store,
    hits: &'c Hits,
    /// Bytes of the shortest hit among the names.
    shortest: usize,
    /// A bit for each start of an id, set if a hit has it.
    filter: Vec<u64>,
    /// Keep only the edges between these, and nothing else.
    only: Option<&'c Marks>,
    max_edges: usize,
    /// How many edges were kept.
    edges: AtomicUsize,
    /// Whether they were too many.
    is_over: AtomicBool,
    /// Parts that no thread uses now.
    idle: Mutex<Vec<Part>>,
}

impl<'c> Collection<'c> {
    fn new(store: &'c Store, hits: &'c Hits, max_edges: usize, only: Option<&'c Marks>) -> Self {
        let mut filter = vec![0; FILTER / 64];
        for &blob in &hits.blobs {
            let start = start_of(store.table.id(blob).as_bytes()) % FILTER;
            filter[start / 64] |= 1 << (start % 64);
        }
        Self {
            store,
            hits,
            shortest: hits.names.iter().map(|name| name.len()).min().unwrap_or(0),
            filter,
            only,
            max_edges,
            edges: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            idle: Mutex::default(),
        }
    }

    /// What the threads gathered, and whether the edges were too many.
    fn run(
        self,
        options: pass::Options,
        wanted: impl Fn(ObjectKind) -> bool + Sync,
    ) -> (Vec<Part>, bool) {
        let mut collector = self.collector();
        pass::run(
            self.store,
            options,
            |number| wanted(self.store.table.kind(number)),
            move |number, kind, version| {
                collector.object(number, kind, version.bytes);
                Verdict::Read
            },
        );
        let parts = self
            .idle
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let edges: usize = parts.iter().map(|part| part.edges.len()).sum();
        (parts, self.is_over.into_inner() || edges > self.max_edges)
    }

    fn collector(&self) -> Collector<'_, 'c> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        Collector {
            shared: self,
            part: Some(Box::new(idle.pop().unwrap_or_default())),
        }
    }

    /// Whether a blob may be a hit, by the start of its id.
    fn may_be_hit(&self, id: &[u8]) -> bool {
        let start = start_of(id) % FILTER;
        self.filter[start / 64] & 1 << (start % 64) != 0
    }

    /// Counts the edges of a part; false if there are too many.
    fn count(&self, part: &mut Part) -> bool {
        if part.uncounted >= BATCH {
            let before = self.edges.fetch_add(part.uncounted, Ordering::Relaxed);
            if before + part.uncounted > self.max_edges {
                self.is_over.store(true, Ordering::Relaxed);
            }
            part.uncounted = 0;
        }
        !self.is_over.load(Ordering::Relaxed)
    }
}

/// One thread's part in use. A clone is another one, for another thread.
struct Collector<'a, 'c> {
    shared: &'a Collection<'c>,
    part: Option<Box<Part>>,
}

impl Clone for Collector<'_, '_> {
    fn clone(&self) -> Self {
        self.shared.collector()
    }
}

impl Drop for Collector<'_, '_> {
    fn drop(&mut self) {
        if let Some(part) = self.part.take() {
            self.shared
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(*part);
        }
    }
}

impl Collector<'_, '_> {
    fn object(&mut self, number: Number, kind: ObjectKind, bytes: &[u8]) {
        let (Some(part), shared) = (&mut self.part, self.shared) else {
            return;
        };
        match (kind, shared.only) {
            (ObjectKind::Tree, None) => part.tree(shared, number, bytes),
            (ObjectKind::Tree, Some(marks)) if marks.has(number) => {
                part.marked(shared, marks, number, bytes);
            }
            (ObjectKind::Commit, None) => part.commit(shared.store, number, bytes),
            (ObjectKind::Tag, None) => {
                let target = bytes.strip_prefix(b"object ").and_then(first_line);
                let target = target.and_then(|line| find(shared.store, line));
                part.tags.extend(target.map(|target| (number, target)));
            }
            _ => (),
        }
    }
}

impl Part {
    fn tree(&mut self, shared: &Collection<'_>, number: Number, bytes: &[u8]) {
        let keep = shared.count(self);
        let before = self.edges.len();
        let notes = self.notes.take();
        let mut notes = notes.unwrap_or_else(|| Notes::new(shared.store.hash.len_in_bytes()));
        let mut held = mem::take(&mut self.held);
        held.clear();
        for (_, note) in notes.read(bytes, |entry| self.note(shared, entry, keep)) {
            self.edges.extend(note.edge.filter(|_| keep));
            held.extend(note.held);
        }
        (self.notes, self.held) = (Some(notes), held);
        self.uncounted += self.edges.len() - before;
        if self.edges.len() > before {
            self.edged.push((number, self.edges.len()));
        }
        if !self.held.is_empty() {
            let next = self.lists.len() as u32;
            let list = match self.lists.get(&self.held[..]) {
                Some(list) => *list,
                None => *self.lists.entry(self.held[..].into()).or_insert(next),
            };
            self.listed.push((number, list));
        }
    }

    /// What an entry of a tree is to attribution; without its edge where none are kept any more.
    fn note(&mut self, shared: &Collection<'_>, entry: &Entry<'_>, keep: bool) -> Option<Note> {
        let is_hit = entry.name.len() >= shared.shortest
            && !shared.hits.names.is_empty()
            && shared.hits.names.contains(entry.name);
        let (mut edge, mut held) = (None, None);
        if entry.is_tree && keep {
            edge = self.edge(shared.store, entry);
        }
        if is_hit || !(entry.is_tree || entry.is_submodule) && shared.may_be_hit(entry.id) {
            let child = shared.store.table.find(entry.id);
            if is_hit || child.is_some_and(|child| shared.hits.blobs.contains(&child)) {
                let name = self.intern(entry.name);
                let child = child.map_or(NONE, |child| child.0);
                held = Some(Held { name, child });
            }
        }
        (edge.is_some() || held.is_some()).then_some(Note { edge, held })
    }

    /// Keeps the edges of a marked tree that lead to marked ones.
    fn marked(&mut self, shared: &Collection<'_>, marks: &Marks, number: Number, bytes: &[u8]) {
        let before = self.edges.len();
        for entry in entries(bytes, shared.store.hash.len_in_bytes()).flatten() {
            if entry.is_tree {
                let edge = self.edge(shared.store, &entry);
                self.edges.extend(edge.filter(|edge| marks.has(edge.child)));
            }
        }
        if self.edges.len() > before {
            self.edged.push((number, self.edges.len()));
        }
    }

    fn commit(&mut self, store: &Store, number: Number, bytes: &[u8]) {
        let mut rest = bytes;
        let tree = take_header(&mut rest, b"tree ").and_then(|line| find(store, line));
        let mut parents = BTreeSet::new();
        let mut is_cut = false;
        while let Some(line) = take_header(&mut rest, b"parent ") {
            match find(store, line) {
                Some(parent) if store.table.kind(parent) == ObjectKind::Commit => {
                    parents.insert(parent);
                }
                _ => is_cut = true,
            }
        }
        self.commits.push(RawCommit {
            number,
            tree,
            parents: parents.into_iter().collect(),
            is_cut,
            date: commit::committed(bytes).at.0,
        });
    }

    /// The edge that a folder makes, if that is in the database.
    fn edge(&mut self, store: &Store, entry: &Entry<'_>) -> Option<Edge> {
        if let Some(edge) = self.folders.find(entry) {
            return Some(edge);
        }
        let child = store.table.find(entry.id)?;
        let name = self.intern(entry.name);
        let edge = Edge { child, name };
        self.folders.keep(entry, edge);
        Some(edge)
    }

    fn intern(&mut self, name: &[u8]) -> u32 {
        let next = self.names.len() as u32;
        match self.names.get(name) {
            Some(known) => *known,
            None => *self.names.entry(name.into()).or_insert(next),
        }
    }
}

/// The value of the header that `rest` starts with, if it is `name`.
fn take_header<'b>(rest: &mut &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    let line = rest.strip_prefix(name).and_then(first_line)?;
    *rest = &rest[(name.len() + line.len() + 1).min(rest.len())..];
    Some(line)
}

fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    bytes.split(|&byte| byte == b'\n').next()
}

/// The object whose name is written as `hex`.
fn find(store: &Store, hex: &[u8]) -> Option<Number> {
    store.table.find(ObjectId::from_hex(hex)?.as_bytes())
}

/// The first bits of an id.
fn start_of(id: &[u8]) -> usize {
    match id {
        [first, second, third, ..] => {
            usize::from(*first) << 16 | usize::from(*second) << 8 | usize::from(*third)
        }
        _ => 0,
    }
}
