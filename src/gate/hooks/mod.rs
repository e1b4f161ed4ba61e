//! Hooks of git: what they look at, and how they get into a repository.
//!
//! ```text
//! install ──▶ script in the hooks folder ──▶ `patsweep hook run NAME` ──▶ pushed, message
//! ```

mod install;
mod message;
mod push;
mod script;

pub(super) use self::install::is_executable;
pub use self::install::{
    Before, Broken, InstallError, Installed, Removed, State, install, state, uninstall,
};
pub use self::message::GitsOwn;
pub use self::push::{Framework, PushError, pushed, received};

/// A hook that can be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hook {
    /// Before a commit is made.
    PreCommit,
    /// When the message of a commit is written.
    CommitMsg,
    /// Before commits are pushed.
    PrePush,
}

impl Hook {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PreCommit, Self::CommitMsg, Self::PrePush];

    /// What git calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::CommitMsg => "commit-msg",
            Self::PrePush => "pre-push",
        }
    }

    /// What it keeps from being done.
    fn subject(self) -> &'static str {
        match self {
            Self::PreCommit | Self::CommitMsg => "commit",
            Self::PrePush => "push",
        }
    }
}
