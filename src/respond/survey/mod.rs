//! Reads what an administrator can see of an organisation: its policies, its people with their
//! tokens, its audit log. Nothing is changed, and no token is presented but the administrator's.

mod ask;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::{Owner, Timestamp};
use crate::providers::azure_devops::{
    AuditEntry, AuditQuestion, AzureDevOps, ListQuestion, ListVersion, ListedPat,
    OrganizationPolicyName, PAGE_SIZE, Refusal, Setting, TenantPolicyName, User,
};
use crate::providers::entra::Credentials;
use crate::respond::listing::distinct;

pub use ask::Unread;

/// Lists that are read at a time: as many requests as one host of the service gets at most.
const IN_FLIGHT: usize = 4;
/// People whose standing is asked for at once: their descriptors stand in the address.
const STANDINGS: usize = 40;
/// How often is looked whether the operator has had enough.
const WATCH: Duration = Duration::from_millis(50);

/// A policy that an administrator reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyId {
    /// Of the tenant.
    Tenant(TenantPolicyName),
    /// Of the organisation.
    Organization(OrganizationPolicyName),
}

/// Somebody, and their tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: User,
    /// Whether they are active; `None` where nobody says.
    pub is_active: Option<bool>,
    /// All their tokens; none where their list could not be read.
    pub pats: Vec<ListedPat>,
}

impl Person {
    /// The account, or else the name, or else the subject descriptor.
    pub fn account(&self) -> String {
        let User {
            account,
            name,
            descriptor,
            ..
        } = &self.user;
        let called = account.as_ref().or(name.as_ref());
        called.unwrap_or(descriptor).clone()
    }
}

/// Something that could not be read, or not whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// What, in words.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What is known of an organisation.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Its name, in lower case.
    pub organization: String,
    /// As whom it knows the administrator.
    pub acting: Option<Owner>,
    /// What time it was there, as the service says.
    pub at: Option<Timestamp>,
    /// What each policy is set to, or why that is not known.
    pub policies: BTreeMap<PolicyId, Result<Setting, Unread>>,
    /// Everybody, by account.
    pub people: Vec<Person>,
    /// The entries of the log that were asked for, the oldest first.
    pub log: Vec<AuditEntry>,
    /// From when on the log was read.
    pub log_from: Option<Timestamp>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// What is to be read.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which policies.
    pub policies: Vec<PolicyId>,
    /// The log of so many seconds before now.
    pub log_back: i64,
    /// Whether it is asked who is disabled.
    pub asks_standings: bool,
    /// What time it is here. Where the service's clock tells another, both count.
    pub now: Timestamp,
}

/// Whom to ask, as whom, and until when.
#[derive(Debug)]
pub struct Surveyor {
    service: AzureDevOps,
    credentials: Arc<Credentials>,
    organization: String,
    deadline: Instant,
    stop: Arc<AtomicBool>,
    /// The service wants to be left alone until then.
    not_before: Mutex<Option<Instant>>,
    /// Requests in a row without any answer.
    faults: AtomicU32,
    facts: Mutex<Facts>,
}

impl Surveyor {
    /// Nobody is asked yet.
    pub fn new(
        service: &AzureDevOps,
        credentials: Arc<Credentials>,
        organization: &str,
        deadline: Instant,
        stop: &Arc<AtomicBool>,
    ) -> Self {
        Self {
            service: service.clone(),
            credentials,
            organization: organization.to_owned(),
            deadline,
            stop: stop.clone(),
            not_before: Mutex::default(),
            faults: AtomicU32::default(),
            facts: Mutex::new(Facts {
                organization: organization.to_owned(),
                ..Facts::default()
            }),
        }
    }

    /// Reads all that is wanted, or what could be until the operator had enough.
    pub fn survey(self, wanted: Wanted) -> Facts {
        let surveyor = Arc::new(self);
        let (sender, ended) = mpsc::channel::<()>();
        let working = surveyor.clone();
        // Not scoped: when the operator has had enough, nobody waits for the service.
        thread::spawn(move || {
            working.read(&wanted);
            drop(sender);
        });
        while ended.recv_timeout(WATCH) == Err(RecvTimeoutError::Timeout) {
            if surveyor.stop.load(Ordering::Relaxed) {
                surveyor.miss("the rest", &Unread::because("interrupted"));
                break;
            }
        }
        let mut facts = std::mem::take(&mut *lock(&surveyor.facts));
        facts.people.sort_by(|a, b| {
            let key = |person: &Person| {
                let account = person.user.account.clone().unwrap_or_default();
                (account, person.user.descriptor.clone())
            };
            key(a).cmp(&key(b))
        });
        facts.log.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        facts.gaps.sort();
        facts.gaps.dedup();
        facts
    }

    fn read(&self, wanted: &Wanted) {
        let organization = &self.organization;
        let who = self.ask(|grant, timeout| {
            let credential = grant.credential();
            self.service.who_am_i(organization, credential, timeout)
        });
        match who {
            Ok(owner) => lock(&self.facts).acting = Some(owner),
            // To somebody whom it does not know, no answer about its tenant or its people counts.
            Err(unread) => return self.miss("anything", &unread),
        }
        for &policy in &wanted.policies {
            let setting = self.policy(policy);
            lock(&self.facts).policies.insert(policy, setting);
        }
        self.people(wanted.asks_standings);
        let there = lock(&self.facts).at.unwrap_or(wanted.now);
        let (first, last) = (there.min(wanted.now), there.max(wanted.now));
        self.log(Timestamp(first.0.saturating_sub(wanted.log_back)), last);
    }

    fn policy(&self, policy: PolicyId) -> Result<Setting, Unread> {
        let organization = &self.organization;
        self.ask(|grant, timeout| {
            let credential = grant.credential();
            match policy {
                PolicyId::Tenant(name) => {
                    self.service
                        .tenant_policy(organization, name, credential, timeout)
                }
                PolicyId::Organization(name) => {
                    self.service
                        .organization_policy(organization, name, credential, timeout)
                }
            }
        })
    }

    fn people(&self, asks_standings: bool) {
        let mut users: Vec<User> = Vec::new();
        let mut seen = BTreeSet::new();
        let all = self.pages(
            |from, grant, timeout| {
                let credential = grant.credential();
                self.service
                    .users(&self.organization, from, credential, timeout)
            },
            |page| {
                let page = page.into_iter();
                users.extend(page.filter(|user| seen.insert(user.descriptor.clone())));
            },
        );
        if let Err(unread) = &all {
            self.miss("everybody who is there", unread);
        }
        let standings = if asks_standings {
            self.standings(&users)
        } else {
            BTreeMap::new()
        };
        self.lists(&users, &standings);
    }

    /// Who is active, as far as the service says so.
    fn standings(&self, users: &[User]) -> BTreeMap<String, bool> {
        let mut all = BTreeMap::new();
        for chunk in users.chunks(STANDINGS) {
            let asked: Vec<&str> = chunk.iter().map(|user| &*user.descriptor).collect();
            let told = self.ask(|grant, timeout| {
                let credential = grant.credential();
                self.service
                    .standings(&self.organization, &asked, credential, timeout)
            });
            match told {
                Ok(told) => all.extend(told),
                Err(unread) => {
                    self.miss("who is disabled", &unread);
                    break;
                }
            }
        }
        all
    }

    /// Reads the tokens of everybody.
    fn lists(&self, users: &[User], standings: &BTreeMap<String, bool>) {
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let version = Mutex::new(ListVersion::Preview72);
        let is_refused = AtomicBool::new(false);
        let gone = Mutex::new(Vec::new());
        let one = |user: &User| {
            let pats = match self.pats(user, &version) {
                Ok(pats) => pats,
                // They left in the meantime.
                Err(unread) if unread.refusal == Some(Refusal::UnknownUser) => {
                    return lock(&gone).push(unread);
                }
                Err(unread) => {
                    let is_over = unread.refusal.is_none_or(is_about_all);
                    is_refused.fetch_or(is_over, Ordering::Relaxed);
                    lock(&failed).push(unread);
                    Vec::new()
                }
            };
            lock(&self.facts).people.push(Person {
                user: user.clone(),
                is_active: standings.get(&user.descriptor).copied(),
                pats,
            });
        };
        thread::scope(|scope| {
            for _ in 0..IN_FLIGHT.min(users.len()) {
                scope.spawn(|| {
                    while !is_refused.load(Ordering::Relaxed)
                        && let Some(user) = users.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        one(user);
                    }
                });
            }
        });
        let (mut failed, mut gone) = (lock(&failed), lock(&gone));
        // That all of them left since they were listed is no answer.
        if gone.len() == users.len() {
            failed.append(&mut gone);
        }
        let Some(last) = failed.last() else {
            return;
        };
        let asked = next.load(Ordering::Relaxed).min(users.len());
        let unread = failed.len() + users.len() - asked;
        let what = match unread {
            1 => "the tokens of 1 person".to_owned(),
            unread => format!("the tokens of {unread} people"),
        };
        self.miss(&what, last);
    }

    /// All tokens of somebody.
    fn pats(&self, user: &User, version: &Mutex<ListVersion>) -> Result<Vec<ListedPat>, Unread> {
        loop {
            let asked = *lock(version);
            let mut all = Vec::new();
            let read = self.pages(
                |continuation, grant, timeout| {
                    let question = ListQuestion {
                        organization: &self.organization,
                        descriptor: &user.descriptor,
                        version: asked,
                        continuation,
                        page_size: PAGE_SIZE,
                    };
                    self.service.pats(question, grant.credential(), timeout)
                },
                |page| all.extend(page),
            );
            match read {
                Ok(()) => return Ok(distinct(all)),
                Err(unread)
                    if unread.refusal == Some(Refusal::Version)
                        && asked == ListVersion::Preview72 =>
                {
                    *lock(version) = ListVersion::V71;
                }
                Err(unread) => return Err(unread),
            }
        }
    }

    /// Reads the log, each entry once: it grows while it is read.
    fn log(&self, start: Timestamp, end: Timestamp) {
        lock(&self.facts).log_from = Some(start);
        let mut seen = BTreeSet::new();
        let read = self.pages(
            |continuation, grant, timeout| {
                let question = AuditQuestion {
                    organization: &self.organization,
                    start,
                    end,
                    continuation,
                };
                self.service
                    .audit_log(question, grant.credential(), timeout)
            },
            |page| {
                let page = page.into_iter();
                let key = |it: &AuditEntry| {
                    let AuditEntry {
                        id,
                        action,
                        actor_id,
                        details,
                        ..
                    } = it;
                    (it.at, [id, action, actor_id, details].map(Clone::clone))
                };
                let new = page.filter(|it| seen.insert(key(it)));
                lock(&self.facts).log.extend(new);
            },
        );
        if let Err(unread) = read {
            self.miss("the whole audit log", &unread);
        }
    }

    fn miss(&self, what: &str, unread: &Unread) {
        lock(&self.facts).gaps.push(Gap {
            what: what.to_owned(),
            why: unread.why.clone(),
        });
    }
}

/// Whether a refusal of somebody's list is one of everybody's.
fn is_about_all(refusal: Refusal) -> bool {
    match refusal {
        Refusal::NotAllowed | Refusal::ServicePrincipal | Refusal::Missing | Refusal::Version => {
            true
        }
        Refusal::UnknownUser
        | Refusal::Throttled
        | Refusal::Outage
        | Refusal::Unreachable
        | Refusal::Unexpected => false,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
