//! What sources push into a sink, and what they say of bad input.

#[path = "sources/archives.rs"]
mod archives;
#[path = "sources/bounds.rs"]
mod bounds;
#[path = "sources/files.rs"]
mod files;
#[path = "sources/recorder.rs"]
mod recorder;
