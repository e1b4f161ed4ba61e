//! What is owed, line by line of a journal.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::ledger::{Fate, Ledger, preface};
use super::*;
use crate::respond::journal::Journal;

const C3ID: &str = "C3ID";

/// A journal that grows line by line, in memory but for its file.
struct Lines {
    journal: Journal,
    _folder: tempfile::TempDir,
    now: Timestamp,
}

impl Lines {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            journal: Journal::open(&folder.path().join("journal"), "ann").unwrap(),
            _folder: folder,
            now: Timestamp(1_000_000),
        }
    }

    fn write(&mut self, event: Event, c3id: Option<&str>, evidence: Value, outcome: &str) {
        let entry = Entry {
            event,
            plan: Some("plan"),
            c3id,
            organization: Some("contoso"),
            authorization_id: None,
            evidence,
            outcome: Some(outcome),
        };
        self.journal.write(entry, self.now).unwrap();
    }

    /// A run begins that tells over `channels`; the token is to be revoked, or only told of.
    fn begin(&mut self, channels: &[&str], left_because: Option<&str>) {
        let notice = Notice {
            c3id: C3ID.to_owned(),
            organization: Some("contoso".to_owned()),
            owner: Some("aad.claimed".to_owned()),
            left_because: left_because.map(str::to_owned),
            ..Notice::default()
        };
        let channels = channels.iter().copied().map(str::to_owned).collect();
        let evidence = json!({ "tell": preface(channels, vec![notice]) });
        self.write(Event::Plan, None, evidence, "confirmed");
    }

    fn answer(&mut self, outcome: &str) {
        self.write(Event::Answer, Some(C3ID), Value::Null, outcome);
    }

    /// What is owed over mail and a webhook: kind, channel and fate.
    fn owed(&self) -> Vec<String> {
        let channels = BTreeSet::from(["json", "mail"].map(str::to_owned));
        let ledger = Ledger::read(self.journal.records());
        let mut owed = ledger.failed(&channels);
        owed.extend(ledger.untold(Kind::Leak, &channels));
        owed.extend(ledger.untold(Kind::Closure, &channels));
        owed.extend(ledger.overdue(&channels, jiff::SignedDuration::from_hours(24), self.now));
        let one = |owed: &Owed| {
            let fates: Vec<_> = owed.items.iter().map(|item| item.fate.as_str()).collect();
            let again = owed.again.as_ref().map_or("", |_| " again");
            let kind = owed.kind.as_str();
            format!("{kind} {} {}{again}", owed.channel, fates.join(" "))
        };
        owed.iter().map(one).collect()
    }

    /// Writes down that what is owed over `channel` was sent or not.
    fn tell(&mut self, channel: &str, kind: Kind, outcome: &str) {
        let channels = BTreeSet::from([channel.to_owned()]);
        let ledger = Ledger::read(self.journal.records());
        let mut owed = ledger.failed(&channels);
        owed.extend(ledger.untold(kind, &channels));
        for owed in owed {
            let line = Line {
                channel: channel.to_owned(),
                kind: owed.kind,
                tried: Tried {
                    id: message::id_of(&owed, channel, ledger.round(&owed.items)),
                    recipient: None,
                    head: self.journal.head().hash,
                },
                follows: None,
                tokens: owed.items,
                why: None,
            };
            self.write(Event::Notify, None, json!(line), outcome);
        }
    }
}

#[test]
fn what_is_owed_follows_from_the_journal() {
    let mut lines = Lines::new();
    lines.begin(&["json", "mail"], None);
    assert_eq!(lines.owed(), [""; 0]);
    // Of several answers the last counts.
    lines.answer("throttled");
    lines.answer("accepted");
    assert_eq!(lines.owed(), ["leak json accepted", "leak mail accepted"]);
    lines.tell("mail", Kind::Leak, "failed");
    assert_eq!(
        lines.owed(),
        ["leak mail accepted again", "leak json accepted"]
    );
    lines.tell("mail", Kind::Leak, "sent");
    assert_eq!(lines.owed(), ["leak json accepted"]);
    // What has ended is not told as something that may.
    lines.write(Event::Closed, Some(C3ID), Value::Null, "closed");
    assert_eq!(lines.owed(), ["closure json closed", "closure mail closed"]);
    lines.tell("json", Kind::Closure, "sent");
    lines.tell("mail", Kind::Closure, "sent");
    lines.now = Timestamp(2_000_000);
    assert_eq!(lines.owed(), [""; 0]);
}

#[test]
fn what_changed_is_told_again() {
    let mut lines = Lines::new();
    lines.begin(&["mail"], Some("the policy says so"));
    lines.tell("mail", Kind::Leak, "sent");
    assert_eq!(lines.owed(), [""; 0]);
    lines.begin(&["mail"], None);
    lines.answer("refused");
    assert_eq!(lines.owed(), ["leak mail refused"]);
    lines.tell("mail", Kind::Leak, "sent");
    lines.answer("unknown");
    assert_eq!(lines.owed(), ["leak mail unanswered"]);
}

#[test]
fn a_new_channel_is_told_no_history() {
    let mut lines = Lines::new();
    lines.begin(&["mail"], None);
    lines.answer("accepted");
    assert_eq!(lines.owed(), ["leak mail accepted"]);
    let mut untold = Lines::new();
    untold.write(Event::Plan, None, json!({ "orders": [] }), "confirmed");
    untold.answer("accepted");
    untold.write(Event::Closed, Some(C3ID), Value::Null, "closed");
    assert_eq!(untold.owed(), [""; 0]);
}

#[test]
fn reminders_come_a_day_after_the_last_message() {
    let mut lines = Lines::new();
    lines.begin(&["mail"], Some("the policy says so"));
    lines.tell("mail", Kind::Leak, "sent");
    lines.now = Timestamp(1_000_000 + 24 * 60 * 60 - 1);
    assert_eq!(lines.owed(), [""; 0]);
    lines.now = Timestamp(1_000_000 + 24 * 60 * 60);
    assert_eq!(lines.owed(), ["reminder mail told"]);
}

#[test]
fn an_owner_is_proven_by_what_was_looked_up() {
    let mut lines = Lines::new();
    let token = Token {
        organization: Some("contoso".to_owned()),
        c3id: C3ID.to_owned(),
    };
    lines.begin(&["mail"], Some("the policy says so"));
    let owner = |lines: &Lines| {
        let ledger = Ledger::read(lines.journal.records());
        ledger.proven_owner(&token).map(str::to_owned)
    };
    assert_eq!(owner(&lines), None);
    let evidence = json!({ "owner": "aad.proven" });
    lines.write(Event::Confirm, Some(C3ID), evidence, "works");
    assert_eq!(owner(&lines).as_deref(), Some("aad.proven"));
}

#[test]
fn ids_tell_everything_apart_that_is_told() {
    let owed = Owed {
        channel: "mail".to_owned(),
        kind: Kind::Leak,
        plan: Some("plan".to_owned()),
        items: vec![Item {
            token: Token {
                organization: Some("contoso".to_owned()),
                c3id: C3ID.to_owned(),
            },
            fate: Fate::Accepted,
        }],
        follows: None,
        again: None,
    };
    let id = message::id_of(&owed, "ann@example.org", 0);
    assert_eq!(id.len(), 32);
    assert_eq!(message::id_of(&owed.clone(), "ann@example.org", 0), id);
    assert_ne!(message::id_of(&owed, "bob@example.org", 0), id);
    let mut others = vec![owed.clone(); 4];
    others[0].kind = Kind::Closure;
    others[1].plan = None;
    others[2].items[0].fate = Fate::Refused;
    others[3].items[0].token.c3id.push('x');
    let mut ids: BTreeSet<_> = others
        .iter()
        .map(|other| message::id_of(other, "ann@example.org", 0))
        .collect();
    ids.insert(id);
    assert_eq!(ids.len(), 5);
}

/// What was closed and turns out to be open is told of anew, under ids of its own.
#[test]
fn what_is_left_after_it_was_closed_is_owed_again() {
    let mut lines = Lines::new();
    let round = |lines: &mut Lines| {
        lines.begin(&["json"], Some("somebody says so"));
        assert_eq!(lines.owed(), ["leak json told"]);
        lines.tell("json", Kind::Leak, "sent");
        assert_eq!(lines.owed(), [""; 0]);
        lines.write(Event::Closed, Some(C3ID), Value::Null, "closed");
        assert_eq!(lines.owed(), ["closure json closed"]);
        lines.tell("json", Kind::Closure, "sent");
        assert_eq!(lines.owed(), [""; 0]);
    };
    round(&mut lines);
    round(&mut lines);
    let told = lines.journal.records().iter();
    let ids = told.filter_map(|record| record.evidence.get("id")?.as_str());
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), 4);
    // What could not be told is not so any more.
    lines.begin(&["json"], Some("somebody says so"));
    lines.tell("json", Kind::Leak, "sent");
    lines.write(Event::Closed, Some(C3ID), Value::Null, "closed");
    lines.tell("json", Kind::Closure, "failed");
    assert_eq!(lines.owed(), ["closure json closed again"]);
    lines.answer("accepted");
    assert_eq!(lines.owed(), ["leak json accepted"]);
}
