//! Report files: known to be writable before the scan, and whole once they are there.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process;

use super::OutputError;
use crate::report;
use crate::rules::input::is_descriptor;

/// So much of either end of a file tells whether it is a report.
const END_BYTES: u64 = 1 << 20;

/// Who may read a report file that is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Audience {
    /// Whoever may read the user's files.
    Usual,
    /// The user alone, for it holds tokens.
    OwnerOnly,
}

/// A file to which a report goes.
#[derive(Debug)]
pub(in crate::cli) struct ReportFile {
    /// As given.
    given: PathBuf,
    way: Way,
}

/// How a file is written.
#[derive(Debug)]
enum Way {
    /// A device, a pipe or a descriptor: as it is. It stays open, for a reader of a pipe leaves when
    /// its last writer does.
    Open(File),
    /// A regular file or none: under another name in the same folder, then renamed.
    Replace { temporary: PathBuf, target: PathBuf },
}

impl ReportFile {
    /// Makes sure that `path` can be written. Leaves nothing behind.
    pub(super) fn open(path: &Path) -> Result<Self, OutputError> {
        let way = Way::to(path).map_err(|source| write_error(path, source))?;
        let file = Self {
            given: path.to_owned(),
            way,
        };
        if let Way::Replace { temporary, target } = &file.way {
            let refused = is_foreign(target).and_then(|is_foreign| {
                create(temporary, Audience::OwnerOnly)?;
                fs::remove_file(temporary)?;
                Ok(is_foreign)
            });
            if refused.map_err(|source| write_error(path, source))? {
                return Err(OutputError::Foreign { path: file.given });
            }
        }
        Ok(file)
    }

    /// As given.
    pub(in crate::cli) fn given(&self) -> &Path {
        &self.given
    }

    /// The file that is replaced, without links; `None` of what is no regular file.
    pub(in crate::cli) fn replaced(&self) -> Option<&Path> {
        match &self.way {
            Way::Open(_) => None,
            Way::Replace { target, .. } => Some(target),
        }
    }

    /// Removes what was to be replaced, if there is something.
    pub(super) fn remove(&self) -> Result<(), OutputError> {
        match self.replaced().map(fs::remove_file) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
                Err(write_error(&self.given, error))
            }
            _ => Ok(()),
        }
    }

    /// Writes it with `write`. A regular file is replaced at once, so that nobody reads half of it.
    pub(in crate::cli) fn write(
        &self,
        audience: Audience,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), OutputError> {
        let written = match &self.way {
            Way::Open(file) => fill(file, write),
            Way::Replace { temporary, target } => create(temporary, audience)
                .and_then(|file| fill(&file, write))
                .and_then(|()| fs::rename(temporary, target))
                .inspect_err(|_| {
                    // What is left of it is of no use to anybody.
                    let _ = fs::remove_file(temporary);
                }),
        };
        written.map_err(|source| write_error(&self.given, source))
    }
}

impl Way {
    fn to(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) if !metadata.is_file() || is_descriptor(path) => {
                open_as_it_is(path, &metadata).map(Self::Open)
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound || is_descriptor(path) => {
                Err(error)
            }
            _ => Self::replace(path),
        }
    }

    fn replace(path: &Path) -> io::Result<Self> {
        let target = without_links(path)?;
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

/// The absolute path without links at which a file stands, or will once it is written: a link
/// stays one, and what it points at is written, whether or not that exists.
pub(super) fn without_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    loop {
        match fs::canonicalize(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // Links in a circle end here, too.
            found => return found,
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        match (fs::read_link(&path), path.file_name()) {
            (Ok(next), _) => path = folder.join(next),
            (Err(_), Some(name)) => return Ok(fs::canonicalize(folder)?.join(name)),
            (Err(error), None) => return Err(error),
        }
    }
}

/// Whether standard output goes to the regular file at `path`.
#[cfg(unix)]
pub(super) fn is_stdout(path: &Path) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let (Ok(stdout), Ok(file)) = (stdout.and_then(|it| it.metadata()), fs::metadata(path)) else {
        return false;
    };
    file.is_file() && (file.dev(), file.ino()) == (stdout.dev(), stdout.ino())
}

/// Not known here.
#[cfg(not(unix))]
pub(super) fn is_stdout(_: &Path) -> bool {
    false
}

/// Opens what is written as it is. What already stands behind a descriptor stays.
fn open_as_it_is(path: &Path, metadata: &Metadata) -> io::Result<File> {
    let mut options = OpenOptions::new();
    if is_descriptor(path) {
        options.append(true);
    } else {
        options.write(true);
    }
    // Held until the pipe is open for good: then there is somebody to write to.
    let _reader = meet_reader(&options, path, metadata)?;
    options.open(path)
}

/// Opens a pipe if somebody reads from it, without waiting for that; nothing but a pipe.
#[cfg(unix)]
fn meet_reader(
    options: &OpenOptions,
    path: &Path,
    metadata: &Metadata,
) -> io::Result<Option<File>> {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    if !metadata.file_type().is_fifo() {
        return Ok(None);
    }
    let opened = options.clone().custom_flags(libc::O_NONBLOCK).open(path);
    opened.map(Some).map_err(|error| {
        if error.raw_os_error() == Some(libc::ENXIO) {
            io::Error::new(error.kind(), "nobody reads from this pipe")
        } else {
            error
        }
    })
}

/// Pipes have no names in folders here.
#[cfg(not(unix))]
fn meet_reader(_: &OpenOptions, _: &Path, _: &Metadata) -> io::Result<Option<File>> {
    Ok(None)
}

/// Whether a file holds what is neither a report nor nothing.
fn is_foreign(path: &Path) -> io::Result<bool> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    let size = file.metadata()?.len();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    (&file).take(END_BYTES).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(size.saturating_sub(END_BYTES)))?;
    (&file).take(END_BYTES).read_to_end(&mut tail)?;
    Ok(!head.is_empty() && !report::is_report(&head, &tail))
}

fn fill(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush()
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

fn write_error(path: &Path, source: io::Error) -> OutputError {
    OutputError::Write {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) -> Result<(), OutputError> {
        ReportFile::open(path)?.write(Audience::Usual, |out| out.write_all(text.as_bytes()))
    }

    #[test]
    fn files_are_replaced_whole_or_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report");
        write(&path, REPORT).expect("a report");
        let file = ReportFile::open(&path).expect("a folder that can be written");
        let left = || fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!((fs::read(&path).expect("it"), left()), (REPORT.into(), 1));
        let failed = file.write(Audience::Usual, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(
            failed.expect_err("a write that fails").to_string(),
            format!("cannot write report to {}", path.display())
        );
        assert_eq!((fs::read(&path).expect("it"), left()), (REPORT.into(), 1));
        file.write(Audience::Usual, |out| out.write_all(b"new"))
            .expect("a report");
        assert_eq!((fs::read(&path).expect("it"), left()), (b"new".into(), 1));
    }

    /// As a text report ends.
    const REPORT: &str = "no leaked tokens in 1 file, 6 bytes in 0.01 s · complete\n";

    #[test]
    fn only_reports_and_empty_files_are_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        let long = format!("{}\n{REPORT}", "-".repeat(3 << 20));
        for (text, may) in [
            ("", true),
            (REPORT, true),
            (&long, true),
            ("notes\n", false),
            (&"-".repeat(3 << 20), false),
        ] {
            fs::write(&path, text).expect("a file");
            let opened = ReportFile::open(&path).map(drop).map_err(|e| e.to_string());
            let foreign = format!("{} holds something else than a report", path.display());
            assert_eq!(opened, if may { Ok(()) } else { Err(foreign) });
            assert_eq!(fs::read(&path).expect("the file"), text.as_bytes());
        }
    }

    #[test]
    fn what_cannot_be_written_is_known_before_the_scan() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let kind = |path: &Path| match ReportFile::open(path) {
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
        let file = ReportFile::open(&path).expect("a folder that can be written");
        file.write(Audience::OwnerOnly, |out| out.write_all(b"x"))
            .expect("a report");
        let metadata = fs::metadata(&path).expect("the report");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_wherever_it_leads() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sub")).expect("a folder");
        fs::write(at("live"), "").expect("a file");
        for (link, to, file) in [
            ("to-live", "live", "live"),
            ("to-none", "sub/none", "sub/none"),
            ("to-link", "to-none", "sub/none"),
            ("sub/up", "../new", "new"),
        ] {
            symlink(to, at(link)).expect("a link");
            write(&at(link), REPORT).expect("a report");
            assert_eq!(fs::read(at(file)).expect("the file"), REPORT.as_bytes());
            let metadata = fs::symlink_metadata(at(link)).expect("the link");
            assert!(metadata.is_symlink(), "{link}");
        }
        symlink("circle", at("circle")).expect("a link");
        write(&at("circle"), REPORT).expect_err("nowhere to write");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_to_if_somebody_reads() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fifo = folder.path().join("fifo");
        let made = process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.expect("mkfifo").success());
        match ReportFile::open(&fifo) {
            Err(OutputError::Write { source, .. }) => {
                assert_eq!(source.to_string(), "nobody reads from this pipe");
            }
            other => panic!("{other:?}"),
        }
        // Opened for both, it waits for nobody.
        let mut options = OpenOptions::new();
        let mut reader = options.read(true).write(true).open(&fifo).expect("a pipe");
        write(&fifo, "text").expect("a report");
        let mut read = [0; 4];
        reader.read_exact(&mut read).expect("a report");
        assert_eq!(&read, b"text");
    }
}
