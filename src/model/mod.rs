//! Plain values that every layer may use: no I/O, no serialisation.

mod candidate;
mod coverage;
mod finding;
mod location;
mod origin;
mod problem;
mod secret;
mod sink;

pub use candidate::{Candidate, Excerpt};
pub use coverage::{Coverage, Outcome, SkipReason, Tally, Unit};
pub use finding::{
    Finding, Occurrence, Report, Summary, SuppressedBy, Suppression, TargetKind, TargetSummary,
    Validity, ValidityReason,
};
pub use location::{Clue, Encoding, Evidence, IssueMonth, Position, Proof, Timestamp};
pub use origin::{BytePath, Origin, SourceKind};
pub use problem::{Problem, ProblemKind};
pub use secret::{FindingId, Secret};
pub use sink::Sink;
