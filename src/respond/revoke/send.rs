//! Sends orders: as an administrator many at a time, as the owner one by one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::past;
use super::tell::Stage;
use super::{Run, State};
use crate::model::ServiceEvidence;
use crate::providers::azure_devops::{OwnEnd, Refusal, Told};
use crate::providers::entra::Grant;
use crate::respond::journal::{Event, JournalError};
use crate::respond::plan::{Order, Route};

/// Tokens that an administrator revokes at once, at most. The service's own limit is published
/// nowhere; its samples send more.
const BATCH: usize = 50;

/// How long to wait where the service does not say for how long.
const PAUSE: Duration = Duration::from_secs(15);
/// How long an organisation is waited for at most before the rest is left to another run.
const PATIENCE: Duration = Duration::from_secs(300);
/// A shorter wait keeps nobody from being told in time.
const MOMENT: Duration = Duration::from_secs(10);

/// What was answered to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Accepted,
    /// It is not known there, or was sent with another that is not.
    Rejected,
    /// Whoever asked may not.
    Refused,
    Throttled,
    /// No answer, or none that says what was done.
    Unknown,
}

impl Sent {
    fn of(told: &Told<OwnEnd>) -> Self {
        match told.outcome {
            Ok(OwnEnd::Accepted) => Self::Accepted,
            Ok(OwnEnd::NotFound) => Self::Rejected,
            Err(Refusal::Throttled) => Self::Throttled,
            Ok(OwnEnd::Refused)
            | Err(Refusal::NotAllowed | Refusal::ServicePrincipal | Refusal::Missing) => {
                Self::Refused
            }
            Err(_) if told.evidence.status == Some(400) => Self::Rejected,
            Err(_) => Self::Unknown,
        }
    }

    /// Whether the token may be revoked by it, or have been before.
    pub(super) fn may_be_done(self) -> bool {
        match self {
            Self::Accepted | Self::Rejected | Self::Unknown => true,
            Self::Refused | Self::Throttled => false,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Unknown => "unknown",
        }
    }
}

impl Run<'_, '_> {
    /// Sends all of `orders`, which are for one organisation.
    pub(super) fn send_all(
        &mut self,
        grant: &Grant,
        organization: &str,
        orders: &[Order],
    ) -> Result<(), JournalError> {
        for route in Route::ALL {
            let orders: Vec<_> = orders.iter().filter(|it| it.route == route).collect();
            let at_once = match route {
                Route::Administrator => BATCH,
                Route::Owner => 1,
            };
            for batch in orders.chunks(at_once) {
                self.send(grant, organization, batch)?;
            }
        }
        Ok(())
    }

    /// Leaves orders for another time, and writes that down, so that people are told of it.
    pub(super) fn put_off(&mut self, orders: &[&Order], why: &str) -> Result<(), JournalError> {
        for order in orders {
            let state = State::Unsent;
            let evidence = json!({ "why": why });
            self.note(Event::Confirm, Some(order), evidence, state.as_str())?;
            self.end(order, state, why);
        }
        Ok(())
    }

    /// Sends to organisations that wanted to be left alone what is still to be sent to them, looked up
    /// afresh; all others were served, and people are told before a long wait.
    pub(super) fn send_deferred(&mut self) -> Result<(), JournalError> {
        let patience = Instant::now() + PATIENCE;
        while let Some((organization, until, orders)) = self.next_deferred() {
            let lister = self.revoker.lister;
            let wait = until.saturating_duration_since(Instant::now());
            if until > patience || wait >= lister.time_left() || lister.is_stopped() {
                let orders: Vec<_> = orders.iter().collect();
                self.put_off(&orders, "the service wants to be left alone")?;
                continue;
            }
            if wait > MOMENT {
                self.revoker.tell(Stage::Answered)?;
            }
            lister.sleep(until);
            self.organization(&organization, &orders)?;
        }
        Ok(())
    }

    /// The organisation that is served first of those that are waited for.
    fn next_deferred(&mut self) -> Option<(String, Instant, Vec<Order>)> {
        let next = self.deferred.iter().min_by_key(|(_, (until, _))| *until);
        let organization = next?.0.clone();
        let (until, orders) = self.deferred.remove(&organization)?;
        Some((organization, until, orders))
    }

    /// Leaves orders for when the others are sent, if their organisation wants to be left alone.
    fn is_deferred(&mut self, organization: &str, orders: &[&Order]) -> bool {
        let Some((_, deferred)) = self.deferred.get_mut(organization) else {
            return false;
        };
        deferred.extend(orders.iter().copied().cloned());
        true
    }

    /// Sends what goes together, half of it at a time where the service does not take it so.
    fn send(
        &mut self,
        grant: &Grant,
        organization: &str,
        orders: &[&Order],
    ) -> Result<(), JournalError> {
        if self.is_deferred(organization, orders) {
            return Ok(());
        }
        if self.revoker.lister.is_stopped() {
            return self.put_off(orders, "the run was interrupted before");
        }
        if self.revoker.lister.is_over() {
            return self.put_off(orders, "the time was over before");
        }
        for order in orders {
            self.note(Event::Intent, Some(order), past::kept(order), "revoke")?;
        }
        let told = self.ask(grant, organization, orders);
        let sent = Sent::of(&told);
        // All of them were, even if not all can be written down.
        for order in orders {
            self.sent.insert((*order).clone(), sent);
            let said = told.evidence.message.iter().cloned();
            self.said.extend(said.map(|said| ((*order).clone(), said)));
        }
        for order in orders {
            let evidence = evidence(&told.evidence);
            self.note(Event::Answer, Some(order), evidence, sent.as_str())?;
        }
        match sent {
            Sent::Rejected if orders.len() > 1 => {
                let (first, second) = orders.split_at(orders.len() / 2);
                self.send(grant, organization, first)?;
                self.send(grant, organization, second)
            }
            Sent::Throttled => {
                let until = Instant::now() + told.pause.unwrap_or(PAUSE);
                let orders = orders.iter().copied().cloned().collect();
                self.deferred
                    .insert(organization.to_owned(), (until, orders));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn ask(&self, grant: &Grant, organization: &str, orders: &[&Order]) -> Told<OwnEnd> {
        let lister = self.revoker.lister;
        let (service, timeout) = (lister.service, lister.time_left());
        let ids: Vec<_> = orders.iter().map(|it| &*it.authorization_id).collect();
        match orders {
            [order] if order.route == Route::Owner => {
                service.revoke_own(organization, ids[0], grant, timeout)
            }
            _ => service
                .revoke(organization, &ids, grant, timeout)
                .map(|()| OwnEnd::Accepted),
        }
    }
}

fn evidence(evidence: &ServiceEvidence) -> Value {
    json!({
        "status": evidence.status,
        "type_key": evidence.type_key,
        "message": evidence.message,
        "endpoint": evidence.endpoint,
    })
}
