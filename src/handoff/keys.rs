//! Whom tokens are sealed for, and who opens them: recipients and identities of `age`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use age::x25519;
use thiserror::Error;
use zeroize::Zeroizing;

/// How a binary age file begins.
pub(super) const MAGIC: &[u8] = b"age-encryption.org/";

/// How one in text begins.
pub(super) const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// Bytes of a file of keys, at most.
const MAX_BYTES: u64 = 1 << 20;

/// How a secret key begins.
const SECRET_KEY: &str = "AGE-SECRET-KEY-";

/// Whom tokens are sealed for; at least one.
pub struct Recipients(Vec<x25519::Recipient>);

impl std::fmt::Debug for Recipients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recipients({})", self.0.len())
    }
}

/// Where a recipient was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the command line, counted from 1.
    Argument(usize),
    /// In a file.
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Argument(number) => write!(f, "recipient {number}"),
            Self::Line { path, line } => write!(f, "{}:{line}", path.display()),
        }
    }
}

/// Why nothing can be sealed for a recipient. What was given is not said: it may be a secret key.
#[derive(Debug, Error)]
pub enum RecipientError {
    /// It is none.
    #[error("{place} is no recipient of age")]
    NotOne {
        /// Where it was named.
        place: Place,
    },
    /// It is the key that opens.
    #[error("{place} is a secret key, and a recipient is the public one")]
    Secret {
        /// Where it was named.
        place: Place,
    },
    /// One that other programs know.
    #[error("{place} is of a kind that is not supported: only age1 keys of X25519 are")]
    Unsupported {
        /// Where it was named.
        place: Place,
    },
    /// A file that cannot be read.
    #[error("cannot read recipients from {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// None was named.
    #[error("{} names no recipient", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl RecipientError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotOne { .. } | Self::Unsupported { .. } => {
                Some("`age-keygen -o key.txt` makes a key and prints its recipient, age1…")
            }
            Self::Secret { .. } => Some("`age-keygen -y` prints the recipient of a key"),
            Self::File { .. } | Self::Empty { .. } => None,
        }
    }
}

impl Recipients {
    /// Those of the command line, then those in files: one a line, `#` before comments.
    ///
    /// # Errors
    ///
    /// The first that is none.
    pub fn new(given: &[String], files: &[PathBuf]) -> Result<Self, RecipientError> {
        let mut recipients = Vec::new();
        for (index, text) in given.iter().enumerate() {
            recipients.push(recipient(text, || Place::Argument(index + 1))?);
        }
        for path in files {
            let text = read(path).map_err(|source| RecipientError::File {
                path: path.clone(),
                source,
            })?;
            let before = recipients.len();
            for (line, text) in entries(&text) {
                let path = path.clone();
                recipients.push(recipient(text, || Place::Line { path, line })?);
            }
            if recipients.len() == before {
                return Err(RecipientError::Empty { path: path.clone() });
            }
        }
        Ok(Self(recipients))
    }

    /// Each of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &x25519::Recipient> {
        self.0.iter()
    }
}

fn recipient(
    text: &str,
    place: impl FnOnce() -> Place,
) -> Result<x25519::Recipient, RecipientError> {
    let text = text.trim();
    text.parse().map_err(|_| {
        let place = place();
        let is_secret = text.get(..SECRET_KEY.len());
        if is_secret.is_some_and(|start| start.eq_ignore_ascii_case(SECRET_KEY)) {
            RecipientError::Secret { place }
        } else if text.starts_with("ssh-") || is_of_plugin(text) {
            RecipientError::Unsupported { place }
        } else {
            RecipientError::NotOne { place }
        }
    })
}

/// Whether it is one like `age1yubikey1…`: no X25519 recipient has another 1.
fn is_of_plugin(text: &str) -> bool {
    text.strip_prefix("age1")
        .is_some_and(|rest| rest.contains('1'))
}

/// Who opens sealed files.
pub(super) struct Identities {
    pub(super) all: Vec<x25519::Identity>,
    /// Whether others can read the file.
    pub(super) is_exposed: bool,
}

/// Why an identity cannot be used. What stands in its file is not said.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The system refuses.
    #[error("cannot read identity file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is encrypted itself.
    #[error("identity file {} is protected by a passphrase, which is not asked for", path.display())]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// It is a key of SSH.
    #[error("identity file {} is a key of SSH, which is not supported", path.display())]
    Ssh {
        /// The file.
        path: PathBuf,
    },
    /// A line that is no key.
    #[error("{}:{line} is no secret key of age", path.display())]
    NotOne {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// There is none.
    #[error("identity file {} holds no secret key", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl IdentityError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Passphrase { .. } => {
                Some("hand over a decrypted one that is not stored: --identity <(age -d key.age)")
            }
            Self::Ssh { .. } | Self::Empty { .. } => {
                Some("`age-keygen -o key.txt` makes an identity")
            }
            Self::Io { .. } | Self::NotOne { .. } => None,
        }
    }
}

/// Reads the identities in the file at `path`: one a line, `#` before comments.
pub(super) fn identities(path: &Path) -> Result<Identities, IdentityError> {
    let path = || path.to_path_buf();
    let text = read(&path()).map_err(|source| IdentityError::Io {
        path: path(),
        source,
    })?;
    if text.starts_with(MAGIC) || text.starts_with(ARMOR) {
        return Err(IdentityError::Passphrase { path: path() });
    }
    if text.starts_with(b"-----BEGIN ") {
        return Err(IdentityError::Ssh { path: path() });
    }
    let mut all = Vec::new();
    for (line, text) in entries(&text) {
        let identity = text
            .parse()
            .map_err(|_| IdentityError::NotOne { path: path(), line })?;
        all.push(identity);
    }
    if all.is_empty() {
        return Err(IdentityError::Empty { path: path() });
    }
    Ok(Identities {
        all,
        is_exposed: is_exposed(&path()),
    })
}

/// The lines that say something, with their numbers.
fn entries(text: &[u8]) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.split(|&byte| byte == b'\n').enumerate();
    // What is not UTF-8 is no key either.
    let lines = lines.map(|(index, line)| {
        let line = std::str::from_utf8(line).unwrap_or("\u{fffd}");
        (index + 1, line.trim_start_matches('\u{feff}').trim())
    });
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 << 10));
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("it has more than {} MiB", MAX_BYTES >> 20);
        return Err(io::Error::other(message));
    }
    Ok(bytes)
}

/// Whether others than its owner can read a file. Pipes are nobody's.
#[cfg(unix)]
fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
}

/// Here permissions are lists that nobody reads by heart.
#[cfg(not(unix))]
fn is_exposed(_: &Path) -> bool {
    false
}
