//! Single files that were recorded before, read again: below one folder and never outside of it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use super::file::Reader;
use super::git::path_from_bytes;
use super::system::System;
use super::{Options, TargetError, target};
use crate::model::{BytePath, Sink};

/// Archives around a file, at most, that a recorded path is tried with.
const MAX_NESTING: usize = 16;

/// Targets that a recorded path is taken to be below, at most.
const MAX_PLACES: usize = 4;

/// Why something that was recorded is not read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unread {
    /// Its path is absolute or goes up.
    #[error("its path leads elsewhere")]
    Outside,
    /// A link stands on the way to it.
    #[error("a link leads to it")]
    Link,
    /// A folder that the kernel makes up leads to it.
    #[error("it is in a system folder")]
    System,
    /// Nothing stands there.
    #[error("it is not there any more")]
    Gone,
    /// It stood in a repository, and none is there.
    #[error("its repository is not there")]
    NoRepository,
    /// Something else than a file stands there.
    #[error("it is no file")]
    NoFile,
    /// It could not be read.
    #[error("cannot read it: {0}")]
    Failed(String),
}

/// The file or folder that recorded paths are looked for in.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    canonical: PathBuf,
    system: Vec<PathBuf>,
}

impl Root {
    /// Opens `path`. A link is followed, as that of a target is.
    ///
    /// # Errors
    ///
    /// That it is not there, cannot be opened, or is neither file nor folder.
    pub fn open(path: &Path) -> Result<Self, TargetError> {
        target::check_path(path)?;
        let canonical = fs::canonicalize(path).map_err(|source| TargetError::Unopenable {
            path: path.to_path_buf(),
            source,
        })?;
        // Whoever names a system folder means it.
        let folders = System::read().folders.into_iter();
        let system = folders.filter(|folder| !canonical.starts_with(folder));
        Ok(Self {
            path: path.to_path_buf(),
            system: system.collect(),
            canonical,
        })
    }

    /// As given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that `recorded` names: itself, or the archive on disk that holds it. An empty path
    /// is the root.
    ///
    /// # Errors
    ///
    /// Why it is not read.
    pub fn file(&self, recorded: &[u8]) -> Result<PathBuf, Unread> {
        let archives = recorded.windows(2).enumerate();
        let archives = archives.filter(|(_, two)| two == b"!/");
        let archives = archives.map(|(at, _)| &recorded[..at]).take(MAX_NESTING);
        let mut first = None;
        for path in std::iter::once(recorded).chain(archives) {
            match self.find(path) {
                Ok((path, metadata)) if metadata.is_file() => return Ok(path),
                Ok(_) => first = first.or(Some(Unread::NoFile)),
                // A member is not there, but its archive may be.
                Err(Unread::Gone) => {}
                Err(why) => first = first.or(Some(why)),
            }
        }
        Err(first.unwrap_or(Unread::Gone))
    }

    /// The folder that `recorded` names.
    ///
    /// # Errors
    ///
    /// Why it is not entered.
    pub fn folder(&self, recorded: &[u8]) -> Result<PathBuf, Unread> {
        let (path, metadata) = self.find(recorded)?;
        if metadata.is_dir() {
            Ok(path)
        } else {
            Err(Unread::Gone)
        }
    }

    /// What stands at `recorded`, without links below the root.
    fn find(&self, recorded: &[u8]) -> Result<(PathBuf, fs::Metadata), Unread> {
        let relative = path_from_bytes(recorded);
        let mut path = self.canonical.clone();
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unread::Gone,
            _ => Unread::Failed(error.to_string()),
        };
        let parts = relative.components();
        let parts = parts.filter(|part| *part != Component::CurDir);
        let parts: Vec<_> = parts.collect();
        if !parts
            .iter()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(Unread::Outside);
        }
        let mut metadata = fs::symlink_metadata(&path).map_err(failed)?;
        for part in parts {
            path.push(part);
            if self.system.iter().any(|folder| path.starts_with(folder)) {
                return Err(Unread::System);
            }
            metadata = fs::symlink_metadata(&path).map_err(failed)?;
            if metadata.is_symlink() {
                return Err(Unread::Link);
            }
        }
        Ok((path, metadata))
    }
}

/// The folders and files that a report was made of: what it records is looked for below the root as
/// it stood below them.
#[derive(Debug)]
pub struct Tops(BTreeSet<Vec<u8>>);

impl Tops {
    /// Paths as they were given to the scan.
    pub fn new<'t>(tops: impl IntoIterator<Item = &'t BytePath>) -> Self {
        let plain = |top: &BytePath| {
            let path = path_from_bytes(&top.0);
            let parts = path.components().filter(|part| *part != Component::CurDir);
            let plain: PathBuf = parts.collect();
            let bytes = plain.into_os_string().into_encoded_bytes();
            // What stands in the root of the file system has a separator before it.
            bytes
                .strip_suffix(b"/")
                .map_or(bytes.clone(), <[u8]>::to_vec)
        };
        let is_here = |top: &BytePath| matches!(top.0.as_slice(), b"" | b"." | b"./");
        let tops = tops.into_iter().filter(|top| !is_here(top));
        Self(tops.map(plain).collect())
    }

    /// Where `recorded` may stand below the root, the nearest first: below what was scanned, or
    /// as it is recorded. A few at most.
    pub fn inside(&self, recorded: &[u8]) -> Vec<Vec<u8>> {
        let is_separator = |byte: u8| std::path::is_separator(char::from(byte));
        let mut inside = Vec::new();
        if self.0.contains(recorded) {
            inside.push(Vec::new());
        }
        for (at, two) in recorded.windows(2).enumerate().rev() {
            if inside.len() == MAX_PLACES {
                break;
            }
            // A member of an archive that was given itself keeps its `!/`.
            let rest = match two {
                b"!/" => at,
                &[byte, _] if is_separator(byte) => at + 1,
                _ => continue,
            };
            if self.0.contains(&recorded[..at]) {
                inside.push(recorded[rest..].to_vec());
            }
        }
        inside.push(recorded.to_vec());
        inside
    }
}

/// Scans the file at `path`, and the archives in it; its problems go to the sink.
pub fn scan<'o>(path: &Path, options: &'o Options, sink: Box<dyn Sink + Send + 'o>) {
    let mut reader = Reader::new(options, sink);
    reader.stand_at(path);
    reader.file(path);
}
