//! The names of all objects of a database, each once, and what each is.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::model::{ObjectId, ObjectKind};

/// An object, by its place in the order of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Number(pub(super) u32);

/// All objects of a database. Threads share it while they decode.
#[derive(Debug)]
pub(super) struct Table {
    /// Sorted, each once.
    ids: Vec<ObjectId>,
    /// Where the names with the first two bytes `i` and less end.
    fan: Vec<u32>,
    kinds: Vec<AtomicU8>,
}

impl Table {
    /// Of `ids` in any order; sorted runs are merged fast.
    pub(super) fn new(mut ids: Vec<ObjectId>) -> Self {
        if !ids.is_sorted() {
            ids.sort();
        }
        ids.dedup();
        let mut fan = vec![0; 1 << 16];
        for id in &ids {
            fan[prefix(id.as_bytes())] += 1;
        }
        let mut total = 0;
        for end in &mut fan {
            total += *end;
            *end = total;
        }
        let kinds = ids.iter().map(|_| AtomicU8::new(0)).collect();
        Self { ids, fan, kinds }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Their numbers.
    #[cfg(test)]
    pub(super) fn numbers(&self) -> impl Iterator<Item = Number> + use<> {
        (0..self.ids.len() as u32).map(Number)
    }

    /// The object with this name.
    pub(super) fn find(&self, id: &[u8]) -> Option<Number> {
        let prefix = prefix(id);
        let start = if prefix == 0 {
            0
        } else {
            self.fan[prefix - 1] as usize
        };
        let end = self.fan[prefix] as usize;
        let at = self.ids[start..end]
            .binary_search_by(|known| known.as_bytes().cmp(id))
            .ok()?;
        Some(Number((start + at) as u32))
    }

    /// The name of `number`.
    pub(super) fn id(&self, number: Number) -> ObjectId {
        self.ids[number.0 as usize]
    }

    /// Remembers what `number` is.
    pub(super) fn set_kind(&self, number: Number, kind: ObjectKind) {
        self.kinds[number.0 as usize].store(code(kind), Ordering::Relaxed);
    }

    /// What it is, once it was read.
    pub(super) fn kind(&self, number: Number) -> ObjectKind {
        match self.kinds[number.0 as usize].load(Ordering::Relaxed) {
            1 => ObjectKind::Blob,
            2 => ObjectKind::Tree,
            3 => ObjectKind::Commit,
            4 => ObjectKind::Tag,
            _ => ObjectKind::Unknown,
        }
    }
}

fn code(kind: ObjectKind) -> u8 {
    match kind {
        ObjectKind::Unknown => 0,
        ObjectKind::Blob => 1,
        ObjectKind::Tree => 2,
        ObjectKind::Commit => 3,
        ObjectKind::Tag => 4,
    }
}

fn prefix(id: &[u8]) -> usize {
    match id {
        [first, second, ..] => usize::from(*first) << 8 | usize::from(*second),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_once() {
        let id = |first: u8, last: u8| {
            let mut bytes = [first; 20];
            bytes[19] = last;
            ObjectId::from_bytes(&bytes).unwrap()
        };
        let ids = [id(9, 2), id(0, 1), id(255, 0), id(9, 1), id(9, 2)];
        let table = Table::new(ids.to_vec());
        assert_eq!(table.len(), 4);
        for id in ids {
            assert_eq!(
                table.find(id.as_bytes()).map(|number| table.id(number)),
                Some(id)
            );
        }
        assert_eq!(table.find(id(9, 3).as_bytes()), None);
        assert_eq!(table.find(id(254, 0).as_bytes()), None);
        assert_eq!(Table::new(Vec::new()).find(id(9, 1).as_bytes()), None);
    }

    #[test]
    fn kinds_are_remembered() {
        let table = Table::new(vec![ObjectId::from_bytes(&[1; 32]).unwrap()]);
        let number = Number(0);
        assert_eq!(table.kind(number), ObjectKind::Unknown);
        for kind in [
            ObjectKind::Blob,
            ObjectKind::Tree,
            ObjectKind::Commit,
            ObjectKind::Tag,
        ] {
            table.set_kind(number, kind);
            assert_eq!(table.kind(number), kind);
        }
    }
}
