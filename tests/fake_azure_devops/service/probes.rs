//! Reads that need one scope each, so that scopes can be told from answers.

use super::auth::admit;
use super::call::Call;
use super::connection::{check_project, known};
use super::reply::Reply;
use super::rows;
use super::state::World;

/// Host, resource behind `_apis`, and scope; from the specification, version 7.2.
const PROBES: [(&str, &str, &str); 29] = [
    ("dev.azure.com", "favorite/favorites", "profile"),
    ("dev.azure.com", "teams", "project"),
    ("dev.azure.com", "work/processes", "work"),
    ("dev.azure.com", "build/resourceusage", "build"),
    ("dev.azure.com", "build/definitions", "build"),
    ("dev.azure.com", "build/builds", "build"),
    ("dev.azure.com", "distributedtask/pools", "agentpools"),
    ("dev.azure.com", "serviceendpoint/types", "serviceendpoint"),
    (
        "dev.azure.com",
        "serviceendpoint/endpoints",
        "serviceendpoint",
    ),
    ("dev.azure.com", "notification/eventtypes", "notification"),
    ("dev.azure.com", "permissionsreport", "security_manage"),
    (
        "feeds.dev.azure.com",
        "packaging/globalpermissions",
        "packaging",
    ),
    ("feeds.dev.azure.com", "packaging/feeds", "packaging"),
    (
        "vsaex.dev.azure.com",
        "userentitlementsummary",
        "memberentitlementmanagement",
    ),
    (
        "vsaex.dev.azure.com",
        "userentitlements",
        "memberentitlementmanagement",
    ),
    (
        "extmgmt.dev.azure.com",
        "extensionmanagement/installedextensions",
        "extension",
    ),
    ("artifacts.dev.azure.com", "symbol/availability", "symbols"),
    ("advsec.dev.azure.com", "management/enablement", "advsec"),
    ("vsrm.dev.azure.com", "release/definitions", "release"),
    ("dev.azure.com", "test/runs", "test"),
    ("dev.azure.com", "wiki/wikis", "wiki"),
    (
        "dev.azure.com",
        "distributedtask/variablegroups",
        "variablegroups_read",
    ),
    (
        "dev.azure.com",
        "distributedtask/securefiles",
        "securefiles_read",
    ),
    (
        "dev.azure.com",
        "distributedtask/taskgroups",
        "taskgroups_read",
    ),
    ("dev.azure.com", "dashboard/dashboards", "dashboards"),
    ("dev.azure.com", "dashboard/widgettypes", "dashboards"),
    (
        "dev.azure.com",
        "pipelines/environments",
        "environment_manage",
    ),
    (
        "dev.azure.com",
        "distributedtask/deploymentgroups",
        "machinegroup_manage",
    ),
    ("dev.azure.com", "githubconnections", "githubconnections"),
];

/// Answers a probe, or says that there is no such resource.
pub(crate) fn answer(world: &World, call: &Call) -> Result<Reply, Reply> {
    let resource = call.api.join("/");
    let odata = call.service == "analytics.dev.azure.com";
    let mut all = PROBES.iter();
    let found = all.find(|(host, path, _)| {
        let below = resource.strip_prefix(path);
        *host == call.service && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    let scope = match found {
        Some((_, _, scope)) => scope,
        None if odata => "analytics",
        None => {
            let caller = admit(world, call, None)?;
            let missing = rows::wrapped(
                404,
                "VssResourceNotFoundException",
                "VS402862: The controller for this path was not found.",
            );
            return Err(known(world, &caller, missing));
        }
    };
    let caller = admit(world, call, Some(scope))?;
    if caller.principal.is_none() {
        // What is public are projects and code, not these.
        return Err(super::auth::nobody(world, call));
    }
    check_project(world, call, &caller)?;
    if call.method != "GET" {
        let wrong = rows::wrapped(405, "VssServiceException", "The method is not allowed.");
        return Err(known(world, &caller, wrong));
    }
    Ok(Reply::list(&[]))
}
