//! Which commits are new: those that tips lead to and others do not.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use super::super::objects::{Node, Objects};
use crate::model::ObjectId;

/// Commits that are looked at after all that wait are known to others: dates may lie.
const SLOP: usize = 64;

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
    let mut walk = Walk::new(objects, shallow);
    for (ids, is_hidden) in [(hidden, true), (tips, false)] {
        for id in ids {
            walk.meet(id, &Hidden(is_hidden));
        }
    }
    walk.run(|walk, _| walk.wanted > 0);
    let new = walk.met.into_iter().filter(|(_, met)| met.mark.is_wanted());
    let new: HashMap<_, _> = new.map(|(id, met)| (id, met.node)).collect();
    Walked {
        is_cut: new.keys().any(|id| shallow.contains(id)),
        commits: sorted(new),
        hides: !hidden.is_empty(),
    }
}

/// Whether what is hidden leads to a commit.
#[derive(Clone)]
struct Hidden(bool);

impl Mark for Hidden {
    fn add(&mut self, other: &Self) -> bool {
        let is_new = other.0 && !self.0;
        self.0 |= other.0;
        is_new
    }

    fn is_wanted(&self) -> bool {
        !self.0
    }
}

/// What a commit passes on to its parents.
pub(super) trait Mark: Clone {
    /// Adds what another child passes on; whether any of it was new.
    fn add(&mut self, other: &Self) -> bool;

    /// Whether the walk goes on for commits with this mark.
    fn is_wanted(&self) -> bool {
        false
    }
}

/// A walk from commits to their parents, the newest first.
pub(super) struct Walk<'w, 'o, M> {
    objects: &'w mut Objects<'o>,
    shallow: &'w BTreeSet<ObjectId>,
    pub(super) met: HashMap<ObjectId, Met<M>>,
    /// The newest is next.
    waiting: BinaryHeap<(i64, ObjectId)>,
    /// How many of those that wait are wanted.
    wanted: usize,
}

/// A commit that a walk met.
pub(super) struct Met<M> {
    node: Node,
    pub(super) mark: M,
    waits: bool,
}

impl<'w, 'o, M: Mark> Walk<'w, 'o, M> {
    /// Parents of commits in `shallow` are not there.
    pub(super) fn new(objects: &'w mut Objects<'o>, shallow: &'w BTreeSet<ObjectId>) -> Self {
        Self {
            objects,
            shallow,
            met: HashMap::new(),
            waiting: BinaryHeap::new(),
            wanted: 0,
        }
    }

    /// Passes all that wait, until [`SLOP`] in a row were passed before which `goes_on`, asked with
    /// the next, was false.
    pub(super) fn run(&mut self, mut goes_on: impl FnMut(&Self, &ObjectId) -> bool) {
        let mut slop = SLOP;
        while let Some((_, id)) = self.waiting.pop() {
            if goes_on(self, &id) {
                slop = SLOP;
            } else {
                match slop.checked_sub(1) {
                    Some(less) => slop = less,
                    None => break,
                }
            }
            self.pass(&id);
        }
    }

    /// Has a commit wait, unless that would tell nothing new.
    pub(super) fn meet(&mut self, id: &ObjectId, mark: &M) {
        if let Some(met) = self.met.get_mut(id) {
            let was_wanted = met.waits && met.mark.is_wanted();
            if !met.mark.add(mark) {
                return;
            }
            let is_wanted = met.mark.is_wanted();
            if !met.waits {
                met.waits = true;
                self.waiting.push((met.node.date, *id));
            }
            self.wanted += usize::from(is_wanted);
            self.wanted -= usize::from(was_wanted);
            return;
        }
        let Some(mut node) = self.objects.commit(id) else {
            return;
        };
        if self.shallow.contains(id) {
            node.parents.clear();
        }
        self.waiting.push((node.date, *id));
        self.wanted += usize::from(mark.is_wanted());
        let met = Met {
            node,
            mark: mark.clone(),
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
        self.wanted -= usize::from(met.mark.is_wanted());
        let (parents, mark) = (met.node.parents.clone(), met.mark.clone());
        for parent in &parents {
            self.meet(parent, &mark);
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
