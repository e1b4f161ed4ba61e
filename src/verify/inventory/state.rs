//! What is kept between runs: who was listed when, and which authorization a C3ID belongs to. Never
//! a token.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::providers::azure_devops::{ListedPat, User};

/// What the file is.
const SCHEMA: &str = "patsweep-inventory/1";
/// The most that is read of it.
const MAX_BYTES: u64 = 256 << 20;
/// Who was listed this long ago is listed again.
const FRESH: i64 = 24 * 60 * 60;

/// The file, and what stood in it.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
    state: State,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be read.
    #[error("cannot read the state of an inventory from {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It holds something else, which is not written over.
    #[error("{} holds no state of an inventory", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write the state of an inventory to {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl StateError {
    /// The cause in words.
    pub(super) fn cause(&self) -> String {
        match self {
            Self::Read { source, .. } | Self::Write { source, .. } => source.to_string(),
            Self::Foreign { .. } => String::new(),
        }
    }
}

impl StateFile {
    /// Reads the file at `path`; none, or an empty one, is a beginning.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or holds something else.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let failed = |source| StateError::Read {
            path: path.to_owned(),
            source,
        };
        let foreign = || StateError::Foreign {
            path: path.to_owned(),
        };
        let bytes = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error)),
            // A pipe would be waited for.
            Ok(data) if !data.is_file() || data.len() > MAX_BYTES => return Err(foreign()),
            Ok(_) => {
                let mut bytes = Vec::new();
                let file = File::open(path).map_err(failed)?;
                file.take(MAX_BYTES)
                    .read_to_end(&mut bytes)
                    .map_err(failed)?;
                bytes
            }
        };
        let state = if bytes.is_empty() {
            State::default()
        } else {
            let state: State = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
            if state.schema != SCHEMA {
                return Err(foreign());
            }
            state
        };
        Ok(Self {
            path: path.to_owned(),
            state,
        })
    }

    /// What stood in it.
    pub(super) fn into_state(self) -> State {
        self.state
    }

    /// Replaces the file by `text`, as a whole, for its owner alone.
    pub(super) fn save(&self, text: &str) -> Result<(), StateError> {
        let write = || -> io::Result<()> {
            let folder = self.path.parent().filter(|it| !it.as_os_str().is_empty());
            // Such files are created for their owner alone.
            let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|source| StateError::Write {
            path: self.path.clone(),
            source,
        })
    }
}

/// What is known of all organisations.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    schema: String,
    organizations: BTreeMap<String, BTreeMap<String, Person>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            organizations: BTreeMap::new(),
        }
    }
}

/// Somebody, by subject descriptor.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Person {
    account: Option<String>,
    /// When the whole list was read.
    listed_at: Option<i64>,
    /// By C3ID.
    tokens: BTreeMap<String, Seen>,
}

/// A token that was listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// What it is revoked by.
    pub(super) authorization_id: String,
    /// When it ends, in seconds since 1970.
    pub(super) valid_to: Option<i64>,
}

impl State {
    /// Keeps that the whole list of `user` was read, and what stood in it. What stood in it before
    /// stays, for that it is gone means something.
    pub(super) fn keep(
        &mut self,
        organization: &str,
        user: &User,
        listed: &[ListedPat],
        now: Timestamp,
    ) {
        let people = self.organizations.entry(organization.to_owned());
        let person = people
            .or_default()
            .entry(user.descriptor.clone())
            .or_default();
        if user.account.is_some() {
            person.account.clone_from(&user.account);
        }
        person.listed_at = Some(now.0);
        for pat in listed {
            if let Some(c3id) = &pat.c3id {
                let seen = Seen {
                    authorization_id: pat.record.authorization_id.clone(),
                    valid_to: pat.record.valid_to.map(|end| end.0),
                };
                person.tokens.insert(c3id.clone(), seen);
            }
        }
    }

    /// Whether the list of somebody was read a short while ago.
    pub(super) fn is_fresh(&self, organization: &str, descriptor: &str, now: Timestamp) -> bool {
        let person = self.organizations.get(organization);
        let listed_at = person
            .and_then(|people| people.get(descriptor))
            .and_then(|person| person.listed_at);
        listed_at.is_some_and(|at| at <= now.0 && now.0 - at < FRESH)
    }

    /// Who owned the token `c3id` when it was listed.
    pub(super) fn owner(&self, organization: &str, c3id: &str) -> Option<User> {
        let people = self.organizations.get(organization)?;
        let owns = |(_, person): &(&String, &Person)| person.tokens.contains_key(c3id);
        let (descriptor, person) = people.iter().find(owns)?;
        Some(User {
            descriptor: descriptor.clone(),
            name: None,
            account: person.account.clone(),
            mail: None,
            origin_id: None,
        })
    }

    /// The token `c3id` as it stood in the list of `descriptor`.
    pub(super) fn seen(&self, organization: &str, descriptor: &str, c3id: &str) -> Option<&Seen> {
        let people = self.organizations.get(organization)?;
        people.get(descriptor)?.tokens.get(c3id)
    }

    /// The file's text.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and numbers make JSON")
    }
}
