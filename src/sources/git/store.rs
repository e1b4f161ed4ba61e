//! The object database of a repository: its packs and loose objects, and those of its alternates.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gix_hash::Kind as Hash;

use super::loose;
use super::pack::{Pack, Reader};
use super::paths;
use super::table::{Number, Table};
use crate::model::{ObjectId, ObjectKind, ProblemKind};

/// All objects of a database.
pub(super) struct Store {
    /// In the order of their paths.
    pub(super) packs: Vec<Pack>,
    /// The paths of loose objects.
    pub(super) loose: Vec<(ObjectId, PathBuf)>,
    /// Every object of these, once.
    pub(super) table: Table,
    /// How objects are named.
    pub(super) hash: Hash,
    /// Whether a pack says that a remote keeps what is missing.
    pub(super) is_partial: bool,
}

/// A part of the database that could not be opened.
#[derive(Debug)]
pub(super) struct Unopened {
    /// The file or folder.
    pub(super) path: PathBuf,
    /// Why, as a closed list.
    pub(super) kind: ProblemKind,
    /// Why, in words.
    pub(super) message: String,
}

impl Unopened {
    pub(super) fn new(path: &Path, kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            path: path.to_path_buf(),
            kind,
            message: message.into(),
        }
    }

    fn io(path: &Path, error: &io::Error) -> Self {
        Self::new(
            path,
            ProblemKind::Unreadable,
            format!("cannot read it: {error}"),
        )
    }
}

impl Store {
    /// Opens what stands in `folders`, as [`folders`] gives them; the rest is told.
    /// Nothing is decoded that has more than `max_size` bytes, or is built on such.
    pub(super) fn open(folders: &[PathBuf], hash: Hash, max_size: usize) -> (Self, Vec<Unopened>) {
        let mut unopened = Vec::new();
        let (mut packs, mut loose) = (Vec::new(), Vec::new());
        for folder in folders {
            let mut open = || -> io::Result<()> {
                packs.extend(open_packs(folder, hash, max_size, &mut unopened)?);
                loose.extend(loose_objects(folder, hash, &mut unopened)?);
                Ok(())
            };
            if let Err(error) = open() {
                unopened.push(Unopened::io(folder, &error));
            }
        }
        let packed = packs.iter().flat_map(Pack::ids);
        let is_partial = packs
            .iter()
            .any(|pack| pack.path().with_extension("promisor").exists());
        let ids = packed.chain(loose.iter().map(|(id, _)| *id)).collect();
        let store = Self {
            packs,
            loose,
            table: Table::new(ids),
            hash,
            is_partial,
        };
        (store, unopened)
    }

    /// Marks the objects that stand in one of the object folders `read`.
    pub(super) fn standing_in(&self, read: &BTreeSet<PathBuf>) -> Vec<bool> {
        // `objects/pack/x.pack`, `objects/ab/cdef`.
        let is_read = |path: &Path| {
            path.ancestors()
                .nth(2)
                .is_some_and(|folder| read.contains(folder))
        };
        let packs = self.packs.iter().filter(|pack| is_read(pack.path()));
        let loose = self.loose.iter().filter(|(_, path)| is_read(path));
        let ids = packs.flat_map(Pack::ids).chain(loose.map(|(id, _)| *id));
        let mut marks = vec![false; self.table.len()];
        for number in ids.filter_map(|id| self.table.find(id.as_bytes())) {
            marks[number.0 as usize] = true;
        }
        marks
    }

    /// A reader of single objects.
    pub(super) fn objects(&self) -> Objects<'_> {
        let loose = self.loose.iter();
        let mut loose: Vec<_> = loose.map(|(id, path)| (*id, path.as_path())).collect();
        loose.sort_unstable();
        Objects {
            table: &self.table,
            packs: self
                .packs
                .iter()
                .map(|pack| (pack, pack.reader()))
                .collect(),
            loose,
        }
    }
}

/// Reads single objects, wherever they stand.
pub(super) struct Objects<'s> {
    table: &'s Table,
    packs: Vec<(&'s Pack, Reader<'s>)>,
    /// Sorted.
    loose: Vec<(ObjectId, &'s Path)>,
}

impl Objects<'_> {
    /// Reads `number` into `object`; `None` if no place of it is whole.
    pub(super) fn read(
        &mut self,
        number: Number,
        max_size: usize,
        object: &mut Vec<u8>,
    ) -> Option<ObjectKind> {
        let id = self.table.id(number);
        for (pack, reader) in &mut self.packs {
            let read = pack
                .offset_of(&id)
                .and_then(|offset| reader.read(offset, max_size, object).ok());
            if read.is_some() {
                return read;
            }
        }
        let start = self.loose.partition_point(|(known, _)| *known < id);
        let mut places = self.loose[start..]
            .iter()
            .take_while(|(known, _)| *known == id);
        places.find_map(|(_, path)| loose::read(path, max_size, object).ok())
    }
}

/// The object folder `first` and those that it and its alternates name, each once.
pub(super) fn folders(first: &Path) -> (Vec<PathBuf>, Vec<Unopened>) {
    let (mut folders, mut unopened) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    let mut waiting = vec![first.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        match fs::canonicalize(&folder) {
            Ok(real) if seen.insert(real.clone()) => {
                match alternates(&real) {
                    Ok(others) => waiting.extend(others),
                    Err(error) => {
                        unopened.push(Unopened::io(&real.join("info/alternates"), &error));
                    }
                }
                folders.push(real);
            }
            Ok(_) => (),
            Err(error) => unopened.push(Unopened::io(&folder, &error)),
        }
    }
    (folders, unopened)
}

/// The folders that `info/alternates` of an object folder names.
fn alternates(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let text = match fs::read(folder.join("info/alternates")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let lines = text.split(|&byte| byte == b'\n');
    let named = lines.filter(|line| !line.is_empty() && line[0] != b'#');
    Ok(named.map(|line| folder.join(path(line))).collect())
}

/// A path as git writes it, perhaps in quotes.
fn path(line: &[u8]) -> PathBuf {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let quoted = line
        .strip_prefix(b"\"")
        .and_then(|line| line.strip_suffix(b"\""));
    paths::from_bytes(quoted.unwrap_or(line))
}

/// Opens every pack of an object folder, those that git left half-way included.
fn open_packs(
    folder: &Path,
    hash: Hash,
    max_size: usize,
    unopened: &mut Vec<Unopened>,
) -> io::Result<Vec<Pack>> {
    let mut paths = Vec::new();
    for entry in list(&folder.join("pack"))? {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.ends_with(b".pack") || name.starts_with(b"tmp_pack_") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let mut packs = Vec::new();
    for path in &paths {
        match Pack::open(path, hash, max_size) {
            Ok(pack) => {
                if pack.unindexed() > 0 {
                    unopened.push(Unopened::new(
                        path,
                        ProblemKind::Corrupt,
                        format!("{} of its objects cannot be found in it", pack.unindexed()),
                    ));
                }
                packs.push(pack);
            }
            Err(error) => unopened.push(error),
        }
    }
    Ok(packs)
}

/// Lists the loose objects of an object folder.
fn loose_objects(
    folder: &Path,
    hash: Hash,
    unopened: &mut Vec<Unopened>,
) -> io::Result<Vec<(ObjectId, PathBuf)>> {
    let mut objects = Vec::new();
    for entry in list(folder)? {
        let name = entry.file_name();
        let start = name.as_encoded_bytes();
        if start.len() != 2 || !start.iter().all(u8::is_ascii_hexdigit) {
            continue;
        }
        let path = entry.path();
        match list(&path) {
            Ok(entries) => objects.extend(entries.iter().filter_map(|entry| {
                let hex = [start, entry.file_name().as_encoded_bytes()].concat();
                let id = ObjectId::from_hex(&hex).filter(|_| hex.len() == hash.len_in_hex())?;
                Some((id, entry.path()))
            })),
            Err(error) => unopened.push(Unopened::io(&path, &error)),
        }
    }
    objects.sort();
    Ok(objects)
}

/// The entries of a folder; none where there is no such folder.
fn list(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
