//! Revokes what a plan orders: looks each token up afresh, writes down what it will do, does it,
//! writes down the answer, and looks again.
//!
//! Nothing is sent that the journal does not hold. What the service did with a request that was not
//! answered is not guessed: the list of tokens tells.

mod confirm;
mod log;
mod look;
mod past;
mod send;
mod tell;
mod vet;
mod watch;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::journal::{Entry, Event, Journal, JournalError};
use super::listing::Lister;
use super::plan::{Order, Plan, Route};
use crate::model::{Secret, Timestamp};
use crate::providers::azure_devops::AuditEntry;
use crate::providers::entra::{Credentials, Grant, SignInError};
use look::Listed;
pub use past::{Acted, acted_on, closed_for_sure, left_alone, open_orders, unknown};
use send::Sent;
pub use tell::{Stage, Tell};
pub use vet::{Confirmed, Vetted};

/// How long the service may need until a revocation shows; so long it is not sent again.
const EFFECT: SignedDuration = SignedDuration::from_mins(65);

/// How long after it was confirmed what was not sent yet is still sent. Who leaves it lying for longer
/// does not remember what it said.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

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
    /// The service accepted the order, and the token still works.
    Confirming,
    /// The service accepted the order, and nobody says how the token stands.
    Unseen,
    /// It is not what was planned any more, and was left alone.
    Dropped,
    /// The same, and the list shows the token as valid.
    Spared,
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
            Self::Confirming | Self::Unseen => "confirming",
            Self::Dropped | Self::Spared => "dropped",
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
    /// The values of leaked tokens, by C3ID, as far as they are at hand and may be presented. They
    /// are presented to see whether they are let in, and for nothing else.
    pub values: &'r BTreeMap<String, Secret>,
    /// What the policies say of an order by now.
    pub vet: &'r dyn Fn(&Order) -> Vetted,
    /// How the plan came to be confirmed.
    pub confirmed: Confirmed,
    /// Where it is written down.
    pub journal: &'r mut Journal,
    /// What time it is.
    pub now: fn() -> Timestamp,
    /// Who tells people of it, if anybody.
    pub tell: Option<&'r mut dyn Tell>,
    /// Until when to look whether what was accepted takes effect; looked once without.
    pub watch_until: Option<Instant>,
}

/// Why nobody can act at an organisation.
#[derive(Debug, thiserror::Error)]
enum NoGrant {
    #[error("there is no credential for it")]
    Nobody,
    #[error("the credential is not that of the token's owner")]
    NotOwner,
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

/// One run through a plan.
struct Run<'r, 'p> {
    revoker: &'r mut Revoker<'p>,
    plan: String,
    sent: BTreeMap<Order, Sent>,
    /// What the service said to it.
    said: BTreeMap<Order, String>,
    outcomes: BTreeMap<Order, (State, String)>,
    /// How often the token of this C3ID was presented.
    probes: RefCell<BTreeMap<String, u32>>,
    /// C3IDs, and organisations that let them in no more.
    refused: BTreeSet<(String, String)>,
    /// C3IDs, and organisations that were seen to let them in by this run.
    let_in: BTreeSet<(String, String)>,
    /// Until when organisations want to be left alone, and what was to be sent to them.
    deferred: BTreeMap<String, (Instant, Vec<Order>)>,
    /// When the first of its orders was to be sent, by organisation.
    begun: BTreeMap<String, Timestamp>,
    /// What the audit logs of organisations told in this round.
    logs: BTreeMap<String, Vec<AuditEntry>>,
}

impl Revoker<'_> {
    /// Does what `plan` orders, and nothing else.
    pub fn run(&mut self, plan: &Plan) -> Done {
        let mut run = Run {
            plan: plan.id(),
            sent: BTreeMap::new(),
            said: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            probes: RefCell::default(),
            refused: BTreeSet::new(),
            let_in: BTreeSet::new(),
            deferred: BTreeMap::new(),
            begun: past::begun(self.journal.records(), plan),
            logs: BTreeMap::new(),
            revoker: self,
        };
        let broken = run.all(plan).err();
        let outcome = |order: &Order| {
            let (state, why) = run.outcomes.remove(order).unwrap_or_else(|| {
                let sent = run.sent.contains_key(order);
                let state = if sent { State::Unseen } else { State::Unsent };
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

impl Revoker<'_> {
    /// Does nothing but tell whoever is still to be told.
    pub fn catch_up(&mut self) -> Done {
        let told = [Stage::Answered, Stage::Confirmed]
            .into_iter()
            .try_for_each(|stage| self.tell(stage));
        Done {
            outcomes: Vec::new(),
            broken: told.err(),
        }
    }

    fn tell(&mut self, stage: Stage) -> Result<(), JournalError> {
        let Self { tell, journal, .. } = self;
        tell.as_mut().map_or(Ok(()), |it| it.tell(journal, stage))
    }
}

impl Run<'_, '_> {
    fn all(&mut self, plan: &Plan) -> Result<(), JournalError> {
        let orders: Vec<_> = plan.orders().collect();
        let leaks: Vec<_> = plan.leaks().collect();
        let mut evidence = json!({
            "orders": orders,
            "leaks": leaks,
            "left": plan.told().map(|notice| &notice.c3id).collect::<Vec<_>>(),
            "confirmed_by": self.revoker.confirmed.as_str(),
            "digest": plan.digest(),
        });
        let unknown: Vec<_> = plan.unknown().collect();
        if !unknown.is_empty() {
            evidence["unknown"] = json!(unknown);
        }
        if let Some(tell) = &self.revoker.tell {
            evidence["tell"] = tell.preface(plan, self.revoker.journal.records());
        }
        self.note(Event::Plan, None, evidence, "confirmed")?;
        let organizations: BTreeSet<_> = plan.orders().map(|it| it.organization.clone()).collect();
        let mut sent = Vec::new();
        for organization in organizations {
            let orders: Vec<_> = plan
                .orders()
                .filter(|it| it.organization == organization)
                .cloned()
                .collect();
            let orders = self.organization(&organization, &orders)?;
            sent.push((organization, orders));
        }
        self.send_deferred()?;
        self.revoker.tell(Stage::Answered)?;
        self.watch(sent)
    }

    /// Has the tokens of an organisation revoked, and returns those that are to be looked at again.
    fn organization(
        &mut self,
        organization: &str,
        orders: &[Order],
    ) -> Result<Vec<Order>, JournalError> {
        let orders = self.current(orders)?;
        let grant = match self.grant(organization) {
            Ok(grant) => grant,
            Err(why) => {
                let orders: Vec<_> = orders.iter().collect();
                self.put_off(&orders, &why.to_string())?;
                return Ok(Vec::new());
            }
        };
        let orders = self.rightful(&grant, organization, &orders)?;
        let (mut unsent, mut planned) = (Vec::new(), Vec::new());
        for (order, listed) in self.look(&grant, &orders) {
            let was_accepted = match listed {
                // Whenever that was: nothing is sent before the list shows that it is still valid.
                Listed::Unread(_) => {
                    past::stands_accepted(self.revoker.journal.records(), &order)
                        || !self.is_unsent(&order)
                }
                _ => !self.is_unsent(&order),
            };
            match listed {
                Listed::Valid if !was_accepted => unsent.extend(self.vet(order)?),
                // Nothing is sent again that was accepted; nor is it forgotten.
                Listed::Valid | Listed::Unread(_) if was_accepted => {
                    self.sent.insert(order.clone(), Sent::Accepted);
                    planned.push(order);
                }
                listed => planned.extend(self.leave(order, listed)?),
            }
        }
        self.send_all(&grant, organization, &unsent)?;
        planned.extend(unsent);
        Ok(planned)
    }

    /// Those of `orders` that were confirmed so lately that they may still be sent, or were begun.
    fn current(&mut self, orders: &[Order]) -> Result<Vec<Order>, JournalError> {
        let now = (self.revoker.now)();
        let records = self.revoker.journal.records();
        let is_stale = |order: &Order| {
            let at = past::confirmed_at(records, order);
            let is_old = at.is_none_or(|at| now.0 - at.0 > MAX_AGE.as_secs());
            is_old && !past::was_begun(records, order)
        };
        let (stale, current): (Vec<_>, Vec<_>) = orders.iter().cloned().partition(is_stale);
        for order in &stale {
            let why = "it was confirmed more than 24 hours ago and never sent: plan again";
            self.drop(order, State::Dropped, why)?;
        }
        Ok(current)
    }

    /// Those of `orders` that whoever `grant` is of may send: one's own are sent by oneself.
    fn rightful(
        &mut self,
        grant: &Grant,
        organization: &str,
        orders: &[Order],
    ) -> Result<Vec<Order>, JournalError> {
        let is_own = |order: &&Order| order.route == Route::Owner;
        let mut acting = None;
        if grant.is_bearer() && orders.iter().any(|order| is_own(&order)) {
            let lister = self.revoker.lister;
            let told =
                lister
                    .service
                    .who_am_i(organization, grant.credential(), lister.time_left());
            acting = told.outcome.ok().and_then(|owner| owner.descriptor);
        }
        let (rightful, other): (Vec<_>, Vec<_>) = orders
            .iter()
            .partition(|order| !is_own(order) || acting.as_ref() == Some(&order.owner));
        self.put_off(&other, &NoGrant::NotOwner.to_string())?;
        Ok(rightful.into_iter().cloned().collect())
    }

    fn grant(&self, organization: &str) -> Result<Grant, NoGrant> {
        let credentials = (self.revoker.credentials)(organization).ok_or(NoGrant::Nobody)?;
        Ok(credentials.grant(self.revoker.lister.time_left())?)
    }

    /// Leaves an order alone that is not what was planned, and returns it if it is to be looked at
    /// again: it is revoked, but not everywhere.
    fn leave(&mut self, order: Order, listed: Listed) -> Result<Option<Order>, JournalError> {
        let was_begun = past::was_begun(self.revoker.journal.records(), &order);
        match listed {
            Listed::Revoked => {
                // Who had it in their list is told of it.
                let owner = Some(order.owner.clone());
                let why = if was_begun {
                    "the list says by now that it is revoked"
                } else {
                    "it is revoked already"
                };
                self.close(order, why, owner)
            }
            Listed::Gone if was_begun && order.route == Route::Administrator => {
                self.close(order, "it was revoked before, and is gone", None)
            }
            Listed::Gone => {
                let why = "its owner's list does not hold it any more";
                if let Some((State::Confirming, but)) = self.still_let_in(&order) {
                    return self.drop(&order, State::Spared, &format!("{why}, but {but}"));
                }
                let why = format!("{why}: revoked by somebody, or never theirs");
                self.drop(&order, State::Dropped, &why)
            }
            Listed::Differs(why) => self.drop(&order, State::Dropped, why),
            Listed::Lives(why) => self.drop(&order, State::Spared, why),
            Listed::Unread(why) => {
                let logged = if was_begun { self.logged(&order) } else { None };
                if let Some(why) = logged {
                    return self.close(order, &why, None);
                }
                let why = format!("the list cannot be read: {why}");
                self.put_off(&[&order], &why)?;
                Ok(None)
            }
            Listed::Valid => Ok(None),
        }
    }

    /// Ends an order that is done, unless somebody still lets its token in: then it is returned.
    fn close(
        &mut self,
        order: Order,
        why: &str,
        owner: Option<String>,
    ) -> Result<Option<Order>, JournalError> {
        if self.still_let_in(&order).is_some() {
            self.sent.insert(order.clone(), Sent::Accepted);
            return Ok(Some(order));
        }
        let mut evidence = json!({ "why": why });
        if let Some(owner) = owner {
            evidence["owner"] = owner.into();
        }
        let state = State::Closed;
        self.note(Event::Closed, Some(&order), evidence, state.as_str())?;
        self.end(&order, state, why);
        Ok(None)
    }

    /// Ends an order that is not to be sent any more, as `state` says.
    fn drop(
        &mut self,
        order: &Order,
        state: State,
        why: &str,
    ) -> Result<Option<Order>, JournalError> {
        let evidence = json!({ "why": why });
        self.note(Event::Confirm, Some(order), evidence, state.as_str())?;
        self.end(order, state, why);
        Ok(None)
    }

    /// Whether `order` is still to be sent: the service did not accept it so lately that it may not
    /// show yet.
    fn is_unsent(&self, order: &Order) -> bool {
        let records = self.revoker.journal.records();
        !past::was_accepted(records, order, (self.revoker.now)(), EFFECT)
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
