//! Reads what other scanners know, and matches it with what was found.
//!
//! Everything that is read here may hold secrets, and may be hostile. A value is a [`Secret`] from
//! the moment it is read, and no complaint quotes the file.

mod detect_secrets;
mod gitleaks;
mod kingfisher;
mod matching;
mod trufflehog;

use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::model::Secret;

pub use self::matching::{By, Matched, Unmatched, matched};

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A JSON report, which serves as baseline, or `.gitleaksignore`.
    Gitleaks,
    /// `.secrets.baseline`.
    DetectSecrets,
    /// A JSON report, a line of JSON for each finding, or a baseline in YAML.
    Kingfisher,
    /// A line of JSON for each finding.
    Trufflehog,
}

/// A secret that another scanner knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Which entry of the file, from 1.
    pub number: usize,
    /// Where it was found.
    pub place: Option<Place>,
    /// What is told of the secret itself.
    pub value: Told,
}

/// What an entry tells of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing.
    #[default]
    Nothing,
    /// All of it.
    Whole(Secret),
    /// How it starts.
    Start(Secret),
    /// Its SHA-1, in lower-case hexadecimal digits.
    Sha1(String),
}

/// A place as another scanner names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to what was scanned, or absolute.
    pub path: String,
    /// The line, from 1.
    pub line: u64,
    /// The commit, in hexadecimal digits, of a place in history.
    pub commit: Option<String>,
}

/// What is wrong with a file. It quotes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {message}")]
pub struct Flaw {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1; 0 where the line as a whole is meant.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl Flaw {
    fn new(line: usize, message: &str) -> Self {
        Self {
            line,
            column: 0,
            message: message.to_owned(),
        }
    }

    /// What serde says, without what it quotes; `before` lines stand before what it was given.
    fn of(error: &serde_json::Error, before: usize) -> Self {
        let message = match error.classify() {
            Category::Eof => "it ends too early",
            Category::Data => "that is not what this format has there",
            Category::Syntax | Category::Io => "it is no JSON",
        };
        Self {
            line: before + error.line().max(1),
            column: error.column(),
            message: message.to_owned(),
        }
    }
}

/// Reads the secrets that a file names.
///
/// # Errors
///
/// What is wrong with the file, and where.
pub fn parse(peer: Peer, bytes: &[u8]) -> Result<Vec<Claim>, Flaw> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut claims = match peer {
        Peer::Gitleaks => gitleaks::parse(bytes),
        Peer::DetectSecrets => detect_secrets::parse(bytes),
        Peer::Kingfisher => kingfisher::parse(bytes),
        Peer::Trufflehog => trufflehog::parse(bytes),
    }?;
    for (index, claim) in claims.iter_mut().enumerate() {
        claim.number = index + 1;
    }
    Ok(claims)
}

// A secret in JSON, as far as it is told.
impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(input)?);
        // gitleaks writes `REDACTED`, or so much of the start as is asked for and `...`; kingfisher
        // a hash in brackets. No token ends or starts like this.
        Ok(
            if text.is_empty() || text.trim_matches(['[', '*']).starts_with("REDACTED") {
                Self::Nothing
            } else if let Some(start) = text.strip_suffix("...") {
                Self::Start(Secret::new(start.as_bytes()))
            } else {
                Self::Whole(Secret::new(text.as_bytes()))
            },
        )
    }
}

/// The lines of a text that are not blank, with their numbers from 1.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split(|&byte| byte == b'\n').enumerate();
    let lines = lines.map(|(index, line)| (index + 1, line.trim_ascii()));
    lines.filter(|(_, line)| !line.is_empty())
}

#[cfg(test)]
mod tests;
