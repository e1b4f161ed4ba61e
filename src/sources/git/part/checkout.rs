//! A repository that is asked what is in it before a part of it is scanned.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::head::Head;
use super::super::{refs, shallow};
use super::opened::Opened;
use super::revision::{peel, resolve};
use super::staged::{self, Staged};
use super::walk::new_to;
use super::{PartError, diff};
use crate::model::{ObjectId, ObjectKind};
use crate::sources::git::Scope;

/// A state of the files of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// None of them.
    Nothing,
    /// As a commit has them.
    Commit(ObjectId),
    /// As they are staged, as [`Part::Staged`](super::Part::Staged) has it.
    Index(Option<PathBuf>),
}

/// A repository, open to be asked for revisions and for single files.
pub struct Checkout {
    opened: Opened,
    /// Commits whose parents were cut off when it was cloned.
    shallow: BTreeSet<ObjectId>,
    /// The index, once it was asked for.
    staged: OnceCell<Staged>,
}

impl Checkout {
    /// The one at or around `path`.
    ///
    /// # Errors
    ///
    /// That there is none, or that it is not trusted.
    pub fn at(path: &Path, scope: &Scope) -> Result<Self, PartError> {
        let opened = Opened::at(path, scope)?;
        Ok(Self {
            shallow: shallow(&opened.database.repository),
            staged: OnceCell::new(),
            opened,
        })
    }

    /// Its git folder.
    pub fn folder(&self) -> &Path {
        &self.opened.database.folder
    }

    /// Whether history was cut off when it was cloned.
    pub fn is_shallow(&self) -> bool {
        !self.shallow.is_empty()
    }

    /// The commit at `HEAD`.
    pub fn head(&self) -> Option<ObjectId> {
        self.opened.head()
    }

    /// The commit that a revision names, if it is here.
    pub fn commit(&self, revision: &str) -> Option<ObjectId> {
        let mut objects = self.opened.database.objects();
        let check = || self.opened.database.check_loose();
        let id = resolve(&self.opened.git, &mut objects, revision, check).ok()?;
        peel(&mut objects, id).ok().map(|(commit, _)| commit)
    }

    /// The commit that a reference leads to, if both are here; `name` is whole, as `refs/heads/main`.
    pub fn reference(&self, name: &str) -> Option<ObjectId> {
        let found = self.opened.git.find_reference(name).ok()?;
        let id = refs::id(found.resolve().ok()?.target()?)?;
        let mut objects = self.opened.database.objects();
        peel(&mut objects, id).ok().map(|(commit, _)| commit)
    }

    /// What a symbolic reference names.
    pub fn symbolic(&self, name: &str) -> Option<String> {
        let found = self.opened.git.find_reference(name).ok()?;
        let target = found.symbolic_target_bytes()?;
        String::from_utf8(target.to_vec()).ok()
    }

    /// The names of its remotes, sorted.
    pub fn remotes(&self) -> Vec<String> {
        let names = self.opened.git.remotes();
        let names = names.iter().flatten().flatten().flatten();
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        names.sort();
        names
    }

    /// The address that a remote is fetched from.
    pub fn remote_url(&self, name: &str) -> Option<String> {
        let remote = self.opened.git.find_remote(name).ok()?;
        remote.url().ok().map(str::to_owned)
    }

    /// The parents that a commit names, whether or not they are here.
    pub fn parents(&self, commit: ObjectId) -> Vec<ObjectId> {
        let node = self.opened.database.objects().commit(&commit);
        node.map(|node| node.parents).unwrap_or_default()
    }

    /// Whether `from` is `to`, or descends from it as far as history is here.
    pub fn leads_to(&self, from: ObjectId, to: ObjectId) -> bool {
        let mut objects = self.opened.database.objects();
        let mut new = || new_to(&mut objects, &[to], &[from], &self.shallow).commits;
        from == to || new().is_empty()
    }

    /// Whether the way from `tips` back to `known` leads to where history was cut off.
    pub fn is_cut(&self, tips: &[ObjectId], known: &[ObjectId]) -> bool {
        let mut objects = self.opened.database.objects();
        self.is_shallow() && new_to(&mut objects, tips, known, &self.shallow).is_cut
    }

    /// The index, which all ask for under the same name.
    fn staged(&self, named: Option<&Path>) -> Result<&Staged, PartError> {
        if let Some(staged) = self.staged.get() {
            return Ok(staged);
        }
        let staged = Staged::read(&self.opened, named)?;
        Ok(self.staged.get_or_init(|| staged))
    }

    /// What the file `path`, from the root of the repository, holds in `state`; `None` if that has
    /// no such file.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub fn file(&self, state: &State, path: &[u8]) -> Result<Option<Vec<u8>>, PartError> {
        let mut objects = self.opened.database.objects();
        let commit = match state {
            State::Nothing => return Ok(None),
            State::Index(_) if self.opened.is_bare => return Ok(None),
            State::Index(index) => {
                let staged = self.staged(index.as_deref())?;
                return staged::contents(&mut objects, staged, path);
            }
            State::Commit(commit) => commit,
        };
        let Some(blob) = Head::new(&mut objects, Some(commit)).file(path) else {
            return match objects.lost.into_iter().next() {
                Some((id, (_, why))) => Err(self.unread(path, id, &why.to_string())),
                None => Ok(None),
            };
        };
        match objects.read(&blob) {
            Ok((ObjectKind::Blob, bytes)) => Ok(Some(bytes.to_vec())),
            // A folder or a submodule is no such file.
            Ok(_) => Ok(None),
            Err(why) => Err(self.unread(path, blob, &why.to_string())),
        }
    }

    /// The paths, sorted, at which the commit `after` has a file that `before` has not, or another.
    pub fn changed(&self, before: Option<ObjectId>, after: ObjectId) -> Vec<Vec<u8>> {
        let files = self.new_files(before, after).into_iter();
        files.map(|(path, _)| path).collect()
    }

    /// Hands what is in every file of `commit` to `take`, by path. What cannot be read is passed over.
    pub fn each_file(&self, commit: ObjectId, mut take: impl FnMut(&[u8])) {
        let mut objects = self.opened.database.objects();
        for (_, blob) in self.new_files(None, commit) {
            if let Ok((ObjectKind::Blob, bytes)) = objects.read(&blob) {
                take(bytes);
            }
        }
    }

    fn new_files(&self, before: Option<ObjectId>, after: ObjectId) -> Vec<(Vec<u8>, ObjectId)> {
        let mut objects = self.opened.database.objects();
        let before = before.and_then(|before| objects.commit(&before)?.tree);
        let Some(after) = objects.commit(&after).and_then(|it| it.tree) else {
            return Vec::new();
        };
        let before: Vec<_> = before.into_iter().collect();
        let mut budget = diff::Budget::default();
        let changes = diff::new_in(&mut objects, after, &before, &mut budget);
        let files = changes.all.into_iter().filter(|change| !change.is_name);
        files.map(|change| (change.path, change.object)).collect()
    }

    fn unread(&self, path: &[u8], id: ObjectId, why: &str) -> PartError {
        PartError::File {
            name: String::from_utf8_lossy(path).into_owned(),
            path: self.opened.target.clone(),
            message: format!("{id}: {why}"),
        }
    }
}
