//! `ci`: scans what a pull request or a push brings, steered by what was there before.

mod checkout;
mod marks;
mod service;
mod told;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::args::{Ci, Common, FailOn, OutputArg, Scan};
use super::baseline::Named;
use super::console::Console;
use super::environment::Environment;
use super::exit::{Complaint, Exit, Failure, verdict};
use super::interrupt;
use super::output::{self, Opened};
use super::scan::{self, summary};
use super::settings::{self, Settings};
use super::steering::{Baselines, Steering};
use crate::gate::ci::{Addition, CiError, Plan, Run, Service, Wish, additions, is_ignore_file};
use crate::model::{BytePath, ObjectId, ObjectKind, Problem, ProblemKind, Report, SkipReason};
use crate::report::{Format, Home, Leaks, Redactor, Secrets};
use crate::rules::Rule;
use crate::sources;
use crate::sources::git::Scope;
use crate::sources::git::part::{Checkout, PartError, State};
use crate::triage::InlineIgnores;
use checkout::Prepared;
use told::Told;

/// A line of a `.patsweepignore` that is no pattern.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {flaw}")]
struct BrokenIgnore {
    path: String,
    flaw: String,
}

impl From<CiError> for Failure {
    fn from(error: CiError) -> Self {
        Self::new(&error, error.hint())
    }
}

/// Scans what is new, and tells the service.
pub(super) fn run(
    common: &Common,
    args: &Ci,
    order: &[OutputArg],
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let service = match environment.ci.service() {
        Ok(service) => service,
        // Then the service does not matter.
        Err(_) if args.range.is_some() => None,
        Err(error) => return Err(error.into()),
    };
    let gate = Gate {
        common,
        args,
        order,
        environment,
        service,
        console: Console::new(common, environment),
    };
    gate.run().inspect_err(|failure| gate.tell_failure(failure))
}

/// A run of `ci`.
struct Gate<'g> {
    common: &'g Common,
    args: &'g Ci,
    order: &'g [OutputArg],
    environment: &'g Environment,
    service: Option<Service>,
    console: Console,
}

impl Gate<'_> {
    fn run(&self) -> Result<ExitCode, Failure> {
        let run = self.what_runs()?;
        let scan = self.args.scan();
        let Prepared { checkout, plan } = self.prepare(run.as_ref(), &scan)?;
        let state = self.believed(&plan);
        let steering = self.steering(&checkout, &state)?;
        let mut settings = self.settings(&scan, &steering)?;
        settings.scan.sources.git.part = Some(plan.part.clone());
        settings.scan.sources.git.excluding = Some(state.clone());
        let fail_on = match settings.fail_on {
            // Nobody is asked.
            FailOn::Active => FailOn::Any,
            other => other,
        };
        let own = settings.baseline.as_deref().map(Named::read).transpose()?;
        let outputs = scan::open(&settings)?;
        let mut told = self.told(&checkout, &plan, &state, &steering)?;
        told.say(self.console, self.service);
        let stop = Arc::new(AtomicBool::new(false));
        // Without it Ctrl-C ends the scan at once.
        let _ = interrupt::listen(&stop, self.console);
        let trusts_marks = self.args.trust_head;
        let mut report = if trusts_marks || settings.scan.inline_ignores == InlineIgnores::Off {
            scan::timed(&settings, &Arc::default(), &stop)
        } else {
            let (report, passed) = marks::scanned(&mut settings, &checkout, &state, &stop);
            told.marks = passed;
            report
        };
        let blobs = report.coverage.objects.get(&ObjectKind::Blob);
        let excluded = blobs.and_then(|it| it.skipped.get(&SkipReason::Excluded));
        told.excluded = excluded.copied().unwrap_or_default();
        steering.apply(own.as_ref(), &mut report);
        self.tell_gaps(&plan, &mut report);
        told.say_added(self.console, &Redactor::new(&report));
        let exit = verdict(&report, fail_on, settings.leak_code);
        self.write(&settings, &outputs, &report, (&told, exit))?;
        // What is merged must be of use, or nothing can be scanned from then on.
        self.check_head(&checkout, &plan, &state)?;
        Ok(exit.into())
    }

    /// What the service says that this is about.
    fn what_runs(&self) -> Result<Option<Run>, CiError> {
        let run = self
            .service
            .map(|it| self.environment.ci.run(it))
            .transpose();
        match run {
            // Then it is not needed.
            Err(_) if self.args.range.is_some() => Ok(None),
            run => run,
        }
    }

    fn scope(&self) -> Scope {
        Scope {
            git_dir: self.environment.git_dir.clone(),
            ..Scope::default()
        }
    }

    fn prepare(&self, run: Option<&Run>, scan: &Scan) -> Result<Prepared, Failure> {
        let path = scan
            .targets
            .first()
            .map_or(Path::new("."), PathBuf::as_path);
        let wish = Wish {
            range: self.args.range.clone(),
            target: self.args.target.clone(),
        };
        let deepening = self.args.deepen.then_some(self.console);
        checkout::prepare(path, &self.scope(), run, &wish, deepening)
    }

    /// Whose files steer.
    fn believed(&self, plan: &Plan) -> State {
        let trusted = plan.trusted.as_ref().map(|it| it.commit);
        let tip = plan.tips.first().copied();
        let commit = if self.args.trust_head { tip } else { trusted };
        commit.map_or(State::Nothing, State::Commit)
    }

    fn steering(&self, checkout: &Checkout, state: &State) -> Result<Steering, Failure> {
        let baselines = if self.args.known.baseline.is_some() {
            Baselines::Passed
        } else {
            Baselines::Read
        };
        let prefix = match state {
            State::Commit(commit) => format!("{:.12}:", commit.to_string()),
            State::Nothing | State::Index(_) => String::new(),
        };
        Steering::read(checkout, state, &prefix, self.common, baselines)
    }

    fn settings(&self, scan: &Scan, steering: &Steering) -> Result<Settings, Failure> {
        let mut last = steering.config.clone();
        last.format = last.format.or(self.service.map(service::format));
        settings::resolve_with(self.common, scan, self.order, self.environment, last)
    }

    fn told(
        &self,
        checkout: &Checkout,
        plan: &Plan,
        state: &State,
        steering: &Steering,
    ) -> Result<Told, Failure> {
        let believed = match state {
            State::Commit(commit) => Some(*commit),
            State::Nothing | State::Index(_) => None,
        };
        // What the change adds is shown whether or not it is believed.
        let before = plan.trusted.as_ref().map(|it| it.commit);
        let added = match plan.tips.first() {
            Some(tip) => self.added(checkout, before, *tip, steering)?,
            None => Vec::new(),
        };
        let from = match (self.args.trust_head, &plan.trusted) {
            (true, _) => "the change itself".to_owned(),
            (false, Some(trusted)) => trusted.what.clone(),
            (false, None) => "nothing in the repository".to_owned(),
        };
        Ok(Told {
            what: plan.what.clone(),
            tips: plan.tips.clone(),
            known: plan.known.clone(),
            from,
            believed,
            is_head: self.args.trust_head,
            files: steering.files(),
            added,
            excluded: 0,
            marks: 0,
        })
    }

    /// What the change adds to files that steer, or would if it counted.
    fn added(
        &self,
        checkout: &Checkout,
        before: Option<ObjectId>,
        tip: ObjectId,
        steering: &Steering,
    ) -> Result<Vec<Addition>, PartError> {
        let own = State::Commit(tip);
        let own = Steering::read(checkout, &own, "", self.common, Baselines::Passed);
        // What cannot be read is told in the end.
        let own = own.map(|it| it.baseline_name());
        let names = [Some(steering.baseline_name()), own.ok()];
        let names: Vec<_> = names.iter().flatten().map(String::as_bytes).collect();
        additions(checkout, before, tip, &names)
    }

    /// Says what is not known for lack of history, and what would mend it.
    fn tell_gaps(&self, plan: &Plan, report: &mut Report) {
        let remedy = match self.service {
            Some(service) => format!("{}, or run `patsweep ci --deepen`", service.depth_setting()),
            None => "`patsweep ci --deepen` fetches the rest".to_owned(),
        };
        for problem in &mut report.problems {
            if problem.kind == ProblemKind::Shallow {
                let what = "the checkout is too shallow, and not all that is new is in it";
                problem.message = format!("{what}: {remedy}");
            }
        }
        let path = self.args.path.as_deref().unwrap_or(Path::new("."));
        let gap = |message: String| Problem {
            path: BytePath::from(path),
            kind: ProblemKind::Shallow,
            message,
        };
        let gaps = plan.gaps.iter().map(|it| {
            // No depth mends what is not there.
            let elsewhere = "check out, or run this in, the repository that the request is for";
            let remedy = if it.is_of_fork { elsewhere } else { &remedy };
            gap(format!("{}: {remedy}", it.what))
        });
        report.problems.extend(gaps);
        report.problems.sort();
    }

    fn write(
        &self,
        settings: &Settings,
        outputs: &[Opened],
        report: &Report,
        (told, exit): (&Told, Exit),
    ) -> Result<(), Failure> {
        let rules = settings.scan.rules.iter();
        let rules: Vec<&Rule> = rules
            .filter(|rule| settings.scan.rules.is_enabled(rule))
            .collect();
        let mut options = settings::reporting(
            self.common,
            &rules,
            settings.stdout_coloring,
            Secrets::Redact,
            Home::Services,
        );
        if exit == Exit::Clean {
            options.leaks = Leaks::Pass;
        }
        let on_stdout = outputs.iter().find_map(|output| match output {
            Opened::Stdout(format) => Some(*format),
            Opened::File(..) => None,
        });
        if let Some(service) = self.service {
            let variables = &self.environment.ci;
            let summarized =
                service::summarize(service, variables, report, &options, told, on_stdout);
            // The report and the exit code say all of it.
            if let Err(error) = summarized {
                self.console.complain(&Complaint::from(&error));
            }
        }
        output::write(outputs, &options, report, self.console)?;
        if on_stdout != Some(Format::Text) {
            self.console.note(summary(report));
        }
        let has_gitlab = outputs.iter().any(|output| {
            matches!(
                output,
                Opened::Stdout(Format::Gitlab) | Opened::File(Format::Gitlab, _)
            )
        });
        if self.service == Some(Service::Gitlab) && !has_gitlab {
            self.console.note(
                "GitLab shows leaks in merge requests if it gets its own report: -f text -f gitlab \
                 -o gl-secret-detection-report.json",
            );
        }
        Ok(())
    }

    /// Whether what the change makes of the files that steer can be read.
    fn check_head(&self, checkout: &Checkout, plan: &Plan, state: &State) -> Result<(), Failure> {
        let head = plan.tips.first().copied().map(State::Commit);
        let Some(head) = head.filter(|head| head != state) else {
            return Ok(());
        };
        self.steering(checkout, &head)?;
        let (State::Commit(tip), before) = (&head, plan.trusted.as_ref()) else {
            return Ok(());
        };
        let changed = checkout.changed(before.map(|it| it.commit), *tip);
        let mut complaints = Vec::new();
        for path in changed.into_iter().filter(|path| is_ignore_file(path)) {
            let text = checkout.file(&head, &path)?.unwrap_or_default();
            let path = String::from_utf8_lossy(&path).into_owned();
            for flaw in sources::flaws_of(&text) {
                let path = path.clone();
                complaints.push(Complaint::new(&BrokenIgnore { path, flaw }, None));
            }
        }
        if complaints.is_empty() {
            Ok(())
        } else {
            Err(Failure { complaints })
        }
    }

    /// Tells the service why nothing was scanned, in its own form.
    fn tell_failure(&self, failure: &Failure) {
        if let Some(service) = self.service.filter(|_| self.order.is_empty()) {
            for complaint in &failure.complaints {
                service::tell_failure(service, complaint);
            }
        }
    }
}
