//! The policies of a tenant, which no specification describes: names and shapes are those that
//! other tools use.

use std::collections::BTreeMap;
use std::time::Duration;

use super::administration::{Told, json};
use super::reading::{self, Identity};
use super::{AzureDevOps, Question, ServiceHost, wire};
use crate::providers::http::{Answer, Credential};

/// A policy of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TenantPolicyName {
    /// Whether personal access tokens that leaked are revoked; on unless it was set.
    RevokeLeaked,
    /// Whether tokens for all organisations may be made.
    RestrictGlobal,
    /// Whether tokens with full access may be made.
    RestrictFullScope,
    /// How long tokens may live.
    RestrictLifespan,
}

impl TenantPolicyName {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::RevokeLeaked,
        Self::RestrictGlobal,
        Self::RestrictFullScope,
        Self::RestrictLifespan,
    ];

    /// The name in the service.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RevokeLeaked => "TenantPolicy.EnableLeakedPersonalAccessTokenAutoRevocation",
            Self::RestrictGlobal => "TenantPolicy.RestrictGlobalPersonalAccessToken",
            Self::RestrictFullScope => "TenantPolicy.RestrictFullScopePersonalAccessToken",
            Self::RestrictLifespan => "TenantPolicy.RestrictPersonalAccessTokenLifespan",
        }
    }
}

/// What a policy of a tenant is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantSetting {
    /// It was never touched: the service's default holds.
    NeverSet,
    /// It was set.
    Set {
        /// On or off.
        value: bool,
        /// Whatever belongs to it, each as text, which may hold JSON.
        properties: BTreeMap<String, String>,
    },
}

impl AzureDevOps {
    /// Asks what a policy of the tenant of `organization` is set to. Anything that is not clearly a
    /// setting, or clearly none, is no answer.
    pub fn tenant_policy(
        &self,
        organization: &str,
        name: TenantPolicyName,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<TenantSetting> {
        let path = format!("_apis/TenantPolicy/Policies/{}", name.as_str());
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(organization),
            path: &path,
            query: &[("api-version", "7.1-preview.1")],
        };
        self.ask(&question, credential, timeout, |answer, _| {
            setting(answer, name)
        })
    }
}

fn setting(answer: &Answer, name: TenantPolicyName) -> Option<TenantSetting> {
    // A public answer to nobody says nothing about the tenant.
    if answer.status != 200 || reading::identity(answer) == Some(Identity::Nobody) {
        return None;
    }
    if answer.json()?.is_null() {
        return Some(TenantSetting::NeverSet);
    }
    let policy: wire::TenantPolicy = json(answer)?;
    if policy.name.is_some_and(|told| told != name.as_str()) {
        return None;
    }
    match policy.value? {
        serde_json::Value::Null => Some(TenantSetting::NeverSet),
        serde_json::Value::Bool(value) => Some(TenantSetting::Set {
            value,
            properties: policy.properties.unwrap_or_default(),
        }),
        _ => None,
    }
}
