//! What a run of GitLab CI is about.
//!
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>: `CI_COMMIT_BEFORE_SHA` is all zeros
//! for the first pipeline of a branch, in merge requests, schedules and manual runs;
//! `CI_MERGE_REQUEST_TARGET_BRANCH_SHA` is set only where the result of the merge is looked at.
//! `CI_MERGE_REQUEST_DIFF_BASE_SHA` stays as it is when a merge request is given another target
//! (<https://gitlab.com/gitlab-org/gitlab/-/issues/442031>), so that it may be of a branch that
//! whoever made the request wrote alone. The request of a fork runs in the fork, where `CI_PROJECT_ID` is
//! not `CI_MERGE_REQUEST_PROJECT_ID`.

use super::service::{Service, Variables};
use super::{Cause, CiError, Push, Request, Run, object};

const SERVICE: Service = Service::Gitlab;

pub(super) fn run(variables: &Variables) -> Result<Run, CiError> {
    let tip = variables.need(SERVICE, "CI_COMMIT_SHA")?.to_owned();
    let get = |name| variables.get(name);
    let source = get("CI_PIPELINE_SOURCE");
    let commit = |name| get(name).and_then(object);
    let cause = match source {
        Some("merge_request_event") => Cause::Request(Request {
            target: variables
                .need(SERVICE, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")?
                .to_owned(),
            merge: commit("CI_MERGE_REQUEST_TARGET_BRANCH_SHA").map(|_| tip.clone()),
            head: Some(commit("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").unwrap_or(tip)),
            bases: commit("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")
                .into_iter()
                .collect(),
            parted: commit("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
            fork: None,
            // Its branches are for whoever made the request to write.
            is_elsewhere: match (get("CI_MERGE_REQUEST_PROJECT_ID"), get("CI_PROJECT_ID")) {
                (Some(target), Some(here)) => target != here,
                _ => false,
            },
        }),
        Some("external_pull_request_event") => Cause::Request(Request {
            target: variables
                .need(SERVICE, "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME")?
                .to_owned(),
            head: Some(tip),
            bases: commit("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA")
                .into_iter()
                .collect(),
            ..Request::default()
        }),
        _ => match (get("CI_COMMIT_TAG"), get("CI_COMMIT_BRANCH"), source) {
            (Some(name), ..) => Cause::Tag {
                name: name.to_owned(),
                tip,
            },
            (None, Some(branch), Some("push")) => Cause::Push(Push {
                branch: branch.to_owned(),
                tip,
                before: commit("CI_COMMIT_BEFORE_SHA"),
                forced: false,
            }),
            (None, branch, _) => Cause::Look {
                branch: branch.map(str::to_owned),
                tip,
            },
        },
    };
    Ok(Run {
        service: SERVICE,
        cause,
        default: get("CI_DEFAULT_BRANCH").map(str::to_owned),
    })
}
