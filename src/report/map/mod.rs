//! What tokens can do, to whom, and who uses them: the report of `patsweep map`.
//!
//! As with findings, a format never sees a [`BlastRadius`] that is not redacted.

mod json;
mod text;

use std::io::{self, Write};

use crate::model::{BlastRadius, Owner, Reached, ScopeFact, Timestamp};

use super::view::redacted_consumer;
use super::{Color, Redactor, Slash};

/// A format of the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MapFormat {
    /// A tree for people.
    #[default]
    Text,
    /// One JSON document, `patsweep-map/1`.
    Json,
}

impl MapFormat {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// What the map needs beside the tokens.
#[derive(Clone, Copy, Debug)]
pub struct MapOptions<'a> {
    /// Takes the tokens out of every string.
    pub redactor: &'a Redactor,
    /// Whether the tree is coloured.
    pub color: Color,
    /// When the map is written: an expiry is past or not.
    pub now: Timestamp,
}

/// Writes what these tokens can do to `out`, in their order.
///
/// # Errors
///
/// What `out` answers; a closed pipe among it.
pub fn write(
    radii: &[BlastRadius],
    format: MapFormat,
    options: &MapOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let radii: Vec<BlastRadius> = radii
        .iter()
        .map(|radius| redacted(radius, options.redactor))
        .collect();
    let mut out = io::BufWriter::new(out);
    match format {
        MapFormat::Text => text::write(&radii, options, &mut out)?,
        MapFormat::Json => json::write(radii, &mut out)?,
    }
    out.flush()
}

/// Whether this wrote a file with these ends.
pub(super) fn wrote(head: &[u8], tail: &[u8]) -> bool {
    json::wrote(head) || text::wrote(head, tail)
}

/// `radius` without any token in what the service or scanned files say.
fn redacted(radius: &BlastRadius, redactor: &Redactor) -> BlastRadius {
    let text = |text: &String| redactor.redact(text, Slash::Belongs).into_owned();
    let maybe = |value: &Option<String>| value.as_ref().map(text);
    BlastRadius {
        name: maybe(&radius.name),
        owner: radius.owner.as_ref().map(|owner| Owner {
            id: maybe(&owner.id),
            descriptor: maybe(&owner.descriptor),
            name: maybe(&owner.name),
            account: maybe(&owner.account),
        }),
        organizations: radius
            .organizations
            .iter()
            .map(|reached| Reached {
                organization: text(&reached.organization),
                ..reached.clone()
            })
            .collect(),
        scopes: radius
            .scopes
            .iter()
            .map(|fact| ScopeFact {
                scope: text(&fact.scope),
                implied_by: maybe(&fact.implied_by),
                ..fact.clone()
            })
            .collect(),
        harm_reason: text(&radius.harm_reason),
        consumers: radius
            .consumers
            .iter()
            .map(|consumer| redacted_consumer(consumer, redactor))
            .collect(),
        ..radius.clone()
    }
}
