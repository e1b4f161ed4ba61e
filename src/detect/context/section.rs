//! Entries and sections of configuration files: `.netrc`, INI, TOML, git configuration.

use std::ops::Range;

use super::Verdict;
use super::host::{Place, organization};
use super::object::is_foreign;
use super::text::{Text, verdict};

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

/// Reads the section under the bracketed header above the token.
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
    let header = line.clone();
    let mut end = text.line(text.token.end);
    while let Some(next) = text.line_after(&end)
        && !is_header(&text.low[next.clone()])
    {
        end = next;
    }
    let section = header.start..end.end;
    if let Some(named) = verdict(text.mentions_in(&header)) {
        return Some(named);
    }
    if has_url(text, &header) {
        return Some(Verdict::Elsewhere);
    }
    text.verdict(&section)
        .or_else(|| is_foreign(text, &section).then_some(Verdict::Elsewhere))
}

/// Whether a header that names no organisation carries a URL.
fn has_url(text: &Text<'_>, header: &Range<usize>) -> bool {
    memchr::memmem::find(&text.low[header.clone()], b"://").is_some()
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
        (Some(b'#' | b';') | None, _) => true,
        (_, Some(b'{' | b'}' | b';' | b'(')) => false,
        _ => has_sign(content) || line[0].is_ascii_whitespace(),
    }
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
