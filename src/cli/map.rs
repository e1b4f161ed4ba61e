//! `map`: what tokens can do, to whom, and who uses them.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{Common, Map};
use super::ask::Asking;
use super::console::Console;
use super::environment::Environment;
use super::exit::{DEFAULT_LEAK_CODE, Failure, verdict};
use super::explore::Exploring;
use super::output;
use super::settings::{self, now};
use super::{config, handover};
use crate::cli::args::FailOn;
use crate::model::{BlastRadius, Unprobed};
use crate::report::map::{self, MapOptions};
use crate::report::{Home, Redactor};
use crate::verify::consumers::Products;
use crate::verify::radius::{Evidence, blast_radius};

/// Verifies, explores what works if that is asked for, and shows the map.
pub(super) fn run(
    common: &Common,
    args: &Map,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let console = Console::new(common, environment);
    handover::check(&args.handover, &args.service.administrator)?;
    let file = config::load(common, environment)?;
    let chosen = settings::color_flag(common).or(file.color);
    let asking = Asking::resolve(&args.service, &file, environment)?;
    let stop = Arc::new(AtomicBool::new(false));
    let taken = handover::take(&args.handover, environment, console, &stop)?;
    let mut report = taken.report;
    let mut bounds = asking.bounds(&stop);
    let asked = asking.ask(&mut report, &taken.values, &mut bounds, console);
    let service = if args.probe_scopes || asking.home() == Home::Server {
        asking.explorer()
    } else {
        Err(Unprobed::NotWanted)
    };
    let mut exploring = Exploring::new(service, bounds);
    let products = Products::built_in();
    let radii: Vec<BlastRadius> = report
        .findings
        .iter()
        .map(|finding| {
            let explored = exploring.explore(finding);
            let unprobed = explored.as_ref().err().copied();
            let explored = explored.unwrap_or_default();
            blast_radius(&Evidence {
                finding,
                probes: &explored.probes,
                unprobed: unprobed.or(Some(Unprobed::CutShort)),
                memberships: explored.memberships.as_deref(),
                products: &products,
            })
        })
        .collect();
    exploring.say_what_is_left(console);
    report.interrupted |= stop.load(Ordering::Relaxed);
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
