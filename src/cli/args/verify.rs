//! Flags of `verify` and `map`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};

use super::scan::{format_parser, leak_code};
use super::{FailOn, Handover, Service};
use crate::report::Format;
use crate::report::map::MapFormat;

/// Flags of `verify`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// Which tokens.
    #[command(flatten)]
    pub(in crate::cli) handover: Handover,
    /// Whom to ask, and how much.
    #[command(flatten)]
    pub(in crate::cli) service: Service,
    /// Report in this format [default: text]
    ///
    /// As of `scan`.
    #[arg(short, long, value_name = "FORMAT", value_parser = format_parser())]
    #[arg(help_heading = "Reports")]
    pub(in crate::cli) format: Vec<Format>,
    /// Write the report to FILE, in the format of the nearest -f before it
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Reports")]
    pub(in crate::cli) output: Vec<PathBuf>,
    /// Which leaks set the exit code [default: any]
    #[arg(long, value_name = "WHICH", help_heading = "Exit code")]
    pub(in crate::cli) fail_on: Option<FailOn>,
    /// Exit with N, 1 to 125, instead of 1 when there are leaks
    #[arg(long, value_name = "N", value_parser = leak_code)]
    #[arg(help_heading = "Exit code")]
    pub(in crate::cli) exit_code: Option<u8>,
}

/// Flags of `map`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Map {
    /// Which tokens.
    #[command(flatten)]
    pub(in crate::cli) handover: Handover,
    /// Ask what a token that works may read: up to 25 harmless requests each
    ///
    /// Whether it may write cannot be asked without writing, and is not.
    #[arg(long, help_heading = "Asking Azure DevOps")]
    pub(in crate::cli) probe_scopes: bool,
    /// Whom to ask, and how much.
    #[command(flatten)]
    pub(in crate::cli) service: Service,
    /// Show the map in this format [default: text]
    #[arg(short, long, value_name = "FORMAT", value_parser = map_format_parser())]
    #[arg(
        help_heading = "Reports",
        default_value = "text",
        hide_default_value = true
    )]
    pub(in crate::cli) format: MapFormat,
}

fn map_format_parser() -> impl TypedValueParser<Value = MapFormat> {
    PossibleValuesParser::new(MapFormat::ALL.map(MapFormat::name)).map(|name| {
        let is_it = |format: &MapFormat| format.name() == name;
        MapFormat::ALL.into_iter().find(is_it).unwrap_or_default()
    })
}
