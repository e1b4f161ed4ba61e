//! Acts on a plan, tells people, and says what became of it.

use std::collections::BTreeMap;
use std::time::Instant;

use super::super::console::{Console, redacted};
use super::super::desk::Desk;
use super::super::settings::now;
use super::text;
use crate::model::Secret;
use crate::respond::journal::{Event, Journal, Record};
use crate::respond::listing::Lister;
use crate::respond::notify::{Channels, Directory, Notifier};
use crate::respond::plan::Order;
use crate::respond::revoke::{Confirmed, Done, Revoker, Tell, Vetted};

/// Whoever acts, and for whom.
pub(super) struct Act<'a> {
    /// Where people are told what went wrong.
    pub(super) console: Console,
    /// As whom.
    pub(super) desk: &'a Desk,
    /// Whom to tell.
    pub(super) channels: &'a Channels,
    /// How lists are read, and until when.
    pub(super) lister: Lister<'a>,
    /// What the policies say of an order by now.
    pub(super) vet: &'a dyn Fn(&Order) -> Vetted,
    /// How the plan came to be confirmed.
    pub(super) confirmed: Confirmed,
    /// The values that are at hand.
    pub(super) values: &'a BTreeMap<String, Secret>,
    /// Until when to look whether it takes effect.
    pub(super) watch_until: Option<Instant>,
}

impl Act<'_> {
    /// Has `run` act, written down in `journal`; and the outcome for people, with the receipt.
    pub(super) fn run(
        &self,
        journal: &mut Journal,
        run: impl FnOnce(&mut Revoker<'_>) -> Done,
    ) -> (Done, String) {
        let credentials = |organization: &str| self.desk.credentials(organization);
        let directory = Directory {
            service: &self.desk.service,
            credentials: &credentials,
            stop: self.lister.stop,
        };
        let mut notifier = Notifier::new(self.channels, directory, &redacted, now);
        let notifier: &mut dyn Tell = &mut notifier;
        let before = journal.records().len();
        let done = run(&mut Revoker {
            lister: self.lister,
            credentials: &credentials,
            values: self.values,
            vet: self.vet,
            confirmed: self.confirmed,
            journal,
            now,
            tell: (!self.channels.is_empty()).then_some(notifier),
            watch_until: self.watch_until,
        });
        let (head, path) = (journal.head(), journal.path().to_owned());
        let written = &journal.records()[before..];
        for line in written.iter().filter_map(undelivered) {
            self.console.note(line);
        }
        let shown = text::outcomes(&done.outcomes, written, &head.hash, &path);
        (done, shown)
    }
}

/// What `record` says of a notification that reached nobody, in words.
fn undelivered(record: &Record) -> Option<String> {
    let is_failure = record.event == Event::Notify && record.outcome.as_deref() == Some("failed");
    let text = |key: &str| Some(redacted(record.evidence.get(key)?.as_str()?));
    let channel = text("channel").filter(|_| is_failure)?;
    let why = text("why").unwrap_or_else(|| "no reason is known".to_owned());
    Some(format!(
        "nobody was told over {channel}: {why}; --resume tries again"
    ))
}
