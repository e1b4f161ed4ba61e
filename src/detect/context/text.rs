//! The window of text around a token, with its lines and what it mentions.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use memchr::{memchr, memrchr};

use super::mention::{self, Mention};
use super::{REACH, Verdict};
use crate::detect::decode::quoted_printable;
use crate::detect::layer::MAX_DEPTH;

/// The bytes within [`REACH`] of a token. Offsets count from the start of the window.
pub(super) struct Text<'a> {
    /// As they stand.
    pub(super) raw: &'a [u8],
    /// In lower case and with escaped line breaks, tabs and quotes flattened; as long as `raw`.
    pub(super) low: Vec<u8>,
    /// The token's run.
    pub(super) token: Range<usize>,
    /// What names organisations, in order of position.
    pub(super) mentions: Vec<Mention>,
}

/// The bytes within [`REACH`] of a token, soft breaks of quoted-printable taken out.
pub(super) struct Window<'a> {
    bytes: Cow<'a, [u8]>,
    token: Range<usize>,
    /// The part in which no name is cut: whether or not the layer goes on beyond a full reach, one
    /// at its edge may be.
    whole: Range<usize>,
}

impl<'a> Window<'a> {
    /// Cuts out the window around `span` of `layer`.
    pub(super) fn around(layer: &'a [u8], span: &Range<usize>) -> Self {
        let start = span.start.saturating_sub(REACH);
        let end = (span.end + REACH).min(layer.len());
        let raw = &layer[start..end];
        let mut token = span.start - start..span.end - start;
        let mut bytes = Cow::Borrowed(raw);
        for _ in 0..MAX_DEPTH {
            let Some((unfolded, place)) = quoted_printable::unfold(&bytes, &token) else {
                break;
            };
            (bytes, token) = (Cow::Owned(unfolded), place);
        }
        let first = usize::from(span.start >= REACH);
        let last = bytes.len() - usize::from(layer.len() - span.end >= REACH);
        Self {
            bytes,
            token,
            whole: first..last,
        }
    }
}

impl<'a> Text<'a> {
    /// Reads a window.
    pub(super) fn new(window: &'a Window<'_>) -> Self {
        let mut text = Self::unread(&window.bytes, window.token.clone());
        let whole = &window.whole;
        text.mentions = mention::all(&text);
        text.mentions
            .retain(|mention| whole.start <= mention.span.start && mention.span.end <= whole.end);
        text
    }

    /// A window whose mentions are not looked for.
    pub(super) fn unread(raw: &'a [u8], token: Range<usize>) -> Self {
        Self {
            raw,
            low: flatten(raw),
            token,
            mentions: Vec::new(),
        }
    }

    /// The line, without its line break, in which `at` stands.
    pub(super) fn line(&self, at: usize) -> Range<usize> {
        let start = memrchr(b'\n', &self.low[..at]).map_or(0, |newline| newline + 1);
        let end = memchr(b'\n', &self.low[at..]).map_or(self.low.len(), |newline| at + newline);
        start..end
    }

    /// The line before `line`.
    pub(super) fn line_before(&self, line: &Range<usize>) -> Option<Range<usize>> {
        (line.start > 0).then(|| self.line(line.start - 1))
    }

    /// The line after `line`.
    pub(super) fn line_after(&self, line: &Range<usize>) -> Option<Range<usize>> {
        (line.end < self.low.len()).then(|| self.line(line.end + 1))
    }

    /// The lines on which the token stands.
    pub(super) fn token_lines(&self) -> Range<usize> {
        self.line(self.token.start).start..self.line(self.token.end).end
    }

    /// What the mentions in `scope` come to; `None` if there are none.
    pub(super) fn verdict(&self, scope: &Range<usize>) -> Option<Verdict> {
        verdict(self.mentions_in(scope))
    }

    /// The mentions that start in `scope`.
    pub(super) fn mentions_in(&self, scope: &Range<usize>) -> &[Mention] {
        let before = |at| {
            self.mentions
                .partition_point(|mention| mention.span.start < at)
        };
        &self.mentions[before(scope.start)..before(scope.end)]
    }

    /// The organisations mentioned, the nearest first, at most `limit`.
    pub(super) fn nearest(&self, limit: usize) -> Vec<String> {
        let mut near: Vec<_> = self
            .mentions
            .iter()
            .map(|mention| {
                let before = self.token.start.saturating_sub(mention.span.end);
                let after = mention.span.start.saturating_sub(self.token.end);
                (before.max(after), mention.span.start, &mention.organization)
            })
            .collect();
        near.sort_unstable();
        let mut seen = BTreeSet::new();
        near.retain(|&(_, _, organization)| seen.len() < limit && seen.insert(organization));
        near.into_iter()
            .map(|(_, _, organization)| organization.clone())
            .collect()
    }
}

/// What `mentions` come to; `None` if there are none.
pub(super) fn verdict<'a>(mentions: impl IntoIterator<Item = &'a Mention>) -> Option<Verdict> {
    let mut mentions = mentions.into_iter();
    let first = &mentions.next()?.organization;
    Some(if mentions.all(|other| other.organization == *first) {
        Verdict::Named(first.clone())
    } else {
        Verdict::Ambiguous
    })
}

/// Undoes the escapes that hide the structure of a URL; `url` is in lower case.
pub(super) fn unescape(url: &[u8]) -> Cow<'_, [u8]> {
    const ESCAPES: [(&[u8], u8); 9] = [
        (b"\\/", b'/'),
        (b"\\u002f", b'/'),
        (b"\\u0040", b'@'),
        (b"%2f", b'/'),
        (b"%3a", b':'),
        (b"%40", b'@'),
        (b"%3f", b'?'),
        (b"%3d", b'='),
        (b"%26", b'&'),
    ];
    if !url.iter().any(|byte| b"\\%".contains(byte)) {
        return Cow::Borrowed(url);
    }
    let mut plain = Vec::with_capacity(url.len());
    let mut rest = url;
    while let Some((&byte, after)) = rest.split_first() {
        let escape = ESCAPES.iter().find(|(escape, _)| rest.starts_with(escape));
        plain.push(escape.map_or(byte, |&(_, byte)| byte));
        rest = escape.map_or(after, |(escape, _)| &rest[escape.len()..]);
    }
    Cow::Owned(plain)
}

/// Lower case; line breaks are `\n` alone, and `\n`, `\r`, `\t` and `\"` that are written with
/// backslashes, as in JSON strings, become what they mean, with spaces for the backslashes and for
/// a byte order mark.
fn flatten(raw: &[u8]) -> Vec<u8> {
    // That of UTF-16 comes as the sign for what is beyond Latin-1.
    const MARKS: [&[u8]; 2] = [b"\xef\xbb\xbf", b"?"];
    let mut low = raw.to_ascii_lowercase();
    if let Some(mark) = MARKS.iter().find(|mark| low.starts_with(mark)) {
        low[..mark.len()].fill(b' ');
    }
    let mut from = 0;
    while let Some(found) = memchr::memchr2(b'\\', b'\r', &low[from..]) {
        let at = from + found;
        if low[at] == b'\r' {
            low[at] = if low.get(at + 1) == Some(&b'\n') {
                b' '
            } else {
                b'\n'
            };
            from = at + 1;
            continue;
        }
        let count = low[at..].iter().take_while(|&&byte| byte == b'\\').count();
        let end = at + count;
        let meant = match low.get(end) {
            Some(b'r') if low[end + 1..].starts_with(b"\\") => Some(b' '),
            Some(b'n' | b'r') => Some(b'\n'),
            Some(b't') => Some(b'\t'),
            Some(b'"') => Some(b'"'),
            _ => None,
        };
        if let Some(meant) = meant {
            low[at..end].fill(b' ');
            low[end] = meant;
        }
        from = end;
    }
    low
}
