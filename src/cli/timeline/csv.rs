//! Timelines as CSV: what happened to each token and what was done with it, one a row.

use super::super::cell::{instant, number, sheet};
use super::Told;
use crate::model::Timestamp;
use crate::providers::azure_devops::AuditEntry;
use crate::respond::timeline::{Flag, Timeline};

const HEADINGS: [&str; 14] = [
    "organization",
    "c3id",
    "token",
    "account",
    "authorization_id",
    "kind",
    "at",
    "action",
    "area",
    "category",
    "ip",
    "user_agent",
    "details",
    "suspicious",
];

type Row = [String; HEADINGS.len()];

/// All rows, those of a token by what they tell.
pub(super) fn show(all: &[Told<'_>]) -> String {
    let rows = all.iter().flat_map(|told| {
        let timelines = told.timelines.iter();
        timelines.flat_map(|timeline| rows(&told.facts.organization, timeline))
    });
    sheet(HEADINGS, rows)
}

fn rows(organization: &str, timeline: &Timeline<'_>) -> Vec<Row> {
    let moment = |kind, at| row(organization, timeline, (kind, at), None, "");
    let audited = |kind, entry, why: &str| {
        let entry: &AuditEntry = entry;
        row(
            organization,
            timeline,
            (kind, Some(entry.at)),
            Some(entry),
            why,
        )
    };
    let mut rows = vec![
        moment("exposed", timeline.exposed.at),
        moment(timeline.revocation.as_str(), timeline.revocation.at()),
    ];
    rows.extend(timeline.events.iter().map(|event| {
        let flags: Vec<&str> = event.flags.iter().copied().map(Flag::as_str).collect();
        audited("event", event.entry, &flags.join(" "))
    }));
    let uncertain = timeline.uncertain.iter();
    rows.extend(uncertain.map(|entry| audited("uncertain", entry, "")));
    rows
}

fn row(
    organization: &str,
    timeline: &Timeline<'_>,
    (kind, at): (&str, Option<Timestamp>),
    entry: Option<&AuditEntry>,
    suspicious: &str,
) -> Row {
    let told = |text: fn(&AuditEntry) -> &str| entry.map(text).unwrap_or_default().to_owned();
    let name = timeline.pat.and_then(|pat| pat.record.name.clone());
    let account = timeline.owner.map(crate::respond::survey::Person::account);
    [
        organization.to_owned(),
        timeline.leak.c3id.clone(),
        number(name),
        number(account),
        number(timeline.authorization_id),
        kind.to_owned(),
        number(instant(at)),
        told(|entry| &entry.action),
        told(|entry| &entry.area),
        told(|entry| entry.category.as_str()),
        told(|entry| &entry.ip),
        told(|entry| &entry.agent),
        told(|entry| &entry.details),
        suspicious.to_owned(),
    ]
}
