//! `timeline`: what was done with leaked tokens, as far as the audit log tells.

mod csv;
mod json;
mod leaks;
mod text;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::args::{Common, TableFormat, Timeline as Args};
use super::console::Console;
use super::desk::Desk;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::generate::print;
use super::settings::now;
use super::{config, handover, survey};
use crate::model::{Secret, Timestamp};
use crate::providers::azure_devops::{OrganizationPolicyName, Setting};
use crate::respond::survey::{Facts, PolicyId, Wanted};
use crate::respond::timeline::{self, BASELINE, Baseline, Leak, RETENTION, Timeline};

/// How long is asked at most.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);
/// The policy that tells whether there is a log.
const LOG_POLICY: PolicyId = PolicyId::Organization(OrganizationPolicyName::LogAuditEvents);

#[derive(Debug, thiserror::Error)]
#[error("--exposed names a day that is still to come")]
struct ToCome;

/// An organisation, and what was done there.
struct Told<'f> {
    facts: &'f Facts,
    timelines: Vec<Timeline<'f>>,
    /// As of when.
    at: Timestamp,
}

/// Reads the log of each organisation, and what it tells of each token.
pub(super) fn run(
    common: &Common,
    args: &Args,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let console = Console::new(common, environment);
    handover::check(&args.handover, &args.at.administrator)?;
    // Somewhere it may be tomorrow already.
    let latest = now().0 + timeline::DAY;
    if args.exposed.is_some_and(|exposed| exposed.0 > latest) {
        let hint = "before that day nothing would count as new".to_owned();
        return Err(Failure::new(&ToCome, Some(hint)));
    }
    let file = config::load(common, environment)?;
    let desk = Desk::open(&args.at.reach(), &file, environment)?;
    let records = leaks::journal(args, environment)?;
    let stop = Arc::new(AtomicBool::new(false));
    let taken = handover::take(&args.handover, environment, console, &stop)?;
    let ids = taken.report.findings.iter().map(|it| it.id.as_str());
    desk.refuse_leaked(&ids.collect::<Vec<_>>())?;
    let is_whole_report = taken.report.is_complete();
    let leaks = leaks::of(&taken.report, args);
    let secrets: Vec<Secret> = taken
        .values
        .into_values()
        .filter_map(|it| it.secret)
        .collect();
    let wanted = Wanted {
        policies: vec![LOG_POLICY],
        log_back: back(&leaks, now()),
        asks_standings: false,
        now: now(),
    };
    let deadline = Instant::now() + args.at.timeout.unwrap_or(DEFAULT_TIMEOUT);
    let facts = survey::read(&desk, &args.at.org, &wanted, (deadline, &stop), &secrets)?;
    let leaks: Vec<Vec<Leak>> = facts
        .iter()
        .map(|facts| leaks::at(&leaks, &facts.organization, &records))
        .collect();
    let told: Vec<Told<'_>> = facts
        .iter()
        .zip(&leaks)
        .map(|(facts, leaks)| {
            // Whether a token has ended is for the service's clock to say.
            let at = facts.at.unwrap_or_else(now);
            Told {
                facts,
                timelines: timeline::timelines(facts, leaks, at),
                at,
            }
        })
        .collect();
    let shown = match args.format.unwrap_or(TableFormat::Text) {
        TableFormat::Text => text::show(&told),
        TableFormat::Json => json::show(&told),
        TableFormat::Csv => self::csv::show(&told),
    };
    print(shown.as_bytes())?;
    let of_report = if is_whole_report {
        Exit::Clean
    } else {
        Exit::Incomplete
    };
    Ok(exit(&told, &stop).or_worse(of_report).into())
}

/// How long before now the log is read: to what is usual before the first exposure, and as long as the
/// service keeps it where one is not known.
fn back(leaks: &[Leak], now: Timestamp) -> i64 {
    let exposed = leaks.iter().map(|leak| leak.exposed);
    let first = exposed.min().flatten().unwrap_or(Timestamp(i64::MIN));
    let back = now.0.saturating_sub(first.0).saturating_add(BASELINE);
    back.clamp(BASELINE, RETENTION)
}

impl Told<'_> {
    /// Whether the service says that it keeps no log.
    fn is_log_off(&self) -> bool {
        matches!(
            self.facts.policies.get(&LOG_POLICY),
            Some(Ok(Setting::NeverSet | Setting::Set { value: false, .. }))
        )
    }

    /// Whether nothing was missed that could have been read.
    fn is_complete(&self) -> bool {
        let is_found = |timeline: &Timeline<'_>| {
            // Of what can be compared with nothing, nobody says that it is usual.
            let is_compared = timeline.events.is_empty() || timeline.baseline != Baseline::None;
            timeline.authorization_id.is_some() && timeline.uncertain.is_empty() && is_compared
        };
        // What has no entries may be a log that nobody keeps.
        let is_kept = !self.facts.log.is_empty()
            || matches!(self.facts.policies.get(&LOG_POLICY), Some(Ok(_))) && !self.is_log_off();
        is_kept && self.facts.gaps.is_empty() && self.timelines.iter().all(is_found)
    }

    /// What the log cannot show, in sentences.
    fn blind(&self) -> Vec<String> {
        let mut blind = vec![
            "what was read, and that a token signed in: only changes stand in the log".to_owned(),
            format!(
                "what is older than {} days: the log goes back no further",
                RETENTION / timeline::DAY
            ),
            "what was done in other organizations".to_owned(),
        ];
        if self.is_log_off() {
            blind.push(
                "anything while it is not kept, as now: the policy on logging is off".to_owned(),
            );
        }
        blind
    }
}

/// What is known of what was usual.
fn compared(timeline: &Timeline<'_>) -> String {
    match timeline.baseline {
        Baseline::Whole => "with the 30 days before".to_owned(),
        Baseline::Partial(days) => {
            format!("with {days} of the 30 days before: the log has no more")
        }
        Baseline::None => "with nothing, so that nothing can be called new".to_owned(),
    }
}

fn exit(all: &[Told<'_>], stop: &AtomicBool) -> Exit {
    let timelines = || all.iter().flat_map(|told| &told.timelines);
    if stop.load(Ordering::Relaxed) {
        Exit::Interrupted
    } else if timelines().any(|timeline| timeline.suspicious() > 0) {
        Exit::NO
    } else if !is_whole(all) {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

/// Whether nothing was missed, and each token is on the list of an organisation.
fn is_whole(all: &[Told<'_>]) -> bool {
    all.iter().all(Told::is_complete)
}
