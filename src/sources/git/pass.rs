//! One pass over a database: every object that is wanted is decoded and given once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::deltas::Verdict;
use super::loose;
use super::objects;
use super::pack::{DAMAGED, Lost, Pack};
use super::store::Store;
use super::table::Number;
use crate::model::{ObjectKind, Version};

/// Objects that are read one after the other where a pack is damaged: each such run keeps what
/// its objects are built on.
const RUN: usize = 4096;

/// What a pass reads and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// How many threads decode; at least one.
    pub(super) jobs: usize,
    /// Objects of more bytes are lost.
    pub(super) max_size: usize,
}

/// Gives each object that is `wanted` to a clone of `visit`, on one of the threads, until one of
/// the clones says that it is enough. Objects must be wanted with what they are built on: all of a
/// kind, or none.
///
/// A loose object that is not what its name says is given only if that is nowhere, and told either
/// way. Returns what could not be read, in the order of names; nothing of it depends on the number
/// of threads.
pub(super) fn run<V>(
    store: &Store,
    options: Options,
    wanted: impl Fn(Number) -> bool + Sync,
    visit: V,
) -> BTreeMap<Number, Lost>
where
    V: FnMut(Number, ObjectKind, Version<'_>) -> Verdict + Send + Clone,
{
    let pass = Pass {
        store,
        options,
        taken: Taken::new(store.table.len()),
        enough: AtomicBool::new(false),
        lost: Mutex::default(),
    };
    let damaged: Vec<_> = store
        .packs
        .iter()
        .filter(|pack| !pass.whole(pack, &wanted, visit.clone()))
        .collect();
    pass.loose(&wanted, &visit);
    for pack in damaged {
        pass.each(pack, &wanted, &visit);
    }
    pass.misnamed(visit);
    let Pass {
        lost,
        taken,
        enough,
        ..
    } = pass;
    if enough.into_inner() {
        return BTreeMap::new();
    }
    let mut lost = lost.into_inner().unwrap_or_else(PoisonError::into_inner);
    lost.retain(|&number, why| matches!(why, Lost::Misnamed) || !taken.has(number));
    lost
}

/// A pass under way.
struct Pass<'p> {
    store: &'p Store,
    options: Options,
    taken: Taken,
    /// Whether a visitor has had enough.
    enough: AtomicBool,
    /// What could not be read somewhere; perhaps it was elsewhere.
    lost: Mutex<BTreeMap<Number, Lost>>,
}

impl Pass<'_> {
    /// Decodes a whole pack; false if something of it was not given.
    fn whole<V>(&self, pack: &Pack, wanted: &(impl Fn(Number) -> bool + Sync), mut visit: V) -> bool
    where
        V: FnMut(Number, ObjectKind, Version<'_>) -> Verdict + Send + Clone,
    {
        let Options { jobs, max_size } = self.options;
        let table = &self.store.table;
        pack.traverse(
            table,
            wanted,
            jobs,
            max_size,
            move |number, kind, version| self.give(number, kind, version, &mut visit),
        )
    }

    /// Gives an object that nobody was given.
    fn give(
        &self,
        number: Number,
        kind: ObjectKind,
        version: Version<'_>,
        visit: &mut impl FnMut(Number, ObjectKind, Version<'_>) -> Verdict,
    ) -> Verdict {
        let mut verdict = Verdict::Read;
        if self.taken.take(number) {
            verdict = visit(number, kind, version);
            if verdict == Verdict::Enough {
                self.enough.store(true, Ordering::Relaxed);
            }
        }
        if self.enough.load(Ordering::Relaxed) {
            Verdict::Enough
        } else {
            verdict
        }
    }

    /// The same of one that stands by itself; false when the pass is to end.
    fn give_alone(
        &self,
        number: Number,
        kind: ObjectKind,
        bytes: &[u8],
        visit: &mut impl FnMut(Number, ObjectKind, Version<'_>) -> Verdict,
    ) -> bool {
        self.give(number, kind, Version::first(bytes), visit) != Verdict::Enough
    }

    /// Reads the loose objects.
    fn loose<V>(&self, wanted: &(impl Fn(Number) -> bool + Sync), visit: &V)
    where
        V: FnMut(Number, ObjectKind, Version<'_>) -> Verdict + Send + Clone,
    {
        let table = &self.store.table;
        let missing: Vec<_> = self
            .store
            .loose
            .iter()
            .filter_map(|(id, path)| Some((table.find(id.as_bytes())?, path)))
            .filter(|&(number, _)| wanted(number) && !self.taken.has(number))
            .collect();
        self.on_all_threads(missing.len(), visit, |at, buffer, visit| {
            let (number, path) = missing[at];
            match loose::read(path, self.options.max_size, buffer) {
                Ok(kind)
                    if objects::name(self.store.hash, kind, buffer) == Some(table.id(number)) =>
                {
                    self.give_alone(number, kind, buffer, visit)
                }
                Ok(_) => self.lose(number, Lost::Misnamed),
                Err(why) => self.lose(number, why),
            }
        });
    }

    /// Gives the loose objects that are not what their names say, where nothing else is.
    fn misnamed(&self, mut visit: impl FnMut(Number, ObjectKind, Version<'_>) -> Verdict) {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let is_misnamed = |number: &Number| matches!(lost.get(number), Some(Lost::Misnamed));
        let mut object = Vec::new();
        for (id, path) in &self.store.loose {
            let number = self.store.table.find(id.as_bytes()).filter(is_misnamed);
            if let Some(number) = number
                && let Ok(kind) = loose::read(path, self.options.max_size, &mut object)
                && !self.give_alone(number, kind, &object, &mut visit)
            {
                return;
            }
        }
    }

    /// Reads what a damaged pack has not given yet, object by object.
    fn each<V>(&self, pack: &Pack, wanted: &(impl Fn(Number) -> bool + Sync), visit: &V)
    where
        V: FnMut(Number, ObjectKind, Version<'_>) -> Verdict + Send + Clone,
    {
        let entries = pack.entries(&self.store.table, |_| true);
        let missing: Vec<_> = entries
            .iter()
            .filter(|entry| wanted(entry.number) && !self.taken.has(entry.number))
            .collect();
        let runs: Vec<_> = missing.chunks(RUN).collect();
        let readers = self.options.jobs.min(runs.len());
        self.on_all_threads(runs.len(), visit, |at, buffer, visit| {
            let mut reader = pack.reader(readers);
            runs[at].iter().all(|entry| {
                let read = if pack.is_built_on_intact(&entries, entry) {
                    reader.read(entry.offset, self.options.max_size, buffer)
                } else {
                    Err(Lost::Corrupt(DAMAGED.to_owned()))
                };
                match read {
                    Ok(kind) => self.give_alone(entry.number, kind, buffer, visit),
                    Err(why) => self.lose(entry.number, why),
                }
            })
        });
    }

    /// Remembers why an object could not be read: the first reason in the order of places, which
    /// are read one after the other.
    fn lose(&self, number: Number, why: Lost) -> bool {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        match lost.entry(number) {
            // What is read all the same is not lost in two ways.
            Entry::Occupied(mut known) if matches!(why, Lost::Misnamed) => {
                known.insert(why);
            }
            known => {
                known.or_insert(why);
            }
        }
        !self.enough.load(Ordering::Relaxed)
    }

    /// Calls `work` with each of the numbers below `count`, a buffer and a visitor, until it
    /// returns false.
    fn on_all_threads<V>(
        &self,
        count: usize,
        visit: &V,
        work: impl Fn(usize, &mut Vec<u8>, &mut V) -> bool + Sync,
    ) where
        V: Send + Clone,
    {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..self.options.jobs.min(count) {
                let (next, work, mut visit) = (&next, &work, visit.clone());
                scope.spawn(move || {
                    let mut buffer = Vec::new();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= count || !work(at, &mut buffer, &mut visit) {
                            return;
                        }
                    }
                });
            }
        });
    }
}

/// Which objects were given.
struct Taken(Vec<AtomicU64>);

impl Taken {
    fn new(count: usize) -> Self {
        Self((0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    /// Takes `number`; false if it was taken before.
    fn take(&self, number: Number) -> bool {
        let (word, bit) = Self::place(number);
        self.0[word].fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    fn has(&self, number: Number) -> bool {
        let (word, bit) = Self::place(number);
        self.0[word].load(Ordering::Relaxed) & bit != 0
    }

    fn place(number: Number) -> (usize, u64) {
        (number.0 as usize / 64, 1 << (number.0 % 64))
    }
}
