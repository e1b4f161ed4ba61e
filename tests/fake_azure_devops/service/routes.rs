//! Which resource a request means.

use serde_json::json;

use super::auth::admit;
use super::call::Call;
use super::reply::Reply;
use super::state::World;
use super::{
    audit, clients, connection, graph, pats, policy, probes, rows, sign_in, tokenadmin, versions,
};

/// The hosts of the service that answer `OPTIONS` and say where areas are.
const LOCATED: [&str; 3] = [
    "dev.azure.com",
    "vssps.dev.azure.com",
    "app.vssps.visualstudio.com",
];

/// Answers `call` as the service does when nobody ordered otherwise.
pub(crate) fn route(world: &mut World, call: &Call) -> Reply {
    let signed_in = match call.service.as_str() {
        "login.microsoftonline.com" => Some(sign_in::entra(world, call)),
        "169.254.169.254" => Some(sign_in::instance_metadata(world, call)),
        "app-service" => Some(sign_in::app_service(world, call)),
        "token.actions.githubusercontent.com" | "oidc-pipelines" => {
            Some(sign_in::workload(world, call))
        }
        _ => None,
    };
    if let Some(reply) = signed_in {
        return reply.bare();
    }
    if let Some(refusal) = versions::check(call) {
        return refusal;
    }
    resource(world, call).unwrap_or_else(|refusal| refusal)
}

fn resource(world: &mut World, call: &Call) -> Result<Reply, Reply> {
    let service = call.service.as_str();
    let located = LOCATED.contains(&service);
    if located && call.method == "OPTIONS" {
        return Ok(clients::options(call));
    }
    match (service, call.resource().as_slice()) {
        ("tfs", rest) => server(world, call, rest),
        ("app.vssps.visualstudio.com", ["profile", "profiles", _]) => {
            connection::profile(world, call)
        }
        ("app.vssps.visualstudio.com", ["accounts"]) => connection::accounts(world, call),
        (_, ["connectiondata"]) => connection::connection_data(world, call),
        (_, ["resourceareas", wanted @ ..]) if located => {
            clients::resource_areas(world, call, wanted.first().copied())
        }
        ("dev.azure.com", ["projects", ..]) => connection::projects(world, call),
        ("dev.azure.com", ["git", "repositories"]) => connection::repositories(world, call),
        ("dev.azure.com", ["organizationpolicy", "policies", _]) => {
            policy::organization(world, call)
        }
        ("dev.azure.com", []) if call.path.contains("/_git/") => git(world, call),
        ("vssps.dev.azure.com", ["tenantpolicy", "policies", _]) => policy::tenant(world, call),
        ("vssps.dev.azure.com", ["tokenadmin", ..]) => tokenadmin::answer(world, call),
        ("vssps.dev.azure.com", ["tokens", "pats"]) => pats::answer(world, call),
        ("vssps.dev.azure.com", ["graph", ..]) => graph::answer(world, call),
        ("vssps.dev.azure.com", ["identities"]) => graph::identities(world, call),
        ("auditservice.dev.azure.com", ["audit", ..]) => audit::answer(world, call),
        ("status.dev.azure.com", ["status", "health"]) => Ok(Reply::json(
            200,
            &json!({ "status": { "health": "healthy", "message": "Everything is looking good" } }),
        )),
        _ => probes::answer(world, call),
    }
}

/// Azure DevOps Server: collections under `/tfs/`, and neither inventory nor revocation.
fn server(world: &World, call: &Call, resource: &[&str]) -> Result<Reply, Reply> {
    if resource != ["connectiondata"] {
        return Err(rows::wrapped(
            404,
            "VssResourceNotFoundException",
            "VS403440: The requested resource is not available in this collection.",
        ));
    }
    connection::connection_data(world, call).map_err(|_| rows::server_unauthorized())
}

/// The first request of a clone.
fn git(world: &World, call: &Call) -> Result<Reply, Reply> {
    let caller = admit(world, call, Some("code"))?;
    connection::check_project(world, call, &caller)?;
    Ok(Reply::text(
        200,
        "application/x-git-upload-pack-advertisement",
        "001e# service=git-upload-pack\n00000000",
    ))
}
