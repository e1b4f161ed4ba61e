//! The journal: what was planned, tried, answered and told, for good. It is written before anything
//! is done, and each line is sealed with the hash of the one before.

mod chain;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::Timestamp;
use crate::providers::crash;

pub use chain::{Broken, Chain, Head};

/// The most that is read of a journal.
const MAX_BYTES: u64 = 1 << 30;

/// What a line of the journal tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// What is to be done.
    Plan,
    /// A request is about to be sent.
    Intent,
    /// What was answered to it.
    Answer,
    /// Whether it has taken effect.
    Confirm,
    /// Who was told.
    Notify,
    /// The end of a leak.
    Closed,
}

impl Event {
    /// The name in journals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Intent => "intent",
            Self::Answer => "answer",
            Self::Confirm => "confirm",
            Self::Notify => "notify",
            Self::Closed => "closed",
        }
    }
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its number, from 1 on.
    pub seq: u64,
    /// The hash of the line before; 64 zeros before the first.
    pub prev: String,
    /// The SHA-256, in hexadecimal, of this line without its hash, in the form of RFC 8785.
    pub hash: String,
    /// When it was written, by RFC 3339.
    pub at: String,
    /// Who acted.
    pub actor: String,
    /// What happened.
    pub event: Event,
    /// The id of the plan that this belongs to.
    pub plan: Option<String>,
    /// The token.
    pub c3id: Option<String>,
    /// Where it is registered.
    pub organization: Option<String>,
    /// As what it is registered.
    pub authorization_id: Option<String>,
    /// By what that is known.
    pub evidence: Value,
    /// What came of it, in a word.
    pub outcome: Option<String>,
}

/// What is to be written down.
#[derive(Clone, Debug)]
pub struct Entry<'e> {
    /// What happened.
    pub event: Event,
    /// The id of the plan that this belongs to.
    pub plan: Option<&'e str>,
    /// The token.
    pub c3id: Option<&'e str>,
    /// Where it is registered.
    pub organization: Option<&'e str>,
    /// As what it is registered.
    pub authorization_id: Option<&'e str>,
    /// By what that is known.
    pub evidence: Value,
    /// What came of it, in a word.
    pub outcome: Option<&'e str>,
}

/// A journal that can be written to. Nobody else can, as long as this is kept.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    actor: String,
    /// Who acts at organisations that know them as somebody else.
    actors: BTreeMap<String, String>,
    records: Vec<Record>,
    /// Where the last whole line ends.
    end: u64,
    /// A line could neither be written nor taken back.
    is_broken: bool,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be opened or read.
    #[error("cannot open the journal {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another run writes to it.
    #[error("another run is using the journal {}", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It is not what was written.
    #[error("the journal {} is not as it was written", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Broken,
    },
    /// It cannot be written.
    #[error("cannot write to the journal {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Whether others than its owner may write what is acted on.
#[cfg(unix)]
fn is_open_to_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;

    Ok(file.metadata()?.permissions().mode() & 0o022 != 0)
}

/// Folders of users are closed to others here.
#[cfg(not(unix))]
fn is_open_to_others(_: &File) -> io::Result<bool> {
    Ok(false)
}

impl Journal {
    /// The same, for whom each of these organisations calls somebody.
    #[must_use]
    pub fn with_actors(mut self, actors: BTreeMap<String, String>) -> Self {
        self.actors = actors;
        self
    }

    /// Opens the journal at `path` for whoever is called `actor`, and keeps others from writing to
    /// it. A new one is for its owner alone. An unfinished last line, which a crash left, is taken
    /// away: nothing was done after it.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, somebody else writes to it, or it is not as it was written.
    pub fn open(path: &Path, actor: &str) -> Result<Self, JournalError> {
        let failed = |source| JournalError::Open {
            path: path.to_owned(),
            source,
        };
        let is_new = !path.exists();
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        if !is_new && !path.is_file() {
            return Err(failed(io::Error::other("it is no file")));
        }
        let mut file = options().open(path).map_err(failed)?;
        if is_open_to_others(&file).map_err(failed)? {
            return Err(failed(io::Error::other("others may write to it")));
        }
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => {
                let path = path.to_owned();
                return Err(JournalError::Busy { path });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        if is_new {
            sync_folder(folder).map_err(failed)?;
        }
        let chain = Chain::read(&read(&mut file).map_err(failed)?);
        let chain = chain.map_err(|source| JournalError::Broken {
            path: path.to_owned(),
            source,
        })?;
        if chain.torn > 0 {
            file.set_len(chain.length).map_err(failed)?;
            file.sync_all().map_err(failed)?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            actor: actor.to_owned(),
            actors: BTreeMap::new(),
            records: chain.records,
            end: chain.length,
            is_broken: false,
        })
    }

    /// Where it stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was written, the first line first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The last line, by which all of them are known.
    pub fn head(&self) -> Head {
        Head::of(&self.records)
    }

    /// Writes a line; it is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// If it cannot be written. Nothing is left of it then, or no other line can be written.
    pub fn write(&mut self, entry: Entry<'_>, at: Timestamp) -> Result<&Record, JournalError> {
        if self.is_broken {
            let error = io::Error::other("an earlier line could not be taken back");
            return Err(self.unwritten(error));
        }
        let here = entry.organization.and_then(|it| self.actors.get(it));
        let actor = here.unwrap_or(&self.actor);
        let sealed = chain::seal(&self.head(), actor, entry, at);
        let line = sealed.and_then(|record| Ok((serde_json::to_vec(&record)?, record)));
        let (mut line, record) = line.map_err(|error| self.unwritten(error.into()))?;
        line.push(b'\n');
        crash::point();
        let written = self.file.write_all(&line);
        if let Err(source) = written.and_then(|()| self.file.sync_all()) {
            let undone = self.file.set_len(self.end);
            self.is_broken = undone.and_then(|()| self.file.sync_all()).is_err();
            return Err(self.unwritten(source));
        }
        crash::point();
        self.end += line.len() as u64;
        self.records.push(record);
        Ok(&self.records[self.records.len() - 1])
    }

    fn unwritten(&self, source: io::Error) -> JournalError {
        JournalError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // A program that is being started may hold a copy of the file for a moment.
        let _ = self.file.unlock();
    }
}

/// Reads the journal at `path` without keeping others from writing to it.
///
/// # Errors
///
/// If it cannot be read, or is not as it was written.
pub fn inspect(path: &Path) -> Result<Chain, JournalError> {
    let open = || -> io::Result<Vec<u8>> {
        if !path.metadata()?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        read(&mut File::open(path)?)
    };
    let bytes = open().map_err(|source| JournalError::Open {
        path: path.to_owned(),
        source,
    })?;
    Chain::read(&bytes).map_err(|source| JournalError::Broken {
        path: path.to_owned(),
        source,
    })
}

fn read(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it has more than 1 GiB"));
    }
    Ok(bytes)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Has the name of a new file last.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
