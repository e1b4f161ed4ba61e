//! Which service runs this, and the variables that it documents.

use std::collections::BTreeMap;

use super::{CiError, Run, azure, github, gitlab};

/// A CI service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Azure Pipelines.
    AzurePipelines,
    /// GitHub Actions.
    GithubActions,
    /// GitLab CI.
    Gitlab,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AzurePipelines, Self::GithubActions, Self::Gitlab];

    /// As it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::AzurePipelines => "Azure Pipelines",
            Self::GithubActions => "GitHub Actions",
            Self::Gitlab => "GitLab CI",
        }
    }

    /// The variable that tells that it runs this.
    pub fn marker(self) -> &'static str {
        match self {
            Self::AzurePipelines => "TF_BUILD",
            Self::GithubActions => "GITHUB_ACTIONS",
            Self::Gitlab => "GITLAB_CI",
        }
    }

    /// What makes it check out all of history, and all branches.
    pub fn depth_setting(self) -> &'static str {
        match self {
            Self::AzurePipelines => "set `fetchDepth: 0` in the `checkout: self` step",
            Self::GithubActions => "set `fetch-depth: 0` under `with:` of actions/checkout",
            Self::Gitlab => "set `GIT_DEPTH: 0` under `variables:` of the job",
        }
    }
}

/// Every variable that is read, of all services.
const NAMES: [&str; 28] = [
    "TF_BUILD",
    "BUILD_REASON",
    "BUILD_SOURCEBRANCH",
    "BUILD_SOURCEVERSION",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "SYSTEM_PULLREQUEST_SOURCECOMMITID",
    "AGENT_TEMPDIRECTORY",
    "GITHUB_ACTIONS",
    "GITHUB_EVENT_NAME",
    "GITHUB_EVENT_PATH",
    "GITHUB_REF",
    "GITHUB_SHA",
    "GITHUB_STEP_SUMMARY",
    "GITLAB_CI",
    "CI_PIPELINE_SOURCE",
    "CI_COMMIT_SHA",
    "CI_COMMIT_BEFORE_SHA",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_TAG",
    "CI_DEFAULT_BRANCH",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
    "CI_MERGE_REQUEST_PROJECT_ID",
    "CI_PROJECT_ID",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA",
    "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
    "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA",
];

/// The variables of the environment that services document; those that are empty are not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<&'static str, String>);

impl Variables {
    /// Reads them with `variable`, which answers with the value of one.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name| Some((name, variable(name).filter(|value| !value.is_empty())?));
        Self(NAMES.into_iter().filter_map(read).collect())
    }

    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(NAMES.contains(&name), "{name} is not read");
        self.0.get(name).map(String::as_str)
    }

    /// The service that runs this; `None` if none of them does.
    ///
    /// # Errors
    ///
    /// That two say that they do.
    pub fn service(&self) -> Result<Option<Service>, CiError> {
        // Each documents its own as `true`, Azure Pipelines as `True`.
        let is_true = |name| {
            let value = self.get(name);
            value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        let mut services = Service::ALL.into_iter().filter(|it| is_true(it.marker()));
        match (services.next(), services.next()) {
            (Some(first), Some(second)) => Err(CiError::Ambiguous(first, second)),
            (service, _) => Ok(service),
        }
    }

    /// What the run of `service` is about.
    ///
    /// # Errors
    ///
    /// Which variable is missing, or what is wrong with the event.
    pub fn run(&self, service: Service) -> Result<Run, CiError> {
        match service {
            Service::AzurePipelines => azure::run(self),
            Service::GithubActions => github::run(self),
            Service::Gitlab => gitlab::run(self),
        }
    }

    /// The value of a variable without which nothing can be told.
    pub(super) fn need(&self, service: Service, name: &'static str) -> Result<&str, CiError> {
        self.get(name).ok_or(CiError::Missing {
            service,
            variable: name,
        })
    }
}
