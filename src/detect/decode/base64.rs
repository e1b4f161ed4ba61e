//! Base64 in any alignment, alphabet and padding: finds the stretches of a run that decode to
//! text, and decodes them.
//!
//! Where a run starts says little (a path or an escape may be glued to it), so all four phases
//! are tried. Decoding them all would be slow on hostile input, so characters are judged before
//! they are decoded: text has no byte above 0x7f, which leaves half of the letters at the first
//! place of a group and half at the second and the third. Sixteen characters of one phase are
//! sampled every 52, for the shortest stretch of interest, the base64 of a legacy token, has
//! sixteen whole groups.

use std::ops::Range;

use base64_simd::{Out, STANDARD_NO_PAD};

/// Characters in a group.
pub(crate) const GROUP: usize = 4;
/// Characters that are sampled, four groups.
const SAMPLE: usize = 4 * GROUP;
/// Distance of two samples: sixteen groups hold four whole ones that start at a multiple of 13.
const STRIDE: usize = 13 * GROUP;
/// The shortest stretch that is decoded.
const MIN_STRETCH: usize = 16 * GROUP;

const FIRST: u8 = 1;
const SECOND: u8 = 2;
const THIRD: u8 = 4;
const FOURTH: u8 = 8;

/// At which places of a group a character may stand if the group decodes to bytes below 0x80.
static PLACES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = match byte as u8 {
            b @ b'A'..=b'Z' => b - b'A',
            b @ b'a'..=b'z' => b - b'a' + 26,
            b @ b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => 255,
        };
        if value < 64 {
            table[byte] = FOURTH
                | if value < 32 { FIRST } else { 0 }
                | if value & 8 == 0 { SECOND } else { 0 }
                | if value & 2 == 0 { THIRD } else { 0 };
        }
        byte += 1;
    }
    table
};

/// Finds the next stretch of `text` from the group boundary `from` on that decodes to text, and
/// decodes it into `out`, which is emptied first: whole groups of its phase, with those that it
/// shares on either side with something else.
///
/// Returns the half-open span of characters that were decoded, which starts on a group boundary,
/// and the boundary to go on from.
pub(crate) fn next_stretch(
    text: &[u8],
    from: usize,
    out: &mut Vec<u8>,
) -> Option<(Range<usize>, usize)> {
    let mut at = from;
    loop {
        let sample = text.get(at..at + SAMPLE)?;
        let is_zeros = sample == [b'A'; SAMPLE];
        if is_zeros || !sample.chunks_exact(GROUP).all(is_text) || !reads_as_text(sample) {
            at += STRIDE;
            continue;
        }
        let behind = text[from..at]
            .rchunks_exact(GROUP)
            .take_while(|group| is_text(group))
            .count();
        let start = at - behind * GROUP;
        let first = start.saturating_sub(GROUP).max(from % GROUP);
        let end = decode_text(text, first, start, out);
        if end - start >= MIN_STRETCH {
            return Some((first..text.len().min(end + GROUP), end));
        }
        at = end + GROUP;
    }
}

/// Decodes `text` from `first` on into `out`, up to the first group from `start` on that is not
/// text, and that one too. Returns where that group starts.
fn decode_text(text: &[u8], first: usize, start: usize, out: &mut Vec<u8>) -> usize {
    const BLOCK: usize = 1024 * GROUP;
    out.clear();
    let mut at = first;
    let mut skipped = (start - first) / GROUP * 3;
    loop {
        let end = text.len().min(at + BLOCK);
        let length = out.len();
        append(text, at..end, out);
        let block = &out[length + skipped..];
        let bad = if block.is_ascii() {
            None
        } else {
            block.iter().position(|b| !b.is_ascii())
        };
        if let Some(bad) = bad {
            let groups = (length + skipped + bad) / 3;
            out.truncate((groups + 1) * 3);
            return first + groups * GROUP;
        }
        if end - at < BLOCK {
            return end - (end - first) % GROUP;
        }
        skipped = 0;
        at = end;
    }
}

/// Decodes the characters `span` of `text` into `out`, which is emptied first. A last group of two
/// or three characters gives one or two bytes.
pub(crate) fn decode(text: &[u8], span: Range<usize>, out: &mut Vec<u8>) {
    out.clear();
    append(text, span, out);
}

/// The same, to the end of `out`.
fn append(text: &[u8], span: Range<usize>, out: &mut Vec<u8>) {
    let (whole, partial) = text[span.clone()].split_at(span.len() / GROUP * GROUP);
    let length = out.len();
    out.resize(length + whole.len() / GROUP * 3, 0);
    decode_groups(whole, &mut out[length..]);
    if partial.len() > 1 {
        let mut group = [b'A'; GROUP];
        group[..partial.len()].copy_from_slice(partial);
        let mut bytes = [0; 3];
        decode_groups(&group, &mut bytes);
        out.extend_from_slice(&bytes[..partial.len() - 1]);
    }
}

/// Decodes whole groups of either alphabet into `out`, three bytes for each.
fn decode_groups(groups: &[u8], out: &mut [u8]) {
    let decode = |groups: &[u8], out: &mut [u8]| {
        STANDARD_NO_PAD
            .decode(groups, Out::from_slice(out))
            .expect("a run holds characters of the alphabet only, and groups are whole");
    };
    if memchr::memchr2(b'-', b'_', groups).is_none() {
        return decode(groups, out);
    }
    let standard: Vec<u8> = groups
        .iter()
        .map(|&character| match character {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    decode(&standard, out);
}

/// The first character of `text` that can belong to the encoded run which has a group at
/// `group`: the standard and the URL-safe alphabet do not mix.
pub(crate) fn run_start(text: &[u8], group: usize) -> usize {
    let mut url_safe = None;
    for (at, &character) in text[..group].iter().enumerate().rev() {
        let of = match character {
            b'+' | b'/' => false,
            b'-' | b'_' => true,
            _ => continue,
        };
        if *url_safe.get_or_insert(of) != of {
            return at + 1;
        }
    }
    0
}

#[inline]
fn is_text(group: &[u8]) -> bool {
    let places = |at: usize| PLACES[usize::from(group[at])];
    places(0) & FIRST != 0 && places(1) & SECOND != 0 && places(2) & THIRD != 0 && places(3) != 0
}

/// Whether a sample decodes to what stands in text: printable ASCII, white space, and the zeros
/// of UTF-16.
fn reads_as_text(sample: &[u8]) -> bool {
    let mut bytes = Vec::with_capacity(SAMPLE);
    decode(sample, 0..sample.len(), &mut bytes);
    bytes
        .iter()
        .all(|&b| matches!(b, 0 | b'\t' | b'\n' | b'\r' | 0x1b | b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, BASE64URL_NOPAD};

    use super::*;

    /// The stretches of all phases, decoded.
    fn opened(text: &[u8]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for phase in 0..GROUP {
            let mut from = phase;
            let mut bytes = Vec::new();
            while let Some((_, next)) = next_stretch(text, from, &mut bytes) {
                all.push(bytes.clone());
                from = next;
            }
        }
        all
    }

    #[test]
    fn finds_52_characters_in_any_alignment_and_phase() {
        let wanted: Vec<u8> = (0..52)
            .map(|i| b"abcdefghijklmnopqrstuvwxyz234567"[i * 7 % 32])
            .collect();
        for lead in 0..70 {
            for glued in 0..70 {
                for foreign in [0xff, b'x'] {
                    let mut plain = vec![foreign; lead];
                    plain.extend(&wanted);
                    plain.extend([foreign; 9]);
                    let text = ["/".repeat(glued), BASE64URL_NOPAD.encode(&plain)].concat();
                    let found = opened(text.as_bytes())
                        .iter()
                        .any(|bytes| bytes.windows(52).any(|window| window == wanted));
                    assert!(found, "{lead} {glued} {foreign}");
                }
            }
        }
    }

    #[test]
    fn decodes_every_remainder() {
        let text = "0123456789".repeat(6);
        for length in 55..60 {
            let encoded = BASE64.encode(&text.as_bytes()[..length]);
            let unpadded = encoded.trim_end_matches('=').as_bytes();
            let mut out = Vec::new();
            decode(unpadded, 0..unpadded.len(), &mut out);
            assert_eq!(out, text.as_bytes()[..length]);
        }
    }

    #[test]
    fn opens_neither_noise_nor_zeros() {
        let noise: Vec<u8> = (0..200_000_u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        assert_eq!(opened(BASE64.encode(&noise).as_bytes()).len(), 0);
        assert_eq!(opened(&[b'A'; 10_000]).len(), 0);
    }

    #[test]
    fn a_run_keeps_to_one_alphabet() {
        assert_eq!(run_start(b"ab-cd/ef", 8), 3);
        assert_eq!(run_start(b"ab/cd-ef", 8), 3);
        assert_eq!(run_start(b"ab/cd/ef", 8), 0);
        assert_eq!(run_start(b"ab/cd-ef", 0), 0);
    }
}
