//! Azure DevOps: where it is, what is asked, and what its answers mean.
//!
//! | file | what |
//! |---|---|
//! | `administration` | what an administrator asks, and how a refusal of that reads |
//! | `audit` | the audit log |
//! | `graph` | who is in an organisation |
//! | `inventory` | the tokens of a person, as an administrator sees them |
//! | `own` | the tokens of a person, as their owner sees them |
//! | `policies` | the policies of a tenant and of an organisation |
//! | `projects` | who can read a project |
//! | `revocation` | the end of tokens |
//! | `hosts` | the hosts of the service, of a gateway before it, of a server on premises |
//! | `reading` | what an answer says about the token that was presented |
//! | `wire` | the JSON that is read |

mod administration;
mod audit;
mod graph;
mod hosts;
mod inventory;
mod own;
mod policies;
mod projects;
mod reading;
mod revocation;
mod wire;

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};

use super::Scrubber;
use super::http::{Answer, Body, Credential, Fault, Http, Request};
use crate::model::{Method, Owner, Secret, ServiceEvidence};

pub use administration::{Refusal, Told};
pub use audit::{AuditEntry, AuditQuestion, Category};
pub use graph::{Page, User};
pub use hosts::{Base, BaseError, ServiceHost, is_organization};
pub use inventory::{ListQuestion, ListVersion, ListedPat, PAGE_SIZE};
pub use own::{OwnEnd, OwnFilter, OwnQuestion};
pub use policies::{OrganizationPolicyName, Setting, TenantPolicyName};
pub use reading::{Identity, Pause, Reading, Verdict};

/// Ends the redirect to the sign-in page: a refusal is then a 401 that says why.
const SUPPRESS: HeaderName = HeaderName::from_static("x-tfs-fedauthredirect");

/// The service, or what stands for it.
#[derive(Clone, Debug)]
pub struct AzureDevOps {
    http: Http,
    base: Base,
}

/// What is asked of the service.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Which host.
    pub host: ServiceHost,
    /// Which organisation, if the host serves several.
    pub organization: Option<&'a str>,
    /// The path behind it, such as `_apis/connectionData`.
    pub path: &'a str,
    /// The query.
    pub query: &'a [(&'a str, &'a str)],
}

/// An answer, or why there is none, and what was asked.
#[derive(Debug)]
pub struct Asked {
    /// What was asked, without the query.
    pub endpoint: String,
    /// What came of it.
    pub outcome: Result<Answer, Fault>,
}

impl AzureDevOps {
    /// The service behind `base`.
    pub fn new(http: Http, base: Base) -> Self {
        Self { http, base }
    }

    /// Where it is.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// Asks with a `GET`.
    pub fn get(
        &self,
        question: &Question<'_>,
        credential: Option<Credential<'_>>,
        timeout: Duration,
    ) -> Asked {
        self.send_to(question, credential, Body::None, timeout)
    }

    /// Sends `body` there.
    fn send_to(
        &self,
        question: &Question<'_>,
        credential: Option<Credential<'_>>,
        body: Body<'_>,
        timeout: Duration,
    ) -> Asked {
        match self.base.url(question) {
            Ok(url) => self.send(url, credential, body, timeout),
            Err(error) => Asked {
                endpoint: question.path.to_owned(),
                outcome: Err(Fault::new(error.to_string())),
            },
        }
    }

    /// Asks with a `GET` for a path with its query, both as they are written in an address.
    pub fn get_path(
        &self,
        host: ServiceHost,
        path: &str,
        credential: Option<Credential<'_>>,
        timeout: Duration,
    ) -> Asked {
        match self.base.written(host, path) {
            Ok(url) => self.send(url, credential, Body::None, timeout),
            Err(error) => Asked {
                endpoint: path.to_owned(),
                outcome: Err(Fault::new(error.to_string())),
            },
        }
    }

    fn send(
        &self,
        url: Url,
        credential: Option<Credential<'_>>,
        body: Body<'_>,
        timeout: Duration,
    ) -> Asked {
        let mut endpoint = url.clone();
        endpoint.set_query(None);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(SUPPRESS, HeaderValue::from_static("Suppress"));
        let outcome = self.http.send(Request {
            url,
            credential,
            headers,
            body,
            timeout,
        });
        Asked {
            endpoint: endpoint.into(),
            outcome,
        }
    }

    /// Asks an organisation who `token` is.
    pub fn connection_data(
        &self,
        token: &Secret,
        organization: &str,
        timeout: Duration,
    ) -> Reading {
        let asked = self.get(
            &Question {
                host: ServiceHost::DevAzure,
                organization: Some(organization),
                path: "_apis/connectionData",
                query: &[("api-version", "7.1-preview.1")],
            },
            Some(Credential::Pat(token)),
            timeout,
        );
        reading::read(&asked, Method::ConnectionData, &Scrubber::new(Some(token)))
    }

    /// Asks who `token` is where no organisation is known.
    pub fn profile(&self, token: &Secret, timeout: Duration) -> Reading {
        let asked = self.get(
            &Question {
                host: ServiceHost::AppVssps,
                organization: None,
                path: "_apis/profile/profiles/me",
                query: &[("api-version", "7.1-preview.3")],
            },
            Some(Credential::Pat(token)),
            timeout,
        );
        reading::read(&asked, Method::Profile, &Scrubber::new(Some(token)))
    }
}

impl Asked {
    /// Whom the answer names in a header; `None` where it names nobody at all.
    pub fn identity(&self) -> Option<Identity> {
        reading::identity(self.outcome.as_ref().ok()?)
    }

    /// How long to ask nothing else as the same identity.
    pub fn pause(&self) -> Option<Duration> {
        let answer = self.outcome.as_ref().ok()?;
        reading::pause(answer, answer.status == 429).map(|Pause(pause)| pause)
    }

    /// What there is to show for it.
    pub fn evidence(&self, scrubber: &Scrubber) -> ServiceEvidence {
        reading::evidence(self, scrubber)
    }
}

/// Whose an identity is, of an answer that names one.
fn owner_of(data: &wire::Identity) -> Owner {
    Owner {
        id: data.id.clone(),
        descriptor: data.subject_descriptor.clone(),
        name: data
            .custom_display_name
            .clone()
            .or_else(|| data.provider_display_name.clone()),
        account: data.account(),
    }
}
