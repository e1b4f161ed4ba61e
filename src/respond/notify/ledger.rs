//! What a journal says of who was told, and who is still to be told of what.
//!
//! Nothing is asked and nothing sent here: the same lines always give the same answer, so that a
//! run that crashed or could not reach anybody is made up for by the next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::notice::Notice;
use crate::model::Timestamp;
use crate::respond::journal::{Event, Record};

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// That tokens leaked, and what is done about it.
    Leak,
    /// That they still work.
    Reminder,
    /// That they work no more.
    Closure,
}

impl Kind {
    /// The name in journals and payloads.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Reminder => "reminder",
            Self::Closure => "closure",
        }
    }
}

/// How a token stands when it is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fate {
    /// The service accepted its revocation.
    Accepted,
    /// Its revocation was ordered; the service did not say what it did.
    Unanswered,
    /// The service did not revoke it.
    Refused,
    /// Its revocation was ordered, and was not sent: what orders are for is still to be done.
    Unsent,
    /// Its revocation was ordered, and it was left alone, for it is not what was planned any more.
    Dropped,
    /// It is not to be revoked: whoever owns it is told.
    Told,
    /// It is revoked.
    Closed,
}

impl Fate {
    /// The name in journals and payloads.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unanswered => "unanswered",
            Self::Refused => "refused",
            Self::Unsent => "unsent",
            Self::Dropped => "dropped",
            Self::Told => "told",
            Self::Closed => "closed",
        }
    }

    /// Whether its order was left without a request: whose it is was not found out by that.
    pub(super) fn is_unlooked(self) -> bool {
        matches!(self, Self::Told | Self::Unsent | Self::Dropped)
    }

    /// What a look makes of a token, by its outcome in the journal, if it is told of it.
    fn confirmed(outcome: Option<&str>) -> Option<Self> {
        match outcome {
            Some("unsent") => Some(Self::Unsent),
            Some("dropped") => Some(Self::Dropped),
            _ => None,
        }
    }

    /// What an answer makes of a token, by its outcome in the journal.
    fn answered(outcome: Option<&str>) -> Self {
        match outcome {
            Some("accepted") => Self::Accepted,
            Some("unknown") | None => Self::Unanswered,
            // It is sent again.
            Some("throttled") => Self::Unsent,
            Some(_) => Self::Refused,
        }
    }
}

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
    closed: BTreeMap<Token, Terms>,
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
                    self.leaks.insert(token, (fate, terms.clone()));
                }
            }
            (Event::Answer, Some(token)) if self.notices.contains_key(&token) => {
                let fate = Fate::answered(record.outcome.as_deref());
                self.leaks.insert(token, (fate, terms.clone()));
            }
            (Event::Closed, Some(token)) if self.notices.contains_key(&token) => {
                self.prove(&token, record);
                self.closed.entry(token).or_insert_with(|| terms.clone());
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
            if notice.left_because.is_some() && !self.leaks.contains_key(&token) {
                self.leaks
                    .insert(token.clone(), (Fate::Told, terms.clone()));
            }
            self.notices.insert(token, notice);
        }
        terms
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
                    .map(|(token, terms)| (item(token, Fate::Closed), terms))
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
            let may_work = !self.is_closed(token) && last.fate != Fate::Dropped;
            if channels.contains(channel) && may_work && is_old(last) {
                let group = groups.entry((channel.clone(), last.plan.clone()));
                group.or_default().push(item(token, last.fate));
            }
        }
        self.grouped(Kind::Reminder, groups)
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
