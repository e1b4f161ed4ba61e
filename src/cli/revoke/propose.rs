//! The plan: what is known of each leak, what the policies say of it, and what would be done.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::super::args::{FailOn, Place, Revoke};
use super::super::ask::Asking;
use super::super::config::ConfigFile;
use super::super::console::Console;
use super::super::desk::Desk;
use super::super::exit::{DEFAULT_LEAK_CODE, Failure, verdict};
use super::super::generate::print;
use super::super::handover;
use super::super::settings::{Environment, now};
use super::matched::{Matched, Matcher};
use super::notices::notices;
use super::{DEFAULT_TIMEOUT, text};
use crate::model::Finding;
use crate::policy::{self, Action, Decision, Leak, TenantPolicy, Visibility};
use crate::report::{Redactor, Slash};
use crate::respond::listing::Lister;
use crate::respond::plan::{Order, Plan, Route};

/// A leak, and what is to be done about it.
pub(super) struct Proposal<'p> {
    /// Which.
    pub(super) finding: &'p Finding,
    /// What the service has it on record as.
    pub(super) matched: Matched,
    /// What is to be done, and why.
    pub(super) decision: Decision<'p>,
}

impl Proposal<'_> {
    /// What is to be ordered, if it is to be revoked.
    pub(super) fn order(&self) -> Option<Order> {
        if self.decision.action != Action::Revoke {
            return None;
        }
        let [record] = &*self.matched.records else {
            return None;
        };
        Some(Order {
            organization: self.matched.organization.clone()?,
            c3id: self.finding.id.as_str().to_owned(),
            authorization_id: record.authorization_id.clone(),
            route: Route::Administrator,
            owner: self.matched.owner.as_ref()?.descriptor.clone()?,
            matched: self.matched.certainty.as_str().to_owned(),
        })
    }
}

/// Verifies, decides and shows.
pub(super) fn run(
    args: &Revoke,
    file: &ConfigFile,
    environment: &Environment,
    console: Console,
    stop: &Arc<AtomicBool>,
) -> Result<ExitCode, Failure> {
    handover::check(&args.handover, &args.service.administrator)?;
    let asking = Asking::resolve(&args.service, file, environment)?;
    let desk = Desk::open(&args.service.reach(), file, environment)?;
    let taken = handover::take(&args.handover, environment, console, stop)?;
    let mut report = taken.report;
    let leaks: Vec<_> = report.findings.iter().map(|it| it.id.as_str()).collect();
    desk.refuse_leaked(&leaks)?;
    let mut bounds = asking.bounds(stop);
    asking.ask(&mut report, &taken.values, &mut bounds, console)?;
    let timeout = args.service.timeout.unwrap_or(DEFAULT_TIMEOUT);
    let matcher = Matcher {
        lister: Lister {
            service: &desk.service,
            deadline: bounds.deadline,
            stop,
        },
        desk: &desk,
        assertions: &args.assertions,
        now: now(),
    };
    let records: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding, matcher.find(finding)))
        .collect();
    let organizations = records
        .iter()
        .filter_map(|(_, matched)| matched.organization.as_deref());
    let sites = desk.sites(organizations, timeout)?;
    let policy = file.policy.policy(args.accept_probable);
    let visibility = match args.exposure {
        Some(Place::Public) => Visibility::Public,
        Some(Place::Private) => Visibility::Private,
        None => Visibility::Unknown,
    };
    let propose = |(finding, matched): (_, Matched)| {
        let finding: &Finding = finding;
        let site = matched.organization.as_ref().and_then(|it| sites.get(it));
        let leak = Leak {
            c3id: finding.id.as_str(),
            owner: matched.owner.as_ref().and_then(|it| it.account.as_deref()),
            validity: finding.validity.validity(),
            certainty: matched.certainty,
            visibility,
            tenant: site.map_or(TenantPolicy::Unreadable, |site| site.tenant.policy),
        };
        Proposal {
            finding,
            decision: policy::decide(&leak, &policy, now()),
            matched,
        }
    };
    let proposals: Vec<Proposal<'_>> = records.into_iter().map(propose).collect();
    let redactor = Redactor::new(&report);
    let plan = Plan::new(proposals.iter().filter_map(Proposal::order))
        .with_notices(notices(&proposals, &redactor));
    if let Some(path) = &args.plan_out {
        plan.save(path)
            .map_err(|error| Failure::new(&error, None))?;
    }
    let shown = text::proposals(&proposals, &plan, &sites, file.path.as_deref());
    print(redactor.redact(&shown, Slash::Belongs).as_bytes())?;
    if plan.is_empty() {
        console.note("nothing is to be revoked");
    } else if args.plan_out.is_none() {
        console.note("write it down with --plan-out FILE to execute it");
    }
    Ok(verdict(&report, FailOn::Any, DEFAULT_LEAK_CODE).into())
}
