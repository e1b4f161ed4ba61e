//! The configuration file: where it is, and what it may say.

mod credentials;
mod notify;
mod policy;
mod repository;

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use thiserror::Error;

use super::args::{Color, Common, FailOn};
use super::environment::Environment;
use super::exit::Failure;
use super::size;
use crate::report::Format;
use crate::rules::document::{self, Document, KeyError, Section};
use crate::rules::{RuleError, input};
use crate::sources;

pub(super) use credentials::{Credentials, SecretPlace};
pub(super) use notify::{AddressPlace, NotifyTable, SmtpTable, WebhookForm, WebhookTable};
pub(super) use policy::PolicyTable;

/// The keys at the top.
const ROOT_KEYS: &[&str] = &["color", "credentials", "notify", "policy", "scan"];
/// The keys at the top of a file that `--policy` names.
const POLICY_KEYS: &[&str] = &["policy"];
/// The keys of `[scan]`: the flags of `scan` that do not belong to one run alone. Tokens are shown
/// only on a flag, for a file that is forgotten would show them everywhere.
const SCAN_KEYS: &[&str] = &[
    "rules",
    "include-unproven",
    "exclude",
    "baseline",
    "no-inline-ignores",
    "respect-gitignore",
    "one-file-system",
    "max-file-size",
    "archive-max-members",
    "archive-max-size",
    "archive-max-ratio",
    "archive-max-window",
    "archive-max-depth",
    "format",
    "max-occurrences",
    "fail-on",
    "exit-code",
    "jobs",
];

/// What the configuration file says; everything is absent where there is no file.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub(super) struct ConfigFile {
    /// The file itself.
    pub(super) path: Option<PathBuf>,
    /// `color`.
    pub(super) color: Option<Color>,
    /// `[[credentials]]`.
    pub(super) credentials: Vec<Credentials>,
    /// `[notify]`.
    pub(super) notify: NotifyTable,
    /// `[policy]`.
    pub(super) policy: PolicyTable,
    /// The file that `[policy]` stands in.
    policy_path: Option<PathBuf>,
    /// `scan.rules`, relative to the file's folder.
    pub(super) rules: Vec<Rules>,
    /// `scan.include-unproven`.
    pub(super) include_unproven: bool,
    /// `scan.exclude`.
    pub(super) exclude: Vec<String>,
    /// `scan.baseline`, relative to the file's folder.
    pub(super) baseline: Option<PathBuf>,
    /// `scan.no-inline-ignores`.
    pub(super) no_inline_ignores: bool,
    /// `scan.respect-gitignore`.
    pub(super) respect_gitignore: bool,
    /// `scan.one-file-system`.
    pub(super) one_file_system: bool,
    /// `scan.max-file-size`.
    pub(super) max_file_size: Option<u64>,
    /// `scan.archive-max-members`.
    pub(super) archive_max_members: Option<u64>,
    /// `scan.archive-max-size`.
    pub(super) archive_max_size: Option<u64>,
    /// `scan.archive-max-ratio`.
    pub(super) archive_max_ratio: Option<u64>,
    /// `scan.archive-max-window`.
    pub(super) archive_max_window: Option<u64>,
    /// `scan.archive-max-depth`.
    pub(super) archive_max_depth: Option<u32>,
    /// `scan.format`.
    pub(super) format: Option<Format>,
    /// `scan.max-occurrences`.
    pub(super) max_occurrences: Option<NonZeroUsize>,
    /// `scan.fail-on`.
    pub(super) fail_on: Option<FailOn>,
    /// `scan.exit-code`.
    pub(super) exit_code: Option<u8>,
    /// `scan.jobs`.
    pub(super) jobs: Option<NonZeroUsize>,
}

/// An item of `scan.rules`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// Where the rules are.
    pub(super) path: PathBuf,
    /// The line of the configuration that names it, 1-based.
    line: usize,
}

/// Why the configuration cannot be used.
#[derive(Debug, Error)]
pub(super) enum ConfigError {
    /// The file cannot be opened or read.
    #[error("cannot read configuration from {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A key or value cannot be used.
    #[error("{}:{}: {error}", path.display(), error.line)]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What and where.
        error: KeyError,
    },
    /// The rules that it names cannot be loaded.
    #[error("{}:{line}: `scan.rules`: names rules that cannot be loaded", path.display())]
    Rules {
        /// The file.
        path: PathBuf,
        /// The line that names them, 1-based.
        line: usize,
        /// Why not.
        source: Box<RuleError>,
    },
}

impl ConfigFile {
    /// The failure to load rules, with the line that names them if this file does. What is wrong
    /// inside a rule file is named by that file.
    pub(super) fn blame(&self, error: RuleError) -> Failure {
        let named = match &error {
            RuleError::Read { path, .. } | RuleError::Empty { path, .. } => {
                self.rules.iter().find(|rules| rules.path == *path)
            }
            RuleError::Invalid { .. } => None,
        };
        match (named, &self.path) {
            (Some(rules), Some(path)) => ConfigError::Rules {
                path: path.clone(),
                line: rules.line,
                source: error.into(),
            }
            .into(),
            _ => error.into(),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = match &error {
            ConfigError::Read { .. } => None,
            ConfigError::Invalid { error, .. } => error.hint(),
            ConfigError::Rules { source, .. } => source.hint(),
        };
        Self::new(&error, hint)
    }
}

/// Reads the file named by `--config`, else the user's own, if there is one.
pub(super) fn load(common: &Common, environment: &Environment) -> Result<ConfigFile, ConfigError> {
    if common.no_config {
        return Ok(ConfigFile::default());
    }
    let Some(path) = common.config.clone().or_else(|| own_file(environment)) else {
        return Ok(ConfigFile::default());
    };
    match input::read(&path) {
        Ok(bytes) => document::text(&bytes)
            .and_then(|text| parse(&path, text))
            .map_err(|error| ConfigError::Invalid { path, error }),
        // One's own file need not exist, but one that cannot be read must not be passed over.
        Err(source) if source.kind() == io::ErrorKind::NotFound && common.config.is_none() => {
            Ok(ConfigFile::default())
        }
        Err(source) => Err(ConfigError::Read { path, source }),
    }
}

impl ConfigFile {
    /// With `[policy]` of the file at `path`, if one is named, in place of its own.
    pub(super) fn with_policy(self, path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path.map(Path::to_path_buf) else {
            return Ok(self);
        };
        let bytes = match input::read(&path) {
            Ok(bytes) => bytes,
            Err(source) => return Err(ConfigError::Read { path, source }),
        };
        match document::text(&bytes).and_then(only_policy) {
            Ok(policy) => Ok(Self {
                policy,
                policy_path: Some(path),
                ..self
            }),
            Err(error) => Err(ConfigError::Invalid { path, error }),
        }
    }

    /// Which file steers what is done about leaks, if one does.
    pub(super) fn steering(&self) -> Option<&Path> {
        self.policy_path.as_deref()
    }
}

/// The `[policy]` of a file that holds nothing else.
fn only_policy(text: &str) -> Result<PolicyTable, KeyError> {
    let document = Document::parse(text)?;
    let root = document.root(POLICY_KEYS)?;
    if root.table("policy", policy::KEYS)?.is_none() {
        return Err(root.missing("policy"));
    }
    policy::parse(&root)
}

fn own_file(environment: &Environment) -> Option<PathBuf> {
    environment
        .config_home
        .as_ref()
        .map(|home| home.join("patsweep").join("config.toml"))
}

fn parse(path: &Path, text: &str) -> Result<ConfigFile, KeyError> {
    let document = Document::parse(text)?;
    let root = document.root(ROOT_KEYS)?;
    let mut config = ConfigFile {
        path: Some(path.to_owned()),
        ..ConfigFile::default()
    };
    config.color = choice(&root, "color", value, &names::<Color>())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    config.credentials = credentials::parse(&root, folder)?;
    config.notify = notify::parse(&root, folder)?;
    config.policy = policy::parse(&root)?;
    let has_policy = root.table("policy", policy::KEYS)?.is_some();
    config.policy_path = has_policy.then(|| path.to_owned());
    let Some(scan) = root.table("scan", SCAN_KEYS)? else {
        return Ok(config);
    };
    let rules = scan.strings("rules")?.into_iter();
    config.rules = rules
        .map(|rules| Rules {
            path: folder.join(rules.value),
            line: rules.line,
        })
        .collect();
    let baseline = scan.string("baseline")?;
    config.baseline = baseline.map(|baseline| folder.join(baseline.value));
    scan_options(config, &scan)
}

/// What `[scan]` says beside the files that it names.
fn scan_options(mut config: ConfigFile, scan: &Section<'_, '_>) -> Result<ConfigFile, KeyError> {
    config.exclude = globs(scan, "exclude")?;
    config.no_inline_ignores = flag(scan, "no-inline-ignores")?;
    config.include_unproven = flag(scan, "include-unproven")?;
    config.respect_gitignore = flag(scan, "respect-gitignore")?;
    config.one_file_system = flag(scan, "one-file-system")?;
    config.max_file_size = bytes(scan, "max-file-size")?;
    config.archive_max_members = scan
        .unsigned("archive-max-members")?
        .map(|field| field.value);
    config.archive_max_size = bytes(scan, "archive-max-size")?;
    config.archive_max_ratio = scan.unsigned("archive-max-ratio")?.map(|field| field.value);
    config.archive_max_window = bytes(scan, "archive-max-window")?;
    if let Some(depth) = scan.unsigned("archive-max-depth")? {
        config.archive_max_depth = Some(u32::try_from(depth.value).unwrap_or(u32::MAX));
    }
    config.max_occurrences = positive(scan, "max-occurrences")?;
    config.jobs = positive(scan, "jobs")?;
    config.format = choice(
        scan,
        "format",
        |name| Format::parse(name).ok(),
        &Format::NAMES.join(", "),
    )?;
    config.fail_on = choice(scan, "fail-on", value, "any, proven, active and never")?;
    if let Some(code) = scan.unsigned("exit-code")? {
        let usable = u8::try_from(code.value)
            .ok()
            .filter(|code| (1..=125).contains(code));
        config.exit_code = Some(usable.ok_or_else(|| code.reject("not between 1 and 125", None))?);
    }
    Ok(config)
}

/// Globs, of which none is broken. Those of the command line come behind them.
fn globs(section: &Section<'_, '_>, key: &str) -> Result<Vec<String>, KeyError> {
    let fields = section.strings(key)?;
    let globs: Vec<String> = fields.iter().map(|field| field.value.clone()).collect();
    match sources::check_globs(&globs).first() {
        None => Ok(globs),
        Some((index, error)) => {
            let glob = &globs[*index];
            let what = format!("cannot understand the glob '{glob}': {error}");
            Err(fields[*index].reject(what, None))
        }
    }
}

fn flag(section: &Section<'_, '_>, key: &str) -> Result<bool, KeyError> {
    Ok(section.boolean(key)?.is_some_and(|field| field.value))
}

fn positive(section: &Section<'_, '_>, key: &str) -> Result<Option<NonZeroUsize>, KeyError> {
    let Some(field) = section.unsigned(key)? else {
        return Ok(None);
    };
    let number = NonZeroUsize::new(usize::try_from(field.value).unwrap_or(usize::MAX));
    number
        .map(Some)
        .ok_or_else(|| field.reject("must be at least 1", None))
}

/// A size: a number of bytes, or a string with a unit.
fn bytes(section: &Section<'_, '_>, key: &str) -> Result<Option<u64>, KeyError> {
    let Some(field) = section.string_or_unsigned(key, "a size")? else {
        return Ok(None);
    };
    match size::parse(&field.value) {
        Ok(size) => Ok(Some(size.0)),
        Err(error) => Err(field.reject(error.to_string(), None)),
    }
}

fn choice<T>(
    section: &Section<'_, '_>,
    key: &str,
    parse: impl FnOnce(&str) -> Option<T>,
    names: &str,
) -> Result<Option<T>, KeyError> {
    let Some(field) = section.string(key)? else {
        return Ok(None);
    };
    parse(&field.value).map(Some).ok_or_else(|| {
        let what = format!("`{}` is none of {names}", field.value.escape_debug());
        field.reject(what, None)
    })
}

/// The value of this name.
fn value<T: ValueEnum>(name: &str) -> Option<T> {
    T::from_str(name, false).ok()
}

/// The names of all values, as they stand in a complaint.
fn names<T: ValueEnum>() -> String {
    let values = T::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value);
    values
        .map(|value| value.get_name().to_owned())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests;
