//! Who one is, and what is there to read: connection data, profile, projects, repositories.

use serde_json::{Value, json};

use super::auth::{self, Caller, admit};
use super::call::Call;
use super::reply::Reply;
use super::rows;
use super::state::{ANONYMOUS, Principal, World};

/// The projects of every organisation, with who may see them.
const PROJECTS: [(&str, &str); 2] = [("Payments", "private"), ("Website", "private")];

/// `GET _apis/connectionData`.
pub(crate) fn connection_data(world: &World, call: &Call) -> Result<Reply, Reply> {
    let caller = admit(world, call, None)?;
    let identity = match caller.principal {
        None => anonymous(),
        Some(Principal::Person(user)) => person(world, user),
        Some(Principal::Service) => service_principal(world),
    };
    let at = caller.organization;
    let instance_id = at.map(|at| world.organizations[at].instance_id.clone());
    Ok(Reply::json(
        200,
        &json!({
            "authenticatedUser": identity,
            "authorizedUser": identity,
            "instanceId": instance_id,
            "deploymentId": world.guid("deployment"),
            "deploymentType": if call.service == "tfs" { "onPremises" } else { "hosted" },
            "locationServiceData": {
                "serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7",
                "defaultAccessMappingMoniker": "PublicAccessMapping",
                "lastChangeId": 1,
                "lastChangeId64": 1,
            },
        }),
    ))
}

fn person(world: &World, user: usize) -> Value {
    let user = &world.users[user];
    json!({
        "id": user.id,
        "descriptor": format!(
            "Microsoft.IdentityModel.Claims.ClaimsIdentity;{}\\{}",
            world.tenant, user.upn
        ),
        "subjectDescriptor": user.descriptor,
        "providerDisplayName": user.name,
        "customDisplayName": null,
        "isActive": true,
        "properties": { "Account": { "$type": "System.String", "$value": user.upn } },
        "resourceVersion": 2,
        "metaTypeId": 0,
    })
}

fn service_principal(world: &World) -> Value {
    json!({
        "id": world.service_principal_id,
        "descriptor": format!(
            "Microsoft.VisualStudio.Services.Claims.AadServicePrincipal;{}\\{}",
            world.tenant, world.service_principal_id
        ),
        "subjectDescriptor": super::graph::service_principal_descriptor(world),
        "providerDisplayName": "patsweep responder",
        "isActive": true,
        "properties": { "Account": { "$type": "System.String", "$value": world.client_id } },
        "resourceVersion": 2,
        "metaTypeId": 2,
    })
}

fn anonymous() -> Value {
    json!({
        "id": ANONYMOUS,
        "descriptor": format!("System:PublicAccess;{ANONYMOUS}"),
        "subjectDescriptor": "pa.YWFhYWFhYWEtYWFhYS1hYWFhLWFhYWEtYWFhYWFhYWFhYWFh",
        "providerDisplayName": "Anonymous",
        "isActive": true,
        "properties": {},
        "resourceVersion": 2,
        "metaTypeId": 0,
    })
}

/// `GET app.vssps.visualstudio.com/_apis/profile/profiles/me`.
pub(crate) fn profile(world: &World, call: &Call) -> Result<Reply, Reply> {
    let caller = without_organization(world, call)?;
    let Some(user) = caller.person() else {
        return Err(rows::service_principal_refused());
    };
    let user = &world.users[user];
    Ok(Reply::json(
        200,
        &json!({
            "displayName": user.name,
            "publicAlias": user.id,
            "emailAddress": user.upn,
            "coreRevision": 1647,
            "timeStamp": "2026-05-12T22:23:07.727+00:00",
            "id": user.id,
            "revision": 1647,
        }),
    ))
}

/// `GET app.vssps.visualstudio.com/_apis/accounts?memberId=`.
pub(crate) fn accounts(world: &World, call: &Call) -> Result<Reply, Reply> {
    let caller = without_organization(world, call)?;
    let Some(user) = caller.person() else {
        return Err(rows::service_principal_refused());
    };
    let user = &world.users[user];
    let asked = call.parameter("memberId").unwrap_or(&user.id);
    if !asked.eq_ignore_ascii_case(&user.id) {
        return Ok(Reply::list(&[]));
    }
    let accounts = user.member_of.iter().map(|&at| {
        let organization = &world.organizations[at];
        json!({
            "accountId": organization.instance_id,
            "accountUri": format!("https://vssps.dev.azure.com/{}/", organization.name),
            "accountName": organization.name,
            "properties": {},
        })
    });
    Ok(Reply::list(&accounts.collect::<Vec<_>>()))
}

/// Lets in who may ask a host that belongs to no organisation: row H for the others.
fn without_organization(world: &World, call: &Call) -> Result<Caller, Reply> {
    let caller = admit(world, call, Some("profile"))?;
    let limited = caller
        .pat
        .is_some_and(|pat| world.pats[pat].targets.is_some());
    match caller.person() {
        Some(user) if limited && !call.active.has("accepted") => {
            let user = &world.users[user];
            let user_data = format!("{}:{}", user.descriptor, user.name);
            Err(rows::identity_refused(&user_data))
        }
        _ => Ok(caller),
    }
}

/// `GET _apis/projects`, and `_apis/projects/{project}`.
pub(crate) fn projects(world: &World, call: &Call) -> Result<Reply, Reply> {
    let caller = match admit(world, call, Some("project")) {
        // Either scope is enough.
        Err(_) => {
            admit(world, call, Some("profile")).or_else(|_| admit(world, call, Some("code")))?
        }
        Ok(caller) => caller,
    };
    let all = projects_for(world, call, &caller);
    if let Some(wanted) = call.api.get(1) {
        let mut matching = all.iter().filter(|project| {
            [&project["id"], &project["name"]].iter().any(|field| {
                field
                    .as_str()
                    .is_some_and(|is| is.eq_ignore_ascii_case(wanted))
            })
        });
        return match matching.next() {
            Some(project) => Ok(Reply::json(200, project)),
            None => Err(rows::project_not_found(wanted)),
        };
    }
    let top = call.parameter("$top").and_then(|top| top.parse().ok());
    let skip: usize = call
        .parameter("continuationToken")
        .and_then(|skip| skip.parse().ok())
        .unwrap_or_default();
    let shown: Vec<Value> = all
        .iter()
        .skip(skip)
        .take(top.unwrap_or(all.len()))
        .cloned()
        .collect();
    let reply = Reply::list(&shown);
    let next = skip + shown.len();
    Ok(if next < all.len() {
        reply.with("x-ms-continuationtoken", next.to_string())
    } else {
        reply
    })
}

fn projects_for(world: &World, call: &Call, caller: &Caller) -> Vec<Value> {
    let Some(organization) = caller.organization.map(|at| &world.organizations[at]) else {
        return Vec::new();
    };
    let public = organization.public || call.active.has("public-project");
    let mut all = Vec::new();
    for (name, visibility) in PROJECTS {
        let public = public && name == "Website";
        if caller.principal.is_none() && !public {
            continue;
        }
        let id = world.guid(&format!("project {} {name}", organization.name));
        all.push(json!({
            "id": id,
            "name": name,
            "url": format!("https://dev.azure.com/{}/_apis/projects/{id}", organization.name),
            "state": "wellFormed",
            "revision": 11,
            "visibility": if public { "public" } else { visibility },
            "lastUpdateTime": "2026-03-04T05:06:07.89Z",
        }));
    }
    all
}

/// `GET [{project}/]_apis/git/repositories`.
pub(crate) fn repositories(world: &World, call: &Call) -> Result<Reply, Reply> {
    let caller = admit(world, call, Some("code"))?;
    let projects = projects_for(world, call, &caller);
    let wanted = call.before.first();
    if let Some(wanted) = wanted
        && !projects.iter().any(|project| named(project, wanted))
    {
        return Err(known(world, &caller, rows::project_not_found(wanted)));
    }
    let organization = call.organization.as_deref().unwrap_or_default();
    let repositories = projects
        .iter()
        .filter(|project| wanted.is_none_or(|wanted| named(project, wanted)))
        .map(|project| {
            let name = project["name"].as_str().unwrap_or_default();
            let id = world.guid(&format!("repository {organization} {name}"));
            let web = format!("https://dev.azure.com/{organization}/{name}/_git/{name}");
            json!({
                "id": id,
                "name": name,
                "url": format!("https://dev.azure.com/{organization}/_apis/git/repositories/{id}"),
                "project": project,
                "defaultBranch": "refs/heads/main",
                "size": 728,
                "remoteUrl": web,
                "sshUrl": format!("git@ssh.dev.azure.com:v3/{organization}/{name}/{name}"),
                "webUrl": web,
                "isDisabled": false,
                "isInMaintenance": false,
            })
        });
    Ok(Reply::list(&repositories.collect::<Vec<_>>()))
}

/// Whether `project` is there, for the probes that name one.
pub(crate) fn check_project(world: &World, call: &Call, caller: &Caller) -> Result<(), Reply> {
    match call.before.first() {
        Some(wanted)
            if !projects_for(world, call, caller)
                .iter()
                .any(|project| named(project, wanted)) =>
        {
            Err(known(world, caller, rows::project_not_found(wanted)))
        }
        _ => Ok(()),
    }
}

fn named(project: &Value, wanted: &str) -> bool {
    [&project["id"], &project["name"]].iter().any(|field| {
        field
            .as_str()
            .is_some_and(|is| is.eq_ignore_ascii_case(wanted))
    })
}

/// Adds who asks to an answer that is no success.
pub(crate) fn known(world: &World, caller: &Caller, reply: Reply) -> Reply {
    let user_data = match caller.principal {
        Some(principal) => auth::owner_of(world, principal).user_data,
        None => auth::anonymous_user_data(),
    };
    reply.with("x-vss-userdata", user_data)
}
