//! The form since July 2024: 84 characters with a signature, an issue month and a Marvin32
//! checksum.
//!
//! It is the layout that microsoft/security-utilities calls a common annotated security key
//! (`IdentifiableSecrets.cs`); the provider signature tells the issuing service.

use data_encoding::BASE64;

use super::marvin::{SEED, marvin32};
use crate::model::IssueMonth;

/// Characters of a token.
pub const LEN: usize = 84;

/// Characters of the long form, which carries two more of the checksum and `==`.
pub const LONG_LEN: usize = 88;

/// What every token carries at [`SIGNATURE_OFFSET`].
pub const SIGNATURE: &[u8] = b"JQQJ9";

/// Characters before [`SIGNATURE`].
pub const SIGNATURE_OFFSET: usize = 52;

/// The provider signature of Azure DevOps.
pub const PROVIDER: &[u8] = b"AZDO";

/// Characters before [`PROVIDER`].
pub const PROVIDER_OFFSET: usize = 76;

/// Characters before the checksum, which covers them.
pub(super) const PAYLOAD_LEN: usize = 80;

/// Bytes of the decoded payload.
pub(super) const PAYLOAD_BYTES: usize = PAYLOAD_LEN / 4 * 3;

/// The first year that a token can name.
pub(super) const FIRST_YEAR: u16 = 2024;

/// The digits of base62, lowest first.
pub(super) const BASE62: &[u8; 62] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The digits of base64, lowest first.
pub(super) const BASE64_DIGITS: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const KIND_AT: usize = SIGNATURE_OFFSET + SIGNATURE.len();
const YEAR_AT: usize = KIND_AT + 1;
const MONTH_AT: usize = YEAR_AT + 1;

/// What kind of key a token is, in the words of its layout. All that is issued to users is
/// primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaskKind {
    /// A key of its own.
    Primary,
    /// Computed from another key.
    Derived,
    /// The hash of another key.
    Hashed,
}

/// A proven token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cask {
    /// What kind of key it is.
    pub kind: CaskKind,
    /// When it was issued.
    pub issued: IssueMonth,
}

/// Why characters are no token of this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    /// Neither [`LEN`] characters nor [`LONG_LEN`] that end in `==`.
    #[error("it has neither 84 characters nor 88 with == at the end")]
    Length,
    /// No [`SIGNATURE`] in its place.
    #[error("it has no JQQJ9 at character 53")]
    Signature,
    /// Another provider than Azure DevOps, or none.
    #[error("it has no AZDO at character 77, so Azure DevOps did not issue it")]
    Provider,
    /// A character that is neither a letter nor a digit.
    #[error("it has a character that is neither a letter nor a digit")]
    Alphabet,
    /// No such kind of key.
    #[error("its kind is none of 9, D and H")]
    Kind,
    /// No such month.
    #[error("its issue month is none of A to L")]
    Month,
    /// The checksum does not fit.
    #[error("its checksum is wrong")]
    Checksum,
}

/// Proves one token, of either length. Allocates nothing.
///
/// # Errors
///
/// What disproves it, the cheapest test first.
pub fn check(token: &[u8]) -> Result<Cask, Refusal> {
    let digits = match token.len() {
        LEN => token,
        LONG_LEN => token.strip_suffix(b"==").ok_or(Refusal::Length)?,
        _ => return Err(Refusal::Length),
    };
    if !digits[SIGNATURE_OFFSET..].starts_with(SIGNATURE) {
        return Err(Refusal::Signature);
    }
    if !digits[PROVIDER_OFFSET..].starts_with(PROVIDER) {
        return Err(Refusal::Provider);
    }
    if !digits.iter().all(u8::is_ascii_alphanumeric) {
        return Err(Refusal::Alphabet);
    }
    let kind = match digits[KIND_AT] {
        b'9' => CaskKind::Primary,
        b'D' => CaskKind::Derived,
        b'H' => CaskKind::Hashed,
        _ => return Err(Refusal::Kind),
    };
    let issued = IssueMonth {
        year: FIRST_YEAR + u16::from(base64_value(digits[YEAR_AT]).ok_or(Refusal::Alphabet)?),
        month: match digits[MONTH_AT] {
            letter @ b'A'..=b'L' => letter - b'A' + 1,
            _ => return Err(Refusal::Month),
        },
    };
    let (payload, stored) = digits.split_at(PAYLOAD_LEN);
    let mut bytes = [0; PAYLOAD_BYTES];
    BASE64
        .decode_mut(payload, &mut bytes)
        .map_err(|_| Refusal::Alphabet)?;
    if checksum(&bytes).starts_with(stored) {
        Ok(Cask { kind, issued })
    } else {
        Err(Refusal::Checksum)
    }
}

/// Computes the checksum characters of `payload`: the first four end a token, all six (before
/// `==`) its long form.
pub(super) fn checksum(payload: &[u8; PAYLOAD_BYTES]) -> [u8; 6] {
    let mut text = base62(marvin32(payload, SEED).swap_bytes());
    // Six characters hold 36 bits and the long form is base64 of 32: the last four are zero.
    if let Some(value) = base64_value(text[5]) {
        text[5] = BASE64_DIGITS[usize::from(value & 0b11_0000)];
    }
    text
}

/// Writes the four bytes of `number` in base62: a `0` for each leading zero byte but the fourth,
/// the digits from the highest, and zeros on the right up to six characters.
fn base62(mut number: u32) -> [u8; 6] {
    let zeros = (number.leading_zeros() as usize / 8).min(3);
    let mut count = 0;
    let mut reversed = [0; 6];
    while number != 0 {
        reversed[count] = BASE62[number as usize % 62];
        number /= 62;
        count += 1;
    }
    let mut text = [b'0'; 6];
    for (place, digit) in text[zeros..].iter_mut().zip(reversed[..count].iter().rev()) {
        *place = *digit;
    }
    text
}

/// The value of a base64 digit.
fn base64_value(digit: u8) -> Option<u8> {
    BASE64_DIGITS
        .iter()
        .position(|&other| other == digit)
        .map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::super::mint;
    use super::*;

    /// The fixed list of mutants: for each of 1,000 tokens, 100 times one character replaced by
    /// another letter or digit, place and digit stepping through all there are.
    fn mutants() -> impl Iterator<Item = Vec<u8>> {
        (0..100_000usize).map(|index| {
            let mut token = mint::pat((index / 100) as u64).into_bytes();
            let at = index % LEN;
            let old = BASE62.iter().position(|&digit| digit == token[at]).unwrap();
            token[at] = BASE62[(old + 1 + index / LEN % 61) % 62];
            token
        })
    }

    #[test]
    fn minted_tokens_prove() {
        for seed in 0..5_000 {
            let (short, long) = (mint::pat(seed), mint::pat_long(seed));
            let cask = check(short.as_bytes()).unwrap();
            assert_eq!(cask.kind, CaskKind::Primary);
            assert_eq!(check(long.as_bytes()), Ok(cask));
            assert_eq!((short.len(), long.len()), (LEN, LONG_LEN));
            assert_eq!(long[..LEN], short);
        }
    }

    #[test]
    fn every_month_is_read() {
        for year in 2024..=2085 {
            for month in 1..=12 {
                let issued = IssueMonth { year, month };
                let token = mint::pat_issued(7, issued);
                assert_eq!(
                    check(token.as_bytes()),
                    Ok(Cask {
                        kind: CaskKind::Primary,
                        issued
                    })
                );
            }
        }
    }

    /// Four of 5.74 million mutants were once seen to pass, for the checksum keeps only four
    /// characters of base62. None of this list does.
    #[test]
    fn mutants_of_one_character_are_refused() {
        assert_eq!(mutants().filter(|mutant| check(mutant).is_ok()).count(), 0);
    }

    #[test]
    fn refusals_name_the_cheapest_reason() {
        let token = mint::pat_issued(
            3,
            IssueMonth {
                year: 2026,
                month: 2,
            },
        );
        let check = |edit: &dyn Fn(&mut Vec<u8>), expected| {
            let mut bytes = token.clone().into_bytes();
            edit(&mut bytes);
            assert_eq!(check(&bytes), expected);
        };
        check(
            &|_| (),
            Ok(Cask {
                kind: CaskKind::Primary,
                issued: IssueMonth {
                    year: 2026,
                    month: 2,
                },
            }),
        );
        check(&|bytes| bytes.truncate(83), Err(Refusal::Length));
        check(&|bytes| bytes.clear(), Err(Refusal::Length));
        check(&|bytes| bytes.extend(b"AA=A"), Err(Refusal::Length));
        check(&|bytes| bytes.extend(b"AA=="), Err(Refusal::Checksum));
        check(&|bytes| bytes[56] = b'8', Err(Refusal::Signature));
        check(
            &|bytes| bytes[76..80].make_ascii_lowercase(),
            Err(Refusal::Provider),
        );
        check(&|bytes| bytes[0] = b'+', Err(Refusal::Alphabet));
        check(&|bytes| bytes[83] = 0xFF, Err(Refusal::Alphabet));
        check(&|bytes| bytes[57] = b'E', Err(Refusal::Kind));
        check(&|bytes| bytes[59] = b'M', Err(Refusal::Month));
        check(&|bytes| bytes[57] = b'D', Err(Refusal::Checksum));
    }

    #[test]
    fn derived_and_hashed_keys_are_told_apart() {
        for (letter, kind) in [(b'D', CaskKind::Derived), (b'H', CaskKind::Hashed)] {
            let mut token = mint::pat(9).into_bytes();
            token[KIND_AT] = letter;
            let mut payload = [0; PAYLOAD_BYTES];
            BASE64
                .decode_mut(&token[..PAYLOAD_LEN], &mut payload)
                .unwrap();
            token[PAYLOAD_LEN..].copy_from_slice(&checksum(&payload)[..LEN - PAYLOAD_LEN]);
            assert_eq!(check(&token).unwrap().kind, kind);
        }
    }

    #[test]
    fn base62_pads_on_both_sides() {
        let check = |number, expected: &str| {
            assert_eq!(base62(number), expected.as_bytes(), "{number:#x}");
        };
        check(0, "000000");
        check(1, "000100");
        check(0x1_0000, "0H3200");
        check(u32::MAX, "4gfFC3");
        check(0x0100_0000, "18OWG0");
    }
}
