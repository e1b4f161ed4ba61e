//! `journal`: what was done about leaks, and whether that is all still written there.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;
use thiserror::Error;

use super::args::{JournalFile, JournalShow, JournalVerify};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::generate::print;
use crate::report::{count, escape_for_terminal};
use crate::respond::journal::{self, Chain, Event, JournalError, Record};

/// What is said of a journal that is there and holds nothing.
const EMPTY: &str = "it holds no line: nothing was written yet, or all of it was taken out";

#[derive(Debug, Error)]
#[error("no folder is known for journals")]
struct NoStateHome;

/// The journal that is named, or the user's own.
pub(super) fn path(args: &JournalFile, environment: &Environment) -> Result<PathBuf, Failure> {
    let own = || {
        let home = environment.state_home.as_ref();
        home.map(|home| home.join("patsweep").join("journal.jsonl"))
    };
    args.journal.clone().or_else(own).ok_or_else(|| {
        let hint = "name a file with --journal".to_owned();
        Failure::new(&NoStateHome, Some(hint))
    })
}

/// Shows all lines.
pub(super) fn show(args: &JournalShow, environment: &Environment) -> Result<ExitCode, Failure> {
    let path = path(&args.journal, environment)?;
    let chain = journal::inspect(&path).map_err(|error| Failure::new(&error, None))?;
    let mut text: String = chain.records.iter().map(line).collect();
    text.push_str(&tail(&chain));
    print(text.as_bytes())
}

/// Says whether nothing was changed, and nothing up to `--head` cut off.
pub(super) fn verify(args: &JournalVerify, environment: &Environment) -> Result<ExitCode, Failure> {
    let path = path(&args.journal, environment)?;
    let (text, exit) = match journal::inspect(&path) {
        Err(JournalError::Broken { source, .. }) => (format!("no: {source}\n"), Exit::NO),
        Err(error) => return Err(Failure::new(&error, None)),
        // Whatever acts writes a plan first.
        Ok(chain) if chain.records.is_empty() => (format!("no: {EMPTY}\n"), Exit::NO),
        Ok(chain) => match &args.head {
            Some(head) if !chain.holds(head) => {
                let what = "no line has that hash: the end was cut off, or it is another journal";
                (format!("no: {what}\n"), Exit::NO)
            }
            _ => (
                format!("yes: as it was written\n{}", tail(&chain)),
                Exit::Clean,
            ),
        },
    };
    print(text.as_bytes())?;
    Ok(exit.into())
}

/// The last hash, and what a crash left.
fn tail(chain: &Chain) -> String {
    let lines = count(chain.records.len() as u64, "line");
    let mut text = format!("{lines}; head {}\n", chain.head().hash);
    if chain.torn > 0 {
        text.push_str("behind them, a line that was not written to its end\n");
    }
    text
}

/// Whether a revocation is intended of what was not seen where it leaked.
fn is_unchecked(record: &Record) -> bool {
    let checked = record.evidence.pointer("/grounds/exposure_rechecked");
    record.event == Event::Intent && checked.and_then(Value::as_bool) == Some(false)
}

fn line(record: &Record) -> String {
    let mut text = format!(
        "{:>4}  {}  {:<7}",
        record.seq,
        record.at,
        record.event.as_str()
    );
    let parts = [
        &record.outcome,
        &record.c3id,
        &record.organization,
        &record.authorization_id,
    ];
    for part in parts.into_iter().flatten() {
        // Writing to a string does not fail.
        let _ = write!(text, "  {}", escape_for_terminal(part));
    }
    if is_unchecked(record) {
        text.push_str("  exposure not re-checked");
    }
    let told = |key: &str| record.evidence.get(key)?.as_str();
    if record.event == Event::Notify {
        let to = [told("channel"), told("recipient")].into_iter().flatten();
        for part in told("kind").into_iter().chain(to) {
            let _ = write!(text, "  {}", escape_for_terminal(part));
        }
    }
    if let Some(why) = told("why") {
        let _ = write!(text, "  ({})", escape_for_terminal(why));
    }
    let _ = writeln!(text, "  by {}", escape_for_terminal(&record.actor));
    text
}
