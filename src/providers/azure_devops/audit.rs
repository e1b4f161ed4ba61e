//! The audit log of an organisation, which tells what was changed, when and by whom.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::administration::Told;
use super::inventory::{further, instant};
use super::{AzureDevOps, Page, Question, ServiceHost, wire};
use crate::model::Timestamp;
use crate::providers::Scrubber;
use crate::providers::http::{Answer, Credential};

/// Entries on a page: as many as the service's own interface asks for. What it allows at most is
/// published nowhere.
const BATCH: &str = "200";

/// Which part of the log, and from where on.
#[derive(Clone, Copy, Debug)]
pub struct AuditQuestion<'a> {
    /// Of which organisation.
    pub organization: &'a str,
    /// From when on.
    pub start: Timestamp,
    /// Until when.
    pub end: Timestamp,
    /// From where on.
    pub continuation: Option<&'a str>,
}

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Changes something.
    Modify,
    /// Takes something away.
    Remove,
    /// Makes something.
    Create,
    /// Reads something.
    Access,
    /// Runs something.
    Execute,
    /// Nothing that is told.
    Unknown,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Modify,
        Self::Remove,
        Self::Create,
        Self::Access,
        Self::Execute,
        Self::Unknown,
    ];

    /// The name in the service.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modify => "modify",
            Self::Remove => "remove",
            Self::Create => "create",
            Self::Access => "access",
            Self::Execute => "execute",
            Self::Unknown => "unknown",
        }
    }

    /// The one of this name, in any case; [`Category::Unknown`] of any other.
    pub fn named(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        let known = all.find(|category| category.as_str().eq_ignore_ascii_case(name));
        known.unwrap_or(Self::Unknown)
    }
}

/// An entry of the log. Texts are scrubbed of the credential that read it and of all that is as long as a
/// token, and empty where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// The id of whoever did it.
    pub actor_id: String,
    /// Their account.
    pub account: String,
    /// Their name.
    pub name: String,
    /// How they signed in, such as `PAT_Unscoped authorizationId: …`, which may be cut short.
    pub mechanism: String,
    /// From which address.
    pub ip: String,
    /// With which program, as that says.
    pub agent: String,
    /// What was done, such as `Token.PatCreateEvent`.
    pub action: String,
    /// In which part of the service.
    pub area: String,
    /// Of which kind that is.
    pub category: Category,
    /// The same in words.
    pub details: String,
    /// In which project.
    pub project: String,
    /// What the action tells beside, each as text.
    pub data: BTreeMap<String, String>,
}

impl AzureDevOps {
    /// Reads a part of the audit log, the newest entries first. What a page lacks are entries that
    /// are not understood, such as those without a time.
    pub fn audit_log(
        &self,
        asked: AuditQuestion<'_>,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Page<AuditEntry>> {
        let (start, end) = (written(asked.start), written(asked.end));
        let mut query = vec![
            ("startTime", start.as_str()),
            ("endTime", end.as_str()),
            ("batchSize", BATCH),
            ("skipAggregation", "true"),
            ("api-version", "7.1-preview.1"),
        ];
        query.extend(asked.continuation.map(|token| ("continuationToken", token)));
        let question = Question {
            host: ServiceHost::Audit,
            organization: Some(asked.organization),
            path: "_apis/audit/auditlog",
            query: &query,
        };
        self.ask(&question, credential, timeout, page)
    }
}

/// As the service reads it; a time that no calendar has is its first one.
fn written(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).map_or_else(
        |_| jiff::Timestamp::UNIX_EPOCH.to_string(),
        |at| at.to_string(),
    )
}

fn page(answer: &Answer, scrubber: &Scrubber) -> Option<Page<AuditEntry>> {
    let body = answer.json()?;
    // The specification's example has it once more inside `value`, its models do not.
    let body = match body.get("value") {
        Some(inner) if inner.is_object() => inner.clone(),
        _ => body,
    };
    let log: wire::AuditLog = serde_json::from_value(body).ok()?;
    let entries = log.decorated_audit_log_entries?;
    let told = entries.len();
    let items = entries.into_iter();
    let items: Vec<_> = items.filter_map(|entry| read(entry, scrubber)).collect();
    let next = match log.has_more {
        Some(false) => None,
        _ => further(log.continuation_token, scrubber)?,
    };
    let lacks = match told - items.len() {
        0 if log.has_more == Some(true) && next.is_none() => {
            Some("it has more, and does not tell how to ask for that".to_owned())
        }
        0 => None,
        1 => Some("1 entry was not understood".to_owned()),
        many => Some(format!("{many} entries were not understood")),
    };
    Some(Page { items, next, lacks })
}

/// An entry; none where it has no time, or is not what an entry looks like.
fn read(entry: Value, scrubber: &Scrubber) -> Option<AuditEntry> {
    let entry: wire::AuditEntry = serde_json::from_value(entry).ok()?;
    let text = |text: Option<String>| scrubber.scrub(&text.unwrap_or_default());
    let data = match entry.data {
        Value::Object(data) => data,
        _ => serde_json::Map::new(),
    };
    let data = data.into_iter().map(|(name, value)| {
        let value = match value {
            Value::String(value) => value,
            other => other.to_string(),
        };
        (scrubber.scrub(&name), scrubber.scrub(&value))
    });
    Some(AuditEntry {
        id: text(entry.id),
        at: instant(&entry.timestamp?)?,
        actor_id: text(entry.actor_user_id),
        account: text(entry.actor_upn),
        name: text(entry.actor_display_name),
        mechanism: text(entry.authentication_mechanism),
        ip: text(entry.ip_address),
        agent: text(entry.user_agent),
        action: text(entry.action_id),
        area: text(entry.area),
        category: Category::named(entry.category.as_deref().unwrap_or_default()),
        details: text(entry.details),
        project: text(entry.project_name),
        data: data.collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// How many entries there are, where it goes on and what it lacks.
    fn next(body: &Value) -> Option<(usize, Option<String>, String)> {
        let answer = Answer::of_json(body);
        let page = page(&answer, &Scrubber::new(None))?;
        Some((page.items.len(), page.next, page.lacks.unwrap_or_default()))
    }

    #[test]
    fn pages_of_both_shapes_and_their_ends() {
        let zero = "00000000-0000-0000-0000-000000000000";
        let entry = json!({ "timestamp": "2026-11-01T00:00:00Z" });
        let on = || Some("5;a;b".to_owned());
        let log = |more: &Value, token: &Value| {
            json!({
                "decoratedAuditLogEntries": [entry.clone()],
                "continuationToken": token, "hasMore": more,
            })
        };
        let odd = |others: &[Value]| {
            let all = [std::slice::from_ref(&entry), others].concat();
            json!({ "decoratedAuditLogEntries": all, "hasMore": false })
        };
        let lost = "it has more, and does not tell how to ask for that".to_owned();
        let whole = String::new;
        for (body, expected) in [
            (log(&json!(true), &json!("5;a;b")), Some((1, on(), whole()))),
            (
                json!({ "value": log(&json!(true), &json!("5;a;b")) }),
                Some((1, on(), whole())),
            ),
            (log(&json!(null), &json!("5;a;b")), Some((1, on(), whole()))),
            (
                log(&json!(false), &json!("5;a;b")),
                Some((1, None, whole())),
            ),
            (log(&json!(null), &json!(null)), Some((1, None, whole()))),
            (
                log(&json!(true), &json!(null)),
                Some((1, None, lost.clone())),
            ),
            (log(&json!(true), &json!("")), Some((1, None, lost.clone()))),
            (log(&json!(true), &json!(zero)), Some((1, None, lost))),
            (
                odd(&[json!({})]),
                Some((1, None, "1 entry was not understood".to_owned())),
            ),
            (
                odd(&[
                    json!({ "timestamp": "yesterday" }),
                    json!({ "timestamp": 7 }),
                    json!({ "timestamp": "2026-11-01T00:00:00Z", "ipAddress": 7 }),
                    json!("text"),
                ]),
                Some((1, None, "4 entries were not understood".to_owned())),
            ),
            (json!({ "value": [] }), None),
            (json!({}), None),
            (json!(null), None),
        ] {
            assert_eq!(next(&body), expected, "{body}");
        }
    }

    #[test]
    fn categories_are_found_by_name() {
        for category in Category::ALL {
            assert_eq!(Category::named(category.as_str()), category);
        }
        assert_eq!(Category::named("Remove"), Category::Remove);
        assert_eq!(Category::named("destroy"), Category::Unknown);
    }
}
