//! Where reports go: standard output, and files that appear whole when the scan has ended.

mod file;
mod pieces;
mod write;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::args::OutputArg;
use crate::report::Format;

pub(super) use file::{Audience, ReportFile};
pub(super) use pieces::older;
pub(super) use write::{stdout, write};

/// One report to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    /// In which format.
    pub(super) format: Format,
    /// Where to.
    pub(super) destination: Destination,
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// A report that can be written.
#[derive(Debug)]
pub(super) enum Opened {
    /// To standard output.
    Stdout(Format),
    /// To a file.
    File(Format, ReportFile),
}

/// A file that the run reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'i> {
    /// As given.
    pub(super) path: &'i Path,
    /// What it is read for.
    pub(super) role: Role,
}

/// What a file is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is to be scanned.
    Target,
    /// It is the configuration.
    Configuration,
    /// Rules stand in it.
    Rules,
    /// It says what is known.
    Baseline,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Target => "which is to be scanned",
            Self::Configuration => "which is the configuration",
            Self::Rules => "which holds rules",
            Self::Baseline => "which is the baseline",
        })
    }
}

/// Why the reports that are asked for cannot be written.
#[derive(Debug, Error)]
pub(super) enum OutputError {
    /// Two reports for standard output.
    #[error("{} and {} both go to standard output", first.name(), second.name())]
    TwoOnStdout {
        /// One format.
        first: Format,
        /// The other.
        second: Format,
    },
    /// Two reports for one file.
    #[error("two reports go to {}{}", second.display(), also(first, second))]
    SameFile {
        /// The file, as it is named first.
        first: PathBuf,
        /// The file, as it is named then.
        second: PathBuf,
    },
    /// One report for standard output, and one for the file that this is.
    #[error("two reports go to {}, which is standard output", path.display())]
    StdoutFile {
        /// The file.
        path: PathBuf,
    },
    /// The run reads the file.
    #[error("a report would replace {}, {role}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What it is read for.
        role: Role,
    },
    /// The file is somebody's.
    #[error("{} holds something else than a report", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write report to {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Standard output cannot be written.
    #[error("cannot write report to standard output")]
    Stdout(#[source] io::Error),
}

impl OutputError {
    /// What to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::TwoOnStdout { .. } => {
                Some("name a file after the first format: -f json -o report.json -f text".into())
            }
            Self::Input { .. } => Some("write the report to another file".into()),
            Self::Foreign { .. } => {
                Some("remove it first, or write the report to another file".into())
            }
            Self::SameFile { .. } | Self::StdoutFile { .. } => {
                Some("give each report a file of its own".into())
            }
            Self::Write { .. } | Self::Stdout(_) => None,
        }
    }
}

/// The other name of a file that has two.
fn also(first: &Path, second: &Path) -> String {
    if first.as_os_str() == second.as_os_str() {
        String::new()
    } else {
        format!(", which is {}", first.display())
    }
}

/// Pairs formats and files: a file takes the nearest format before it, `default` if there is none;
/// a format that no file takes goes to standard output, which takes one.
pub(super) fn plan(order: &[OutputArg], default: Format) -> Result<Vec<Output>, OutputError> {
    let mut outputs = Vec::new();
    let mut current = default;
    // A format that no file has taken so far.
    let mut waiting = if order.is_empty() {
        Some(default)
    } else {
        None
    };
    for arg in order {
        match arg {
            OutputArg::Format(format) => {
                if let Some(format) = waiting.replace(*format) {
                    outputs.push(Output {
                        format,
                        destination: Destination::Stdout,
                    });
                }
                current = *format;
            }
            OutputArg::File(path) => {
                waiting = None;
                let destination = if path.as_os_str() == "-" {
                    Destination::Stdout
                } else {
                    Destination::File(path.clone())
                };
                outputs.push(Output {
                    format: current,
                    destination,
                });
            }
        }
    }
    outputs.extend(waiting.map(|format| Output {
        format,
        destination: Destination::Stdout,
    }));
    let on_stdout = outputs
        .iter()
        .filter(|output| output.destination == Destination::Stdout);
    match on_stdout.collect::<Vec<_>>()[..] {
        [first, second, ..] => Err(OutputError::TwoOnStdout {
            first: first.format,
            second: second.format,
        }),
        _ => Ok(outputs),
    }
}

/// Opens all that is to be written, and makes sure that no file is written twice, and none of
/// `inputs`.
///
/// # Errors
///
/// All that is wrong, in the order of `outputs`.
pub(super) fn open(
    outputs: &[Output],
    inputs: &[Input<'_>],
) -> Result<Vec<Opened>, Vec<OutputError>> {
    let mut opened = Vec::new();
    let mut errors = Vec::new();
    let mut places: Vec<(&Path, PathBuf)> = Vec::new();
    for output in outputs {
        let Destination::File(path) = &output.destination else {
            opened.push(Opened::Stdout(output.format));
            continue;
        };
        let place = file::without_links(path).unwrap_or_else(|_| path.clone());
        let same = places.iter().find(|(_, other)| *other == place);
        let input = inputs
            .iter()
            .filter(|_| !place.is_dir())
            .find(|input| fs::canonicalize(input.path).is_ok_and(|path| path == place));
        let uses_stdout = |output: &Output| output.destination == Destination::Stdout;
        let result = match (same, input) {
            _ if outputs.iter().any(uses_stdout) && file::is_stdout(path) => {
                Err(OutputError::StdoutFile { path: path.clone() })
            }
            (Some((first, _)), _) => Err(OutputError::SameFile {
                first: (*first).to_owned(),
                second: path.clone(),
            }),
            (None, Some(input)) => Err(OutputError::Input {
                path: path.clone(),
                role: input.role,
            }),
            (None, None) => ReportFile::open(path),
        };
        places.push((path, place));
        match result {
            Ok(file) => opened.push(Opened::File(output.format, file)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(opened)
    } else {
        Err(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-f` and `-o` as on the command line: `json >a` means `-f json -o a`.
    fn planned(text: &str) -> Result<String, String> {
        let order: Vec<OutputArg> = text
            .split_whitespace()
            .map(|word| match word.strip_prefix('>') {
                Some(file) => OutputArg::File(file.into()),
                None => OutputArg::Format(Format::parse(word).expect("a format")),
            })
            .collect();
        let shown = |output: Output| match output.destination {
            Destination::Stdout => output.format.name().to_owned(),
            Destination::File(path) => format!("{}>{}", output.format.name(), path.display()),
        };
        plan(&order, Format::Text)
            .map(|outputs| outputs.into_iter().map(shown).collect::<Vec<_>>().join(" "))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_takes_the_nearest_format_before_it() {
        for (given, expected) in [
            ("", Ok("text")),
            ("json", Ok("json")),
            (">a", Ok("text>a")),
            ("json >a", Ok("json>a")),
            (">a json", Ok("text>a json")),
            ("json >a >b", Ok("json>a json>b")),
            ("json >a text", Ok("json>a text")),
            ("text json >a", Ok("text json>a")),
            ("json >a sarif >b", Ok("json>a sarif>b")),
            ("json >a >-", Ok("json>a json")),
            ("json text", Err("json and text both go to standard output")),
            ("json json", Err("json and json both go to standard output")),
            (">- text", Err("text and text both go to standard output")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(planned(given), expected, "{given}");
        }
    }
}
