//! The URL in which a token stands: it alone decides.

use memchr::memmem;

use super::Verdict;
use super::host::{Place, place};
use super::text::{Text, unescape};

/// How far from the token its URL may start or end.
const REACH: usize = 2 << 10;

/// What may stand between a scheme and its host, plain, in JSON, and percent-encoded.
const SEPARATORS: [&[u8]; 3] = [b"://", b":\\/\\/", ENCODED];
const ENCODED: &[u8] = b"%3a%2f%2f";

/// Reads the URL around the token, with or without a scheme.
pub(super) fn around(text: &Text<'_>) -> Option<Verdict> {
    let (low, token) = (&text.low, &text.token);
    let floor = token.start.saturating_sub(REACH);
    let start = (floor..token.start)
        .rev()
        .find(|&at| !is_url_byte(low, at))
        .map_or(floor, |at| at + 1);
    let ceiling = low.len().min(token.end + REACH);
    let end = (token.end..ceiling)
        .find(|&at| !is_url_byte(low, at))
        .unwrap_or(ceiling);
    let before = &low[start..token.start];
    let (at, separator) = SEPARATORS
        .into_iter()
        .filter_map(|s| Some((memmem::rfind(before, s)?, s)))
        .max()
        .unwrap_or((0, b""));
    let whole = &low[start + at + separator.len()..end];
    // Within an encoded URL every `&` would be encoded too: this one ends it.
    let ended = separator == ENCODED && before[at..].contains(&b'&');
    if !separator.is_empty() && !ended {
        let user = user_len(whole, separator);
        let behind_user = unescape(&whole[user..]);
        return Some(place(&[&whole[..user], &behind_user].concat()).into());
    }
    let rest = unescape(&low[token.end..end]);
    let host = rest.trim_ascii_start();
    let host = host
        .strip_prefix(b"==")
        .or_else(|| host.strip_prefix(b"="))
        .unwrap_or(host);
    let host = host.strip_prefix(b"@")?;
    match place(host) {
        Place::Foreign if !host.contains(&b'.') => None,
        place => Some(place.into()),
    }
}

/// How many bytes at the start of `whole`, which follows `separator`, are the user and password:
/// percent-encoded slashes and signs in them are theirs, and not the URL's.
fn user_len(whole: &[u8], separator: &[u8]) -> usize {
    let end = whole.iter().position(|byte| b"/?#\\".contains(byte));
    let authority = &whole[..end.unwrap_or(whole.len())];
    match memchr::memrchr(b'@', authority) {
        Some(at) if separator != ENCODED => at,
        _ => 0,
    }
}

/// Reads a URL with its scheme, in lower case.
pub(super) fn place_of(url: &[u8]) -> Option<Place> {
    let (at, separator) = SEPARATORS
        .into_iter()
        .filter_map(|s| Some((memmem::find(url, s)?, s)))
        .min()?;
    Some(place(&unescape(&url[at + separator.len()..])))
}

/// Whether the byte at `at` can belong to a URL as it stands in text.
pub(super) fn is_url_byte(low: &[u8], at: usize) -> bool {
    match low[at] {
        0..=b' ' | b'"' | b'\'' | b'`' | b'<' | b'>' | b',' | b';' | b'|' | 0x7F => false,
        b'\\' => matches!(low.get(at + 1), Some(b'/' | b'u')),
        _ => true,
    }
}
