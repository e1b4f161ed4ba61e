//! What Microsoft's own clients ask before they ask for anything: locations of resources.

use serde_json::{Value, json};

use super::auth::admit;
use super::call::Call;
use super::reply::Reply;
use super::rows;
use super::state::World;

/// Id, area, resource, route template, newest version, newest released version; as the clients
/// name them.
type Location = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const LOCATIONS: [Location; 8] = [
    (
        "00d9565f-ed9c-4a06-9a50-00e7896ccab4",
        "Location",
        "ConnectionData",
        "_apis/{resource}",
        "7.2",
        "0.0",
    ),
    (
        "e81700f7-3be2-46de-8624-2eb35882fcaa",
        "Location",
        "ResourceAreas",
        "_apis/{resource}/{areaId}",
        "7.2",
        "0.0",
    ),
    (
        "603fe2ac-9723-48b9-88ad-09305aa6c6e1",
        "core",
        "projects",
        "_apis/{resource}/{*projectId}",
        "7.2",
        "7.1",
    ),
    (
        "225f7195-f9c7-4d14-ab28-a83f7ff77e1f",
        "git",
        "repositories",
        "{project}/_apis/{area}/{resource}/{repositoryId}",
        "7.2",
        "7.1",
    ),
    (
        "f83735dc-483f-4238-a291-d45f6080a9af",
        "Profile",
        "Profiles",
        "_apis/{area}/{resource}/{id}",
        "7.2",
        "0.0",
    ),
    (
        "af68438b-ed04-4407-9eb6-f1dbae3f922e",
        "tokenadmin",
        "personalaccesstokens",
        "_apis/{area}/{resource}/{subjectDescriptor}",
        "7.2",
        "7.1",
    ),
    (
        "ee4afb16-e7ab-4ed8-9d4b-4ef3e78f97e4",
        "tokenadmin",
        "revocationrules",
        "_apis/{area}/{resource}",
        "7.2",
        "7.1",
    ),
    (
        "a9c08b2c-5466-4e22-8626-1ff304ffdf0f",
        "tokenadmin",
        "revocations",
        "_apis/{area}/{resource}",
        "7.2",
        "7.1",
    ),
];

/// `OPTIONS _apis`, and `OPTIONS _apis/{area}`: anybody may ask.
pub(crate) fn options(call: &Call) -> Reply {
    let area = call.api.first();
    let rows = LOCATIONS
        .into_iter()
        .filter(|location| area.is_none_or(|area| location.1.eq_ignore_ascii_case(area)))
        .map(|(id, area, resource, template, newest, released)| {
            json!({
                "id": id,
                "area": area,
                "resourceName": resource,
                "routeTemplate": template,
                "resourceVersion": 1,
                "minVersion": "1.0",
                "maxVersion": newest,
                "releasedVersion": released,
            })
        });
    Reply::list(&rows.collect::<Vec<_>>())
}

/// Id and name of areas, and the host that has them.
const AREAS: [(&str, &str, &str); 4] = [
    (
        "79134c72-4a58-4b42-976c-04e7115f32bf",
        "core",
        "dev.azure.com",
    ),
    (
        "4e080c62-fa21-4fbc-8fef-2a10a2b38049",
        "git",
        "dev.azure.com",
    ),
    (
        "af68438b-ed04-4407-9eb6-f1dbae3f922e",
        "tokenadmin",
        "vssps.dev.azure.com",
    ),
    (
        "8ccfef3d-2b87-4e99-8ccb-66e343d2daa8",
        "profile",
        "app.vssps.visualstudio.com",
    ),
];

/// `GET _apis/ResourceAreas[/{area}]`.
pub(crate) fn resource_areas(
    world: &World,
    call: &Call,
    wanted: Option<&str>,
) -> Result<Reply, Reply> {
    admit(world, call, None)?;
    let area = |(id, name, host): (&str, &str, &str)| -> Value {
        let organization = match &call.organization {
            Some(organization) if host != "app.vssps.visualstudio.com" => {
                format!("{organization}/")
            }
            _ => String::new(),
        };
        let location = format!("{}/{host}/{organization}", world.url);
        json!({ "id": id, "name": name, "locationUrl": location })
    };
    let Some(wanted) = wanted else {
        return Ok(Reply::list(&AREAS.map(area)));
    };
    let mut all = AREAS.into_iter();
    match all.find(|(id, ..)| *id == wanted) {
        Some(found) => Ok(Reply::json(200, &area(found))),
        None => Err(rows::wrapped(
            404,
            "VssResourceNotFoundException",
            "There is no such area.",
        )),
    }
}
