//! The chain of hashes: each line of a journal tells that of the one before.

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Entry, Record};
use crate::model::Timestamp;

/// The lines of a journal that are whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chain {
    /// The first line first.
    pub records: Vec<Record>,
    /// Bytes of them.
    pub length: u64,
    /// Bytes behind the last line break: a line that was not written to its end.
    pub torn: u64,
}

/// The last line of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 if there is none.
    pub seq: u64,
    /// Its hash; zeros if there is none.
    pub hash: String,
}

impl Head {
    pub(super) fn of(records: &[Record]) -> Self {
        records.last().map_or_else(
            || Self {
                seq: 0,
                hash: "0".repeat(64),
            },
            |record| Self {
                seq: record.seq,
                hash: record.hash.clone(),
            },
        )
    }
}

/// Where a journal is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A line is no record.
    #[error("line {line} is no record")]
    Record {
        /// Which, from 1 on.
        line: u64,
    },
    /// A line has another hash than it tells.
    #[error("line {line} was changed")]
    Changed {
        /// Which, from 1 on.
        line: u64,
    },
    /// A line does not follow the one before.
    #[error("line {line} does not follow the one before: lines were taken out, put in or moved")]
    Order {
        /// Which, from 1 on.
        line: u64,
    },
}

impl Chain {
    /// Reads and checks a journal. What stands behind its last line break is left out.
    ///
    /// # Errors
    ///
    /// At the first line that is not as it was written.
    pub fn read(journal: &[u8]) -> Result<Self, Broken> {
        let last_break = journal.iter().rposition(|&byte| byte == b'\n');
        let length = last_break.map_or(0, |at| at + 1);
        let mut records: Vec<Record> = Vec::new();
        let lines = journal[..length].split_inclusive(|&byte| byte == b'\n');
        for (line, text) in (1..).zip(lines) {
            let record = read(text).ok_or(Broken::Record { line })?;
            if hash(&record).ok().as_ref() != Some(&record.hash) {
                return Err(Broken::Changed { line });
            }
            let before = Head::of(&records);
            if (record.seq, &record.prev) != (before.seq + 1, &before.hash) {
                return Err(Broken::Order { line });
            }
            records.push(record);
        }
        Ok(Self {
            records,
            length: length as u64,
            torn: (journal.len() - length) as u64,
        })
    }

    /// The last line.
    pub fn head(&self) -> Head {
        Head::of(&self.records)
    }

    /// Whether `hash` is that of one of the lines: a receipt that tells it is borne out by this
    /// journal, and nothing up to there was cut off.
    pub fn holds(&self, hash: &str) -> bool {
        let is_it = |record: &Record| record.hash.eq_ignore_ascii_case(hash);
        self.records.iter().any(is_it)
    }
}

/// The record that follows `head`.
pub(super) fn seal(
    head: &Head,
    actor: &str,
    entry: Entry<'_>,
    at: Timestamp,
) -> serde_json::Result<Record> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let at = jiff::Timestamp::from_second(at.0).unwrap_or_default();
    let mut record = Record {
        seq: head.seq + 1,
        prev: head.hash.clone(),
        hash: String::new(),
        at: at.to_string(),
        actor: actor.to_owned(),
        event: entry.event,
        plan: owned(entry.plan),
        c3id: owned(entry.c3id),
        organization: owned(entry.organization),
        authorization_id: owned(entry.authorization_id),
        evidence: entry.evidence,
        outcome: owned(entry.outcome),
    };
    record.hash = hash(&record)?;
    Ok(record)
}

/// The record that `line` tells, if it is written as this program writes them: so nothing can be
/// added that the hash does not cover.
fn read(line: &[u8]) -> Option<Record> {
    let text = line.strip_suffix(b"\n")?;
    let record: Record = serde_json::from_slice(text).ok()?;
    let written = serde_json::to_vec(&record).ok()?;
    (written == text).then_some(record)
}

/// The hash of `record`, which does not cover the hash that it tells.
fn hash(record: &Record) -> serde_json::Result<String> {
    let mut value = serde_json::to_value(record)?;
    if let Value::Object(fields) = &mut value {
        fields.remove("hash");
    }
    let canonical = serde_json_canonicalizer::to_vec(&value)?;
    Ok(HEXLOWER.encode(&Sha256::digest(canonical)))
}
