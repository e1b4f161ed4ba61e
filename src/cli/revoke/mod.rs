//! `revoke`: shows what would be revoked, and does exactly that when it is told to.

mod act;
mod actors;
mod asserted;
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

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::args::{Common, Revoke};
use super::console::Console;
use super::environment::Environment;
use super::exit::Failure;
use super::generate::print;
use super::{config, journal};

pub(super) use enforce::Enforcement;

/// How long is asked at most.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// Whether there is a journal. One that is named is; the default one begins with what is written first.
fn was_begun(args: &Revoke, environment: &Environment) -> bool {
    let own = args.journal.journal.is_none();
    let path = journal::path(&args.journal, environment).ok();
    let is_absent = |path: &PathBuf| {
        let found = path.symlink_metadata();
        found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    !(own && path.as_ref().is_some_and(is_absent))
}

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
    if args.plan.is_none() && !was_begun(args, environment) {
        return print(b"nothing is open\n");
    }
    match &args.plan {
        Some(path) => execute::run(path, args, &file, environment, console, &stop),
        None => execute::resume(args, &file, environment, console, &stop),
    }
}
