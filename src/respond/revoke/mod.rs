//! Revokes what a plan orders: looks each token up afresh, writes down what it will do, does it,
//! writes down the answer, and looks again.
//!
//! Nothing is sent that the journal does not hold. What the service did with a request that was not
//! answered is not guessed: the list of tokens tells.

mod look;
mod past;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::crash;
use super::journal::{Entry, Event, Journal, JournalError};
use super::listing::Lister;
use super::plan::{Order, Plan};
use crate::model::{ServiceEvidence, Timestamp};
use crate::providers::azure_devops::{Refusal, Told};
use crate::providers::entra::{Credentials, Grant, SignInError};
use look::Listed;
pub use past::{accepted_at, open_orders};

/// Tokens that are revoked at once, at most. The service's own limit is published nowhere; its
/// samples send more.
const BATCH: usize = 50;
/// How long the service may need until a revocation shows; so long it is not sent again.
const EFFECT: SignedDuration = SignedDuration::from_mins(65);
/// How long the first pause between two looks at what takes effect is.
const FIRST_LOOK: Duration = Duration::from_secs(15);
/// How long such pauses grow.
const LAST_LOOK: Duration = Duration::from_secs(300);

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub order: Order,
    /// How it stands.
    pub state: State,
    /// Why, in words.
    pub why: String,
}

/// How an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The list says that the token is revoked.
    Closed,
    /// The service accepted the order; the list does not show it yet.
    Confirming,
    /// It is not what was planned any more, and was left alone.
    Dropped,
    /// The service did not do it.
    Failed,
    /// It was not tried.
    Unsent,
}

impl State {
    /// The name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Confirming => "confirming",
            Self::Dropped => "dropped",
            Self::Failed => "failed",
            Self::Unsent => "unsent",
        }
    }
}

/// What a run did.
#[derive(Debug)]
pub struct Done {
    /// Each order of the plan, in its order.
    pub outcomes: Vec<Outcome>,
    /// Why the journal could not be written to, if so; nothing was sent after that.
    pub broken: Option<JournalError>,
}

/// Who revokes, where, and until when.
pub struct Revoker<'r> {
    /// Who is asked, and until when.
    pub lister: Lister<'r>,
    /// As whom, by organisation.
    pub credentials: &'r dyn Fn(&str) -> Option<Arc<Credentials>>,
    /// Where it is written down.
    pub journal: &'r mut Journal,
    /// What time it is.
    pub now: fn() -> Timestamp,
    /// Until when to look whether what was accepted takes effect; looked once without.
    pub watch_until: Option<Instant>,
}

/// What was answered to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Accepted,
    /// A 400, for this id or for another that was sent with it.
    Rejected,
    /// The administrator may not.
    Refused,
    Throttled,
    /// No answer, or none that says what was done.
    Unknown,
}

impl Sent {
    fn of<T>(told: &Told<T>) -> Self {
        match told.outcome {
            Ok(_) => Self::Accepted,
            Err(Refusal::Throttled) => Self::Throttled,
            Err(Refusal::NotAllowed | Refusal::ServicePrincipal | Refusal::Missing) => {
                Self::Refused
            }
            Err(_) if told.evidence.status == Some(400) => Self::Rejected,
            Err(_) => Self::Unknown,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Unknown => "unknown",
        }
    }
}

/// Why nobody can act at an organisation.
#[derive(Debug, thiserror::Error)]
enum NoGrant {
    #[error("there is no administrator for it")]
    Nobody,
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

/// One run through a plan.
struct Run<'r, 'p> {
    revoker: &'r mut Revoker<'p>,
    plan: String,
    sent: BTreeMap<Order, Sent>,
    outcomes: BTreeMap<Order, (State, String)>,
}

impl Revoker<'_> {
    /// Does what `plan` orders, and nothing else.
    pub fn run(&mut self, plan: &Plan) -> Done {
        let mut run = Run {
            plan: plan.id(),
            sent: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            revoker: self,
        };
        let broken = run.all(plan).err();
        let outcome = |order: &Order| {
            let (state, why) = run.outcomes.remove(order).unwrap_or_else(|| {
                let sent = run.sent.contains_key(order);
                let state = if sent {
                    State::Confirming
                } else {
                    State::Unsent
                };
                (state, "the run ended before".to_owned())
            });
            Outcome {
                order: order.clone(),
                state,
                why,
            }
        };
        Done {
            outcomes: plan.orders().map(outcome).collect(),
            broken,
        }
    }
}

impl Run<'_, '_> {
    fn all(&mut self, plan: &Plan) -> Result<(), JournalError> {
        let orders: Vec<_> = plan
            .orders()
            .map(|it| json!([it.organization, it.c3id, it.authorization_id]))
            .collect();
        self.note(Event::Plan, None, json!({ "orders": orders }), "confirmed")?;
        let organizations: BTreeSet<_> = plan.orders().map(|it| it.organization.clone()).collect();
        for organization in &organizations {
            let orders: Vec<_> = plan
                .orders()
                .filter(|it| it.organization == *organization)
                .cloned()
                .collect();
            self.organization(organization, &orders)?;
        }
        Ok(())
    }

    fn organization(&mut self, organization: &str, orders: &[Order]) -> Result<(), JournalError> {
        let grant = match self.grant(organization) {
            Ok(grant) => grant,
            Err(why) => {
                for order in orders {
                    self.end(order, State::Unsent, &why.to_string());
                }
                return Ok(());
            }
        };
        let mut planned = Vec::new();
        for (order, listed) in self.look(&grant, orders) {
            match listed {
                Listed::Valid => planned.push(order),
                listed => self.leave(&order, listed)?,
            }
        }
        let (accepted, unsent): (Vec<_>, Vec<_>) = planned
            .iter()
            .cloned()
            .partition(|order| self.was_accepted(order));
        for order in accepted {
            self.sent.insert(order, Sent::Accepted);
        }
        for batch in unsent.chunks(BATCH) {
            self.send(&grant, organization, batch)?;
        }
        self.watch(&grant, planned)
    }

    fn grant(&self, organization: &str) -> Result<Grant, NoGrant> {
        let credentials = (self.revoker.credentials)(organization).ok_or(NoGrant::Nobody)?;
        Ok(credentials.grant(self.revoker.lister.time_left())?)
    }

    /// Leaves an order alone that is not what was planned.
    fn leave(&mut self, order: &Order, listed: Listed) -> Result<(), JournalError> {
        let was_begun = past::was_begun(self.revoker.journal.records(), order);
        let (state, why) = match listed {
            Listed::Revoked => (State::Closed, "it is revoked already"),
            Listed::Gone if was_begun => (State::Closed, "it was revoked before, and is gone"),
            Listed::Gone => (
                State::Dropped,
                "its owner's list does not hold it any more: revoked by somebody, or never theirs",
            ),
            Listed::Differs(why) => (State::Dropped, why),
            Listed::Unread(why) => {
                self.end(
                    order,
                    State::Unsent,
                    &format!("the list cannot be read: {why}"),
                );
                return Ok(());
            }
            Listed::Valid => return Ok(()),
        };
        let event = match state {
            State::Closed => Event::Closed,
            _ => Event::Confirm,
        };
        self.note(event, Some(order), json!({ "why": why }), state.as_str())?;
        self.end(order, state, why);
        Ok(())
    }

    /// Whether the service accepted `order` so lately that it may not show yet.
    fn was_accepted(&self, order: &Order) -> bool {
        let records = self.revoker.journal.records();
        past::was_accepted(records, order, (self.revoker.now)(), EFFECT)
    }

    /// Has some tokens of an organisation revoked, half of them at a time where the service does
    /// not take them together.
    fn send(
        &mut self,
        grant: &Grant,
        organization: &str,
        orders: &[Order],
    ) -> Result<(), JournalError> {
        loop {
            if self.revoker.lister.is_over() {
                for order in orders {
                    self.end(order, State::Unsent, "the time was over before");
                }
                return Ok(());
            }
            for order in orders {
                let evidence = json!({ "owner": order.owner, "matched": order.matched });
                self.note(Event::Intent, Some(order), evidence, "revoke")?;
            }
            let ids: Vec<_> = orders
                .iter()
                .map(|it| it.authorization_id.as_str())
                .collect();
            let timeout = self.revoker.lister.time_left();
            crash::point();
            let told = self
                .revoker
                .lister
                .service
                .revoke(organization, &ids, grant, timeout);
            crash::point();
            let sent = Sent::of(&told);
            for order in orders {
                self.sent.insert(order.clone(), sent);
                self.note(
                    Event::Answer,
                    Some(order),
                    evidence(&told.evidence),
                    sent.as_str(),
                )?;
            }
            match sent {
                Sent::Rejected if orders.len() > 1 => {
                    let (first, second) = orders.split_at(orders.len() / 2);
                    self.send(grant, organization, first)?;
                    return self.send(grant, organization, second);
                }
                Sent::Throttled => {
                    let pause = told.pause.unwrap_or(FIRST_LOOK);
                    if pause >= self.revoker.lister.time_left() {
                        for order in orders {
                            self.end(order, State::Unsent, "the service wants to be left alone");
                        }
                        return Ok(());
                    }
                    self.revoker.lister.sleep(Instant::now() + pause);
                }
                _ => return Ok(()),
            }
        }
    }

    /// Looks whether what was sent has taken effect, again and again if that is wanted.
    fn watch(&mut self, grant: &Grant, mut orders: Vec<Order>) -> Result<(), JournalError> {
        let mut pause = FIRST_LOOK;
        loop {
            orders.retain(|order| !self.outcomes.contains_key(order));
            for (order, listed) in self.look(grant, &orders) {
                self.confirm(&order, &listed)?;
            }
            let is_open = |order: &Order| {
                let outcome = self.outcomes.get(order);
                outcome.is_some_and(|(state, _)| *state == State::Confirming)
            };
            orders.retain(is_open);
            let until = self.revoker.watch_until.filter(|_| !orders.is_empty());
            let Some(until) = until.filter(|&until| Instant::now() < until) else {
                return Ok(());
            };
            self.revoker.lister.sleep(until.min(Instant::now() + pause));
            if self.revoker.lister.is_stopped() {
                return Ok(());
            }
            pause = LAST_LOOK.min(2 * pause);
            for order in &orders {
                self.outcomes.remove(order);
            }
        }
    }

    fn confirm(&mut self, order: &Order, listed: &Listed) -> Result<(), JournalError> {
        let sent = self.sent.get(order).copied();
        let (state, why) = match (listed, sent) {
            (Listed::Revoked | Listed::Gone, _) => {
                let why = "the administrator's list says that it is revoked".to_owned();
                (State::Closed, why)
            }
            (Listed::Valid | Listed::Differs(_), Some(Sent::Accepted)) => {
                let why = "accepted; the list still shows it as valid".to_owned();
                (State::Confirming, why)
            }
            (Listed::Unread(why), Some(Sent::Accepted)) => (
                State::Confirming,
                format!("accepted; the list cannot be read: {why}"),
            ),
            (_, Some(Sent::Refused)) => {
                let why = "the credential may not revoke tokens".to_owned();
                (State::Failed, why)
            }
            (_, Some(Sent::Rejected)) => (State::Failed, "the service rejected it".to_owned()),
            (Listed::Unread(why), _) => {
                let why = format!("the service did not say what it did, nor the list: {why}");
                (State::Failed, why)
            }
            (_, _) => {
                let why = "the service did not say what it did, and it is still valid".to_owned();
                (State::Failed, why)
            }
        };
        let event = match state {
            State::Closed => Event::Closed,
            _ => Event::Confirm,
        };
        self.note(event, Some(order), json!({ "why": why }), state.as_str())?;
        self.end(order, state, &why);
        Ok(())
    }

    fn note(
        &mut self,
        event: Event,
        order: Option<&Order>,
        evidence: Value,
        outcome: &str,
    ) -> Result<(), JournalError> {
        let entry = Entry {
            event,
            plan: Some(&self.plan),
            c3id: order.map(|it| it.c3id.as_str()),
            organization: order.map(|it| it.organization.as_str()),
            authorization_id: order.map(|it| it.authorization_id.as_str()),
            evidence,
            outcome: Some(outcome),
        };
        let at = (self.revoker.now)();
        self.revoker.journal.write(entry, at).map(|_| ())
    }

    fn end(&mut self, order: &Order, state: State, why: &str) {
        self.outcomes.insert(order.clone(), (state, why.to_owned()));
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
