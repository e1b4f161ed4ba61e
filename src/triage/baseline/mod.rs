//! Baselines: which tokens are known and passed over, by whom, why, and until when.
//!
//! A baseline names tokens by their C3ID alone. It holds no place and nothing of a token, so that
//! edits and renames change nothing and a repository may keep it. Bytes come in and go out: whoever
//! reads a file, or the same file in another revision, calls [`Baseline::parse`] on what it holds.

mod apply;
mod file;
mod flaw;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::{FindingId, Timestamp};

pub use self::apply::apply;
pub use self::file::{SCHEMA, TextError, check_text, parse_day};
pub use self::flaw::Flaw;

/// The name of a repository's own baseline, in its root.
pub const FILE_NAME: &str = ".patsweep-baseline.json";

/// A token that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its C3ID.
    pub c3id: String,
    /// Why it is passed over; not empty.
    pub reason: String,
    /// Whom to ask about it.
    pub owner: Option<String>,
    /// When it was written down.
    pub added: Date,
    /// The day, in UTC, from which on it counts again.
    pub expires: Option<Date>,
}

impl Entry {
    /// Whether it has expired `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|day| today(now) >= day)
    }
}

/// The day, in UTC, at `now`.
pub fn today(now: Timestamp) -> Date {
    let now = jiff::Timestamp::from_second(now.0).unwrap_or_default();
    now.to_zoned(TimeZone::UTC).date()
}

/// Entries, in the order in which they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// What became of an entry that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// It takes the place of one that had expired.
    Renewed,
    /// There is one that holds, and it stays as it is.
    Known,
}

impl Baseline {
    /// Reads what a file holds.
    ///
    /// Any order is fine, and so is more than one entry for a token, as merges bring them.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, Flaw> {
        file::parse(bytes).map(|entries| Self { entries })
    }

    /// What a file is to hold: entries sorted by C3ID, one a line, so that changes to different
    /// entries merge.
    pub fn to_bytes(&self) -> Vec<u8> {
        file::to_bytes(&self.entries)
    }

    /// The entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds an entry, unless one that holds `now` names the same token.
    pub fn add(&mut self, entry: Entry, now: Timestamp) -> Added {
        let of_token = |known: &&Entry| known.c3id == entry.c3id;
        let known: Vec<&Entry> = self.entries.iter().filter(of_token).collect();
        if known.iter().any(|known| !known.is_expired(now)) {
            return Added::Known;
        }
        let added = if known.is_empty() {
            Added::New
        } else {
            Added::Renewed
        };
        self.entries.retain(|known| known.c3id != entry.c3id);
        self.entries.push(entry);
        self.entries.sort_by(|a, b| a.c3id.cmp(&b.c3id));
        added
    }

    /// Takes out the entries that `keep` does not want, and answers with them.
    pub fn prune(&mut self, keep: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let all = std::mem::take(&mut self.entries);
        let (kept, gone) = all.into_iter().partition(keep);
        self.entries = kept;
        gone
    }

    /// The entry that names this token: one that holds `now`, else one that has expired.
    pub fn entry(&self, id: &FindingId, now: Timestamp) -> Option<&Entry> {
        // The same characters may be another token's salted id.
        let FindingId::C3id(c3id) = id else {
            return None;
        };
        let of_token = self.entries.iter().filter(|entry| entry.c3id == *c3id);
        of_token.min_by_key(|entry| entry.is_expired(now))
    }

    /// The C3IDs that more than one entry names, sorted.
    pub fn duplicates(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.entries.iter().map(|it| it.c3id.as_str()).collect();
        ids.sort_unstable();
        let mut doubled: Vec<&str> = ids
            .windows(2)
            .filter(|pair| pair[0] == pair[1])
            .map(|pair| pair[0])
            .collect();
        doubled.dedup();
        doubled
    }
}

#[cfg(test)]
mod tests;
