//! Why it cannot be told what a run is about.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{Service, Want};

/// Why it cannot be told what is to be scanned.
#[derive(Debug, Error)]
pub enum CiError {
    /// The environment is that of no service.
    #[error(
        "cannot tell what to scan: this is none of Azure Pipelines (TF_BUILD), GitHub Actions \
         (GITHUB_ACTIONS) and GitLab CI (GITLAB_CI)"
    )]
    Unrecognised,
    /// It is that of two.
    #[error("cannot tell what to scan: both {} and {} are set", .0.marker(), .1.marker())]
    Ambiguous(Service, Service),
    /// A variable that the service documents is not there.
    #[error("cannot tell what to scan: {} did not set {variable}", service.name())]
    Missing {
        /// The service.
        service: Service,
        /// The variable.
        variable: &'static str,
    },
    /// The file that describes the event cannot be read.
    #[error("cannot read the event that GITHUB_EVENT_PATH names, {}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what the service documents.
    #[error("cannot understand the event in {}: {what}", path.display())]
    Event {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Nobody said which branch a change is compared with.
    #[error("cannot tell which branch is the default one: {} does not say", .0.name())]
    NoDefault(Service),
    /// The branch that the operator named is not here.
    #[error("cannot find the branch '{0}' in this checkout")]
    NoTarget(String),
    /// The commits that the run is about are not here.
    #[error("cannot find {what} in this checkout")]
    NoTip {
        /// What they are.
        what: String,
        /// How a remote may know it.
        want: Option<Want>,
        /// Who runs it, if any service does.
        service: Option<Service>,
    },
}

impl CiError {
    /// What would have to be fetched.
    pub fn want(&self) -> Option<Want> {
        match self {
            Self::NoTip { want, .. } => want.clone(),
            Self::NoTarget(branch) => Some(Want::Branch(branch.clone())),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let range = "say what is new: --range A..B";
        Some(match self {
            Self::Unrecognised | Self::Event { .. } => range.to_owned(),
            Self::Ambiguous(..) => format!("unset one of them, or {range}"),
            Self::Missing { variable, .. } => {
                format!("hand {variable} on to the step or container that this runs in, or {range}")
            }
            Self::Unread { .. } => format!(
                "hand GITHUB_EVENT_PATH and its file on to the container that this runs in, or \
                 {range}"
            ),
            Self::NoDefault(_) => "name it: --target main".to_owned(),
            Self::NoTarget(_) => {
                "--target names a branch of the remote, as `main`; --deepen fetches it".to_owned()
            }
            Self::NoTip { service, .. } => match service {
                Some(service) => format!(
                    "{}, and check out the change itself; --deepen fetches what is missing",
                    service.depth_setting()
                ),
                None => "--deepen fetches what is missing".to_owned(),
            },
        })
    }
}
