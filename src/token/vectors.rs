//! Tests against the known answers of `fixtures/token-vectors.json`.

use data_encoding::{BASE64, HEXLOWER, Specification};
use serde_json::Value;

use super::legacy::{LegacyKind, check as check_legacy};
use super::marvin::{SEED, marvin32};
use super::{cask, explain, mint};

/// The rows of one list of the fixture.
fn rows(list: &str) -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("../../fixtures/token-vectors.json")).unwrap();
    file[list].as_array().unwrap().clone()
}

/// Base64 that ignores bits past the last whole byte, as .NET does.
fn lenient_base64() -> data_encoding::Encoding {
    let mut spec: Specification = BASE64.specification();
    spec.check_trailing_bits = false;
    spec.encoding().unwrap()
}

#[test]
fn new_tokens() {
    let rows = rows("cask");
    let mut valid = 0;
    for row in &rows {
        let text = |key: &str| row[key].as_str().unwrap();
        let payload = HEXLOWER.decode(text("payload_hex").as_bytes()).unwrap();
        let body = BASE64.encode(&payload);
        let token = format!("{body}{}", text("checksum"));
        assert_eq!(token.len(), cask::LEN);
        let expected = row["valid"].as_bool().unwrap();
        assert_eq!(cask::check(token.as_bytes()).is_ok(), expected, "{row}");
        valid += usize::from(expected);
        let Some(six) = row["six"].as_str() else {
            continue;
        };
        let hash = u32::from_str_radix(text("marvin32").trim_start_matches("0x"), 16).unwrap();
        assert_eq!(marvin32(&payload, SEED), hash);
        let bytes = lenient_base64()
            .decode(format!("{six}==").as_bytes())
            .unwrap();
        let long = format!("{body}{}", BASE64.encode(&bytes));
        assert_eq!(long.len(), cask::LONG_LEN);
        assert_eq!(cask::check(long.as_bytes()), cask::check(token.as_bytes()));
    }
    assert_eq!((rows.len(), valid), (20, 12));
}

#[test]
fn legacy_tokens() {
    let rows = rows("legacy");
    let mut seen = [0; 3];
    for row in &rows {
        let token = format!(
            "{}{}",
            row["head"].as_str().unwrap(),
            row["tail"].as_str().unwrap()
        );
        let (expected, column) = match row["kind"].as_str() {
            Some("user") => (Some(LegacyKind::UserPat), 0),
            Some("app") => (Some(LegacyKind::AppSecret), 1),
            _ => (None, 2),
        };
        assert_eq!(check_legacy(token.as_bytes()), expected, "{row}");
        seen[column] += 1;
    }
    assert_eq!(seen, [6, 4, 5]);
}

#[test]
fn no_explanation_shows_what_it_explains() {
    for token in [mint::legacy_pat(1), mint::pat(1), mint::pat_long(1)] {
        let said = format!("{:?}", explain::explain(token.as_bytes()));
        for part in token.as_bytes().windows(8) {
            assert!(!said.contains(std::str::from_utf8(part).unwrap()));
        }
    }
}
