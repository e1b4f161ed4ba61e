//! The id of a token that may be printed, stored and compared.

use data_encoding::{BASE64, HEXUPPER};
use sha2::{Digest, Sha256};

use crate::model::FindingId;

/// How many bytes of the hash an id keeps: 15, which are 20 characters of base64 without padding.
const KEPT: usize = 15;

/// Characters of an id.
pub const C3ID_LEN: usize = KEPT / 3 * 4;

/// Random bytes of one run, for the ids of secrets that could be guessed from an unsalted hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

/// Computes Microsoft's cross-company correlating id of `token`, the id that Azure DevOps itself
/// shows for it.
///
/// Specified by `CrossCompanyCorrelatingId` in microsoft/security-utilities. It is one-way only
/// for secrets of high entropy; for others there is [`salted`].
pub fn c3id(token: &[u8]) -> FindingId {
    let inner = HEXUPPER.encode(&Sha256::digest(token));
    FindingId::C3id(shorten(&[
        b"CrossMicrosoftCorrelatingId:",
        inner.as_bytes(),
    ]))
}

/// Whether `text` has the form of a C3ID: 15 bytes in base64.
pub fn is_c3id(text: &str) -> bool {
    text.len() == C3ID_LEN && text.bytes().all(is_c3id_digit)
}

/// Whether `byte` can stand in a C3ID.
pub fn is_c3id_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Computes an id of the same shape that means nothing without `salt`.
pub fn salted(secret: &[u8], salt: &Salt) -> FindingId {
    FindingId::Salted(shorten(&[
        b"PatsweepSaltedId:",
        &salt.0,
        &Sha256::digest(secret),
    ]))
}

/// Hashes `parts` as one message and keeps the first [`KEPT`] bytes.
fn shorten(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    BASE64.encode(&hash.finalize()[..KEPT])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3id_matches_the_published_example() {
        assert_eq!(c3id(b"test").as_str(), "rPHgxCVAOw6CZsT9xXEw");
    }

    #[test]
    fn salted_ids_differ_by_salt_and_from_the_c3id() {
        let ids = [
            c3id(b"test"),
            salted(b"test", &Salt([0; 16])),
            salted(b"test", &Salt([1; 16])),
            salted(b"tess", &Salt([1; 16])),
        ];
        for (i, id) in ids.iter().enumerate() {
            assert_eq!(id.as_str().len(), 20);
            assert!(!ids[..i].contains(id));
        }
        assert_eq!(salted(b"test", &Salt([1; 16])), ids[2]);
    }
}
