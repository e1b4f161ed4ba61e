//! Who can read a project.

use std::time::Duration;

use super::administration::{Told, json};
use super::{AzureDevOps, Question, ServiceHost, wire};
use crate::providers::http::Credential;

impl AzureDevOps {
    /// Asks whether everybody can read `project`, which is a name without a slash, or an id.
    pub fn is_public(
        &self,
        organization: &str,
        project: &str,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<bool> {
        let path = format!("_apis/projects/{project}");
        let question = Question {
            host: ServiceHost::DevAzure,
            organization: Some(organization),
            path: &path,
            query: &[("api-version", "7.1")],
        };
        self.ask(&question, credential, timeout, |answer, _| {
            let project: wire::Project = json(answer)?;
            Some(project.visibility? == "public")
        })
    }
}
