//! An organisation: whom to list, likely owners first, and when to stop.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::coverage::{Coverage, End};
use super::{Breadth, Run, Site, lock};
use crate::model::ServiceEvidence;
use crate::providers::azure_devops::{ListVersion, Page, Refusal, User};
use crate::verify::IN_FLIGHT;

/// As many people are listed between two times that the state is kept.
const CHUNK: usize = 50;

/// An organisation that is being listed.
pub(super) struct Visit<'a> {
    pub(super) site: &'a Site,
    pub(super) version: Mutex<ListVersion>,
    pub(super) coverage: Mutex<Coverage>,
    /// C3IDs that are listed, without the list saying whether they are valid.
    pub(super) undecided: Mutex<BTreeSet<String>>,
    /// Whether all that is sought here was found.
    is_found: Mutex<bool>,
}

impl Visit<'_> {
    /// Asks nothing more, for this reason, unless there is one already.
    pub(super) fn end(&self, end: End) {
        lock(&self.coverage).end.get_or_insert(end);
    }

    /// Takes note that the list of somebody could not be read.
    pub(super) fn failed(&self, refusal: Refusal, evidence: ServiceEvidence) {
        let mut coverage = lock(&self.coverage);
        coverage.failed += 1;
        coverage.last_failure = Some((refusal, evidence));
    }

    /// Takes note that something was refused: the list of somebody, or the list as such.
    pub(super) fn refused(&self, refusal: Refusal, evidence: ServiceEvidence) {
        match refusal {
            // They left, so that they have nothing to be listed here.
            Refusal::UnknownUser => lock(&self.coverage).unknown += 1,
            Refusal::NotAllowed
            | Refusal::ServicePrincipal
            | Refusal::Missing
            | Refusal::Version => self.end(End::Refused(evidence)),
            Refusal::Throttled | Refusal::Outage | Refusal::Unreachable | Refusal::Unexpected => {
                self.failed(refusal, evidence);
            }
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        *lock(&self.is_found) || lock(&self.coverage).end.is_some()
    }

    pub(super) fn end_if_found(&self, run: &Run) {
        if run.open(&self.site.sought).is_empty() {
            *lock(&self.is_found) = true;
        }
    }
}

impl Run {
    /// Lists the tokens of an organisation until all that is sought there is found.
    pub(super) fn visit(&self, site: &Site) {
        let visit = Visit {
            site,
            version: Mutex::new(ListVersion::Preview72),
            coverage: Mutex::default(),
            undecided: Mutex::default(),
            is_found: Mutex::default(),
        };
        visit.end_if_found(self);
        if visit.has_ended() {
            return;
        }
        self.survey(&visit);
        self.save();
        let mut coverage = lock(&visit.coverage);
        if coverage.records > 0 && coverage.with_c3id == 0 {
            coverage.end.get_or_insert(End::NoC3ids);
        }
        let open = self.open(&site.sought);
        let undecided = lock(&visit.undecided);
        let missing = || open.difference(&undecided);
        if let Some(verdict) = coverage.verdict(site, self.breadth) {
            for c3id in missing() {
                self.not_found(&visit, self.findings[c3id], verdict.clone());
            }
        }
        let missing: Vec<usize> = missing().map(|c3id| self.findings[c3id]).collect();
        if !missing.is_empty()
            && let Some(note) = coverage.note(site, self.breadth, missing.len())
        {
            // That a list could not be read is for whoever signed in to know, come what may.
            if coverage.end.is_some() || coverage.last_failure.is_some() {
                self.progress.note(note);
            } else {
                lock(&self.found).notes.push((missing, note));
            }
        }
    }

    fn survey(&self, visit: &Visit<'_>) {
        let known = self.known_owners(visit);
        let mut listed: BTreeSet<String> =
            known.iter().map(|user| user.descriptor.clone()).collect();
        lock(&visit.coverage).people = known.len();
        self.list_all(visit, &known);
        let is_wanted = self.breadth == Breadth::Full || visit.site.hints.names_anybody();
        if visit.has_ended() || !is_wanted {
            return;
        }
        let mut others: Vec<User> = Vec::new();
        let is_whole = self.people(visit, |users| {
            let users = users.into_iter();
            let users = users.filter(|user| listed.insert(user.descriptor.clone()));
            let (likely, rest): (Vec<_>, Vec<_>) =
                users.partition(|user| visit.site.hints.fits(user));
            lock(&visit.coverage).people += likely.len() + rest.len();
            others.extend(rest);
            self.list_all(visit, &likely);
        });
        lock(&visit.coverage).knows_all = is_whole;
        if self.breadth == Breadth::Likely || visit.has_ended() {
            return;
        }
        let others = self.without_fresh(visit, others);
        for chunk in others.chunks(CHUNK) {
            self.list_all(visit, chunk);
            self.save();
            if visit.has_ended() {
                return;
            }
        }
    }

    /// The owners that an earlier run or an earlier answer names.
    fn known_owners(&self, visit: &Visit<'_>) -> Vec<User> {
        let mut owners: Vec<User> = Vec::new();
        let organization = &visit.site.organization;
        if let Some((_, state)) = &self.state {
            let state = lock(state);
            let sought = visit.site.sought.iter();
            owners.extend(sought.filter_map(|c3id| state.owner(organization, c3id)));
        }
        let hints = &visit.site.hints;
        let plain = |descriptor: &String| User {
            descriptor: descriptor.clone(),
            name: None,
            account: None,
            mail: None,
            origin_id: None,
        };
        owners.extend(hints.descriptors.iter().map(plain));
        for id in &hints.ids {
            let told = self.ask(visit.site, |grant, timeout| {
                let credential = grant.credential();
                self.service
                    .descriptor(organization, id, credential, timeout)
            });
            match told {
                Ok(told) => {
                    let descriptor = told.outcome.ok().flatten();
                    owners.extend(descriptor.iter().map(plain));
                }
                Err(halt) => visit.end(End::Halt(halt)),
            }
        }
        owners.sort();
        owners.dedup_by(|a, b| a.descriptor == b.descriptor);
        owners
    }

    /// Gives the people of the organisation to `each`, page by page; whether all of them were.
    fn people(&self, visit: &Visit<'_>, mut each: impl FnMut(Vec<User>)) -> bool {
        let mut asked: BTreeSet<String> = BTreeSet::new();
        let mut continuation: Option<String> = None;
        let mut is_whole = true;
        while !visit.has_ended() {
            let told = self.ask(visit.site, |grant, timeout| {
                let (organization, from) = (&visit.site.organization, continuation.as_deref());
                self.service
                    .users(organization, from, grant.credential(), timeout)
            });
            let told = match told {
                Ok(told) => told,
                Err(halt) => {
                    visit.end(End::Halt(halt));
                    return false;
                }
            };
            let Page { items, next, lacks } = match told.outcome {
                Ok(page) => page,
                Err(refusal) => {
                    visit.refused(refusal, told.evidence);
                    return false;
                }
            };
            each(items);
            if let Some(lacks) = lacks {
                is_whole = false;
                let evidence = ServiceEvidence {
                    message: Some(lacks),
                    ..told.evidence.clone()
                };
                visit.failed(Refusal::Unexpected, evidence);
            }
            match next {
                None => return is_whole && !visit.has_ended(),
                Some(token) if !asked.insert(token.clone()) => {
                    let evidence = ServiceEvidence {
                        message: Some("the pages of people repeat themselves".to_owned()),
                        ..told.evidence
                    };
                    visit.failed(Refusal::Unexpected, evidence);
                    return false;
                }
                token => continuation = token,
            }
        }
        false
    }

    /// Those of `others` who were not listed a short while ago: all that stood in their lists is
    /// kept, and was looked up already.
    fn without_fresh(&self, visit: &Visit<'_>, others: Vec<User>) -> Vec<User> {
        let Some((_, state)) = &self.state else {
            return others;
        };
        let state = lock(state);
        let now = (self.now)();
        let organization = &visit.site.organization;
        let (fresh, others): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|user| state.is_fresh(organization, &user.descriptor, now));
        lock(&visit.coverage).earlier += fresh.len();
        others
    }

    /// Lists the tokens of `users`, as many at a time as the service is asked at most.
    fn list_all(&self, visit: &Visit<'_>, users: &[User]) {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..IN_FLIGHT.min(users.len()) {
                scope.spawn(|| {
                    while !visit.has_ended()
                        && let Some(user) = users.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        self.list(visit, user);
                    }
                });
            }
        });
    }
}
