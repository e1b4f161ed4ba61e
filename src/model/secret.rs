//! Values that must not be printed, and the ids that may.

use std::cmp::Ordering;
use std::fmt;

use zeroize::Zeroizing;

/// Bytes that leave the process only through [`Secret::expose`]; wiped when dropped.
///
/// It has no `Display`, and its `Debug` shows the length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Copies `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The bytes themselves. Its callers are a closed list, held by `tests/tidy.rs`.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// What may be shown: the first and the last four characters around `…`, or only `…` where
    /// that would give away more than a quarter of the secret.
    pub fn redacted(&self) -> String {
        const SHOWN: usize = 4;
        let text = String::from_utf8_lossy(&self.0);
        let count = text.chars().count();
        if count < SHOWN * 8 || text.chars().any(|c| !c.is_ascii_graphic()) {
            return "…".to_owned();
        }
        format!("{}…{}", &text[..SHOWN], &text[count - SHOWN..])
    }
}

impl Ord for Secret {
    /// By bytes, so that tokens can be told apart and sorted without exposing them.
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_slice().cmp(other.0.as_slice())
    }
}

impl PartialOrd for Secret {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// The id of a finding. Safe to print and store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingId {
    /// The token's C3ID, the same in every run and under which Azure DevOps knows the token.
    C3id(String),
    /// Of a low-entropy match of a user's rule, which a plain hash would give away: salted, and so
    /// of no meaning outside this run.
    Salted(String),
}

impl FindingId {
    /// The id itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::C3id(id) | Self::Salted(id) => id,
        }
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
