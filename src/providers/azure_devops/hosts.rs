//! The hosts of the service, of a gateway that stands before it, and of a server on premises.

use std::fmt;

use reqwest::Url;

use super::Question;
use crate::providers::http::is_loopback;

/// The most characters that the name of an organisation has.
const MAX_ORGANIZATION: usize = 50;

/// A host of Azure DevOps Services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceHost {
    /// Most of the service.
    DevAzure,
    /// Identities and tokens.
    Vssps,
    /// Profiles, of no organisation.
    AppVssps,
    /// Entitlements.
    Vsaex,
    /// Releases.
    Vsrm,
    /// Feeds.
    Feeds,
    /// The audit log.
    Audit,
    /// Extensions.
    Extmgmt,
    /// Symbols.
    Artifacts,
    /// Advanced security.
    Advsec,
    /// Analytics.
    Analytics,
}

impl ServiceHost {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::DevAzure,
        Self::Vssps,
        Self::AppVssps,
        Self::Vsaex,
        Self::Vsrm,
        Self::Feeds,
        Self::Audit,
        Self::Extmgmt,
        Self::Artifacts,
        Self::Advsec,
        Self::Analytics,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::DevAzure => "dev.azure.com",
            Self::Vssps => "vssps.dev.azure.com",
            Self::AppVssps => "app.vssps.visualstudio.com",
            Self::Vsaex => "vsaex.dev.azure.com",
            Self::Vsrm => "vsrm.dev.azure.com",
            Self::Feeds => "feeds.dev.azure.com",
            Self::Audit => "auditservice.dev.azure.com",
            Self::Extmgmt => "extmgmt.dev.azure.com",
            Self::Artifacts => "artifacts.dev.azure.com",
            Self::Advsec => "advsec.dev.azure.com",
            Self::Analytics => "analytics.dev.azure.com",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|host| host.name() == name)
    }
}

impl fmt::Display for ServiceHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where requests go. Only the operator says so: nothing that was scanned does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Microsoft's hosts.
    Microsoft,
    /// A gateway, which has each host as a folder.
    Gateway(Url),
    /// A collection of a server on premises.
    Server(Url),
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Microsoft => f.write_str("https://dev.azure.com"),
            Self::Gateway(url) | Self::Server(url) => {
                f.write_str(url.as_str().trim_end_matches('/'))
            }
        }
    }
}

/// Why an address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseError {
    /// It is none.
    #[error("`{address}` is no address")]
    Invalid {
        /// What was given.
        address: String,
    },
    /// A token would be readable on the way.
    #[error("`{address}` is not https, and only loopback may go without")]
    NotEncrypted {
        /// What was given.
        address: String,
    },
    /// It carries what does not belong to a base.
    #[error("`{address}` has a user, a query or a fragment")]
    NotBase {
        /// What was given, without these.
        address: String,
    },
    /// The server has no such part.
    #[error("Azure DevOps Server has no {host}")]
    NotOnServer {
        /// The host that serves it otherwise.
        host: ServiceHost,
    },
    /// What would have been a part of the path is none.
    #[error("`{name}` is no name of an organization")]
    NotOrganization {
        /// What was named.
        name: String,
    },
}

impl Base {
    /// A gateway at `address`.
    ///
    /// # Errors
    ///
    /// If it is no https address, or http other than loopback, or carries more than a path.
    pub fn gateway(address: &str) -> Result<Self, BaseError> {
        checked(address).map(Self::Gateway)
    }

    /// A collection of Azure DevOps Server, such as `https://host/tfs/DefaultCollection`.
    ///
    /// # Errors
    ///
    /// As of [`Base::gateway`].
    pub fn server(address: &str) -> Result<Self, BaseError> {
        checked(address).map(Self::Server)
    }

    /// An address that secrets may be sent to.
    ///
    /// # Errors
    ///
    /// As of [`Base::gateway`].
    pub(in crate::providers) fn address(address: &str) -> Result<Url, BaseError> {
        checked(address)
    }

    /// What stands for a host that is none of Azure DevOps: a gateway has it as a folder, too.
    pub(in crate::providers) fn folder(&self, host: &str) -> Option<Url> {
        let Self::Gateway(url) = self else {
            return None;
        };
        let mut url = url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(host);
        }
        Some(url)
    }

    /// Whether requests stay on this machine.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Microsoft => false,
            Self::Gateway(url) | Self::Server(url) => is_loopback(url),
        }
    }

    /// The address of a path and query that are written already.
    pub(super) fn written(&self, host: ServiceHost, path: &str) -> Result<Url, BaseError> {
        let address = match self {
            Self::Microsoft => format!("https://{host}{path}"),
            Self::Gateway(url) => {
                let url = url.as_str().trim_end_matches('/');
                format!("{url}/{host}{path}")
            }
            Self::Server(_) => return Err(BaseError::NotOnServer { host }),
        };
        Url::parse(&address).map_err(|_| BaseError::Invalid { address })
    }

    /// The address of what is asked.
    pub(super) fn url(&self, question: &Question<'_>) -> Result<Url, BaseError> {
        let mut url = match self {
            Self::Microsoft => {
                Url::parse(&format!("https://{}/", question.host)).expect("a host makes an address")
            }
            Self::Gateway(url) | Self::Server(url) => url.clone(),
        };
        {
            let mut path = url
                .path_segments_mut()
                .expect("https and http addresses have a path");
            path.pop_if_empty();
            match self {
                Self::Gateway(_) => {
                    path.push(question.host.name());
                }
                Self::Server(_) if question.host != ServiceHost::DevAzure => {
                    let host = question.host;
                    return Err(BaseError::NotOnServer { host });
                }
                _ => {}
            }
            if let Some(name) = question.organization
                && !matches!(self, Self::Server(_))
            {
                if !is_organization(name) {
                    let name = name.to_owned();
                    return Err(BaseError::NotOrganization { name });
                }
                path.push(name);
            }
            path.extend(question.path.split('/'));
        }
        if !question.query.is_empty() {
            url.query_pairs_mut().extend_pairs(question.query);
        }
        Ok(url)
    }
}

fn checked(address: &str) -> Result<Url, BaseError> {
    let url = Url::parse(address).map_err(|_| BaseError::Invalid {
        address: without_user(address),
    })?;
    let has_more = !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some();
    let named = || without_user(address);
    match url.scheme() {
        _ if url.host().is_none() => Err(BaseError::Invalid { address: named() }),
        "https" | "http" if has_more => Err(BaseError::NotBase { address: named() }),
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(BaseError::NotEncrypted { address: named() }),
        _ => Err(BaseError::Invalid { address: named() }),
    }
}

/// What may be shown of an address that was given: a password may stand in it.
fn without_user(address: &str) -> String {
    let start = address.find("://").map_or(0, |at| at + 3);
    let shown = address.find(['?', '#']).unwrap_or(address.len());
    let (scheme, rest) = address[..shown.max(start)].split_at(start);
    let host = rest.rfind('@').map_or(rest, |at| &rest[at + 1..]);
    format!("{scheme}{host}")
}

/// Whether `name` can be the name of an organisation.
pub fn is_organization(name: &str) -> bool {
    let bytes = name.as_bytes();
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let ends = [bytes.first(), bytes.last()];
    bytes.len() <= MAX_ORGANIZATION
        && bytes.iter().all(is_inner)
        && ends
            .into_iter()
            .all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &Base, organization: Option<&str>) -> Result<String, BaseError> {
        let question = Question {
            host: ServiceHost::DevAzure,
            organization,
            path: "_apis/connectionData",
            query: &[("api-version", "7.1-preview.1")],
        };
        base.url(&question).map(Into::into)
    }

    #[test]
    fn addresses_of_each_base() {
        let path = "_apis/connectionData?api-version=7.1-preview.1";
        for (base, expected) in [
            (Base::Microsoft, "https://dev.azure.com/contoso/"),
            (
                Base::gateway("http://127.0.0.1:8080").expect("loopback"),
                "http://127.0.0.1:8080/dev.azure.com/contoso/",
            ),
            (
                Base::gateway("https://gate.example/ado/").expect("https"),
                "https://gate.example/ado/dev.azure.com/contoso/",
            ),
            (
                Base::server("https://host/tfs/Default Collection").expect("https"),
                "https://host/tfs/Default%20Collection/",
            ),
        ] {
            assert_eq!(url(&base, Some("contoso")), Ok(format!("{expected}{path}")));
        }
    }

    #[test]
    fn written_paths_keep_their_host() {
        let written = |base: &Base| {
            let path = "/contoso/_apis/teams?$top=1";
            base.written(ServiceHost::Feeds, path).map(String::from)
        };
        let gateway = Base::gateway("http://127.0.0.1:8080/").expect("loopback");
        for (base, expected) in [
            (Base::Microsoft, "https://feeds.dev.azure.com"),
            (gateway, "http://127.0.0.1:8080/feeds.dev.azure.com"),
        ] {
            let expected = format!("{expected}/contoso/_apis/teams?$top=1");
            assert_eq!(written(&base), Ok(expected));
        }
        let server = Base::server("https://host/tfs/C").expect("https");
        assert!(written(&server).is_err());
    }

    #[test]
    fn no_name_leads_to_another_host_or_path() {
        for name in [
            "",
            "..",
            "a/b",
            "evil.example",
            "a@b",
            "a?b",
            "-a",
            "a-",
            "a b",
            "é",
        ] {
            let name = name.to_owned();
            let expected = Err(BaseError::NotOrganization { name: name.clone() });
            assert_eq!(url(&Base::Microsoft, Some(&name)), expected);
        }
        assert!(is_organization("a") && is_organization(&"a".repeat(50)));
        assert!(!is_organization(&"a".repeat(51)));
    }

    #[test]
    fn tokens_never_travel_in_the_clear() {
        for (address, expected) in [
            (
                "http://gate.example",
                "`http://gate.example` is not https, and only loopback may go without",
            ),
            (
                "http://localhost.example",
                "`http://localhost.example` is not https, and only loopback may go without",
            ),
            ("ftp://127.0.0.1", "`ftp://127.0.0.1` is no address"),
            ("gate.example", "`gate.example` is no address"),
            (
                "https://u:secret@host/",
                "`https://host/` has a user, a query or a fragment",
            ),
            (
                "https://host/?key=secret",
                "`https://host/` has a user, a query or a fragment",
            ),
        ] {
            let error = Base::gateway(address).expect_err("refused");
            assert_eq!(error.to_string(), expected);
        }
        for address in [
            "http://localhost:1",
            "http://127.0.0.2",
            "http://[::1]:9",
            "https://host",
        ] {
            assert!(Base::gateway(address).is_ok(), "{address}");
        }
    }
}
