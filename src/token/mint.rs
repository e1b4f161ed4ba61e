//! Valid tokens that nobody issued, for tests, self-tests and the fake service.
//!
//! Everything is a function of its arguments, so that no token need stand in a file. Minted
//! tokens open nothing; they are plain strings because there is nothing to keep secret.

use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD};

use super::cask::{self, BASE62, BASE64_DIGITS, FIRST_YEAR, PAYLOAD_BYTES, PAYLOAD_LEN};
use super::legacy::{self, LegacyKind};
use crate::model::{IssueMonth, Timestamp};

/// Mints a legacy personal access token.
pub fn legacy_pat(seed: u64) -> String {
    legacy(seed, LegacyKind::UserPat)
}

/// Mints an application secret.
pub fn app_secret(seed: u64) -> String {
    legacy(seed, LegacyKind::AppSecret)
}

/// Mints a personal access token of 84 characters, issued in a month of 2024 to 2026.
pub fn pat(seed: u64) -> String {
    pat_issued(seed, any_month(seed))
}

/// Mints a personal access token of 84 characters, issued in `month`.
///
/// # Panics
///
/// If no token can name `month`: years run from 2024 to 2085, months from 1 to 12.
pub fn pat_issued(seed: u64, month: IssueMonth) -> String {
    let (mut text, checksum) = cask(seed, month);
    text.push_str(&checksum[..cask::LEN - PAYLOAD_LEN]);
    text
}

/// Mints a personal access token in the long form of 88 characters.
pub fn pat_long(seed: u64) -> String {
    let (mut text, checksum) = cask(seed, any_month(seed));
    text.push_str(&checksum);
    text.push_str("==");
    text
}

/// Mints an OAuth access token of `issuer`, with a random signature.
pub fn oauth_token(seed: u64, issuer: &str, expires: Option<Timestamp>) -> String {
    let mut random = Random(seed);
    let mut claims = serde_json::json!({
        "nameid": format!("{:08x}-0000-8888-8000-000000000000", random.next() as u32),
        "scp": "app_token",
        "iss": issuer,
    });
    if let Some(Timestamp(seconds)) = expires {
        claims["exp"] = seconds.into();
    }
    let header = BASE64URL_NOPAD.encode(br#"{"typ":"JWT","alg":"RS256"}"#);
    let payload = BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
    let signature = BASE64URL_NOPAD.encode(&random.bytes::<256>());
    format!("{header}.{payload}.{signature}")
}

/// Mints a token of the legacy form.
fn legacy(seed: u64, kind: LegacyKind) -> String {
    let mut bytes: [u8; legacy::BYTES] = Random(seed).bytes();
    let stored = (legacy::checksum(&bytes) ^ kind.seed()).to_le_bytes();
    for (at, byte) in legacy::STORED.into_iter().zip(stored) {
        bytes[at] = byte;
    }
    BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
}

/// The payload and the checksum of a token of the new form, with the platform and provider data
/// that published samples have.
fn cask(seed: u64, month: IssueMonth) -> (String, String) {
    let year = month
        .year
        .checked_sub(FIRST_YEAR)
        .filter(|&year| usize::from(year) < BASE62.len());
    let year = year.expect("a token names years from 2024 to 2085");
    assert!((1..=12).contains(&month.month), "a year has twelve months");
    let mut random = Random(seed);
    let mut text = random.base62(cask::SIGNATURE_OFFSET);
    text.push_str("JQQJ99");
    text.push(char::from(BASE64_DIGITS[usize::from(year)]));
    text.push(char::from(b'A' + month.month - 1));
    text.push_str("ACAAAAA");
    text.push_str(&random.base62(5));
    text.push_str("AAASAZDO");
    let mut payload = [0; PAYLOAD_BYTES];
    BASE64
        .decode_mut(text.as_bytes(), &mut payload)
        .expect("letters and digits in groups of four are base64");
    let checksum = cask::checksum(&payload).map(char::from).iter().collect();
    (text, checksum)
}

/// A month in which tokens of the new form were issued.
fn any_month(seed: u64) -> IssueMonth {
    const FIRST: u64 = 6;
    let month = FIRST + Random(!seed).next() % 30;
    IssueMonth {
        year: FIRST_YEAR + (month / 12) as u16,
        month: (month % 12) as u8 + 1,
    }
}

/// `SplitMix64` (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }

    fn base62(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(BASE62[(self.next() % 62) as usize]))
            .collect()
    }
}
