//! Walks the targets in parallel and decides what becomes of each entry.

use std::collections::HashMap;
use std::fs::{File, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::exclude::{Disobeyed, Excluder};
use super::file::Reader;
use super::git::repository;
use super::git_folder::{self, Part};
use super::target::Root;
use super::{MAX_JOBS, Options, Sinks, system};
use crate::model::{ProblemKind, SkipReason};

/// Walks `roots`, which are not empty, on `options.jobs` threads.
///
/// Returns the git folders that were met: folders, and the files in work trees that name one.
pub(super) fn walk(roots: &[Root], options: &Options, sinks: &Sinks<'_>) -> Vec<PathBuf> {
    let mut builder = WalkBuilder::from_iter(roots.iter().map(|root| &root.path));
    // Excluded entries must be counted, hence seen: `Excluder` decides, not the walker.
    builder
        .standard_filters(false)
        .same_file_system(options.one_file_system);
    builder.threads(options.jobs.clamp(1, MAX_JOBS));
    let (excluder, disobeyed) = Excluder::new(roots, options);
    let met = Mutex::default();
    let mut walk = Walk {
        roots,
        by_path: roots
            .iter()
            .enumerate()
            .map(|(at, root)| (root.path.as_path(), at))
            .collect(),
        excluder: &excluder,
        disobeyed,
        options,
        sinks,
        met: &met,
    };
    builder.build_parallel().visit(&mut walk);
    met.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// What all threads share.
struct Walk<'w, 's> {
    roots: &'w [Root],
    by_path: HashMap<&'w Path, usize>,
    excluder: &'w Excluder,
    /// Told by the first visitor that is built.
    disobeyed: Vec<Disobeyed>,
    options: &'w Options,
    sinks: &'w Sinks<'s>,
    /// Git folders.
    met: &'w Mutex<Vec<PathBuf>>,
}

impl<'w, 's: 'w> ParallelVisitorBuilder<'w> for Walk<'w, 's> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'w> {
        let mut visitor = Visitor {
            roots: self.roots,
            by_path: self.by_path.clone(),
            excluder: self.excluder,
            options: self.options,
            sinks: self.sinks,
            met: self.met,
            reader: None,
            devices: HashMap::new(),
            checked_out: HashMap::new(),
        };
        visitor.disobeyed(std::mem::take(&mut self.disobeyed));
        Box::new(visitor)
    }
}

/// One thread of the walk.
struct Visitor<'w, 's> {
    roots: &'w [Root],
    by_path: HashMap<&'w Path, usize>,
    excluder: &'w Excluder,
    options: &'w Options,
    sinks: &'w Sinks<'s>,
    met: &'w Mutex<Vec<PathBuf>>,
    /// Made when first needed: the walker builds one visitor more than it has threads.
    reader: Option<Reader<'w>>,
    /// The file system of each root, with `--one-file-system`.
    devices: HashMap<usize, Option<u64>>,
    /// Which folders are in work trees, with `--no-worktree`.
    checked_out: HashMap<PathBuf, bool>,
}

/// Where an entry stands.
struct Place<'p> {
    root: usize,
    path: &'p Path,
    relative: &'p Path,
}

impl ParallelVisitor for Visitor<'_, '_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        if self.reader().stopped() {
            return WalkState::Quit;
        }
        match entry {
            Ok(entry) => self.entry(&entry),
            Err(error) => {
                self.failed(error);
                WalkState::Continue
            }
        }
    }
}

impl<'w, 's: 'w> Visitor<'w, 's> {
    fn reader(&mut self) -> &mut Reader<'w> {
        self.reader
            .get_or_insert_with(|| Reader::new(self.options, (self.sinks)()))
    }

    fn entry(&mut self, entry: &DirEntry) -> WalkState {
        let path = entry.path();
        let (root, relative) = self.locate(path, entry.depth());
        let place = Place {
            root,
            path,
            relative,
        };
        let Some(kind) = entry.file_type() else {
            return WalkState::Continue;
        };
        if entry.depth() > 0
            && let Some(state) = self.left_out(&place, kind)
        {
            return state;
        }
        let reader = self.reader();
        reader.stand_at(path);
        if let Some(name) = path.file_name() {
            reader.name(name.as_encoded_bytes());
        }
        if kind.is_dir() {
            let disobeyed = self.excluder.enter(path);
            self.disobeyed(disobeyed);
            self.named(path);
        } else if kind.is_file() {
            self.file(&place, entry.depth());
            self.named(path);
        } else if kind.is_symlink() {
            reader.skip(SkipReason::Link);
            self.named(path);
        } else {
            reader.skip(SkipReason::Special);
        }
        WalkState::Continue
    }

    /// Reads a file. Where the kernel makes up what is read, not all of it is text; what is named
    /// is read whatever it is.
    fn file(&mut self, place: &Place<'_>, depth: usize) {
        let devices = &self.roots[place.root].made_up;
        let is_made_up = !devices.is_empty()
            && device(place.path).is_some_and(|device| devices.contains(&numbers(device)));
        let name = place.path.file_name().unwrap_or_default();
        // One problem is enough.
        let is_told = self.excluder.told_of(place.path) && File::open(place.path).is_err();
        let reader = self.reader();
        if is_told {
            reader.skip(SkipReason::Unreadable);
        } else if !is_made_up {
            reader.file(place.path);
        } else if depth > 0 && system::is_no_text(name.as_encoded_bytes()) {
            reader.skip(SkipReason::Special);
        } else {
            reader.made_up_file(place.path);
        }
    }

    /// The root that an entry was reached from, and its path below it.
    fn locate<'p>(&self, path: &'p Path, depth: usize) -> (usize, &'p Path) {
        let top = path.ancestors().nth(depth).unwrap_or(path);
        let root = match self.roots {
            [_] => 0,
            _ => self.by_path.get(top).copied().unwrap_or(0),
        };
        let relative = path
            .strip_prefix(&self.roots[root].path)
            .unwrap_or(Path::new(""));
        (root, relative)
    }

    /// What to do with an entry that is not read, counting it if it is eligible.
    fn left_out(&mut self, place: &Place<'_>, kind: FileType) -> Option<WalkState> {
        let root = &self.roots[place.root];
        let is_folder = kind.is_dir();
        if root.inner.contains(place.relative) && !kind.is_symlink() {
            return Some(WalkState::Skip);
        }
        let is_replaced = kind.is_file() && root.reports.contains(place.relative);
        let reason = if is_replaced
            || self
                .excluder
                .excludes(root, place.path, place.relative, is_folder)
        {
            SkipReason::Excluded
        } else if is_folder && self.is_foreign(place) {
            SkipReason::FileSystem
        } else if let Some(part) = git_folder::part(place.path, is_folder || kind.is_symlink()) {
            return self.part(place.path, part);
        } else if !self.options.git.worktree && self.is_checked_out(place.path, is_folder) {
            return Some(WalkState::Continue);
        } else {
            return None;
        };
        let reader = self.reader();
        reader.stand_at(place.path);
        reader.skip(reason);
        Some(WalkState::Skip)
    }

    /// What to do with a part of a git folder that is not read as files when history is read.
    fn part(&self, path: &Path, part: Part) -> Option<WalkState> {
        if part == Part::Objects
            && let Some(git) = path.parent()
        {
            self.meet(git);
        }
        let is_read = matches!(part, Part::Logs | Part::Lfs) && !self.options.git.history;
        (!is_read).then_some(WalkState::Skip)
    }

    /// Meets what is called `.git`, or what a file or link of that name leads to.
    fn named(&mut self, path: &Path) {
        if path.file_name().is_none_or(|name| name != ".git") {
            return;
        }
        self.meet(path);
        if let Some(missing) = repository::missing(path).filter(|_| self.options.git.history) {
            let missing = missing.display();
            self.reader().problem(
                ProblemKind::References,
                format!("its history is not read: {missing} is not there, or no git folder"),
            );
        }
    }

    fn meet(&self, git: &Path) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.push(git.to_path_buf());
    }

    /// Whether a file is of a work tree, and not of git, as the file is that names a git folder.
    fn is_checked_out(&mut self, path: &Path, is_folder: bool) -> bool {
        if path.file_name().is_some_and(|name| name == ".git") {
            return false;
        }
        let Some(folder) = path.parent().filter(|_| !is_folder) else {
            return false;
        };
        if let Some(&known) = self.checked_out.get(folder) {
            return known;
        }
        let is_git = folder.components().any(|part| part.as_os_str() == ".git");
        let found = !is_git
            && folder
                .ancestors()
                .any(|folder| repository::git_folder(&folder.join(".git")).is_some());
        self.checked_out.insert(folder.to_path_buf(), found);
        found
    }

    /// Whether a folder belongs to the system or, where that matters, to another file system.
    fn is_foreign(&mut self, place: &Place<'_>) -> bool {
        let root = &self.roots[place.root];
        if !root.system.is_empty() && root.system.contains(place.relative) {
            return true;
        }
        if !self.options.one_file_system {
            return false;
        }
        let home = *self
            .devices
            .entry(place.root)
            .or_insert_with(|| device(&root.path));
        device(place.path) != home
    }

    fn disobeyed(&mut self, files: Vec<Disobeyed>) {
        for file in files {
            let reader = self.reader();
            reader.stand_at(&file.path);
            reader.problem(file.kind, file.message);
        }
    }

    /// A folder that could not be listed, or an entry that could not be examined.
    fn failed(&mut self, error: ignore::Error) {
        let path = path_of(&error).map(Path::to_path_buf);
        let error = error
            .into_io_error()
            .unwrap_or_else(|| io::Error::other("cannot walk it"));
        let reader = self.reader();
        reader.stand_at(&path.unwrap_or_else(|| PathBuf::from(".")));
        reader.unopened(&error);
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

/// The file system that holds `path`.
#[cfg(unix)]
fn device(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|metadata| metadata.dev())
}

/// The major and minor number of a file system.
#[cfg(target_os = "linux")]
fn numbers(device: u64) -> (u32, u32) {
    (libc::major(device), libc::minor(device))
}

/// No file system is known here to be made up.
#[cfg(not(target_os = "linux"))]
fn numbers(_: u64) -> (u32, u32) {
    (0, 0)
}

/// Not known here: the walker itself stays on the file system, uncounted.
#[cfg(not(unix))]
fn device(_: &Path) -> Option<u64> {
    None
}
