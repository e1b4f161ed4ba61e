//! A request with its headers, in `.http` files and in logs of HTTP traffic.

use super::Verdict;
use super::host::{Place, place};
use super::text::Text;
use super::url::place_of;

/// Lines between a request line and the header that holds the token, at most.
const MAX_HEADERS: usize = 64;

/// The methods of request lines, in lower case.
const METHODS: [&[u8]; 7] = [
    b"get ",
    b"post ",
    b"put ",
    b"patch ",
    b"delete ",
    b"head ",
    b"options ",
];

/// Reads the request in whose headers the token stands.
pub(super) fn request(text: &Text<'_>) -> Option<Verdict> {
    let mut line = text.line(text.token.start);
    for _ in 0..MAX_HEADERS {
        line = text.line_before(&line)?;
        let content = content(&text.low[line.clone()]);
        if let Some(method) = METHODS.iter().find(|method| content.starts_with(method)) {
            let target = content[method.len()..].trim_ascii_start();
            let end = target
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(target.len());
            return target_verdict(text, &target[..end], line.end);
        }
        if !is_header(content) {
            return None;
        }
    }
    None
}

/// Reads the request's target, the headers after it standing from `headers` on.
fn target_verdict(text: &Text<'_>, target: &[u8], headers: usize) -> Option<Verdict> {
    if let Some(place) = place_of(target) {
        // `https://{{host}}/…` is somebody's host, but not known to be another.
        let variable = target.windows(5).any(|bytes| bytes == b"://{{");
        return (!variable || matches!(place, Place::Named(_))).then(|| place.into());
    }
    let mut line = text.line(headers);
    for _ in 0..MAX_HEADERS {
        line = text.line_after(&line)?;
        let content = content(&text.low[line.clone()]);
        if let Some(host) = content.strip_prefix(b"host:") {
            return Some(place(&[host.trim_ascii(), target].concat()).into());
        }
        if !is_header(content) {
            return None;
        }
    }
    None
}

/// A line without what may stand before it: the quote of a string, or what `curl -v` writes.
fn content(line: &[u8]) -> &[u8] {
    const LEADS: [&[u8]; 4] = [b"> ", b"\"", b"'", b"`"];
    let line = line.trim_ascii();
    LEADS
        .iter()
        .find_map(|lead| line.strip_prefix(*lead))
        .unwrap_or(line)
}

/// Whether `line` has the form of a header.
fn is_header(line: &[u8]) -> bool {
    let name = line
        .iter()
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let length = name.count();
    length > 0 && line.get(length) == Some(&b':')
}
