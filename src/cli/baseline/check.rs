//! `baseline check`: whether the file is in order, and every entry still of use.

use std::fmt::Write;
use std::process::ExitCode;

use super::super::args::{BaselineCheck, Common};
use super::super::environment::Environment;
use super::super::exit::{Exit, Failure};
use super::super::generate::print;
use super::super::settings::{now, shown};
use super::{Named, found, look, path};
use crate::report::escape_for_terminal;

/// Answers, with a line for each thing that is wrong.
pub(in crate::cli) fn check(
    common: &Common,
    args: &BaselineCheck,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let named = Named::read(&path(common, &args.file, environment)?)?;
    let report = look(common, &args.looking, environment)?;
    let now = now();
    let baseline = &named.baseline;
    let mut wrong: Vec<String> = Vec::new();
    for c3id in baseline.duplicates() {
        wrong.push(format!("{c3id} has more than one entry"));
    }
    // Who checks out with other line ends has the same file.
    let bytes: Vec<u8> = named
        .bytes
        .iter()
        .copied()
        .filter(|it| *it != b'\r')
        .collect();
    if bytes != baseline.to_bytes() {
        wrong.push(
            "it is not sorted with one entry a line, as `patsweep baseline` writes it".to_owned(),
        );
    }
    let mut is_open = false;
    for entry in baseline.entries() {
        if let (Some(day), true) = (entry.expires, entry.is_expired(now)) {
            wrong.push(format!("{} expired on {day}", entry.c3id));
        }
        if found(&report, &entry.c3id).is_none() {
            if report.is_complete() {
                wrong.push(format!("{} is not found any more", entry.c3id));
            } else {
                is_open = true;
            }
        }
    }
    let path = shown(&named.path);
    let path = escape_for_terminal(&path);
    let mut text = String::new();
    for line in &wrong {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{path}: {line}");
    }
    if wrong.is_empty() {
        let entries = match baseline.entries().len() {
            1 => "1 entry".to_owned(),
            many => format!("{many} entries"),
        };
        let _ = writeln!(text, "{path}: in order, {entries}");
    }
    print(text.as_bytes())?;
    Ok(if report.interrupted {
        Exit::Interrupted
    } else if !wrong.is_empty() {
        Exit::NO
    } else if is_open {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
    .into())
}
