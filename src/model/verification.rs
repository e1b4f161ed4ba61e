//! What the service said about a token.

use super::{Consumer, Timestamp};

/// Whether a token still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Validity {
    /// Somebody was let in, or turned away by name.
    Active,
    /// The service says that it has ended.
    Inactive,
    /// Nothing proves either.
    Unknown,
}

impl Validity {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known about whether a token works: its [`Validity`] follows.
///
/// The order is that of how much it says: of several answers about a token the smallest counts. To
/// be let in, or stopped by a policy that only a sound token meets, is seen; that it has ended is
/// the service's own word. Both say more than a refusal that names somebody: whose a token is can
/// be told of one that has expired, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValidityReason {
    /// Accepted, by an answer that names whose it is.
    Live,
    /// Sound, but stopped by a policy of the organisation that asked for it.
    LiveBlocked,
    /// A matched record says that it was revoked.
    Revoked,
    /// The service, a matched record or the token itself says that it has expired.
    Expired,
    /// Sound, but not for what was asked: another organisation, or too few rights.
    LiveElsewhere,
    /// Too many requests, again after waiting.
    Throttled,
    /// The run's limit of time or requests was reached first.
    BudgetExhausted,
    /// No answer, or one that proves nothing.
    Inconclusive,
    /// Its value is not at hand, so it could not be presented.
    ValueUnavailable,
    /// Nobody asked the service.
    NotAttempted,
    /// No way to ask about this kind of token.
    NotSupported,
    /// Turned away without a reason: expired, revoked, too few rights.
    Refused,
    /// The service knows of no such token there.
    NotRecognized,
    /// The administrator's list holds no such token.
    NotInInventory,
    /// The organisation does not exist.
    OrganizationNotFound,
}

impl ValidityReason {
    /// All of them, in order.
    pub const ALL: [Self; 15] = [
        Self::Live,
        Self::LiveBlocked,
        Self::Revoked,
        Self::Expired,
        Self::LiveElsewhere,
        Self::Throttled,
        Self::BudgetExhausted,
        Self::Inconclusive,
        Self::ValueUnavailable,
        Self::NotAttempted,
        Self::NotSupported,
        Self::Refused,
        Self::NotRecognized,
        Self::NotInInventory,
        Self::OrganizationNotFound,
    ];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::LiveBlocked => "live_blocked",
            Self::LiveElsewhere => "live_elsewhere",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Throttled => "throttled",
            Self::BudgetExhausted => "budget_exhausted",
            Self::Inconclusive => "inconclusive",
            Self::ValueUnavailable => "value_unavailable",
            Self::NotAttempted => "not_attempted",
            Self::NotSupported => "not_supported",
            Self::Refused => "refused",
            Self::NotRecognized => "not_recognized",
            Self::NotInInventory => "not_in_inventory",
            Self::OrganizationNotFound => "organization_not_found",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// Whether the token works, as far as this tells. A refusal proves nothing: the token of a
    /// disabled owner works again when the owner does.
    pub fn validity(self) -> Validity {
        match self {
            Self::Live | Self::LiveBlocked | Self::LiveElsewhere => Validity::Active,
            Self::Revoked | Self::Expired => Validity::Inactive,
            _ => Validity::Unknown,
        }
    }

    /// Whether the service was asked and gave an answer, even if that settles nothing.
    pub fn is_answered(self) -> bool {
        match self {
            Self::Live
            | Self::LiveBlocked
            | Self::LiveElsewhere
            | Self::Revoked
            | Self::Expired
            | Self::Refused
            | Self::NotRecognized
            | Self::NotInInventory
            | Self::OrganizationNotFound => true,
            Self::Throttled
            | Self::BudgetExhausted
            | Self::Inconclusive
            | Self::ValueUnavailable
            | Self::NotAttempted
            | Self::NotSupported => false,
        }
    }
}

/// How the service was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// The administrator's list of tokens, without presenting the token.
    Inventory,
    /// `connectionData` of an organisation, as the token.
    ConnectionData,
    /// `profiles/me`, as the token.
    Profile,
    /// What the token says of itself.
    Offline,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Inventory,
        Self::ConnectionData,
        Self::Profile,
        Self::Offline,
    ];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::ConnectionData => "connection_data",
            Self::Profile => "profile",
            Self::Offline => "offline",
        }
    }
}

/// Where the value of a token was had from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueFrom {
    /// It was not needed: the administrator's list knows it by its C3ID.
    Inventory,
    /// Read where it leaked.
    Source,
    /// From a sealed hand-off.
    Sealed,
    /// From standard input.
    Stdin,
    /// From nowhere.
    None,
}

impl ValueFrom {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Source => "source",
            Self::Sealed => "sealed",
            Self::Stdin => "stdin",
            Self::None => "none",
        }
    }
}

/// What an answer consisted of. Texts of the service are cut, escaped and scrubbed of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEvidence {
    /// The HTTP status; `None` where no answer came.
    pub status: Option<u16>,
    /// The `typeKey` of an error.
    pub type_key: Option<String>,
    /// The message, or why no answer came.
    pub message: Option<String>,
    /// What was asked, without its query.
    pub endpoint: String,
}

impl ServiceEvidence {
    /// What it says, to follow "cannot be read:" and the like.
    pub fn in_words(&self) -> String {
        match (&self.message, self.status) {
            (Some(message), _) => message.clone(),
            (None, Some(status @ 200..=299)) => {
                format!("answered with {status} and something that is not understood")
            }
            (None, Some(status)) => format!("answered with {status} and no reason"),
            (None, None) => "not answered".to_owned(),
        }
    }
}

/// One request about a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How it asked.
    pub method: Method,
    /// Where, if at an organisation.
    pub organization: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What it told.
    pub reason: ValidityReason,
    /// By what.
    pub evidence: ServiceEvidence,
}

/// Whose a token is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The identity's id, a GUID.
    pub id: Option<String>,
    /// The subject descriptor, such as `aad.…`.
    pub descriptor: Option<String>,
    /// The name that people see.
    pub name: Option<String>,
    /// The account, usually an address.
    pub account: Option<String>,
}

/// A personal access token as the administrator's list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatRecord {
    /// What it is revoked by, a GUID.
    pub authorization_id: String,
    /// What its owner called it.
    pub name: Option<String>,
    /// Its scopes, such as `vso.code`; `app_token` is full access.
    pub scopes: Vec<String>,
    /// Issued.
    pub valid_from: Option<Timestamp>,
    /// Expires.
    pub valid_to: Option<Timestamp>,
    /// Whether it works in every organisation of its owner; `None` where the list does not say.
    pub is_global: Option<bool>,
}

/// Everything that is known of whether a token works, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// What settled it; `None` where nothing was asked.
    pub method: Option<Method>,
    /// Where the token's value was had from.
    pub value_from: ValueFrom,
    /// Where it was settled.
    pub organization: Option<String>,
    /// When, the time of the first answer where that came out of a cache.
    pub checked_at: Option<Timestamp>,
    /// Whether it comes out of a cache.
    pub cached: bool,
    /// Whether every organisation that was asked turned the token away.
    pub refused_everywhere: bool,
    /// When it was last let in, as far as this run or its cache know.
    pub last_accepted_at: Option<Timestamp>,
    /// What settled it.
    pub evidence: Option<ServiceEvidence>,
    /// All requests, in order.
    pub attempts: Vec<Attempt>,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// The matched record.
    pub pat: Option<PatRecord>,
    /// Who probably uses it, the likeliest first.
    pub consumers: Vec<Consumer>,
}

impl Verification {
    /// Nothing was asked.
    pub fn none(value_from: ValueFrom) -> Self {
        Self {
            method: None,
            value_from,
            organization: None,
            checked_at: None,
            cached: false,
            refused_everywhere: false,
            last_accepted_at: None,
            evidence: None,
            attempts: Vec::new(),
            owner: None,
            pat: None,
            consumers: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_in_order_and_are_found_by_name() {
        assert!(ValidityReason::ALL.is_sorted());
        for reason in ValidityReason::ALL {
            assert_eq!(ValidityReason::named(reason.as_str()), Some(reason));
        }
        assert_eq!(ValidityReason::named("dead"), None);
    }
}
