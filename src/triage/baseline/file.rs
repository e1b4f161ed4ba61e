//! The form of a baseline in a file.
//!
//! ```json
//! {"schema": "patsweep-baseline/1", "entries": [
//! {"c3id": "Dkoq2cpBvNKbrQdTJNT4", "reason": "revoked", "owner": "ops", "added": "2026-11-22"},
//! null]}
//! ```
//!
//! The `null` lets the line of the last entry end with a comma like all others: an entry that is
//! added behind it, or taken away, changes no other line.

use std::fmt;

use jiff::civil::Date;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Entry, Flaw};
use crate::token::is_c3id;

/// The format that is read and written.
pub const SCHEMA: &str = "patsweep-baseline/1";

/// What the names of all its versions start with.
const FAMILY: &str = "patsweep-baseline/";

/// Characters of a reason or an owner, at most: both are shown in reports.
const MAX_TEXT: usize = 500;

/// An entry as it is written.
#[derive(Serialize)]
struct Line<'l> {
    c3id: &'l str,
    reason: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'l str>,
    added: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

pub(super) fn to_bytes(entries: &[Entry]) -> Vec<u8> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.c3id.cmp(&b.c3id));
    let mut text = format!("{{\"schema\":\"{SCHEMA}\",\"entries\":[\n");
    for entry in sorted {
        let line = Line {
            c3id: &entry.c3id,
            reason: &entry.reason,
            owner: entry.owner.as_deref(),
            added: entry.added.to_string(),
            expires: entry.expires.map(|day| day.to_string()),
        };
        let line = serde_json::to_string(&line).expect("texts are written without fail");
        text.push_str(&line);
        text.push_str(",\n");
    }
    text.push_str("null]}\n");
    text.into_bytes()
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Entry>, Flaw> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // A list would do for serde.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Flaw {
            line: 1,
            column: 1,
            message: "a JSON object is needed".to_owned(),
            is_newer: false,
        });
    }
    // What a later version has in its entries is not to be judged by this one.
    let head = serde_json::from_slice::<Head>(bytes).map_err(|error| flaw(&error))?;
    let file = serde_json::from_slice::<File>(bytes).map_err(|error| flaw(&error))?;
    let Head { schema: Schema } = head;
    Ok(file.entries.0)
}

fn flaw(error: &serde_json::Error) -> Flaw {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    // These quote the file, which may hold anything.
    let message = match message.split_once(": ").map_or(message, |(start, _)| start) {
        "invalid type" | "invalid value" => "a value is not what is needed there",
        start if start.starts_with("unknown field") => "a field is not known",
        _ => message,
    };
    Flaw {
        line: error.line().max(1),
        column: error.column(),
        message: message.to_owned(),
        is_newer: message.starts_with(NEWER),
    }
}

/// How the complaint about a later version starts.
const NEWER: &str = "it is of a later version";

/// What tells a baseline from other files.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Head {
    schema: Schema,
}

/// The schema that is read.
struct Schema;

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let name = String::deserialize(input)?;
        if name == SCHEMA {
            return Ok(Self);
        }
        let version = name
            .strip_prefix(FAMILY)
            .and_then(|it| it.parse::<u64>().ok());
        Err(D::Error::custom(match version {
            Some(version) if version > 1 => {
                format!("{NEWER}: {FAMILY}{version}, and this program reads {SCHEMA}")
            }
            _ => format!("its schema is another one, and {SCHEMA} is needed"),
        }))
    }
}

/// A whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct File {
    #[serde(rename = "schema")]
    _schema: IgnoredAny,
    entries: Entries,
}

/// Entries, and perhaps `null` behind them.
struct Entries(Vec<Entry>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_seq(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        let mut is_ended = false;
        while let Some(item) = items.next_element::<Option<Checked>>()? {
            match item {
                Some(_) if is_ended => return Err(A::Error::custom("an entry behind `null`")),
                Some(Checked(entry)) => entries.push(entry),
                None => is_ended = true,
            }
        }
        Ok(Entries(entries))
    }
}

/// An entry in which everything is as it must be.
///
/// What is not known is refused, for it may say that less is covered.
struct Checked(Entry);

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Checked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Checked, A::Error> {
        let (mut c3id, mut reason, mut owner, mut added, mut expires) =
            (None, None, None, None, None);
        while let Some(field) = fields.next_key::<String>()? {
            let is_new = match field.as_str() {
                "c3id" => c3id.replace(fields.next_value::<C3id>()?.0).is_none(),
                "reason" => reason.replace(fields.next_value::<Text>()?.0).is_none(),
                "owner" => owner.replace(fields.next_value::<Text>()?.0).is_none(),
                "added" => added.replace(fields.next_value::<Day>()?.0).is_none(),
                "expires" => expires.replace(fields.next_value::<Day>()?.0).is_none(),
                _ => {
                    let fields = ["c3id", "reason", "owner", "added", "expires"].join(", ");
                    return Err(A::Error::custom(format_args!(
                        "an entry has a field that is none of {fields}"
                    )));
                }
            };
            if !is_new {
                return Err(A::Error::custom("an entry has a field twice"));
            }
        }
        Ok(Checked(Entry {
            c3id: c3id.ok_or_else(|| A::Error::missing_field("c3id"))?,
            reason: reason.ok_or_else(|| A::Error::missing_field("reason"))?,
            owner,
            added: added.ok_or_else(|| A::Error::missing_field("added"))?,
            expires,
        }))
    }
}

struct C3id(String);

impl<'de> Deserialize<'de> for C3id {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        if is_c3id(&text) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom(
                "`c3id` is no C3ID: 20 characters of base64",
            ))
        }
    }
}

struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        check_text(&text).map_err(D::Error::custom)?;
        Ok(Self(text))
    }
}

struct Day(Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        parse_day(&text).map(Self).map_err(D::Error::custom)
    }
}

/// Why a text cannot stand in an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It says nothing.
    #[error("a reason or an owner is empty")]
    Empty,
    /// It is no remark.
    #[error("a reason or an owner has more than {MAX_TEXT} characters")]
    TooLong,
    /// It is no date.
    #[error("a date is not written as in 2026-11-22")]
    NoDay,
}

/// Whether `text` can be a reason or an owner.
///
/// # Errors
///
/// If it says nothing, or too much.
pub fn check_text(text: &str) -> Result<(), TextError> {
    if text.trim().is_empty() {
        Err(TextError::Empty)
    } else if text.chars().count() > MAX_TEXT {
        Err(TextError::TooLong)
    } else {
        Ok(())
    }
}

/// The day that `text` names, as in `2026-11-22`.
///
/// # Errors
///
/// If it is written otherwise.
pub fn parse_day(text: &str) -> Result<Date, TextError> {
    let day = text.parse::<Date>().map_err(|_| TextError::NoDay)?;
    // Other ways to write it are a matter of taste, and would not be written back as they were.
    if day.to_string() == text {
        Ok(day)
    } else {
        Err(TextError::NoDay)
    }
}
