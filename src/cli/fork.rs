//! Whether this runs in the pull request of a fork, where nothing that is acted on can be trusted.
//!
//! Variables and payloads as the services document them: predefined variables of Azure Pipelines and
//! of GitLab, "Store information in variables" and "Events that trigger workflows" of GitHub Actions,
//! the environment of Jenkins' multibranch builds, and the variables of `AppVeyor`, Bitbucket Pipelines,
//! Buildkite, `CircleCI`, Cirrus CI, Drone, Semaphore, Travis CI and Woodpecker.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::gate::ci::repository_of;

/// The most that is read of an event.
const MAX_EVENT: u64 = 32 << 20;

/// Set in the pull request of a fork, or in any of a service that does not tell which it is; empty,
/// `0` and `false` count as not set.
const TELLING: [&str; 9] = [
    // Azure Pipelines.
    "SYSTEM_PULLREQUEST_ISFORK",
    "BITBUCKET_PR_ID",
    "CHANGE_FORK",
    // CircleCI sets them for forks alone.
    "CIRCLE_PR_USERNAME",
    "CIRCLE_PR_REPONAME",
    "CIRCLE_PR_NUMBER",
    "CIRRUS_PR",
    "DRONE_PULL_REQUEST",
    // Woodpecker.
    "CI_COMMIT_PULL_REQUEST",
];

/// The repository that a change comes from, set in a pull request, and the one that it is for.
const ORIGINS: [[&str; 2]; 5] = [
    ["APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME", "APPVEYOR_REPO_NAME"],
    ["BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO"],
    [
        "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY",
        "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY",
    ],
    ["SEMAPHORE_GIT_PR_SLUG", "SEMAPHORE_GIT_REPO_SLUG"],
    ["TRAVIS_PULL_REQUEST_SLUG", "TRAVIS_REPO_SLUG"],
];

/// What a pull request sets, and what has to be set beside it to tell where that comes from.
const TOLD_BY: [[&str; 2]; 3] = [
    [
        "SYSTEM_PULLREQUEST_PULLREQUESTID",
        "SYSTEM_PULLREQUEST_ISFORK",
    ],
    ["GITHUB_ACTIONS", "GITHUB_EVENT_PATH"],
    [
        "CI_MERGE_REQUEST_PROJECT_ID",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID",
    ],
];

/// What CI services say of where a change comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Whether the environment says that it comes from a fork, or does not say that it does not.
    is_of_fork: bool,
    /// `GITHUB_EVENT_PATH`: a file with the event.
    github: Option<PathBuf>,
}

impl Change {
    /// Reads it out of the environment.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| is_yes(&value));
        let differ = |[source, target]: [&str; 2]| {
            let source = variable(source).filter(|value| is_yes(value));
            source.is_some_and(|source| {
                let target = variable(target);
                target.is_none_or(|target| repository(&source) != repository(&target))
            })
        };
        let is_untold = |[change, origin]: [&str; 2]| is_set(change) && variable(origin).is_none();
        let project = [
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID",
            "CI_MERGE_REQUEST_PROJECT_ID",
        ];
        Self {
            is_of_fork: TELLING.into_iter().any(is_set)
                || ORIGINS.into_iter().any(differ)
                || differ(project)
                || TOLD_BY.into_iter().any(is_untold),
            github: variable("GITHUB_EVENT_PATH").map(PathBuf::from),
        }
    }

    /// Whether it comes from a fork, or may: an event that cannot be read is one.
    pub(super) fn is_of_fork(&self) -> bool {
        self.is_of_fork || self.github.as_deref().is_some_and(is_event_of_fork)
    }
}

fn is_yes(value: &str) -> bool {
    !(value.is_empty() || value == "0" || value.eq_ignore_ascii_case("false"))
}

/// The owner and the name in the address of a repository, or whatever names it.
fn repository(address: &str) -> String {
    repository_of(address).unwrap_or(address).to_lowercase()
}

fn is_event_of_fork(path: &Path) -> bool {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_EVENT).read_to_end(&mut text));
    let event: Option<Value> = read
        .ok()
        .and_then(|_| serde_json::from_slice(&text).ok())
        .filter(Value::is_object);
    let Some(event) = event else {
        return true;
    };
    // A comment on a pull request does not tell where that comes from.
    if event.pointer("/issue/pull_request").is_some() {
        return true;
    }
    let here = event.pointer("/repository/full_name");
    // Where a change comes from; null where that is gone. A workflow may run after one of a fork.
    let origins = [
        ("/pull_request", "/head/repo/full_name"),
        ("/workflow_run", "/head_repository/full_name"),
    ];
    origins.into_iter().any(|(change, origin)| {
        let change = event.pointer(change).filter(|change| !change.is_null());
        change.is_some_and(|change| {
            let origin = change.pointer(origin).filter(|name| name.is_string());
            origin.is_none() || origin != here
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(variables: &[(&str, &str)]) -> Change {
        Change::read(|name| {
            let mut variables = variables.iter();
            let (_, value) = variables.find(|(given, _)| *given == name)?;
            Some((*value).to_owned())
        })
    }

    #[test]
    fn what_variables_say() {
        let source = "CI_MERGE_REQUEST_SOURCE_PROJECT_ID";
        let target = "CI_MERGE_REQUEST_PROJECT_ID";
        for (variables, expected) in [
            (&[][..], false),
            (&[("SYSTEM_PULLREQUEST_ISFORK", "False")], false),
            (&[("SYSTEM_PULLREQUEST_ISFORK", "True")], true),
            (&[("SYSTEM_PULLREQUEST_ISFORK", "?")], true),
            (&[(source, "1"), (target, "1")], false),
            (&[(source, "2"), (target, "1")], true),
            (&[(target, "1")], true),
            (&[("GITHUB_EVENT_PATH", "/no/such/file")], true),
            (&[("GITHUB_ACTIONS", "true")], true),
            (&[("SYSTEM_PULLREQUEST_PULLREQUESTID", "7")], true),
            (&[("CHANGE_FORK", "somebody")], true),
            (&[("CHANGE_ID", "7")], false),
            (&[("CIRCLE_PULL_REQUEST", "a/b/pull/7")], false),
            (&[("CIRCLE_PR_NUMBER", "7")], true),
            (&[("BITBUCKET_PR_ID", "7")], true),
            (&[("CI_COMMIT_PULL_REQUEST", "")], false),
            (&[("CI_COMMIT_PULL_REQUEST", "7")], true),
            (&[("TRAVIS_REPO_SLUG", "a/b")], false),
        ] {
            assert_eq!(change(variables).is_of_fork(), expected, "{variables:?}");
        }
    }

    #[test]
    fn repositories_are_told_apart_however_they_are_named() {
        let [source, target] = ["BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO"];
        let here = "git@github.com:acme/site.git";
        for (origin, expected) in [
            ("", false),
            ("false", false),
            (here, false),
            ("git://github.com/Acme/site.git", false),
            ("https://github.com/acme/site/", false),
            ("https://github.com/mallory/site.git", true),
            ("https://github.com/acme/other.git", true),
        ] {
            let change = change(&[(source, origin), (target, here)]);
            assert_eq!(change.is_of_fork(), expected, "{origin}");
        }
        for [source, target] in ORIGINS {
            assert!(!change(&[(target, "a/b")]).is_of_fork(), "{target}");
            assert!(!change(&[(source, "a/b"), (target, "a/b")]).is_of_fork());
            assert!(change(&[(source, "c/b"), (target, "a/b")]).is_of_fork());
            assert!(change(&[(source, "c/b")]).is_of_fork(), "{source}");
        }
    }

    #[test]
    fn what_events_say() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event.json");
        for (event, expected) in [
            (r#"{"repository":{"full_name":"a/b"}}"#, false),
            (
                r#"{"repository":{"full_name":"a/b"},"pull_request":{"head":{"repo":{"full_name":"a/b"}}}}"#,
                false,
            ),
            (
                r#"{"repository":{"full_name":"a/b"},"pull_request":{"head":{"repo":{"full_name":"c/b"}}}}"#,
                true,
            ),
            (
                r#"{"repository":{"full_name":"a/b"},"pull_request":{"head":{"repo":null}}}"#,
                true,
            ),
            (
                r#"{"repository":{"full_name":"a/b"},"workflow_run":{"head_repository":{"full_name":"c/b"}}}"#,
                true,
            ),
            (r#"{"pull_request":{"head":{"repo":{}}}}"#, true),
            (
                r#"{"repository":{"full_name":"a/b"},"issue":{"pull_request":{"url":"u"}}}"#,
                true,
            ),
            ("[]", true),
            ("{", true),
        ] {
            std::fs::write(&path, event).unwrap();
            let path = path.to_str().unwrap();
            let change = change(&[("GITHUB_EVENT_PATH", path)]);
            assert_eq!(change.is_of_fork(), expected, "{event}");
        }
    }
}
