//! UTF-16, as whole files and as strings inside binaries, at any alignment.

use std::ops::Range;

use crate::model::Encoding;

/// So many characters beyond Latin-1 in a row are no text around a token.
const MAX_FOREIGN: usize = 256;

/// A stretch of UTF-16 in a layer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// [`Encoding::Utf16Le`] or [`Encoding::Utf16Be`].
    pub(crate) byte_order: Encoding,
    /// From the low byte of its first character to that of its last, half-open: every other byte
    /// is a low byte.
    pub(crate) low_bytes: Range<usize>,
    /// Where its middle, in which every other byte is zero, ends.
    pub(crate) narrow_end: usize,
}

/// Behind the last of the Latin characters from `at` on that have a zero beside them.
pub(crate) fn narrow_end(layer: &[u8], at: usize) -> usize {
    let ahead = layer[at + 1..]
        .chunks_exact(2)
        .take_while(|p| p[0] == 0 && is_text(p[1]))
        .count();
    at + 2 * ahead + 1
}

/// The stretch around the Latin character at `at`, which has a zero beside it. `lead` tells the
/// alignment of the layer's first byte.
pub(crate) fn stretch(layer: &[u8], at: usize, lead: usize) -> Stretch {
    let last = narrow_end(layer, at) - 1;
    let behind = layer[..at]
        .rchunks_exact(2)
        .take_while(|p| is_text(p[0]) && p[1] == 0)
        .count();
    let first = at - 2 * behind;
    let zeros_before = zeros(layer[..first].iter().rev());
    let zeros_behind = zeros(layer[last + 1..].iter());
    let big_endian = match (zeros_before, zeros_behind) {
        // The first character has no zero of its own before it, the last none behind it.
        (0, _) => false,
        (_, 0) => true,
        // Terminators and gaps are whole units: an odd zero belongs to the text.
        (before, behind) if before % 2 == 0 && behind % 2 == 1 => false,
        (before, behind) if before % 2 == 1 && behind % 2 == 0 => true,
        _ => (lead + first) % 2 == 1,
    };
    let text = |low_bytes: &mut dyn Iterator<Item = usize>| {
        let mut foreign = 0;
        low_bytes
            .take_while(|&at| {
                let character = character(layer, at);
                foreign = if character == Some(b'?') {
                    foreign + 1
                } else {
                    0
                };
                foreign < MAX_FOREIGN && character.is_some()
            })
            .last()
    };
    let start = text(&mut (at % 2..=at).rev().step_by(2)).unwrap_or(at);
    let end = text(&mut (at..layer.len()).step_by(2)).unwrap_or(at) + 1;
    Stretch {
        byte_order: if big_endian {
            Encoding::Utf16Be
        } else {
            Encoding::Utf16Le
        },
        low_bytes: start..end,
        narrow_end: last + 1,
    }
}

/// The character whose low byte stands at `at`, `?` where it is beyond Latin-1; `None` for a zero,
/// which ends a text.
///
/// A zero on either side makes it Latin, whatever the byte order: at the ends of a text, where
/// other bytes follow without a gap, no character is lost.
fn character(layer: &[u8], at: usize) -> Option<u8> {
    let zero_beside =
        layer.get(at + 1) == Some(&0) || at.checked_sub(1).is_some_and(|high| layer[high] == 0);
    match (layer[at], zero_beside) {
        (0, true) => None,
        (low, true) => Some(low),
        (_, false) => Some(b'?'),
    }
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')
}

/// How many zeros `bytes` start with; four stand for any number.
fn zeros<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    bytes.take(4).take_while(|&&byte| byte == 0).count()
}

/// The characters of a stretch as bytes, `?` for those beyond Latin-1, into `out`, which is
/// emptied first.
pub(crate) fn decode(layer: &[u8], stretch: &Stretch, out: &mut Vec<u8>) {
    let low_bytes = stretch.low_bytes.clone().step_by(2);
    out.clear();
    out.extend(low_bytes.map(|at| character(layer, at).unwrap_or(b'?')));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], at: usize, expected: &str, order: Encoding) {
        let stretch = stretch(bytes, at, 0);
        let mut out = Vec::new();
        decode(bytes, &stretch, &mut out);
        assert_eq!(
            (String::from_utf8_lossy(&out).as_ref(), stretch.byte_order),
            (expected, order)
        );
    }

    fn le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn be(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    #[test]
    fn reads_files_of_either_byte_order() {
        check(&le("key = value"), 6, "key = value", Encoding::Utf16Le);
        check(&be("key = value"), 7, "key = value", Encoding::Utf16Be);
        check(
            &le("\u{feff}key = 中文 value"),
            4,
            "?key = -? value",
            Encoding::Utf16Le,
        );
        check(
            &be("\u{feff}key = 中文 value"),
            5,
            "\u{fffd}key = ?\u{fffd} value",
            Encoding::Utf16Be,
        );
        check(
            &le("ends with one")[..25],
            0,
            "ends with one",
            Encoding::Utf16Le,
        );
    }

    #[test]
    fn keeps_the_last_character_where_other_bytes_follow() {
        let bytes = [b"x", &be("token")[..], b"\\n"].concat();
        check(&bytes, 2, "xtoken?", Encoding::Utf16Le);
    }

    #[test]
    fn reads_strings_inside_binaries_at_either_alignment() {
        for lead in [&b"\x01\x02\x03\xff"[..], &b"\x01\x02\xff"[..]] {
            for (text, order) in [
                (le("string"), Encoding::Utf16Le),
                (be("string"), Encoding::Utf16Be),
            ] {
                let first = lead.len() + usize::from(order == Encoding::Utf16Be);
                let mut bytes = [lead, &text].concat();
                if order == Encoding::Utf16Le {
                    bytes.extend([0, 0]);
                }
                let found = stretch(&bytes, first + 4, 0);
                assert_eq!(found.byte_order, order);
                let mut out = Vec::new();
                decode(&bytes, &found, &mut out);
                assert!(out.ends_with(b"string"), "{out:?}");
            }
        }
    }
}
