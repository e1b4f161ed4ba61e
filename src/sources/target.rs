//! Targets: whether they can be opened, how their contents are named, which of them overlap.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use super::git::part;
use super::system::System;
use super::{Options, Target, exclude};

/// Why a scan can not start.
#[derive(Debug, Error)]
pub enum TargetError {
    /// Nothing stands there.
    #[error("cannot find {}", path.display())]
    Missing {
        /// As given.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("cannot open {}", path.display())]
    Unopenable {
        /// As given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A FIFO, socket or device.
    #[error("cannot scan {}: neither a file nor a folder", path.display())]
    Special {
        /// As given.
        path: PathBuf,
    },
    /// Standard input, of which a part of history is asked for.
    #[error("standard input has no history")]
    NoHistory,
    /// A part of history that can not be read there.
    #[error(transparent)]
    Part(part::PartError),
    /// A glob that does not parse, or excludes nothing.
    #[error("cannot understand the glob '{glob}'")]
    Glob {
        /// As given.
        glob: String,
        /// What is wrong with it.
        source: GlobError,
    },
}

/// What is wrong with a glob.
#[derive(Debug, Error)]
pub enum GlobError {
    /// It does not parse.
    #[error(transparent)]
    Syntax(ignore::Error),
    /// It is what ignore files pass over.
    #[error("it is empty or a comment; write a leading '#' as '\\#'")]
    Blank,
    /// It names no file.
    #[error("it matches nothing")]
    Nothing,
    /// It takes back what was excluded, and nothing was.
    #[error(
        "it takes back what a glob before it excludes, and none does; write a leading '!' as '\\!'"
    )]
    TakesBackNothing,
}

/// Opens every target and parses every glob, without reading anything.
///
/// # Errors
///
/// All that is wrong, in the order given, targets first.
pub fn check(targets: &[Target], options: &Options) -> Result<(), Vec<TargetError>> {
    let mut errors: Vec<TargetError> = targets
        .iter()
        .filter_map(|target| match target {
            Target::Stdin => options.git.part.as_ref().map(|_| TargetError::NoHistory),
            Target::Path(path) => match (check_path(path), &options.git.part) {
                (Ok(()), Some(part)) => part::check(path, part, &options.git)
                    .err()
                    .map(TargetError::Part),
                (checked, _) => checked.err(),
            },
        })
        .collect();
    let globs = exclude::check_globs(&options.exclude).into_iter();
    errors.extend(globs.map(|(index, source)| TargetError::Glob {
        glob: options.exclude[index].clone(),
        source,
    }));
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// A target that is walked.
#[derive(Debug)]
pub(super) struct Root {
    /// Where the walk starts, `.` components removed.
    pub(super) path: PathBuf,
    /// The same without links, absolute.
    pub(super) canonical: PathBuf,
    /// Whether others can stand below it.
    pub(super) is_folder: bool,
    /// Other targets below this one, relative to it; they are read for themselves.
    pub(super) inner: HashSet<PathBuf>,
    /// Reports that the run is to replace below this one, relative to it; they are left out.
    pub(super) reports: HashSet<PathBuf>,
    /// System folders below this one, relative to it; they are left out.
    pub(super) system: HashSet<PathBuf>,
    /// File systems at or below this one whose files are made up as they are read; none where all
    /// of them are left out.
    pub(super) made_up: HashSet<(u32, u32)>,
}

/// The roots to walk: each place once, the name given first wins.
pub(super) fn resolve(targets: &[Target], reports: &[PathBuf]) -> Vec<Root> {
    let mut seen = HashSet::new();
    let mut roots: Vec<Root> = Vec::new();
    for target in targets {
        let Target::Path(given) = target else {
            continue;
        };
        let path = without_dots(given);
        let canonical = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if seen.insert(canonical.clone()) {
            let is_folder = canonical.is_dir();
            roots.push(Root {
                path,
                canonical,
                is_folder,
                inner: HashSet::new(),
                reports: HashSet::new(),
                system: HashSet::new(),
                made_up: HashSet::new(),
            });
        }
    }
    let System { folders, devices } = System::read();
    // Targets are few or, named one by one by a hook, all files: only folders hold others.
    for root in &mut roots {
        let in_system = folders
            .iter()
            .any(|folder| root.canonical.starts_with(folder));
        if in_system {
            root.made_up.clone_from(&devices);
        }
        if !root.is_folder {
            continue;
        }
        if seen.len() > 1 {
            root.inner = below(&root.canonical, seen.iter());
        }
        root.reports = below(&root.canonical, reports.iter());
        if !in_system {
            root.system = below(&root.canonical, folders.iter());
        }
    }
    roots
}

/// Those of `paths` that stand below `top`, relative to it.
fn below<'p>(top: &Path, paths: impl Iterator<Item = &'p PathBuf>) -> HashSet<PathBuf> {
    paths
        .filter_map(|path| path.strip_prefix(top).ok())
        .filter(|relative| !relative.as_os_str().is_empty())
        .map(Path::to_path_buf)
        .collect()
}

/// `./a/./b` is `a/b`; `.` stays.
fn without_dots(path: &Path) -> PathBuf {
    let kept: PathBuf = path
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    match kept.as_os_str().as_encoded_bytes() {
        b"" => PathBuf::from("."),
        // The walker would read standard input.
        b"-" => PathBuf::from("./-"),
        _ => kept,
    }
}

pub(super) fn check_path(path: &Path) -> Result<(), TargetError> {
    let opened = fs::metadata(path).and_then(|metadata| {
        if metadata.is_dir() {
            fs::read_dir(path).map(|_| true)
        } else if metadata.is_file() {
            File::open(path).map(|_| true)
        } else {
            Ok(false)
        }
    });
    match opened {
        Ok(true) => Ok(()),
        Ok(false) => Err(TargetError::Special {
            path: path.to_path_buf(),
        }),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Err(TargetError::Missing {
            path: path.to_path_buf(),
        }),
        Err(source) => Err(TargetError::Unopenable {
            path: path.to_path_buf(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_left_out() {
        let check = |given: &str, expected: &str| {
            assert_eq!(
                without_dots(Path::new(given)),
                Path::new(expected),
                "{given}"
            );
            // Paths compare by component.
            assert_eq!(
                without_dots(Path::new(given)).as_os_str(),
                expected,
                "{given}"
            );
        };
        check(".", ".");
        check("./.", ".");
        check("./a/./b/", "a/b");
        check("../a", "../a");
        check("/a//b", "/a/b");
        check("-", "./-");
        check("./-", "./-");
    }
}
