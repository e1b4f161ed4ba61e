//! Hands what is new to sinks, and tells what could not be read.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::super::lfs;
use super::super::object::{Pointer, Scanner};
use super::super::objects::Objects;
use super::super::pack::Lost;
use super::super::{CUT_OFF, left_with_lfs, left_with_remote};
use super::opened::Database;
use super::{Item, Work};
use crate::model::{
    BytePath, Commit, GitPlace, ObjectId, ObjectKind, Origin, Outside, Problem, ProblemKind,
    SourceKind,
};
use crate::sources::file::Reader as FileReader;
use crate::sources::{Options, Sinks};

/// Blobs that are worth a thread of their own.
const SHARE: usize = 64;

/// Files of LFS that are named each where they are not here; the rest is counted.
const MOST_NAMED: usize = 3;

/// Reads what is new into sinks.
pub(super) struct Reader<'r, 's> {
    database: &'r Database,
    options: &'r Options,
    sinks: &'r Sinks<'s>,
    /// Whether references or the index are known to lead to it.
    is_reachable: bool,
    /// What a remote keeps.
    missing: Mutex<BTreeSet<ObjectId>>,
    /// Files of LFS that blobs stand for.
    pointers: Mutex<BTreeSet<Pointer>>,
}

impl<'r, 's> Reader<'r, 's> {
    pub(super) fn new(database: &'r Database, options: &'r Options, sinks: &'r Sinks<'s>) -> Self {
        Self {
            database,
            options,
            sinks,
            is_reachable: false,
            missing: Mutex::default(),
            pointers: Mutex::default(),
        }
    }

    /// Scans all of `work`, which was found out with `objects`.
    pub(super) fn read(mut self, work: &Work, mut objects: Objects<'r>) {
        self.is_reachable = work.is_reachable;
        let mut scanner = self.scanner();
        self.describe(work, &mut objects, &mut scanner);
        for (id, (kind, why)) in std::mem::take(&mut objects.lost) {
            self.lost(&mut scanner, self.place(id, None), kind, &why);
        }
        drop((scanner, objects));
        self.blobs(&work.items);
        let absent = self.lfs(&work.items);
        self.tell(work, &absent);
    }

    fn place(&self, object: ObjectId, commit: Option<&Arc<Commit>>) -> GitPlace {
        GitPlace {
            commit: commit.cloned(),
            reachable: self.is_reachable.then_some(true),
            ..self.database.repository.place(Some(object))
        }
    }

    fn scanner(&self) -> Scanner<'static, 's> {
        let repository = &self.database.repository;
        let id_len = repository.hash().len_in_bytes();
        let nowhere = repository.place(None);
        Scanner::new((self.sinks)(), nowhere, id_len, self.options.limits)
    }

    /// Scans messages and names.
    fn describe(&self, work: &Work, objects: &mut Objects<'_>, scanner: &mut Scanner<'_, '_>) {
        for name in &work.references {
            let place = self.database.repository.place(None);
            scanner.reference_at(name.as_bytes(), place);
        }
        for (path, named, commit) in &work.names {
            scanner.name_at(path, self.place(*named, commit.as_ref()));
        }
        for (id, commit) in &work.messages {
            let place = self.place(*id, commit.as_ref());
            match objects.read(id) {
                Ok((kind, bytes)) => scanner.message_at(kind, place, bytes),
                Err(why) => self.lost(scanner, place, ObjectKind::Commit, &why),
            }
        }
    }

    /// Scans contents, on all threads if there are many.
    fn blobs(&self, items: &[Item]) {
        let next = AtomicUsize::new(0);
        let work = || {
            let (mut scanner, mut objects) = (self.scanner(), self.database.objects());
            while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                if scanner.stopped() {
                    break;
                }
                let place = self.place(item.blob, item.commit.as_ref());
                match objects.read(&item.blob) {
                    Ok((ObjectKind::Blob, bytes)) => {
                        scanner.blob_at(item.source, &item.path, place, bytes);
                    }
                    Ok((kind, _)) => {
                        let why = Lost::Corrupt(format!("it is a {}, not a blob", kind.as_str()));
                        self.lost(&mut scanner, place, ObjectKind::Blob, &why);
                    }
                    Err(why) => self.lost(&mut scanner, place, ObjectKind::Blob, &why),
                }
            }
            let mut pointers = self.pointers.lock().unwrap_or_else(PoisonError::into_inner);
            pointers.extend(scanner.pointers.drain(..));
        };
        let threads = self.options.jobs.min(items.len() / SHARE);
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
    }

    /// Scans the files that new pointers stand for, each as that of its first pointer; where
    /// those stand that are not here.
    fn lfs(&self, items: &[Item]) -> Vec<BytePath> {
        let repository = &self.database.repository;
        let pointers = self.pointers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reader = FileReader::new(self.options, (self.sinks)());
        let mut absent = Vec::new();
        for pointer in pointers.iter() {
            let item = items.iter().find(|item| item.blob == pointer.blob);
            let named = BytePath(item.map(|item| item.path.clone()).unwrap_or_default());
            let path = lfs::path(repository, &pointer.content);
            let commit = item.and_then(|item| item.commit.as_ref());
            let place = self.place(pointer.blob, commit);
            if !path.is_file() {
                let mut shown = place.repository.0.clone();
                shown.extend(format!("@{}:", pointer.blob).bytes());
                shown.extend(named.0);
                absent.push(BytePath(shown));
                continue;
            }
            reader.stand_in(Origin {
                source: SourceKind::GitLfs,
                path: named,
                git: Some(place),
            });
            reader.file(&path);
        }
        absent
    }

    fn lost(&self, scanner: &mut Scanner<'_, '_>, place: GitPlace, kind: ObjectKind, why: &Lost) {
        match (why, place.object) {
            (Lost::Missing, Some(id)) if self.database.is_partial => {
                let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
                missing.insert(id);
            }
            _ => scanner.lost(place, kind, why),
        }
    }

    /// Tells what is no object.
    fn tell(self, work: &Work, lfs_absent: &[BytePath]) {
        let mut sink = (self.sinks)();
        let shown = BytePath::from(self.database.shown.as_path());
        let mut problem_at = |path, kind, message| {
            sink.problem(Problem {
                path,
                kind,
                message,
            });
        };
        let mut problem = |kind, message| problem_at(shown.clone(), kind, message);
        for part in &self.database.unopened {
            let message = format!("{}: {}", part.path.display(), part.message);
            problem(part.kind, message);
        }
        for (kind, message) in &work.problems {
            problem(*kind, message.clone());
        }
        if work.is_cut {
            problem(ProblemKind::Shallow, CUT_OFF.to_owned());
        }
        let missing = self.missing.into_inner();
        let missing = missing.unwrap_or_else(PoisonError::into_inner).len() as u64;
        if missing > 0 {
            problem(ProblemKind::Promisor, left_with_remote(missing));
        }
        let (each, more) = lfs_absent.split_at(lfs_absent.len().min(MOST_NAMED));
        if !more.is_empty() {
            problem(ProblemKind::Lfs, left_with_lfs(more.len() as u64));
        }
        for path in each {
            problem_at(path.clone(), ProblemKind::Lfs, left_with_lfs(1));
        }
        sink.outside(&Outside {
            missing_promisor: missing,
            lfs_absent: lfs_absent.len() as u64,
            ..Outside::default()
        });
    }
}
