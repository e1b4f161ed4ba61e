//! `audit`: what an administrator sees of an organisation, and what of it is not accepted.

mod csv;
mod json;
mod rules;
mod text;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::args::{Audit, Common, TableFormat};
use super::config;
use super::console::Console;
use super::desk::Desk;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::generate::print;
use super::interrupt;
use super::settings::now;
use super::survey;
use crate::model::Timestamp;
use crate::respond::audit::{self, DAY, Judged, Limits, PolicyName, Rules, State, Violation};
use crate::respond::survey::{Facts, Gap, Wanted};

/// How long is asked at most.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);
/// A token that lives longer than these stands out.
const DEFAULT_LIFESPAN_DAYS: u32 = 90;
/// A token that ends within these stands out.
const DEFAULT_EXPIRING_DAYS: u32 = 14;
/// Of so many days the log is read.
const DEFAULT_LOG_DAYS: u32 = 30;

/// Rows of a table for people.
const ROWS: usize = 50;

/// An organisation that was read and judged.
struct Audited<'f> {
    facts: &'f Facts,
    judged: Judged<'f>,
    violations: Vec<Violation>,
    /// What could not be read, and what of it the rules ask for is not told.
    gaps: Vec<Gap>,
    /// As of when.
    at: Timestamp,
}

/// How everything was judged.
struct Terms {
    limits: Limits,
    /// `None` where there is no file of rules.
    rules: Option<Rules>,
    /// What time it is here.
    now: Timestamp,
    /// Rows of a table for people, at most.
    rows: usize,
}

/// Reads and judges each organisation.
pub(super) fn run(
    common: &Common,
    args: &Audit,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let console = Console::new(common, environment);
    let rules = args.rules.as_deref().map(rules::load).transpose()?;
    let file = config::load(common, environment)?;
    let desk = Desk::open(&args.at.reach(), &file, environment)?;
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = interrupt::listen(&stop, console) {
        console.detail(format_args!("Ctrl-C will end this at once: {error}"));
    }
    let lifespan = rules.as_ref().and_then(|it| it.max_lifespan_days);
    let lifespan = args.max_lifespan_days.or(lifespan);
    let limits = Limits {
        max_lifespan_days: lifespan.unwrap_or(DEFAULT_LIFESPAN_DAYS),
        expiring_within_days: args.expiring_within.unwrap_or(DEFAULT_EXPIRING_DAYS),
        allowed_scopes: rules.as_ref().and_then(|it| it.allowed_scopes.clone()),
    };
    let wanted = Wanted {
        policies: PolicyName::ALL.map(PolicyName::id).to_vec(),
        log_back: i64::from(args.log_days.unwrap_or(DEFAULT_LOG_DAYS)) * DAY,
        asks_standings: true,
        now: now(),
    };
    let deadline = Instant::now() + args.at.timeout.unwrap_or(DEFAULT_TIMEOUT);
    let facts = survey::read(&desk, &args.at.org, &wanted, (deadline, &stop), &[])?;
    let terms = Terms {
        limits,
        rules,
        now: now(),
        rows: if common.verbose > 0 { usize::MAX } else { ROWS },
    };
    let all: Vec<Audited<'_>> = facts.iter().map(|facts| audited(facts, &terms)).collect();
    let shown = match args.format.unwrap_or(TableFormat::Text) {
        TableFormat::Text => text::show(&all, &terms),
        TableFormat::Json => json::show(&all, &terms),
        TableFormat::Csv => {
            // A sheet of tokens has no place for it.
            for unread in all.iter().flat_map(|audited| audited.unread(&terms)) {
                console.note(unread);
            }
            self::csv::show(&all)
        }
    };
    print(shown.as_bytes())?;
    Ok(exit(&all, &terms, &stop).into())
}

fn audited<'f>(facts: &'f Facts, terms: &Terms) -> Audited<'f> {
    // Whether a token has ended is for the service's clock to say.
    let at = facts.at.unwrap_or_else(now);
    let judged = audit::judge(facts, &terms.limits, at);
    let violations = terms
        .rules
        .as_ref()
        .map(|it| audit::violations(&judged, it));
    let untold = terms.rules.iter();
    let untold = untold.flat_map(|rules| audit::untold(&judged, rules));
    let untold: Vec<_> = untold.collect();
    Audited {
        facts,
        violations: violations.unwrap_or_default(),
        gaps: facts.gaps.iter().cloned().chain(untold).collect(),
        judged,
        at,
    }
}

impl Audited<'_> {
    /// What could not be read of what `terms` ask for, and why.
    fn unread(&self, terms: &Terms) -> Vec<String> {
        let at = &self.facts.organization;
        let gaps = self.gaps.iter();
        let gaps = gaps.map(|gap| format!("{at}: {}: {}", gap.what, gap.why));
        let policies = self.judged.policies.iter().filter_map(|policy| {
            let why = policy.message.as_ref()?;
            Some(format!("{at}: policy {}: {why}", policy.name.as_str()))
        });
        let asks_log = terms
            .rules
            .as_ref()
            .is_some_and(|it| it.deny_policy_breaches);
        let log = (asks_log && self.is_log_off())
            .then(|| format!("{at}: what was made against policies: no audit log is kept"));
        gaps.chain(policies).chain(log).collect()
    }

    /// Whether the service says that it keeps no audit log.
    fn is_log_off(&self) -> bool {
        let mut policies = self.judged.policies.iter();
        let log = policies.find(|policy| policy.name == PolicyName::LogAuditEvents);
        log.is_some_and(|log| log.is_on == Some(false) && log.state != State::Unreadable)
    }
}

fn exit(all: &[Audited<'_>], terms: &Terms, stop: &AtomicBool) -> Exit {
    if stop.load(Ordering::Relaxed) {
        Exit::Interrupted
    } else if all.iter().any(|one| !one.violations.is_empty()) {
        Exit::NO
    } else if all.iter().any(|one| !one.unread(terms).is_empty()) {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}
