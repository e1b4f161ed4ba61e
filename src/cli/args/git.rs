//! What can be said of git repositories.

use clap::Args;

use crate::cli::size::{self, Size};

/// Flags of `scan` for git repositories.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Git")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Git {
    /// Do not read the history of git repositories
    ///
    /// Files of work trees are scanned, and the text in git folders: configuration, hooks, logs.
    #[arg(long)]
    pub(in crate::cli) no_history: bool,
    /// Do not read the files of work trees, nor what is staged
    #[arg(long)]
    pub(in crate::cli) no_worktree: bool,
    /// Of history, report only what references, HEAD, stashes and the index lead to
    ///
    /// What only reflogs lead to, or nothing, is left out: it was amended away or dropped, and
    /// whoever clones does not get it.
    #[arg(long, conflicts_with = "no_history")]
    pub(in crate::cli) reachable_only: bool,
    /// Scan only what is new to B in `A..B`, `A...B` or `B`
    ///
    /// What the commits bring that none of their parents has: files, names, messages, and the
    /// messages of tags. Nothing else is read.
    #[arg(long, value_name = "A..B")]
    #[arg(conflicts_with_all = ["since", "staged", "no_history", "no_worktree", "reachable_only"])]
    pub(in crate::cli) range: Option<String>,
    /// Scan only commits since a date, such as 2026-11-01, or since a revision
    ///
    /// Of all references, commits with this committer date and later; or those that the revision
    /// does not lead to. Dates are days in UTC, or RFC 3339. Nothing else is read.
    #[arg(long, value_name = "DATE|REV")]
    #[arg(conflicts_with_all = ["staged", "no_history", "no_worktree", "reachable_only"])]
    pub(in crate::cli) since: Option<String>,
    /// Scan only what is staged
    ///
    /// The index against HEAD; `GIT_INDEX_FILE` is honoured for a single target, and
    /// `GIT_DIR` for the current folder, as hooks need it. Nothing else is read.
    #[arg(long, conflicts_with_all = ["no_history", "no_worktree", "reachable_only"])]
    pub(in crate::cli) staged: bool,
    /// Do not decode larger objects of git repositories [default: 1G]
    ///
    /// Objects are decoded in memory, one on each thread. What is left out is a problem in the
    /// report.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub(in crate::cli) max_object_size: Option<Size>,
}
