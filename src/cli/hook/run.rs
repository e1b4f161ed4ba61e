//! `hook run`: scans what a commit or a push would bring.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::super::args::{Common, FailOn, HookRun, HookRunCommand, Scan};
use super::super::baseline::Named;
use super::super::console::Console;
use super::super::environment::Environment;
use super::super::exit::{Complaint, DEFAULT_LEAK_CODE, Exit, Failure, verdict};
use super::super::settings::{self, Settings};
use super::super::steering::{Baselines, Steering};
use super::blocked::{self, Subject};
use crate::gate::hooks::{GitsOwn, pushed, received};
use crate::gate::steering::{CONFIG_NAME, IGNORE_NAME};
use crate::model::{
    BytePath, Finding, FindingId, ObjectKind, Origin, Report, SkipReason, SourceKind,
};
use crate::report::count;
use crate::scan::{Lookout, Progress};
use crate::sources::git::part::{Checkout, Part, State};
use crate::sources::{self, git};
use crate::triage::InlineIgnores;

/// Problems that are told, at most.
const MOST_PROBLEMS: usize = 5;

/// What a push brings could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read from standard input what is pushed")]
struct Unread(#[source] io::Error);

/// Does the work of a hook. Nothing is said where there is nothing to say.
pub(in crate::cli) fn run(
    common: &Common,
    args: &HookRun,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let mut exit = Exit::Clean;
    for (part, subject) in parts(args, environment)? {
        exit = exit.or_worse(look(common, environment, part, &subject)?);
    }
    Ok(exit.into())
}

/// Scans `part`, or else the message, and says what is in the way.
fn look(
    common: &Common,
    environment: &Environment,
    part: Option<Part>,
    subject: &Subject,
) -> Result<Exit, Failure> {
    let console = Console::new(common, environment);
    let target = match subject {
        Subject::Message(file) => file.clone(),
        Subject::Staged | Subject::Push | Subject::Received | Subject::Range => PathBuf::from("."),
    };
    let scan = Scan {
        targets: vec![target],
        ..Scan::default()
    };
    let state = match subject {
        // Whoever pushes would write them.
        Subject::Received => State::Nothing,
        Subject::Staged | Subject::Message(_) | Subject::Push | Subject::Range => {
            State::Index(environment.git_index.clone())
        }
    };
    let scope = git::Scope {
        git_dir: environment.git_dir.clone(),
        ..git::Scope::default()
    };
    let checkout = Checkout::at(Path::new("."), &scope)?;
    let steering = Steering::read(&checkout, &state, "", common, Baselines::Read)?;
    for file in steering.files() {
        console.detail(format_args!("steered by {file} in the index"));
    }
    let config = steering.config.clone();
    let mut settings = settings::resolve_with(common, &scan, &[], environment, config)?;
    let git = &mut settings.scan.sources.git;
    git.part = part;
    git.git_objects.clone_from(&environment.git_objects);
    if *subject == Subject::Received {
        settings.scan.inline_ignores = InlineIgnores::Off;
    } else {
        git.excluding = Some(state);
    }
    let fail_on = match settings.fail_on {
        FailOn::Proven => FailOn::Proven,
        // Nobody is asked, and one who wants no commit blocked needs no hook.
        FailOn::Any | FailOn::Active | FailOn::Never => FailOn::Any,
    };
    let own = settings.baseline.as_deref().map(Named::read).transpose()?;
    let mut report = scanned(&settings, &steering, own.as_ref())?;
    if let (Subject::Message(file), false) = (subject, environment.no_editor) {
        pass_over_gits_own(&mut report, file, &checkout, environment);
    }
    let exit = verdict(&report, fail_on, DEFAULT_LEAK_CODE);
    if let Exit::Leak(_) = exit {
        let is_counted = |rule: &str| settings.scan.rules.rule(rule).map(|it| it.title.clone());
        let kept = kept(&report, &checkout);
        console.say(&blocked::text(&report, subject, fail_on, &kept, is_counted));
    } else {
        say_what_passes(&report, console);
        say_what_is_left_out(&report, &checkout, environment, console);
    }
    if exit == Exit::Incomplete {
        say_what_is_unread(&report, console);
    }
    Ok(exit)
}

/// What is scanned, each by itself; nothing if there is nothing.
fn parts(
    args: &HookRun,
    environment: &Environment,
) -> Result<Vec<(Option<Part>, Subject)>, Failure> {
    let framework = &environment.pre_commit;
    let (sent, subject) = match &args.hook {
        HookRunCommand::CommitMsg { file } => {
            return Ok(vec![(None, Subject::Message(file.clone()))]);
        }
        HookRunCommand::PreCommit => {
            let index = environment.git_index.clone();
            let staged = (Some(Part::Staged { index }), Subject::Staged);
            // Variables that somebody left behind must not hide what is staged.
            let range = framework.range().map(Part::Sent);
            let range = range.map(|range| (Some(range), Subject::Range));
            return Ok(iter::once(staged).chain(range).collect());
        }
        HookRunCommand::PrePush { remote, url } => {
            let given = remote.as_deref().filter(|it| !it.is_empty());
            let url = url.as_deref().filter(|it| !it.is_empty());
            let sent = if let Some(sent) = framework.sent().filter(|_| given.is_none()) {
                Some(sent)
            } else {
                let input = input(environment);
                let input = input.map_err(|error| Failure::new(&Unread(error), None))?;
                pushed(&input, given, url).map_err(|error| Failure::new(&error, None))?
            };
            (sent, Subject::Push)
        }
        HookRunCommand::PreReceive => {
            let input = input(environment);
            let input = input.map_err(|error| Failure::new(&Unread(error), None))?;
            let quarantine = environment.git_quarantine.clone();
            let sent = received(&input, quarantine).map_err(|error| Failure::new(&error, None))?;
            (sent, Subject::Received)
        }
    };
    let sent = sent.map(|sent| (Some(Part::Sent(sent)), subject));
    Ok(sent.into_iter().collect())
}

fn input(environment: &Environment) -> io::Result<Vec<u8>> {
    let mut input = Vec::new();
    if !environment.stdin_terminal {
        io::stdin().lock().read_to_end(&mut input)?;
    }
    Ok(input)
}

fn scanned(
    settings: &Settings,
    steering: &Steering,
    own: Option<&Named>,
) -> Result<Report, Failure> {
    let scan = &settings.scan;
    sources::check(&scan.targets, &scan.sources).map_err(|errors| Failure {
        complaints: errors.iter().map(Complaint::from).collect(),
    })?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut report = crate::scan::run(scan, &Arc::new(Progress::default()), &stop);
    steering.apply(own, &mut report);
    Ok(report)
}

/// Takes what stands in the message `file` only because git shows the change there out of `report`.
///
/// Without `--verbose` git takes nothing off, and whether it was given nobody says. So a token counts
/// that the change does not have where it is said to stand: in what is staged, or in what was committed
/// before.
fn pass_over_gits_own(
    report: &mut Report,
    file: &Path,
    checkout: &Checkout,
    environment: &Environment,
) {
    // What cannot be read was told by the scan.
    let own = GitsOwn::of(&std::fs::read(file).unwrap_or_default());
    let is_own = |finding: &&Finding| {
        let mut places = finding.occurrences.iter();
        places.all(|place| place.position.is_some_and(|it| own.has(it.line)))
    };
    let shown = report.findings.iter().filter(is_own);
    let shown = shown.map(|finding| finding.id.clone()).collect();
    // An amended commit is compared with the one before.
    let head = checkout.head();
    let before = head.map(|head| checkout.parents(head)).unwrap_or_default();
    let commits = head.into_iter().chain(before).map(State::Commit);
    let index = State::Index(environment.git_index.clone());
    let states: Vec<_> = commits.chain([index]).collect();
    let there = held(checkout, &shown, &states, own.paths());
    report
        .findings
        .retain(|finding| !there.contains(&finding.id));
}

/// Which tokens that are staged `HEAD` has in the same files.
fn kept(report: &Report, checkout: &Checkout) -> BTreeSet<FindingId> {
    let staged = report.findings.iter().filter(|finding| {
        let mut places = finding.occurrences.iter();
        places.any(|place| place.origin.source == SourceKind::GitIndex)
    });
    let wanted: BTreeSet<_> = staged.map(|finding| finding.id.clone()).collect();
    let places = report.findings.iter().flat_map(|it| &it.occurrences);
    let paths: BTreeSet<_> = places.map(|place| &place.origin.path).collect();
    let head: Vec<_> = checkout.head().map(State::Commit).into_iter().collect();
    held(checkout, &wanted, &head, paths)
}

/// Which of `wanted` stand in one of `paths`, its name or its contents, in one of `states`.
fn held<'p>(
    checkout: &Checkout,
    wanted: &BTreeSet<FindingId>,
    states: &[State],
    paths: impl IntoIterator<Item = &'p BytePath>,
) -> BTreeSet<FindingId> {
    if wanted.is_empty() {
        return BTreeSet::new();
    }
    let stop = AtomicBool::new(false);
    let lookout = Lookout::new(wanted, &stop);
    let mut sink = lookout.sink();
    for path in paths {
        for state in states {
            if let Ok(Some(text)) = checkout.file(state, &path.0) {
                let origin = Origin::new(SourceKind::GitObject, path.clone());
                sink.whole(&origin, &text);
                sink.whole(&origin, &path.0);
            }
        }
    }
    drop(sink);
    wanted
        .iter()
        .filter(|id| lookout.has(id))
        .cloned()
        .collect()
}

/// Says that something was passed over, for others will not.
fn say_what_passes(report: &Report, console: Console) {
    let passed = report.findings.iter();
    let passed = passed
        .filter(|finding| finding.suppressed.is_some())
        .count();
    if passed > 0 {
        console.note(format_args!(
            "patsweep: {} passed over by the baseline in the index or by marks; CI does so only \
             once that is merged",
            count(passed as u64, "token")
        ));
    }
}

/// Says that files were left out by what is only staged.
fn say_what_is_left_out(
    report: &Report,
    checkout: &Checkout,
    environment: &Environment,
    console: Console,
) {
    let blobs = report.coverage.objects.get(&ObjectKind::Blob);
    let excluded = blobs.and_then(|it| it.skipped.get(&SkipReason::Excluded));
    let Some(&excluded) = excluded else {
        return;
    };
    let excluded = count(excluded, "file");
    let index = State::Index(environment.git_index.clone());
    let head = checkout.head().map_or(State::Nothing, State::Commit);
    let read = |state, name: &str| checkout.file(state, name.as_bytes()).ok().flatten();
    let is_new = |name: &&str| read(&index, name) != read(&head, name);
    console.note(match [CONFIG_NAME, IGNORE_NAME].into_iter().find(is_new) {
        Some(name) => format!(
            "patsweep: {excluded} left out by {name} in the index or other files like it; CI does so \
             only once that is merged"
        ),
        None => format!(
            "patsweep: {excluded} left out by {CONFIG_NAME}, {IGNORE_NAME} or your own configuration; \
             CI goes by what is merged"
        ),
    });
}

fn say_what_is_unread(report: &Report, console: Console) {
    let problems = report.problems.iter();
    let mut problems = problems.filter(|problem| !report.accepts(problem));
    for problem in problems.by_ref().take(MOST_PROBLEMS) {
        let path = String::from_utf8_lossy(&problem.path.0);
        console.complain(&Complaint {
            error: format!("patsweep: {path}: {}", problem.message),
            causes: Vec::new(),
            hint: None,
        });
    }
    let more = problems.count();
    if more > 0 {
        let more = count(more as u64, "more problem");
        console.note(format_args!("patsweep: and {more}"));
    }
    console.hint(
        "mend that; or have the file left out, with `exclude` under [scan] in patsweep.toml, staged",
    );
}
