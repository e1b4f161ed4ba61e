//! All commits of a database, reachable or not, and what each brought.

use std::collections::{BTreeSet, VecDeque};

use super::super::table::Number;
use super::gather::RawCommit;
use super::mask::Mask;
use super::trees::Trees;

/// A commit, by its place in the order of names.
pub(super) type Index = u32;

/// Commits and their parents.
pub(super) struct Graph {
    /// Sorted.
    commits: Vec<Node>,
    /// Parents before their children.
    order: Vec<Index>,
    /// The longest way from a commit without parents.
    generations: Vec<u32>,
}

/// A commit.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) number: Number,
    /// Its tree, if that leads to hits.
    pub(super) root: Option<u32>,
    pub(super) parents: Box<[Index]>,
    /// Whether it has parents beside these.
    pub(super) is_cut: bool,
    date: i64,
}

impl Graph {
    /// Of all commits; the parents of those in `shallow` are cut off.
    pub(super) fn new(mut raw: Vec<RawCommit>, trees: &Trees, shallow: &BTreeSet<Number>) -> Self {
        raw.sort_unstable_by_key(|commit| commit.number);
        let numbers: Vec<_> = raw.iter().map(|commit| commit.number).collect();
        let commits = raw.into_iter().map(|commit| {
            let is_shallow = shallow.contains(&commit.number);
            let mut parents = Vec::new();
            let mut is_cut = is_shallow || commit.is_cut;
            for parent in commit.parents {
                match numbers.binary_search(&parent) {
                    Ok(_) if is_shallow => (),
                    Ok(parent) => parents.push(parent as Index),
                    Err(_) => is_cut = true,
                }
            }
            Node {
                number: commit.number,
                root: commit.tree.and_then(|tree| trees.rank(tree)),
                parents: parents.into(),
                is_cut,
                date: commit.date,
            }
        });
        let commits: Vec<_> = commits.collect();
        let (order, generations) = sort(&commits);
        Self {
            commits,
            order,
            generations,
        }
    }

    pub(super) fn find(&self, number: Number) -> Option<Index> {
        let found = self
            .commits
            .binary_search_by_key(&number, |commit| commit.number);
        found.ok().map(|at| at as Index)
    }

    pub(super) fn commit(&self, index: Index) -> &Node {
        &self.commits[index as usize]
    }

    /// All, parents before their children.
    pub(super) fn order(&self) -> &[Index] {
        &self.order
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.commits.len()
    }

    /// All, in the order of names.
    pub(super) fn commits(&self) -> &[Node] {
        &self.commits
    }

    /// For each hit the commit that introduced it: `held` tells which hits a commit has.
    ///
    /// That is one whose parents have it not. Of several, none an ancestor of another, it is the
    /// one with the earliest date, then the smallest id.
    pub(super) fn introduced(&self, held: impl Fn(Index) -> Mask) -> Vec<Option<Index>> {
        let mut earliest: Vec<Option<Index>> = vec![None; Mask::BITS];
        // What a commit or an ancestor of it had.
        let mut ever = vec![Mask::default(); self.commits.len()];
        for &index in &self.order {
            let mut before = Mask::default();
            for &parent in &self.commit(index).parents {
                before |= ever[parent as usize];
            }
            // One that brings a hit again descends from one that brought it first.
            let held = held(index);
            for bit in held.without(before).bits() {
                let best = &mut earliest[bit];
                let key = |index: Index| (self.commit(index).date, index);
                if best.is_none_or(|best| key(index) < key(best)) {
                    *best = Some(index);
                }
            }
            ever[index as usize] = before | held;
        }
        earliest
    }

    /// For each hit the newest of the commits `among` that has it not while a parent has: by
    /// date, then by the length of its history, then the smallest id.
    pub(super) fn removed(
        &self,
        among: &[Index],
        held: impl Fn(Index) -> Mask,
    ) -> Vec<Option<Index>> {
        let mut newest: Vec<Option<Index>> = vec![None; Mask::BITS];
        for &index in among {
            let parents = self.commit(index).parents.iter();
            let known = parents.fold(Mask::default(), |known, &parent| known | held(parent));
            for bit in known.without(held(index)).bits() {
                let best = &mut newest[bit];
                let key = |index: Index| {
                    let generation = self.generations[index as usize];
                    (self.commit(index).date, generation, !index)
                };
                if best.is_none_or(|best| key(index) > key(best)) {
                    *best = Some(index);
                }
            }
        }
        newest
    }
}

/// Parents before their children, and the generation of each.
fn sort(commits: &[Node]) -> (Vec<Index>, Vec<u32>) {
    let mut missing: Vec<_> = commits.iter().map(|commit| commit.parents.len()).collect();
    let mut ends = vec![0usize; commits.len() + 1];
    for &parent in commits.iter().flat_map(|commit| &commit.parents) {
        ends[parent as usize + 1] += 1;
    }
    for at in 1..ends.len() {
        ends[at] += ends[at - 1];
    }
    let mut next = ends.clone();
    let mut children = vec![0; ends[commits.len()]];
    for (index, commit) in commits.iter().enumerate() {
        for &parent in &commit.parents {
            children[next[parent as usize]] = index as Index;
            next[parent as usize] += 1;
        }
    }
    let mut generations = vec![0; commits.len()];
    let mut order = Vec::with_capacity(commits.len());
    let mut ready: VecDeque<_> = (0..commits.len() as Index)
        .filter(|&index| missing[index as usize] == 0)
        .collect();
    while let Some(index) = ready.pop_front() {
        order.push(index);
        let at = index as usize;
        for &child in &children[ends[at]..ends[at + 1]] {
            let generation = generations[at] + 1;
            generations[child as usize] = generation.max(generations[child as usize]);
            missing[child as usize] -= 1;
            if missing[child as usize] == 0 {
                ready.push_back(child);
            }
        }
    }
    // Only damaged commits are their own ancestors.
    order.extend((0..commits.len() as Index).filter(|&index| missing[index as usize] != 0));
    (order, generations)
}
