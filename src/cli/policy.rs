//! `policy show`: what is done about a confirmed leak, and why.

use std::fmt::Write;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use super::args::{AnswerFormat, Common, PolicyShow};
use super::config::{self, PolicyTable};
use super::desk::{Desk, Site};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::generate::print;
use super::notify;
use super::settings::now;
use crate::model::Timestamp;
use crate::policy::{Allowed, AutoRevoke, ExposureRule, TenantPolicy, Whom};
use crate::report::escape_for_terminal;

/// How long is asked at most.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// What applies at one organisation.
#[derive(Debug, Serialize)]
struct Applied {
    organization: String,
    acting_as: Option<String>,
    /// `on`, `off`, `never_set`, `unreadable`.
    tenant: &'static str,
    message: Option<String>,
    auto_revoke: &'static str,
    exposure: &'static str,
    /// How many tokens one run may revoke, where that is limited.
    max_revocations: Option<u64>,
    /// Whether people are told at all.
    notify: bool,
    /// Over what.
    told_by: Vec<String>,
    /// Whether a confirmed leak is revoked that is exposed as `exposure` says.
    revokes: bool,
}

/// Asks each organisation.
pub(super) fn show(
    common: &Common,
    args: &PolicyShow,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let file = config::load(common, environment)?;
    let file = file.with_policy(args.policy.as_deref())?;
    let desk = Desk::open(&args.at.reach(), &file, environment)?;
    let channels = notify::channels(&file, environment)?;
    let told_by: Vec<_> = channels.names().into_iter().collect();
    let timeout = args.at.timeout.unwrap_or(DEFAULT_TIMEOUT);
    let names = args.at.org.iter().map(|name| name.to_ascii_lowercase());
    let names: Vec<String> = names.collect();
    let sites = desk.sites(names.iter().map(String::as_str), timeout)?;
    let all: Vec<Applied> = sites
        .iter()
        .map(|(organization, site)| applied(organization, site, &file.policy, &told_by))
        .collect();
    match args.format.unwrap_or(AnswerFormat::Text) {
        AnswerFormat::Text => {
            let mut text: String = all.iter().map(text).collect();
            let from = file.steering().map_or_else(
                || "the built-in defaults".to_owned(),
                |path| format!("{}, and defaults for what it does not say", path.display()),
            );
            let _ = writeln!(
                text,
                "your policy is that of {}",
                escape_for_terminal(&from)
            );
            text.push_str(&allowed(&file.policy, now()));
            print(text.as_bytes())?
        }
        AnswerFormat::Json => {
            let json = serde_json::json!({ "schema": "patsweep-policy/1", "policies": all });
            print(format!("{json:#}\n").as_bytes())?
        }
    };
    let is_unread = all
        .iter()
        .any(|it| it.tenant == name(TenantPolicy::Unreadable));
    Ok(if is_unread {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
    .into())
}

fn applied(organization: &str, site: &Site, table: &PolicyTable, told_by: &[String]) -> Applied {
    let policy = table.policy(false);
    let acting = site.acting.as_ref();
    Applied {
        organization: organization.to_owned(),
        acting_as: acting.and_then(|owner| owner.account.clone().or_else(|| owner.name.clone())),
        tenant: name(site.tenant.policy),
        message: site.tenant.message.clone(),
        auto_revoke: policy.auto_revoke.as_str(),
        exposure: policy.exposure.as_str(),
        max_revocations: table.max_revocations,
        notify: table.tells(),
        told_by: told_by.to_vec(),
        revokes: match (policy.auto_revoke, site.tenant.policy) {
            (AutoRevoke::On, _)
            | (AutoRevoke::Tenant, TenantPolicy::On | TenantPolicy::NeverSet) => true,
            (AutoRevoke::Off, _)
            | (AutoRevoke::Tenant, TenantPolicy::Off | TenantPolicy::Unreadable) => false,
        },
    }
}

fn name(tenant: TenantPolicy) -> &'static str {
    match tenant {
        TenantPolicy::On => "on",
        TenantPolicy::Off => "off",
        TenantPolicy::NeverSet => "never_set",
        TenantPolicy::Unreadable => "unreadable",
    }
}

fn text(applied: &Applied) -> String {
    let mut text = format!("{}\n", applied.organization);
    let mut row = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<11}  {}", escape_for_terminal(value));
    };
    let acting = applied.acting_as.as_deref();
    row("acting as", acting.unwrap_or("nobody whom it knows"));
    let tenant = match (applied.tenant, &applied.message) {
        ("never_set", _) => "leaked tokens are revoked: never set, which means on".to_owned(),
        ("on", _) => "leaked tokens are revoked".to_owned(),
        ("off", _) => "leaked tokens are not revoked".to_owned(),
        (_, message) => {
            let message = message.as_deref().unwrap_or("no reason was given");
            format!("not known: {message}")
        }
    };
    row("tenant", &tenant);
    row("auto_revoke", applied.auto_revoke);
    row("exposure", applied.exposure);
    let most = applied.max_revocations;
    let most = most.map_or_else(|| "any number".to_owned(), |most| most.to_string());
    row("at once", &most);
    let told_by = match &*applied.told_by {
        _ if !applied.notify => "nobody: so says `notify` of your policy".to_owned(),
        [] => "nobody: [notify] of the configuration names no channel".to_owned(),
        channels => channels.join(", "),
    };
    row("told by", &told_by);
    let which = if applied.exposure == ExposureRule::Public.as_str() {
        "a confirmed leak that everybody can read"
    } else {
        "a confirmed leak"
    };
    let is_told = applied.notify && !applied.told_by.is_empty();
    let what = match (applied.revokes, is_told) {
        (true, true) => "is revoked, and its owner told",
        (true, false) => "is revoked, and nobody told",
        (false, true) => "is not revoked: its owner is told",
        (false, false) => "is not revoked, and nobody told: it is only listed",
    };
    row("so", &format!("{which} {what}"));
    text.push('\n');
    text
}

/// What is left alone at `now`, and what is not any more.
fn allowed(table: &PolicyTable, now: Timestamp) -> String {
    let line = |allowed: &&Allowed| {
        let whom = match &allowed.whom {
            Whom::C3id(c3id) => format!("the token {c3id}"),
            Whom::Owner(owner) => format!("all tokens of {owner}"),
        };
        let last = jiff::Timestamp::from_second(allowed.until.0 - 1).ok();
        let last = last.map_or_else(String::new, |last| last.strftime("%F").to_string());
        let line = format!("{whom} until {last}: {}", allowed.reason);
        format!("  {}\n", escape_for_terminal(&line))
    };
    let all = table.allowed.iter();
    let (holding, ended): (Vec<_>, Vec<_>) = all.partition(|allowed| now < allowed.until);
    let mut text = String::new();
    for (heading, which) in [
        ("it leaves alone", holding),
        ("it left alone, and does not any more", ended),
    ] {
        if !which.is_empty() {
            let _ = writeln!(text, "{heading}");
            text.extend(which.iter().map(line));
        }
    }
    text
}
