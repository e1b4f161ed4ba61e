//! What stands between two lines of wrapped base64 or hex.
//!
//! Between the lines of a text: CRLF, LF or CR, or such written as escapes (`\\n`, `\\r\\n`,
//! `\\u000a`, with up to four backslashes), with a backslash or a little white space before them,
//! and indentation after. Between strings in code or JSON: the end of one, perhaps with an escaped
//! break in it, a comma or an operator, and the start of the next.

/// Columns of indentation that may stand before a line's run.
const MAX_INDENT: usize = 256;
/// Columns of white space that may stand behind it.
const MAX_TRAIL: usize = 16;
/// Text inside JSON inside JSON has two backslashes before its `n`, one level more has four.
const MAX_BACKSLASHES: usize = 4;
/// Bytes between two strings, quotes and indentation included.
const MAX_BETWEEN: usize = 320;

/// The bytes of gaps that are in no run.
pub(super) const GAP_BYTES: &[u8] = b" \t\r\n\\\"',+.&";

/// What parts two lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// Where the second line starts.
    pub(super) start: usize,
    /// Whether the lines are strings of their own.
    pub(super) is_between_strings: bool,
}

/// The gap behind a line that ends at `end`.
pub(super) fn behind(layer: &[u8], end: usize) -> Option<Gap> {
    let rest = &layer[end..];
    if !rest.first().is_some_and(|&byte| is_of_gap(byte)) {
        return None;
    }
    let between_strings = strings(&rest[..rest.len().min(MAX_BETWEEN)]);
    let length = between_strings.or_else(|| line_break(rest))?;
    (length < rest.len()).then_some(Gap {
        start: end + length,
        is_between_strings: between_strings.is_some(),
    })
}

/// The end of the line before the gap that stands before `start`, and the gap: an escaped break
/// glues its letters to the line behind it, which so starts later.
pub(super) fn before(layer: &[u8], start: usize) -> Option<(usize, Gap)> {
    if !layer[..start].last().is_some_and(|&byte| is_of_gap(byte)) {
        return None;
    }
    if let Some(end) = end_before_strings(layer, start)
        && let Some(gap) = behind(layer, end)
        && gap.start == start
    {
        return Some((end, gap));
    }
    let (end, start) = end_before_break(layer, start)?;
    let gap = Gap {
        start,
        is_between_strings: false,
    };
    Some((end, gap))
}

/// Whether `byte` may be the first or the last of a gap: most runs have none beside them.
fn is_of_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'\\' | b'"' | b'\'')
}

/// Whether `byte` is white space within a line.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// How long the break between two lines is with which `rest` starts, indentation included.
fn line_break(rest: &[u8]) -> Option<usize> {
    let blanks = rest
        .iter()
        .take(MAX_TRAIL)
        .take_while(|&&b| is_blank(b))
        .count();
    let at_break = &rest[blanks..];
    let taken = match at_break {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        [b'\\', b'\r', b'\n', ..] => 3,
        [b'\\', b'\r' | b'\n', ..] => 2,
        _ => escaped_break(at_break)?,
    };
    let indent = at_break[taken..]
        .iter()
        .take(MAX_INDENT + 1)
        .take_while(|&&b| is_blank(b))
        .count();
    (indent <= MAX_INDENT).then_some(blanks + taken + indent)
}

/// How long the gap between two strings is with which `rest` starts.
fn strings(rest: &[u8]) -> Option<usize> {
    let mut at = escaped_break(rest).unwrap_or(0);
    at += quote(&rest[at..])?;
    at += space(&rest[at..]);
    if let Some(b',' | b'+' | b'.' | b'&') = rest.get(at) {
        at += 1;
        at += space(&rest[at..]);
    }
    Some(at + quote(&rest[at..])?)
}

/// How long the quote is with which `rest` starts, its backslashes included.
fn quote(rest: &[u8]) -> Option<usize> {
    let slashes = count_backslashes(rest.iter());
    matches!(rest.get(slashes), Some(b'"' | b'\'')).then_some(slashes + 1)
}

/// How long the white space between strings is with which `rest` starts.
fn space(rest: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += match &rest[at..] {
            [b' ' | b'\t' | b'\r' | b'\n', ..] => 1,
            [b'\\', b'\r' | b'\n', ..] => 2,
            escaped => match escaped_break(escaped) {
                Some(length) => length,
                None => return at,
            },
        }
    }
}

/// How long the escaped line break is with which `rest` starts.
fn escaped_break(rest: &[u8]) -> Option<usize> {
    let (length, letter) = escape(rest)?;
    match (letter, escape(&rest[length..])) {
        (Letter::Return, Some((more, Letter::Feed))) => Some(length + more),
        _ => Some(length),
    }
}

/// What an escape stands for.
#[derive(Clone, Copy)]
enum Letter {
    Feed,
    Return,
}

/// The escape with which `rest` starts, and its length.
fn escape(rest: &[u8]) -> Option<(usize, Letter)> {
    let slashes = count_backslashes(rest.iter());
    if slashes == 0 {
        return None;
    }
    let (length, letter) = match &rest[slashes..] {
        [b'n', ..] => (1, Letter::Feed),
        [b'r', ..] => (1, Letter::Return),
        [b'u', b'0', b'0', b'0', b'a' | b'A', ..] => (5, Letter::Feed),
        [b'u', b'0', b'0', b'0', b'd' | b'D', ..] => (5, Letter::Return),
        _ => return None,
    };
    Some((slashes + length, letter))
}

/// Where the string may end that stands before the one that starts at `start`.
fn end_before_strings(layer: &[u8], start: usize) -> Option<usize> {
    const BETWEEN: &[u8] = b" \t\r\n\\,+.&nru0aAdD";
    let from = start.saturating_sub(MAX_BETWEEN);
    let opened = layer[from..start].split_last()?;
    let is_quote = |byte: u8| matches!(byte, b'"' | b'\'');
    if !is_quote(*opened.0) {
        return None;
    }
    let closing = opened.1.iter().rposition(|b| !BETWEEN.contains(b))?;
    if !is_quote(opened.1[closing]) {
        return None;
    }
    let inside = &opened.1[..closing];
    let inside = &inside[..inside.len() - count_backslashes(inside.iter().rev())];
    let inside = before_escape(inside).unwrap_or(inside);
    (!inside.is_empty()).then_some(from + inside.len())
}

/// The end of the line before the break that stands before `start`, and where the line behind it
/// really starts.
fn end_before_break(layer: &[u8], start: usize) -> Option<(usize, usize)> {
    let blanks = layer[..start]
        .iter()
        .rev()
        .take(MAX_INDENT + 1)
        .take_while(|&&b| is_blank(b))
        .count();
    let head = &layer[..start - blanks];
    if blanks > MAX_INDENT {
        return None;
    }
    let (head, start) = match head {
        [head @ .., b'\r', b'\n'] | [head @ .., b'\r' | b'\n'] => {
            let head = head.strip_suffix(b"\\").unwrap_or(head);
            (head, start)
        }
        // The break's letters are glued to the run, or stand before the indentation.
        [.., b'\\'] if blanks == 0 => {
            let (length, _) = escape(&layer[start - 1..])?;
            let start = start - 1 + length;
            (before_escape(&layer[..start])?, start)
        }
        _ if blanks > 0 => (before_escape(head)?, start),
        _ => return None,
    };
    let trail = head
        .iter()
        .rev()
        .take(MAX_TRAIL)
        .take_while(|&&b| is_blank(b))
        .count();
    let end = head.len() - trail;
    (end > 0).then_some((end, start))
}

/// What stands before the escaped break at the end of `head`.
fn before_escape(head: &[u8]) -> Option<&[u8]> {
    let (last, letter) = last_escape(head)?;
    let before = &head[..last];
    match (letter, last_escape(before)) {
        (Letter::Feed, Some((first, Letter::Return))) => Some(&head[..first]),
        _ => Some(before),
    }
}

/// Where the escape at the end of `head` starts.
fn last_escape(head: &[u8]) -> Option<(usize, Letter)> {
    let letters = match head {
        [.., b'n' | b'r'] => 1,
        [.., b'u', b'0', b'0', b'0', b'a' | b'A' | b'd' | b'D'] => 5,
        _ => return None,
    };
    let before = &head[..head.len() - letters];
    let start = before.len() - count_backslashes(before.iter().rev());
    let (_, letter) = escape(&head[start..])?;
    Some((start, letter))
}

fn count_backslashes<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    bytes
        .take(MAX_BACKSLASHES)
        .take_while(|&&b| b == b'\\')
        .count()
}
