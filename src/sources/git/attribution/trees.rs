//! The trees that lead to hits, children before their parents.

use std::collections::{BTreeMap, HashMap};

use super::super::table::Number;
use super::NONE;
use super::gather::{Edge, Held, Part};
use super::graph::Graph;
use super::mask::Mask;
use super::names::Names;

/// Hits that stand together, each such set once.
type Lists = Vec<Box<[Held]>>;

/// A folder that leads to hits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) rank: u32,
    pub(super) name: u32,
}

/// All trees that lead to hits, by their rank: one is less than that of every tree it stands in.
pub(super) struct Trees {
    /// By number; [`NONE`] for what leads to no hit.
    ranks: Vec<u32>,
    children: Rows<Child>,
    parents: Rows<u32>,
    /// The hits in each; [`NONE`] if they are all in folders of it.
    list: Vec<u32>,
    lists: Lists,
    /// In which lists a blob stands.
    holders: BTreeMap<Number, Vec<u32>>,
}

impl Trees {
    /// Joins what the threads gathered.
    pub(super) fn new(parts: &mut [Part], count: usize, names: &mut Names) -> Self {
        let renamed: Vec<Vec<u32>> = parts.iter_mut().map(|part| names.join(part)).collect();
        let (lists, listed) = join_lists(parts, &renamed);
        let edged = Edged::new(parts, count);
        let (ranks, order) = rank(&edged, &listed, count);
        let mut trees = Self {
            ranks,
            children: Rows::default(),
            parents: Rows::default(),
            list: vec![NONE; order.len()],
            lists,
            holders: BTreeMap::new(),
        };
        for (number, list) in listed {
            trees.list[trees.ranks[number.0 as usize] as usize] = list;
        }
        for (own, &number) in order.iter().enumerate() {
            let (part, folders) = edged.of(number);
            for edge in folders {
                let rank = trees.ranks[edge.child.0 as usize];
                // Only damaged trees stand in themselves.
                if (rank as usize) < own {
                    let name = renamed[part][edge.name as usize];
                    trees.children.values.push(Child { rank, name });
                }
            }
            trees.children.end_row();
        }
        trees.parents = trees.children.reversed();
        for (list, held) in trees.lists.iter().enumerate() {
            for held in held {
                let holders = trees.holders.entry(Number(held.child)).or_default();
                if holders.last() != Some(&(list as u32)) {
                    holders.push(list as u32);
                }
            }
        }
        trees
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The rank of a tree that leads to hits.
    pub(super) fn rank(&self, number: Number) -> Option<u32> {
        let rank = self.ranks[number.0 as usize];
        (rank != NONE).then_some(rank)
    }

    /// The folders of a tree that lead to hits.
    pub(super) fn children(&self, rank: u32) -> &[Child] {
        self.children.row(rank)
    }

    /// The hits in a tree, and the number of the list they make.
    pub(super) fn held(&self, rank: u32) -> Option<(u32, &[Held])> {
        let list = self.list[rank as usize];
        Some((list, self.lists.get(list as usize)?))
    }

    /// How many folders and hits stand in a tree.
    pub(super) fn weight(&self, rank: u32) -> usize {
        self.children(rank).len() + self.held(rank).map_or(0, |(_, held)| held.len())
    }

    /// Every list of hits.
    pub(super) fn lists(&self) -> &[Box<[Held]>] {
        &self.lists
    }

    /// How many folders and hits stand in all trees.
    pub(super) fn size(&self) -> usize {
        let held: usize = self.lists.iter().map(|list| list.len()).sum();
        self.children.values.len() + held
    }

    /// For each list of hits how early the first commit came that has it, anywhere; the largest
    /// number if none has.
    pub(super) fn came(&self, graph: &Graph) -> Vec<u32> {
        let mut trees = vec![NONE; self.len()];
        for (at, &commit) in (0..).zip(graph.order()) {
            if let Some(root) = graph.commit(commit).root {
                let came = &mut trees[root as usize];
                *came = at.min(*came);
            }
        }
        let mut lists = vec![NONE; self.lists.len()];
        // A tree has a higher rank than any in it.
        for rank in (0..self.len()).rev() {
            let came = trees[rank];
            for child in self.children(rank as u32) {
                let child = &mut trees[child.rank as usize];
                *child = came.min(*child);
            }
            if let Some(list) = lists.get_mut(self.list[rank] as usize) {
                *list = came.min(*list);
            }
        }
        lists
    }

    /// How early a blob came, by what [`Trees::came`] says of the lists it stands in.
    pub(super) fn came_with(&self, came: &[u32], blob: Number) -> u32 {
        let lists = self.holders.get(&blob).into_iter().flatten();
        lists.map(|&list| came[list as usize]).min().unwrap_or(NONE)
    }

    /// Which of the blobs each tree holds, anywhere below it: of `bits`, blobs with theirs.
    pub(super) fn masks(&self, bits: impl Iterator<Item = (Number, usize)>) -> Vec<Mask> {
        let mut listed = vec![Mask::default(); self.lists.len()];
        for (blob, bit) in bits {
            for &list in self.holders.get(&blob).into_iter().flatten() {
                listed[list as usize].insert(bit);
            }
        }
        self.spread(&listed)
    }

    /// Which of the hits each tree has, anywhere below it, that have one of these `names`.
    pub(super) fn named(&self, names: &HashMap<u32, Mask>) -> Vec<Mask> {
        let lists = self.lists.iter().map(|list| {
            let masks = list.iter().filter_map(|held| names.get(&held.name));
            masks.fold(Mask::default(), |all, &mask| all | mask)
        });
        self.spread(&lists.collect::<Vec<_>>())
    }

    /// Which hits each tree has, of those that each list has.
    fn spread(&self, listed: &[Mask]) -> Vec<Mask> {
        let mut masks = vec![Mask::default(); self.len()];
        for rank in 0..self.len() {
            let mut mask = masks[rank];
            if let Some(&held) = listed.get(self.list[rank] as usize) {
                mask |= held;
            }
            if !mask.is_empty() {
                masks[rank] = mask;
                for &parent in self.parents.row(rank as u32) {
                    masks[parent as usize] |= mask;
                }
            }
        }
        masks
    }
}

/// The trees that lead to hits, ranked: by number, and the other way round.
fn rank(edged: &Edged<'_>, listed: &[(Number, u32)], count: usize) -> (Vec<u32>, Vec<Number>) {
    const OPEN: u32 = NONE - 1;
    const UNSEEN: u32 = NONE - 2;
    /// As long as a tree is not ranked, this stands for it: a tree that holds hits itself.
    const HOLDS: u32 = NONE - 3;
    let mut ranks = vec![UNSEEN; count];
    let mut order = Vec::new();
    for &(number, _) in listed {
        ranks[number.0 as usize] = HOLDS;
    }
    let mut starts: Vec<_> = edged.trees.iter().map(|tree| tree.number).collect();
    starts.extend(listed.iter().map(|&(number, _)| number));
    starts.sort_unstable();
    // A tree, the folders of it that were not looked at, whether it leads to a hit.
    let mut open: Vec<(Number, &[Edge], bool)> = Vec::new();
    let enter = |ranks: &mut Vec<u32>, number: Number| {
        let holds = ranks[number.0 as usize] == HOLDS;
        ranks[number.0 as usize] = OPEN;
        (number, edged.of(number).1, holds)
    };
    for start in starts {
        if !matches!(ranks[start.0 as usize], UNSEEN | HOLDS) {
            continue;
        }
        open.push(enter(&mut ranks, start));
        while let Some((number, edges, leads)) = open.last_mut() {
            if let Some((edge, rest)) = edges.split_first() {
                match ranks[edge.child.0 as usize] {
                    UNSEEN | HOLDS => {
                        let child = enter(&mut ranks, edge.child);
                        open.push(child);
                        continue;
                    }
                    // An open one is damaged: it stands in itself.
                    OPEN | NONE => (),
                    _ => *leads = true,
                }
                *edges = rest;
            } else {
                ranks[number.0 as usize] = NONE;
                if *leads {
                    ranks[number.0 as usize] = order.len() as u32;
                    order.push(*number);
                }
                open.pop();
            }
        }
    }
    for rank in &mut ranks {
        if *rank == UNSEEN {
            *rank = NONE;
        }
    }
    (ranks, order)
}

/// Joins the lists of all threads; gives them and the trees that have one.
fn join_lists(parts: &mut [Part], renamed: &[Vec<u32>]) -> (Lists, Vec<(Number, u32)>) {
    let mut known = HashMap::new();
    let mut listed = Vec::new();
    for (part, renamed) in parts.iter_mut().zip(renamed) {
        let mut joined = vec![0; part.lists.len()];
        for (mut list, old) in part.lists.drain() {
            for held in &mut list {
                held.name = renamed[held.name as usize];
            }
            let next = known.len() as u32;
            joined[old as usize] = *known.entry(list).or_insert(next);
        }
        let trees = part.listed.drain(..);
        listed.extend(trees.map(|(number, list)| (number, joined[list as usize])));
    }
    let mut lists: Lists = vec![Box::default(); known.len()];
    for (list, at) in known {
        lists[at as usize] = list;
    }
    (lists, listed)
}

/// The edges of all threads, found by their tree.
struct Edged<'p> {
    parts: &'p [Part],
    trees: Vec<Located>,
    /// By number: which of `trees`.
    at: Vec<u32>,
}

struct Located {
    number: Number,
    part: u32,
    start: usize,
    end: usize,
}

impl<'p> Edged<'p> {
    fn new(parts: &'p [Part], count: usize) -> Self {
        let mut trees = Vec::new();
        let mut at = vec![NONE; count];
        for (part, gathered) in parts.iter().enumerate() {
            let mut start = 0;
            for &(number, end) in &gathered.edged {
                at[number.0 as usize] = trees.len() as u32;
                trees.push(Located {
                    number,
                    part: part as u32,
                    start,
                    end,
                });
                start = end;
            }
        }
        Self { parts, trees, at }
    }

    /// The edges of a tree, and the part that has them.
    fn of(&self, number: Number) -> (usize, &'p [Edge]) {
        match self.trees.get(self.at[number.0 as usize] as usize) {
            Some(tree) => {
                let part = tree.part as usize;
                (part, &self.parts[part].edges[tree.start..tree.end])
            }
            None => (0, &[]),
        }
    }
}

/// Rows of values, one after the other.
pub(super) struct Rows<T> {
    ends: Vec<usize>,
    values: Vec<T>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self {
            ends: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<T> Rows<T> {
    pub(super) fn row(&self, row: u32) -> &[T] {
        let row = row as usize;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.values[start..self.ends[row]]
    }

    pub(super) fn push(&mut self, value: T) {
        self.values.push(value);
    }

    /// What is pushed from now on belongs to the next row.
    pub(super) fn end_row(&mut self) {
        self.ends.push(self.values.len());
    }
}

impl Rows<Child> {
    /// For each rank those in whose row it stands.
    fn reversed(&self) -> Rows<u32> {
        let mut ends = vec![0; self.ends.len()];
        for child in &self.values {
            ends[child.rank as usize] += 1;
        }
        let mut total = 0;
        for end in &mut ends {
            total += *end;
            *end = total;
        }
        let mut values = vec![0; self.values.len()];
        let mut next = ends.clone();
        for row in 0..self.ends.len() as u32 {
            for child in self.row(row) {
                next[child.rank as usize] -= 1;
                values[next[child.rank as usize]] = row;
            }
        }
        Rows { ends, values }
    }
}
