//! The sink of one thread: a detector, a ledger and the way to triage.

use std::collections::BTreeSet;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use super::Progress;
use super::history::Pending;
use crate::detect::Detector;
use crate::model::{
    BytePath, Candidate, Coverage, Exposure, Origin, Outcome, Outside, Problem, Secret, Sink,
    SourceKind, Unit, Version,
};

/// Progress within one large stream is told this often.
const TELL_BYTES: u64 = 8 << 20;

/// What a worker tells triage. Files without findings send nothing.
pub(super) enum Event {
    /// Something that a rule takes for a token, and where.
    Sighting(Origin, Box<Candidate>),
    /// A sighting in a repository whose place is known now.
    Placed(Origin, Box<Candidate>),
    /// Where a token can be had.
    Exposure(Secret, Exposure),
    /// Organisations that the remotes of a repository name in which a token stands.
    Remotes(Secret, BTreeSet<String>),
    /// Asks for the sightings whose place is not known.
    HandOver(SyncSender<Pending>),
    /// Something that was not read.
    Problem(Problem),
}

/// What the workers of a run share.
pub(super) struct Shared {
    /// Set by whoever wants the run to end.
    pub(super) stop: Arc<AtomicBool>,
    /// Told per file at most, and per [`TELL_BYTES`].
    pub(super) progress: Arc<Progress>,
    /// Each worker adds its own when it ends.
    pub(super) totals: Mutex<Totals>,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// The ledger.
    pub(super) coverage: Coverage,
    /// Bytes scanned, unpacked.
    pub(super) bytes: u64,
}

/// The sink of one thread.
pub(super) struct Worker {
    detector: Detector,
    /// Of the stream under way; its buffer is reused.
    origin: Origin,
    way: Way,
    totals: Totals,
    /// Bytes of which `progress` was not told yet.
    untold: u64,
    /// The same of objects.
    objects: u64,
}

/// The way out of a worker, apart from it so that the detector can be borrowed beside it.
struct Way {
    sender: SyncSender<Event>,
    shared: Arc<Shared>,
    /// Whether triage is gone.
    closed: bool,
}

impl Way {
    fn send(&mut self, event: Event) {
        self.closed |= self.sender.send(event).is_err();
    }

    fn sighting(&mut self, origin: &Origin, candidate: Candidate) {
        self.send(Event::Sighting(origin.clone(), Box::new(candidate)));
    }
}

impl Worker {
    /// A worker with a detector of its own.
    pub(super) fn new(detector: Detector, sender: SyncSender<Event>, shared: Arc<Shared>) -> Self {
        Self {
            detector,
            origin: Origin::new(SourceKind::File, BytePath::default()),
            way: Way {
                sender,
                shared,
                closed: false,
            },
            totals: Totals::default(),
            untold: 0,
            objects: 0,
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        self.totals.bytes += bytes.len() as u64;
        self.untold += bytes.len() as u64;
        if self.untold >= TELL_BYTES {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let untold = mem::take(&mut self.untold);
        self.way
            .shared
            .progress
            .bytes
            .fetch_add(untold, Ordering::Relaxed);
        let objects = mem::take(&mut self.objects);
        self.way
            .shared
            .progress
            .objects
            .fetch_add(objects, Ordering::Relaxed);
    }
}

impl Sink for Worker {
    fn begin(&mut self, origin: &Origin) {
        self.origin.source = origin.source;
        self.origin.path.0.clone_from(&origin.path.0);
        self.origin.git.clone_from(&origin.git);
        self.detector.begin();
    }

    fn chunk(&mut self, bytes: &[u8]) {
        self.read(bytes);
        let Self {
            detector,
            origin,
            way,
            ..
        } = self;
        detector.chunk(bytes, &mut |candidate| way.sighting(origin, candidate));
    }

    fn end(&mut self) {
        let Self {
            detector,
            origin,
            way,
            ..
        } = self;
        detector.end(&mut |candidate| way.sighting(origin, candidate));
    }

    fn whole(&mut self, origin: &Origin, bytes: &[u8]) {
        self.read(bytes);
        let Self { detector, way, .. } = self;
        detector.whole(bytes, &mut |candidate| way.sighting(origin, candidate));
    }

    fn version(&mut self, origin: &Origin, version: Version<'_>) -> bool {
        self.read(version.bytes);
        let Self { detector, way, .. } = self;
        detector.version(version, &mut |candidate| way.sighting(origin, candidate))
    }

    fn name(&mut self, origin: &Origin, name: &[u8]) {
        let Self { detector, way, .. } = self;
        detector.name(name, &mut |candidate| way.sighting(origin, candidate));
    }

    fn problem(&mut self, problem: Problem) {
        self.way.send(Event::Problem(problem));
    }

    fn count(&mut self, unit: Unit, outcome: Outcome) {
        self.totals.coverage.tally_mut(unit).add(outcome);
        self.objects += u64::from(matches!(unit, Unit::Object(_)));
        if (unit, outcome) == (Unit::File, Outcome::Scanned) {
            self.tell();
            self.way
                .shared
                .progress
                .files
                .fetch_add(1, Ordering::Relaxed);
        }
    }

    fn shortest_name(&self) -> usize {
        self.detector.shortest()
    }

    fn outside(&mut self, outside: &Outside) {
        self.totals.coverage.outside.merge(outside);
    }

    fn stopped(&self) -> bool {
        self.way.closed || self.way.shared.stop.load(Ordering::Relaxed)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.tell();
        let mut totals = self
            .way
            .shared
            .totals
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        totals.coverage.merge(&self.totals.coverage);
        totals.bytes += self.totals.bytes;
    }
}
