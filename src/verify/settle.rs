//! One request about a token, and what follows from its answer.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::plan::{Case, Step, is_last_word};
use super::queue::{Queue, Turn};
use super::{Options, Progress};
use crate::model::{Attempt, ValidityReason};
use crate::providers::azure_devops::{Pause, Reading, ServiceHost, Verdict};

/// Asks the next thing about a case and takes note of the answer.
pub(super) fn step(turn: Turn, queue: &Queue, options: &Options, progress: &Progress) -> Case {
    let mut case = match turn {
        Turn::Ask(case) => case,
        Turn::OutOfBudget(mut case) => {
            let message = "not asked: the limit of time or requests was reached";
            case.give_up(ValidityReason::BudgetExhausted, (options.now)(), message);
            return case;
        }
    };
    let Some(step) = case.steps.front().cloned() else {
        return case;
    };
    let host = match step {
        Step::ConnectionData(_) => ServiceHost::DevAzure,
        Step::Profile => ServiceHost::AppVssps,
    };
    if queue.is_given_up(host) {
        let message = format!("not asked: {host} did not answer several requests in a row");
        case.give_up(ValidityReason::Inconclusive, (options.now)(), &message);
        return case;
    }
    progress.requests.fetch_add(1, Ordering::Relaxed);
    let timeout = queue.time_left().max(Duration::from_millis(1));
    let reading = match &step {
        Step::ConnectionData(organization) => {
            options
                .service
                .connection_data(&case.secret, organization, timeout)
        }
        Step::Profile => options.service.profile(&case.secret, timeout),
    };
    queue.note(host, reading.verdict != Verdict::Unreachable);
    take(&mut case, &step, reading, queue.time_left(), options);
    case
}

/// Takes note of what was answered, and decides what is asked next.
fn take(case: &mut Case, step: &Step, reading: Reading, left: Duration, options: &Options) {
    let at = (options.now)();
    let Reading {
        verdict,
        evidence,
        pause,
    } = reading;
    let pause = pause.map(|Pause(pause)| pause);
    let is_passing = matches!(verdict, Verdict::Throttled | Verdict::Outage);
    if is_passing
        && !case.is_retry
        && let Some(pause) = pause.filter(|&pause| pause < left)
    {
        case.is_retry = true;
        case.not_before = Instant::now().checked_add(pause);
        return;
    }
    let (method, organization) = step.place();
    let reason = verdict.reason();
    let owner = match verdict {
        Verdict::Accepted(owner) | Verdict::Elsewhere(owner) => Some(owner),
        _ => None,
    };
    let attempt = Attempt {
        method,
        organization,
        at,
        reason,
        evidence,
    };
    if let Some(cache) = &options.cache {
        let place = (options.service.base(), &case.id);
        cache.keep(place, &attempt, owner.as_ref());
    }
    case.note(attempt, owner);
    case.steps.pop_front();
    case.is_retry = false;
    if is_last_word(reason) {
        case.steps.clear();
    }
    match pause {
        // It would be waited for in vain.
        Some(pause) if pause >= left => {
            let message = "not asked: the service asks to wait for longer than there is time";
            case.give_up(ValidityReason::BudgetExhausted, at, message);
        }
        _ => case.not_before = pause.and_then(|pause| Instant::now().checked_add(pause)),
    }
}
