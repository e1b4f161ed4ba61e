//! What the detector finds.

use std::sync::Arc;

use super::{Clue, Encoding, FindingId, IssueMonth, Position, Proof, Secret, Timestamp};

/// One place where something stands that a rule takes for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The id of the token.
    pub id: FindingId,
    /// The id of the rule.
    pub rule: Arc<str>,
    /// The token, decoded.
    pub secret: Secret,
    /// Why it is believed.
    pub proof: Proof,
    /// Where the token says when it was issued.
    pub issued: Option<IssueMonth>,
    /// Where the token says when it expires.
    pub expires: Option<Timestamp>,
    /// The layers around the token, outermost first; empty where it stands plainly.
    pub encodings: Vec<Encoding>,
    /// Where the outermost encoded run starts; `None` in a name.
    pub position: Option<Position>,
    /// Organisations named with it: those of its own URL, entry or section, else the nearest, at
    /// most five, nearest first.
    pub organizations: Vec<Clue>,
    /// The line it stands on; `None` in a name.
    pub excerpt: Option<Excerpt>,
    /// The whole encoded run as it stands in a *name*, so that paths can be redacted of it.
    pub name_run: Option<Secret>,
    /// What beside it asks for it to be passed over; always `None` in a name.
    pub ignored: Option<IgnoreMark>,
}

/// `patsweep:ignore` on the line of a token, or `patsweep:ignore-next-line` on the line before.
///
/// A mark is a wish of whoever wrote the line. Whether it counts is for triage to say, which may
/// trust only those marks that it is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IgnoreMark {
    /// SHA-256 of the token's line and, if the mark stands on another, of that line: the same
    /// wherever these lines stand, and of no other. Of a line that is longer than what is looked
    /// at, only that counts. Not to be shown: it is a hash of what may be guessed.
    pub lines: [u8; 32],
}

/// A line of text around a token, every token on it redacted with its whole encoded run, control
/// and bidirectional characters escaped, cut to a width that a terminal shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The line.
    pub text: String,
    /// The half-open span of characters (not bytes) of `text` that stands for the token.
    pub span: (usize, usize),
}
