//! What is told of a commit, read from its bytes: what is damaged stays empty.

use crate::model::{Commit, CommitDate, ObjectId, Timestamp};

/// What the commit `id` with these bytes tells.
pub(super) fn read(id: ObjectId, commit: &[u8]) -> Commit {
    let (author, email) = person(header(commit, b"author "));
    Commit {
        id,
        author,
        email,
        date: committed(commit),
        summary: summary(commit),
        or_earlier: false,
    }
}

/// When a commit was committed; the start of 1970 if it does not tell.
pub(super) fn committed(commit: &[u8]) -> CommitDate {
    date(header(commit, b"committer ")).unwrap_or(CommitDate {
        at: Timestamp(0),
        offset: 0,
    })
}

/// The tree of a commit.
pub(super) fn tree(commit: &[u8]) -> Option<ObjectId> {
    ObjectId::from_hex(header(commit, b"tree "))
}

/// The parents of a commit.
pub(super) fn parents(commit: &[u8]) -> impl Iterator<Item = ObjectId> {
    headers(commit)
        .filter_map(|line| line.strip_prefix(b"parent "))
        .filter_map(ObjectId::from_hex)
}

/// When a tag was made, in seconds since 1970; nothing if it does not tell.
pub(super) fn tagged_at(tag: &[u8]) -> Option<i64> {
    date(header(tag, b"tagger ")).map(|date| date.at.0)
}

/// What an annotated tag names.
pub(super) fn tagged(tag: &[u8]) -> Option<ObjectId> {
    ObjectId::from_hex(header(tag, b"object "))
}

/// The value of the first header `name`; empty if there is none.
fn header<'c>(commit: &'c [u8], name: &[u8]) -> &'c [u8] {
    headers(commit)
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or_default()
}

/// The lines before the message.
fn headers(commit: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = commit.split(|&byte| byte == b'\n');
    lines.take_while(|line| !line.is_empty())
}

/// Name and address of `Name <address> seconds zone`.
fn person(line: &[u8]) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
    let close = line.iter().rposition(|&byte| byte == b'>');
    let known = &line[..close.unwrap_or(line.len())];
    match known.iter().position(|&byte| byte == b'<') {
        Some(open) => (text(&known[..open]), text(&known[open + 1..])),
        None => (String::new(), String::new()),
    }
}

/// The date of `Name <address> seconds zone`.
fn date(line: &[u8]) -> Option<CommitDate> {
    let close = line.iter().rposition(|&byte| byte == b'>')?;
    let text = std::str::from_utf8(&line[close + 1..]).ok()?;
    let mut words = text.split_ascii_whitespace();
    let at = Timestamp(words.next()?.parse().ok()?);
    let offset = words.next().and_then(offset).unwrap_or(0);
    Some(CommitDate { at, offset })
}

/// The minutes of `+hhmm`.
fn offset(zone: &str) -> Option<i16> {
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let is_plain = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i16 = digits.parse().ok().filter(|_| is_plain)?;
    Some(sign * (number / 100 * 60 + number % 100))
}

/// The first line of the message.
fn summary(commit: &[u8]) -> String {
    let message = memchr::memmem::find(commit, b"\n\n").map_or(&[][..], |end| &commit[end + 2..]);
    let mut lines = message
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    String::from_utf8_lossy(first).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(commit: &[u8], expected: (&str, &str, i64, i16, &str)) {
        let (author, email) = person(header(commit, b"author "));
        let date = committed(commit);
        let summary = summary(commit);
        let told = (&*author, &*email, date.at.0, date.offset, &*summary);
        assert_eq!(told, expected, "{}", commit.escape_ascii());
    }

    #[test]
    fn commits_are_told() {
        check(
            b"tree 0\nauthor A B <a@b> 1 +0000\ncommitter C <c@d> 1700000000 -0730\n\nsummary\n\nauthor x",
            ("A B", "a@b", 1_700_000_000, -450, "summary"),
        );
        check(
            b"tree 0\nauthor \xff <\xfe> 1\ncommitter C <c> 12\n\n\n \r\nnext\r\nlast",
            ("\u{fffd}", "\u{fffd}", 12, 0, "next"),
        );
        check(
            b"author A <a> b> 1 +0000\ncommitter <> -5 +9999",
            ("A", "a> b", -5, 6039, ""),
        );
    }

    #[test]
    fn damaged_ones_are_empty() {
        check(b"", ("", "", 0, 0, ""));
        check(b"\n\n\n", ("", "", 0, 0, ""));
        check(b"author A\ncommitter C", ("", "", 0, 0, ""));
        check(
            b"author >< 1\ncommitter C <c> 99999999999999999999 +0000\n\nx",
            ("", "", 0, 0, "x"),
        );
        check(
            b"author A <a\ncommitter C <c> 7 +1\xff00",
            ("A", "a", 0, 0, ""),
        );
    }
}
