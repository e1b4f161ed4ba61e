//! Single objects of a repository that were recorded before, read again by their names.

use std::collections::HashSet;
use std::path::Path;

use super::super::lfs;
use super::super::object::{Scanner, entries};
use super::super::objects::Objects;
use super::super::pack::Lost;
use super::super::repository;
use super::PartError;
use super::opened::{Database, Opened};
use crate::model::{BytePath, ObjectId, ObjectKind, Origin, SourceKind, Version};
use crate::sources::again::Unread;
use crate::sources::file::Reader as FileReader;
use crate::sources::git::Scope;
use crate::sources::{Options, Sinks};

/// A repository whose objects are read one at a time.
pub struct Named {
    database: Database,
}

impl Named {
    /// The repository whose work tree or git folder is `folder` itself; `None` if it is none.
    ///
    /// # Errors
    ///
    /// Why it is not read.
    pub fn at(folder: &Path, scope: &Scope) -> Option<Result<Self, PartError>> {
        let opened = repository::at(folder).then(|| Opened::at(folder, scope))?;
        Some(opened.map(|opened| Self {
            database: opened.database,
        }))
    }

    /// The URLs of its remotes.
    pub fn remotes(&self) -> Vec<Vec<u8>> {
        self.database.repository.remotes()
    }

    /// A reader of its objects, which tells `sinks` what is in them.
    pub fn reader<'n>(&'n self, options: &'n Options, sinks: &'n Sinks<'n>) -> Reader<'n> {
        let repository = &self.database.repository;
        let id_len = repository.hash().len_in_bytes();
        Reader {
            named: self,
            objects: self.database.objects(),
            scanner: Scanner::new(sinks(), repository.place(None), id_len, options.limits),
            id_len,
            options,
            sinks,
        }
    }
}

/// Reads single objects.
pub struct Reader<'n> {
    named: &'n Named,
    objects: Objects<'n>,
    scanner: Scanner<'n, 'n>,
    id_len: usize,
    options: &'n Options,
    sinks: &'n Sinks<'n>,
}

impl Reader<'_> {
    /// Scans the object `id`, whatever it is, and what LFS stores for it.
    ///
    /// # Errors
    ///
    /// Why it is not read.
    pub fn scan(&mut self, id: ObjectId) -> Result<(), Unread> {
        if id.as_bytes().len() != self.id_len {
            return Err(Unread::Gone);
        }
        let (kind, bytes) = self.objects.read(&id).map_err(|why| match why {
            Lost::Missing => Unread::Gone,
            why => Unread::Failed(why.to_string()),
        })?;
        self.scanner.object(id, kind, Version::first(bytes));
        self.lfs();
        Ok(())
    }

    /// Scans every name in the trees of the commit `id`.
    ///
    /// # Errors
    ///
    /// Why it is not read; trees that are damaged are passed over.
    pub fn scan_names(&mut self, id: ObjectId) -> Result<(), Unread> {
        if id.as_bytes().len() != self.id_len {
            return Err(Unread::Gone);
        }
        let commit = self.objects.commit(&id).ok_or(Unread::Gone)?;
        let (mut waiting, mut met) = (Vec::from_iter(commit.tree), HashSet::new());
        while let Some(id) = waiting.pop() {
            if self.scanner.stopped() {
                break;
            }
            if let Ok((ObjectKind::Tree, bytes)) = self.objects.read(&id) {
                self.scanner
                    .object(id, ObjectKind::Tree, Version::first(bytes));
                let folders = entries(bytes, self.id_len).flatten();
                let folders = folders.filter(|entry| entry.is_tree);
                let folders = folders.filter_map(|entry| ObjectId::from_bytes(entry.id));
                waiting.extend(folders.filter(|id| met.insert(*id)));
            }
        }
        Ok(())
    }

    /// Scans what LFS stores for the pointers that were met.
    fn lfs(&mut self) {
        let repository = &self.named.database.repository;
        for pointer in self.scanner.pointers.drain(..) {
            let mut reader = FileReader::new(self.options, (self.sinks)());
            reader.stand_in(Origin {
                source: SourceKind::GitLfs,
                path: BytePath::default(),
                git: Some(repository.place(Some(pointer.blob))),
            });
            reader.file(&lfs::path(repository, &pointer.content));
        }
    }
}
