//! What commits bring that none of their parents has.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::super::objects::{Node, Objects};
use super::super::{commit, refs, shallow};
use super::opened::Opened;
use super::revision::{peel, resolve};
use super::walk::{Walked, new_to};
use super::{Item, PartError, Work, diff};
use crate::model::{Commit, ObjectId, ProblemKind, SourceKind};
use crate::sources::git::Scope;

/// Where a range begins and ends.
pub(super) struct Ends {
    /// What this leads to is not new.
    known: Option<ObjectId>,
    last: ObjectId,
    /// Annotated tags on the way to the last.
    tags: Vec<ObjectId>,
}

impl Ends {
    /// Those of `A..B`, `A...B` or `B`. What is new to `B` is the same with two dots and with
    /// three: where both parted does not matter.
    pub(super) fn of(
        opened: &Opened,
        objects: &mut Objects<'_>,
        range: &str,
    ) -> Result<Self, PartError> {
        let (from, to) = match range.split_once("..") {
            Some((from, to)) => (Some(from), to.strip_prefix('.').unwrap_or(to)),
            None => (None, range),
        };
        let mut find = |revision| named(opened, objects, range, revision);
        let known = from.map(&mut find).transpose()?.map(|(known, _)| known);
        let (last, tags) = find(to)?;
        Ok(Self { known, last, tags })
    }
}

/// From when on commits count.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// Seconds since 1970.
    Date(i64),
    /// What this does not lead to.
    Commit(ObjectId),
}

/// The start that is given as a date or a revision.
pub(super) fn start(
    opened: &Opened,
    objects: &mut Objects<'_>,
    since: &str,
) -> Result<Start, PartError> {
    match date(since) {
        Some(date) => Ok(Start::Date(date)),
        None => named(opened, objects, since, since)
            .map(|(commit, _)| Start::Commit(commit))
            .map_err(|error| match error {
                PartError::Revision {
                    revision,
                    path,
                    message,
                } => PartError::Revision {
                    revision,
                    path,
                    message: format!("{message}; a date is written 2026-11-22"),
                },
                other => other,
            }),
    }
}

/// The commit that `revision` leads to, and the tags on the way; `given` is what it is part of.
fn named(
    opened: &Opened,
    objects: &mut Objects<'_>,
    given: &str,
    revision: &str,
) -> Result<(ObjectId, Vec<ObjectId>), PartError> {
    let unknown = |message: String| PartError::Revision {
        revision: given.to_owned(),
        path: opened.target.clone(),
        message,
    };
    let id =
        resolve(&opened.git, objects, revision, || opened.database.is_safe()).map_err(unknown)?;
    peel(objects, id).map_err(|why| unknown(format!("{id}: {why}")))
}

/// What is new between two ends.
pub(super) fn between(opened: &Opened, objects: &mut Objects<'_>, ends: Ends) -> Work {
    let hidden: Vec<_> = ends.known.into_iter().collect();
    let shallow = shallow(&opened.database.repository);
    let walked = new_to(objects, &[ends.last], &hidden, &shallow);
    brought(objects, walked, &shallow, ends.tags)
}

/// What came since, of all that references and `HEAD` lead to.
pub(super) fn since(opened: &Opened, objects: &mut Objects<'_>, start: &Start) -> Work {
    let shallow = shallow(&opened.database.repository);
    let mut problems = Vec::new();
    let (tips, tags) = tips(opened, objects, &mut problems);
    let hidden = match start {
        Start::Date(_) => Vec::new(),
        Start::Commit(commit) => vec![*commit],
    };
    let mut walked = new_to(objects, &tips, &hidden, &shallow);
    if let Start::Date(date) = start {
        walked.commits.retain(|(_, node)| node.date >= *date);
        walked.is_cut = walked.commits.iter().any(|(id, _)| shallow.contains(id));
    }
    let new: HashSet<_> = walked.commits.iter().map(|(id, _)| *id).collect();
    let tags = tags.into_iter().filter(|(_, commit)| new.contains(commit));
    let tags = tags.map(|(tag, _)| tag).collect();
    let mut work = brought(objects, walked, &shallow, tags);
    work.problems.extend(problems);
    work
}

/// The commits that references and `HEAD` lead to, and each annotated tag with the commit that it
/// leads to. What cannot be read is told.
fn tips(
    opened: &Opened,
    objects: &mut Objects<'_>,
    problems: &mut Vec<(ProblemKind, String)>,
) -> (Vec<ObjectId>, BTreeMap<ObjectId, ObjectId>) {
    let scope = Scope {
        worktree: false,
        ..Scope::default()
    };
    let Ok(references) = refs::read(&opened.database.repository, &scope) else {
        return (Vec::new(), BTreeMap::new());
    };
    let unread = references.unread.into_iter();
    problems.extend(unread.map(|message| (ProblemKind::References, message)));
    let head = opened.head().map(|head| ("HEAD".to_owned(), head));
    let (mut tips, mut tags) = (Vec::new(), BTreeMap::new());
    for (name, id) in references.all.into_iter().chain(head) {
        match peel(objects, id) {
            Ok((commit, through)) => {
                tips.push(commit);
                tags.extend(through.into_iter().map(|tag| (tag, commit)));
            }
            Err(why) => problems.push((
                ProblemKind::References,
                format!("what {name} names leads to no commit: {id}: {why}"),
            )),
        }
    }
    (tips, tags)
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

/// What commits bring, with the messages of `tags`.
fn brought(
    objects: &mut Objects<'_>,
    walked: Walked,
    shallow: &BTreeSet<ObjectId>,
    tags: Vec<ObjectId>,
) -> Work {
    let mut work = Work {
        messages: tags.into_iter().map(|tag| (tag, None)).collect(),
        is_cut: walked.is_cut,
        ..Work::default()
    };
    let mut paths = HashSet::new();
    // A blob is brought by the first commit that has it.
    let mut brought: HashMap<ObjectId, Arc<Commit>> = HashMap::new();
    let mut placed = HashSet::new();
    for (id, node) in walked.commits {
        let told = told(objects, id, shallow.contains(&id));
        for change in new_in(objects, &id, &node, &mut work.problems) {
            if change.is_new_path && paths.insert(change.path.clone()) {
                let name = (change.path.clone(), change.object, Some(told.clone()));
                work.names.push(name);
            }
            let is_known = change.is_folder || change.is_moved;
            if is_known || !placed.insert((change.object, change.path.clone())) {
                continue;
            }
            let first = brought.entry(change.object).or_insert_with(|| told.clone());
            work.items.push(Item {
                source: SourceKind::GitObject,
                path: change.path,
                blob: change.object,
                commit: Some(first.clone()),
            });
        }
        work.messages.push((id, Some(told)));
    }
    work
}

/// What is told of a commit.
fn told(objects: &mut Objects<'_>, id: ObjectId, is_cut: bool) -> Arc<Commit> {
    let bytes = objects.read(&id).map_or(&[][..], |(_, bytes)| bytes);
    Arc::new(Commit {
        or_earlier: is_cut,
        ..commit::read(id, bytes)
    })
}

/// What is new in a commit, by path.
fn new_in(
    objects: &mut Objects<'_>,
    id: &ObjectId,
    node: &Node,
    problems: &mut Vec<(ProblemKind, String)>,
) -> Vec<diff::Change> {
    let parents = node.parents.iter();
    let trees: Vec<_> = parents
        .filter_map(|parent| objects.commit(parent)?.tree)
        .collect();
    let Some(tree) = node.tree else {
        let message = format!("the commit {id} names no tree");
        problems.push((ProblemKind::Corrupt, message));
        return Vec::new();
    };
    let changes = diff::new_in(objects, tree, &trees);
    if changes.is_cut {
        let message = format!("not all that the commit {id} brings was looked at");
        problems.push((ProblemKind::Limit, message));
    }
    changes.all
}
