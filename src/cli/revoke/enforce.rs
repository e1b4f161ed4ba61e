//! `scan --enforce`: revokes what a scan found, as the policy says, with nobody at hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::args::{Common, Enforcing, Scan};
use super::super::config::{self, ConfigFile};
use super::super::console::Console;
use super::super::desk::Desk;
use super::super::environment::Environment;
use super::super::exit::{Complaint, Exit, Failure};
use super::super::journal;
use super::super::notify;
use super::act::Act;
use super::actors::{open_journal, sites};
use super::decide::{Decided, Deciding, Proposal, visibility};
use super::execute;
use super::notices::notices;
use super::{outside, text};
use crate::model::{Report, Secret, ValidityReason};
use crate::policy::{Action, Sighting};
use crate::report::{Redactor, Slash, count};
use crate::respond::listing::Lister;
use crate::respond::notify::Channels;
use crate::respond::plan::Plan;
use crate::respond::revoke::{Confirmed, Done, State, Vetted};
use crate::sources::Target;
use crate::verify::Bounds;

/// What to do where the journal cannot be written.
const NO_JOURNAL: &str = "nothing was revoked: scan again when no run uses the journal, or now with another \
                          --journal, which `revoke --resume` needs then, too";

/// Why nothing is enforced.
#[derive(Debug, thiserror::Error)]
enum EnforceError {
    #[error("nothing is enforced in the pull request of a fork")]
    Fork,
    #[error("the policy {} does not set `{key}`, which --enforce needs", policy.display())]
    Missing { policy: PathBuf, key: &'static str },
}

/// Who enforces, and by which policy.
pub(in crate::cli) struct Enforcement {
    desk: Desk,
    channels: Channels,
    file: ConfigFile,
    most: usize,
}

impl Enforcement {
    /// What the flags of `scan` say, if they say so. Nothing of the targets was read yet; `steering` are
    /// files that were: the configuration, its rules, a baseline.
    pub(in crate::cli) fn resolve(
        common: &Common,
        args: &Scan,
        (targets, steering): (&[Target], &[PathBuf]),
        environment: &Environment,
    ) -> Result<Option<Self>, Failure> {
        let Enforcing {
            steering: given, ..
        } = &args.enforcing;
        let policy = given.policy.as_deref();
        let Some(policy) = policy.filter(|_| args.enforcing.enforce) else {
            return Ok(None);
        };
        let failure = |error: &EnforceError, hint: &str| Failure::new(error, Some(hint.to_owned()));
        if environment.change.is_of_fork() {
            let hint = "scan there with --verify, and enforce where it was merged";
            return Err(failure(&EnforceError::Fork, hint));
        }
        let file = config::load(common, environment)?;
        let more = outside::files(args, &file, environment);
        let files = [policy].into_iter();
        let files = files.chain(steering.iter().chain(&more).map(PathBuf::as_path));
        // Git says which repository a hook is about.
        let git = environment.git_dir.iter().cloned().map(Target::Path);
        let targets: Vec<_> = targets.iter().cloned().chain(git).collect();
        outside::check(files, &targets).map_err(|error| {
            let hint = "whoever can change what is scanned must not steer what is revoked";
            Failure::new(&error, Some(hint.to_owned()))
        })?;
        let file = file.with_policy(Some(policy))?;
        let table = &file.policy;
        let missing = [
            ("auto_revoke", table.auto_revoke.is_none()),
            ("exposure", table.exposure.is_none()),
            ("max_revocations", table.max_revocations.is_none()),
        ];
        if let Some((key, _)) = missing.into_iter().find(|(_, is_missing)| *is_missing) {
            let policy = policy.to_owned();
            let hint = "what runs with nobody at hand has no defaults";
            return Err(failure(&EnforceError::Missing { policy, key }, hint));
        }
        let most = table.max_revocations.unwrap_or_default();
        Ok(Some(Self {
            desk: Desk::open(&args.service.reach(), &file, environment)?,
            channels: notify::channels(&file, environment)?,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            file,
        }))
    }

    /// Acts on `report`, which this run made and verified; people are told on standard error. Ends
    /// as that went, or as `verdict` says of the report as it stands then, nothing being active that
    /// was revoked.
    pub(in crate::cli) fn run(
        &self,
        report: &mut Report,
        args: &Scan,
        verdict: impl FnOnce(&Report) -> Exit,
        bounds: &Bounds,
        (environment, console): (&Environment, Console),
    ) -> Result<Exit, Failure> {
        let stop = &*bounds.stop;
        let leaks: Vec<_> = report.findings.iter().map(|it| it.id.as_str()).collect();
        self.desk.refuse_leaked(&leaks)?;
        let lister = Lister {
            service: &self.desk.service,
            deadline: bounds.deadline,
            stop,
        };
        let policy = self.file.policy.policy(false);
        let deciding = Deciding {
            desk: &self.desk,
            lister,
            assertions: &[],
            policy: &policy,
            visibility: visibility(&args.enforcing.steering, &self.desk, lister)?,
            sighting: &|_| Sighting::Seen,
            probes: &BTreeMap::new(),
            lists_everybody: args.service.listing.is_of_everybody(),
        };
        let redactor = Redactor::new(report);
        let decided = deciding.decide(report)?;
        let mut notices = notices(&decided.proposals, &redactor);
        let mut plan = decided.plan(&redactor);
        let say = |text: &str| console.tell(&redactor.redact(text, Slash::Belongs));
        let is_too_much = plan.len() > self.most;
        say(&told(&decided, is_too_much));
        if is_too_much {
            let tokens = count(plan.len() as u64, "token");
            let most = self.most;
            let why = format!("{tokens} would be revoked, and max_revocations is {most}: none is");
            say(&format!("{why}\n"));
            for notice in &mut notices {
                notice.left_because.get_or_insert_with(|| why.clone());
            }
            let unknown: Vec<_> = plan.unknown().map(str::to_owned).collect();
            plan = Plan::default().with_unknown(unknown);
        }
        let verdict = |report: &Report| {
            if is_too_much {
                Exit::NO
            } else {
                verdict(report)
            }
        };
        let leaks = leaks.into_iter().map(str::to_owned);
        let plan = plan.with_notices(notices).with_leaks(leaks);
        let has_to_tell = plan.told().next().is_some() && !self.channels.is_empty();
        let settles = || execute::settles(&plan, &args.enforcing.journal, environment);
        if plan.is_empty() && !has_to_tell && !settles() {
            return Ok(verdict(report));
        }
        let values = values(report, &plan, args.service.no_probe);
        let organizations = &args.service.org;
        let path = journal::path(&args.enforcing.journal, environment)?;
        let sites = sites(&self.desk, &plan, organizations, lister.time_left());
        let journal = open_journal(&plan, &self.desk, &sites, &path);
        // Another run may hold it for as long as it watches.
        let mut journal = journal.map_err(|failure| failure.or_hint(NO_JOURNAL))?;
        let act = Act {
            console,
            desk: &self.desk,
            channels: &self.channels,
            lister,
            // It was decided just now.
            vet: &|_| Vetted::Stands,
            confirmed: Confirmed::Policy,
            values: &values,
            watch_until: None,
        };
        let (done, shown) = act.run(&mut journal, |revoker| revoker.run(&plan));
        say(&shown);
        if let Some(error) = &done.broken {
            console.complain(&Complaint::from(error));
        }
        settle(report, &done);
        let acted = execute::exit(&done, false, lister.is_stopped());
        Ok(verdict(report).or_worse(acted))
    }
}

/// What is to be done about each leak and why, a line each; nothing was done yet.
fn told(decided: &Decided<'_>, is_too_much: bool) -> String {
    let line = |proposal: &Proposal<'_>| {
        let action = proposal.decision.action;
        let what = match action {
            Action::Revoke if proposal.order().is_none() => "cannot be revoked",
            Action::Revoke if is_too_much => "would be revoked",
            Action::Revoke => "is to be revoked",
            Action::Notify => "is not revoked",
            Action::Nothing => "is left alone",
        };
        let why = text::because(proposal.decision.because);
        format!("{} {what}: {why}\n", proposal.finding.id)
    };
    decided.proposals.iter().map(line).collect()
}

/// The values of what is to be revoked, to see whether they are still let in.
fn values(report: &Report, plan: &Plan, no_probe: bool) -> BTreeMap<String, Secret> {
    let is_ordered = |id: &str| plan.orders().any(|order| order.c3id == id);
    let findings = report.findings.iter();
    let findings = findings.filter(|finding| !no_probe && is_ordered(finding.id.as_str()));
    findings
        .map(|finding| (finding.id.as_str().to_owned(), finding.secret.clone()))
        .collect()
}

/// What was revoked is active no more.
fn settle(report: &mut Report, done: &Done) {
    let closed = done.outcomes.iter();
    let closed: Vec<_> = closed
        .filter(|outcome| outcome.state == State::Closed)
        .map(|outcome| &outcome.order.c3id)
        .collect();
    for finding in &mut report.findings {
        if closed.iter().any(|c3id| *c3id == finding.id.as_str()) {
            finding.validity = ValidityReason::Revoked;
        }
    }
}
