//! The identity of the machine or app on which this runs. Nothing is asked unless the operator
//! asks for this way, and no proxy stands between.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::answer::{Ask, ask};
use super::{Directory, RESOURCE, SignInError};
use crate::model::{Secret, Timestamp};
use crate::providers::http::{Body, sensitive};

const WAY: &str = "managed identity";
/// The instance metadata service, the same on every machine.
const METADATA_HOST: &str = "169.254.169.254";

/// The identity of this machine or app.
#[derive(Clone, Debug, Default)]
pub struct ManagedIdentity {
    /// Which of several identities, by the id of its application.
    pub client_id: Option<String>,
    /// Where an app asks; a machine asks its metadata service.
    pub app_service: Option<AppService>,
}

/// Where an app of App Service or Functions asks for its identity.
#[derive(Clone, Debug)]
pub struct AppService {
    endpoint: Url,
    header: Secret,
}

/// The address of an app's endpoint cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{address}` is neither https nor an address of this machine")]
pub struct AppServiceError {
    address: String,
}

impl AppService {
    /// What `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` say.
    ///
    /// # Errors
    ///
    /// If the address is no https, and http leads off this machine.
    pub fn new(endpoint: &str, header: Secret) -> Result<Self, AppServiceError> {
        let refused = || AppServiceError {
            address: endpoint.to_owned(),
        };
        let endpoint = Url::parse(endpoint).map_err(|_| refused())?;
        let is_safe =
            endpoint.scheme() == "https" || endpoint.scheme() == "http" && is_near(&endpoint);
        is_safe
            .then_some(Self { endpoint, header })
            .ok_or_else(refused)
    }
}

impl ManagedIdentity {
    pub(super) fn sign_in(
        &self,
        directory: &Directory,
        now: Timestamp,
        timeout: Duration,
    ) -> Result<(Secret, Timestamp), SignInError> {
        let (mut url, version, header, presented) = match &self.app_service {
            Some(app) => (
                app.endpoint.clone(),
                "2019-08-01",
                (
                    HeaderName::from_static("x-identity-header"),
                    sensitive(&app.header),
                ),
                Some(&app.header),
            ),
            None => (
                metadata(directory),
                "2018-02-01",
                (
                    HeaderName::from_static("metadata"),
                    HeaderValue::from_static("true"),
                ),
                None,
            ),
        };
        url.query_pairs_mut()
            .append_pair("api-version", version)
            .append_pair("resource", RESOURCE)
            .extend_pairs(self.client_id.iter().map(|id| ("client_id", id)));
        let asked = Ask {
            way: WAY,
            url,
            headers: HeaderMap::from_iter([header]),
            body: Body::None,
            presented,
        };
        ask(&directory.direct, asked, now, timeout)
    }
}

fn metadata(directory: &Directory) -> Url {
    let mut url = directory.base.folder(METADATA_HOST).unwrap_or_else(|| {
        Url::parse(&format!("http://{METADATA_HOST}/")).expect("an address makes an address")
    });
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty()
            .extend(["metadata", "identity", "oauth2", "token"]);
    }
    url
}

/// Whether `url` leads to this machine, or to what stands beside it on its own link.
fn is_near(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || match address.parse() {
            Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
            Ok(IpAddr::V6(address)) => address.is_loopback(),
            Err(_) => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_asks_its_own_machine() {
        for (address, is_used) in [
            ("http://127.0.0.1:41056/msi/token", true),
            ("http://localhost:42356/msi/token", true),
            ("http://169.254.130.2:8081/msi/token", true),
            ("https://identity.example/token", true),
            ("http://identity.example/token", false),
            ("http://10.0.0.1/token", false),
            ("file:///etc/passwd", false),
            ("token", false),
        ] {
            let app = AppService::new(address, Secret::new(b"header"));
            assert_eq!(app.is_ok(), is_used, "{address}");
        }
    }
}
