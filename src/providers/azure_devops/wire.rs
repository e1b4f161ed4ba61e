//! The JSON of the service, as far as it is read. Everything may be absent.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The answer of `connectionData`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ConnectionData {
    pub(super) authenticated_user: Option<Identity>,
    pub(super) instance_id: Option<String>,
}

/// Somebody.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Identity {
    pub(super) id: Option<String>,
    pub(super) subject_descriptor: Option<String>,
    pub(super) is_active: Option<bool>,
    pub(super) provider_display_name: Option<String>,
    pub(super) custom_display_name: Option<String>,
    pub(super) properties: Value,
}

impl Identity {
    /// The account, which stands among the properties with its type.
    pub(super) fn account(&self) -> Option<String> {
        let account = self.properties.get("Account")?;
        let value = account.get("$value").unwrap_or(account);
        value.as_str().map(str::to_owned)
    }
}

/// The answer of `profiles/me`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Profile {
    pub(super) id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) email_address: Option<String>,
}

/// An error.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WrappedException {
    pub(super) message: Option<String>,
    pub(super) type_key: Option<String>,
}

/// A policy of a tenant or of an organisation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Policy {
    pub(super) name: Option<String>,
    /// None where there is no such field; null stands for a value that was never set.
    #[serde(default, deserialize_with = "given")]
    pub(super) value: Option<Value>,
    /// What holds, of an organisation that others may overrule.
    pub(super) effective_value: Option<Value>,
    /// Whether the value is that which was asked for where none is set.
    pub(super) is_value_undefined: Option<bool>,
    pub(super) properties: Option<BTreeMap<String, Value>>,
}

/// A project.
#[derive(Debug, Deserialize)]
pub(super) struct Project {
    pub(super) visibility: Option<String>,
}

/// A list.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) value: Vec<T>,
}

/// Somebody in the graph.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct User {
    pub(super) descriptor: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) principal_name: Option<String>,
    pub(super) mail_address: Option<String>,
    pub(super) origin_id: Option<String>,
}

/// Tokens of somebody.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SessionTokens {
    pub(super) value: Option<Vec<SessionToken>>,
    pub(super) continuation_token: Option<String>,
}

/// A token, of which the list never has the value.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SessionToken {
    pub(super) authorization_id: Option<String>,
    pub(super) cross_company_correlating_id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) is_valid: Option<bool>,
    pub(super) scope: Option<String>,
    /// Null means every organisation, and that there is no such field means nothing.
    #[serde(deserialize_with = "given")]
    pub(super) target_accounts: Option<Value>,
    pub(super) user_id: Option<String>,
    pub(super) valid_from: Option<String>,
    pub(super) valid_to: Option<String>,
}

/// Tokens of oneself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OwnTokens {
    pub(super) pat_tokens: Option<Vec<SessionToken>>,
    pub(super) continuation_token: Option<String>,
}

/// What came of something done to a token of oneself: errors come inside of a success.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OwnResult {
    pub(super) pat_token_error: Option<String>,
}

/// A part of the audit log.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AuditLog {
    pub(super) decorated_audit_log_entries: Option<Vec<Value>>,
    pub(super) continuation_token: Option<String>,
    pub(super) has_more: Option<bool>,
}

/// An entry of the audit log.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AuditEntry {
    pub(super) id: Option<String>,
    pub(super) actor_user_id: Option<String>,
    #[serde(rename = "actorUPN")]
    pub(super) actor_upn: Option<String>,
    pub(super) actor_display_name: Option<String>,
    pub(super) authentication_mechanism: Option<String>,
    pub(super) timestamp: Option<String>,
    pub(super) ip_address: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) action_id: Option<String>,
    pub(super) area: Option<String>,
    pub(super) category: Option<String>,
    pub(super) details: Option<String>,
    pub(super) project_name: Option<String>,
    pub(super) data: Value,
}

/// What stands there, null being something that stands there.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
