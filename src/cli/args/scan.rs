//! Flags of `scan`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};

use super::size::{self, Size};
use super::{Enforcing, FailOn, Git, Known, Seal, Service};
use crate::model::ProblemKind;
use crate::report::Format;

/// Flags of `scan`.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Scan {
    /// Files, folders or archives to scan; `-` is standard input [default: .]
    ///
    /// Links given here are followed; links met in a folder are not. All targets are checked before
    /// anything is read.
    #[arg(value_name = "TARGET", value_hint = ValueHint::AnyPath)]
    pub(in crate::cli) targets: Vec<PathBuf>,

    /// Load rules of your own; may be repeated
    ///
    /// FILE is a TOML file; of a folder, the *.toml files directly in it are loaded. The format is
    /// described in docs/rules.md of the source; `patsweep rules check` tries the rules on their
    /// examples.
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "What to look for")]
    pub(in crate::cli) rules: Vec<PathBuf>,
    /// Report what has the shape and name of a token, but a wrong checksum
    #[arg(long, help_heading = "What to look for")]
    pub(in crate::cli) include_unproven: bool,

    /// Leave out files that match GLOB; may be repeated
    ///
    /// Globs are written as in .gitignore: `*.log` matches anywhere, `/vendor` only at the top of a
    /// target. A .patsweepignore file in a folder does the same for that folder. What is left out
    /// is counted in the report's coverage.
    #[arg(long, value_name = "GLOB", help_heading = "What to read")]
    pub(in crate::cli) exclude: Vec<String>,
    /// Leave out what git ignores
    #[arg(long, help_heading = "What to read")]
    pub(in crate::cli) respect_gitignore: bool,
    /// Stay on the file systems of the targets
    #[arg(long, help_heading = "What to read")]
    pub(in crate::cli) one_file_system: bool,
    /// Leave out larger files, such as 10M or 2GiB [default: no limit]
    ///
    /// Large files are streamed and cost no memory, only time. Units are K, M, G and T (or KiB and
    /// so on) for powers of 1024, kB, MB, GB and TB for powers of 1000.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = "What to read")]
    pub(in crate::cli) max_file_size: Option<Size>,

    /// What of git repositories is read.
    #[command(flatten)]
    pub(in crate::cli) git: Git,

    /// What is known and passed over.
    #[command(flatten)]
    pub(in crate::cli) known: Known,

    /// Ask Azure DevOps whether the tokens that are found still work
    ///
    /// Presents each personal access token that its checksum proves, and no other, to the
    /// organizations that stand with it, and to nobody else. Nothing else opens a connection.
    #[arg(long, help_heading = "Asking Azure DevOps")]
    pub(in crate::cli) verify: bool,
    /// Whom to ask, and how much.
    #[command(flatten)]
    pub(in crate::cli) service: Service,

    /// What is done about what is found.
    #[command(flatten)]
    pub(in crate::cli) enforcing: Enforcing,

    /// Problems that do not make the scan incomplete, such as shallow,promisor,lfs
    ///
    /// They are listed in the report, marked as accepted, and the scan exits with 0 if there is
    /// nothing else to tell.
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', value_parser = problem_kind_parser())]
    #[arg(help_heading = "Exit code")]
    pub(in crate::cli) accept_incomplete: Vec<ProblemKind>,

    /// Stop reading an archive after N members [default: 100000]
    #[arg(long, value_name = "N", help_heading = "Limits on archives")]
    pub(in crate::cli) archive_max_members: Option<u64>,
    /// Stop reading an archive after SIZE unpacked [default: 10G]
    ///
    /// Counts everything inside the archive on disk, archives in archives included.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    #[arg(help_heading = "Limits on archives")]
    pub(in crate::cli) archive_max_size: Option<Size>,
    /// Stop reading an archive that unpacks to N times its size [default: 1000]
    ///
    /// Judged only past 256 MiB unpacked.
    #[arg(long, value_name = "N", help_heading = "Limits on archives")]
    pub(in crate::cli) archive_max_ratio: Option<u64>,
    /// Do not unpack what needs a larger decoder window [default: 128M]
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    #[arg(help_heading = "Limits on archives")]
    pub(in crate::cli) archive_max_window: Option<Size>,
    /// Do not open archives that are nested deeper [default: 8]
    #[arg(long, value_name = "N", help_heading = "Limits on archives")]
    pub(in crate::cli) archive_max_depth: Option<u32>,

    /// Report in this format [default: text]
    ///
    /// May be repeated. A format goes to the files that -o names after it, or else to standard
    /// output, which takes one.
    #[arg(short, long, value_name = "FORMAT", value_parser = format_parser())]
    #[arg(help_heading = "Reports")]
    pub(in crate::cli) format: Vec<Format>,
    /// Write the report to FILE, in the format of the nearest -f before it
    ///
    /// May be repeated; `-` is standard output. The file is written when the scan has ended, so
    /// that it is never scanned half-written. A file that exists is replaced only if it is empty
    /// or a report; that report is not scanned.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Reports")]
    pub(in crate::cli) output: Vec<PathBuf>,
    /// List at most N occurrences of each token [default: 1000]
    ///
    /// All of them are counted.
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Reports")]
    pub(in crate::cli) max_occurrences: Option<NonZeroUsize>,
    /// Show the tokens themselves in the reports
    ///
    /// By default, every string in a report is redacted of every token found, in encoded form, too.
    /// Files that patsweep creates for such a report can be read by you alone.
    #[arg(long, help_heading = "Reports")]
    pub(in crate::cli) show_secrets: bool,

    /// For whom tokens are sealed.
    #[command(flatten)]
    pub(in crate::cli) seal: Seal,

    /// Which leaks set the exit code [default: any]
    #[arg(long, value_name = "WHICH", help_heading = "Exit code")]
    pub(in crate::cli) fail_on: Option<FailOn>,
    /// Exit with N, 1 to 125, instead of 1 when there are leaks
    #[arg(long, value_name = "N", value_parser = leak_code)]
    #[arg(help_heading = "Exit code")]
    pub(in crate::cli) exit_code: Option<u8>,

    /// Use N threads, at most 128 [default: as many as there are processors]
    ///
    /// Of a larger N, 128 are used. The report is the same however many there are.
    #[arg(short, long, value_name = "N", value_parser = positive)]
    #[arg(help_heading = "General", display_order = 0)]
    pub(in crate::cli) jobs: Option<NonZeroUsize>,
}

/// Why a number cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NumberError {
    #[error("expected a whole number, at least 1")]
    NotPositive,
    #[error("expected a whole number from 1 to 125")]
    NotLeakCode,
}

pub(super) fn positive(text: &str) -> Result<NonZeroUsize, NumberError> {
    text.parse().map_err(|_| NumberError::NotPositive)
}

/// The names of problems, as reports have them.
pub(super) fn problem_kind_parser() -> impl TypedValueParser<Value = ProblemKind> {
    // No scan meets that.
    let kinds = ProblemKind::ALL.into_iter();
    let kinds = kinds.filter(|kind| *kind != ProblemKind::Report);
    PossibleValuesParser::new(kinds.map(ProblemKind::as_str)).try_map(|name| {
        ProblemKind::named(&name).ok_or_else(|| format!("no kind of problem is called {name}"))
    })
}

pub(super) fn leak_code(text: &str) -> Result<u8, NumberError> {
    text.parse()
        .ok()
        .filter(|code| (1..=125).contains(code))
        .ok_or(NumberError::NotLeakCode)
}

pub(super) fn format_parser() -> impl TypedValueParser<Value = Format> {
    let names = Format::NAMES;
    PossibleValuesParser::new(names).try_map(|name| Format::parse(&name))
}
