//! Flags of every command that asks Azure DevOps.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::administrator::{Administrator, Listing, Reach};

/// Whom to ask, and how much.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Asking Azure DevOps")]
pub(in crate::cli) struct Service {
    /// Ask this organization about tokens that name none; may be repeated
    ///
    /// A token is presented to the organizations that stand with it. Of one that names none,
    /// these are asked, and without them the service for profiles. Organizations are never guessed.
    /// An administrator's list (--auth) is read at these alone.
    #[arg(long, value_name = "ORG", value_delimiter = ',')]
    pub(in crate::cli) org: Vec<String>,
    /// Ask the organizations of --org about every token
    #[arg(long, requires = "org")]
    pub(in crate::cli) org_all: bool,
    /// Present no token to anybody
    #[arg(long)]
    pub(in crate::cli) no_probe: bool,
    /// Give up after this time, such as 90s or 10m [default: 10m]
    ///
    /// Tokens that are not settled by then are reported as unknown: `budget_exhausted`.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(in crate::cli) timeout: Option<Duration>,
    /// Give up after N requests
    #[arg(long, value_name = "N")]
    pub(in crate::cli) max_requests: Option<u64>,
    /// Remember answers, and do not ask again what holds
    ///
    /// Without FILE, in `patsweep/verification.json` in your folder for caches. Answers are found by
    /// C3ID, organization and method; no token is kept. One that lets a token in holds for a day,
    /// one that does not for an hour, and what proves nothing is not kept.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(in crate::cli) cache: Option<CachePlace>,
    /// Ask this address in place of Microsoft's hosts
    ///
    /// A gateway that has each host as a folder: `URL/dev.azure.com/ORG/…`. It is https, or http on
    /// loopback. May also be given as `PATSWEEP_AZURE_DEVOPS_URL`; never read from a file.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(in crate::cli) azure_devops_url: Option<String>,
    /// Ask a collection of Azure DevOps Server, such as `https://host/tfs/DefaultCollection`
    ///
    /// A server has no list of all tokens and no way to revoke them for others.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, conflicts_with = "azure_devops_url")]
    pub(in crate::cli) server_url: Option<String>,
    /// Trust the certificates in FILE, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// As which administrator.
    #[command(flatten)]
    pub(in crate::cli) administrator: Administrator,
    /// Whose tokens an administrator lists.
    #[command(flatten)]
    pub(in crate::cli) listing: Listing,
}

/// Where answers are remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum CachePlace {
    /// In the user's folder for caches.
    Own,
    /// In this file.
    File(PathBuf),
}

impl From<OsString> for CachePlace {
    fn from(path: OsString) -> Self {
        if path.is_empty() {
            Self::Own
        } else {
            Self::File(path.into())
        }
    }
}

impl Service {
    /// Where an administrator acts.
    pub(in crate::cli) fn reach(&self) -> Reach<'_> {
        Reach {
            organizations: &self.org,
            gateway: self.azure_devops_url.as_ref(),
            server: self.server_url.as_ref(),
            ca_file: self.ca_file.as_deref(),
            administrator: &self.administrator,
        }
    }

    /// The first flag that was given, for a run that asks nobody.
    pub(in crate::cli) fn first_given(&self) -> Option<&'static str> {
        let given = [
            (!self.org.is_empty(), "--org"),
            (self.org_all, "--org-all"),
            (self.no_probe, "--no-probe"),
            (self.timeout.is_some(), "--timeout"),
            (self.max_requests.is_some(), "--max-requests"),
            (self.cache.is_some(), "--cache"),
            (self.azure_devops_url.is_some(), "--azure-devops-url"),
            (self.server_url.is_some(), "--server-url"),
            (self.ca_file.is_some(), "--ca-file"),
            (self.administrator.auth.is_some(), "--auth"),
            (self.listing.inventory.is_some(), "--inventory"),
            (self.listing.inventory_state.is_some(), "--inventory-state"),
        ];
        given
            .into_iter()
            .find(|(is_given, _)| *is_given)
            .map(|(_, flag)| flag)
    }
}

/// Why a duration cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as 30s, 10m or 1h")]
pub(super) struct DurationError;

pub(super) fn duration(text: &str) -> Result<Duration, DurationError> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| DurationError)?;
    Duration::try_from(span)
        .ok()
        .filter(|span| !span.is_zero())
        .ok_or(DurationError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h", 3600), ("1h30m", 5400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "10", "0s", "-1s", "soon"] {
            assert_eq!(duration(text), Err(DurationError), "{text}");
        }
    }
}
