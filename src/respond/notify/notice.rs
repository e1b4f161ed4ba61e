//! What people are told about one leak: found out when the plan is made, kept in it and in the
//! journal.

use serde::{Deserialize, Serialize};

use crate::providers::Scrubber;

/// Places that are told of one token.
pub const MAX_PLACES: usize = 10;

/// A leak, as people are told of it. It never holds the token.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Which token leaked.
    pub c3id: String,
    /// Where it is registered, as far as is known.
    pub organization: Option<String>,
    /// The subject descriptor of its owner. Whether that is so, the service is asked again before
    /// anybody is told.
    pub owner: Option<String>,
    /// Why it is not to be revoked, but only told of; nothing where its revocation is ordered.
    pub left_because: Option<String>,
    /// What may be shown of it.
    pub redacted: Option<String>,
    /// What its owner called it.
    pub name: Option<String>,
    /// Where it was found; the first of `place_count`.
    pub places: Vec<Place>,
    /// In how many places it was found.
    pub place_count: u64,
    /// What probably stops when it dies.
    pub consumers: Vec<Affected>,
}

/// A place where a token was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The file.
    pub path: String,
    /// The line, 1-based.
    pub line: Option<u64>,
}

/// Something that stops when a token dies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Affected {
    /// What people call it.
    pub name: String,
    /// How the token is replaced there, step by step.
    pub rotate: Vec<String>,
}

impl Notice {
    /// The notice as it may leave: without any token that `redact` finds, on one line each, and
    /// without what steers a terminal. Plans are files that anybody may have written.
    #[must_use]
    pub fn cleaned(self, redact: &dyn Fn(&str) -> String) -> Self {
        let scrubber = Scrubber::new(None);
        let name = |text: String| scrubber.scrub(&redact(&text));
        // Paths have long runs that are none of a token.
        let path = |text: String| scrubber.scrub_known(&redact(&text));
        let places = self.places.into_iter().take(MAX_PLACES);
        Self {
            c3id: name(self.c3id),
            organization: self.organization.map(name),
            owner: self.owner,
            left_because: self.left_because.map(path),
            redacted: self.redacted.map(name),
            name: self.name.map(name),
            places: places
                .map(|place| Place {
                    path: path(place.path),
                    line: place.line,
                })
                .collect(),
            place_count: self.place_count,
            consumers: self
                .consumers
                .into_iter()
                .map(|one| Affected {
                    name: name(one.name),
                    rotate: one.rotate.into_iter().map(path).collect(),
                })
                .collect(),
        }
    }

    /// What people call the token.
    pub fn title(&self) -> &str {
        let name = self.name.as_deref().filter(|name| !name.is_empty());
        name.unwrap_or("a token without a name")
    }
}
