//! What `.patsweepignore` files and globs leave out of a part of history.

use std::collections::{BTreeMap, BTreeSet};

use ignore::Match;
use ignore::gitignore::Gitignore;

use super::super::head::Head;
use super::super::objects::Objects;
use super::super::paths;
use super::checkout::State;
use super::opened::Opened;
use super::staged::{self, Staged};
use super::{PartError, Work};
use crate::model::{ObjectId, ProblemKind};
use crate::sources::exclude::{self, OWN};

/// Takes out of `work` the files that the globs `globs` and the `.patsweepignore` files of `state`
/// leave out, with their names; the index is `staged`, where that was read. Answers how many files these are, counted at each path.
///
/// # Errors
///
/// An index that cannot be read.
pub(super) fn leave_out(
    opened: &Opened,
    objects: &mut Objects<'_>,
    state: &State,
    staged: Option<&Staged>,
    globs: &[String],
    work: &mut Work,
) -> Result<u64, PartError> {
    let paths = work.items.iter().map(|item| &item.path);
    let paths = paths.chain(work.names.iter().map(|(path, ..)| path));
    let moved = work.moved.iter();
    let paths = paths.chain(moved.flat_map(|it| it.from.iter().chain([&it.item.path])));
    let folders: BTreeSet<Vec<u8>> = paths.flat_map(|path| folders(path)).collect();
    let files = match state {
        State::Nothing => Vec::new(),
        State::Index(_) if opened.is_bare => Vec::new(),
        State::Commit(commit) => of_commit(objects, commit, folders),
        State::Index(index) => {
            let read;
            let staged = if let Some(staged) = staged {
                staged
            } else {
                read = Staged::read(opened, index.as_deref())?;
                &read
            };
            staged::named(staged, OWN.as_bytes())?
        }
    };
    let mut rules = Rules {
        globs: exclude::of_globs(globs),
        files: BTreeMap::new(),
    };
    for (folder, blob) in files {
        let name = String::from_utf8_lossy(&own_in(&folder)).into_owned();
        let mut flaw = |kind, what: String| work.problems.push((kind, format!("{name}: {what}")));
        match objects.read(&blob) {
            Ok((_, text)) => {
                let (compiled, flaws) = exclude::of_text(text);
                for what in flaws {
                    flaw(ProblemKind::Corrupt, what);
                }
                rules.files.insert(folder, compiled);
            }
            Err(why) => flaw(ProblemKind::Unreadable, why.to_string()),
        }
    }
    // What nobody has looked at is new where it goes to.
    let moved = work.moved.drain(..);
    let unseen = moved.filter(|it| it.from.iter().all(|path| rules.exclude(path)));
    work.items.extend(unseen.map(|it| it.item));
    let all = work.items.len();
    work.items.retain(|item| !rules.exclude(&item.path));
    work.names.retain(|(path, ..)| !rules.exclude(path));
    Ok((all - work.items.len()) as u64)
}

/// The ignore files that `commit` has in `folders`.
fn of_commit(
    objects: &mut Objects<'_>,
    commit: &ObjectId,
    folders: BTreeSet<Vec<u8>>,
) -> Vec<(Vec<u8>, ObjectId)> {
    let mut head = Head::new(objects, Some(commit));
    let found = folders.into_iter().filter_map(|folder| {
        let blob = head.file(&own_in(&folder))?;
        Some((folder, blob))
    });
    found.collect()
}

/// The path of the ignore file in `folder`, which ends with a slash unless it is the root.
fn own_in(folder: &[u8]) -> Vec<u8> {
    [folder, OWN.as_bytes()].concat()
}

/// The folders on the way to `path`, the root first, each but that with its slash.
fn folders(path: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let inner = memchr::memchr_iter(b'/', path).map(|end| path[..=end].to_vec());
    std::iter::once(Vec::new()).chain(inner)
}

/// What leaves files out.
struct Rules {
    globs: Gitignore,
    /// By folder, with its slash.
    files: BTreeMap<Vec<u8>, Gitignore>,
}

impl Rules {
    /// Whether `path`, or a folder on the way to it, is left out.
    fn exclude(&self, path: &[u8]) -> bool {
        let folders = memchr::memchr_iter(b'/', path).map(|end| (&path[..end], true));
        let mut places = folders.chain([(path, false)]);
        places.any(|(place, is_folder)| self.name(place, is_folder))
    }

    /// Whether they name `place` itself.
    fn name(&self, place: &[u8], is_folder: bool) -> bool {
        let whole = paths::from_bytes(place);
        if self.globs.matched(&whole, is_folder).is_ignore() {
            return true;
        }
        // What is nearer says more.
        let mut above: Vec<_> = folders(place).collect();
        above.reverse();
        for folder in above {
            let Some(file) = self.files.get(&folder) else {
                continue;
            };
            let inside = paths::from_bytes(&place[folder.len()..]);
            match file.matched(&inside, is_folder) {
                Match::None => (),
                matched => return matched.is_ignore(),
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearer_files_win_and_folders_take_what_is_in_them() {
        let file = |text: &str| exclude::of_text(text.as_bytes()).0;
        let rules = Rules {
            globs: exclude::of_globs(&["*.log".to_owned()]),
            files: BTreeMap::from([
                (Vec::new(), file("/vendor\n*.pem\n")),
                (b"test/".to_vec(), file("!*.pem\nkeys/\n")),
            ]),
        };
        for (path, expected) in [
            ("a.log", true),
            ("x/a.log", true),
            ("vendor/a/b", true),
            ("x/vendor/a", false),
            ("a.pem", true),
            ("test/a.pem", false),
            ("test/deep/a.pem", false),
            ("test/keys/a.pem", true),
            ("keys/a.pem", true),
            ("keys/a", false),
            ("a", false),
        ] {
            assert_eq!(rules.exclude(path.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn lines_that_are_no_globs_are_told() {
        let (_, flaws) = exclude::of_text(b"a\n[b\nc\n");
        assert_eq!(flaws.len(), 1);
        assert!(flaws[0].starts_with("line 2: "), "{}", flaws[0]);
    }
}
