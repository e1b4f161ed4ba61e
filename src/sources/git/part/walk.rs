//! Which commits are new: those that tips lead to and others do not.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::rc::Rc;

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
    /// What is hidden.
    hidden: Vec<ObjectId>,
}

impl Walked {
    /// The parents of merges of which nothing is new that these have as well, where not all count. One
    /// that comes from commits of what is hidden which are older than those that another comes from is
    /// none, with whatever it added itself: what was taken out since then comes back.
    pub(super) fn counting_parents(
        &self,
        objects: &mut Objects<'_>,
        shallow: &BTreeSet<ObjectId>,
    ) -> HashMap<ObjectId, Vec<ObjectId>> {
        let mut counting = HashMap::new();
        if self.hidden.is_empty() {
            return counting;
        }
        let mut lineage = Lineage {
            objects,
            shallow,
            ends: HashMap::new(),
            older: HashMap::new(),
        };
        for (id, node) in &self.commits {
            let parents = lineage.counting(&node.parents);
            let ends = lineage.of_all(&parents);
            lineage.ends.insert(*id, ends);
            if parents.len() < node.parents.len() {
                counting.insert(*id, parents);
            }
        }
        counting
    }
}

/// Commits that are not new, from which new ones come.
type Origins = Rc<BTreeSet<ObjectId>>;

/// How new commits descend from what is hidden. Whoever wrote them chose their dates, so these do not
/// count here.
struct Lineage<'l, 'o> {
    objects: &'l mut Objects<'o>,
    shallow: &'l BTreeSet<ObjectId>,
    /// Of new commits.
    ends: HashMap<ObjectId, Origins>,
    /// Whether the second of two commits leads to the first.
    older: HashMap<(ObjectId, ObjectId), bool>,
}

impl Lineage<'_, '_> {
    /// Those of `parents` that do not come from older commits than the others.
    fn counting(&mut self, parents: &[ObjectId]) -> Vec<ObjectId> {
        if parents.len() < 2 {
            return parents.to_vec();
        }
        let mut counting = parents.to_vec();
        counting.retain(|parent| {
            let others = parents.iter().filter(|it| *it != parent);
            let others: Vec<_> = others.copied().collect();
            let (own, others) = (self.of(parent), self.of_all(&others));
            let is_old = !own.is_empty()
                && own != others
                && self.are_older(&own, &others)
                && !self.are_older(&others, &own);
            !is_old
        });
        counting
    }

    /// Where `id` comes from: itself, if it is not new.
    fn of(&self, id: &ObjectId) -> Origins {
        let known = self.ends.get(id).cloned();
        known.unwrap_or_else(|| Rc::new(BTreeSet::from([*id])))
    }

    fn of_all(&self, ids: &[ObjectId]) -> Origins {
        match ids {
            [id] => self.of(id),
            ids => {
                let all = ids.iter().map(|id| self.of(id));
                Rc::new(
                    all.flat_map(|it| it.iter().copied().collect::<Vec<_>>())
                        .collect(),
                )
            }
        }
    }

    /// Whether each of `olds` is among what `news` lead to.
    fn are_older(&mut self, olds: &BTreeSet<ObjectId>, news: &BTreeSet<ObjectId>) -> bool {
        let mut olds = olds.iter();
        olds.all(|old| news.contains(old) || news.iter().any(|new| self.is_older(*old, *new)))
    }

    fn is_older(&mut self, old: ObjectId, new: ObjectId) -> bool {
        let (objects, shallow) = (&mut *self.objects, self.shallow);
        let led_to = self.older.entry((old, new));
        *led_to.or_insert_with(|| new_to(objects, &[old], &[new], shallow).commits.is_empty())
    }
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
        hidden: hidden.to_vec(),
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
