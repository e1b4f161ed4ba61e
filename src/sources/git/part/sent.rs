//! What others do not have yet: what a push brings.

use std::collections::{BTreeSet, HashSet};

use super::super::objects::{Named, Objects};
use super::super::{refs, shallow};
use super::opened::Opened;
use super::range::Bringing;
use super::revision::{Unknown, resolve};
use super::walk::new_to;
use super::{Item, PartError, Work};
use crate::model::{ObjectId, ObjectKind, ProblemKind, SourceKind};

/// What is sent, and what is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Revisions that are sent; `None` stands for whatever `HEAD` and references lead to, the tracking
    /// ones of the remote left out.
    pub tips: Option<Vec<String>>,
    /// Revisions that are there already. Those that are not known here are passed over.
    pub known: Vec<String>,
    /// Whose tracking references lead to what is there already: the name of a remote, or its URL.
    pub remote: Option<String>,
}

/// The objects that are sent, and those that are there already.
pub(super) struct Between {
    tips: Vec<ObjectId>,
    known: Vec<ObjectId>,
}

/// Finds out where what is sent begins and ends.
pub(super) fn between(
    opened: &Opened,
    objects: &mut Objects<'_>,
    sent: &Sent,
) -> Result<Between, PartError> {
    let tracking = tracking(opened, sent.remote.as_deref());
    let is_tracking = |name: &str| tracking.iter().any(|prefix| name.starts_with(prefix));
    let (theirs, ours): (Vec<_>, Vec<_>) = named(opened)
        .into_iter()
        .partition(|(name, _)| is_tracking(name));
    let tips = match &sent.tips {
        Some(tips) => tips
            .iter()
            .map(|tip| find(opened, objects, tip))
            .collect::<Result<_, _>>()?,
        None => ours.into_iter().map(|(_, id)| id).collect(),
    };
    let given = sent.known.iter();
    let given: Vec<_> = given.flat_map(|id| find(opened, objects, id)).collect();
    let known = given
        .into_iter()
        .chain(theirs.into_iter().map(|(_, id)| id));
    Ok(Between {
        tips,
        known: known.filter(|id| objects.named(id).is_ok()).collect(),
    })
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

/// What `HEAD` and references name, by full names.
fn named(opened: &Opened) -> Vec<(String, ObjectId)> {
    let references = opened.git.references().into_iter().flatten().flatten();
    let named = references.filter_map(|reference| {
        let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
        let target = reference.resolve().ok()?.target()?;
        Some((name, refs::id(target)?))
    });
    let head = opened.head().map(|head| ("HEAD".to_owned(), head));
    let mut named: Vec<_> = named.chain(head).collect();
    named.sort();
    named
}

/// How the names of references start that track `remote`.
fn tracking(opened: &Opened, remote: Option<&str>) -> Vec<String> {
    let Some(remote) = remote else {
        return Vec::new();
    };
    let names = opened.git.remotes();
    let names: Vec<String> = names
        .iter()
        .flatten()
        .flatten()
        .flatten()
        .map(str::to_owned)
        .collect();
    let is_it = |name: &String| {
        name == remote
            || opened.git.find_remote(name).is_ok_and(|found| {
                let urls = [found.url_bytes(), found.pushurl_bytes().unwrap_or_default()];
                urls.contains(&remote.as_bytes())
            })
    };
    let names = names.into_iter().filter(is_it);
    names.map(|name| format!("refs/remotes/{name}/")).collect()
}

/// What is sent and not there already.
pub(super) fn work(opened: &Opened, objects: &mut Objects<'_>, between: Between) -> Work {
    let mut work = Work::default();
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
    work
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
