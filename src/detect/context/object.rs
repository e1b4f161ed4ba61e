//! The objects in braces around a token: JSON, HCL, blocks of code.

use std::ops::Range;

use memchr::memchr2_iter;

use super::text::Text;
use super::{Verdict, key, pair};

/// Objects around the token that are looked at: its own, and two more outwards. In a HAR file
/// the header is in the request; an MCP server's `env` is in the server.
const LEVELS: usize = 3;

/// Reads objects that begin and end on the token's own line.
pub(super) fn on_the_line(text: &Text<'_>) -> Option<Verdict> {
    let line = text.token_lines();
    nested(text, |object| {
        line.start <= object.start && object.end <= line.end
    })
}

/// Reads all objects around the token.
pub(super) fn around(text: &Text<'_>) -> Option<Verdict> {
    nested(text, |_| true)
}

/// Whether the token stands in an object that begins and ends on its line.
pub(super) fn is_on_the_line(text: &Text<'_>) -> bool {
    let line = text.token_lines();
    enclosing(text, &text.token)
        .is_some_and(|object| line.start <= object.start && object.end <= line.end)
}

/// Reads the objects around the token that `accepted` takes, the innermost first.
fn nested(text: &Text<'_>, accepted: impl Fn(&Range<usize>) -> bool) -> Option<Verdict> {
    let mut inner = text.token.clone();
    for _ in 0..LEVELS {
        let object = enclosing(text, &inner).filter(&accepted)?;
        let own = own_parts(&text.low, &object);
        let mentions = own.iter().flat_map(|part| text.mentions_in(part));
        let found = key::settle(text, mentions, &own)
            .or_else(|| {
                own.iter()
                    .any(|part| key::is_foreign(text, part))
                    .then_some(Verdict::Elsewhere)
            })
            .or_else(|| pair::around(text, &object))
            .or_else(|| key::of_value(&text.low, object.start));
        if found.is_some() {
            return found;
        }
        inner = object;
    }
    None
}

/// The innermost object around `inner`, braces included; strings are not told from structure.
pub(super) fn enclosing(text: &Text<'_>, inner: &Range<usize>) -> Option<Range<usize>> {
    let (before, behind) = (&text.low[..inner.start], &text.low[inner.end..]);
    let mut opens = unmatched(b'}');
    let start = memchr::memrchr2_iter(b'{', b'}', before).find(|&at| opens(before[at]))?;
    let mut closes = unmatched(b'{');
    let end = memchr2_iter(b'{', b'}', behind).find(|&at| closes(behind[at]))?;
    Some(start..inner.end + end + 1)
}

/// Tells of one brace after the other whether none before it is its `partner`.
fn unmatched(partner: u8) -> impl FnMut(u8) -> bool {
    let mut waiting = 0usize;
    move |brace| {
        if brace == partner {
            waiting += 1;
            return false;
        }
        let is_unmatched = waiting == 0;
        waiting = waiting.saturating_sub(1);
        is_unmatched
    }
}

/// The parts of `object` that are in no object inside it, for what stands in a sibling is about
/// the sibling. An inner object that is a URL in pieces, as in Postman's files, is a part.
fn own_parts(low: &[u8], object: &Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = object.start + 1;
    let (mut depth, mut urls) = (0usize, 0usize);
    for at in memchr2_iter(b'{', b'}', &low[start..object.end]).map(|at| object.start + 1 + at) {
        match (low[at], depth) {
            (b'{', 0) if is_url(&low[start..at]) => urls += 1,
            (b'{', 0) => {
                parts.push(start..at);
                depth = 1;
            }
            (b'{', _) => depth += 1,
            (_, 0) if urls > 0 => urls -= 1,
            (_, 0) => parts.push(start..at),
            (_, 1) => {
                start = at + 1;
                depth = 0;
            }
            (_, _) => depth -= 1,
        }
    }
    parts
}

/// Whether a key whose name ends in `url` stands at the end of `before`.
fn is_url(before: &[u8]) -> bool {
    let kept = before
        .iter()
        .rposition(|byte| !b"\"' \t\n:=".contains(byte));
    kept.is_some_and(|last| before[..=last].ends_with(b"url"))
}
