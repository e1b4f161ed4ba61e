//! `map`: what tokens can do, to whom, and who uses them.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::args::{Common, Map};
use super::ask::Asking;
use super::console::Console;
use super::exit::{DEFAULT_LEAK_CODE, Failure, verdict};
use super::output;
use super::settings::{self, Environment, now};
use super::{config, handover, interrupt};
use crate::cli::args::FailOn;
use crate::model::{BlastRadius, Finding, ValidityReason};
use crate::report::Redactor;
use crate::report::map::{self, MapOptions};
use crate::verify::Explored;
use crate::verify::consumers::Products;
use crate::verify::radius::{Evidence, blast_radius};

/// Verifies, explores what works if that is asked for, and shows the map.
pub(super) fn run(
    common: &Common,
    args: &Map,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let console = Console::new(common, environment);
    let file = config::load(common, environment)?;
    let chosen = settings::color_flag(common).or(file.color);
    let asking = Asking::resolve(&args.service, &file, environment)?;
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = interrupt::listen(&stop, console) {
        console.detail(format_args!("Ctrl-C will end this without a map: {error}"));
    }
    let taken = handover::take(&args.handover, environment, console, &stop)?;
    let mut report = taken.report;
    let asked = asking.ask(&mut report, &taken.values, &stop, console);
    let products = Products::built_in();
    let radii: Vec<BlastRadius> = report
        .findings
        .iter()
        .map(|finding| {
            let explored = explored(args, &asking, finding, console);
            blast_radius(&Evidence {
                finding,
                probes: &explored.probes,
                memberships: explored.memberships.as_deref(),
                products: &products,
            })
        })
        .collect();
    let redactor = Redactor::new(&report);
    let options = MapOptions {
        redactor: &redactor,
        color: settings::color(chosen, environment, environment.stdout_terminal).of_report(),
        now: now(),
    };
    output::stdout(|out| map::write(&radii, args.format, &options, out))
        .map_err(|error| Failure::new(&error, error.hint()))?;
    asked?;
    Ok(verdict(&report, FailOn::Any, DEFAULT_LEAK_CODE).into())
}

/// What a token that is let in may read, if that is asked for.
fn explored(args: &Map, asking: &Asking, finding: &Finding, console: Console) -> Explored {
    if !args.probe_scopes || finding.validity != ValidityReason::Live {
        return Explored::default();
    }
    let explored = asking.explore(finding).unwrap_or_default();
    if explored.is_cut {
        console.note(format_args!(
            "not everything was asked about {}: the service or the time set an end",
            finding.id
        ));
    }
    explored
}
