//! However an input is cut into chunks and wherever it starts, the same is found in it: around
//! and beyond the windows in which the detector works.

use std::io::Write;

use data_encoding::{BASE64, HEXLOWER};
use patsweep::detect::Detector;
use patsweep::model::Candidate;
use patsweep::rules::RuleSet;
use patsweep::token::{Salt, jwt, mint};
use proptest::prelude::*;

/// Bytes of input from one window to the next. The detector's own business: were it another, the
/// tests would still hold, and test less.
const WINDOW: usize = 1 << 20;
const KIB: usize = 1 << 10;

fn detector() -> Detector {
    Detector::new(&RuleSet::builtin(), Salt([0; 16]))
}

fn whole(bytes: &[u8]) -> Vec<Candidate> {
    let mut all = Vec::new();
    detector().whole(bytes, &mut |candidate| all.push(candidate));
    all
}

/// The same in chunks that end at `cuts`, rising offsets.
fn in_chunks(bytes: &[u8], cuts: impl IntoIterator<Item = usize>) -> Vec<Candidate> {
    let mut all = Vec::new();
    let mut detector = detector();
    detector.begin();
    let mut from = 0;
    for to in cuts.into_iter().chain([bytes.len()]) {
        detector.chunk(&bytes[from..to], &mut |candidate| all.push(candidate));
        from = to;
    }
    detector.end(&mut |candidate| all.push(candidate));
    all
}

fn every(size: usize, length: usize) -> impl Iterator<Item = usize> {
    (size..length).step_by(size)
}

/// Text of `length` bytes in lines, which holds nothing.
fn filler(length: usize) -> Vec<u8> {
    let line = b"The quick brown fox jumps over the lazy dog, again.\n";
    line.iter().copied().cycle().take(length).collect()
}

/// Printable characters that compress badly, `;` at their end.
fn noise(length: usize) -> Vec<u8> {
    let mut state = length as u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        b' ' + (state >> 33) as u8 % 64
    };
    (0..length).map(|_| next()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

fn wrap(text: &str, columns: usize, glue: &str) -> String {
    let lines: Vec<&[u8]> = text.as_bytes().chunks(columns).collect();
    String::from_utf8(lines.join(glue.as_bytes())).expect("ASCII")
}

fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// Something that holds a token, and where its token stands in it, about.
struct Form {
    name: &'static str,
    bytes: Vec<u8>,
    token_offset: usize,
}

/// What is put across the edges of windows.
fn forms() -> Vec<Form> {
    let form = |name, bytes: Vec<u8>, token_offset| Form {
        name,
        bytes,
        token_offset,
    };
    let url = format!("https://x:{}@dev.azure.com/contoso/_git/a", mint::pat(1));
    let mut forms = vec![
        form("plain", url.clone().into_bytes(), 10),
        form("legacy", mint::legacy_pat(2).into_bytes(), 0),
        form("long", mint::pat_long(3).into_bytes(), 0),
        form("base64", BASE64.encode(url.as_bytes()).into_bytes(), 16),
        form("hex", HEXLOWER.encode(url.as_bytes()).into_bytes(), 20),
        form(
            "oauth",
            mint::oauth_token(4, jwt::ISSUER_HOST, None).into_bytes(),
            0,
        ),
        form(
            "utf-16le",
            [&[1, 2, 0xff, 0, 0][..], &utf16le(&url), &[0, 0]].concat(),
            25,
        ),
        form(
            "utf-16be",
            [&[1, 2, 0xff, 0, 0][..], &utf16be(&url), &[0, 0]].concat(),
            25,
        ),
    ];
    let split = url.replace("JQQJ", "JQ=\r\nQJ");
    forms.push(form("quoted-printable", split.into_bytes(), 10));
    for (name, length, at) in [
        ("first", 30 * KIB, 0),
        ("middle", 46 * KIB, 20 * KIB),
        ("last", 46 * KIB, 46 * KIB),
    ] {
        let mut inner = noise(length);
        inner.splice(at..at, mint::pat(at as u64).into_bytes());
        let encoded = wrap(&BASE64.encode(&inner), 76, "\n    ");
        let token_offset = at * encoded.len() / inner.len();
        forms.push(form(name, encoded.into_bytes(), token_offset));
    }
    let mut packed = noise(46 * KIB);
    packed.extend(format!(" {url} ").bytes());
    let encoded = BASE64.encode(&gzip(&packed));
    assert!(
        (40 * KIB..64 * KIB).contains(&encoded.len()),
        "{}",
        encoded.len()
    );
    let token_offset = encoded.len();
    forms.push(form("gzip", encoded.into_bytes(), token_offset));
    forms
}

/// Compared without the tokens, whose value is in their ids.
fn told(candidates: &[Candidate]) -> Vec<String> {
    candidates
        .iter()
        .map(|candidate| format!("{candidate:?}"))
        .collect()
}

/// `candidates` as they are if they stand `bytes` and `lines` further on, on lines of their own.
fn moved(candidates: &[Candidate], bytes: usize, lines: usize) -> Vec<String> {
    let moved = candidates.iter().cloned().map(|mut candidate| {
        if let Some(position) = &mut candidate.position {
            position.offset += bytes as u64;
            position.line += lines as u64;
        }
        candidate
    });
    told(&moved.collect::<Vec<_>>())
}

/// Every form with its first byte, its token or its last byte at the edge of the first and of the
/// second window, or near it: the same as where it stands alone.
#[test]
fn forms_across_the_edges_of_windows() {
    for form in forms() {
        let alone = [b"\n", &form.bytes[..], b"\n", &filler(100)].concat();
        let expected = whole(&alone);
        assert_eq!(expected.len(), 1, "{}", form.name);
        let ends = [0, form.token_offset, form.bytes.len()];
        for edge in [WINDOW, 2 * WINDOW] {
            for part in ends {
                for near in [-60, -53, -4, -1, 0, 1, 2, 40, 84] {
                    let start = (edge - part).checked_add_signed(near).expect("small");
                    let mut text = filler(start - 1);
                    let lines = text.iter().filter(|&&byte| byte == b'\n').count();
                    text.extend(&alone);
                    let expected = moved(&expected, start - 1, lines);
                    let what = format!("{} {edge} {part} {near}", form.name);
                    // The line that the filler leaves open is not part of any excerpt.
                    assert_eq!(told(&whole(&text)), expected, "{what}");
                    for size in [4_093, 64 * KIB, WINDOW] {
                        let found = in_chunks(&text, every(size, text.len()));
                        assert_eq!(told(&found), expected, "{what} in chunks of {size}");
                    }
                }
            }
        }
    }
}

/// The same wherever it stands, byte by byte.
#[test]
fn shifted() {
    let mut content = b"\n".to_vec();
    for form in forms() {
        content.extend(&form.bytes);
        content.extend(b"\n-- \n");
    }
    let expected = whole(&content);
    assert_eq!(expected.len(), forms().len());
    let near = WINDOW - 5 * KIB;
    for shift in (0..200)
        .chain((near..near + 6 * KIB).step_by(97))
        .chain(WINDOW - 20..WINDOW + 20)
    {
        let text = [vec![b'.'; shift], content.clone()].concat();
        assert_eq!(told(&whole(&text)), moved(&expected, shift, 0), "{shift}");
    }
}

#[test]
fn one_byte_at_a_time() {
    for form in forms() {
        let mut text = filler(WINDOW - form.bytes.len() / 2);
        text.extend(b"\n");
        text.extend(&form.bytes);
        text.extend(b"\n");
        text.extend(filler(70 * KIB));
        let expected = whole(&text);
        assert_eq!(expected.len(), 1, "{}", form.name);
        let found = in_chunks(&text, every(1, text.len()));
        assert_eq!(told(&found), told(&expected), "{}", form.name);
    }
}

/// An organisation up to 32 KiB away is named, on whichever side of an edge it stands; one that
/// stands further away is not.
#[test]
fn organisations_across_the_edges_of_windows() {
    let clue = "\nsee https://dev.azure.com/contoso/ for more\n";
    let token = mint::pat(9);
    for (distance, expected) in [(100, 1), (20 * KIB, 1), (32 * KIB - 100, 1), (33 * KIB, 0)] {
        for edge in [0, WINDOW, 2 * WINDOW] {
            for near in [
                -40_000_isize,
                -32_700,
                -20_000,
                -100,
                -84,
                -1,
                0,
                1,
                50,
                20_000,
                32_700,
            ] {
                let start = (edge + 80 * KIB * usize::from(edge == 0)).saturating_add_signed(near);
                let between = filler(distance);
                let token_line = format!("\ntoken {token}\n");
                for parts in [
                    [clue.as_bytes(), &between, token_line.as_bytes()],
                    [token_line.as_bytes(), &between, clue.as_bytes()],
                ] {
                    let text = [&filler(start)[..], &parts.concat(), &filler(80 * KIB)].concat();
                    let found = whole(&text);
                    assert_eq!(found.len(), 1);
                    let what = format!("{distance} {edge} {near}");
                    assert_eq!(found[0].organizations.len(), expected, "{what}");
                    let chunked = in_chunks(&text, every(9_973, text.len()));
                    assert_eq!(told(&chunked), told(&found), "{what}");
                }
            }
        }
    }
}

/// UTF-16 of more than two windows, with tokens throughout.
#[test]
fn large_utf16() {
    for mark in ["", "\u{feff}"] {
        for (encode, odd) in [
            (utf16le as fn(&str) -> Vec<u8>, 0),
            (utf16be, 0),
            (utf16le, 1),
        ] {
            let mut text = format!("{mark}some text before\r\n");
            for seed in 0..40 {
                text.push_str(&"Zeile für Zeile, 語。\r\n".repeat(1_500));
                text.extend(["k=", &mint::pat(seed), " "]);
                text.push_str(&BASE64.encode(mint::legacy_pat(seed).as_bytes()));
                text.push_str("\r\n");
            }
            let mut bytes = encode(&text);
            bytes.truncate(bytes.len() - odd);
            assert!(bytes.len() > 2 * WINDOW + WINDOW / 4, "{}", bytes.len());
            let found = whole(&bytes);
            assert_eq!(found.len(), 80);
            for candidate in &found {
                // Positions count in the text as UTF-8, without the mark.
                let position = candidate.position.expect("a place");
                let before = &text[mark.len()..][..position.offset as usize];
                let line = 1 + before.matches('\n').count();
                let column = 1 + before.len() - before.rfind('\n').map_or(0, |at| at + 1);
                assert_eq!(
                    (position.line, position.column),
                    (line as u64, column as u64)
                );
                let run = &text[mark.len() + position.offset as usize..];
                let is_plain = candidate.encodings.len() == 1;
                let secret = candidate.secret.expose();
                let expected = if is_plain {
                    secret.to_vec()
                } else {
                    BASE64.encode(secret).into_bytes()
                };
                assert!(
                    run.as_bytes().starts_with(&expected),
                    "{candidate:?} {odd} {mark:?} {bytes:x?}",
                    bytes = run.as_bytes().get(..20)
                );
            }
            for size in [3, 1_001, 65_536] {
                let chunked = in_chunks(&bytes, every(size, bytes.len()));
                assert_eq!(told(&chunked), told(&found), "in chunks of {size}");
            }
        }
    }
}

/// A run without an end: within its bounds each token is found, wherever the windows part it.
#[test]
fn runs_longer_than_windows() {
    let mut inner = Vec::new();
    for seed in 0..60 {
        inner.extend(noise(40_000 + seed as usize));
        inner.extend(mint::pat(seed).into_bytes());
    }
    let plain = [
        vec![b'a'; 3 * WINDOW],
        mint::legacy_pat(1).into_bytes(),
        vec![b'q'; WINDOW],
    ]
    .concat();
    let hex = HEXLOWER.encode(&inner).into_bytes();
    for (text, expected) in [
        (BASE64.encode(&inner).into_bytes(), 60),
        (wrap(&BASE64.encode(&inner), 76, "\r\n").into_bytes(), 60),
        (
            wrap(&BASE64.encode(&inner), 64, "\n                ").into_bytes(),
            60,
        ),
        (hex, 60),
        (plain, 1),
    ] {
        let found = whole(&text);
        assert_eq!(found.len(), expected);
        for size in [10_007, 3 * WINDOW / 2] {
            let chunked = in_chunks(&text, every(size, text.len()));
            assert_eq!(told(&chunked), told(&found), "in chunks of {size}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    /// Forms at random places, close to each other and to the edges, in random chunks.
    #[test]
    fn random_cuts(
        parts in prop::collection::vec((0..forms().len(), 0..200_000_usize), 1..12),
        start in WINDOW - 300_000..WINDOW,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let forms = forms();
        let mut text = filler(start);
        for (form, gap) in parts {
            text.extend(&forms[form].bytes);
            // Half of them stand next to each other.
            text.extend(filler(if gap % 2 == 0 { gap % 100 } else { gap }));
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).collect();
        cuts.sort_unstable();
        prop_assert_eq!(told(&in_chunks(&text, cuts)), told(&whole(&text)));
    }
}
