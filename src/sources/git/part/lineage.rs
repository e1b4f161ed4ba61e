//! How new commits descend from what is known: of a merge with something old, not all that stands
//! there is known any more.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::super::objects::Objects;
use super::walk::{Mark, Walk, Walked};
use crate::model::ObjectId;

/// Commits that are not new, from which new ones come.
type Origins = Rc<BTreeSet<ObjectId>>;

/// The parents of merges of which nothing is new that these have as well, where not all count. One
/// that comes from known commits which are older than those that another comes from is none, with
/// whatever it added itself: what was taken out since then comes back.
pub(super) fn counting_parents(
    walked: &Walked,
    objects: &mut Objects<'_>,
    shallow: &BTreeSet<ObjectId>,
) -> HashMap<ObjectId, Vec<ObjectId>> {
    let mut origins: HashMap<&ObjectId, Origins> = HashMap::new();
    let mut descent = None;
    let mut counting = HashMap::new();
    if !walked.hides {
        return counting;
    }
    for (id, node) in &walked.commits {
        let of = |parent: &ObjectId| -> Origins {
            let known = origins.get(parent).cloned();
            known.unwrap_or_else(|| Rc::new(BTreeSet::from([*parent])))
        };
        let all: Vec<_> = node.parents.iter().map(of).collect();
        let mut parents = node.parents.clone();
        let mut kept = all.clone();
        if all.iter().any(|it| *it != all[0]) {
            let descent =
                descent.get_or_insert_with(|| Descent::of(known(walked), objects, shallow));
            let counts: Vec<_> = (0..all.len())
                .map(|own| !descent.is_outdated(own, &all))
                .collect();
            retain(&mut parents, &counts);
            retain(&mut kept, &counts);
        }
        if parents.len() < node.parents.len() {
            counting.insert(*id, parents);
        }
        origins.insert(id, joined(&kept));
    }
    counting
}

fn retain<T>(all: &mut Vec<T>, counts: &[bool]) {
    let mut counts = counts.iter();
    all.retain(|_| counts.next() == Some(&true));
}

fn joined(all: &[Origins]) -> Origins {
    match all {
        [one, rest @ ..] if rest.iter().all(|it| it == one) => Rc::clone(one),
        all => Rc::new(all.iter().flat_map(|it| it.iter().copied()).collect()),
    }
}

/// The parents of new commits that are not new.
fn known(walked: &Walked) -> BTreeSet<ObjectId> {
    let new: BTreeSet<_> = walked.commits.iter().map(|(id, _)| id).collect();
    let parents = walked.commits.iter().flat_map(|(_, node)| &node.parents);
    parents.filter(|id| !new.contains(id)).copied().collect()
}

/// Which of some commits lead to which others of them.
struct Descent {
    numbers: HashMap<ObjectId, usize>,
    /// By number, those that lead there, itself included.
    from: Vec<Numbers>,
}

impl Descent {
    /// Looks as far back as the oldest of them, in one walk. Whoever wrote new commits chose their
    /// dates, but these are known; where they lie all the same, some may be missed.
    fn of(
        commits: BTreeSet<ObjectId>,
        objects: &mut Objects<'_>,
        shallow: &BTreeSet<ObjectId>,
    ) -> Self {
        let mut walk = Walk::new(objects, shallow);
        let numbers: HashMap<_, _> = commits.into_iter().zip(0..).collect();
        for (id, number) in &numbers {
            let mut own = Numbers::none(numbers.len());
            own.insert(*number);
            walk.meet(id, &own);
        }
        let mut open: BTreeSet<_> = numbers.keys().copied().collect();
        walk.run(|_, id| {
            open.remove(id);
            !open.is_empty()
        });
        let mut from = vec![Numbers::none(numbers.len()); numbers.len()];
        for (id, number) in &numbers {
            if let Some(met) = walk.met.remove(id) {
                from[*number] = met.mark;
            }
        }
        Self { numbers, from }
    }

    /// Whether what the parent `own` comes from is older than what the other parents come from, of
    /// which `all` has the origins of each.
    fn is_outdated(&self, own: usize, all: &[Origins]) -> bool {
        let others = all.iter().enumerate().filter(|(other, _)| *other != own);
        let others = others.flat_map(|(_, it)| it.iter().copied()).collect();
        let own = &*all[own];
        !own.is_empty()
            && *own != others
            && self.are_older(own, &others)
            && !self.are_older(&others, own)
    }

    /// Whether each of `olds` is among what `news` lead to.
    fn are_older(&self, olds: &BTreeSet<ObjectId>, news: &BTreeSet<ObjectId>) -> bool {
        olds.iter().all(|old| {
            let from = self.numbers.get(old).map(|&number| &self.from[number]);
            let leads = |new| match (from, self.numbers.get(new)) {
                (Some(from), Some(&number)) => from.has(number),
                _ => false,
            };
            news.contains(old) || news.iter().any(leads)
        })
    }
}

/// Some of the numbers below a fixed one.
#[derive(Clone, Debug)]
struct Numbers(Box<[u64]>);

impl Numbers {
    fn none(below: usize) -> Self {
        Self(vec![0; below.div_ceil(64)].into())
    }

    fn insert(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    fn has(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 == 1
    }
}

impl Mark for Numbers {
    fn add(&mut self, others: &Self) -> bool {
        let mut is_new = false;
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            is_new |= other & !*word != 0;
            *word |= other;
        }
        is_new
    }
}
