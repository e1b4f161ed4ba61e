//! CI services: what a run is about, and which commits are new to whom it is for.
//!
//! ```text
//! variables ──▶ service ──▶ azure, github, gitlab ──▶ Run ──▶ Plan (with a checkout) ──▶ scan
//!                                                              └──▶ deepen ──▶ again
//! ```
//!
//! Nothing here believes the change that is looked at: which branch it is for, and which commits that
//! has, comes from the service and from the references of the checkout.

mod added;
mod azure;
mod deepen;
mod error;
mod github;
mod gitlab;
mod plan;
mod service;

pub use self::added::{Addition, additions, is_ignore_file};
pub use self::deepen::{DeepenError, Depth, deepen};
pub use self::error::CiError;
pub use self::plan::{Plan, Trusted, Want, Wish};
pub use self::service::{Service, Variables};

/// What a run of a service is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Who runs it.
    pub service: Service,
    /// Why.
    pub cause: Cause,
    /// The default branch of the repository, where the service tells it: `main`.
    pub default: Option<String>,
}

/// Why a run was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A pull request, a merge request, or a group of them that is about to be merged.
    Request(Request),
    /// A branch was pushed, and the service tells what it was before.
    Push(Push),
    /// A tag was pushed.
    Tag {
        /// Without `refs/tags/`.
        name: String,
        /// The object that the service names.
        tip: String,
    },
    /// A branch or tag was deleted: there is nothing to look at.
    Deleted {
        /// Its name.
        name: String,
    },
    /// Anything else, as a schedule, or somebody who started it: only where it stands is known.
    Look {
        /// Without `refs/heads/`; `None` where the service does not tell it.
        branch: Option<String>,
        /// The commit that the service names.
        tip: String,
    },
}

/// A pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The branch that it is for, without `refs/heads/`.
    pub target: String,
    /// The commit in which the service merges it with that branch, whose tip is the first parent.
    pub merge: Option<String>,
    /// Its last commit.
    pub head: Option<String>,
    /// Commits of the target branch, as the service tells.
    pub bases: Vec<String>,
    /// Where it parted from the branch that it was once made for: not to be trusted, for that may
    /// have been another one.
    pub parted: Option<String>,
    /// The repository that it comes from, where that is another: `owner/name`. What is fetched from
    /// there is for whoever made the request to write.
    pub fork: Option<String>,
    /// Whether this runs in another project than the one that it is for, so that the checkout's
    /// branches are not those of the latter.
    pub is_elsewhere: bool,
}

/// A branch that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Without `refs/heads/`.
    pub branch: String,
    /// Its tip.
    pub tip: String,
    /// Its tip before; `None` if it is new.
    pub before: Option<String>,
    /// Whether the service says that history was written anew.
    pub forced: bool,
}

/// What is not known of a change, so that what was scanned is not all of it, or not steered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// In words.
    pub what: String,
    /// Whether that is so because this runs in a fork, or of one, which no depth mends.
    pub is_of_fork: bool,
}

impl Gap {
    fn of_depth(what: String) -> Self {
        Self {
            what,
            is_of_fork: false,
        }
    }

    fn of_fork(what: String) -> Self {
        Self {
            what,
            is_of_fork: true,
        }
    }
}

/// A branch as it is called, without `refs/heads/`.
fn branch_of(reference: &str) -> Option<&str> {
    reference.strip_prefix("refs/heads/")
}

/// The last two names of the address of a repository: `owner/name`.
pub fn repository_of(url: &str) -> Option<&str> {
    let url = url.trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    let (owner, _) = url.rsplit_once('/')?;
    let start = owner.rfind(['/', ':']).map_or(0, |at| at + 1);
    url.get(start..)
}

/// The object that `id` names; zeros name none.
fn object(id: &str) -> Option<String> {
    let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|it| it.is_ascii_hexdigit());
    (is_id && id.bytes().any(|it| it != b'0')).then(|| id.to_owned())
}

#[cfg(test)]
mod tests;
