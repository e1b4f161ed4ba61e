//! What leads to objects: references, `HEAD`, the indexes of all work trees.

use std::path::Path;

use git2::{ErrorClass, ErrorCode, Index, Oid};

use super::paths;
use super::repository::Repository;
use crate::model::{BytePath, ObjectId};

/// What could be learnt of a repository's references.
#[derive(Default)]
pub(super) struct References {
    /// The commit at `HEAD`.
    pub(super) head: Option<ObjectId>,
    /// Full names, sorted, with what each points at.
    pub(super) all: Vec<(String, ObjectId)>,
    /// What is staged in the work trees.
    pub(super) staged: Vec<Staged>,
    /// Whether all references are known.
    pub(super) are_read: bool,
    opened: Option<git2::Repository>,
    /// What went wrong.
    pub(super) unread: Vec<String>,
}

/// An entry of an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Staged {
    pub(super) path: BytePath,
    pub(super) object: ObjectId,
    /// It is a submodule.
    pub(super) is_submodule: bool,
}

impl References {
    /// Whether `HEAD` has what is staged at the same path.
    pub(super) fn is_in_head(&self, staged: &Staged) -> bool {
        let Some(repository) = &self.opened else {
            return false;
        };
        let head = repository.head().and_then(|head| head.peel_to_tree());
        let path = paths::from_bytes(&staged.path.0);
        let entry = head.and_then(|tree| tree.get_path(&path));
        entry.is_ok_and(|entry| id(entry.id()) == Some(staged.object))
    }
}

/// Why a repository is not opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It belongs to another user, and git trusts it only when told to.
    NotOwned,
}

/// Reads the references of `repository`.
///
/// # Errors
///
/// Only if it belongs to another user. What else git2 cannot read is told in
/// [`References::unread`].
pub(super) fn read(repository: &Repository) -> Result<References, Refused> {
    let mut references = References::default();
    match git2::Repository::open(&repository.common) {
        Ok(opened) => {
            read_refs(&opened, &mut references);
            references.are_read = references.unread.is_empty();
            references.opened = Some(opened);
        }
        Err(error) if error.code() == ErrorCode::Owner => return Err(Refused::NotOwned),
        Err(error) => references.unread.push(format!(
            "its references cannot be read: {}",
            error.message()
        )),
    }
    for git in &repository.checkouts {
        let path = git.join("index");
        if path.exists() {
            match staged(&path) {
                Ok(staged) => references.staged.extend(staged),
                Err(error) => references
                    .unread
                    .push(format!("its index cannot be read: {}", error.message())),
            }
        }
    }
    references.staged.sort();
    references.staged.dedup();
    references.all.sort();
    Ok(references)
}

fn read_refs(repository: &git2::Repository, references: &mut References) {
    match repository.head() {
        Ok(head) => references.head = head.target().and_then(id),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => (),
        Err(error) => references
            .unread
            .push(format!("its HEAD cannot be read: {}", error.message())),
    }
    let all = match repository.references() {
        Ok(all) => all,
        Err(error) => {
            references.unread.push(format!(
                "its references cannot be read: {}",
                error.message()
            ));
            return;
        }
    };
    for reference in all {
        match reference {
            Ok(reference) => {
                let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
                // Symbolic ones lead to another one that is listed, too.
                if let Some(target) = reference.target().and_then(id) {
                    references.all.push((name, target));
                }
            }
            Err(error) => {
                let what = if error.class() == ErrorClass::Reference {
                    "a reference"
                } else {
                    "its references"
                };
                references
                    .unread
                    .push(format!("{what} cannot be read: {}", error.message()));
            }
        }
    }
}

/// The entries of the index at `path`, with those of conflicts.
pub(super) fn staged(path: &Path) -> Result<Vec<Staged>, git2::Error> {
    let index = Index::open(path)?;
    let entries = index.iter();
    Ok(entries
        .filter_map(|entry| {
            Some(Staged {
                path: BytePath(entry.path),
                object: id(entry.id)?,
                is_submodule: entry.mode == 0o160_000,
            })
        })
        .collect())
}

/// The name as the rest of the program has it.
pub(super) fn id(id: Oid) -> Option<ObjectId> {
    ObjectId::from_bytes(id.as_bytes())
}
