//! Takes every token that was found out of every string that leaves.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use data_encoding::{BASE64, HEXLOWER};

use crate::model::{Excerpt, Report, Secret};

/// What stands for an encoded run.
const MASK: &str = "…";

/// How much of a form is searched, from its start. Where that stands, the whole form or the whole
/// run around it goes, so more would only cost memory: a token has 28 forms.
const WINDOW: usize = 12;

/// The shortest encoded form that is searched. A shorter one would be met by chance, and stands
/// for fewer than five bytes.
const MIN_ENCODED: usize = 6;

/// Knows every form of every token of one report.
#[derive(Debug)]
pub struct Redactor {
    /// `None` where nothing is redacted.
    automaton: Option<AhoCorasick>,
    /// What each pattern of the automaton stands for.
    forms: Vec<Vec<Form>>,
}

/// What a slash is in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slash {
    /// It ends an encoded run: the string is a path.
    Separates,
    /// It belongs to the base64 around it.
    Belongs,
}

/// What is masked where a pattern stands.
#[derive(Debug)]
enum Form {
    /// The token itself. Cut short it still goes while half of it is left; `shown` stands for all
    /// of it.
    Token { bytes: Secret, shown: String },
    /// These bytes, only as a whole: the start of a run in a name may be as common as a folder.
    Run(Secret),
    /// The run of base64 around it.
    Base64,
    /// The run of hexadecimal digits around it.
    Hex,
}

/// What to mask, and what to write instead.
type Span = (Range<usize>, String);

impl Redactor {
    /// Takes out every token in `report`, and every encoded run that stands in a name.
    pub fn new(report: &Report) -> Self {
        let tokens = report.findings.iter().map(|finding| &finding.secret);
        Self::of(tokens, &report.name_runs)
    }

    /// Takes out `tokens`, and `runs` that hold tokens in an encoding.
    pub fn of<'s>(
        tokens: impl IntoIterator<Item = &'s Secret>,
        runs: impl IntoIterator<Item = &'s Secret>,
    ) -> Self {
        let mut forms = Forms::default();
        for token in tokens {
            forms.add_token(token);
        }
        for run in runs {
            forms.add_whole(run.expose(), Form::Run(run.clone()));
        }
        forms.build()
    }

    /// Takes out nothing.
    pub fn disabled() -> Self {
        Self {
            automaton: None,
            forms: Vec::new(),
        }
    }

    /// `text` without any token.
    pub fn redact<'t>(&self, text: &'t str, slash: Slash) -> Cow<'t, str> {
        match self.spans(text.as_bytes(), slash) {
            spans if spans.is_empty() => Cow::Borrowed(text),
            spans => {
                let bytes = replace(text.as_bytes(), &spans);
                Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }

    /// `excerpt` without any token. The detector has redacted it of the tokens on its line; this
    /// takes out those that were found elsewhere only.
    pub fn redact_excerpt(&self, excerpt: &Excerpt) -> Excerpt {
        let spans = self.spans(excerpt.text.as_bytes(), Slash::Belongs);
        if spans.is_empty() {
            return excerpt.clone();
        }
        let text = excerpt.text.as_bytes();
        // The characters that are written for all before `offset`, a mask around it included.
        let moved = |offset: usize| {
            let started = spans.partition_point(|(span, _)| span.start < offset);
            let before = &spans[..started];
            let end = before
                .last()
                .map_or(offset, |(span, _)| offset.max(span.end));
            let written = replace(&text[..end], before);
            String::from_utf8_lossy(&written).chars().count()
        };
        let start = byte_offset(&excerpt.text, excerpt.span.0);
        let end = byte_offset(&excerpt.text, excerpt.span.1);
        // What starts inside a mask now starts with the last character of the mask.
        let is_masked = spans
            .iter()
            .any(|(span, _)| span.start < start && start < span.end);
        let start = moved(start) - usize::from(is_masked);
        Excerpt {
            text: String::from_utf8_lossy(&replace(text, &spans)).into_owned(),
            span: (start, moved(end).max(start)),
        }
    }

    /// `bytes` without any token.
    pub fn redact_bytes<'t>(&self, bytes: &'t [u8], slash: Slash) -> Cow<'t, [u8]> {
        match self.spans(bytes, slash) {
            spans if spans.is_empty() => Cow::Borrowed(bytes),
            spans => Cow::Owned(replace(bytes, &spans)),
        }
    }

    /// Disjoint, in order.
    fn spans(&self, text: &[u8], slash: Slash) -> Vec<Span> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let mut spans: Vec<Span> = automaton
            .find_overlapping_iter(&text.to_ascii_lowercase())
            .flat_map(|hit| {
                self.forms[hit.pattern()]
                    .iter()
                    .map(move |form| (form, hit.range()))
            })
            .filter_map(|(form, hit)| form.span(text, hit, slash))
            .collect();
        // The longest first among those that start together, and what names the token before `…`.
        spans.sort_by(|(a, shown_a), (b, shown_b)| {
            (a.start, b.end, shown_a == MASK).cmp(&(b.start, a.end, shown_b == MASK))
        });
        spans.into_iter().fold(Vec::new(), merge)
    }
}

impl Form {
    /// What to mask where the start of this form stands at `hit`.
    fn span(&self, text: &[u8], hit: Range<usize>, slash: Slash) -> Option<Span> {
        let span = match self {
            Self::Token { bytes, shown } => {
                let (agree, all) = (agreement(&text[hit.start..], bytes), bytes.expose().len());
                if agree < all / 2 {
                    return None;
                }
                let shown = if agree == all {
                    shown.clone()
                } else {
                    MASK.to_owned()
                };
                return Some((hit.start..hit.start + agree, shown));
            }
            Self::Run(bytes) => {
                let agree = agreement(&text[hit.start..], bytes);
                if agree < bytes.expose().len() {
                    return None;
                }
                hit.start..hit.start + agree
            }
            Self::Base64 => {
                let in_run = |&byte: &u8| {
                    byte.is_ascii_alphanumeric()
                        || matches!(byte, b'+' | b'-' | b'_')
                        || (byte == b'/' && slash == Slash::Belongs)
                };
                let run = extend(text, hit, in_run);
                let padding = text[run.end..]
                    .iter()
                    .take_while(|&&byte| byte == b'=')
                    .count();
                run.start..run.end + padding
            }
            Self::Hex => extend(text, hit, u8::is_ascii_hexdigit),
        };
        Some((span, MASK.to_owned()))
    }
}

/// Patterns while they are gathered, in lower case, as texts are when they are searched. That covers
/// hex of either case, and costs nothing else: nobody needs the token in capitals.
#[derive(Default)]
struct Forms(BTreeMap<Secret, Vec<Form>>);

impl Forms {
    fn add_token(&mut self, secret: &Secret) {
        let plain = secret.expose();
        // Without the zero that would tell little-endian from big-endian, it stands in both.
        let mut utf16: Vec<u8> = plain.iter().flat_map(|&byte| [byte, 0]).collect();
        utf16.pop();
        for (layer, shown) in [(plain, secret.redacted()), (&utf16, MASK.to_owned())] {
            self.add_encoded(HEXLOWER.encode(layer).as_bytes(), || Form::Hex);
            for inner in base64_forms(layer) {
                for outer in base64_forms(&inner) {
                    self.add_encoded(&outer, || Form::Base64);
                }
                self.add_encoded(&inner, || Form::Base64);
            }
            let bytes = Secret::new(layer);
            self.add_whole(layer, Form::Token { bytes, shown });
        }
    }

    fn add_whole(&mut self, bytes: &[u8], form: Form) {
        if bytes.is_empty() {
            return;
        }
        let pattern = bytes[..bytes.len().min(WINDOW)].to_ascii_lowercase();
        self.0.entry(Secret::new(&pattern)).or_default().push(form);
    }

    fn add_encoded(&mut self, encoded: &[u8], form: fn() -> Form) {
        if encoded.len() < MIN_ENCODED {
            return;
        }
        let pattern = encoded[..encoded.len().min(WINDOW)].to_ascii_lowercase();
        let url_safe = pattern.iter().map(|&byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            byte => byte,
        });
        for pattern in [url_safe.collect(), pattern] {
            let forms = self.0.entry(Secret::new(&pattern)).or_default();
            if !forms.iter().any(|known| known.is_same_run(&form())) {
                forms.push(form());
            }
        }
    }

    fn build(self) -> Redactor {
        if self.0.is_empty() {
            return Redactor::disabled();
        }
        let automaton = AhoCorasick::new(self.0.keys().map(Secret::expose))
            .expect("336 states a token overflow the automaton only past six million tokens");
        Redactor {
            automaton: Some(automaton),
            forms: self.0.into_values().collect(),
        }
    }
}

impl Form {
    fn is_same_run(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Base64, Self::Base64) | (Self::Hex, Self::Hex)
        )
    }
}

/// The characters of base64 that `bytes` alone determine, for each of the three ways in which they
/// can be aligned to groups of three bytes.
fn base64_forms(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3).map(move |before: usize| {
        let mut padded = vec![0; before];
        padded.extend_from_slice(bytes);
        // Zeros after it, so that its last whole character is not at the mercy of padding.
        padded.extend_from_slice(&[0; 3]);
        let encoded = BASE64.encode(&padded).into_bytes();
        let first = (before * 8).div_ceil(6);
        let last = (before + bytes.len()) * 8 / 6;
        encoded[first..last.max(first)].to_vec()
    })
}

/// Where this character starts; the end of `text` if it has none such.
fn byte_offset(text: &str, character: usize) -> usize {
    text.char_indices()
        .nth(character)
        .map_or(text.len(), |(offset, _)| offset)
}

/// How many bytes at the start of `text` are those of `bytes`, but for case.
fn agreement(text: &[u8], bytes: &Secret) -> usize {
    text.iter()
        .zip(bytes.expose())
        .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
        .count()
}

/// `hit` and what belongs to its run on either side.
fn extend(text: &[u8], hit: Range<usize>, in_run: impl Fn(&u8) -> bool) -> Range<usize> {
    let before = text[..hit.start]
        .iter()
        .rev()
        .take_while(|byte| in_run(byte))
        .count();
    let after = text[hit.end..]
        .iter()
        .take_while(|byte| in_run(byte))
        .count();
    hit.start - before..hit.end + after
}

/// Adds `span` to disjoint ones before it.
fn merge(mut spans: Vec<Span>, span: Span) -> Vec<Span> {
    match spans.last_mut() {
        Some((last, shown)) if span.0.start < last.end => {
            if span.0.end > last.end {
                last.end = span.0.end;
                MASK.clone_into(shown);
            }
        }
        _ => spans.push(span),
    }
    spans
}

fn replace(text: &[u8], spans: &[Span]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut copied = 0;
    for (span, shown) in spans {
        replaced.extend_from_slice(&text[copied..span.start]);
        replaced.extend_from_slice(shown.as_bytes());
        copied = span.end;
    }
    replaced.extend_from_slice(&text[copied..]);
    replaced
}
