//! The administrator who acts: who it is at each organisation, and what the tenant's policy is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::administrator::{self, Credential};
use super::args::{Project, Reach};
use super::ask;
use super::config::ConfigFile;
use super::environment::Environment;
use super::exit::Failure;
use crate::model::{FindingId, Owner};
use crate::policy::{TenantPolicy, Visibility};
use crate::providers::azure_devops::{AzureDevOps, Base};
use crate::providers::entra::Credentials;
use crate::providers::http::Http;
use crate::respond::tenant::{self, Tenant};
use crate::verify::{Access, access_to};

/// Why nobody can act.
#[derive(Debug, thiserror::Error)]
enum DeskError {
    #[error("Azure DevOps Server has no list of all tokens, and no way to revoke them for others")]
    Server,
    #[error("this needs an administrator")]
    Nobody,
    #[error("the administrator's credential is itself among the leaks, as {id}")]
    Leaked { id: FindingId },
    #[error("cannot tell who can read the project {organization}/{name}: {why}")]
    Project {
        organization: String,
        name: String,
        why: String,
    },
}

/// Whom requests go to, and as whom.
pub(super) struct Desk {
    /// The service.
    pub(super) service: AzureDevOps,
    access: Vec<Access>,
    /// The organisations of `--org`, in lower case.
    named: Vec<String>,
}

/// One organisation, as the administrator sees it.
pub(super) struct Site {
    /// Whom it takes the administrator for.
    pub(super) acting: Option<Owner>,
    /// What its tenant's policy on leaked tokens is.
    pub(super) tenant: Tenant,
}

impl Desk {
    /// As the flags, the configuration and the environment say; nobody has signed in yet.
    ///
    /// # Errors
    ///
    /// If they name no administrator, or none that can be used.
    pub(super) fn open(
        reach: &Reach<'_>,
        file: &ConfigFile,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let desk = Self::open_for_anybody(reach, file, environment)?;
        if desk.access.is_empty() {
            let hint = "name one with --auth, or write [[credentials]] into the configuration";
            return Err(Failure::new(&DeskError::Nobody, Some(hint.to_owned())));
        }
        Ok(desk)
    }

    /// The same, also where they name no administrator.
    pub(super) fn open_for_anybody(
        reach: &Reach<'_>,
        file: &ConfigFile,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        ask::check_organizations(reach.organizations)?;
        let base = ask::base(reach.server, reach.gateway, environment)?;
        if let Base::Server(_) = base {
            return Err(Failure::new(&DeskError::Server, None));
        }
        let options = ask::http(&base, reach.ca_file)?;
        let credentials = administrator::credentials(reach.administrator, file, environment)?;
        let authority = environment.authority_host.as_deref();
        let ready = |one: &Credential| administrator::ready(one, (&options, &base), authority);
        let http = Http::new(&options).map_err(|error| Failure::new(&error, None))?;
        Ok(Self {
            access: credentials.iter().map(ready).collect::<Result<_, _>>()?,
            service: AzureDevOps::new(http, base),
            named: reach
                .organizations
                .iter()
                .map(|name| name.to_ascii_lowercase())
                .collect(),
        })
    }

    /// As whom to act at `organization`: a credential goes only where the operator says, and not
    /// where a report or a plan says.
    pub(super) fn credentials(&self, organization: &str) -> Option<Arc<Credentials>> {
        let is_named = self.named.iter().any(|name| name == organization);
        let one = access_to(&self.access, organization, is_named)?;
        Some(one.credentials.clone())
    }

    /// Refuses a credential that has leaked itself.
    pub(super) fn refuse_leaked(&self, leaks: &[&str]) -> Result<(), Failure> {
        for one in &self.access {
            let Some(id) = one.credentials.id() else {
                continue;
            };
            if leaks.contains(&id.as_str()) {
                let hint = "revoke it first, with another; nothing was done".to_owned();
                return Err(Failure::new(&DeskError::Leaked { id }, Some(hint)));
            }
        }
        Ok(())
    }

    /// Asks an organisation who the administrator is, and what its tenant's policy is.
    pub(super) fn site(&self, organization: &str, timeout: Duration) -> Result<Site, Failure> {
        let unreadable = |message: &str| Tenant {
            policy: TenantPolicy::Unreadable,
            message: Some(message.to_owned()),
        };
        let Some(credentials) = self.credentials(organization) else {
            return Ok(Site {
                acting: None,
                tenant: unreadable("there is no administrator for it"),
            });
        };
        let grant = credentials
            .grant(timeout)
            .map_err(|error| Failure::new(&error, error.hint()))?;
        let who = self
            .service
            .who_am_i(organization, grant.credential(), timeout);
        let acting = who.outcome.ok();
        let is_known = acting.is_some();
        Ok(Site {
            acting,
            tenant: tenant::read(&self.service, organization, &grant, is_known, timeout),
        })
    }

    /// Who can read `project`, as far as its organisation says.
    pub(super) fn visibility(
        &self,
        project: &Project,
        timeout: Duration,
    ) -> Result<Visibility, Failure> {
        let organization = &project.organization;
        let failure = |why: String| {
            let (organization, name) = (organization.clone(), project.name.clone());
            let error = DeskError::Project {
                organization,
                name,
                why,
            };
            Failure::new(&error, None)
        };
        let Some(credentials) = self.credentials(organization) else {
            return Err(failure("there is no administrator for it".to_owned()));
        };
        let grant = credentials
            .grant(timeout)
            .map_err(|error| Failure::new(&error, error.hint()))?;
        let told = self
            .service
            .is_public(organization, &project.name, grant.credential(), timeout);
        match told.outcome {
            Ok(true) => Ok(Visibility::Public),
            Ok(false) => Ok(Visibility::Private),
            Err(_) => Err(failure(told.evidence.in_words())),
        }
    }

    /// [`Desk::site`] of all of these.
    pub(super) fn sites<'o>(
        &self,
        organizations: impl Iterator<Item = &'o str>,
        timeout: Duration,
    ) -> Result<BTreeMap<String, Site>, Failure> {
        let mut sites = BTreeMap::new();
        for organization in organizations {
            if !sites.contains_key(organization) {
                sites.insert(organization.to_owned(), self.site(organization, timeout)?);
            }
        }
        Ok(sites)
    }
}
