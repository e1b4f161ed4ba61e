//! `revoke`: shows what would be revoked, and does exactly that when it is told to.

mod act;
mod confirm;
mod decide;
mod enforce;
mod execute;
mod matched;
mod notices;
mod outside;
mod propose;
mod text;
mod vet;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::args::{Common, Revoke};
use super::console::Console;
use super::environment::Environment;
use super::exit::Failure;
use super::{config, interrupt};

pub(super) use enforce::Enforcement;

/// How long is asked at most.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// Proposes, executes or goes on.
pub(super) fn run(
    common: &Common,
    args: &Revoke,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let console = Console::new(common, environment);
    let file = config::load(common, environment)?;
    let file = file.with_policy(args.steering.policy.as_deref())?;
    let stop = Arc::new(AtomicBool::new(false));
    if args.plan.is_none() && !args.resume {
        return propose::run(args, &file, environment, console, &stop);
    }
    if let Err(error) = interrupt::listen(&stop, console) {
        console.detail(format_args!("Ctrl-C will end this at once: {error}"));
    }
    match &args.plan {
        Some(path) => execute::run(path, args, &file, environment, console, &stop),
        None => execute::resume(args, &file, environment, console, &stop),
    }
}
