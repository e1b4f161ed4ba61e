//! Where reports go: standard output, and files that appear whole when the scan has ended.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;

use thiserror::Error;

use super::args::OutputArg;
use crate::report::Format;
use crate::sources::Target;

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
    #[error("two reports go to {}", path.display())]
    SameFile {
        /// The file.
        path: PathBuf,
    },
    /// The file is to be scanned.
    #[error("a report would replace {}, which is to be scanned", path.display())]
    Target {
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
            Self::Target { .. } => Some("write the report to another file".into()),
            Self::SameFile { .. } => Some("give each report a file of its own".into()),
            Self::Write { .. } | Self::Stdout(_) => None,
        }
    }
}

/// Who may read a report file that is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Whoever may read the user's files.
    Usual,
    /// The user alone, for it holds tokens.
    OwnerOnly,
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
    for (index, output) in outputs.iter().enumerate() {
        let same = outputs[..index]
            .iter()
            .find(|other| other.destination == output.destination);
        match (same, &output.destination) {
            (None, _) => {}
            (Some(other), Destination::Stdout) => {
                return Err(OutputError::TwoOnStdout {
                    first: other.format,
                    second: output.format,
                });
            }
            (Some(_), Destination::File(path)) => {
                return Err(OutputError::SameFile { path: path.clone() });
            }
        }
    }
    Ok(outputs)
}

/// Makes sure before the scan that a file can be written after it, and is none of those named as
/// `targets`. Leaves nothing behind.
pub(super) fn probe(path: &Path, targets: &[Target]) -> Result<(), OutputError> {
    let failed = |source| OutputError::Write {
        path: path.to_owned(),
        source,
    };
    let real = fs::canonicalize(path).ok();
    let is_real = |target: &Target| match target {
        Target::Stdin => false,
        Target::Path(target) => real.is_some() && fs::canonicalize(target).ok() == real,
    };
    if !path.is_dir() && targets.iter().any(is_real) {
        return Err(OutputError::Target {
            path: path.to_owned(),
        });
    }
    match Way::to(path).map_err(failed)? {
        Way::Open => OpenOptions::new()
            .write(true)
            .open(path)
            .map(drop)
            .map_err(failed),
        Way::Replace { temporary, .. } => create(&temporary, Audience::OwnerOnly)
            .and_then(|file| {
                drop(file);
                fs::remove_file(&temporary)
            })
            .map_err(failed),
    }
}

/// Writes a file with `write`. A regular file is replaced at once, so that nobody reads half of it.
pub(super) fn write_file(
    path: &Path,
    audience: Audience,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), OutputError> {
    let failed = |source| OutputError::Write {
        path: path.to_owned(),
        source,
    };
    let fill = |file: File| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    };
    match Way::to(path).map_err(failed)? {
        Way::Open => OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(fill)
            .map_err(failed),
        Way::Replace { temporary, target } => create(&temporary, audience)
            .and_then(fill)
            .and_then(|()| fs::rename(&temporary, target))
            .map_err(|source| {
                // What is left of it is of no use to anybody.
                let _ = fs::remove_file(&temporary);
                failed(source)
            }),
    }
}

/// How a file is written.
enum Way {
    /// A device, pipe or the like: as it is.
    Open,
    /// A regular file or none: under another name in the same folder, then renamed.
    Replace { temporary: PathBuf, target: PathBuf },
}

impl Way {
    fn to(path: &Path) -> io::Result<Self> {
        let target = match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(meta) if !meta.is_file() => return Ok(Self::Open),
            // A link stays one: what it points at is replaced.
            Ok(_) => fs::canonicalize(path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error),
        };
        let Some(name) = target.file_name() else {
            return Err(io::ErrorKind::InvalidFilename.into());
        };
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}.tmp", process::id()));
        Ok(Self::Replace {
            temporary: target.with_file_name(temporary),
            target,
        })
    }
}

/// Creates a file that must not exist.
fn create(path: &Path, audience: Audience) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if audience == Audience::OwnerOnly {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = audience;
    options.open(path)
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
            ("json >a sarif >a", Err("two reports go to a")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(planned(given), expected, "{given}");
        }
    }

    #[test]
    fn files_are_replaced_whole_or_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report");
        fs::write(&path, "old").expect("a file");
        probe(&path, &[]).expect("a folder that can be written");
        assert_eq!(fs::read(&path).expect("the old file"), b"old");
        let failed = write_file(&path, Audience::Usual, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(
            failed.expect_err("a write that fails").to_string(),
            format!("cannot write report to {}", path.display())
        );
        assert_eq!(fs::read(&path).expect("the old file"), b"old");
        write_file(&path, Audience::Usual, |out| out.write_all(b"new")).expect("a report");
        assert_eq!(fs::read(&path).expect("the new file"), b"new");
        let left: Vec<_> = fs::read_dir(folder.path()).expect("the folder").collect();
        assert_eq!(left.len(), 1, "nothing is left beside the report: {left:?}");
    }

    #[test]
    fn what_cannot_be_written_is_known_before_the_scan() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let kind = |path: &Path| match probe(path, &[]) {
            Err(OutputError::Write { source, .. }) => Some(source.kind()),
            _ => None,
        };
        assert_eq!(kind(folder.path()), Some(io::ErrorKind::IsADirectory));
        assert_eq!(
            kind(&folder.path().join("missing/report")),
            Some(io::ErrorKind::NotFound)
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_report_with_tokens_is_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report");
        write_file(&path, Audience::OwnerOnly, |out| out.write_all(b"x")).expect("a report");
        let mode = fs::metadata(&path)
            .expect("the report")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").expect("a file");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        write_file(&link, Audience::Usual, |out| out.write_all(b"new")).expect("a report");
        assert_eq!(fs::read(&file).expect("the file"), b"new");
        assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    }
}
