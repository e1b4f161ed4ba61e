//! What the policies on tokens are set to, in terms of what they allow.

use std::collections::BTreeMap;

use crate::providers::azure_devops::{OrganizationPolicyName, Setting, TenantPolicyName};
use crate::respond::survey::{PolicyId, Unread};

/// A policy, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyName {
    /// Nobody makes tokens for all organisations.
    RestrictGlobal,
    /// Nobody makes tokens with full access.
    RestrictFullScope,
    /// Nobody makes tokens that live longer than so many days.
    MaxLifespan,
    /// Nobody makes tokens, or none but those for packages.
    RestrictCreation,
    /// Tokens that leaked are revoked.
    RevokeLeaked,
    /// What is changed stands in the audit log.
    LogAuditEvents,
}

impl PolicyName {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::RestrictGlobal,
        Self::RestrictFullScope,
        Self::MaxLifespan,
        Self::RestrictCreation,
        Self::RevokeLeaked,
        Self::LogAuditEvents,
    ];

    /// The name in reports and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RestrictGlobal => "restrict_global",
            Self::RestrictFullScope => "restrict_full_scope",
            Self::MaxLifespan => "max_lifespan",
            Self::RestrictCreation => "restrict_creation",
            Self::RevokeLeaked => "revoke_leaked",
            Self::LogAuditEvents => "log_audit_events",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == name)
    }

    /// As what the service is asked for it.
    pub fn id(self) -> PolicyId {
        use {OrganizationPolicyName as O, TenantPolicyName as T};
        match self {
            Self::RestrictGlobal => PolicyId::Tenant(T::RestrictGlobal),
            Self::RestrictFullScope => PolicyId::Tenant(T::RestrictFullScope),
            Self::MaxLifespan => PolicyId::Tenant(T::RestrictLifespan),
            Self::RestrictCreation => PolicyId::Organization(O::RestrictCreation),
            Self::RevokeLeaked => PolicyId::Tenant(T::RevokeLeaked),
            Self::LogAuditEvents => PolicyId::Organization(O::LogAuditEvents),
        }
    }

    /// What holds where nobody ever set it.
    fn is_on_by_default(self) -> bool {
        self == Self::RevokeLeaked
    }
}

/// Whether a policy is on, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Somebody turned it on.
    On,
    /// Somebody turned it off.
    Off,
    /// Nobody ever set it: the service's default holds.
    NeverSet,
    /// It cannot be read.
    Unreadable,
}

impl State {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::NeverSet => "never_set",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A policy as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which.
    pub name: PolicyName,
    /// How it is set.
    pub state: State,
    /// Whether it holds; `None` where that is not known.
    pub is_on: Option<bool>,
    /// How many days a token may live, of the policy on that; `None` where it does not say.
    pub max_days: Option<u32>,
    /// Whether tokens for packages may still be made, of the policy on making any.
    pub packaging_only: Option<bool>,
    /// The ids of the people and groups whom it leaves alone; `None` where they cannot be read.
    pub allowed: Option<Vec<String>>,
    /// Why it cannot be read, or what of it.
    pub message: Option<String>,
}

/// All policies on tokens, in order.
pub(super) fn read(settings: &BTreeMap<PolicyId, Result<Setting, Unread>>) -> Vec<Policy> {
    let one = |name: PolicyName| match settings.get(&name.id()) {
        Some(Ok(setting)) => set(name, setting),
        Some(Err(unread)) => unreadable(name, &unread.why),
        None => unreadable(name, "not asked for"),
    };
    PolicyName::ALL.into_iter().map(one).collect()
}

fn unreadable(name: PolicyName, why: &str) -> Policy {
    Policy {
        name,
        state: State::Unreadable,
        is_on: None,
        max_days: None,
        packaging_only: None,
        allowed: None,
        message: Some(why.to_owned()),
    }
}

fn set(name: PolicyName, setting: &Setting) -> Policy {
    let mut policy = Policy {
        name,
        state: State::NeverSet,
        is_on: Some(name.is_on_by_default()),
        max_days: None,
        packaging_only: None,
        allowed: Some(Vec::new()),
        message: None,
    };
    let Setting::Set { value, properties } = setting else {
        return policy;
    };
    policy.state = if *value { State::On } else { State::Off };
    policy.is_on = Some(*value);
    if !value {
        return policy;
    }
    let property = |wanted: &str| {
        let mut all = properties.iter();
        let found = all.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim())
    };
    let is_true = |value: &str| value.eq_ignore_ascii_case("true");
    let list = property("allowedUsersAndGroupObjectIds");
    // Where there is a switch, the list counts only with it.
    let is_listing = property("isAllowListEnabled").is_none_or(is_true);
    policy.allowed = match list {
        Some(text) if is_listing => ids(text),
        _ => Some(Vec::new()),
    };
    if policy.allowed.is_none() {
        policy.message = Some("its allow-list cannot be read".to_owned());
    }
    match name {
        PolicyName::MaxLifespan => {
            let days = property("maxPatLifespanInDays").and_then(|text| text.parse().ok());
            policy.max_days = days.filter(|&days| days > 0);
            if policy.max_days.is_none() {
                policy.message = Some("its number of days cannot be read".to_owned());
            }
        }
        PolicyName::RestrictCreation => {
            policy.packaging_only = Some(property("isPackagingScopeEnabled").is_some_and(is_true));
        }
        _ => {}
    }
    policy
}

/// The ids in a property, which is text that holds JSON.
fn ids(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: PolicyName, value: bool, properties: &[(&str, &str)]) -> Policy {
        let properties = properties.iter();
        let properties = properties.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let properties = properties.collect();
        set(name, &Setting::Set { value, properties })
    }

    #[test]
    fn defaults_hold_where_nothing_was_set() {
        for name in PolicyName::ALL {
            assert_eq!(PolicyName::named(name.as_str()), Some(name));
            let policy = set(name, &Setting::NeverSet);
            let is_on = name == PolicyName::RevokeLeaked;
            assert_eq!((policy.state, policy.is_on), (State::NeverSet, Some(is_on)));
        }
        let all = read(&BTreeMap::new());
        assert!(all.iter().all(|policy| policy.is_on.is_none()));
    }

    #[test]
    fn what_belongs_to_a_policy_is_read_or_said_to_be_unreadable() {
        let list = "AllowedUsersAndGroupObjectIds";
        let name = PolicyName::RestrictGlobal;
        for (properties, expected) in [
            (&[][..], Some(vec![])),
            (&[(list, "[]")], Some(vec![])),
            (&[(list, "")], Some(vec![])),
            (
                &[(list, "[\"a\",\"b\"]")],
                Some(vec!["a".to_owned(), "b".to_owned()]),
            ),
            (
                &[(list, "[\"a\"]"), ("isAllowListEnabled", "false")],
                Some(vec![]),
            ),
            (
                &[(list, "[\"a\"]"), ("isAllowListEnabled", "True")],
                Some(vec!["a".to_owned()]),
            ),
            (&[(list, "a;b")], None),
            (&[(list, "[1]")], None),
        ] {
            let policy = told(name, true, properties);
            assert_eq!(policy.allowed, expected, "{properties:?}");
            assert_eq!(policy.message.is_some(), expected.is_none());
        }
        let days = |text| {
            told(
                PolicyName::MaxLifespan,
                true,
                &[("MaxPatLifespanInDays", text)],
            )
        };
        assert_eq!(days("90").max_days, Some(90));
        for text in ["0", "-1", "soon", ""] {
            let policy = days(text);
            assert_eq!(
                (policy.max_days, policy.is_on),
                (None, Some(true)),
                "{text}"
            );
            assert!(policy.message.is_some());
        }
        let packages = |text| {
            let properties = [("isPackagingScopeEnabled", text)];
            told(PolicyName::RestrictCreation, true, &properties).packaging_only
        };
        assert_eq!(
            (packages("true"), packages("no")),
            (Some(true), Some(false))
        );
        let off = told(
            PolicyName::MaxLifespan,
            false,
            &[("MaxPatLifespanInDays", "90")],
        );
        assert_eq!((off.state, off.max_days), (State::Off, None));
    }
}
