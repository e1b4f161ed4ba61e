//! Plain values that every layer may use: no I/O, no serialisation.

mod candidate;
mod coverage;
mod finding;
mod git;
mod location;
mod origin;
mod problem;
mod radius;
mod secret;
mod sink;
mod verification;
mod version;

pub use candidate::{Candidate, Excerpt, IgnoreMark};
pub use coverage::{Coverage, Outcome, Outside, SkipReason, Tally, Unit};
pub use finding::{
    BaselineSummary, Finding, Occurrence, Overruled, Overruling, Report, Summary, SuppressedBy,
    Suppression, TargetKind, TargetSummary,
};
pub use git::{Commit, CommitDate, Exposure, GitPlace, ObjectId, ObjectKind};
pub use location::{Clue, Encoding, Evidence, IssueMonth, Position, Proof, Timestamp};
pub use origin::{BytePath, Origin, SourceKind};
pub use problem::{Problem, ProblemKind};
pub use radius::{
    Answer, BlastRadius, Consumer, FullAccess, Harm, Reach, Reached, ScopeFact, ScopeFit,
    ScopeSource, ScopeState, Unprobed,
};
pub use secret::{FindingId, Secret};
pub use sink::Sink;
pub use verification::{
    Attempt, Method, Owner, PatRecord, ServiceEvidence, Validity, ValidityReason, ValueFrom,
    Verification,
};
pub use version::Version;
