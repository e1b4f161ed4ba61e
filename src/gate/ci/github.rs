//! What a run of GitHub Actions is about.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/variables> for the variables,
//! <https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows> for what
//! `GITHUB_SHA` and `GITHUB_REF` are, and <https://docs.github.com/webhooks/webhook-events-and-payloads>
//! for the event: `before`, `after`, `forced` and `deleted` of a push, `pull_request.base` and
//! `.head`, `merge_group.base_sha`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::service::{Service, Variables};
use super::{Cause, CiError, Push, Request, Run, branch_of, object};

const SERVICE: Service = Service::GithubActions;

/// The most that is read of an event: GitHub sends no larger ones.
const MAX_EVENT: u64 = 32 << 20;

pub(super) fn run(variables: &Variables) -> Result<Run, CiError> {
    let name = variables.need(SERVICE, "GITHUB_EVENT_NAME")?;
    let event = variables.need(SERVICE, "GITHUB_EVENT_PATH");
    let event = event.and_then(|path| Event::read(Path::new(path)));
    let default = event.as_ref().ok().and_then(Event::default_branch);
    let cause = match name {
        // Its commit merges the request with its target.
        "pull_request" => Cause::Request(Request {
            merge: Some(variables.need(SERVICE, "GITHUB_SHA")?.to_owned()),
            ..event?.request()?
        }),
        // Its commit is the target's; what is checked out is for whoever wrote the workflow to say.
        "pull_request_target" | "pull_request_review" | "pull_request_review_comment" => {
            Cause::Request(event?.request()?)
        }
        "merge_group" => Cause::Request(event?.merge_group()?),
        "push" => event?.push()?,
        _ => look(variables)?,
    };
    // A schedule runs on the default branch, whether or not its event names that.
    let scheduled = match &cause {
        Cause::Look { branch, .. } if name == "schedule" => branch.clone(),
        _ => None,
    };
    Ok(Run {
        service: SERVICE,
        cause,
        default: default.or(scheduled),
    })
}

fn look(variables: &Variables) -> Result<Cause, CiError> {
    let reference = variables.need(SERVICE, "GITHUB_REF")?;
    let tip = variables.need(SERVICE, "GITHUB_SHA")?.to_owned();
    Ok(match reference.strip_prefix("refs/tags/") {
        Some(name) => Cause::Tag {
            name: name.to_owned(),
            tip,
        },
        None => Cause::Look {
            branch: branch_of(reference).map(str::to_owned),
            tip,
        },
    })
}

/// The file that describes what happened.
struct Event {
    path: PathBuf,
    value: Value,
}

impl Event {
    fn read(path: &Path) -> Result<Self, CiError> {
        let path = path.to_path_buf();
        let mut text = Vec::new();
        let file = File::open(&path);
        if let Err(source) = file.and_then(|file| file.take(MAX_EVENT).read_to_end(&mut text)) {
            return Err(CiError::Unread { path, source });
        }
        match serde_json::from_slice(&text) {
            Ok(value) => Ok(Self { path, value }),
            Err(error) => Err(CiError::Event {
                path,
                what: format!("it is no JSON: {error}"),
            }),
        }
    }

    fn text(&self, pointer: &str) -> Result<String, CiError> {
        let found = self.value.pointer(pointer).and_then(Value::as_str);
        found.map(str::to_owned).ok_or_else(|| CiError::Event {
            path: self.path.clone(),
            what: format!("there is no text at {pointer}"),
        })
    }

    fn is_set(&self, pointer: &str) -> bool {
        self.value.pointer(pointer) == Some(&Value::Bool(true))
    }

    fn default_branch(&self) -> Option<String> {
        self.text("/repository/default_branch").ok()
    }

    fn request(&self) -> Result<Request, CiError> {
        let name = |side| {
            self.text(&format!("/pull_request/{side}/repo/full_name"))
                .ok()
        };
        let target = name("base").or_else(|| self.text("/repository/full_name").ok());
        Ok(Request {
            fork: name("head").filter(|fork| Some(fork) != target.as_ref()),
            target: self.text("/pull_request/base/ref")?,
            head: Some(self.text("/pull_request/head/sha")?),
            bases: vec![self.text("/pull_request/base/sha")?],
            ..Request::default()
        })
    }

    /// Requests that are to be merged one after the other. Its base need not be in the target yet.
    fn merge_group(&self) -> Result<Request, CiError> {
        let target = self.text("/merge_group/base_ref")?;
        Ok(Request {
            target: branch_of(&target).unwrap_or(&target).to_owned(),
            head: Some(self.text("/merge_group/head_sha")?),
            bases: vec![self.text("/merge_group/base_sha")?],
            ..Request::default()
        })
    }

    fn push(&self) -> Result<Cause, CiError> {
        let reference = self.text("/ref")?;
        let tip = match object(&self.text("/after")?) {
            Some(tip) if !self.is_set("/deleted") => tip,
            _ => return Ok(Cause::Deleted { name: reference }),
        };
        if let Some(name) = reference.strip_prefix("refs/tags/") {
            return Ok(Cause::Tag {
                name: name.to_owned(),
                tip,
            });
        }
        let before = object(&self.text("/before")?);
        Ok(Cause::Push(Push {
            branch: branch_of(&reference).unwrap_or(&reference).to_owned(),
            tip,
            before: before.filter(|_| !self.is_set("/created")),
            forced: self.is_set("/forced"),
        }))
    }
}
