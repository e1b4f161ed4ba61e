//! What others do not have yet: what a push brings.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use super::super::objects::{Named, Objects};
use super::super::{refs, shallow};
use super::opened::Opened;
use super::range::Bringing;
use super::revision::{Unknown, resolve};
use super::tracking::{Remote, Tracking};
use super::walk::new_to;
use super::{Item, PartError, Work};
use crate::model::{ObjectId, ObjectKind, ProblemKind, SourceKind};
use crate::sources::git::Scope;

/// What is sent, and what is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Revisions that are sent; `None` stands for whatever `HEAD` and references lead to, the tracking
    /// ones of the remote left out.
    pub tips: Option<Vec<String>>,
    /// Whether what `HEAD` and references lead to that are no remote's is sent besides.
    pub locals: bool,
    /// Names that references shall have where they are sent to, in full: they are scanned, too.
    pub names: Vec<String>,
    /// Revisions that are there already. Those that are not known here are passed over.
    pub known: Vec<String>,
    /// Which references lead to what is there already.
    pub there: There,
    /// Whether all that the files of the revisions hold is scanned, too, new or not.
    pub whole: bool,
    /// A folder of objects, of [`Scope::git_objects`](crate::sources::git::Scope::git_objects), that
    /// are all sent, whether or not a revision leads to them.
    pub quarantine: Option<PathBuf>,
}

/// Which references lead to what others have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum There {
    /// None.
    #[default]
    Unknown,
    /// Those that track this remote, unless it says that it has something else.
    Tracking(Remote),
    /// All: it is sent to this repository.
    Here,
}

/// The objects that are sent, and those that are there already.
pub(super) struct Between {
    tips: Vec<ObjectId>,
    known: Vec<ObjectId>,
    /// Names of references that are new there.
    names: Vec<String>,
    /// References that may lead to more.
    unread: Vec<String>,
    whole: bool,
    quarantine: Option<PathBuf>,
}

/// Finds out where what is sent begins and ends.
pub(super) fn between(
    opened: &Opened,
    objects: &mut Objects<'_>,
    sent: &Sent,
) -> Result<Between, PartError> {
    let mut unread = Vec::new();
    let all = named(opened, &mut unread);
    let tracking = match &sent.there {
        There::Tracking(remote) => {
            let shallow = shallow(&opened.database.repository);
            Tracking::of(opened, objects, remote, &all, &shallow)
        }
        There::Unknown | There::Here => Tracking::default(),
    };
    let (mut theirs, ours): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(name, _)| sent.there == There::Here || tracking.has(name));
    if sent.there != There::Here && !tracking.is_believed {
        theirs.clear();
    }
    let mut names = sent.names.clone();
    if sent.tips.is_none() || sent.locals {
        let there: HashSet<_> = theirs.iter().map(|(name, _)| name).collect();
        let is_there = |name: &str| tracking.tracks(name).any(|it| there.contains(&it));
        let ours = ours.iter().map(|(name, _)| name);
        let ours = ours.filter(|name| is_pushed(name) && !is_there(name));
        names.extend(ours.cloned());
    }
    let is_sent = |name: &str| sent.tips.is_none() || sent.locals && !is_remote(name);
    let ours = ours.into_iter().filter(|(name, _)| is_sent(name));
    let given = sent.tips.iter().flatten();
    let given: Result<Vec<_>, _> = given.map(|tip| find(opened, objects, tip)).collect();
    let tips = given?.into_iter().chain(ours.map(|(_, id)| id)).collect();
    let given = sent.known.iter();
    let given: Vec<_> = given.flat_map(|id| find(opened, objects, id)).collect();
    let known = given
        .into_iter()
        .chain(theirs.into_iter().map(|(_, id)| id));
    Ok(Between {
        tips,
        known: known.filter(|id| objects.named(id).is_ok()).collect(),
        names,
        unread: if sent.tips.is_none() || sent.locals {
            unread
        } else {
            // Where it is told what is sent, what else there is does not matter.
            Vec::new()
        },
        whole: sent.whole,
        quarantine: sent.quarantine.clone(),
    })
}

/// Whether a reference is one of those that stand for what others have.
fn is_remote(name: &str) -> bool {
    name.starts_with("refs/remotes/")
}

/// Whether a reference is sent under the name that it has here.
fn is_pushed(name: &str) -> bool {
    name.starts_with("refs/heads/") || name.starts_with("refs/tags/")
}

fn find(opened: &Opened, objects: &mut Objects<'_>, tip: &str) -> Result<ObjectId, PartError> {
    let check = || opened.database.check_loose();
    let found = resolve(&opened.git, objects, tip, check);
    let found = found.and_then(|id| match objects.named(&id) {
        Ok(_) => Ok(id),
        Err(why) => Err(Unknown::Unread(id, why)),
    });
    found.map_err(|why| PartError::Revision {
        revision: tip.to_owned(),
        path: opened.target.clone(),
        message: why.to_string(),
    })
}

/// What `HEAD` and references name, by full names. What cannot be read is told in `unread`.
fn named(opened: &Opened, unread: &mut Vec<String>) -> Vec<(String, ObjectId)> {
    let scope = Scope {
        worktree: false,
        ..Scope::default()
    };
    // Whether it may be read was found out when it was opened.
    let references = refs::read(&opened.database.repository, &scope).unwrap_or_default();
    unread.extend(references.unread);
    let head = opened.head().map(|head| ("HEAD".to_owned(), head));
    let mut named: Vec<_> = references.all.into_iter().chain(head).collect();
    named.sort();
    named
}

/// What is sent and not there already.
pub(super) fn work(opened: &Opened, objects: &mut Objects<'_>, between: Between) -> Work {
    let mut work = Work {
        references: between.names,
        ..Work::default()
    };
    let unread = between.unread.into_iter();
    work.problems
        .extend(unread.map(|message| (ProblemKind::References, message)));
    let mut seen = HashSet::new();
    let mut known = Vec::new();
    for id in between.known {
        if let Some(commit) = follow(objects, id, &mut seen, &mut Work::default()) {
            known.push(commit);
        }
    }
    let mut tips = Vec::new();
    work.is_reachable = true;
    for id in between.tips {
        work.is_reachable &= opened.is_named(id);
        if let Some(commit) = follow(objects, id, &mut seen, &mut work) {
            tips.push(commit);
        }
    }
    let shallow = shallow(&opened.database.repository);
    let walked = new_to(objects, &tips, &known, &shallow);
    Bringing::new(objects, &shallow, &mut work).all(walked, SourceKind::GitObject);
    if between.whole {
        for tip in &tips {
            files(objects, tip, &mut work);
        }
    }
    if let Some(folder) = between.quarantine {
        match opened.database.only_in(&folder) {
            Ok(ids) => rest(objects, &ids, &mut work),
            Err(error) => {
                let message = format!("cannot list what was received: {error}");
                work.problems.push((ProblemKind::References, message));
            }
        }
    }
    work
}

/// Notes all files that the commit `id` has and that are not noted yet.
fn files(objects: &mut Objects<'_>, id: &ObjectId, work: &mut Work) {
    let Some(tree) = objects.commit(id).and_then(|commit| commit.tree) else {
        return;
    };
    let mut all = Work::default();
    Bringing::new(objects, &BTreeSet::new(), &mut all).tree(tree);
    let known: HashSet<_> = work.items.iter().map(|it| (&it.path, it.blob)).collect();
    all.items
        .retain(|item| !known.contains(&(&item.path, item.blob)));
    let known: HashSet<_> = work.names.iter().map(|it| &it.0).collect();
    all.names.retain(|(path, ..)| !known.contains(path));
    work.items.extend(all.items);
    work.names.extend(all.names);
    work.problems.extend(all.problems);
}

/// Notes of the objects `ids` what no revision led to.
fn rest(objects: &mut Objects<'_>, ids: &[ObjectId], work: &mut Work) {
    let name = |path: &[u8]| path.rsplit(|&it| it == b'/').next().map(<[u8]>::to_vec);
    let mut names: HashSet<_> = work.names.iter().filter_map(|it| name(&it.0)).collect();
    let blobs: HashSet<_> = work.items.iter().map(|item| item.blob).collect();
    let messages: HashSet<_> = work.messages.iter().map(|it| it.0).collect();
    for id in ids {
        match objects.read(id).map(|(kind, _)| kind) {
            Ok(ObjectKind::Tree) => {
                for entry in objects.tree(id).entries().flatten() {
                    if names.insert(entry.name.to_vec()) {
                        work.names.push((entry.name.to_vec(), *id, None));
                    }
                }
            }
            Ok(ObjectKind::Commit | ObjectKind::Tag) if messages.contains(id) => (),
            Ok(ObjectKind::Commit | ObjectKind::Tag) => work.messages.push((*id, None)),
            Ok(_) | Err(_) if blobs.contains(id) => (),
            // What cannot be read is told when it is tried again.
            Ok(_) | Err(_) => work.items.push(Item {
                source: SourceKind::GitObject,
                path: Vec::new(),
                blob: *id,
                commit: None,
            }),
        }
    }
}

/// The commit that `id` is or, through tags, leads to. The tags, and what of files they lead to, are
/// noted in `work` unless they were `seen`.
fn follow(
    objects: &mut Objects<'_>,
    id: ObjectId,
    seen: &mut HashSet<ObjectId>,
    work: &mut Work,
) -> Option<ObjectId> {
    let mut at = id;
    loop {
        match objects.named(&at) {
            Ok(Named::Commit) => return Some(at),
            Ok(Named::Tag(_) | Named::Other) if !seen.insert(at) => return None,
            Ok(Named::Tag(target)) => {
                work.messages.push((at, None));
                at = target;
            }
            Ok(Named::Other) => {
                contents(objects, at, work);
                return None;
            }
            Err(why) => {
                let message = format!("what {id} leads to cannot be read: {at}: {why}");
                work.problems.push((ProblemKind::References, message));
                return None;
            }
        }
    }
}

/// Notes the blob or tree that somebody tagged.
fn contents(objects: &mut Objects<'_>, id: ObjectId, work: &mut Work) {
    let kind = objects.read(&id).map(|(kind, _)| kind);
    if let Ok(ObjectKind::Tree) = kind {
        Bringing::new(objects, &BTreeSet::new(), work).tree(id);
    } else {
        work.items.push(Item {
            source: SourceKind::GitObject,
            path: Vec::new(),
            blob: id,
            commit: None,
        });
    }
}
