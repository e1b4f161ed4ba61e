//! The answers of the catalogue of outcomes: one function per row, named as the row.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::{Value, json};

use super::call::Call;
use super::echo;
use super::reply::{Payload, Reply};
use super::state::{ANONYMOUS, World};

/// The realm of answers to Basic.
const BASIC_REALM: &str = "Basic realm=\"https://tfsprodweu3.visualstudio.com/\"";

/// What is not encoded in `X-TFS-ServiceError`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// The sign-in page, as long as the real one.
pub(crate) fn sign_in_page() -> String {
    let filler = "    <!-- this line stands for scripts and styles of the sign-in page -->\n";
    format!(
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \
         \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\r\n<html lang=\"en-US\">\r\n<head>\
         <title>\r\n\tAzure DevOps Services | Sign In\r\n</title>\r\n{}</head>\r\n<body>\r\n\
         <a href=\"/_signin\">Sign in</a>\r\n</body>\r\n</html>\r\n",
        filler.repeat(220)
    )
}

/// A page that something between client and service might answer with.
pub(crate) fn foreign_page(title: &str) -> String {
    format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n")
}

/// An error as JSON.
pub(crate) fn wrapped(status: u16, type_key: &str, message: &str) -> Reply {
    let value: Value = json!({
        "$id": "1",
        "innerException": null,
        "message": message,
        "typeName": format!(
            "Microsoft.VisualStudio.Services.Common.{type_key}, Microsoft.VisualStudio.Services.Common"
        ),
        "typeKey": type_key,
        "errorCode": 0,
        "eventId": 3000,
    });
    Reply::json(status, &value)
}

/// Adds `message` as the header in which the service says it, too.
pub(crate) fn service_error(reply: Reply, message: &str) -> Reply {
    let encoded = percent_encode(message.as_bytes(), ENCODED).to_string();
    reply.with("x-tfs-serviceerror", encoded)
}

/// B: nobody was recognised, and the client reads pages.
pub(crate) fn sign_in() -> Reply {
    Reply::html(203, &sign_in_page()).with("x-content-type-options", "nosniff")
}

/// B': nobody was recognised. Python's client tells this from other refusals by the text.
pub(crate) fn unauthorized(world: &World, call: &Call) -> Reply {
    let message = not_authorized_message(ANONYMOUS);
    challenge(
        Reply::text(401, "text/plain; charset=utf-8", &message),
        world,
        call,
    )
}

/// B' in JSON.
fn unauthorized_json(world: &World, call: &Call) -> Reply {
    let message = not_authorized_message(ANONYMOUS);
    challenge(
        wrapped(401, "UnauthorizedRequestException", &message),
        world,
        call,
    )
}

/// Adds the ways to sign in.
fn challenge(reply: Reply, world: &World, call: &Call) -> Reply {
    let root = format!(
        "https://{}/_signin?realm=dev.azure.com&protocol=javascriptnotify",
        call.host
    );
    let authority = format!("https://login.microsoftonline.com/{}", world.tenant);
    service_error(reply, &not_authorized_message(ANONYMOUS))
        .with(
            "www-authenticate",
            format!("Bearer authorization_uri={authority}"),
        )
        .with("www-authenticate", BASIC_REALM)
        .with("www-authenticate", "TFS-Federated")
        .with("x-tfs-fedauthrealm", "https://dev.azure.com/")
        .with("x-tfs-fedauthissuer", root.clone())
        .with("x-tfs-fedauthredirect", root)
}

/// B'': nobody was recognised, and browsers go to sign in.
pub(crate) fn redirect_sign_in(call: &Call) -> Reply {
    Reply::empty(302)
        .with(
            "location",
            format!("/{}/_signin?realm=dev.azure.com", call.host),
        )
        .with("x-tfs-fedauthrealm", "https://dev.azure.com/")
        .with("x-tfs-fedauthissuer", "https://dev.azure.com/_signin")
}

/// C: expired, revoked, or the scope is missing.
pub(crate) fn refused() -> Reply {
    Reply::empty(401)
        .bare()
        .with("www-authenticate", BASIC_REALM)
}

const EXPIRED: &str = "Access Denied: The Personal Access Token used has expired.";

/// C': expired, and said so.
pub(crate) fn expired() -> Reply {
    let reply = wrapped(401, "AccessCheckException", EXPIRED);
    service_error(reply, EXPIRED).with("www-authenticate", BASIC_REALM)
}

/// C' as a page.
pub(crate) fn expired_html() -> Reply {
    Reply::html(401, &foreign_page(EXPIRED)).with("www-authenticate", BASIC_REALM)
}

fn not_authorized_message(id: &str) -> String {
    format!("TF400813: The user '{id}' is not authorized to access this resource.")
}

/// D: known, but not a member of the organisation.
pub(crate) fn identity_elsewhere(id: &str) -> Reply {
    let message = not_authorized_message(id);
    let reply = wrapped(401, "UnauthorizedRequestException", &message);
    service_error(reply, &message)
        .with("www-authenticate", "TFS-Federated")
        .with("www-authenticate", "Bearer")
}

/// E: global tokens are not let in.
pub(crate) fn global_blocked() -> Reply {
    let message = "The organization's security policy prohibits access by global Personal Access \
                   Token (PAT) unless you are on an allowlist. Contact your organization \
                   administrator for more information.";
    let page = Reply::html(401, &foreign_page(message));
    service_error(page, message).with("www-authenticate", BASIC_REALM)
}

/// F: Conditional Access.
pub(crate) fn conditional_access() -> Reply {
    let message = "VS403463: The conditional access policy defined by your Azure Active Directory \
                   administrator has failed.";
    wrapped(403, "VssServiceException", message)
}

/// F as a page.
pub(crate) fn conditional_access_html() -> Reply {
    Reply::html(403, &foreign_page("403 - Uh-oh, you do not have access."))
}

/// H: refused, though it is known who asks.
pub(crate) fn identity_refused(user_data: &str) -> Reply {
    refused().with("x-vss-userdata", user_data)
}

/// I: there is no such organisation.
pub(crate) fn organization_not_found() -> Reply {
    Reply::html(404, &foreign_page("The resource cannot be found."))
}

/// J: tokens are no credentials for this.
pub(crate) fn entra_only() -> Reply {
    // The status was not recorded; 403 is a guess that a capture would settle.
    wrapped(
        403,
        "InvalidAccessException",
        "The requested operation is not allowed.",
    )
}

/// K: service principals may not do this.
pub(crate) fn service_principal_refused() -> Reply {
    // The status was not recorded either.
    let message = "Service principals are not allowed to perform this action.";
    wrapped(403, "InvalidAccessException", message)
}

/// L: too much.
pub(crate) fn throttled(seconds: i64) -> Reply {
    let message = "TF400733: The request has been canceled: Request was blocked due to exceeding \
                   usage of resource <Concurrency> in namespace <User>.";
    rate_limits(wrapped(429, "RequestBlockedException", message), seconds)
}

/// M: adds what a delayed answer carries.
pub(crate) fn rate_limits(reply: Reply, seconds: i64) -> Reply {
    reply
        .with("retry-after", seconds.to_string())
        .with("x-ratelimit-resource", "AnalyzerUsage")
        .with("x-ratelimit-delay", format!("{seconds}.234"))
        .with("x-ratelimit-limit", "200")
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", "1796083200")
}

/// What Azure DevOps Server answers to whom it does not let in. The shape is that of its web
/// server, from common knowledge.
pub(crate) fn server_unauthorized() -> Reply {
    Reply::html(401, &foreign_page("401 - Unauthorized: Access is denied"))
        .with("www-authenticate", "Bearer")
        .with(
            "www-authenticate",
            "Basic realm=\"http://tfs.contoso.example/tfs\"",
        )
        .with("www-authenticate", "Negotiate")
        .with("www-authenticate", "NTLM")
}

/// P: a version that is not there.
pub(crate) fn bad_version(version: &str) -> Reply {
    let message = format!(
        "The requested version \"{version}\" of the resource is under preview. The -preview flag \
         must be supplied in the api-version for such requests. For example: \"7.1-preview\""
    );
    wrapped(400, "VssInvalidPreviewVersionException", &message)
}

/// The answer that an order names, whatever was asked. `user_data` and `id` are of the owner.
pub(crate) fn ordered(name: &str, delay: i64, world: &World, call: &Call) -> Reply {
    let owner = super::auth::owner(world, call);
    let (user_data, id) = (owner.user_data.as_str(), owner.id.as_str());
    let known = |reply: Reply| reply.with("x-vss-userdata", user_data);
    match name {
        "sign-in-page" => sign_in(),
        "unauthorized-anonymous" => unauthorized(world, call),
        "unauthorized-json" => unauthorized_json(world, call),
        "redirect-sign-in" => redirect_sign_in(call),
        "refused" => refused(),
        "expired-said" => expired(),
        "expired-html" => expired_html(),
        "identity-elsewhere" => identity_elsewhere(id),
        "global-blocked" => global_blocked(),
        "conditional-access" => conditional_access(),
        "conditional-access-html" => conditional_access_html(),
        "forbidden" => known(wrapped(
            403,
            "GitNeedsPermissionException",
            "TF402455: Pushes to this branch are not permitted.",
        )),
        "repository-not-found" => known(wrapped(
            404,
            "GitRepositoryNotFoundException",
            "TF401019: The Git repository with name or identifier x does not exist or you do not \
             have permissions for the operation you are attempting.",
        )),
        "project-not-found" => known(project_not_found("x")),
        "build-project-not-found" => known(wrapped(
            400,
            "ProjectDoesNotExistException",
            "VS800075: The project with id 'vstfs:///Classification/TeamProject/x' does not \
             exist, or you do not have permission to access it.",
        )),
        "identity-refused" => identity_refused(user_data),
        "organization-not-found" => organization_not_found(),
        "entra-only" => entra_only(),
        "service-principal-refused" => service_principal_refused(),
        "throttled" => throttled(delay),
        "bad-version" => bad_version(call.api_version().unwrap_or("7.1")),
        "gone" => wrapped(
            410,
            "VssServiceException",
            "The resource is no longer available.",
        ),
        _ => broken(name, world, call),
    }
}

/// G: there is no such project, or none that one may see.
pub(crate) fn project_not_found(project: &str) -> Reply {
    let message = format!(
        "TF200016: The following project does not exist: {project}. Verify that the name of the \
         project is correct and that the project exists on the specified Azure DevOps Server."
    );
    wrapped(404, "ProjectDoesNotExistWithNameException", &message)
}

/// Outages, proxies, and servers that lost their way.
fn broken(name: &str, world: &World, call: &Call) -> Reply {
    let page = |status, title| Reply::html(status, &foreign_page(title)).bare();
    match name {
        "unavailable" => page(503, "The service is unavailable."),
        "host-offline" => {
            page(503, "The service is unavailable.").with("x-vss-hostofflineerror", "TF400898")
        }
        "bad-gateway" => page(502, "502 - Web server received an invalid response"),
        "gateway-timeout" => page(504, "504 - Gateway Timeout"),
        "proxy-auth" => page(407, "Proxy Authentication Required")
            .with("proxy-authenticate", "Basic realm=\"proxy\""),
        "foreign-page" => page(200, "Welcome to the guest network"),
        "proxy-forbidden" => page(403, "Blocked by your organization's web filter"),
        "proxy-bad-gateway" => page(502, "Proxy Error"),
        "error-in-html" => page(500, "500 - Internal server error."),
        "html-200" => Reply::html(200, &sign_in_page()),
        "close" => Reply {
            payload: Payload::Closed,
            ..Reply::empty(500)
        },
        "huge-body" => Reply {
            payload: Payload::Long(100_000_000),
            ..Reply::json(200, &Value::Null)
        },
        "redirect-other-host" => {
            Reply::empty(302).with("location", format!("{}{}", world.elsewhere, call.path))
        }
        "redirect-same-host" => {
            Reply::empty(302).with("location", format!("/{}/redirected", call.host))
        }
        "echo" => echo::refusal(call),
        _ => unreachable!("{name} is no answer"),
    }
}
