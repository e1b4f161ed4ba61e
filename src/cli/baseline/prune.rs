//! `baseline prune`: takes out what is of no use any more.

use std::fmt::Write;
use std::process::ExitCode;

use super::super::args::{BaselinePrune, Common};
use super::super::environment::Environment;
use super::super::exit::Failure;
use super::super::generate::print;
use super::super::settings::{now, shown};
use super::{Named, ending, found, look, path};
use crate::report::escape_for_terminal;

/// Takes out what has expired, and what a complete scan does not find.
pub(in crate::cli) fn prune(
    common: &Common,
    args: &BaselinePrune,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let mut named = Named::read(&path(common, &args.file, environment)?)?;
    let report = look(common, &args.looking, environment)?;
    let now = now();
    // What was not read may hold it.
    let gone = |c3id: &str| report.is_complete() && found(&report, c3id).is_none();
    let pruned = named
        .baseline
        .prune(|entry| !entry.is_expired(now) && !gone(&entry.c3id));
    named.save()?;
    let mut text = String::new();
    for entry in &pruned {
        let why = match entry.expires {
            Some(day) if entry.is_expired(now) => format!("expired on {day}"),
            _ => "not found any more".to_owned(),
        };
        let reason = escape_for_terminal(&entry.reason);
        // Writing to a string does not fail.
        let _ = writeln!(text, "removed  {}  {why}  ({reason})", entry.c3id);
    }
    let path = shown(&named.path);
    let _ = writeln!(
        text,
        "{} removed, {} kept: {}",
        pruned.len(),
        named.baseline.entries().len(),
        escape_for_terminal(&path)
    );
    print(text.as_bytes())?;
    Ok(ending(&report).into())
}
