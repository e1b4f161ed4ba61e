//! Puts together what a token can do, to whom, and who uses it.

use std::collections::BTreeMap;

use crate::model::{
    Answer, Attempt, BlastRadius, Finding, FullAccess, Harm, Method, PatRecord, Reach, Reached,
    ScopeFact, ScopeSource, ScopeState, Unprobed, ValidityReason, Verification,
};

use super::consumers::Products;
use super::probes::{Level, PROBES, Reading, Refusal};
use super::scopes::{self, CATALOGUE, Holder, Readable, Scope};

/// What stands in the message with which a policy against global tokens turns one away.
const GLOBAL_REFUSED: &str = "global Personal Access Token";
/// How many scopes are named as the worst.
const WORST: usize = 3;

/// What a probe said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// The scope of the probe.
    pub scope: &'static str,
    /// What its answer says.
    pub reading: Reading,
}

/// All that is known of a token.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Where it stands, whether it works, and whose it is.
    pub finding: &'a Finding,
    /// What the probes said; empty where none was sent.
    pub probes: &'a [ProbeResult],
    /// Why none was sent.
    pub unprobed: Option<Unprobed>,
    /// The organisations of the owner, where the token was allowed to list them: only one that is
    /// global is.
    pub memberships: Option<&'a [String]>,
    /// The products that may use it.
    pub products: &'a Products,
}

/// What the token can do, to whom, and who uses it.
pub fn blast_radius(evidence: &Evidence<'_>) -> BlastRadius {
    let Evidence {
        finding,
        probes,
        unprobed,
        memberships,
        products,
    } = *evidence;
    let verification = finding.verification.as_deref();
    let pat = verification.and_then(|verification| verification.pat.as_ref());
    let held = held(verification);
    let full_access = match &held {
        Some(held) => listed_access(held),
        None => probed_access(probes),
    };
    let (scopes_from, mut scopes) = match &held {
        Some(held) => (Some(ScopeSource::Inventory), listed(held)),
        None if probes.is_empty() => (None, Vec::new()),
        None => (Some(ScopeSource::Probe), probed(probes)),
    };
    scopes.sort_by(|a, b| order(a).cmp(&order(b)));
    let (harm, harm_reason) = harm(full_access, &scopes);
    BlastRadius {
        id: finding.id.clone(),
        redacted: finding.secret.redacted(),
        validity: finding.validity,
        checked_at: verification.and_then(|verification| verification.checked_at),
        name: pat.and_then(|pat| pat.name.clone()),
        owner: verification.and_then(|verification| verification.owner.clone()),
        organizations: organizations(finding, memberships.unwrap_or_default()),
        is_global: is_global(verification, memberships.is_some()),
        full_access,
        scopes_from,
        unprobed: unprobed.filter(|_| scopes_from.is_none()),
        scopes,
        harm,
        harm_reason,
        is_at_least: scopes_from == Some(ScopeSource::Probe) && harm != Harm::Critical,
        issued_month: finding.issued,
        issued: pat.and_then(|pat| pat.valid_from),
        expires: pat.and_then(|pat| pat.valid_to).or(finding.expires),
        consumers: products.of_finding(held.as_deref(), finding),
    }
}

/// The scopes of a token, if they are known as a whole: without `vso.`, each once.
pub fn held(verification: Option<&Verification>) -> Option<Vec<String>> {
    let pat: &PatRecord = verification?.pat.as_ref()?;
    let names = scopes::parse(&pat.scopes.join(" "));
    // A record without scopes has not been read whole.
    (!names.is_empty()).then_some(names)
}

fn listed_access(held: &[String]) -> FullAccess {
    let mut scopes = held.iter().filter_map(|name| scopes::find(name));
    if scopes.any(Scope::is_full_access) {
        FullAccess::Certain
    } else {
        FullAccess::No
    }
}

/// All rights to read an organisation together are probably full access: nobody picks them one by
/// one.
fn probed_access(probes: &[ProbeResult]) -> FullAccess {
    let reading = |scope: &str| {
        let result = probes.iter().find(|result| result.scope == scope)?;
        Some(result.reading)
    };
    let is_held = |scope| {
        matches!(
            reading(scope),
            Some(Reading::Held | Reading::HeldWithoutPermission)
        )
    };
    if probes
        .iter()
        .any(|result| result.reading == Reading::NotHeld)
    {
        return FullAccess::No;
    }
    let mut asked = PROBES
        .iter()
        .filter(|probe| probe.level == Level::Organization && probe.refusal == Refusal::NotHeld);
    if asked.all(|probe| is_held(probe.scope)) {
        FullAccess::Probable
    } else {
        FullAccess::Unknown
    }
}

/// The scopes that the administrator's list names, and those that come with them.
fn listed(held: &[String]) -> Vec<ScopeFact> {
    let named = held.iter().map(|name| {
        let scope = scopes::find(name);
        ScopeFact {
            scope: name.clone(),
            allows: scope.map(|scope| scope.allows),
            state: ScopeState::Held,
            source: Some(ScopeSource::Inventory),
            implied_by: None,
            lacks_permission: false,
            harm: scope.map_or(Harm::Unknown, |scope| scope.harm),
        }
    });
    let known: Vec<&Scope> = held.iter().filter_map(|name| scopes::find(name)).collect();
    // All scopes come with full access; that goes without saying.
    let known = if known.iter().any(|scope| scope.is_full_access()) {
        Vec::new()
    } else {
        known
    };
    let implied = CATALOGUE.iter().filter_map(|scope| {
        let by = known.iter().find(|by| by.implies(scope))?;
        (!known.contains(&scope)).then(|| ScopeFact {
            implied_by: Some(by.name.to_owned()),
            source: Some(ScopeSource::Inventory),
            ..fact(scope, ScopeState::Held)
        })
    });
    named.chain(implied).collect()
}

/// All scopes that such a token can hold, as far as probes show.
fn probed(probes: &[ProbeResult]) -> Vec<ScopeFact> {
    let holds = |result: &&ProbeResult| {
        matches!(
            result.reading,
            Reading::Held | Reading::HeldWithoutPermission
        )
    };
    let held: Vec<&Scope> = probes
        .iter()
        .filter(holds)
        .filter_map(|result| scopes::find(result.scope))
        .collect();
    let facts = CATALOGUE.iter().filter(|scope| scope.holder == Holder::Any);
    let facts = facts.map(|scope| {
        let result = probes.iter().find(|result| result.scope == scope.name);
        let state = match result.map(|result| result.reading) {
            Some(Reading::Held | Reading::HeldWithoutPermission) => ScopeState::Held,
            Some(Reading::NotHeld) => ScopeState::NotHeld,
            Some(Reading::Inconclusive | Reading::Abort) => ScopeState::Unknown,
            None if scope.readable == Readable::No => ScopeState::CannotBeProbed,
            None => ScopeState::NotProbed,
        };
        let by = held
            .iter()
            .find(|by| state != ScopeState::Held && by.implies(scope));
        ScopeFact {
            source: (result.is_some() || by.is_some()).then_some(ScopeSource::Probe),
            implied_by: by.map(|by| by.name.to_owned()),
            lacks_permission: result
                .is_some_and(|result| result.reading == Reading::HeldWithoutPermission),
            ..fact(
                scope,
                if by.is_some() {
                    ScopeState::Held
                } else {
                    state
                },
            )
        }
    });
    facts.collect()
}

fn fact(scope: &Scope, state: ScopeState) -> ScopeFact {
    ScopeFact {
        scope: scope.name.to_owned(),
        allows: Some(scope.allows),
        state,
        source: None,
        implied_by: None,
        lacks_permission: false,
        harm: scope.harm,
    }
}

/// What is held first, then what was named, then the worst.
fn order(fact: &ScopeFact) -> (ScopeState, bool, Harm, &str) {
    (
        fact.state,
        fact.implied_by.is_some(),
        fact.harm,
        &fact.scope,
    )
}

/// The worst that the token can do, and why.
fn harm(full_access: FullAccess, scopes: &[ScopeFact]) -> (Harm, String) {
    match full_access {
        FullAccess::Certain => {
            let reason = "full access: it may do all that its owner may";
            return (Harm::Critical, reason.to_owned());
        }
        FullAccess::Probable => {
            let reason = "probably full access: it holds every right to read that was probed";
            return (Harm::Critical, reason.to_owned());
        }
        FullAccess::No | FullAccess::Unknown => {}
    }
    let held = || scopes.iter().filter(|fact| fact.state == ScopeState::Held);
    let Some(worst) = held().map(|fact| fact.harm).min() else {
        let reason = if scopes.is_empty() {
            "nobody asked what it may do"
        } else {
            "no scope is known to be held"
        };
        return (Harm::Unknown, reason.to_owned());
    };
    let mut names: Vec<String> = held()
        .filter(|fact| fact.harm == worst)
        .map(|fact| match fact.allows {
            Some(allows) => format!("{} ({allows})", fact.scope),
            None => format!("{} (not known to this version)", fact.scope),
        })
        .collect();
    let more = names.len().saturating_sub(WORST);
    names.truncate(WORST);
    let more = match more {
        0 => String::new(),
        more => format!(", and {more} more like that"),
    };
    (worst, names.join(", ") + &more)
}

/// Each organisation once, by the best that is known of it.
fn organizations(finding: &Finding, memberships: &[String]) -> Vec<Reached> {
    let mut best: BTreeMap<String, Reach> = BTreeMap::new();
    let mut add = |organization: &str, reach: Reach| {
        let known = best.entry(organization.to_lowercase()).or_insert(reach);
        // An organisation that is named must not hide that it was asked and said no.
        if reach < *known && reach != Reach::Named || *known == Reach::Named {
            *known = reach;
        }
    };
    if let Some(verification) = finding.verification.as_deref() {
        for attempt in &verification.attempts {
            if let Some(organization) = &attempt.organization {
                add(organization, reach(attempt.method, attempt.reason));
            }
        }
        if let (Some(organization), Some(method)) =
            (&verification.organization, verification.method)
        {
            add(organization, reach(method, finding.validity));
        }
    }
    for organization in memberships {
        add(organization, Reach::Membership);
    }
    for clue in &finding.organizations {
        add(&clue.organization, Reach::Named);
    }
    let mut organizations: Vec<Reached> = best
        .into_iter()
        .map(|(organization, reach)| Reached {
            reach,
            organization,
        })
        .collect();
    organizations.sort();
    organizations
}

fn reach(method: Method, reason: ValidityReason) -> Reach {
    match reason {
        ValidityReason::Live | ValidityReason::Revoked | ValidityReason::Expired
            if method == Method::Inventory =>
        {
            Reach::Listed
        }
        ValidityReason::Live => Reach::Accepted,
        ValidityReason::LiveBlocked => Reach::Blocked,
        ValidityReason::LiveElsewhere => Reach::Elsewhere,
        ValidityReason::Refused
        | ValidityReason::NotRecognized
        | ValidityReason::Revoked
        | ValidityReason::Expired => Reach::Refused,
        ValidityReason::OrganizationNotFound => Reach::Missing,
        ValidityReason::Throttled
        | ValidityReason::BudgetExhausted
        | ValidityReason::Inconclusive
        | ValidityReason::ValueUnavailable
        | ValidityReason::NotAttempted
        | ValidityReason::NotSupported
        | ValidityReason::NotInInventory => Reach::Named,
    }
}

/// The record tells; else a global token is one that lists its owner's organisations, that two of
/// them let in, or that is turned away for being global. Nothing proves the opposite.
fn is_global(verification: Option<&Verification>, lists_organizations: bool) -> Answer {
    let record = verification.and_then(|verification| verification.pat.as_ref());
    match record.and_then(|pat| pat.is_global) {
        Some(true) => return Answer::Yes,
        Some(false) => return Answer::No,
        None => {}
    }
    let attempts: &[Attempt] = verification.map_or(&[], |verification| &verification.attempts);
    let mut let_in: Vec<&str> = attempts
        .iter()
        .filter(|attempt| attempt.method == Method::ConnectionData)
        .filter(|attempt| attempt.reason == ValidityReason::Live)
        .filter_map(|attempt| attempt.organization.as_deref())
        .collect();
    let_in.sort_unstable();
    let_in.dedup();
    let refused_as_global = attempts.iter().any(|attempt| {
        let message = attempt.evidence.message.as_deref().unwrap_or_default();
        attempt.reason == ValidityReason::LiveBlocked && message.contains(GLOBAL_REFUSED)
    });
    if lists_organizations || let_in.len() > 1 || refused_as_global {
        Answer::Yes
    } else {
        Answer::Unknown
    }
}

#[cfg(test)]
mod tests;
