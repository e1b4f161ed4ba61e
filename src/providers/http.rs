//! The HTTP client: no redirects, bounded bodies and times, credentials that no log shows.

use std::error::Error as _;
use std::fmt;
use std::io::Read;
use std::time::Duration;

use data_encoding::BASE64;
use reqwest::Url;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use zeroize::Zeroizing;

use super::crash;
use crate::model::Secret;

/// The most of a body that is read.
const MAX_BODY: u64 = 1 << 20;
/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest wait for a whole answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends requests. Cheap to clone; connections are shared.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
}

/// How connections are made.
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// Who is trusted beside those whom the system trusts.
    pub authorities: Vec<Authority>,
    /// Whether the proxies that the environment names are passed by.
    pub direct: bool,
}

/// A certificate of somebody who is trusted to vouch for servers.
#[derive(Clone, Debug)]
pub struct Authority(reqwest::Certificate);

impl Authority {
    /// All those in `pem`.
    ///
    /// # Errors
    ///
    /// If one of them is none, or there is none at all.
    pub fn read(pem: &[u8]) -> Result<Vec<Self>, AuthorityError> {
        let all = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| AuthorityError)?;
        if all.is_empty() {
            return Err(AuthorityError);
        }
        Ok(all.into_iter().map(Self).collect())
    }
}

/// There is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no certificates in PEM")]
pub struct AuthorityError;

/// Why no client can be made: TLS or the proxies of the environment cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the HTTP client")]
pub struct ClientError(#[source] reqwest::Error);

/// What shows who asks.
#[derive(Clone, Copy, Debug)]
pub enum Credential<'a> {
    /// A personal access token.
    Pat(&'a Secret),
    /// An Entra token.
    Bearer(&'a Secret),
}

impl<'a> Credential<'a> {
    /// The token itself, whatever its kind.
    pub fn secret(self) -> &'a Secret {
        match self {
            Self::Pat(secret) | Self::Bearer(secret) => secret,
        }
    }
}

/// One request.
#[derive(Debug)]
pub struct Request<'a> {
    /// `GET` unless there is a body.
    pub url: Url,
    /// As whom.
    pub credential: Option<Credential<'a>>,
    /// Further headers.
    pub headers: HeaderMap,
    /// What is posted.
    pub body: Body<'a>,
    /// How long at most; [`REQUEST_TIMEOUT`] at most.
    pub timeout: Duration,
}

/// What a request carries.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// Nothing: a `GET`.
    None,
    /// Fields of a form, posted.
    Form(&'a [(&'a str, Field<'a>)]),
    /// JSON without secrets, posted.
    Json(&'a serde_json::Value),
    /// Nothing: a `DELETE`.
    Delete,
    /// The same, already written and perhaps signed: posted byte for byte.
    JsonText(&'a str),
}

/// The value of a field in a form.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// For everybody to read.
    Text(&'a str),
    /// For the receiver alone.
    Secret(&'a Secret),
}

impl<'a> Field<'a> {
    /// What is sent. Secrets are text, or nobody ever issued them.
    fn sent(self) -> std::borrow::Cow<'a, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Secret(secret) => String::from_utf8_lossy(secret.expose()),
        }
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Form(_) => "Form(…)",
            Self::Json(_) | Self::JsonText(_) => "Json(…)",
            Self::Delete => "Delete",
        })
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, 1 MiB at most.
    pub body: Vec<u8>,
    /// Whether there was more of it.
    pub is_cut: bool,
}

#[cfg(test)]
impl Answer {
    /// A success with a body in JSON.
    pub(crate) fn of_json(body: &serde_json::Value) -> Self {
        let json = HeaderValue::from_static("application/json");
        Self {
            status: 200,
            headers: HeaderMap::from_iter([(reqwest::header::CONTENT_TYPE, json)]),
            body: body.to_string().into_bytes(),
            is_cut: false,
        }
    }
}

/// Why no answer came. The text names neither credential nor query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// Whether the time was over.
    pub is_timeout: bool,
    /// What happened, with its causes.
    pub message: String,
}

impl Http {
    /// A client.
    ///
    /// # Errors
    ///
    /// If TLS or the proxies of the environment cannot be set up.
    pub fn new(options: &HttpOptions) -> Result<Self, ClientError> {
        // Somebody else may have chosen one for the process; any does.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .user_agent(concat!("patsweep/", env!("CARGO_PKG_VERSION")))
            .referer(false);
        if options.direct {
            builder = builder.no_proxy();
        }
        if !options.authorities.is_empty() {
            let authorities = options.authorities.iter();
            builder = builder.tls_certs_merge(authorities.map(|authority| authority.0.clone()));
        }
        let client = builder.build().map_err(ClientError)?;
        Ok(Self { client })
    }

    /// Sends `request` and reads the answer.
    ///
    /// # Errors
    ///
    /// If no whole answer came; a status that says no is an answer.
    pub fn send(&self, request: Request<'_>) -> Result<Answer, Fault> {
        let mut builder = match request.body {
            Body::None => self.client.get(request.url),
            Body::Form(fields) => {
                let fields: Vec<_> = fields.iter().map(|(key, it)| (key, it.sent())).collect();
                self.client.post(request.url).form(&fields)
            }
            Body::Json(json) => self.post_json(request.url, json.to_string()),
            Body::JsonText(json) => self.post_json(request.url, json.to_owned()),
            Body::Delete => self.client.delete(request.url),
        };
        if let Some(credential) = request.credential {
            builder = builder.header(AUTHORIZATION, authorization(credential));
        }
        crash::point();
        let response = builder
            .headers(request.headers)
            .timeout(request.timeout.min(REQUEST_TIMEOUT))
            .send()
            .map_err(|error| Fault::of_request(&error));
        let answer = response.and_then(read);
        crash::point();
        answer
    }

    fn post_json(&self, url: Url, json: String) -> RequestBuilder {
        let builder = self.client.post(url);
        builder.header(CONTENT_TYPE, "application/json").body(json)
    }
}

/// The header, which prints as `Sensitive`.
fn authorization(credential: Credential<'_>) -> HeaderValue {
    let value = match credential {
        Credential::Pat(token) => {
            let pair = Zeroizing::new([b":", token.expose()].concat());
            Zeroizing::new([b"Basic ", BASE64.encode(&pair).as_bytes()].concat())
        }
        Credential::Bearer(token) => Zeroizing::new([b"Bearer ", token.expose()].concat()),
    };
    // What holds a control character is no token that any service issued: it is turned away.
    let mut value =
        HeaderValue::from_bytes(&value).unwrap_or_else(|_| HeaderValue::from_static("Basic Og=="));
    value.set_sensitive(true);
    value
}

/// A header with a secret, which prints as `Sensitive`; nothing where it cannot be one.
pub(super) fn sensitive(secret: &Secret) -> HeaderValue {
    let mut value =
        HeaderValue::from_bytes(secret.expose()).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// Whether requests to `url` stay on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn read(response: Response) -> Result<Answer, Fault> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    response
        .take(MAX_BODY + 1)
        .read_to_end(&mut body)
        .map_err(|error| Fault::of_body(&error))?;
    let is_cut = body.len() as u64 > MAX_BODY;
    body.truncate(MAX_BODY as usize);
    Ok(Answer {
        status,
        headers,
        body,
        is_cut,
    })
}

impl Fault {
    /// A fault that happened here and not on the way.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            is_timeout: false,
            message: message.into(),
        }
    }

    fn of_request(error: &reqwest::Error) -> Self {
        // Its own text names the address with its query; the causes tell what went wrong.
        let causes: Vec<String> = std::iter::successors(error.source(), |&cause| cause.source())
            .map(ToString::to_string)
            .collect();
        let what = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "cannot connect"
        } else {
            "the connection failed"
        };
        Self {
            is_timeout: error.is_timeout(),
            message: with_causes(what, &causes),
        }
    }

    fn of_body(error: &std::io::Error) -> Self {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<reqwest::Error>());
        let is_timeout = error.kind() == std::io::ErrorKind::TimedOut
            || inner.is_some_and(reqwest::Error::is_timeout);
        let what = if is_timeout {
            "the answer did not end in time"
        } else {
            "the answer broke off"
        };
        Self {
            is_timeout,
            message: what.to_owned(),
        }
    }
}

/// The causes behind `what`, each once: clients wrap one another.
fn with_causes(what: &str, causes: &[String]) -> String {
    let mut text = what.to_owned();
    for cause in causes {
        if !text.contains(cause.as_str()) {
            text.push_str(": ");
            text.push_str(cause);
        }
    }
    text
}

impl Answer {
    /// The text of a header; `None` where it is absent or not printable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All values of a header that are printable.
    pub fn header_values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok())
    }

    /// The body without a byte order mark.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf");
        String::from_utf8_lossy(body.unwrap_or(&self.body))
    }

    /// The body as JSON, if it is whole and said to be that.
    pub fn json(&self) -> Option<serde_json::Value> {
        let content = self.header("content-type")?;
        let essence = content.split(';').next().unwrap_or(content).trim();
        let is_json = essence.eq_ignore_ascii_case("application/json");
        (is_json && !self.is_cut)
            .then(|| serde_json::from_str(&self.text()).ok())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_prints_nothing() {
        let token = Secret::new(b"not-really-a-token");
        let request = Request {
            url: Url::parse("http://127.0.0.1/").expect("an address"),
            credential: Some(Credential::Pat(&token)),
            headers: HeaderMap::new(),
            body: Body::Form(&[("client_secret", Field::Secret(&token))]),
            timeout: REQUEST_TIMEOUT,
        };
        let printed = format!(
            "{request:?} {:?}",
            authorization(Credential::Bearer(&token))
        );
        assert!(printed.contains("Sensitive"), "{printed}");
        assert!(!printed.contains("really"), "{printed}");
    }

    #[test]
    fn causes_are_told_once() {
        let causes = ["error trying to connect: refused", "refused"].map(str::to_owned);
        assert_eq!(
            with_causes("cannot connect", &causes),
            "cannot connect: error trying to connect: refused"
        );
    }
}
