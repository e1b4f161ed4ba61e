//! What leads to objects: references, `HEAD`, the indexes of all work trees.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use git2::{ErrorClass, ErrorCode, Oid};

use super::Scope;
use super::object::SUBMODULE;
use super::repository::Repository;
use super::{program, staging};
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
    /// Whether it is known what `HEAD` is.
    pub(super) is_head_read: bool,
    /// For each of the repository's checkouts the commit at its `HEAD`.
    pub(super) heads: Vec<Option<ObjectId>>,
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
    /// Which of the repository's checkouts it is staged in.
    pub(super) checkout: usize,
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
pub(super) fn read(repository: &Repository, scope: &Scope) -> Result<References, Refused> {
    let mut references = References::default();
    let special = repository
        .checkouts
        .iter()
        .find_map(|git| repository.special(git));
    let mut own = repository.checkouts.iter().map(|git| git.join("refs"));
    let special = special.or_else(|| own.find_map(|refs| special_below(&refs)));
    if let Some(path) = special {
        let path = path.display();
        let message = format!("its references cannot be read: {path} is no file");
        references.unread.push(message);
        return Ok(references);
    }
    match program::open(&repository.common, &repository.top) {
        Ok(opened) => {
            read_refs(&opened, &mut references);
            read_linked(repository, &mut references);
            references.are_read = references.unread.is_empty();
        }
        Err(error) if error.code() == ErrorCode::Owner => return Err(Refused::NotOwned),
        Err(error) => references.unread.push(format!(
            "its references cannot be read: {}",
            error.message()
        )),
    }
    for (checkout, git) in repository.checkouts.iter().enumerate() {
        let path = git.join("index");
        if scope.worktree && path.exists() {
            match staged(&path, repository.hash(), checkout) {
                Ok(staged) => references.staged.extend(staged),
                // Of a repository that is not read the index often cannot be, for the same reason.
                Err(_) if references.heads.is_empty() => (),
                Err(why) => references
                    .unread
                    .push(format!("its index cannot be read: {why}")),
            }
        }
    }
    references.staged.sort();
    references.all.sort();
    Ok(references)
}

/// Reads the references of linked work trees: their `HEAD`s, of which those that are no branches
/// are noted, and others of their own.
fn read_linked(repository: &Repository, references: &mut References) {
    references.heads.push(references.head);
    for git in repository.checkouts.iter().skip(1) {
        let opened = program::open(git, &repository.top).ok();
        let head = opened
            .as_ref()
            .and_then(|opened| id(opened.head().ok()?.target()?));
        let is_detached = opened.is_some_and(|opened| opened.head_detached().unwrap_or(false));
        let prefix = repository.prefix(git);
        if let (Some(head), true) = (head, is_detached) {
            references.all.push((format!("{prefix}HEAD"), head));
        }
        references.heads.push(head);
        let (own, name) = (git.join("refs"), format!("{prefix}refs"));
        damaged(&own, &name, &mut references.unread);
        read_own(&own, &name, &mut references.all);
    }
}

/// Reads the references below `folder`, which is called `name`: those of one work tree stand in no
/// other file, and git2 does not list them for the others.
fn read_own(folder: &Path, name: &str, all: &mut Vec<(String, ObjectId)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => read_own(&entry.path(), &name, all),
            Ok(kind) if kind.is_file() && !is_lock(&entry.path()) => {
                let text = start(&entry.path());
                all.extend(text.and_then(|text| Some((name, named(&text)?))));
            }
            _ => (),
        }
    }
}

fn read_refs(repository: &git2::Repository, references: &mut References) {
    references.is_head_read = true;
    match repository.head() {
        Ok(head) => references.head = head.target().and_then(id),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => (),
        Err(error) => {
            references.is_head_read = false;
            references
                .unread
                .push(format!("its HEAD cannot be read: {}", error.message()));
        }
    }
    damaged(
        &repository.path().join("refs"),
        "refs",
        &mut references.unread,
    );
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

/// Tells of the files below `folder`, which is called `name`, that are no references: git2 passes
/// over them.
fn damaged(folder: &Path, name: &str, unread: &mut Vec<String>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => damaged(&path, &name, unread),
            Ok(kind) if kind.is_file() && !is_lock(&path) && !is_reference(&path) => {
                unread.push(format!("the reference {name} cannot be read"));
            }
            _ => (),
        }
    }
}

/// Something below `folder` that is neither a file nor a folder: git2 would wait for whoever
/// writes to a pipe.
fn special_below(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).find_map(|path| {
        let found = fs::metadata(&path).ok()?;
        let is_link = path.is_symlink();
        match (found.is_dir(), found.is_file()) {
            (true, _) if !is_link => special_below(&path),
            (false, false) => Some(path),
            _ => None,
        }
    })
}

/// Whether git is about to write what the file is to replace.
fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "lock")
}

/// Whether a file names an object or another reference.
fn is_reference(path: &Path) -> bool {
    start(path).is_some_and(|text| text.starts_with(b"ref:") || named(&text).is_some())
}

/// How a file begins: more than a reference has.
fn start(path: &Path) -> Option<Vec<u8>> {
    const MAX: u64 = 4096;
    let mut text = Vec::new();
    File::open(path)
        .ok()?
        .take(MAX)
        .read_to_end(&mut text)
        .ok()?;
    Some(text)
}

/// The object that the text of a reference names.
fn named(text: &[u8]) -> Option<ObjectId> {
    let first = text.split(u8::is_ascii_whitespace).next();
    first.and_then(ObjectId::from_hex)
}

/// Why an index is not read.
#[derive(Debug, thiserror::Error)]
enum Unstaged {
    /// It is damaged.
    #[error("{0}")]
    Damaged(gix_error::Error),
    /// It names folders in place of what is in them.
    #[error("it is sparse")]
    Sparse,
}

/// The entries of the index at `path`, which is that of a checkout, with those of conflicts.
fn staged(path: &Path, hash: gix_hash::Kind, checkout: usize) -> Result<Vec<Staged>, Unstaged> {
    let index = staging::read(path, hash).map_err(Unstaged::Damaged)?;
    if index.is_sparse() {
        return Err(Unstaged::Sparse);
    }
    let entries = staging::entries(&index).map(|entry| Staged {
        path: BytePath(entry.path.to_vec()),
        object: entry.object,
        is_submodule: entry.mode == SUBMODULE,
        checkout,
    });
    Ok(entries.collect())
}

/// The name as the rest of the program has it.
pub(super) fn id(id: Oid) -> Option<ObjectId> {
    ObjectId::from_bytes(id.as_bytes())
}
