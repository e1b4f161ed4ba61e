//! A message: what is told to whom, before any format of it is written.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::ledger::{Fate, Item, Kind, Owed};
use super::notice::Notice;
use crate::providers::notify::{self, Post};

/// Bytes of a hash that make an id.
const ID_BYTES: usize = 16;

/// Who reads a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// Whoever owns the tokens.
    Owner,
    /// Whoever is told where no owner can be.
    SecurityContact,
    /// All who read a channel.
    Channel,
}

/// What is told.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// What it is known by: the same in every try.
    pub(super) id: String,
    /// What it tells.
    pub(super) kind: Kind,
    /// To whom.
    pub(super) reader: Reader,
    /// By which plan.
    pub(super) plan: Option<String>,
    /// The head of the journal when it was first to be told: the receipt.
    pub(super) head: String,
    /// When that line was written.
    pub(super) at: String,
    /// Of which tokens: what is known of each, cleaned, and how it stands.
    pub(super) tokens: Vec<(Notice, Fate)>,
    /// How it is known that they are closed, in words, cleaned; each once.
    pub(super) evidence: BTreeSet<String>,
}

/// What `owed` is known by to `recipient`, worked out from the journal alone; of a token that was closed
/// and turned out to be open, `round` says how often.
pub(super) fn id_of(owed: &Owed, recipient: &str, round: u32) -> String {
    let items: Vec<_> = owed
        .items
        .iter()
        .map(|Item { token, fate }| json!([token.organization, token.c3id, fate.as_str()]))
        .collect();
    // Of reminders there are several, each after another message.
    let follows = owed
        .follows
        .as_ref()
        .filter(|_| owed.kind == Kind::Reminder);
    let mut what = vec![
        json!(owed.plan),
        json!(owed.kind.as_str()),
        json!(recipient),
        json!(items),
        json!(follows),
    ];
    what.extend((round > 0).then(|| json!(round)));
    let what = json!(what);
    HEXLOWER.encode(&Sha256::digest(what.to_string())[..ID_BYTES])
}

impl Message {
    /// What happened, in a line.
    pub(super) fn title(&self) -> String {
        let all = |wanted: Fate| self.tokens.iter().all(|(_, fate)| *fate == wanted);
        let ([(notice, _)], what) = (&*self.tokens, self.what(&all)) else {
            let count = self.tokens.len();
            let what = match self.kind {
                Kind::Closure => "are revoked",
                Kind::Reminder if all(Fate::Unproven) => "leaked and may still work",
                Kind::Reminder => "leaked and still work",
                Kind::Leak if all(Fate::Accepted) => "leaked and are being revoked",
                Kind::Leak if all(Fate::Told) => "leaked: revoke them",
                Kind::Leak if all(Fate::Dropped) => "leaked and were left alone",
                Kind::Leak => "leaked",
            };
            return format!("{count} Azure DevOps tokens {what}");
        };
        format!(
            "Azure DevOps token `{}` {what}",
            notify::cut(notice.title(), 60)
        )
    }

    fn what(&self, all: &dyn Fn(Fate) -> bool) -> &'static str {
        match self.kind {
            Kind::Closure => "is revoked",
            Kind::Reminder if all(Fate::Unproven) => "leaked and may still work",
            Kind::Reminder => "leaked and still works",
            Kind::Leak if all(Fate::Accepted) => "leaked and is being revoked",
            Kind::Leak if all(Fate::Dropped) => "leaked and was left alone",
            Kind::Leak => "leaked: revoke it",
        }
    }

    /// Whether nothing says of any of them that it still works.
    pub(super) fn is_unproven(&self) -> bool {
        let mut fates = self.tokens.iter().map(|(_, fate)| *fate);
        fates.all(|fate| fate == Fate::Unproven)
    }

    /// Whether this tells where tokens were found: to whoever owns them always, to all who read a
    /// channel once they work no more.
    pub(super) fn tells_places(&self, fate: Fate) -> bool {
        match self.reader {
            Reader::Owner | Reader::SecurityContact => true,
            Reader::Channel => fate == Fate::Closed,
        }
    }

    /// The same for those who show it as a card or in blocks.
    pub(super) fn post(&self) -> Post {
        let items = self.tokens.iter().map(|(notice, fate)| notify::Item {
            title: notice.title().to_owned(),
            facts: self.facts(notice, *fate),
        });
        Post {
            title: self.title(),
            lead: match self.kind {
                Kind::Leak => "Found where others can read it.".to_owned(),
                Kind::Reminder if self.is_unproven() => {
                    "It was told before, and whether it still works is not known.".to_owned()
                }
                Kind::Reminder => "It was told before, and nothing has changed.".to_owned(),
                Kind::Closure => self.how_it_is_known(),
            },
            items: items.collect(),
            footer: format!("patsweep, journal head {}", self.head),
        }
    }

    /// By what closures are known.
    fn how_it_is_known(&self) -> String {
        let all: Vec<_> = self.evidence.iter().map(String::as_str).collect();
        match &*all {
            [] => "The journal has it as closed.".to_owned(),
            all => format!("How that is known: {}.", all.join("; ")),
        }
    }

    /// What is known of a token: a name and a value each.
    pub(super) fn facts(&self, notice: &Notice, fate: Fate) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
        add("organization", notice.organization.clone());
        add("C3ID", Some(notice.c3id.clone()));
        add("looks like", notice.redacted.clone());
        if self.tells_places(fate) {
            add("found at", places(notice));
        }
        add("state", Some(state(notice, fate)));
        let names: Vec<_> = notice.consumers.iter().map(|it| &*it.name).collect();
        add(
            "used by",
            (!names.is_empty()).then(|| format!("probably {}", names.join(", "))),
        );
        facts
    }
}

/// Where a token was found, in a line.
fn places(notice: &Notice) -> Option<String> {
    let shown: Vec<String> = notice
        .places
        .iter()
        .map(|place| match place.line {
            Some(line) => format!("{}:{line}", place.path),
            None => place.path.clone(),
        })
        .collect();
    let left = notice.place_count.saturating_sub(shown.len() as u64);
    match (shown.is_empty(), left) {
        (true, _) => None,
        (false, 0) => Some(shown.join(", ")),
        (false, left) => Some(format!("{} and {left} more", shown.join(", "))),
    }
}

/// How a token stands, in words.
pub(super) fn state(notice: &Notice, fate: Fate) -> String {
    match (fate, &notice.left_because) {
        (Fate::Accepted, _) => {
            "its revocation was ordered and accepted; it may take an hour to show".to_owned()
        }
        (Fate::Unanswered, _) => {
            "its revocation was ordered, and the service did not say what it did".to_owned()
        }
        (Fate::Refused, _) => {
            "the service did not take its revocation: it may still work".to_owned()
        }
        (Fate::Unsent, _) => {
            "its revocation was ordered and could not be sent yet: it may still work".to_owned()
        }
        (Fate::Dropped, _) => {
            "it was left alone, for it is not what was to be revoked any more".to_owned()
        }
        (Fate::Told, Some(why)) => format!("it is not revoked for you: {why}"),
        (Fate::Told, None) => "it is not revoked for you".to_owned(),
        (Fate::Unproven, _) => {
            "whether it still works is not known: no list that could be read tells".to_owned()
        }
        (Fate::Closed, _) => "it is revoked and works no more".to_owned(),
    }
}
