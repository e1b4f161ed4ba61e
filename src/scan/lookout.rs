//! Looks for tokens of which the ids are known, in streams that are given one at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::detect::{self, Detector};
use crate::model::{
    BytePath, Candidate, Finding, FindingId, Origin, Outcome, Outside, Problem, Proof, Secret,
    Sink, SourceKind, Summary, Unit,
};
use crate::rules::RuleSet;
use crate::token::Salt;
use crate::triage::{Interrupted, Triage};

/// Keeps the tokens that are wanted and proven by their checksum; all else is forgotten at once.
pub struct Lookout<'l> {
    wanted: &'l BTreeSet<FindingId>,
    stop: &'l AtomicBool,
    detector: Detector,
    found: Mutex<Found>,
}

struct Found {
    secrets: BTreeMap<FindingId, Secret>,
    triage: Triage,
}

impl<'l> Lookout<'l> {
    /// For the tokens `wanted`, until `stop` is set.
    pub fn new(wanted: &'l BTreeSet<FindingId>, stop: &'l AtomicBool) -> Self {
        Self {
            wanted,
            stop,
            // No built-in rule salts an id.
            detector: Detector::new(&RuleSet::builtin(), Salt([0; 16])),
            found: Mutex::new(Found {
                secrets: BTreeMap::new(),
                triage: Triage::new(NonZeroUsize::MIN),
            }),
        }
    }

    /// A sink for one thread.
    pub fn sink(&self) -> Box<dyn Sink + Send + '_> {
        Box::new(Watch {
            lookout: self,
            detector: self.detector.another(),
            origin: Origin::new(SourceKind::File, BytePath::default()),
        })
    }

    /// Whether this token was found.
    pub fn has(&self, id: &FindingId) -> bool {
        self.found().secrets.contains_key(id)
    }

    /// Names the organisations in the URLs `remotes` with a token that was found.
    pub fn name_remotes(&self, id: &FindingId, remotes: &[Vec<u8>]) {
        let found = &mut *self.found();
        if let Some(secret) = found.secrets.get(id) {
            let organizations = remotes.iter().flat_map(|it| detect::organizations_in(it));
            found.triage.remote_clues(secret, organizations);
        }
    }

    /// What was found, with the organisations that were named there.
    pub fn finish(self) -> Vec<Finding> {
        let found = self.found.into_inner();
        let triage = found.unwrap_or_else(PoisonError::into_inner).triage;
        let report = triage.finish(Vec::new(), Summary::default(), Interrupted::No);
        report.findings
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, origin: &Origin, candidate: Candidate) {
        if candidate.proof == Proof::Checksum && self.wanted.contains(&candidate.id) {
            let found = &mut *self.found();
            let (id, secret) = (candidate.id.clone(), candidate.secret.clone());
            found.secrets.insert(id, secret);
            found.triage.add(origin.clone(), candidate);
        }
    }
}

/// The sink of one thread.
struct Watch<'w> {
    lookout: &'w Lookout<'w>,
    detector: Detector,
    /// Of the stream under way.
    origin: Origin,
}

impl Sink for Watch<'_> {
    fn begin(&mut self, origin: &Origin) {
        self.origin.clone_from(origin);
        self.detector.begin();
    }

    fn chunk(&mut self, bytes: &[u8]) {
        let Self {
            lookout,
            detector,
            origin,
        } = self;
        detector.chunk(bytes, &mut |candidate| lookout.see(origin, candidate));
    }

    fn end(&mut self) {
        let Self {
            lookout,
            detector,
            origin,
        } = self;
        detector.end(&mut |candidate| lookout.see(origin, candidate));
    }

    fn whole(&mut self, origin: &Origin, bytes: &[u8]) {
        let Self {
            lookout, detector, ..
        } = self;
        detector.whole(bytes, &mut |candidate| lookout.see(origin, candidate));
    }

    fn name(&mut self, origin: &Origin, name: &[u8]) {
        let Self {
            lookout, detector, ..
        } = self;
        detector.name(name, &mut |candidate| lookout.see(origin, candidate));
    }

    fn shortest_name(&self) -> usize {
        self.detector.shortest()
    }

    // What is not read holds no token, and that is said of each of them.
    fn problem(&mut self, _: Problem) {}

    fn count(&mut self, _: Unit, _: Outcome) {}

    fn outside(&mut self, _: &Outside) {}

    fn stopped(&self) -> bool {
        self.lookout.stop.load(Ordering::Relaxed)
    }
}
