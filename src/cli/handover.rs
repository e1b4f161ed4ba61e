//! Takes tokens over: out of a report, with their values from wherever the flags say.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::args::{Administrator, Handover};
use super::console::Console;
use super::environment::Environment;
use super::exit::Failure;
use super::interrupt;
use super::settings::shown;
use crate::handoff::report::{self, Handed};
use crate::handoff::{Values, recall, sealed, source, tokens};
use crate::model::{BytePath, FindingId, Problem, ProblemKind, Report, ValueFrom};
use crate::report::count;
use crate::sources;
use crate::verify::Value;

/// The tokens, and for each whether its value is at hand.
pub(super) struct Taken {
    /// All of them, as findings.
    pub(super) report: Report,
    /// Their values; none of a token that could not be had.
    pub(super) values: BTreeMap<FindingId, Value>,
    /// Those that are not where the report says, as far as was looked there.
    pub(super) missing: BTreeSet<FindingId>,
}

/// Why nothing can be taken over.
#[derive(Debug, thiserror::Error)]
enum HandoverError {
    #[error("no token on standard input")]
    NoToken,
    #[error("standard input cannot hold tokens and the secret of --auth-file at once")]
    TwiceStdin,
}

/// Refuses to read two things from standard input, before either is read.
pub(super) fn check(args: &Handover, administrator: &Administrator) -> Result<(), Failure> {
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    if reads_stdin(args) && administrator.auth_file.as_ref().is_some_and(is_stdin) {
        let hint = "name a file with --auth-file, or take the tokens from a report with --from";
        let hint = Some(hint.to_owned());
        return Err(Failure::new(&HandoverError::TwiceStdin, hint));
    }
    Ok(())
}

/// Whether tokens are taken from standard input.
fn reads_stdin(args: &Handover) -> bool {
    args.tokens.is_some() || args.from.is_none() && args.sealed.is_none()
}

/// Reads what the flags name, and from then on lets Ctrl-C set `stop`: standard input is waited for
/// as long as it takes, which nothing but the end of the program ends.
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
    let given = if reads_stdin(args) {
        Some(read_stdin(environment, console)?)
    } else {
        None
    };
    if let Err(error) = interrupt::listen(stop, console) {
        console.detail(format_args!(
            "Ctrl-C will end this without a report: {error}"
        ));
    }
    let (mut values, mut missing) = (Values::default(), BTreeSet::new());
    if let Some(root) = &args.source {
        let wanted: BTreeSet<FindingId> = handed.findings.iter().map(|it| it.id.clone()).collect();
        let options = sources::Options::default();
        let again = source::read(root, &handed, &wanted, &options, stop)
            .map_err(|error| Failure::new(&error, None))?;
        for (id, why) in &again.unavailable {
            console.note(format_args!("no value of {id}: {why}"));
        }
        let gone = again.unavailable.into_iter();
        missing.extend(gone.filter_map(|(id, why)| why.is_missing().then_some(id)));
        values.extend(again.values);
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
        values.extend(unsealed.values);
    }
    if let Some(given) = given {
        values.extend(given);
        if values.is_empty() && args.from.is_none() {
            let hint = "give one a line, such as < token.txt, or a report with --from".to_owned();
            return Err(Failure::new(&HandoverError::NoToken, Some(hint)));
        }
    }
    let mut report = recall(&handed, &values);
    if let (Some(path), true) = (&args.from, handed.is_incomplete) {
        let problem = of_incomplete_scan(path);
        console.note(format_args!("{}: {}", shown(path), problem.message));
        report.problems.push(problem);
    }
    let values = report.findings.iter().map(|finding| {
        let value = values.of(&finding.id);
        let value = Value {
            secret: value.map(|value| value.secret.clone()),
            from: value.map_or(ValueFrom::None, |value| value.from),
        };
        (finding.id.clone(), value)
    });
    let values: BTreeMap<_, _> = values.collect();
    let lacking = values.values().filter(|value| value.secret.is_none());
    match lacking.count() as u64 {
        0 => {}
        lacking => console.note(format_args!(
            "the values of {} are not at hand; --source, --sealed or --tokens gives them",
            count(lacking, "token")
        )),
    }
    Ok(Taken {
        report,
        values,
        missing,
    })
}

/// That the report at `path` may lack tokens.
fn of_incomplete_scan(path: &Path) -> Problem {
    Problem {
        path: BytePath::from(path),
        kind: ProblemKind::Report,
        message: "the scan that wrote it did not read everything, so that it may lack tokens"
            .to_owned(),
    }
}

/// The tokens on standard input.
fn read_stdin(environment: &Environment, console: Console) -> Result<Values, Failure> {
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
    Ok(given.values)
}
