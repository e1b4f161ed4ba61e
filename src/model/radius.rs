//! What a token can do to whom, and what stops working when it dies.

use super::{FindingId, IssueMonth, Owner, Timestamp, ValidityReason};

/// Something that is known, or known not to be, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// Nothing tells.
    Unknown,
}

impl Answer {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a token may do all that its owner may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FullAccess {
    /// The administrator's list says so.
    Certain,
    /// Every right to read that was probed is held.
    Probable,
    /// The list says otherwise, or a right to read is not held.
    No,
    /// Too little was asked.
    Unknown,
}

impl FullAccess {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Probable => "probable",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// How much harm a scope, or all that a token holds, can do.
///
/// The order is from the worst down, so the smallest of several counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// Gives further access away: code, pipelines, tokens, members, secrets.
    Critical,
    /// Marked as high-privilege by Microsoft.
    High,
    /// Changes something, or reads what is worth stealing.
    Medium,
    /// Reads what is of little use alone.
    Low,
    /// Nothing tells.
    Unknown,
}

impl Harm {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a scope is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeState {
    /// Yes, though its owner may lack the permission to use it.
    Held,
    /// No.
    NotHeld,
    /// It was probed, and the answer proves nothing.
    Unknown,
    /// It was not asked: there was no project to ask about, or a limit came first.
    NotProbed,
    /// No request that only reads would show it, as far as is known.
    CannotBeProbed,
}

impl ScopeState {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::NotHeld => "not_held",
            Self::Unknown => "unknown",
            Self::NotProbed => "not_probed",
            Self::CannotBeProbed => "cannot_be_probed",
        }
    }
}

/// How the state of a scope is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeSource {
    /// The administrator's list of tokens. It is complete.
    Inventory,
    /// A request that only reads, made with the token.
    Probe,
}

impl ScopeSource {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Probe => "probe",
        }
    }
}

/// Why nothing is known of the scopes of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unprobed {
    /// Azure DevOps Server is not asked for scopes.
    OnServer,
    /// The administrator's list knows the token, which is not presented then, but no scopes.
    Listed,
    /// Only a token that is let in can be asked.
    NotLetIn,
    /// The operator forbids to present tokens.
    Forbidden,
    /// The operator did not ask for it.
    NotWanted,
    /// No organisation is known that lets the token in.
    NoOrganization,
    /// The run ended before.
    CutShort,
}

/// A scope, and whether a token holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeFact {
    /// Without `vso.`, such as `code_write`.
    pub scope: String,
    /// What it allows, in words; `None` for a scope that this version does not know.
    pub allows: Option<&'static str>,
    /// Whether it is held.
    pub state: ScopeState,
    /// How that is known; `None` where nobody asked.
    pub source: Option<ScopeSource>,
    /// Another scope that it comes with, where that is why it is held.
    pub implied_by: Option<String>,
    /// Whether the owner may not use it where it was probed.
    pub lacks_permission: bool,
    /// How much harm it can do.
    pub harm: Harm,
}

/// How an organisation comes to be within reach of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// It let the token in.
    Accepted,
    /// The token is sound, and a policy of the organisation stops it.
    Blocked,
    /// Its list of tokens has this one.
    Listed,
    /// The owner belongs to it, and the token works in all such.
    Membership,
    /// It knows the owner, and lets this token do too little or nothing.
    Elsewhere,
    /// It is named where the token leaked, and was not asked.
    Named,
    /// It turned the token away.
    Refused,
    /// It does not exist.
    Missing,
}

impl Reach {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Blocked => "blocked",
            Self::Listed => "listed",
            Self::Membership => "membership",
            Self::Elsewhere => "elsewhere",
            Self::Named => "named",
            Self::Refused => "refused",
            Self::Missing => "missing",
        }
    }
}

/// An organisation, and how far it is within reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    /// How.
    pub reach: Reach,
    /// The organisation.
    pub organization: String,
}

/// How the scopes that a product asks for compare with those that a token holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeFit {
    /// The same.
    Exact,
    /// It holds them, and more.
    Superset,
    /// What it holds, or what the product asks for, is not known.
    Unknown,
    /// It lacks some.
    Lacking,
}

impl ScopeFit {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Superset => "superset",
            Self::Unknown => "unknown",
            Self::Lacking => "lacking",
        }
    }
}

/// A product that probably uses a token, so that it stops when the token dies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// The name of its file in `rules/consumers`, such as `renovate`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// How the scopes fit.
    pub fit: ScopeFit,
    /// Why it is a likely one, strongest first; never empty.
    pub why: Vec<String>,
    /// Where it keeps the token.
    pub keeps: String,
    /// How the token is replaced there, step by step.
    pub rotate: Vec<String>,
    /// How long such a token lives, where the product says so.
    pub lifetime: Option<String>,
    /// What does the same without a personal access token.
    pub instead: Option<String>,
    /// Where that was read.
    pub source: String,
    /// When, as `2026-11-22`.
    pub read_on: String,
}

/// What a token can do, to whom, and who uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlastRadius {
    /// The id of the finding.
    pub id: FindingId,
    /// What may be shown of the token.
    pub redacted: String,
    /// Whether it works.
    pub validity: ValidityReason,
    /// When that was answered.
    pub checked_at: Option<Timestamp>,
    /// What its owner called it.
    pub name: Option<String>,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// The organisations, those that let it in first.
    pub organizations: Vec<Reached>,
    /// Whether it works in every organisation of its owner.
    pub is_global: Answer,
    /// Whether it may do all that its owner may.
    pub full_access: FullAccess,
    /// What tells the scopes; `None` where nobody asked.
    pub scopes_from: Option<ScopeSource>,
    /// Why nobody did.
    pub unprobed: Option<Unprobed>,
    /// The scopes: held ones first, the worst first.
    pub scopes: Vec<ScopeFact>,
    /// The worst that it can do.
    pub harm: Harm,
    /// Why, in words.
    pub harm_reason: String,
    /// Whether it may be worse than `harm`, as rights to write cannot be probed.
    pub is_at_least: bool,
    /// When it was issued, if only the month is known.
    pub issued_month: Option<IssueMonth>,
    /// When it was issued.
    pub issued: Option<Timestamp>,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// Who probably uses it, the likeliest first.
    pub consumers: Vec<Consumer>,
}
