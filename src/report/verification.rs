//! What the service said about a token, as JSON.

use serde::Serialize;

use crate::model::{self, Timestamp};

use super::consumer::Consumer;
use super::words;

/// See `docs/report.md`.
#[derive(Serialize)]
pub(super) struct Verification {
    method: Option<&'static str>,
    value_from: &'static str,
    organization: Option<String>,
    checked_at: Option<String>,
    cached: bool,
    refused_everywhere: bool,
    last_accepted_at: Option<String>,
    evidence: Option<Evidence>,
    attempts: Vec<Attempt>,
    owner: Option<Owner>,
    pat: Option<Pat>,
    consumers: Vec<Consumer>,
}

#[derive(Serialize)]
struct Evidence {
    status: Option<u16>,
    type_key: Option<String>,
    message: Option<String>,
    endpoint: String,
}

#[derive(Serialize)]
struct Attempt {
    method: &'static str,
    organization: Option<String>,
    at: Option<String>,
    validity_reason: &'static str,
    evidence: Evidence,
}

#[derive(Serialize)]
struct Owner {
    id: Option<String>,
    descriptor: Option<String>,
    name: Option<String>,
    account: Option<String>,
}

#[derive(Serialize)]
struct Pat {
    authorization_id: String,
    name: Option<String>,
    scopes: Vec<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    global: Option<bool>,
}

impl Verification {
    /// Of what is redacted already.
    pub(super) fn new(told: model::Verification) -> Self {
        Self {
            method: told.method.map(model::Method::as_str),
            value_from: told.value_from.as_str(),
            organization: told.organization,
            checked_at: date(told.checked_at),
            cached: told.cached,
            refused_everywhere: told.refused_everywhere,
            last_accepted_at: date(told.last_accepted_at),
            evidence: told.evidence.map(Evidence::new),
            attempts: told.attempts.into_iter().map(Attempt::new).collect(),
            owner: told.owner.map(|owner| Owner {
                id: owner.id,
                descriptor: owner.descriptor,
                name: owner.name,
                account: owner.account,
            }),
            pat: told.pat.map(|pat| Pat {
                authorization_id: pat.authorization_id,
                name: pat.name,
                scopes: pat.scopes,
                valid_from: date(pat.valid_from),
                valid_to: date(pat.valid_to),
                global: pat.is_global,
            }),
            consumers: told.consumers.into_iter().map(Consumer::new).collect(),
        }
    }
}

impl Evidence {
    fn new(evidence: model::ServiceEvidence) -> Self {
        Self {
            status: evidence.status,
            type_key: evidence.type_key,
            message: evidence.message,
            endpoint: evidence.endpoint,
        }
    }
}

impl Attempt {
    fn new(attempt: model::Attempt) -> Self {
        Self {
            method: attempt.method.as_str(),
            organization: attempt.organization,
            at: date(Some(attempt.at)),
            validity_reason: attempt.reason.as_str(),
            evidence: Evidence::new(attempt.evidence),
        }
    }
}

fn date(time: Option<Timestamp>) -> Option<String> {
    time.and_then(words::rfc3339)
}
