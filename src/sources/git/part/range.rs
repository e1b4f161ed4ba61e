//! What commits bring that none of their parents has.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use git2::{Delta, Diff, DiffOptions, FileMode, Oid, Repository, RevparseMode, Sort};

use super::{Item, PartError, Work};
use crate::model::{Commit, SourceKind};
use crate::sources::git::{commit, refs};

/// What a part of history is made of.
pub(super) struct Commits {
    /// The oldest first.
    commits: Vec<Oid>,
    /// Annotated tags that lead to them.
    tags: Vec<Oid>,
}

/// An annotated tag.
struct Tag {
    id: Oid,
    /// What it leads to.
    commit: Oid,
}

impl Commits {
    /// With those of `tags` whose commits are among them.
    fn with_tags(commits: Vec<Oid>, tags: &[Tag]) -> Self {
        let new: HashSet<_> = commits.iter().collect();
        let tags = tags.iter().filter(|tag| new.contains(&tag.commit));
        Self {
            tags: tags.map(|tag| tag.id).collect(),
            commits,
        }
    }
}

/// The commits of `range`: `A..B`, `A...B` or `B`.
pub(super) fn commits(
    repository: &Repository,
    path: &Path,
    range: &str,
) -> Result<Commits, PartError> {
    let unknown = |error: git2::Error| PartError::Revision {
        revision: range.to_owned(),
        path: path.to_path_buf(),
        message: error.message().to_owned(),
    };
    let revisions = repository.revparse(range).map_err(unknown)?;
    let ends = revisions.from().zip(revisions.to());
    let (hidden, last) = match ends {
        None => (Vec::new(), revisions.from()),
        Some((from, to)) if revisions.mode().contains(RevparseMode::MERGE_BASE) => {
            let bases = [from, to].map(|end| end.peel_to_commit().map(|commit| commit.id()));
            let [from, last] = bases;
            let bases = repository.merge_bases(from.map_err(unknown)?, last.map_err(unknown)?);
            // Histories that have nothing in common hide nothing of each other.
            (
                bases.map(|bases| bases.to_vec()).unwrap_or_default(),
                Some(to),
            )
        }
        Some((from, to)) => (vec![from.peel_to_commit().map_err(unknown)?.id()], Some(to)),
    };
    let Some(last) = last else {
        return Err(unknown(git2::Error::from_str("it names nothing")));
    };
    let mut tags = Vec::new();
    let mut end = last.clone();
    while let Some(tag) = end.as_tag() {
        tags.push(tag.id());
        let Ok(target) = tag.target() else { break };
        end = target;
    }
    let last = last.peel_to_commit().map_err(unknown)?.id();
    let commits = walk(repository, &[last], &hidden).map_err(unknown)?;
    Ok(Commits { commits, tags })
}

/// The commits that references lead to, of the date `since` and later, or those that the revision
/// `since` does not lead to.
pub(super) fn since(
    repository: &Repository,
    path: &Path,
    since: &str,
) -> Result<Commits, PartError> {
    let unknown = |error: git2::Error| PartError::Revision {
        revision: since.to_owned(),
        path: path.to_path_buf(),
        message: error.message().to_owned(),
    };
    let (tips, tags) = tips(repository).map_err(unknown)?;
    if let Some(date) = date(since) {
        let mut commits = walk(repository, &tips, &[]).map_err(unknown)?;
        commits.retain(|&id| {
            let commit = repository.find_commit(id);
            commit.is_ok_and(|commit| commit.time().seconds() >= date)
        });
        return Ok(Commits::with_tags(commits, &tags));
    }
    let revision = repository
        .revparse_single(since)
        .and_then(|object| object.peel_to_commit());
    let commits = walk(repository, &tips, &[revision.map_err(unknown)?.id()]).map_err(unknown)?;
    Ok(Commits::with_tags(commits, &tags))
}

/// The commits that references and `HEAD` lead to, and annotated tags with the commits they name.
fn tips(repository: &Repository) -> Result<(Vec<Oid>, Vec<Tag>), git2::Error> {
    let (mut tips, mut tags) = (Vec::new(), Vec::new());
    tips.extend(repository.head().ok().and_then(|head| head.target()));
    for reference in repository.references()?.flatten() {
        let Some(id) = reference.target() else {
            continue;
        };
        let Ok(commit) = repository
            .find_object(id, None)
            .and_then(|object| object.peel_to_commit())
        else {
            continue;
        };
        tips.push(commit.id());
        if commit.id() != id {
            tags.push(Tag {
                id,
                commit: commit.id(),
            });
        }
    }
    Ok((tips, tags))
}

/// The moment that `text` names: a day in UTC, or RFC 3339.
fn date(text: &str) -> Option<i64> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_second());
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    let moment = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(moment.timestamp().as_second())
}

fn walk(repository: &Repository, tips: &[Oid], hidden: &[Oid]) -> Result<Vec<Oid>, git2::Error> {
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE)?;
    for &tip in tips {
        walk.push(tip)?;
    }
    for &commit in hidden {
        walk.hide(commit)?;
    }
    walk.collect()
}

/// What `commits` bring.
pub(super) fn work(repository: &Repository, commits: Commits) -> Result<Work, git2::Error> {
    let mut work = Work {
        messages: commits.tags.into_iter().map(|tag| (tag, None)).collect(),
        ..Work::default()
    };
    let mut paths = HashSet::new();
    // A blob is brought by the first commit that has it.
    let mut brought: HashMap<Oid, Arc<Commit>> = HashMap::new();
    let mut placed = HashSet::new();
    let odb = repository.odb()?;
    for id in commits.commits {
        let commit = repository.find_commit(id)?;
        let bytes = odb.read(id)?;
        let told = refs::id(id).map(|id| Arc::new(commit::read(id, bytes.data())));
        for change in new_in(repository, &commit)? {
            if paths.insert(change.path.clone()) && change.is_new_path {
                work.names
                    .push((change.path.clone(), change.blob, told.clone()));
            }
            if change.is_known || !placed.insert((change.blob, change.path.clone())) {
                continue;
            }
            let commit = match (&told, brought.get(&change.blob)) {
                (_, Some(first)) => Some(first.clone()),
                (Some(told), None) => {
                    brought.insert(change.blob, told.clone());
                    Some(told.clone())
                }
                (None, None) => None,
            };
            work.items.push(Item {
                source: SourceKind::GitObject,
                path: change.path,
                blob: change.blob,
                commit,
            });
        }
        work.messages.push((id, told));
    }
    Ok(work)
}

/// What a commit has at a path where none of its parents has it.
struct Change {
    path: Vec<u8>,
    blob: Oid,
    /// No parent has anything at the path.
    is_new_path: bool,
    /// A parent has the blob at another path, from where it was moved.
    is_known: bool,
}

/// What is new in `commit`, by path.
fn new_in(repository: &Repository, commit: &git2::Commit<'_>) -> Result<Vec<Change>, git2::Error> {
    let tree = commit.tree()?;
    let mut options = DiffOptions::new();
    options.skip_binary_check(true).ignore_submodules(true);
    let mut parents = commit.parents();
    let first = parents.next().map(|parent| parent.tree()).transpose()?;
    let diff = repository.diff_tree_to_tree(first.as_ref(), Some(&tree), Some(&mut options))?;
    let mut moved = old_blobs(&diff);
    let mut changes = changes(&diff);
    for parent in parents {
        if changes.is_empty() {
            break;
        }
        let diff =
            repository.diff_tree_to_tree(Some(&parent.tree()?), Some(&tree), Some(&mut options))?;
        moved.extend(old_blobs(&diff));
        let others: HashMap<_, _> = self::changes(&diff)
            .into_iter()
            .map(|change| (change.path, change.is_new_path))
            .collect();
        changes.retain_mut(|change| {
            let is_new = others.get(&change.path);
            change.is_new_path &= is_new.is_some_and(|&is_new| is_new);
            is_new.is_some()
        });
    }
    for change in &mut changes {
        change.is_known = moved.contains(&change.blob);
    }
    Ok(changes)
}

fn changes(diff: &Diff<'_>) -> Vec<Change> {
    let new = diff
        .deltas()
        .filter(|delta| delta.status() != Delta::Deleted);
    new.filter(|delta| delta.new_file().mode() != FileMode::Commit)
        .filter_map(|delta| {
            Some(Change {
                path: delta.new_file().path_bytes()?.to_vec(),
                blob: delta.new_file().id(),
                is_new_path: delta.status() == Delta::Added,
                is_known: false,
            })
        })
        .collect()
}

/// The blobs that a diff replaces or removes.
fn old_blobs(diff: &Diff<'_>) -> HashSet<Oid> {
    diff.deltas()
        .filter(|delta| delta.status() != Delta::Added)
        .map(|delta| delta.old_file().id())
        .collect()
}
