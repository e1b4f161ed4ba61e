//! Reads folders, files, standard input and the archives in them, and pushes their bytes into a
//! [`Sink`].
//!
//! ```text
//! target ──▶ walk ──▶ file ──▶ archive ──▶ Sink
//!              │        ▲         │  ▲
//!           exclude   stdin       └──┘ nested
//! ```
//!
//! Sources never see a rule. What they can not read is a [`Problem`](crate::model::Problem), and
//! the scan goes on; only targets that can not be opened at all are errors, found by [`check`]
//! before anything is read.

pub mod again;
pub mod archive;

mod exclude;
mod file;
pub mod git;
mod git_folder;
mod stdin;
mod system;
mod target;
mod walk;

use std::path::PathBuf;

use crate::model::Sink;
use git::Repository;

pub use exclude::{check_globs, flaws_of};
pub use target::{GlobError, TargetError, check};

/// The most threads that read. The walker's idle threads look for work in each other's queues, which
/// costs the square of their number: with 512 of them a walk does not end.
pub const MAX_JOBS: usize = 128;

/// What to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard input.
    Stdin,
    /// A file or a folder. A link is followed.
    Path(PathBuf),
}

/// Files in a target that leave out what they name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IgnoreFiles {
    /// None: whoever writes what is scanned does not say what is looked at.
    Disregard,
    /// `.patsweepignore` files.
    #[default]
    Own,
    /// `.gitignore` files and `.git/info/exclude`, too. The user's global ignore file is not asked, so
    /// that a folder gives the same answer on every machine.
    OwnAndGit,
}

/// How to scan.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which of the files that stand in a target leave out what they name.
    pub ignore_files: IgnoreFiles,
    /// Globs in the syntax of `.gitignore`, matched against paths relative to their target.
    pub exclude: Vec<String>,
    /// Files that the run is to replace, absolute and without links: they are left out, for what
    /// they hold is the report of a former run.
    pub reports: Vec<PathBuf>,
    /// Stay on the file system of each target.
    pub one_file_system: bool,
    /// Leave out files of more bytes.
    pub max_file_size: Option<u64>,
    /// How many threads read; at least one, and never more than [`MAX_JOBS`].
    pub jobs: usize,
    /// What of git repositories is read.
    pub git: git::Scope,
    /// Where unpacking stops.
    pub limits: archive::Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ignore_files: IgnoreFiles::Own,
            exclude: Vec::new(),
            reports: Vec::new(),
            one_file_system: false,
            max_file_size: None,
            git: git::Scope::default(),
            jobs: 1,
            limits: archive::Limits::default(),
        }
    }
}

/// Makes one [`Sink`] for each thread that reads.
pub type Sinks<'s> = dyn Fn() -> Box<dyn Sink + Send + 's> + Sync + 's;

/// Reads every target once, on `options.jobs` threads, and returns when all is read or every sink
/// has [stopped](Sink::stopped).
///
/// A file that two targets hold is read for the innermost of them; standard input is read once
/// however often it is named. Targets and globs are expected to have passed [`check`]: a target
/// that is gone since then becomes a problem, a bad glob matches nothing.
///
/// The repositories that were met are returned: of their history nothing is read here.
pub fn scan(targets: &[Target], options: &Options, sinks: &Sinks<'_>) -> Vec<Repository> {
    if targets.contains(&Target::Stdin) {
        file::Reader::new(options, sinks()).stdin(&*sinks());
    }
    let roots = target::resolve(targets, &options.reports);
    if roots.is_empty() {
        return Vec::new();
    }
    if let Some(part) = &options.git.part {
        for root in &roots {
            if let Err(error) = git::part::scan(&root.path, part, options, sinks) {
                sinks().problem(error.problem(&root.path));
            }
        }
        return Vec::new();
    }
    let met = walk::walk(&roots, options, sinks);
    if options.git.reads_all() {
        git::join(&met)
    } else {
        Vec::new()
    }
}
