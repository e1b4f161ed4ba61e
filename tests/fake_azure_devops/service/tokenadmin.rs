//! Token administration: what an administrator sees of others' tokens, and revocation.

use serde_json::{Value, json};

use super::auth::{Caller, admit};
use super::call::Call;
use super::connection::known;
use super::reply::Reply;
use super::rows;
use super::state::{Event, Pat, Principal, Revocation, World, guid};
use super::time;

/// The largest page. The service has a limit that nobody published; this one is a guess.
const MAX_PAGE: usize = 100;

/// Where no size is asked for.
const DEFAULT_PAGE: usize = 20;

/// The most ids of one request. Microsoft's sample sends so many.
const MAX_IDS: usize = 990;

/// The end of a list, as the service used to write it.
const ZERO: &str = "00000000-0000-0000-0000-000000000000";

/// Answers what is behind `_apis/tokenadmin`.
pub(crate) fn answer(world: &mut World, call: &Call) -> Result<Reply, Reply> {
    if call.active.has("inventory-missing") {
        return Err(rows::wrapped(
            404,
            "VssResourceNotFoundException",
            "VS403440: The requested resource is not available.",
        ));
    }
    let caller = administrator(world, call)?;
    match (call.method.as_str(), call.resource().as_slice()) {
        ("GET", ["tokenadmin", "personalaccesstokens", _]) => list(world, call, &caller),
        ("POST", ["tokenadmin", "revocations"]) => revoke(world, call, &caller),
        ("POST", ["tokenadmin", "revocationrules"]) => Ok(Reply::empty(201)),
        _ => Err(known(
            world,
            &caller,
            rows::wrapped(405, "VssServiceException", "The method is not allowed."),
        )),
    }
}

/// Lets administrators in, and nobody else.
fn administrator(world: &World, call: &Call) -> Result<Caller, Reply> {
    let caller = admit(world, call, Some("tokenadministration"))?;
    let may = match caller.principal {
        None => return Err(super::auth::nobody(world, call)),
        Some(Principal::Person(user)) => {
            world.users[user].administrator || call.active.has("accepted")
        }
        Some(Principal::Service) if call.active.has("tokenadmin-no-service-principal") => {
            return Err(rows::service_principal_refused());
        }
        Some(Principal::Service) => true,
    };
    if may && !call.active.has("not-administrator") {
        return Ok(caller);
    }
    let refusal = rows::wrapped(
        401,
        "AccessCheckException",
        "Access Denied: the caller may not administer tokens of this organization.",
    );
    Err(known(world, &caller, refusal))
}

fn list(world: &World, call: &Call, caller: &Caller) -> Result<Reply, Reply> {
    let bad = |what: &str| rows::wrapped(400, "VssPropertyValidationException", what);
    let page = match call.parameter("pageSize").map(str::parse::<usize>) {
        None => DEFAULT_PAGE,
        Some(Ok(page)) if (1..=MAX_PAGE).contains(&page) => page,
        Some(_) => return Err(bad("The page size is out of range.")),
    };
    let page = if call.active.has("small-pages") {
        page.min(2)
    } else {
        page
    };
    let descriptor = &call.api[2];
    if !descriptor.contains('.') {
        return Err(bad("The subject descriptor is not valid."));
    }
    let known = world.user_by_descriptor(descriptor);
    let Some(user) = known.filter(|_| !call.active.has("owner-gone")) else {
        let missing = format!("The user {descriptor} was not found.");
        return Err(rows::wrapped(404, "IdentityNotFoundException", &missing));
    };
    let all: Vec<&Pat> = listed(world, call, caller)
        .filter(|pat| pat.owner == user)
        .collect();
    let tokens: Vec<String> = (0..all.len())
        .map(|at| guid(world.seed, &format!("page {descriptor} {at}")))
        .collect();
    let first = match call.parameter("continuationToken") {
        None | Some("" | ZERO) => 0,
        Some(token) => match tokens.iter().position(|known| known == token) {
            Some(at) => at,
            None => return Err(bad("The continuation token is not valid.")),
        },
    };
    let shown = all.iter().skip(first).take(page);
    let newest = call
        .api_version()
        .is_some_and(|version| version.starts_with("7.2"));
    let values: Vec<Value> = shown.map(|pat| entry(world, call, pat, newest)).collect();
    let next = match tokens.get(first + values.len()) {
        _ if call.active.has("repeat-continuation") => tokens.get(first).map(String::as_str),
        Some(next) => Some(next.as_str()),
        None => call.active.has("zero-continuation").then_some(ZERO),
    };
    Ok(Reply::json(
        200,
        &json!({ "value": values, "continuationToken": next }),
    ))
}

/// The tokens that the inventory of the organisation lists.
fn listed<'a>(world: &'a World, call: &Call, caller: &Caller) -> impl Iterator<Item = &'a Pat> {
    let (at, now) = (caller.organization, world.now());
    let vanish = call.active.has("revoked-vanish");
    world.pats.iter().filter(move |pat| {
        let here = match (&pat.targets, at) {
            (Some(targets), Some(at)) => targets.contains(&at),
            (None, Some(at)) => world.users[pat.owner].member_of.contains(&at),
            (_, None) => false,
        };
        here && !pat.forgotten && !(vanish && pat.is_listed_as_revoked_at(now))
    })
}

fn entry(world: &World, call: &Call, pat: &Pat, newest: bool) -> Value {
    let targets = pat.targets.as_ref().map(|targets| -> Vec<&str> {
        let organizations = targets.iter().map(|&at| &world.organizations[at]);
        organizations
            .map(|organization| organization.instance_id.as_str())
            .collect()
    });
    let mut entry = json!({
        "accessId": pat.access_id,
        "alternateToken": null,
        "authorizationId": pat.authorization_id,
        "claims": null,
        "clientId": ZERO,
        "displayName": pat.name,
        "hostAuthorizationId": guid(world.seed, &format!("host {}", pat.authorization_id)),
        "isPublic": false,
        "isValid": pat.listed_valid && !pat.is_listed_as_revoked_at(world.now()),
        "publicData": null,
        "scope": pat.scope,
        "source": null,
        "targetAccounts": targets,
        "token": null,
        "userId": world.users[pat.owner].id,
        "validFrom": time::without_zone(pat.valid_from),
        "validTo": time::without_zone(pat.valid_to),
    });
    if newest && !call.active.has("c3id-absent") {
        entry["crossCompanyCorrelatingId"] = if call.active.has("c3id-null") {
            Value::Null
        } else {
            Value::from(pat.c3id.as_str())
        };
    }
    entry
}

fn revoke(world: &mut World, call: &Call, caller: &Caller) -> Result<Reply, Reply> {
    let bad = |what: &str| rows::wrapped(400, "VssPropertyValidationException", what);
    let body: Vec<Value> = serde_json::from_slice(&call.body)
        .map_err(|_| bad("The body is not a list of revocations."))?;
    let limit = if call.active.has("id-limit-10") {
        10
    } else {
        MAX_IDS
    };
    if body.is_empty() || body.len() > limit {
        return Err(bad("The number of authorization ids is out of range."));
    }
    let ids: Option<Vec<&str>> = body
        .iter()
        .map(|one| one["authorizationId"].as_str())
        .collect();
    let ids = ids.ok_or_else(|| bad("A revocation has no authorizationId."))?;
    let mut found = Vec::new();
    for id in ids {
        let mut all = world.pats.iter();
        let at = all.position(|pat| pat.authorization_id.eq_ignore_ascii_case(id));
        let live = at.filter(|&at| world.pats[at].revoked.is_none());
        if live.is_none() && call.active.has("unknown-id-400") {
            return Err(bad("An authorization id is not known."));
        }
        found.extend(live);
    }
    for pat in found {
        withdraw(world, call, caller, pat);
    }
    Ok(Reply::empty(204))
}

/// Revokes the token `pat`, as fast as orders let it show.
pub(crate) fn withdraw(world: &mut World, call: &Call, caller: &Caller, pat: usize) {
    let now = world.now();
    let late = |name| {
        let c3id = &world.pats[pat].c3id;
        call.active.delay_about(name, c3id)
    };
    if late("revoke-204-but-alive").is_some() {
        return;
    }
    let late = |name| late(name).unwrap_or_default();
    let revocation = Revocation {
        refused_from: now + late("revocation-delay"),
        listed_from: now + late("revocation-early"),
    };
    world.pats[pat].revoked = Some(revocation);
    let known = &world.pats[pat];
    world.events.push(Event {
        at: now,
        actor: caller.person().unwrap_or_default(),
        with: caller.pat,
        action: "Token.PatRevokeEvent",
        area: "Token",
        category: "remove",
        details: format!("Personal Access Token \"{}\" was revoked.", known.name),
        data: json!({ "DisplayName": known.name }),
        ip: "127.0.0.1",
        agent: "patsweep",
    });
}
