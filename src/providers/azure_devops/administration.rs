//! What is asked with the credential of an administrator, and how its refusal reads.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::reading::{self, Said};
use super::{Asked, AzureDevOps, Question, ServiceHost};
use crate::model::{Owner, ServiceEvidence, Timestamp};
use crate::providers::Scrubber;
use crate::providers::entra::Grant;
use crate::providers::http::{Answer, Body, Credential};

/// What came of a question.
#[derive(Debug)]
pub struct Told<T> {
    /// The answer, or why there is none.
    pub outcome: Result<T, Refusal>,
    /// By what.
    pub evidence: ServiceEvidence,
    /// How long to ask nothing else as this administrator.
    pub pause: Option<Duration>,
    /// What time it was there.
    pub date: Option<Timestamp>,
}

impl<T> Told<T> {
    /// With another answer, if there is one.
    pub fn map<U>(self, other: impl FnOnce(T) -> U) -> Told<U> {
        Told {
            outcome: self.outcome.map(other),
            evidence: self.evidence,
            pause: self.pause,
            date: self.date,
        }
    }

    /// What is told where nobody was asked.
    pub(super) fn unasked(why: &str) -> Self {
        Self {
            outcome: Err(Refusal::Unexpected),
            evidence: ServiceEvidence {
                status: None,
                type_key: None,
                message: Some(format!("not asked: {why}")),
                endpoint: String::new(),
            },
            pause: None,
            date: None,
        }
    }
}

/// Why a question was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The credential is not accepted, or lacks the right.
    NotAllowed,
    /// Applications are not let in there.
    ServicePrincipal,
    /// There is no such person.
    UnknownUser,
    /// There is no such thing to ask, or no such organisation.
    Missing,
    /// Not in that version.
    Version,
    /// Too many requests.
    Throttled,
    /// An outage, or too many requests for something between here and the service: worth a second
    /// try.
    Outage,
    /// No answer at all.
    Unreachable,
    /// Anything else.
    Unexpected,
}

impl AzureDevOps {
    /// Asks with a `GET` as an administrator, and reads the answer with `read`, which gets nothing
    /// but successes of the service, and the scrubber that takes the credential out of what is kept.
    pub(super) fn ask<T>(
        &self,
        question: &Question<'_>,
        credential: Credential<'_>,
        timeout: Duration,
        read: impl FnOnce(&Answer, &Scrubber) -> Option<T>,
    ) -> Told<T> {
        let asked = self.get(question, Some(credential), timeout);
        told(&asked, credential, read)
    }

    /// Posts `body` as an administrator, which is answered with a 204. Only what was signed in as one can: a token that leaked
    /// never gets here.
    pub(super) fn post(
        &self,
        question: &Question<'_>,
        grant: &Grant,
        body: &serde_json::Value,
        timeout: Duration,
    ) -> Told<()> {
        let credential = grant.credential();
        let asked = self.send_to(question, Some(credential), Body::Json(body), timeout);
        // What was accepted is answered by nothing: a page, whatever its status, is somebody else's.
        let is_accepted = |answer: &Answer, _: &Scrubber| (answer.status == 204).then_some(());
        told(&asked, credential, is_accepted)
    }

    /// Deletes what the question names, likewise, and reads the answer with `read`.
    pub(super) fn delete<T>(
        &self,
        question: &Question<'_>,
        grant: &Grant,
        timeout: Duration,
        read: impl FnOnce(&Answer) -> Option<T>,
    ) -> Told<T> {
        let credential = grant.credential();
        let asked = self.send_to(question, Some(credential), Body::Delete, timeout);
        told(&asked, credential, |answer, _| read(answer))
    }

    /// Asks an organisation as whom it knows an administrator.
    pub fn who_am_i(
        &self,
        organization: &str,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Owner> {
        let question = connection(organization);
        self.ask(&question, credential, timeout, reading::connected)
    }

    /// Asks an organisation for its id, by which tokens tell what they are for.
    pub fn instance_id(
        &self,
        organization: &str,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<String> {
        let question = connection(organization);
        self.ask(&question, credential, timeout, reading::instance)
    }

    /// Whether the audit log can be read.
    pub fn can_read_audit(
        &self,
        organization: &str,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<()> {
        let question = Question {
            host: ServiceHost::Audit,
            organization: Some(organization),
            path: "_apis/audit/actions",
            query: &[("areaName", "Token"), ("api-version", "7.1-preview.1")],
        };
        let is_catalogue = |answer: &Answer, _: &Scrubber| answer.json().map(|_| ());
        self.ask(&question, credential, timeout, is_catalogue)
    }
}

fn connection(organization: &str) -> Question<'_> {
    Question {
        host: ServiceHost::DevAzure,
        organization: Some(organization),
        path: "_apis/connectionData",
        query: &[("api-version", "7.1-preview.1")],
    }
}

fn told<T>(
    asked: &Asked,
    credential: Credential<'_>,
    read: impl FnOnce(&Answer, &Scrubber) -> Option<T>,
) -> Told<T> {
    let scrubber = Scrubber::new(Some(credential.secret()));
    let evidence = asked.evidence(&scrubber);
    Told {
        pause: asked.pause(),
        date: asked.outcome.as_ref().ok().and_then(reading::date),
        outcome: outcome(asked, |answer| read(answer, &scrubber)),
        evidence,
    }
}

fn outcome<T>(asked: &Asked, read: impl FnOnce(&Answer) -> Option<T>) -> Result<T, Refusal> {
    let Ok(answer) = &asked.outcome else {
        return Err(Refusal::Unreachable);
    };
    let said = Said::of(answer);
    if answer.status == 407 || !reading::is_of_service(answer, &said) {
        return Err(match answer.status {
            429 => Refusal::Outage,
            _ => Refusal::Unexpected,
        });
    }
    if answer.status == 429 {
        return Err(Refusal::Throttled);
    }
    let key = said.type_key.as_deref().unwrap_or_default();
    Err(match answer.status {
        200 | 204 => return read(answer).ok_or(Refusal::Unexpected),
        400..=403 if said.all().contains("Service principals are not allowed") => {
            Refusal::ServicePrincipal
        }
        400 if key.contains("Version") => Refusal::Version,
        // The first two are the page to sign in at.
        203 | 302 | 401 | 403 => Refusal::NotAllowed,
        404 if key.contains("Identity") || key.contains("Subject") => Refusal::UnknownUser,
        404 => Refusal::Missing,
        500.. => Refusal::Outage,
        _ => Refusal::Unexpected,
    })
}

/// The JSON of an answer, in a shape that is known.
pub(super) fn json<T: DeserializeOwned>(answer: &Answer) -> Option<T> {
    serde_json::from_value(answer.json()?).ok()
}
