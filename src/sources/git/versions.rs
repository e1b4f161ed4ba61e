//! What a tree has that the one before it had not: versions of a folder follow each other in a
//! pack, and mostly differ in one entry.

use std::mem;

use super::object::{Entry, split_entry};

/// Bytes that are compared at a time.
const STEP: usize = 32;

/// The tree that was read last.
pub(super) struct Versions {
    /// Bytes of a name of an object.
    id_len: usize,
    tree: Vec<u8>,
    /// Where its entries start, and where the last one ends.
    bounds: Vec<usize>,
    /// The allocation of the next bounds.
    spare: Vec<usize>,
}

impl Versions {
    /// Before anything was read; ids have `id_len` bytes.
    pub(super) fn new(id_len: usize) -> Self {
        Self {
            id_len,
            tree: Vec::new(),
            bounds: vec![0],
            spare: Vec::new(),
        }
    }

    /// Gives the entries of `tree` to `visit`; those that the tree before had as well may be left
    /// out, and most are. False where it is damaged: what stands before that was given.
    pub(super) fn read(&mut self, tree: &[u8], mut visit: impl FnMut(&Entry<'_>)) -> bool {
        let before = mem::take(&mut self.tree);
        let bounds_before = mem::replace(&mut self.bounds, mem::take(&mut self.spare));
        let same = same_at_start(&before, tree);
        let kept = bounds_before.partition_point(|&bound| bound <= same);
        self.bounds.clear();
        self.bounds.extend(&bounds_before[..kept]);
        let mut at = bounds_before[kept - 1];
        let same = same_at_end(&before[at..], &tree[at..]);
        let is_whole = loop {
            if at + same >= tree.len()
                && let at_before = at + before.len() - tree.len()
                && let Ok(index) = bounds_before.binary_search(&at_before)
            {
                let rest = bounds_before[index + 1..].iter();
                self.bounds.extend(rest.map(|bound| bound - at_before + at));
                break true;
            }
            let Some((entry, rest)) = split_entry(&tree[at..], self.id_len) else {
                break false;
            };
            visit(&entry);
            at = tree.len() - rest.len();
            self.bounds.push(at);
        };
        (self.tree, self.spare) = (before, bounds_before);
        self.tree.clear();
        if is_whole {
            self.tree.extend_from_slice(tree);
        } else {
            self.bounds.truncate(1);
        }
        is_whole
    }
}

/// How many bytes are the same at the start of both, in whole steps.
fn same_at_start(a: &[u8], b: &[u8]) -> usize {
    let (a, b) = (a.as_chunks::<STEP>().0, b.as_chunks::<STEP>().0);
    STEP * a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// The same at the end.
fn same_at_end(a: &[u8], b: &[u8]) -> usize {
    let (a, b) = (a.as_rchunks::<STEP>().1, b.as_rchunks::<STEP>().1);
    let pairs = a.iter().rev().zip(b.iter().rev());
    STEP * pairs.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::object::entries;
    use super::*;

    /// A tree with these entries, each a name and the byte that its id is made of.
    fn tree(entries: &[(u8, u8)]) -> Vec<u8> {
        let entry = |&(name, id): &(u8, u8)| {
            let name = format!("100644 {}\0", "n".repeat(usize::from(name)));
            [name.as_bytes(), &[id; 20]].concat()
        };
        entries.iter().flat_map(entry).collect()
    }

    /// A name and an id.
    type Owned = (Vec<u8>, Vec<u8>);

    /// All entries, as far as they are whole.
    fn all(tree: &[u8]) -> BTreeSet<Owned> {
        let entries = entries(tree, 20).map_while(|entry| entry);
        entries
            .map(|entry| (entry.name.to_vec(), entry.id.to_vec()))
            .collect()
    }

    fn read(versions: &mut Versions, tree: &[u8]) -> (Vec<Owned>, bool) {
        let mut given = Vec::new();
        let is_whole = versions.read(tree, |entry| {
            given.push((entry.name.to_vec(), entry.id.to_vec()));
        });
        (given, is_whole)
    }

    fn versions_of_trees() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let entry = (0_u8..40, 0_u8..3);
        let entries = prop::collection::vec(entry, 0..12);
        // What is left of a tree that is cut off; often all of it.
        let cut = prop_oneof![3 => Just(0_usize), 1 => 1_usize..50];
        let change = (any::<prop::sample::Index>(), (0_u8..40, 0_u8..3), 0..4, cut);
        (entries, prop::collection::vec(change, 1..12)).prop_map(|(mut entries, changes)| {
            let mut trees = Vec::new();
            for (place, entry, what, cut) in changes {
                let place = place.index(entries.len() + 1);
                match what {
                    0 => entries.insert(place, entry),
                    1 if place < entries.len() => entries[place] = entry,
                    2 if place < entries.len() => {
                        entries.remove(place);
                    }
                    _ => (),
                }
                let mut tree = tree(&entries);
                tree.truncate(tree.len().saturating_sub(cut));
                trees.push(tree);
            }
            trees
        })
    }

    proptest! {
        #[test]
        fn nothing_is_left_out_that_is_new(trees in versions_of_trees()) {
            let mut versions = Versions::new(20);
            let mut seen = BTreeSet::new();
            for tree in trees {
                let (given, is_whole) = read(&mut versions, &tree);
                prop_assert_eq!(is_whole, entries(&tree, 20).all(|entry| entry.is_some()));
                let all = all(&tree);
                prop_assert!(given.iter().all(|entry| all.contains(entry)));
                seen.extend(given);
                prop_assert!(all.is_subset(&seen));
            }
        }
    }

    #[test]
    fn one_that_changed_is_given_with_few_beside_it() {
        let mut entries: Vec<_> = (0..100).map(|at| (at, at)).collect();
        let mut versions = Versions::new(20);
        assert_eq!(read(&mut versions, &tree(&entries)).0.len(), 100);
        assert!(read(&mut versions, &tree(&entries)).0.len() <= 1);
        entries[50].1 = 200;
        let (given, is_whole) = read(&mut versions, &tree(&entries));
        assert!(is_whole && given.len() <= 3, "{}", given.len());
        assert!(given.contains(&(vec![b'n'; 50], vec![200; 20])));
        entries.remove(20);
        assert!(read(&mut versions, &tree(&entries)).0.len() <= 3);
    }
}
