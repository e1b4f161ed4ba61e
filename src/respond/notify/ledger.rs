//! What a journal says of who was told, and who is still to be told of what.
//!
//! Nothing is asked and nothing sent here: the same lines always give the same answer, so that a
//! run that crashed or could not reach anybody is made up for by the next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use super::fate::{Fate, Kind};
use super::notice::Notice;
use crate::model::Timestamp;
use crate::respond::journal::{Event, Record};

/// A token, as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Token {
    /// Where it is registered, as far as is known.
    pub(super) organization: Option<String>,
    /// Its C3ID.
    pub(super) c3id: String,
}

/// A token and how it stood when that was to be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Item {
    /// Which.
    #[serde(flatten)]
    pub(super) token: Token,
    /// How it stood.
    pub(super) fate: Fate,
}

/// Something that is to be told over a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    /// Which channel.
    pub(super) channel: String,
    /// What.
    pub(super) kind: Kind,
    /// By which plan.
    pub(super) plan: Option<String>,
    /// Of which tokens, sorted.
    pub(super) items: Vec<Item>,
    /// What was told before it over that channel, which it follows.
    pub(super) follows: Option<String>,
    /// The try that failed, if there was one: it is told as it was then.
    pub(super) again: Option<Tried>,
}

/// What a journal has of a try to tell something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tried {
    /// What it is known by: the same in every try.
    pub(super) id: String,
    /// The address, where it is mail.
    pub(super) recipient: Option<String>,
    /// The hash of the line before, which was told as the receipt.
    pub(super) head: String,
}

/// The evidence of a `notify` line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) channel: String,
    pub(super) kind: Kind,
    #[serde(flatten)]
    pub(super) tried: Tried,
    pub(super) follows: Option<String>,
    pub(super) tokens: Vec<Item>,
    /// Why it failed, or why somebody else was told.
    pub(super) why: Option<String>,
}

/// What a `plan` line holds for those who tell people.
#[derive(Debug, Serialize, Deserialize)]
struct Preface {
    channels: Vec<String>,
    notices: Vec<Notice>,
}

/// The part of a `plan` line that tells who is told of what.
pub(super) fn preface(channels: Vec<String>, notices: Vec<Notice>) -> Value {
    json!(Preface { channels, notices })
}

/// By which plan, and over which channels, something is to be told.
#[derive(Clone, Debug, Default)]
struct Terms {
    plan: Option<String>,
    channels: BTreeSet<String>,
}

/// The end of a token.
#[derive(Clone, Debug)]
struct Closure {
    terms: Terms,
    /// As what it is registered, if it was ordered.
    authorization_id: Option<String>,
    /// How that is known, in words.
    why: Option<String>,
}

/// The latest that was told of a token over a channel.
#[derive(Clone, Debug)]
struct Last {
    at: String,
    plan: Option<String>,
    id: String,
    fate: Fate,
}

/// What a journal says about notifications.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    notices: BTreeMap<Token, Notice>,
    /// Owners in whose list the token stood when that was looked up.
    owners: BTreeMap<Token, String>,
    leaks: BTreeMap<Token, (Fate, Terms)>,
    closed: BTreeMap<Token, Closure>,
    /// How often a token turned out to be open after it was closed.
    rounds: BTreeMap<Token, u32>,
    covered: BTreeSet<(String, Kind, Item)>,
    last: BTreeMap<(String, Token), Last>,
    tries: BTreeMap<String, (Option<String>, Line, bool)>,
}

impl Ledger {
    /// Reads the lines of a journal.
    pub(super) fn read(records: &[Record]) -> Self {
        let mut ledger = Self::default();
        let mut terms = Terms::default();
        for record in records {
            ledger.take(record, &mut terms);
        }
        ledger
    }

    fn take(&mut self, record: &Record, terms: &mut Terms) {
        let token = record.c3id.clone().map(|c3id| Token {
            organization: record.organization.clone(),
            c3id,
        });
        match (record.event, token) {
            (Event::Plan, _) => {
                *terms = self.open(record);
            }
            (Event::Intent | Event::Confirm, Some(token)) => {
                self.prove(&token, record);
                let fate = Fate::confirmed(record.outcome.as_deref());
                if let Some(fate) = fate.filter(|_| self.notices.contains_key(&token)) {
                    self.reopen(&token);
                    self.leaks.insert(token, (fate, terms.clone()));
                }
            }
            (Event::Answer, Some(token)) if self.notices.contains_key(&token) => {
                let fate = Fate::answered(record.outcome.as_deref());
                self.reopen(&token);
                self.leaks.insert(token, (fate, terms.clone()));
            }
            (Event::Closed, Some(token)) if self.notices.contains_key(&token) => {
                self.prove(&token, record);
                let id = &record.authorization_id;
                let is_another = |it: &Closure| {
                    let both = it.authorization_id.as_ref().zip(id.as_ref());
                    both.is_some_and(|(before, now)| before != now)
                };
                if self.closed.get(&token).is_some_and(is_another) {
                    self.reopen(&token);
                }
                let why = record.evidence.get("why").and_then(Value::as_str);
                self.closed.entry(token).or_insert_with(|| Closure {
                    terms: terms.clone(),
                    authorization_id: id.clone(),
                    why: why.map(str::to_owned),
                });
            }
            (Event::Notify, _) => self.note(record),
            _ => (),
        }
    }

    /// Takes note of the owner in whose list `token` stood when `record` was written.
    fn prove(&mut self, token: &Token, record: &Record) {
        let owner = record.evidence.get("owner").and_then(Value::as_str);
        self.owners
            .extend(owner.map(|owner| (token.clone(), owner.to_owned())));
    }

    /// The terms of a run that begins, and what it has to tell.
    fn open(&mut self, record: &Record) -> Terms {
        let preface = record.evidence.get("tell").cloned();
        let preface = preface.and_then(|it| serde_json::from_value::<Preface>(it).ok());
        let Some(preface) = preface else {
            return Terms::default();
        };
        let terms = Terms {
            plan: record.plan.clone(),
            channels: preface.channels.into_iter().collect(),
        };
        for notice in preface.notices {
            let token = Token {
                organization: notice.organization.clone(),
                c3id: notice.c3id.clone(),
            };
            // A plan that leaves it was made of a token that works.
            let is_left = notice.left_because.is_some();
            let is_reopened = is_left && self.reopen(&token);
            if is_reopened || is_left && !self.leaks.contains_key(&token) {
                self.leaks
                    .insert(token.clone(), (Fate::Told, terms.clone()));
            }
            self.notices.insert(token, notice);
        }
        terms
    }

    /// Forgets that `token` was closed, for it is open: people are told anew of it. Whether it was.
    fn reopen(&mut self, token: &Token) -> bool {
        if self.closed.remove(token).is_none() {
            return false;
        }
        *self.rounds.entry(token.clone()).or_default() += 1;
        self.covered.retain(|(_, _, item)| item.token != *token);
        // Nobody is told any more that it is over who could not be told before.
        let is_over = |line: &Line| {
            let mut tokens = line.tokens.iter();
            line.kind == Kind::Closure && tokens.any(|item| item.token == *token)
        };
        let tries = std::mem::take(&mut self.tries).into_iter();
        let (over, kept) = tries.partition(|(_, (_, line, sent))| !sent && is_over(line));
        self.tries = kept;
        let over: BTreeMap<String, (Option<String>, Line, bool)> = over;
        for (_, line, _) in over.into_values() {
            for item in line.tokens {
                let what = (line.channel.clone(), line.kind, item);
                self.covered.remove(&what);
            }
        }
        true
    }

    /// How often one of `items` turned out to be open after it was closed.
    pub(super) fn round(&self, items: &[Item]) -> u32 {
        let rounds = items.iter().filter_map(|item| self.rounds.get(&item.token));
        rounds.copied().max().unwrap_or_default()
    }

    /// How it is known that `token` is closed, in words.
    pub(super) fn closed_because(&self, token: &Token) -> Option<&str> {
        self.closed.get(token)?.why.as_deref()
    }

    /// What was told, or not.
    fn note(&mut self, record: &Record) {
        let Ok(told) = serde_json::from_value::<Line>(record.evidence.clone()) else {
            return;
        };
        let was_sent = record.outcome.as_deref() == Some("sent");
        for item in &told.tokens {
            let what = (told.channel.clone(), told.kind, item.clone());
            self.covered.insert(what);
            if was_sent {
                let last = Last {
                    at: record.at.clone(),
                    plan: record.plan.clone(),
                    id: told.tried.id.clone(),
                    fate: item.fate,
                };
                let place = (told.channel.clone(), item.token.clone());
                self.last.insert(place, last);
            }
        }
        let id = told.tried.id.clone();
        self.tries.insert(id, (record.plan.clone(), told, was_sent));
    }

    /// What is known of a token.
    pub(super) fn notice(&self, token: &Token) -> Option<&Notice> {
        self.notices.get(token)
    }

    /// Whether a token works no more.
    pub(super) fn is_closed(&self, token: &Token) -> bool {
        self.closed.contains_key(token)
    }

    /// The owner in whose list the token stood when it was looked for. Nothing else proves whose it is:
    /// a plan is a file.
    pub(super) fn proven_owner(&self, token: &Token) -> Option<&str> {
        self.owners.get(token).map(String::as_str)
    }

    /// What failed, and is to be told over one of `channels` as it was to be told then.
    pub(super) fn failed(&self, channels: &BTreeSet<String>) -> Vec<Owed> {
        let failed = self.tries.values().filter(|(_, told, was_sent)| {
            let has_ended = told.kind == Kind::Reminder
                && told.tokens.iter().all(|item| self.is_closed(&item.token));
            !was_sent && !has_ended && channels.contains(&told.channel)
        });
        let owed = |(plan, told, _): &(Option<String>, Line, bool)| Owed {
            channel: told.channel.clone(),
            kind: told.kind,
            plan: plan.clone(),
            items: told.tokens.clone(),
            follows: told.follows.clone(),
            again: Some(told.tried.clone()),
        };
        let mut owed: Vec<Owed> = failed.map(owed).collect();
        // What happened first is told first.
        owed.sort_by_key(|owed| owed.kind);
        owed
    }

    /// What of `kind` was never tried over one of `channels`, though a run was to tell it there.
    pub(super) fn untold(&self, kind: Kind, channels: &BTreeSet<String>) -> Vec<Owed> {
        let all: Vec<(Item, &Terms)> = match kind {
            Kind::Leak => {
                // What has ended meanwhile is told as that.
                let leaks = self
                    .leaks
                    .iter()
                    .filter(|(token, _)| !self.is_closed(token));
                leaks
                    .map(|(token, (fate, terms))| (item(token, *fate), terms))
                    .collect()
            }
            Kind::Closure => {
                let closed = self.closed.iter();
                closed
                    .map(|(token, closure)| (item(token, Fate::Closed), &closure.terms))
                    .collect()
            }
            Kind::Reminder => Vec::new(),
        };
        let mut groups: BTreeMap<(String, Option<String>), Vec<Item>> = BTreeMap::new();
        for (item, terms) in all {
            for channel in terms.channels.intersection(channels) {
                let what = (channel.clone(), kind, item.clone());
                if !self.covered.contains(&what) {
                    let group = groups.entry((channel.clone(), terms.plan.clone()));
                    group.or_default().push(item.clone());
                }
            }
        }
        self.grouped(kind, groups)
    }

    /// What was told over one of `channels` no later than `after` before `now`, and still works.
    pub(super) fn overdue(
        &self,
        channels: &BTreeSet<String>,
        after: SignedDuration,
        now: Timestamp,
    ) -> Vec<Owed> {
        let since = jiff::Timestamp::from_second(now.0)
            .ok()
            .and_then(|now| now.checked_sub(after).ok());
        let is_old = |last: &Last| {
            let at: Option<jiff::Timestamp> = last.at.parse().ok();
            at.zip(since).is_some_and(|(at, since)| at <= since)
        };
        let mut groups: BTreeMap<(String, Option<String>), Vec<Item>> = BTreeMap::new();
        for ((channel, token), last) in &self.last {
            // What was dropped may be another's, or revoked by somebody: nobody says that it works.
            // Nor is anybody reminded who has only been told that it was closed.
            let may_work =
                !self.is_closed(token) && last.fate != Fate::Dropped && last.fate != Fate::Closed;
            if channels.contains(channel) && may_work && is_old(last) {
                let group = groups.entry((channel.clone(), last.plan.clone()));
                let fate = match (last.fate, self.leaks.get(token)) {
                    // What was told of it before holds again.
                    (Fate::Unproven, Some((fate, _))) => *fate,
                    (fate, _) => fate,
                };
                group.or_default().push(item(token, fate));
            }
        }
        self.grouped(Kind::Reminder, groups)
    }

    /// A reminder of what still works, and one of what is among `unproven`, as far as there are any.
    pub(super) fn by_proof(&self, owed: &Owed, unproven: &BTreeSet<Token>) -> Vec<Owed> {
        let (doubtful, works): (Vec<_>, Vec<_>) = owed
            .items
            .iter()
            .cloned()
            .partition(|item| unproven.contains(&item.token));
        let doubtful = doubtful.into_iter();
        let doubtful = doubtful.map(|it| item(&it.token, Fate::Unproven)).collect();
        let parts = [works, doubtful].into_iter();
        let parts = parts.filter(|items: &Vec<Item>| !items.is_empty());
        parts
            .map(|items| Owed {
                follows: self.followed(&owed.channel, &items),
                items,
                ..owed.clone()
            })
            .collect()
    }

    fn grouped(
        &self,
        kind: Kind,
        groups: BTreeMap<(String, Option<String>), Vec<Item>>,
    ) -> Vec<Owed> {
        let owed = |((channel, plan), items): ((String, Option<String>), Vec<Item>)| Owed {
            follows: self.followed(&channel, &items),
            channel,
            kind,
            plan,
            items,
            again: None,
        };
        groups.into_iter().map(owed).collect()
    }

    /// What was last told of one of `items` over `channel`.
    pub(super) fn followed(&self, channel: &str, items: &[Item]) -> Option<String> {
        let last = items.iter().filter_map(|item| {
            let place = (channel.to_owned(), item.token.clone());
            self.last.get(&place)
        });
        last.max_by_key(|last| &last.at).map(|last| last.id.clone())
    }
}

fn item(token: &Token, fate: Fate) -> Item {
    Item {
        token: token.clone(),
        fate,
    }
}
