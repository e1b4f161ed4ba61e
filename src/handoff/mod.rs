//! From a report, which never holds a token, back to the tokens: read where they leaked, out of a
//! sealed file, or from standard input.
//!
//! ```text
//! report ──▶ source ──┐
//!            sealed ──┼──▶ Values
//!            tokens ──┘
//! ```
//!
//! Everything that is read here may be hostile. A value counts only if its checksum proves it and
//! its C3ID is the one that is asked for, whoever gave it; of a report nothing else is believed.

pub mod keys;
mod recall;
pub mod report;
pub mod sealed;
pub mod source;
pub mod tokens;

use std::collections::{BTreeMap, btree_map};

use crate::model::{Clue, FindingId, Proof, Secret, ValueFrom};
use crate::rules::BuiltIn;
use crate::token;

pub use recall::recall;

/// A token, and the organisations that were named where it was had from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The token.
    pub secret: Secret,
    /// Strongest evidence first, then as met; each organisation once.
    pub organizations: Vec<Clue>,
    /// Where it was had from first.
    pub from: ValueFrom,
}

/// The values that are at hand, by the id of their token.
///
/// They are added in the order in which they are preferred: read at their source, out of a sealed
/// file, from standard input. What is added first stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<FindingId, Value>);

impl Values {
    /// Adds a value. Of one that is there, only organisations that were not named yet.
    pub fn add(&mut self, id: FindingId, value: Value) {
        match self.0.get_mut(&id) {
            Some(known) => join(&mut known.organizations, value.organizations),
            None => {
                self.0.insert(id, value);
            }
        }
    }

    /// The value of this token.
    pub fn of(&self, id: &FindingId) -> Option<&Value> {
        self.0.get(id)
    }

    /// Where the value of this token was had from.
    pub fn from(&self, id: &FindingId) -> ValueFrom {
        self.of(id).map_or(ValueFrom::None, |value| value.from)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&FindingId, &Value)> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Values {
    type Item = (FindingId, Value);
    type IntoIter = btree_map::IntoIter<FindingId, Value>;

    /// All of them, by id.
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<(FindingId, Value)> for Values {
    fn extend<I: IntoIterator<Item = (FindingId, Value)>>(&mut self, values: I) {
        for (id, value) in values {
            self.add(id, value);
        }
    }
}

/// Adds what names an organisation that `known` does not, or does with weaker evidence.
fn join(known: &mut Vec<Clue>, more: Vec<Clue>) {
    for clue in more {
        let same = known
            .iter_mut()
            .find(|it| it.organization == clue.organization);
        match same {
            Some(same) => same.evidence = same.evidence.min(clue.evidence),
            None => known.push(clue),
        }
    }
    known.sort_by_key(|clue| clue.evidence);
}

/// The id of `token`, if its checksum proves it.
fn proven(token: &[u8]) -> Result<FindingId, NotProven> {
    match token::explain::explain(token) {
        Ok(explained) if explained.proof == Proof::Checksum => Ok(explained.id),
        Ok(_) => Err(NotProven::NoChecksum),
        Err(refusal) => Err(NotProven::Refused(refusal)),
    }
}

/// Why tokens that a rule of this name finds are believed.
fn proof_of(rule: &str) -> Proof {
    match BuiltIn::of_rule(rule) {
        Some(BuiltIn::Pat | BuiltIn::PatLegacy | BuiltIn::AppSecret) => Proof::Checksum,
        Some(BuiltIn::OauthToken | BuiltIn::PatUnproven) | None => Proof::Shape,
    }
}

/// Why a text is not taken for a token. It does not say the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotProven {
    /// An OAuth access token.
    #[error("an OAuth access token carries no checksum that proves it")]
    NoChecksum,
    /// No token.
    #[error(transparent)]
    Refused(token::explain::Refusal),
}
