//! Everything in a text that names an organisation: hosts, named keys, and URLs in base64.

use std::ops::Range;

use data_encoding::BASE64_NOPAD;
use memchr::memmem;

use super::host::{self, Place};
use super::text::{Text, unescape};
use super::url::{is_url_byte, place_of};

/// A place in a text that names an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// Where it stands: the URL from its host on, or the value.
    pub(super) span: Range<usize>,
    /// The name, in lower case.
    pub(super) organization: String,
}

/// Bytes of a URL that are read before its host, of its host, and after it. No name is cut by
/// that, for the longest has 50; it bounds the work on hostile text.
const URL_REACH: usize = 192;

/// The ends of the hosts that can name an organisation.
const DOMAINS: [&[u8]; 2] = [b"dev.azure.com", b".visualstudio.com"];

/// Names of variables and options that carry an organisation's bare name, without `_` and `-`.
const KEYS: [&str; 18] = [
    "adoorg",
    "adoorganization",
    "adoorganizationname",
    "adoorgname",
    "azdoorg",
    "azdoorganization",
    "azdoorganizationname",
    "azdoorgname",
    "azuredevopsorg",
    "azuredevopsorganization",
    "azuredevopsorganizationname",
    "azuredevopsorgname",
    "azurereposorg",
    "azurereposorganization",
    "devopsorg",
    "devopsorganization",
    "vstsorg",
    "vstsorganization",
];

/// The program that takes the organisation as its first argument.
const MCP_SERVER: &[u8] = b"@azure-devops/mcp";

/// Finds every mention, in order of position.
pub(super) fn all(text: &Text<'_>) -> Vec<Mention> {
    let mut mentions = Vec::new();
    for domain in DOMAINS {
        let found = memmem::find_iter(&text.low, domain);
        mentions.extend(found.filter_map(|at| at_host(text, at, at + domain.len())));
    }
    let found = memmem::find_iter(&text.low, b"org");
    mentions.extend(found.filter_map(|at| at_key(text, at)));
    let found = memmem::find_iter(&text.low, MCP_SERVER);
    mentions.extend(found.filter_map(|at| after_server(text, at + MCP_SERVER.len())));
    // `http` and a colon or an `s`; the next bits belong to what follows.
    let found = memmem::find_iter(text.raw, b"aHR0c");
    mentions.extend(found.filter_map(|at| in_base64(text, at)));
    mentions.sort_unstable_by_key(|mention| mention.span.start);
    mentions
}

/// The mention whose host has its domain up to `domain_end`, the domain starting at `domain`.
fn at_host(text: &Text<'_>, domain: usize, domain_end: usize) -> Option<Mention> {
    let low = &text.low;
    let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let floor = domain.saturating_sub(URL_REACH);
    let labels = low[floor..domain]
        .iter()
        .rev()
        .take_while(|byte| is_host(byte))
        .count();
    let mut start = domain - labels;
    // `%2Fdev.azure.com`: the digits belong to the slash.
    if start > 0 && low[start - 1] == b'%' && labels >= 2 {
        start += 2;
    }
    if host::follows_soft_break(&low[..start]) {
        return None;
    }
    let after = &low[domain_end..low.len().min(domain_end + URL_REACH)];
    let end = domain_end + after.iter().take_while(|byte| is_host(byte)).count();
    let mut url_end = end;
    let limit = if end <= text.token.start {
        text.token.start
    } else {
        low.len()
    };
    while url_end < limit.min(end + URL_REACH) && is_url_byte(low, url_end) {
        url_end += 1;
    }
    let tail = unescape(&low[end..low.len().min(end + URL_REACH)]);
    match host::organization(&low[start..end], &tail, user_before(low, start)) {
        Place::Named(organization) => Some(Mention {
            span: start..url_end,
            organization,
        }),
        Place::Nameless | Place::Foreign => None,
    }
}

/// The user of a URL whose host starts at `host`.
fn user_before(low: &[u8], host: usize) -> Option<&[u8]> {
    let rest = &low[host.saturating_sub(URL_REACH)..host];
    let rest = rest
        .strip_suffix(b"@")
        .or_else(|| rest.strip_suffix(b"%40"))?;
    let slashes: [&[u8]; 3] = [b"//", b"\\/\\/", b"%2f%2f"];
    let start = slashes
        .iter()
        .filter_map(|&s| Some(memmem::rfind(rest, s)? + s.len()))
        .max();
    let userinfo = &rest[start?..];
    let end = memmem::find(userinfo, b"%3a").unwrap_or(userinfo.len());
    userinfo[..end].split(|&byte| byte == b':').next()
}

/// The mention by the bare value of a key in which `org` stands at `at`.
fn at_key(text: &Text<'_>, at: usize) -> Option<Mention> {
    let low = &text.low;
    // Cheap, for most text is full of `org`: all the names have an `o` or an `s` before it.
    let before = low[..at].iter().rev().find(|byte| !b"_-".contains(byte))?;
    if !b"os".contains(before) {
        return None;
    }
    let key = identifier(low, at);
    let plain = plain(&low[key.clone()]);
    if !KEYS.iter().any(|name| plain.ends_with(name)) {
        return None;
    }
    // An identifier may hold `org` twice.
    if memmem::find(&low[key.clone()], b"org") != Some(at - key.start) {
        return None;
    }
    let rest = &low[key.end..];
    let quotes = |byte: &u8| b" \t\"'".contains(byte);
    let skipped = rest.iter().take_while(|byte| quotes(byte)).count();
    let sign = rest[skipped..]
        .iter()
        .take_while(|byte| b":=>".contains(byte))
        .count();
    let skipped = skipped + sign;
    let start = key.end
        + skipped
        + rest[skipped..]
            .iter()
            .take_while(|byte| quotes(byte))
            .count();
    bare(text, start).filter(|_| start > key.end)
}

/// The mention by the first argument after the server's name, which may carry a version.
fn after_server(text: &Text<'_>, mut at: usize) -> Option<Mention> {
    let low = &text.low;
    let is_version = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    if low.get(at) == Some(&b'@') {
        at += 1 + low[at + 1..]
            .iter()
            .take_while(|&&byte| is_version(byte))
            .count();
    }
    let gap = low[at..]
        .iter()
        .take_while(|byte| b" \t\n\"',".contains(byte))
        .count();
    (gap > 0).then(|| bare(text, at + gap)).flatten()
}

/// A bare name at `start`, as a whole value.
fn bare(text: &Text<'_>, start: usize) -> Option<Mention> {
    let (organization, length) = host::name(&text.low[start..])?;
    let end = start + length;
    // `https:` and `org/repository` are no bare names.
    let whole = text.low.get(end).is_none_or(|byte| !b":/.=".contains(byte));
    // One that touches the token is the token.
    let apart = end <= text.token.start || text.token.end <= start;
    (whole && apart).then_some(Mention {
        span: start..end,
        organization,
    })
}

/// The mention by the URL that is encoded from `at` on.
fn in_base64(text: &Text<'_>, at: usize) -> Option<Mention> {
    let run = &text.raw[at..text.raw.len().min(at + URL_REACH)];
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let length = run.iter().take_while(|byte| is_digit(byte)).count();
    // What is within the token's run is read where that is decoded: of several URLs there, only
    // those show here that happen to be aligned. The run may be longer than what is taken of it.
    let between = if at < text.token.start {
        at..text.token.start
    } else {
        text.token.end.min(at)..at
    };
    let mut between = text.raw[between].iter();
    if between.all(|byte| is_digit(byte) || b"\r\n".contains(byte)) {
        return None;
    }
    let digits: Vec<u8> = run[..length]
        .iter()
        .map(|&byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    let mut url = BASE64_NOPAD.decode(&digits).ok()?;
    url.make_ascii_lowercase();
    if length == URL_REACH {
        // What was read of it may end within a name: no name ends at a dollar sign.
        url.push(b'$');
    }
    let end = (0..url.len())
        .find(|&index| !is_url_byte(&url, index))
        .unwrap_or(url.len());
    match place_of(&url[..end])? {
        Place::Named(organization) => Some(Mention {
            span: at..at + length,
            organization,
        }),
        Place::Nameless | Place::Foreign => None,
    }
}

/// The identifier around `at`.
pub(super) fn identifier(low: &[u8], at: usize) -> Range<usize> {
    const MAX_LEN: usize = 100;
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let before = &low[at.saturating_sub(MAX_LEN)..at];
    let start = at - before.iter().rev().take_while(is_part).count();
    let after = &low[at..low.len().min(at + MAX_LEN)];
    start..at + after.iter().take_while(is_part).count()
}

/// The letters and digits of an identifier: `ADO_ORG` and `ado-org` are one name.
pub(super) fn plain(identifier: &[u8]) -> String {
    let letters = identifier
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(|&byte| char::from(byte)).collect()
}
