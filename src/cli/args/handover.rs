//! Flags of the commands that take tokens over: which, and where their values are.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Which tokens a command is about.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which tokens")]
pub(in crate::cli) struct Handover {
    /// The tokens of this JSON report; without it, those on standard input, one a line
    ///
    /// A report holds no token, and nothing that it says is believed but where the tokens stand and
    /// what their ids are. Their values come from --source, --sealed and --tokens, in that order.
    #[arg(long, value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) from: Option<PathBuf>,
    /// Read the places that the report names again, below PATH
    ///
    /// PATH is what was scanned, or a copy of it. A file that does not hold the token any more gives
    /// no value; an object of git cannot have changed.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, requires = "from")]
    pub(in crate::cli) source: Option<PathBuf>,
    /// Take values out of FILE, which `scan --seal` wrote
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "identity")]
    pub(in crate::cli) sealed: Option<PathBuf>,
    /// The age identity that opens the sealed file
    #[arg(long, value_name = "KEYFILE", value_hint = ValueHint::FilePath, requires = "sealed")]
    pub(in crate::cli) identity: Option<PathBuf>,
    /// Take values from standard input, one a line; only `-` is taken
    ///
    /// A token is never taken from the command line, where other users of the machine could see it.
    #[arg(long, value_name = "-", value_parser = ["-"], requires = "from")]
    pub(in crate::cli) tokens: Option<String>,
}
