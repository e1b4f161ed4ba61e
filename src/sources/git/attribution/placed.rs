//! Trees at their places: which commits have a hit's name at a path.

use std::collections::HashMap;

use super::mask::Mask;
use super::paths::{PathId, Paths, Spot};
use super::trees::{Rows, Trees};

/// The trees above names that are hits, at each of their places.
pub(super) struct Placed {
    /// Those that stand deeper come first.
    trees: Vec<(u32, PathId)>,
    at: HashMap<(u32, PathId), u32>,
    children: Rows<u32>,
}

impl Placed {
    pub(super) fn new(trees: &Trees, paths: &Paths) -> Self {
        let above = paths.with_parents(paths.names.iter().map(|spot| spot.folder));
        let mut met: Vec<_> = paths
            .met()
            .filter(|(_, folder)| above.contains(folder))
            .collect();
        met.sort_unstable_by_key(|&(tree, folder)| {
            (std::cmp::Reverse(paths.depth(folder)), folder, tree)
        });
        let at: HashMap<_, _> = met.iter().copied().zip(0..).collect();
        let mut children = Rows::default();
        for &(tree, folder) in &met {
            for child in trees.children(tree) {
                let path = paths.find(folder, child.name);
                let child = path.and_then(|path| at.get(&(child.rank, path)));
                if let Some(&child) = child {
                    children.push(child);
                }
            }
            children.end_row();
        }
        Self {
            trees: met,
            at,
            children,
        }
    }

    /// Which of `spots` each placed tree has below it.
    pub(super) fn masks(&self, trees: &Trees, spots: &[Spot]) -> Vec<Mask> {
        let bits: HashMap<_, _> = spots
            .iter()
            .enumerate()
            .map(|(bit, spot)| ((spot.folder, spot.name), bit))
            .collect();
        let mut masks: Vec<Mask> = Vec::with_capacity(self.trees.len());
        for (&(tree, folder), row) in self.trees.iter().zip(0..) {
            let mut mask = Mask::default();
            let held = trees.held(tree).map_or(&[][..], |(_, held)| held);
            for held in held {
                if let Some(&bit) = bits.get(&(folder, held.name)) {
                    mask.insert(bit);
                }
            }
            for &child in self.children.row(row) {
                mask |= masks[child as usize];
            }
            masks.push(mask);
        }
        masks
    }

    /// Which of them stand below the tree `root` of a commit.
    pub(super) fn at_root(&self, masks: &[Mask], root: Option<u32>) -> Mask {
        let place = root.and_then(|root| self.at.get(&(root, 0)));
        place.map_or(Mask::default(), |&place| masks[place as usize])
    }
}
