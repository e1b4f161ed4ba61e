//! Flags of `hook`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::gate::hooks::Hook;

/// `hook`.
#[derive(Debug, Args)]
pub(in crate::cli) struct HookArgs {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: HookCommand,
}

/// Commands of `hook`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HookCommand {
    /// Have git call patsweep before a commit is made and before one is pushed
    ///
    /// Installs hooks where git looks for them, `core.hooksPath` included. A hook that is there
    /// already is moved aside and called first. They run this very program. Nothing changes where
    /// they are installed already.
    Install(HookNames),
    /// Take the hooks out, and bring back what was there before
    Uninstall(HookNames),
    /// Say which hooks are installed, and whether they can run
    ///
    /// Exits with 0 if those that are named are installed and can run, without names if any is and
    /// none is broken; else with 1.
    Status(HookNames),
    /// Do the work of a hook: git and hook managers call this
    #[command(arg_required_else_help = true)]
    Run(HookRun),
}

/// Which hooks.
#[derive(Debug, Args)]
pub(in crate::cli) struct HookNames {
    /// Which hooks [default: all three]
    #[arg(value_name = "HOOK")]
    pub(in crate::cli) hooks: Vec<Hook>,
}

impl ValueEnum for Hook {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}

/// `hook run`.
#[derive(Debug, Args)]
pub(in crate::cli) struct HookRun {
    /// Which hook.
    #[command(subcommand)]
    pub(in crate::cli) hook: HookRunCommand,
}

/// The hooks that can be run.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HookRunCommand {
    /// Scan what is staged
    ///
    /// The index against HEAD; what the work tree has does not count. Of the pre-commit framework
    /// that was given a range, that range.
    PreCommit,
    /// Scan the message of a commit
    CommitMsg {
        /// The file that holds the message
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Scan what a push brings, which git tells on standard input
    ///
    /// Where standard input is empty, everything is scanned that references lead to and those that
    /// track the remote do not. Without REMOTE, the pre-commit framework's variables are read.
    PrePush {
        /// The name of the remote, or its URL
        #[arg(value_name = "REMOTE")]
        remote: Option<String>,
        /// The URL of the remote
        #[arg(value_name = "URL")]
        url: Option<String>,
    },
    /// Scan what a repository is about to receive, on the server
    ///
    /// All objects that git keeps in quarantine, whether or not a reference will lead to them. No
    /// mark beside a token and no baseline that is pushed counts.
    PreReceive,
}
