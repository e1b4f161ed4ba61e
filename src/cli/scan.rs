//! `scan`: the main job.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::args::{Common, OutputArg, Scan};
use super::ask::Asking;
use super::baseline::Named;
use super::console::Console;
use super::environment::Environment;
use super::exit::{Complaint, Failure, say_what_is_open, verdict};
use super::interrupt;
use super::output::{self, Input, Opened, Role};
use super::progress::Line;
use super::revoke::Enforcement;
use super::seal;
use super::settings::{self, Settings, now, shown};
use crate::model::Report;
use crate::report::{Format, Secrets, count};
use crate::rules::Rule;
use crate::scan::Progress;
use crate::sources::{self, Target, git};

/// Scans and reports.
pub(super) fn run(
    common: &Common,
    args: &Scan,
    order: &[OutputArg],
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let console = Console::new(common, environment);
    let mut settings = settings::resolve(common, args, order, environment)?;
    let known = settings.baseline.as_deref().map(Named::read).transpose()?;
    let console = console.recolored(settings.stderr_coloring);
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = interrupt::listen(&stop, console) {
        console.detail(format_args!(
            "Ctrl-C will end the scan without a report: {error}"
        ));
    }
    say_what_steers(&settings, console);
    let outputs = open(&settings)?;
    let seal = seal::prepare(&args.seal, &settings.outputs)?;
    let steering = settings.config_file.iter().chain(&settings.baseline);
    let rules = settings.scan.rules.patterns();
    let rules = rules.map(|(rule, _)| &rule.place.path);
    let steering = steering.chain(&settings.rule_files).chain(rules);
    let steering: Vec<_> = steering.cloned().collect();
    let targets = &settings.scan.targets;
    let enforcement = Enforcement::resolve(common, args, (targets, &steering), environment)?;
    if enforcement.is_some() {
        console.note(
            "ignore files and `patsweep:ignore` of what is scanned do not count with --enforce",
        );
    }
    settings.scan.sources.reports = replaced(&outputs);
    let mut report = scan(&settings, &stop, environment, console);
    if let Some(known) = &known {
        known.apply(&mut report, now());
    }
    let mut bounds = settings.asking.as_ref().map(|it| it.bounds(&stop));
    let mut asked = Ok(());
    if let (Some(asking), Some(bounds)) = (&settings.asking, &mut bounds) {
        asked = asking.ask(&mut report, &BTreeMap::new(), bounds, console);
    }
    let rules = settings.scan.rules.iter();
    let rules: Vec<&Rule> = rules
        .filter(|rule| settings.scan.rules.is_enabled(rule))
        .collect();
    let home = settings
        .asking
        .as_ref()
        .map(Asking::home)
        .unwrap_or_default();
    let secrets = if args.show_secrets {
        Secrets::Show
    } else {
        Secrets::Redact
    };
    let options = settings::reporting(common, &rules, settings.stdout_coloring, secrets, home);
    // Whichever of them fails, the other is of use.
    Failure::any([
        output::write(&outputs, &options, &report, console),
        seal::finish(seal.as_ref(), &report, console),
    ])?;
    say_how_it_went(&settings, &outputs, &report, console);
    // What was found is told all the same.
    asked?;
    let verdict = |report: &Report| verdict(report, settings.fail_on, settings.leak_code);
    match (&enforcement, &bounds) {
        (Some(enforcement), Some(bounds)) if !report.interrupted => {
            let told = (environment, console);
            enforcement.run(&mut report, args, verdict, bounds, told)
        }
        _ => Ok(verdict(&report)),
    }
    .map(Into::into)
}

/// Opens the outputs. Everything that can be known to fail fails here, before anything is read.
pub(super) fn open(settings: &Settings) -> Result<Vec<Opened>, Failure> {
    let mut complaints = Vec::new();
    if let Err(errors) = sources::check(&settings.scan.targets, &settings.scan.sources) {
        complaints.extend(errors.iter().map(Complaint::from));
    }
    match output::open(&settings.outputs, &inputs(settings)) {
        Ok(outputs) if complaints.is_empty() => return Ok(outputs),
        Ok(_) => {}
        Err(errors) => {
            let told = errors
                .iter()
                .map(|error| Complaint::new(error, error.hint()));
            complaints.extend(told);
        }
    }
    Err(Failure { complaints })
}

/// The files that the run reads, as far as they are named.
fn inputs(settings: &Settings) -> Vec<Input<'_>> {
    let targets = settings
        .scan
        .targets
        .iter()
        .filter_map(|target| match target {
            Target::Stdin => None,
            Target::Path(path) => Some((path, Role::Target)),
        });
    let configuration = settings.config_file.iter();
    let rules = settings.scan.rules.patterns();
    let baseline = settings.baseline.iter();
    targets
        .chain(configuration.map(|path| (path, Role::Configuration)))
        .chain(baseline.map(|path| (path, Role::Baseline)))
        .chain(rules.map(|(rule, _)| (&rule.place.path, Role::Rules)))
        .map(|(path, role)| Input { path, role })
        .collect()
}

/// The files that this run replaces, which are not worth scanning.
fn replaced(outputs: &[Opened]) -> Vec<PathBuf> {
    let files = outputs.iter().filter_map(|output| match output {
        Opened::Stdout(_) => None,
        Opened::File(_, file) => file.replaced(),
    });
    files
        .flat_map(|file| output::older(file).chain([file.to_owned()]))
        .collect()
}

fn scan(
    settings: &Settings,
    stop: &Arc<AtomicBool>,
    environment: &Environment,
    console: Console,
) -> Report {
    if settings.scan.targets.contains(&Target::Stdin) && environment.stdin_terminal {
        console.note("reading standard input; end it with Ctrl-D");
    }
    for target in &settings.scan.targets {
        if let Target::Path(path) = target
            && settings.scan.sources.git.reads_all()
            && let Some(repository) = git::around(path)
        {
            console.note(format_args!(
                "{} is inside the repository {}: its files are scanned, its history is not",
                shown(path),
                shown(&repository)
            ));
        }
    }
    let progress = Arc::new(Progress::default());
    let line = console
        .shows_progress()
        .then(|| Line::start(progress.clone()));
    let report = timed(settings, &progress, stop);
    drop(line);
    report
}

/// Scans, and takes the time.
pub(super) fn timed(
    settings: &Settings,
    progress: &Arc<Progress>,
    stop: &Arc<AtomicBool>,
) -> Report {
    let start = Instant::now();
    let mut report = crate::scan::run(&settings.scan, progress, stop);
    report.summary.seconds = start.elapsed().as_secs_f64();
    report
}

fn say_what_steers(settings: &Settings, console: Console) {
    match &settings.config_file {
        Some(path) => console.detail(format_args!("configuration: {}", shown(path))),
        None => console.detail("configuration: none"),
    }
    for path in &settings.rule_files {
        console.detail(format_args!("rules: {}", shown(path)));
    }
    if let Some(path) = &settings.baseline {
        console.detail(format_args!("baseline: {}", shown(path)));
    }
    console.detail(format_args!("threads: {}", settings.scan.sources.jobs));
}

fn say_how_it_went(settings: &Settings, outputs: &[Opened], report: &Report, console: Console) {
    let text_on_stdout = outputs
        .iter()
        .any(|output| matches!(output, Opened::Stdout(Format::Text)));
    if !text_on_stdout {
        console.note(summary(report));
    }
    for output in outputs {
        if let Opened::File(format, file) = output {
            console.detail(format_args!(
                "{} report: {}",
                format.name(),
                shown(file.given())
            ));
        }
    }
    say_what_is_open(report, settings.fail_on, console);
}

/// What was found and scanned, in one line.
pub(super) fn summary(report: &Report) -> String {
    let units = [
        (report.summary.files, "file"),
        (report.summary.objects, "git object"),
    ];
    let units: Vec<_> = units
        .into_iter()
        .filter(|&(number, _)| number > 0)
        .map(|(number, noun)| count(number, noun))
        .collect();
    let problems = report.problems.iter();
    let problems = problems.filter(|problem| !report.accepts(problem)).count() as u64;
    if units.is_empty() && problems == 0 {
        return "nothing was scanned".to_owned();
    }
    let suppressed = report.findings.iter();
    let suppressed = suppressed
        .filter(|finding| finding.suppressed.is_some())
        .count();
    let mut summary = count((report.findings.len() - suppressed) as u64, "token");
    if !units.is_empty() {
        summary = format!("{summary} in {}", units.join(" and "));
    }
    if suppressed > 0 {
        summary = format!("{summary}, {suppressed} suppressed");
    }
    if problems > 0 {
        summary = format!("{summary}, {}", count(problems, "problem"));
    }
    summary
}
