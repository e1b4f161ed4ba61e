//! The tokens of one person: page by page, each looked up among those that are sought.

use std::collections::BTreeSet;
use std::ptr;

use super::coverage::End;
use super::judge::{Gone, Match};
use super::survey::Visit;
use super::{Run, lock};
use crate::model::{Attempt, Method, ServiceEvidence, Timestamp, ValidityReason};
use crate::providers::azure_devops::{
    ListQuestion, ListVersion, ListedPat, PAGE_SIZE, Page, Refusal, Told, User,
};

/// So many tokens without a C3ID show that the list has none.
const ENOUGH_WITHOUT: usize = 100;

/// What a page was answered with, beside what it holds.
struct Answered {
    date: Option<Timestamp>,
    evidence: ServiceEvidence,
}

impl Run {
    /// Lists the tokens of `user`, and looks each up.
    pub(super) fn list(&self, visit: &Visit<'_>, user: &User) {
        let mut all: Vec<ListedPat> = Vec::new();
        let mut asked: BTreeSet<String> = BTreeSet::new();
        let mut continuation: Option<String> = None;
        loop {
            if visit.has_ended() {
                return;
            }
            let version = *lock(&visit.version);
            let told = match self.ask_page(visit, user, version, continuation.as_deref()) {
                Ok(told) => told,
                Err(halt) => return visit.end(End::Halt(halt)),
            };
            let answered = Answered {
                date: told.date,
                evidence: told.evidence,
            };
            let page = match told.outcome {
                Ok(page) => page,
                Err(Refusal::Version) if version == ListVersion::Preview72 => {
                    *lock(&visit.version) = ListVersion::V71;
                    (all, continuation) = (Vec::new(), None);
                    asked.clear();
                    continue;
                }
                Err(refusal) => return visit.refused(refusal, answered.evidence),
            };
            self.look_up(visit, user, &page.items, &answered);
            all.extend(page.items);
            continuation = page.next;
            match &continuation {
                None => return self.complete(visit, user, &all, &answered),
                // Asked for already: the list would never end, and is no whole one.
                Some(token) if !asked.insert(token.clone()) => {
                    let evidence = ServiceEvidence {
                        message: Some("its pages repeat themselves".to_owned()),
                        ..answered.evidence
                    };
                    return visit.failed(Refusal::Unexpected, evidence);
                }
                Some(_) => {}
            }
        }
    }

    fn ask_page(
        &self,
        visit: &Visit<'_>,
        user: &User,
        version: ListVersion,
        continuation: Option<&str>,
    ) -> Result<Told<Page<ListedPat>>, super::errand::Halt> {
        let told = self.ask(visit.site, |grant, timeout| {
            let question = ListQuestion {
                organization: &visit.site.organization,
                descriptor: &user.descriptor,
                version,
                continuation,
                page_size: PAGE_SIZE,
            };
            self.service.pats(question, grant.credential(), timeout)
        })?;
        let endpoint = told.evidence.endpoint.rsplit_once('/');
        if let Some((endpoint, _)) = endpoint {
            endpoint.clone_into(&mut lock(&visit.coverage).endpoint);
        }
        Ok(told)
    }

    /// Looks up each token of a page, whether or not it was sought here: it may have leaked without
    /// a word of where it belongs.
    fn look_up(&self, visit: &Visit<'_>, user: &User, page: &[ListedPat], answered: &Answered) {
        for listed in page {
            let known = self.known_as(visit, user, listed);
            let Some((c3id, &index)) = known.and_then(|c3id| self.findings.get_key_value(&c3id))
            else {
                continue;
            };
            let mut all: Vec<&ListedPat> = Vec::new();
            for other in page {
                let is_it = self.known_as(visit, user, other).as_ref() == Some(c3id);
                if is_it && !all.contains(&other) {
                    all.push(other);
                }
            }
            // The first of several speaks for all.
            if all.first().is_none_or(|first| !ptr::eq(*first, listed)) {
                continue;
            }
            let matched = Match {
                listed: all,
                owner: user,
                date: answered.date,
                organization: &visit.site.organization,
                evidence: answered.evidence.clone(),
                at: (self.now)(),
            };
            let mut found = lock(&self.found);
            if found.settled.contains_key(&index) {
                continue;
            }
            let attempts = found.attempts.remove(&index).unwrap_or_default();
            let (reason, verification) = matched.answer(attempts);
            if reason == ValidityReason::Inconclusive {
                found.attempts.insert(index, verification.attempts);
                lock(&visit.undecided).insert(c3id.clone());
            } else {
                found.settled.insert(index, (reason, verification));
                self.progress.settle();
            }
        }
        let with_c3id = page.iter().filter(|listed| listed.c3id.is_some()).count();
        let mut coverage = lock(&visit.coverage);
        coverage.records += page.len();
        coverage.with_c3id += with_c3id;
        // The version before is not known to have the field at all; in this one it may be lacking
        // in the records of old tokens.
        let enough = match *lock(&visit.version) {
            ListVersion::Preview72 => ENOUGH_WITHOUT,
            ListVersion::V71 => 1,
        };
        if coverage.with_c3id == 0 && coverage.records >= enough {
            coverage.end.get_or_insert(End::NoC3ids);
        }
        drop(coverage);
        visit.end_if_found(self);
    }

    /// The C3ID of a listed token: as the list says, or as it said when the token was listed before.
    fn known_as(&self, visit: &Visit<'_>, user: &User, listed: &ListedPat) -> Option<String> {
        if let Some(c3id) = &listed.c3id {
            return Some(c3id.clone());
        }
        let (_, state) = self.state.as_ref()?;
        let state = lock(state);
        let organization = &visit.site.organization;
        let mut sought = self.findings.keys();
        let is_it = |c3id: &&String| {
            let seen = state.seen(organization, &user.descriptor, c3id);
            seen.is_some_and(|seen| seen.authorization_id == listed.record.authorization_id)
        };
        sought.find(is_it).cloned()
    }

    /// The whole list of `user` was read: what was in it before and is no more was revoked.
    fn complete(&self, visit: &Visit<'_>, user: &User, all: &[ListedPat], answered: &Answered) {
        lock(&visit.coverage).listed += 1;
        self.progress.list_one();
        let Some((_, state)) = &self.state else {
            return;
        };
        let mut state = lock(state);
        let organization = &visit.site.organization;
        for c3id in self.open(self.findings.keys()) {
            let Some(seen) = state.seen(organization, &user.descriptor, &c3id) else {
                continue;
            };
            let is_there = |listed: &ListedPat| {
                listed.record.authorization_id == seen.authorization_id
                    || listed.c3id.as_ref() == Some(&c3id)
            };
            if all.iter().any(is_there) {
                continue;
            }
            let gone = Gone {
                authorization_id: &seen.authorization_id,
                valid_to: seen.valid_to.map(Timestamp),
                owner: user,
                owner_id: all.iter().find_map(|listed| listed.owner_id.clone()),
                date: answered.date,
                organization,
                evidence: answered.evidence.clone(),
                at: (self.now)(),
            };
            let mut found = lock(&self.found);
            let index = self.findings[&c3id];
            let attempts = found.attempts.remove(&index).unwrap_or_default();
            let answer = gone.answer(attempts);
            found.settled.insert(index, answer);
            self.progress.settle();
        }
        state.keep(organization, user, all, (self.now)());
        drop(state);
        visit.end_if_found(self);
    }

    /// Takes note that a token was not found at an organisation, and why.
    pub(super) fn not_found(
        &self,
        visit: &Visit<'_>,
        index: usize,
        (reason, evidence): (ValidityReason, ServiceEvidence),
    ) {
        let attempt = Attempt {
            method: Method::Inventory,
            organization: Some(visit.site.organization.clone()),
            at: (self.now)(),
            reason,
            evidence,
        };
        let mut found = lock(&self.found);
        found.attempts.entry(index).or_default().push(attempt);
    }
}
