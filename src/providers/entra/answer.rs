//! What Entra and its kin answer: a token with its end, or why not.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use super::SignInError;
use crate::model::{Secret, Timestamp};
use crate::providers::Scrubber;
use crate::providers::http::{Answer, Body, Http, Request};

/// How long a token lives of which that is not said.
const SHORT: i64 = 300;

/// An answer, whichever it is.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    expires_in: Option<Seconds>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Entra writes a number, instance metadata a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(i64),
    Text(String),
}

impl Seconds {
    fn value(self) -> Option<i64> {
        match self {
            Self::Number(seconds) => Some(seconds),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

/// One request for a token.
pub(super) struct Ask<'a> {
    /// How one signs in, for complaints.
    pub(super) way: &'static str,
    /// Where.
    pub(super) url: Url,
    /// With which further headers.
    pub(super) headers: HeaderMap,
    /// With what.
    pub(super) body: Body<'a>,
    /// What is presented, which no complaint repeats.
    pub(super) presented: Option<&'a Secret>,
}

/// Asks for a token. Its end is counted from `now`.
pub(super) fn ask(
    http: &Http,
    ask: Ask<'_>,
    now: Timestamp,
    timeout: Duration,
) -> Result<(Secret, Timestamp), SignInError> {
    let Ask {
        way,
        url,
        mut headers,
        body,
        presented,
    } = ask;
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let request = Request {
        url,
        credential: None,
        headers,
        body,
        timeout,
    };
    let mut answer = http
        .send(request)
        .map_err(|source| SignInError::Unreachable { way, source })?;
    let read = read(&answer, way, &Scrubber::new(presented), now);
    answer.body.zeroize();
    read
}

fn read(
    answer: &Answer,
    way: &'static str,
    scrubber: &Scrubber,
    now: Timestamp,
) -> Result<(Secret, Timestamp), SignInError> {
    let status = answer.status;
    let told: Option<TokenAnswer> = answer.json().and_then(|it| serde_json::from_value(it).ok());
    let Some(told) = told else {
        return Err(SignInError::NoToken { way, status });
    };
    match told.access_token.map(Zeroizing::new) {
        Some(token) if status == 200 && !token.is_empty() => {
            let lives = told.expires_in.and_then(Seconds::value).unwrap_or(SHORT);
            let expires = Timestamp(now.0.saturating_add(lives.max(0)));
            Ok((Secret::new(token.as_bytes()), expires))
        }
        _ => {
            let message = told.error_description.or(told.error);
            let message = message.map(|text| scrubber.scrub(&text));
            match message.filter(|text| !text.is_empty()) {
                Some(message) => Err(SignInError::Refused {
                    way,
                    status,
                    message,
                }),
                None => Err(SignInError::NoToken { way, status }),
            }
        }
    }
}
