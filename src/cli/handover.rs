//! Takes tokens over: out of a report, with their values from wherever the flags say.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::args::Handover;
use super::console::Console;
use super::exit::Failure;
use super::settings::{Environment, shown};
use crate::handoff::report::{self, Handed};
use crate::handoff::{Values, recall, sealed, source, tokens};
use crate::model::{FindingId, Report, ValueFrom};
use crate::report::count;
use crate::sources;
use crate::verify::Value;

/// The tokens, and for each whether its value is at hand.
pub(super) struct Taken {
    /// All of them, as findings.
    pub(super) report: Report,
    /// Their values; none of a token that could not be had.
    pub(super) values: BTreeMap<FindingId, Value>,
}

/// Why there is nothing to take over.
#[derive(Debug, thiserror::Error)]
#[error("no token on standard input")]
struct NoToken;

/// Reads what the flags name.
pub(super) fn take(
    args: &Handover,
    environment: &Environment,
    console: Console,
    stop: &Arc<AtomicBool>,
) -> Result<Taken, Failure> {
    let handed = match &args.from {
        Some(path) => report::read(path)
            .map_err(|error| Failure::new(&error, error.flaw.hint().map(str::to_owned)))?,
        None => Handed::default(),
    };
    let mut values = Values::default();
    if let Some(root) = &args.source {
        let wanted: BTreeSet<FindingId> = handed.findings.iter().map(|it| it.id.clone()).collect();
        let options = sources::Options::default();
        let again = source::read(root, &handed, &wanted, &options, stop)
            .map_err(|error| Failure::new(&error, None))?;
        for (id, why) in &again.unavailable {
            console.note(format_args!("no value of {id}: {why}"));
        }
        values.extend(
            again
                .values
                .iter()
                .map(|(id, value)| (id.clone(), value.clone())),
        );
    }
    if let (Some(file), Some(identity)) = (&args.sealed, &args.identity) {
        let unsealed = sealed::open(file, identity).map_err(|error| Failure::new(&error, None))?;
        if unsealed.is_identity_exposed {
            let file = shown(identity);
            console.note(format_args!("others of this machine may read {file}"));
        }
        for refused in &unsealed.refused {
            console.note(format_args!(
                "line {} of the sealed file: {}",
                refused.line, refused.why
            ));
        }
        values.extend(
            unsealed
                .values
                .iter()
                .map(|(id, value)| (id.clone(), value.clone())),
        );
    }
    if args.tokens.is_some() || args.from.is_none() && args.sealed.is_none() {
        if environment.stdin_terminal {
            console.note(
                "paste tokens, one a line, then press Enter and Ctrl-D; they are not printed again",
            );
        }
        let given =
            tokens::read(&mut io::stdin().lock()).map_err(|error| Failure::new(&error, None))?;
        for refused in &given.refused {
            console.note(format_args!(
                "line {} is left out: {}",
                refused.line, refused.why
            ));
        }
        values.extend(
            given
                .values
                .iter()
                .map(|(id, value)| (id.clone(), value.clone())),
        );
        if values.is_empty() && args.from.is_none() {
            let hint = "give one a line: patsweep verify < token.txt".to_owned();
            return Err(Failure::new(&NoToken, Some(hint)));
        }
    }
    let report = recall(&handed, &values);
    let values = report.findings.iter().map(|finding| {
        let value = values.of(&finding.id);
        let value = Value {
            secret: value.map(|value| value.secret.clone()),
            from: value.map_or(ValueFrom::None, |value| value.from),
        };
        (finding.id.clone(), value)
    });
    let values: BTreeMap<_, _> = values.collect();
    let missing = values.values().filter(|value| value.secret.is_none());
    match missing.count() as u64 {
        0 => {}
        missing => console.note(format_args!(
            "the values of {} are not at hand; --source, --sealed or --tokens gives them",
            count(missing, "token")
        )),
    }
    Ok(Taken { report, values })
}
