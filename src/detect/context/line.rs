//! The line on which a token stands, with the lines that continue it.

use std::ops::Range;

use memchr::memmem;

use super::Verdict;
use super::host::{Place, place};
use super::object::{enclosing, is_on_the_line};
use super::text::{Text, unescape};
use super::url::is_url_byte;

/// How far from the token its line still counts as one entry: minified files are one line.
const REACH: usize = 4 << 10;

/// Bytes of a URL that are read to tell its host.
const URL_REACH: usize = 256;

/// Programs whose line is a request of its own, so that a URL there is the token's.
const PROGRAMS: [&[u8]; 9] = [
    b"curl ",
    b"wget ",
    b"git ",
    b"invoke-restmethod ",
    b"invoke-webrequest ",
    b"irm ",
    b"iwr ",
    b"config.sh ",
    b"config.cmd ",
];

/// Reads the URL in the key of an `.npmrc` setting: `//host/path/:_password=…`.
pub(super) fn npm_key(text: &Text<'_>) -> Option<Verdict> {
    let line = text.token_lines();
    let before = &text.low[line.start..text.token.start.max(line.start)];
    let key = memmem::rfind(before, b":_")?;
    let is_setting = [&b":_password"[..], b":_auth"]
        .iter()
        .any(|s| before[key..].starts_with(s));
    if !is_setting {
        return None;
    }
    let url = memmem::rfind(&before[..key], b"//")? + 2;
    (!before[url..key].contains(&b' ')).then(|| place(&unescape(&before[url..key])).into())
}

/// Reads the whole line: a command with its URL, a setting, a log entry. Not where the token is
/// in an object of its own on that line: what the object does not name is not the token's.
pub(super) fn command(text: &Text<'_>) -> Option<Verdict> {
    if is_on_the_line(text) {
        return None;
    }
    let scope = within_object(text, one_command(text, logical(text)));
    if let Some(verdict) = text.verdict(&scope) {
        return Some(verdict);
    }
    let line = &text.low[scope.clone()];
    (is_request(line) && foreign_urls(text, &scope).next().is_some()).then_some(Verdict::Elsewhere)
}

/// The starts of the URLs in `scope` that are not of Azure DevOps.
pub(super) fn foreign_urls(text: &Text<'_>, scope: &Range<usize>) -> impl Iterator<Item = usize> {
    let (line, offset) = (&text.low[scope.clone()], scope.start);
    let separators: [&[u8]; 2] = [b"://", b":\\/\\/"];
    separators.into_iter().flat_map(move |separator| {
        memmem::find_iter(line, separator).filter_map(move |at| {
            let host = at + separator.len();
            let named = line.get(host).is_some_and(u8::is_ascii_alphanumeric);
            let limit = line.len().min(host + URL_REACH);
            let end = (host..limit)
                .find(|&at| !is_url_byte(line, at))
                .unwrap_or(limit);
            let before = line[..at].iter().rev();
            let scheme = before.take_while(|byte| byte.is_ascii_alphabetic()).count();
            (named && place(&unescape(&line[host..end])) == Place::Foreign)
                .then_some(offset + at - scheme)
        })
    })
}

/// The part of `scope` that belongs to the token's command: another one may stand before it or
/// behind it on the line.
fn one_command(text: &Text<'_>, scope: Range<usize>) -> Range<usize> {
    const SEPARATORS: [&[u8]; 2] = [b"&&", b"||"];
    let before = &text.low[scope.start..text.token.start.max(scope.start)];
    let behind = &text.low[text.token.end.min(scope.end)..scope.end];
    let start = SEPARATORS
        .iter()
        .filter_map(|s| memmem::rfind(before, s))
        .max();
    let end = SEPARATORS
        .iter()
        .filter_map(|s| memmem::find(behind, s))
        .min();
    let scope =
        scope.start + start.unwrap_or(0)..scope.end - end.map_or(0, |end| behind.len() - end);
    let statement = statement(text, &scope);
    let low = &text.low[statement.clone()];
    let is_whole = memmem::find(low, b" | ").is_some() || is_request(low);
    if is_whole { statement } else { scope }
}

/// The part of `scope` between semicolons that start another command. What it sets may be for the
/// next one, but not what it pipes or sends.
fn statement(text: &Text<'_>, scope: &Range<usize>) -> Range<usize> {
    const COMMANDS: [&[u8]; 7] = [
        b"az ", b"cd ", b"echo ", b"export ", b"gh ", b"glab ", b"printf ",
    ];
    let ends = memchr::memchr_iter(b';', &text.low[scope.clone()]).map(|at| scope.start + at);
    let ends = ends.filter(|&at| {
        let next = text.low[at + 1..scope.end].trim_ascii_start();
        let mut programs = COMMANDS.iter().chain(&PROGRAMS);
        programs.any(|program| next.starts_with(program))
    });
    let mut statement = scope.clone();
    for end in ends {
        if end < text.token.start {
            statement.start = end + 1;
        } else if end >= text.token.end {
            statement.end = end;
            break;
        }
    }
    statement
}

/// Whether a program that sends requests is named in `line`.
fn is_request(line: &[u8]) -> bool {
    PROGRAMS
        .iter()
        .any(|program| memmem::find(line, program).is_some())
}

/// The part of `scope` in the token's innermost object: of one that spans lines, another may
/// begin behind it or end before it.
fn within_object(text: &Text<'_>, scope: Range<usize>) -> Range<usize> {
    match enclosing(text, &text.token) {
        Some(object) => scope.start.max(object.start)..scope.end.min(object.end),
        None => scope,
    }
}

/// The token's line, the lines that it continues and those that continue it, within [`REACH`].
fn logical(text: &Text<'_>) -> Range<usize> {
    let mut scope = text.token_lines();
    let floor = text.token.start.saturating_sub(REACH);
    let ceiling = text.token.end + REACH;
    while let Some(before) = text.line_before(&scope)
        && scope.start > floor
        && continues(&text.low[before.clone()])
    {
        scope.start = before.start;
    }
    while let Some(after) = text.line_after(&scope)
        && scope.end < ceiling
        && continues(&text.low[scope.clone()])
    {
        scope.end = after.end;
    }
    scope.start.max(floor)..scope.end.min(ceiling)
}

/// Whether the next line belongs to `line`: a backslash (shell, Dockerfile), a backtick
/// (PowerShell) or a caret (cmd) stands alone at its end.
fn continues(line: &[u8]) -> bool {
    match line.trim_ascii_end() {
        [.., before, b'\\' | b'`' | b'^'] => before.is_ascii_whitespace(),
        _ => false,
    }
}
