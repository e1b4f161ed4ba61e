//! `scan`: the main job.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::args::{Common, FailOn, OutputArg, Scan};
use super::console::Console;
use super::exit::{Complaint, Failure, is_unanswered, verdict};
use super::interrupt;
use super::output::{self, Audience, Destination, OutputError};
use super::progress::Line;
use super::settings::{self, Coloring, Environment, Settings, shown};
use crate::model::{Report, Timestamp};
use crate::report::{self, Format, Secrets, Verbosity, count};
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
    let settings = settings::resolve(common, args, order, environment)?;
    let console = console.recolored(settings.stderr_coloring);
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = interrupt::listen(&stop, console) {
        console.detail(format_args!(
            "Ctrl-C will end the scan without a report: {error}"
        ));
    }
    say_what_steers(&settings, console);
    check(&settings)?;
    let report = scan(&settings, &stop, environment, console);
    write(&settings, common, args, &report)?;
    say_how_it_went(&settings, &report, console);
    Ok(verdict(&report, settings.fail_on, settings.leak_code).into())
}

/// Everything that can be known to fail fails here, before anything is read.
fn check(settings: &Settings) -> Result<(), Failure> {
    let mut complaints = Vec::new();
    if let Err(errors) = sources::check(&settings.scan.targets, &settings.scan.sources) {
        complaints.extend(errors.iter().map(Complaint::from));
    }
    for output in &settings.outputs {
        if let Destination::File(path) = &output.destination
            && let Err(error) = output::probe(path, &settings.scan.targets)
        {
            complaints.push(Complaint::new(&error, error.hint()));
        }
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(Failure { complaints })
    }
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
    let watched = environment.stderr_terminal && !environment.dumb_terminal && !console.is_quiet();
    let line = watched.then(|| Line::start(progress.clone()));
    let start = Instant::now();
    let mut report = crate::scan::run(&settings.scan, &progress, stop);
    report.summary.seconds = start.elapsed().as_secs_f64();
    drop(line);
    report
}

fn write(
    settings: &Settings,
    common: &Common,
    args: &Scan,
    report: &Report,
) -> Result<(), Failure> {
    let mut complaints = Vec::new();
    let rules: Vec<&Rule> = settings
        .scan
        .rules
        .iter()
        .filter(|rule| settings.scan.rules.is_enabled(rule))
        .collect();
    for output in &settings.outputs {
        let mut options = report::Options {
            rules: &rules,
            color: match settings.stdout_coloring {
                Coloring::Colored => report::Color::Ansi,
                Coloring::Plain => report::Color::Plain,
            },
            secrets: if args.show_secrets {
                Secrets::Show
            } else {
                Secrets::Redact
            },
            verbosity: verbosity(common),
            now: now(),
        };
        let format = output.format;
        let written = match &output.destination {
            Destination::Stdout => {
                let mut stdout = BufWriter::new(io::stdout().lock());
                match report::write(report, format, &options, &mut stdout)
                    .and_then(|()| stdout.flush())
                {
                    // The reader has seen enough; the exit code still says what was found.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                    result => result.map_err(OutputError::Stdout),
                }
            }
            Destination::File(path) => {
                options.color = report::Color::Plain;
                let audience = if args.show_secrets {
                    Audience::OwnerOnly
                } else {
                    Audience::Usual
                };
                output::write_file(path, audience, |out| {
                    report::write(report, format, &options, out)
                })
            }
        };
        complaints.extend(written.err().as_ref().map(Complaint::from));
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(Failure { complaints })
    }
}

/// How much a report says; `--quiet` is about standard error alone.
fn verbosity(common: &Common) -> Verbosity {
    if common.verbose > 0 {
        Verbosity::Verbose
    } else {
        Verbosity::Normal
    }
}

/// The one place where a scan reads the clock.
fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn say_what_steers(settings: &Settings, console: Console) {
    match &settings.config_file {
        Some(path) => console.detail(format_args!("configuration: {}", shown(path))),
        None => console.detail("configuration: none"),
    }
    for path in &settings.rule_files {
        console.detail(format_args!("rules: {}", shown(path)));
    }
    console.detail(format_args!("threads: {}", settings.scan.sources.jobs));
}

fn say_how_it_went(settings: &Settings, report: &Report, console: Console) {
    let text_on_stdout = settings
        .outputs
        .iter()
        .any(|output| output.format == Format::Text && output.destination == Destination::Stdout);
    if !text_on_stdout {
        console.note(summary(report));
    }
    for output in &settings.outputs {
        if let Destination::File(path) = &output.destination {
            console.detail(format_args!(
                "{} report: {}",
                output.format.name(),
                shown(path)
            ));
        }
    }
    let open = report
        .findings
        .iter()
        .filter(|finding| finding.suppressed.is_none());
    let unanswered = open.filter(|finding| is_unanswered(finding)).count();
    if settings.fail_on == FailOn::Active && unanswered > 0 {
        console.note(format_args!(
            "{} {} not verified: whether {} active is not known",
            count(unanswered as u64, "token"),
            if unanswered == 1 { "was" } else { "were" },
            if unanswered == 1 { "it is" } else { "they are" },
        ));
    }
}

fn summary(report: &Report) -> String {
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
    let mut summary = count(report.findings.len() as u64, "token");
    if !units.is_empty() {
        summary = format!("{summary} in {}", units.join(" and "));
    }
    if problems > 0 {
        summary = format!("{summary}, {}", count(problems, "problem"));
    }
    summary
}
