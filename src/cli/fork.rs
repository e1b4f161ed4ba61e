//! Whether this runs in the pull request of a fork, where nothing that is acted on can be trusted.
//!
//! Variables and payloads as Microsoft, GitHub and GitLab document them: predefined variables of
//! Azure Pipelines, "Store information in variables" and "Events that trigger workflows" of GitHub
//! Actions, predefined CI/CD variables of GitLab, and the environment of Jenkins' multibranch builds.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The most that is read of an event.
const MAX_EVENT: u64 = 32 << 20;

/// What CI services say of where a change comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// `SYSTEM_PULLREQUEST_ISFORK`.
    azure: Option<String>,
    /// `GITHUB_EVENT_PATH`: a file with the event.
    github: Option<PathBuf>,
    /// `CHANGE_FORK` of Jenkins: the fork.
    jenkins: Option<String>,
    /// `CI_MERGE_REQUEST_SOURCE_PROJECT_ID` and `CI_MERGE_REQUEST_PROJECT_ID`.
    gitlab: (Option<String>, Option<String>),
}

impl Change {
    /// Reads it out of the environment.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            azure: variable("SYSTEM_PULLREQUEST_ISFORK"),
            github: variable("GITHUB_EVENT_PATH").map(PathBuf::from),
            jenkins: variable("CHANGE_FORK"),
            gitlab: (
                variable("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"),
                variable("CI_MERGE_REQUEST_PROJECT_ID"),
            ),
        }
    }

    /// Whether it comes from a fork, or may: an event that cannot be read is one.
    pub(super) fn is_of_fork(&self) -> bool {
        let azure = self.azure.as_deref();
        let azure = azure.is_some_and(|is| !is.eq_ignore_ascii_case("false"));
        let github = self.github.as_deref().is_some_and(is_event_of_fork);
        let gitlab = match &self.gitlab {
            (None, None) => false,
            (source, target) => source != target,
        };
        azure || github || gitlab || self.jenkins.is_some()
    }
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
            (&[("CHANGE_FORK", "somebody")], true),
        ] {
            assert_eq!(change(variables).is_of_fork(), expected, "{variables:?}");
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
