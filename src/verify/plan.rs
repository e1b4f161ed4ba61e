//! What is asked about which token.

use std::collections::VecDeque;
use std::time::Instant;

use super::cache::Cache;
use super::{Options, Probe, Value};
use crate::model::{
    Attempt, Finding, FindingId, Method, Owner, Proof, Secret, Timestamp, Validity, ValidityReason,
    ValueFrom, Verification,
};
use crate::providers::azure_devops::{Base, is_organization};

/// The rules whose tokens are personal access tokens.
const PAT_RULES: [&str; 2] = ["azure-devops-pat", "azure-devops-pat-legacy"];

/// The organisations that the operator names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organizations {
    /// Their names.
    pub names: Vec<String>,
    /// Whether they are asked about every token, and not only about those that name none.
    pub for_all: bool,
}

/// One request to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// At an organisation.
    ConnectionData(String),
    /// Where none is known.
    Profile,
}

/// What is known of a token, and how.
pub(super) type Answer = (ValidityReason, Box<Verification>);

/// A token, what is still to be asked about it, and what was answered.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) index: usize,
    pub(super) id: FindingId,
    pub(super) secret: Secret,
    value_from: ValueFrom,
    pub(super) steps: VecDeque<Step>,
    /// Whether the first step was tried before.
    pub(super) is_retry: bool,
    /// Nothing is asked before.
    pub(super) not_before: Option<Instant>,
    /// What was tried without presenting it, which counts where it is not presented at all.
    tried: Vec<Attempt>,
    pub(super) attempts: Vec<Attempt>,
    /// How many of these, the first ones, come out of a cache.
    recalled: usize,
    pub(super) owner: Option<Owner>,
    pub(super) last_accepted_at: Option<Timestamp>,
}

/// What is to be asked about `finding`, or what is known without asking.
pub(super) fn case(
    (index, finding): (usize, &Finding),
    value: Option<&Value>,
    tried: Vec<Attempt>,
    options: &Options,
) -> Result<Case, Answer> {
    let value_from = value.map_or(ValueFrom::Source, |value| value.from);
    let known = |reason, method| {
        let verification = Verification {
            method,
            checked_at: method.map(|_| (options.now)()),
            ..Verification::none(value_from)
        };
        Err((reason, Box::new(verification)))
    };
    if !is_pat(finding) {
        let now = (options.now)();
        return match finding.expires {
            Some(expires) if expires <= now => {
                known(ValidityReason::Expired, Some(Method::Offline))
            }
            _ => known(ValidityReason::NotSupported, None),
        };
    }
    let secret = match value {
        Some(value) => value.secret.clone(),
        None => Some(finding.secret.clone()),
    };
    let Some(secret) = secret else {
        return Err(unasked(ValidityReason::ValueUnavailable, value_from, tried));
    };
    if options.probe == Probe::Forbidden {
        return Err(unasked(ValidityReason::NotAttempted, value_from, tried));
    }
    let mut case = Case {
        index,
        id: finding.id.clone(),
        secret,
        value_from,
        steps: steps(finding, options),
        is_retry: false,
        not_before: None,
        tried,
        attempts: Vec::new(),
        recalled: 0,
        owner: None,
        last_accepted_at: None,
    };
    if let Some(cache) = &options.cache {
        case.recall(cache, options);
    }
    if case.steps.is_empty() {
        return Err(case.settle().1);
    }
    Ok(case)
}

/// Whether `finding` is a personal access token beyond doubt: nothing else is presented or looked up.
pub(super) fn is_pat(finding: &Finding) -> bool {
    finding.proof == Proof::Checksum && PAT_RULES.contains(&&*finding.rule)
}

/// What is known of a token that is not presented, because of `reason`, after `tried`.
fn unasked(reason: ValidityReason, value_from: ValueFrom, tried: Vec<Attempt>) -> Answer {
    // What says more than that it was not asked.
    let best = most_telling(&tried).map(|at| &tried[at]);
    let best = best.filter(|it| it.reason.is_answered() || it.reason < reason);
    let verification = Verification {
        method: best.map(|best| best.method),
        organization: best.and_then(|best| best.organization.clone()),
        checked_at: best.map(|best| best.at),
        evidence: best.map(|best| best.evidence.clone()),
        ..Verification::none(value_from)
    };
    let reason = best.map_or(reason, |best| best.reason);
    let verification = Verification {
        attempts: tried,
        ..verification
    };
    (reason, Box::new(verification))
}

/// Which attempt says most; of several that say as much, the first. That a token was let in says
/// nothing any more once the service has said that it ended: an end is for good.
fn most_telling(attempts: &[Attempt]) -> Option<usize> {
    let is = |attempt: &Attempt, validity| attempt.reason.validity() == validity;
    let ends = attempts.iter().filter(|it| is(it, Validity::Inactive));
    let ended = ends.map(|it| it.at).max();
    let is_past = |it: &Attempt| is(it, Validity::Active) && ended.is_some_and(|end| it.at < end);
    let all = attempts.iter().enumerate();
    all.filter(|(_, attempt)| !is_past(attempt))
        .min_by_key(|(_, attempt)| attempt.reason)
        .map(|(at, _)| at)
}

/// Each organisation that stands with the token, the surest first, then those of the operator.
fn steps(finding: &Finding, options: &Options) -> VecDeque<Step> {
    if let Base::Server(_) = options.service.base() {
        return VecDeque::from([Step::ConnectionData(String::new())]);
    }
    let asked = organizations(finding, options);
    if asked.is_empty() {
        return VecDeque::from([Step::Profile]);
    }
    asked.into_iter().map(Step::ConnectionData).collect()
}

/// The organisations that may know a token, in lower case: those that stand with it, the surest
/// first, then those of the operator.
pub(super) fn organizations(finding: &Finding, options: &Options) -> Vec<String> {
    let named = finding.organizations.iter().map(|clue| &clue.organization);
    let mut asked: Vec<String> = Vec::new();
    let mut add = |name: &String| {
        let name = name.to_ascii_lowercase();
        if is_organization(&name) && !asked.contains(&name) {
            asked.push(name);
        }
    };
    named.for_each(&mut add);
    let given = &options.organizations;
    let names_none = finding.organizations.is_empty();
    if given.for_all || names_none {
        given.names.iter().for_each(&mut add);
    }
    asked
}

impl Case {
    /// Takes what was answered before, and asks only for the rest.
    fn recall(&mut self, cache: &Cache, options: &Options) {
        let now = (options.now)();
        for step in std::mem::take(&mut self.steps) {
            match cache.answer((options.service.base(), &self.id), &step, now) {
                Some((attempt, owner)) => self.note(attempt, owner),
                None => self.steps.push_back(step),
            }
        }
        self.recalled = self.attempts.len();
        if self.attempts.iter().any(|it| is_last_word(it.reason)) {
            self.steps.clear();
        }
    }

    /// Takes note of an answer.
    pub(super) fn note(&mut self, attempt: Attempt, owner: Option<Owner>) {
        if attempt.reason == ValidityReason::Live {
            self.last_accepted_at = Some(attempt.at);
            self.owner = owner.or(self.owner.take());
        } else {
            self.owner = self.owner.take().or(owner);
        }
        self.attempts.push(attempt);
    }

    /// Nothing more is asked about it, for this reason.
    pub(super) fn give_up(&mut self, reason: ValidityReason, at: Timestamp, message: &str) {
        if let Some(step) = self.steps.front() {
            let (method, organization) = step.place();
            self.attempts.push(Attempt {
                method,
                organization,
                at,
                reason,
                evidence: crate::model::ServiceEvidence {
                    status: None,
                    type_key: None,
                    message: Some(message.to_owned()),
                    endpoint: String::new(),
                },
            });
        }
        self.steps.clear();
    }

    /// What is known of it at the end of the run, be that too early: what it holds counts.
    pub(super) fn end(mut self, at: Timestamp) -> (usize, Answer) {
        if self.attempts.is_empty() && !self.steps.is_empty() {
            let answer = unasked(ValidityReason::NotAttempted, self.value_from, self.tried);
            return (self.index, answer);
        }
        self.give_up(ValidityReason::NotAttempted, at, "not asked: interrupted");
        self.settle()
    }

    /// What all answers together say: the one that says most counts.
    pub(super) fn settle(self) -> (usize, Answer) {
        let best = most_telling(&self.attempts);
        let cached = best.is_some_and(|at| at < self.recalled);
        let best = best.map(|at| &self.attempts[at]);
        let best = best.or_else(|| most_telling(&self.tried).map(|at| &self.tried[at]));
        let reason = best.map_or(ValidityReason::NotAttempted, |best| best.reason);
        let is_refused = |attempt: &Attempt| {
            matches!(
                attempt.reason,
                ValidityReason::Refused | ValidityReason::NotRecognized | ValidityReason::Expired
            )
        };
        let verification = Verification {
            method: best.map(|best| best.method),
            value_from: self.value_from,
            organization: best.and_then(|best| best.organization.clone()),
            checked_at: best.map(|best| best.at),
            cached,
            refused_everywhere: !self.attempts.is_empty() && self.attempts.iter().all(is_refused),
            last_accepted_at: self.last_accepted_at,
            evidence: best.map(|best| best.evidence.clone()),
            owner: self.owner.clone(),
            pat: None,
            consumers: Vec::new(),
            attempts: [self.tried, self.attempts].concat(),
        };
        (self.index, (reason, Box::new(verification)))
    }
}

/// Whether nothing more is asked after this: the token was let in, a policy that stops it has seen
/// it work, or it has expired, which it has everywhere.
pub(super) fn is_last_word(reason: ValidityReason) -> bool {
    matches!(
        reason,
        ValidityReason::Live | ValidityReason::LiveBlocked | ValidityReason::Expired
    )
}

impl Step {
    /// How it asks, and where.
    pub(super) fn place(&self) -> (Method, Option<String>) {
        match self {
            Self::ConnectionData(name) => (
                Method::ConnectionData,
                Some(name.clone()).filter(|name| !name.is_empty()),
            ),
            Self::Profile => (Method::Profile, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServiceEvidence;

    #[test]
    fn an_end_is_for_good() {
        use ValidityReason::{Expired, Live, LiveBlocked, LiveElsewhere, Refused, Throttled};
        for (attempts, expected) in [
            (&[][..], None),
            (&[(Refused, 1), (Throttled, 1), (Refused, 2)], Some(1)),
            (&[(LiveElsewhere, 1), (Expired, 1)], Some(1)),
            (&[(LiveElsewhere, 2), (Expired, 1)], Some(1)),
            // Out of a cache, at two organisations.
            (&[(Live, 1), (Expired, 2)], Some(1)),
            (&[(LiveBlocked, 1), (Refused, 1), (Expired, 2)], Some(2)),
            (&[(Expired, 1), (Live, 2)], Some(1)),
            (&[(Live, 2), (Live, 1)], Some(0)),
        ] {
            let attempts: Vec<Attempt> = attempts
                .iter()
                .map(|&(reason, at)| Attempt {
                    method: Method::ConnectionData,
                    organization: None,
                    at: Timestamp(at),
                    reason,
                    evidence: ServiceEvidence {
                        status: None,
                        type_key: None,
                        message: None,
                        endpoint: String::new(),
                    },
                })
                .collect();
            assert_eq!(most_telling(&attempts), expected, "{attempts:?}");
        }
    }
}
