//! Timelines as people read them: what is suspicious first, and what cannot be known last.

use std::fmt::Write;

use super::super::cell::{day, minute};
use super::super::table::Table;
use super::{Told, compared};
use crate::providers::azure_devops::AuditEntry;
use crate::report::{count, escape_for_terminal};
use crate::respond::timeline::{Doubt, Event, Flag, Revocation, RevokedBy, Timeline};

/// One organisation after the other.
pub(super) fn show(all: &[Told<'_>]) -> String {
    let shown: Vec<String> = all.iter().map(organization).collect();
    shown.join("\n")
}

fn organization(told: &Told<'_>) -> String {
    let facts = told.facts;
    let acting = facts.acting.as_ref();
    let acting = acting.and_then(|owner| owner.account.as_ref().or(owner.name.as_ref()));
    let acting = acting.map_or("nobody whom it knows", String::as_str);
    let mut text = format!(
        "{}, as {}, at {} UTC; log from {} on\n",
        facts.organization,
        escape_for_terminal(acting),
        minute(Some(told.at)),
        match day(facts.log_from) {
            day if day.is_empty() => "no day".to_owned(),
            day => day,
        },
    );
    if !facts.gaps.is_empty() {
        text.push_str("\nnot readable: what follows is not all there is\n");
        for gap in &facts.gaps {
            let _ = writeln!(text, "  {}: {}", gap.what, escape_for_terminal(&gap.why));
        }
    }
    // Whatever was abused comes first.
    let mut timelines: Vec<&Timeline<'_>> = told.timelines.iter().collect();
    timelines.sort_by_key(|timeline| std::cmp::Reverse(timeline.suspicious()));
    for timeline in timelines {
        text.push('\n');
        text.push_str(&one(timeline));
    }
    text.push_str("\nwhat this cannot show\n");
    for blind in told.blind() {
        let _ = writeln!(text, "  {blind}");
    }
    text
}

fn one(timeline: &Timeline<'_>) -> String {
    let mut text = format!("{}\n", timeline.leak.c3id);
    let mut row = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<9}  {}", escape_for_terminal(value));
    };
    row("token", &called(timeline));
    if let Some(id) = timeline.authorization_id {
        row("id", id);
    }
    if !timeline.others.is_empty() {
        let others = timeline.others.join(", ");
        row(
            "not",
            &format!("{others}: the journal took it for that, too"),
        );
    }
    let issued = timeline.issued.map(|month| month.to_string());
    row("issued", issued.as_deref().unwrap_or("not known"));
    row("exposed", &exposed(timeline));
    row("ended", &ended(timeline));
    if timeline.authorization_id.is_none() {
        row(
            "events",
            "not known: without an authorization id none can be told to be of it",
        );
        return text;
    }
    let suspicious = timeline.suspicious();
    let all = timeline.events.len();
    let earlier = match timeline.earlier {
        0 => String::new(),
        earlier => format!("; {earlier} before it was exposed"),
    };
    row(
        "events",
        &format!("{suspicious} of {all} suspicious{earlier}"),
    );
    row("compared", &compared(timeline));
    let (flagged, others) = timeline.events.split_at(suspicious);
    text.push_str(&events("suspicious", flagged));
    text.push_str(&events("others", others));
    text.push_str(&uncertain(&timeline.uncertain));
    text
}

fn called(timeline: &Timeline<'_>) -> String {
    match (timeline.pat, timeline.owner) {
        (Some(pat), Some(owner)) => {
            let name = pat.record.name.as_deref().unwrap_or("without a name");
            let global = match pat.record.is_global {
                Some(true) => ", global",
                _ => "",
            };
            format!("`{name}` of {}{global}", owner.account())
        }
        _ if timeline.authorization_id.is_some() => {
            "on no list that was read; its id is what you or the journal say".to_owned()
        }
        _ => "on no list that was read".to_owned(),
    }
}

fn exposed(timeline: &Timeline<'_>) -> String {
    let at = timeline.exposed.at;
    match timeline.exposed.doubt {
        None if at.is_none() => {
            "not known; --exposed DATE says it, if you know it otherwise".to_owned()
        }
        None => format!("{} UTC", minute(at)),
        Some(Doubt::BeforeIssue) => format!(
            "{} UTC, when it was issued: a commit of {} cannot have held it",
            minute(at),
            day(timeline.leak.exposed)
        ),
        Some(Doubt::Future) => format!(
            "not known: a commit claims {}, which has not come yet",
            day(timeline.leak.exposed)
        ),
    }
}

fn ended(timeline: &Timeline<'_>) -> String {
    match timeline.revocation {
        Revocation::At(at, RevokedBy::Journal) => {
            format!("{} UTC: revoked, as the journal says", minute(Some(at)))
        }
        Revocation::At(at, RevokedBy::AuditLog) => {
            format!(
                "{} UTC: revoked, as the log says of that name",
                minute(Some(at))
            )
        }
        Revocation::Accepted(at) => format!(
            "not yet: its revocation was accepted at {} UTC, as the journal says, and {}",
            minute(Some(at)),
            match timeline.pat.map(|pat| pat.is_valid) {
                Some(Some(true) | None) => "the list has it as one that works",
                Some(Some(false)) => "the list has it as revoked, but the journal not as closed",
                None => "nothing says that it took effect",
            }
        ),
        Revocation::SomeTime => "revoked, and nothing says when".to_owned(),
        Revocation::Expired(at) => format!("{} UTC: expired", minute(Some(at))),
        Revocation::Not => "not yet: the list has it as one that works".to_owned(),
        Revocation::Unknown => "not known".to_owned(),
    }
}

fn events(title: &str, all: &[Event<'_>]) -> String {
    let columns = [
        ("when", 16),
        ("action", 26),
        ("why", 30),
        ("from", 15),
        ("with", 30),
    ];
    let mut table = Table::new(&columns);
    for event in all {
        let why: Vec<&str> = event.flags.iter().copied().map(word).collect();
        let [when, action, from, with] = cells(event.entry);
        table.row([when, action, why.join(", "), from, with]);
    }
    match table.show() {
        rows if rows.is_empty() => String::new(),
        rows => format!("  {title}\n{rows}"),
    }
}

fn word(flag: Flag) -> &'static str {
    match flag {
        Flag::AfterRevocation => "after its end",
        Flag::NewAddress => "new ip",
        Flag::NewAgent => "new agent",
        Flag::Sensitive => "sensitive",
        Flag::BeforeExposure => "before exposure",
    }
}

fn cells(entry: &AuditEntry) -> [String; 4] {
    [
        minute(Some(entry.at)),
        entry.action.clone(),
        entry.ip.clone(),
        entry.agent.clone(),
    ]
}

fn uncertain(all: &[&AuditEntry]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[("when", 16), ("action", 32), ("from", 15), ("with", 30)]);
    for entry in all {
        table.row(cells(entry));
    }
    format!(
        "  {} of it or of another token: the log cut the id short where both begin alike\n{}",
        count(all.len() as u64, "event"),
        table.show()
    )
}
