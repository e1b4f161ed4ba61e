//! How reports say where in a repository something stands, and where it can still be had.

use crate::model::{Exposure, ObjectId, SourceKind};

use super::view::{CommitView, ExposureView, GitView, OccurrenceView};
use super::words::{self, grouped};

/// Of what is told of a commit, as much as fits a line.
const AUTHOR: usize = 40;
const EMAIL: usize = 60;
const SUMMARY: usize = 72;

/// As many digits of an id as the largest repositories need.
const SHORT_ID: usize = 12;

/// `1a2b3c4d5e6f`.
pub(super) fn short(id: ObjectId) -> String {
    let mut text = id.to_string();
    text.truncate(SHORT_ID);
    text
}

/// `commit 1a2b3c4d5e6f  2026-11-22  Ada <ada@example.com>  "add the feed"`. Not escaped.
pub(super) fn commit(commit: &CommitView) -> String {
    let or_earlier = if commit.or_earlier { " or earlier" } else { "" };
    let day = words::commit_day(commit.date).unwrap_or_else(|| "no date".to_owned());
    format!(
        "commit {}{or_earlier}  {day}  {} <{}>  \"{}\"",
        short(commit.id),
        cut(&commit.author, AUTHOR),
        cut(&commit.email, EMAIL),
        cut(&commit.summary, SUMMARY)
    )
}

/// What stands in for the path of what has none.
pub(super) fn part(occurrence: &OccurrenceView<'_>) -> String {
    let git = occurrence.git.as_ref();
    // A tag has none, but nor has a commit that could not be read again.
    let is_commit = git.is_some_and(|git| git.commit.is_some());
    let object = git.and_then(|git| git.object);
    let part = match (occurrence.source, occurrence.position) {
        (SourceKind::GitMessage, Some(_)) if is_commit => "commit message",
        (SourceKind::GitMessage, Some(_)) => "message",
        (SourceKind::GitMessage, None) if is_commit => "author or committer",
        (SourceKind::GitMessage, None) => "author line",
        (SourceKind::GitNote, _) => "note",
        (SourceKind::GitReflog, _) => "reflog",
        (SourceKind::GitLfs, _) => "LFS file",
        (SourceKind::GitName, _) => "tree",
        (
            SourceKind::GitObject | SourceKind::GitIndex | SourceKind::File | SourceKind::Stdin,
            _,
        ) => return object.map_or_else(|| "blob".to_owned(), |id| format!("blob {}", short(id))),
    };
    part.to_owned()
}

/// Where an occurrence stands beyond its path, a line each; none outside of git. Not escaped.
pub(super) fn place(occurrence: &OccurrenceView<'_>) -> Vec<String> {
    let Some(git) = &occurrence.git else {
        return Vec::new();
    };
    let mut columns = vec![commit_of(occurrence, git)];
    columns.extend(object_of(occurrence, git));
    if !git.is_sole_repository {
        columns.push(format!("repository {}", git.repository.to_text()));
    }
    let mut lines = vec![columns.join("  ")];
    if git.reachable == Some(false) {
        let until = match git.object {
            Some(id) => format!("; git show {} prints it until git prunes it", short(id)),
            None => String::new(),
        };
        lines.push(format!("not reachable from any reference{until}"));
    }
    if let Some(label) = &git.kept_by {
        lines.push(format!("reachable through {label} alone"));
    }
    lines
}

fn commit_of(occurrence: &OccurrenceView<'_>, git: &GitView) -> String {
    match (occurrence.source, &git.commit) {
        (SourceKind::GitIndex, _) => "staged".to_owned(),
        (SourceKind::GitNote, Some(known)) => format!("on {}", commit(known)),
        (SourceKind::GitNote, None) => "on no known commit".to_owned(),
        (SourceKind::GitReflog, Some(known)) => format!("reflog entry of {}", commit(known)),
        (SourceKind::GitReflog, None) => "reflog entry".to_owned(),
        (SourceKind::GitMessage, None) => match git.object {
            Some(id) => format!("in tag or commit {}", short(id)),
            None => "in a tag or commit".to_owned(),
        },
        (
            SourceKind::GitObject
            | SourceKind::GitMessage
            | SourceKind::GitName
            | SourceKind::GitLfs
            | SourceKind::File
            | SourceKind::Stdin,
            Some(known),
        ) => format!("in {}", commit(known)),
        (
            SourceKind::GitObject
            | SourceKind::GitName
            | SourceKind::GitLfs
            | SourceKind::File
            | SourceKind::Stdin,
            None,
        ) => "in no known commit".to_owned(),
    }
}

/// The object, unless the path or the commit tells it.
fn object_of(occurrence: &OccurrenceView<'_>, git: &GitView) -> Option<String> {
    let id = short(git.object?);
    match occurrence.source {
        SourceKind::GitMessage => None,
        SourceKind::GitName => Some(format!("names {id}")),
        SourceKind::GitLfs => Some(format!("LFS pointer {id}")),
        SourceKind::GitReflog => Some(format!("object {id}")),
        SourceKind::GitNote => Some(format!("blob {id}")),
        SourceKind::GitObject | SourceKind::GitIndex | SourceKind::File | SourceKind::Stdin => {
            occurrence.has_file().then(|| format!("blob {id}"))
        }
    }
}

/// Where a token is now: `work tree, HEAD, refs/heads/main (and 3 more)`, at most `most` by name.
/// Not escaped.
pub(super) fn present(exposure: &ExposureView, most: usize) -> String {
    let places = &exposure.present_at;
    if places.is_empty() {
        let known = ["history alone", "nothing that could be read"];
        return known[usize::from(exposure.is_partial)].to_owned();
    }
    let named: Vec<&str> = places
        .iter()
        .take(most)
        .map(|place| match place.as_str() {
            Exposure::WORK_TREE => "work tree",
            place => place,
        })
        .collect();
    let more = match places.len() - named.len() {
        0 => String::new(),
        more => format!(" (and {} more)", grouped(more as u64)),
    };
    format!("{}{more}", named.join(", "))
}

/// Whether it is still there once its file is removed.
pub(super) fn is_history(source: SourceKind) -> bool {
    match source {
        SourceKind::GitObject
        | SourceKind::GitMessage
        | SourceKind::GitName
        | SourceKind::GitNote
        | SourceKind::GitReflog
        | SourceKind::GitLfs => true,
        SourceKind::File | SourceKind::Stdin | SourceKind::GitIndex => false,
    }
}

/// At most this many characters.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        for (text, expected) in [("", ""), ("äöü", "äöü"), ("äöüx", "äöü…")] {
            assert_eq!(cut(text, 3), expected);
        }
    }

    #[test]
    fn places_are_named_and_the_rest_counted() {
        let check = |places: &[&str], expected: &str| {
            let exposure = ExposureView {
                first: None,
                present_at: places.iter().map(ToString::to_string).collect(),
                removed_by: None,
                is_partial: false,
            };
            assert_eq!(present(&exposure, 2), expected);
        };
        check(&[], "history alone");
        check(&["work-tree", "index"], "work tree, index");
        check(
            &["HEAD", "refs/heads/a", "refs/tags/b"],
            "HEAD, refs/heads/a (and 1 more)",
        );
    }
}
