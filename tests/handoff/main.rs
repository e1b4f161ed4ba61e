//! From a report back to the tokens: hostile reports, places that are read again, sealed files,
//! tokens on standard input.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stop them like the tests themselves"
)]

mod objects;
mod recall;
mod report;
mod seal;
mod sealed;
mod source;
mod tokens;
mod world;
