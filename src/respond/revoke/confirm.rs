//! Says of what was sent how it stands: the list tells, and where the value of a token is at hand,
//! whether anybody still lets it in.

use std::collections::BTreeMap;

use serde_json::json;

use super::look::Listed;
use super::send::Sent;
use super::{EFFECT, Run, State, past};
use crate::model::{Secret, Timestamp, Validity, ValidityReason};
use crate::providers::azure_devops::Verdict;
use crate::respond::journal::{Event, JournalError};
use crate::respond::plan::{Order, Route};

/// How often a token is presented to see whether it is still let in, at most.
const MAX_PROBES: u32 = 20;

/// What a journal tells of a token that was let in though the service had taken its revocation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LetIn {
    /// By whom, sorted.
    pub(super) organizations: Vec<String>,
    /// From when on it is waited for that to end: from when the service accepted the revocation, or
    /// from when it was last seen if that was longer after it than it may take.
    pub(super) since: Timestamp,
}

impl<'p> Run<'_, 'p> {
    /// Writes down how `order` stands by what the list says now.
    pub(super) fn confirm(&mut self, order: &Order, listed: &Listed) -> Result<(), JournalError> {
        let (state, why) = self.judge(order, listed);
        let event = match state {
            State::Closed => Event::Closed,
            _ => Event::Confirm,
        };
        let mut evidence = json!({ "why": why });
        // A later run may have no value to ask with: it is to know of it.
        let places = self.let_in.iter().filter(|(c3id, _)| *c3id == order.c3id);
        let places: Vec<_> = places.map(|(_, organization)| organization).collect();
        if !places.is_empty() {
            evidence["let_in"] = json!(places);
        }
        self.note(event, Some(order), evidence, state.as_str())?;
        self.end(order, state, &why);
        Ok(())
    }

    fn judge(&mut self, order: &Order, listed: &Listed) -> (State, String) {
        let sent = self.sent.get(order).copied();
        let revoked = match (order.route, listed) {
            (Route::Administrator, Listed::Revoked) => {
                Some("the administrator's list says that it is revoked")
            }
            (Route::Administrator, Listed::Gone) => {
                Some("the administrator's list does not hold it any more")
            }
            // That it is not among those that work may have other reasons.
            (Route::Owner, Listed::Revoked) => Some("its owner's list says that it is revoked"),
            _ => None,
        };
        let revoked = match revoked {
            None if sent.is_some_and(Sent::may_be_done) => self.logged(order),
            listed => listed.map(str::to_owned),
        };
        if let Some(why) = revoked {
            return match self.still_let_in(order) {
                None => (State::Closed, why),
                Some((state, but)) => (state, format!("{why}, but {but}")),
            };
        }
        match (listed, sent) {
            (Listed::Unread(why), Some(Sent::Accepted)) => (
                State::Unseen,
                format!("accepted; the list cannot be read: {why}"),
            ),
            (Listed::Gone, Some(Sent::Accepted)) => {
                let why = "accepted; the list of revoked tokens does not show it yet".to_owned();
                (State::Unseen, why)
            }
            (Listed::Lives(why), Some(Sent::Accepted)) => {
                (State::Confirming, format!("accepted; {why}"))
            }
            (_, Some(Sent::Accepted)) => {
                let why = "accepted; the list still shows it as valid".to_owned();
                (State::Confirming, why)
            }
            (_, Some(Sent::Refused)) => (
                State::Failed,
                self.said(order, "the credential may not revoke tokens"),
            ),
            (_, Some(Sent::Rejected)) => {
                (State::Failed, self.said(order, "the service rejected it"))
            }
            (Listed::Unread(why), _) => {
                let why = format!("the service did not say what it did, nor the list: {why}");
                (State::Failed, why)
            }
            (_, _) => {
                let why = "the service did not say what it did, and it is still valid".to_owned();
                (State::Failed, why)
            }
        }
    }

    /// `why`, and what the service said.
    fn said(&self, order: &Order, why: &str) -> String {
        match self.said.get(order) {
            Some(said) => format!("{why}: {said}"),
            None => why.to_owned(),
        }
    }

    /// Who still lets the token of `order` in, in words, and how it stands by that. Nobody, as far as
    /// is known, where its value is not at hand and no earlier run saw it let in.
    pub(super) fn still_let_in(&mut self, order: &Order) -> Option<(State, String)> {
        let seen = past::seen_let_in(self.revoker.journal.records(), order);
        let Some(value) = self.value(order) else {
            return seen.and_then(|seen| self.waits_for(&seen));
        };
        let unseen = |why: String| Some((State::Unseen, why));
        let mut others = order.grounds.accepted_by.clone();
        others.extend(seen.into_iter().flat_map(|seen| seen.organizations));
        others.retain(|organization| *organization != order.organization);
        others.sort_unstable();
        others.dedup();
        // A plan is a file: it is presented to nobody whom the operator does not name.
        let (named, unnamed): (Vec<_>, Vec<_>) = others
            .iter()
            .partition(|organization| (self.revoker.credentials)(organization).is_some());
        for organization in named.into_iter().chain([&order.organization]) {
            let place = (order.c3id.clone(), organization.clone());
            if self.refused.contains(&place) {
                continue;
            }
            let Some(verdict) = self.present(value, order, organization) else {
                return unseen(format!(
                    "whether {organization} lets it in was not asked more than {MAX_PROBES} times"
                ));
            };
            let reason = verdict.reason();
            if reason.validity() == Validity::Active {
                self.let_in.insert(place);
                let why = format!("{organization} still lets it in");
                return Some((State::Confirming, why));
            }
            if !refuses(reason) {
                return unseen(format!("{organization} does not say whether it lets it in"));
            }
            self.let_in.remove(&place);
            self.refused.insert(place);
        }
        let organization = unnamed.first()?;
        unseen(format!(
            "{organization}, which let it in, was not asked: --org {organization} lets it be"
        ))
    }

    /// That what an earlier run saw has not been long enough ago to be believed to be over, in words.
    fn waits_for(&self, seen: &LetIn) -> Option<(State, String)> {
        let now = (self.revoker.now)();
        let until = seen.since.0.saturating_add(EFFECT.as_secs());
        if now.0 > until {
            return None;
        }
        let until = jiff::Timestamp::from_second(until).unwrap_or_default();
        Some((
            State::Unseen,
            format!(
                "{} let it in when that was last asked: its value (--from REPORT with --source, \
                 --sealed or --tokens) shows whether that is over, or wait until {} UTC",
                seen.organizations.join(", "),
                until.strftime("%F %H:%M")
            ),
        ))
    }

    /// The value of the token, where it is at hand and may be presented.
    pub(super) fn value(&self, order: &Order) -> Option<&'p Secret> {
        self.revoker.values.get(&order.c3id)
    }

    /// Presents the token of `order` to see whether it is let in; not if that was done often enough.
    pub(super) fn present(
        &self,
        value: &Secret,
        order: &Order,
        organization: &str,
    ) -> Option<Verdict> {
        if !may_be_presented(&mut self.probes.borrow_mut(), &order.c3id) {
            return None;
        }
        let lister = self.revoker.lister;
        let reading = lister
            .service
            .connection_data(value, organization, lister.time_left());
        Some(reading.verdict)
    }
}

/// Whether the token `c3id` may be presented once more, which is counted then, for whatever it is done.
fn may_be_presented(probes: &mut BTreeMap<String, u32>, c3id: &str) -> bool {
    let probes = probes.entry(c3id.to_owned()).or_default();
    let may_be = *probes < MAX_PROBES;
    *probes += u32::from(may_be);
    may_be
}

/// Whether this is the answer to a token that is not let in.
fn refuses(reason: ValidityReason) -> bool {
    matches!(
        reason,
        ValidityReason::Refused | ValidityReason::Expired | ValidityReason::NotRecognized
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_presented_20_times_at_most() {
        let mut probes = BTreeMap::new();
        let presented = (0..30).filter(|_| may_be_presented(&mut probes, "A"));
        assert_eq!(presented.count(), 20);
        assert!(may_be_presented(&mut probes, "B"));
    }
}
