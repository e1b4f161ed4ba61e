//! The legacy form: 52 characters of base32, of which four bytes are a CRC-32 of the others.
//!
//! The layout and both seeds are those of microsoft/security-utilities
//! (`SEC101_102_AdoPat.cs`).

use std::ops::Range;

use data_encoding::BASE32_NOPAD;

use super::planes;

/// Characters of a legacy token.
pub const LEN: usize = 52;

/// Bytes of a decoded legacy token.
pub(super) const BYTES: usize = 32;

/// Where the checksummed bytes stand in the decoded token.
pub(super) const DATA: [Range<usize>; 4] = [0..2, 3..7, 9..22, 23..32];

/// Where the bytes of the checksum stand in the decoded token, least significant first.
pub(super) const STORED: [usize; 4] = [22, 8, 7, 2];

/// What a legacy token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegacyKind {
    /// A user's personal access token.
    UserPat,
    /// The secret of an application registered with Azure DevOps.
    AppSecret,
}

impl LegacyKind {
    /// Every kind.
    pub(super) const ALL: [Self; 2] = [Self::UserPat, Self::AppSecret];

    /// What the CRC is combined with.
    pub(super) const fn seed(self) -> u32 {
        match self {
            Self::UserPat => 0xE0B9_692D,
            Self::AppSecret => 0x1019_F92E,
        }
    }
}

/// Why 52 characters are no legacy token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    /// Not [`LEN`] characters.
    #[error("it does not have 52 characters")]
    Length,
    /// A character other than `a` to `z` and `2` to `7`.
    #[error("it has a character outside a-z and 2-7")]
    Alphabet,
    /// The last character carries one bit, so that it is `a` or `q` in every genuine token.
    #[error("its last character is neither a nor q")]
    LastCharacter,
    /// The checksum is neither a personal access token's nor an application secret's.
    #[error("its checksum is wrong")]
    Checksum,
}

/// Proves one token of exactly [`LEN`] characters. Allocates nothing.
pub fn check(token: &[u8]) -> Option<LegacyKind> {
    prove(token).ok()
}

/// Proves one token like [`check`], and says why not.
///
/// # Errors
///
/// What disproves it, the cheapest test first.
pub fn prove(token: &[u8]) -> Result<LegacyKind, Refusal> {
    let token: &[u8; LEN] = token.try_into().map_err(|_| Refusal::Length)?;
    if !token
        .iter()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
    {
        return Err(Refusal::Alphabet);
    }
    if !matches!(token[LEN - 1], b'a' | b'q') {
        return Err(Refusal::LastCharacter);
    }
    let mut bytes = [0; BYTES];
    BASE32_NOPAD
        .decode_mut(&token.map(|byte| byte.to_ascii_uppercase()), &mut bytes)
        .map_err(|_| Refusal::Alphabet)?;
    let seed = stored(&bytes) ^ checksum(&bytes);
    LegacyKind::ALL
        .into_iter()
        .find(|kind| kind.seed() == seed)
        .ok_or(Refusal::Checksum)
}

/// Reports the start and the kind of every token in `run`, in order, at a few cycles a byte
/// whatever the bytes are. Equal to [`check`] of every window of [`LEN`] bytes.
pub fn scan(run: &[u8], found: &mut dyn FnMut(usize, LegacyKind)) {
    planes::scan(run, |start| {
        if let Some(kind) = check(&run[start..start + LEN]) {
            found(start, kind);
        }
    });
}

/// Computes the CRC of the checksummed bytes of a decoded token.
pub(super) fn checksum(bytes: &[u8; BYTES]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in DATA {
        hasher.update(&bytes[part]);
    }
    hasher.finalize()
}

/// Reads the checksum that a decoded token carries.
fn stored(bytes: &[u8; BYTES]) -> u32 {
    u32::from_le_bytes(STORED.map(|at| bytes[at]))
}

#[cfg(test)]
mod tests {
    use super::super::mint;
    use super::*;

    #[test]
    fn minted_tokens_prove() {
        for seed in 0..5_000 {
            assert_eq!(
                prove(mint::legacy_pat(seed).as_bytes()),
                Ok(LegacyKind::UserPat)
            );
            assert_eq!(
                prove(mint::app_secret(seed).as_bytes()),
                Ok(LegacyKind::AppSecret)
            );
        }
    }

    /// Every token with every one of its characters replaced by each of the 31 others: neither of
    /// its own kind nor of the other.
    #[test]
    fn every_mutant_of_one_character_is_refused() {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut refused = 0;
        for seed in 0..60 {
            for token in [mint::legacy_pat(seed), mint::app_secret(seed)] {
                let mut mutant = token.into_bytes();
                for at in 0..LEN {
                    let genuine = mutant[at];
                    for &other in ALPHABET.iter().filter(|&&other| other != genuine) {
                        mutant[at] = other;
                        assert_eq!(check(&mutant), None, "seed {seed}, position {at}");
                        refused += 1;
                    }
                    mutant[at] = genuine;
                }
                assert!(check(&mutant).is_some());
            }
        }
        assert_eq!(refused, 2 * 60 * 52 * 31);
    }

    #[test]
    fn other_lengths_are_refused() {
        let token = mint::legacy_pat(1);
        for text in ["", &token[1..], &format!("{token}a"), &token.repeat(2)] {
            assert_eq!(prove(text.as_bytes()), Err(Refusal::Length));
        }
    }
}
