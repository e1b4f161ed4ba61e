//! The YAML mapping in which a token is a value, and the mappings around that.

use std::ops::Range;
use std::slice;

use memchr::memmem;

use super::mention::Mention;
use super::text::{Text, verdict};
use super::{Verdict, key, pair};

/// Mappings around the token that are looked at: its own and two more outwards.
const LEVELS: usize = 3;

/// Reads the mappings around the token, the innermost first.
pub(super) fn around(text: &Text<'_>) -> Option<Verdict> {
    if !is_value(text) {
        return None;
    }
    let document = Document::around(text);
    let line = &document.lines[document.token];
    let mut block = if line.is_item() && !has_key(&text.low[line.range.clone()]) {
        document.items(document.token, line.start)
    } else {
        document.mapping(document.token, line.content)
    };
    for _ in 0..LEVELS {
        let scope = document.range(&block);
        let own = |mention: &&Mention| document.is_member(text, mention, &block);
        let mentions = text.mentions_in(&scope).iter().filter(own);
        let found = key::settle(text, mentions, slice::from_ref(&scope))
            .or_else(|| key::is_foreign(text, &scope).then_some(Verdict::Elsewhere))
            .or_else(|| document.settings(text, &block));
        if found.is_some() {
            return found;
        }
        let key = document.key(&block)?;
        if let Some(owner) = key::of_value(&text.low, document.lines[key].range.end) {
            return Some(owner);
        }
        block = document.mapping(key, document.lines[key].content);
    }
    None
}

/// A line that is neither blank nor a comment.
struct Line {
    range: Range<usize>,
    /// Columns before its first byte.
    start: usize,
    /// Columns before its content: the `- ` of an item counts as indentation.
    content: usize,
}

impl Line {
    /// Whether it starts an item of a sequence.
    fn is_item(&self) -> bool {
        self.start < self.content
    }
}

/// Lines of a document that belong to one mapping or sequence, all of its nested ones included.
struct Block {
    lines: Range<usize>,
    /// The column of its keys or items.
    indent: usize,
}

/// The lines around the token that can be of one YAML document.
struct Document {
    lines: Vec<Line>,
    /// The index of the token's line.
    token: usize,
}

impl Document {
    fn around(text: &Text<'_>) -> Self {
        let own = text.line(text.token.start);
        let mut lines = Vec::new();
        let mut at = own.clone();
        while let Some(before) = text.line_before(&at) {
            let content = &text.low[before.clone()];
            if !continues(content) {
                break;
            }
            lines.extend(line(text, &before));
            at = before;
        }
        lines.reverse();
        let token = lines.len();
        lines.extend(line(text, &own));
        let mut at = text.line(text.token.end);
        while let Some(after) = text.line_after(&at) {
            if !continues(&text.low[after.clone()]) {
                break;
            }
            lines.extend(line(text, &after));
            at = after;
        }
        Self { lines, token }
    }

    /// The mapping with keys at `indent` that holds the line `index`.
    fn mapping(&self, index: usize, indent: usize) -> Block {
        let mut first = index;
        while first > 0
            && self.lines[first].start >= indent
            && self.lines[first - 1].content >= indent
        {
            first -= 1;
        }
        let after = self.lines[index + 1..]
            .iter()
            .take_while(|line| line.start >= indent)
            .count();
        Block {
            lines: first..index + 1 + after,
            indent,
        }
    }

    /// The items at `indent` before and after the one that starts at the line `index`.
    fn items(&self, index: usize, indent: usize) -> Block {
        let is_sibling =
            |line: &&Line| line.start > indent || line.start == indent && line.is_item();
        let before = self.lines[..index]
            .iter()
            .rev()
            .take_while(is_sibling)
            .count();
        let after = self.lines[index + 1..]
            .iter()
            .take_while(is_sibling)
            .count();
        Block {
            lines: index - before..index + 1 + after,
            indent,
        }
    }

    /// The index of the line with the key under which `block` stands.
    fn key(&self, block: &Block) -> Option<usize> {
        let first = &self.lines[block.lines.start];
        // The items of a sequence may stand in the column of its key.
        let is_key = |line: &Line| {
            line.content < first.start
                || first.is_item() && line.content == first.start && !line.is_item()
        };
        self.lines[..block.lines.start].iter().rposition(is_key)
    }

    /// The bytes of `block`.
    fn range(&self, block: &Block) -> Range<usize> {
        self.lines[block.lines.start].range.start..self.lines[block.lines.end - 1].range.end
    }

    /// Reads the settings beside `block`, if it is one: an item of a list that has a name and a
    /// value, as in the environment of a container.
    fn settings(&self, text: &Text<'_>, block: &Block) -> Option<Verdict> {
        let field = |line: &Line| field(&text.low[line.range.clone()], line.content);
        let first = &self.lines[block.lines.start];
        let is_setting = |lines: &[Line]| {
            lines.iter().all(|line| line.content == block.indent)
                && lines.iter().any(|line| {
                    field(line)
                        .is_some_and(|(key, value)| key == b"name" && pair::is_variable(value))
                })
                && lines
                    .iter()
                    .any(|line| field(line).is_some_and(|(key, _)| key == b"value"))
        };
        if !first.is_item() || !is_setting(&self.lines[block.lines.clone()]) {
            return None;
        }
        let items = self.items(block.lines.start, first.start);
        let settings = self.lines[items.lines.clone()]
            .chunk_by(|_, next| !(next.is_item() && next.start == first.start))
            .filter(|lines| is_setting(lines));
        verdict(settings.flat_map(|lines| {
            let last = lines.last().map_or(0, |line| line.range.end);
            text.mentions_in(&(lines[0].range.start..last))
        }))
    }

    /// Whether `mention` is a value of `block` itself: beside one of its keys, in a block scalar
    /// or a list of scalars under one, but not in a mapping under one.
    fn is_member(&self, text: &Text<'_>, mention: &Mention, block: &Block) -> bool {
        let index = self
            .lines
            .partition_point(|line| line.range.end < mention.span.start);
        let Some(line) = self
            .lines
            .get(index)
            .filter(|_| block.lines.contains(&index))
        else {
            return false;
        };
        let content = |line: &Line| &text.low[line.range.clone()];
        if line.content == block.indent
            || (line.is_item() && line.start == block.indent && !has_key(content(line)))
        {
            return true;
        }
        let above = &self.lines[block.lines.start..index];
        let Some(key) = above.iter().rposition(|line| line.content <= block.indent) else {
            return false;
        };
        let value = content(&above[key]).trim_ascii_end();
        let scalar = value
            .strip_suffix(b"-")
            .or_else(|| value.strip_suffix(b"+"))
            .unwrap_or(value);
        let listed = value.ends_with(b":") && line.is_item() && !has_key(content(line));
        scalar.ends_with(b"|")
            || scalar.ends_with(b">")
            || (listed
                && above[key + 1..]
                    .iter()
                    .all(|other| other.start == line.start))
    }
}

/// Measures a line; `None` if it is blank or a comment.
fn line(text: &Text<'_>, range: &Range<usize>) -> Option<Line> {
    let bytes = &text.low[range.clone()];
    if is_blank(bytes) {
        return None;
    }
    let (start, content) = indentation(bytes);
    Some(Line {
        range: range.clone(),
        start,
        content,
    })
}

/// Columns before the first byte, and before the content after the `- ` of items.
fn indentation(line: &[u8]) -> (usize, usize) {
    let spaces = |from: usize| {
        line[from..]
            .iter()
            .take_while(|&&byte| byte == b' ')
            .count()
    };
    let start = spaces(0);
    let mut content = start;
    while line[content..].starts_with(b"- ") {
        content += 1 + spaces(content + 1);
    }
    (start, content)
}

/// Whether `line` can go on with a document: not its end, and not what is no YAML at all.
fn continues(line: &[u8]) -> bool {
    if is_blank(line) || line[0].is_ascii_whitespace() {
        return true;
    }
    let separates = line.starts_with(b"---") || line.starts_with(b"...");
    !separates && (has_key(line) || line.starts_with(b"- "))
}

/// Whether `line` is empty or a comment.
fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().first().is_none_or(|&byte| byte == b'#')
}

/// Whether `line` has a key.
fn has_key(line: &[u8]) -> bool {
    memmem::find(line, b": ").is_some() || line.trim_ascii_end().ends_with(b":")
}

/// The key and the value of `line`, whose content starts in the column `content`.
fn field(line: &[u8], content: usize) -> Option<(&[u8], &[u8])> {
    let line = &line[content..];
    let colon = memmem::find(line, b": ")?;
    let is_quote = |byte: &&u8| b"\"'".contains(byte);
    let value = line[colon + 2..].trim_ascii();
    let quotes = value.iter().take_while(is_quote).count();
    let closing = value[quotes..].iter().rev().take_while(is_quote).count();
    Some((
        line[..colon].trim_ascii(),
        &value[quotes..value.len() - closing],
    ))
}

/// Whether the token is the whole value of its line: `key: TOKEN`, `- key: TOKEN`, `- KEY=TOKEN`,
/// quoted or after `Basic`. Keys in quotes are JSON, which has its own rule.
fn is_value(text: &Text<'_>) -> bool {
    let line = text.line(text.token.start);
    let before = &text.low[line.start..text.token.start];
    let (start, content) = indentation(before);
    let is_key = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-./".contains(byte);
    let length = before[content..].iter().take_while(is_key).count();
    let rest = &before[content + length..];
    let value = rest
        .strip_prefix(b": ")
        .or_else(|| rest.strip_prefix(b"=").filter(|_| start < content));
    let Some(mut value) = value.filter(|_| length > 0) else {
        return false;
    };
    for opening in [&b"!!binary"[..], b"\"", b"'", b"basic", b":"] {
        value = value.trim_ascii_start();
        value = value.strip_prefix(opening).unwrap_or(value);
    }
    let end = text.line(text.token.end).end;
    let after = text.low[text.token.end..end]
        .iter()
        .find(|byte| !b"=\"' \t".contains(byte));
    value.trim_ascii().is_empty() && after.is_none_or(|&byte| byte == b'#')
}
