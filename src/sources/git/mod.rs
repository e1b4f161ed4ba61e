//! Reads git repositories: every object of their databases, each once.
//!
//! ```text
//! folder ──▶ store ──▶ pack (delta order, all threads) ──▶ object ──▶ Sink
//!              │  └──▶ loose ─────────────────────────────────▲
//!              └─▶ table: each name once, who has read it, the ledger
//! ```
//!
//! Packs are decoded whole. Where that stops at damage, what it left out is read object by object,
//! so that only the damaged ones and those built on them are lost.

mod loose;
mod object;
mod pack;
mod store;
mod table;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gix_hash::Kind as Hash;

use self::object::{Seen, Visit};
use self::store::Store;
use super::Sinks;
use super::archive::Limits;
use crate::model::BytePath;

/// How to read a database.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many threads decode; at least one.
    pub jobs: usize,
    /// Leave out objects of more bytes.
    pub max_object_size: usize,
    /// Where unpacking of archives in blobs stops.
    pub limits: Limits,
}

/// Scans every object of the database in `folder`.
pub fn scan_database(
    folder: &Path,
    repository: &Arc<BytePath>,
    options: &Options,
    sinks: &Sinks<'_>,
) {
    let (folders, _) = store::folders(folder);
    let (store, _) = Store::open(&folders, Hash::Sha1);
    let _ = read(&store, repository, options, sinks);
}

/// Scans every object of `store`.
fn read(store: &Store, repository: &Arc<BytePath>, options: &Options, sinks: &Sinks<'_>) -> Seen {
    let visit = Visit::new(store, repository.clone(), options.limits, sinks);
    let max = options.max_object_size;
    let mut damaged = Vec::new();
    for pack in &store.packs {
        let mut visitor = visit.visitor();
        let read = pack.traverse(
            &store.table,
            |_| true,
            options.jobs,
            max,
            move |number, kind, bytes| visitor.object(number, kind, bytes),
        );
        if read.is_err() {
            damaged.push(pack);
        }
    }
    loose(store, &visit, options);
    visit.finish()
}

/// Reads the loose objects, on all threads.
fn loose(store: &Store, visit: &Visit<'_, '_>, options: &Options) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..options.jobs.min(store.loose.len()) {
            scope.spawn(|| {
                let mut visitor = visit.visitor();
                let mut bytes = Vec::new();
                while let Some((id, path)) = store.loose.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some(number) = store.table.find(id.as_bytes()) else {
                        continue;
                    };
                    if store.table.is_claimed(number) {
                        continue;
                    }
                    if let Ok(kind) = loose::read(path, options.max_object_size, &mut bytes)
                        && !visitor.object(number, kind, &bytes)
                    {
                        return;
                    }
                }
            });
        }
    });
}
