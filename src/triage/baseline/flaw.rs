//! What is wrong with a baseline.

use thiserror::Error;

/// Why a baseline cannot be used. Says nothing of what the file holds but a schema.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {message}")]
pub struct Flaw {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1; 0 where the line as a whole is meant.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
    /// Whether a later version of patsweep can read it.
    pub is_newer: bool,
}

impl Flaw {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        if self.is_newer {
            "use the version of patsweep that wrote it, or a later one"
        } else {
            "mend that line, or take the file as it was in git"
        }
    }
}
