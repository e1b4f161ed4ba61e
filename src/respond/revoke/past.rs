//! What a journal tells about orders of earlier runs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::confirm::LetIn;
use super::send::Sent;
use super::{Confirmed, EFFECT, State};
use crate::model::Timestamp;
use crate::policy::Certainty;
use crate::respond::journal::{Event, Record};
use crate::respond::plan::{Grounds, Order, Plan, Route};

/// What was begun and has not ended.
pub fn open_orders(records: &[Record]) -> Vec<Order> {
    let mut open: BTreeMap<String, Order> = BTreeMap::new();
    for record in records {
        if record.event == Event::Plan {
            open.extend(planned(record).map(|order| (order.authorization_id.clone(), order)));
        }
        let Some(id) = record.authorization_id.as_deref() else {
            continue;
        };
        match record.event {
            Event::Intent => open.extend(ordered(record).map(|order| (id.to_owned(), order))),
            Event::Closed => {
                open.remove(id);
            }
            Event::Confirm if record.outcome.as_deref() == Some(State::Dropped.as_str()) => {
                open.remove(id);
            }
            _ => (),
        }
    }
    open.into_values().collect()
}

/// The C3IDs of what was left alone, by a plan or when it came to it, and is not known to be revoked
/// since then.
///
/// A closure is of one authorization id. Where the service does not say that the leaked token is
/// registered as that, it ends what was left alone before somebody said so, and nothing later.
pub fn left_alone(records: &[Record]) -> BTreeSet<&str> {
    let mut left: BTreeMap<&str, u64> = BTreeMap::new();
    // Since when it is ordered, and whether it is certain.
    let mut ordered: BTreeMap<(String, String), (u64, bool)> = BTreeMap::new();
    for record in records {
        let c3id = record.c3id.as_deref();
        let id = record.authorization_id.clone();
        match (record.event, c3id) {
            (Event::Plan, _) => {
                let told = record.evidence.get("left").and_then(Value::as_array);
                let told = told.into_iter().flatten().filter_map(Value::as_str);
                left.extend(told.map(|c3id| (c3id, record.seq)));
                for order in planned(record) {
                    let is_certain = order.matched == Certainty::Certain.as_str();
                    let place = (order.c3id, order.authorization_id);
                    // Going on with a plan says nothing anew.
                    if is_confirmation(record) || !ordered.contains_key(&place) {
                        ordered.insert(place, (record.seq, is_certain));
                    }
                }
            }
            (Event::Confirm, Some(c3id))
                if record.outcome.as_deref() == Some(State::Dropped.as_str()) =>
            {
                left.insert(c3id, record.seq);
            }
            (Event::Closed, Some(c3id)) => {
                let order = id.and_then(|id| ordered.get(&(c3id.to_owned(), id)));
                // Without an order, the list of its owner told its C3ID.
                let ends = |at: u64| order.is_none_or(|&(since, certain)| certain || at <= since);
                if left.get(c3id).is_some_and(|&at| ends(at)) {
                    left.remove(c3id);
                }
            }
            _ => (),
        }
    }
    left.into_keys().collect()
}

/// The C3IDs of leaks that were closed under an id of which the service itself said that it is theirs:
/// what a later plan did not find out about them is known.
pub fn closed_for_sure(records: &[Record]) -> BTreeSet<&str> {
    let mut doubtful: BTreeSet<(String, String)> = BTreeSet::new();
    let mut closed = BTreeSet::new();
    for record in records {
        match (record.event, record.c3id.as_deref()) {
            (Event::Plan, _) => {
                let orders = planned(record);
                let orders = orders.filter(|it| it.matched != Certainty::Certain.as_str());
                doubtful.extend(orders.map(|it| (it.c3id, it.authorization_id)));
            }
            (Event::Closed, Some(c3id)) => {
                let id = record.authorization_id.clone().unwrap_or_default();
                if !doubtful.contains(&(c3id.to_owned(), id)) {
                    closed.insert(c3id);
                }
            }
            _ => (),
        }
    }
    closed
}

/// The C3IDs of leaks of which nobody could say whether they work, and that no later plan knows better.
pub fn unknown(records: &[Record]) -> BTreeSet<&str> {
    let mut unknown = BTreeSet::new();
    for record in records {
        let told = |key: &str| {
            let told = record.evidence.get(key).and_then(Value::as_array);
            told.into_iter().flatten().filter_map(Value::as_str)
        };
        match (record.event, record.c3id.as_deref()) {
            (Event::Plan, _) => {
                for c3id in told("leaks") {
                    unknown.remove(c3id);
                }
                unknown.extend(told("unknown"));
            }
            (Event::Closed, Some(c3id)) => {
                unknown.remove(c3id);
            }
            _ => (),
        }
    }
    &unknown - &closed_for_sure(records)
}

/// Whether somebody, or the policy of a run, confirmed `plan`; going on with it does not.
fn is_confirmation(plan: &Record) -> bool {
    let by = plan.evidence.get("confirmed_by").and_then(Value::as_str);
    by != Some(Confirmed::Earlier.as_str())
}

/// All that a plan orders: it was confirmed as a whole.
fn planned(plan: &Record) -> impl Iterator<Item = Order> {
    let orders = plan.evidence.get("orders").and_then(Value::as_array);
    let orders = orders.into_iter().flatten();
    orders.filter_map(|order| Order::deserialize(order).ok())
}

/// What an intent keeps of its order beside the columns of the journal.
pub(super) fn kept(order: &Order) -> Value {
    json!({
        "route": order.route,
        "owner": order.owner,
        "matched": order.matched,
        "grounds": order.grounds,
    })
}

/// The order that an intent was for.
fn ordered(intent: &Record) -> Option<Order> {
    let text = |key| Some(intent.evidence.get(key)?.as_str()?.to_owned());
    Some(Order {
        organization: intent.organization.clone()?,
        c3id: intent.c3id.clone()?,
        authorization_id: intent.authorization_id.clone()?,
        route: Route::deserialize(intent.evidence.get("route")?).ok()?,
        owner: text("owner")?,
        matched: text("matched")?,
        grounds: Grounds::deserialize(intent.evidence.get("grounds")?).ok()?,
    })
}

/// When somebody, or the policy of a run, last confirmed a plan that holds `order`; going on with it
/// does not.
pub(super) fn confirmed_at(records: &[Record], order: &Order) -> Option<Timestamp> {
    let holds = |record: &&Record| {
        let is_it = |planned: &Order| {
            planned.organization == order.organization
                && planned.authorization_id == order.authorization_id
        };
        record.event == Event::Plan
            && is_confirmation(record)
            && planned(record).any(|planned| is_it(&planned))
    };
    let at: jiff::Timestamp = records.iter().rev().find(holds)?.at.parse().ok()?;
    Some(Timestamp(at.as_second()))
}

/// Whether a request about `order` was about to be sent: it stood in its owner's list, then.
pub(super) fn was_begun(records: &[Record], order: &Order) -> bool {
    let mut records = records.iter();
    records.any(|record| record.event == Event::Intent && is_about(record, order))
}

/// When the first order of `plan` was to be sent, by organisation.
pub(super) fn begun(records: &[Record], plan: &Plan) -> BTreeMap<String, Timestamp> {
    let mut begun: BTreeMap<String, Timestamp> = BTreeMap::new();
    for record in records.iter().filter(|it| it.event == Event::Intent) {
        let order = plan.orders().find(|order| is_about(record, order));
        let at: Option<jiff::Timestamp> = record.at.parse().ok();
        if let Some((order, at)) = order.zip(at) {
            let at = Timestamp(at.as_second());
            let first = begun.entry(order.organization.clone()).or_insert(at);
            *first = at.min(*first);
        }
    }
    begun
}

/// Whether the service accepted `order` when it was last sent.
pub(super) fn stands_accepted(records: &[Record], order: &Order) -> bool {
    let mut records = records.iter().rev();
    let last = records.find(|it| it.event == Event::Answer && is_about(it, order));
    last.is_some_and(|it| it.outcome.as_deref() == Some(Sent::Accepted.as_str()))
}

/// Whether the service accepted `order`, no longer before `now` than `within`.
pub(super) fn was_accepted(
    records: &[Record],
    order: &Order,
    now: Timestamp,
    within: SignedDuration,
) -> bool {
    let now = jiff::Timestamp::from_second(now.0).ok();
    let since = now.and_then(|now| now.checked_sub(within).ok());
    let is_recent = |record: &Record| {
        let at: Option<jiff::Timestamp> = record.at.parse().ok();
        // A line that was written much later than now was written by a clock that was wrong.
        let is_early = |at: jiff::Timestamp, now| at.duration_since(now) <= within;
        let is_late = |at: jiff::Timestamp| since.is_some_and(|since| at >= since);
        at.zip(now)
            .is_some_and(|(at, now)| is_late(at) && is_early(at, now))
    };
    records.iter().any(|record| {
        record.event == Event::Answer
            && is_about(record, order)
            && record.outcome.as_deref() == Some(Sent::Accepted.as_str())
            && is_recent(record)
    })
}

/// Who was last seen to let the token of `order` in after the service had accepted that it is revoked,
/// if anybody was.
pub(super) fn seen_let_in(records: &[Record], order: &Order) -> Option<LetIn> {
    let (mut accepted, mut seen) = (None, None);
    let mut organizations = BTreeSet::new();
    let is_it =
        |record: &&Record| is_about(record, order) && record.c3id.as_deref() == Some(&*order.c3id);
    for record in records.iter().filter(is_it) {
        let at = time(record);
        let places = record.evidence.get("let_in").and_then(Value::as_array);
        match (record.event, places) {
            (Event::Answer, _) if record.outcome.as_deref() == Some(Sent::Accepted.as_str()) => {
                (accepted, seen) = (at, None);
                organizations.clear();
            }
            // Of those that were let in before, the first that still does is all that a line tells.
            (Event::Confirm, Some(places)) => {
                seen = at;
                let places = places.iter().filter_map(Value::as_str);
                organizations.extend(places.map(str::to_owned));
            }
            (Event::Closed, _) => {
                (accepted, seen) = (None, None);
                organizations.clear();
            }
            _ => (),
        }
    }
    let seen = seen?;
    let is_in_time = |at: &Timestamp| seen.0.saturating_sub(at.0) <= EFFECT.as_secs();
    Some(LetIn {
        organizations: organizations.into_iter().collect(),
        since: accepted.filter(is_in_time).unwrap_or(seen),
    })
}

/// When `record` was written.
fn time(record: &Record) -> Option<Timestamp> {
    let at: jiff::Timestamp = record.at.parse().ok()?;
    Some(Timestamp(at.as_second()))
}

/// What a journal did with one authorization id for a leaked token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// As what the token was taken to be registered.
    pub authorization_id: String,
    /// When the service last accepted that this is revoked.
    pub accepted: Option<Timestamp>,
    /// Whether it is closed by now.
    pub is_closed: bool,
}

/// What was done about the token `c3id` of `organization`, by authorization id, what was done last at
/// the end.
pub fn acted_on(records: &[Record], c3id: &str, organization: &str) -> Vec<Acted> {
    let is_it = |record: &&Record| {
        let named = record.organization.as_deref().unwrap_or_default();
        record.c3id.as_deref() == Some(c3id) && named.eq_ignore_ascii_case(organization)
    };
    let mut all: Vec<Acted> = Vec::new();
    for record in records.iter().filter(is_it) {
        let Some(id) = &record.authorization_id else {
            continue;
        };
        let known = all
            .iter()
            .position(|it| it.authorization_id.eq_ignore_ascii_case(id));
        let mut acted = known.map_or_else(
            || Acted {
                authorization_id: id.clone(),
                accepted: None,
                is_closed: false,
            },
            |place| all.remove(place),
        );
        match record.event {
            Event::Answer if record.outcome.as_deref() == Some(Sent::Accepted.as_str()) => {
                (acted.accepted, acted.is_closed) = (time(record), false);
            }
            Event::Closed => acted.is_closed = true,
            _ => (),
        }
        all.push(acted);
    }
    all
}

fn is_about(record: &Record, order: &Order) -> bool {
    record.organization.as_ref() == Some(&order.organization)
        && record.authorization_id.as_ref() == Some(&order.authorization_id)
}
