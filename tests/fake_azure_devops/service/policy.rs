//! Policies of tenants and organisations, which no specification describes.

use serde_json::{Value, json};

use super::auth::{Caller, admit};
use super::call::Call;
use super::connection::known;
use super::reply::Reply;
use super::rows;
use super::state::{Event, World};

/// Tenant policies with the values that contoso set; what is missing was never set.
const TENANT: [&str; 5] = [
    "TenantPolicy.RestrictGlobalPersonalAccessToken",
    "TenantPolicy.RestrictFullScopePersonalAccessToken",
    "TenantPolicy.RestrictPersonalAccessTokenLifespan",
    "TenantPolicy.EnableLeakedPersonalAccessTokenAutoRevocation",
    "TenantPolicy.OrganizationCreationRestriction",
];

const ORGANIZATION: [&str; 3] = [
    "Policy.DisablePATCreation",
    "Policy.EnforceAADConditionalAccess",
    "Policy.LogAuditEvents",
];

/// `GET _apis/TenantPolicy/Policies/{name}`.
pub(crate) fn tenant(world: &World, call: &Call) -> Result<Reply, Reply> {
    let caller = reader(world, call)?;
    let name = find(&TENANT, call)?;
    if let Some(reply) = ordered(call, name) {
        return reply.map_err(|refusal| known(world, &caller, refusal));
    }
    let at = caller.organization.unwrap_or_default();
    if let Some(written) = world.policies.get(&(at, name.to_owned())) {
        return Ok(Reply::json(200, written));
    }
    let (value, properties) = match name {
        "TenantPolicy.RestrictGlobalPersonalAccessToken" => {
            (true, json!({ "AllowedUsersAndGroupObjectIds": "[]" }))
        }
        "TenantPolicy.RestrictPersonalAccessTokenLifespan" => (
            true,
            json!({ "MaxPatLifespanInDays": "90", "AllowedUsersAndGroupObjectIds": "[]" }),
        ),
        "TenantPolicy.RestrictFullScopePersonalAccessToken" => (false, json!({})),
        // Never set.
        _ => return Ok(Reply::json(200, &Value::Null)),
    };
    Ok(Reply::json(
        200,
        &json!({ "name": name, "value": value, "properties": properties }),
    ))
}

/// `GET` or `PATCH _apis/OrganizationPolicy/Policies/{name}`.
pub(crate) fn organization(world: &mut World, call: &Call) -> Result<Reply, Reply> {
    let caller = reader(world, call)?;
    let name = find(&ORGANIZATION, call)?;
    let at = caller.organization.unwrap_or_default();
    if call.method == "PATCH" {
        return write(world, call, &caller, name);
    }
    if let Some(reply) = ordered(call, name) {
        return reply.map_err(|refusal| known(world, &caller, refusal));
    }
    if let Some(written) = world.policies.get(&(at, name.to_owned())) {
        return Ok(Reply::json(200, written));
    }
    let organization = &world.organizations[at];
    let value = match name {
        "Policy.DisablePATCreation" => organization.blocks_global,
        "Policy.LogAuditEvents" => !call.active.has("audit-off"),
        _ => false,
    };
    let properties = if value && name == "Policy.DisablePATCreation" {
        let allowed = world.users.iter().filter(|user| user.allow_listed);
        let allowed: Vec<&str> = allowed.map(|user| user.subject_id.as_str()).collect();
        json!({
            "isPackagingScopeEnabled": "false",
            "isAllowListEnabled": "true",
            "allowedUsersAndGroupObjectIds": json!(allowed).to_string(),
        })
    } else {
        json!({})
    };
    Ok(Reply::json(200, &policy(name, value, &properties)))
}

fn policy(name: &str, value: bool, properties: &Value) -> Value {
    json!({
        "name": name,
        "value": value,
        "effectiveValue": value,
        "isValueUndefined": false,
        "enforce": false,
        "properties": properties,
    })
}

/// `[{"op":"replace","path":"/Value","value":"true"}]`.
fn write(world: &mut World, call: &Call, caller: &Caller, name: &str) -> Result<Reply, Reply> {
    let may = caller
        .person()
        .is_none_or(|user| world.users[user].administrator);
    if !may || call.active.has("policy-disallowed") {
        let refusal = "Access Denied: the caller may not edit policies.";
        return Err(known(
            world,
            caller,
            rows::wrapped(403, "AccessCheckException", refusal),
        ));
    }
    let operations: Vec<Value> = serde_json::from_slice(&call.body).unwrap_or_default();
    let value = match operations.first().map(|operation| &operation["value"]) {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(value)) => value == "true",
        _ => {
            let bad = "The body is no JSON patch of /Value.";
            return Err(rows::wrapped(400, "VssPropertyValidationException", bad));
        }
    };
    let at = caller.organization.unwrap_or_default();
    let written = policy(name, value, &json!({}));
    world.policies.insert((at, name.to_owned()), written);
    world.events.push(Event {
        at: world.now(),
        actor: caller.person().unwrap_or_default(),
        with: caller.pat,
        action: "OrganizationPolicy.PolicyValueUpdated",
        area: "OrganizationPolicy",
        category: "modify",
        details: format!("The policy {name} was updated."),
        data: json!({ "PolicyName": name, "PolicyValue": if value { "ON" } else { "OFF" } }),
        ip: "127.0.0.1",
        agent: "patsweep",
    });
    Ok(Reply::empty(204))
}

/// Members read policies.
fn reader(world: &World, call: &Call) -> Result<Caller, Reply> {
    let caller = admit(world, call, None)?;
    if caller.principal.is_none() {
        return Err(super::auth::nobody(world, call));
    }
    Ok(caller)
}

fn find(all: &[&'static str], call: &Call) -> Result<&'static str, Reply> {
    let wanted = call.api.last().map(String::as_str).unwrap_or_default();
    let mut all = all.iter().copied();
    all.find(|name| name.eq_ignore_ascii_case(wanted))
        .ok_or_else(|| rows::wrapped(404, "PolicyNotFoundException", "There is no such policy."))
}

/// The answer that an order gives to every policy.
fn ordered(call: &Call, name: &str) -> Option<Result<Reply, Reply>> {
    let refusal = |status| rows::wrapped(status, "AccessCheckException", "Access Denied.");
    let fixed = |value: bool| Reply::json(200, &policy(name, value, &json!({})));
    Some(match call.active.starting("policy-")? {
        "null" => Ok(Reply::json(200, &Value::Null)),
        "value-null" => Ok(Reply::json(
            200,
            &json!({ "name": name, "value": null, "properties": null }),
        )),
        "empty" => Ok(Reply::empty(200)),
        "204" => Ok(Reply::empty(204)),
        "html" => Ok(Reply::html(200, &rows::sign_in_page())),
        "203" => Ok(rows::sign_in()),
        "true" => Ok(fixed(true)),
        "false" => Ok(fixed(false)),
        "401" => Err(refusal(401)),
        "403" => Err(refusal(403)),
        "404" => Err(refusal(404)),
        "shape" => Ok(Reply::json(
            200,
            &json!({ "policies": [name], "value": "maybe" }),
        )),
        _ => return None,
    })
}
