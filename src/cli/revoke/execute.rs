//! Does what a plan orders, once somebody has confirmed that plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use jiff::SignedDuration;
use thiserror::Error;

use super::super::args::{JournalFile, Revoke};
use super::super::config::{ConfigFile, PolicyTable};
use super::super::console::Console;
use super::super::desk::Desk;
use super::super::environment::Environment;
use super::super::exit::{Complaint, Exit, Failure};
use super::super::generate::print;
use super::super::handover;
use super::super::settings::now;
use super::super::{interrupt, journal, notify};
use super::DEFAULT_TIMEOUT;
use super::act::Act;
use super::actors::{open_journal, sites};
use super::confirm::confirm;
use super::text::{self, Left};
use super::vet::Vetting;
use crate::model::{Secret, Timestamp};
use crate::policy::AutoRevoke;
use crate::report::count;
use crate::respond::journal::Record;
use crate::respond::listing::Lister;
use crate::respond::notify::{Channels, Notice, is_due};
use crate::respond::plan::{Order, Permission, Plan};
use crate::respond::revoke::{
    Confirmed, Done, Outcome, Revoker, State, acted_on, closed_for_sure, left_alone, open_orders,
    unknown,
};

/// How long after it was made a plan is executed. Who leaves it lying for longer does not remember what
/// it said, and owners, policies and tokens have changed.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
/// How far clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What to do where the journal cannot be used.
const NO_JOURNAL: &str = "nothing was sent: try again when no run uses the journal; keep one that was changed as \
                          evidence, and plan again with another --journal, which --resume needs then, too";

/// What is said where the policy of a plan is not given any more.
const NO_POLICY: &str = "this was planned by a policy that is not given now: only with --policy FILE is it asked \
                         whom that allows by now, and how many tokens";

#[derive(Debug, Error)]
enum ExecuteError {
    #[error("the plan orders nothing")]
    Empty,
    #[error("the plan was made at {at}, more than 24 hours ago")]
    Old { at: jiff::Timestamp },
    #[error("the plan does not say when it was made, or was made later than now")]
    Timeless,
    #[error("your policy revokes nothing by now")]
    Off,
    #[error("the plan orders {orders}, and max_revocations is {most}")]
    TooMuch { orders: String, most: u64 },
}

/// Executes the plan at `path`.
pub(super) fn run(
    path: &Path,
    args: &Revoke,
    file: &ConfigFile,
    environment: &Environment,
    console: Console,
    stop: &Arc<AtomicBool>,
) -> Result<ExitCode, Failure> {
    let plan = Plan::load(path).map_err(|error| Failure::new(&error, None))?;
    let channels = notify::channels(file, environment)?;
    let tells = plan.told().next().is_some() && !channels.is_empty();
    if plan.is_empty() && !tells && !settles(&plan, &args.journal, environment) {
        let hint = "[notify] in the configuration tells people of what is not revoked";
        return Err(Failure::new(&ExecuteError::Empty, Some(hint.to_owned())));
    }
    let outdated = |error: ExecuteError| {
        let hint = "plan again, so that everybody sees what is done and why";
        Failure::new(&error, Some(hint.to_owned()))
    };
    check(&plan, file).map_err(outdated)?;
    check_age(&plan).map_err(outdated)?;
    let desk = open_desk(&plan, args, file, environment)?;
    let acting = Acting {
        confirmed: confirm(&plan, args.confirm.as_deref(), environment)?,
        desk: &desk,
        channels: &channels,
        table: &file.policy,
        args,
        stop,
    };
    acting.run(&plan, environment, console, |revoker| revoker.run(&plan))
}

/// Goes on with what the journal says was begun and has not ended, and tells whoever was not told.
/// That was confirmed before.
pub(super) fn resume(
    args: &Revoke,
    file: &ConfigFile,
    environment: &Environment,
    console: Console,
    stop: &Arc<AtomicBool>,
) -> Result<ExitCode, Failure> {
    let path = journal::path(&args.journal, environment)?;
    let chain = crate::respond::journal::inspect(&path);
    let chain = chain.map_err(|error| Failure::new(&error, Some(NO_JOURNAL.to_owned())))?;
    let plan = Plan::new(open_orders(&chain.records));
    let channels = notify::channels(file, environment)?;
    if plan.is_empty() && !is_due(&chain.records, &channels, now()) {
        let left = left_alone(&chain.records);
        let left = left.into_iter().map(|c3id| (c3id, None)).collect();
        let unknown = unknown(&chain.records);
        let text = format!(
            "nothing is open\n{}{}",
            text::unknown(&unknown),
            text::left(&left)
        );
        print(text.as_bytes())?;
        return Ok(left_behind(left.len(), unknown.len()).into());
    }
    let desk = open_desk(&plan, args, file, environment)?;
    let acting = Acting {
        confirmed: Confirmed::Earlier,
        desk: &desk,
        channels: &channels,
        table: &file.policy,
        args,
        stop,
    };
    acting.run(&plan, environment, console, |revoker| {
        if plan.is_empty() {
            revoker.catch_up()
        } else {
            revoker.run(&plan)
        }
    })
}

/// Whether the journal takes a token of `plan` for one that may work, for nobody had answered, and the
/// plan knows better.
pub(super) fn settles(plan: &Plan, file: &JournalFile, environment: &Environment) -> bool {
    let Ok(path) = journal::path(file, environment) else {
        return false;
    };
    let Ok(chain) = crate::respond::journal::inspect(&path) else {
        return false;
    };
    let unknown = unknown(&chain.records);
    let is_known = |c3id: &str| plan.unknown().all(|it| it != c3id);
    plan.leaks()
        .any(|c3id| unknown.contains(c3id) && is_known(c3id))
}

/// Refuses a plan that the operator's policy has come to forbid as a whole since it was made. What is
/// to be said of each order is said when it is about to be sent.
fn check(plan: &Plan, file: &ConfigFile) -> Result<(), ExecuteError> {
    let table = &file.policy;
    if table.auto_revoke == Some(AutoRevoke::Off) && !plan.is_empty() {
        return Err(ExecuteError::Off);
    }
    match table.max_revocations {
        Some(most) if plan.len() as u64 > most => Err(ExecuteError::TooMuch {
            orders: count(plan.len() as u64, "token"),
            most,
        }),
        _ => Ok(()),
    }
}

/// Refuses a plan that was made too long ago.
fn check_age(plan: &Plan) -> Result<(), ExecuteError> {
    let at = |at: Timestamp| jiff::Timestamp::from_second(at.0).ok();
    let made = plan.time().and_then(at).zip(at(now()));
    let (made, now) = made.ok_or(ExecuteError::Timeless)?;
    let age = now.duration_since(made);
    if age < -SKEW {
        Err(ExecuteError::Timeless)
    } else if age > MAX_AGE {
        Err(ExecuteError::Old { at: made })
    } else {
        Ok(())
    }
}

fn open_desk(
    plan: &Plan,
    args: &Revoke,
    file: &ConfigFile,
    environment: &Environment,
) -> Result<Desk, Failure> {
    let desk = Desk::open(&args.service.reach(), file, environment)?;
    let leaks: Vec<_> = plan.leaks().collect();
    desk.refuse_leaked(&leaks)?;
    Ok(desk)
}

/// The values that the flags give, of tokens that may be presented.
fn values(
    desk: &Desk,
    args: &Revoke,
    environment: &Environment,
    console: Console,
    stop: &Arc<AtomicBool>,
) -> Result<BTreeMap<String, Secret>, Failure> {
    if args.handover.from.is_none() {
        return Ok(BTreeMap::new());
    }
    let taken = handover::take(&args.handover, environment, console, stop)?;
    let findings = taken.report.findings.iter();
    let leaks: Vec<_> = findings.map(|finding| finding.id.as_str()).collect();
    desk.refuse_leaked(&leaks)?;
    let values = taken.values.into_iter();
    let values = values.filter(|_| !args.service.no_probe);
    let values = values.filter_map(|(id, value)| Some((id.as_str().to_owned(), value.secret?)));
    Ok(values.collect())
}

/// Whoever acts, and for whom.
struct Acting<'a> {
    confirmed: Confirmed,
    desk: &'a Desk,
    channels: &'a Channels,
    table: &'a PolicyTable,
    args: &'a Revoke,
    stop: &'a Arc<AtomicBool>,
}

impl Acting<'_> {
    /// Whether an order that may still be sent stands on a policy of the operator that is not given now.
    fn forgets_policy(&self, plan: &Plan, records: &[Record]) -> bool {
        let is_missing = |order: &Order| {
            let grounds = &order.grounds;
            let was_on = grounds.permission == Permission::Operator;
            let is_on_missing = was_on && self.table.auto_revoke.is_none();
            is_on_missing || (!grounds.is_public && self.table.exposure.is_none())
        };
        let was_accepted = |order: &Order| {
            let acted = acted_on(records, &order.c3id, &order.organization);
            acted.iter().any(|it| it.accepted.is_some())
        };
        plan.orders()
            .any(|order| is_missing(order) && !was_accepted(order))
    }

    /// Acts, and shows what became of it.
    fn run(
        &self,
        plan: &Plan,
        environment: &Environment,
        console: Console,
        run: impl FnOnce(&mut Revoker<'_>) -> Done,
    ) -> Result<ExitCode, Failure> {
        let Self { desk, args, .. } = self;
        // Not before: at the question whether to act, Ctrl-C ends the program like any other.
        if let Err(error) = interrupt::listen(self.stop, console) {
            console.detail(format_args!("Ctrl-C will end this at once: {error}"));
        }
        let values = values(desk, args, environment, console, self.stop)?;
        let timeout = args.service.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let sites = sites(desk, plan, &args.service.org, timeout);
        let path = journal::path(&args.journal, environment)?;
        let journal = open_journal(plan, desk, &sites, &path);
        let mut journal = journal.map_err(|failure| failure.or_hint(NO_JOURNAL))?;
        let leaks = leaks(journal.records());
        desk.refuse_leaked(&leaks.iter().map(String::as_str).collect::<Vec<_>>())?;
        if self.forgets_policy(plan, journal.records()) {
            console.note(NO_POLICY);
        }
        let start = Instant::now();
        let lister = Lister {
            service: &desk.service,
            deadline: start + timeout + args.watch.unwrap_or_default(),
            stop: self.stop,
        };
        let vetting = Vetting::new(desk, self.table, &sites, lister);
        let act = Act {
            console,
            desk,
            channels: self.channels,
            lister,
            vet: &|order| vetting.vet(order),
            confirmed: self.confirmed,
            values: &values,
            watch_until: args.watch.map(|watch| start + watch),
        };
        let (done, shown) = act.run(&mut journal, run);
        let unknown = match self.confirmed {
            Confirmed::Earlier => unknown(journal.records()),
            _ => &plan.unknown().collect() - &closed_for_sure(journal.records()),
        };
        let left = self.left(plan, journal.records());
        let exit_of_left = left_behind(left.len(), unknown.len());
        let is_told = |c3id: &str| done.outcomes.iter().any(|it| it.order.c3id == c3id);
        let left = left.into_iter().filter(|(c3id, _)| !is_told(c3id));
        let left = text::left(&left.collect());
        print(format!("{}{left}{shown}", text::unknown(&unknown)).as_bytes())?;
        if let Some(error) = &done.broken {
            console.complain(&Complaint::from(error));
        }
        let is_interrupted = self.stop.load(Ordering::Relaxed);
        let acted = exit(&done, args.watch.is_some(), is_interrupted);
        Ok(acted.or_worse(exit_of_left).into())
    }

    /// The C3IDs of tokens that worked when they were left alone and are not known to be revoked since
    /// then, with why, as far as a plan says so: those of this plan, or of all that the journal knows.
    fn left<'r>(&self, plan: &'r Plan, records: &'r [Record]) -> Left<'r> {
        let left = left_alone(records);
        if self.confirmed == Confirmed::Earlier {
            return left.into_iter().map(|c3id| (c3id, None)).collect();
        }
        let told = plan.told().filter(|notice| left.contains(&*notice.c3id));
        let why = |notice: &'r Notice| (&*notice.c3id, notice.left_because.as_deref());
        told.map(why).collect()
    }
}

/// The C3IDs of all leaks that the journal tells of.
fn leaks(records: &[Record]) -> BTreeSet<String> {
    let planned = records.iter().filter_map(|record| {
        let leaks = record.evidence.get("leaks")?.as_array()?;
        Some(leaks.iter().filter_map(|id| Some(id.as_str()?.to_owned())))
    });
    let acted_on = records.iter().filter_map(|record| record.c3id.clone());
    planned.flatten().chain(acted_on).collect()
}

/// How a run ends that leaves so many tokens behind which worked, and so many of which nobody answered.
fn left_behind(left: usize, unknown: usize) -> Exit {
    match (left, unknown) {
        (0, 0) => Exit::Clean,
        (0, _) => Exit::Incomplete,
        (_, _) => Exit::ActiveLeak,
    }
}

/// How a run ends: could not run before failed before unconfirmed before interrupted before a leak
/// that was left alone.
pub(super) fn exit(done: &Done, was_watched: bool, is_interrupted: bool) -> Exit {
    let any = |state: State| {
        let mut outcomes = done.outcomes.iter();
        outcomes.any(|outcome: &Outcome| outcome.state == state)
    };
    let sent = [
        State::Closed,
        State::Confirming,
        State::Unseen,
        State::Failed,
    ];
    let nothing_was_sent = !sent.into_iter().any(any);
    let had_no_effect = any(State::Confirming) && was_watched && !is_interrupted;
    let was_not_tried = any(State::Unsent) && !is_interrupted;
    if done.broken.is_some() && nothing_was_sent {
        Exit::CouldNotRun
    } else if any(State::Failed) || done.broken.is_some() || had_no_effect || was_not_tried {
        Exit::Failed
    } else if any(State::Confirming) || any(State::Unseen) {
        Exit::Unconfirmed
    } else if is_interrupted {
        Exit::Interrupted
    } else if any(State::Spared) {
        Exit::ActiveLeak
    } else if any(State::Dropped) {
        Exit::NO
    } else {
        Exit::Clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::respond::plan::{Grounds, Route};

    #[test]
    fn the_worst_that_holds_is_told() {
        let outcome = |state: &State| Outcome {
            order: Order {
                organization: "contoso".to_owned(),
                c3id: "A".to_owned(),
                authorization_id: "1".to_owned(),
                route: Route::Administrator,
                owner: "aad.owner".to_owned(),
                matched: "certain".to_owned(),
                grounds: Grounds::default(),
            },
            state: *state,
            why: String::new(),
        };
        for (states, watched, interrupted, expected) in [
            (&[State::Closed][..], false, false, Exit::Clean),
            (&[State::Dropped, State::Closed], false, false, Exit::NO),
            (
                &[State::Dropped, State::Spared],
                false,
                false,
                Exit::ActiveLeak,
            ),
            (&[State::Spared], false, true, Exit::Interrupted),
            (&[State::Unsent], false, false, Exit::Failed),
            (&[State::Unsent], false, true, Exit::Interrupted),
            (&[State::Confirming], false, false, Exit::Unconfirmed),
            (&[State::Confirming], true, false, Exit::Failed),
            (&[State::Confirming], true, true, Exit::Unconfirmed),
            (
                &[State::Confirming, State::Unsent],
                false,
                false,
                Exit::Failed,
            ),
            (
                &[State::Unseen, State::Unsent],
                false,
                true,
                Exit::Unconfirmed,
            ),
            (
                &[State::Confirming, State::Failed],
                false,
                true,
                Exit::Failed,
            ),
        ] {
            let done = Done {
                outcomes: states.iter().map(outcome).collect(),
                broken: None,
            };
            assert_eq!(exit(&done, watched, interrupted), expected, "{states:?}");
        }
    }
}
