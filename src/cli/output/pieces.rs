//! A report that no service would take in one file, in several beside it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Audience, OutputError, ReportFile};
use crate::cli::console::Console;
use crate::cli::settings::shown;
use crate::model::Report;
use crate::report::{self, Format, Options, Piece};

/// So much of a file tells whether it is a piece.
const HEAD_BYTES: u64 = 1 << 10;

/// Writes `report` to `file`, or its pieces to files beside it: then there is none of the name that
/// was given, for it would be an older report. Pieces of older ones go, too.
pub(super) fn write(
    file: &ReportFile,
    audience: Audience,
    report: &Report,
    format: Format,
    options: &Options<'_>,
    console: Console,
) -> Result<(), OutputError> {
    let pieces = match file.replaced() {
        Some(_) => report::pieces(report, format, options),
        // There is nothing beside a pipe.
        None => Vec::new(),
    };
    let numbered = pieces.iter().filter_map(Piece::number).count();
    if numbered == 0 {
        file.write(audience, |out| report::write(report, format, options, out))?;
    } else {
        for (piece, path) in pieces.iter().zip(beside(file.given())) {
            ReportFile::open(&path)?.write(audience, |out| {
                report::write_piece(report, piece, format, options, out)
            })?;
        }
        file.remove()?;
        console.note(format_args!(
            "the {} report is in {numbered} files, {} to {}, for services would not read all of one",
            format.name(),
            shown(&numbered_name(file.given(), 1)),
            shown(&numbered_name(file.given(), numbered)),
        ));
    }
    for path in older(file.given()).skip(numbered) {
        if fs::remove_file(path).is_err() {
            break;
        }
    }
    Ok(())
}

/// The pieces of the report `path` that are there.
pub(in crate::cli) fn older(path: &Path) -> impl Iterator<Item = PathBuf> {
    beside(path).take_while(|path| {
        let mut head = Vec::new();
        let read = File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
        read.is_ok() && report::is_piece(&head)
    })
}

/// What is said of a report on standard output that is too large for those who read it.
pub(super) fn too_large(format: Format) -> String {
    let name = format.name();
    format!(
        "services would not read all of this {name} report; `-f {name} -o FILE` writes several files"
    )
}

/// The files of the pieces of the report `path`.
fn beside(path: &Path) -> impl Iterator<Item = PathBuf> {
    (1..).map(|number| numbered_name(path, number))
}

/// `out.2.sarif` of `out.sarif`.
fn numbered_name(path: &Path, number: usize) -> PathBuf {
    let mut name = OsString::from(path.file_stem().unwrap_or_default());
    name.push(format!(".{number}."));
    name.push(path.extension().unwrap_or("sarif".as_ref()));
    path.with_file_name(name)
}
