//! Flags of `audit` and `timeline`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::Handover;
use super::administrator::AtOrganizations;
use super::revoke::{Assertion, JournalFile, assertion};
use crate::model::Timestamp;

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

/// Flags of `timeline`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Timeline {
    /// Which tokens.
    #[command(flatten)]
    pub(in crate::cli) handover: Handover,
    /// Where to ask.
    #[command(flatten)]
    pub(in crate::cli) at: AtOrganizations,
    /// When tokens were exposed first whose report does not say so, as in 2026-11-22
    #[arg(long, value_name = "DATE", value_parser = day, help_heading = "What is compared")]
    pub(in crate::cli) exposed: Option<Timestamp>,
    /// Say which recorded token a leaked one is, as `C3ID=AUTHORIZATION_ID`; may be repeated
    ///
    /// Needed only where the service tells no C3ID.
    #[arg(long = "match", value_name = "MATCH", value_parser = assertion)]
    #[arg(help_heading = "What is compared")]
    pub(in crate::cli) assertions: Vec<Assertion>,
    /// Which journal tells when tokens were revoked
    #[command(flatten)]
    pub(in crate::cli) journal: JournalFile,
    /// Answer in this format [default: text]
    #[arg(short, long, value_name = "FORMAT")]
    pub(in crate::cli) format: Option<TableFormat>,
}

/// Why a day cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a day such as 2026-11-22")]
pub(in crate::cli) struct DayError;

/// The start of a day, in UTC.
fn day(text: &str) -> Result<Timestamp, DayError> {
    let day: jiff::civil::Date = text.parse().map_err(|_| DayError)?;
    let start = day
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(|_| DayError)?;
    Ok(Timestamp(start.timestamp().as_second()))
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
