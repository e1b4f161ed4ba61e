//! Names of entries, each once.

use std::collections::HashMap;

use super::gather::Part;

/// All names that were gathered.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: HashMap<Box<[u8]>, u32>,
    names: Vec<Box<[u8]>>,
}

impl Names {
    /// Takes the names of a part; gives what each of its numbers is called from now on.
    pub(super) fn join(&mut self, part: &mut Part) -> Vec<u32> {
        let mut renamed = vec![0; part.names.len()];
        for (name, old) in part.names.drain() {
            renamed[old as usize] = if let Some(&known) = self.ids.get(&name) {
                known
            } else {
                let next = self.names.len() as u32;
                self.names.push(name.clone());
                self.ids.insert(name, next);
                next
            };
        }
        renamed
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<u32> {
        self.ids.get(name).copied()
    }

    pub(super) fn get(&self, id: u32) -> &[u8] {
        &self.names[id as usize]
    }
}
