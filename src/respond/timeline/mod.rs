//! What was done with a leaked token, as far as the audit log tells. Pure: nothing is asked here.
//!
//! ```text
//! Leak ──┐
//!        ├─▶ record ─▶ moments: issued, exposed, revoked ─┐
//! Facts ─┘      └────▶ events of its authorization id ────┴─▶ what is suspicious, what is not known
//! ```

mod moments;

use std::collections::BTreeSet;

use crate::model::{IssueMonth, Timestamp};
use crate::providers::azure_devops::{AuditEntry, Category, ListedPat};
use crate::respond::mechanism::{self, Ids, Named};
use crate::respond::revoke::Acted;
use crate::respond::survey::{Facts, Person};

pub use moments::{Doubt, Exposed, Revocation, RevokedBy};

/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// How long before its exposure a token's owner is watched, to know what is usual.
pub const BASELINE: i64 = 30 * DAY;
/// How long the service keeps its log, as its documentation says.
pub const RETENTION: i64 = 90 * DAY;

/// Parts of the service in which a change gives away more than it changes. `OrganizationPolicy` is
/// what the log calls policies in places.
const SENSITIVE: [&str; 6] = [
    "Token",
    "Policy",
    "OrganizationPolicy",
    "Security",
    "ServiceEndpoint",
    "Extension",
];

/// A leaked token, as the report and the journal know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// Its C3ID.
    pub c3id: String,
    /// When it was exposed first, as a commit claims or the operator says.
    pub exposed: Option<Timestamp>,
    /// When it was issued, as it says itself.
    pub issued: Option<IssueMonth>,
    /// What it is registered as, as a person says.
    pub authorization_id: Option<String>,
    /// What it was taken to be registered as, as the journal says, the last at the end.
    pub acted: Vec<Acted>,
}

impl Leak {
    /// What it is registered as, as a person says, or else the last line of the journal.
    fn told(&self) -> Option<&str> {
        let last = self.acted.last().map(|acted| &*acted.authorization_id);
        self.authorization_id.as_deref().or(last)
    }
}

/// Why an event is suspicious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// It came after the token was revoked.
    AfterRevocation,
    /// It came from an address that its owner had not used.
    NewAddress,
    /// It came from a program that its owner had not used.
    NewAgent,
    /// It changed what gives further access away.
    Sensitive,
    /// It did so before the token was exposed, as that is dated: dates of commits are whatever their
    /// author wrote.
    BeforeExposure,
}

impl Flag {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterRevocation => "after_revocation",
            Self::NewAddress => "new_address",
            Self::NewAgent => "new_user_agent",
            Self::Sensitive => "sensitive_change",
            Self::BeforeExposure => "before_exposure",
        }
    }
}

/// Something that was done with the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'f> {
    /// What the log tells.
    pub entry: &'f AuditEntry,
    /// Why it is suspicious, if it is.
    pub flags: Vec<Flag>,
}

/// How much is known of what its owner did before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// All thirty days.
    Whole,
    /// So many days, rounded down: the log begins later.
    Partial(i64),
    /// Nothing: nothing can be called new.
    None,
}

/// What was done with one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline<'f> {
    /// Which.
    pub leak: &'f Leak,
    /// Whose it is.
    pub owner: Option<&'f Person>,
    /// What it is registered as.
    pub pat: Option<&'f ListedPat>,
    /// Its authorization id; without one nothing can be found.
    pub authorization_id: Option<&'f str>,
    /// What the journal took it for besides, which are other tokens.
    pub others: Vec<&'f str>,
    /// When it was issued, as it says itself, or else its record.
    pub issued: Option<IssueMonth>,
    /// When it was exposed first.
    pub exposed: Exposed,
    /// Whether and when it ended.
    pub revocation: Revocation,
    /// What is known of its owner.
    pub baseline: Baseline,
    /// What was done with it from its exposure on, what is suspicious first.
    pub events: Vec<Event<'f>>,
    /// Entries whose id was cut so short that they may be another token's.
    pub uncertain: Vec<&'f AuditEntry>,
    /// Entries of it before its exposure, which count for what is usual; those that are suspicious
    /// all the same are among its events.
    pub earlier: usize,
}

impl Timeline<'_> {
    /// How many of the events are suspicious.
    pub fn suspicious(&self) -> usize {
        let flagged = self.events.iter().filter(|event| !event.flags.is_empty());
        flagged.count()
    }
}

/// The timeline of each of `leaks`.
pub fn timelines<'f>(facts: &'f Facts, leaks: &'f [Leak], now: Timestamp) -> Vec<Timeline<'f>> {
    let pats = facts.people.iter().flat_map(|person| &person.pats);
    let listed = pats.map(|pat| &*pat.record.authorization_id);
    let told = leaks.iter().filter_map(Leak::told);
    let ids = Ids::new(listed.chain(told));
    leaks
        .iter()
        .map(|leak| timeline(facts, leak, &ids, now))
        .collect()
}

fn timeline<'f>(facts: &'f Facts, leak: &'f Leak, ids: &Ids<'f>, now: Timestamp) -> Timeline<'f> {
    let found = record(facts, leak);
    let pat = found.map(|(_, pat)| pat);
    let id = pat.map(|pat| &*pat.record.authorization_id);
    let id = id.or_else(|| leak.told());
    let is_it =
        |acted: &&Acted| id.is_some_and(|id| id.eq_ignore_ascii_case(&acted.authorization_id));
    let (acted, others): (Vec<_>, Vec<_>) = leak.acted.iter().partition(is_it);
    let exposed = moments::exposed(leak, pat, now);
    let revocation = moments::revocation(acted.first().copied(), pat, facts, now);
    let mut timeline = Timeline {
        leak,
        owner: found.map(|(owner, _)| owner),
        pat,
        authorization_id: id,
        others: others.iter().map(|it| &*it.authorization_id).collect(),
        issued: leak.issued.or_else(|| moments::issued(pat)),
        baseline: baseline(facts, exposed.at),
        exposed,
        revocation,
        events: Vec::new(),
        uncertain: Vec::new(),
        earlier: 0,
    };
    let Some(id) = id else {
        return timeline;
    };
    let usual = Usual::of(facts, &timeline);
    for entry in &facts.log {
        let is_its = match ids.named(&entry.mechanism) {
            Named::One(named) => named.eq_ignore_ascii_case(id),
            Named::None => false,
            Named::Several => {
                if mechanism::may_name(&entry.mechanism, id) {
                    timeline.uncertain.push(entry);
                }
                false
            }
        };
        if !is_its {
            continue;
        }
        let flags = if exposed.at.is_none_or(|at| entry.at >= at) {
            flags(entry, &timeline, &usual)
        } else if is_sensitive(entry) {
            vec![Flag::Sensitive, Flag::BeforeExposure]
        } else {
            timeline.earlier += 1;
            continue;
        };
        timeline.events.push(Event { entry, flags });
    }
    // The log comes in the order of time, and stays so within each half.
    timeline.events.sort_by_key(|event| event.flags.is_empty());
    timeline
}

/// What the leaked token is registered as: what holds its C3ID, or else what somebody says.
fn record<'f>(facts: &'f Facts, leak: &Leak) -> Option<(&'f Person, &'f ListedPat)> {
    let all = || {
        let people = facts.people.iter();
        people.flat_map(|person| person.pats.iter().map(move |pat| (person, pat)))
    };
    let by_c3id = all().find(|(_, pat)| pat.c3id.as_deref() == Some(&*leak.c3id));
    by_c3id.or_else(|| {
        let id = leak.told()?;
        all().find(|(_, pat)| pat.record.authorization_id.eq_ignore_ascii_case(id))
    })
}

fn baseline(facts: &Facts, exposed: Option<Timestamp>) -> Baseline {
    let (Some(exposed), Some(from)) = (exposed, facts.log_from) else {
        return Baseline::None;
    };
    match exposed.0.saturating_sub(from.0) {
        known if known >= BASELINE => Baseline::Whole,
        known if known >= DAY => Baseline::Partial(known / DAY),
        _ => Baseline::None,
    }
}

/// Where from and by which programs somebody worked before the token was exposed.
#[derive(Debug, Default)]
struct Usual<'f> {
    addresses: BTreeSet<&'f str>,
    agents: BTreeSet<&'f str>,
}

impl<'f> Usual<'f> {
    fn of(facts: &'f Facts, timeline: &Timeline<'f>) -> Self {
        let mut usual = Self::default();
        let (Some(owner), Some(exposed)) = (timeline.owner, timeline.exposed.at) else {
            return usual;
        };
        let start = exposed.0.saturating_sub(BASELINE);
        let is_before = |entry: &&AuditEntry| (start..exposed.0).contains(&entry.at.0);
        let is_own = |entry: &&AuditEntry| is_by(entry, owner);
        for entry in facts.log.iter().filter(is_before).filter(is_own) {
            usual.addresses.insert(&entry.ip);
            usual.agents.insert(&entry.agent);
        }
        usual
    }
}

/// Whether `person` did it, as far as the log names them.
fn is_by(entry: &AuditEntry, person: &Person) -> bool {
    let account = person.user.account.as_deref().unwrap_or_default();
    let ids = person.pats.iter().filter_map(|pat| pat.owner_id.as_deref());
    let has_id = |id: &str| !id.is_empty() && id.eq_ignore_ascii_case(&entry.actor_id);
    let is_named = !account.is_empty() && account.eq_ignore_ascii_case(&entry.account);
    is_named || ids.into_iter().any(has_id)
}

fn flags(entry: &AuditEntry, timeline: &Timeline<'_>, usual: &Usual<'_>) -> Vec<Flag> {
    let can_compare = timeline.baseline != Baseline::None && timeline.owner.is_some();
    let is_new = |text: &str, known: &BTreeSet<&str>| {
        can_compare && !text.is_empty() && !known.contains(text)
    };
    let revoked = timeline.revocation.at();
    let holds = [
        (
            Flag::AfterRevocation,
            revoked.is_some_and(|at| entry.at > at),
        ),
        (Flag::NewAddress, is_new(&entry.ip, &usual.addresses)),
        (Flag::NewAgent, is_new(&entry.agent, &usual.agents)),
        (Flag::Sensitive, is_sensitive(entry)),
    ];
    let flags = holds.into_iter().filter(|(_, holds)| *holds);
    flags.map(|(flag, _)| flag).collect()
}

/// Whether it changes what gives further access away. The area stands before the dot of an action,
/// too.
fn is_sensitive(entry: &AuditEntry) -> bool {
    let of_action = entry.action.split('.').next().unwrap_or_default();
    let is_in = |area: &&str| {
        area.eq_ignore_ascii_case(&entry.area) || area.eq_ignore_ascii_case(of_action)
    };
    let is_change = match entry.category {
        Category::Modify | Category::Remove | Category::Create => true,
        Category::Access | Category::Execute | Category::Unknown => false,
    };
    is_change && SENSITIVE.iter().any(is_in)
}

#[cfg(test)]
mod tests;
