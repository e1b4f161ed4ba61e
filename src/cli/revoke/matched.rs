//! What the service has a leaked token on record as.

use super::super::args::Assertion;
use super::super::desk::Desk;
use crate::model::{Finding, FindingId, Method, Owner, PatRecord, Timestamp, ValidityReason};
use crate::policy::Certainty;
use crate::respond::listing::Lister;
use crate::respond::matching::{self, Facts};

/// The record of a leaked token.
#[derive(Clone, Debug)]
pub(super) struct Matched {
    /// How surely.
    pub(super) certainty: Certainty,
    /// Where it is registered.
    pub(super) organization: Option<String>,
    /// Whose it is.
    pub(super) owner: Option<Owner>,
    /// The record, or all that may be it.
    pub(super) records: Vec<PatRecord>,
    /// Why the list of its owner could not be read.
    pub(super) message: Option<String>,
}

/// Looks records up.
pub(super) struct Matcher<'m> {
    /// How lists are read.
    pub(super) lister: Lister<'m>,
    /// As whom.
    pub(super) desk: &'m Desk,
    /// What a person says.
    pub(super) assertions: &'m [Assertion],
    /// What time it is.
    pub(super) now: Timestamp,
}

impl Matcher<'_> {
    /// The record of `finding`, which was verified before.
    pub(super) fn find(&self, finding: &Finding) -> Matched {
        let verification = finding.verification.as_deref();
        let mut matched = Matched {
            certainty: Certainty::Unmatched,
            organization: verification.and_then(|it| it.organization.clone()),
            owner: verification.and_then(|it| it.owner.clone()),
            records: Vec::new(),
            message: None,
        };
        let (Some(verification), FindingId::C3id(c3id)) = (verification, &finding.id) else {
            return matched;
        };
        if verification.method == Some(Method::Inventory) {
            matched.records.extend(verification.pat.clone());
            if !matched.records.is_empty() {
                matched.certainty = Certainty::Certain;
            }
            return matched;
        }
        // It was let in, so that it is known whose it is: that list holds it.
        let owner = matched.owner.as_ref();
        let Some(descriptor) = owner.and_then(|owner| owner.descriptor.clone()) else {
            return matched;
        };
        let Some(organization) = matched.organization.clone() else {
            return matched;
        };
        let grant = self.desk.credentials(&organization).map(|credentials| {
            let grant = credentials.grant(self.lister.time_left());
            grant.map_err(|error| error.to_string())
        });
        let list = match grant {
            None => Err("there is no administrator for it".to_owned()),
            Some(Err(why)) => Err(why),
            Some(Ok(grant)) => {
                let list = self.lister.pats(&organization, &descriptor, &grant);
                list.map_err(|why| why.to_string())
            }
        };
        let list = match list {
            Ok(list) => list,
            Err(why) => {
                matched.message = Some(why);
                return matched;
            }
        };
        let is_live = finding.validity == ValidityReason::Live;
        let facts = Facts {
            c3id: c3id.as_str(),
            issued: finding.issued,
            accepted_at: verification
                .checked_at
                .filter(|_| is_live && !verification.cached),
            now: self.now,
        };
        let found = matching::find(&facts, &list);
        matched.certainty = found.certainty;
        matched.records = found.records.iter().map(|it| it.record.clone()).collect();
        self.assert(c3id.as_str(), &mut matched);
        matched
    }

    /// Settles what several records may be, if a person says which it is.
    fn assert(&self, c3id: &str, matched: &mut Matched) {
        let assertion = self.assertions.iter().find(|it| it.c3id == c3id);
        let Some(assertion) = assertion.filter(|_| matched.certainty != Certainty::Certain) else {
            return;
        };
        let is_it = |record: &PatRecord| {
            let id = &record.authorization_id;
            id.eq_ignore_ascii_case(&assertion.authorization_id)
        };
        if matched.records.iter().any(is_it) {
            matched.records.retain(is_it);
            matched.certainty = Certainty::Asserted;
        } else {
            let id = &assertion.authorization_id;
            matched.message = Some(format!("its owner's list holds no such token as {id}"));
        }
    }
}
