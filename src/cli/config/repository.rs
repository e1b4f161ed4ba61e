//! The configuration that a repository brings along: options of scans, and nothing else.

use std::path::PathBuf;

use super::{ConfigFile, SCAN_KEYS, scan_options};
use crate::rules::document::{self, Document, KeyError};

/// The keys at the top. Whom to ask, and what is done about leaks, is for the operator to say.
const ROOT_KEYS: &[&str] = &["scan"];

impl ConfigFile {
    /// What the `patsweep.toml` of a repository says. Its baseline is a path from the root of that.
    pub(in crate::cli) fn of_repository(bytes: &[u8]) -> Result<Self, KeyError> {
        let document = Document::parse(document::text(bytes)?)?;
        let root = document.root(ROOT_KEYS)?;
        let mut config = Self::default();
        let Some(scan) = root.table("scan", SCAN_KEYS)? else {
            return Ok(config);
        };
        if let Some(rules) = scan.strings("rules")?.first() {
            let what = "a repository's own configuration cannot bring rules along";
            return Err(rules.reject(what, Some("name them with --rules")));
        }
        if let Some(baseline) = scan.string("baseline")? {
            let mut parts = baseline.value.split('/');
            let is_inside = parts.all(|part| !matches!(part, "" | "." | ".."));
            if !is_inside || baseline.value.contains('\\') {
                let what = "not a path from the root of the repository";
                return Err(baseline.reject(what, None));
            }
            config.baseline = Some(PathBuf::from(baseline.value));
        }
        scan_options(config, &scan)
    }

    /// With what `last` says of scans where this says nothing; the globs of both, its own last.
    /// Baselines are not taken over: those of a repository are not files.
    #[must_use]
    pub(in crate::cli) fn or(self, last: Self) -> Self {
        let exclude = last.exclude.into_iter().chain(self.exclude).collect();
        Self {
            include_unproven: self.include_unproven || last.include_unproven,
            exclude,
            no_inline_ignores: self.no_inline_ignores || last.no_inline_ignores,
            respect_gitignore: self.respect_gitignore || last.respect_gitignore,
            one_file_system: self.one_file_system || last.one_file_system,
            max_file_size: self.max_file_size.or(last.max_file_size),
            archive_max_members: self.archive_max_members.or(last.archive_max_members),
            archive_max_size: self.archive_max_size.or(last.archive_max_size),
            archive_max_ratio: self.archive_max_ratio.or(last.archive_max_ratio),
            archive_max_window: self.archive_max_window.or(last.archive_max_window),
            archive_max_depth: self.archive_max_depth.or(last.archive_max_depth),
            format: self.format.or(last.format),
            max_occurrences: self.max_occurrences.or(last.max_occurrences),
            fail_on: self.fail_on.or(last.fail_on),
            exit_code: self.exit_code.or(last.exit_code),
            jobs: self.jobs.or(last.jobs),
            ..self
        }
    }
}
