//! What to do next about a finding, in one line.

use std::borrow::Cow;

use crate::model::{Evidence, Timestamp, Validity, ValidityReason};
use crate::rules::BuiltIn;

use super::Home;
use super::history::is_history;
use super::view::FindingView;

/// The next step, for people: no full stop, lower case.
pub(super) fn next_step(finding: &FindingView<'_>, now: Timestamp) -> String {
    let remains = history(finding);
    // What is dead needs no more than cleaning up.
    if finding.validity.validity() == Validity::Inactive {
        let remains = remains.unwrap_or_default();
        let cleanup = if remains.is_empty() {
            cleanup(finding)
        } else {
            remains.to_owned()
        };
        return format!("it no longer works, so only clean up: {cleanup}");
    }
    let revoke = revoke(finding, now);
    let revoke = match finding.validity.validity() {
        Validity::Active => format!("it works, so act now: {revoke}").into(),
        Validity::Inactive | Validity::Unknown => revoke,
    };
    match remains {
        Some(remains) => format!("{revoke}; {remains}"),
        None => format!("{revoke}, then {}", cleanup(finding)),
    }
}

/// How it is made to work no longer.
fn revoke(finding: &FindingView<'_>, now: Timestamp) -> Cow<'static, str> {
    match finding.built_in {
        Some(BuiltIn::Pat | BuiltIn::PatLegacy) if finding.home() == Home::Server => {
            "have its owner, for nobody else can, revoke it on the server under User settings > \
             Personal access tokens"
                .into()
        }
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
    }
}

/// Where to remove it.
fn cleanup(finding: &FindingView<'_>) -> String {
    match finding.occurrence_count {
        0 | 1 => "remove it here".to_owned(),
        2 => "remove it from both places".to_owned(),
        count => format!("remove it from all {} places", super::words::grouped(count)),
    }
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

/// Where the owner of a token revokes it: at the organisation that let it in, else at one that
/// stands with it.
fn settings_page(finding: &FindingView<'_>) -> Option<String> {
    let told = finding.verification.as_ref();
    let accepted = told
        .filter(|_| finding.validity == ValidityReason::Live)
        .and_then(|told| told.organization.as_ref());
    let mut entries = finding.organizations.iter();
    let named = entries.find(|(_, from)| *from == Evidence::Entry);
    let name = accepted.or(named.map(|(name, _)| name))?;
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then(|| format!("https://dev.azure.com/{name}/_usersSettings/tokens"))
}
