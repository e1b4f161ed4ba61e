//! What a finding in a git repository needs beyond a path.

use std::fmt;
use std::sync::Arc;

use super::{BytePath, Timestamp};

/// The name of an object: 20 bytes of SHA-1 or 32 of SHA-256.
///
/// Ordered as git orders names of one length; shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; Self::MAX_LEN],
    length: u8,
}

impl ObjectId {
    /// Bytes of the longest name.
    pub const MAX_LEN: usize = 32;

    /// The name with these bytes; `None` unless there are 20 or 32.
    pub fn from_bytes(name: &[u8]) -> Option<Self> {
        if !matches!(name.len(), 20 | 32) {
            return None;
        }
        let mut bytes = [0; Self::MAX_LEN];
        bytes[..name.len()].copy_from_slice(name);
        Some(Self {
            bytes,
            length: name.len() as u8,
        })
    }

    /// The name written as 40 or 64 hexadecimal digits.
    pub fn from_hex(name: &[u8]) -> Option<Self> {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let mut bytes = [0; Self::MAX_LEN];
        if !matches!(name.len(), 40 | 64) {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(name.chunks(2)) {
            *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Self::from_bytes(&bytes[..name.len() / 2])
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Whether it is the name that stands for no object.
    pub fn is_null(&self) -> bool {
        self.bytes == [0; Self::MAX_LEN]
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// The contents of a file.
    Blob,
    /// A folder.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
    /// Not known, because it could not be read.
    Unknown,
}

impl ObjectKind {
    /// The name in reports, git's own.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
            Self::Tag => "tag",
            Self::Unknown => "unknown",
        }
    }
}

/// A moment as a commit tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitDate {
    /// When.
    pub at: Timestamp,
    /// East of Greenwich, in minutes.
    pub offset: i16,
}

/// What is told of a commit. Texts are as they stand in it, with U+FFFD for what is not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit {
    /// Its name.
    pub id: ObjectId,
    /// Who wrote it.
    pub author: String,
    /// The author's address.
    pub email: String,
    /// When it was committed.
    pub date: CommitDate,
    /// The first line of its message.
    pub summary: String,
    /// Whether its parents are missing, in a shallow repository: what it seems to have brought may
    /// be older.
    pub or_earlier: bool,
}

/// The place of a stream in a git repository.
///
/// While objects are read only `repository` and `object` are known; the rest is filled in when
/// all is read, for hits alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitPlace {
    /// The repository, as the report names it.
    pub repository: Arc<BytePath>,
    /// The object, where the bytes are those of one.
    pub object: Option<ObjectId>,
    /// The commit that brought it.
    pub commit: Option<Arc<Commit>>,
    /// Whether a reference, `HEAD`, a stash, a reflog or the index leads to it.
    pub reachable: Option<bool>,
    /// The stash or the entry of a reflog that does, where nothing else leads to it.
    pub kept_by: Option<Arc<str>>,
}

/// Where a token can still be had, and since when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// The commit that brought it first.
    pub first: Option<Arc<Commit>>,
    /// `work-tree`, `index`, `HEAD` and names of references, in this order.
    pub present_at: Vec<String>,
    /// The newest commit in the history of `HEAD` after which no file holds it.
    pub removed_by: Option<Arc<Commit>>,
    /// Whether something could not be read that may lead to it, so that it may be elsewhere, too.
    pub is_partial: bool,
}

impl Exposure {
    /// What `present_at` calls the files that are checked out.
    pub const WORK_TREE: &'static str = "work-tree";
    /// What `present_at` calls what is staged.
    pub const INDEX: &'static str = "index";
    /// What `present_at` calls the commit that is checked out.
    pub const HEAD: &'static str = "HEAD";

    /// The places that are no references, in their order.
    const PLACES: [&'static str; 3] = [Self::WORK_TREE, Self::INDEX, Self::HEAD];

    /// Adds what holds in another repository; the order in which repositories are added does not
    /// show.
    ///
    /// The first commit is that of the earliest date, then of the smallest id. It counts as removed
    /// only if no `HEAD` holds it any more, and then since the latest of the removals.
    pub fn merge(&mut self, other: Self) {
        let by_date = |a: &Arc<Commit>, b: &Arc<Commit>| (a.date.at, a).cmp(&(b.date.at, b));
        let commits = [self.first.take(), other.first];
        self.first = commits.into_iter().flatten().min_by(by_date);
        self.is_partial |= other.is_partial;
        self.present_at.extend(other.present_at);
        self.present_at.sort_by_cached_key(|place| {
            let rank = Self::PLACES.iter().position(|&known| known == place);
            (rank.unwrap_or(Self::PLACES.len()), place.clone())
        });
        self.present_at.dedup();
        let commits = [self.removed_by.take(), other.removed_by];
        self.removed_by = commits
            .into_iter()
            .flatten()
            .max_by(by_date)
            .filter(|_| !self.present_at.iter().any(|place| place == Self::HEAD));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_shown() {
        let sha1 = "0123456789abcdef0123456789abcdef01234567";
        let sha256 = "0123456789abcdef".repeat(4);
        for hex in [sha1, &sha256] {
            let id = ObjectId::from_hex(hex.as_bytes()).unwrap();
            assert_eq!(id.to_string(), hex);
            assert_eq!(ObjectId::from_bytes(id.as_bytes()), Some(id));
            assert!(!id.is_null());
        }
        assert!(ObjectId::from_bytes(&[0; 20]).unwrap().is_null());
        assert_eq!(ObjectId::from_bytes(&[0; 21]), None);
        assert_eq!(ObjectId::from_hex(b"0123"), None);
        assert_eq!(ObjectId::from_hex(&[b'g'; 40]), None);
    }

    fn commit((id, at): (char, i64)) -> Arc<Commit> {
        Arc::new(Commit {
            id: ObjectId::from_hex(id.to_string().repeat(40).as_bytes()).unwrap(),
            author: "A".to_owned(),
            email: "a@example.com".to_owned(),
            date: CommitDate {
                at: Timestamp(at),
                offset: 0,
            },
            summary: "s".to_owned(),
            or_earlier: false,
        })
    }

    fn exposure(
        first: Option<(char, i64)>,
        present_at: &[&str],
        removed_by: Option<(char, i64)>,
    ) -> Exposure {
        Exposure {
            first: first.map(commit),
            present_at: present_at.iter().map(ToString::to_string).collect(),
            removed_by: removed_by.map(commit),
            is_partial: false,
        }
    }

    fn check(all: &[Exposure], expected: &Exposure) {
        let merge = |mut merged: Exposure, other: &Exposure| {
            merged.merge(other.clone());
            merged
        };
        let start = || exposure(None, &[], None);
        assert_eq!(&all.iter().fold(start(), merge), expected);
        assert_eq!(&all.iter().rev().fold(start(), merge), expected);
    }

    #[test]
    fn exposures_of_several_repositories_are_one() {
        check(
            &[
                exposure(Some(('b', 5)), &["index", "refs/heads/x"], Some(('c', 9))),
                exposure(Some(('a', 5)), &["work-tree"], Some(('d', 8))),
                exposure(None, &[], None),
            ],
            &exposure(
                Some(('a', 5)),
                &["work-tree", "index", "refs/heads/x"],
                Some(('c', 9)),
            ),
        );
        check(
            &[
                exposure(Some(('b', 5)), &["HEAD", "refs/heads/x"], None),
                exposure(Some(('a', 6)), &["refs/heads/a"], Some(('d', 8))),
                exposure(None, &["refs/heads/x"], Some(('e', 1))),
            ],
            &exposure(
                Some(('b', 5)),
                &["HEAD", "refs/heads/a", "refs/heads/x"],
                None,
            ),
        );
    }
}
