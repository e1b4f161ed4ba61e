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
    // Terminators and gaps are whole units: an odd zero belongs to the text. Not so where the
    // layer was cut, nor beside the low byte of a character beyond Latin-1 that passes for the
    // end of the middle; then what remains is how the layer is aligned.
    let is_cut_before = (first, zeros_before) == (1, 1);
    let is_cut_behind = (layer.len() - last, zeros_behind) == (2, 1);
    // Plain text before it is none of UTF-16: no alignment follows from it.
    let is_glued = first >= 2
        && layer[first - 2..first]
            .iter()
            .all(|&byte| byte.is_ascii() && is_text(byte));
    let big_endian = match (zeros_before % 2, zeros_behind % 2) {
        _ if is_glued => false,
        (0, 1) if !is_cut_behind => false,
        (1, 0) if !is_cut_before => true,
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

/// The longest gap between the low bytes of UTF-16 that is nested as deep as encodings are opened.
const MAX_GAP: usize = 7;

/// The stretch around the character at `at` of UTF-16 whose text is UTF-16 itself: zeros stand
/// beside every low byte, and between them too. Given the alignment of the layer's first byte, it
/// tells that of the stretch's first character.
pub(crate) fn nested_stretch(layer: &[u8], at: usize, lead: usize) -> (Stretch, usize) {
    let reach = |pairs: &mut dyn Iterator<Item = (u8, u8)>| {
        let mut gap = 0;
        let text = pairs.take_while(|&(low, high)| {
            gap = if low == 0 { gap + 1 } else { 0 };
            high == 0 && gap <= MAX_GAP
        });
        text.count()
    };
    let ahead = reach(
        &mut layer[at + 1..]
            .chunks_exact(2)
            .map(|pair| (pair[1], pair[0])),
    );
    let behind = reach(&mut layer[..at].rchunks_exact(2).map(|pair| (pair[0], pair[1])));
    let (mut first, last) = (at - 2 * behind, at + 2 * ahead);
    let big_endian = (lead + at) % 2 == 1;
    // Behind a byte order mark a text starts, which is aligned with itself.
    let is_big_mark = big_endian && layer[..=first].ends_with(b"\xfe\xff");
    if is_big_mark {
        first += 2;
    }
    let is_start = is_big_mark || !big_endian && layer[..first].ends_with(b"\xff\xfe");
    let stretch = Stretch {
        byte_order: if big_endian {
            Encoding::Utf16Be
        } else {
            Encoding::Utf16Le
        },
        low_bytes: first..last + 1,
        narrow_end: last + 1,
    };
    let lead = if is_start {
        0
    } else {
        usize::midpoint(lead, first)
    };
    (stretch, lead)
}

/// Whether `byte` is one of Latin-1 text; 0xff is rather half of a byte order mark.
fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0xa0..=0xfe)
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
    out.extend(low_bytes.map(|at| character(layer, at).unwrap_or(0)));
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
    fn keeps_the_first_character_where_other_bytes_precede() {
        let bytes = [b"odd", &le("token")[..], b"ends"].concat();
        let found = stretch(&bytes, 5, 0);
        let mut out = Vec::new();
        decode(&bytes, &found, &mut out);
        let text = String::from_utf8_lossy(&out);
        assert!(text.contains("tokene"), "{text}");
        assert_eq!(found.byte_order, Encoding::Utf16Le);
    }

    #[test]
    fn keeps_the_last_character_where_other_bytes_follow() {
        let bytes = [b"x", &be("token")[..], b"\\n"].concat();
        check(&bytes, 2, "xtoken?", Encoding::Utf16Le);
    }

    #[test]
    fn a_character_that_is_cut_in_half_is_kept() {
        let bytes = be("ökey = value");
        let found = stretch(&bytes[1..], 2, 1);
        let mut out = Vec::new();
        decode(&bytes[1..], &found, &mut out);
        assert_eq!(
            (out.as_slice(), found.byte_order),
            (&b"\xf6key = value"[..], Encoding::Utf16Be)
        );
    }

    #[test]
    fn what_is_left_of_a_character_tells_no_byte_order() {
        let text = "ß value 中";
        let found = stretch(&le(text)[1..], 5, 1);
        assert_eq!(
            (found.byte_order, found.low_bytes),
            (Encoding::Utf16Le, 1..16)
        );
    }

    #[test]
    fn letters_beyond_ascii_hide_no_byte_order() {
        for text in [
            "中文 key = value 中文 Größe key",
            "Größe = value ж中 x",
            "x ж value = ß",
            "中 value 中",
            "- ж value \0",
        ] {
            let text = text.trim_end_matches('\0');
            for (bytes, order) in [(le(text), Encoding::Utf16Le), (be(text), Encoding::Utf16Be)] {
                let at = bytes
                    .windows(3)
                    .position(|w| *w == *b"v\0a" || *w == *b"k\0e");
                let found = stretch(&bytes, at.expect("a word"), 0);
                let low_bytes = match order {
                    Encoding::Utf16Be => 1..bytes.len(),
                    _ => 0..bytes.len() - 1,
                };
                assert_eq!(
                    (found.byte_order, found.low_bytes),
                    (order, low_bytes),
                    "{text}"
                );
            }
        }
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
