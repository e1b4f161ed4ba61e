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

#[cfg_attr(not(test), expect(dead_code, reason = "not joined to the scan yet"))]
mod attribution;
mod loose;
mod object;
mod pack;
mod pass;
mod store;
mod table;

use std::path::Path;
use std::sync::Arc;

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
    let pass = pass::Options {
        jobs: options.jobs,
        max_size: options.max_object_size,
    };
    let mut visitor = visit.visitor();
    let lost = pass::run(
        store,
        pass,
        |_| true,
        move |number, kind, bytes| visitor.object(number, kind, bytes),
    );
    let mut visitor = visit.visitor();
    for (number, why) in &lost {
        visitor.lost(*number, why);
    }
    drop(visitor);
    visit.finish()
}
