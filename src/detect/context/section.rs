//! Entries and sections of configuration files: `.netrc`, INI, TOML, git configuration.

use std::ops::Range;
use std::slice;

use memchr::memmem;

use super::host::{Place, organization};
use super::text::{Text, verdict};
use super::{Verdict, key};

/// How far from the token its `machine` may stand.
const NETRC_REACH: usize = 1 << 10;

/// Reads the `machine` entry whose password the token is, on one line or several.
pub(super) fn netrc(text: &Text<'_>) -> Option<Verdict> {
    let (low, token) = (&text.low, &text.token);
    let floor = token.start.saturating_sub(NETRC_REACH);
    let mut before = words(&low[floor..token.start]).rev();
    if before.next()? != b"password" {
        return None;
    }
    let mut entry = Vec::new();
    loop {
        let word = before.next()?;
        if word == b"machine" {
            break;
        }
        if word == b"default" || entry.len() > 8 {
            return None;
        }
        entry.push(word);
    }
    entry.reverse();
    let names = entry.iter().skip(1).step_by(2);
    if entry.len() % 2 == 0
        || !names
            .copied()
            .all(|name| matches!(name, b"login" | b"account"))
    {
        return None;
    }
    let ceiling = low.len().min(token.end + NETRC_REACH);
    let after = words(&low[token.end..ceiling]);
    entry.extend(
        after
            .take(4)
            .take_while(|word| !matches!(*word, b"machine" | b"default")),
    );
    let host = entry.first()?;
    let login = entry.iter().position(|word| *word == b"login");
    let login = login.and_then(|at| entry.get(at + 1)).copied();
    let end = host
        .iter()
        .position(|byte| b":/".contains(byte))
        .unwrap_or(host.len());
    Some(match organization(&host[..end], &host[end..], login) {
        Place::Named(organization) => Verdict::Named(organization),
        Place::Nameless | Place::Foreign => Verdict::Elsewhere,
    })
}

/// Reads the section under the bracketed header above the token, and the one that it is a part of:
/// `[mcp_servers.x]` for `[mcp_servers.x.env]`.
pub(super) fn header(text: &Text<'_>) -> Option<Verdict> {
    let mut line = text.line(text.token.start);
    if !has_sign(&text.low[line.start..text.token.start]) {
        return None;
    }
    while !is_header(&text.low[line.clone()]) {
        if !is_setting(&text.low[line.clone()]) {
            return None;
        }
        line = text.line_before(&line)?;
    }
    read(text, &line).or_else(|| read(text, &outer(text, &line)?))
}

/// Reads the section under `header`.
fn read(text: &Text<'_>, header: &Range<usize>) -> Option<Verdict> {
    if let Some(named) = verdict(text.mentions_in(header)) {
        return Some(named);
    }
    // A header that carries a URL and names no organisation is another's.
    if memmem::find(&text.low[header.clone()], b"://").is_some() {
        return Some(Verdict::Elsewhere);
    }
    let mut end = header.clone();
    while let Some(next) = text.line_after(&end)
        && !is_header(&text.low[next.clone()])
    {
        end = next;
    }
    let section = header.start..end.end;
    let own = text.mentions_in(&section).iter();
    key::settle(text, own, slice::from_ref(&section))
        .or_else(|| key::is_foreign(text, &section).then_some(Verdict::Elsewhere))
}

/// The header above `header` that has all of its dotted name but the last part.
fn outer(text: &Text<'_>, header: &Range<usize>) -> Option<Range<usize>> {
    let name = text.low[header.clone()].trim_ascii();
    let dot = name.iter().rposition(|&byte| byte == b'.')?;
    let name = [&name[..dot], b"]"].concat();
    let mut line = header.clone();
    loop {
        line = text.line_before(&line)?;
        if text.low[line.clone()].trim_ascii() == name {
            return Some(line);
        }
    }
}

/// Whether `line` is a header: `[name]`, `[[name]]`, `[name "value"]`, perhaps with a comment.
fn is_header(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let Some(inner) = line.strip_prefix(b"[") else {
        return false;
    };
    let inner = inner.strip_prefix(b"[").unwrap_or(inner);
    let Some(close) = inner.iter().position(|&byte| byte == b']') else {
        return false;
    };
    let name = &inner[..close];
    let rest = inner[close + 1..].trim_ascii_start();
    let rest = rest.strip_prefix(b"]").unwrap_or(rest).trim_ascii_start();
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && !name.contains(&b',')
        && rest.first().is_none_or(|byte| b"#;".contains(byte))
}

/// Whether `line` can stand in a section: a setting, one that goes on, a comment, nothing; but
/// not a statement or a block of code under something in brackets.
fn is_setting(line: &[u8]) -> bool {
    let content = line.trim_ascii();
    match (content.first(), content.last()) {
        // What goes on with an array stands in no column of its own.
        (Some(b'#' | b';' | b'"' | b'\'' | b']') | None, _) => true,
        (_, Some(b'}')) => is_balanced(content),
        (_, Some(b'{' | b';' | b'(')) => false,
        _ => has_sign(content) || line[0].is_ascii_whitespace(),
    }
}

/// Whether `line` is a setting whose value is a table in braces.
fn is_balanced(line: &[u8]) -> bool {
    let count = |brace| line.iter().filter(|&&byte| byte == brace).count();
    has_sign(line) && count(b'{') == count(b'}')
}

/// Whether `line` assigns.
fn has_sign(line: &[u8]) -> bool {
    memchr::memchr2(b'=', b':', line).is_some()
}

/// The words of `text`.
fn words(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split(|byte| byte.is_ascii_whitespace() || b"\"'".contains(byte))
        .filter(|word| !word.is_empty())
}
