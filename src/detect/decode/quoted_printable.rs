//! Quoted-printable, as in mail: soft line breaks (`=` and a line end) and escapes (`=3D`).
//!
//! Decoded here and not by a library because every byte must lead back to where it stood.

use std::ops::Range;

use crate::detect::prefilter::ALPHABET;

/// Soft breaks closer than this belong to one text; so much around them is decoded with them.
const REACH: usize = 1024;

/// Finds the next soft break from `from` on that may split a run, as the offset of its `=`: in
/// source code an `=` at the end of a line stands behind a space, or an indented line follows.
pub(crate) fn next_soft_break(layer: &[u8], from: usize) -> Option<usize> {
    // A dot may be one of an OAuth token's, a sign the start of an escape.
    let is_run = |at: usize| {
        layer
            .get(at)
            .is_some_and(|&b| ALPHABET[usize::from(b)] || matches!(b, b'=' | b'.'))
    };
    let mut at = from;
    loop {
        at += soft_break_in(layer.get(at..)?)?;
        let length = soft_break_len(&layer[at..]);
        if length > 0 && at > 0 && is_run(at - 1) && is_run(at + length) {
            return Some(at);
        }
        at += 1;
    }
}

/// The text around the soft break at `first`: as far as others follow closely.
pub(crate) fn stretch(layer: &[u8], first: usize) -> Range<usize> {
    let mut last = first;
    while let Some(next) = next_soft_break(&layer[..layer.len().min(last + REACH)], last + 1) {
        last = next;
    }
    first.saturating_sub(REACH)..layer.len().min(last + REACH)
}

/// Decodes `span` into `out`, and for each byte of it the offset in `layer` into `offsets`; both
/// are emptied first.
pub(crate) fn decode(
    layer: &[u8],
    span: Range<usize>,
    out: &mut Vec<u8>,
    offsets: &mut Vec<usize>,
) {
    out.clear();
    offsets.clear();
    let text = &layer[..span.end];
    let mut at = span.start;
    while let Some(&byte) = text.get(at) {
        if byte == b'=' {
            let soft = soft_break_len(&text[at..]);
            if soft > 0 {
                at += soft;
                continue;
            }
            if let Some(escaped) = escaped_byte(&text[at + 1..]) {
                out.push(escaped);
                offsets.push(at);
                at += 3;
                continue;
            }
        }
        out.push(byte);
        offsets.push(at);
        at += 1;
    }
}

/// An `=` before CR or LF (or another control character), in blocks that have no branch.
fn soft_break_in(haystack: &[u8]) -> Option<usize> {
    const BLOCK: usize = 512;
    let is_break = |sign: u8, next: u8| u8::from(sign == b'=') & u8::from(next <= b'\r');
    let behind = haystack.get(1..)?;
    let mut at = 0;
    for (signs, behind) in haystack.chunks(BLOCK).zip(behind.chunks(BLOCK)) {
        let mut pairs = signs.iter().zip(behind);
        let any = pairs
            .clone()
            .fold(0, |any, (&sign, &next)| any | is_break(sign, next));
        if any != 0 {
            return pairs
                .position(|(&sign, &next)| is_break(sign, next) != 0)
                .map(|hit| at + hit);
        }
        at += BLOCK;
    }
    None
}

/// How long the soft break at the start of `text` is; 0 where none stands there.
fn soft_break_len(text: &[u8]) -> usize {
    match text {
        [b'=', b'\r', b'\n', ..] => 3,
        [b'=', b'\n', ..] => 2,
        _ => 0,
    }
}

fn escaped_byte(digits: &[u8]) -> Option<u8> {
    let mut byte = [0];
    data_encoding::HEXUPPER_PERMISSIVE
        .decode_mut(digits.get(..2)?, &mut byte)
        .ok()?;
    Some(byte[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let first = next_soft_break(text.as_bytes(), 0).expect("a soft break");
        let (mut out, mut offsets) = (Vec::new(), Vec::new());
        decode(
            text.as_bytes(),
            stretch(text.as_bytes(), first),
            &mut out,
            &mut offsets,
        );
        assert_eq!(String::from_utf8_lossy(&out), expected);
        assert_eq!(offsets.len(), out.len());
        assert!(offsets.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn joins_soft_breaks_and_reads_escapes() {
        check("token=3Dab=\ncd\nnext", "token=abcd\nnext");
        check("one =\r\ntwo=\r\nthree =3d=ZZ=", "one twothree ==ZZ=");
        check("J=00Q=\n=00Q=00", "J\0Q\0Q\0");
        check(
            &format!("{}=\nb", "a".repeat(5000)),
            &format!("{}b", "a".repeat(1024)),
        );
    }

    #[test]
    fn finds_soft_breaks_across_blocks() {
        for at in [1, 2, 1022, 1023, 1024, 1025, 511, 512, 3000] {
            let mut text = vec![b'='; 4000];
            text[at + 1] = b'\n';
            assert_eq!(next_soft_break(&text, 0), Some(at));
        }
        for text in [
            "a=\rb=\u{b}c =",
            "let x =\n",
            "let x =\ny",
            "x=\n    y",
            "x=\n",
            "=\nx",
        ] {
            assert_eq!(next_soft_break(text.as_bytes(), 0), None, "{text:?}");
        }
    }
}
