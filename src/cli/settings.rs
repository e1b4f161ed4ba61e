//! Flags, configuration file and environment, resolved to what a run is to do.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::{Color, Common, FailOn, OutputArg, Scan};
use super::ask::Asking;
use super::config::{self, ConfigFile};
use super::environment::Environment;
use super::exit::{DEFAULT_LEAK_CODE, Failure};
use super::output::{self, Output};
use crate::model::Timestamp;
use crate::report::{self, Format, Home, Secrets, Verbosity};
use crate::rules::{Rule, RuleSet, Unproven};
use crate::sources::git::{self, part::Part};
use crate::sources::{self, IgnoreFiles, Target, archive};
use crate::token::Salt;
use crate::triage::InlineIgnores;

/// How many occurrences a finding lists.
const DEFAULT_MAX_OCCURRENCES: NonZeroUsize = NonZeroUsize::new(1000).expect("not zero");

/// Whether a stream gets colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coloring {
    /// It does.
    Colored,
    /// It does not.
    Plain,
}

impl Coloring {
    /// The same, as reports have it.
    pub(super) fn of_report(self) -> report::Color {
        match self {
            Self::Colored => report::Color::Ansi,
            Self::Plain => report::Color::Plain,
        }
    }
}

/// What the flags say about colours.
pub(super) fn color_flag(common: &Common) -> Option<Color> {
    if common.no_color {
        Some(Color::Never)
    } else {
        common.color
    }
}

/// Whether a stream gets colours: flag or configuration before `NO_COLOR` before `CLICOLOR_FORCE`
/// before what the stream is.
pub(super) fn color(chosen: Option<Color>, environment: &Environment, terminal: bool) -> Coloring {
    let colored = match chosen.unwrap_or(Color::Auto) {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if environment.no_color => false,
        Color::Auto if environment.force_color => true,
        Color::Auto => terminal && !environment.dumb_terminal,
    };
    if colored {
        Coloring::Colored
    } else {
        Coloring::Plain
    }
}

/// What one scan is to do.
#[derive(Debug)]
pub(super) struct Settings {
    /// What to scan and how.
    pub(super) scan: crate::scan::Config,
    /// The baseline to apply.
    pub(super) baseline: Option<PathBuf>,
    /// Whom to ask about what is found.
    pub(super) asking: Option<Asking>,
    /// What to write where.
    pub(super) outputs: Vec<Output>,
    /// Whether standard output gets colours.
    pub(super) stdout_coloring: Coloring,
    /// Whether standard error does.
    pub(super) stderr_coloring: Coloring,
    /// Which leaks set the exit code.
    pub(super) fail_on: FailOn,
    /// The exit code for leaks.
    pub(super) leak_code: u8,
    /// The configuration file that was used.
    pub(super) config_file: Option<PathBuf>,
    /// The rule files that were loaded.
    pub(super) rule_files: Vec<PathBuf>,
}

/// A flag about what this run does not do.
#[derive(Debug, thiserror::Error)]
enum Idle {
    #[error("{flag} is about asking Azure DevOps, which only --verify does")]
    Asking { flag: &'static str },
    #[error("{flag} is about revoking, which only --enforce does")]
    Enforcing { flag: &'static str },
}

/// Standard input cannot be two things.
#[derive(Debug, thiserror::Error)]
#[error("standard input cannot be a target and --auth-file at once")]
struct TwiceStdin;

/// Resolves what `scan` is to do. Nothing is read but configuration and rules.
pub(super) fn resolve(
    common: &Common,
    args: &Scan,
    order: &[OutputArg],
    environment: &Environment,
) -> Result<Settings, Failure> {
    resolve_with(common, args, order, environment, ConfigFile::default())
}

/// The same, where what neither flags nor the operator's configuration say is taken from `last`.
pub(super) fn resolve_with(
    common: &Common,
    args: &Scan,
    order: &[OutputArg],
    environment: &Environment,
    last: ConfigFile,
) -> Result<Settings, Failure> {
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    let auth_file = args.service.administrator.auth_file.as_ref();
    if auth_file.is_some_and(is_stdin) && args.targets.iter().any(is_stdin) {
        return Err(Failure::new(&TwiceStdin, None));
    }
    let file = config::load(common, environment)?.or(last);
    let rule_files = rule_files(&file, &args.rules);
    let unproven = if args.include_unproven || file.include_unproven {
        Unproven::Include
    } else {
        Unproven::Exclude
    };
    let rules = RuleSet::load(&rule_files).map_err(|error| file.blame(error))?;
    let rules = Arc::new(rules.unproven(unproven));
    let baseline = args.known.baseline.clone().or(file.baseline.clone());
    let max_occurrences = args.max_occurrences.or(file.max_occurrences);
    let asking = match (
        args.verify || args.enforcing.enforce,
        args.service.first_given(),
    ) {
        (true, _) => Some(Asking::resolve(&args.service, &file, environment)?),
        (false, Some(flag)) => return Err(Failure::new(&Idle::Asking { flag }, None)),
        (false, None) => None,
    };
    if let Some(flag) = args.enforcing.first_given() {
        return Err(Failure::new(&Idle::Enforcing { flag }, None));
    }
    let chosen = color_flag(common).or(file.color);
    Ok(Settings {
        baseline,
        asking,
        outputs: output::plan(order, file.format.unwrap_or(Format::Text))
            .map_err(|error| Failure::new(&error, error.hint()))?,
        stdout_coloring: color(chosen, environment, environment.stdout_terminal),
        stderr_coloring: color(chosen, environment, environment.stderr_terminal),
        fail_on: args.fail_on.or(file.fail_on).unwrap_or(FailOn::Any),
        leak_code: args
            .exit_code
            .or(file.exit_code)
            .unwrap_or(DEFAULT_LEAK_CODE),
        scan: crate::scan::Config {
            targets: targets(&args.targets),
            sources: source_options(args, &file, environment),
            rules,
            salt: random_salt()?,
            max_occurrences: max_occurrences.unwrap_or(DEFAULT_MAX_OCCURRENCES),
            inline_ignores: if args.known.no_inline_ignores
                || file.no_inline_ignores
                || args.enforcing.enforce
            {
                InlineIgnores::Off
            } else {
                InlineIgnores::All
            },
            accepted: args.accept_incomplete.iter().copied().collect(),
        },
        config_file: file.path,
        rule_files,
    })
}

/// The rules for a command that does not scan, and where they come from.
pub(super) fn rules(
    common: &Common,
    paths: &[PathBuf],
    environment: &Environment,
) -> Result<RuleSet, Failure> {
    let file = config::load(common, environment)?;
    RuleSet::load(&rule_files(&file, paths)).map_err(|error| file.blame(error))
}

/// What a report is to show; `--quiet` is about standard error alone.
pub(super) fn reporting<'r>(
    common: &Common,
    rules: &'r [&'r Rule],
    coloring: Coloring,
    secrets: Secrets,
    home: Home,
) -> report::Options<'r> {
    report::Options {
        rules,
        color: coloring.of_report(),
        secrets,
        verbosity: if common.verbose > 0 {
            Verbosity::Verbose
        } else {
            Verbosity::Normal
        },
        now: now(),
        home,
        leaks: report::Leaks::Fail,
    }
}

/// The one place where the clock is read.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// A salt that nobody outside this process knows.
pub(super) fn random_salt() -> Result<Salt, Failure> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| Failure::new(&error, None))?;
    Ok(Salt(salt))
}

/// The targets as given, each once.
fn targets(paths: &[PathBuf]) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for path in paths {
        let target = if path.as_os_str() == "-" {
            Target::Stdin
        } else {
            Target::Path(path.clone())
        };
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    if targets.is_empty() {
        targets.push(Target::Path(PathBuf::from(".")));
    }
    targets
}

fn source_options(args: &Scan, file: &ConfigFile, environment: &Environment) -> sources::Options {
    let mut limits = archive::Limits::default();
    let size = |flag: Option<super::size::Size>| flag.map(|size| size.0);
    if let Some(members) = args.archive_max_members.or(file.archive_max_members) {
        limits.members = members;
    }
    if let Some(bytes) = size(args.archive_max_size).or(file.archive_max_size) {
        limits.unpacked = bytes;
    }
    if let Some(ratio) = args.archive_max_ratio.or(file.archive_max_ratio) {
        limits.ratio = ratio;
    }
    if let Some(bytes) = size(args.archive_max_window).or(file.archive_max_window) {
        limits.window = bytes;
    }
    if let Some(depth) = args.archive_max_depth.or(file.archive_max_depth) {
        limits.depth = depth;
    }
    let jobs = args
        .jobs
        .or(file.jobs)
        .or_else(|| thread::available_parallelism().ok());
    sources::Options {
        ignore_files: match args.respect_gitignore || file.respect_gitignore {
            // What is scanned does not say which of its tokens stay alive.
            _ if args.enforcing.enforce => IgnoreFiles::Disregard,
            true => IgnoreFiles::OwnAndGit,
            false => IgnoreFiles::Own,
        },
        exclude: file.exclude.iter().chain(&args.exclude).cloned().collect(),
        // Known once they are opened.
        reports: Vec::new(),
        one_file_system: args.one_file_system || file.one_file_system,
        git: git::Scope {
            worktree: !args.git.no_worktree,
            history: !args.git.no_history,
            reachable_only: args.git.reachable_only,
            part: part(args, environment),
            git_dir: environment.git_dir.clone(),
            git_objects: Vec::new(),
            excluding: None,
            max_object_size: size(args.git.max_object_size)
                .and_then(|bytes| usize::try_from(bytes).ok())
                .unwrap_or(git::Scope::default().max_object_size),
        },
        max_file_size: size(args.max_file_size).or(file.max_file_size),
        // What is said of the threads is what is used.
        jobs: jobs.map_or(1, NonZeroUsize::get).min(sources::MAX_JOBS),
        limits,
    }
}

/// The part of history that is asked for.
fn part(args: &Scan, environment: &Environment) -> Option<Part> {
    let range = args.git.range.clone().map(Part::Range);
    let since = || args.git.since.clone().map(Part::Since);
    let staged = || {
        args.git.staged.then(|| Part::Staged {
            // Of several repositories it is not known which one it is of.
            index: environment
                .git_index
                .clone()
                .filter(|_| args.targets.len() < 2),
        })
    };
    range.or_else(since).or_else(staged)
}

/// The rules that the configuration names, then those of the command line.
fn rule_files(file: &ConfigFile, given: &[PathBuf]) -> Vec<PathBuf> {
    let configured = file.rules.iter().map(|rules| &rules.path);
    configured.chain(given).cloned().collect()
}

/// A path as it is shown to people.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_environment_and_the_environment_over_the_terminal() {
        let environment = |no_color, force_color, dumb_terminal| Environment {
            no_color,
            force_color,
            dumb_terminal,
            ..Environment::default()
        };
        let (auto, terminal, file) = (None, true, false);
        for (chosen, (no, force, dumb), stream, colored) in [
            (auto, (false, false, false), terminal, true),
            (auto, (false, false, false), file, false),
            (auto, (false, false, true), terminal, false),
            (auto, (true, false, false), terminal, false),
            (auto, (false, true, false), file, true),
            (auto, (true, true, false), terminal, false),
            (Some(Color::Auto), (true, false, false), terminal, false),
            (Some(Color::Always), (true, false, true), file, true),
            (Some(Color::Never), (false, true, false), terminal, false),
        ] {
            let expected = if colored {
                Coloring::Colored
            } else {
                Coloring::Plain
            };
            assert_eq!(
                color(chosen, &environment(no, force, dumb), stream),
                expected
            );
        }
    }

    #[test]
    fn targets_are_scanned_once_and_default_to_the_current_folder() {
        let path = |text: &str| Target::Path(text.into());
        for (given, expected) in [
            (vec![], vec![path(".")]),
            (vec!["-"], vec![Target::Stdin]),
            (vec!["./-"], vec![path("./-")]),
            (vec!["a", "-", "a", "-"], vec![path("a"), Target::Stdin]),
        ] {
            let given: Vec<PathBuf> = given.into_iter().map(PathBuf::from).collect();
            assert_eq!(targets(&given), expected);
        }
    }
}
