//! Joins the lines of wrapped base64 or hex into one run, and leads back to where they stood.

use std::borrow::Cow;
use std::ops::Range;

use super::prefilter::run_around;
use super::wrap::{self, Gap, is_blank};

/// A line shorter than this is the last of its block: nothing is joined behind it. Encoders wrap
/// at 60, 64 or 76 columns; the first line may share its columns with a key.
const MIN_WRAPPED: usize = 32;

/// A run of base64 characters, its line breaks taken out.
///
/// The lines are those of a text, or strings in code; [`wrap`] tells what may stand between.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// The characters.
    pub(super) text: Cow<'a, [u8]>,
    /// The span in the layer, breaks included.
    pub(super) raw: Range<usize>,
    /// For each line but the first where it starts in `text` and in the layer: most runs have but
    /// one, for which nothing need be kept.
    joined: Vec<(usize, usize)>,
}

impl<'a> Run<'a> {
    /// Joins what belongs to the run `line` of `layer`, in both directions.
    pub(super) fn join(layer: &'a [u8], line: Range<usize>) -> Self {
        let mut first = line;
        let mut joined = Vec::new();
        while let Some(previous) = line_before(layer, &mut first) {
            joined.push(first);
            first = previous;
        }
        joined.reverse();
        Self::forward(layer, first, joined)
    }

    /// Joins what belongs to the run that starts at `start`, forwards only, within `limit` bytes.
    pub(super) fn from_start(layer: &'a [u8], start: usize, limit: usize) -> Self {
        let window = &layer[..layer.len().min(start + limit)];
        let line = start..run_around(window, start).end;
        Self::forward(window, line, Vec::new())
    }

    fn forward(layer: &'a [u8], first: Range<usize>, mut joined: Vec<Range<usize>>) -> Self {
        while let Some(next) = line_after(layer, joined.last().unwrap_or(&first)) {
            joined.push(next);
        }
        let raw = first.start..joined.last().unwrap_or(&first).end;
        if joined.is_empty() {
            return Self {
                text: Cow::Borrowed(&layer[raw.clone()]),
                raw,
                joined: Vec::new(),
            };
        }
        let mut text = Vec::with_capacity(raw.len());
        text.extend_from_slice(&layer[first]);
        let joined = joined.into_iter().map(|line| {
            let start = text.len();
            text.extend_from_slice(&layer[line.clone()]);
            (start, line.start)
        });
        Self {
            joined: joined.collect(),
            text: Cow::Owned(text),
            raw,
        }
    }

    /// The span of each line in the layer.
    pub(super) fn raw_lines(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = self.joined.iter().map(|&(start, _)| start);
        let ends = starts.chain([self.text.len()]);
        (0..).zip(ends).map(|(line, end)| {
            let (start, raw) = self.line(line);
            raw..raw + (end - start)
        })
    }

    /// Whether any break was taken out.
    pub(super) fn is_wrapped(&self) -> bool {
        !self.joined.is_empty()
    }

    /// Where the line `number` starts in `text` and in the layer.
    fn line(&self, number: usize) -> (usize, usize) {
        match number.checked_sub(1) {
            Some(joined) => self.joined[joined],
            None => (0, self.raw.start),
        }
    }

    /// Where in the layer the character `index` of `text` stands.
    pub(super) fn raw_offset(&self, index: usize) -> usize {
        let (start, raw) = self.line(self.joined.partition_point(|&(start, _)| start <= index));
        raw + (index - start)
    }

    /// The character of `text` with which the run starts in `layer`, for something of it that
    /// starts at the character `index`. A first line before that which is the end of a URL is no
    /// wrapped one.
    pub(super) fn start_before(&self, layer: &[u8], index: usize) -> usize {
        match (self.joined.first(), layer[..self.raw.start].last()) {
            (Some(&(second, _)), Some(b'.' | b'@' | b'~' | b'&')) if second <= index => second,
            _ => 0,
        }
    }

    /// Where the run ends in `layer`, for something of it that ends at `end`. A last line behind
    /// that which goes on with anything else is no wrapped one, but the next of the file.
    pub(super) fn end_behind(&self, layer: &[u8], end: usize) -> usize {
        if let Some(&(last, _)) = self.joined.last() {
            let (before, raw_before) = self.line(self.joined.len() - 1);
            let end_before = raw_before + (last - before);
            if end <= end_before && !ends_line(&layer[self.raw.end..]) {
                return end_before;
            }
        }
        self.raw.end.max(end)
    }

    /// The span in the layer of the characters `span` of `text`, which is not empty.
    pub(super) fn raw_span(&self, span: Range<usize>) -> Range<usize> {
        self.raw_offset(span.start)..self.raw_offset(span.end - 1) + 1
    }
}

/// The line that `line` continues, if any; takes the `n` of an escaped break off `line`'s start.
fn line_before(layer: &[u8], line: &mut Range<usize>) -> Option<Range<usize>> {
    let (end, gap) = wrap::before(layer, line.start)?;
    if gap.start >= line.end {
        return None;
    }
    let previous = run_around(layer, end - 1);
    let next = gap.start..line.end;
    if previous.end != end || !continues(&previous, &gap, &next) {
        return None;
    }
    *line = next;
    Some(previous)
}

/// The line that continues `line`, if any.
fn line_after(layer: &[u8], line: &Range<usize>) -> Option<Range<usize>> {
    if line.len() < MIN_WRAPPED {
        return None;
    }
    let gap = wrap::behind(layer, line.end)?;
    let next = gap.start..run_around(layer, gap.start).end;
    continues(line, &gap, &next).then_some(next)
}

/// Whether `next`, with `gap` before it, continues `line`. Of strings, which often are values of
/// their own, only one that is no longer.
fn continues(line: &Range<usize>, gap: &Gap, next: &Range<usize>) -> bool {
    line.len() >= MIN_WRAPPED
        && !next.is_empty()
        && (!gap.is_between_strings || next.len() <= line.len())
}

/// Whether nothing but padding, white space and what closes a string stands before the end of
/// the line that `rest` is of.
fn ends_line(rest: &[u8]) -> bool {
    let padding = rest.iter().take(2).take_while(|&&b| b == b'=').count();
    let rest = &rest[padding..];
    let blanks = rest.iter().take_while(|&&b| is_blank(b)).count();
    match &rest[blanks..] {
        [] | [b'\r' | b'\n' | b'\\' | b'<', ..] => true,
        [b'"' | b'\'', behind @ ..] => behind
            .first()
            .is_none_or(|&b| b.is_ascii_whitespace() || b",;)]}>\\".contains(&b)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::prefilter::next_run;
    use super::*;

    #[track_caller]
    fn check(glue: &str) {
        check_lines(glue, [64, 60, 76, 5]);
    }

    /// Lines of these lengths joined by `glue`, with text around: one run, from whichever line.
    #[track_caller]
    fn check_lines(glue: &str, lengths: [usize; 4]) {
        let letters = ["A", "B", "C", "D"].into_iter();
        let lines = letters
            .zip(lengths)
            .map(|(letter, length)| letter.repeat(length));
        let lines: Vec<String> = lines.collect();
        let text = format!("key: {}\" end", lines.join(glue));
        let expected = lines.concat();
        let second = 5 + lengths[0] + glue.len();
        let mut from = 0;
        while let Some(line) = next_run(text.as_bytes(), from) {
            from = line.end;
            let run = Run::join(text.as_bytes(), line);
            assert_eq!(String::from_utf8_lossy(&run.text), expected, "{glue:?}");
            assert_eq!(run.raw, 5..text.len() - 5, "{glue:?}");
            assert_eq!(
                run.raw_span(lengths[0]..lengths[0] + lengths[1]),
                second..second + lengths[1],
                "{glue:?}"
            );
        }
        assert!(from > 0);
    }

    #[test]
    fn joins_every_kind_of_break() {
        for glue in [
            "\n",
            "\r\n",
            "\r",
            "\n    ",
            "\n\t\t",
            " \r\n",
            "\\\n",
            "\\n",
            "\\r\\n",
            "\\\\n",
            "\\\\r\\\\n",
            "\\n  ",
            "\\\\\\\\n",
            "\\r",
            "\\r\\n \t",
            "\\u000a",
            "\\u000A",
            "\\u000d\\u000a",
            "\\u000D\\u000A    ",
            "\\\\u000d\\\\u000a",
        ] {
            check(glue);
        }
        check(&format!("\n{}", " ".repeat(256)));
        check(&format!("\\u000a{}", " ".repeat(256)));
        check(&format!("\\n{}", " ".repeat(256)));
    }

    #[test]
    fn joins_strings_of_lists_and_of_code() {
        for glue in [
            "\",\"",
            "\", \"",
            "\",\n\"",
            "\",\n        \"",
            "\",\r\n\t\"",
            "',\n    '",
            "\" +\n    \"",
            "\"\n    + \"",
            "\"\n\"",
            "\" \\\n  \"",
            "\" .\n\"",
            "\\n\",\n    \"",
            "\\n\" +\n    \"",
            "\\r\\n\"\n    \"",
            "\\u000a\", \"",
            "\\\",\\n  \\\"",
            "\\\\n\\\",\\n  \\\"",
        ] {
            check_lines(glue, [76, 76, 76, 5]);
        }
        check_lines(&format!("\",\n{}\"", " ".repeat(256)), [64, 64, 64, 64]);
    }

    #[test]
    fn strings_that_grow_are_values_of_their_own() {
        for (glue, lines) in [
            ("\", \"", [64, 65]),
            ("\",\n  \"", [64, 112]),
            ("\", \"", [31, 31]),
            ("\": \"", [64, 64]),
            ("\",,\"", [64, 64]),
            ("\"\\t\"", [64, 64]),
            ("\"], [\"", [64, 64]),
            ("\", \n, \"", [64, 64]),
            (" \"", [64, 64]),
            ("\" ", [64, 64]),
        ] {
            let text = format!("\"{}{glue}{}\"", "A".repeat(lines[0]), "B".repeat(lines[1]));
            let (first, last) = (1..=lines[0], text.len() - 1 - lines[1]..text.len() - 1);
            let first = *first.start()..*first.end() + 1;
            for line in [first, last] {
                let run = Run::join(text.as_bytes(), line.clone());
                assert_eq!(run.raw, line, "{text}");
            }
        }
    }

    #[test]
    fn starts_behind_a_line_that_ends_a_url() {
        let (path, line) = ("com/contoso/".repeat(5), "A".repeat(64));
        for (before, expected) in [(".", 60), ("user@", 60), ("key: ", 0), ("\"", 0), ("", 0)] {
            let text = format!("{before}{path}\n{line}");
            let run = Run::join(text.as_bytes(), text.len() - 64..text.len());
            let start = run.start_before(text.as_bytes(), 60);
            assert_eq!(start, expected, "{before}");
            assert_eq!(run.start_before(text.as_bytes(), 59), 0, "{before}");
        }
    }

    #[test]
    fn ends_before_a_line_that_is_text() {
        let line = "A".repeat(64);
        for (next, expected) in [
            ("QUJD", 69),
            ("QUI=", 68),
            ("QUI=\"", 68),
            ("QUJD\",\n", 69),
            ("QUJD  \n", 69),
            ("QUJD\\n", 69),
            ("QUJD</data>", 69),
            ("AZP_URL=https://", 64),
            ("AZP_URL=\"https://\"", 64),
            ("host: x", 64),
            ("export A=1", 64),
            ("//pkgs.", 64),
        ] {
            let text = format!("{line}\n{next}");
            let run = Run::join(text.as_bytes(), 0..64);
            assert_eq!(run.end_behind(text.as_bytes(), 60), expected, "{next}");
            assert_eq!(run.end_behind(text.as_bytes(), 66), run.raw.end, "{next}");
        }
    }

    #[test]
    fn joins_nothing_else() {
        let line = "A".repeat(64);
        for glue in ["\n\n", " ", "\\t", ":\n", "=\n", "\n> "] {
            let text = format!("{line}{glue}{line}");
            let run = Run::join(text.as_bytes(), 0..64);
            assert_eq!(run.raw, 0..64, "{glue:?}");
            let behind = run_around(text.as_bytes(), text.len() - 1);
            let run = Run::join(text.as_bytes(), behind.clone());
            assert_eq!(run.raw, behind, "{glue:?}");
        }
        let far = format!("{line}\n{}{line}", " ".repeat(257));
        assert_eq!(Run::join(far.as_bytes(), 0..64).raw, 0..64);
        let short = format!("{}\n{line}", "k".repeat(31));
        assert_eq!(Run::join(short.as_bytes(), 32..96).raw, 32..96);
    }
}
