//! Whether a leaked token is revoked: what the tenant's policy and the operator's say of it.

use crate::model::{Timestamp, Validity};

/// What the operator allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether leaked tokens are revoked at all.
    pub auto_revoke: AutoRevoke,
    /// Which leaks count.
    pub exposure: ExposureRule,
    /// Whether a token that is only probably matched to its record is revoked.
    pub accepts_probable: bool,
    /// What is left alone.
    pub allowed: Vec<Allowed>,
}

/// Whether leaked tokens are revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AutoRevoke {
    /// As the tenant's own policy says.
    #[default]
    Tenant,
    /// Whatever the tenant's policy says.
    On,
    /// Never: their owners are told.
    Off,
}

impl AutoRevoke {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tenant, Self::On, Self::Off];

    /// The name in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// Which leaks count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExposureRule {
    /// Only what everybody can read, as Microsoft has it.
    #[default]
    Public,
    /// All.
    Any,
}

impl ExposureRule {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Public, Self::Any];

    /// The name in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Any => "any",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// A token, or a person whose tokens, are left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Which.
    pub whom: Whom,
    /// Why.
    pub reason: String,
    /// From when on it counts again.
    pub until: Timestamp,
}

/// Whom an allowance is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The token with this C3ID.
    C3id(String),
    /// The account of an owner, in any case.
    Owner(String),
}

/// Who can read the place where a token leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Those who are let in.
    Private,
    /// Nobody said; taken for private.
    Unknown,
}

/// Whether this run saw the token where it leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It did.
    Seen,
    /// It did not look there.
    NotLooked,
    /// It is not there, and its value was had from elsewhere.
    Elsewhere,
    /// It is not there, and nobody has its value: whoever says that it leaked may mean another.
    Missing,
}

/// What the tenant's policy on leaked tokens is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantPolicy {
    /// Switched on.
    On,
    /// Switched off.
    Off,
    /// Never touched, which means on.
    NeverSet,
    /// It could not be read, or not understood.
    Unreadable,
}

/// How surely a token is one that the service has on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// A record bears its C3ID.
    Certain,
    /// A person said so.
    Asserted,
    /// The only record that is left.
    Probable,
    /// Several records may be it.
    Ambiguous,
    /// No record is known.
    Unmatched,
}

impl Certainty {
    /// All of them, the surest first.
    pub const ALL: [Self; 5] = [
        Self::Certain,
        Self::Asserted,
        Self::Probable,
        Self::Ambiguous,
        Self::Unmatched,
    ];

    /// Whether a token that is known so surely may be revoked, if that is accepted.
    pub fn can_be_acted_on(self) -> bool {
        match self {
            Self::Certain | Self::Asserted | Self::Probable => true,
            Self::Ambiguous | Self::Unmatched => false,
        }
    }

    /// The name in plans.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Asserted => "asserted",
            Self::Probable => "probable",
            Self::Ambiguous => "ambiguous",
            Self::Unmatched => "unmatched",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// What is known of a leak when it is decided upon.
#[derive(Clone, Copy, Debug)]
pub struct Leak<'l> {
    /// The C3ID of the token.
    pub c3id: &'l str,
    /// The account of its owner.
    pub owner: Option<&'l str>,
    /// Whether it still works.
    pub validity: Validity,
    /// How surely it is known to the service.
    pub certainty: Certainty,
    /// Who can read where it leaked.
    pub visibility: Visibility,
    /// Whether it was seen where it leaked.
    pub sighting: Sighting,
    /// What the tenant's policy is.
    pub tenant: TenantPolicy,
}

/// What is done about a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is revoked, and its owner told.
    Revoke,
    /// Its owner is told.
    Notify,
    /// Nothing.
    Nothing,
}

impl Action {
    /// The name in plans.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Notify => "notify",
            Self::Nothing => "nothing",
        }
    }
}

/// Why an action was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because<'p> {
    /// The tenant's policy is on.
    TenantOn,
    /// The tenant's policy was never set, which means on.
    TenantNeverSet,
    /// The operator's policy is on.
    OperatorOn,
    /// The operator's policy is off.
    OperatorOff,
    /// The tenant's policy is off.
    TenantOff,
    /// The tenant's policy could not be read.
    TenantUnreadable,
    /// It did not leak where everybody can read it, as far as is known.
    NotPublic(Visibility),
    /// Its record is only probable.
    OnlyProbable,
    /// Several records may be it.
    Ambiguous,
    /// No record of it is known.
    Unmatched,
    /// It is not where it is said to have leaked.
    Missing,
    /// The operator allows tokens by their owner, and nobody knows whose it is.
    OwnerUnknown,
    /// It works no more.
    Dead,
    /// Whether it works is not known.
    NotConfirmed,
    /// The operator allows it.
    Allowed(&'p Allowed),
}

/// What is done about a leak, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'p> {
    /// What.
    pub action: Action,
    /// Why.
    pub because: Because<'p>,
}

/// Decides what is done about `leak` at `now`.
///
/// The first reason not to act counts: what is allowed or dead is left alone, what is not confirmed
/// is not acted on, and what is not exactly known, or that a policy excludes, is told to its owner.
pub fn decide<'p>(leak: &Leak<'_>, policy: &'p Policy, now: Timestamp) -> Decision<'p> {
    let decision = |action, because| Decision { action, because };
    if let Some(allowed) = policy.allowance(leak, now) {
        return decision(Action::Nothing, Because::Allowed(allowed));
    }
    match leak.validity {
        Validity::Inactive => return decision(Action::Nothing, Because::Dead),
        Validity::Unknown => return decision(Action::Nothing, Because::NotConfirmed),
        Validity::Active => (),
    }
    let hindrance = match leak.certainty {
        Certainty::Unmatched => Some(Because::Unmatched),
        Certainty::Ambiguous => Some(Because::Ambiguous),
        Certainty::Probable if !policy.accepts_probable => Some(Because::OnlyProbable),
        Certainty::Probable | Certainty::Asserted | Certainty::Certain => None,
    };
    let is_missing = leak.sighting == Sighting::Missing;
    let hindrance = hindrance.or(is_missing.then_some(Because::Missing));
    let is_doubtful = leak.owner.is_none() && policy.allows_owners(now);
    let hindrance = hindrance.or(is_doubtful.then_some(Because::OwnerUnknown));
    let is_public = leak.visibility == Visibility::Public;
    let hindrance = hindrance.or(match policy.exposure {
        ExposureRule::Public if !is_public => Some(Because::NotPublic(leak.visibility)),
        ExposureRule::Public | ExposureRule::Any => None,
    });
    let permission = match (policy.auto_revoke, leak.tenant) {
        (AutoRevoke::On, _) => Ok(Because::OperatorOn),
        (AutoRevoke::Off, _) => Err(Because::OperatorOff),
        (AutoRevoke::Tenant, TenantPolicy::On) => Ok(Because::TenantOn),
        (AutoRevoke::Tenant, TenantPolicy::NeverSet) => Ok(Because::TenantNeverSet),
        (AutoRevoke::Tenant, TenantPolicy::Off) => Err(Because::TenantOff),
        (AutoRevoke::Tenant, TenantPolicy::Unreadable) => Err(Because::TenantUnreadable),
    };
    match (permission, hindrance) {
        (Err(because), _) | (Ok(_), Some(because)) => decision(Action::Notify, because),
        (Ok(because), None) => decision(Action::Revoke, because),
    }
}

impl Policy {
    /// The allowance that covers `leak`.
    fn allowance(&self, leak: &Leak<'_>, now: Timestamp) -> Option<&Allowed> {
        let covers = |allowed: &&Allowed| {
            let is_meant = match &allowed.whom {
                Whom::C3id(c3id) => c3id == leak.c3id,
                Whom::Owner(account) => leak
                    .owner
                    .is_some_and(|owner| owner.eq_ignore_ascii_case(account)),
            };
            is_meant && now < allowed.until
        };
        self.allowed.iter().find(covers)
    }

    /// Whether it depends on the owner of a token whether it is left alone.
    fn allows_owners(&self, now: Timestamp) -> bool {
        let mut allowed = self.allowed.iter();
        allowed.any(|it| matches!(it.whom, Whom::Owner(_)) && now < it.until)
    }
}

#[cfg(test)]
mod tests;
