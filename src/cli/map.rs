//! `map`: what tokens can do, to whom, and who uses them.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{Common, Map};
use super::ask::Asking;
use super::console::Console;
use super::environment::Environment;
use super::exit::{DEFAULT_LEAK_CODE, Failure, verdict};
use super::output;
use super::settings::{self, now};
use super::{config, handover};
use crate::cli::args::FailOn;
use crate::model::{BlastRadius, Finding, FindingId, Method, Unprobed, ValidityReason};
use crate::providers::azure_devops::AzureDevOps;
use crate::report::map::{self, MapOptions};
use crate::report::{Home, Redactor, count};
use crate::verify::consumers::Products;
use crate::verify::radius::{Evidence, blast_radius};
use crate::verify::{self, Bounds, Cut, Explored, Subject};

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
    let mut exploring = Exploring {
        service: if args.probe_scopes || asking.home() == Home::Server {
            asking.explorer()
        } else {
            Err(Unprobed::NotWanted)
        },
        bounds,
        cut: BTreeMap::new(),
    };
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

/// Asks what tokens may read.
struct Exploring {
    /// Whom to ask, or why nobody is.
    service: Result<AzureDevOps, Unprobed>,
    bounds: Bounds,
    /// The tokens about which not all was asked.
    cut: BTreeMap<Cut, Vec<FindingId>>,
}

impl Exploring {
    /// What a token may read, or why nobody was asked.
    fn explore(&mut self, finding: &Finding) -> Result<Explored, Unprobed> {
        // Of what nobody can be asked about, no flag is said to help.
        if let Err(why @ (Unprobed::OnServer | Unprobed::Forbidden)) = self.service {
            return Err(why);
        }
        let verification = finding.verification.as_deref();
        let verification = verification.ok_or(Unprobed::NotLetIn)?;
        if verification.method == Some(Method::Profile) {
            return Err(Unprobed::NoOrganization);
        }
        if finding.validity != ValidityReason::Live {
            return Err(Unprobed::NotLetIn);
        }
        if verification.method == Some(Method::Inventory) {
            return Err(Unprobed::Listed);
        }
        let service = self.service.as_ref().map_err(|why| *why)?;
        let subject = Subject {
            secret: &finding.secret,
            organization: verification
                .organization
                .as_deref()
                .ok_or(Unprobed::NoOrganization)?,
            owner: verification.owner.as_ref().ok_or(Unprobed::NotLetIn)?,
        };
        let explored = verify::explore(service, subject, &mut self.bounds);
        if let Some(cut) = explored.cut {
            self.cut.entry(cut).or_default().push(finding.id.clone());
        }
        Ok(explored)
    }

    /// Says about which tokens not all was asked, and why.
    fn say_what_is_left(&self, console: Console) {
        for (cut, ids) in &self.cut {
            let more = match ids.len() - 1 {
                0 => String::new(),
                more => format!(" and {}", count(more as u64, "more token")),
            };
            let why = match cut {
                // Said when it happened.
                Cut::Stopped => continue,
                Cut::OutOfBudget => "the limit of time or requests was reached",
                Cut::Service => "the service did not answer everything",
                Cut::TurnedAway => "turned away in the end, no refusal tells what is not held",
            };
            let id = &ids[0];
            console.note(format_args!(
                "the scopes of {id}{more} are not all known: {why}"
            ));
        }
    }
}
