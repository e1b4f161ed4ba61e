//! Puts tokens and entries of the log into the service, for tests that need others than the seed has.
//!
//! `POST /__plant` takes one of
//! - `{"pat": {"name", "owner", "scope", "organizations": […]|null, "from_days", "to_days",
//!   "authorization_id"?, "c3id"?, "revoked"?}}`, days counted from now, and answers with the token and its
//!   ids;
//! - `{"event": {"actor", "with"?, "days", "action", "area", "category", "details"?, "data"?, "ip",
//!   "agent"}}`, `with` being an authorization id;
//! - `{"forget": true}`: no list holds any token that is there, and the log is empty.
//!
//! Tokens begin and end with a day, so that how long they live does not depend on the hour.

use serde_json::{Value, json};

use super::state::{Event, NewPat, Revocation, World};
use super::time::DAY;

/// Does what `body` says; `None` where it makes no sense.
pub(crate) fn plant(world: &mut World, body: &[u8]) -> Option<Value> {
    let order: Value = serde_json::from_slice(body).ok()?;
    if let Some(new) = order.get("pat") {
        return pat(world, new);
    }
    if let Some(new) = order.get("event") {
        return event(world, new);
    }
    order.get("forget")?;
    world.pats.iter_mut().for_each(|pat| pat.forgotten = true);
    world.events.clear();
    Some(json!({}))
}

fn user(world: &World, account: &Value) -> Option<usize> {
    let account = account.as_str()?;
    world.users.iter().position(|user| user.upn == account)
}

fn pat(world: &mut World, new: &Value) -> Option<Value> {
    const DECEMBER_2026: i64 = 1_796_083_200;
    let (from_days, to_days) = (new["from_days"].as_i64()?, new["to_days"].as_i64()?);
    let targets = match new["organizations"].as_array() {
        None => None,
        Some(names) => {
            let at = |name: &Value| world.organization(name.as_str()?);
            Some(names.iter().map(at).collect::<Option<Vec<_>>>()?)
        }
    };
    let now = world.now();
    let today = now - now.rem_euclid(DAY);
    let valid_from = today + from_days * DAY;
    let at = world.add_pat(NewPat {
        label: new["name"].as_str()?,
        legacy: false,
        owner: user(world, &new["owner"])?,
        scope: new["scope"].as_str()?,
        targets,
        // Tokens name the month of their issue.
        issued_days: (DECEMBER_2026 - valid_from).div_euclid(DAY),
        valid_days: to_days,
    });
    let pat = &mut world.pats[at];
    (pat.valid_from, pat.valid_to) = (valid_from, today + (to_days + 1) * DAY - 1);
    if let Some(id) = new["authorization_id"].as_str() {
        id.clone_into(&mut pat.authorization_id);
    }
    if let Some(c3id) = new["c3id"].as_str() {
        c3id.clone_into(&mut pat.c3id);
    }
    if new["revoked"] == true {
        pat.revoked = Some(Revocation {
            refused_from: now,
            listed_from: now,
        });
    }
    Some(json!({
        "token": pat.token,
        "c3id": pat.c3id,
        "authorization_id": pat.authorization_id,
    }))
}

fn event(world: &mut World, new: &Value) -> Option<Value> {
    // The log keeps such texts for as long as the program runs, and a test plants few.
    let text = |key: &str| -> &'static str {
        let text = new[key].as_str().unwrap_or_default();
        Box::leak(text.to_owned().into_boxed_str())
    };
    let with = new["with"].as_str();
    let with = with.map(|id| {
        let mut pats = world.pats.iter();
        pats.position(|pat| pat.authorization_id == id)
    });
    let event = Event {
        at: world.now() + new["days"].as_i64()? * DAY,
        actor: user(world, &new["actor"])?,
        with: match with {
            None => None,
            Some(found) => Some(found?),
        },
        action: text("action"),
        area: text("area"),
        category: text("category"),
        details: new["details"].as_str().unwrap_or_default().to_owned(),
        data: new.get("data").cloned().unwrap_or_else(|| json!({})),
        ip: text("ip"),
        agent: text("agent"),
    };
    world.events.push(event);
    Some(json!({}))
}
