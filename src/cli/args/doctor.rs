//! Flags of `doctor`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// `doctor`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Doctor {
    /// The repository, or a folder in it [default: .]
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub(in crate::cli) path: Option<PathBuf>,
    /// Run the repository's hooks in the copy, without asking
    ///
    /// Hooks are programs. They run in the copy, whose remote is in a temporary folder, and what asks
    /// for proxies gets no network; but they could do anything that you can.
    #[arg(long)]
    pub(in crate::cli) run_hooks: bool,
    /// Try CMD in place of `patsweep ci`: the command of your pipeline
    ///
    /// The shell runs it in the copy, as a step of a pull request's pipeline. It must succeed where
    /// there is nothing to find, and fail where there is.
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString)]
    pub(in crate::cli) ci_command: Option<String>,
}
