//! The PAT lifecycle: what owners see of their own tokens, with Entra tokens only.

use serde_json::{Value, json};

use super::auth::{Caller, admit};
use super::call::{Call, Scheme};
use super::reply::Reply;
use super::rows;
use super::state::{Pat, Principal, World};
use super::{time, tokenadmin};

/// The largest page.
const MAX_PAGE: usize = 100;

/// Answers `_apis/tokens/pats`.
pub(crate) fn answer(world: &mut World, call: &Call) -> Result<Reply, Reply> {
    let caller = admit(world, call, None)?;
    let owner = match caller.principal {
        None => return Err(super::auth::nobody(world, call)),
        Some(Principal::Service) => return Err(rows::service_principal_refused()),
        Some(Principal::Person(_)) if call.scheme == Scheme::Basic => {
            return Err(rows::entra_only());
        }
        Some(Principal::Person(owner)) => owner,
    };
    let id = call.parameter("authorizationId");
    if call.active.has("pats-error") && (id.is_some() || call.method != "GET") {
        return Ok(result(&Value::Null, "accessDenied"));
    }
    let of_owner = id.and_then(|id| {
        let mut all = world.pats.iter();
        all.position(|pat| pat.owner == owner && pat.authorization_id.eq_ignore_ascii_case(id))
    });
    match (call.method.as_str(), id, of_owner) {
        ("GET", None, _) => Ok(list(world, call, owner)),
        ("GET" | "DELETE", Some(_), None) => Ok(result(&Value::Null, "authorizationNotFound")),
        ("GET", _, Some(pat)) => Ok(result(&entry(world, &world.pats[pat]), "none")),
        ("DELETE", _, Some(pat)) => Ok(delete(world, call, &caller, pat)),
        _ => Err(rows::wrapped(
            405,
            "VssServiceException",
            "This stand-in for the service makes and extends no tokens.",
        )),
    }
}

fn delete(world: &mut World, call: &Call, caller: &Caller, pat: usize) -> Reply {
    if world.pats[pat].revoked.is_none() {
        tokenadmin::withdraw(world, call, caller, pat);
    }
    Reply::empty(if call.active.has("pats-delete-200") {
        200
    } else {
        204
    })
}

fn result(pat: &Value, error: &str) -> Reply {
    Reply::json(200, &json!({ "patToken": pat, "patTokenError": error }))
}

fn list(world: &World, call: &Call, owner: usize) -> Reply {
    let now = world.now();
    let wanted = call.parameter("displayFilterOption").unwrap_or("active");
    let all: Vec<&Pat> = world
        .pats
        .iter()
        .filter(|pat| pat.owner == owner && !pat.forgotten)
        .filter(|pat| {
            let revoked = pat.is_listed_as_revoked_at(now);
            let expired = pat.valid_to <= now;
            match wanted {
                "all" | "4" => true,
                "revoked" | "2" => revoked,
                "expired" | "3" => expired && !revoked,
                _ => !revoked && !expired,
            }
        })
        .collect();
    let top = call.parameter("$top").and_then(|top| top.parse().ok());
    let page = top.unwrap_or(MAX_PAGE).min(MAX_PAGE);
    let page = if call.active.has("small-pages") {
        page.min(2)
    } else {
        page
    };
    let first: usize = call
        .parameter("continuationToken")
        .and_then(|token| token.parse().ok())
        .unwrap_or_default();
    let shown: Vec<Value> = all
        .iter()
        .skip(first)
        .take(page)
        .map(|pat| entry(world, pat))
        .collect();
    let next = first + shown.len();
    let token = if next < all.len() {
        next.to_string()
    } else {
        String::new()
    };
    Reply::json(
        200,
        &json!({ "continuationToken": token, "patTokens": shown }),
    )
}

fn entry(world: &World, pat: &Pat) -> Value {
    let targets = pat.targets.as_ref().map(|targets| -> Vec<&str> {
        let organizations = targets.iter().map(|&at| &world.organizations[at]);
        organizations
            .map(|organization| organization.instance_id.as_str())
            .collect()
    });
    json!({
        "displayName": pat.name,
        "validFrom": time::with_zone(pat.valid_from),
        "validTo": time::with_zone(pat.valid_to),
        "scope": pat.scope,
        "targetAccounts": targets,
        "authorizationId": pat.authorization_id,
        "token": null,
    })
}
