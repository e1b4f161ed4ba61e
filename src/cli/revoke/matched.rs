//! What the service has a leaked token on record as.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::super::args::Assertion;
use super::super::desk::Desk;
use crate::model::{
    Finding, FindingId, Method, Owner, PatRecord, Timestamp, Validity, ValidityReason,
};
use crate::policy::Certainty;
use crate::providers::entra::SignInError;
use crate::respond::listing::{Lister, Listing, Unread};
use crate::respond::matching::{self, Facts};
use crate::respond::plan::Route;
use crate::verify::probes::Reading;
use crate::verify::radius::ProbeResult;

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
    /// By which right it could be revoked; `None` where nobody here has one.
    pub(super) route: Option<Route>,
    /// The scopes that it was shown to hold.
    pub(super) held: Vec<String>,
    /// The scopes that it was shown not to hold.
    pub(super) lacking: Vec<String>,
    /// When the service let it in, if it did just now.
    pub(super) accepted_at: Option<Timestamp>,
    /// The id of the organisation, where that was needed and told.
    pub(super) instance: Option<String>,
    /// Why the list of its owner could not be read.
    pub(super) message: Option<String>,
}

/// Why there is no list of an owner's tokens.
#[derive(Debug, thiserror::Error)]
enum NoList {
    #[error("there is no administrator for it")]
    Nobody,
    #[error(transparent)]
    SignIn(#[from] SignInError),
    #[error(transparent)]
    Unread(#[from] Unread),
}

/// Looks records up.
pub(super) struct Matcher<'m> {
    /// How lists are read.
    pub(super) lister: Lister<'m>,
    /// As whom.
    pub(super) desk: &'m Desk,
    /// What a person says.
    pub(super) assertions: &'m [Assertion],
    /// What tokens were shown to hold, where that was asked.
    pub(super) probes: &'m BTreeMap<FindingId, Vec<ProbeResult>>,
    /// What time it is.
    pub(super) now: Timestamp,
    /// The ids of organisations that were asked for them.
    pub(super) instances: RefCell<BTreeMap<String, Option<String>>>,
}

/// Makes doubtful what two leaked tokens would be at once, for one of them is not. What is certain
/// stays so: there the service itself says which of them it is.
pub(super) fn contest<'m>(all: impl Iterator<Item = &'m mut Matched>) {
    let mut claims: BTreeMap<[String; 2], Vec<&mut Matched>> = BTreeMap::new();
    for matched in all {
        if let (Some(organization), [record]) = (&matched.organization, &*matched.records) {
            let place = [organization, &record.authorization_id];
            let place = place.map(|text| text.to_ascii_lowercase());
            claims.entry(place).or_default().push(matched);
        }
    }
    for matched in claims.into_values().filter(|it| it.len() > 1).flatten() {
        if matched.certainty != Certainty::Certain {
            matched.certainty = Certainty::Ambiguous;
            matched.message = Some("another leaked token would be that one, too".to_owned());
        }
    }
}

/// The date of the first commit that holds the token of `finding`.
pub(super) fn first_seen(finding: &Finding) -> Option<Timestamp> {
    let exposure = finding.exposure.as_ref()?;
    exposure.first.as_ref().map(|commit| commit.date.at)
}

impl Matcher<'_> {
    /// The record of `finding`, which was verified before. What a person says of it is never passed
    /// over: where it settles nothing, the message says why.
    pub(super) fn find(&self, finding: &Finding) -> Matched {
        let mut matched = self.look_up(finding);
        let said = self.assertion(finding.id.as_str());
        if said.is_some() && matched.records.is_empty() && matched.message.is_none() {
            let why = "--match is not taken: whose it is is not known, so that no list was read that \
                       could hold it";
            matched.message = Some(why.to_owned());
        }
        matched
    }

    fn look_up(&self, finding: &Finding) -> Matched {
        let verification = finding.verification.as_deref();
        let mut matched = Matched {
            certainty: Certainty::Unmatched,
            organization: verification.and_then(|it| it.organization.clone()),
            owner: verification.and_then(|it| it.owner.clone()),
            records: Vec::new(),
            route: None,
            held: Vec::new(),
            lacking: Vec::new(),
            accepted_at: None,
            instance: None,
            message: None,
        };
        let (Some(verification), FindingId::C3id(c3id)) = (verification, &finding.id) else {
            return matched;
        };
        let is_listed = verification.method == Some(Method::Inventory);
        if let Some(record) = verification.pat.clone().filter(|_| is_listed) {
            matched.records.push(record);
            matched.certainty = Certainty::Certain;
            matched.route = Some(Route::Administrator);
            return matched;
        }
        if is_listed && finding.validity.validity() == Validity::Inactive {
            return matched;
        }
        // It was let in or is listed several times, so that it is known whose it is: that list holds it.
        let owner = matched.owner.as_ref();
        let Some(descriptor) = owner.and_then(|owner| owner.descriptor.clone()) else {
            return matched;
        };
        let Some(organization) = matched.organization.clone() else {
            return matched;
        };
        let list = self.list(&organization, &descriptor);
        let (list, route) = match list {
            Ok(listed) => listed,
            Err(why) => {
                matched.message = Some(why.to_string());
                return matched;
            }
        };
        matched.route = Some(route);
        if list.pats.iter().any(|pat| pat.c3id.is_none()) {
            matched.instance = self.instance(&organization);
        }
        let was_let_in = !is_listed && finding.validity == ValidityReason::Live;
        let checked_at = verification.checked_at;
        matched.accepted_at = checked_at.filter(|_| was_let_in && !verification.cached);
        let probed = |is_wanted: fn(Reading) -> bool| -> Vec<String> {
            let results = self.probes.get(&finding.id).into_iter().flatten();
            let results = results.filter(|result| is_wanted(result.reading));
            results.map(|result| result.scope.to_owned()).collect()
        };
        matched.held = probed(|it| matches!(it, Reading::Held | Reading::HeldWithoutPermission));
        matched.lacking = probed(|it| it == Reading::NotHeld);
        let facts = Facts {
            held: &matched.held,
            lacking: &matched.lacking,
            c3id: c3id.as_str(),
            issued: finding.issued,
            owner_id: matched.owner.as_ref().and_then(|it| it.id.as_deref()),
            instance: matched.instance.as_deref(),
            accepted_at: matched.accepted_at,
            first_seen: first_seen(finding),
            now: self.now,
        };
        let found = matching::find(&facts, &list);
        matched.certainty = found.certainty;
        matched.records = found.records.iter().map(|it| it.record.clone()).collect();
        self.assert(c3id.as_str(), &mut matched);
        matched
    }

    /// The list of an owner's tokens: as an administrator, or if that is refused as the owner.
    fn list(&self, organization: &str, descriptor: &str) -> Result<(Listing, Route), NoList> {
        let credentials = self.desk.credentials(organization);
        let credentials = credentials.ok_or(NoList::Nobody)?;
        let grant = credentials.grant(self.lister.time_left())?;
        let why = match self.lister.pats(organization, descriptor, &grant) {
            Ok(list) => return Ok((list, Route::Administrator)),
            Err(why) => why.into(),
        };
        if !grant.is_bearer() {
            return Err(why);
        }
        let timeout = self.lister.time_left();
        let service = self.lister.service;
        let told = service.who_am_i(organization, grant.credential(), timeout);
        let acting = told.outcome.ok().and_then(|owner| owner.descriptor);
        if acting.as_deref() != Some(descriptor) {
            return Err(why);
        }
        Ok((self.lister.own_pats(organization, &grant)?, Route::Owner))
    }

    /// The id of an organisation, which is asked for it once.
    fn instance(&self, organization: &str) -> Option<String> {
        let mut known = self.instances.borrow_mut();
        let ask = || {
            let credentials = self.desk.credentials(organization)?;
            let grant = credentials.grant(self.lister.time_left()).ok()?;
            let (service, timeout) = (self.lister.service, self.lister.time_left());
            let told = service.instance_id(organization, grant.credential(), timeout);
            told.outcome.ok()
        };
        let told = known.entry(organization.to_owned()).or_insert_with(ask);
        told.clone()
    }

    /// What a person says of the token with that C3ID.
    fn assertion(&self, c3id: &str) -> Option<&Assertion> {
        self.assertions.iter().find(|it| it.c3id == c3id)
    }

    /// Settles what several records may be, if a person says which it is.
    fn assert(&self, c3id: &str, matched: &mut Matched) {
        let is_open = matched.certainty != Certainty::Certain;
        let Some(assertion) = self.assertion(c3id).filter(|_| is_open) else {
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
