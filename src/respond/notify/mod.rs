//! Tells owners, and whoever else is to know, what leaked and what was done about it.
//!
//! ```text
//! journal ─▶ ledger: what is owed ─▶ directory: to whom ─▶ message ─▶ letter, payload, post
//!    ▲                                                                        │
//!    └──────────────────────── sent or failed ◀── providers::notify ◀─────────┘
//! ```
//!
//! What is owed is worked out from the journal alone, so that each message is delivered at least
//! once, whatever happens to a run, and is known by the same id in every try.

mod channels;
mod directory;
mod fate;
mod ledger;
mod letter;
mod message;
mod notice;
mod payload;
mod signature;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::journal::{Entry, Event, Journal, JournalError, Record};
use super::plan::Plan;
use super::revoke::{Stage, Tell};
use crate::model::Timestamp;
use crate::providers::Scrubber;
use crate::providers::notify::{Mailbox, Undelivered, deliver};
use channels::MAIL;
use directory::{Asked, Standing, Unknown};
use ledger::{Fate, Item, Kind, Ledger, Line, Owed, Token, Tried};
use message::{Message, Reader};

pub use channels::{Channels, PostChannel, PostFormat};
pub use directory::Directory;

pub use notice::{Affected, MAX_PLACES, Notice, Place};

/// Tells people over channels, and keeps the journal of it.
pub struct Notifier<'n> {
    channels: &'n Channels,
    directory: Directory<'n>,
    /// Takes tokens out of a text.
    redact: &'n dyn Fn(&str) -> String,
    now: fn() -> Timestamp,
    asked: Asked,
    /// What this run has tried: it is left to the next one then.
    tried: BTreeSet<String>,
}

/// Who is told of something by mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Recipient {
    address: Option<Mailbox>,
    is_owner: bool,
    /// Why it is not the owner.
    why: Option<String>,
}

/// Whether anything is to be told that a journal holds.
pub fn is_due(records: &[Record], channels: &Channels, now: Timestamp) -> bool {
    let (ledger, names) = (Ledger::read(records), channels.names());
    let is_overdue = |after| !ledger.overdue(&names, after, now).is_empty();
    !ledger.failed(&names).is_empty()
        || !ledger.untold(Kind::Leak, &names).is_empty()
        || !ledger.untold(Kind::Closure, &names).is_empty()
        || channels.remind_after.is_some_and(is_overdue)
}

impl<'n> Notifier<'n> {
    /// Tells over `channels`, at times that `now` gives, without any token that `redact` finds.
    pub fn new(
        channels: &'n Channels,
        directory: Directory<'n>,
        redact: &'n dyn Fn(&str) -> String,
        now: fn() -> Timestamp,
    ) -> Self {
        Self {
            channels,
            directory,
            redact,
            now,
            asked: Asked::default(),
            tried: BTreeSet::new(),
        }
    }

    /// Looks up what was not looked for and not told yet: whose it is, and whether it has ended.
    fn settle(&mut self, journal: &mut Journal) -> Result<(), JournalError> {
        let names = self.channels.names();
        let ledger = Ledger::read(journal.records());
        let untold = ledger.untold(Kind::Leak, &names);
        let told = untold.iter().flat_map(|owed| {
            let told = owed.items.iter().filter(|item| item.fate.is_unlooked());
            told.map(|item| (owed.plan.clone(), item.token.clone()))
        });
        let told: BTreeSet<_> = told.collect();
        for (plan, token) in told {
            self.look(journal, &ledger, plan.as_deref(), &token)?;
        }
        Ok(())
    }

    /// Looks a token up, and writes down what that shows for the first time. Whether it shows how the
    /// token stands.
    fn look(
        &mut self,
        journal: &mut Journal,
        ledger: &Ledger,
        plan: Option<&str>,
        token: &Token,
    ) -> Result<bool, JournalError> {
        let Some(notice) = ledger.notice(token) else {
            return Ok(false);
        };
        let known = ledger.proven_owner(token);
        let (event, owner, why, outcome) = match self.asked.standing(&self.directory, notice) {
            Standing::Works { owner } if known != Some(&owner) => {
                let why = "its owner's list shows it as valid";
                (Event::Confirm, Some(owner), why, "works")
            }
            Standing::Ended { owner } => {
                let why = "its owner's list shows it as revoked";
                (Event::Closed, Some(owner), why, "closed")
            }
            Standing::Missing if known.is_some() => {
                let why = "it is gone from its owner's list";
                (Event::Closed, known.map(str::to_owned), why, "closed")
            }
            Standing::Works { .. } => return Ok(true),
            // A list that does not tell it may be of somebody else.
            Standing::Missing | Standing::Unproven(_) => return Ok(false),
        };
        let entry = Entry {
            event,
            plan,
            c3id: Some(&token.c3id),
            organization: token.organization.as_deref(),
            authorization_id: None,
            evidence: json!({ "owner": owner, "why": why }),
            outcome: Some(outcome),
        };
        journal.write(entry, (self.now)()).map(|_| true)
    }

    /// Tells again what was told so long ago that it may be forgotten, if it is still so, or if nothing
    /// says whether it is.
    fn remind(&mut self, journal: &mut Journal) -> Result<(), JournalError> {
        let Some(after) = self.channels.remind_after else {
            return Ok(());
        };
        let names = self.channels.names();
        let ledger = Ledger::read(journal.records());
        let overdue = ledger.overdue(&names, after, (self.now)());
        let tokens = overdue.iter().flat_map(|owed| {
            let items = owed.items.iter();
            items.map(|item| (owed.plan.clone(), item.token.clone()))
        });
        let tokens: BTreeMap<_, _> = tokens.map(|(plan, token)| (token, plan)).collect();
        let mut unproven = BTreeSet::new();
        for (token, plan) in tokens {
            if !self.look(journal, &ledger, plan.as_deref(), &token)? {
                unproven.insert(token);
            }
        }
        let ledger = Ledger::read(journal.records());
        let overdue = ledger.overdue(&names, after, (self.now)()).into_iter();
        let told = overdue.flat_map(|owed| ledger.by_proof(&owed, &unproven));
        self.all(journal, &ledger, told.collect())
    }

    fn all(
        &mut self,
        journal: &mut Journal,
        ledger: &Ledger,
        owed: Vec<Owed>,
    ) -> Result<(), JournalError> {
        for owed in owed {
            if owed.channel == MAIL && owed.again.is_none() {
                for (recipient, owed) in self.by_recipient(ledger, owed) {
                    self.mail(journal, ledger, &owed, recipient)?;
                }
            } else if owed.channel == MAIL {
                let recipient = self.same_recipient(ledger, &owed);
                self.mail(journal, ledger, &owed, recipient)?;
            } else {
                self.post(journal, ledger, &owed)?;
            }
        }
        Ok(())
    }

    /// One digest for each who is told.
    fn by_recipient(&mut self, ledger: &Ledger, owed: Owed) -> Vec<(Recipient, Owed)> {
        let mut groups: BTreeMap<(Option<Mailbox>, bool), (Recipient, Vec<Item>)> = BTreeMap::new();
        for item in owed.items {
            let recipient = self.recipient(ledger, &item);
            let key = (recipient.address.clone(), recipient.is_owner);
            let group = groups.entry(key);
            group.or_insert((recipient, Vec::new())).1.push(item);
        }
        let digest = |(recipient, items): (Recipient, Vec<Item>)| {
            let owed = Owed {
                channel: owed.channel.clone(),
                kind: owed.kind,
                plan: owed.plan.clone(),
                follows: ledger.followed(&owed.channel, &items),
                items,
                again: None,
            };
            (recipient, owed)
        };
        groups.into_values().map(digest).collect()
    }

    /// Who was to be told when it failed, if that is still the owner or the security contact; whoever is
    /// to be told now otherwise.
    fn same_recipient(&mut self, ledger: &Ledger, owed: &Owed) -> Recipient {
        let tried = owed.again.as_ref();
        let address = tried.and_then(|tried| tried.recipient.as_deref()?.parse().ok());
        let first = owed.items.first().map(|item| self.recipient(ledger, item));
        let first = first.unwrap_or(Recipient {
            address: None,
            is_owner: false,
            why: None,
        });
        let contact = self.channels.security_contact.as_ref();
        match address {
            Some(address)
                if first.address.as_ref() != Some(&address) && contact == Some(&address) =>
            {
                Recipient {
                    address: Some(address),
                    is_owner: false,
                    why: None,
                }
            }
            _ => first,
        }
    }

    /// Who is told of a token: its owner where the service says who that is and where mail reaches
    /// them, else the security contact.
    fn recipient(&mut self, ledger: &Ledger, item: &Item) -> Recipient {
        match self.owner(ledger, &item.token) {
            Ok(address) => Recipient {
                address: Some(address),
                is_owner: true,
                why: None,
            },
            Err(why) => Recipient {
                address: self.channels.security_contact.clone(),
                is_owner: false,
                why: Some(why.to_string()),
            },
        }
    }

    fn owner(&mut self, ledger: &Ledger, token: &Token) -> Result<Mailbox, Unknown> {
        let unknown = || Unknown("nobody knows whose it is".to_owned());
        let organization = token.organization.as_deref().ok_or_else(unknown)?;
        let owner = ledger.proven_owner(token).ok_or_else(unknown)?;
        self.asked.address(&self.directory, organization, owner)
    }

    fn mail(
        &mut self,
        journal: &mut Journal,
        ledger: &Ledger,
        owed: &Owed,
        recipient: Recipient,
    ) -> Result<(), JournalError> {
        let address = recipient.address.as_ref().map(ToString::to_string);
        let reader = if recipient.is_owner {
            Reader::Owner
        } else {
            Reader::SecurityContact
        };
        let to = address.clone().unwrap_or_default();
        let Some(message) = self.message(journal, ledger, owed, (&to, reader)) else {
            return Ok(());
        };
        let follows = owed.follows.as_deref();
        let sent = match &recipient.address {
            Some(to) => self.attempt(|| self.channels.mail(&message, to, follows)),
            None => Err(Undelivered::lasting("there is no security contact")),
        };
        let contact = self.channels.security_contact.as_ref();
        let contact = contact.filter(|_| recipient.is_owner);
        let (sent, address, why) = match (sent, contact) {
            // Nobody is there who could read it.
            (Err(error), Some(contact)) if !error.is_passing => {
                let message = Message {
                    reader: Reader::SecurityContact,
                    ..message.clone()
                };
                let sent = self.attempt(|| self.channels.mail(&message, contact, follows));
                match sent {
                    Ok(()) => (sent, Some(contact.to_string()), Some(error.why)),
                    Err(_) => (Err(error), address, None),
                }
            }
            (sent, _) => (sent, address, recipient.why),
        };
        self.note(journal, owed, &message, address, (sent, why))
    }

    fn post(
        &mut self,
        journal: &mut Journal,
        ledger: &Ledger,
        owed: &Owed,
    ) -> Result<(), JournalError> {
        let channels = self.channels;
        let Some(channel) = channels.post(&owed.channel) else {
            return Ok(());
        };
        let to = (&*owed.channel, Reader::Channel);
        let Some(message) = self.message(journal, ledger, owed, to) else {
            return Ok(());
        };
        let sent = self.attempt(|| channel.post(&message, (self.now)()));
        self.note(journal, owed, &message, None, (sent, None))
    }

    /// What is to be told; nothing if this run has tried that.
    fn message(
        &mut self,
        journal: &Journal,
        ledger: &Ledger,
        owed: &Owed,
        (to, reader): (&str, Reader),
    ) -> Option<Message> {
        let again = owed.again.as_ref();
        let id = again.map_or_else(
            || message::id_of(owed, to, ledger.round(&owed.items)),
            |tried| tried.id.clone(),
        );
        let is_stopped = self.directory.stop.load(Ordering::Relaxed);
        if is_stopped || !self.tried.insert(id.clone()) {
            return None;
        }
        let head = again.map_or_else(|| journal.head().hash, |tried| tried.head.clone());
        let mut records = journal.records().iter();
        let line = records.find(|record| record.hash == head);
        let notice = |item: &Item| {
            let notice = ledger.notice(&item.token).cloned().unwrap_or_default();
            (notice.cleaned(self.redact), item.fate)
        };
        Some(Message {
            id,
            kind: owed.kind,
            reader,
            plan: owed.plan.clone(),
            at: line.map(|line| line.at.clone()).unwrap_or_default(),
            head,
            tokens: owed.items.iter().map(notice).collect(),
            evidence: self.evidence(ledger, owed),
        })
    }

    /// How it is known that what is told as closed is, without any token.
    fn evidence(&self, ledger: &Ledger, owed: &Owed) -> BTreeSet<String> {
        let items = owed.items.iter().filter(|item| item.fate == Fate::Closed);
        let known = items.filter_map(|item| ledger.closed_because(&item.token));
        let scrubber = Scrubber::new(None);
        known
            .map(|why| scrubber.scrub_known(&(self.redact)(why)))
            .collect()
    }

    fn attempt(&self, send: impl Fn() -> Result<(), Undelivered>) -> Result<(), Undelivered> {
        deliver(self.directory.stop, send)
    }

    /// Writes down whether `message` was delivered.
    fn note(
        &self,
        journal: &mut Journal,
        owed: &Owed,
        message: &Message,
        recipient: Option<String>,
        (sent, why): (Result<(), Undelivered>, Option<String>),
    ) -> Result<(), JournalError> {
        let outcome = if sent.is_ok() { "sent" } else { "failed" };
        let line = Line {
            channel: owed.channel.clone(),
            kind: owed.kind,
            tried: Tried {
                id: message.id.clone(),
                recipient,
                head: message.head.clone(),
            },
            follows: owed.follows.clone(),
            tokens: owed.items.clone(),
            why: sent.err().map(|error| error.why).or(why),
        };
        let sole = match &*owed.items {
            [item] => Some(&item.token),
            _ => None,
        };
        let entry = Entry {
            event: Event::Notify,
            plan: owed.plan.as_deref(),
            c3id: sole.map(|token| token.c3id.as_str()),
            organization: sole.and_then(|token| token.organization.as_deref()),
            authorization_id: None,
            evidence: json!(line),
            outcome: Some(outcome),
        };
        journal.write(entry, (self.now)()).map(|_| ())
    }
}

impl Tell for Notifier<'_> {
    fn preface(&self, plan: &Plan, records: &[Record]) -> Value {
        let ledger = Ledger::read(records);
        let ordered = plan.orders().filter_map(|order| {
            let token = Token {
                organization: Some(order.organization.clone()),
                c3id: order.c3id.clone(),
            };
            let planned = plan.notice(order).cloned();
            if planned.is_none() && ledger.notice(&token).is_some() {
                return None;
            }
            Some(Notice {
                organization: token.organization,
                c3id: token.c3id,
                // In whose list it is looked up before anything is done.
                owner: Some(order.owner.clone()),
                left_because: None,
                ..planned.unwrap_or_default()
            })
        });
        let notices = ordered.chain(plan.told().cloned());
        let notices = notices.map(|notice| notice.cleaned(self.redact)).collect();
        ledger::preface(self.channels.names().into_iter().collect(), notices)
    }

    fn tell(&mut self, journal: &mut Journal, stage: Stage) -> Result<(), JournalError> {
        let names = self.channels.names();
        match stage {
            Stage::Answered => {
                let ledger = Ledger::read(journal.records());
                self.all(journal, &ledger, ledger.failed(&names))?;
                self.settle(journal)?;
                let ledger = Ledger::read(journal.records());
                self.all(journal, &ledger, ledger.untold(Kind::Leak, &names))?;
                self.remind(journal)
            }
            Stage::Confirmed => {
                let ledger = Ledger::read(journal.records());
                self.all(journal, &ledger, ledger.untold(Kind::Closure, &names))
            }
        }
    }
}

#[cfg(test)]
mod tests;
