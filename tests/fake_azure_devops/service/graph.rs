//! Who is in an organisation: users, service principals, identities.

use data_encoding::BASE64_NOPAD;
use serde_json::{Value, json};

use super::auth::{Caller, admit};
use super::call::Call;
use super::connection::known;
use super::reply::Reply;
use super::rows;
use super::state::{Standing, World};

/// Users on a page. The service's number is higher, and published nowhere.
const PAGE: usize = 100;

/// Answers what is behind `_apis/graph`.
pub(crate) fn answer(world: &World, call: &Call) -> Result<Reply, Reply> {
    let caller = admit(world, call, Some("graph"))?;
    if caller.principal.is_none() {
        return Err(super::auth::nobody(world, call));
    }
    match call.resource().as_slice() {
        ["graph", "users"] => Ok(page(call, &users(world, call, &caller))),
        ["graph", "users", descriptor] => {
            let all = users(world, call, &caller);
            let mut all = all.into_iter();
            let is_gone = call.active.has("owner-gone");
            all.find(|user| {
                user["descriptor"]
                    .as_str()
                    .is_some_and(|is| !is_gone && is.eq_ignore_ascii_case(descriptor))
            })
            .map(|user| Reply::json(200, &user))
            .ok_or_else(|| {
                let missing = format!("VS403325: No user found with descriptor {descriptor}.");
                rows::wrapped(404, "GraphSubjectNotFoundException", &missing)
            })
        }
        ["graph", "serviceprincipals"] => Ok(Reply::list(&[service_principal(world)])),
        _ => {
            let missing = "VS402862: The controller for this path was not found.";
            let missing = rows::wrapped(404, "VssResourceNotFoundException", missing);
            Err(known(world, &caller, missing))
        }
    }
}

/// `GET _apis/identities?identityIds=` or `subjectDescriptors=`.
pub(crate) fn identities(world: &World, call: &Call) -> Result<Reply, Reply> {
    admit(world, call, Some("identity"))?;
    let ids = call
        .parameter("identityIds")
        .or(call.parameter("subjectDescriptors"));
    let found = ids.unwrap_or_default().split(',').map(|wanted| {
        let mut users = world.users.iter();
        let is_wanted = |is: &str| is.eq_ignore_ascii_case(wanted);
        let user = users.find(|user| is_wanted(&user.id) || is_wanted(&user.descriptor));
        user.map_or(Value::Null, |user| {
            json!({
                "id": user.id,
                "descriptor": format!(
                    "Microsoft.IdentityModel.Claims.ClaimsIdentity;{}\\{}",
                    world.tenant, user.upn
                ),
                "subjectDescriptor": user.descriptor,
                "providerDisplayName": user.name,
                "isActive": user.standing != Standing::Disabled,
                "properties": { "Mail": { "$type": "System.String", "$value": user.upn } },
                "resourceVersion": 2,
                "metaTypeId": 0,
            })
        })
    });
    Ok(Reply::list(&found.collect::<Vec<_>>()))
}

fn users(world: &World, call: &Call, caller: &Caller) -> Vec<Value> {
    let types = call.parameter("subjectTypes").unwrap_or("aad,msa");
    if !types.split(',').any(|kind| kind.trim() == "aad") {
        return Vec::new();
    }
    let at = caller.organization;
    let members = world
        .users
        .iter()
        .filter(|user| at.is_some_and(|at| user.member_of.contains(&at)));
    members
        .map(|user| {
            json!({
                "subjectKind": "user",
                "metaType": "member",
                "domain": world.tenant,
                "principalName": user.upn,
                "mailAddress": (!call.active.has("no-mail-address")).then_some(&user.upn),
                "origin": "aad",
                "originId": user.subject_id,
                "displayName": user.name,
                "url": format!(
                    "https://vssps.dev.azure.com/{}/_apis/Graph/Users/{}",
                    call.organization.as_deref().unwrap_or_default(),
                    user.descriptor
                ),
                "descriptor": user.descriptor,
            })
        })
        .collect()
}

fn page(call: &Call, all: &[Value]) -> Reply {
    let page = if call.active.has("small-pages") {
        2
    } else {
        PAGE
    };
    let token = call.parameter("continuationToken");
    let first: usize = token
        .and_then(|token| token.strip_prefix("users-")?.parse().ok())
        .unwrap_or_default();
    let shown: Vec<Value> = all.iter().skip(first).take(page).cloned().collect();
    let next = first + shown.len();
    let reply = Reply::list(&shown);
    if call.active.has("repeat-continuation") {
        reply.with("x-ms-continuationtoken", format!("users-{first}"))
    } else if next < all.len() {
        reply.with("x-ms-continuationtoken", format!("users-{next}"))
    } else {
        reply
    }
}

/// The subject descriptor of the responder's service principal.
pub(crate) fn service_principal_descriptor(world: &World) -> String {
    let id = BASE64_NOPAD.encode(world.service_principal_id.as_bytes());
    format!("aadsp.{id}")
}

fn service_principal(world: &World) -> Value {
    json!({
        "subjectKind": "servicePrincipal",
        "metaType": "application",
        "domain": world.tenant,
        "principalName": world.service_principal_id,
        "mailAddress": null,
        "origin": "aad",
        "originId": world.service_principal_id,
        "applicationId": world.client_id,
        "displayName": "patsweep responder",
        "descriptor": service_principal_descriptor(world),
    })
}
