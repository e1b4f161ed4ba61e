//! From a report back to the tokens: hostile reports, places that are read again, sealed files,
//! tokens on standard input.

mod report;
mod sealed;
mod source;
mod tokens;
mod world;
