//! What was answered before, so that it need not be asked again. Never holds a token: answers are
//! found by where was asked, C3ID, organisation and method.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::plan::Step;
use crate::model::{Attempt, FindingId, Method, Owner, ServiceEvidence, Timestamp, ValidityReason};
use crate::providers::azure_devops::Base;

/// The name and version of the file.
const SCHEMA: &str = "patsweep-cache/1";
/// How long an answer that lets a token in holds, in seconds.
const POSITIVE: i64 = 24 * 60 * 60;
/// How long one that does not holds.
const NEGATIVE: i64 = 60 * 60;

/// Answers of earlier runs, and of this one.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    answers: Mutex<BTreeMap<Key, Entry>>,
}

/// Which answer: that of which service, about which token, at which organisation, by which method.
type Key = (String, String, Option<String>, &'static str);

/// Why a cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It cannot be read.
    #[error("cannot read the cache {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is none of this version.
    #[error("{} is no cache of this version", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write the cache {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct Document {
    schema: String,
    answers: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    service: String,
    c3id: String,
    organization: Option<String>,
    method: String,
    reason: String,
    at: i64,
    status: Option<u16>,
    type_key: Option<String>,
    message: Option<String>,
    endpoint: String,
    owner_id: Option<String>,
    owner_descriptor: Option<String>,
    owner_name: Option<String>,
    owner_account: Option<String>,
}

impl Cache {
    /// Reads the cache at `path`; one that is not there is empty.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is none.
    pub fn open(path: &Path) -> Result<Self, CacheError> {
        let path = path.to_owned();
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let answers = Mutex::default();
                return Ok(Self { path, answers });
            }
            Err(source) => return Err(CacheError::Read { path, source }),
        };
        let document: Option<Document> = serde_json::from_slice(&text).ok();
        let Some(document) = document.filter(|document| document.schema == SCHEMA) else {
            return Err(CacheError::Invalid { path });
        };
        let known = document.answers.into_iter();
        let answers = known
            .filter_map(|entry| Some((entry.key()?, entry)))
            .collect();
        Ok(Self {
            path,
            answers: Mutex::new(answers),
        })
    }

    /// What `service` answered about the token `id`, if that still holds at `now`. What stands at
    /// another address may answer otherwise.
    pub(super) fn answer(
        &self,
        (service, id): (&Base, &FindingId),
        step: &Step,
        now: Timestamp,
    ) -> Option<(Attempt, Option<Owner>)> {
        let (method, organization) = step.place();
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (
            service.to_string(),
            id.as_str().to_owned(),
            organization,
            method.as_str(),
        );
        let entry = answers.get(&key)?;
        let reason = ValidityReason::named(&entry.reason)?;
        let age = now.0 - entry.at;
        (0..lifetime(reason)?).contains(&age).then(|| {
            let attempt = Attempt {
                method,
                organization: entry.organization.clone(),
                at: Timestamp(entry.at),
                reason,
                evidence: ServiceEvidence {
                    status: entry.status,
                    type_key: entry.type_key.clone(),
                    message: entry.message.clone(),
                    endpoint: entry.endpoint.clone(),
                },
            };
            (attempt, entry.owner())
        })
    }

    /// Keeps what was answered, unless that proves nothing.
    pub(super) fn keep(
        &self,
        (service, id): (&Base, &FindingId),
        attempt: &Attempt,
        owner: Option<&Owner>,
    ) {
        if lifetime(attempt.reason).is_none() {
            return;
        }
        let entry = Entry {
            service: service.to_string(),
            c3id: id.as_str().to_owned(),
            organization: attempt.organization.clone(),
            method: attempt.method.as_str().to_owned(),
            reason: attempt.reason.as_str().to_owned(),
            at: attempt.at.0,
            status: attempt.evidence.status,
            type_key: attempt.evidence.type_key.clone(),
            message: attempt.evidence.message.clone(),
            endpoint: attempt.evidence.endpoint.clone(),
            owner_id: owner.and_then(|owner| owner.id.clone()),
            owner_descriptor: owner.and_then(|owner| owner.descriptor.clone()),
            owner_name: owner.and_then(|owner| owner.name.clone()),
            owner_account: owner.and_then(|owner| owner.account.clone()),
        };
        if let Some(key) = entry.key() {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.insert(key, entry);
        }
    }

    /// Writes what still holds at `now`, readable by its owner alone.
    ///
    /// # Errors
    ///
    /// If it cannot be written; the old one then stays.
    pub fn save(&self, now: Timestamp) -> Result<(), CacheError> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |entry: &&Entry| {
            let reason = ValidityReason::named(&entry.reason);
            let lifetime = reason.and_then(lifetime).unwrap_or_default();
            (0..lifetime).contains(&(now.0 - entry.at))
        };
        let document = Document {
            schema: SCHEMA.to_owned(),
            answers: answers.values().filter(holds).cloned().collect(),
        };
        drop(answers);
        let write = || -> io::Result<()> {
            let folder = match self.path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            std::fs::create_dir_all(folder)?;
            // Such files are made with mode 0600.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&mut file, &document)?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|source| CacheError::Write {
            path: self.path.clone(),
            source,
        })
    }
}

impl Entry {
    fn key(&self) -> Option<Key> {
        let method = Method::ALL
            .into_iter()
            .find(|method| method.as_str() == self.method)?;
        Some((
            self.service.clone(),
            self.c3id.clone(),
            self.organization.clone(),
            method.as_str(),
        ))
    }

    fn owner(&self) -> Option<Owner> {
        let owner = Owner {
            id: self.owner_id.clone(),
            descriptor: self.owner_descriptor.clone(),
            name: self.owner_name.clone(),
            account: self.owner_account.clone(),
        };
        (owner != Owner::default()).then_some(owner)
    }
}

/// How long such an answer holds, in seconds; `None` for what proves nothing.
fn lifetime(reason: ValidityReason) -> Option<i64> {
    match reason {
        ValidityReason::Live | ValidityReason::LiveBlocked | ValidityReason::LiveElsewhere => {
            Some(POSITIVE)
        }
        ValidityReason::Revoked
        | ValidityReason::Expired
        | ValidityReason::Refused
        | ValidityReason::NotRecognized
        | ValidityReason::NotInInventory
        | ValidityReason::OrganizationNotFound => Some(NEGATIVE),
        ValidityReason::Throttled
        | ValidityReason::BudgetExhausted
        | ValidityReason::Inconclusive
        | ValidityReason::ValueUnavailable
        | ValidityReason::NotAttempted
        | ValidityReason::NotSupported => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(reason: ValidityReason, at: i64) -> Attempt {
        Attempt {
            method: Method::ConnectionData,
            organization: Some("contoso".to_owned()),
            at: Timestamp(at),
            reason,
            evidence: ServiceEvidence {
                status: Some(200),
                type_key: None,
                message: None,
                endpoint: "https://dev.azure.com/contoso/_apis/connectionData".to_owned(),
            },
        }
    }

    #[test]
    fn answers_hold_as_long_as_they_prove_something() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/cache.json");
        let step = Step::ConnectionData("contoso".to_owned());
        let here = Base::Microsoft;
        let id = |text: &str| FindingId::C3id(text.to_owned());
        let cache = Cache::open(&path).expect("an empty one");
        let owner = Owner {
            name: Some("Noor".to_owned()),
            ..Owner::default()
        };
        cache.keep(
            (&here, &id("live")),
            &attempt(ValidityReason::Live, 1000),
            Some(&owner),
        );
        cache.keep(
            (&here, &id("refused")),
            &attempt(ValidityReason::Refused, 1000),
            None,
        );
        cache.keep(
            (&here, &id("nothing")),
            &attempt(ValidityReason::Inconclusive, 1000),
            None,
        );
        cache.save(Timestamp(1000)).expect("written");
        let cache = Cache::open(&path).expect("the same");
        for (name, now, holds) in [
            ("live", 1000 + POSITIVE - 1, true),
            ("live", 1000 + POSITIVE, false),
            ("live", 999, false),
            ("refused", 1000 + NEGATIVE - 1, true),
            ("refused", 1000 + NEGATIVE, false),
            ("nothing", 1001, false),
        ] {
            let answer = cache.answer((&here, &id(name)), &step, Timestamp(now));
            assert_eq!(answer.is_some(), holds, "{name} {now}");
        }
        assert_eq!(
            cache.answer((&here, &id("live")), &Step::Profile, Timestamp(1001)),
            None
        );
        for elsewhere in [
            Base::gateway("https://gate.example"),
            Base::server("https://host/tfs/C"),
        ] {
            let elsewhere = elsewhere.expect("https");
            let answer = cache.answer((&elsewhere, &id("live")), &step, Timestamp(1001));
            assert_eq!(answer, None, "{elsewhere}");
        }
        let (_, kept) = cache
            .answer((&here, &id("live")), &step, Timestamp(1001))
            .expect("an answer");
        assert_eq!(kept, Some(owner));
        cache.save(Timestamp(1000 + NEGATIVE)).expect("written");
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(text.contains("live") && !text.contains("refused"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path)
                .expect("a file")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_no_cache_is_told_and_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache.json");
        for text in ["", "{}", "{\"schema\":\"patsweep-cache/2\",\"answers\":[]}"] {
            std::fs::write(&path, text).expect("written");
            let error = Cache::open(&path).expect_err("none").to_string();
            assert!(error.ends_with("is no cache of this version"), "{error}");
        }
    }
}
