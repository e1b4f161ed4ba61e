//! Posts of JSON to an address that is itself a secret.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{TIMEOUT, Undelivered};
use crate::model::Secret;
use crate::providers::Scrubber;
use crate::providers::http::{
    Answer, Authority, AuthorityError, Body, ClientError, Http, HttpOptions, Request, is_loopback,
};

/// Who takes posts.
pub struct Webhook {
    http: Http,
    url: Url,
    scrubber: Scrubber,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({})", self.host())
    }
}

/// Why an address takes no posts. The text does not name it: whoever has it can post there.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// It is no address.
    #[error("not an address of https")]
    Invalid,
    /// What is posted would be readable on the way.
    #[error("not https, and only loopback may go without")]
    NotEncrypted,
    /// It carries what does not belong to it.
    #[error("it has a user or a fragment")]
    Overfull,
    /// There is no certificate to trust.
    #[error(transparent)]
    Authorities(#[from] AuthorityError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl Webhook {
    /// Whoever is at `address`, vouched for by `authorities`, in PEM, or by those whom the system
    /// trusts.
    ///
    /// # Errors
    ///
    /// If it is no https address, or http other than loopback, or TLS cannot be set up.
    pub fn new(address: &Secret, authorities: Option<&[u8]>) -> Result<Self, WebhookError> {
        let text = String::from_utf8_lossy(address.expose());
        let url = Url::parse(&text).map_err(|_| WebhookError::Invalid)?;
        if url.host_str().is_none() {
            return Err(WebhookError::Invalid);
        }
        match url.scheme() {
            "https" => (),
            "http" if is_loopback(&url) => (),
            "http" => return Err(WebhookError::NotEncrypted),
            _ => return Err(WebhookError::Invalid),
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.fragment().is_some() {
            return Err(WebhookError::Overfull);
        }
        let http = Http::new(&HttpOptions {
            authorities: authorities
                .map(Authority::read)
                .transpose()?
                .unwrap_or_default(),
            // What stays on this machine passes no proxy.
            direct: is_loopback(&url),
        })?;
        Ok(Self {
            http,
            url,
            scrubber: Scrubber::new(Some(address)),
        })
    }

    /// Where it is, which may be shown.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Posts `json`, byte for byte, with further `headers`.
    ///
    /// # Errors
    ///
    /// If it was not taken.
    pub fn post(&self, json: &str, headers: &[(&'static str, String)]) -> Result<(), Undelivered> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|_| {
                Undelivered::lasting(format!("the header {name} cannot be written"))
            })?;
            map.insert(HeaderName::from_static(name), value);
        }
        let sent = self.http.send(Request {
            url: self.url.clone(),
            credential: None,
            headers: map,
            body: Body::JsonText(json),
            timeout: TIMEOUT,
        });
        match sent {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => Err(turned_away(&answer)),
            Err(fault) => Err(Undelivered::passing(self.scrubber.scrub(&fault.message))),
        }
    }
}

/// What an answer other than yes says.
fn turned_away(answer: &Answer) -> Undelivered {
    let why = format!("answered with {}", answer.status);
    if !matches!(answer.status, 408 | 429 | 500..) {
        return Undelivered::lasting(why);
    }
    let pause = pause(answer);
    let why = match pause {
        Some(pause) => format!("{why}, wants to be left alone for {} s", pause.as_secs()),
        None => why,
    };
    Undelivered {
        pause,
        ..Undelivered::passing(why)
    }
}

/// What `Retry-After` says: seconds, or a date, which is one of the receiver's clock and not ours.
fn pause(answer: &Answer) -> Option<Duration> {
    let value = answer.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok();
    let (then, now) = (date(value)?, date(answer.header("date")?)?);
    let seconds = then.timestamp().as_second() - now.timestamp().as_second();
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_what_is_posted_from_being_read() {
        let check = |text: &str, expected: &str| {
            let webhook = Webhook::new(&Secret::new(text.as_bytes()), None);
            let told = match webhook {
                Ok(webhook) => format!("{webhook:?}"),
                Err(error) => error.to_string(),
            };
            assert_eq!(told, expected, "{text}");
        };
        check(
            "https://hooks.example.org/a/b?c",
            "Webhook(hooks.example.org)",
        );
        check("http://127.0.0.1:8000/a", "Webhook(127.0.0.1)");
        check("http://[::1]:8000/a", "Webhook([::1])");
        check(
            "http://hooks.example.org/",
            "not https, and only loopback may go without",
        );
        check("https://ann:pw@example.org/", "it has a user or a fragment");
        check("file:///etc/passwd", "not an address of https");
        check("nonsense", "not an address of https");
    }

    #[test]
    fn who_wants_to_be_left_alone_says_for_how_long() {
        let check = |status: u16, headers: &[(&'static str, &'static str)], expected| {
            let headers = headers.iter().map(|&(name, value)| {
                let value = HeaderValue::from_static(value);
                (HeaderName::from_static(name), value)
            });
            let undelivered = turned_away(&Answer {
                status,
                headers: headers.collect(),
                body: Vec::new(),
                is_cut: false,
            });
            let told = (undelivered.is_passing, undelivered.pause);
            assert_eq!(told, expected, "{status}");
        };
        let now = ("date", "Sun, 22 Nov 2026 10:00:00 GMT");
        let later = ("retry-after", "Sun, 22 Nov 2026 10:00:07 GMT");
        let seconds = |seconds| (true, Some(Duration::from_secs(seconds)));
        check(429, &[("retry-after", "12")], seconds(12));
        check(503, &[now, later], seconds(7));
        check(503, &[later], (true, None));
        check(429, &[], (true, None));
        check(429, &[("retry-after", "-1")], (true, None));
        check(404, &[("retry-after", "12")], (false, None));
    }
}
