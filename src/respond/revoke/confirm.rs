//! Says of what was sent how it stands: the list tells, and where the value of a token is at hand,
//! whether anybody still lets it in.

use serde_json::json;

use super::look::Listed;
use super::send::Sent;
use super::{Run, State};
use crate::model::{Secret, Validity, ValidityReason};
use crate::providers::azure_devops::Verdict;
use crate::respond::journal::{Event, JournalError};
use crate::respond::plan::{Order, Route};

/// How often a token is presented to see whether it is still let in, at most.
const MAX_PROBES: u32 = 20;

impl<'p> Run<'_, 'p> {
    /// Writes down how `order` stands by what the list says now.
    pub(super) fn confirm(&mut self, order: &Order, listed: &Listed) -> Result<(), JournalError> {
        let (state, why) = self.judge(order, listed);
        let event = match state {
            State::Closed => Event::Closed,
            _ => Event::Confirm,
        };
        self.note(event, Some(order), json!({ "why": why }), state.as_str())?;
        self.end(order, state, &why);
        Ok(())
    }

    fn judge(&mut self, order: &Order, listed: &Listed) -> (State, String) {
        let sent = self.sent.get(order).copied();
        let revoked = match (order.route, listed) {
            (Route::Administrator, Listed::Revoked | Listed::Gone) => {
                Some("the administrator's list says that it is revoked")
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
                Some(but) => (State::Confirming, format!("{why}, but {but}")),
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

    /// Who still lets the token of `order` in, in words. Nobody, as far as is known, where its value
    /// is not at hand.
    pub(super) fn still_let_in(&mut self, order: &Order) -> Option<String> {
        let value = self.value(order)?;
        // A plan is a file: it is presented to nobody whom the operator does not name.
        let named = order.grounds.accepted_by.iter().filter(|organization| {
            let credentials = (self.revoker.credentials)(organization);
            credentials.is_some() && **organization != order.organization
        });
        let mut organizations: Vec<_> = named.cloned().collect();
        organizations.push(order.organization.clone());
        for organization in organizations {
            let place = (order.c3id.clone(), organization);
            if self.refused.contains(&place) {
                continue;
            }
            let organization = &place.1;
            let probes = self.probes.entry(order.c3id.clone()).or_default();
            if *probes == MAX_PROBES {
                return Some(format!(
                    "{organization} let it in each of {MAX_PROBES} times"
                ));
            }
            *probes += 1;
            let reason = self.present(value, organization).reason();
            if reason.validity() == Validity::Active {
                return Some(format!("{organization} still lets it in"));
            }
            if !refuses(reason) {
                return Some(format!("{organization} does not say whether it lets it in"));
            }
            self.refused.insert(place);
        }
        None
    }

    /// The value of the token, where it is at hand and may be presented.
    pub(super) fn value(&self, order: &Order) -> Option<&'p Secret> {
        self.revoker.values.get(&order.c3id)
    }

    /// Presents a token to see whether it is let in.
    pub(super) fn present(&self, value: &Secret, organization: &str) -> Verdict {
        let lister = self.revoker.lister;
        let reading = lister
            .service
            .connection_data(value, organization, lister.time_left());
        reading.verdict
    }
}

/// Whether this is the answer to a token that is not let in.
fn refuses(reason: ValidityReason) -> bool {
    matches!(
        reason,
        ValidityReason::Refused | ValidityReason::Expired | ValidityReason::NotRecognized
    )
}
