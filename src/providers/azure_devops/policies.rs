//! The policies of a tenant and of an organisation, which no specification describes: names and
//! shapes are those that other tools use.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::administration::{Told, json};
use super::reading::{self, Identity};
use super::{AzureDevOps, Question, ServiceHost, wire};
use crate::providers::Scrubber;
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

/// A policy of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrganizationPolicyName {
    /// Whether personal access tokens may be made, and global ones used.
    RestrictCreation,
    /// Whether there is an audit log.
    LogAuditEvents,
}

impl OrganizationPolicyName {
    /// The name in the service.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RestrictCreation => "Policy.DisablePATCreation",
            Self::LogAuditEvents => "Policy.LogAuditEvents",
        }
    }
}

/// What a policy is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
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
    ) -> Told<Setting> {
        let path = format!("_apis/TenantPolicy/Policies/{}", name.as_str());
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(organization),
            path: &path,
            query: &[("api-version", "7.1-preview.1")],
        };
        self.ask(&question, credential, timeout, |answer, scrubber| {
            tenant_setting(answer, name.as_str(), scrubber)
        })
    }

    /// Asks what a policy of `organization` is set to, as [`AzureDevOps::tenant_policy`] does.
    pub fn organization_policy(
        &self,
        organization: &str,
        name: OrganizationPolicyName,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Setting> {
        let path = format!("_apis/OrganizationPolicy/Policies/{}", name.as_str());
        let question = Question {
            host: ServiceHost::DevAzure,
            organization: Some(organization),
            path: &path,
            query: &[("defaultValue", "false"), ("api-version", "5.0-preview.1")],
        };
        self.ask(&question, credential, timeout, |answer, scrubber| {
            organization_setting(answer, name.as_str(), scrubber)
        })
    }
}

/// The setting of an organisation, which may say besides that its value is none that was set.
fn organization_setting(answer: &Answer, name: &str, scrubber: &Scrubber) -> Option<Setting> {
    let setting = setting(answer, name, scrubber)?;
    let policy = json::<wire::Policy>(answer);
    let is_undefined = policy.is_some_and(|policy| policy.is_value_undefined == Some(true));
    Some(match setting {
        Setting::Set { value: false, .. } if is_undefined => Setting::NeverSet,
        told => told,
    })
}

/// The setting of a tenant.
fn tenant_setting(answer: &Answer, name: &str, scrubber: &Scrubber) -> Option<Setting> {
    let setting = setting(answer, name, scrubber)?;
    let is_undefined = answer.json()?.get("isValueUndefined") == Some(&Value::Bool(true));
    match setting {
        // Automatic revocation hangs on it: nothing is taken for never set that was not said to
        // somebody whom the service knows.
        Setting::NeverSet => {
            (reading::identity(answer) == Some(Identity::Somebody)).then_some(setting)
        }
        // A value that was not set and is one all the same: which of both holds is not known.
        Setting::Set { .. } => (!is_undefined).then_some(setting),
    }
}

fn setting(answer: &Answer, name: &str, scrubber: &Scrubber) -> Option<Setting> {
    // A public answer to nobody says nothing about the tenant.
    if answer.status != 200 || reading::identity(answer) == Some(Identity::Nobody) {
        return None;
    }
    if answer.json()?.is_null() {
        return Some(Setting::NeverSet);
    }
    let policy: wire::Policy = json(answer)?;
    if policy.name.is_some_and(|told| told != name) {
        return None;
    }
    let value = policy.value?;
    // What holds is not what the organisation says where somebody above it overrules that.
    match policy.effective_value.unwrap_or(value) {
        Value::Null => Some(Setting::NeverSet),
        Value::Bool(value) => Some(Setting::Set {
            value,
            properties: properties(policy.properties.unwrap_or_default(), scrubber),
        }),
        _ => None,
    }
}

/// Properties as text, which they nearly always are. A list in JSON stays one, however long.
fn properties(all: BTreeMap<String, Value>, scrubber: &Scrubber) -> BTreeMap<String, String> {
    let scrub = |value: Value| {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        match serde_json::from_str::<Vec<String>>(&text) {
            Ok(list) => list
                .iter()
                .map(|item| scrubber.scrub(item))
                .collect::<Value>()
                .to_string(),
            Err(_) => scrubber.scrub(&text),
        }
    };
    all.into_iter()
        .map(|(name, value)| (scrubber.scrub(&name), scrub(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_clearly_a_setting_is_one() {
        let set = |value| {
            Some(Setting::Set {
                value,
                properties: BTreeMap::new(),
            })
        };
        for (body, expected) in [
            (json!(null), Some(Setting::NeverSet)),
            (
                json!({ "name": "P", "value": null }),
                Some(Setting::NeverSet),
            ),
            (json!({ "name": "P", "value": true }), set(true)),
            (json!({ "value": false, "properties": null }), set(false)),
            (json!({ "value": false, "effectiveValue": true }), set(true)),
            (json!({ "value": true, "effectiveValue": null }), set(true)),
            (
                json!({ "value": null, "effectiveValue": false }),
                set(false),
            ),
            (json!({ "name": "Q", "value": true }), None),
            (json!({ "value": "true" }), None),
            (json!({ "effectiveValue": true }), None),
            (json!([true]), None),
        ] {
            let setting = setting(&answer(&body, None), "P", &Scrubber::new(None));
            assert_eq!(setting, expected, "{body}");
        }
    }

    fn answer(body: &Value, identity: Option<&'static str>) -> Answer {
        let mut answer = Answer::of_json(body);
        if let Some(identity) = identity {
            let identity = HeaderValue::from_static(identity);
            answer.headers.insert("x-vss-userdata", identity);
        }
        answer
    }

    #[test]
    fn a_tenant_has_never_set_only_what_is_null_to_somebody() {
        const SOMEBODY: &str = "8afbe29a-f12a-4b86-acf8-00000000000f:a@contoso.example";
        const NOBODY: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:";
        let undefined =
            json!({ "value": false, "effectiveValue": false, "isValueUndefined": true });
        let set = json!({ "value": false, "effectiveValue": false, "isValueUndefined": false });
        let is_off = Some(Setting::Set {
            value: false,
            properties: BTreeMap::new(),
        });
        let never = Some(Setting::NeverSet);
        for (body, identity, tenant, organization) in [
            (json!(null), Some(SOMEBODY), &never, &never),
            (json!({ "value": null }), Some(SOMEBODY), &never, &never),
            (json!(null), None, &None, &never),
            (json!({ "value": null }), None, &None, &never),
            (json!(null), Some(NOBODY), &None, &None),
            (undefined, Some(SOMEBODY), &None, &never),
            (set, Some(SOMEBODY), &is_off, &is_off),
        ] {
            let answer = answer(&body, identity);
            let scrubber = Scrubber::new(None);
            let told = tenant_setting(&answer, "P", &scrubber);
            assert_eq!(told, *tenant, "{body} {identity:?}");
            let told = organization_setting(&answer, "P", &scrubber);
            assert_eq!(told, *organization, "{body} {identity:?}");
        }
    }

    #[test]
    fn lists_stay_whole_however_long() {
        let ids: Vec<String> = (0..100)
            .map(|number| format!("8afbe29a-f12a-4b86-acf8-{number:012}"))
            .collect();
        let list = json!(ids).to_string();
        for (given, expected) in [
            (json!(list), list.as_str()),
            (json!(ids), &list),
            (json!("90"), "90"),
            (json!(90), "90"),
            (json!("x".repeat(84)), "…"),
            (json!(["x".repeat(84)]), "[\"…\"]"),
        ] {
            let all = BTreeMap::from([("list".to_owned(), given)]);
            let told = properties(all, &Scrubber::new(None));
            assert_eq!(told["list"], expected);
        }
    }
}
