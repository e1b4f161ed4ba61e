//! A request, taken apart: which host it means, which organisation, which resource.

use axum::body::Bytes;
use axum::http::request::Parts;
use data_encoding::BASE64;
use percent_encoding::percent_decode_str;

use super::control::Active;
use super::state::id_of;

/// What `Authorization` held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    None,
    Basic,
    Bearer,
    /// Something that is neither, or base64 that is not canonical.
    Garbage,
}

/// A request for one of the hosts that are prefixes of the path.
pub(crate) struct Call {
    pub(crate) method: String,
    /// As the path names it, in lower case.
    pub(crate) host: String,
    /// The host as Azure DevOps names it today: `{org}.visualstudio.com` is `dev.azure.com`.
    pub(crate) service: String,
    pub(crate) organization: Option<String>,
    /// Behind the host, as it was sent.
    pub(crate) path: String,
    /// Between the organisation and `_apis`.
    pub(crate) before: Vec<String>,
    /// Behind `_apis`, in lower case.
    pub(crate) api: Vec<String>,
    pub(crate) query: Option<String>,
    parameters: Vec<(String, String)>,
    pub(crate) scheme: Scheme,
    /// The password of Basic, or the bearer token.
    pub(crate) credential: String,
    /// What stood in `Authorization`.
    pub(crate) authorization: String,
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    pub(crate) active: Active,
}

impl Call {
    pub(crate) fn new(parts: Parts, body: Bytes) -> Self {
        let path = parts.uri.path().trim_start_matches('/');
        let (host, rest) = path.split_once('/').unwrap_or((path, ""));
        let host = host.to_lowercase();
        let mut segments: Vec<String> = rest
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let (service, organization) = resolve(&host, &mut segments);
        let at = segments
            .iter()
            .position(|segment| segment.eq_ignore_ascii_case("_apis"));
        let mut api = segments.split_off(at.unwrap_or(segments.len()));
        if !api.is_empty() {
            api.remove(0);
        }
        let api = api.iter().map(|segment| segment.to_lowercase()).collect();
        let query = parts.uri.query().map(str::to_owned);
        let (scheme, credential, authorization) = credential(&parts);
        Self {
            method: parts.method.to_string(),
            path: format!("/{rest}"),
            parameters: pairs(query.as_deref().unwrap_or_default()),
            host,
            service,
            organization,
            before: segments,
            api,
            query,
            scheme,
            credential,
            authorization,
            parts,
            body,
            active: Active::default(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// The parameter `name` of the query, whatever its case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter();
        all.find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The version that the query or the `Accept` header asks for.
    pub(crate) fn api_version(&self) -> Option<&str> {
        let accept = self.header("accept").and_then(|accept| {
            let mut parts = accept.split(';').map(str::trim);
            parts.find_map(|part| part.strip_prefix("api-version="))
        });
        self.parameter("api-version").or(accept)
    }

    /// Whether the client asks not to be led to a sign-in page.
    pub(crate) fn suppresses_sign_in(&self) -> bool {
        self.header("x-tfs-fedauthredirect")
            .is_some_and(|value| value.eq_ignore_ascii_case("suppress"))
    }

    /// What was presented with Basic, as it may be told.
    pub(crate) fn c3id(&self) -> Option<String> {
        (self.scheme == Scheme::Basic).then(|| id_of(&self.credential))
    }

    /// The resource as words, for matching.
    pub(crate) fn resource(&self) -> Vec<&str> {
        self.api.iter().map(String::as_str).collect()
    }

    /// The body as the fields of a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }
}

/// Keys and values of a query or a form.
fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

/// The service that `host` is today, and the organisation, which leaves `segments`.
fn resolve(host: &str, segments: &mut Vec<String>) -> (String, Option<String>) {
    if host == "dev.azure.com" || host.ends_with(".dev.azure.com") {
        let named = segments
            .first()
            .is_some_and(|first| !first.starts_with('_') && !first.starts_with('$'));
        let organization = named.then(|| segments.remove(0));
        return (host.to_owned(), organization);
    }
    let Some(label) = host.strip_suffix(".visualstudio.com") else {
        return (host.to_owned(), None);
    };
    let (organization, service) = match label.split_once('.') {
        Some(("app", _)) => return (host.to_owned(), None),
        Some((organization, service)) => (organization, format!("{service}.dev.azure.com")),
        None => (label, "dev.azure.com".to_owned()),
    };
    let collection = segments
        .first()
        .is_some_and(|first| first.eq_ignore_ascii_case("DefaultCollection"));
    if collection {
        segments.remove(0);
    }
    (service, Some(organization.to_owned()))
}

/// The scheme, the credential, and the header as it came.
fn credential(parts: &Parts) -> (Scheme, String, String) {
    let Some(header) = parts.headers.get("authorization") else {
        return (Scheme::None, String::new(), String::new());
    };
    let header = String::from_utf8_lossy(header.as_bytes()).into_owned();
    let (kind, value) = header.split_once(' ').unwrap_or((&header, ""));
    if kind.eq_ignore_ascii_case("bearer") && !value.is_empty() {
        return (Scheme::Bearer, value.to_owned(), header);
    }
    let decoded = kind
        .eq_ignore_ascii_case("basic")
        .then(|| BASE64.decode(value.as_bytes()).ok())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|text| text.split_once(':')) {
        Some((_, password)) => (Scheme::Basic, password.to_owned(), header),
        None => (Scheme::Garbage, String::new(), header),
    }
}
