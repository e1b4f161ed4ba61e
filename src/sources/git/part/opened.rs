//! A repository of which a part is read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::ErrorCode;

use super::super::lookup::Lookup;
use super::super::objects::Objects;
use super::super::pack::{Pack, Trust};
use super::super::repository::{self, Repository};
use super::super::{loose, not_owned, program, refs, store};
use super::PartError;
use super::revision::Unknown;
use crate::model::{BytePath, ObjectId};
use crate::sources::git::Scope;

/// A repository, and what git2 tells of it.
pub(super) struct Opened {
    /// The target.
    pub(super) target: PathBuf,
    pub(super) git: git2::Repository,
    /// Whether it has no work tree.
    pub(super) is_bare: bool,
    /// The git folder that is meant in the current folder.
    pub(super) here: Option<PathBuf>,
    pub(super) database: Database,
}

/// A repository with its packs, ready to be asked for single objects by all threads.
pub(super) struct Database {
    pub(super) repository: Repository,
    /// The git folder of the work tree that was asked for.
    pub(super) folder: PathBuf,
    /// The same as the report names it.
    pub(super) shown: PathBuf,
    /// What of the database could not be opened.
    pub(super) unopened: Vec<store::Unopened>,
    /// Whether a remote keeps what is missing.
    pub(super) is_partial: bool,
    folders: Vec<PathBuf>,
    packs: Vec<Pack>,
    max_size: usize,
}

impl Opened {
    /// The repository at or around `target`, or the one that the environment names for the current
    /// folder; no objects are read of it that are larger than `scope` allows.
    pub(super) fn at(target: &Path, scope: &Scope) -> Result<Self, PartError> {
        let refused = |message: &str| PartError::Repository {
            path: target.to_path_buf(),
            message: message.to_owned(),
        };
        let found = meant(target, scope.git_dir.as_deref());
        let Some((met, folder)) = found else {
            return Err(refused("there is none"));
        };
        let mut joined = repository::join(&[met]);
        let Some(mut repository) = joined.pop() else {
            return Err(refused("what its work trees share is not there"));
        };
        if let Some(path) = repository.special(&folder) {
            return Err(refused(&format!("{} is no file", path.display())));
        }
        let open = |folder: &Path| {
            program::open(folder, &repository.top).map_err(|error| match error.code() {
                ErrorCode::Owner => PartError::NotOwned {
                    path: folder.to_path_buf(),
                    message: not_owned(&repository.top),
                },
                _ => refused(error.message()),
            })
        };
        // What a linked work tree shares may belong to somebody else than that does.
        open(&repository.common)?;
        let git = open(&folder)?;
        let is_top = fs::canonicalize(target).is_ok_and(|target| target == repository.top);
        repository.name = Arc::new(BytePath::from(target));
        let shown = if is_top {
            repository.shown(&folder)
        } else {
            folder.clone()
        };
        Ok(Self {
            target: target.to_path_buf(),
            // As it is opened it may seem to be.
            is_bare: git.is_bare() && !has_work_tree(&git),
            git,
            here: meant(Path::new("."), scope.git_dir.as_deref()).map(|(_, folder)| folder),
            database: Database::open(repository, folder, shown, scope),
        })
    }

    /// The commit at `HEAD`, if there is one.
    pub(super) fn head(&self) -> Option<ObjectId> {
        head_of(&self.git)
    }

    /// Whether `HEAD` or a reference names this object.
    pub(super) fn is_named(&self, id: ObjectId) -> bool {
        let refs = self.git.references().into_iter().flatten().flatten();
        let mut targets = refs.filter_map(|it| refs::id(it.target()?));
        self.head() == Some(id) || targets.any(|target| target == id)
    }
}

impl Database {
    fn open(repository: Repository, folder: PathBuf, shown: PathBuf, scope: &Scope) -> Self {
        let max_size = scope.max_object_size;
        let (mut folders, mut unopened) = store::folders(&repository.objects());
        for named in &scope.git_objects {
            let (more, missing) = store::folders(named);
            let new = more.into_iter().filter(|it| !folders.contains(it));
            folders.extend(new.collect::<Vec<_>>());
            unopened.extend(missing);
        }
        let hash = repository.hash();
        let mut packs = Vec::new();
        for folder in &folders {
            match store::open_packs(folder, hash, max_size, Trust::Believe, &mut unopened) {
                Ok(opened) => packs.extend(opened),
                Err(error) => unopened.push(store::Unopened::io(folder, &error)),
            }
        }
        Self {
            is_partial: repository.is_partial() || packs.iter().any(Pack::is_promised),
            repository,
            folder,
            shown,
            unopened,
            folders,
            packs,
            max_size,
        }
    }

    /// A reader of its objects.
    pub(super) fn objects(&self) -> Objects<'_> {
        let lookup = Lookup::new(&self.packs, &self.folders, self.max_size);
        Objects::new(lookup, self.repository.hash())
    }

    /// The objects that stand in the object folder `folder` and in no other, sorted.
    ///
    /// # Errors
    ///
    /// What keeps it from being listed.
    pub(super) fn only_in(&self, folder: &Path) -> io::Result<Vec<ObjectId>> {
        let folder = fs::canonicalize(folder)?;
        let hash = self.repository.hash();
        let (packs, others): (Vec<_>, Vec<_>) = self
            .packs
            .iter()
            .partition(|pack| pack.path().starts_with(&folder));
        let loose = store::loose_objects(&folder, hash, &mut Vec::new())?;
        let packed = packs.into_iter().flat_map(Pack::ids);
        let mut ids: Vec<_> = packed.chain(loose.into_iter().map(|(id, _)| id)).collect();
        ids.sort();
        ids.dedup();
        let others_loose = || self.folders.iter().filter(|other| **other != folder);
        ids.retain(|id| {
            let hex = id.to_string();
            let (start, end) = hex.split_at(2);
            others.iter().all(|pack| pack.offset_of(id).is_none())
                && others_loose().all(|other| !other.join(start).join(end).exists())
        });
        Ok(ids)
    }

    /// Reads every loose object, so that git2 may be asked for one: it never ends on what is cut
    /// off.
    ///
    /// # Errors
    ///
    /// What forbids it.
    pub(super) fn check_loose(&self) -> Result<(), Unknown> {
        if let Some(part) = self.unopened.first() {
            let path = part.path.display();
            return Err(Unknown::Git(format!("{path}: {}", part.message)));
        }
        let mut buffer = Vec::new();
        for folder in &self.folders {
            let listed = store::loose_objects(folder, self.repository.hash(), &mut Vec::new());
            for (id, path) in listed.map_err(|error| Unknown::Git(error.to_string()))? {
                if let Err(why) = loose::read(&path, self.max_size, &mut buffer) {
                    return Err(Unknown::Unread(id, why));
                }
            }
        }
        Ok(())
    }
}

/// The commit at `HEAD` of the repository that [`Opened::at`] opens.
pub(super) fn head(target: &Path, scope: &Scope) -> Option<ObjectId> {
    let (met, folder) = meant(target, scope.git_dir.as_deref())?;
    let top = repository::join(&[met]).pop()?.top;
    head_of(&program::open(&folder, &top).ok()?)
}

fn head_of(git: &git2::Repository) -> Option<ObjectId> {
    refs::id(git.head().ok()?.target()?)
}

/// Whether its configuration says that it has a work tree.
fn has_work_tree(git: &git2::Repository) -> bool {
    let config = git.config().and_then(|config| config.get_bool("core.bare"));
    config.is_ok_and(|is_bare| !is_bare)
}

/// Where the repository that is asked for was met, and its git folder.
fn meant(target: &Path, git_dir: Option<&Path>) -> Option<(PathBuf, PathBuf)> {
    let path = fs::canonicalize(target).ok()?;
    let is_here = || fs::canonicalize(".").is_ok_and(|here| here == path);
    match git_dir.filter(|_| is_here()) {
        Some(git) => {
            let met = fs::canonicalize(git).ok()?;
            Some((met.clone(), repository::git_folder(&met)?))
        }
        None => found(&path),
    }
}

/// Where the repository at or around `path` was met, and the git folder there.
fn found(path: &Path) -> Option<(PathBuf, PathBuf)> {
    path.ancestors().find_map(|folder| {
        let inside = folder.join(".git");
        let git = |met: PathBuf| Some((met.clone(), repository::git_folder(&met)?));
        git(folder.to_path_buf()).or_else(|| git(inside))
    })
}
