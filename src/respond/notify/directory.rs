//! Whose a leaked token is, and where mail reaches them: only the service is believed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::notice::Notice;
use crate::providers::azure_devops::{AzureDevOps, ListedPat};
use crate::providers::entra::{Credentials, Grant};
use crate::providers::http::REQUEST_TIMEOUT;
use crate::providers::notify::Mailbox;
use crate::respond::listing::Lister;

/// How long a list may take.
const LIST_TIMEOUT: Duration = Duration::from_secs(120);

/// Asks the service about people.
pub struct Directory<'d> {
    /// The service.
    pub service: &'d AzureDevOps,
    /// As whom, by organisation.
    pub credentials: &'d dyn Fn(&str) -> Option<Arc<Credentials>>,
    /// Whether the operator has had enough.
    pub stop: &'d AtomicBool,
}

/// Why nobody can be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unknown(pub(super) String);

/// How a token stands in the list of whom it is said to belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is there, and works.
    Works {
        /// Whose list that is.
        owner: String,
    },
    /// It is there, and is revoked.
    Ended {
        /// Whose list that is.
        owner: String,
    },
    /// That list was read, and does not tell it.
    Missing,
    /// Nothing proves whose it is.
    Unproven(Unknown),
}

/// Addresses and lists that were asked for, each once a run.
#[derive(Debug, Default)]
pub(super) struct Asked {
    addresses: BTreeMap<(String, String), Result<Mailbox, Unknown>>,
    lists: BTreeMap<(String, String), Result<Vec<ListedPat>, Unknown>>,
}

impl Asked {
    /// Where mail reaches the owner with this subject descriptor.
    pub(super) fn address(
        &mut self,
        directory: &Directory<'_>,
        organization: &str,
        owner: &str,
    ) -> Result<Mailbox, Unknown> {
        let key = (organization.to_owned(), owner.to_owned());
        let address = self.addresses.entry(key);
        let found = address.or_insert_with(|| directory.address(organization, owner));
        found.clone()
    }

    /// How the token of `notice` stands now. Only a list that tells its C3ID proves anything, for a
    /// plan is a file that anybody may have written.
    pub(super) fn standing(&mut self, directory: &Directory<'_>, notice: &Notice) -> Standing {
        let (Some(organization), Some(owner)) = (&notice.organization, &notice.owner) else {
            return Standing::Unproven(Unknown("nobody knows whose it is".to_owned()));
        };
        let key = (organization.clone(), owner.clone());
        let list = self.lists.entry(key);
        let list = list.or_insert_with(|| directory.list(organization, owner));
        let pats = match list {
            Ok(pats) => pats,
            Err(why) => return Standing::Unproven(why.clone()),
        };
        let is_it = |pat: &&ListedPat| pat.c3id.as_deref() == Some(&notice.c3id);
        match pats.iter().find(is_it) {
            Some(pat) if pat.is_valid == Some(false) => Standing::Ended {
                owner: owner.clone(),
            },
            Some(_) => Standing::Works {
                owner: owner.clone(),
            },
            None if pats.iter().any(|pat| pat.c3id.is_none()) => {
                let why = "its owner's list does not tell the C3ID of every token";
                Standing::Unproven(Unknown(why.to_owned()))
            }
            None => Standing::Missing,
        }
    }
}

impl Directory<'_> {
    fn address(&self, organization: &str, owner: &str) -> Result<Mailbox, Unknown> {
        let grant = self.grant(organization)?;
        let told =
            self.service
                .mail_address(organization, owner, grant.credential(), REQUEST_TIMEOUT);
        match told.outcome {
            Ok(Some(address)) => address
                .parse()
                .map_err(|_| Unknown("its owner's address is none for mail".to_owned())),
            Ok(None) => Err(Unknown("its owner has no address".to_owned())),
            Err(_) => Err(Unknown(format!(
                "its owner's address cannot be read: {}",
                told.evidence.in_words()
            ))),
        }
    }

    fn list(&self, organization: &str, owner: &str) -> Result<Vec<ListedPat>, Unknown> {
        let grant = self.grant(organization)?;
        let lister = Lister {
            service: self.service,
            deadline: Instant::now() + LIST_TIMEOUT,
            stop: self.stop,
        };
        let list = lister.pats(organization, owner, &grant);
        list.map(|list| list.pats)
            .map_err(|why| Unknown(format!("its owner's list cannot be read: {why}")))
    }

    fn grant(&self, organization: &str) -> Result<Grant, Unknown> {
        let credentials = (self.credentials)(organization)
            .ok_or_else(|| Unknown(format!("there is no administrator for {organization}")))?;
        let granted = credentials.grant(REQUEST_TIMEOUT);
        granted.map_err(|error| Unknown(error.to_string()))
    }
}
