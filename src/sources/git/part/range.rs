//! What commits bring that none of their parents has.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::super::objects::{Named, Node, Objects};
use super::super::{commit, refs, shallow};
use super::opened::Opened;
use super::revision::{Unknown, peel, resolve};
use super::walk::{Walked, new_to};
use super::{Item, Moved, PartError, Work, diff, lineage};
use crate::model::{Commit, ObjectId, ObjectKind, ProblemKind, SourceKind};
use crate::sources::git::Scope;

/// Where a range begins and ends.
pub(super) struct Ends {
    /// What this leads to is not new.
    known: Option<ObjectId>,
    last: ObjectId,
    /// Annotated tags on the way to the last that are not on the way to what is known.
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
        // An end that is left out is `HEAD`, but not both: so reads what a script forgot to set.
        let (from, to) = match (from, to) {
            (Some(""), to) if !to.is_empty() => (Some("HEAD"), to),
            (Some(from), "") if !from.is_empty() => (Some(from), "HEAD"),
            ends => ends,
        };
        let mut find = |revision| named(opened, objects, range, revision);
        let (known, old) = from.map(&mut find).transpose()?.unzip();
        let (last, mut tags) = find(to)?;
        tags.retain(|tag| old.as_ref().is_none_or(|old| !old.contains(tag)));
        Ok(Self { known, last, tags })
    }
}

/// From when on commits count.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// Seconds since 1970.
    Date(i64),
    /// What this does not lead to.
    Commit {
        commit: ObjectId,
        /// On the way to it.
        tags: Vec<ObjectId>,
    },
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
            .map(|(commit, tags)| Start::Commit { commit, tags })
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
    let unknown = |why: Unknown| PartError::Revision {
        revision: given.to_owned(),
        path: opened.target.clone(),
        message: why.to_string(),
    };
    let check = || opened.database.check_loose();
    let id = resolve(&opened.git, objects, revision, check).map_err(unknown)?;
    peel(objects, id).map_err(unknown)
}

/// What is new between two ends.
pub(super) fn between(opened: &Opened, objects: &mut Objects<'_>, ends: Ends) -> Work {
    let hidden: Vec<_> = ends.known.into_iter().collect();
    let shallow = shallow(&opened.database.repository);
    let walked = new_to(objects, &[ends.last], &hidden, &shallow);
    let mut tips = ends.tags.iter().copied().chain([ends.last]);
    let mut work = Work {
        is_reachable: tips.any(|tip| opened.is_named(tip)),
        messages: ends.tags.into_iter().map(|tag| (tag, None)).collect(),
        ..Work::default()
    };
    Bringing::new(objects, &shallow, &mut work).all(walked, SourceKind::GitObject);
    work
}

/// What came since, of all that references and `HEAD` lead to.
pub(super) fn since(opened: &Opened, objects: &mut Objects<'_>, start: &Start) -> Work {
    let shallow = shallow(&opened.database.repository);
    let mut work = Work {
        is_reachable: true,
        ..Work::default()
    };
    let tips = tips(opened, objects, &mut work.problems);
    let (hidden, old) = match start {
        Start::Date(_) => (Vec::new(), Vec::new()),
        Start::Commit { commit, tags } => (vec![*commit], tags.clone()),
    };
    for tag in &tips.tags {
        let is_new = match start {
            Start::Date(date) => tag.date >= *date,
            Start::Commit { .. } => !old.contains(&tag.id),
        };
        if is_new {
            work.messages.push((tag.id, None));
            work.items.extend(tag.blob.map(|blob| Item {
                source: SourceKind::GitObject,
                path: Vec::new(),
                blob,
                commit: None,
            }));
        }
    }
    let histories = [
        (tips.commits, SourceKind::GitObject),
        (tips.notes, SourceKind::GitNote),
    ];
    for (tips, source) in histories {
        let mut walked = new_to(objects, &tips, &hidden, &shallow);
        if let Start::Date(date) = start {
            walked.commits.retain(|(_, node)| node.date >= *date);
            walked.is_cut = walked.commits.iter().any(|(id, _)| shallow.contains(id));
        }
        Bringing::new(objects, &shallow, &mut work).all(walked, source);
    }
    work
}

/// What references and `HEAD` lead to.
#[derive(Default)]
struct Tips {
    commits: Vec<ObjectId>,
    /// Commits of notes.
    notes: Vec<ObjectId>,
    tags: Vec<Tag>,
}

/// An annotated tag.
struct Tag {
    id: ObjectId,
    /// Seconds since 1970; the start of it if the tag does not tell.
    date: i64,
    /// What it names, if that is a blob.
    blob: Option<ObjectId>,
}

/// What all references lead to. What cannot be read is told.
fn tips(
    opened: &Opened,
    objects: &mut Objects<'_>,
    problems: &mut Vec<(ProblemKind, String)>,
) -> Tips {
    let scope = Scope {
        worktree: false,
        ..Scope::default()
    };
    // Whether it may be read was found out when it was opened.
    let references = refs::read(&opened.database.repository, &scope).unwrap_or_default();
    let unread = references.unread.into_iter();
    problems.extend(unread.map(|message| (ProblemKind::References, message)));
    let head = opened.head().map(|head| ("HEAD".to_owned(), head));
    let mut tips = Tips::default();
    let mut known = HashSet::new();
    for (name, id) in references.all.into_iter().chain(head) {
        let (end, tags) = match peel(objects, id) {
            Ok((commit, tags)) if name.starts_with("refs/notes/") => {
                tips.notes.push(commit);
                (None, tags)
            }
            Ok((commit, tags)) => {
                tips.commits.push(commit);
                (None, tags)
            }
            // Somebody tagged a blob or a tree.
            Err(Unknown::NoCommit(end)) => (Some(end), ways(objects, id)),
            Err(why) => {
                let message = format!("what {name} names leads nowhere: {why}");
                problems.push((ProblemKind::References, message));
                continue;
            }
        };
        for tag in tags.into_iter().filter(|tag| known.insert(*tag)) {
            let date = objects.read(&tag).ok();
            let date = date.and_then(|(_, bytes)| commit::tagged_at(bytes));
            let is_blob = |end: &ObjectId| {
                let read = objects.read(end);
                read.is_ok_and(|(kind, _)| kind == ObjectKind::Blob)
            };
            tips.tags.push(Tag {
                id: tag,
                date: date.unwrap_or(0),
                blob: end.filter(is_blob),
            });
        }
    }
    tips
}

/// The tags on the way from `id` to what is no commit.
fn ways(objects: &mut Objects<'_>, id: ObjectId) -> Vec<ObjectId> {
    let (mut at, mut tags) = (id, Vec::new());
    while let Ok(Named::Tag(target)) = objects.named(&at) {
        if tags.contains(&at) {
            break;
        }
        tags.push(at);
        at = target;
    }
    tags
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

/// Paths of a blob that are told, at most.
const MAX_PATHS: usize = 10_000;

/// Finds out what commits bring.
pub(super) struct Bringing<'b, 'o> {
    objects: &'b mut Objects<'o>,
    shallow: &'b BTreeSet<ObjectId>,
    work: &'b mut Work,
    budget: diff::Budget,
    /// The commits that have each blob while no parent has it.
    bringers: HashMap<ObjectId, Vec<ObjectId>>,
}

impl<'b, 'o> Bringing<'b, 'o> {
    pub(super) fn new(
        objects: &'b mut Objects<'o>,
        shallow: &'b BTreeSet<ObjectId>,
        work: &'b mut Work,
    ) -> Self {
        Self {
            objects,
            shallow,
            work,
            budget: diff::Budget::default(),
            bringers: HashMap::new(),
        }
    }

    /// All that `walked` brings, as `source`.
    pub(super) fn all(mut self, walked: Walked, source: SourceKind) {
        self.work.is_cut |= walked.is_cut;
        let mut known = HashSet::new();
        let (mut placed, mut told) = (HashMap::new(), HashMap::new());
        let mut cut = BTreeSet::new();
        let start = self.work.items.len();
        let counting = lineage::counting_parents(&walked, self.objects, self.shallow);
        let mut moved = HashSet::new();
        for (id, node) in &walked.commits {
            let commit = self.told(*id);
            let parents = counting.get(id);
            for change in self.new_in(id, node, parents.unwrap_or(&node.parents)) {
                if change.is_new_path && known.insert(change.path.clone()) {
                    let name = (change.path.clone(), change.object, Some(commit.clone()));
                    self.work.names.push(name);
                }
                if change.is_name {
                    continue;
                }
                if !change.moved_from.is_empty() {
                    let place = (
                        change.object,
                        change.path.clone(),
                        change.moved_from.clone(),
                    );
                    if !moved.insert(place) {
                        continue;
                    }
                    self.work.moved.push(Moved {
                        item: Item {
                            source,
                            path: change.path,
                            blob: change.object,
                            commit: Some(commit.clone()),
                        },
                        from: change.moved_from,
                    });
                    continue;
                }
                let bringers = self.bringers.entry(change.object).or_default();
                // Beside the parents that count, others may have brought it.
                if bringers.last() != Some(id) && (parents.is_none() || bringers.is_empty()) {
                    bringers.push(*id);
                }
                let paths: &mut HashSet<_> = placed.entry(change.object).or_default();
                if paths.len() == MAX_PATHS {
                    cut.insert(change.object);
                } else if paths.insert(change.path.clone()) {
                    self.work.items.push(Item {
                        source,
                        path: change.path,
                        blob: change.object,
                        commit: None,
                    });
                }
            }
            self.work.messages.push((*id, Some(commit.clone())));
            told.insert(*id, commit);
        }
        for blob in cut {
            let message = format!("the blob {blob} stands at more than the {MAX_PATHS} paths told");
            self.work.problems.push((ProblemKind::Limit, message));
        }
        let commits = walked.commits.into_iter().collect();
        let bringers = self.bringers.iter();
        let first: HashMap<_, _> = bringers
            .filter_map(|(blob, bringers)| Some((*blob, first(bringers, &commits)?)))
            .collect();
        for item in &mut self.work.items[start..] {
            let first = first.get(&item.blob);
            item.commit = first.and_then(|first| told.get(first).cloned());
            if source == SourceKind::GitNote {
                annotate(self.objects, item);
            }
        }
    }

    /// All of a tree that no commit has.
    pub(super) fn tree(mut self, tree: ObjectId) {
        for change in self.compared(tree, &[], &format!("the tree {tree}")) {
            let place = (change.path.clone(), change.object, None);
            self.work.names.push(place);
            if !change.is_name {
                self.work.items.push(Item {
                    source: SourceKind::GitObject,
                    path: change.path,
                    blob: change.object,
                    commit: None,
                });
            }
        }
    }

    /// What is told of a commit.
    fn told(&mut self, id: ObjectId) -> Arc<Commit> {
        let bytes = self.objects.read(&id).map_or(&[][..], |(_, bytes)| bytes);
        Arc::new(Commit {
            or_earlier: self.shallow.contains(&id),
            ..commit::read(id, bytes)
        })
    }

    /// What a commit has that these of its parents have not, by path.
    fn new_in(&mut self, id: &ObjectId, node: &Node, parents: &[ObjectId]) -> Vec<diff::Change> {
        let parents = parents.iter();
        let trees: Vec<_> = parents
            .filter_map(|parent| self.objects.commit(parent)?.tree)
            .collect();
        let Some(tree) = node.tree else {
            let message = format!("the commit {id} names no tree");
            self.work.problems.push((ProblemKind::Corrupt, message));
            return Vec::new();
        };
        self.compared(tree, &trees, &format!("the commit {id}"))
    }

    /// What `tree` has and none of `others`; `whose` it is, as problems say.
    fn compared(&mut self, tree: ObjectId, others: &[ObjectId], whose: &str) -> Vec<diff::Change> {
        let changes = diff::new_in(self.objects, tree, others, &mut self.budget);
        let mut problem = |kind, message| self.work.problems.push((kind, message));
        if changes.is_cut {
            let message = format!("not all that {whose} brings was looked at");
            problem(ProblemKind::Limit, message);
        }
        if changes.is_damaged {
            let message = format!("a tree of {whose} is damaged");
            problem(ProblemKind::Corrupt, message);
        }
        changes.all
    }
}

/// The first of those that bring a blob: of several, none an ancestor of another, the one of the
/// earliest date, then of the smallest id.
fn first(bringers: &[ObjectId], commits: &HashMap<ObjectId, Node>) -> Option<ObjectId> {
    /// More than this are not told apart by their ancestors.
    const MOST: usize = 64;
    let descends = |commit: &ObjectId| {
        let (mut open, mut seen) = (vec![commit], HashSet::new());
        while let Some(node) = open.pop().and_then(|at| commits.get(at)) {
            for parent in node.parents.iter().filter(|it| commits.contains_key(*it)) {
                if bringers.contains(parent) {
                    return true;
                }
                if seen.insert(parent) {
                    open.push(parent);
                }
            }
        }
        false
    };
    let is_apart = matches!(bringers.len(), 2..=MOST);
    let bringers = bringers.iter().filter(|it| !is_apart || !descends(it));
    bringers
        .min_by_key(|it| (commits.get(*it).map(|node| node.date), **it))
        .copied()
}

/// Makes of a note's place the commit that it is on, which its path spells.
fn annotate(objects: &mut Objects<'_>, item: &mut Item) {
    let digits: Vec<u8> = item.path.iter().copied().filter(|&it| it != b'/').collect();
    let Some(id) = ObjectId::from_hex(&digits) else {
        item.source = SourceKind::GitObject;
        return;
    };
    item.path.clear();
    item.commit = match objects.read(&id) {
        Ok((ObjectKind::Commit, bytes)) => Some(Arc::new(commit::read(id, bytes))),
        _ => None,
    };
}
