//! Flags of `audit` and `timeline`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::administrator::AtOrganizations;

/// Flags of `audit`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Audit {
    /// Where to ask.
    #[command(flatten)]
    pub(in crate::cli) at: AtOrganizations,
    /// What is not accepted: a TOML file with a table `[audit]`
    ///
    /// Exits with 1 if anything of it is there. The keys are described in docs/audit.md of the source.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "What stands out")]
    pub(in crate::cli) rules: Option<PathBuf>,
    /// Tokens that live for more days than these [default: what --rules says, or 90]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(help_heading = "What stands out")]
    pub(in crate::cli) max_lifespan_days: Option<u32>,
    /// Tokens that end within so many days [default: 14]
    #[arg(long, value_name = "DAYS", help_heading = "What stands out")]
    pub(in crate::cli) expiring_within: Option<u32>,
    /// Read the audit log of so many days, 1 to 90 [default: 30]
    ///
    /// It tells who made tokens, and when each was last used to change something. The service keeps it
    /// for 90 days.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=90))]
    #[arg(help_heading = "What stands out")]
    pub(in crate::cli) log_days: Option<u32>,
    /// Answer in this format [default: text]
    #[arg(short, long, value_name = "FORMAT")]
    pub(in crate::cli) format: Option<TableFormat>,
}

/// How a command answers that has tables to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TableFormat {
    /// For people
    Text,
    /// For programs: all there is to tell
    Json,
    /// For spreadsheets: one row each
    Csv,
}
