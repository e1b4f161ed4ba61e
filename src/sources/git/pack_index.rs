//! The index of a pack: in memory where all of it is read, mapped where a few objects are.

use std::io::{self, BufReader};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use gix_error::ResultExt;
use gix_hash::{Kind as Hash, ObjectId as Name, oid};
use gix_pack::data::input::{BytesToEntriesIter, EntryDataMode, Mode};
use gix_pack::{MMap, data, index};
use gix_utils::progress::Discard;

use super::pack::Trust;
use crate::sources::file;

/// The index of a pack.
pub(super) enum PackIndex {
    /// As a whole.
    Read(index::File<Vec<u8>>),
    /// As the file is, page by page: a large one takes longer to read than to look into.
    Mapped(index::File<MMap>),
}

/// Hands a method on to whatever index it is.
macro_rules! of_either {
    ($index:expr, $file:ident => $call:expr) => {
        match $index {
            PackIndex::Read($file) => $call,
            PackIndex::Mapped($file) => $call,
        }
    };
}

impl PackIndex {
    /// The one at `path`; `None` if there is none, or it is not whole.
    ///
    /// # Errors
    ///
    /// That it is there and cannot be read.
    pub(super) fn stored(path: &Path, hash: Hash, trust: Trust) -> io::Result<Option<Self>> {
        match trust {
            Trust::Verify => {
                let bytes = match file::read(path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    read => read?,
                };
                let index = index::File::from_data(bytes, path.to_path_buf(), hash).ok();
                let is_whole = |index: &index::File<_>| {
                    let verified = index.verify_checksum(&mut Discard, &AtomicBool::new(false));
                    verified.is_ok()
                };
                Ok(index.filter(is_whole).map(Self::Read))
            }
            Trust::Believe => {
                // Says why it cannot be read, and does not wait for the writer of a pipe.
                let metadata = match file::open(path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    opened => opened?.metadata()?,
                };
                let index = metadata.is_file().then(|| index::File::at(path, hash).ok());
                Ok(index.flatten().map(Self::Mapped))
            }
        }
    }

    /// Indexes a pack as far as it is whole.
    ///
    /// # Errors
    ///
    /// What is wrong with the pack.
    pub(super) fn made(
        pack: &data::File<MMap>,
        path: &Path,
        hash: Hash,
    ) -> Result<Self, gix_error::Error> {
        let file = file::open(pack.path()).or_error()?;
        let mut entries = BytesToEntriesIter::new_from_header(
            BufReader::new(file),
            Mode::Restore,
            EntryDataMode::Crc32,
            hash,
        )?;
        let version = entries.version();
        let mut bytes = Vec::new();
        index::write_data_iter_to_stream(
            index::Version::default(),
            || Ok((slice_of, pack)),
            &mut entries,
            Some(1),
            &mut Discard,
            &mut bytes,
            &AtomicBool::new(false),
            hash,
            pack.alloc_limit_bytes,
            version,
        )?;
        index::File::from_data(bytes, path.to_path_buf(), hash).map(Self::Read)
    }

    /// The checksum of the pack that it is about.
    pub(super) fn pack_checksum(&self) -> Name {
        of_either!(self, file => file.pack_checksum())
    }

    /// How many objects it names.
    pub(super) fn len(&self) -> u32 {
        of_either!(self, file => file.num_objects())
    }

    /// The name of the object that is `at`th in order.
    pub(super) fn name(&self, at: u32) -> &oid {
        of_either!(self, file => file.oid_at_index(at))
    }

    /// Where that stands in the pack.
    pub(super) fn offset(&self, at: u32) -> u64 {
        of_either!(self, file => file.pack_offset_at_index(at))
    }

    /// The checksum of its bytes there; `None` where the index has none.
    pub(super) fn checksum(&self, at: u32) -> Option<u32> {
        of_either!(self, file => file.crc32_at_index(at))
    }

    /// Whether it has checksums of objects.
    pub(super) fn has_checksums(&self) -> bool {
        of_either!(self, file => file.version()) != index::Version::V1
    }

    /// Where the object of this name stands in the pack; `None` if it is not there.
    pub(super) fn offset_of(&self, name: &oid) -> Option<u64> {
        let at = of_either!(self, file => file.lookup(name))?;
        Some(self.offset(at))
    }
}

/// The bytes of an entry.
fn slice_of<'r>(range: data::EntryRange, pack: &'r &data::File<MMap>) -> Option<&'r [u8]> {
    pack.entry_slice(range)
}
