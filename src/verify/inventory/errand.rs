//! One question of an administrator: within the budget, after the pauses that the service asks for,
//! and once more where it was only busy.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::{Run, Site, lock};
use crate::providers::azure_devops::{Refusal, Told};
use crate::providers::entra::Grant;
use crate::verify::WATCH;

/// After so many requests in a row without any answer nothing more is asked.
const MAX_FAULTS: u32 = 5;

/// Why nothing more is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The operator has had enough.
    Stopped,
    /// The time or the number of requests is used up.
    OutOfBudget,
    /// Several requests in a row were not answered.
    Unreachable,
    /// Nobody could be signed in, for this reason.
    SignIn(String),
}

impl Run {
    /// Asks what `send` asks.
    pub(super) fn ask<T>(
        &self,
        site: &Site,
        send: impl Fn(&Grant, Duration) -> Told<T>,
    ) -> Result<Told<T>, Halt> {
        let mut is_second = false;
        loop {
            self.wait()?;
            let grant = site.credentials.grant(self.time_left());
            let grant = grant.map_err(|error| Halt::SignIn(error.to_string()))?;
            self.take_one()?;
            self.progress.requests.fetch_add(1, Ordering::Relaxed);
            let told = send(&grant, self.time_left().max(Duration::from_millis(1)));
            self.take_note(&told);
            let is_busy = matches!(told.outcome, Err(Refusal::Throttled | Refusal::Outage));
            let pause = told.pause.filter(|&pause| pause < self.time_left());
            if !is_busy || is_second || pause.is_none() {
                return Ok(told);
            }
            is_second = true;
        }
    }

    fn take_note<T>(&self, told: &Told<T>) {
        if let Err(Refusal::Unreachable) = told.outcome {
            self.faults.fetch_add(1, Ordering::Relaxed);
        } else {
            self.faults.store(0, Ordering::Relaxed);
        }
        if let Some(until) = told
            .pause
            .and_then(|pause| Instant::now().checked_add(pause))
        {
            let mut not_before = lock(&self.not_before);
            *not_before = not_before.max(Some(until));
        }
    }

    /// Waits as long as the service wants to be left alone.
    fn wait(&self) -> Result<(), Halt> {
        loop {
            if self.is_stopped() {
                return Err(Halt::Stopped);
            }
            if self.faults.load(Ordering::Relaxed) >= MAX_FAULTS {
                return Err(Halt::Unreachable);
            }
            let now = Instant::now();
            let until = (*lock(&self.not_before)).filter(|&until| until > now);
            if now >= self.deadline || until.is_some_and(|until| until >= self.deadline) {
                return Err(Halt::OutOfBudget);
            }
            match until {
                None => return Ok(()),
                Some(until) => thread::sleep((until - now).min(WATCH)),
            }
        }
    }

    fn take_one(&self) -> Result<(), Halt> {
        match &mut *lock(&self.requests_left) {
            None => Ok(()),
            Some(0) => Err(Halt::OutOfBudget),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
