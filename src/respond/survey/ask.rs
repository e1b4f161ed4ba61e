//! One question of an administrator: within the time, after the pauses that the service asks for, and
//! once more where it was only busy. A list is asked for page by page.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::{Surveyor, lock};
use crate::providers::azure_devops::{Page, Refusal, Told};
use crate::providers::entra::Grant;

/// After so many requests in a row without any answer nothing more is asked.
const MAX_FAULTS: u32 = 5;
/// How often a wait looks whether the operator has had enough.
const TICK: Duration = Duration::from_millis(50);

/// Why something is not known, or not whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unread {
    /// What the service said to it; `None` where it was not asked.
    pub refusal: Option<Refusal>,
    /// The same in words.
    pub why: String,
}

impl Unread {
    pub(super) fn because(why: impl Into<String>) -> Self {
        Self {
            refusal: None,
            why: why.into(),
        }
    }
}

impl Surveyor {
    /// Asks what `send` asks.
    pub(super) fn ask<T>(&self, send: impl Fn(&Grant, Duration) -> Told<T>) -> Result<T, Unread> {
        let mut is_second = false;
        loop {
            self.wait()?;
            let grant = self.credentials.grant(self.time_left());
            let grant = grant.map_err(|error| Unread::because(error.to_string()))?;
            let told = send(&grant, self.time_left().max(Duration::from_millis(1)));
            self.take_note(&told);
            let is_busy = matches!(told.outcome, Err(Refusal::Throttled | Refusal::Outage));
            let has_time = told.pause.is_some_and(|pause| pause < self.time_left());
            if is_busy && has_time && !is_second {
                is_second = true;
                continue;
            }
            return told.outcome.map_err(|refusal| Unread {
                refusal: Some(refusal),
                why: told.evidence.in_words(),
            });
        }
    }

    /// Gives all pages of a list to `each`. What was given stands, whatever becomes of the rest.
    pub(super) fn pages<T>(
        &self,
        send: impl Fn(Option<&str>, &Grant, Duration) -> Told<Page<T>>,
        mut each: impl FnMut(Vec<T>),
    ) -> Result<(), Unread> {
        let mut asked: BTreeSet<String> = BTreeSet::new();
        let mut from: Option<String> = None;
        let mut lacks: Vec<String> = Vec::new();
        loop {
            let page = self.ask(|grant, timeout| send(from.as_deref(), grant, timeout))?;
            each(page.items);
            lacks.extend(page.lacks);
            match page.next {
                None if lacks.is_empty() => return Ok(()),
                None => {
                    return Err(Unread {
                        refusal: Some(Refusal::Unexpected),
                        why: lacks.join(", "),
                    });
                }
                // Asked for already: the list would never end, and is no whole one.
                Some(token) if !asked.insert(token.clone()) => {
                    return Err(Unread {
                        refusal: Some(Refusal::Unexpected),
                        why: "its pages repeat themselves".to_owned(),
                    });
                }
                further => from = further,
            }
        }
    }

    fn take_note<T>(&self, told: &Told<T>) {
        if let Err(Refusal::Unreachable) = told.outcome {
            self.faults.fetch_add(1, Ordering::Relaxed);
        } else {
            self.faults.store(0, Ordering::Relaxed);
        }
        if let Some(date) = told.date {
            lock(&self.facts).at.get_or_insert(date);
        }
        let until = told.pause;
        if let Some(until) = until.and_then(|pause| Instant::now().checked_add(pause)) {
            let mut not_before = lock(&self.not_before);
            *not_before = not_before.max(Some(until));
        }
    }

    /// Waits as long as the service wants to be left alone.
    fn wait(&self) -> Result<(), Unread> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Unread::because("interrupted"));
            }
            if self.faults.load(Ordering::Relaxed) >= MAX_FAULTS {
                return Err(Unread::because(
                    "several requests in a row were not answered",
                ));
            }
            let now = Instant::now();
            let until = (*lock(&self.not_before)).filter(|&until| until > now);
            if now >= self.deadline || until.is_some_and(|until| until >= self.deadline) {
                return Err(Unread::because("the limit of time was reached"));
            }
            match until {
                None => return Ok(()),
                Some(until) => thread::sleep((until - now).min(TICK)),
            }
        }
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
