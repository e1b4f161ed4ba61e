//! What the operator leaves out: `--exclude`, `.patsweepignore` and, when asked, `.gitignore`.
//!
//! The walker could apply these itself, but it does not tell what it drops, and a scan must.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::target::{GlobError, Root};
use super::{IgnoreFiles, Options};
use crate::model::ProblemKind;

/// Our own ignore file, honoured always.
pub(super) const OWN: &str = ".patsweepignore";

/// That of git, honoured on demand.
const GIT: &str = ".gitignore";

/// Larger ignore files are not read: compiled globs take many times their size.
const MAX_BYTES: u64 = 1 << 20;

/// An ignore file, or a line of one, that could not be obeyed.
#[derive(Debug)]
pub(super) struct Disobeyed {
    /// Which file.
    pub(super) path: PathBuf,
    /// Whether it could not be read or not be understood.
    pub(super) kind: ProblemKind,
    /// Why, in words.
    pub(super) message: String,
}

impl Disobeyed {
    /// Whether the file may be one that cannot be opened: its own bytes are not read either.
    fn is_unread(&self) -> bool {
        self.kind == ProblemKind::Unreadable
    }
}

/// What is wrong with globs to exclude, each with the index of its glob, in order.
pub fn check_globs(globs: &[String]) -> Vec<(usize, GlobError)> {
    let mut excludes_any = false;
    let mut errors = Vec::new();
    for (index, glob) in globs.iter().enumerate() {
        match check_glob(glob, excludes_any) {
            Ok(()) => excludes_any = true,
            Err(error) => errors.push((index, error)),
        }
    }
    errors
}

fn check_glob(glob: &str, excludes_any: bool) -> Result<(), GlobError> {
    let mut builder = strict("".as_ref());
    builder.add_line(None, glob).map_err(GlobError::Syntax)?;
    let compiled = builder.build().map_err(GlobError::Syntax)?;
    if compiled.is_empty() {
        return Err(GlobError::Blank);
    }
    if matches!(glob.trim_end(), "/" | "!" | "!/") {
        return Err(GlobError::Nothing);
    }
    if compiled.num_whitelists() > 0 && !excludes_any {
        return Err(GlobError::TakesBackNothing);
    }
    Ok(())
}

/// What is wrong with the text of a `.patsweepignore`, in words.
pub fn flaws_of(text: &[u8]) -> Vec<String> {
    of_text(text).1
}

/// What the text of one of our own ignore files says, and what is wrong with its lines.
pub(super) fn of_text(text: &[u8]) -> (Gitignore, Vec<String>) {
    let mut builder = strict("".as_ref());
    let mut flaws = Vec::new();
    if text.len() as u64 > MAX_BYTES {
        flaws.push("it has more than 1 MiB".to_owned());
        return (Gitignore::empty(), flaws);
    }
    let text = String::from_utf8_lossy(text);
    for (index, line) in text.lines().enumerate() {
        if let Err(error) = builder.add_line(None, line) {
            flaws.push(format!("line {}: {error}", index + 1));
        }
    }
    (
        builder.build().unwrap_or_else(|_| Gitignore::empty()),
        flaws,
    )
}

/// Globs that are matched against paths from the top; bad ones were refused before.
pub(super) fn of_globs(globs: &[String]) -> Gitignore {
    let mut builder = strict("".as_ref());
    for glob in globs {
        // A bad one was refused by `check`.
        let _ = builder.add_line(None, glob);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// A builder that refuses a `[` without its `]`, which git takes to match nothing.
fn strict(folder: &Path) -> GitignoreBuilder {
    let mut builder = GitignoreBuilder::new(folder);
    builder.allow_unclosed_class(false);
    builder
}

/// Everything that excludes, shared by all threads.
#[derive(Debug)]
pub(super) struct Excluder {
    globs: Gitignore,
    ignore_files: IgnoreFiles,
    /// Rules of the folders above each root, nearest first, by the root's path.
    above: HashMap<PathBuf, Vec<Rules>>,
    /// Rules of the folders walked so far that have any.
    folders: RwLock<HashMap<PathBuf, Rules>>,
    /// Whether `folders` holds anything: most trees need no lock.
    any: AtomicBool,
    /// Ignore files that were told of as unreadable.
    unread: RwLock<HashSet<PathBuf>>,
}

/// What one folder's ignore files say.
#[derive(Debug)]
struct Rules {
    own: Gitignore,
    git: Gitignore,
    /// The top of a repository: `.gitignore` files above it do not count below.
    is_top: bool,
}

impl Excluder {
    /// Reads the ignore files between each root and the top of the repository that holds it.
    pub(super) fn new(roots: &[Root], options: &Options) -> (Self, Vec<Disobeyed>) {
        let mut disobeyed = Vec::new();
        let mut above = HashMap::new();
        for root in roots.iter().filter(|root| root.is_folder) {
            let rules = rules_above(root, options.ignore_files, &mut disobeyed);
            if !rules.is_empty() {
                above.insert(root.path.clone(), rules);
            }
        }
        let excluder = Self {
            globs: of_globs(&options.exclude),
            ignore_files: options.ignore_files,
            above,
            folders: RwLock::default(),
            any: AtomicBool::new(false),
            unread: RwLock::default(),
        };
        (excluder, disobeyed)
    }

    /// Reads the ignore files in `folder`. Must come before its entries are asked about.
    pub(super) fn enter(&self, folder: &Path) -> Vec<Disobeyed> {
        let mut disobeyed = Vec::new();
        if let Some(rules) = Rules::read(folder, self.ignore_files, &mut disobeyed) {
            let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
            folders.insert(folder.to_path_buf(), rules);
            self.any.store(true, Ordering::Release);
        }
        let unread: Vec<_> = disobeyed.iter().filter(|file| file.is_unread()).collect();
        if !unread.is_empty() {
            let mut all = self.unread.write().unwrap_or_else(PoisonError::into_inner);
            all.extend(unread.iter().map(|file| file.path.clone()));
        }
        disobeyed
    }

    /// Whether the file at `path` is an ignore file that was told of as unreadable.
    pub(super) fn told_of(&self, path: &Path) -> bool {
        let may = path
            .file_name()
            .is_some_and(|name| name == OWN || name == GIT);
        let unread = || self.unread.read().unwrap_or_else(PoisonError::into_inner);
        may && unread().contains(path)
    }

    /// Whether the entry at `path`, which is `relative` below `root`, is left out.
    pub(super) fn excludes(
        &self,
        root: &Root,
        path: &Path,
        relative: &Path,
        is_folder: bool,
    ) -> bool {
        if self.globs.matched(relative, is_folder).is_ignore() {
            return true;
        }
        let any = self.any.load(Ordering::Acquire);
        let above = self.above.get(&root.path).map_or(&[][..], Vec::as_slice);
        if !any && above.is_empty() {
            return false;
        }
        let folders = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        let absolute = root.canonical.join(relative);
        let depth = relative.components().count();
        let chain = || {
            let walked = path
                .ancestors()
                .skip(1)
                .take(depth)
                .filter_map(|dir| folders.get(dir));
            walked
                .map(|rules| (rules, path))
                .chain(above.iter().map(|r| (r, &*absolute)))
        };
        for (rules, path) in chain() {
            match rules.own.matched(path, is_folder) {
                Match::None => {}
                matched => return matched.is_ignore(),
            }
        }
        for (rules, path) in chain() {
            match rules.git.matched(path, is_folder) {
                Match::None if rules.is_top => return false,
                Match::None => {}
                matched => return matched.is_ignore(),
            }
        }
        false
    }
}

impl Rules {
    /// `None` where there is nothing to obey.
    fn read(
        folder: &Path,
        ignore_files: IgnoreFiles,
        disobeyed: &mut Vec<Disobeyed>,
    ) -> Option<Self> {
        if ignore_files == IgnoreFiles::Disregard {
            return None;
        }
        let own = compile(folder, &[folder.join(OWN)], disobeyed);
        if ignore_files == IgnoreFiles::Own {
            return (!own.is_empty()).then(|| Self {
                own,
                git: Gitignore::empty(),
                is_top: false,
            });
        }
        let dot_git = folder.join(".git");
        // `.git/info/exclude` has the lowest rank: later lines win.
        let files = [dot_git.join("info/exclude"), folder.join(GIT)];
        let git = compile(folder, &files, disobeyed);
        let is_top = dot_git.exists();
        (is_top || !own.is_empty() || !git.is_empty()).then_some(Self { own, git, is_top })
    }
}

/// The rules of the folders above `root` up to the top of its repository; none outside of one.
fn rules_above(
    root: &Root,
    ignore_files: IgnoreFiles,
    disobeyed: &mut Vec<Disobeyed>,
) -> Vec<Rules> {
    if root.canonical.join(".git").exists() {
        return Vec::new();
    }
    let above = || root.canonical.ancestors().skip(1);
    let Some(top) = above().position(|folder| folder.join(".git").exists()) else {
        return Vec::new();
    };
    above()
        .take(top + 1)
        .filter_map(|dir| Rules::read(dir, ignore_files, disobeyed))
        .collect()
}

/// Compiles those of `files` that exist. A line that is no glob is left out; it is told of our own
/// file, and passed over in those of git, as git does.
fn compile(folder: &Path, files: &[PathBuf], disobeyed: &mut Vec<Disobeyed>) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    let mut any = false;
    for path in files {
        let is_own = path.ends_with(OWN);
        builder.allow_unclosed_class(!is_own);
        match fs::metadata(path) {
            // Not a pipe, which would hang when opened.
            Ok(metadata) if !metadata.is_file() => {}
            Ok(metadata) if metadata.len() > MAX_BYTES => disobeyed.push(Disobeyed {
                path: path.clone(),
                kind: ProblemKind::Unreadable,
                message: "cannot read it as an ignore file: it has more than 1 MiB".to_owned(),
            }),
            Ok(_) => {
                any = true;
                if let Some(error) = builder.add(path) {
                    tell(path, None, &error, is_own, disobeyed);
                }
            }
            Err(_) => {}
        }
    }
    if any {
        builder.build().unwrap_or_else(|_| Gitignore::empty())
    } else {
        Gitignore::empty()
    }
}

/// Takes apart what is wrong with the ignore file at `path`.
fn tell(
    path: &Path,
    line: Option<u64>,
    error: &ignore::Error,
    is_own: bool,
    disobeyed: &mut Vec<Disobeyed>,
) {
    let at = line.map_or_else(String::new, |line| format!("line {line}: "));
    let (kind, message) = match error {
        ignore::Error::Partial(errors) => {
            for error in errors {
                tell(path, line, error, is_own, disobeyed);
            }
            return;
        }
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => {
            return tell(path, line, err, is_own, disobeyed);
        }
        ignore::Error::WithLineNumber { line, err } => {
            return tell(path, Some(*line), err, is_own, disobeyed);
        }
        ignore::Error::Io(error) => (
            ProblemKind::Unreadable,
            format!("{at}cannot read it as an ignore file: {error}"),
        ),
        _ if !is_own => return,
        error => (
            ProblemKind::Corrupt,
            format!("{at}cannot understand it: {error}"),
        ),
    };
    disobeyed.push(Disobeyed {
        path: path.to_path_buf(),
        kind,
        message,
    });
}
