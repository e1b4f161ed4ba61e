//! `scan --seal`: hands over the tokens themselves, beside a report that never holds them.

use std::fs;
use std::path::{Path, PathBuf};

use super::args;
use super::console::Console;
use super::exit::{Complaint, Failure};
use super::output::{Destination, Output};
use super::settings::shown;
use crate::handoff::keys::Recipients;
use crate::handoff::sealed::{Seal, SealError};
use crate::model::Report;
use crate::report::count;

/// Why what is asked for cannot be sealed.
#[derive(Debug, thiserror::Error)]
enum SealArgError {
    /// A report goes there.
    #[error("a report and the sealed tokens both go to {}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
    },
}

/// Checks, before anything is read, that tokens can be sealed where and for whom it is asked.
pub(super) fn prepare(args: &args::Seal, outputs: &[Output]) -> Result<Option<Seal>, Failure> {
    let Some(path) = &args.file else {
        return Ok(None);
    };
    let recipients = Recipients::new(&args.recipient, &args.recipients_file)
        .map_err(|error| Failure::new(&error, error.hint().map(str::to_owned)))?;
    let is_here = |output: &Output| match &output.destination {
        Destination::Stdout => false,
        Destination::File(report) => is_same(report, path),
    };
    if outputs.iter().any(is_here) {
        let error = SealArgError::Report { path: path.clone() };
        return Err(Failure::new(&error, Some(ELSEWHERE.to_owned())));
    }
    let seal = Seal::prepare(path, recipients).map_err(|error| failure(&error))?;
    Ok(Some(seal))
}

/// Seals what was found, and says how much that is.
pub(super) fn finish(
    seal: Option<&Seal>,
    report: &Report,
    console: Console,
) -> Result<(), Failure> {
    let Some(seal) = seal else {
        return Ok(());
    };
    let path = shown(seal.path());
    match seal
        .write(&report.findings)
        .map_err(|error| failure(&error))?
    {
        0 => console.note(format_args!(
            "no token is proven by its checksum, so {path} is not written"
        )),
        sealed => console.note(format_args!(
            "{} {} sealed to {path}",
            count(sealed as u64, "token"),
            if sealed == 1 { "is" } else { "are" },
        )),
    }
    Ok(())
}

/// What helps against a file that is taken.
const ELSEWHERE: &str = "seal the tokens to another file";

fn failure(error: &SealError) -> Failure {
    let hint = match error {
        SealError::Exists { .. } => Some(ELSEWHERE.to_owned()),
        SealError::Write { .. } | SealError::Encrypt(_) => None,
    };
    Failure {
        complaints: vec![Complaint::new(error, hint)],
    }
}

/// Whether two paths, at which nothing may stand yet, are those of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let folder = fs::canonicalize(folder).ok();
        folder.zip(path.file_name().map(ToOwned::to_owned))
    };
    one == other || place(one).is_some_and(|one| Some(one) == place(other))
}
