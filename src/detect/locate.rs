//! Lines and columns: turns offsets of the input into positions that an editor understands.

use std::ops::Range;

use crate::model::{Encoding, Position};

/// How much of an input is looked at to tell whether it is UTF-16 without a byte order mark.
const TASTE: usize = 256;
/// With how many Latin characters such an input starts at least.
const MIN_LATIN: usize = 8;

/// What the input is, as far as positions go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextForm {
    /// Bytes: UTF-8 or anything else.
    Bytes,
    /// UTF-16; positions count in its text as UTF-8.
    Wide(Encoding),
}

impl TextForm {
    /// Judges an input by its start: a byte order mark, or every other byte being zero.
    pub(super) fn of(start: &[u8]) -> Self {
        match start {
            [0xff, 0xfe, ..] => return Self::Wide(Encoding::Utf16Le),
            [0xfe, 0xff, ..] => return Self::Wide(Encoding::Utf16Be),
            _ => {}
        }
        let taste = &start[..start.len().min(TASTE)];
        let count = taste.len() / 2;
        let text = |low: usize| {
            let is_latin = |pair: &&[u8]| {
                pair[1 - low] == 0 && matches!(pair[low], b'\t'..=b'\r' | b' '..=b'~')
            };
            let units = || taste.chunks_exact(2);
            units().take_while(is_latin).count() >= MIN_LATIN
                && units().filter(is_latin).count() * 4 >= count * 3
                && units().all(|pair| pair != [0, 0])
        };
        if text(0) {
            Self::Wide(Encoding::Utf16Le)
        } else if text(1) {
            Self::Wide(Encoding::Utf16Be)
        } else {
            Self::Bytes
        }
    }
}

/// Walks through an input and counts its lines. Positions must be asked for in rising order.
#[derive(Clone, Debug)]
pub(super) struct Locator {
    form: TextForm,
    /// Up to where the input was counted.
    counted: u64,
    /// The position of `counted`.
    here: Position,
}

impl Locator {
    /// Stands at the start of an input that starts with `start`.
    pub(super) fn new(start: &[u8]) -> Self {
        let form = TextForm::of(start);
        let marked = matches!(start, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        Self {
            form,
            counted: if marked { 2 } else { 0 },
            here: Position {
                offset: 0,
                line: 1,
                column: 1,
            },
        }
    }

    /// What the input is.
    pub(super) fn form(&self) -> TextForm {
        self.form
    }

    /// The position of the byte `at` of `window`, whose first byte is byte `base` of the input.
    pub(super) fn locate(&mut self, window: &[u8], base: u64, at: usize) -> Position {
        let from = usize::try_from(self.counted.saturating_sub(base)).unwrap_or(usize::MAX);
        if from < at {
            self.count(&window[from..at]);
            self.counted = base + at as u64;
        }
        self.here
    }

    fn count(&mut self, bytes: &[u8]) {
        match self.form {
            TextForm::Bytes => {
                self.here.offset += bytes.len() as u64;
                match memchr::memrchr(b'\n', bytes) {
                    Some(last) => {
                        self.here.line += memchr::memchr_iter(b'\n', bytes).count() as u64;
                        self.here.column = (bytes.len() - last) as u64;
                    }
                    None => self.here.column += bytes.len() as u64,
                }
            }
            TextForm::Wide(order) => {
                let units = bytes.chunks_exact(2).map(|pair| wide_unit(order, pair));
                for unit in units {
                    let length = utf8_length(unit);
                    self.here.offset += length;
                    self.here.column += length;
                    if unit == u16::from(b'\n') {
                        self.here.line += 1;
                        self.here.column = 1;
                    }
                }
            }
        }
    }
}

/// Two bytes as a unit of UTF-16.
pub(super) fn wide_unit(order: Encoding, pair: &[u8]) -> u16 {
    let pair = [pair[0], pair[1]];
    if order == Encoding::Utf16Be {
        u16::from_be_bytes(pair)
    } else {
        u16::from_le_bytes(pair)
    }
}

/// Bytes of UTF-8 that a unit comes to; the halves of a surrogate pair have two each.
fn utf8_length(unit: u16) -> u64 {
    match unit {
        0..=0x7f => 1,
        0x80..=0x7ff | 0xd800..=0xdfff => 2,
        _ => 3,
    }
}

/// The line around `run` in `window`, without its end, at most `reach` bytes on either side of
/// the run.
pub(super) fn line_around(
    window: &[u8],
    form: TextForm,
    run: &Range<usize>,
    reach: usize,
) -> Range<usize> {
    let (from, to) = (
        run.start.saturating_sub(reach),
        window.len().min(run.end + reach),
    );
    match form {
        TextForm::Bytes => {
            let start = memchr::memrchr2(b'\n', b'\r', &window[from..run.start])
                .map_or(from, |at| from + at + 1);
            let end = memchr::memchr2(b'\n', b'\r', &window[run.start..to])
                .map_or(to, |at| run.start + at);
            start..end
        }
        TextForm::Wide(order) => {
            // In a binary a zero ends a string.
            let is_end = |pair: &[u8]| matches!(wide_unit(order, pair), 0 | 0x0a | 0x0d | 0xfeff);
            let behind = window[from..run.start]
                .rchunks_exact(2)
                .take_while(|pair| !is_end(pair))
                .count();
            let ahead = window[run.start..to]
                .chunks_exact(2)
                .take_while(|pair| !is_end(pair))
                .count();
            run.start - 2 * behind..run.start + 2 * ahead
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], at: usize, (offset, line, column): (u64, u64, u64)) {
        let expected = Position {
            offset,
            line,
            column,
        };
        assert_eq!(Locator::new(bytes).locate(bytes, 0, at), expected);
        // The same when asked for every byte before.
        let mut locator = Locator::new(bytes);
        for before in 0..at {
            if locator.form() == TextForm::Bytes || before % 2 == 0 {
                locator.locate(bytes, 0, before);
            }
        }
        assert_eq!(locator.locate(bytes, 0, at), expected);
    }

    #[test]
    fn counts_lines_and_bytes() {
        check(b"abc", 2, (2, 1, 3));
        check(b"a\nb\ncd", 5, (5, 3, 2));
        check("ä\r\nöx".as_bytes(), 6, (6, 2, 3));
    }

    #[test]
    fn counts_in_the_text_of_utf16() {
        for order in [Encoding::Utf16Le, Encoding::Utf16Be] {
            let encode = |text: &str| -> Vec<u8> {
                text.encode_utf16()
                    .flat_map(|unit| {
                        if order == Encoding::Utf16Be {
                            unit.to_be_bytes()
                        } else {
                            unit.to_le_bytes()
                        }
                    })
                    .collect()
            };
            check(&encode("\u{feff}one\r\ntwo € token"), 2 * 12, (13, 2, 9));
            check(&encode("first line\nsecond one"), 2 * 11, (11, 2, 1));
            check(&encode("\u{feff}😀\nx"), 2 * 4, (5, 2, 1));
        }
    }

    #[test]
    fn knows_utf16_without_a_mark() {
        assert_eq!(
            TextForm::of(b"k\0e\0y\0=\0v\0a\0l\0u\0e\0"),
            TextForm::Wide(Encoding::Utf16Le)
        );
        assert_eq!(
            TextForm::of(b"\0k\0e\0y\0=\0v\0a\0l\0u"),
            TextForm::Wide(Encoding::Utf16Be)
        );
        assert_eq!(TextForm::of(&[0; 64]), TextForm::Bytes);
        assert_eq!(
            TextForm::of(b"\x01\0\x02\0\x03\0\x04\0\x05\0\x06\0\x07\0\x08\0"),
            TextForm::Bytes
        );
        assert_eq!(TextForm::of(b"plain text of some length"), TextForm::Bytes);
    }
}
