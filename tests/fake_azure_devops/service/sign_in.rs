//! Entra and its kin: client secrets, federated workloads, managed identities.

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use super::call::Call;
use super::reply::Reply;
use super::state::{Principal, World};

/// Azure DevOps, as Entra names it.
const RESOURCE: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// How long tokens live.
const LIFETIME: i64 = 3599;

/// `POST login.microsoftonline.com/{tenant}/oauth2/v2.0/token`.
pub(crate) fn entra(world: &mut World, call: &Call) -> Reply {
    let form = call.form();
    let field = |name: &str| {
        let mut all = form.iter();
        let found = all.find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let tenant = call
        .path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    let endpoint = call.path.ends_with("/oauth2/v2.0/token");
    if call.method != "POST" || !endpoint || tenant != world.tenant {
        let text = "AADSTS90002: Tenant not found. Check the tenant id.";
        return error(world, "invalid_request", 90002, text);
    }
    if field("grant_type") != "client_credentials" {
        let text = "AADSTS70003: The app requested an unsupported grant type.";
        return error(world, "unsupported_grant_type", 70003, text);
    }
    if field("client_id") != world.client_id {
        let text = "AADSTS700016: Application was not found in the directory.";
        return error(world, "unauthorized_client", 700_016, text);
    }
    if field("scope") != format!("{RESOURCE}/.default") {
        let text = "AADSTS70011: The provided value for the input parameter 'scope' is not valid.";
        return error(world, "invalid_scope", 70011, text);
    }
    let federated = field("client_assertion_type")
        == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        && is_jwt(field("client_assertion"));
    if !federated && field("client_secret") != world.client_secret {
        let text = "AADSTS7000215: Invalid client secret provided.";
        return error(world, "invalid_client", 7_000_215, text);
    }
    let token = service_token(world);
    Reply::json(
        200,
        &json!({
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": token,
        }),
    )
}

fn error(world: &World, error: &str, code: u32, description: &str) -> Reply {
    Reply::json(
        if error == "invalid_client" { 401 } else { 400 },
        &json!({
            "error": error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": super::time::with_zone(world.now()),
            "trace_id": world.guid("trace"),
            "correlation_id": world.guid("correlation"),
        }),
    )
}

/// `GET 169.254.169.254/metadata/identity/oauth2/token`.
pub(crate) fn instance_metadata(world: &mut World, call: &Call) -> Reply {
    let asked = call.header("metadata") == Some("true")
        && call.path == "/metadata/identity/oauth2/token"
        && call.parameter("api-version").is_some();
    managed(world, call, asked)
}

/// `GET $IDENTITY_ENDPOINT`, which is `app-service/msi/token` here.
pub(crate) fn app_service(world: &mut World, call: &Call) -> Reply {
    let asked = call.header("x-identity-header").is_some() && call.path == "/msi/token";
    managed(world, call, asked)
}

fn managed(world: &mut World, call: &Call, asked: bool) -> Reply {
    let other = call
        .parameter("client_id")
        .is_some_and(|id| id != world.client_id);
    let resource = call.parameter("resource").unwrap_or_default();
    if !asked || resource.trim_end_matches('/') != RESOURCE || other {
        let text = if other {
            "Identity not found"
        } else {
            "Required metadata header not specified"
        };
        return Reply::json(
            400,
            &json!({ "error": "invalid_request", "error_description": text }),
        );
    }
    let token = service_token(world);
    let expires = world.now() + LIFETIME;
    Reply::json(
        200,
        &json!({
            "access_token": token,
            "client_id": world.client_id,
            "expires_in": LIFETIME.to_string(),
            "expires_on": expires.to_string(),
            "not_before": world.now().to_string(),
            "resource": RESOURCE,
            "token_type": "Bearer",
        }),
    )
}

/// The identity tokens of GitHub Actions (`GET`) and of Azure Pipelines (`POST`).
pub(crate) fn workload(world: &World, call: &Call) -> Reply {
    if call.header("authorization").is_none() {
        return Reply::empty(401);
    }
    let claims =
        json!({ "sub": "repo:contoso/site:ref:refs/heads/main", "exp": world.now() + 300 });
    let token = jwt(&claims, world.seed);
    if call.method == "POST" {
        Reply::json(200, &json!({ "oidcToken": token }))
    } else {
        Reply::json(200, &json!({ "value": token }))
    }
}

/// Signs the service principal in.
fn service_token(world: &mut World) -> String {
    let expires = world.now() + LIFETIME;
    let claims = json!({
        "aud": RESOURCE,
        "iss": format!("https://sts.windows.net/{}/", world.tenant),
        "tid": world.tenant,
        "appid": world.client_id,
        "oid": world.service_principal_id,
        "exp": expires,
    });
    let token = jwt(&claims, world.seed);
    world
        .bearers
        .insert(token.clone(), (Principal::Service, expires));
    token
}

/// The Entra token of the person `user`.
pub(crate) fn person_token(world: &World, user: usize) -> String {
    let user = &world.users[user];
    let claims = json!({
        "aud": RESOURCE,
        "iss": format!("https://sts.windows.net/{}/", world.tenant),
        "tid": world.tenant,
        "upn": user.upn,
        "oid": user.subject_id,
        "scp": "vso.pats vso.pats_manage",
        "exp": world.started + 7 * super::time::DAY,
    });
    jwt(&claims, world.seed)
}

/// Claims between a header and a signature that proves nothing.
fn jwt(claims: &serde_json::Value, seed: u64) -> String {
    let part = |text: String| BASE64URL_NOPAD.encode(text.as_bytes());
    let header = json!({ "typ": "JWT", "alg": "RS256" });
    let signature = format!("a signature of the stand-in {seed:016x}");
    [header.to_string(), claims.to_string(), signature]
        .map(part)
        .join(".")
}

fn is_jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| BASE64URL_NOPAD.decode(part.as_bytes()).is_ok())
}
