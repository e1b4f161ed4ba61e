//! Reads single objects of a database by their names, without listing the others.

use std::path::{Path, PathBuf};

use super::loose;
use super::pack::{Lost, Pack, Reader};
use crate::model::{ObjectId, ObjectKind};

/// Reads single objects, wherever they stand; remembers what those of packs are built on.
pub(super) struct Lookup<'p> {
    packs: Vec<(&'p Pack, Reader<'p>)>,
    /// Where loose objects may stand.
    folders: &'p [PathBuf],
    max_size: usize,
}

impl<'p> Lookup<'p> {
    /// In these packs and object folders; nothing of more than `max_size` bytes is read.
    pub(super) fn new(packs: &'p [Pack], folders: &'p [PathBuf], max_size: usize) -> Self {
        Self {
            packs: packs
                .iter()
                .map(|pack| (pack, pack.reader(packs.len())))
                .collect(),
            folders,
            max_size,
        }
    }

    /// Reads the object `id` into `object`.
    ///
    /// # Errors
    ///
    /// Why it could not be read at the last of the places where it stands.
    pub(super) fn read(&mut self, id: &ObjectId, object: &mut Vec<u8>) -> Result<ObjectKind, Lost> {
        self.read_if(id, object, |_, _| true)
    }

    /// The same of those places alone that have what is `wanted`.
    ///
    /// # Errors
    ///
    /// As [`Lookup::read`].
    pub(super) fn read_if(
        &mut self,
        id: &ObjectId,
        object: &mut Vec<u8>,
        wanted: impl Fn(ObjectKind, &[u8]) -> bool,
    ) -> Result<ObjectKind, Lost> {
        let mut last = Lost::Missing;
        let mut judge = |read: Result<ObjectKind, Lost>, object: &[u8]| {
            match read {
                Ok(kind) if wanted(kind, object) => return Some(kind),
                Ok(_) => last = Lost::Misnamed,
                Err(Lost::Missing) => (),
                Err(why) => last = why,
            }
            None
        };
        for (pack, reader) in &mut self.packs {
            if let Some(offset) = pack.offset_of(id) {
                let read = reader.read(offset, self.max_size, object);
                if let Some(kind) = judge(read, object) {
                    return Ok(kind);
                }
            }
        }
        for folder in self.folders {
            let read = loose::read(&path(folder, id), self.max_size, object);
            if let Some(kind) = judge(read, object) {
                return Ok(kind);
            }
        }
        Err(last)
    }
}

/// Where the loose object `id` stands in an object folder.
fn path(folder: &Path, id: &ObjectId) -> PathBuf {
    let hex = id.to_string();
    let (start, rest) = hex.split_at(2);
    folder.join(start).join(rest)
}
