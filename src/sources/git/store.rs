//! The object database of a repository: its packs and loose objects, and those of its alternates.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gix_hash::Kind as Hash;

use super::lookup::Lookup;
use super::pack::{Lost, Pack, Trust};
use super::paths;
use super::table::Table;
use super::{loose, objects};
use crate::model::{ObjectId, ProblemKind};
use crate::sources::file;

/// All objects of a database.
pub(super) struct Store {
    /// In the order of their paths.
    pub(super) packs: Vec<Pack>,
    /// Its object folders, without links.
    folders: Vec<PathBuf>,
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

    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
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
    ///
    /// A pack that is gone when it is opened was packed anew: everything is listed again, once.
    pub(super) fn open(folders: &[PathBuf], hash: Hash, max_size: usize) -> (Self, Vec<Unopened>) {
        let (store, unopened) = Self::list(folders, hash, max_size);
        let is_gone = |part: &Unopened| part.kind == ProblemKind::Vanished;
        if unopened.iter().any(is_gone) {
            return Self::list(folders, hash, max_size);
        }
        (store, unopened)
    }

    fn list(folders: &[PathBuf], hash: Hash, max_size: usize) -> (Self, Vec<Unopened>) {
        let mut unopened = Vec::new();
        let (mut packs, mut loose) = (Vec::new(), Vec::new());
        for folder in folders {
            let mut open = || -> io::Result<()> {
                packs.extend(open_packs(
                    folder,
                    hash,
                    max_size,
                    Trust::Verify,
                    &mut unopened,
                )?);
                let (named, unnamed) = loose_files(folder, hash, &mut unopened)?;
                loose.extend(named);
                loose.extend(name_objects(unnamed, hash, max_size, &mut unopened));
                Ok(())
            };
            if let Err(error) = open() {
                unopened.push(Unopened::io(folder, &error));
            }
        }
        let packed = packs.iter().flat_map(Pack::ids);
        let is_partial = packs.iter().any(Pack::is_promised);
        let ids = packed.chain(loose.iter().map(|(id, _)| *id)).collect();
        let store = Self {
            folders: folders.to_vec(),
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

    /// The same database as it is now, if its packs are not those that were opened.
    pub(super) fn changed(&self, max_size: usize) -> Option<Self> {
        let (now, _) = Self::open(&self.folders, self.hash, max_size);
        let paths = |store: &Self| -> Vec<_> {
            let packs = store.packs.iter();
            packs.map(|pack| pack.path().to_path_buf()).collect()
        };
        (paths(&now) != paths(self)).then_some(now)
    }

    /// A reader of single objects.
    pub(super) fn lookup(&self, max_size: usize) -> Lookup<'_> {
        Lookup::new(&self.packs, &self.folders, max_size)
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
                waiting.extend(leftovers(&real));
                folders.push(real);
            }
            Ok(_) => (),
            Err(error) => unopened.push(Unopened::io(&folder, &error)),
        }
    }
    (folders, unopened)
}

/// The object folders that git made in one for a push, and left there when it was stopped.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.as_encoded_bytes();
            name.starts_with(b"tmp_objdir-") || name.starts_with(b"incoming-")
        })
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    paths.sort();
    paths
}

/// The folders that `info/alternates` of an object folder names.
fn alternates(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let text = match file::read(&folder.join("info/alternates")) {
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
    match quoted.and_then(unescaped) {
        Some(path) => paths::from_bytes(&path),
        None => paths::from_bytes(line),
    }
}

/// What stands between quotes, without its backslashes; none where git does not write it so.
fn unescaped(mut text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    while let Some((&byte, rest)) = text.split_first() {
        text = rest;
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        let (&escaped, rest) = text.split_first()?;
        text = rest;
        plain.push(match escaped {
            b'a' => 0x07,
            b'b' => 0x08,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 0x0b,
            b'f' => 0x0c,
            b'r' => b'\r',
            b'"' | b'\\' => escaped,
            b'0'..=b'3' => {
                let (digits, rest) = text.split_first_chunk::<2>()?;
                text = rest;
                let octal = [escaped, digits[0], digits[1]];
                u8::from_str_radix(std::str::from_utf8(&octal).ok()?, 8).ok()?
            }
            _ => return None,
        });
    }
    Some(plain)
}

/// Opens every pack of an object folder, those that git left half-way included.
pub(super) fn open_packs(
    folder: &Path,
    hash: Hash,
    max_size: usize,
    trust: Trust,
    unopened: &mut Vec<Unopened>,
) -> io::Result<Vec<Pack>> {
    let (mut paths, mut indexes) = (Vec::new(), Vec::new());
    for entry in list(&folder.join("pack"))? {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.ends_with(b".pack") || name.starts_with(b"tmp_pack_") {
            paths.push(entry.path());
        } else if name.starts_with(b"pack-") && name.ends_with(b".idx") {
            indexes.push(entry.path().with_extension("pack"));
        }
    }
    paths.sort();
    indexes.sort();
    for pack in indexes {
        if paths.binary_search(&pack).is_err() {
            let message = "it is missing: only its index is there";
            unopened.push(Unopened::new(&pack, ProblemKind::Vanished, message));
        }
    }
    let mut packs = Vec::new();
    for path in &paths {
        match Pack::open(path, hash, max_size, trust) {
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
pub(super) fn loose_objects(
    folder: &Path,
    hash: Hash,
    unopened: &mut Vec<Unopened>,
) -> io::Result<Vec<(ObjectId, PathBuf)>> {
    Ok(loose_files(folder, hash, unopened)?.0)
}

/// The same, and those that git had not given their names yet when it was stopped.
#[expect(clippy::type_complexity, reason = "two lists")]
fn loose_files(
    folder: &Path,
    hash: Hash,
    unopened: &mut Vec<Unopened>,
) -> io::Result<(Vec<(ObjectId, PathBuf)>, Vec<PathBuf>)> {
    let is_unnamed = |name: &OsStr| name.as_encoded_bytes().starts_with(b"tmp_obj_");
    let (mut objects, mut unnamed) = (Vec::new(), Vec::new());
    for entry in list(folder)? {
        let name = entry.file_name();
        let start = name.as_encoded_bytes();
        let path = entry.path();
        if is_unnamed(&name) {
            unnamed.push(path);
            continue;
        }
        if start.len() != 2 || !start.iter().all(u8::is_ascii_hexdigit) {
            continue;
        }
        let entries = match list(&path) {
            Ok(entries) => entries,
            Err(error) => {
                unopened.push(Unopened::io(&path, &error));
                continue;
            }
        };
        for entry in entries {
            let name = entry.file_name();
            let hex = [start, name.as_encoded_bytes()].concat();
            if let Some(id) = ObjectId::from_hex(&hex).filter(|_| hex.len() == hash.len_in_hex()) {
                objects.push((id, entry.path()));
            } else if is_unnamed(&name) {
                unnamed.push(entry.path());
            }
        }
    }
    objects.sort();
    unnamed.sort();
    Ok((objects, unnamed))
}

/// Gives the objects in these files the names that git had not given them.
fn name_objects(
    paths: Vec<PathBuf>,
    hash: Hash,
    max_size: usize,
    unopened: &mut Vec<Unopened>,
) -> Vec<(ObjectId, PathBuf)> {
    let (mut objects, mut bytes) = (Vec::new(), Vec::new());
    for path in paths {
        // Of one without a byte nothing is lost.
        if fs::metadata(&path).is_ok_and(|file| file.len() == 0) {
            continue;
        }
        let read = loose::read(&path, max_size, &mut bytes);
        match read.map(|kind| objects::name(hash, kind, &bytes)) {
            Ok(name) => objects.extend(name.map(|name| (name, path))),
            Err(why) => {
                let kind = match why {
                    Lost::Missing => ProblemKind::Vanished,
                    Lost::TooLarge(_) => ProblemKind::Limit,
                    Lost::Corrupt(_) | Lost::Misnamed => ProblemKind::Corrupt,
                };
                let message = format!("{why}; git left it when it was stopped");
                unopened.push(Unopened::new(&path, kind, message));
            }
        }
    }
    objects
}

/// The entries of a folder; none where there is no such folder.
fn list(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
