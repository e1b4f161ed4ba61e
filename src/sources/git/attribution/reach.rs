//! Where objects can still be had from: references, reflogs, stashes, the index.

use std::collections::HashMap;

use super::super::table::Number;
use super::graph::{Graph, Index};
use super::mask::Mask;
use super::{Reach, Tips};

/// How an object is reached: 0 from a reference, `HEAD` or the index, otherwise one more than the
/// place among the other tips. The smallest counts.
pub(super) type Rung = u32;

/// What the tips lead to.
pub(super) struct Reached {
    /// Commits, the smallest rung first.
    commits: Vec<(Rung, Index)>,
    /// By index.
    rungs: Vec<Option<Rung>>,
    /// Tags, and trees and blobs that a tip names itself.
    others: HashMap<Number, Rung>,
    labels: Vec<String>,
}

impl Reached {
    /// `tags` tells what each tag names.
    pub(super) fn new(graph: &Graph, tags: &HashMap<Number, Number>, tips: &Tips) -> Self {
        let mut flood = Flood::new(graph);
        let mut others = HashMap::new();
        let named = tips.head.into_iter();
        let named = named.chain(tips.refs.iter().map(|&(_, tip)| tip));
        let rungs = named
            .map(|tip| (0, tip))
            .chain((1..).zip(tips.others.iter().map(|&(_, tip)| tip)));
        for (rung, mut tip) in rungs {
            while let Some(&target) = tags.get(&tip) {
                if others.contains_key(&tip) {
                    break;
                }
                others.insert(tip, rung);
                tip = target;
            }
            match graph.find(tip) {
                Some(commit) => flood.from(rung, commit),
                None => {
                    others.entry(tip).or_insert(rung);
                }
            }
        }
        for &blob in &tips.index {
            others.insert(blob, 0);
        }
        Self {
            commits: flood.reached,
            rungs: flood.rungs,
            others,
            labels: tips.others.iter().map(|(label, _)| label.clone()).collect(),
        }
    }

    /// For each hit how it is reached: `held` tells which hits a commit has, `direct` which of
    /// them stand in a tree, or are a blob, that a tip names itself.
    pub(super) fn rungs(
        &self,
        held: impl Fn(Index) -> Mask,
        direct: impl Fn(Number) -> Mask,
    ) -> Vec<Option<Rung>> {
        let mut rungs: Vec<Option<Rung>> = vec![None; Mask::BITS];
        let mut seen = Mask::default();
        for &(rung, commit) in &self.commits {
            let mask = held(commit);
            for bit in mask.without(seen).bits() {
                rungs[bit] = Some(rung);
            }
            seen |= mask;
        }
        for (&object, &rung) in &self.others {
            for bit in direct(object).bits() {
                if rungs[bit].is_none_or(|known| rung < known) {
                    rungs[bit] = Some(rung);
                }
            }
        }
        rungs
    }

    /// How a commit or a tag is reached.
    pub(super) fn rung(&self, graph: &Graph, number: Number) -> Option<Rung> {
        match graph.find(number) {
            Some(commit) => self.rungs[commit as usize],
            None => self.others.get(&number).copied(),
        }
    }

    pub(super) fn told(&self, rung: Option<Rung>) -> Reach {
        match rung {
            None => Reach::Never,
            Some(0) => Reach::Tip,
            Some(rung) => Reach::Only(self.labels[rung as usize - 1].clone()),
        }
    }
}

/// The commits in the history of `tips`.
pub(super) fn history(
    graph: &Graph,
    tags: &HashMap<Number, Number>,
    tips: impl Iterator<Item = Number>,
) -> Vec<Index> {
    let mut flood = Flood::new(graph);
    for tip in tips {
        if let Some(commit) = graph.find(peel(tags, tip)) {
            flood.from(0, commit);
        }
    }
    flood
        .reached
        .into_iter()
        .map(|(_, commit)| commit)
        .collect()
}

/// What a tag names in the end; anything else names itself.
pub(super) fn peel(tags: &HashMap<Number, Number>, mut tip: Number) -> Number {
    // Only damaged tags name themselves.
    for _ in 0..=tags.len() {
        match tags.get(&tip) {
            Some(&target) => tip = target,
            None => break,
        }
    }
    tip
}

/// Commits that were reached, in this order.
struct Flood<'g> {
    graph: &'g Graph,
    rungs: Vec<Option<Rung>>,
    reached: Vec<(Rung, Index)>,
}

impl<'g> Flood<'g> {
    fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            rungs: vec![None; graph.len()],
            reached: Vec::new(),
        }
    }

    /// Adds a commit and its ancestors.
    fn from(&mut self, rung: Rung, commit: Index) {
        let mut open = vec![commit];
        while let Some(commit) = open.pop() {
            let known = &mut self.rungs[commit as usize];
            if known.is_none() {
                *known = Some(rung);
                self.reached.push((rung, commit));
                open.extend(&self.graph.commit(commit).parents);
            }
        }
    }
}
