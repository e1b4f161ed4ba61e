//! `verify`: asks Azure DevOps about tokens that were found before.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::args::{Common, OutputArg, Verify};
use super::ask::Asking;
use super::console::Console;
use super::environment::Environment;
use super::exit::{Complaint, DEFAULT_LEAK_CODE, Failure, say_what_is_open, verdict};
use super::output::{self, Input, Role};
use super::settings;
use super::{config, handover};
use crate::cli::args::FailOn;
use crate::report::{Format, Secrets};
use crate::rules::{Rule, RuleSet};

/// Verifies and reports.
pub(super) fn run(
    common: &Common,
    args: &Verify,
    order: &[OutputArg],
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let console = Console::new(common, environment);
    handover::check(&args.handover, &args.service.administrator)?;
    let file = config::load(common, environment)?;
    let chosen = settings::color_flag(common).or(file.color);
    let asking = Asking::resolve(&args.service, &file, environment)?;
    let planned =
        output::plan(order, Format::Text).map_err(|error| Failure::new(&error, error.hint()))?;
    let named = [
        &args.handover.from,
        &args.handover.sealed,
        &args.handover.identity,
    ];
    let inputs: Vec<Input<'_>> = named
        .into_iter()
        .flatten()
        .map(|path| Input {
            path,
            role: Role::Target,
        })
        .collect();
    let outputs = output::open(&planned, &inputs).map_err(|errors| Failure {
        complaints: errors
            .iter()
            .map(|error| Complaint::new(error, error.hint()))
            .collect(),
    })?;
    let stop = Arc::new(AtomicBool::new(false));
    let taken = handover::take(&args.handover, environment, console, &stop)?;
    let mut report = taken.report;
    let mut bounds = asking.bounds(&stop);
    let asked = asking.ask(&mut report, &taken.values, &mut bounds, console);
    let rules = RuleSet::builtin();
    let rules: Vec<&Rule> = rules.iter().collect();
    let color = settings::color(chosen, environment, environment.stdout_terminal);
    let options = settings::reporting(common, &rules, color, Secrets::Redact, asking.home());
    // What was taken over is told all the same.
    Failure::any([output::write(&outputs, &options, &report, console), asked])?;
    let fail_on = args.fail_on.or(file.fail_on).unwrap_or(FailOn::Any);
    let leak_code = args
        .exit_code
        .or(file.exit_code)
        .unwrap_or(DEFAULT_LEAK_CODE);
    say_what_is_open(&report, fail_on, console);
    Ok(verdict(&report, fail_on, leak_code).into())
}
