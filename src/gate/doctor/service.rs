//! The environment of a pull request, as each CI service documents it; `gate::ci` names the sources.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::super::ci::Service;
use super::DoctorError;
use super::copy::{TARGET, refused};

/// A pull request of the copy.
pub(super) struct Request {
    /// The tip of the branch that it is for.
    pub(super) base: String,
    /// Its last commit.
    pub(super) head: String,
    /// The commit that merges the two.
    pub(super) merge: String,
}

impl Request {
    /// What `service` checks out.
    pub(super) fn checked_out(&self, service: Service) -> &str {
        match service {
            Service::AzurePipelines | Service::GithubActions => &self.merge,
            Service::Gitlab => &self.head,
        }
    }

    /// The variables that `service` sets. Files that they name go to `folder`.
    pub(super) fn variables(
        &self,
        service: Service,
        folder: &Path,
    ) -> Result<Vec<(&'static str, OsString)>, DoctorError> {
        let target = format!("refs/heads/{TARGET}");
        let set = |pairs: &[(&'static str, &str)]| {
            pairs
                .iter()
                .map(|&(name, value)| (name, value.into()))
                .collect()
        };
        Ok(match service {
            Service::AzurePipelines => set(&[
                ("TF_BUILD", "True"),
                ("BUILD_REASON", "PullRequest"),
                ("BUILD_SOURCEBRANCH", "refs/pull/1/merge"),
                ("BUILD_SOURCEVERSION", &self.merge),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", &target),
                (
                    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
                    "refs/heads/patsweep-doctor",
                ),
                ("SYSTEM_PULLREQUEST_SOURCECOMMITID", &self.head),
                ("SYSTEM_PULLREQUEST_ISFORK", "False"),
            ]),
            Service::GithubActions => {
                let path = folder.join("event.json");
                let event = json!({
                    "action": "opened",
                    "pull_request": {
                        "base": {"ref": TARGET, "sha": self.base},
                        "head": {"ref": "patsweep-doctor", "sha": self.head},
                    },
                    "repository": {"default_branch": TARGET},
                });
                fs::write(&path, event.to_string()).map_err(refused("write", &path))?;
                let mut variables: Vec<(&'static str, OsString)> = set(&[
                    ("GITHUB_ACTIONS", "true"),
                    ("CI", "true"),
                    ("GITHUB_EVENT_NAME", "pull_request"),
                    ("GITHUB_REF", "refs/pull/1/merge"),
                    ("GITHUB_SHA", &self.merge),
                    ("GITHUB_BASE_REF", TARGET),
                    ("GITHUB_HEAD_REF", "patsweep-doctor"),
                ]);
                variables.push(("GITHUB_EVENT_PATH", path.into()));
                variables.push(("GITHUB_STEP_SUMMARY", folder.join("summary.md").into()));
                variables
            }
            Service::Gitlab => set(&[
                ("GITLAB_CI", "true"),
                ("CI", "true"),
                ("CI_PIPELINE_SOURCE", "merge_request_event"),
                ("CI_COMMIT_SHA", &self.head),
                (
                    "CI_COMMIT_BEFORE_SHA",
                    "0000000000000000000000000000000000000000",
                ),
                ("CI_DEFAULT_BRANCH", TARGET),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", TARGET),
                ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "patsweep-doctor"),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &self.base),
            ]),
        })
    }
}
