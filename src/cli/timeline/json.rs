//! Timelines as JSON, `patsweep-timeline/1`.

use serde_json::{Value, json};

use super::super::cell::instant;
use super::Told;
use crate::providers::azure_devops::AuditEntry;
use crate::report::json_text;
use crate::respond::survey::Gap;
use crate::respond::timeline::{Baseline, Doubt, Flag, Revocation, Timeline};

/// One document.
pub(super) fn show(all: &[Told<'_>]) -> String {
    let document = json!({
        "schema": "patsweep-timeline/1",
        "tool": { "name": "patsweep", "version": env!("CARGO_PKG_VERSION") },
        "organizations": all.iter().map(organization).collect::<Value>(),
    });
    json_text::pretty(&document)
}

fn organization(told: &Told<'_>) -> Value {
    let facts = told.facts;
    let acting = facts.acting.as_ref();
    let gap = |gap: &Gap| json!({ "what": gap.what, "why": gap.why });
    json!({
        "organization": facts.organization,
        "acting_as": acting.and_then(|owner| owner.account.as_ref().or(owner.name.as_ref())),
        "at": instant(Some(told.at)),
        "log_from": instant(facts.log_from),
        "log_kept": !told.is_log_off(),
        "complete": told.is_complete(),
        "tokens": told.timelines.iter().map(timeline).collect::<Value>(),
        "not_shown": told.blind(),
        "unreadable": facts.gaps.iter().map(gap).collect::<Value>(),
    })
}

fn timeline(timeline: &Timeline<'_>) -> Value {
    let events = timeline.events.iter().map(|event| {
        let mut value = entry(event.entry);
        value["suspicious"] = event.flags.iter().copied().map(Flag::as_str).collect();
        value
    });
    let by = match timeline.revocation {
        Revocation::At(_, by) => Some(by.as_str()),
        _ => None,
    };
    let record = timeline.pat.map(|pat| &pat.record);
    json!({
        "c3id": timeline.leak.c3id,
        "authorization_id": timeline.authorization_id,
        "other_authorization_ids": timeline.others,
        "token": record.and_then(|record| record.name.as_ref()),
        "account": timeline.owner.map(crate::respond::survey::Person::account),
        "global": record.and_then(|record| record.is_global),
        "issued": timeline.issued.map(|month| month.to_string()),
        "exposed": instant(timeline.exposed.at),
        "exposure_claimed": instant(timeline.leak.exposed),
        "exposure_doubt": timeline.exposed.doubt.map(Doubt::as_str),
        "state": timeline.revocation.as_str(),
        "ended": instant(timeline.revocation.at()),
        "ended_by": by,
        "compared_days": match timeline.baseline {
            Baseline::Whole => 30,
            Baseline::Partial(days) => days,
            Baseline::None => 0,
        },
        "suspicious_events": timeline.suspicious(),
        "events": events.collect::<Value>(),
        "uncertain": timeline.uncertain.iter().map(|it| entry(it)).collect::<Value>(),
        "earlier_events": timeline.earlier,
    })
}

fn entry(entry: &AuditEntry) -> Value {
    json!({
        "id": entry.id,
        "at": instant(Some(entry.at)),
        "action": entry.action,
        "area": entry.area,
        "category": entry.category.as_str(),
        "details": entry.details,
        "project": entry.project,
        "ip": entry.ip,
        "user_agent": entry.agent,
        "account": entry.account,
    })
}
