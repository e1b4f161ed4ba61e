//! The twin: `docs/formats.md` written down in the plainest way, however slow.
//!
//! It tries every offset, every phase and every alignment, and decodes as a whole what the
//! detector opens in stretches.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::Range;
use std::sync::LazyLock;

use data_encoding::{BASE64_NOPAD, HEXLOWER_PERMISSIVE};
use patsweep::token::{cask, jwt, legacy};
use regex::bytes::Regex;

const MAX_DEPTH: usize = 4;
/// No token is shorter, and soft breaks leave no shorter half of one that the detector promises.
const SHORTEST: usize = 52;
/// Bytes on either side of soft breaks that are decoded with them.
const SOFT_REACH: usize = 1024;

/// A token that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sighting {
    /// In whatever form. Where an OAuth token's signature ends is a matter of what is glued to
    /// it, and the twin reads more than one alignment: it is left out. So is the tail of a long
    /// token, which a soft break may part from the rest.
    Anywhere(String),
    /// Its very characters, and where the first of them stands.
    Plain(String, usize),
}

impl Sighting {
    pub(crate) fn anywhere(secret: &[u8]) -> Self {
        let signature = secret.iter().rposition(|&byte| byte == b'.');
        let kept = &secret[..signature.unwrap_or(secret.len())];
        let kept = if kept.len() == cask::LONG_LEN {
            &kept[..cask::LEN]
        } else {
            kept
        };
        Self::Anywhere(String::from_utf8_lossy(kept).into_owned())
    }

    pub(crate) fn plain(secret: &[u8], offset: usize) -> Self {
        Self::Plain(String::from_utf8_lossy(secret).into_owned(), offset)
    }
}

/// Every token in `bytes`, in whatever encoding.
pub(crate) fn find(bytes: &[u8]) -> BTreeSet<Sighting> {
    let mut found = BTreeSet::new();
    for (span, secret) in plain(bytes) {
        found.insert(Sighting::plain(secret.as_bytes(), span.start));
        found.insert(Sighting::anywhere(secret.as_bytes()));
    }
    for secret in encoded(bytes, 0) {
        found.insert(Sighting::anywhere(secret.as_bytes()));
    }
    found
}

/// The tokens that stand plainly, with their offsets.
fn plain(bytes: &[u8]) -> Vec<(Range<usize>, String)> {
    static JWT: LazyLock<Regex> = LazyLock::new(|| {
        let part = "[A-Za-z0-9_-]+";
        Regex::new(&format!(r"^{part}\.eyJ{part}\.{part}")).expect("an expression")
    });
    let text = |span: &[u8]| String::from_utf8_lossy(span).into_owned();
    let mut found = Vec::new();
    for start in 0..bytes.len() {
        let ahead = &bytes[start..];
        if ahead
            .get(..52)
            .is_some_and(|it| legacy::check(it).is_some())
        {
            found.push((start..start + 52, text(&ahead[..52])));
        }
        if let Some(length) = [88, 84].into_iter().find(|&length| {
            ahead
                .get(..length)
                .is_some_and(|it| cask::check(it).is_ok())
        }) {
            found.push((start..start + length, text(&ahead[..length])));
        }
    }
    let mut payloads = BTreeSet::new();
    for start in positions(bytes, b"eyJ") {
        let Some(token) = JWT.find(&bytes[start..]).map(|hit| hit.as_bytes()) else {
            continue;
        };
        let payload = bytes[start..].iter().position(|&byte| byte == b'.');
        if jwt::parse(token).is_some() && payloads.insert(start + payload.unwrap_or(0)) {
            found.push((start..start + token.len(), text(token)));
        }
    }
    found
}

/// The secrets that come out of the encodings in `bytes`.
fn encoded(bytes: &[u8], depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if depth == MAX_DEPTH {
        return found;
    }
    for (layers, opened) in open(bytes, depth) {
        if opened.len() >= SHORTEST && depth + layers <= MAX_DEPTH {
            found.extend(plain(&opened).into_iter().map(|(_, secret)| secret));
            found.extend(encoded(&opened, depth + layers));
        }
    }
    for opened in quoted_printable(bytes) {
        // What no soft break and no escape interrupts was there before.
        let new = plain(&opened)
            .into_iter()
            .filter(|(span, _)| positions(bytes, &opened[span.clone()]).is_empty());
        found.extend(new.map(|(_, secret)| secret));
        found.extend(encoded(&opened, depth + 1));
    }
    found
}

/// What comes out of `bytes`, each with the number of layers that were opened.
fn open(bytes: &[u8], depth: usize) -> Vec<(usize, Vec<u8>)> {
    let mut all = Vec::new();
    let mut runs: Vec<Vec<u8>> = runs(bytes).map(<[u8]>::to_vec).collect();
    runs.extend(blocks(bytes));
    for run in runs {
        for phase in 0..run.len().min(4) {
            all.push((1, base64(&run[phase..])));
        }
        for start in positions(&run, b"H4sI") {
            all.push((2, gunzip(&base64(&run[start..]))));
        }
        for digits in run.split(|byte| !byte.is_ascii_hexdigit()) {
            for parity in 0..digits.len().min(2) {
                let pairs = &digits[parity..parity + (digits.len() - parity) / 2 * 2];
                let opened = HEXLOWER_PERMISSIVE.decode(pairs).expect("pairs of digits");
                for start in positions(&opened, b"\x1f\x8b\x08") {
                    all.push((2, gunzip(&opened[start..])));
                }
                all.push((1, opened));
            }
        }
    }
    if depth > 0 {
        for start in positions(bytes, b"\x1f\x8b\x08") {
            all.push((1, gunzip(&bytes[start..])));
        }
    }
    for start in 0..bytes.len().min(2) {
        for low in 0..2 {
            all.push((1, narrow(&bytes[start..], low)));
        }
    }
    all
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

fn runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split(|&byte| !is_base64(byte))
        .filter(|run| run.len() >= SHORTEST)
}

/// Lines that are wrapped: all but the last of 32 characters, one of which is long enough to be
/// noticed. A string is none of them if it is longer than the one before.
fn blocks(bytes: &[u8]) -> Vec<Vec<u8>> {
    static BLOCK: LazyLock<(Regex, Regex)> = LazyLock::new(|| {
        let (feed, carriage) = ("(?:n|u000[aA])", "(?:r|u000[dD])");
        let escaped = format!(r"\\{{1,4}}(?:{carriage}\\{{1,4}}{feed}|{feed}|{carriage})");
        let space = format!(r"(?:[ \t\r\n]|\\[\r\n]|{escaped})*");
        let quote = r#"\\{0,4}["']"#;
        let strings = format!("(?:{escaped})?{quote}{space}(?:[,+.&]{space})?{quote}");
        let lines = format!(r"[ \t]{{0,16}}(?:\\?(?:\r\n|\r|\n)|{escaped})[ \t]{{0,256}}");
        let gap = format!("(?:{strings}|{lines})");
        let line = "[A-Za-z0-9+/_-]";
        let block = format!("{line}{{32,}}(?:{gap}{line}{{32,}})*(?:{gap}{line}+)?");
        (
            Regex::new(&block).expect("an expression"),
            Regex::new(&gap).expect("an expression"),
        )
    });
    let (block, gap) = &*BLOCK;
    let take = |offsets: &mut Vec<usize>| offsets.drain(..).map(|at| bytes[at]).collect();
    let mut blocks = Vec::new();
    for hit in block.find_iter(bytes) {
        let mut offsets = Vec::new();
        let mut is_noticed = false;
        let mut from = hit.start();
        let mut last = 0..usize::MAX;
        let gaps = gap.find_iter(hit.as_bytes()).map(|gap| gap.range());
        let end = hit.len()..hit.len();
        for gap in gaps.chain([end]) {
            let line = from..hit.start() + gap.start;
            // The letter of an escaped break is taken for a character of its line.
            let glued = bytes[..line.start].iter().rev();
            let glued = glued.take_while(|&&byte| is_base64(byte)).count();
            let gap_before = bytes.get(last.end..line.start).unwrap_or_default();
            if line.len() > last.len() && gap_before.iter().any(|byte| b"\"'".contains(byte)) {
                if is_noticed {
                    blocks.push(take(&mut offsets));
                }
                offsets.clear();
                is_noticed = false;
            }
            last = line.clone();
            is_noticed |= glued + line.len() >= SHORTEST;
            offsets.extend(line);
            from = hit.start() + gap.end;
        }
        if is_noticed {
            blocks.push(take(&mut offsets));
        }
    }
    blocks
}

fn base64(run: &[u8]) -> Vec<u8> {
    let standard: Vec<u8> = run
        .iter()
        .map(|&byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    // A lone last character stands for no byte, and what its neighbours leave over is dropped.
    let whole = standard.len() / 4 * 4;
    let mut bytes = BASE64_NOPAD.decode(&standard[..whole]).expect("base64");
    let mut rest = standard[whole..].to_vec();
    if rest.len() > 1 {
        let kept = rest.len() - 1;
        rest.resize(4, b'A');
        bytes.extend(&BASE64_NOPAD.decode(&rest).expect("base64")[..kept]);
    }
    bytes
}

fn gunzip(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(packed).take(8 << 20);
    // A stream that breaks off gives what came before.
    let _ = decoder.read_to_end(&mut bytes);
    bytes
}

/// UTF-16 as Latin-1, `?` for what is beyond; empty where nothing in it can be half a token.
fn narrow(bytes: &[u8], low: usize) -> Vec<u8> {
    let narrow: Vec<u8> = bytes
        .chunks(2)
        .map(|unit| match (unit.get(low), unit.get(1 - low)) {
            // Little-endian text may lack its very last byte.
            (Some(&byte), Some(0) | None) => byte,
            _ => b'?',
        })
        .collect();
    let has_text = narrow
        .windows(26)
        .any(|text| text.iter().all(u8::is_ascii_graphic) && !text.contains(&b'?'));
    if has_text { narrow } else { Vec::new() }
}

/// Decodes all of it, if a line of it is soft, and what is near the soft breaks: where that ends
/// within wrapped lines, the last of them may be of another length than in all of it.
fn quoted_printable(bytes: &[u8]) -> BTreeSet<Vec<u8>> {
    static SOFT: LazyLock<Regex> = LazyLock::new(|| Regex::new("=\r?\n").expect("an expression"));
    static ESCAPE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("=(?:\r?\n|([0-9A-Fa-f]{2}))").expect("an expression"));
    let value = |captures: &regex::bytes::Captures<'_>| {
        captures.get(1).map_or_else(Vec::new, |digits| {
            HEXLOWER_PERMISSIVE
                .decode(digits.as_bytes())
                .expect("two digits")
        })
    };
    let mut texts = BTreeSet::new();
    if SOFT.is_match(bytes) {
        texts.insert(bytes);
    }
    texts.extend(near_soft_breaks(bytes));
    let decode = |text: &[u8]| ESCAPE.replace_all(text, value).into_owned();
    texts.into_iter().map(decode).collect()
}

/// The soft breaks within words that are near each other, and what is near them, in whole words.
fn near_soft_breaks(bytes: &[u8]) -> Vec<&[u8]> {
    static SOFT: LazyLock<Regex> = LazyLock::new(|| {
        let word = "[A-Za-z0-9+/_=.-]";
        Regex::new(&format!("^{word}=\r?\n{word}")).expect("an expression")
    });
    let mut groups: Vec<Range<usize>> = Vec::new();
    for at in (0..bytes.len()).filter(|&at| bytes[at] == b'=') {
        if at == 0
            || SOFT
                .find(&bytes[at - 1..])
                .is_none_or(|hit| hit.start() > 0)
        {
            continue;
        }
        match groups.last_mut() {
            Some(group) if at < group.end + SOFT_REACH => group.end = at,
            _ => groups.push(at..at),
        }
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let near = |group: Range<usize>| {
        let mut start = group.start.saturating_sub(SOFT_REACH);
        if start > 0 {
            let before = &bytes[start..group.start];
            start += before.iter().position(is_blank).unwrap_or(0);
        }
        let mut end = bytes.len().min(group.end + SOFT_REACH);
        if end < bytes.len() {
            let word = group.end + "=\r\n".len()..end;
            let blank = bytes[word.clone()].iter().rposition(is_blank);
            end = blank.map_or(end, |blank| word.start + blank);
        }
        &bytes[start..end]
    };
    groups.into_iter().map(near).collect()
}

fn positions(bytes: &[u8], text: &[u8]) -> Vec<usize> {
    (0..bytes.len())
        .filter(|&at| bytes[at..].starts_with(text))
        .collect()
}
