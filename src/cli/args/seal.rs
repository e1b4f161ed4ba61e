//! For whom the tokens themselves are sealed.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueHint};

/// Flags of `scan` for the sealed hand-off.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Hand-off")]
#[command(group = ArgGroup::new("recipients").multiple(true).args(["recipient", "recipients_file"]))]
pub(in crate::cli) struct Seal {
    /// Seal the proven tokens to FILE, which only the recipients can open
    ///
    /// A report never holds a token. Whoever is to verify or revoke them can be handed this file
    /// beside it: an age file of all tokens that are proven by their checksum. It is for you alone
    /// (mode 0600), is written only if there are any, and never replaces a file.
    #[arg(long = "seal", id = "seal", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(requires = "recipients")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Seal for this recipient, an age1… key; may be repeated
    ///
    /// `age-keygen -o key.txt` makes a key and prints its recipient.
    #[arg(long, value_name = "KEY", requires = "seal")]
    pub(in crate::cli) recipient: Vec<String>,
    /// Seal for the recipients in FILE, one a line; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "seal")]
    pub(in crate::cli) recipients_file: Vec<PathBuf>,
}
