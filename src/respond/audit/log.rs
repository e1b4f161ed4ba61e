//! What the audit log tells about tokens: who made one against the policies, and when each was last
//! seen at work.

use std::collections::BTreeMap;

use super::marks::{self, DAY};
use super::policies::{Policy, PolicyName};
use crate::model::Timestamp;
use crate::providers::azure_devops::{AuditEntry, ListedPat};
use crate::respond::mechanism::{Ids, Named};
use crate::respond::survey::{Facts, Person};
use crate::verify::scopes;

/// The action by which a token is made.
const CREATED: &str = "Token.PatCreateEvent";

/// A policy that the making of a token breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub policy: PolicyName,
    /// What it does not allow, in words.
    pub what: String,
    /// Whether nobody may be on the allow-list who made it: who is in a group is not known.
    pub is_sure: bool,
}

/// A token that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation<'f> {
    /// What the log tells of it.
    pub entry: &'f AuditEntry,
    /// The token, if exactly one of that name and time is listed.
    pub pat: Option<&'f ListedPat>,
    /// The policies that it breaks as they stand now.
    pub breaches: Vec<Breach>,
}

/// All tokens that were made while the log was kept.
pub(super) fn creations<'f>(facts: &'f Facts, policies: &[Policy]) -> Vec<Creation<'f>> {
    let made = facts.log.iter().filter(|entry| entry.action == CREATED);
    made.map(|entry| {
        let owner = owner(facts, entry);
        let pat = owner.and_then(|owner| pat(owner, entry));
        let breaches = policies
            .iter()
            .filter_map(|policy| breach(policy, pat, owner, facts));
        Creation {
            entry,
            pat,
            breaches: breaches.collect(),
        }
    })
    .collect()
}

/// When each token was last seen in the log, by authorization id.
pub(super) fn last_uses(facts: &Facts) -> BTreeMap<&str, Timestamp> {
    let pats = facts.people.iter().flat_map(|person| &person.pats);
    let ids = Ids::new(pats.map(|pat| &*pat.record.authorization_id));
    let mut last = BTreeMap::new();
    for entry in &facts.log {
        if let Named::One(id) = ids.named(&entry.mechanism) {
            let at = last.entry(id).or_insert(entry.at);
            *at = entry.at.max(*at);
        }
    }
    last
}

fn owner<'f>(facts: &'f Facts, entry: &AuditEntry) -> Option<&'f Person> {
    let is_it = |person: &&Person| {
        let account = person.user.account.as_deref().unwrap_or_default();
        let has_id = |pat: &ListedPat| pat.owner_id.as_ref() == Some(&entry.actor_id);
        let is_named = !account.is_empty() && account.eq_ignore_ascii_case(&entry.account);
        is_named || (!entry.actor_id.is_empty() && person.pats.iter().any(has_id))
    };
    facts.people.iter().find(is_it)
}

/// The token of that name that was made within a day of the entry. The entry does not say more.
fn pat<'f>(owner: &'f Person, entry: &AuditEntry) -> Option<&'f ListedPat> {
    let name = entry.data.get("DisplayName")?;
    let is_it = |pat: &&ListedPat| {
        let is_near = |from: Timestamp| from.0.abs_diff(entry.at.0) <= DAY.unsigned_abs();
        pat.record.name.as_ref() == Some(name) && pat.record.valid_from.is_some_and(is_near)
    };
    let mut found = owner.pats.iter().filter(is_it);
    let first = found.next();
    first.filter(|_| found.next().is_none())
}

fn breach(
    policy: &Policy,
    pat: Option<&ListedPat>,
    owner: Option<&Person>,
    facts: &Facts,
) -> Option<Breach> {
    if policy.is_on != Some(true) {
        return None;
    }
    let record = pat.map(|pat| &pat.record);
    let what = match policy.name {
        PolicyName::RestrictGlobal => {
            let is_global = record?.is_global == Some(true);
            is_global.then(|| "is global".to_owned())?
        }
        PolicyName::RestrictFullScope => {
            let is_full = marks::is_full_access(record?);
            is_full.then(|| "has full access".to_owned())?
        }
        PolicyName::MaxLifespan => {
            let (days, max) = (marks::lifetime_days(record?)?, policy.max_days?);
            let is_long = days > i64::from(max);
            is_long.then(|| format!("lives {days} days ({max} allowed)"))?
        }
        PolicyName::RestrictCreation => {
            let is_packaging = |name: &String| scopes::implies("packaging_manage", name);
            match record {
                Some(record) if policy.packaging_only == Some(true) => {
                    let is_foreign = !record.scopes.iter().all(is_packaging);
                    is_foreign.then(|| "is not for packages alone".to_owned())?
                }
                // Of which scopes it has, the log says nothing.
                None if policy.packaging_only == Some(true) => return None,
                _ => "was made at all".to_owned(),
            }
        }
        PolicyName::RevokeLeaked | PolicyName::LogAuditEvents => return None,
    };
    let origin = owner.and_then(|owner| owner.user.origin_id.as_deref());
    let is_person = |id: &String| {
        let mut people = facts.people.iter();
        people.any(|person| is_same(person.user.origin_id.as_deref(), id))
    };
    match &policy.allowed {
        Some(allowed) if allowed.iter().any(|id| is_same(origin, id)) => None,
        Some(allowed) => Some(Breach {
            policy: policy.name,
            what,
            is_sure: origin.is_some() && allowed.iter().all(is_person) || allowed.is_empty(),
        }),
        None => Some(Breach {
            policy: policy.name,
            what,
            is_sure: false,
        }),
    }
}

fn is_same(origin: Option<&str>, id: &str) -> bool {
    origin.is_some_and(|origin| origin.eq_ignore_ascii_case(id))
}
