//! What the history of a repository names and its database lacks.

use std::collections::{BTreeSet, HashMap};
use std::mem;

use super::History;
use super::objects::{Named, Objects};
use crate::model::{ObjectId, ObjectKind};

/// Those of `missing` that references, reflogs and the index lead to. What is left over from before
/// may name what was pruned, so it does not count.
pub(super) fn in_history(
    history: &History<'_>,
    mut missing: HashMap<ObjectId, ObjectKind>,
    max_size: usize,
) -> HashMap<ObjectId, ObjectKind> {
    let table = &history.store.table;
    let mut objects = Objects::new(history.store.lookup(max_size), history.store.hash);
    let mut is_met = vec![false; table.len()];
    let mut named = BTreeSet::new();
    let tips = history.tips();
    let mut waiting: Vec<_> = tips.all().map(|tip| table.id(tip)).collect();
    while let Some(id) = waiting.pop() {
        if missing.contains_key(&id) {
            named.insert(id);
            continue;
        }
        let Some(number) = table.find(id.as_bytes()) else {
            continue;
        };
        if mem::replace(&mut is_met[number.0 as usize], true) {
            continue;
        }
        match table.kind(number) {
            ObjectKind::Commit => {
                if let Some(node) = objects.commit(&id) {
                    waiting.extend(node.tree);
                    if !history.shallow.contains(&id) {
                        waiting.extend(node.parents);
                    }
                }
            }
            ObjectKind::Tree => {
                let tree = objects.tree(&id);
                let entries = tree.entries().flatten().filter(|it| !it.is_submodule);
                waiting.extend(entries.filter_map(|it| ObjectId::from_bytes(it.id)));
            }
            ObjectKind::Tag => {
                if let Ok(Named::Tag(target)) = objects.named(&id) {
                    waiting.push(target);
                }
            }
            ObjectKind::Blob | ObjectKind::Unknown => (),
        }
    }
    missing.retain(|id, _| named.contains(id));
    missing
}
