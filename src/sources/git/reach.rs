//! How far a repository reaches: its git folder, what work trees share, and all work trees.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use git2::Config;

use super::paths;
use super::repository::{at, common_folder, git_folder};
use crate::sources::file;

/// All folders of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// What all work trees share, without links: one repository has one.
    pub common: PathBuf,
    /// That and the work trees, as far as they are there, without links.
    pub folders: BTreeSet<PathBuf>,
}

/// The repositories whose git folder or work tree holds `path` or is there, the innermost first. What
/// is not there is in whatever its nearest folder is in.
pub fn reaches(path: &Path) -> Vec<Reach> {
    let existing = path.ancestors().find_map(|it| fs::canonicalize(it).ok());
    let Some(existing) = existing else {
        return Vec::new();
    };
    let folders = existing.ancestors().filter(|folder| at(folder));
    folders.filter_map(reach).collect()
}

/// The repository whose work tree or git folder is `folder`.
fn reach(folder: &Path) -> Option<Reach> {
    let own = git_folder(&folder.join(".git"));
    let is_tree = own.is_some();
    let git = own.or_else(|| git_folder(folder))?;
    let common = fs::canonicalize(common_folder(&git)).ok()?;
    let mut trees = Vec::new();
    trees.extend(is_tree.then(|| folder.to_path_buf()));
    if common.file_name().is_some_and(|name| name == ".git") {
        trees.extend(common.parent().map(Path::to_path_buf));
    }
    for git in [&common, &git] {
        trees.extend(configured(git));
    }
    let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten();
    trees.extend(
        linked
            .flatten()
            .filter_map(|entry| linked_tree(&entry.path())),
    );
    let trees = trees.iter().filter_map(|tree| fs::canonicalize(tree).ok());
    Some(Reach {
        folders: trees.chain([common.clone()]).collect(),
        common,
    })
}

/// The work tree that the configuration of a git folder names.
fn configured(git: &Path) -> Option<PathBuf> {
    let path = ["config.worktree", "config"].map(|name| git.join(name));
    let files = path.iter().filter(|path| path.is_file());
    let mut named =
        files.filter_map(|path| Config::open(path).ok()?.get_path("core.worktree").ok());
    Some(git.join(named.next()?))
}

/// The work tree that is linked by `git`, its folder in `.git/worktrees`.
fn linked_tree(git: &Path) -> Option<PathBuf> {
    let text = file::read(&git.join("gitdir")).ok()?;
    let link = git.join(paths::from_bytes(text.trim_ascii()));
    Some(link.parent()?.to_path_buf())
}
