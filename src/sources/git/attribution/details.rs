//! What is told of a commit, read again from its object.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::commit;
use super::super::lookup::Lookup;
use super::super::store::Store;
use super::graph::{Graph, Index};
use crate::model::Commit;

/// Reads commits that a result names, each once.
pub(super) struct Details<'d> {
    store: &'d Store,
    graph: &'d Graph,
    objects: Lookup<'d>,
    buffer: Vec<u8>,
    known: HashMap<Index, Arc<Commit>>,
}

impl<'d> Details<'d> {
    pub(super) fn new(store: &'d Store, graph: &'d Graph, max_size: usize) -> Self {
        Self {
            store,
            graph,
            objects: store.lookup(max_size),
            buffer: Vec::new(),
            known: HashMap::new(),
        }
    }

    pub(super) fn of(&mut self, index: Index) -> Arc<Commit> {
        if let Some(known) = self.known.get(&index) {
            return known.clone();
        }
        let node = self.graph.commit(index);
        let id = self.store.table.id(node.number);
        let read = self.objects.read(&id, &mut self.buffer);
        let bytes = read.map_or(&[][..], |_| &self.buffer);
        let commit = Arc::new(Commit {
            or_earlier: node.is_cut,
            ..commit::read(id, bytes)
        });
        self.known.insert(index, commit.clone());
        commit
    }
}
