//! The keys of settings: one that is a host says whose entry its value is, and settings whose
//! names begin alike belong together.

use std::ops::Range;

use memchr::{memmem, memrchr};

use super::Verdict;
use super::host::{Place, is_host, place};
use super::line::foreign_urls;
use super::mention::{Mention, identifier};
use super::text::{Text, unescape, verdict};
use super::url::{is_url_byte, place_of};

/// Ends of the keys that say whose entry an object is.
const ENTRY_KEYS: [&[u8]; 8] = [
    b"url",
    b"uri",
    b"endpoint",
    b"registry",
    b"repository",
    b"server",
    b"host",
    b"index",
];

/// Ends of the keys that hold a host without a scheme.
const HOST_KEYS: [&[u8]; 5] = [b"host", b"hostname", b"server", b"registry", b"domain"];

/// Settings of each of [`HOST_KEYS`] that are read in a scope, at most.
const MAX_HOSTS: usize = 64;

/// Bytes of a key or of the start of a value that are read, at most.
const REACH: usize = 256;

/// Reads the key whose value the token is, where it is a URL or a host.
pub(super) fn of_token(text: &Text<'_>) -> Option<Verdict> {
    of_value(&text.low, text.token.start)
}

/// What the key before the value at `at` says, where it is a URL or a host.
pub(super) fn of_value(low: &[u8], at: usize) -> Option<Verdict> {
    owner(&low[key_before(low, at)?])
}

/// Whether `mention` is itself the key of another value.
pub(super) fn is_key(text: &Text<'_>, mention: &Mention) -> bool {
    let url = &text.low[mention.span.clone()];
    let rest = &text.low[mention.span.end..];
    if url.ends_with(b":") {
        return rest.first().is_none_or(u8::is_ascii_whitespace);
    }
    let gap = |byte: &&u8| b"\"' \t".contains(byte);
    let gap = rest.iter().take(REACH).take_while(gap).count();
    match rest[gap..] {
        [b':', ref after @ ..] => !after.starts_with(b"//"),
        // Directly behind, it is the padding of base64.
        [b'=', ..] => gap > 0,
        _ => false,
    }
}

/// What `mentions`, the values of the settings in `parts`, come to for the token: if settings are
/// named like its own, these alone count.
pub(super) fn settle<'a>(
    text: &Text<'_>,
    mentions: impl Iterator<Item = &'a Mention>,
    parts: &[Range<usize>],
) -> Option<Verdict> {
    let mentions: Vec<_> = mentions.filter(|mention| !is_key(text, mention)).collect();
    let found = verdict(mentions.iter().copied())?;
    let Some(stem) = stem(text) else {
        return Some(found);
    };
    let alike =
        |key: Option<Range<usize>>| key.is_some_and(|key| plain(&text.low[key]).starts_with(&stem));
    let named = |mention: &&&Mention| alike(key_of_url(&text.low, mention.span.start));
    if let Some(found) = verdict(mentions.iter().filter(named).copied()) {
        return Some(found);
    }
    let foreign = parts.iter().flat_map(|part| foreign_keys(text, part));
    Some(if foreign.map(Some).any(alike) {
        Verdict::Elsewhere
    } else {
        found
    })
}

/// Whether one of the settings in `scope` that tell whose entry it is holds another host's URL or
/// name.
pub(super) fn is_foreign(text: &Text<'_>, scope: &Range<usize>) -> bool {
    foreign_keys(text, scope).any(|key| {
        let key = &text.low[key];
        ENTRY_KEYS.iter().any(|entry| key.ends_with(entry))
            || HOST_KEYS.iter().any(|entry| key.ends_with(entry))
    })
}

/// The keys in `scope` whose values are URLs or hosts that are not of Azure DevOps.
fn foreign_keys(text: &Text<'_>, scope: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let low = &text.low;
    let urls = foreign_urls(text, scope).filter_map(|url| key_before(low, url));
    let hosts = HOST_KEYS.iter().flat_map(move |key| {
        let found = memmem::find_iter(&low[scope.clone()], key);
        found
            .take(MAX_HOSTS)
            .filter_map(move |at| foreign_host(low, scope.start + at + key.len()))
    });
    urls.chain(hosts)
        .filter(|key| scope.start <= key.start && key.end <= scope.end)
}

/// The key that ends at `end`, if its value is a host without a scheme that is not of Azure
/// DevOps.
fn foreign_host(low: &[u8], end: usize) -> Option<Range<usize>> {
    let gap = |bytes: &[u8]| {
        bytes
            .iter()
            .take_while(|byte| b"\"' \t".contains(byte))
            .count()
    };
    let sign = end + gap(low.get(end..)?);
    if !matches!(low.get(sign), Some(b':' | b'=')) {
        return None;
    }
    let start = sign + 1 + gap(&low[sign + 1..]);
    let limit = low.len().min(start + REACH);
    let value_end = (start..limit)
        .find(|&at| !is_url_byte(low, at))
        .unwrap_or(limit);
    let value = &low[start..value_end];
    (is_host(value) && place(value) == Place::Foreign).then(|| identifier(low, end - 1))
}

/// Whose entry the value of `key` is, where it is a URL or a host.
fn owner(key: &[u8]) -> Option<Verdict> {
    let key = key.strip_prefix(b"//").unwrap_or(key);
    let owner = place_of(key).or_else(|| is_host(key).then(|| place(&unescape(key))))?;
    // One of Azure DevOps that names none leaves it to what stands around.
    (owner != Place::Nameless).then(|| owner.into())
}

/// The key of the value that starts at `at`, without its quotes.
fn key_before(low: &[u8], at: usize) -> Option<Range<usize>> {
    let floor = at.saturating_sub(REACH);
    let mut before = &low[floor..at];
    loop {
        let trimmed = before.trim_ascii_end();
        let trimmed = [&b"\""[..], b"'", b"basic", b"bearer", b"[", b"{"]
            .iter()
            .find_map(|opening| trimmed.strip_suffix(*opening))
            .unwrap_or(trimmed);
        if trimmed.len() == before.len() {
            break;
        }
        before = trimmed;
    }
    let before = before.strip_suffix(b">").unwrap_or(before);
    let before = before
        .strip_suffix(b":")
        .or_else(|| before.strip_suffix(b"="))?;
    let before = before.trim_ascii_end();
    let (&last, rest) = before.split_last()?;
    let key = if matches!(last, b'"' | b'\'') {
        // The backslash of an escaped quote has become a space.
        memrchr(last, rest)? + 1..rest.trim_ascii_end().len()
    } else {
        let start = before
            .iter()
            .rposition(|&byte| byte.is_ascii_whitespace() || b"\"'`,;{([<>".contains(&byte));
        start.map_or(0, |start| start + 1)..before.len()
    };
    (key.start < key.end).then(|| floor + key.start..floor + key.end)
}

/// The key of the value that is the URL around `at`.
fn key_of_url(low: &[u8], at: usize) -> Option<Range<usize>> {
    let floor = at.saturating_sub(REACH);
    let start = (floor..at)
        .rev()
        .find(|&at| !is_url_byte(low, at))
        .map_or(floor, |at| at + 1);
    let url = match memmem::find(&low[start..at], b"://") {
        Some(separator) => {
            let before = low[start..start + separator].iter().rev();
            let scheme = before
                .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'+')
                .count();
            start + separator - scheme
        }
        None => at,
    };
    key_before(low, url)
}

/// The name of the token's own key without its last word: `target` of `TARGET_TOKEN` and
/// `targetToken`.
fn stem(text: &Text<'_>) -> Option<Vec<u8>> {
    let key = key_before(&text.low, text.token.start)?;
    let raw = &text.raw[key.clone()];
    let word = (1..raw.len()).rev().find(|&at| {
        b"_-. ".contains(&raw[at - 1])
            || raw[at].is_ascii_uppercase() && raw[at - 1].is_ascii_lowercase()
    })?;
    let stem = plain(&text.low[key.start..key.start + word]);
    (!stem.is_empty()).then_some(stem)
}

/// The letters and digits of a key.
fn plain(key: &[u8]) -> Vec<u8> {
    key.iter()
        .copied()
        .filter(u8::is_ascii_alphanumeric)
        .collect()
}
