//! Asks the service about each token at most once, and says what came of it.
//!
//! ```text
//! findings ─▶ plan: what to ask about which token ─▶ queue ─▶ up to four requests at a time
//!                                                      ▲               │
//!                                                      └── retry, pause ┘─▶ verdict per token
//! ```
//!
//! Only personal access tokens that are proven by their checksum are ever presented, and only to
//! organisations that stand with them or that the operator names.

mod cache;
pub mod consumers;
mod explore;
mod inventory;
mod plan;
pub mod probes;
mod queue;
pub mod radius;
pub mod scopes;
mod settle;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::{
    FindingId, Report, Secret, ServiceEvidence, Timestamp, Validity, ValidityReason, ValueFrom,
    Verification,
};
use crate::providers::azure_devops::AzureDevOps;

pub use cache::{Cache, CacheError};
pub use explore::{Bounds, Cut, Explored, Subject, explore};
pub use inventory::{Access, Breadth, InventoryOptions, StateError, StateFile, access_to, needed};
pub use plan::Organizations;

use consumers::Products;
use plan::{Answer, Case};
use queue::Queue;

/// Requests under way at a time: as many as one host of the service is asked at most.
const IN_FLIGHT: usize = 4;
/// How often is looked whether the operator has had enough.
const WATCH: Duration = Duration::from_millis(50);

/// What a run is to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whom to ask.
    pub service: AzureDevOps,
    /// Which organisations the operator names.
    pub organizations: Organizations,
    /// Whether tokens may be presented.
    pub probe: Probe,
    /// When to give up.
    pub timeout: Duration,
    /// After how many requests to give up.
    pub max_requests: Option<u64>,
    /// What was answered before.
    pub cache: Option<Arc<Cache>>,
    /// The clock.
    pub now: fn() -> Timestamp,
    /// Where tokens are looked up before any is presented.
    pub inventory: Option<InventoryOptions>,
}

/// Whether tokens may be presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// To organisations that stand with them or are named by the operator.
    Allowed,
    /// To nobody.
    Forbidden,
}

/// The value of a token, if it is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The token.
    pub secret: Option<Secret>,
    /// Where it was had from.
    pub from: ValueFrom,
}

/// How far a run is, for whoever watches it.
#[derive(Debug, Default)]
pub struct Progress {
    settled: AtomicU64,
    requests: AtomicU64,
    listed: AtomicU64,
    notes: Mutex<Vec<String>>,
}

impl Progress {
    /// Tokens that are settled.
    pub fn settled(&self) -> u64 {
        self.settled.load(Ordering::Relaxed)
    }

    /// Requests that were sent.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// People whose tokens were listed.
    pub fn listed(&self) -> u64 {
        self.listed.load(Ordering::Relaxed)
    }

    /// What people should know of how the tokens were looked up, such as what was left out.
    pub fn notes(&self) -> Vec<String> {
        let notes = self.notes.lock();
        notes.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: String) {
        let notes = self.notes.lock();
        notes.unwrap_or_else(PoisonError::into_inner).push(note);
    }

    fn settle(&self) {
        self.settled.fetch_add(1, Ordering::Relaxed);
    }

    fn list_one(&self) {
        self.listed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Asks about every finding of `report` that [may be asked about](crate::model::Finding::may_be_asked_about),
/// writes the answers into it, and takes back what suppresses tokens that turn out to be active.
/// Values are those of the findings unless `values` has one. Without findings nothing is done.
///
/// When `stop` is set, what is under way is left alone, and the rest is `not_attempted`.
pub fn run(
    report: &mut Report,
    values: &BTreeMap<FindingId, Value>,
    options: &Options,
    progress: &Arc<Progress>,
    stop: &Arc<AtomicBool>,
) {
    let deadline = Instant::now() + options.timeout;
    let looked_up = inventory::run(report, options, deadline, progress, stop);
    let (mut settled, mut attempts) = (looked_up.settled, looked_up.attempts);
    let options = &Options {
        service: options.service.clone(),
        organizations: options.organizations.clone(),
        probe: options.probe,
        timeout: deadline.saturating_duration_since(Instant::now()),
        max_requests: looked_up.requests_left,
        cache: options.cache.clone(),
        now: options.now,
        inventory: None,
    };
    let mut cases = Vec::new();
    for (index, finding) in report.findings.iter().enumerate() {
        if !finding.may_be_asked_about() || settled.contains_key(&index) {
            continue;
        }
        let tried = attempts.remove(&index).unwrap_or_default();
        match plan::case((index, finding), values.get(&finding.id), tried, options) {
            Ok(case) => cases.push(case),
            Err(known) => {
                settled.insert(index, known);
            }
        }
    }
    ask(cases, options, progress, stop, &mut settled);
    let products = Products::built_in();
    for (index, (reason, verification)) in settled {
        let finding = &mut report.findings[index];
        finding.validity = reason;
        finding.verification = Some(verification);
        let held = radius::held(finding.verification.as_deref());
        let consumers = products.of_finding(held.as_deref(), finding);
        if let Some(verification) = &mut finding.verification {
            verification.consumers = consumers;
        }
    }
    // What the tokens themselves proved needs no list.
    for (missing, note) in looked_up.notes {
        let is_unknown =
            |index: &usize| report.findings[*index].validity.validity() == Validity::Unknown;
        if missing.iter().any(is_unknown) {
            progress.note(note);
        }
    }
    report.overrule_active();
    report.interrupted |= stop.load(Ordering::Relaxed);
}

/// Takes note of why nobody could be asked about any finding of `report`.
pub fn fail(report: &mut Report, error: &dyn std::error::Error, now: fn() -> Timestamp) {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let message: Vec<String> = causes.map(ToString::to_string).collect();
    let open = report.findings.iter_mut();
    for finding in open.filter(|finding| finding.may_be_asked_about()) {
        finding.validity = ValidityReason::Inconclusive;
        finding.verification = Some(Box::new(Verification {
            checked_at: Some(now()),
            evidence: Some(ServiceEvidence {
                status: None,
                type_key: None,
                message: Some(message.join(": ")),
                endpoint: String::new(),
            }),
            ..Verification::none(ValueFrom::Source)
        }));
    }
}

/// By finding, what is known of it.
type Settled = BTreeMap<usize, Answer>;

/// Asks about `cases`, and waits for the answers.
fn ask(
    cases: Vec<Case>,
    options: &Options,
    progress: &Arc<Progress>,
    stop: &Arc<AtomicBool>,
    settled: &mut Settled,
) {
    if cases.is_empty() {
        return;
    }
    let deadline = Instant::now() + options.timeout;
    let threads = IN_FLIGHT.min(cases.len());
    let queue = Arc::new(Queue::new(cases, deadline, options.max_requests));
    let (sender, ended) = mpsc::channel::<()>();
    for _ in 0..threads {
        let (queue, options) = (queue.clone(), options.clone());
        let (sender, progress, stop) = (sender.clone(), progress.clone(), stop.clone());
        // Not scoped: when the operator has had enough, nobody waits for the service.
        thread::spawn(move || {
            while let Some(turn) = queue.next(&stop) {
                let case = settle::step(turn, &queue, &options, &progress);
                if queue.put_back(case) {
                    progress.settle();
                }
            }
            drop(sender);
        });
    }
    drop(sender);
    while ended.recv_timeout(WATCH) == Err(RecvTimeoutError::Timeout) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    let now = (options.now)();
    settled.extend(queue.end().into_iter().map(|case| case.end(now)));
}
