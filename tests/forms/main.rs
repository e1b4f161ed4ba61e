//! Every form in which a token can stand, and any mix of them: found, with its encodings and its
//! place.

mod soft_breaks;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use patsweep::detect::Detector;
use patsweep::model::{Candidate, Encoding};
use patsweep::rules::RuleSet;
use patsweep::token::{Salt, c3id, mint};

fn detector() -> Detector {
    Detector::new(&RuleSet::builtin(), Salt([0; 16]))
}

fn scan(bytes: &[u8]) -> Vec<Candidate> {
    let mut all = Vec::new();
    detector().whole(bytes, &mut |candidate| all.push(candidate));
    all
}

/// The same, in chunks of `size`.
fn scan_cut(bytes: &[u8], size: usize) -> Vec<Candidate> {
    let mut detector = detector();
    let mut all = Vec::new();
    detector.begin();
    for chunk in bytes.chunks(size) {
        detector.chunk(chunk, &mut |candidate| all.push(candidate));
    }
    detector.end(&mut |candidate| all.push(candidate));
    all
}

type Mint = fn(u64) -> String;

const KINDS: [(&str, Mint); 4] = [
    ("azure-devops-pat", mint::pat),
    ("azure-devops-pat", mint::pat_long),
    ("azure-devops-pat-legacy", mint::legacy_pat),
    ("azure-devops-app-secret", mint::app_secret),
];

#[track_caller]
fn check(what: &str, token: &str, rule: &str, bytes: &[u8], offset: usize, encodings: &[Encoding]) {
    let found = scan(bytes);
    assert_eq!(
        found.len(),
        1,
        "{what}: {found:?}\n{}",
        String::from_utf8_lossy(bytes)
    );
    let candidate = &found[0];
    assert_eq!(candidate.secret.expose(), token.as_bytes(), "{what}");
    assert_eq!(&*candidate.rule, rule, "{what}");
    assert_eq!(candidate.id, c3id(token.as_bytes()), "{what}");
    assert_eq!(candidate.encodings, encodings, "{what}");
    let position = candidate.position.expect("a place");
    assert_eq!(position.offset, offset as u64, "{what}");
    for size in [1, 7, 64] {
        assert_eq!(scan_cut(bytes, size), found, "{what} in chunks of {size}");
    }
}

fn wrap(text: &str, columns: usize, glue: &str) -> String {
    text.as_bytes()
        .chunks(columns)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect::<Vec<_>>()
        .join(glue)
}

fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

#[test]
fn plain_with_anything_glued_to_it() {
    for (rule, mint) in KINDS {
        for seed in 0..20 {
            let token = mint(seed);
            for (before, after) in [
                ("", ""),
                ("x", "x"),
                ("\\n", "\\n"),
                ("\\", "\\r"),
                ("%3A", "%40"),
                ("\u{1b}[31m", "\u{1b}[0m"),
                ("0123456789", "AZDO"),
                ("\0", "\0"),
                ("é", "é"),
                ("_", "-"),
                ("/", "+"),
                ("http://x:", "@h"),
            ] {
                let text = format!("{before}{token}{after}");
                check("glued", &token, rule, text.as_bytes(), before.len(), &[]);
            }
        }
    }
}

#[test]
fn base64_in_every_alignment() {
    for (rule, mint) in KINDS {
        for lead in 0..12 {
            let token = mint(lead as u64);
            let inner = format!("{}:{token}\n", "é".repeat(lead));
            let encoded = BASE64.encode(inner.as_bytes());
            let b64 = &[Encoding::Base64][..];
            check(
                "base64",
                &token,
                rule,
                format!("key: {encoded}").as_bytes(),
                5,
                b64,
            );
            check(
                "unpadded",
                &token,
                rule,
                format!("key: {}", encoded.trim_end_matches('=')).as_bytes(),
                5,
                b64,
            );
            check(
                "url",
                &token,
                rule,
                format!("?t={}&", BASE64URL_NOPAD.encode(inner.as_bytes())).as_bytes(),
                3,
                b64,
            );
            check(
                "escaped",
                &token,
                rule,
                format!("\\n{encoded}").as_bytes(),
                2,
                b64,
            );
            check(
                "percent",
                &token,
                rule,
                format!("a%22{encoded}%22").as_bytes(),
                4,
                b64,
            );
            check(
                "of base64",
                &token,
                rule,
                format!("a {}", BASE64.encode(encoded.as_bytes())).as_bytes(),
                2,
                &[Encoding::Base64; 2],
            );
            check(
                "of utf-16le",
                &token,
                rule,
                BASE64.encode(&utf16le(&inner)).as_bytes(),
                0,
                &[Encoding::Base64, Encoding::Utf16Le],
            );
            check(
                "hex",
                &token,
                rule,
                format!("x={}", HEXLOWER.encode(inner.as_bytes())).as_bytes(),
                2,
                &[Encoding::Hex],
            );
            check(
                "gzip",
                &token,
                rule,
                format!("r: {}", BASE64.encode(&gzip(inner.as_bytes()))).as_bytes(),
                3,
                &[Encoding::Base64, Encoding::Gzip],
            );
        }
    }
}

/// What stands between the lines of wrapped base64: in files, in JSON, and in code.
const WRAPS: [&str; 15] = [
    "\n",
    "\r\n",
    "\n        ",
    "\\n",
    "\\r\\n",
    "\\\\n",
    "\\u000a",
    "\\u000d\\u000A",
    "\",\n    \"",
    "\", \"",
    "\" +\n    \"",
    "\"\n    \"",
    "'\n  + '",
    "\\n\" +\n\t\"",
    "\\\",\\n  \\\"",
];

/// Columns at which lines are wrapped.
const COLUMNS: [usize; 5] = [60, 64, 70, 76, 120];

/// One kind with every wrap at every width and with the token everywhere on its line, and the
/// others, for which a break means the same, with those in turn.
#[test]
fn wrapped() {
    let (rule, mint) = KINDS[0];
    for columns in COLUMNS {
        for (index, glue) in WRAPS.into_iter().enumerate() {
            for lead in (index % 4..80).step_by(4) {
                check_wrapped(rule, &mint(lead as u64), lead, columns, glue);
            }
        }
    }
    for (rule, mint) in KINDS {
        for lead in 0..80 {
            let columns = COLUMNS[lead % COLUMNS.len()];
            let glue = WRAPS[lead / COLUMNS.len() % WRAPS.len()];
            check_wrapped(rule, &mint(lead as u64), lead, columns, glue);
        }
    }
}

/// A token behind so much text, wrapped as base64 and as hex.
#[track_caller]
fn check_wrapped(rule: &str, token: &str, lead: usize, columns: usize, glue: &str) {
    let lead = &"lead ".repeat(20)[..lead];
    let inner = format!("{lead} {token} and more text follows after it");
    for (encoding, encoded) in [
        (Encoding::Base64, BASE64.encode(inner.as_bytes())),
        (Encoding::Hex, HEXLOWER.encode(inner.as_bytes())),
    ] {
        let what = format!("wrapped {encoding:?}");
        let text = format!("key: {}\n\n", wrap(&encoded, columns, glue));
        check(&what, token, rule, text.as_bytes(), 5, &[encoding]);
    }
}

#[test]
fn utf16() {
    for (rule, mint) in KINDS {
        let token = mint(3);
        let text = format!("first\r\nkey = {token}\r\nlast");
        for (encoding, encode) in [
            (Encoding::Utf16Le, utf16le as fn(&str) -> Vec<u8>),
            (Encoding::Utf16Be, utf16be),
        ] {
            check(
                "without mark",
                &token,
                rule,
                &encode(&text),
                13,
                &[encoding],
            );
            check(
                "with mark",
                &token,
                rule,
                &encode(&format!("\u{feff}{text}")),
                13,
                &[encoding],
            );
            check(
                "base64 inside",
                &token,
                rule,
                &encode(&format!("\u{feff}k: {}", BASE64.encode(token.as_bytes()))),
                3,
                &[encoding, Encoding::Base64],
            );
            for lead in 3..6 {
                let mut binary = vec![0x90; lead];
                binary.extend(encode(&token));
                binary.extend([0, 0, 0x90, 0x91]);
                check("in a binary", &token, rule, &binary, lead, &[encoding]);
            }
        }
    }
}

#[test]
fn utf16_without_its_last_byte() {
    for (rule, mint) in KINDS {
        let token = mint(5);
        let mut bytes = utf16le(&format!("key = {token}"));
        bytes.pop();
        check("cut", &token, rule, &bytes, 6, &[Encoding::Utf16Le]);
    }
}

#[test]
fn quoted_printable() {
    for (rule, mint) in KINDS {
        for split in 1..mint(0).len() {
            let token = mint(split as u64);
            let (head, tail) = token.split_at(split);
            let escaped = |text: &str| text.replace('=', "=3D");
            let text = format!(
                "a=3Db password=3D{}=\r\n{}\r\nmore=20text=\r\n.",
                escaped(head),
                escaped(tail)
            );
            check(
                "soft break",
                &token,
                rule,
                text.as_bytes(),
                17,
                &[Encoding::QuotedPrintable],
            );
        }
    }
}

/// A mail in a mail.
#[test]
fn quoted_printable_twice() {
    for (rule, mint) in KINDS {
        for lead in 0..76 {
            let token = mint(lead as u64);
            let text = format!("{} {token} and more of the text\n", "l".repeat(lead));
            let once = soft_breaks::quopri(&text, "=\n");
            let twice = soft_breaks::quopri(&once, "=\n");
            let found = scan(twice.as_bytes());
            assert_eq!(found.len(), 1, "{twice}");
            assert_eq!(found[0].secret.expose(), token.as_bytes(), "{twice}");
            assert_eq!(&*found[0].rule, rule);
        }
    }
}

#[test]
fn helm_release() {
    let token = mint::pat(1);
    let inner = format!("{{\"name\":\"x\",\"config\":{{\"token\":\"{token}\"}}}}").repeat(1);
    let encoded = BASE64.encode(BASE64.encode(&gzip(inner.as_bytes())).as_bytes());
    check(
        "helm",
        &token,
        "azure-devops-pat",
        format!("  release: {encoded}\n").as_bytes(),
        11,
        &[Encoding::Base64, Encoding::Base64, Encoding::Gzip],
    );
}

/// Streams longer than what is tasted of them, and with a line of words behind.
#[test]
fn gzip_of_any_length() {
    for length in (0..3000).step_by(37) {
        let token = mint::pat(length);
        let words = "some words that do not repeat: ";
        let lead: String = (0..length)
            .map(|i| words.as_bytes()[(i * i % 31) as usize] as char)
            .collect();
        let encoded = BASE64.encode(&gzip(format!("{lead} {token}").as_bytes()));
        let text = format!("data: {encoded}\nwords follow");
        check(
            "gzip",
            &token,
            "azure-devops-pat",
            text.as_bytes(),
            6,
            &[Encoding::Base64, Encoding::Gzip],
        );
    }
}

/// Text that no compressor makes much smaller.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b' ' + (state >> 33) as u8 % 64)
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn long_streams_in_base64() {
    for length in [200, 400, 4_000, 30_000] {
        let token = mint::legacy_pat(length as u64);
        let inner = format!("{} {token}\nand more", noise(length));
        check(
            "gzip",
            &token,
            "azure-devops-pat-legacy",
            format!("r: {}", BASE64.encode(&gzip(inner.as_bytes()))).as_bytes(),
            3,
            &[Encoding::Base64, Encoding::Gzip],
        );
    }
}

/// A byte order mark decides where the letters around a token leave it open.
#[test]
fn the_mark_tells_the_byte_order() {
    let token = mint::pat(9);
    let text = format!("\u{feff}für Zeile, 行。\r\nk={token}");
    for (order, bytes) in [
        (Encoding::Utf16Le, utf16le(&text)),
        (Encoding::Utf16Be, utf16be(&text)),
    ] {
        let offset = text.find(&token).expect("it is there") - '\u{feff}'.len_utf8();
        check(
            "marked",
            &token,
            "azure-devops-pat",
            &bytes,
            offset,
            &[order],
        );
    }
}

/// The name that marks a value as a token stands outside the base64 that holds it.
#[test]
fn unproven_in_base64() {
    let rules = RuleSet::builtin().unproven(patsweep::rules::Unproven::Include);
    let mutant = mint::pat(5).replacen("JQQJ99", "JQQJ9D", 1);
    for inner in [
        mutant.clone(),
        format!("x:{mutant}"),
        format!("a@b.c:{mutant}"),
    ] {
        let encoded = BASE64.encode(inner.as_bytes());
        for (text, expected) in [
            (format!("PERSONAL_ACCESS_TOKEN: {encoded}"), 1),
            (format!("\"AZP_TOKEN\": \"{encoded}\""), 1),
            (format!("checksum: {encoded}"), 0),
        ] {
            let mut found = 0;
            Detector::new(&rules, Salt([0; 16])).whole(text.as_bytes(), &mut |candidate| {
                assert_eq!(&*candidate.rule, "azure-devops-pat-unproven");
                found += 1;
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}

/// Each of several on lines that could be those of one block.
#[test]
fn unproven_on_lines() {
    let rules = RuleSet::builtin().unproven(patsweep::rules::Unproven::Include);
    let mutant = mint::pat(5).replacen("JQQJ99", "JQQJ9D", 1);
    for text in [
        format!("AZP_TOKEN={mutant}\nOTHER_SETTING=1"),
        format!("{{\"AZP_TOKEN\": \"{mutant}\", \"b\": 1}}"),
        format!("AZP_TOKEN={mutant}\\nOTHER=1"),
    ] {
        let mut found = Vec::new();
        Detector::new(&rules, Salt([0; 16])).whole(text.as_bytes(), &mut |candidate| {
            found.push((
                candidate.rule.to_string(),
                candidate.secret.expose().to_vec(),
            ));
        });
        let expected = (
            "azure-devops-pat-unproven".to_owned(),
            mutant.clone().into_bytes(),
        );
        assert_eq!(found, [expected], "{text}");
    }
}
