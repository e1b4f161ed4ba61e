//! A product that probably uses a token, as JSON.

use serde::Serialize;

use crate::model;

/// See `docs/report.md`.
#[derive(Serialize)]
pub(super) struct Consumer {
    id: String,
    name: String,
    fit: &'static str,
    why: Vec<String>,
    keeps: String,
    rotate: Vec<String>,
    lifetime: Option<String>,
    instead: Option<String>,
    source: String,
    read_on: String,
}

impl Consumer {
    /// Of what is redacted already.
    pub(super) fn new(consumer: model::Consumer) -> Self {
        Self {
            id: consumer.id,
            name: consumer.name,
            fit: consumer.fit.as_str(),
            why: consumer.why,
            keeps: consumer.keeps,
            rotate: consumer.rotate,
            lifetime: consumer.lifetime,
            instead: consumer.instead,
            source: consumer.source,
            read_on: consumer.read_on,
        }
    }
}
