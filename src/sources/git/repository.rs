//! Where the parts of a repository stand: its git folder, what all work trees share, its objects.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::Config;
use gix_hash::Kind as Hash;

use super::paths;
use crate::model::{BytePath, GitPlace, ObjectId};
use crate::sources::file;

/// A repository, with all work trees that were met of it.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Its work tree, or itself if it has none, as the report names it.
    pub name: Arc<BytePath>,
    /// The folder that is named so, without links.
    pub top: PathBuf,
    /// What all work trees share: objects, references, configuration.
    pub(super) common: PathBuf,
    /// The git folders of its work trees, the shared one first.
    pub(super) checkouts: Vec<PathBuf>,
}

/// Joins the git folders that were met, each named by the path it was met at: linked work trees
/// and the one that they are linked to are one repository, and so are a submodule and its git
/// folder in `.git/modules`.
pub fn join(met: &[PathBuf]) -> Vec<Repository> {
    let mut repositories: BTreeMap<PathBuf, Vec<Place>> = BTreeMap::new();
    for path in met {
        let Some(place) = Place::find(path) else {
            continue;
        };
        repositories
            .entry(place.common.clone())
            .or_default()
            .push(place);
    }
    let mut joined: Vec<_> = repositories
        .into_iter()
        .map(|(common, mut places)| {
            // A work tree says more than a folder inside of `.git`.
            places.sort_by(|a, b| (a.is_inside, &a.shown).cmp(&(b.is_inside, &b.shown)));
            let name = places.first().map(|place| place.shown.as_path());
            let top = name.and_then(|name| fs::canonicalize(name).ok());
            Repository {
                top: top.unwrap_or_else(|| common.clone()),
                name: Arc::new(name.map(BytePath::from).unwrap_or_default()),
                checkouts: checkouts(&common),
                common,
            }
        })
        .collect();
    joined.sort_by(|a, b| a.name.cmp(&b.name));
    joined
}

/// Whether `folder` itself is the work tree or the git folder of a repository.
pub(super) fn at(folder: &Path) -> bool {
    is_git(folder) || git_folder(&folder.join(".git")).is_some()
}

/// The work tree or git folder that `path` is inside of, without being its root.
pub fn around(path: &Path) -> Option<PathBuf> {
    let path = fs::canonicalize(path).ok()?;
    if at(&path) {
        return None;
    }
    path.ancestors()
        .skip(1)
        .find(|folder| at(folder))
        .map(Path::to_path_buf)
}

/// What git2 opens of a git folder, references aside.
const FILES: [&str; 9] = [
    "HEAD",
    "commondir",
    "config",
    "config.worktree",
    "gitdir",
    "index",
    "objects/info/alternates",
    "packed-refs",
    "shallow",
];

/// Where a git folder was met.
struct Place {
    /// As the report names it.
    shown: PathBuf,
    /// Whether it is in another git folder, as those of submodules are.
    is_inside: bool,
    /// Without links.
    common: PathBuf,
}

impl Place {
    fn find(met: &Path) -> Option<Self> {
        let git = git_folder(met)?;
        let is_work_tree = met.file_name().is_some_and(|name| name == ".git");
        let shown = match met.parent() {
            Some(parent) if is_work_tree && parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) if is_work_tree => parent,
            _ => met,
        };
        // As files are named: the walk of `.` calls what it meets `./a`.
        let shown = match shown.strip_prefix(".") {
            Ok(inside) if !inside.as_os_str().is_empty() => inside,
            _ => shown,
        };
        Some(Self {
            shown: shown.to_path_buf(),
            is_inside: shown.components().any(|part| part.as_os_str() == ".git"),
            common: fs::canonicalize(common_folder(&git)).ok()?,
        })
    }
}

impl Repository {
    /// `path`, which is in it, as the report names it.
    pub(super) fn shown(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.top) {
            Ok(inside) if inside.as_os_str().is_empty() => paths::from_bytes(&self.name.0),
            Ok(inside) if self.name.0 == b"." => inside.to_path_buf(),
            Ok(inside) => paths::from_bytes(&self.name.0).join(inside),
            Err(_) => path.to_path_buf(),
        }
    }

    /// `path` relative to it, if it is in it.
    pub(super) fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.top).unwrap_or(path)
    }

    /// A place in it of which only the object is known.
    pub(super) fn place(&self, object: Option<ObjectId>) -> GitPlace {
        GitPlace {
            repository: self.name.clone(),
            object,
            commit: None,
            reachable: None,
            kept_by: None,
        }
    }

    /// A file of git in its folder or in `checkout`, a work tree's, that is none: git2 would wait
    /// for whoever writes to a pipe.
    pub(super) fn special(&self, checkout: &Path) -> Option<PathBuf> {
        let shared = FILES.iter().map(|name| self.common.join(name));
        let own = FILES.iter().map(|name| checkout.join(name));
        own.chain(shared)
            .find(|path| fs::metadata(path).is_ok_and(|found| !found.is_file()))
    }

    /// Its configuration, if that is a file that can be read.
    fn config(&self) -> Option<Config> {
        let path = self.common.join("config");
        path.is_file().then(|| Config::open(&path).ok())?
    }

    /// The URLs of its remotes.
    pub(super) fn remotes(&self) -> Vec<Vec<u8>> {
        let mut urls = Vec::new();
        let config = self.config();
        let entries = config
            .as_ref()
            .and_then(|config| config.entries(Some("^remote\\..*\\.(push)?url$")).ok());
        if let Some(mut entries) = entries {
            while let Some(Ok(entry)) = entries.next() {
                urls.push(entry.value_bytes().to_vec());
            }
        }
        urls
    }

    /// How its objects are named.
    pub(super) fn hash(&self) -> Hash {
        let config = self.config();
        let format = config.and_then(|it| it.get_string("extensions.objectformat").ok());
        match format {
            Some(format) if format.eq_ignore_ascii_case("sha256") => Hash::Sha256,
            _ => Hash::Sha1,
        }
    }

    /// Whether objects may be missing because a remote keeps them.
    pub(super) fn is_partial(&self) -> bool {
        let Some(config) = self.config() else {
            return false;
        };
        let Ok(mut entries) =
            config.entries(Some("^(remote\\..*\\.promisor|extensions\\.partialclone)$"))
        else {
            return false;
        };
        entries.next().is_some()
    }

    /// What stands before the names of references of `checkout`'s own: nothing, unless it is that
    /// of a linked work tree.
    pub(super) fn prefix(&self, checkout: &Path) -> String {
        match checkout.file_name() {
            Some(name) if checkout != self.common => {
                format!("worktrees/{}/", name.to_string_lossy())
            }
            _ => String::new(),
        }
    }

    /// Its own object folder; alternates are named there.
    pub(super) fn objects(&self) -> PathBuf {
        self.common.join("objects")
    }
}

/// The git folder at `path`: itself, or what the file of a submodule or linked work tree names.
pub(in crate::sources) fn git_folder(path: &Path) -> Option<PathBuf> {
    if is_git(path) {
        return Some(path.to_path_buf());
    }
    named_by(path).filter(|folder| is_git(folder))
}

/// What the git folder at `path` needs and is not there: its objects, the folder that its file
/// names, or what work trees share.
pub(in crate::sources) fn missing(path: &Path) -> Option<PathBuf> {
    let missing = match git_folder(path) {
        Some(git) => common_folder(&git),
        None if path.join("HEAD").exists() => return Some(path.join("objects")),
        None => named_by(path)?,
    };
    (!is_git(&missing)).then_some(missing)
}

/// The folder that the file of a submodule or linked work tree names.
fn named_by(path: &Path) -> Option<PathBuf> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MAX_LINK {
        return None;
    }
    let text = file::read(path).ok()?;
    let target = text.strip_prefix(b"gitdir:")?.trim_ascii();
    Some(path.parent()?.join(paths::from_bytes(target)))
}

/// Bytes of the longest file that names a git folder.
const MAX_LINK: u64 = 64 << 10;

/// Whether `folder` is a git folder, or a work tree's part of one.
pub(in crate::sources) fn is_git(folder: &Path) -> bool {
    // A damaged or dangling `HEAD` is one, too; without any, more must tell that it is no chance.
    let (objects, refs) = (folder.join("objects"), folder.join("refs"));
    if folder.join("HEAD").symlink_metadata().is_ok() {
        objects.is_dir() || folder.join("commondir").is_file()
    } else {
        refs.is_dir() && (objects.join("pack").is_dir() || objects.join("info").is_dir())
    }
}

/// What the git folder of a work tree shares with others: itself, unless it is linked.
pub(super) fn common_folder(git: &Path) -> PathBuf {
    match file::read(&git.join("commondir")) {
        Ok(text) => git.join(paths::from_bytes(text.trim_ascii())),
        Err(_) => git.to_path_buf(),
    }
}

/// The shared git folder and those of linked work trees.
fn checkouts(common: &Path) -> Vec<PathBuf> {
    let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten();
    let mut folders: Vec<_> = linked
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| is_git(folder))
        .collect();
    folders.sort();
    folders.insert(0, common.to_path_buf());
    folders
}
