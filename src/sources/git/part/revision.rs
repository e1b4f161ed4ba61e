//! What a revision names: `main`, `HEAD~2`, `v1^{commit}`, `0123abc`.

use git2::{Oid, Repository};
use thiserror::Error;

use super::super::objects::{Named, Objects};
use super::super::pack::Lost;
use super::super::refs;
use crate::model::ObjectId;

/// Hexadecimal digits of the shortest name that stands for an object.
const MIN_DIGITS: usize = 4;

/// Why a revision names no commit.
#[derive(Debug, Error)]
pub(super) enum Unknown {
    /// The object could not be read.
    #[error("{0}: {1}")]
    Unread(ObjectId, Lost),
    /// What it leads to is no commit.
    #[error("{0} is no commit")]
    NoCommit(ObjectId),
    /// A step leads to a parent that the commit has not.
    #[error("{0} has no such parent")]
    NoParent(ObjectId),
    /// There is nothing between the dots and beside them.
    #[error("it is empty")]
    Empty,
    /// What git2 says, or what forbids to ask it.
    #[error("{0}")]
    Git(String),
}

/// One step on the way from what a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// To this parent, counted from 1; to itself if that is 0.
    Parent(usize),
    /// To the first parent, so many times.
    Ancestor(usize),
    /// To the commit that tags lead to.
    Peel,
}

/// The object that `revision` names. Names that only git2 understands are left to it if
/// `is_safe` says so.
///
/// # Errors
///
/// Why there is none.
pub(super) fn resolve(
    repository: &Repository,
    objects: &mut Objects<'_>,
    revision: &str,
    is_safe: impl FnOnce() -> Result<(), Unknown>,
) -> Result<ObjectId, Unknown> {
    if revision.is_empty() {
        return Err(Unknown::Empty);
    }
    let end = revision.find(['~', '^']).unwrap_or(revision.len());
    let (name, steps) = revision.split_at(end);
    let name = if matches!(name, "" | "@") {
        "HEAD"
    } else {
        name
    };
    if let (Some(mut id), Some(steps)) = (named(repository, name), self::steps(steps)) {
        for step in steps {
            id = follow(objects, id, step)?;
        }
        return Ok(id);
    }
    is_safe()?;
    let found = repository.revparse_single(revision);
    let found = found.map_err(|error| Unknown::Git(error.message().to_owned()))?;
    refs::id(found.id()).ok_or_else(|| Unknown::Git("it names nothing".to_owned()))
}

/// The commit that `id` is or, through tags, leads to, and these tags.
///
/// # Errors
///
/// Why there is none.
pub(super) fn peel(
    objects: &mut Objects<'_>,
    id: ObjectId,
) -> Result<(ObjectId, Vec<ObjectId>), Unknown> {
    let (mut at, mut tags) = (id, Vec::new());
    loop {
        match objects.named(&at).map_err(|why| Unknown::Unread(at, why))? {
            Named::Commit => return Ok((at, tags)),
            // Only damaged tags lead to themselves.
            Named::Tag(target) if !tags.contains(&target) => {
                tags.push(at);
                at = target;
            }
            Named::Tag(_) | Named::Other => return Err(Unknown::NoCommit(at)),
        }
    }
}

/// What a name without steps stands for: a reference, a whole id, the start of one.
fn named(repository: &Repository, name: &str) -> Option<ObjectId> {
    if let Some(id) = ObjectId::from_hex(name.as_bytes()) {
        return Some(id);
    }
    let reference = repository.resolve_reference_from_short_name(name);
    let target = reference.and_then(|reference| reference.resolve());
    if let Some(target) = target.ok().and_then(|reference| reference.target()) {
        return refs::id(target);
    }
    let is_short = name.len() >= MIN_DIGITS && name.bytes().all(|it| it.is_ascii_hexdigit());
    let short = Oid::from_str(name).ok().filter(|_| is_short)?;
    let found = repository.odb().ok()?.exists_prefix(short, name.len());
    refs::id(found.ok()?)
}

/// The steps that are spelt by what follows a name.
fn steps(mut text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while let Some(sign) = text.chars().next() {
        text = &text[sign.len_utf8()..];
        if let Some(rest) = ["{}", "{commit}"]
            .iter()
            .find_map(|it| text.strip_prefix(it))
        {
            steps.push(Step::Peel);
            text = rest;
            if sign != '^' {
                return None;
            }
            continue;
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = text.split_at(digits);
        let number = if number.is_empty() {
            1
        } else {
            number.parse().ok()?
        };
        text = rest;
        steps.push(match sign {
            '^' => Step::Parent(number),
            '~' => Step::Ancestor(number),
            _ => return None,
        });
    }
    Some(steps)
}

fn follow(objects: &mut Objects<'_>, id: ObjectId, step: Step) -> Result<ObjectId, Unknown> {
    let (mut id, _) = peel(objects, id)?;
    let (count, which) = match step {
        Step::Peel | Step::Parent(0) => return Ok(id),
        Step::Parent(which) => (1, which),
        Step::Ancestor(count) => (count, 1),
    };
    for _ in 0..count {
        let node = objects.commit(&id);
        let node = node.ok_or(Unknown::Unread(id, Lost::Missing))?;
        id = *node.parents.get(which - 1).ok_or(Unknown::NoParent(id))?;
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read() {
        let check = |text: &str, expected: Option<&[Step]>| {
            assert_eq!(steps(text).as_deref(), expected, "{text}");
        };
        check("", Some(&[]));
        check("~", Some(&[Step::Ancestor(1)]));
        check("~12^2", Some(&[Step::Ancestor(12), Step::Parent(2)]));
        check(
            "^^0^{}",
            Some(&[Step::Parent(1), Step::Parent(0), Step::Peel]),
        );
        check("^{commit}~", Some(&[Step::Peel, Step::Ancestor(1)]));
        check("^{tree}", None);
        check("~{}", None);
        check("^@", None);
        check("~1x", None);
        check("~é", None);
        check("é", None);
    }
}
