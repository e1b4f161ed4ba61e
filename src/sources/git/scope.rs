//! What of repositories is read.

use std::path::PathBuf;

use super::part::{Part, State};

/// What of repositories is read.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The files of work trees, and what is staged in them.
    pub worktree: bool,
    /// History.
    pub history: bool,
    /// Of history, only what references, `HEAD`, stashes and the index lead to.
    pub reachable_only: bool,
    /// Nothing but this part of history.
    pub part: Option<Part>,
    /// The git folder that a part of the current folder's history is read of, if not its own.
    pub git_dir: Option<PathBuf>,
    /// Folders of objects beside a repository's own that a part of history is read of: where git
    /// keeps what it has received and not taken in yet, and what that builds on.
    pub git_objects: Vec<PathBuf>,
    /// Whose `.patsweepignore` files leave files out of a part of history, with the globs of
    /// [`Options::exclude`](super::super::Options::exclude); nothing is left out of one otherwise.
    pub excluding: Option<State>,
    /// Objects of more bytes are left out.
    pub max_object_size: usize,
}

impl Scope {
    /// Whether the history of a repository is read whole.
    pub fn reads_all(&self) -> bool {
        self.history && self.part.is_none()
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            worktree: true,
            history: true,
            reachable_only: false,
            part: None,
            git_dir: None,
            git_objects: Vec::new(),
            excluding: None,
            max_object_size: 1 << 30,
        }
    }
}
