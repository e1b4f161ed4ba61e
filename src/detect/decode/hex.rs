//! Hexadecimal digits, in pairs of either parity: finds the stretches of a run that decode to
//! text, and decodes them.

use std::ops::Range;
use std::sync::LazyLock;

use data_encoding::HEXLOWER_PERMISSIVE;
use memchr::memmem::Finder;

/// Digits of the shortest stretch of interest, a legacy token.
const MIN_STRETCH: usize = 2 * 52;
/// Digits that are sampled at a time.
const SAMPLE: usize = 16;
/// Distance of two samples.
const STRIDE: usize = MIN_STRETCH - SAMPLE;

/// The magic of a gzip stream with deflated content, in either case; made once, for most runs are
/// short.
static GZIP: LazyLock<[Finder<'_>; 2]> = LazyLock::new(|| ["1f8b08", "1F8B08"].map(Finder::new));

/// Finds the next stretch of `text` from `from` on, whose parity it keeps, that decodes to bytes
/// below 0x80. Returns the span of its digits and where to go on.
pub(crate) fn next_stretch(text: &[u8], from: usize) -> Option<(Range<usize>, usize)> {
    let mut at = from;
    loop {
        let sample = text.get(at..at + SAMPLE)?;
        if !sample.chunks_exact(2).all(is_text) || sample.iter().all(|&digit| digit == b'0') {
            at += STRIDE;
            continue;
        }
        let behind = text[from..at]
            .rchunks_exact(2)
            .take_while(|pair| is_text(pair))
            .count();
        let ahead = text[at..]
            .chunks_exact(2)
            .take_while(|pair| is_text(pair))
            .count();
        let (start, end) = (at - behind * 2, at + ahead * 2);
        if end - start >= MIN_STRETCH {
            return Some((start..end, end));
        }
        at = end + 2;
    }
}

/// Finds the next gzip stream written in hex from `from` on, as the span of its digits.
pub(crate) fn next_gzip(text: &[u8], from: usize) -> Option<Range<usize>> {
    let start = GZIP
        .iter()
        .filter_map(|magic| magic.find(&text[from..]))
        .min()
        .map(|at| from + at)?;
    let digits = text[start..]
        .iter()
        .take_while(|digit| digit.is_ascii_hexdigit())
        .count();
    Some(start..start + digits / 2 * 2)
}

/// Decodes the digits `span` of `text`, an even number, into `out`, which is emptied first.
pub(crate) fn decode(text: &[u8], span: Range<usize>, out: &mut Vec<u8>) {
    out.clear();
    out.resize(span.len() / 2, 0);
    if HEXLOWER_PERMISSIVE.decode_mut(&text[span], out).is_err() {
        out.clear();
    }
}

/// The first character of `text` that can belong to the run of digits which has a pair at
/// `pair`.
pub(crate) fn run_start(text: &[u8], pair: usize) -> usize {
    text[..pair]
        .iter()
        .rposition(|digit| !digit.is_ascii_hexdigit())
        .map_or(0, |at| at + 1)
}

#[inline]
fn is_text(pair: &[u8]) -> bool {
    matches!(pair[0], b'0'..=b'7') && pair[1].is_ascii_hexdigit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_52_characters_at_any_place() {
        for lead in 0..120 {
            for noise in ["f", "F", "ff", "3", "z"] {
                let wanted = "cd34".repeat(13);
                let text = [
                    noise.repeat(lead),
                    data_encoding::HEXUPPER.encode(wanted.as_bytes()),
                    noise.repeat(3),
                ]
                .concat();
                let found = (0..2).any(|parity| {
                    let mut from = parity;
                    while let Some((span, next)) = next_stretch(text.as_bytes(), from) {
                        let mut out = Vec::new();
                        decode(text.as_bytes(), span, &mut out);
                        if memchr::memmem::find(&out, wanted.as_bytes()).is_some() {
                            return true;
                        }
                        from = next;
                    }
                    false
                });
                assert!(found, "{lead} {noise}");
            }
        }
    }

    #[test]
    fn opens_neither_digests_nor_zeros() {
        assert_eq!(next_stretch(&[b'0'; 10_000], 0), None);
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".repeat(4);
        assert_eq!(next_stretch(digest.as_bytes(), 0), None);
        assert_eq!(next_stretch(digest.as_bytes(), 1), None);
    }
}
