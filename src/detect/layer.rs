//! A text and the layers around it: which encodings it came out of, and where its bytes stood.

use std::ops::Range;

use super::decode::quoted_printable::Pieces;
use super::decode::{base64, hex};
use super::run::Run;
use crate::model::Encoding;

/// The most encodings that are opened around a token.
pub(super) const MAX_DEPTH: usize = 4;
/// The most bytes of input that a candidate spans, its encodings and wraps included.
pub(super) const MAX_SPAN: usize = 64 << 10;

/// Bytes to search: the input itself, or what came out of an encoding in another layer.
pub(super) struct Layer<'a> {
    /// The bytes.
    pub(super) bytes: &'a [u8],
    /// How many decoded bytes stood before them since the start of their run; tells how UTF-16
    /// in them is aligned.
    pub(super) lead: usize,
    opened: Option<Opened<'a>>,
}

/// How a layer came out of its parent.
struct Opened<'a> {
    parent: &'a Layer<'a>,
    encodings: &'static [Encoding],
    map: Map<'a>,
}

/// Leads from an offset in a layer to one in its parent.
pub(super) enum Map<'a> {
    /// The layer starts at the character `start` of the run's text; four characters to three
    /// bytes.
    Base64 {
        /// The run in the parent.
        run: &'a Run<'a>,
        /// Where its first group starts in the run's text.
        start: usize,
    },
    /// Two characters of the run's text to a byte.
    Hex {
        /// The run in the parent.
        run: &'a Run<'a>,
        /// Where its first pair starts in the run's text.
        start: usize,
    },
    /// Two bytes to a character.
    Wide {
        /// Where the low byte of the first character stands.
        first: usize,
        /// 1 where its high byte stands before it.
        high_before: usize,
    },
    /// One byte from one or three.
    QuotedPrintable {
        /// Where its bytes stood.
        pieces: &'a Pieces,
    },
    /// Nothing leads back into a compressed stream but the whole of it.
    Gzip {
        /// The stream's encoded run.
        raw: Range<usize>,
    },
}

/// Where something stands in a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The very bytes that hold it.
    pub(super) exact: Range<usize>,
    /// The whole encoded run around them; the same where it stands plainly.
    pub(super) run: Range<usize>,
}

impl<'a> Layer<'a> {
    /// The input.
    pub(super) fn input(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            lead: 0,
            opened: None,
        }
    }

    /// What came out of `encodings` (outermost first) in this layer.
    pub(super) fn open(
        &'a self,
        bytes: &'a [u8],
        lead: usize,
        encodings: &'static [Encoding],
        map: Map<'a>,
    ) -> Self {
        Layer {
            bytes,
            lead,
            opened: Some(Opened {
                parent: self,
                encodings,
                map,
            }),
        }
    }

    /// The encodings around this layer, outermost first.
    pub(super) fn encodings(&self) -> Vec<Encoding> {
        self.opened.as_ref().map_or_else(Vec::new, |opened| {
            let mut encodings = opened.parent.encodings();
            encodings.extend(opened.encodings);
            encodings
        })
    }

    /// How many encodings there are around this layer.
    pub(super) fn depth(&self) -> usize {
        self.opened
            .as_ref()
            .map_or(0, |o| o.parent.depth() + o.encodings.len())
    }

    /// The parent, and where `span` of this layer stands there; `None` for the input.
    pub(super) fn outward(&self, span: &Span) -> Option<(&'a Layer<'a>, Span)> {
        let Opened { parent, map, .. } = self.opened.as_ref()?;
        let span = match map {
            Map::Base64 { run, start } => {
                // Whole groups: without its first character none can be decoded.
                let exact = start + span.exact.start / 3 * 4
                    ..(start + (span.exact.end * 4).div_ceil(3)).min(run.text.len());
                let group = start + span.exact.start / 3 * 4;
                encoded(
                    parent.bytes,
                    run,
                    exact,
                    group,
                    base64::run_start(&run.text, group),
                    4,
                )
            }
            Map::Hex { run, start } => {
                let exact = start + span.exact.start * 2..start + span.exact.end * 2;
                let pair = exact.start;
                encoded(
                    parent.bytes,
                    run,
                    exact,
                    pair,
                    hex::run_start(&run.text, pair),
                    2,
                )
            }
            Map::Wide { first, high_before } => {
                // At the ends a character may lack its high byte.
                let raw = |span: &Range<usize>| {
                    (first + 2 * span.start).saturating_sub(*high_before)
                        ..(first + 2 * span.end - high_before).min(parent.bytes.len())
                };
                Span {
                    exact: raw(&span.exact),
                    run: raw(&span.run),
                }
            }
            Map::QuotedPrintable { pieces } => {
                let raw = |span: &Range<usize>| {
                    pieces.raw_offset(span.start)..pieces.raw_offset(span.end - 1) + 1
                };
                Span {
                    exact: raw(&span.exact),
                    run: raw(&span.run),
                }
            }
            Map::Gzip { raw } => Span {
                exact: raw.clone(),
                run: raw.clone(),
            },
        };
        Some((parent, span))
    }
}

/// The span in `layer` of the characters `exact` of a run's text, given the first character
/// `start` that can belong to their encoded run, which consists of groups of `unit` characters,
/// one of them at `group`.
fn encoded(
    layer: &[u8],
    run: &Run<'_>,
    exact: Range<usize>,
    group: usize,
    start: usize,
    unit: usize,
) -> Span {
    let raw = run.raw_span(exact);
    let start = start.max(run.start_before(layer, group));
    let glued = if start == 0 {
        glued_escape(layer, run.raw.start, &run.text)
    } else {
        0
    };
    let start = start + glued;
    let first = if start <= group {
        start + (group - start) % unit
    } else {
        group
    };
    let end = run.end_behind(layer, raw.end);
    let start = run.raw_offset(first);
    if raw.end - start <= MAX_SPAN {
        Span {
            run: start..end,
            exact: raw,
        }
    } else {
        Span {
            run: run.raw_offset(group)..end,
            exact: raw,
        }
    }
}

/// How many characters at the start of a run belong to an escape that stands before it: the `n`
/// of `\n`, the `3A` of `%3A`, the `u0022` of `\u0022`.
fn glued_escape(layer: &[u8], start: usize, text: &[u8]) -> usize {
    let hex_digits = |from: usize, count: usize| {
        text.get(from..from + count)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    match (layer[..start].last(), text.first()) {
        (Some(b'%'), _) if hex_digits(0, 2) => 2,
        (Some(b'\\'), Some(b'u')) if hex_digits(1, 4) => 5,
        (Some(b'\\'), Some(b'x')) if hex_digits(1, 2) => 3,
        (Some(b'\\'), Some(b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'e' | b'a')) => 1,
        _ => 0,
    }
}
