//! Scanners that threads take, use and give back while a database is read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::deltas::Verdict;
use super::links::Links;
use super::object::{Pointer, Scanner};
use super::pack::Lost;
use super::store::Store;
use super::table::Number;
use crate::model::{GitPlace, ObjectId, ObjectKind, Version};
use crate::sources::Sinks;
use crate::sources::archive::Limits;

/// What all visitors of a database share.
pub(super) struct Visit<'v, 's> {
    store: &'v Store,
    /// Where all of it stands.
    place: GitPlace,
    limits: Limits,
    /// By number, whether the object was scanned before; none where nothing was.
    is_shared: &'v [bool],
    sinks: &'v Sinks<'s>,
    /// Visitors that nobody uses now.
    idle: Mutex<Vec<Scanner<'v, 's>>>,
}

/// What the visitors of a database have seen beside what they told their sinks.
#[derive(Debug)]
pub(super) struct Seen {
    /// Sorted.
    pub(super) pointers: Vec<Pointer>,
    /// What is named and not there.
    pub(super) missing: HashMap<ObjectId, ObjectKind>,
}

impl<'v, 's> Visit<'v, 's> {
    pub(super) fn new(
        store: &'v Store,
        place: GitPlace,
        is_shared: &'v [bool],
        limits: Limits,
        sinks: &'v Sinks<'s>,
    ) -> Self {
        Self {
            store,
            place,
            limits,
            is_shared,
            sinks,
            idle: Mutex::default(),
        }
    }

    /// A visitor for this thread.
    pub(super) fn visitor(&self) -> Lease<'_, 'v, 's> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let visitor = idle.unwrap_or_else(|| {
            let id_len = self.store.hash.len_in_bytes();
            let sink = (self.sinks)();
            let mut scanner = Scanner::new(sink, self.place.clone(), id_len, self.limits);
            scanner.links = Some(Links::new(self.store));
            scanner
        });
        Lease {
            visit: self,
            visitor: Some(visitor),
        }
    }

    /// What was seen, when all is read.
    pub(super) fn finish(self) -> Seen {
        let scanners = self
            .idle
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut seen = Seen {
            pointers: Vec::new(),
            missing: HashMap::new(),
        };
        for mut scanner in scanners {
            seen.pointers.append(&mut scanner.pointers);
            let links = scanner.links.into_iter();
            seen.missing.extend(links.flat_map(|links| links.missing));
        }
        seen.pointers.sort_unstable();
        seen
    }
}

/// A visitor in use. A clone is another one, for another thread.
pub(super) struct Lease<'a, 'v, 's> {
    visit: &'a Visit<'v, 's>,
    visitor: Option<Scanner<'v, 's>>,
}

impl Lease<'_, '_, '_> {
    /// Scans an object.
    pub(super) fn object(
        &mut self,
        number: Number,
        kind: ObjectKind,
        version: Version<'_>,
    ) -> Verdict {
        let Some(visitor) = &mut self.visitor else {
            return Verdict::Enough;
        };
        let table = &self.visit.store.table;
        table.set_kind(number, kind);
        // What another repository shares was scanned with that.
        let is_shared = self.visit.is_shared.get(number.0 as usize);
        let is_clean = is_shared != Some(&true) && visitor.object(table.id(number), kind, version);
        if visitor.stopped() {
            Verdict::Enough
        } else if is_clean {
            Verdict::Clean
        } else {
            Verdict::Read
        }
    }

    /// Counts an object that could not be read, and says why.
    pub(super) fn lost(&mut self, number: Number, why: &Lost) {
        if let Some(visitor) = &mut self.visitor {
            let table = &self.visit.store.table;
            let place = GitPlace {
                object: Some(table.id(number)),
                ..self.visit.place.clone()
            };
            visitor.lost(place, table.kind(number), why);
        }
    }
}

impl Clone for Lease<'_, '_, '_> {
    fn clone(&self) -> Self {
        self.visit.visitor()
    }
}

impl Drop for Lease<'_, '_, '_> {
    fn drop(&mut self) {
        if let Some(visitor) = self.visitor.take() {
            self.visit
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(visitor);
        }
    }
}
