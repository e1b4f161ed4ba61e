//! The line a token stands on, as it may be shown.

use std::ops::Range;

use super::layer::Span;
use super::locate::{TextForm, line_around, wide_unit};
use super::prefilter::ALPHABET;
use super::search::Hit;
use crate::model::{Encoding, Excerpt};

/// Characters of the line that are kept before the token, and behind it.
const MARGIN: usize = 60;
/// Bytes of it that are looked at for that: as many as so many characters can have, and some.
const REACH: usize = 4 * MARGIN + 16;

/// The line around `hit`, every hit on it masked. `hits` is sorted by where they start.
pub(super) fn excerpt(window: &[u8], form: TextForm, hits: &[Hit], hit: &Hit) -> Excerpt {
    let form = form_around(form, hit);
    let line = line_around(window, form, &hit.span.run, REACH);
    let mut shown = Shown {
        window,
        form,
        text: String::new(),
    };
    let mut span = None;
    let mut at = line.start;
    for (run, mask) in masks(hits, &line) {
        let is_own = run.contains(&hit.span.run.start);
        if run.start > at {
            shown.push(at..run.start);
        }
        let start = shown.text.chars().count();
        if run.end > at {
            shown.text.push_str(&mask);
        }
        if is_own {
            span = Some((start, shown.text.chars().count()));
        }
        at = at.max(run.end);
    }
    if line.end > at {
        shown.push(at..line.end);
    }
    let (start, end) = span.unwrap_or_default();
    cut(&shown.text, start, end)
}

/// What the text around `hit` is, in an input of `form`: a string in a binary has its own
/// characters.
pub(super) fn form_around(form: TextForm, hit: &Hit) -> TextForm {
    match hit.encodings.first() {
        Some(&order @ (Encoding::Utf16Le | Encoding::Utf16Be)) => TextForm::Wide(order),
        _ if form == TextForm::Bytes || hit.span.run.start.is_multiple_of(2) => form,
        _ => TextForm::Bytes,
    }
}

/// The runs that touch `line`, merged where they overlap, each with what is shown instead.
fn masks(hits: &[Hit], line: &Range<usize>) -> Vec<(Range<usize>, String)> {
    let mut masks: Vec<(Range<usize>, String)> = Vec::new();
    let mut touching: Vec<&Hit> = hits
        .iter()
        .filter(|hit| hit.span.run.start < line.end && hit.span.run.end > line.start)
        .collect();
    touching.sort_by_key(|hit| hit.span.run.start);
    for hit in touching {
        let Span { run, .. } = &hit.span;
        match masks.last_mut() {
            Some((last, _)) if run.start < last.end => last.end = last.end.max(run.end),
            _ => masks.push((run.clone(), mask(hit))),
        }
    }
    masks
}

fn mask(hit: &Hit) -> String {
    let packed: Vec<_> = hit
        .encodings
        .iter()
        .filter(|encoding| !is_wide(**encoding))
        .collect();
    match packed.first() {
        None => hit.secret.redacted(),
        Some(encoding) => format!("‹{}›", encoding.as_str()),
    }
}

fn is_wide(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be)
}

/// Text with what a terminal must not see escaped.
struct Shown<'w> {
    window: &'w [u8],
    form: TextForm,
    text: String,
}

impl Shown<'_> {
    fn push(&mut self, span: Range<usize>) {
        let bytes = &self.window[span];
        let text = match self.form {
            TextForm::Bytes => String::from_utf8_lossy(bytes).into_owned(),
            TextForm::Wide(order) => {
                let units: Vec<u16> = bytes
                    .chunks_exact(2)
                    .map(|pair| wide_unit(order, pair))
                    .collect();
                String::from_utf16_lossy(&units)
            }
        };
        for character in text.chars() {
            match character {
                '\t' => self.text.push(' '),
                '\u{feff}' => {}
                c if c.is_control() || is_invisible(c) => {
                    self.text.extend(c.escape_unicode());
                }
                c => self.text.push(c),
            }
        }
    }
}

/// Characters that reorder or hide their neighbours.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// Whether the characters belong to one run.
fn is_in_run(characters: &[char]) -> bool {
    characters
        .iter()
        .all(|c| u8::try_from(*c).is_ok_and(|byte| ALPHABET[usize::from(byte)]))
}

/// Cuts a line so that the span and a margin on either side are left.
fn cut(line: &str, start: usize, end: usize) -> Excerpt {
    let characters: Vec<char> = line.chars().collect();
    let indent = characters
        .iter()
        .take(start)
        .take_while(|c| **c == ' ')
        .count();
    let mut from = indent.max(start.saturating_sub(MARGIN));
    let mut to = characters.len().min(end + MARGIN);
    // What is cut through might be most of a secret that stands whole somewhere else.
    while from > indent && from < start && is_in_run(&characters[from - 1..=from]) {
        from += 1;
    }
    while to < characters.len() && to > end && is_in_run(&characters[to - 1..=to]) {
        to -= 1;
    }
    let mut text = String::new();
    let mut lead = 0;
    if from > indent {
        text.push('…');
        lead = 1;
    }
    text.extend(&characters[from..to]);
    if to < characters.len() {
        text.push('…');
    }
    Excerpt {
        text: text.trim_end().to_owned(),
        span: (start - from + lead, end - from + lead),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, token: &str, expected: &str) {
        let start = line.find(token).expect("it is there");
        let found = cut(line, start, start + token.len());
        assert_eq!(found.text, expected);
        let shown: String = found.text.chars().skip(found.span.0).collect();
        assert!(shown.starts_with(token));
    }

    #[test]
    fn a_run_that_would_be_cut_through_is_left_out() {
        let run = "k7".repeat(26);
        check(
            &format!("{run} is T and behind it {run}"),
            "T",
            &format!("{run} is T and behind it …"),
        );
        check(
            &format!("x {run} and so between T behind"),
            "T",
            "… and so between T behind",
        );
        check(&format!("{run}{run}/T/{run}{run}"), "T", "…T…");
        check(&format!("    in {run} T"), "T", &format!("in {run} T"));
    }
}
