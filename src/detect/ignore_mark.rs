//! Marks beside a token that ask for it to be passed over: `patsweep:ignore` on its line,
//! `patsweep:ignore-next-line` on the line before.
//!
//! Looked for only where a token was found, within [`REACH`] of its run. The margins of a window
//! hold more than that, so that a mark is found however the input is cut.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use super::excerpt::form_around;
use super::locate::{TextForm, line_around, wide_unit};
use super::search::Hit;
use crate::model::{FindingId, IgnoreMark};
use crate::token::{C3ID_LEN, digest, is_c3id_digit};

/// How many bytes of the line are looked at before the run of a token, and behind it; and of the
/// line before.
pub(super) const REACH: usize = 4 << 10;

const MARK: &[u8] = b"patsweep:ignore";
const NEXT_LINE: &[u8] = b"-next-line";

/// On which line a mark covers its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Covers {
    /// Its own.
    Line,
    /// The next one.
    NextLine,
}

/// The mark that covers `hit` in `window`, of an input of `form`.
pub(super) fn of(window: &[u8], form: TextForm, hit: &Hit) -> Option<IgnoreMark> {
    let form = form_around(form, hit);
    let run = &hit.span.run;
    let line = line_around(window, form, run, REACH);
    // The run itself holds encoded text, or the token.
    let parts = [line.start..run.start, run.end.min(line.end)..line.end];
    let covers =
        |span: Range<usize>, covers| is_marked(&narrow(window, form, span), covers, &hit.what.id);
    if parts.into_iter().any(|part| covers(part, Covers::Line)) {
        let lines = digest(&[&window[line]]);
        return Some(IgnoreMark { lines });
    }
    let before = line_before(window, form, line.start)?;
    covers(before.clone(), Covers::NextLine).then(|| IgnoreMark {
        lines: digest(&[&window[before], &window[line]]),
    })
}

/// The end of the line that ends right before `start`, which must be the start of one.
fn line_before(window: &[u8], form: TextForm, start: usize) -> Option<Range<usize>> {
    let unit = match form {
        TextForm::Bytes => 1,
        TextForm::Wide(_) => 2,
    };
    let ends_in = |end: usize, character: u8| {
        let bytes = &window[end.checked_sub(unit)?..end];
        let found = match form {
            TextForm::Bytes => u16::from(bytes[0]),
            TextForm::Wide(order) => wide_unit(order, bytes),
        };
        (found == u16::from(character)).then_some(end - unit)
    };
    let end = match ends_in(start, b'\n') {
        Some(end) => ends_in(end, b'\r').unwrap_or(end),
        None => ends_in(start, b'\r')?,
    };
    Some(line_around(window, form, &(end..end), REACH).start..end)
}

/// The text of `span` with a byte for each character; what a mark cannot hold is another byte.
fn narrow(window: &[u8], form: TextForm, span: Range<usize>) -> Cow<'_, [u8]> {
    let bytes = &window[span];
    match form {
        TextForm::Bytes => Cow::Borrowed(bytes),
        TextForm::Wide(order) => {
            let units = bytes.chunks_exact(2).map(|pair| wide_unit(order, pair));
            Cow::Owned(
                units
                    .map(|unit| u8::try_from(unit).unwrap_or(0xff))
                    .collect(),
            )
        }
    }
}

/// Whether `text` holds a mark that covers the token `id` in this way.
fn is_marked(text: &[u8], covers: Covers, id: &FindingId) -> bool {
    memmem::find_iter(text, MARK).any(|at| {
        let is_start = text[..at].last().is_none_or(|&byte| !is_word(byte));
        is_start
            && read(&text[at + MARK.len()..]).is_some_and(|(found, named)| {
                found == covers && named.is_none_or(|named| is_named(named, id))
            })
    })
}

/// What follows `patsweep:ignore`: what it covers, and the C3ID that it names.
///
/// `None` of another word, and of a mark that names something that is no C3ID: a typing error must
/// not cover every token of the line.
fn read(rest: &[u8]) -> Option<(Covers, Option<&[u8]>)> {
    let (covers, rest) = match rest.strip_prefix(NEXT_LINE) {
        Some(rest) => (Covers::NextLine, rest),
        None => (Covers::Line, rest),
    };
    match rest.first() {
        Some(b'=') => {
            let named = &rest[1..];
            let digits = named.iter().take_while(|&&byte| is_c3id_digit(byte));
            (digits.count() == C3ID_LEN).then(|| (covers, Some(&named[..C3ID_LEN])))
        }
        // The end of a comment in XML may stand right behind it.
        Some(&byte) if is_word(byte) && !rest.starts_with(b"--") => None,
        _ => Some((covers, None)),
    }
}

fn is_named(named: &[u8], id: &FindingId) -> bool {
    match id {
        FindingId::C3id(id) => id.as_bytes() == named,
        // It is another in the next run.
        FindingId::Salted(_) => false,
    }
}

/// Whether `byte` goes on with a word, of which the mark is then only a part.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AAAAAAAAAAAAAAAAAAAA";

    #[track_caller]
    fn check(text: &str, expected: Option<Covers>) {
        let id = FindingId::C3id(ID.to_owned());
        for covers in [Covers::Line, Covers::NextLine] {
            assert_eq!(
                is_marked(text.as_bytes(), covers, &id),
                expected == Some(covers),
                "{text:?} {covers:?}"
            );
        }
    }

    #[test]
    fn marks_are_words_of_their_own() {
        for text in [
            "# patsweep:ignore",
            "<!-- patsweep:ignore-->",
            "/*patsweep:ignore*/",
            "patsweep:ignore, because it is revoked",
            "patsweep:ignored patsweep:ignore",
        ] {
            check(text, Some(Covers::Line));
        }
        check("patsweep:ignore-next-line", Some(Covers::NextLine));
        check("// patsweep:ignore-next-line: old", Some(Covers::NextLine));
        for text in [
            "",
            "patsweep:ignor",
            "patsweep:ignored",
            "patsweep:ignore_all",
            "patsweep:ignore-file",
            "patsweep:ignore-next-lines",
            "xpatsweep:ignore",
            "not-patsweep:ignore",
            "PATSWEEP:IGNORE",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_mark_that_names_a_token_covers_no_other() {
        let other = "BBBBBBBBBBBBBBBBBBBB";
        check(&format!("patsweep:ignore={ID}"), Some(Covers::Line));
        check(&format!("patsweep:ignore={ID} x"), Some(Covers::Line));
        check(&format!("/* patsweep:ignore={ID}*/"), Some(Covers::Line));
        check(
            &format!("patsweep:ignore-next-line={ID}"),
            Some(Covers::NextLine),
        );
        check(
            &format!("patsweep:ignore={other} patsweep:ignore={ID}"),
            Some(Covers::Line),
        );
        check(&format!("patsweep:ignore={other}"), None);
        for broken in [
            "=",
            "= ",
            "=A",
            "=AAAAAAAAAAAAAAAAAAAAA",
            "=AAAAAAAAAAAAAAAAAAA",
        ] {
            check(&format!("patsweep:ignore{broken}"), None);
        }
        let salted = FindingId::Salted(ID.to_owned());
        let text = format!("patsweep:ignore={ID}");
        assert!(!is_marked(text.as_bytes(), Covers::Line, &salted));
        assert!(is_marked(b"patsweep:ignore", Covers::Line, &salted));
    }
}
