//! What is to be done about each leak of a report that was verified, and why.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::super::args::{Assertion, Place, Steering};
use super::super::console::redacted;
use super::super::desk::{Desk, Site};
use super::super::exit::Failure;
use super::super::settings::now;
use super::asserted;
use super::matched::{Matched, Matcher, contest, first_seen};
use super::text;
use crate::model::{Finding, FindingId, PatRecord, Report, Validity, ValidityReason, Verification};
use crate::policy::{
    self, Action, Because, Decision, Leak, Policy, Sighting, TenantPolicy, Visibility,
};
use crate::report::{Redactor, Slash};
use crate::respond::listing::Lister;
use crate::respond::plan::{Grounds, Order, Permission, Plan, Recorded};
use crate::verify::radius::ProbeResult;

/// A leak, and what is to be done about it.
pub(super) struct Proposal<'p> {
    /// Which.
    pub(super) finding: &'p Finding,
    /// What the service has it on record as.
    pub(super) matched: Matched,
    /// What is to be done, and why.
    pub(super) decision: Decision<'p>,
    /// Whether it was seen where it leaked.
    pub(super) sighting: Sighting,
    /// Whether everybody can read it.
    is_public: bool,
    /// Whether the tokens of everybody were listed where it may be registered, and it was none of them.
    is_on_no_list: bool,
}

/// By what is decided.
pub(super) struct Deciding<'d> {
    /// As whom.
    pub(super) desk: &'d Desk,
    /// How lists are read.
    pub(super) lister: Lister<'d>,
    /// What a person says.
    pub(super) assertions: &'d [Assertion],
    /// What the operator allows.
    pub(super) policy: &'d Policy,
    /// Who can read where the leaks are.
    pub(super) visibility: Visibility,
    /// Whether a leak was seen where it was found.
    pub(super) sighting: &'d dyn Fn(&FindingId) -> Sighting,
    /// What tokens were shown to hold, where that was asked.
    pub(super) probes: &'d BTreeMap<FindingId, Vec<ProbeResult>>,
    /// Whether the tokens of everybody were to be listed, and not only those of likely owners.
    pub(super) lists_everybody: bool,
}

/// What was decided, and by what of each organisation.
pub(super) struct Decided<'d> {
    /// Each leak, in the order of the report.
    pub(super) proposals: Vec<Proposal<'d>>,
    /// The organisations that any is registered at.
    pub(super) sites: BTreeMap<String, Site>,
}

/// Who can read where the tokens leaked, as far as the operator and the service say.
pub(super) fn visibility(
    steering: &Steering,
    desk: &Desk,
    lister: Lister<'_>,
) -> Result<Visibility, Failure> {
    match (steering.exposure, &steering.project) {
        (Some(Place::Public), _) => Ok(Visibility::Public),
        (Some(Place::Private), _) => Ok(Visibility::Private),
        (None, Some(project)) => desk.visibility(project, lister.time_left()),
        (None, None) => Ok(Visibility::Unknown),
    }
}

impl<'d> Deciding<'d> {
    /// Looks each finding up, and decides; what is suppressed is none of its business.
    pub(super) fn decide(&self, report: &'d Report) -> Result<Decided<'d>, Failure> {
        let matcher = Matcher {
            lister: self.lister,
            desk: self.desk,
            assertions: self.assertions,
            probes: self.probes,
            now: now(),
            instances: RefCell::default(),
        };
        let findings = report.findings.iter();
        let findings = findings.filter(|finding| finding.suppressed.is_none());
        let mut records: Vec<_> = findings
            .map(|finding| (finding, matcher.find(finding)))
            .collect();
        let found = records
            .iter()
            .map(|(finding, matched)| (&finding.id, matched));
        asserted::agree(self.assertions, found)?;
        contest(records.iter_mut().map(|(_, matched)| matched));
        let organizations = records
            .iter()
            .filter_map(|(_, matched)| matched.organization.as_deref());
        let sites = self.desk.sites(organizations, self.lister.time_left())?;
        let propose = |(finding, matched): (&'d Finding, Matched)| {
            let site = matched.organization.as_ref().and_then(|it| sites.get(it));
            let sighting = (self.sighting)(&finding.id);
            let leak = Leak {
                sighting,
                c3id: finding.id.as_str(),
                owner: matched.owner.as_ref().and_then(|it| it.account.as_deref()),
                validity: finding.validity.validity(),
                certainty: matched.certainty,
                visibility: self.visibility,
                tenant: site.map_or(TenantPolicy::Unreadable, |site| site.tenant.policy),
            };
            let is_on_no_list = |verification: &Verification| {
                let mut attempts = verification.attempts.iter();
                attempts.any(|it| it.reason == ValidityReason::NotInInventory)
            };
            let verification = finding.verification.as_deref();
            Proposal {
                is_on_no_list: self.lists_everybody && verification.is_some_and(is_on_no_list),
                is_public: self.visibility == Visibility::Public,
                finding,
                decision: policy::decide(&leak, self.policy, now()),
                sighting,
                matched,
            }
        };
        Ok(Decided {
            proposals: records.into_iter().map(propose).collect(),
            sites,
        })
    }
}

impl Decided<'_> {
    /// What is to be revoked, without any token that `redactor` knows.
    pub(super) fn plan(&self, redactor: &Redactor) -> Plan {
        let clean = |text: &str| redactor.redact(text, Slash::Belongs).into_owned();
        // A name that holds a token is neither told nor compared.
        let untold = |recorded: Recorded| Recorded {
            name: recorded.name.filter(|name| clean(name) == *name),
            ..recorded
        };
        let orders = self.proposals.iter().filter_map(Proposal::order);
        let orders = orders.map(|order| Order {
            grounds: Grounds {
                because: clean(&order.grounds.because),
                shown: clean(&order.grounds.shown),
                recorded: order.grounds.recorded.map(untold),
                ..order.grounds
            },
            ..order
        });
        let unknown = self.proposals.iter().filter(|it| it.is_unsettled());
        let unknown = unknown.map(|it| it.finding.id.as_str().to_owned());
        Plan::new(orders).with_unknown(unknown).made_at(now())
    }
}

impl Proposal<'_> {
    /// Whether somebody could say if it works and nobody did, and nobody allows it. That it was refused
    /// says nothing: so are tokens that lack a right, or whose owner is stopped for now.
    fn is_unsettled(&self) -> bool {
        let is_open = self.finding.validity != ValidityReason::NotSupported;
        is_open && !self.is_on_no_list && self.decision.because == Because::NotConfirmed
    }

    /// What is to be ordered, if it is to be revoked.
    pub(super) fn order(&self) -> Option<Order> {
        if self.decision.action != Action::Revoke {
            return None;
        }
        let [record] = &*self.matched.records else {
            return None;
        };
        Some(Order {
            organization: self.matched.organization.clone()?,
            c3id: self.finding.id.as_str().to_owned(),
            authorization_id: record.authorization_id.clone(),
            route: self.matched.route?,
            owner: self.matched.owner.as_ref()?.descriptor.clone()?,
            matched: self.matched.certainty.as_str().to_owned(),
            grounds: self.grounds(record),
        })
    }

    fn grounds(&self, record: &PatRecord) -> Grounds {
        let (finding, matched) = (self.finding, &self.matched);
        let attempts = finding.verification.iter().flat_map(|it| &it.attempts);
        let accepting = attempts.filter(|it| it.reason.validity() == Validity::Active);
        let accepted_by = accepting.filter_map(|it| it.organization.clone());
        let mut accepted_by: Vec<_> = accepted_by.collect();
        accepted_by.sort_unstable();
        accepted_by.dedup();
        Grounds {
            exposure_rechecked: self.sighting == Sighting::Seen,
            issued: finding.issued.map(|month| month.to_string()),
            accepted_at: matched.accepted_at.map(|time| time.0),
            accepted_by,
            owner_id: matched.owner.as_ref().and_then(|it| it.id.clone()),
            instance: matched.instance.clone(),
            first_seen: first_seen(finding).map(|time| time.0),
            held: matched.held.clone(),
            lacking: matched.lacking.clone(),
            is_public: self.is_public,
            permission: match self.decision.because {
                Because::OperatorOn => Permission::Operator,
                _ => Permission::Tenant,
            },
            because: text::because(self.decision.because),
            account: matched.owner.as_ref().and_then(|it| it.account.clone()),
            shown: text::described(record),
            recorded: Some(Recorded {
                // One that looks like a token is not told, known or not.
                name: record.name.clone().filter(|name| redacted(name) == *name),
                scopes: record.scopes.clone(),
                valid_from: record.valid_from.map(|time| time.0),
                valid_to: record.valid_to.map(|time| time.0),
            }),
        }
    }
}
