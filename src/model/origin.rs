//! Where bytes come from.

use std::borrow::Cow;

use super::GitPlace;

/// A path as the system gave it: bytes, not necessarily UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BytePath(pub Vec<u8>);

impl BytePath {
    /// The path with U+FFFD for what is not UTF-8.
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Whether [`BytePath::to_text`] loses nothing.
    pub fn is_utf8(&self) -> bool {
        std::str::from_utf8(&self.0).is_ok()
    }

    /// The path of `member` inside the archive at this path: `outer.zip!/a/.env`.
    #[must_use]
    pub fn member(&self, member: &[u8]) -> Self {
        let mut bytes = self.0.clone();
        bytes.extend_from_slice(b"!/");
        bytes.extend_from_slice(member);
        Self(bytes)
    }
}

impl From<&std::path::Path> for BytePath {
    fn from(path: &std::path::Path) -> Self {
        Self(path.as_os_str().as_encoded_bytes().to_vec())
    }
}

impl From<&str> for BytePath {
    fn from(path: &str) -> Self {
        Self(path.as_bytes().to_vec())
    }
}

/// The kind of source an occurrence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// A file in a folder, or a member of an archive there.
    File,
    /// Standard input, path `-`.
    Stdin,
    /// A blob, or a member of an archive in one.
    GitObject,
    /// A blob that is staged.
    GitIndex,
    /// The message of a commit or a tag, or its author lines.
    GitMessage,
    /// A name in a tree.
    GitName,
    /// A note on a commit.
    GitNote,
    /// A reflog.
    GitReflog,
    /// What LFS stores for a pointer.
    GitLfs,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::File,
        Self::Stdin,
        Self::GitObject,
        Self::GitIndex,
        Self::GitMessage,
        Self::GitName,
        Self::GitNote,
        Self::GitReflog,
        Self::GitLfs,
    ];

    /// The kind that reports call `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Stdin => "stdin",
            Self::GitObject => "git-object",
            Self::GitIndex => "git-index",
            Self::GitMessage => "git-message",
            Self::GitName => "git-name",
            Self::GitNote => "git-note",
            Self::GitReflog => "git-reflog",
            Self::GitLfs => "git-lfs",
        }
    }
}

/// Which stream of bytes is being scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The kind of source.
    pub source: SourceKind,
    /// As given on the command line plus relative, without a leading `./`; archive members after
    /// `!/`. Of git sources relative to the repository; empty where there is no path.
    pub path: BytePath,
    /// Of git sources: where in the repository.
    pub git: Option<GitPlace>,
}

impl Origin {
    /// Something outside of git's own data.
    pub fn new(source: SourceKind, path: BytePath) -> Self {
        Self {
            source,
            path,
            git: None,
        }
    }

    /// Whether all is known of where it is: of what stands in a repository, whether anything leads
    /// there, too.
    pub fn is_placed(&self) -> bool {
        self.git
            .as_ref()
            .is_none_or(|place| place.reachable.is_some())
    }
}
