//! When a token was issued, exposed and revoked. Commits claim their dates: one that cannot be right
//! is not believed.

use super::{DAY, Leak};
use crate::model::{IssueMonth, Timestamp};
use crate::providers::azure_devops::ListedPat;
use crate::respond::listing::REVOKED;
use crate::respond::revoke::Acted;
use crate::respond::survey::Facts;

/// When a token was exposed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// When; `None` where that is not known.
    pub at: Option<Timestamp>,
    /// Why it is not when the report says.
    pub doubt: Option<Doubt>,
}

/// Why a date is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The token was issued later: when it was issued counts.
    BeforeIssue,
    /// It has not come yet.
    Future,
}

impl Doubt {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeIssue => "before_issue",
            Self::Future => "future",
        }
    }
}

/// Who says when a token was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokedBy {
    /// The journal: the service accepted the revocation then, and it is closed by now.
    Journal,
    /// The audit log: a token of that name, which no other has, was revoked then.
    AuditLog,
}

impl RevokedBy {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::AuditLog => "audit_log",
        }
    }
}

/// Whether a token has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It was revoked then.
    At(Timestamp, RevokedBy),
    /// The service accepted its revocation then, as the journal says, which has it not as closed or is
    /// contradicted by the list.
    Accepted(Timestamp),
    /// The list says that it was revoked, and nothing says when.
    SomeTime,
    /// It has expired then.
    Expired(Timestamp),
    /// The list has it as one that works.
    Not,
    /// No list that was read holds it.
    Unknown,
}

impl Revocation {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::At(..) | Self::SomeTime => "revoked",
            Self::Accepted(_) => "accepted",
            Self::Expired(_) => "expired",
            Self::Not => "works",
            Self::Unknown => "unknown",
        }
    }

    /// When it ended, where that is known.
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(at, _) | Self::Expired(at) => Some(at),
            Self::Accepted(_) | Self::SomeTime | Self::Not | Self::Unknown => None,
        }
    }
}

/// The month of issue that a record tells.
pub(super) fn issued(pat: Option<&ListedPat>) -> Option<IssueMonth> {
    let from = pat?.record.valid_from?;
    let from = jiff::Timestamp::from_second(from.0).ok()?;
    let from = from.to_zoned(jiff::tz::TimeZone::UTC);
    Some(IssueMonth {
        year: u16::try_from(from.year()).ok()?,
        month: u8::try_from(from.month()).ok()?,
    })
}

/// When it was exposed first: not before it was issued, but for a day that clocks may be wrong by, and
/// not in the future.
pub(super) fn exposed(leak: &Leak, pat: Option<&ListedPat>, now: Timestamp) -> Exposed {
    let Some(claimed) = leak.exposed else {
        return Exposed {
            at: None,
            doubt: None,
        };
    };
    let issued = pat.and_then(|pat| pat.record.valid_from);
    match issued {
        _ if claimed.0 > now.0.saturating_add(DAY) => Exposed {
            at: None,
            doubt: Some(Doubt::Future),
        },
        Some(issued) if claimed.0.saturating_add(DAY) < issued.0 => Exposed {
            at: Some(issued),
            doubt: Some(Doubt::BeforeIssue),
        },
        _ => Exposed {
            at: Some(claimed),
            doubt: None,
        },
    }
}

/// Whether and when it ended: as the journal says, as the list says, as the log says.
pub(super) fn revocation(
    acted: Option<&Acted>,
    pat: Option<&ListedPat>,
    facts: &Facts,
    now: Timestamp,
) -> Revocation {
    let accepted = acted.and_then(|acted| acted.accepted);
    // That the service accepted it ends nothing: it may still be let in.
    let closed = accepted.filter(|_| acted.is_some_and(|acted| acted.is_closed));
    let by_journal = |at| Revocation::At(at, RevokedBy::Journal);
    let Some(pat) = pat else {
        let accepted = accepted.map_or(Revocation::Unknown, Revocation::Accepted);
        return closed.map_or(accepted, by_journal);
    };
    let end = pat.record.valid_to.filter(|&end| end <= now);
    match (closed, pat.is_valid, end) {
        (Some(at), _, Some(end)) if at < end => by_journal(at),
        // An expired one may be listed as not valid, too.
        (_, _, Some(end)) => Revocation::Expired(end),
        (Some(at), Some(false), None) => by_journal(at),
        (None, Some(false), None) if accepted.is_none() => logged(pat, facts)
            .map_or(Revocation::SomeTime, |at| {
                Revocation::At(at, RevokedBy::AuditLog)
            }),
        (_, _, None) => accepted.map_or(Revocation::Not, Revocation::Accepted),
    }
}

/// When the log says that it was revoked. Of the token that tells only the name, so that another of
/// that name is in the way.
fn logged(pat: &ListedPat, facts: &Facts) -> Option<Timestamp> {
    let name = pat.record.name.as_ref()?;
    let pats = facts.people.iter().flat_map(|person| &person.pats);
    let same = pats.filter(|other| other.record.name.as_ref() == Some(name));
    if same.count() > 1 {
        return None;
    }
    let is_it = |entry: &&crate::providers::azure_devops::AuditEntry| {
        REVOKED.contains(&&*entry.action) && entry.data.get("DisplayName") == Some(name)
    };
    facts.log.iter().rfind(is_it).map(|entry| entry.at)
}
