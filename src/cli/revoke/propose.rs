//! The plan: what is known of each leak, what the policies say of it, and what would be done.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::super::args::{FailOn, Revoke};
use super::super::ask::Asking;
use super::super::config::ConfigFile;
use super::super::console::Console;
use super::super::desk::Desk;
use super::super::environment::Environment;
use super::super::exit::{DEFAULT_LEAK_CODE, Failure, verdict};
use super::super::explore::Exploring;
use super::super::generate::print;
use super::super::handover;
use super::asserted;
use super::decide::{Deciding, visibility};
use super::notices::notices;
use super::text;
use crate::model::{FindingId, Unprobed, ValueFrom};
use crate::policy::Sighting;
use crate::report::{Redactor, Slash};
use crate::respond::listing::Lister;

/// Verifies, decides and shows.
pub(super) fn run(
    args: &Revoke,
    file: &ConfigFile,
    environment: &Environment,
    console: Console,
    stop: &Arc<AtomicBool>,
) -> Result<ExitCode, Failure> {
    handover::check(&args.handover, &args.service.administrator)?;
    let asking = Asking::resolve(&args.service, file, environment)?;
    let desk = Desk::open_for_anybody(&args.service.reach(), file, environment)?;
    let taken = handover::take(&args.handover, environment, console, stop)?;
    let mut report = taken.report;
    let leaks: Vec<_> = report.findings.iter().map(|it| it.id.as_str()).collect();
    asserted::check(&args.assertions, &leaks)?;
    desk.refuse_leaked(&leaks)?;
    let mut bounds = asking.bounds(stop);
    asking.ask(&mut report, &taken.values, &mut bounds, console)?;
    let service = if args.probe_scopes {
        asking.explorer()
    } else {
        Err(Unprobed::NotWanted)
    };
    let mut exploring = Exploring::new(service, bounds.clone());
    let explored = report.findings.iter().filter_map(|finding| {
        let explored = exploring.explore(finding).ok()?;
        Some((finding.id.clone(), explored.probes))
    });
    let probes = explored.collect();
    exploring.say_what_is_left(console);
    let lister = Lister {
        service: &desk.service,
        deadline: bounds.deadline,
        stop,
    };
    let policy = file.policy.policy(args.accept_probable);
    let deciding = Deciding {
        desk: &desk,
        lister,
        assertions: &args.assertions,
        policy: &policy,
        visibility: visibility(&args.steering, &desk, lister)?,
        sighting: &|id: &FindingId| {
            let value = taken.values.get(id).filter(|it| it.secret.is_some());
            match value.map(|value| value.from) {
                Some(ValueFrom::Source) => Sighting::Seen,
                _ if !taken.missing.contains(id) => Sighting::NotLooked,
                Some(_) => Sighting::Elsewhere,
                None => Sighting::Missing,
            }
        },
        probes: &probes,
        lists_everybody: args.service.listing.is_of_everybody(),
    };
    let decided = deciding.decide(&report)?;
    let redactor = Redactor::new(&report);
    let notices = notices(&decided.proposals, &redactor);
    let leaks = report.findings.iter().map(|it| it.id.as_str().to_owned());
    let plan = decided
        .plan(&redactor)
        .with_notices(notices)
        .with_leaks(leaks);
    if let Some(path) = &args.plan_out {
        plan.save(path)
            .map_err(|error| Failure::new(&error, None))?;
    }
    let files = (file.steering(), args.plan_out.as_deref());
    let shown = text::proposals(&decided, &plan, files);
    print(redactor.redact(&shown, Slash::Belongs).as_bytes())?;
    if plan.is_empty() {
        console.note("nothing is to be revoked");
    } else if args.plan_out.is_none() {
        console.note("write it down with --plan-out FILE to execute it");
    }
    Ok(verdict(&report, FailOn::Any, DEFAULT_LEAK_CODE).into())
}
