//! `doctor`: tries whether the gates of a repository close.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{Common, Doctor};
use super::console::Console;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::generate;
use super::interrupt;
use super::settings::shown;
use super::steering::{Baselines, Steering};
use crate::gate::ci::Service;
use crate::gate::doctor::{
    self, Copy, DoctorError, Gate, Naming, Origin, Outcome, Trials, framework_hooks,
};
use crate::gate::hooks::{self, Hook, State};
use crate::report::{count, escape_for_terminal};
use crate::sources::git::part::{Checkout, State as Version};
use crate::sources::git::{self, HooksFolder, Scope};
use crate::token::mint;

/// The configuration of the pre-commit framework.
const FRAMEWORK_FILE: &str = ".pre-commit-config.yaml";

impl From<DoctorError> for Failure {
    fn from(error: DoctorError) -> Self {
        Self::new(&error, None)
    }
}

/// There are no work tree's files to copy.
#[derive(Debug, thiserror::Error)]
#[error("cannot try the gates of {}: it has no work tree", shown(path))]
struct Bare {
    path: PathBuf,
}

/// No random number.
#[derive(Debug, thiserror::Error)]
#[error("cannot mint a token: the system has no random numbers")]
struct NoRandom(#[source] getrandom::Error);

/// What was tried, and what came of it.
struct Tried {
    gate: Gate,
    /// `None` of a gate that could not be tried.
    outcome: Option<Outcome>,
}

/// Tries them, and says which of them stopped the token.
pub(super) fn run(
    common: &Common,
    args: &Doctor,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let console = Console::new(common, environment);
    let path = args.path.as_deref().unwrap_or(Path::new("."));
    let folder = git::hooks_folder(path)?;
    let tree = folder.work_tree.clone().ok_or_else(|| {
        let path = path.to_path_buf();
        Failure::new(&Bare { path }, None)
    })?;
    let stop = Arc::new(AtomicBool::new(false));
    // Without it Ctrl-C ends this at once, and leaves the copy behind.
    let _ = interrupt::listen(&stop, console);
    let trying = Trying {
        tree: &tree,
        folder: &folder,
        args,
        environment,
        stop: &stop,
    };
    let tried = trying.run(console);
    // Whatever was tried last says nothing, then.
    if stop.load(Ordering::Relaxed) {
        return Ok(Exit::Interrupted.into());
    }
    let tried = tried?;
    let pipelines = doctor::Pipelines::of(&tree, "patsweep");
    // Who names the command of a pipeline has one.
    let named = |service| match &args.ci_command {
        Some(_) => Some(&Naming::Runs),
        None => pipelines.naming(service),
    };
    let text = text(&tree, &tried, named);
    generate::print_to(anstream::stdout().lock(), text.as_bytes())?;
    let checkout = Checkout::at(path, &Scope::default()).map_err(Failure::from);
    if checkout.as_ref().is_ok_and(Checkout::is_shallow) {
        console.note(
            "this clone is shallow: what was cut off is not scanned; `git fetch --unshallow` \
             fetches the rest",
        );
    }
    let is_readable = reads_what_steers(checkout, common, console);
    say_what_else(&folder, &tried, environment, console);
    let is_named = pipelines.has_gate() || args.ci_command.is_some();
    if !is_named {
        say_no_pipeline(pipelines.files, console);
    }
    let is_absent = |tried: &Tried| {
        let outcome = tried.outcome.as_ref();
        matches!(outcome, Some(Outcome::Absent | Outcome::Idle))
    };
    let is_blind = |tried: &Tried| {
        matches!(tried.outcome, Some(Outcome::Blind { .. })) && !matches!(tried.gate, Gate::Ci(_))
    };
    if tried.iter().any(is_blind) {
        console.hint(
            "the copy holds only what is committed: a hook that needs more, such as node_modules, \
             cannot be tried there",
        );
    }
    if tried.iter().any(is_absent) {
        console.hint("`patsweep hook install` installs the hooks that are missing");
    }
    let exit = exit(&tried, is_named);
    Ok(if is_readable {
        exit
    } else {
        exit.or_worse(Exit::NO)
    }
    .into())
}

/// Whether the files that steer hooks can be read, as they are staged. Says what is wrong with them.
fn reads_what_steers(
    checkout: Result<Checkout, Failure>,
    common: &Common,
    console: Console,
) -> bool {
    let staged = Version::Index(None);
    let read = checkout
        .and_then(|checkout| Steering::read(&checkout, &staged, "", common, Baselines::Read));
    match read {
        Ok(_) => true,
        Err(failure) => {
            for complaint in &failure.complaints {
                console.complain(complaint);
            }
            false
        }
    }
}

/// A run.
struct Trying<'t> {
    tree: &'t Path,
    folder: &'t HooksFolder,
    args: &'t Doctor,
    environment: &'t Environment,
    stop: &'t AtomicBool,
}

impl Trying<'_> {
    fn run(&self, console: Console) -> Result<Vec<Tried>, Failure> {
        let framework = fs::read_to_string(self.tree.join(FRAMEWORK_FILE)).unwrap_or_default();
        let framework = framework_hooks(&framework);
        let may_run = self.may_run(!framework.is_empty(), console)?;
        let copy = Copy::of(&Origin {
            tree: self.tree,
            hooks: may_run.then_some(&*self.folder.path),
            variables: &self.environment.variables,
        })?;
        let seed = getrandom::u64().map_err(|error| Failure::new(&NoRandom(error), None))?;
        let token = mint::pat(seed);
        let trials = Trials::new(&copy, &token, self.stop);
        let mut tried = Vec::new();
        for hook in Hook::ALL {
            let is_there = fs::metadata(self.folder.path.join(hook.name())).is_ok();
            let outcome = match (is_there, may_run) {
                (false, _) => Some(Outcome::Absent),
                (true, false) => None,
                (true, true) => Some(trials.hook(hook)?),
            };
            let gate = Gate::Hook(hook);
            tried.push(Tried { gate, outcome });
        }
        for (id, hook) in framework {
            let outcome = match may_run.then(|| trials.framework(&id, hook)).transpose() {
                Err(error @ DoctorError::Program { .. }) => {
                    console.note(error);
                    None
                }
                outcome => outcome?,
            };
            let gate = Gate::Framework(id);
            tried.push(Tried { gate, outcome });
        }
        for service in Service::ALL {
            let outcome = Some(self.ci(&trials, service)?);
            let gate = Gate::Ci(service);
            tried.push(Tried { gate, outcome });
        }
        Ok(tried)
    }

    fn ci(&self, trials: &Trials<'_>, service: Service) -> Result<Outcome, DoctorError> {
        match (&self.args.ci_command, &self.environment.program) {
            (Some(command), _) if cfg!(windows) => trials.ci(
                service,
                OsStr::new("cmd"),
                &["/C".as_ref(), command.as_ref()],
            ),
            (Some(command), _) => trials.ci(
                service,
                OsStr::new("sh"),
                &["-c".as_ref(), command.as_ref()],
            ),
            (None, Some(program)) => trials.ci(service, program.as_os_str(), &["ci".as_ref()]),
            (None, None) => trials.ci(service, OsStr::new("patsweep"), &["ci".as_ref()]),
        }
    }

    /// Whether the user lets the repository's hooks run. Nobody is asked if there are none.
    fn may_run(&self, has_framework: bool, console: Console) -> Result<bool, Failure> {
        let names = Hook::ALL.map(Hook::name);
        let there = names
            .into_iter()
            .filter(|name| self.folder.path.join(name).exists());
        let mut programs: Vec<String> = there
            .map(|name| shown(&self.folder.path.join(name)))
            .collect();
        if has_framework {
            programs.push(format!("what {FRAMEWORK_FILE} names"));
        }
        if self.args.run_hooks || programs.is_empty() {
            return Ok(true);
        }
        if !self.environment.stdin_terminal || !self.environment.stderr_terminal {
            console.hint("--run-hooks tries the hooks, too; they are programs, and run in a copy");
            return Ok(false);
        }
        ask(&programs).map_err(|source| Failure::new(&Unread(source), None))
    }
}

/// Nobody answered.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the answer")]
struct Unread(#[source] io::Error);

fn ask(programs: &[String]) -> io::Result<bool> {
    let mut out = io::stderr().lock();
    writeln!(
        out,
        "These programs would run, in a copy of the repository and without its remotes:"
    )?;
    for program in programs {
        writeln!(out, "  {program}")?;
    }
    write!(out, "Run them? [y/N] ")?;
    out.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// What was tried, one gate a line; `naming` tells how a pipeline of a service names a gate here.
fn text<'n>(
    tree: &Path,
    tried: &[Tried],
    naming: impl Fn(Service) -> Option<&'n Naming>,
) -> String {
    let mut text = format!(
        "a token that nobody issued was planted in a copy of {}\n\n",
        shown(tree)
    );
    let names: Vec<String> = tried.iter().map(|tried| name(&tried.gate)).collect();
    let width = names.iter().map(String::len).max().unwrap_or_default();
    for (Tried { gate, outcome }, name) in tried.iter().zip(names) {
        let outcome = match outcome {
            Some(Outcome::Stopped) => match gate {
                Gate::Ci(service) => request(naming(*service)),
                Gate::Hook(_) | Gate::Framework(_) => "stopped it".to_owned(),
            },
            Some(Outcome::Passed) => "LET IT PASS".to_owned(),
            Some(Outcome::Blind { said }) => {
                format!(
                    "STOPS EVERYTHING, leak or not: {}",
                    escape_for_terminal(said)
                )
            }
            Some(Outcome::Absent) => "not installed".to_owned(),
            Some(Outcome::Idle) => {
                "BROKEN: git does not run it, for it is not executable".to_owned()
            }
            None => "not tried".to_owned(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:width$}  {outcome}");
    }
    text
}

/// What is said of a pipeline in which `naming` stands, where its gate stops the token.
fn request(naming: Option<&Naming>) -> String {
    match naming {
        Some(Naming::Runs) => "stopped it".to_owned(),
        Some(Naming::Doubtful { file, line, what }) => format!(
            "would stop it; whether {}:{line} has it do so is not known: {}",
            shown(file),
            escape_for_terminal(what)
        ),
        None => "would stop it; no pipeline here runs patsweep".to_owned(),
    }
}

fn name(gate: &Gate) -> String {
    match gate {
        Gate::Hook(hook) => format!("{} hook", hook.name()),
        Gate::Framework(id) => format!("pre-commit framework, {}", escape_for_terminal(id)),
        Gate::Ci(service) => format!("pull request in {}", service.name()),
    }
}

/// Says what is not tried but told: where hooks are, and their versions.
fn say_what_else(
    folder: &HooksFolder,
    tried: &[Tried],
    environment: &Environment,
    console: Console,
) {
    if folder.is_configured {
        let folder = shown(&folder.path);
        console.note(format_args!(
            "core.hooksPath has git look for hooks in {folder}"
        ));
    }
    let may_run = tried.iter().all(|tried| tried.outcome.is_some());
    let own = environment.program.as_deref().and_then(doctor::version_of);
    for hook in Hook::ALL {
        if let Ok(State::Ours { program, .. }) = hooks::state(&folder.path, hook)
            && may_run
            && let Some(other) = doctor::version_of(&program)
            && Some(&other) != own.as_ref()
        {
            let (name, program) = (hook.name(), shown(&program));
            let other = escape_for_terminal(&other);
            console.note(format_args!(
                "the {name} hook runs another version: {program}, {other}"
            ));
        }
    }
}

/// Says that no pipeline runs anything of this, though `files` define some.
fn say_no_pipeline(files: u64, console: Console) {
    let files = match files {
        0 => "no pipeline is defined here".to_owned(),
        files => {
            let files = count(files, "file");
            format!("no pipeline here names patsweep ({files} looked at)")
        }
    };
    console.note(format_args!("{files}; docs/ci has one for each service"));
}

/// Clean if all that is there stopped the token, and anything is there.
fn exit(tried: &[Tried], is_named: bool) -> Exit {
    let outcomes = || tried.iter().map(|tried| &tried.outcome);
    let fails = |outcome: &Option<Outcome>| {
        matches!(
            outcome,
            Some(Outcome::Passed | Outcome::Blind { .. } | Outcome::Idle)
        )
    };
    let is_local = |tried: &&Tried| !matches!(tried.gate, Gate::Ci(_));
    let stops = |tried: &Tried| tried.outcome == Some(Outcome::Stopped);
    if outcomes().any(fails) {
        Exit::NO
    } else if outcomes().any(Option::is_none) {
        Exit::Incomplete
    } else if is_named || tried.iter().filter(is_local).any(stops) {
        Exit::Clean
    } else {
        Exit::NO
    }
}
