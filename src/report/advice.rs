//! What to do next about a finding, in one line.

use std::borrow::Cow;

use crate::model::{Evidence, Timestamp};
use crate::rules::BuiltIn;

use super::history::is_history;
use super::view::FindingView;

/// The next step, for people: no full stop, lower case.
pub(super) fn next_step(finding: &FindingView<'_>, now: Timestamp) -> String {
    let first: Cow<'static, str> = match finding.built_in {
        Some(BuiltIn::Pat | BuiltIn::PatLegacy) => match settings_page(finding) {
            Some(page) => format!("have its owner revoke it at {page}").into(),
            None => "have its owner revoke it in Azure DevOps under User settings > Personal \
                     access tokens"
                .into(),
        },
        Some(BuiltIn::AppSecret) => {
            "regenerate the secret in the application's registration in Azure DevOps".into()
        }
        Some(BuiltIn::OauthToken) if finding.expires.is_some_and(|time| time <= now) => {
            "it has expired by its own word; find out what writes such tokens down".into()
        }
        Some(BuiltIn::OauthToken) => {
            "cancel the pipeline run or revoke the authorization that it belongs to".into()
        }
        Some(BuiltIn::PatUnproven) => {
            "ask whoever wrote it whether it ever was a token, and if so revoke it".into()
        }
        None => "revoke it where it was issued".into(),
    };
    if let Some(remains) = history(finding) {
        return format!("{first}; {remains}");
    }
    let cleanup = match finding.occurrence_count {
        0 | 1 => "remove it here".to_owned(),
        2 => "remove it from both places".to_owned(),
        count => format!("remove it from all {} places", super::words::grouped(count)),
    };
    format!("{first}, then {cleanup}")
}

/// What removing it does not do; `None` where it stands in no history.
fn history(finding: &FindingView<'_>) -> Option<&'static str> {
    let exposure = finding.exposure.as_ref();
    let has_history = exposure.is_some_and(|exposure| exposure.first.is_some())
        || finding.occurrences().any(|place| is_history(place.source));
    let is_gone =
        exposure.is_some_and(|exposure| exposure.present_at.is_empty() && !exposure.is_partial);
    has_history.then_some(if is_gone {
        "history still holds it, and rewriting that comes after"
    } else {
        "removing it leaves it in history, and rewriting that comes after"
    })
}

/// Where the owner of a token revokes it, if its organisation stands with it.
fn settings_page(finding: &FindingView<'_>) -> Option<String> {
    let (name, _) = finding
        .organizations
        .iter()
        .find(|(_, from)| *from == Evidence::Entry)?;
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then(|| format!("https://dev.azure.com/{name}/_usersSettings/tokens"))
}
