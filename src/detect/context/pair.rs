//! Settings that are objects of a name and a value, one beside the other in an array: containers'
//! environments, application settings.

use std::ops::Range;

use super::Verdict;
use super::text::{Text, verdict};

/// Objects before the token's, and after it, that are looked at.
const REACH: usize = 64;

/// Keys that may stand beside the name and the value.
const OTHER_KEYS: [&[u8]; 4] = [b"slotsetting", b"type", b"issecret", b"sensitive"];

/// Reads the settings beside `object`, if it is one.
pub(super) fn around(text: &Text<'_>, object: &Range<usize>) -> Option<Verdict> {
    let low = &text.low;
    if !is_setting(&low[object.clone()]) {
        return None;
    }
    let mut settings = Vec::new();
    let mut at = object.start;
    while let Some(before) = before(low, at).filter(|_| settings.len() < REACH) {
        at = before.start;
        settings.push(before);
    }
    settings.reverse();
    let mut at = object.end;
    while let Some(after) = after(low, at).filter(|_| settings.len() < 2 * REACH) {
        at = after.end;
        settings.push(after);
    }
    let settings = settings
        .iter()
        .filter(|other| is_setting(&low[(*other).clone()]));
    verdict(settings.flat_map(|setting| text.mentions_in(setting)))
}

/// Whether a setting of this name can be in an environment: headers of requests are listed
/// likewise, and their URLs say where the reader comes from.
pub(super) fn is_variable(name: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.:".contains(byte);
    !name.is_empty() && name.iter().all(is_part) && !matches!(name, b"authorization" | b"cookie")
}

/// Whether `object`, in braces, has a name and a value and little else.
fn is_setting(object: &[u8]) -> bool {
    let inner = &object[1..object.len() - 1];
    let (mut name, mut value) = (None, None);
    for field in inner.split(|&byte| byte == b',') {
        let Some(colon) = field.iter().position(|&byte| byte == b':') else {
            return false;
        };
        let content = bare(&field[colon + 1..]);
        match bare(&field[..colon]) {
            b"name" => name = Some(content),
            b"value" => value = Some(content),
            key if OTHER_KEYS.contains(&key) => (),
            _ => return false,
        }
    }
    value.is_some() && name.is_some_and(is_variable)
}

/// What stands in the quotes, if there are any.
fn bare(text: &[u8]) -> &[u8] {
    let is_gap = |byte: &u8| byte.is_ascii_whitespace() || b"\"'".contains(byte);
    let start = text
        .iter()
        .position(|byte| !is_gap(byte))
        .unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !is_gap(byte))
        .map_or(start, |last| last + 1);
    &text[start..end]
}

/// The object that ends before `at`, with nothing but a comma between.
fn before(low: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = low[..at]
        .trim_ascii_end()
        .strip_suffix(b",")?
        .trim_ascii_end();
    let inner = rest.strip_suffix(b"}")?;
    let start = inner.iter().rposition(|byte| b"{}".contains(byte))?;
    (inner[start] == b'{').then_some(start..rest.len())
}

/// The object that starts behind `at`, with nothing but a comma between.
fn after(low: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = low[at..]
        .trim_ascii_start()
        .strip_prefix(b",")?
        .trim_ascii_start();
    let inner = rest.strip_prefix(b"{")?;
    let end = inner.iter().position(|byte| b"{}".contains(byte))?;
    let start = low.len() - rest.len();
    (inner[end] == b'}').then_some(start..start + end + 2)
}
