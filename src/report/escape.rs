//! Keeps names from scanned content from steering the terminal, or the eye, of whoever reads them.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every control, bidirectional and invisible character written out: `\n`, `\t`,
/// `\u{1b}`, `\u{202e}`. Borrows where there is none.
///
/// A backslash stays as it is, so that paths on Windows stay readable.
pub fn escape_for_terminal(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(is_hostile) else {
        return Cow::Borrowed(text);
    };
    let mut escaped = String::with_capacity(text.len() + 16);
    escaped.push_str(&text[..first]);
    for c in text[first..].chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if is_hostile(c) => {
                write!(escaped, "\\u{{{:x}}}", u32::from(c)).expect("a String takes everything");
            }
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// `line` without what runners of pipelines take for commands: `##vso[` and `##[` anywhere, `::` where
/// a line starts. Names of files hold what others wrote.
pub fn break_commands(line: &str) -> Cow<'_, str> {
    let mut line = Cow::Borrowed(line);
    for (command, broken) in [("##vso[", "# #vso["), ("##[", "# #[")] {
        if line.contains(command) {
            line = Cow::Owned(line.replace(command, broken));
        }
    }
    let start = line.len() - line.trim_start().len();
    if line[start..].starts_with("::") {
        let mut broken = line.into_owned();
        broken.insert(start + 1, ' ');
        line = Cow::Owned(broken);
    }
    line
}

/// Whether `c` moves the cursor, reorders what stands around it, or cannot be seen.
pub(super) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Bidirectional marks, embeddings, overrides and isolates (UAX #9).
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Zero-width characters, line and paragraph separators, deprecated format controls.
            | '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            // Interlinear annotations, tags.
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_written_out_and_the_rest_stays() {
        let cases = [
            ("plain / café / 日本.txt", "plain / café / 日本.txt"),
            (r"C:\new\table", r"C:\new\table"),
            ("a\nb\rc\td\0", r"a\nb\rc\td\u{0}"),
            ("\u{1b}[2J\u{9b}2J\u{7f}", r"\u{1b}[2J\u{9b}2J\u{7f}"),
            ("a\u{202e}txt.exe", r"a\u{202e}txt.exe"),
            (
                "\u{2066}x\u{2069}\u{200b}\u{feff}",
                r"\u{2066}x\u{2069}\u{200b}\u{feff}",
            ),
            ("\u{e0041}\u{2028}", r"\u{e0041}\u{2028}"),
        ];
        for (given, expected) in cases {
            assert_eq!(escape_for_terminal(given), expected);
            assert_eq!(escape_for_terminal(expected), expected, "twice");
        }
    }
    #[test]
    fn commands_are_broken_up() {
        for (given, expected) in [
            ("a::b", "a::b"),
            ("a # # [b]", "a # # [b]"),
            ("##vso[task.complete]", "# #vso[task.complete]"),
            ("x ###vso[a]##[b]", "x ## #vso[a]# #[b]"),
            ("::error::x", ": :error::x"),
            ("  \u{3000}::error::x", "  \u{3000}: :error::x"),
        ] {
            assert_eq!(break_commands(given), expected);
            assert_eq!(break_commands(expected), expected, "twice");
        }
    }
}
