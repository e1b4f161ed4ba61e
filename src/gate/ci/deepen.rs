//! Fetches what a checkout lacks, with git, its remote and its credentials.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use thiserror::Error;

use super::Want;
use crate::model::ObjectId;

/// Why nothing was fetched.
#[derive(Debug, Error)]
pub enum DeepenError {
    /// There is nowhere to fetch from.
    #[error("cannot fetch what is missing: the repository has no remote")]
    NoRemote,
    /// Git is not there.
    #[error("cannot fetch what is missing: cannot run git")]
    Git(#[source] io::Error),
    /// Git refused.
    #[error("cannot fetch what is missing from {remote}: git says: {said}")]
    Refused {
        /// The remote.
        remote: String,
        /// The last line of what git says.
        said: String,
    },
}

/// How much history is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// As much as there is: the checkout is complete but for branches.
    Same,
    /// So many commits more.
    More(u32),
    /// All.
    All,
}

/// Fetches `wants`, and of `tips` as much history as `depth` says, into the git folder `folder` from
/// the first of `remotes` that is called `origin`, else the first. This is the one place of gates
/// that uses the network, and it does so only when it is told to.
///
/// # Errors
///
/// What git says.
pub fn deepen(
    folder: &Path,
    remotes: &[String],
    depth: Depth,
    wants: &[Want],
    tips: &[ObjectId],
) -> Result<(), DeepenError> {
    let origin = remotes.iter().find(|name| *name == "origin");
    let remote = origin.or(remotes.first()).ok_or(DeepenError::NoRemote)?;
    let (branches, commits): (Vec<_>, Vec<_>) = wants
        .iter()
        .partition(|want| matches!(want, Want::Branch(_)));
    let branches = branches.into_iter().map(|want| spec(want, remote));
    let specs: Vec<_> = branches
        .chain(tips.iter().map(ToString::to_string))
        .collect();
    if !specs.is_empty() {
        fetch(folder, remote, depth, &specs)?;
    }
    for commit in commits {
        // The tip before a push that wrote history anew may be gone: what is missing is told where
        // it matters.
        let _ = fetch(folder, remote, depth, &[spec(commit, remote)]);
    }
    Ok(())
}

fn spec(want: &Want, remote: &str) -> String {
    match want {
        Want::Branch(name) => format!("+refs/heads/{name}:refs/remotes/{remote}/{name}"),
        Want::Commit(id) => id.clone(),
    }
}

fn fetch(folder: &Path, remote: &str, depth: Depth, specs: &[String]) -> Result<(), DeepenError> {
    let mut git = Command::new("git");
    git.arg("--git-dir").arg(folder);
    git.args(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules"]);
    match depth {
        Depth::Same => &mut git,
        Depth::More(commits) => git.arg(format!("--deepen={commits}")),
        Depth::All => git.arg("--unshallow"),
    };
    git.arg("--end-of-options").arg(remote).args(specs);
    git.env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
    let output = git.output().map_err(DeepenError::Git)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    Err(DeepenError::Refused {
        remote: remote.to_owned(),
        said: last.unwrap_or("nothing").trim().to_owned(),
    })
}
