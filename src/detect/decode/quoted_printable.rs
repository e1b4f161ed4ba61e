//! Quoted-printable, as in mail: soft line breaks (`=` and a line end) and escapes (`=3D`).
//!
//! Decoded here and not by a library because every byte must lead back to where it stood.

use std::ops::Range;

use crate::detect::prefilter::{ALPHABET, run_around};

/// Soft breaks closer than this belong to one text; so much around them is decoded with them.
const REACH: usize = 1024;
/// A text of no more bytes has so few `=` that looking at each is the shortest way.
const SHORT: usize = 256;
/// The last byte of the longest soft break.
const BREAK: usize = 2;
/// The length of an escape.
const ESCAPE: usize = 3;
/// Columns of the shortest line that an encoder ends with a soft break: it has 76 to fill, and
/// some break between words.
const MIN_LINE: usize = 60;
/// Characters of the shortest run that may be base64 with a padding behind it.
const MIN_PADDED: usize = 16;

/// Finds the next soft break from `from` on that may split a run, as the offset of its `=`: in
/// source code an `=` at the end of a line stands behind a space, or an indented line follows.
/// One in quoted-printable text that is itself quoted (`=3D` and a line end) counts too.
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
        let length = line_end_len(&layer[at + 1..]);
        let sign = quoted_sign(&layer[from..=at]).map(|sign| from + sign);
        if length > 0
            && let Some(sign @ 1..) = sign
            && is_run(sign - 1)
            && is_run(at + 1 + length)
        {
            return Some(sign);
        }
        at += 1;
    }
}

/// Whether [`next_soft_break`] finds any, which for short texts is told sooner from each `=`.
pub(crate) fn has_soft_break(text: &[u8]) -> bool {
    let may_be_one = |at: usize| matches!(text.get(at + 1), Some(b'\r' | b'\n' | b'3'));
    (text.len() > SHORT || memchr::memchr_iter(b'=', text).any(may_be_one))
        && next_soft_break(text, 0).is_some()
}

/// Where the `=` starts that `text` ends with, which may be quoted itself, more than once.
fn quoted_sign(mut text: &[u8]) -> Option<usize> {
    while let Some(before) = text.strip_suffix(b"3D") {
        text = before;
    }
    (text.last() == Some(&b'=')).then(|| text.len() - 1)
}

/// The text around the soft break at `first`: as far as others follow closely.
pub(crate) fn stretch(layer: &[u8], first: usize) -> Range<usize> {
    let mut last = first;
    while let Some(next) = next_soft_break(&layer[..layer.len().min(last + REACH)], last + 1) {
        last = next;
    }
    let before = first.saturating_sub(REACH)..first;
    let behind = last..layer.len().min(last + REACH);
    // Not from or to within a word, of which no half must be read as a name.
    let start = match layer[before.clone()]
        .iter()
        .position(|&byte| is_blank(byte))
    {
        Some(blank) if before.start > 0 => before.start + blank,
        _ => before.start,
    };
    let end = match layer[behind.clone()]
        .iter()
        .rposition(|&byte| is_blank(byte))
    {
        Some(blank) if behind.end < layer.len() && blank > BREAK => behind.start + blank,
        _ => behind.end,
    };
    start..end
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where the pieces of a decoded text stood: a new one starts behind each soft break, and at and
/// behind each escape.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// For each where it starts in the decoded text and in the layer.
    starts: Vec<(usize, usize)>,
    /// The length of the decoded text.
    length: usize,
}

impl Pieces {
    /// Where in the layer the byte `index` of the decoded text stands, or its escape starts.
    pub(crate) fn raw_offset(&self, index: usize) -> usize {
        let piece = self.starts.partition_point(|&(start, _)| start <= index) - 1;
        let (start, raw) = self.starts[piece];
        raw + (index - start)
    }

    /// Where in the decoded text the first byte stands that comes from `raw` of the layer or from
    /// behind it.
    fn index(&self, raw: usize) -> usize {
        let behind = self.starts.partition_point(|&(_, start)| start < raw);
        let Some(&(start, raw_start)) = behind.checked_sub(1).map(|piece| &self.starts[piece])
        else {
            return 0;
        };
        let end = self.starts.get(behind).map_or(self.length, |next| next.0);
        end.min(start + (raw - raw_start))
    }

    fn push(&mut self, bytes: &[u8], raw: usize, out: &mut Vec<u8>) {
        if !bytes.is_empty() {
            self.starts.push((out.len(), raw));
            out.extend_from_slice(bytes);
            self.length = out.len();
        }
    }
}

/// Decodes `span` into `out`, which is emptied first.
pub(crate) fn decode(layer: &[u8], span: Range<usize>, out: &mut Vec<u8>) -> Pieces {
    out.clear();
    let mut pieces = Pieces::default();
    let text = &layer[..span.end];
    let (mut from, mut at) = (span.start, span.start);
    while let Some(sign) = next_sign(text, at) {
        let soft = soft_break_len(&text[sign..]);
        let escaped = escaped_byte(&text[sign + 1..]);
        at = match (soft, escaped) {
            (0, None) => sign + 1,
            (0, Some(_)) => sign + ESCAPE,
            (soft, _) => sign + soft,
        };
        if at > sign + 1 {
            pieces.push(&text[from..sign], from, out);
            pieces.push(escaped.as_slice(), sign, out);
            from = at;
        }
    }
    pieces.push(&text[from..], from, out);
    pieces
}

/// Takes the soft breaks out of `text` and reads its escapes, around its part `token`: as far as
/// it is quoted-printable, in which no `=` means anything else. Gives what comes of it, with where
/// the token stands in that; `None` where nothing tells that it is quoted-printable.
pub(crate) fn unfold(text: &[u8], token: &Range<usize>) -> Option<(Vec<u8>, Range<usize>)> {
    let span = valid_around(text, token);
    let is_quoted = memchr::memchr_iter(b'=', &text[span.clone()])
        .any(|at| is_folded(text, span.start + at, token));
    if !is_quoted {
        return None;
    }
    let mut unfolded = Vec::new();
    let pieces = decode(text, span.clone(), &mut unfolded);
    let place = |at: usize| span.start + pieces.index(at);
    let token = place(token.start)..place(token.end);
    unfolded.splice(..0, text[..span.start].iter().copied());
    unfolded.extend_from_slice(&text[span.end..]);
    Some((unfolded, token))
}

/// The lines around `token` in which every `=` starts a soft break or an escape.
fn valid_around(text: &[u8], token: &Range<usize>) -> Range<usize> {
    let is_bad = |at: usize| {
        let digit = |at: usize| matches!(text.get(at), Some(b'0'..=b'9' | b'A'..=b'F'));
        soft_break_len(&text[at..]) == 0 && !(digit(at + 1) && digit(at + 2))
    };
    let before = memchr::memrchr_iter(b'=', &text[..token.start]).find(|&at| is_bad(at));
    let start = before.map_or(0, |bad| {
        let behind = &text[bad..token.start];
        memchr::memchr(b'\n', behind).map_or(token.start, |end| bad + end + 1)
    });
    let mut behind = memchr::memchr_iter(b'=', &text[token.start..]).map(|at| token.start + at);
    let end = behind.find(|&at| is_bad(at)).map_or(text.len(), |bad| {
        let line = memchr::memrchr(b'\n', &text[token.start..bad]);
        line.map_or(bad, |line| token.start + line + 1)
    });
    start..end.max(token.end)
}

/// Whether the `=` at `at` ends a line as in quoted-printable, and is neither the padding of
/// base64 nor an empty value in a list of settings.
fn is_folded(text: &[u8], at: usize, token: &Range<usize>) -> bool {
    let length = soft_break_len(&text[at..]);
    if length == 0 || text.get(at + length).is_none_or(u8::is_ascii_whitespace) {
        return false;
    }
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    let run = run_around(text, at).start;
    let alphanumeric = text[run..at].iter().rposition(|byte| b"-_".contains(byte));
    let starts = [
        run,
        alphanumeric.map_or(run, |before| run + before + 1),
        if at == token.end { token.start } else { run },
    ];
    let is_padded = |start: usize| at - start >= MIN_PADDED && (at - start) % 4 == 3;
    at + 1 - line >= MIN_LINE && !starts.into_iter().any(is_padded)
}

/// An `=`, or the end of a quoted one, before CR or LF (or another control character), in blocks
/// that have no branch: short ones first, for where one break is, the next is near.
fn soft_break_in(haystack: &[u8]) -> Option<usize> {
    const BLOCKS: Range<usize> = 64..512;
    // Zero for a break, in as few steps as there can be.
    let off = |sign: u8, next: u8| (sign ^ b'=').min(sign ^ b'D') | (next & 0xf0);
    let mut at = 0;
    let mut block = BLOCKS.start;
    while at + 1 < haystack.len() {
        let end = haystack.len().min(at + block + 1);
        let mut pairs = haystack[at..end - 1].iter().zip(&haystack[at + 1..end]);
        let least = pairs
            .clone()
            .fold(u8::MAX, |least, (&sign, &next)| least.min(off(sign, next)));
        if least > 0 {
            at += block;
            block = BLOCKS.end.min(block * 2);
        } else if block > BLOCKS.start {
            // Among fewer bytes it is found faster.
            block = BLOCKS.start;
        } else {
            let hit = pairs.position(|(&sign, &next)| off(sign, next) == 0);
            return hit.map(|hit| at + hit);
        }
    }
    None
}

/// The next `=` of `text` from `at` on; where many stand together, without a search for each.
fn next_sign(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'=' => Some(at),
        _ => memchr::memchr(b'=', &text[at..]).map(|ahead| at + ahead),
    }
}

/// How long the soft break at the start of `text` is; 0 where none stands there.
fn soft_break_len(text: &[u8]) -> usize {
    match text.split_first() {
        Some((b'=', rest)) if line_end_len(rest) > 0 => 1 + line_end_len(rest),
        _ => 0,
    }
}

/// How long the line end at the start of `text` is; 0 where none stands there.
fn line_end_len(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

/// The byte that the digits at the start of `text` stand for.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    let digit = |&byte: &u8| char::from(byte).to_digit(16);
    let [high, low] = text.first_chunk()?;
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let first = next_soft_break(text.as_bytes(), 0).expect("a soft break");
        let span = stretch(text.as_bytes(), first);
        let mut out = Vec::new();
        let pieces = decode(text.as_bytes(), span.clone(), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected);
        let (naive, offsets) = naive(text.as_bytes(), span.clone());
        assert_eq!(out, naive, "{text}");
        let places: Vec<_> = (0..out.len()).map(|at| pieces.raw_offset(at)).collect();
        assert_eq!(places, offsets, "{text}");
        for raw in 0..=span.end {
            let index = offsets.partition_point(|&offset| offset < raw);
            assert_eq!(pieces.index(raw), index, "{raw} of {text}");
        }
    }

    /// Byte by byte: what comes out, and where each byte of it stood.
    fn naive(layer: &[u8], span: Range<usize>) -> (Vec<u8>, Vec<usize>) {
        let (mut out, mut offsets) = (Vec::new(), Vec::new());
        let mut at = span.start;
        while at < span.end {
            let rest = &layer[at..span.end];
            let digits = rest.get(1..3).and_then(|it| std::str::from_utf8(it).ok());
            let escaped = digits
                .filter(|it| it.bytes().all(|digit| digit.is_ascii_hexdigit()))
                .and_then(|digits| u8::from_str_radix(digits, 16).ok());
            let (byte, length) = match (rest, escaped) {
                ([b'=', b'\r', b'\n', ..], _) => (None, 3),
                ([b'=', b'\n', ..], _) => (None, 2),
                ([b'=', ..], Some(byte)) => (Some(byte), 3),
                _ => (Some(rest[0]), 1),
            };
            out.extend(byte);
            offsets.extend(byte.map(|_| at));
            at += length;
        }
        (out, offsets)
    }

    #[test]
    fn joins_soft_breaks_and_reads_escapes() {
        check("token=3Dab=\ncd\nnext", "token=abcd\nnext");
        check("one =\r\ntwo=\r\nthree =3d=ZZ=", "one twothree ==ZZ=");
        check("J=00Q=\n=00Q=00", "J\0Q\0Q\0");
        check("a=\n=x=\r\n===3D=\n=\n=4=\n1=3", "a=x====41=3");
        check("=3D=3d=\n=\n=41=", "==A=");
        check("a=3D\nb =3D3D\r\nc=3D", "a=\nb =3D\r\nc=");
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
            "x3D\ny",
            "END\ny",
            "x =3D\ny",
            "x=3D\n y",
        ] {
            assert_eq!(next_soft_break(text.as_bytes(), 0), None, "{text:?}");
        }
    }
}
