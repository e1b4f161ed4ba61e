//! Whether a token works, and how that is known, in words.

use crate::model::{Method, Owner, ServiceEvidence, ValidityReason, Verification};

use super::words;

/// `active – accepted by contoso as Normal Paulk (user@contoso.com), checked 2026-11-22 at 10:00
/// UTC`. Not escaped.
pub(super) fn sentence(reason: ValidityReason, told: Option<&Verification>) -> String {
    let mut text = format!("{} – ", reason.validity().as_str());
    let Some(told) = told else {
        text.push_str(short(reason));
        return text;
    };
    text.push_str(&specific(reason, told).unwrap_or_else(|| short(reason).to_owned()));
    if let Some(date) = told.checked_at.and_then(words::minute) {
        text.push_str(", checked ");
        text.push_str(&date);
        if told.cached {
            text.push_str(" (from the cache)");
        }
    }
    let accepted = told.last_accepted_at.and_then(words::minute);
    if let Some(date) = accepted.filter(|_| reason != ValidityReason::Live) {
        text.push_str("; last accepted ");
        text.push_str(&date);
    }
    text
}

/// The reason alone.
pub(super) fn short(reason: ValidityReason) -> &'static str {
    match reason {
        ValidityReason::Live => "accepted",
        ValidityReason::LiveBlocked => "sound, but a policy of the organization stops it from here",
        ValidityReason::LiveElsewhere => {
            "sound, but it belongs to another organization or may do too little here"
        }
        ValidityReason::Revoked => "revoked, says the administrator's list",
        ValidityReason::Expired => "expired",
        ValidityReason::Throttled => "too many requests, again after waiting",
        ValidityReason::BudgetExhausted => {
            "this run's limit of time or requests was reached before its turn"
        }
        ValidityReason::Inconclusive => "no answer that proves anything",
        ValidityReason::ValueUnavailable => "its value is not at hand, so it was not presented",
        ValidityReason::NotAttempted => "nobody asked the service",
        ValidityReason::NotSupported => "the service cannot be asked about this kind of token",
        ValidityReason::Refused => {
            "refused: expired, revoked or short of rights; the service does not say which"
        }
        ValidityReason::NotRecognized => {
            "not recognized: no such token there, which does not rule out another organization"
        }
        ValidityReason::NotInInventory => {
            "not in the administrator's list, which does not prove that it is dead"
        }
        ValidityReason::OrganizationNotFound => "the organization does not exist",
    }
}

/// `Normal Paulk (user@contoso.com)`; `None` where nothing is known.
pub(super) fn person(owner: &Owner) -> Option<String> {
    match (&owner.name, &owner.account) {
        (Some(name), Some(account)) if name != account => Some(format!("{name} ({account})")),
        (Some(name), _) => Some(name.clone()),
        (None, Some(account)) => Some(account.clone()),
        (None, None) => {
            let id = owner.id.as_ref().or(owner.descriptor.as_ref())?;
            Some(format!("somebody with the id {id}"))
        }
    }
}

/// Whether [`sentence`] names the owner.
pub(super) fn names_owner(reason: ValidityReason, told: &Verification) -> bool {
    reason == ValidityReason::Live && told.method != Some(Method::Inventory)
}

/// The reason, with where and whom it is about; `None` where nothing more is known of that.
fn specific(reason: ValidityReason, told: &Verification) -> Option<String> {
    let is_listed = told.method == Some(Method::Inventory);
    let place = told.organization.as_deref();
    let text = match (reason, place) {
        (ValidityReason::Live, _) if is_listed => "valid, says the administrator's list".to_owned(),
        (ValidityReason::Live, place) => {
            let place = place.unwrap_or("the service");
            match told.owner.as_ref().and_then(person) {
                Some(person) => format!("accepted by {place} as {person}"),
                None => format!("accepted by {place}"),
            }
        }
        (ValidityReason::LiveBlocked, Some(place)) => {
            format!("sound, but a policy of {place} stops it from here")
        }
        (ValidityReason::LiveElsewhere, Some(place)) => format!(
            "sound, for {place} knows its owner, but it belongs to another organization or may do \
             too little there"
        ),
        (ValidityReason::LiveElsewhere, None) if told.method == Some(Method::Profile) => {
            "sound, for the service knows its owner, but not at which organization; --org names one \
             to ask"
                .to_owned()
        }
        (ValidityReason::Expired, _) if is_listed => {
            "expired, says the administrator's list".to_owned()
        }
        (ValidityReason::Expired, _) if told.method == Some(Method::Offline) => {
            "expired by its own word".to_owned()
        }
        (ValidityReason::Expired, Some(place)) => format!("expired, says {place}"),
        (ValidityReason::Inconclusive, _) => {
            let answer = told.evidence.as_ref().and_then(answer)?;
            format!("no answer that proves anything ({answer})")
        }
        (ValidityReason::Refused, _) if told.refused_everywhere && organizations(told) > 1 => {
            let count = words::count(organizations(told), "organization");
            format!(
                "refused by all {count} that were asked: expired, revoked or short of rights; the \
                 service does not say which"
            )
        }
        (ValidityReason::OrganizationNotFound, Some(place)) => {
            format!("there is no organization {place}")
        }
        _ => return None,
    };
    Some(text)
}

/// `HTTP 503: message`.
fn answer(evidence: &ServiceEvidence) -> Option<String> {
    let status = evidence.status.map(|status| format!("HTTP {status}"));
    match (status, &evidence.message) {
        (Some(status), Some(message)) => Some(format!("{status}: {message}")),
        (status, message) => status.or_else(|| message.clone()),
    }
}

/// How many organisations were asked.
fn organizations(told: &Verification) -> u64 {
    let attempts = told.attempts.iter();
    let mut names: Vec<_> = attempts.filter_map(|a| a.organization.as_ref()).collect();
    names.sort_unstable();
    names.dedup();
    names.len() as u64
}
