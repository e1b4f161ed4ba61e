//! Searches one layer after the other: tokens that stand plainly, and encodings that may hold
//! more.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::ops::Range;

use super::context::{self, Reading};
use super::decode::wide::{self, Stretch};
use super::decode::{base64, gzip, hex, quoted_printable};
use super::layer::{Layer, MAX_DEPTH, MAX_SPAN, Map, Span};
use super::locate::TextForm;
use super::plain;
use super::plan::{Match, Plan};
use super::prefilter::{self, Wide};
use super::run::Run;
use crate::model::{Clue, Encoding, Evidence, Secret};
use crate::token::cask;

/// The shortest run that can hold a legacy token in base64.
const MIN_BASE64: usize = 70;
/// The shortest run that can hold one in hex.
const MIN_HEX: usize = 104;
/// How many organisations are named at most by what stands nearby.
const MAX_NEARBY: usize = 5;
/// How far an encoded run may go on behind its token and still be taken whole for the context.
const MAX_TAIL: usize = 32 << 10;

/// A token, found in the input.
pub(super) struct Hit {
    /// What it is.
    pub(super) what: Match,
    /// The token.
    pub(super) secret: Secret,
    /// Where it stands in the input.
    pub(super) span: Span,
    /// The encodings around it, outermost first.
    pub(super) encodings: Vec<Encoding>,
    /// Organisations named with it; empty for a hit outside the part of the input that is asked
    /// for, which is only wanted for redacting what stands beside another.
    pub(super) organizations: Vec<Clue>,
}

/// A part of the input, with a margin on either side.
pub(super) struct Window<'w> {
    /// The bytes, margins included; they start at an even offset of the input.
    pub(super) shown: &'w [u8],
    /// Tokens are looked for of which the first byte stands here.
    pub(super) scan: Range<usize>,
    /// Organisations are read for those of which it stands here.
    pub(super) owned: Range<usize>,
    /// What the input is.
    pub(super) form: TextForm,
}

/// The search of one window of input.
pub(super) struct Search<'s> {
    plan: &'s Plan,
    form: TextForm,
    owned: Range<usize>,
    hits: Vec<Hit>,
    /// For each token found, in its usual length, by the start of the bytes of the input that hold
    /// it: their end, and the index of the hit.
    seen: HashMap<Vec<u8>, BTreeMap<usize, (usize, usize)>>,
    /// Whether there was nothing that may be a token so far.
    is_clean: bool,
    spare: Vec<Vec<u8>>,
}

impl<'s> Search<'s> {
    /// Searches `window`, in buffers of `spare`, which are given back.
    pub(super) fn run(
        plan: &'s Plan,
        window: &Window<'_>,
        spare: Vec<Vec<u8>>,
    ) -> (Vec<Hit>, Vec<Vec<u8>>) {
        let mut search = Self::new(plan, window.form, window.owned.clone(), spare);
        search.layer(&Layer::input(window.shown), window.scan.clone());
        search.hits.sort_by(|a, b| {
            let key = |hit: &Hit| (hit.span.exact.start, hit.span.exact.end);
            key(a)
                .cmp(&key(b))
                .then_with(|| a.secret.expose().cmp(b.secret.expose()))
        });
        (search.hits, search.spare)
    }

    /// Whether `bytes` hold neither a token, nor a zero or a soft break, which would make more of
    /// them of one piece. They are searched in buffers of `spare`; users' rules are left out.
    pub(super) fn finds_nothing(plan: &'s Plan, bytes: &[u8], spare: &mut Vec<Vec<u8>>) -> bool {
        if memchr::memchr(0, bytes).is_some() || quoted_printable::has_soft_break(bytes) {
            return false;
        }
        let Some(run) = prefilter::next_run(bytes, 0) else {
            return true;
        };
        let mut search = Self::new(plan, TextForm::Bytes, 0..0, mem::take(spare));
        // Without a zero there is no UTF-16, and gzip is not looked for in the input itself.
        search.runs(&Layer::input(bytes), &(run.start..bytes.len()));
        *spare = search.spare;
        search.is_clean
    }

    fn new(plan: &'s Plan, form: TextForm, owned: Range<usize>, spare: Vec<Vec<u8>>) -> Self {
        Self {
            plan,
            form,
            owned,
            hits: Vec::new(),
            seen: HashMap::new(),
            is_clean: true,
            spare,
        }
    }

    fn layer(&mut self, layer: &Layer<'_>, scan: Range<usize>) {
        self.runs(layer, &scan);
        if layer.depth() < MAX_DEPTH {
            self.wide(layer, &scan);
            self.quoted_printable(layer, &scan);
            if layer.depth() > 0 {
                self.gzip(layer);
            }
        }
        let plan = self.plan;
        plan.matches(layer.bytes, &scan, &mut |exact, what| {
            self.found(layer, exact, what);
        });
    }

    /// Searches all of what came out of an encoding.
    fn inner(&mut self, layer: &Layer<'_>) {
        self.layer(layer, 0..layer.bytes.len());
    }

    fn runs(&mut self, layer: &Layer<'_>, scan: &Range<usize>) {
        let mut from = scan.start;
        while let Some(line) = prefilter::next_run(layer.bytes, from) {
            if line.start >= scan.end {
                break;
            }
            let run = Run::join(layer.bytes, line.clone());
            from = run.raw.end.max(line.end);
            let plan = self.plan;
            plain::search(plan, layer.bytes, &run, &mut |exact, what| {
                self.found(layer, exact, what);
            });
            if run.text.len() >= MIN_BASE64 && layer.depth() < MAX_DEPTH {
                self.encoded_run(layer, &run);
            }
        }
    }

    fn encoded_run(&mut self, layer: &Layer<'_>, run: &Run<'_>) {
        let text = &run.text;
        let mut bytes = self.spare.pop().unwrap_or_default();
        for phase in 0..base64::GROUP {
            let mut from = phase;
            while let Some((span, next)) = base64::next_stretch(text, from, &mut bytes) {
                from = next;
                let map = Map::Base64 {
                    run,
                    start: span.start,
                };
                let lead = (span.start - phase) / 4 * 3;
                self.inner(&layer.open(&bytes, lead, &[Encoding::Base64], map));
            }
        }
        self.spare.push(bytes);
        if text.len() >= MIN_HEX {
            for parity in 0..2 {
                let mut from = parity;
                while let Some((span, next)) = hex::next_stretch(text, from) {
                    from = next;
                    let mut bytes = self.spare.pop().unwrap_or_default();
                    let start = span.start;
                    hex::decode(text, span, &mut bytes);
                    let map = Map::Hex { run, start };
                    self.inner(&layer.open(&bytes, start / 2, &[Encoding::Hex], map));
                    self.spare.push(bytes);
                }
            }
        }
        if layer.depth() + 2 <= MAX_DEPTH {
            self.packed_run(layer, run);
        }
    }

    /// Gzip inside the base64 or the hex of a run.
    fn packed_run(&mut self, layer: &Layer<'_>, run: &Run<'_>) {
        let mut packed = self.spare.pop().unwrap_or_default();
        for at in gzip::MAGIC_BASE64.find_iter(&run.text) {
            let run = Run::from_start(layer.bytes, run.raw_offset(at), MAX_SPAN);
            base64::decode(
                &run.text,
                0..run.text.len().min(gzip::TASTE_BASE64),
                &mut packed,
            );
            if gzip::is_plausible(&packed) {
                base64::decode(&run.text, 0..run.text.len(), &mut packed);
                self.unpack(layer, &packed, run.raw, &[Encoding::Base64, Encoding::Gzip]);
            }
        }
        let mut from = 0;
        while let Some(span) = hex::next_gzip(&run.text, from) {
            from = span.end.max(span.start + 1);
            let span = span.start..span.end.min(span.start + MAX_SPAN);
            hex::decode(&run.text, span.clone(), &mut packed);
            let raw = run.raw_span(span);
            self.unpack(layer, &packed, raw, &[Encoding::Hex, Encoding::Gzip]);
        }
        self.spare.push(packed);
    }

    /// Gzip that stands plainly in a layer.
    fn gzip(&mut self, layer: &Layer<'_>) {
        for at in memchr::memmem::find_iter(layer.bytes, gzip::MAGIC) {
            let end = layer.bytes.len().min(at + MAX_SPAN);
            self.unpack(layer, &layer.bytes[at..end], at..end, &[Encoding::Gzip]);
        }
    }

    fn unpack(
        &mut self,
        layer: &Layer<'_>,
        packed: &[u8],
        raw: Range<usize>,
        encodings: &'static [Encoding],
    ) {
        if gzip::is_plausible(packed) {
            let bytes = gzip::unpack(packed);
            self.inner(&layer.open(&bytes, 0, encodings, Map::Gzip { raw }));
        }
    }

    fn wide(&mut self, layer: &Layer<'_>, scan: &Range<usize>) {
        let mut searched = [0; 2];
        let mut from = scan.start;
        while let Some(wide) = prefilter::next_wide(layer.bytes, from) {
            let (Wide::Text(at) | Wide::Nested(at)) = wide;
            if at >= scan.end {
                break;
            }
            if let Wide::Nested(_) = wide {
                let (stretch, lead) = wide::nested_stretch(layer.bytes, at, layer.lead);
                from = stretch.narrow_end;
                if stretch.low_bytes.len() >= 2 * prefilter::MIN_RUN {
                    self.open_wide(layer, &stretch, stretch.byte_order, lead);
                }
                continue;
            }
            if at < searched[at % 2] {
                // Without a look at the whole stretch, which foreign characters may break often.
                from = wide::narrow_end(layer.bytes, at);
                continue;
            }
            let stretch = wide::stretch(layer.bytes, at, layer.lead);
            from = stretch.narrow_end;
            searched[at % 2] = stretch.low_bytes.end;
            let byte_order = self
                .byte_order_of_input(layer, at)
                .unwrap_or(stretch.byte_order);
            self.open_wide(layer, &stretch, byte_order, 0);
        }
    }

    fn open_wide(&mut self, layer: &Layer<'_>, stretch: &Stretch, order: Encoding, lead: usize) {
        let (encodings, high_before): (&'static [Encoding], _) = match order {
            Encoding::Utf16Be => (&[Encoding::Utf16Be], 1),
            _ => (&[Encoding::Utf16Le], 0),
        };
        let mut bytes = self.spare.pop().unwrap_or_default();
        wide::decode(layer.bytes, stretch, &mut bytes);
        let map = Map::Wide {
            first: stretch.low_bytes.start,
            high_before,
        };
        self.inner(&layer.open(&bytes, lead, encodings, map));
        self.spare.push(bytes);
    }

    /// The byte order of the input, if `layer` is that, and is UTF-16, and the character at `at`
    /// is aligned with it.
    fn byte_order_of_input(&self, layer: &Layer<'_>, at: usize) -> Option<Encoding> {
        let TextForm::Wide(byte_order) = self.form else {
            return None;
        };
        let aligned = usize::from(byte_order == Encoding::Utf16Be);
        (layer.depth() == 0 && at % 2 == aligned).then_some(byte_order)
    }

    fn quoted_printable(&mut self, layer: &Layer<'_>, scan: &Range<usize>) {
        let mut from = scan.start;
        while let Some(first) = quoted_printable::next_soft_break(layer.bytes, from) {
            if first >= scan.end {
                break;
            }
            let text = quoted_printable::stretch(layer.bytes, first);
            from = text.end.max(first + 1);
            let mut bytes = self.spare.pop().unwrap_or_default();
            let pieces = quoted_printable::decode(layer.bytes, text, &mut bytes);
            let map = Map::QuotedPrintable { pieces: &pieces };
            self.inner(&layer.open(&bytes, 0, &[Encoding::QuotedPrintable], map));
            self.spare.push(bytes);
        }
    }

    /// Takes note of a token at `exact` of `layer`.
    fn found(&mut self, layer: &Layer<'_>, exact: Range<usize>, what: Match) {
        self.is_clean = false;
        let secret = Secret::new(&what.secret);
        let mut span = Span {
            run: exact.clone(),
            exact,
        };
        let mut levels = vec![(layer, span.clone())];
        let mut current = layer;
        while let Some((parent, outer)) = current.outward(&span) {
            levels.push((parent, outer.clone()));
            (current, span) = (parent, outer);
        }
        if self.plan.unproven.as_ref() == Some(&what.rule) && !is_named(&levels) {
            return;
        }
        let Some(index) = self.index_of_new(secret.expose(), &span.exact) else {
            return;
        };
        let organizations = if self.owned.contains(&span.exact.start) {
            organizations(&levels)
        } else {
            Vec::new()
        };
        let hit = Hit {
            what,
            secret,
            span,
            encodings: layer.encodings(),
            organizations,
        };
        match self.hits.get_mut(index) {
            Some(shorter) => *shorter = hit,
            None => self.hits.push(hit),
        }
    }

    /// The index for a hit on this token; `None` where another overlaps it. The way with the fewest
    /// encodings is tried first: another finds a token again that a soft break does not split, or
    /// reads UTF-16 off by one byte. And a token of the long form starts with one of the usual
    /// length, whose hit it replaces where a soft break parts the rest from it.
    fn index_of_new(&mut self, secret: &[u8], exact: &Range<usize>) -> Option<usize> {
        let form = if secret.len() == cask::LONG_LEN {
            &secret[..cask::LEN]
        } else {
            secret
        };
        let places = self.seen.entry(form.to_vec()).or_default();
        let last = places.range_mut(..exact.end).next_back();
        if let Some((&start, (end, index))) = last
            && *end > exact.start
        {
            let is_shorter = self.hits[*index].secret.expose().len() < secret.len();
            if !is_shorter || start != exact.start {
                return None;
            }
            *end = exact.end;
            return Some(*index);
        }
        places.insert(exact.start, (exact.end, self.hits.len()));
        Some(self.hits.len())
    }
}

/// Whether a name in any of the layers says that a token stands there.
fn is_named(levels: &[(&Layer<'_>, Span)]) -> bool {
    levels
        .iter()
        .any(|(layer, span)| context::is_pat_context(layer.bytes, span.run.clone()))
}

/// The organisations that are named with a token, given where it stands in each layer, from the
/// innermost outwards: the first that names its own decides, else all that is near counts.
fn organizations(levels: &[(&Layer<'_>, Span)]) -> Vec<Clue> {
    let clues = |names: Vec<String>, evidence| {
        names
            .into_iter()
            .map(|organization| Clue {
                organization,
                evidence,
            })
            .collect()
    };
    let mut nearby: Vec<String> = Vec::new();
    for (layer, span) in levels {
        let end = if span.run.end - span.exact.end <= MAX_TAIL {
            span.run.end
        } else {
            span.exact.end
        };
        match context::read(layer.bytes, span.run.start..end) {
            // An entry around a text that names others may well be the text's and not the token's.
            Reading::Entry(names) if nearby.iter().all(|name| names.contains(name)) => {
                return clues(names, Evidence::Entry);
            }
            Reading::Elsewhere => return Vec::new(),
            Reading::Entry(names) | Reading::Nearby(names) => {
                for name in names {
                    if nearby.len() < MAX_NEARBY && !nearby.contains(&name) {
                        nearby.push(name);
                    }
                }
            }
        }
    }
    clues(nearby, Evidence::Nearby)
}
