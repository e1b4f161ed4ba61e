//! `hook`: puts hooks into a repository, and does their work.

mod blocked;
mod run;

pub(super) use self::run::run;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::HookNames;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::generate;
use super::settings::shown;
use crate::gate::hooks::{self, Broken, Hook, InstallError, Installed, Removed, State};
use crate::report::escape_for_terminal;
use crate::sources::git::{self, part::PartError};

/// The program that hooks are to run is not known.
#[derive(Debug, thiserror::Error)]
#[error("cannot find out where this program is")]
struct NoProgram;

impl From<PartError> for Failure {
    fn from(error: PartError) -> Self {
        Self::new(&error, None)
    }
}

impl From<InstallError> for Failure {
    fn from(error: InstallError) -> Self {
        let hint = match &error {
            InstallError::Taken { .. } => Some("remove one of the two".to_owned()),
            InstallError::Husky { .. } => Some(
                "add `patsweep hook run pre-commit` to .husky/pre-commit, and likewise \
                 `pre-push \"$@\"` and `commit-msg \"$1\"`"
                    .to_owned(),
            ),
            InstallError::System { .. } | InstallError::Program { .. } => None,
        };
        Self::new(&error, hint)
    }
}

/// Installs hooks.
pub(super) fn install(args: &HookNames, environment: &Environment) -> Result<ExitCode, Failure> {
    let folder = folder(environment)?;
    let program = program(environment).ok_or_else(|| Failure::new(&NoProgram, None))?;
    let mut text = String::new();
    for hook in chosen(args) {
        let installed = hooks::install(&folder, hook, &program)?;
        let what = match installed {
            Installed::New => format!("installed in {}", shown(&folder)),
            Installed::Chained(before) if before.is_called => {
                let before = shown(&before.path);
                format!("installed; the hook that was there is called first, as {before}")
            }
            Installed::Chained(before) => {
                let before = shown(&before.path);
                format!(
                    "installed; the hook that was there is kept as {before} and not called, for it \
                     is not executable"
                )
            }
            Installed::Renewed => format!("installed anew in {}", shown(&folder)),
            Installed::Already => "installed already".to_owned(),
        };
        line(&mut text, hook, &what);
    }
    print(&text, Exit::Clean)
}

/// Takes hooks out.
pub(super) fn uninstall(args: &HookNames, environment: &Environment) -> Result<ExitCode, Failure> {
    let folder = folder(environment)?;
    let mut text = String::new();
    for hook in chosen(args) {
        let what = match hooks::uninstall(&folder, hook)? {
            Removed::Gone => "taken out",
            Removed::Restored => "taken out; the hook that was there before is back",
            Removed::Absent => "not installed",
        };
        line(&mut text, hook, what);
    }
    print(&text, Exit::Clean)
}

/// Says what is installed.
pub(super) fn status(args: &HookNames, environment: &Environment) -> Result<ExitCode, Failure> {
    let folder = folder(environment)?;
    let mut text = String::new();
    let (mut installed, mut missing, mut broken) = (0, 0, 0);
    let mut is_closed = false;
    for hook in chosen(args) {
        let state = hooks::state(&folder, hook)?;
        let what = match &state {
            State::Absent => "not installed".to_owned(),
            State::Foreign => "not installed; another hook is there".to_owned(),
            State::Called { broken: None } => {
                "installed; the pre-commit framework calls it".to_owned()
            }
            State::Called {
                broken: Some(Broken::NotExecutable),
            } => "broken: the pre-commit framework does not call it, for it is not executable"
                .to_owned(),
            State::Called {
                broken: Some(Broken::NoProgram),
            } => "broken: the pre-commit framework calls it, and there is no program".to_owned(),
            State::Ours {
                program,
                before,
                broken,
            } => {
                let program = shown(program);
                let mut what = match broken {
                    None => format!("installed, runs {program}"),
                    Some(Broken::NotExecutable) => {
                        "broken: git does not run it, for it is not executable".to_owned()
                    }
                    Some(Broken::NoProgram) => format!("broken: there is no program at {program}"),
                };
                if let Some(before) = before {
                    let path = shown(&before.path);
                    let _ = if before.is_called {
                        write!(what, "; calls {path} first")
                    } else {
                        write!(what, "; does not call {path}, for it is not executable")
                    };
                }
                what
            }
        };
        match state {
            State::Ours { broken: None, .. } | State::Called { broken: None } => {
                // What a message says is not what a commit or a push holds.
                is_closed |= hook != Hook::CommitMsg;
                installed += 1;
            }
            State::Ours { .. } | State::Called { .. } => broken += 1,
            State::Absent | State::Foreign => missing += 1,
        }
        line(&mut text, hook, &what);
    }
    let is_wanted = missing == 0 || args.hooks.is_empty() && is_closed;
    let exit = if installed > 0 && broken == 0 && is_wanted {
        Exit::Clean
    } else {
        Exit::NO
    };
    print(&text, exit)
}

/// Where git looks for hooks.
fn folder(environment: &Environment) -> Result<PathBuf, Failure> {
    let here = environment.git_dir.as_deref().unwrap_or(Path::new("."));
    Ok(git::hooks_folder(here)?.path)
}

/// The hooks that are named, each once; all of them if none is.
fn chosen(args: &HookNames) -> Vec<Hook> {
    let is_chosen = |hook: &Hook| args.hooks.is_empty() || args.hooks.contains(hook);
    Hook::ALL.into_iter().filter(is_chosen).collect()
}

/// This program, by the name under which a search finds it: what that links to may have another name
/// after an update.
fn program(environment: &Environment) -> Option<PathBuf> {
    let own = environment.program.clone()?;
    let is_own =
        |path: &PathBuf| path.is_absolute() && path.canonicalize().ok().as_ref() == Some(&own);
    let name = own.file_name()?;
    let folders = environment.path.iter().flat_map(std::env::split_paths);
    let mut found = folders.map(|folder| folder.join(name));
    Some(found.find(is_own).unwrap_or_else(|| own.clone()))
}

fn line(text: &mut String, hook: Hook, what: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{}: {}", hook.name(), escape_for_terminal(what));
}

fn print(text: &str, exit: Exit) -> Result<ExitCode, Failure> {
    generate::print_to(anstream::stdout().lock(), text.as_bytes())?;
    Ok(exit.into())
}
