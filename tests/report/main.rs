//! Every format of the report, as a whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod gitlab;
mod history;
mod hostile;
mod json;
mod map;
mod pipelines;
mod redaction;
mod sample;
mod sarif;
mod tables;
mod text;
mod verification;
