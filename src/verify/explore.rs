//! Asks what a token that works may read: one harmless `GET` a scope, one after the other.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::probes::{Named, PROBES, Places, Reading, Response};
use super::radius::ProbeResult;
use crate::model::{Owner, Secret};
use crate::providers::Scrubber;
use crate::providers::azure_devops::{Asked, AzureDevOps, Identity, ServiceHost, is_organization};
use crate::providers::http::{Answer, Credential};

/// The most requests about one token, those that prepare the probes among them.
const MAX_REQUESTS: usize = 25;

/// What a token may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// What each probe said.
    pub probes: Vec<ProbeResult>,
    /// The organisations of its owner, where the token may list them.
    pub memberships: Option<Vec<String>>,
    /// Whether it stopped early: the service asked for it, or time was over. That no more than so
    /// many requests are made is no early end.
    pub is_cut: bool,
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

/// Probes what `subject` may read until `deadline`.
pub fn explore(service: &AzureDevOps, subject: Subject<'_>, deadline: Instant) -> Explored {
    let mut asking = Asking {
        service,
        secret: subject.secret,
        deadline,
        left: MAX_REQUESTS,
        is_stopped: false,
    };
    let mut explored = Explored {
        memberships: memberships(&mut asking, subject.owner),
        ..Explored::default()
    };
    let project = first_project(&mut asking, subject.organization);
    let places = Places {
        organization: subject.organization,
        project: project.as_deref(),
        identity: subject.owner.id.as_deref(),
        descriptor: subject.owner.descriptor.as_deref(),
    };
    for probe in &PROBES {
        let (Some(path), Some(host)) = (probe.path(&places), ServiceHost::named(probe.host)) else {
            continue;
        };
        let Some(asked) = asking.get(host, &path) else {
            explored.is_cut = asking.is_stopped;
            break;
        };
        let reading = asked
            .outcome
            .as_ref()
            .map_or(Reading::Inconclusive, |answer| {
                let type_key = type_key(answer);
                probe.read(response(&asked, answer, type_key.as_deref()))
            });
        explored.probes.push(ProbeResult {
            scope: probe.scope,
            reading,
        });
        if reading == Reading::Abort {
            explored.is_cut = true;
            break;
        }
    }
    explored
}

/// Requests as one token, one at a time.
struct Asking<'a> {
    service: &'a AzureDevOps,
    secret: &'a Secret,
    deadline: Instant,
    left: usize,
    /// Whether the service or the time set an end.
    is_stopped: bool,
}

impl Asking<'_> {
    /// Asks, and waits as long as the service says; `None` when nothing more may be asked.
    fn get(&mut self, host: ServiceHost, path: &str) -> Option<Asked> {
        let time = self.deadline.saturating_duration_since(Instant::now());
        self.is_stopped |= time.is_zero();
        if self.left == 0 || self.is_stopped {
            return None;
        }
        self.left -= 1;
        let credential = Credential::Pat(self.secret);
        let asked = self.service.get_path(host, path, Some(credential), time);
        if let Some(pause) = asked.pause() {
            self.wait(pause);
        }
        Some(asked)
    }

    /// Waits, but not for longer than there is time: then all time is used up.
    fn wait(&mut self, pause: Duration) {
        match Instant::now().checked_add(pause) {
            Some(end) if end < self.deadline => thread::sleep(pause),
            _ => self.is_stopped = true,
        }
    }

    fn json(&mut self, host: ServiceHost, path: &str) -> Option<Value> {
        let asked = self.get(host, path)?;
        let answer = asked.outcome.ok()?;
        (answer.status == 200).then(|| answer.json()).flatten()
    }
}

/// Only a token that is global may list the organisations of its owner.
fn memberships(asking: &mut Asking<'_>, owner: &Owner) -> Option<Vec<String>> {
    let id = owner.id.as_deref().filter(|id| is_guid_like(id))?;
    let path = format!("/_apis/accounts?memberId={id}&api-version=7.1-preview.1");
    let answer = asking.json(ServiceHost::AppVssps, &path)?;
    let accounts = answer.get("value")?.as_array()?;
    let names = accounts.iter();
    let names = names.filter_map(|account| account.get("accountName")?.as_str());
    let names = names.filter(|name| is_organization(name));
    let scrubber = Scrubber::new(Some(asking.secret));
    Some(names.filter_map(|name| scrubber.whole(name)).collect())
}

/// Some project, for what is asked of one.
fn first_project(asking: &mut Asking<'_>, organization: &str) -> Option<String> {
    let path = format!("/{organization}/_apis/projects?$top=1&api-version=7.1");
    let answer = asking.json(ServiceHost::DevAzure, &path)?;
    let project = answer.get("value")?.as_array()?.first()?;
    let name = project.get("name")?.as_str()?;
    // It becomes part of an address, in which nothing of the token must stand.
    Scrubber::new(Some(asking.secret)).whole(name)
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
