//! Which commits are new: those that tips lead to and others do not.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use super::super::objects::{Node, Objects};
use crate::model::ObjectId;

/// Commits that are looked at after all that wait are known to others: dates may lie.
pub(super) const SLOP: usize = 64;

/// What a walk met.
#[derive(Default)]
pub(super) struct Walked {
    /// Parents before their children; of those that could be next the earliest.
    pub(super) commits: Vec<(ObjectId, Node)>,
    /// Whether parents of any of these were cut off when the repository was cloned.
    pub(super) is_cut: bool,
    /// Whether anything was hidden.
    pub(super) hides: bool,
}

/// The commits that `tips` lead to and `hidden` do not; parents of those in `shallow` are not here.
///
/// Where dates lie, some that `hidden` lead to may be among them.
pub(super) fn new_to(
    objects: &mut Objects<'_>,
    tips: &[ObjectId],
    hidden: &[ObjectId],
    shallow: &BTreeSet<ObjectId>,
) -> Walked {
    let mut walk = Walk {
        objects,
        shallow,
        met: HashMap::new(),
        waiting: BinaryHeap::new(),
        wanted: 0,
    };
    for (ids, is_hidden) in [(hidden, true), (tips, false)] {
        for id in ids {
            walk.meet(id, is_hidden);
        }
    }
    let mut slop = SLOP;
    while let Some((_, id)) = walk.waiting.pop() {
        if walk.wanted == 0 {
            match slop.checked_sub(1) {
                Some(less) => slop = less,
                None => break,
            }
        } else {
            slop = SLOP;
        }
        walk.pass(&id);
    }
    let new = walk.met.into_iter().filter(|(_, met)| !met.is_hidden);
    let new: HashMap<_, _> = new.map(|(id, met)| (id, met.node)).collect();
    Walked {
        is_cut: new.keys().any(|id| shallow.contains(id)),
        commits: sorted(new),
        hides: !hidden.is_empty(),
    }
}

struct Walk<'w, 'o> {
    objects: &'w mut Objects<'o>,
    shallow: &'w BTreeSet<ObjectId>,
    met: HashMap<ObjectId, Met>,
    /// The newest is next.
    waiting: BinaryHeap<(i64, ObjectId)>,
    /// How many of those that wait are not hidden.
    wanted: usize,
}

struct Met {
    node: Node,
    is_hidden: bool,
    waits: bool,
}

impl Walk<'_, '_> {
    /// Has a commit wait, unless that would tell nothing new.
    fn meet(&mut self, id: &ObjectId, is_hidden: bool) {
        if let Some(met) = self.met.get_mut(id) {
            if !is_hidden || met.is_hidden {
                return;
            }
            met.is_hidden = true;
            if met.waits {
                self.wanted -= 1;
                return;
            }
            met.waits = true;
            self.waiting.push((met.node.date, *id));
            return;
        }
        let Some(mut node) = self.objects.commit(id) else {
            return;
        };
        if self.shallow.contains(id) {
            node.parents.clear();
        }
        self.waiting.push((node.date, *id));
        self.wanted += usize::from(!is_hidden);
        let met = Met {
            node,
            is_hidden,
            waits: true,
        };
        self.met.insert(*id, met);
    }

    /// Has the parents of a commit wait.
    fn pass(&mut self, id: &ObjectId) {
        let Some(met) = self.met.get_mut(id) else {
            return;
        };
        met.waits = false;
        let is_hidden = met.is_hidden;
        self.wanted -= usize::from(!is_hidden);
        for parent in met.node.parents.clone() {
            self.meet(&parent, is_hidden);
        }
    }
}

/// Parents before their children.
fn sorted(mut commits: HashMap<ObjectId, Node>) -> Vec<(ObjectId, Node)> {
    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    let mut missing: HashMap<ObjectId, usize> = HashMap::new();
    let mut ready = BinaryHeap::new();
    for (id, node) in &commits {
        let parents: BTreeSet<_> = node.parents.iter().collect();
        let parents = parents.into_iter().filter(|it| commits.contains_key(it));
        let mut count = 0;
        for parent in parents {
            children.entry(*parent).or_default().push(*id);
            count += 1;
        }
        missing.insert(*id, count);
        if count == 0 {
            ready.push(Reverse((node.date, *id)));
        }
    }
    let mut order = Vec::with_capacity(commits.len());
    while let Some(Reverse((_, id))) = ready.pop() {
        for child in children.remove(&id).into_iter().flatten() {
            if let Some(count) = missing.get_mut(&child) {
                *count -= 1;
                if *count == 0 {
                    ready.push(Reverse((commits[&child].date, child)));
                }
            }
        }
        order.extend(commits.remove(&id).map(|node| (id, node)));
    }
    order
}
