//! Which versions of which resources there are.

use super::call::Call;
use super::reply::Reply;
use super::rows;

/// Resources that exist as previews only.
const PREVIEWS: [&str; 7] = [
    "connectiondata",
    "profile",
    "accounts",
    "graph",
    "audit",
    "organizationpolicy",
    "tenantpolicy",
];

/// The refusal of a version that is not there.
pub(crate) fn check(call: &Call) -> Option<Reply> {
    let version = call.api_version()?;
    let (number, preview) = match version.split_once("-preview") {
        Some((number, _)) => (number, true),
        None => (version, false),
    };
    let area = call.api.first()?.as_str();
    let parts = number.split_once('.');
    let parsed = parts
        .and_then(|(major, minor)| Some((major.parse::<u8>().ok()?, minor.parse::<u8>().ok()?)));
    let Some(parsed) = parsed.filter(|parsed| (1, 0) <= *parsed && *parsed <= (7, 2)) else {
        return Some(out_of_range(version));
    };
    let old = area == "tokenadmin" && call.active.has("inventory-7.1-only");
    if old && parsed > (7, 1) {
        return Some(out_of_range(version));
    }
    // 7.2 is a preview as a whole.
    let needs_preview = PREVIEWS.contains(&area) || parsed == (7, 2);
    (needs_preview && !preview).then(|| rows::bad_version(version))
}

fn out_of_range(version: &str) -> Reply {
    let message =
        format!("The requested REST API version of {version} is out of range for this server.");
    rows::wrapped(400, "VssVersionOutOfRangeException", &message)
}
