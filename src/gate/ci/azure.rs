//! What a run of Azure Pipelines is about.
//!
//! <https://learn.microsoft.com/azure/devops/pipelines/build/variables>: `Build.SourceBranch` and
//! `Build.SourceVersion`, of a pull request `refs/pull/N/merge` and the commit that merges it;
//! `System.PullRequest.TargetBranch`, `refs/heads/main` in Azure Repos and `main` where the
//! repository is on GitHub. No base commit is documented: it is the merge's first parent. Neither is
//! the tip before a push, nor the default branch.

use super::service::{Service, Variables};
use super::{Cause, CiError, Request, Run, branch_of, object};

const SERVICE: Service = Service::AzurePipelines;

pub(super) fn run(variables: &Variables) -> Result<Run, CiError> {
    let reference = variables.need(SERVICE, "BUILD_SOURCEBRANCH")?;
    let version = variables.need(SERVICE, "BUILD_SOURCEVERSION")?;
    let is_request = variables.get("BUILD_REASON") == Some("PullRequest");
    let cause = if is_request || reference.starts_with("refs/pull/") {
        let target = variables.need(SERVICE, "SYSTEM_PULLREQUEST_TARGETBRANCH")?;
        let head = variables.get("SYSTEM_PULLREQUEST_SOURCECOMMITID");
        Cause::Request(Request {
            target: branch_of(target).unwrap_or(target).to_owned(),
            merge: Some(version.to_owned()),
            head: head.and_then(object),
            ..Request::default()
        })
    } else if let Some(name) = reference.strip_prefix("refs/tags/") {
        Cause::Tag {
            name: name.to_owned(),
            tip: version.to_owned(),
        }
    } else {
        Cause::Look {
            branch: branch_of(reference).map(str::to_owned),
            tip: version.to_owned(),
        }
    };
    Ok(Run {
        service: SERVICE,
        cause,
        default: None,
    })
}
