//! Joins the rooms to a run: sources push bytes into a detector per thread, one triage collects.

mod check;
mod explain;
mod history;
mod ignored_lines;
mod lookout;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub use check::{CheckFailure, CheckOutcome, FailureCause, check};
pub use explain::{Answer, explain};
pub use ignored_lines::ignored_lines;
pub use lookout::Lookout;

use crate::detect::Detector;
use crate::model::{
    BytePath, ObjectId, ProblemKind, Report, Sink, SourceKind, Summary, TargetKind, TargetSummary,
};
use crate::rules::RuleSet;
use crate::sources::{self, Target, git};
use crate::token::Salt;
use crate::triage::{InlineIgnores, Interrupted, Triage};
use history::{Across, Pending};
use worker::{Event, Shared, Totals, Worker};

/// By the folder of a repository, without links: its name and what its `HEAD` is.
type Heads = BTreeMap<PathBuf, (Arc<BytePath>, Option<ObjectId>)>;

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
    /// Which marks beside tokens count.
    pub inline_ignores: InlineIgnores,
    /// Problems that do not make the scan incomplete.
    pub accepted: BTreeSet<ProblemKind>,
}

/// How far a run is, for whoever watches it.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    objects: AtomicU64,
    bytes: AtomicU64,
    findings: AtomicU64,
}

impl Progress {
    /// Files scanned so far.
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// Objects of git repositories scanned so far.
    pub fn objects(&self) -> u64 {
        self.objects.load(Ordering::Relaxed)
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
    let mut heads = Heads::new();
    let mut triage = thread::scope(|scope| {
        let collector = scope.spawn(move || collect(&receiver, config, progress));
        let events = sender.clone();
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
        let mut across = Across::of(&repositories);
        for repository in repositories {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let head = history::scan(&repository, config, &mut across, &worker, &events);
            heads.insert(repository.top, (repository.name, head));
        }
        across.finish(&events);
        drop((worker, events));
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
    let targets = config
        .targets
        .iter()
        .map(|target| summarize(target, &config.sources.git, &heads))
        .collect();
    let interrupted = if stop.load(Ordering::Relaxed) {
        Interrupted::Yes
    } else {
        Interrupted::No
    };
    triage.finish(targets, summary, interrupted)
}

fn collect(receiver: &Receiver<Event>, config: &Config, progress: &Progress) -> Triage {
    let mut triage = Triage::new(config.max_occurrences);
    triage.accept(config.accepted.iter().copied());
    triage.trust(config.inline_ignores.clone());
    let mut pending = Pending::default();
    let mut found = BTreeSet::new();
    for event in receiver {
        match event {
            Event::Sighting(origin, candidate) => {
                if found.insert(candidate.secret.clone()) {
                    progress.findings.fetch_add(1, Ordering::Relaxed);
                }
                if origin.is_placed() {
                    if origin.source == SourceKind::File {
                        let files = pending.files.entry(candidate.secret.clone()).or_default();
                        files.insert(origin.path.clone());
                    }
                    triage.add(origin, *candidate);
                } else {
                    pending.sightings.push((origin, candidate));
                }
            }
            Event::Placed(origin, candidate) => triage.add(origin, *candidate),
            Event::Exposure(secret, exposure) => triage.exposure(&secret, exposure),
            Event::Remotes(secret, organizations) => triage.remote_clues(&secret, organizations),
            Event::HandOver(reply) => {
                let sightings = mem::take(&mut pending.sightings);
                let files = pending.files.clone();
                // Whoever asked and went away needs no answer.
                let _ = reply.send(Pending { sightings, files });
            }
            Event::Problem(problem) => triage.problem(problem),
        }
    }
    // Of a repository whose scan was cut short, the object is what is known.
    for (origin, candidate) in pending.sightings {
        triage.add(origin, *candidate);
    }
    triage
}

/// A target, as a repository if one was read: whole, with its `HEAD` among `heads`, or in part.
fn summarize(target: &Target, scope: &git::Scope, heads: &Heads) -> TargetSummary {
    let path = match target {
        Target::Stdin => {
            return TargetSummary {
                kind: TargetKind::Stdin,
                path: BytePath::from("-"),
                head: None,
            };
        }
        Target::Path(path) => path,
    };
    if scope.part.is_some() {
        return TargetSummary {
            kind: TargetKind::Repository,
            path: BytePath::from(path.as_path()),
            head: git::part::head(path, scope),
        };
    }
    let real = std::fs::canonicalize(path).ok();
    match real.and_then(|real| heads.get(&real)) {
        Some((name, head)) => TargetSummary {
            kind: TargetKind::Repository,
            path: BytePath::clone(name),
            head: *head,
        },
        None => TargetSummary {
            kind: TargetKind::Path,
            path: BytePath::from(path.as_path()),
            head: None,
        },
    }
}
