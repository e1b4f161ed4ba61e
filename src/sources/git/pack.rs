//! One pack: every object of it decoded once, in the order of its deltas.

use std::path::Path;

use gix_hash::Kind as Hash;
use gix_pack::cache::lru::MemoryCappedHashmap;
use gix_pack::data;
use gix_pack::data::decode::entry::ResolvedBase;
use gix_pack::data::decode::header;
use gix_pack::data::entry::Header;
use gix_zlib::Inflate;
use thiserror::Error;

use super::deltas::{self, Verdict};
use super::pack_index::PackIndex;
use super::store::Unopened;
use super::table::{Number, Table};
use crate::model::{ObjectId, ObjectKind, ProblemKind, Version};

/// Bytes of bases that are kept while objects are read one by one, by all readers together.
const CACHE: usize = 64 << 20;

/// Of these what each reader has at least, however many they are.
const MIN_CACHE: usize = 1 << 20;

/// A pack with its index.
pub(super) struct Pack {
    pub(super) data: data::File<gix_pack::MMap>,
    pub(super) index: PackIndex,
}

/// What is made of an index before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Its checksum must be right: nothing it tells is checked later.
    Verify,
    /// It is believed: what it leads to is compared with its name.
    Believe,
}

/// An object of a pack.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) offset: u64,
    /// Where the next one begins.
    pub(super) end: u64,
    pub(super) number: Number,
    /// The CRC-32 of its bytes, by the index.
    checksum: u32,
}

/// What is wrong with an object whose bytes changed after they were packed.
pub(super) const DAMAGED: &str = "its checksum is wrong, or that of what it is built on";

/// Why an object could not be read.
#[derive(Debug, Error)]
pub(super) enum Lost {
    /// It stands nowhere.
    #[error("it is not in the database")]
    Missing,
    /// It has more bytes than are read.
    #[error("it has {0} bytes, more than --max-object-size allows")]
    TooLarge(u64),
    /// It, or what it is built on, contradicts its format.
    #[error("cannot decode it: {0}")]
    Corrupt(String),
    /// It was read all the same, but is not what its name says: what that names is lost.
    #[error("its bytes are not those of its name")]
    Misnamed,
}

impl Pack {
    /// Opens the pack at `path`, of which nothing of more than `max_size` bytes is decoded, nor what
    /// is built on that. One whose index is missing or wrong is indexed anew, in memory.
    pub(super) fn open(
        path: &Path,
        hash: Hash,
        max_size: usize,
        trust: Trust,
    ) -> Result<Self, Unopened> {
        let corrupt = |error: &dyn ToString| {
            let kind = if path.exists() {
                ProblemKind::Corrupt
            } else {
                ProblemKind::Vanished
            };
            Unopened::new(path, kind, error.to_string())
        };
        // Opening a pipe to map it would wait for a writer.
        if path.exists() && !path.is_file() {
            return Err(corrupt(&"it is no file"));
        }
        let data = data::File::at(path, hash)
            .map_err(|error| corrupt(&error))?
            .with_alloc_limit_bytes(Some(max_size));
        let stored = path.with_extension("idx");
        let index = PackIndex::stored(&stored, hash, trust);
        let index = index.map_err(|error| Unopened::io(&stored, &error))?;
        let index = match index.filter(|index| index.pack_checksum() == data.checksum()) {
            Some(index) => index,
            None => PackIndex::made(&data, &stored, hash).map_err(|error| corrupt(&error))?,
        };
        Ok(Self { data, index })
    }

    /// Where it stands.
    pub(super) fn path(&self) -> &Path {
        self.data.path()
    }

    /// Whether it came from a remote that keeps what it leads to.
    pub(super) fn is_promised(&self) -> bool {
        self.path().with_extension("promisor").exists()
    }

    /// How many of its objects are in no index: a pack that was cut off is indexed as far as it is
    /// whole.
    pub(super) fn unindexed(&self) -> u32 {
        let count = self.data.num_objects();
        count.saturating_sub(self.index.len())
    }

    /// The names of its objects, sorted.
    pub(super) fn ids(&self) -> impl Iterator<Item = ObjectId> {
        (0..self.index.len()).filter_map(|at| ObjectId::from_bytes(self.index.name(at).as_bytes()))
    }

    /// Decodes the objects that are `wanted`, which must include what they are built on, and gives
    /// each once to a clone of `visit` on one of `jobs` threads. Ends early where `visit` has enough.
    ///
    /// False if it ended early: there, or at the first object that cannot be decoded or has more
    /// than `max_size` bytes. Others may not have been given, then.
    pub(super) fn traverse<V>(
        &self,
        table: &Table,
        wanted: impl Fn(Number) -> bool,
        jobs: usize,
        max_size: usize,
        visit: V,
    ) -> bool
    where
        V: FnMut(Number, ObjectKind, Version<'_>) -> Verdict + Send + Clone,
    {
        let entries = self.entries(table, wanted);
        let mut visit = visit;
        deltas::decode(
            self,
            &entries,
            jobs,
            max_size,
            move |entry, kind, version| visit(entry.number, kind, version),
        )
    }

    /// The objects that are `wanted`, by their place in the pack.
    pub(super) fn entries(&self, table: &Table, wanted: impl Fn(Number) -> bool) -> Vec<Entry> {
        let mut entries = self.all(table);
        entries.retain(|entry| wanted(entry.number));
        entries
    }

    /// Its objects, by their place.
    fn all(&self, table: &Table) -> Vec<Entry> {
        let count = self.index.len();
        let mut entries: Vec<_> = (0..count)
            .filter_map(|at| {
                Some(Entry {
                    offset: self.index.offset(at),
                    end: 0,
                    number: table.find(self.index.name(at).as_bytes())?,
                    checksum: self.index.checksum(at).unwrap_or_default(),
                })
            })
            .collect();
        entries.sort_unstable_by_key(|entry| entry.offset);
        let (mut end, mut next) = (0, self.data.pack_end() as u64);
        for entry in entries.iter_mut().rev() {
            // Two names of one place end at the same.
            if entry.offset != next {
                (end, next) = (next, entry.offset);
            }
            entry.end = end;
        }
        entries
    }

    /// Whether the bytes of an entry are those that were indexed.
    pub(super) fn is_intact(&self, entry: &Entry) -> bool {
        let range = entry.offset..entry.end;
        !self.index.has_checksums()
            || self.data.entry_slice(range).is_some_and(|bytes| {
                self.data.entry_crc32(entry.offset, bytes.len()) == entry.checksum
            })
    }

    /// Whether the bytes of an entry and of all that it is built on are those that were indexed.
    /// `entries` are all of the pack.
    pub(super) fn is_built_on_intact(&self, entries: &[Entry], entry: &Entry) -> bool {
        let mut entry = entry;
        // What is built on itself ends, too.
        for _ in 0..entries.len() {
            let Some(header) = self
                .data
                .entry(entry.offset)
                .ok()
                .filter(|_| self.is_intact(entry))
            else {
                return false;
            };
            let base = match header.header {
                Header::OfsDelta { base_distance } => entry.offset.checked_sub(base_distance),
                Header::RefDelta { base_id } => self.index.offset_of(&base_id),
                Header::Commit | Header::Tree | Header::Blob | Header::Tag => return true,
            };
            let place = |base| {
                entries
                    .binary_search_by_key(&base, |entry| entry.offset)
                    .ok()
            };
            let Some(at) = base.and_then(place) else {
                return false;
            };
            entry = &entries[at];
        }
        false
    }

    /// A reader of single objects, one of so many that are in use at a time.
    pub(super) fn reader(&self, together: usize) -> Reader<'_> {
        Reader {
            pack: self,
            inflate: Inflate::default(),
            cache: MemoryCappedHashmap::new(cache(together)),
        }
    }

    /// Where the object `id` stands, if it is in this pack.
    pub(super) fn offset_of(&self, id: &ObjectId) -> Option<u64> {
        let id = gix_hash::oid::try_from_bytes(id.as_bytes()).ok()?;
        self.index.offset_of(id)
    }
}

/// Reads single objects of a pack and remembers what they are built on.
pub(super) struct Reader<'p> {
    pack: &'p Pack,
    inflate: Inflate,
    cache: MemoryCappedHashmap,
}

impl Reader<'_> {
    /// Reads the object at `offset` into `object`.
    pub(super) fn read(
        &mut self,
        offset: u64,
        max_size: usize,
        object: &mut Vec<u8>,
    ) -> Result<ObjectKind, Lost> {
        let corrupt = |error: gix_error::Error| Lost::Corrupt(error.to_string());
        let (data, index) = (&self.pack.data, &self.pack.index);
        let base = |id: &gix_hash::oid| {
            let found = index.offset_of(id).map(|offset| data.entry(offset));
            found.transpose()
        };
        let entry = data.entry(offset).map_err(corrupt)?;
        let header = data
            .decode_header(entry.clone(), &mut self.inflate, &|id| {
                Ok(base(id)?.map(header::ResolvedBase::InPack))
            })
            .map_err(corrupt)?;
        if header.object_size > max_size as u64 {
            return Err(Lost::TooLarge(header.object_size));
        }
        let read = data
            .decode_entry(
                entry,
                object,
                &mut self.inflate,
                &|id, _| Ok(base(id)?.map(ResolvedBase::InPack)),
                &mut self.cache,
            )
            .map_err(corrupt)?;
        Ok(kind_of(read.kind))
    }
}

/// Bytes that each of so many readers may keep.
fn cache(readers: usize) -> usize {
    (CACHE / readers.max(1)).max(MIN_CACHE)
}

/// What gix calls so.
pub(super) fn kind_of(kind: gix_object::Kind) -> ObjectKind {
    match kind {
        gix_object::Kind::Blob => ObjectKind::Blob,
        gix_object::Kind::Tree => ObjectKind::Tree,
        gix_object::Kind::Commit => ObjectKind::Commit,
        gix_object::Kind::Tag => ObjectKind::Tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_share_what_is_kept() {
        for readers in 1..=64 {
            assert!((CACHE - readers..=CACHE).contains(&(readers * cache(readers))));
        }
        assert_eq!(cache(0), CACHE);
        assert_eq!(cache(10_000), MIN_CACHE);
    }
}
