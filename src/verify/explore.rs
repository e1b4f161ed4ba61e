//! Asks what a token that works may read: one harmless `GET` a scope, one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::WATCH;
use super::probes::{Named, PROBES, Places, Reading, Response};
use super::radius::ProbeResult;
use crate::model::{Owner, Secret};
use crate::providers::Scrubber;
use crate::providers::azure_devops::{
    Asked, AzureDevOps, Identity, Pause, ServiceHost, Verdict, is_organization,
};
use crate::providers::http::{Answer, Credential};

/// The most requests about one token, those that prepare the probes and the last look among them.
const MAX_REQUESTS: usize = 25;

/// What a token may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// What each probe said.
    pub probes: Vec<ProbeResult>,
    /// The organisations of its owner, where the token may list them.
    pub memberships: Option<Vec<String>>,
    /// Why it ended early. That no more than so many requests are made is no early end.
    pub cut: Option<Cut>,
}

/// Why less was asked than there is to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cut {
    /// The operator has had enough.
    Stopped,
    /// The time or the number of requests is used up.
    OutOfBudget,
    /// The service did not answer, or wanted fewer requests.
    Service,
    /// The token was not let in any more.
    TurnedAway,
}

/// A token that works, and where.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The token.
    pub secret: &'a Secret,
    /// Where it was let in.
    pub organization: &'a str,
    /// Whose it is.
    pub owner: &'a Owner,
}

/// How far a run may go with all of its tokens.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// When it ends.
    pub deadline: Instant,
    /// How many requests it may still make.
    pub requests_left: Option<u64>,
    /// Set when the operator has had enough.
    pub stop: Arc<AtomicBool>,
}

/// Probes what `subject` may read, within `bounds`, which the requests are taken from. When the
/// operator has had enough, what is under way is left alone.
///
/// A refusal counts only if the token is still let in afterwards: one that died meanwhile is refused
/// likewise, whatever it may do.
pub fn explore(service: &AzureDevOps, subject: Subject<'_>, bounds: &mut Bounds) -> Explored {
    let (sender, receiver) = mpsc::channel();
    let exploring = Exploring {
        service: service.clone(),
        secret: subject.secret.clone(),
        organization: subject.organization.to_owned(),
        owner: subject.owner.clone(),
        bounds: bounds.clone(),
        sent: 0,
        not_before: None,
        cut: None,
    };
    // Not scoped: when the operator has had enough, nobody waits for the service.
    thread::spawn(move || exploring.run(&sender));
    let mut explored = Explored::default();
    let mut is_let_in = false;
    loop {
        match receiver.recv_timeout(WATCH) {
            Ok(Told::Memberships(names)) => explored.memberships = Some(names),
            Ok(Told::Probe(result)) => explored.probes.push(result),
            Ok(Told::End(end)) => {
                bounds.requests_left = end.requests_left;
                explored.cut = end.cut;
                is_let_in = end.is_let_in;
            }
            Err(RecvTimeoutError::Timeout) if bounds.stop.load(Ordering::Relaxed) => {
                explored.cut = Some(Cut::Stopped);
                break;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if !is_let_in {
        let refused = explored.probes.iter_mut();
        for result in refused.filter(|result| result.reading == Reading::NotHeld) {
            result.reading = Reading::Inconclusive;
        }
    }
    explored
}

/// What is told while a token is explored.
enum Told {
    Memberships(Vec<String>),
    Probe(ProbeResult),
    End(End),
}

/// How exploring ended.
struct End {
    cut: Option<Cut>,
    /// Whether refusals were followed by a look that let the token in.
    is_let_in: bool,
    requests_left: Option<u64>,
}

/// Requests as one token, one at a time.
struct Exploring {
    service: AzureDevOps,
    secret: Secret,
    organization: String,
    owner: Owner,
    bounds: Bounds,
    sent: usize,
    /// The service wants to be left alone until then.
    not_before: Option<Instant>,
    cut: Option<Cut>,
}

impl Exploring {
    /// Whoever listens may be gone: then there is nobody to tell.
    fn run(mut self, told: &Sender<Told>) {
        if let Some(names) = self.memberships() {
            let _ = told.send(Told::Memberships(names));
        }
        let is_doubtful = self.probe(told);
        let is_let_in = is_doubtful && self.is_let_in();
        let _ = told.send(Told::End(End {
            cut: self.cut,
            is_let_in,
            requests_left: self.bounds.requests_left,
        }));
    }

    /// Sends the probes; whether an answer may mean that the token has died.
    fn probe(&mut self, told: &Sender<Told>) -> bool {
        let project = self.first_project();
        let (organization, owner) = (self.organization.clone(), self.owner.clone());
        let places = Places {
            organization: &organization,
            project: project.as_deref(),
            identity: owner.id.as_deref(),
            descriptor: owner.descriptor.as_deref(),
        };
        let mut is_doubtful = false;
        for probe in &PROBES {
            let (Some(path), Some(host)) = (probe.path(&places), ServiceHost::named(probe.host))
            else {
                continue;
            };
            let Some(asked) = self.get(host, &path) else {
                break;
            };
            let reading = match &asked.outcome {
                Ok(answer) => {
                    let type_key = type_key(answer);
                    probe.read(response(&asked, answer, type_key.as_deref()))
                }
                Err(_) => Reading::Inconclusive,
            };
            let _ = told.send(Told::Probe(ProbeResult {
                scope: probe.scope,
                reading,
            }));
            is_doubtful |= matches!(reading, Reading::NotHeld | Reading::Abort);
            if reading == Reading::Abort {
                self.cut = self.cut.or(Some(Cut::Service));
                break;
            }
        }
        is_doubtful
    }

    /// Whether the token is still let in where it was.
    fn is_let_in(&mut self) -> bool {
        let reading = self.ask(
            MAX_REQUESTS,
            |it, time| {
                it.service
                    .connection_data(&it.secret, &it.organization, time)
            },
            |reading| {
                let is_busy = matches!(reading.verdict, Verdict::Throttled | Verdict::Outage);
                (reading.pause.map(|Pause(pause)| pause), is_busy)
            },
        );
        let Some(reading) = reading else { return false };
        match reading.verdict {
            Verdict::Accepted(_) => return true,
            Verdict::Throttled | Verdict::Outage | Verdict::Unreachable | Verdict::Unexpected => {
                self.cut = self.cut.or(Some(Cut::Service));
            }
            _ => self.cut = Some(Cut::TurnedAway),
        }
        false
    }

    /// One request is left for the last look.
    fn get(&mut self, host: ServiceHost, path: &str) -> Option<Asked> {
        self.ask(
            MAX_REQUESTS - 1,
            |it, time| {
                let credential = Credential::Pat(&it.secret);
                it.service.get_path(host, path, Some(credential), time)
            },
            |asked| {
                let is_busy = |answer: &Answer| answer.status == 429 || answer.status >= 500;
                (asked.pause(), asked.outcome.as_ref().is_ok_and(is_busy))
            },
        )
    }

    /// Asks, waits as long as the service says, and asks once more where it was only busy. `None`
    /// when nothing more may be asked, with [`Exploring::cut`] set unless `most` were.
    fn ask<T>(
        &mut self,
        most: usize,
        send: impl Fn(&Self, Duration) -> T,
        pause: impl Fn(&T) -> (Option<Duration>, bool),
    ) -> Option<T> {
        let mut answer = None;
        for _ in 0..2 {
            if self.sent >= most {
                break;
            }
            let Some(time) = self.turn() else { break };
            self.sent += 1;
            let told = send(self, time);
            let (pause, is_busy) = pause(&told);
            self.not_before = pause.and_then(|pause| Instant::now().checked_add(pause));
            answer = Some(told);
            let is_in_time = self.not_before.is_some_and(|at| at < self.bounds.deadline);
            if !is_busy || !is_in_time {
                break;
            }
        }
        answer
    }

    /// Waits until the service may be asked, and takes one request; how long that may take.
    fn turn(&mut self) -> Option<Duration> {
        loop {
            let now = Instant::now();
            let until = self.not_before.filter(|&until| until > now);
            let is_over = until.unwrap_or(now) >= self.bounds.deadline;
            if self.bounds.stop.load(Ordering::Relaxed) {
                self.cut = Some(Cut::Stopped);
            } else if is_over || self.bounds.requests_left == Some(0) {
                self.cut = Some(Cut::OutOfBudget);
            } else if let Some(until) = until {
                thread::sleep((until - now).min(WATCH));
                continue;
            } else {
                if let Some(left) = &mut self.bounds.requests_left {
                    *left -= 1;
                }
                return Some(self.bounds.deadline - now);
            }
            return None;
        }
    }

    fn json(&mut self, host: ServiceHost, path: &str) -> Option<Value> {
        let answer = self.get(host, path)?.outcome.ok()?;
        (answer.status == 200).then(|| answer.json()).flatten()
    }

    /// Only a token that is global may list the organisations of its owner.
    fn memberships(&mut self) -> Option<Vec<String>> {
        let id = self.owner.id.as_deref().filter(|id| is_guid_like(id))?;
        let path = format!("/_apis/accounts?memberId={id}&api-version=7.1-preview.1");
        let answer = self.json(ServiceHost::AppVssps, &path)?;
        let accounts = answer.get("value")?.as_array()?.iter();
        let names = accounts.filter_map(|account| account.get("accountName")?.as_str());
        let names = names.filter(|name| is_organization(name));
        let scrubber = Scrubber::new(Some(&self.secret));
        Some(names.filter_map(|name| scrubber.whole(name)).collect())
    }

    /// Some project, for what is asked of one.
    fn first_project(&mut self) -> Option<String> {
        let organization = &self.organization;
        let path = format!("/{organization}/_apis/projects?$top=1&api-version=7.1");
        let answer = self.json(ServiceHost::DevAzure, &path)?;
        let project = answer.get("value")?.as_array()?.first()?;
        let name = project.get("name")?.as_str()?;
        // It becomes part of an address, in which nothing of the token must stand.
        Scrubber::new(Some(&self.secret)).whole(name)
    }
}

/// Which error an answer names.
fn type_key(answer: &Answer) -> Option<String> {
    let error = answer.json()?;
    error.get("typeKey")?.as_str().map(str::to_owned)
}

fn is_guid_like(id: &str) -> bool {
    id.bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn response<'a>(asked: &Asked, answer: &Answer, type_key: Option<&'a str>) -> Response<'a> {
    let is_xml = answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/xml"));
    Response {
        status: answer.status,
        has_document: answer.json().is_some() || is_xml,
        named: match asked.identity() {
            Some(Identity::Somebody) => Named::Somebody,
            Some(Identity::Nobody) => Named::Nobody,
            None => Named::Unsaid,
        },
        type_key,
    }
}
