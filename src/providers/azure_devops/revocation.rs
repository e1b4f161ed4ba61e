//! The end of tokens, as an administrator orders it.

use std::time::Duration;

use serde_json::{Value, json};

use super::administration::Told;
use super::{AzureDevOps, Question, ServiceHost};
use crate::providers::entra::Grant;

impl AzureDevOps {
    /// Revokes the tokens of an organisation that are registered under these authorization ids.
    /// The service takes this back no more, and may need an hour until it shows.
    pub fn revoke(
        &self,
        organization: &str,
        authorization_ids: &[&str],
        grant: &Grant,
        timeout: Duration,
    ) -> Told<()> {
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(organization),
            path: "_apis/tokenadmin/revocations",
            query: &[("isPublic", "false"), ("api-version", "7.1")],
        };
        let ids = authorization_ids.iter();
        let body: Value = ids.map(|id| json!({ "authorizationId": id })).collect();
        self.post(&question, grant, &body, timeout)
    }
}
