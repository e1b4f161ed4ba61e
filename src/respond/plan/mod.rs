//! What is to be revoked: worked out once, shown, and then done exactly so or not at all.

mod file;

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::notify::Notice;
use crate::model::Timestamp;

pub use file::PlanError;

/// By which right a token is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// As an administrator of the organisation.
    Administrator,
    /// As the owner of the token.
    Owner,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Administrator, Self::Owner];

    /// The name in plans.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }
}

/// Whose policy an order stands on.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// The tenant's.
    #[default]
    Tenant,
    /// The operator's, whatever the tenant's says.
    Operator,
}

/// The record of a token as it was when the plan was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// What its owner called it; absent where that must not be told.
    pub name: Option<String>,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// When it began, in seconds since 1970.
    pub valid_from: Option<i64>,
    /// When it ends.
    pub valid_to: Option<i64>,
}

/// What an order stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// Whether the place where the token leaked was read again.
    pub exposure_rechecked: bool,
    /// The month of its issue, such as `2026-11`, where it tells that.
    pub issued: Option<String>,
    /// When the service let it in last, in seconds since 1970.
    pub accepted_at: Option<i64>,
    /// The id of its owner, as the service told it.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// The id of the organisation where it is registered.
    #[serde(default)]
    pub instance: Option<String>,
    /// The date of the first commit that holds it, in seconds since 1970.
    pub first_seen: Option<i64>,
    /// The organisations that let it in.
    pub accepted_by: Vec<String>,
    /// The scopes that it was shown to hold.
    #[serde(default)]
    pub held: Vec<String>,
    /// The scopes that it was shown not to hold.
    #[serde(default)]
    pub lacking: Vec<String>,
    /// Whether everybody could read the place where it leaked.
    #[serde(default)]
    pub is_public: bool,
    /// By whose policy.
    #[serde(default)]
    pub permission: Permission,
    /// What that policy says, in words.
    #[serde(default)]
    pub because: String,
    /// The account of its owner, where that is known.
    #[serde(default)]
    pub account: Option<String>,
    /// The record of it as people were shown it: its name, scopes and end.
    #[serde(default)]
    pub shown: String,
    /// The same for comparison with the record as it is when the order is sent.
    #[serde(default)]
    pub recorded: Option<Recorded>,
}

/// A token that is to be revoked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Where it is registered.
    pub organization: String,
    /// Which token leaked.
    pub c3id: String,
    /// As what it is registered.
    pub authorization_id: String,
    /// By which right.
    pub route: Route,
    /// The subject descriptor of its owner.
    pub owner: String,
    /// How surely the token is this one: a name of `Certainty`.
    pub matched: String,
    /// On what it stands; no part of the plan's id.
    pub grounds: Grounds,
}

/// All that is to be revoked at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    orders: BTreeSet<Order>,
    notices: Vec<Notice>,
    leaks: BTreeSet<String>,
    unknown: BTreeSet<String>,
    made_at: Option<Timestamp>,
}

impl Plan {
    /// One of these orders; in whatever order they come, it is the same.
    pub fn new(orders: impl IntoIterator<Item = Order>) -> Self {
        Self {
            orders: orders.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The same, made at a time: later it is too old.
    #[must_use]
    pub fn made_at(self, at: Timestamp) -> Self {
        Self {
            made_at: Some(at),
            ..self
        }
    }

    /// When it was made, where that is known.
    pub fn time(&self) -> Option<Timestamp> {
        self.made_at
    }

    /// The same, with what people are told: it changes neither what is ordered nor the id.
    #[must_use]
    pub fn with_notices(self, notices: Vec<Notice>) -> Self {
        Self { notices, ..self }
    }

    /// With the C3IDs of all leaks, so that nobody acts with one of them.
    #[must_use]
    pub fn with_leaks(self, leaks: impl IntoIterator<Item = String>) -> Self {
        Self {
            leaks: leaks.into_iter().collect(),
            ..self
        }
    }

    /// With the C3IDs of leaks of which nobody answered whether they work, so that they are not taken for
    /// ended.
    #[must_use]
    pub fn with_unknown(self, unknown: impl IntoIterator<Item = String>) -> Self {
        Self {
            unknown: unknown.into_iter().collect(),
            ..self
        }
    }

    /// The C3IDs of leaks of which nobody answered whether they work, sorted.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }

    /// The C3IDs of all that leaked, as far as the plan knows.
    pub fn leaks(&self) -> impl Iterator<Item = &str> {
        let ordered = self.orders.iter().map(|order| &order.c3id);
        let told = self.notices.iter().map(|notice| &notice.c3id);
        let known = self.leaks.iter().chain(&self.unknown);
        let all: BTreeSet<_> = known.chain(ordered).chain(told).collect();
        all.into_iter().map(String::as_str)
    }

    /// What is not to be revoked, but told of.
    pub fn told(&self) -> impl Iterator<Item = &Notice> {
        let is_ordered = |notice: &Notice| self.orders().any(|order| is_about(notice, order));
        let notices = self.notices.iter();
        notices.filter(move |it| it.left_because.is_some() && !is_ordered(it))
    }

    /// What people are told of `order`.
    pub fn notice(&self, order: &Order) -> Option<&Notice> {
        self.notices.iter().find(|notice| is_about(notice, order))
    }

    /// What is to be revoked, sorted.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter()
    }

    /// Whether nothing is to be revoked.
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// How many tokens are to be revoked.
    pub fn len(&self) -> usize {
        self.orders.len()
    }

    /// The SHA-256, in hexadecimal, over organisation, C3ID, authorization id and route of each
    /// order, sorted: a JSON list of lists.
    pub fn id(&self) -> String {
        let mut all: Vec<_> = self
            .orders
            .iter()
            .map(|order| {
                [
                    &*order.organization,
                    &*order.c3id,
                    &*order.authorization_id,
                    order.route.as_str(),
                ]
            })
            .collect();
        all.sort_unstable();
        let text = serde_json::json!(all).to_string();
        HEXLOWER.encode(&Sha256::digest(text))
    }
}

fn is_about(notice: &Notice, order: &Order) -> bool {
    notice.c3id == order.c3id && notice.organization.as_ref() == Some(&order.organization)
}

#[cfg(test)]
mod tests;
