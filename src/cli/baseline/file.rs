//! Writes a baseline so that nobody ever reads half of one.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

use super::super::exit::Failure;

/// Why a baseline cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the baseline {}", path.display())]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Replaces the file at `path`, or what a link there leads to, with `bytes`.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes).map_err(|source| {
        let path = path.to_owned();
        Failure::new(&WriteError { path, source }, None)
    })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (target, permissions) = match fs::canonicalize(path) {
        Ok(target) => {
            let permissions = fs::metadata(&target)?.permissions();
            (target, Some(permissions))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
        Err(error) => return Err(error),
    };
    let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", process::id()));
    let temporary = target.with_file_name(temporary);
    let written = fill(&temporary, bytes)
        .and_then(|()| permissions.map_or(Ok(()), |it| fs::set_permissions(&temporary, it)))
        .and_then(|()| fs::rename(&temporary, &target));
    written.inspect_err(|_| {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_file(&temporary);
    })
}

fn fill(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
