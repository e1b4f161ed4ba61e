//! Looks tokens up in the administrator's list, so that they need not be presented.
//!
//! ```text
//! findings ─▶ site: an organisation, the C3IDs sought there, whoever may own them
//!                │
//!                ▼
//!             survey: people by page ─▶ lists of up to four at a time ─▶ judge: C3ID matches
//!                │                                                          │
//!                └── state file: who was listed when                        ▼
//!                                                              verdict, or an attempt that says why not
//! ```
//!
//! | file | what |
//! |---|---|
//! | `hints` | who may own a token |
//! | `errand` | one question: budget, pauses, a second try |
//! | `survey` | an organisation: whom to list, and when to stop |
//! | `list` | the tokens of one person |
//! | `judge` | what a record says about a token |
//! | `coverage` | how much was listed, in words |
//! | `state` | what is kept between runs |

mod coverage;
mod errand;
mod hints;
mod judge;
mod list;
mod state;
mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::plan::{self, Answer};
use super::{Options, Progress, WATCH};
use crate::model::{Attempt, Finding, FindingId, Report, Timestamp};
use crate::providers::azure_devops::{AzureDevOps, Base};
use crate::providers::entra::Credentials;

pub use state::{StateError, StateFile};

use hints::Hints;
use state::State;

/// How many organisations that were not asked are named.
const NAMES: usize = 5;

/// How the administrator's list is read.
#[derive(Clone, Debug)]
pub struct InventoryOptions {
    /// As whom, at which organisations.
    pub access: Vec<Access>,
    /// Whose tokens are listed.
    pub breadth: Breadth,
    /// Where is kept what was listed.
    pub state: Option<StateFile>,
}

/// Whose tokens are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// Those of whoever probably owns a token that leaked.
    Likely,
    /// Everybody's, those of likely owners first.
    Full,
}

/// A credential, and where it is used.
#[derive(Clone, Debug)]
pub struct Access {
    /// The organisations, in lower case; empty for those of [`Organizations`](super::Organizations)
    /// that no other names.
    pub organizations: Vec<String>,
    /// The credential.
    pub credentials: Arc<Credentials>,
}

/// What the list told.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// By finding: what is known. These tokens are never presented.
    pub(super) settled: BTreeMap<usize, Answer>,
    /// By finding: what was tried, where that settled nothing.
    pub(super) attempts: BTreeMap<usize, Vec<Attempt>>,
    /// How many requests are left.
    pub(super) requests_left: Option<u64>,
    /// What people should know of what was not found, with the findings that it is about.
    pub(super) notes: Vec<(Vec<usize>, String)>,
}

/// What is to be done at one organisation.
#[derive(Debug)]
struct Site {
    organization: String,
    credentials: Arc<Credentials>,
    /// The C3IDs of tokens that may belong here.
    sought: BTreeSet<String>,
    hints: Hints,
}

/// Everything that the threads of a run share.
struct Run {
    service: AzureDevOps,
    now: fn() -> Timestamp,
    deadline: Instant,
    breadth: Breadth,
    progress: Arc<Progress>,
    stop: Arc<AtomicBool>,
    /// Which finding a C3ID is that of.
    findings: BTreeMap<String, usize>,
    requests_left: Mutex<Option<u64>>,
    /// The service wants to be left alone until then.
    not_before: Mutex<Option<Instant>>,
    /// Requests in a row without any answer.
    faults: AtomicU32,
    found: Mutex<Outcome>,
    state: Option<(StateFile, Mutex<State>)>,
}

/// The credentials that a run needs: those of organisations at which a token of `report` is sought.
pub fn needed(report: &Report, options: &Options) -> Vec<Arc<Credentials>> {
    let Some(inventory) = &options.inventory else {
        return Vec::new();
    };
    let mut needed: Vec<Arc<Credentials>> = Vec::new();
    for site in sites(report, options, inventory) {
        if !needed
            .iter()
            .any(|known| Arc::ptr_eq(known, &site.credentials))
        {
            needed.push(site.credentials);
        }
    }
    needed
}

/// Looks the tokens of `report` up. Returns when they are found, when all that is wanted was read,
/// or when the operator has had enough.
pub(super) fn run(
    report: &Report,
    options: &Options,
    deadline: Instant,
    progress: &Arc<Progress>,
    stop: &Arc<AtomicBool>,
) -> Outcome {
    let nothing = Outcome {
        requests_left: options.max_requests,
        ..Outcome::default()
    };
    let Some(inventory) = &options.inventory else {
        return nothing;
    };
    let sites = sites(report, options, inventory);
    if let Some(note) = unnamed(report, options, inventory) {
        progress.note(note);
    }
    if sites.is_empty() {
        return nothing;
    }
    let run = Arc::new(Run {
        service: options.service.clone(),
        now: options.now,
        deadline,
        breadth: inventory.breadth,
        progress: progress.clone(),
        stop: stop.clone(),
        findings: sought(report)
            .map(|(index, c3id, _)| (c3id.to_owned(), index))
            .collect(),
        requests_left: Mutex::new(options.max_requests),
        not_before: Mutex::new(None),
        faults: AtomicU32::new(0),
        found: Mutex::new(nothing),
        state: inventory
            .state
            .clone()
            .map(|file| (file.clone(), Mutex::new(file.into_state()))),
    });
    let (sender, ended) = mpsc::channel::<()>();
    let working = run.clone();
    // Not scoped: when the operator has had enough, nobody waits for the service.
    thread::spawn(move || {
        for site in &sites {
            working.visit(site);
        }
        drop(sender);
    });
    while ended.recv_timeout(WATCH) == Err(RecvTimeoutError::Timeout) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    run.save();
    let mut outcome = std::mem::take(&mut *lock(&run.found));
    outcome.requests_left = *lock(&run.requests_left);
    outcome
}

/// The findings that the list may know: their index, their C3ID, and themselves.
fn sought(report: &Report) -> impl Iterator<Item = (usize, &str, &Finding)> {
    let findings = report.findings.iter().enumerate();
    findings.filter_map(|(index, finding)| match &finding.id {
        FindingId::C3id(c3id) if finding.may_be_asked_about() && plan::is_pat(finding) => {
            Some((index, c3id.as_str(), finding))
        }
        _ => None,
    })
}

/// What is to be done at which organisation, in the order of the findings.
fn sites(report: &Report, options: &Options, inventory: &InventoryOptions) -> Vec<Site> {
    // A server on premises has no such list.
    if let Base::Server(_) = options.service.base() {
        return Vec::new();
    }
    let mut sites: Vec<Site> = Vec::new();
    for (_, c3id, finding) in sought(report) {
        for organization in plan::organizations(finding, options) {
            let known = sites
                .iter()
                .position(|site| site.organization == organization);
            let at = match known {
                Some(at) => at,
                None => match credentials(inventory, options, &organization) {
                    Some(credentials) => {
                        sites.push(Site {
                            organization,
                            credentials: credentials.clone(),
                            sought: BTreeSet::new(),
                            hints: Hints::default(),
                        });
                        sites.len() - 1
                    }
                    None => continue,
                },
            };
            sites[at].sought.insert(c3id.to_owned());
            sites[at].hints.add(finding);
        }
    }
    sites
}

/// As whom to ask at `organization`: the one that names it before the one for all. Who holds the
/// text that was scanned could name an organisation of theirs, so that the one for all is good only
/// where the operator names it (`is_named`).
pub fn access_to<'a>(
    access: &'a [Access],
    organization: &str,
    is_named: bool,
) -> Option<&'a Access> {
    let names = |one: &&Access| one.organizations.iter().any(|name| name == organization);
    let mut all = access.iter();
    let own = access.iter().find(names);
    own.or_else(|| all.find(|one| is_named && one.organizations.is_empty()))
}

fn credentials<'a>(
    inventory: &'a InventoryOptions,
    options: &Options,
    organization: &str,
) -> Option<&'a Arc<Credentials>> {
    let is_named = is_named(options, organization);
    let access = access_to(&inventory.access, organization, is_named)?;
    Some(&access.credentials)
}

/// Whether the operator names `organization`.
fn is_named(options: &Options, organization: &str) -> bool {
    let mut names = options.organizations.names.iter();
    names.any(|name| name.eq_ignore_ascii_case(organization))
}

/// What people are told of organisations that only what was scanned names, so that nobody is asked
/// there as an administrator, or of there being none to ask; `None` if all is asked.
fn unnamed(report: &Report, options: &Options, inventory: &InventoryOptions) -> Option<String> {
    let is_for_all = |access: &Access| access.organizations.is_empty();
    if let Base::Server(_) = options.service.base() {
        return None;
    }
    if !inventory.access.iter().any(is_for_all) {
        return None;
    }
    let all = sought(report).flat_map(|(_, _, finding)| plan::organizations(finding, options));
    let left_out: BTreeSet<String> = all
        .filter(|name| credentials(inventory, options, name).is_none())
        .collect();
    let names: Vec<&str> = left_out.iter().map(String::as_str).take(NAMES).collect();
    let (were, them) = match left_out.len() {
        0 if options.organizations.names.is_empty() && sought(report).next().is_some() => {
            let note = "inventory: nobody was asked, for no --org says where the administrator's \
                        credential goes";
            return Some(note.to_owned());
        }
        0 => return None,
        1 => ("was", "it"),
        _ => ("were", "them"),
    };
    let (more, dots) = match left_out.len() - names.len() {
        0 => (String::new(), ""),
        more => (format!(" and {more} more"), ",…"),
    };
    Some(format!(
        "inventory: {}{more} {were} not asked, for the administrator's credential goes only where \
         you say; --org {}{dots} adds {them}",
        names.join(", "),
        names.join(",")
    ))
}

impl Run {
    /// Keeps what was listed, if it is to be kept.
    fn save(&self) {
        if let Some((file, state)) = &self.state {
            let text = lock(state).to_json();
            if let Err(error) = file.save(&text) {
                self.progress.note(format!("{error}: {}", error.cause()));
            }
        }
    }

    /// Whether the operator has had enough.
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Those of `wanted` that are not settled yet.
    fn open<'a>(&self, wanted: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
        let found = lock(&self.found);
        let is_open = |c3id: &&String| {
            let index = self.findings.get(*c3id);
            index.is_some_and(|index| !found.settled.contains_key(index))
        };
        wanted.into_iter().filter(is_open).cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
