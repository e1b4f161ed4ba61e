//! Flags of `baseline` and `import`, and those of `scan` about what is known.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use jiff::civil::Date;

use super::scan::positive;
use crate::triage::baseline::{TextError, parse_day};

/// What a scan passes over.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What is known")]
pub(in crate::cli) struct Known {
    /// Let the tokens pass that this baseline names
    ///
    /// They stay in the report, marked, and do not count for the exit code, unless they verify as
    /// active. A baseline met in a scanned folder is never used by itself. `patsweep baseline add`
    /// writes one.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Let no token pass for a `patsweep:ignore` beside it
    ///
    /// Otherwise a token passes if every line on which it stands says `patsweep:ignore`, or the line
    /// before says `patsweep:ignore-next-line`; `patsweep:ignore=C3ID` covers that token alone.
    #[arg(long)]
    pub(in crate::cli) no_inline_ignores: bool,
}

/// `baseline`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Baseline {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: BaselineCommand,
}

/// Commands of `baseline`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BaselineCommand {
    /// Write down tokens as known
    ///
    /// Scans the targets, history included, or takes the tokens of a report. Entries that are there
    /// stay as they are, unless they have expired. Nothing of a token is written but its C3ID.
    Add(BaselineAdd),
    /// Take out entries that have expired, or whose token is not found any more
    ///
    /// After an incomplete scan only those that have expired are taken out, and the exit code is 3.
    Prune(BaselinePrune),
    /// Say what an entry is for, since when, and where its token stands
    ///
    /// Without C3ID, of all entries. Exits with 0, with 1 if there is no such entry, with 3 if a token
    /// was not found and the scan was incomplete.
    Explain(BaselineExplain),
    /// Say whether the file is in order, and every entry still of use
    ///
    /// Exits with 0 if it is; with 1 if it is not sorted or not one entry a line, or if an entry is
    /// doubled, has expired or is of a token that is not found any more; with 2 if it cannot be used;
    /// with 3 if a token was not found and the scan was incomplete.
    Check(BaselineCheck),
}

/// Which baseline.
#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineFile {
    /// Use this baseline
    ///
    /// Without it, the one that the configuration names, else `.patsweep-baseline.json` in the root of
    /// the repository around the current folder, else in that folder.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) baseline: Option<PathBuf>,
}

/// Where tokens are looked for.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Looking {
    /// Files, folders or archives to scan [default: .]
    #[arg(value_name = "TARGET", value_hint = ValueHint::AnyPath)]
    pub(in crate::cli) targets: Vec<PathBuf>,
    /// Load rules of your own; may be repeated
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "What to look for")]
    pub(in crate::cli) rules: Vec<PathBuf>,
    /// Leave out files that match GLOB; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = "What to read")]
    pub(in crate::cli) exclude: Vec<String>,
    /// Use N threads, at most 128 [default: as many as there are processors]
    #[arg(short, long, value_name = "N", value_parser = positive)]
    #[arg(help_heading = "General", display_order = 0)]
    pub(in crate::cli) jobs: Option<NonZeroUsize>,
}

/// What is written down beside a token.
#[derive(Debug, Args)]
pub(in crate::cli) struct Remark {
    /// Whom to ask about it
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) owner: Option<String>,
    /// The day, as in 2027-01-31, from which on it counts again
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(in crate::cli) expires: Option<Date>,
}

fn day(text: &str) -> Result<Date, TextError> {
    parse_day(text)
}

/// Flags of `baseline add`.
#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineAdd {
    /// Which file.
    #[command(flatten)]
    pub(in crate::cli) file: BaselineFile,
    /// Take the tokens of this JSON report instead of scanning
    #[arg(long, value_name = "REPORT", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["targets", "rules", "exclude", "jobs"])]
    pub(in crate::cli) from: Option<PathBuf>,
    /// Of all tokens, only this one; may be repeated
    #[arg(long, value_name = "C3ID")]
    pub(in crate::cli) id: Vec<String>,
    /// Why the tokens are passed over
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: String,
    /// What else is written down.
    #[command(flatten)]
    pub(in crate::cli) remark: Remark,
    /// Where to look.
    #[command(flatten)]
    pub(in crate::cli) looking: Looking,
}

/// Flags of `baseline prune`.
#[derive(Debug, Args)]
pub(in crate::cli) struct BaselinePrune {
    /// Which file.
    #[command(flatten)]
    pub(in crate::cli) file: BaselineFile,
    /// Where to look.
    #[command(flatten)]
    pub(in crate::cli) looking: Looking,
}

/// Flags of `baseline explain`.
#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineExplain {
    /// The token [default: all of the baseline]
    #[arg(value_name = "C3ID")]
    pub(in crate::cli) c3id: Option<String>,
    /// Which file.
    #[command(flatten)]
    pub(in crate::cli) file: BaselineFile,
    /// Where to look.
    #[command(flatten)]
    pub(in crate::cli) looking: Looking,
}

/// Flags of `baseline check`.
#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineCheck {
    /// Which file.
    #[command(flatten)]
    pub(in crate::cli) file: BaselineFile,
    /// Where to look.
    #[command(flatten)]
    pub(in crate::cli) looking: Looking,
}

/// Whose baseline or report is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Peer {
    /// A JSON report or baseline, or .gitleaksignore
    Gitleaks,
    /// .secrets.baseline
    DetectSecrets,
    /// A JSON or JSONL report, or a baseline
    Kingfisher,
    /// What --json writes
    Trufflehog,
}

/// Flags of `import`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// Whose file it is
    #[arg(value_name = "FROM")]
    pub(in crate::cli) peer: Peer,
    /// The file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) path: PathBuf,
    /// Which baseline it is added to.
    #[command(flatten)]
    pub(in crate::cli) file: BaselineFile,
    /// Why the tokens are passed over [default: imported from …]
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: Option<String>,
    /// What else is written down.
    #[command(flatten)]
    pub(in crate::cli) remark: Remark,
    /// Where to look.
    #[command(flatten)]
    pub(in crate::cli) looking: Looking,
}
