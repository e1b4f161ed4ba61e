//! Finds tokens in bytes: plain, and inside every encoding that people wrap them in.
//!
//! ```text
//! input ─▶ windows ─▶ layer: prefilter ─▶ runs ─▶ tokens that stand plainly ─▶ hits
//!                       ▲                   │                                    │
//!                       └──── decode ◀──────┘        where, on which line, ◀─────┘
//!                        (up to 4 times)             which organisations
//! ```
//!
//! No I/O, no failure. The same bytes give the same candidates in the same order, however they
//! were cut into chunks: the input is searched in windows that start at fixed offsets, each with
//! a margin on either side that holds whatever decides about a token that starts in it.

mod changes;
mod context;
mod decode;
mod excerpt;
mod ignore_mark;
mod layer;
mod locate;
mod plain;
mod plan;
mod prefilter;
mod run;
mod search;
mod wrap;

use std::ops::Range;
use std::sync::Arc;

use crate::model::{Candidate, Secret, Version};
use crate::rules::RuleSet;
use crate::token::Salt;
use layer::MAX_SPAN;
use locate::{Locator, TextForm};
use plan::Plan;
use search::{Hit, Search, Window};

/// Bytes of input from the start of one window to the next. Even, as the margins are, so that a
/// window's offsets tell how UTF-16 is aligned.
const WINDOW: usize = 1 << 20;
/// What a window shows of the input before it: the longest encoded run that a token can end,
/// and as much again for the organisations around that.
const BEHIND: usize = 2 * MAX_SPAN;
/// What it shows behind it: the same, and the rest of a run behind its token.
const AHEAD: usize = 3 * MAX_SPAN;
/// How far into the margins tokens are looked for, because they may share a line with one in the
/// window and must be redacted there; and runs, because their last line may be too short to be
/// found on its own.
const BLEED: usize = 4 << 10;

/// Counts the runs that the prefilter leaves to look at, for benchmarks.
#[doc(hidden)]
pub fn prefiltered_runs(haystack: &[u8]) -> usize {
    let mut from = 0;
    std::iter::from_fn(|| {
        let run = prefilter::next_run(haystack, from)?;
        from = run.end;
        Some(run)
    })
    .count()
}

/// The organisations that `text`, such as a URL, names, in lower case.
pub fn organizations_in(text: &[u8]) -> Vec<String> {
    context::named(text)
}

/// Finds the tokens in one stream of bytes after the other.
///
/// Owns its buffers, which are reused; one per thread.
pub struct Detector {
    plan: Arc<Plan>,
    /// Bytes of the stream from `base` on.
    buffer: Vec<u8>,
    /// Where the buffer starts in the stream.
    base: u64,
    /// Where the next window starts in the stream.
    next: u64,
    locator: Option<Locator>,
    spare: Vec<Vec<u8>>,
}

impl Detector {
    /// Prepares to look for the rules that are on. `salt` makes the ids of secrets that could be
    /// guessed from a hash unlike those of any other run.
    pub fn new(rules: &RuleSet, salt: Salt) -> Self {
        Self {
            plan: Arc::new(Plan::new(rules, salt)),
            buffer: Vec::new(),
            base: 0,
            next: 0,
            locator: None,
            spare: Vec::new(),
        }
    }

    /// A detector for another thread, with buffers of its own.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            plan: Arc::clone(&self.plan),
            buffer: Vec::new(),
            base: 0,
            next: 0,
            locator: None,
            spare: Vec::new(),
        }
    }

    /// Starts a stream.
    pub fn begin(&mut self) {
        self.buffer.clear();
        self.base = 0;
        self.next = 0;
        self.locator = None;
    }

    /// Takes the next bytes of the stream, and gives what they settle.
    pub fn chunk(&mut self, mut bytes: &[u8], found: &mut dyn FnMut(Candidate)) {
        const FULL: usize = BEHIND + WINDOW + AHEAD;
        while !bytes.is_empty() {
            let wanted = (self.next - self.base) as usize + WINDOW + AHEAD - self.buffer.len();
            let (taken, rest) = bytes.split_at(bytes.len().min(wanted));
            if self.buffer.capacity() < FULL {
                self.buffer
                    .reserve(FULL.min(taken.len().max(self.buffer.len()) * 2));
            }
            self.buffer.extend_from_slice(taken);
            bytes = rest;
            if taken.len() == wanted {
                self.slide(found);
            }
        }
    }

    /// Ends the stream, and gives the rest.
    pub fn end(&mut self, found: &mut dyn FnMut(Candidate)) {
        while self.next < self.base + self.buffer.len() as u64 {
            self.slide(found);
        }
    }

    /// Searches a stream that is in memory as a whole: the same as [`Detector::begin`], one
    /// [`Detector::chunk`] and [`Detector::end`], without a copy.
    pub fn whole(&mut self, bytes: &[u8], found: &mut dyn FnMut(Candidate)) {
        let mut locator = Locator::new(bytes);
        for start in (0..bytes.len()).step_by(WINDOW) {
            let from = start.saturating_sub(BEHIND);
            let to = bytes.len().min(start + WINDOW + AHEAD);
            let window = &bytes[from..to];
            let hits = self.search(window, start - from, locator.form());
            if !hits.is_empty() {
                locator.locate(bytes, 0, from);
                report(window, from as u64, start - from, hits, &locator, found);
            }
        }
    }

    /// The same as [`Detector::whole`] of its bytes, which are only searched around its changes
    /// where those tell enough. Whether those of a version that is built on it may.
    pub fn version(&mut self, version: Version<'_>, found: &mut dyn FnMut(Candidate)) -> bool {
        let Version { bytes, changes } = version;
        let is_clean = bytes.len() <= WINDOW
            && !self.plan.has_patterns()
            && (changes.is_some_and(|changes| self.are_clean(bytes, changes))
                || self.is_clean(bytes));
        if !is_clean {
            self.whole(bytes, found);
        }
        is_clean
    }

    /// Whether `bytes` are clean around their changes.
    fn are_clean(&mut self, bytes: &[u8], changes: &[Range<usize>]) -> bool {
        changes::areas(bytes, changes).all(|area| self.is_clean(&bytes[area]))
    }

    fn is_clean(&mut self, bytes: &[u8]) -> bool {
        Search::finds_nothing(&self.plan, bytes, &mut self.spare)
    }

    /// Bytes of the shortest name that can hold anything that is looked for.
    pub fn shortest(&self) -> usize {
        self.plan.shortest()
    }

    /// Searches a name. Its candidates have no position and no excerpt, but the encoded run as
    /// it stands in the name.
    pub fn name(&mut self, name: &[u8], found: &mut dyn FnMut(Candidate)) {
        for hit in self.search(name, 0, TextForm::Bytes) {
            let run = Secret::new(&name[hit.span.run.clone()]);
            found(Candidate {
                name_run: Some(run),
                ..candidate(hit)
            });
        }
    }

    /// Searches the window at `next`, and lets go of what no later one shows.
    fn slide(&mut self, found: &mut dyn FnMut(Candidate)) {
        let start = (self.next - self.base) as usize;
        let locator = self.locator.take();
        let mut locator = locator.unwrap_or_else(|| Locator::new(&self.buffer));
        let buffer = std::mem::take(&mut self.buffer);
        let hits = self.search(&buffer, start, locator.form());
        report(&buffer, self.base, start, hits, &locator, found);
        self.buffer = buffer;
        self.next += WINDOW as u64;
        let gone = (start + WINDOW)
            .saturating_sub(BEHIND)
            .min(self.buffer.len());
        if gone > 0 {
            locator.locate(&self.buffer, self.base, gone);
            self.buffer.drain(..gone);
            self.base += gone as u64;
        }
        self.locator = Some(locator);
    }

    /// The hits of the window that starts at `start` of `shown`, and of a little around it.
    fn search(&mut self, shown: &[u8], start: usize, form: TextForm) -> Vec<Hit> {
        let window = Window {
            shown,
            scan: start.saturating_sub(BLEED)..shown.len().min(start + WINDOW + BLEED),
            owned: start..start + WINDOW,
            form,
        };
        let spare = std::mem::take(&mut self.spare);
        let (hits, spare) = Search::run(&self.plan, &window, spare);
        self.spare = spare;
        hits
    }
}

/// Gives the hits that start in the window at `start` of `shown`, in order.
fn report(
    shown: &[u8],
    base: u64,
    start: usize,
    hits: Vec<Hit>,
    locator: &Locator,
    found: &mut dyn FnMut(Candidate),
) {
    let owned = start..start + WINDOW;
    let excerpts: Vec<_> = hits
        .iter()
        .map(|hit| {
            owned
                .contains(&hit.span.exact.start)
                .then(|| excerpt::excerpt(shown, locator.form(), &hits, hit))
        })
        .collect();
    let mut own: Vec<_> = hits
        .into_iter()
        .zip(excerpts)
        .filter_map(|(hit, excerpt)| Some((hit, excerpt?)))
        .collect();
    own.sort_by_key(|(hit, _)| hit.span.run.start);
    let form = locator.form();
    let mut locator = locator.clone();
    for (hit, excerpt) in own {
        let position = locator.locate(shown, base, hit.span.run.start);
        found(Candidate {
            position: Some(position),
            excerpt: Some(excerpt),
            ignored: ignore_mark::of(shown, form, &hit),
            ..candidate(hit)
        });
    }
}

/// A candidate without a place.
fn candidate(hit: Hit) -> Candidate {
    Candidate {
        id: hit.what.id,
        rule: hit.what.rule,
        secret: hit.secret,
        proof: hit.what.proof,
        issued: hit.what.issued,
        expires: hit.what.expires,
        encodings: hit.encodings,
        position: None,
        organizations: hit.organizations,
        excerpt: None,
        name_run: None,
        ignored: None,
    }
}
