//! What sources push into a sink, and what they say of bad input.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are tests, and clippy looks at functions"
)]

#[path = "sources/archives.rs"]
mod archives;
#[path = "sources/bounds.rs"]
mod bounds;
#[path = "sources/child.rs"]
mod child;
#[path = "sources/damage.rs"]
mod damage;
#[path = "sources/documented.rs"]
mod documented;
#[path = "sources/files.rs"]
mod files;
#[path = "sources/recorder.rs"]
mod recorder;
#[cfg(unix)]
#[path = "sources/unix.rs"]
mod unix;
