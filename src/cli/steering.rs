//! What of a repository's own files steers a hook or `ci`: those of a version that is believed.

use std::path::{Path, PathBuf};

use super::args::Common;
use super::baseline::{BaselineError, Named};
use super::config::{ConfigError, ConfigFile};
use super::exit::Failure;
use super::settings::now;
use crate::gate::steering::{CONFIG_NAME, IGNORE_NAME};
use crate::model::{BytePath, Report};
use crate::sources::git::part::{Checkout, State};
use crate::triage::baseline::{self, Baseline, FILE_NAME};

/// What the files of a version say.
#[derive(Debug, Default)]
pub(super) struct Steering {
    /// What their configuration says.
    pub(super) config: ConfigFile,
    /// Whether there is one.
    has_config: bool,
    /// Whether the root has a `.patsweepignore`.
    has_ignore: bool,
    /// Their baseline, and its path as it is told.
    baseline: Option<(PathBuf, Baseline)>,
}

/// Which of the files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Baselines {
    /// The baseline, too.
    Read,
    /// Not the baseline: the operator has named another.
    Passed,
}

impl Steering {
    /// Reads those of `state` in `checkout`; complaints name them with `prefix` before them. Where
    /// the operator names a configuration, or wants none, that holds alone.
    pub(super) fn read(
        checkout: &Checkout,
        state: &State,
        prefix: &str,
        common: &Common,
        baselines: Baselines,
    ) -> Result<Self, Failure> {
        let mut steering = Self::default();
        let named = |name: &str| PathBuf::from(format!("{prefix}{name}"));
        let is_settled = common.no_config || common.config.is_some();
        let config = checkout.file(state, CONFIG_NAME.as_bytes())?;
        if let Some(bytes) = config.filter(|_| !is_settled) {
            let path = named(CONFIG_NAME);
            let config = ConfigFile::of_repository(&bytes);
            steering.config = config.map_err(|error| ConfigError::Invalid { path, error })?;
            steering.has_config = true;
        }
        steering.has_ignore = checkout.file(state, IGNORE_NAME.as_bytes())?.is_some();
        if baselines == Baselines::Passed {
            return Ok(steering);
        }
        let name = steering.baseline_name();
        if let Some(bytes) = checkout.file(state, name.as_bytes())? {
            let path = named(&name);
            match Baseline::parse(&bytes) {
                Ok(baseline) => steering.baseline = Some((path, baseline)),
                Err(flaw) => return Err(BaselineError::Broken { path, flaw }.into()),
            }
        }
        Ok(steering)
    }

    /// The path of the baseline from the root of the repository.
    pub(super) fn baseline_name(&self) -> String {
        let path = self.config.baseline.as_deref();
        path.map_or(FILE_NAME.into(), Path::to_string_lossy)
            .into_owned()
    }

    /// The files that there are, from the root of the repository.
    pub(super) fn files(&self) -> Vec<String> {
        let config = self.has_config.then(|| CONFIG_NAME.to_owned());
        let ignore = self.has_ignore.then(|| IGNORE_NAME.to_owned());
        let baseline = self.baseline.as_ref().map(|_| self.baseline_name());
        config.into_iter().chain(ignore).chain(baseline).collect()
    }

    /// Suppresses what the baseline `own` of the operator and then that of the repository know.
    pub(super) fn apply(&self, own: Option<&Named>, report: &mut Report) {
        if let Some(own) = own {
            own.apply(report, now());
        }
        if let Some((path, baseline)) = &self.baseline {
            baseline::apply(report, baseline, BytePath::from(path.as_path()), now());
        }
    }
}
