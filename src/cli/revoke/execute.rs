//! Does what a plan orders, once somebody has confirmed that plan.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::super::args::{JournalFile, Revoke};
use super::super::config::ConfigFile;
use super::super::console::Console;
use super::super::desk::Desk;
use super::super::environment::Environment;
use super::super::exit::{Complaint, Exit, Failure};
use super::super::generate::print;
use super::super::handover;
use super::super::settings::now;
use super::super::{journal, notify};
use super::DEFAULT_TIMEOUT;
use super::act::Act;
use crate::model::{Owner, Secret};
use crate::policy::{Allowed, AutoRevoke, Whom};
use crate::report::count;
use crate::respond::journal::{Event, Journal, Record};
use crate::respond::listing::Lister;
use crate::respond::notify::{Channels, is_due};
use crate::respond::plan::Plan;
use crate::respond::revoke::{Done, Outcome, Revoker, State, open_orders};

/// Characters of a plan's id that are typed to confirm it.
const TYPED: usize = 8;

#[derive(Debug, Error)]
enum ExecuteError {
    #[error("the plan orders nothing")]
    Empty,
    #[error("nobody has confirmed the plan {id}")]
    Unconfirmed { id: String },
    #[error("--confirm names another plan than {id}")]
    Other { id: String },
    #[error("cannot read the confirmation")]
    Read { source: io::Error },
    #[error("no administrator can act at {organization}")]
    Nobody { organization: String },
    #[error("your policy revokes nothing by now")]
    Off,
    #[error("your policy allows the token {c3id} by now: {reason}")]
    Allowed { c3id: String, reason: String },
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
    if plan.is_empty() && (plan.told().next().is_none() || channels.is_empty()) {
        let hint = "[notify] in the configuration tells people of what is not revoked";
        return Err(Failure::new(&ExecuteError::Empty, Some(hint.to_owned())));
    }
    check(&plan, file).map_err(|error| {
        let hint = "plan again, so that everybody sees what the policy says";
        Failure::new(&error, Some(hint.to_owned()))
    })?;
    let desk = open_desk(&plan, args, file, environment)?;
    confirm(&plan, args.confirm.as_deref(), environment)?;
    let acting = Acting {
        desk: &desk,
        channels: &channels,
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
    let chain = chain.map_err(|error| Failure::new(&error, None))?;
    let plan = Plan::new(open_orders(&chain.records));
    let channels = notify::channels(file, environment)?;
    if plan.is_empty() && !is_due(&chain.records, &channels, now()) {
        return print(b"nothing is open\n");
    }
    let desk = open_desk(&plan, args, file, environment)?;
    let acting = Acting {
        desk: &desk,
        channels: &channels,
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

/// Refuses what the operator's policy has come to forbid since the plan was made.
fn check(plan: &Plan, file: &ConfigFile) -> Result<(), ExecuteError> {
    let table = &file.policy;
    if table.auto_revoke == Some(AutoRevoke::Off) && !plan.is_empty() {
        return Err(ExecuteError::Off);
    }
    for order in plan.orders() {
        let is_it = |allowed: &&Allowed| {
            let is_meant = matches!(&allowed.whom, Whom::C3id(c3id) if *c3id == order.c3id);
            is_meant && now() < allowed.until
        };
        if let Some(allowed) = table.allowed.iter().find(is_it) {
            return Err(ExecuteError::Allowed {
                c3id: order.c3id.clone(),
                reason: allowed.reason.clone(),
            });
        }
    }
    match table.max_revocations {
        Some(most) if plan.len() as u64 > most => Err(ExecuteError::TooMuch {
            orders: count(plan.len() as u64, "token"),
            most,
        }),
        _ => Ok(()),
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

/// Opens the journal in the name of whoever the first organisation takes the administrator for.
pub(super) fn open_journal(
    (desk, plan, named): (&Desk, &Plan, &[String]),
    file: &JournalFile,
    timeout: Duration,
    environment: &Environment,
) -> Result<Journal, Failure> {
    let mut organizations: BTreeSet<_> = plan.orders().map(|it| &it.organization).collect();
    if plan.is_empty() {
        organizations.extend(named);
    }
    // Whoever answers says who acts; the rest is told of each order.
    let mut sites = organizations.iter();
    let actor = sites.find_map(|organization| desk.site(organization, timeout).ok()?.acting);
    if let (None, Some(order)) = (&actor, plan.orders().next()) {
        let organization = order.organization.clone();
        let hint = format!("--org {organization} lets --auth act there");
        return Err(Failure::new(
            &ExecuteError::Nobody { organization },
            Some(hint),
        ));
    }
    let path = journal::path(file, environment)?;
    Journal::open(&path, &name(&actor.unwrap_or_default()))
        .map_err(|error| Failure::new(&error, None))
}

fn name(owner: &Owner) -> String {
    let known = owner.account.as_ref().or(owner.name.as_ref());
    let id = owner.id.as_deref().unwrap_or("unknown");
    known.map_or_else(|| id.to_owned(), |known| format!("{known} ({id})"))
}

/// Has `plan` confirmed: by its id, or by whoever sits at the terminal.
fn confirm(plan: &Plan, given: Option<&str>, environment: &Environment) -> Result<(), Failure> {
    let id = plan.id();
    if let Some(given) = given {
        if given.eq_ignore_ascii_case(&id) {
            return Ok(());
        }
        return Err(Failure::new(&ExecuteError::Other { id }, None));
    }
    let unconfirmed = |id| {
        let hint = "give the whole id with --confirm where nobody can be asked".to_owned();
        Failure::new(&ExecuteError::Unconfirmed { id }, Some(hint))
    };
    if !environment.stdin_terminal || !environment.stderr_terminal {
        return Err(unconfirmed(id));
    }
    let orders = plan.orders();
    let asked = || -> io::Result<String> {
        let mut out = io::stderr().lock();
        for order in orders {
            let console = crate::report::escape_for_terminal(&order.organization);
            writeln!(out, "  {}  at {console}", order.c3id)?;
        }
        let tokens = count(plan.len() as u64, "token");
        let told = match plan.told().count() as u64 {
            0 => String::new(),
            more => format!(" and tell of {more} more"),
        };
        write!(
            out,
            "to revoke {tokens}{told}, type the first {TYPED} characters of the plan's id: "
        )?;
        out.flush()?;
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line)
    };
    let typed = asked().map_err(|source| Failure::new(&ExecuteError::Read { source }, None))?;
    if typed.trim().eq_ignore_ascii_case(&id[..TYPED]) {
        Ok(())
    } else {
        Err(unconfirmed(id))
    }
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
    desk: &'a Desk,
    channels: &'a Channels,
    args: &'a Revoke,
    stop: &'a Arc<AtomicBool>,
}

impl Acting<'_> {
    /// Acts, and shows what became of it.
    fn run(
        &self,
        plan: &Plan,
        environment: &Environment,
        console: Console,
        run: impl FnOnce(&mut Revoker<'_>) -> Done,
    ) -> Result<ExitCode, Failure> {
        let Self { desk, args, .. } = self;
        let values = values(desk, args, environment, console, self.stop)?;
        let timeout = args.service.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let organizations = &args.service.org;
        let named = (*desk, plan, organizations.as_slice());
        let mut journal = open_journal(named, &args.journal, timeout, environment)?;
        let leaks = leaks(journal.records());
        desk.refuse_leaked(&leaks.iter().map(String::as_str).collect::<Vec<_>>())?;
        let start = Instant::now();
        let act = Act {
            desk,
            channels: self.channels,
            lister: Lister {
                service: &desk.service,
                deadline: start + timeout + args.watch.unwrap_or_default(),
                stop: self.stop,
            },
            values: &values,
            watch_until: args.watch.map(|watch| start + watch),
        };
        let (done, shown) = act.run(&mut journal, run);
        print(shown.as_bytes())?;
        if let Some(error) = &done.broken {
            console.complain(&Complaint::from(error));
        }
        let is_interrupted = self.stop.load(Ordering::Relaxed);
        let acted = exit(&done, args.watch.is_some(), is_interrupted);
        let left = if leaves_alive(plan, journal.records()) {
            Exit::ActiveLeak
        } else {
            Exit::Clean
        };
        Ok(acted.or_worse(left).into())
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

/// Whether `plan` leaves a token alone that worked when it was made, and is not known to be revoked.
fn leaves_alive(plan: &Plan, records: &[Record]) -> bool {
    plan.told().any(|notice| {
        let is_closed = |record: &Record| {
            record.event == Event::Closed && record.c3id.as_ref() == Some(&notice.c3id)
        };
        !records.iter().any(is_closed)
    })
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
    if done.broken.is_some() && nothing_was_sent {
        Exit::CouldNotRun
    } else if any(State::Failed) || done.broken.is_some() || had_no_effect {
        Exit::Failed
    } else if any(State::Confirming) || any(State::Unseen) {
        Exit::Unconfirmed
    } else if is_interrupted {
        Exit::Interrupted
    } else if any(State::Unsent) {
        Exit::Failed
    } else if any(State::Dropped) {
        Exit::NO
    } else {
        Exit::Clean
    }
}
