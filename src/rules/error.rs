//! What can be wrong with a rule file.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::document::KeyError;

/// Why rules could not be loaded.
#[derive(Debug, Error)]
pub enum RuleError {
    /// The file or folder could not be opened or read.
    #[error("cannot read rules from {}", path.display())]
    Read {
        /// What was opened.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is nothing to load.
    #[error("no rules in {}", path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
        /// Whether it is a file or a folder.
        container: Container,
    },
    /// A key or value cannot be used.
    #[error("{}:{}: {error}", path.display(), error.line)]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What and where.
        error: KeyError,
    },
}

/// What rules are loaded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// One TOML file.
    File,
    /// A folder of TOML files.
    Folder,
}

impl RuleError {
    /// What to do about it, where that is not obvious.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Empty {
                container: Container::File,
                ..
            } => Some("each rule is a table that starts with [[rules]]".into()),
            Self::Empty {
                container: Container::Folder,
                ..
            } => Some("rules are read from the *.toml files directly in the folder".into()),
            Self::Invalid { error, .. } => error.hint(),
        }
    }
}
