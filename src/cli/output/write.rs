//! Writes a report to every place that it goes to.

use std::io::{self, BufWriter, Write};

use super::{Audience, Opened, OutputError, pieces};
use crate::cli::console::Console;
use crate::cli::exit::{Complaint, Failure};
use crate::model::Report;
use crate::report::{self, Secrets};

/// Writes `report` to all `outputs`; only standard output is coloured. What no service would take
/// in one file is written to several, and said.
///
/// # Errors
///
/// All that cannot be written; the others are.
pub(in crate::cli) fn write(
    outputs: &[Opened],
    options: &report::Options<'_>,
    report: &Report,
    console: Console,
) -> Result<(), Failure> {
    let mut complaints = Vec::new();
    for output in outputs {
        let written = match output {
            &Opened::Stdout(format) => {
                if report::pieces(report, format, options).len() > 1 {
                    console.note(pieces::too_large(format));
                }
                stdout(|out| report::write(report, format, options, out))
            }
            Opened::File(format, file) => {
                let options = report::Options {
                    color: report::Color::Plain,
                    ..*options
                };
                let audience = match options.secrets {
                    Secrets::Show => Audience::OwnerOnly,
                    Secrets::Redact => Audience::Usual,
                };
                pieces::write(file, audience, report, *format, &options, console)
            }
        };
        let complaint = |error: OutputError| Complaint::new(&error, error.hint());
        complaints.extend(written.err().map(complaint));
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(Failure { complaints })
    }
}

/// Writes to standard output. A reader that has seen enough is no error: the exit code still says
/// what was found.
pub(in crate::cli) fn stdout(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), OutputError> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(OutputError::Stdout),
    }
}
