//! `baseline explain`: what entries are for, and whether their tokens are still there.

use std::fmt::Write;
use std::process::ExitCode;

use super::super::args::{BaselineExplain, Common};
use super::super::environment::Environment;
use super::super::exit::{Exit, Failure};
use super::super::generate::print;
use super::super::settings::now;
use super::{Named, first_place, found, look, path};
use crate::model::{Report, Timestamp};
use crate::report::{Redactor, count, escape_for_terminal};
use crate::triage::baseline::Entry;

/// Says it of one entry, or of all.
pub(in crate::cli) fn explain(
    common: &Common,
    args: &BaselineExplain,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let path = path(common, &args.file, environment)?;
    let named = Named::read(&path)?;
    let is_meant = |entry: &&Entry| args.c3id.as_ref().is_none_or(|c3id| *c3id == entry.c3id);
    let entries: Vec<&Entry> = named.baseline.entries().iter().filter(is_meant).collect();
    if let (Some(c3id), true) = (&args.c3id, entries.is_empty()) {
        let text = format!("{} is not in the baseline\n", escape_for_terminal(c3id));
        print(text.as_bytes())?;
        return Ok(Exit::NO.into());
    }
    let report = look(common, &args.looking, environment)?;
    let redactor = Redactor::new(&report);
    let now = now();
    let text: Vec<String> = entries
        .iter()
        .map(|entry| text(entry, &report, &redactor, now))
        .collect();
    print(text.join("\n").as_bytes())?;
    let is_open = entries.iter().any(|it| found(&report, &it.c3id).is_none());
    Ok(if report.interrupted {
        Exit::Interrupted
    } else if is_open && !report.is_complete() {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
    .into())
}

fn text(entry: &Entry, report: &Report, redactor: &Redactor, now: Timestamp) -> String {
    let mut text = format!("{}\n", entry.c3id);
    let mut row = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<7}  {}", escape_for_terminal(value));
    };
    row("reason", &entry.reason);
    if let Some(owner) = &entry.owner {
        row("owner", owner);
    }
    row("added", &entry.added.to_string());
    match entry.expires {
        Some(day) if entry.is_expired(now) => row("expires", &format!("{day}: it counts again")),
        Some(day) => row("expires", &day.to_string()),
        None => {}
    }
    match found(report, &entry.c3id) {
        Some(finding) => {
            let places = count(finding.occurrence_count, "place");
            let first = first_place(finding, redactor);
            row("found", &format!("in {places}, first {first}"));
        }
        None if report.is_complete() => row("found", "no: `patsweep baseline prune` removes it"),
        None => row("found", "not known: the scan was incomplete"),
    }
    text
}
