//! The map as JSON, `patsweep-map/1`: fields are added, never changed. See `docs/map.md`.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::{Answer, BlastRadius, Harm, ScopeFact, ScopeSource, Timestamp};

use super::super::consumer::Consumer;
use super::super::json::Tool;
use super::super::{dense, json_text, words};
use super::text::GLOBAL_END;

/// The name and version of the format.
const SCHEMA: &str = "patsweep-map/1";

/// Writes one document.
pub(super) fn write(radii: Vec<BlastRadius>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tool: Tool::THIS,
        tokens: radii.into_iter().map(Token::new).collect(),
    };
    json_text::write_pretty(&document, out)
}

/// Whether [`write`] wrote a file that starts so.
pub(super) fn wrote(head: &[u8]) -> bool {
    let start = format!("{{\"schema\":\"{SCHEMA}\"");
    dense(head).starts_with(start.as_bytes())
}

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    tool: Tool,
    tokens: Vec<Token>,
}

#[derive(Serialize)]
struct Token {
    id: String,
    redacted: String,
    validity: &'static str,
    validity_reason: &'static str,
    checked_at: Option<String>,
    severity: &'static str,
    severity_reason: String,
    severity_is_minimum: bool,
    full_access: &'static str,
    global: &'static str,
    global_tokens_end: Option<&'static str>,
    name: Option<String>,
    issued: Option<String>,
    expires: Option<String>,
    owner: Option<Owner>,
    organizations: Vec<Organization>,
    scopes_from: Option<&'static str>,
    scopes: Vec<Scope>,
    consumers: Vec<Consumer>,
}

#[derive(Serialize)]
struct Owner {
    id: Option<String>,
    descriptor: Option<String>,
    name: Option<String>,
    account: Option<String>,
}

#[derive(Serialize)]
struct Organization {
    name: String,
    reach: &'static str,
}

#[derive(Serialize)]
struct Scope {
    name: String,
    allows: Option<&'static str>,
    state: &'static str,
    source: Option<&'static str>,
    implied_by: Option<String>,
    lacks_permission: bool,
    severity: &'static str,
    high_privilege: bool,
}

impl Token {
    fn new(radius: BlastRadius) -> Self {
        let month = radius.issued_month.map(|month| month.to_string());
        Self {
            id: radius.id.to_string(),
            redacted: radius.redacted,
            validity: radius.validity.validity().as_str(),
            validity_reason: radius.validity.as_str(),
            checked_at: date(radius.checked_at),
            severity: radius.harm.as_str(),
            severity_reason: radius.harm_reason,
            severity_is_minimum: radius.is_at_least,
            full_access: radius.full_access.as_str(),
            global: radius.is_global.as_str(),
            global_tokens_end: (radius.is_global == Answer::Yes).then_some(GLOBAL_END),
            name: radius.name,
            issued: date(radius.issued).or(month),
            expires: date(radius.expires),
            owner: radius.owner.map(|owner| Owner {
                id: owner.id,
                descriptor: owner.descriptor,
                name: owner.name,
                account: owner.account,
            }),
            organizations: radius
                .organizations
                .into_iter()
                .map(|reached| Organization {
                    name: reached.organization,
                    reach: reached.reach.as_str(),
                })
                .collect(),
            scopes_from: radius.scopes_from.map(ScopeSource::as_str),
            scopes: radius.scopes.into_iter().map(Scope::new).collect(),
            consumers: radius.consumers.into_iter().map(Consumer::new).collect(),
        }
    }
}

impl Scope {
    fn new(fact: ScopeFact) -> Self {
        Self {
            name: fact.scope,
            allows: fact.allows,
            state: fact.state.as_str(),
            source: fact.source.map(ScopeSource::as_str),
            implied_by: fact.implied_by,
            lacks_permission: fact.lacks_permission,
            severity: fact.harm.as_str(),
            high_privilege: fact.harm <= Harm::High,
        }
    }
}

fn date(time: Option<Timestamp>) -> Option<String> {
    time.and_then(words::rfc3339)
}
