//! Whether the gates of a repository close: a token that nobody issued is planted in a copy of it,
//! and must get past none of them.
//!
//! ```text
//! repository ──▶ Copy: a clone, its hooks, a bare remote, no network ──▶ trials ──▶ Outcome
//! ```
//!
//! Each gate is first shown something harmless: one that stops that as well says nothing about tokens.

mod copy;
mod framework;
mod inspect;
mod service;
mod trial;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::ci::Service;
use super::hooks::Hook;

pub use self::copy::{Copy, Origin};
pub use self::framework::framework_hooks;
pub use self::inspect::{Naming, Pipelines, version_of};
pub use self::trial::Trials;

/// Something that may stop a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// What git runs.
    Hook(Hook),
    /// A hook that the pre-commit framework is configured for, by its id.
    Framework(String),
    /// What runs in a pipeline of this service.
    Ci(Service),
}

/// What a gate did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It let something harmless through, and stopped the token.
    Stopped,
    /// It let the token through.
    Passed,
    /// It stopped what was harmless, too.
    Blind {
        /// The first line that it said.
        said: String,
    },
    /// There is none.
    Absent,
    /// There is one that git does not run, for it is not executable.
    Idle,
}

/// Why nothing could be tried.
#[derive(Debug, Error)]
pub enum DoctorError {
    /// The system refuses.
    #[error("cannot {what} {}", path.display())]
    System {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The user has had enough.
    #[error("interrupted")]
    Interrupted,
    /// A program does not start.
    #[error("cannot run {program}")]
    Program {
        /// The program.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// Git refuses what the copy needs.
    #[error("cannot make a copy to try the gates in: `git {command}` says: {said}")]
    Git {
        /// The command of git.
        command: String,
        /// What it complains of.
        said: String,
    },
}
