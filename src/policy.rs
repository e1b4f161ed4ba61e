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
    /// Until when; then it counts again.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);

    const LEAK: Leak<'_> = Leak {
        c3id: "C3ID",
        owner: Some("Ann@Example.org"),
        validity: Validity::Active,
        certainty: Certainty::Certain,
        visibility: Visibility::Public,
        tenant: TenantPolicy::On,
    };

    fn policy(auto_revoke: AutoRevoke, exposure: ExposureRule) -> Policy {
        Policy {
            auto_revoke,
            exposure,
            accepts_probable: false,
            allowed: Vec::new(),
        }
    }

    /// The whole table: every policy, every state of the tenant, every place.
    #[test]
    fn policies_and_places() {
        use {AutoRevoke as Auto, Because as Why, TenantPolicy as Tenant};
        let tenants = [
            (Tenant::On, Ok(Why::TenantOn)),
            (Tenant::NeverSet, Ok(Why::TenantNeverSet)),
            (Tenant::Off, Err(Why::TenantOff)),
            (Tenant::Unreadable, Err(Why::TenantUnreadable)),
        ];
        let places = [Visibility::Public, Visibility::Private, Visibility::Unknown];
        for auto in Auto::ALL {
            for (tenant, by_tenant) in tenants {
                let permission = match auto {
                    Auto::Tenant => by_tenant,
                    Auto::On => Ok(Why::OperatorOn),
                    Auto::Off => Err(Why::OperatorOff),
                };
                for exposure in ExposureRule::ALL {
                    for visibility in places {
                        let leak = Leak {
                            visibility,
                            tenant,
                            ..LEAK
                        };
                        let counts =
                            exposure == ExposureRule::Any || visibility == Visibility::Public;
                        let expected = match permission {
                            Err(why) => (Action::Notify, why),
                            Ok(_) if !counts => (Action::Notify, Why::NotPublic(visibility)),
                            Ok(why) => (Action::Revoke, why),
                        };
                        let policy = policy(auto, exposure);
                        let decided = decide(&leak, &policy, NOW);
                        assert_eq!(
                            (decided.action, decided.because),
                            expected,
                            "{auto:?} {tenant:?} {exposure:?} {visibility:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn only_what_is_exactly_known_is_revoked() {
        use {Action as Do, Because as Why, Certainty as Match};
        let mut policy = policy(AutoRevoke::On, ExposureRule::Any);
        let mut check = |certainty, accepts_probable, action, because| {
            policy.accepts_probable = accepts_probable;
            let leak = Leak { certainty, ..LEAK };
            assert_eq!(decide(&leak, &policy, NOW), Decision { action, because });
        };
        for accepts in [false, true] {
            check(Match::Certain, accepts, Do::Revoke, Why::OperatorOn);
            check(Match::Asserted, accepts, Do::Revoke, Why::OperatorOn);
            check(Match::Ambiguous, accepts, Do::Notify, Why::Ambiguous);
            check(Match::Unmatched, accepts, Do::Notify, Why::Unmatched);
        }
        check(Match::Probable, false, Do::Notify, Why::OnlyProbable);
        check(Match::Probable, true, Do::Revoke, Why::OperatorOn);
    }

    #[test]
    fn only_what_works_counts() {
        let policy = policy(AutoRevoke::On, ExposureRule::Any);
        for (validity, because) in [
            (Validity::Inactive, Because::Dead),
            (Validity::Unknown, Because::NotConfirmed),
        ] {
            let leak = Leak { validity, ..LEAK };
            let action = Action::Nothing;
            assert_eq!(decide(&leak, &policy, NOW), Decision { action, because });
        }
    }

    #[test]
    fn what_is_allowed_is_left_alone_until_then() {
        let allowed = |whom| Allowed {
            whom,
            reason: "a test account".to_owned(),
            until: Timestamp(1_001),
        };
        for (whom, covers) in [
            (Whom::C3id("C3ID".to_owned()), true),
            (Whom::C3id("c3id".to_owned()), false),
            (Whom::Owner("ann@example.ORG".to_owned()), true),
            (Whom::Owner("bob@example.org".to_owned()), false),
        ] {
            let policy = Policy {
                allowed: vec![allowed(whom.clone())],
                ..policy(AutoRevoke::On, ExposureRule::Any)
            };
            let because = Because::Allowed(&policy.allowed[0]);
            let left_alone = Decision {
                action: Action::Nothing,
                because,
            };
            let revoked = Decision {
                action: Action::Revoke,
                because: Because::OperatorOn,
            };
            let expected = if covers { left_alone } else { revoked };
            assert_eq!(decide(&LEAK, &policy, NOW), expected, "{whom:?}");
            assert_eq!(decide(&LEAK, &policy, Timestamp(1_001)), revoked);
            let nobody = Leak {
                owner: None,
                c3id: "another",
                ..LEAK
            };
            assert_eq!(decide(&nobody, &policy, NOW), revoked);
        }
    }
}
