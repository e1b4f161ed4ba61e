//! Reads the whole list of one owner's tokens, as an administrator sees it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::Timestamp;
use crate::providers::azure_devops::{
    AuditEntry, AuditQuestion, AzureDevOps, ListQuestion, ListVersion, ListedPat, OwnFilter,
    OwnQuestion, PAGE_SIZE, Page, Refusal, Told,
};
use crate::providers::entra::Grant;

/// The actions by which a token ends before its time.
pub(super) const REVOKED: [&str; 2] = ["Token.PatRevokeEvent", "Token.PatSystemRevokeEvent"];
/// Pages that are read at most.
const MAX_PAGES: usize = 100;
/// How often a wait looks whether the operator has had enough.
const TICK: Duration = Duration::from_millis(100);

/// Who is asked, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Lister<'l> {
    /// The service.
    pub service: &'l AzureDevOps,
    /// When to give up.
    pub deadline: Instant,
    /// Whether the operator has had enough.
    pub stop: &'l AtomicBool,
}

/// The whole list of an owner's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The tokens.
    pub pats: Vec<ListedPat>,
    /// What time it was at the service when it began to tell them.
    pub date: Option<Timestamp>,
}

impl Lister<'_> {
    /// All tokens of the owner with this subject descriptor that `organization` lists.
    ///
    /// # Errors
    ///
    /// Why the list is not known whole, in words.
    pub fn pats(
        self,
        organization: &str,
        descriptor: &str,
        grant: &Grant,
    ) -> Result<Listing, Unread> {
        let ask = |version, continuation: Option<&str>, timeout| {
            let question = ListQuestion {
                organization,
                descriptor,
                version,
                continuation,
                page_size: PAGE_SIZE,
            };
            self.service.pats(question, grant.credential(), timeout)
        };
        let (pats, date) = self.pages(|continuation, timeout| {
            let told = ask(ListVersion::Preview72, continuation, timeout);
            match told.outcome {
                // It tells no C3ID then.
                Err(Refusal::Version) => ask(ListVersion::V71, continuation, timeout),
                _ => told,
            }
        })?;
        Ok(Listing {
            pats: distinct(pats),
            date,
        })
    }

    /// All tokens that whoever `grant` is of has, or had and revoked, at `organization`.
    ///
    /// # Errors
    ///
    /// As [`Lister::pats`].
    pub fn own_pats(self, organization: &str, grant: &Grant) -> Result<Listing, Unread> {
        let (mut pats, mut date) = (Vec::new(), None);
        for filter in [OwnFilter::Active, OwnFilter::Revoked] {
            let (more, at) = self.pages(|continuation, timeout| {
                let question = OwnQuestion {
                    organization,
                    filter,
                    continuation,
                };
                self.service.own_pats(question, grant, timeout)
            })?;
            pats.extend(more);
            date = date.or(at);
        }
        Ok(Listing {
            pats: distinct(pats),
            date,
        })
    }

    /// The entries of the audit log of `organization` since then by which tokens were revoked.
    ///
    /// # Errors
    ///
    /// As [`Lister::pats`].
    pub fn revocations(
        self,
        organization: &str,
        (start, end): (Timestamp, Timestamp),
        grant: &Grant,
    ) -> Result<Vec<AuditEntry>, Unread> {
        let (all, _) = self.pages(|continuation, timeout| {
            let question = AuditQuestion {
                organization,
                start,
                end,
                continuation,
            };
            self.service
                .audit_log(question, grant.credential(), timeout)
        })?;
        let is_wanted = |entry: &AuditEntry| REVOKED.contains(&&*entry.action);
        Ok(all.into_iter().filter(is_wanted).collect())
    }

    /// All pages of a list that `ask` gives one of, from a continuation on; and what time it was at the
    /// service when it gave the first.
    fn pages<T>(
        self,
        ask: impl Fn(Option<&str>, Duration) -> Told<Page<T>>,
    ) -> Result<(Vec<T>, Option<Timestamp>), Unread> {
        let (mut all, mut next) = (Vec::new(), None::<String>);
        let mut date = None;
        for _ in 0..MAX_PAGES {
            let told = self.ask(|timeout| ask(next.as_deref(), timeout));
            let page = told.outcome.map_err(|_| Unread(told.evidence.in_words()))?;
            date = date.or(told.date);
            all.extend(page.items);
            match page.next {
                None => return Ok((all, date)),
                again if again == next => return Err(Unread("it has no end".to_owned())),
                further => next = further,
            }
        }
        Err(Unread(format!("it has more than {MAX_PAGES} pages")))
    }

    /// Asks, and once more where the service was only busy.
    fn ask<T>(self, send: impl Fn(Duration) -> Told<T>) -> Told<T> {
        let told = send(self.time_left());
        let is_busy = matches!(told.outcome, Err(Refusal::Throttled | Refusal::Outage));
        match told.pause {
            Some(pause) if is_busy && pause < self.time_left() => {
                self.sleep(Instant::now() + pause);
                send(self.time_left())
            }
            _ => told,
        }
    }

    /// How long may still be asked.
    pub fn time_left(self) -> Duration {
        let left = self.deadline.saturating_duration_since(Instant::now());
        left.max(Duration::from_millis(1))
    }

    /// Whether nothing more is to be asked.
    pub(super) fn is_over(self) -> bool {
        self.is_stopped() || Instant::now() >= self.deadline
    }

    /// Whether the operator has had enough.
    pub fn is_stopped(self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits, unless the operator has had enough.
    pub(super) fn sleep(self, until: Instant) {
        while Instant::now() < until && !self.is_stopped() {
            thread::sleep(TICK.min(until.saturating_duration_since(Instant::now())));
        }
    }
}

/// `pats` without those that are there already: pages overlap when tokens are made meanwhile, and one that
/// is told twice is no rival of itself.
pub(super) fn distinct(mut pats: Vec<ListedPat>) -> Vec<ListedPat> {
    let mut seen = BTreeSet::new();
    pats.retain(|pat| {
        let id = pat.record.authorization_id.to_ascii_lowercase();
        seen.insert((id, pat.c3id.clone(), pat.is_valid))
    });
    pats
}

/// Why a list is not known whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unread(String);

impl From<String> for Unread {
    fn from(why: String) -> Self {
        Self(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PatRecord;

    #[test]
    fn one_that_is_told_twice_is_one() {
        let pat = |id: &str, c3id: Option<&str>, is_valid| ListedPat {
            c3id: c3id.map(str::to_owned),
            is_valid: Some(is_valid),
            owner_id: None,
            organizations: None,
            record: PatRecord {
                authorization_id: id.to_owned(),
                name: None,
                scopes: Vec::new(),
                valid_from: None,
                valid_to: None,
                is_global: None,
            },
        };
        let one = pat("a", Some("A"), true);
        let differing = [
            one.clone(),
            pat("a", Some("B"), true),
            pat("a", None, true),
            pat("a", Some("A"), false),
            pat("b", Some("A"), true),
        ];
        let mut all = differing.to_vec();
        all.extend([one, pat("A", Some("A"), true)]);
        assert_eq!(distinct(all), differing);
    }
}
