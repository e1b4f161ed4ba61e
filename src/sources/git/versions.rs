//! What a tree has that the one before it had not: versions of a folder follow each other in a
//! pack, and mostly differ in one entry.

use std::mem;

use super::object::{Entry, split_entry};

/// Bytes that are compared at a time.
const STEP: usize = 32;

/// The tree that was read last.
#[derive(Debug)]
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

    /// Gives the entries of `tree` to `visit`, each with where it starts; those that the tree before
    /// had as well may be left out, and most are. What stands behind damage is left out, too.
    pub(super) fn read(&mut self, tree: &[u8], mut visit: impl FnMut(usize, &Entry<'_>)) -> Kept {
        let before = mem::take(&mut self.tree);
        let bounds_before = mem::replace(&mut self.bounds, mem::take(&mut self.spare));
        let same = same_at_start(&before, tree);
        let kept = bounds_before.partition_point(|&bound| bound <= same);
        self.bounds.clear();
        self.bounds.extend(&bounds_before[..kept]);
        let mut at = bounds_before[kept - 1];
        let mut kept = Kept {
            start: at,
            end_before: before.len(),
            end: tree.len(),
            is_whole: true,
        };
        let same = same_at_end(&before[at..], &tree[at..]);
        loop {
            if at + same >= tree.len()
                && let at_before = at + before.len() - tree.len()
                && let Ok(index) = bounds_before.binary_search(&at_before)
            {
                let rest = bounds_before[index + 1..].iter();
                self.bounds.extend(rest.map(|bound| bound - at_before + at));
                (kept.end_before, kept.end) = (at_before, at);
                break;
            }
            let Some((entry, rest)) = split_entry(&tree[at..], self.id_len) else {
                kept.is_whole = false;
                break;
            };
            visit(at, &entry);
            at = tree.len() - rest.len();
            self.bounds.push(at);
        }
        (self.tree, self.spare) = (before, bounds_before);
        self.tree.clear();
        if kept.is_whole {
            self.tree.extend_from_slice(tree);
        } else {
            self.bounds.truncate(1);
        }
        kept
    }
}

/// Which entries of a tree those of the one before are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// Those in so many bytes at the start.
    start: usize,
    /// Those from here to the end of the one before,
    end_before: usize,
    /// which start here.
    end: usize,
    /// Whether the tree is not damaged.
    pub(super) is_whole: bool,
}

/// What is made of some of the entries of a tree, out of what was made of those of the one before.
#[derive(Debug)]
pub(super) struct Notes<T> {
    versions: Versions,
    /// Those of the tree that was read last, with where their entries start.
    last: Vec<(usize, T)>,
    /// The allocation of the next notes.
    spare: Vec<(usize, T)>,
}

impl<T: Copy> Notes<T> {
    /// Before anything was read; ids have `id_len` bytes.
    pub(super) fn new(id_len: usize) -> Self {
        Self {
            versions: Versions::new(id_len),
            last: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// What `note` makes of each entry of `tree`, with where that starts, in order and as far as the
    /// tree is not damaged. It is asked again for few of those that the tree before had.
    pub(super) fn read(
        &mut self,
        tree: &[u8],
        mut note: impl FnMut(&Entry<'_>) -> Option<T>,
    ) -> &[(usize, T)] {
        // Of a damaged tree no version is known.
        if self.versions.tree.is_empty() {
            self.last.clear();
        }
        let before = mem::replace(&mut self.last, mem::take(&mut self.spare));
        self.last.clear();
        let mut fresh = Vec::new();
        let kept = self.versions.read(tree, |at, entry| {
            fresh.extend(note(entry).map(|note| (at, note)));
        });
        let at_start = before.partition_point(|&(at, _)| at < kept.start);
        let at_end = before.partition_point(|&(at, _)| at < kept.end_before);
        self.last.extend(&before[..at_start]);
        self.last.append(&mut fresh);
        let moved = before[at_end..].iter();
        let moved = moved.map(|&(at, note)| (at - kept.end_before + kept.end, note));
        self.last.extend(moved);
        self.spare = before;
        &self.last
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
        let kept = versions.read(tree, |_, entry| {
            given.push((entry.name.to_vec(), entry.id.to_vec()));
        });
        (given, kept.is_whole)
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

        #[test]
        fn notes_are_those_of_all_entries(trees in versions_of_trees()) {
            let note = |entry: &Entry<'_>| {
                entry.name.len().is_multiple_of(3).then_some((entry.name.len(), entry.id[0]))
            };
            let mut notes = Notes::new(20);
            for tree in trees {
                let all = entries(&tree, 20).map_while(|entry| entry);
                let expected: Vec<_> = all.filter_map(|entry| note(&entry)).collect();
                let read = notes.read(&tree, note).iter().map(|it| it.1);
                prop_assert_eq!(read.collect::<Vec<_>>(), expected);
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
