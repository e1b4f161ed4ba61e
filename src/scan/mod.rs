//! Joins the rooms to a run: sources push bytes into a detector per thread, one triage collects.

mod check;
mod explain;
mod worker;

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub use check::{CheckFailure, CheckOutcome, FailureCause, check};
pub use explain::{Answer, explain};

use crate::detect::Detector;
use crate::model::{BytePath, Report, Sink, Summary, TargetKind, TargetSummary};
use crate::rules::RuleSet;
use crate::sources::{self, Target, git};
use crate::token::Salt;
use crate::triage::{Interrupted, Triage};
use worker::{Event, Shared, Totals, Worker};

/// Messages under way; beyond it the workers wait for triage.
const QUEUED: usize = 1024;

/// What a run is to do. Everything is resolved: nothing below reads flags, files or environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// What to scan, already checked by [`sources::check`].
    pub targets: Vec<Target>,
    /// How to read it.
    pub sources: sources::Options,
    /// What to look for.
    pub rules: Arc<RuleSet>,
    /// What the ids of low-entropy matches are salted with.
    pub salt: Salt,
    /// How many occurrences a finding lists.
    pub max_occurrences: NonZeroUsize,
}

/// How far a run is, for whoever watches it.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    bytes: AtomicU64,
    findings: AtomicU64,
}

impl Progress {
    /// Files scanned so far.
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// Bytes scanned so far, unpacked.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Different tokens found so far.
    pub fn findings(&self) -> u64 {
        self.findings.load(Ordering::Relaxed)
    }
}

/// Scans until everything is read or `stop` is set, and reports what was found.
///
/// The report's `summary.seconds` is left 0: the clock belongs to the caller.
pub fn run(config: &Config, progress: &Arc<Progress>, stop: &Arc<AtomicBool>) -> Report {
    let (sender, receiver) = mpsc::sync_channel(QUEUED);
    let shared = Arc::new(Shared {
        stop: stop.clone(),
        progress: progress.clone(),
        totals: Mutex::default(),
    });
    let mut triage = thread::scope(|scope| {
        let collector = scope.spawn(move || collect(&receiver, config.max_occurrences, progress));
        // The sender belongs to this closure: when it and all workers are gone, triage ends.
        let worker = {
            let shared = shared.clone();
            let detector = Detector::new(&config.rules, config.salt);
            move || -> Box<dyn Sink + Send> {
                Box::new(Worker::new(
                    detector.another(),
                    sender.clone(),
                    shared.clone(),
                ))
            }
        };
        let repositories = sources::scan(&config.targets, &config.sources, &worker);
        for repository in &repositories {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let _ = git::scan(repository, &config.sources, &worker);
        }
        drop(worker);
        collector
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic))
    });
    let totals = shared.totals.lock().unwrap_or_else(PoisonError::into_inner);
    let Totals { coverage, bytes } = &*totals;
    triage.coverage(coverage);
    let summary = Summary {
        bytes: *bytes,
        files: coverage.files.scanned,
        objects: coverage.objects.values().map(|tally| tally.scanned).sum(),
        seconds: 0.0,
    };
    let targets = config.targets.iter().map(summarize).collect();
    let interrupted = if stop.load(Ordering::Relaxed) {
        Interrupted::Yes
    } else {
        Interrupted::No
    };
    triage.finish(targets, summary, interrupted)
}

fn collect(
    receiver: &Receiver<Event>,
    max_occurrences: NonZeroUsize,
    progress: &Progress,
) -> Triage {
    let mut triage = Triage::new(max_occurrences);
    for event in receiver {
        match event {
            Event::Sighting(origin, candidate) => {
                triage.add(origin, *candidate);
                progress
                    .findings
                    .store(triage.tokens() as u64, Ordering::Relaxed);
            }
            Event::Problem(problem) => triage.problem(problem),
        }
    }
    triage
}

fn summarize(target: &Target) -> TargetSummary {
    match target {
        Target::Stdin => TargetSummary {
            kind: TargetKind::Stdin,
            path: BytePath::from("-"),
            head: None,
        },
        Target::Path(path) => TargetSummary {
            kind: TargetKind::Path,
            path: BytePath::from(path.as_path()),
            head: None,
        },
    }
}
