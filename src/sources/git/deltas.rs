//! Decodes a pack in the order of its deltas: each object from the one it is built on, which is
//! kept for so long.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use gix_pack::data::entry::Header;
use libdeflater::Decompressor;

use super::delta::{self, Changes};
use super::pack::{Entry, Pack, kind_of};
use crate::model::{ObjectKind, Version};

/// A larger buffer is not used for other objects.
const KEPT: usize = 16 << 20;

/// Stands for what an object is built on where that is nothing.
const NOTHING: u32 = u32::MAX;

/// What a visitor makes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was the last that is wanted.
    Enough,
    /// More is wanted.
    Read,
    /// More is wanted, and of what is built on this only how it differs matters.
    Clean,
}

/// Decodes `entries`, which are sorted by their place and include what they are built on, and
/// gives each once to a clone of `visit` on one of `jobs` threads, with how it differs from what it
/// is built on if that was called clean. Ends early where `visit` has enough.
///
/// False if it ended early: there, or at the first that cannot be decoded, or has more than
/// `max_size` bytes. Others may not have been given, then.
pub(super) fn decode<V>(
    pack: &Pack,
    entries: &[Entry],
    jobs: usize,
    max_size: usize,
    visit: V,
) -> bool
where
    V: FnMut(&Entry, ObjectKind, Version<'_>) -> Verdict + Send + Clone,
{
    let Some(bases) = bases(pack, entries, jobs) else {
        return false;
    };
    let jobs = jobs.min(entries.len());
    let work = Work::new(pack, entries, &bases, max_size, jobs);
    drop(bases);
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (work, visit) = (&work, visit.clone());
            scope.spawn(move || {
                let _leave = Leave(work);
                Worker::new(work, visit).run();
            });
        }
    });
    work.given.into_inner() == entries.len()
}

/// For each entry the index of the one that it is built on, or [`NOTHING`]; none if any is built
/// on what is not there.
fn bases(pack: &Pack, entries: &[Entry], jobs: usize) -> Option<Vec<u32>> {
    let base = |entry: &Entry| -> Option<u32> {
        let offset = match pack.data.entry(entry.offset).ok()?.header {
            Header::OfsDelta { base_distance } => entry.offset.checked_sub(base_distance)?,
            Header::RefDelta { base_id } => pack.index.offset_of(&base_id)?,
            Header::Commit | Header::Tree | Header::Blob | Header::Tag => return Some(NOTHING),
        };
        let found = entries.binary_search_by_key(&offset, |entry| entry.offset);
        found.ok().map(|index| index as u32)
    };
    let parts = entries.chunks(entries.len().div_ceil(jobs).max(1));
    thread::scope(|scope| {
        let threads = parts
            .map(|part| scope.spawn(move || part.iter().map(base).collect::<Option<Vec<_>>>()));
        let threads: Vec<_> = threads.collect();
        let parts = threads.into_iter().map(|thread| thread.join().ok()?);
        let parts = parts.collect::<Option<Vec<_>>>();
        parts.map(|parts| parts.concat())
    })
}

/// What all threads share.
struct Work<'p> {
    pack: &'p Pack,
    entries: &'p [Entry],
    /// What is built on each entry, those of one after those of the other.
    built: Vec<u32>,
    /// Where those of each entry end.
    ends: Vec<u32>,
    /// Those that are built on nothing.
    roots: Vec<u32>,
    next_root: AtomicUsize,
    max_size: usize,
    jobs: usize,
    /// Objects that were given.
    given: AtomicUsize,
    /// How many threads wait.
    waiting: AtomicUsize,
    /// What waiting threads may take.
    offered: Mutex<Vec<Task>>,
    /// Whether nothing is to be done any more; set while `offered` is locked.
    is_over: AtomicBool,
    changed: Condvar,
}

/// An object to decode, by its index, and what it is built on.
struct Task {
    index: u32,
    base: Option<Arc<Base>>,
}

/// An object that others are built on.
struct Base {
    kind: ObjectKind,
    bytes: Vec<u8>,
    is_clean: bool,
}

impl<'p> Work<'p> {
    fn new(
        pack: &'p Pack,
        entries: &'p [Entry],
        bases: &[u32],
        max_size: usize,
        jobs: usize,
    ) -> Self {
        let mut ends = vec![0; entries.len()];
        let mut roots = Vec::new();
        for (index, &base) in bases.iter().enumerate() {
            match ends.get_mut(base as usize) {
                Some(count) => *count += 1,
                None => roots.push(index as u32),
            }
        }
        let mut total = 0;
        for end in &mut ends {
            // Where they start; it moves to their end while they are put there.
            total += mem::replace(end, total);
        }
        let mut built = vec![0; total as usize];
        for (index, &base) in bases.iter().enumerate() {
            if let Some(end) = ends.get_mut(base as usize) {
                built[*end as usize] = index as u32;
                *end += 1;
            }
        }
        Self {
            pack,
            entries,
            built,
            ends,
            roots,
            next_root: AtomicUsize::new(0),
            max_size,
            jobs,
            given: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            offered: Mutex::default(),
            is_over: AtomicBool::new(false),
            changed: Condvar::new(),
        }
    }

    /// What is built on the entry `index`.
    fn built_on(&self, index: u32) -> &[u32] {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.built[start as usize..self.ends[index] as usize]
    }

    fn offered(&self) -> MutexGuard<'_, Vec<Task>> {
        self.offered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something to do for a thread that has nothing; waits for what another may offer.
    fn take(&self) -> Option<Task> {
        let root = self.next_root.fetch_add(1, Ordering::Relaxed);
        if let Some(&index) = self.roots.get(root) {
            return Some(Task { index, base: None });
        }
        let mut offered = self.offered();
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        if waiting == self.jobs && offered.is_empty() {
            self.end(&offered);
        }
        while !self.is_over() {
            if let Some(task) = offered.pop() {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                return Some(task);
            }
            let changed = self.changed.wait(offered);
            offered = changed.unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Ends the work of all threads. None of them is just about to wait while `offered` is locked.
    fn end(&self, _offered: &MutexGuard<'_, Vec<Task>>) {
        self.is_over.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }
}

/// Ends all when a thread panics: the others would wait for it.
struct Leave<'w, 'p>(&'w Work<'p>);

impl Drop for Leave<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.end(&self.0.offered());
        }
    }
}

/// One thread.
struct Worker<'w, 'p, V> {
    work: &'w Work<'p>,
    visit: V,
    inflate: Decompressor,
    /// What was unpacked last, at its start.
    unpacked: Vec<u8>,
    /// What was built last.
    object: Vec<u8>,
    /// How that differs from what it is built on.
    changes: Changes,
    /// The last is done first, so that little waits for what is built on it.
    tasks: VecDeque<Task>,
}

impl<'w, 'p, V> Worker<'w, 'p, V>
where
    V: FnMut(&Entry, ObjectKind, Version<'_>) -> Verdict,
{
    fn new(work: &'w Work<'p>, visit: V) -> Self {
        Self {
            work,
            visit,
            inflate: Decompressor::new(),
            unpacked: Vec::new(),
            object: Vec::new(),
            changes: Changes::default(),
            tasks: VecDeque::new(),
        }
    }

    fn run(mut self) {
        while let Some(task) = self.tasks.pop_back().or_else(|| self.work.take()) {
            if self.work.is_over() {
                return;
            }
            if self.give(task).is_none() {
                self.work.end(&self.work.offered());
            }
            if self.tasks.len() > 1 && self.work.waiting.load(Ordering::Relaxed) > 0 {
                self.work.offered().extend(self.tasks.pop_front());
                self.work.changed.notify_one();
            }
        }
    }

    /// Decodes an object and gives it; none if that is not possible, or if it is enough.
    fn give(&mut self, task: Task) -> Option<()> {
        let Work { pack, entries, .. } = *self.work;
        let entry = &entries[task.index as usize];
        if !pack.is_intact(entry) {
            return None;
        }
        let header = pack.data.entry(entry.offset).ok()?;
        let size = usize::try_from(header.decompressed_size).ok()?;
        if size > self.work.max_size {
            return None;
        }
        if self.unpacked.len() < size {
            self.unpacked.resize(size, 0);
        }
        let unpacked = &mut self.unpacked[..size];
        let packed = pack.data.entry_slice(header.data_offset..entry.end)?;
        if self.inflate.zlib_decompress(packed, unpacked).ok()? != size {
            return None;
        }
        let (kind, version) = if let Some(base) = &task.base {
            let object = &mut self.object;
            let mut changes = base.is_clean.then_some(&mut self.changes);
            let noted = changes.as_deref_mut();
            delta::apply(&base.bytes, unpacked, self.work.max_size, object, noted)?;
            let version = Version {
                bytes: object,
                changes: changes.map(|changes| &*changes.spans),
            };
            (base.kind, version)
        } else {
            let kind = kind_of(header.header.as_kind()?);
            (kind, Version::first(unpacked))
        };
        let verdict = (self.visit)(entry, kind, version);
        if verdict == Verdict::Enough {
            return None;
        }
        self.work.given.fetch_add(1, Ordering::Relaxed);
        let built = self.work.built_on(task.index);
        if !built.is_empty() {
            let bytes = match task.base {
                Some(_) => mem::take(&mut self.object),
                None => unpacked.to_vec(),
            };
            let base = Arc::new(Base {
                kind,
                bytes,
                is_clean: verdict == Verdict::Clean,
            });
            self.tasks.extend(built.iter().map(|&index| Task {
                index,
                base: Some(Arc::clone(&base)),
            }));
        }
        if self.unpacked.len() > KEPT {
            self.unpacked = Vec::new();
        }
        // The last that is built on an object leaves its buffer.
        if let Some(base) = task.base.and_then(Arc::into_inner)
            && base.bytes.capacity() > self.object.capacity()
        {
            self.object = base.bytes;
        }
        Some(())
    }
}
