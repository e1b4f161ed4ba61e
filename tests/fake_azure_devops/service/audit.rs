//! The audit log.

use serde_json::{Value, json};

use super::auth::{Caller, admit};
use super::call::Call;
use super::connection::known;
use super::reply::Reply;
use super::rows;
use super::state::{Event, World, guid};
use super::time::{self, DAY};

/// How long `authenticationMechanism` is at most.
const MECHANISM: usize = 64;

/// Entries on a page where no number is asked for.
const PAGE: usize = 200;

/// The log keeps entries so long.
const RETENTION: i64 = 90 * DAY;

/// The actions of tokens.
const ACTIONS: [&str; 9] = [
    "Token.PatCreateEvent",
    "Token.PatUpdateEvent",
    "Token.PatExpiredEvent",
    "Token.PatRevokeEvent",
    "Token.PatSystemRevokeEvent",
    "Token.PatPublicDiscoveryEvent",
    "Token.SshCreateEvent",
    "Token.SshUpdateEvent",
    "Token.SshRevokeEvent",
];

/// Answers what is behind `_apis/audit`.
pub(crate) fn answer(world: &mut World, call: &Call) -> Result<Reply, Reply> {
    let caller = admit(world, call, Some("auditlog"))?;
    if caller.principal.is_none() {
        return Err(super::auth::nobody(world, call));
    }
    match call.resource().as_slice() {
        ["audit", "actions"] => Ok(actions()),
        ["audit", "auditlog"] => log(world, call, &caller),
        _ => {
            let missing = "VS402862: The controller for this path was not found.";
            let missing = rows::wrapped(404, "VssResourceNotFoundException", missing);
            Err(known(world, &caller, missing))
        }
    }
}

fn actions() -> Reply {
    let action = |name: &str| json!({ "actionId": name, "area": "Token", "category": "modify" });
    Reply::list(&ACTIONS.map(action))
}

fn log(world: &mut World, call: &Call, caller: &Caller) -> Result<Reply, Reply> {
    let instant = |name: &str| match call.parameter(name) {
        None => Ok(None),
        Some(text) => instant(text).map(Some).ok_or_else(|| {
            rows::wrapped(
                400,
                "VssPropertyValidationException",
                "A time is not valid.",
            )
        }),
    };
    let now = world.now();
    let start = instant("startTime")?
        .unwrap_or(i64::MIN)
        .max(now - RETENTION);
    let end = instant("endTime")?.unwrap_or(i64::MAX);
    let off = call.active.has("audit-off");
    let mut entries: Vec<&Event> = world
        .events
        .iter()
        .filter(|event| !off && (start..=end).contains(&event.at))
        .collect();
    // Newest first, as the log is.
    entries.sort_by_key(|event| std::cmp::Reverse(event.at));
    let size = call
        .parameter("batchSize")
        .and_then(|size| size.parse().ok());
    let size = size.unwrap_or(PAGE).max(1);
    let size = if call.active.has("small-pages") {
        size.min(2)
    } else {
        size
    };
    let ticks = |at: usize| format!("{at};{};{}", guid(0, "batch"), guid(1, "batch"));
    let first = match call.parameter("continuationToken") {
        None | Some("") => 0,
        Some(token) => (0..entries.len())
            .find(|&at| ticks(at) == token)
            .ok_or_else(|| {
                rows::wrapped(
                    400,
                    "VssPropertyValidationException",
                    "The token is not valid.",
                )
            })?,
    };
    let shown = entries.iter().skip(first).take(size);
    let shown: Vec<Value> = shown.map(|event| entry(world, caller, event)).collect();
    let next = first + shown.len();
    let more = next < entries.len();
    let answer = json!({
        "decoratedAuditLogEntries": shown,
        "continuationToken": more.then(|| ticks(next)),
        "hasMore": more,
    });
    let wrapped = call.active.has("audit-wrapped");
    let reply = Reply::json(
        200,
        &if wrapped {
            json!({ "value": answer })
        } else {
            answer
        },
    );
    if !off && first == 0 {
        read(world, caller);
    }
    Ok(reply)
}

/// Whoever reads the log stands in it.
fn read(world: &mut World, caller: &Caller) {
    let at = world.now();
    world.events.push(Event {
        at,
        actor: caller.person().unwrap_or_default(),
        with: caller.pat,
        action: "AuditLog.AccessLog",
        area: "Auditing",
        category: "access",
        details: "Accessed the audit log.".to_owned(),
        data: json!({}),
        ip: "127.0.0.1",
        agent: "patsweep",
    });
}

fn entry(world: &World, caller: &Caller, event: &Event) -> Value {
    let actor = &world.users[event.actor];
    let organization = &world.organizations[caller.organization.unwrap_or_default()];
    let id = guid(
        world.seed,
        &format!("{} {} {}", event.at, event.action, event.details),
    );
    let mut mechanism = match event.with {
        Some(pat) => format!(
            "PAT_Unscoped authorizationId: {}",
            world.pats[pat].authorization_id
        ),
        None => "AAD_Cookie".to_owned(),
    };
    mechanism.truncate(MECHANISM);
    json!({
        "id": format!("{};{id}", event.at),
        "correlationId": id,
        "activityId": id,
        "actorCUID": actor.subject_id,
        "actorUserId": actor.id,
        "actorClientId": "00000000-0000-0000-0000-000000000000",
        "actorUPN": actor.upn,
        "authenticationMechanism": mechanism,
        "timestamp": time::with_zone(event.at),
        "scopeType": "organization",
        "scopeDisplayName": format!("{} (Organization)", organization.name),
        "scopeId": organization.instance_id,
        "projectId": "00000000-0000-0000-0000-000000000000",
        "projectName": "",
        "ipAddress": event.ip,
        "userAgent": event.agent,
        "actionId": event.action,
        "data": event.data,
        "details": event.details,
        "area": event.area,
        "category": event.category,
        "categoryDisplayName": event.category,
        "actorDisplayName": actor.name,
        "actorImageUrl": null,
    })
}

/// Seconds since 1970 of `2026-03-01T00:00:00Z`, or without the zone.
fn instant(text: &str) -> Option<i64> {
    let zoned = text
        .parse()
        .or_else(|_| format!("{text}Z").parse::<jiff::Timestamp>());
    zoned.ok().map(jiff::Timestamp::as_second)
}
