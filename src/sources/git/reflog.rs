//! Reflogs: what references pointed at, and why they moved.

use std::fs;
use std::path::{Path, PathBuf};

use super::repository::Repository;
use crate::model::ObjectId;

/// The log of a reference.
#[derive(Debug)]
pub(super) struct Reflog {
    /// Where it stands.
    pub(super) path: PathBuf,
    /// The reference, as revisions name it: `HEAD`, `refs/heads/main`, `stash`,
    /// `worktrees/linked/HEAD`.
    pub(super) name: String,
    /// The file.
    pub(super) text: Vec<u8>,
}

/// One line of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What the reference pointed at before; perhaps nothing.
    pub(super) old: ObjectId,
    /// What it points at since.
    pub(super) new: ObjectId,
}

impl Reflog {
    /// Its entries, the oldest first; what is damaged is left out.
    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = Entry> {
        self.text.split(|&byte| byte == b'\n').filter_map(entry)
    }

    /// The entry on `line`, counted from 1.
    pub(super) fn at_line(&self, line: u64) -> Option<Entry> {
        let at = usize::try_from(line.checked_sub(1)?).ok()?;
        entry(self.text.split(|&byte| byte == b'\n').nth(at)?)
    }
}

fn entry(line: &[u8]) -> Option<Entry> {
    let mut words = line.splitn(3, |&byte| byte == b' ');
    Some(Entry {
        old: ObjectId::from_hex(words.next()?)?,
        new: ObjectId::from_hex(words.next()?)?,
    })
}

/// The logs of `repository` and of its linked work trees, and the files that could not be read.
pub(super) fn all(repository: &Repository) -> (Vec<Reflog>, Vec<(PathBuf, std::io::Error)>) {
    let (mut logs, mut unread) = (Vec::new(), Vec::new());
    for git in &repository.checkouts {
        let top = git.join("logs");
        let prefix = repository.prefix(git);
        let mut waiting = vec![top.clone()];
        while let Some(folder) = waiting.pop() {
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
                match path.symlink_metadata() {
                    Ok(metadata) if metadata.is_dir() => waiting.push(path),
                    Ok(metadata) if metadata.is_file() => match fs::read(&path) {
                        Ok(text) => logs.push(Reflog {
                            name: prefix.clone() + &name(&top, &path),
                            path,
                            text,
                        }),
                        Err(error) => unread.push((path, error)),
                    },
                    _ => (),
                }
            }
        }
    }
    logs.sort_by(|a, b| a.path.cmp(&b.path));
    (logs, unread)
}

/// `refs/stash` is called `stash`, as `git stash list` does.
fn name(top: &Path, path: &Path) -> String {
    let name = path.strip_prefix(top).unwrap_or(path);
    let name = name.to_string_lossy();
    name.strip_prefix("refs/")
        .filter(|name| *name == "stash")
        .unwrap_or(&name)
        .to_owned()
}
