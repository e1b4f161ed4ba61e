//! Flags of `ci`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};

use super::scan::{format_parser, leak_code, positive, problem_kind_parser};
use super::{FailOn, Known, Scan};
use crate::model::ProblemKind;
use crate::report::Format;

/// `ci`.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Ci {
    /// The checkout, or a folder in it [default: .]
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub(in crate::cli) path: Option<PathBuf>,

    /// Scan what is new to B in `A..B`, whatever the service says
    ///
    /// What A holds is believed, unless --target or a pull request names a branch.
    #[arg(long, value_name = "A..B", help_heading = "What to scan")]
    pub(in crate::cli) range: Option<String>,
    /// The branch that a change is for, or the default branch, whatever the service says
    ///
    /// Azure Pipelines does not say which branch is the default one. It is needed there for builds
    /// that are of no pull request.
    #[arg(long, value_name = "BRANCH", help_heading = "What to scan")]
    pub(in crate::cli) target: Option<String>,
    /// Have git fetch what a shallow checkout lacks
    ///
    /// With the checkout's own remote and credentials. Without it no connection is opened.
    #[arg(long, help_heading = "What to scan")]
    pub(in crate::cli) deepen: bool,

    /// Load rules of your own; may be repeated
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "What to look for")]
    pub(in crate::cli) rules: Vec<PathBuf>,
    /// Report what has the shape and name of a token, but a wrong checksum
    #[arg(long, help_heading = "What to look for")]
    pub(in crate::cli) include_unproven: bool,

    /// Believe the change itself: its configuration, baseline and marks beside tokens
    ///
    /// Whoever writes a change can then let any leak in it pass.
    #[arg(long, help_heading = "What is known")]
    pub(in crate::cli) trust_head: bool,
    /// What is known and passed over.
    #[command(flatten)]
    pub(in crate::cli) known: Known,

    /// Report in this format [default: that of the service]
    ///
    /// azure-pipelines, github, or text. May be repeated. A format goes to the files that -o names
    /// after it, or else to standard output, which takes one.
    #[arg(short, long, value_name = "FORMAT", value_parser = format_parser())]
    #[arg(help_heading = "Reports")]
    pub(in crate::cli) format: Vec<Format>,
    /// Write the report to FILE, in the format of the nearest -f before it
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Reports")]
    pub(in crate::cli) output: Vec<PathBuf>,
    /// List at most N occurrences of each token [default: 1000]
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Reports")]
    pub(in crate::cli) max_occurrences: Option<NonZeroUsize>,

    /// Which leaks set the exit code [default: any]
    #[arg(long, value_name = "WHICH", value_parser = fail_on_parser())]
    #[arg(help_heading = "Exit code")]
    pub(in crate::cli) fail_on: Option<FailOn>,
    /// Exit with N, 1 to 125, instead of 1 when there are leaks
    #[arg(long, value_name = "N", value_parser = leak_code)]
    #[arg(help_heading = "Exit code")]
    pub(in crate::cli) exit_code: Option<u8>,
    /// Problems that do not make the scan incomplete, such as shallow,promisor,lfs
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', value_parser = problem_kind_parser())]
    #[arg(help_heading = "Exit code")]
    pub(in crate::cli) accept_incomplete: Vec<ProblemKind>,

    /// Use N threads, at most 128 [default: as many as there are processors]
    #[arg(short, long, value_name = "N", value_parser = positive)]
    #[arg(help_heading = "General", display_order = 0)]
    pub(in crate::cli) jobs: Option<NonZeroUsize>,
}

impl Ci {
    /// The same as a scan of the checkout.
    pub(in crate::cli) fn scan(&self) -> Scan {
        Scan {
            targets: vec![self.path.clone().unwrap_or_else(|| PathBuf::from("."))],
            rules: self.rules.clone(),
            include_unproven: self.include_unproven,
            known: Known {
                baseline: self.known.baseline.clone(),
                no_inline_ignores: self.known.no_inline_ignores,
            },
            max_occurrences: self.max_occurrences,
            fail_on: self.fail_on,
            exit_code: self.exit_code,
            accept_incomplete: self.accept_incomplete.clone(),
            jobs: self.jobs,
            ..Scan::default()
        }
    }
}

/// Those that need nobody to be asked.
fn fail_on_parser() -> impl TypedValueParser<Value = FailOn> {
    let parser = PossibleValuesParser::new(["any", "proven", "never"]);
    parser.try_map(|name| FailOn::from_str(&name, false))
}
