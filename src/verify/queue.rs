//! Whose turn it is: one request at a time about each token, none before a pause is over.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::WATCH;
use super::plan::Case;
use crate::providers::azure_devops::ServiceHost;

/// After so many requests in a row without any answer a host is asked no more.
const MAX_FAULTS: u32 = 5;

/// The cases of a run.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    deadline: Instant,
}

struct State {
    ready: VecDeque<Case>,
    paused: Vec<Case>,
    under_way: usize,
    requests_left: Option<u64>,
    faults: BTreeMap<ServiceHost, u32>,
    /// By finding, each case as it was put back last: what it holds counts, even if the run ends
    /// while it is asked about.
    latest: BTreeMap<usize, Case>,
}

/// Why a case is handed out.
pub(super) enum Turn {
    /// To ask.
    Ask(Case),
    /// To give up: the time or the number of requests is used up.
    OutOfBudget(Case),
}

impl Queue {
    pub(super) fn new(cases: Vec<Case>, deadline: Instant, max_requests: Option<u64>) -> Self {
        let latest = cases.iter().map(|case| (case.index, case.clone()));
        Self {
            state: Mutex::new(State {
                latest: latest.collect(),
                ready: cases.into(),
                paused: Vec::new(),
                under_way: 0,
                requests_left: max_requests,
                faults: BTreeMap::new(),
            }),
            changed: Condvar::new(),
            deadline,
        }
    }

    /// The next case, waited for; `None` when there is none left or `stop` is set.
    pub(super) fn next(&self, stop: &AtomicBool) -> Option<Turn> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let now = Instant::now();
            let is_over = now >= self.deadline;
            state.wake(if is_over { None } else { Some(now) });
            if let Some(case) = state.ready.pop_front() {
                state.under_way += 1;
                let has_budget = match &mut state.requests_left {
                    _ if is_over => false,
                    Some(0) => false,
                    Some(left) => {
                        *left -= 1;
                        true
                    }
                    None => true,
                };
                return Some(if has_budget {
                    Turn::Ask(case)
                } else {
                    Turn::OutOfBudget(case)
                });
            }
            if state.paused.is_empty() && state.under_way == 0 {
                self.changed.notify_all();
                return None;
            }
            let until = state.paused.iter().filter_map(|case| case.not_before).min();
            let wait = until.map_or(WATCH, |until| until.saturating_duration_since(now));
            state = self
                .changed
                .wait_timeout(state, wait.min(WATCH))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Takes a case back, to go on with it later; returns whether nothing is left to ask.
    pub(super) fn put_back(&self, case: Case) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.under_way -= 1;
        state.latest.insert(case.index, case.clone());
        let is_done = case.steps.is_empty();
        if case.not_before.is_some() && !is_done {
            state.paused.push(case);
        } else if !is_done {
            // A token that was begun is finished first.
            state.ready.push_front(case);
        }
        self.changed.notify_all();
        is_done
    }

    /// All cases, as far as they got.
    pub(super) fn end(&self) -> Vec<Case> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.latest).into_values().collect()
    }

    /// How much time is left.
    pub(super) fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Whether `host` is asked no more.
    pub(super) fn is_given_up(&self, host: ServiceHost) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .faults
            .get(&host)
            .is_some_and(|&faults| faults >= MAX_FAULTS)
    }

    /// Takes note of whether `host` answered.
    pub(super) fn note(&self, host: ServiceHost, has_answered: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let faults = state.faults.entry(host).or_default();
        // Once open it stays so: answers that were under way do not close it.
        if *faults < MAX_FAULTS {
            *faults = if has_answered { 0 } else { *faults + 1 };
        }
    }
}

impl State {
    /// Makes ready whose pause is over by `now`, or all.
    fn wake(&mut self, now: Option<Instant>) {
        let is_due =
            |case: &mut Case| now.is_none_or(|now| case.not_before.is_none_or(|at| at <= now));
        let due: Vec<Case> = self.paused.extract_if(.., is_due).collect();
        for mut case in due {
            case.not_before = None;
            self.ready.push_back(case);
        }
    }
}
