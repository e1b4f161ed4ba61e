//! Reads a JSON report that somebody hands over, as hostile input.
//!
//! What it says of a token beside its id, its rule and its places is not believed and not given on:
//! organisations, validity and evidence are found out again. Places, with the commits that brought
//! it there, only say where to look and whom to ask about first.

mod wire;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::model::{
    BytePath, Commit, Encoding, Exposure, FindingId, ObjectId, Position, SourceKind, Timestamp,
};

/// The format that is read.
pub const SCHEMA: &str = "patsweep-report/1";

/// Bytes of a report, at most.
pub const MAX_BYTES: u64 = 64 << 20;

/// Tokens in a report, at most.
pub const MAX_FINDINGS: usize = 100_000;

/// Places in a report, at most; no report within [`MAX_BYTES`] that was written by a scan has more.
pub const MAX_PLACES: usize = 250_000;

/// Places that are kept of each token, the first ones.
pub const MAX_PLACES_OF_ONE: usize = 1000;

/// What is taken of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handed {
    /// What was scanned, as it was given.
    pub targets: Vec<BytePath>,
    /// Whether it says that the scan did not read everything.
    pub is_incomplete: bool,
    /// The tokens, in the order of the report.
    pub findings: Vec<Reported>,
}

/// A token that a report names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Its C3ID.
    pub id: FindingId,
    /// The rule that found it: 1 to 64 lower-case letters, digits and hyphens.
    pub rule: String,
    /// When it expires, of an OAuth token: no value of one is ever handed over to tell it again.
    pub expires: Option<Timestamp>,
    /// Where in a repository it was when that was scanned.
    pub exposure: Option<Exposure>,
    /// Places that can be read again, the first [`MAX_PLACES_OF_ONE`].
    pub occurrences: Vec<Recorded>,
}

/// A place that a report names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where it was read.
    pub source: SourceKind,
    /// As [`Origin::path`](crate::model::Origin::path); empty where there is none.
    pub path: BytePath,
    /// Where in it.
    pub position: Option<Position>,
    /// The layers around the token, outermost first, as far as they are known.
    pub encodings: Vec<Encoding>,
    /// The repository, of git sources.
    pub repository: Option<BytePath>,
    /// The object.
    pub object: Option<ObjectId>,
    /// The commit that brought it. A name or an address that is long or has control characters is
    /// left empty, and what is no date is one that no report writes.
    pub commit: Option<Arc<Commit>>,
    /// As [`GitPlace::reachable`](crate::model::GitPlace::reachable).
    pub reachable: Option<bool>,
    /// As [`GitPlace::kept_by`](crate::model::GitPlace::kept_by).
    pub kept_by: Option<Arc<str>>,
}

/// A report that cannot be used.
#[derive(Debug, Error)]
#[error("cannot use the report {}", path.display())]
pub struct ReportError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub flaw: Flaw,
}

/// What is wrong with a report. Of its contents only ids are said that have the form of one.
#[derive(Debug, Error)]
pub enum Flaw {
    /// The system refuses.
    #[error("cannot read it")]
    Io(#[source] io::Error),
    /// It is larger than [`MAX_BYTES`].
    #[error("it has more than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// It is not text.
    #[error("it is neither UTF-8 nor UTF-16")]
    NotText,
    /// It is no JSON object.
    #[error("it is no JSON report: line {line}, column {column}: {message}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// It ends too early.
    #[error("it is cut off in line {line}")]
    CutOff {
        /// The last line.
        line: usize,
    },
    /// JSON lines without the last one.
    #[error("it is cut off: its last line is no summary")]
    NoSummary,
    /// It does not say what it is.
    #[error("it names no schema, and {SCHEMA} is needed")]
    NoSchema,
    /// It is something else, or of a later version.
    #[error("its schema is {found}, and {SCHEMA} is needed")]
    Schema {
        /// What it says, escaped and cut.
        found: String,
    },
    /// A value is not what the schema has there.
    #[error("line {line}, column {column}: {message}")]
    Wrong {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// An id that cannot be one.
    #[error("the id of finding {number} is no C3ID")]
    Id {
        /// Which finding, from 1.
        number: usize,
    },
    /// A rule that cannot be one.
    #[error("the rule of finding {number} is none")]
    Rule {
        /// Which finding, from 1.
        number: usize,
    },
    /// An id that two findings have.
    #[error("findings {first} and {number} have the same id {id}")]
    Duplicate {
        /// Which finding, from 1.
        first: usize,
        /// Which other one.
        number: usize,
        /// The id.
        id: FindingId,
    },
    /// More than [`MAX_FINDINGS`].
    #[error("it has more than {MAX_FINDINGS} findings")]
    TooManyFindings,
    /// More than [`MAX_PLACES`].
    #[error("it has more than {MAX_PLACES} places")]
    TooManyPlaces,
}

impl Flaw {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotJson { .. } | Self::NoSchema | Self::NotText => {
                Some("`patsweep scan -f json -o report.json` writes a report that can be read")
            }
            Self::Schema { .. } => Some("use the version of patsweep that wrote it, or scan again"),
            Self::CutOff { .. } | Self::NoSummary => Some("scan again, or fetch the whole file"),
            _ => None,
        }
    }
}

/// Reads the report at `path`, JSON or JSON lines.
///
/// # Errors
///
/// What is wrong with it.
pub fn read(path: &Path) -> Result<Handed, ReportError> {
    let parsed = File::open(path)
        .map_err(Flaw::Io)
        .and_then(|mut file| read_from(&mut file));
    parsed.map_err(|flaw| ReportError {
        path: path.to_path_buf(),
        flaw,
    })
}

/// Reads a report to its end.
///
/// # Errors
///
/// What is wrong with it.
pub fn read_from(input: &mut dyn Read) -> Result<Handed, Flaw> {
    let mut bytes = Vec::new();
    let mut limited = input.take(MAX_BYTES + 1);
    limited.read_to_end(&mut bytes).map_err(Flaw::Io)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Flaw::TooLarge);
    }
    wire::parse(&text(bytes)?)
}

/// The text without its byte order mark; PowerShell redirects to UTF-16.
fn text(bytes: Vec<u8>) -> Result<String, Flaw> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes[2..].as_chunks();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        let text = String::from_utf16(&units).ok();
        text.filter(|_| rest.is_empty()).ok_or(Flaw::NotText)
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => {
            let mut text = String::from_utf8(bytes).map_err(|_| Flaw::NotText)?;
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Ok(text)
        }
    }
}
