//! What could not be read.

use super::BytePath;

/// Why something was not read, a closed list documented in `docs/report.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The system refused to open or read it.
    Unreadable,
    /// It was there when listed and gone when opened, or is named by what was read.
    Vanished,
    /// It ended before its format says, or shrank while it was read.
    Truncated,
    /// Its bytes contradict its format.
    Corrupt,
    /// A member that needs a password.
    Encrypted,
    /// A limit on members, unpacked bytes, ratio, window or depth was reached, or on a file that the
    /// kernel makes up.
    Limit,
    /// A container that is recognised but not read.
    Unsupported,
    /// A chain of links that leads back to itself.
    LinkLoop,
    /// A repository of another user, whose history is not read.
    NotOwned,
    /// A repository whose history was cut off when it was cloned.
    Shallow,
    /// Objects that a partial clone left with its remote.
    Promisor,
    /// Files that LFS has not fetched.
    Lfs,
    /// References, reflogs or the index could not be read, so that not all is known of where
    /// something was found.
    References,
    /// The report that tokens were taken from is of a scan that did not read everything.
    Report,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Unreadable,
        Self::Vanished,
        Self::Truncated,
        Self::Corrupt,
        Self::Encrypted,
        Self::Limit,
        Self::Unsupported,
        Self::LinkLoop,
        Self::NotOwned,
        Self::Shallow,
        Self::Promisor,
        Self::Lfs,
        Self::References,
        Self::Report,
    ];

    /// The kind that reports call `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Vanished => "vanished",
            Self::Truncated => "truncated",
            Self::Corrupt => "corrupt",
            Self::Encrypted => "encrypted",
            Self::Limit => "limit",
            Self::Unsupported => "unsupported",
            Self::LinkLoop => "link-loop",
            Self::NotOwned => "not-owned",
            Self::Shallow => "shallow",
            Self::Promisor => "promisor",
            Self::Lfs => "lfs",
            Self::References => "references",
            Self::Report => "report",
        }
    }
}

/// Something eligible that was not read, or not read whole. It makes a scan incomplete unless the
/// operator accepts its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// What was not read.
    pub path: BytePath,
    /// Why, as a closed list.
    pub kind: ProblemKind,
    /// Why, in words: a lowercase fragment without a full stop.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_their_names() {
        for kind in ProblemKind::ALL {
            assert_eq!(ProblemKind::named(kind.as_str()), Some(kind));
        }
        assert_eq!(ProblemKind::named("Shallow"), None);
    }
}
