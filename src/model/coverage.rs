//! The ledger of what was seen, scanned and skipped.

use std::collections::BTreeMap;

use super::ObjectKind;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Files (and standard input).
    File,
    /// Members of archives.
    Member,
    /// Objects of git repositories.
    Object(ObjectKind),
}

/// Why something was seen and not scanned, a closed list documented in `docs/report.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// A FIFO, socket or device met in a walk, or memory that the kernel shows as a file, such as
    /// `/proc/self/pagemap`.
    Special,
    /// A symbolic link met in a walk; what it points at is scanned where it stands.
    Link,
    /// `--exclude`, `.patsweepignore` or `--respect-gitignore`.
    Excluded,
    /// Larger than `--max-file-size`.
    TooLarge,
    /// On another file system, with `--one-file-system`, or a system folder such as `/proc`.
    FileSystem,
    /// Could not be opened or read at all.
    Unreadable,
    /// Gone when it was opened.
    Vanished,
    /// Needs a password.
    Encrypted,
    /// Recognised but not read.
    Unsupported,
    /// Past a limit.
    Limit,
    /// Bytes that contradict their format, nothing read.
    Corrupt,
}

impl SkipReason {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Special => "special",
            Self::Link => "link",
            Self::Excluded => "excluded",
            Self::TooLarge => "too-large",
            Self::FileSystem => "file-system",
            Self::Unreadable => "unreadable",
            Self::Vanished => "vanished",
            Self::Encrypted => "encrypted",
            Self::Unsupported => "unsupported",
            Self::Limit => "limit",
            Self::Corrupt => "corrupt",
        }
    }
}

/// What became of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Its bytes were scanned, as far as they could be read.
    Scanned,
    /// None of its bytes were.
    Skipped(SkipReason),
}

/// Counts of one kind of unit: `seen` = scanned + all skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many were scanned.
    pub scanned: u64,
    /// How many were not, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
}

impl Tally {
    /// How many were met.
    pub fn seen(&self) -> u64 {
        self.scanned + self.skipped.values().sum::<u64>()
    }

    /// Counts one more.
    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Scanned => self.scanned += 1,
            Outcome::Skipped(reason) => *self.skipped.entry(reason).or_default() += 1,
        }
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: &Self) {
        self.scanned += other.scanned;
        for (&reason, &count) in &other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
    }
}

/// What a scan covered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files.
    pub files: Tally,
    /// Members of archives.
    pub members: Tally,
    /// Objects of git repositories: each once in each object database.
    pub objects: BTreeMap<ObjectKind, Tally>,
    /// What belongs to a repository and is not in its object database.
    pub outside: Outside,
}

/// What belongs to a repository and is not in its object database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Objects that a partial clone left with its remote.
    pub missing_promisor: u64,
    /// Files that LFS has not fetched.
    pub lfs_absent: u64,
    /// Commits whose parents a shallow clone left out.
    pub shallow_boundary: u64,
    /// Submodules that are not checked out.
    pub submodules: u64,
}

impl Outside {
    /// Adds what another repository lacks.
    pub fn merge(&mut self, other: &Self) {
        self.missing_promisor += other.missing_promisor;
        self.lfs_absent += other.lfs_absent;
        self.shallow_boundary += other.shallow_boundary;
        self.submodules += other.submodules;
    }
}

impl Coverage {
    /// The tally of `unit`.
    pub fn tally_mut(&mut self, unit: Unit) -> &mut Tally {
        match unit {
            Unit::File => &mut self.files,
            Unit::Member => &mut self.members,
            Unit::Object(kind) => self.objects.entry(kind).or_default(),
        }
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: &Self) {
        self.files.merge(&other.files);
        self.members.merge(&other.members);
        for (&kind, tally) in &other.objects {
            self.objects.entry(kind).or_default().merge(tally);
        }
        self.outside.merge(&other.outside);
    }
}
