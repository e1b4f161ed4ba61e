//! Maven servers and NuGet package sources, which are joined to their URLs by a name.

use memchr::memmem;

use super::Verdict;
use super::host::{Place, user_name};
use super::text::Text;
use super::url::place_of;

/// Reads the element whose credential the token is.
pub(super) fn around(text: &Text<'_>) -> Option<Verdict> {
    maven(text).or_else(|| nuget(text))
}

/// Maven: the repository of the same id; else the user name, which Azure Artifacts wants to be
/// the organisation.
fn maven(text: &Text<'_>) -> Option<Verdict> {
    let server = enclosing(text, b"<server>", b"</server>")?;
    if let Some(id) = child(server, b"id") {
        let key = [b"<id>", id, b"</id>"].concat();
        let places = memmem::find_iter(&text.low, &key).filter_map(|at| {
            let rest = &text.low[at + key.len()..];
            // The URL of this repository and not of the next one.
            let end = memmem::find(rest, b"<id>").unwrap_or(rest.len());
            let end = memmem::find(&rest[..end], b"</repository>").unwrap_or(end);
            place_of(child(&rest[..end], b"url")?)
        });
        if let Some(verdict) = agreed(places) {
            return Some(verdict);
        }
    }
    user_name(child(server, b"username")?).map(Verdict::Named)
}

/// NuGet: the package source whose key is the name of the element around the credential.
fn nuget(text: &Text<'_>) -> Option<Verdict> {
    const OPEN: &[u8] = b"<packagesourcecredentials>";
    let credentials = memmem::rfind(&text.low[..text.token.start], OPEN)? + OPEN.len();
    let before = &text.low[credentials..text.token.start];
    let element = memchr::memrchr_iter(b'<', before).find_map(|at| {
        let tag = &before[at + 1..];
        (!tag.starts_with(b"add ") && !tag.starts_with(b"!--") && !tag.starts_with(b"/add"))
            .then_some(tag)
    })?;
    let end = element.iter().position(|byte| b"> \t\n/".contains(byte))?;
    let name = unescape_name(&element[..end]);
    if name.is_empty() {
        return None;
    }
    let places = memmem::find_iter(&text.low, b"<add ").filter_map(|at| {
        let rest = &text.low[at..];
        let tag = &rest[..memchr::memchr(b'>', rest)?];
        if attribute(tag, b"key")? != name {
            return None;
        }
        place_of(attribute(tag, b"value")?)
    });
    agreed(places)
}

/// What `places` say together.
fn agreed(places: impl Iterator<Item = Place>) -> Option<Verdict> {
    places.fold(None, |said, place| match (said, Verdict::from(place)) {
        (None, verdict) => Some(verdict),
        (Some(said), verdict) if said == verdict => Some(said),
        _ => Some(Verdict::Ambiguous),
    })
}

/// The contents of the innermost `open` … `close` around the token.
fn enclosing<'a>(text: &'a Text<'_>, open: &[u8], close: &[u8]) -> Option<&'a [u8]> {
    let start = memmem::rfind(&text.low[..text.token.start], open)? + open.len();
    if memmem::find(&text.low[start..text.token.start], close).is_some() {
        return None;
    }
    let end = text.token.end + memmem::find(&text.low[text.token.end..], close)?;
    Some(&text.low[start..end])
}

/// The text of the first element `name` in `xml`.
fn child<'a>(xml: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let open = [b"<", name, b">"].concat();
    let start = memmem::find(xml, &open)? + open.len();
    let end = memchr::memchr(b'<', &xml[start..])?;
    Some(xml[start..start + end].trim_ascii())
}

/// The value of the attribute `name` of a tag.
fn attribute<'a>(tag: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = memmem::find_iter(tag, name).find(|&at| {
        let ends = tag[at + name.len()..].trim_ascii_start().starts_with(b"=");
        ends && tag[..at].last().is_some_and(u8::is_ascii_whitespace)
    })?;
    let value = tag[at + name.len()..].trim_ascii_start()[1..].trim_ascii_start();
    let (&quote, value) = value.split_first()?;
    matches!(quote, b'"' | b'\'').then_some(())?;
    Some(&value[..memchr::memchr(quote, value)?])
}

/// Undoes the escapes of element names: `_x0020_` is a space.
fn unescape_name(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut rest = name;
    while let Some((&byte, after)) = rest.split_first() {
        let escape = rest
            .strip_prefix(b"_x")
            .and_then(|hex| hex.split_first_chunk::<4>());
        let decoded = escape.and_then(|(hex, after)| {
            let code = u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?;
            Some((char::from_u32(code)?, after.strip_prefix(b"_")?))
        });
        if let Some((letter, after)) = decoded {
            plain.extend(letter.to_lowercase().collect::<String>().as_bytes());
            rest = after;
        } else {
            plain.push(byte);
            rest = after;
        }
    }
    plain
}
