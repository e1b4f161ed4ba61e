//! What a record of the list says about its token.

use crate::model::{
    Attempt, Method, Owner, PatRecord, ServiceEvidence, Timestamp, Validity, ValidityReason,
    ValueFrom, Verification,
};
use crate::providers::azure_devops::{ListedPat, User};
use crate::verify::plan::Answer;

/// The records that bear a C3ID, and whose list they stand in, when and where.
pub(super) struct Match<'a> {
    /// The one, as a rule; never none.
    pub(super) listed: Vec<&'a ListedPat>,
    pub(super) owner: &'a User,
    /// What time it was at the service.
    pub(super) date: Option<Timestamp>,
    pub(super) organization: &'a str,
    pub(super) evidence: ServiceEvidence,
    pub(super) at: Timestamp,
}

/// What `listed` says, when it is `date` at the service. That it has expired is said before that it
/// is not valid, for what has expired may be called not valid, too.
pub(super) fn reason(listed: &ListedPat, date: Option<Timestamp>) -> ValidityReason {
    match (listed.is_valid, listed.record.valid_to, date) {
        (_, Some(end), Some(date)) if end <= date => ValidityReason::Expired,
        (Some(false), _, _) => ValidityReason::Revoked,
        (Some(true), None, _) | (Some(true), _, Some(_)) => ValidityReason::Live,
        _ => ValidityReason::Inconclusive,
    }
}

impl Match<'_> {
    /// What is known of the token, after what was tried before. Of several records the one that says
    /// that it works counts, and none of them is the token's for sure.
    pub(super) fn answer(self, attempts: Vec<Attempt>) -> Answer {
        let reasons = self.listed.iter().map(|listed| reason(listed, self.date));
        let rank = |reason: &ValidityReason| match reason.validity() {
            Validity::Active => 0,
            Validity::Unknown => 1,
            Validity::Inactive => 2,
        };
        let reason = reasons.min_by_key(rank);
        let reason = reason.unwrap_or(ValidityReason::Inconclusive);
        let (times, pat) = match &*self.listed {
            [one] => (String::new(), Some(one.record.clone())),
            several => (format!("{} times, one of them ", several.len()), None),
        };
        let attempt = Attempt {
            method: Method::Inventory,
            organization: Some(self.organization.to_owned()),
            at: self.at,
            reason,
            evidence: ServiceEvidence {
                message: Some(format!("listed {times}{}", said(reason))),
                ..self.evidence
            },
        };
        let id = self.listed.iter().find_map(|it| it.owner_id.clone());
        settled(attempts, attempt, owner(self.owner, id), pat)
    }
}

/// The answer that `last` is, after what was tried before.
fn settled(
    mut attempts: Vec<Attempt>,
    last: Attempt,
    owner: Owner,
    pat: Option<PatRecord>,
) -> Answer {
    let reason = last.reason;
    let mut verification = Verification {
        method: Some(last.method),
        organization: last.organization.clone(),
        checked_at: Some(last.at),
        evidence: Some(last.evidence.clone()),
        owner: Some(owner),
        pat,
        ..Verification::none(ValueFrom::Inventory)
    };
    attempts.push(last);
    verification.attempts = attempts;
    (reason, Box::new(verification))
}

fn owner(user: &User, id: Option<String>) -> Owner {
    Owner {
        id,
        descriptor: Some(user.descriptor.clone()),
        name: user.name.clone(),
        account: user.account.clone(),
    }
}

fn said(reason: ValidityReason) -> &'static str {
    match reason {
        ValidityReason::Live => "as valid",
        ValidityReason::Expired => "with an end that is past",
        ValidityReason::Revoked => "as not valid",
        _ => "without a word on whether it is valid",
    }
}

/// A token that was listed before, and its owner's list, in which it is no more.
pub(super) struct Gone<'a> {
    pub(super) authorization_id: &'a str,
    pub(super) valid_to: Option<Timestamp>,
    pub(super) owner: &'a User,
    pub(super) owner_id: Option<String>,
    pub(super) date: Option<Timestamp>,
    pub(super) organization: &'a str,
    pub(super) evidence: ServiceEvidence,
    pub(super) at: Timestamp,
}

impl Gone<'_> {
    /// What is known of the token, after what was tried before.
    pub(super) fn answer(self, attempts: Vec<Attempt>) -> Answer {
        let has_ended =
            matches!((self.valid_to, self.date), (Some(end), Some(date)) if end <= date);
        let reason = if has_ended {
            ValidityReason::Expired
        } else {
            ValidityReason::Revoked
        };
        let message = format!(
            "the authorization {} was listed before and is gone from its owner's whole list",
            self.authorization_id
        );
        let attempt = Attempt {
            method: Method::Inventory,
            organization: Some(self.organization.to_owned()),
            at: self.at,
            reason,
            evidence: ServiceEvidence {
                message: Some(message),
                ..self.evidence
            },
        };
        settled(attempts, attempt, owner(self.owner, self.owner_id), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PatRecord;

    #[test]
    fn only_a_date_of_the_service_proves_an_end() {
        let now = Some(Timestamp(100));
        let (past, future) = (Some(Timestamp(100)), Some(Timestamp(101)));
        for (is_valid, valid_to, date, expected) in [
            (Some(true), future, now, ValidityReason::Live),
            (Some(true), None, now, ValidityReason::Live),
            (Some(true), past, now, ValidityReason::Expired),
            (Some(false), past, now, ValidityReason::Expired),
            (Some(false), future, now, ValidityReason::Revoked),
            (Some(false), past, None, ValidityReason::Revoked),
            (Some(true), past, None, ValidityReason::Inconclusive),
            (None, future, now, ValidityReason::Inconclusive),
            (None, past, now, ValidityReason::Expired),
        ] {
            let listed = ListedPat {
                c3id: None,
                is_valid,
                owner_id: None,
                organizations: None,
                record: PatRecord {
                    authorization_id: String::new(),
                    name: None,
                    scopes: Vec::new(),
                    valid_from: None,
                    valid_to,
                    is_global: None,
                },
            };
            assert_eq!(reason(&listed, date), expected, "{is_valid:?} {valid_to:?}");
        }
    }
}
