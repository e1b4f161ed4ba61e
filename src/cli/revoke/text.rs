//! How a plan and what became of it are shown to people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::super::console::redacted;
use super::super::desk::Site;
use super::decide::{Decided, Proposal};
use super::matched::Matched;
use crate::model::{Owner, PatRecord};
use crate::policy::{Action, Because, Certainty, Sighting, Visibility};
use crate::report::{count, escape_for_terminal};
use crate::respond::journal::{Event, Record};
use crate::respond::plan::{Plan, Route};
use crate::respond::revoke::Outcome;

/// The plan, a paragraph for each leak; with what confirms it if it is written to `file`.
pub(super) fn proposals(
    decided: &Decided<'_>,
    plan: &Plan,
    (steered_by, file): (Option<&Path>, Option<&Path>),
) -> String {
    let (proposals, sites) = (&decided.proposals, &decided.sites);
    let mut text = String::new();
    for (organization, site) in sites {
        let nobody = || match &site.tenant.message {
            Some(why) => format!("nobody: {}", escape_for_terminal(why)),
            None => "nobody whom it knows".to_owned(),
        };
        let acting = site.acting.as_ref();
        let acting = acting.map_or_else(nobody, |owner| person(Some(owner)));
        let _ = writeln!(text, "at {organization}, acting as {acting}");
    }
    let steered_by = steered_by.map_or_else(
        || "the built-in policy".to_owned(),
        |path| format!("[policy] of {}", path.display()),
    );
    let _ = writeln!(text, "steered by {}\n", escape_for_terminal(&steered_by));
    for proposal in proposals {
        one(&mut text, proposal, sites);
    }
    let left = proposals.len() - plan.len();
    let _ = writeln!(text, "plan {}", plan.id());
    if file.is_some() {
        let _ = writeln!(text, "confirm {}:{}", plan.id(), plan.digest());
    }
    let tokens = count(plan.len() as u64, "token");
    let _ = writeln!(text, "{tokens} to revoke, {left} to leave");
    text
}

fn one(text: &mut String, proposal: &Proposal<'_>, sites: &BTreeMap<String, Site>) {
    let finding = proposal.finding;
    let verification = finding.verification.as_deref();
    let _ = writeln!(
        text,
        "{}: {}",
        proposal.decision.action.as_str(),
        finding.id
    );
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<8}  {}", escape_for_terminal(value));
    };
    let matched = &proposal.matched;
    row("owner", &person(matched.owner.as_ref()));
    row("state", finding.validity.as_str());
    row("matched", &certainty(matched));
    for record in &matched.records {
        row("token", &described(record));
    }
    if let Some(message) = &matched.message {
        row("", message);
    }
    row("because", &because(proposal.decision.because));
    let site = matched.organization.as_ref().and_then(|it| sites.get(it));
    if let Some(message) = site.and_then(|site| site.tenant.message.as_ref())
        && proposal.decision.because == Because::TenantUnreadable
    {
        row("", message);
    }
    if let Some(next) = next(proposal) {
        row("next", &next);
    }
    if proposal.decision.action == Action::Notify {
        for (number, step) in (1..).zip(by_hand(matched)) {
            let name = if number == 1 { "by hand" } else { "" };
            row(name, &format!("{number}. {step}"));
        }
        for (number, line) in message(proposal).lines().enumerate() {
            row(if number == 0 { "message" } else { "" }, line);
        }
    }
    if proposal.decision.action == Action::Revoke {
        match matched.route {
            Some(Route::Administrator) => row("route", "as an administrator"),
            Some(Route::Owner) => row("route", "as its owner, through their own list of tokens"),
            None => {}
        }
        match proposal.sighting {
            Sighting::Seen => {}
            Sighting::NotLooked | Sighting::Missing => row(
                "note",
                "exposure not re-checked: the place where it leaked was not read again",
            ),
            Sighting::Elsewhere => row(
                "note",
                "exposure not re-checked: the place where it leaked does not hold it any more; its \
                 value was had from elsewhere",
            ),
        }
    }
    // Whoever revokes it breaks them.
    let consumers = verification.filter(|_| proposal.decision.action != Action::Nothing);
    for consumer in consumers.into_iter().flat_map(|it| &it.consumers) {
        row("breaks", &consumer.name);
        for (number, step) in (1..).zip(&consumer.rotate) {
            row("", &format!("{number}. {step}"));
        }
    }
    text.push('\n');
}

/// A record in words.
pub(super) fn described(pat: &PatRecord) -> String {
    let name = pat
        .name
        .as_ref()
        .map_or_else(|| "without a name".to_owned(), |it| format!("`{it}`"));
    let until = pat
        .valid_to
        .and_then(|time| jiff::Timestamp::from_second(time.0).ok())
        .map_or_else(String::new, |time| {
            format!(", until {}", time.strftime("%F"))
        });
    let scopes = match &*pat.scopes {
        [] => "scopes not told".to_owned(),
        scopes => scopes.join(" "),
    };
    format!(
        "{name}, {scopes}{until}, authorization {}",
        pat.authorization_id
    )
}

fn person(owner: Option<&Owner>) -> String {
    let Some(owner) = owner else {
        return "unknown".to_owned();
    };
    let name = owner.name.as_deref().unwrap_or("somebody without a name");
    match &owner.account {
        Some(account) => format!("{name} <{account}>"),
        None => name.to_owned(),
    }
}

fn certainty(matched: &Matched) -> String {
    let organization = matched.organization.as_deref().unwrap_or_default();
    match matched.certainty {
        Certainty::Certain => format!("certain: the list of {organization} holds its C3ID"),
        Certainty::Asserted => "asserted: you say so".to_owned(),
        Certainty::Probable => {
            "probable: the only token of its owner that can be it, for the list tells no C3ID"
                .to_owned()
        }
        Certainty::Ambiguous if matched.records.len() == 1 => {
            "ambiguous: it may be this one, but it was not let in just now, leaked before it began, \
             is not valid, does not hold what the leaked one does, is not known to be for that \
             organization, or is claimed by another leak"
                .to_owned()
        }
        Certainty::Ambiguous => format!(
            "ambiguous: it may be any of {}",
            count(matched.records.len() as u64, "token")
        ),
        Certainty::Unmatched => "not: no list that was read holds it".to_owned(),
    }
}

/// Why that is done, in words.
pub(super) fn because(because: Because<'_>) -> String {
    match because {
        Because::TenantOn => "the tenant revokes leaked tokens".into(),
        Because::TenantNeverSet => {
            "the tenant's policy on leaked tokens was never set, which means on".into()
        }
        Because::OperatorOn => "your policy says so, whatever the tenant's says".into(),
        Because::OperatorOff => "your policy revokes nothing: its owner is to be told".into(),
        Because::TenantOff => "the tenant revokes no leaked tokens: its owner is to be told".into(),
        Because::TenantUnreadable => {
            "the tenant's policy cannot be read: its owner is to be told".into()
        }
        Because::NotPublic(Visibility::Private) => {
            "it leaked where not everybody can read it, and your policy revokes only that".into()
        }
        Because::NotPublic(_) => {
            "it is not known who can read where it leaked, and your policy revokes only what \
             everybody can"
                .into()
        }
        Because::OnlyProbable => "it is only probably the recorded one".into(),
        Because::Ambiguous => "several recorded ones may be it".into(),
        Because::Unmatched => "it is not known as what it is recorded".into(),
        Because::Missing => {
            "the place where it is said to have leaked does not hold it: the report is out of date, or \
             means somebody else's"
                .into()
        }
        Because::OwnerUnknown => {
            "your policy allows tokens by their owner, and nobody knows whose it is".into()
        }
        Because::Dead => "it works no more".into(),
        Because::NotConfirmed => "whether it works is not known".into(),
        Because::Allowed(allowed) => format!("it is allowed: {}", allowed.reason),
    }
}

/// What a person can do where nothing is done.
fn next(proposal: &Proposal<'_>) -> Option<String> {
    match proposal.decision.because {
        Because::NotPublic(_) => Some(
            "if everybody can read it: --exposure public; else `exposure = \"any\"` in [policy]"
                .to_owned(),
        ),
        // Whose record is not known is not revoked whatever a policy says.
        Because::TenantOff | Because::TenantUnreadable
            if proposal.matched.certainty == Certainty::Unmatched =>
        {
            Some(
                "an administrator (--auth, --org) can have it looked up; then `auto_revoke = \"on\"` in \
                 [policy] revokes it all the same"
                    .to_owned(),
            )
        }
        Because::TenantOff | Because::TenantUnreadable => {
            Some("`auto_revoke = \"on\"` in [policy] revokes all the same".to_owned())
        }
        Because::Missing => Some(
            "if it leaked all the same: give its value with --tokens or --sealed, or scan again"
                .to_owned(),
        ),
        Because::OwnerUnknown => Some(
            "find out whose it is; if nobody's whom [[policy.allow]] names, --policy FILE that allows \
             no owners"
                .to_owned(),
        ),
        Because::OnlyProbable => Some("if it is that one, --accept-probable".to_owned()),
        Because::Ambiguous => {
            let id = &proposal.finding.id;
            Some(format!(
                "if you know which it is, --match {id}=AUTHORIZATION_ID"
            ))
        }
        _ => None,
    }
}

/// The page at which owners revoke their own tokens.
fn page(matched: &Matched) -> String {
    match &matched.organization {
        Some(organization) => {
            format!("https://dev.azure.com/{organization}/_usersSettings/tokens")
        }
        None => "the page of their personal access tokens".to_owned(),
    }
}

/// What its owner does, where nobody here can or may.
fn by_hand(matched: &Matched) -> [String; 3] {
    let which = match &*matched.records {
        [] => "the one that leaked, or all that may be it".to_owned(),
        [record] => described(record),
        records => {
            let all: Vec<_> = records.iter().map(described).collect();
            format!("whichever it is of {}", all.join("; "))
        }
    };
    [
        format!("its owner, {}, opens {}", person(matched.owner.as_ref()), page(matched)),
        format!("revokes {which}"),
        "gives another token to whatever used it, once the leaked one is out of the place where it \
         leaked"
            .to_owned(),
    ]
}

/// A message to its owner, to be sent as it is.
fn message(proposal: &Proposal<'_>) -> String {
    let matched = &proposal.matched;
    let owner = matched.owner.as_ref();
    let to = owner.and_then(|it| it.account.as_deref());
    let name = match &*matched.records {
        [record] => record.name.as_deref().map(|name| format!(" `{name}`")),
        _ => None,
    };
    let name = name.unwrap_or_default();
    format!(
        "To: {}\n\
         Subject: Your Azure DevOps token{name} leaked: please revoke it\n\
         Your personal access token{name} was found where it does not belong, and still works.\n\
         Whoever has read it there can use it as you. Please revoke it now at\n\
         {}\n\
         and give whatever used it another one. Its id (C3ID) is {}.",
        to.unwrap_or("its owner"),
        page(matched),
        proposal.finding.id,
    )
}

/// Those of which nobody answered whether they work, a line each.
pub(super) fn unknown(c3ids: &BTreeSet<&str>) -> String {
    let line = |c3id: &&str| {
        format!(
            "{:<10}  {}\n            whether it works is not known: it was refused, or nobody answered; plan again with \
             --inventory full, which looks for it in all lists\n",
            "unknown",
            escape_for_terminal(c3id)
        )
    };
    c3ids.iter().map(line).collect()
}

/// The C3IDs of tokens that were left alone, with why if that is known.
pub(super) type Left<'l> = BTreeMap<&'l str, Option<&'l str>>;

/// Those that were left alone and may still work, a paragraph each.
pub(super) fn left(left: &Left<'_>) -> String {
    let line = |(c3id, why): (&&str, Option<&str>)| {
        let why = why.map_or_else(String::new, |why| format!(": {}", redacted(why)));
        format!(
            "{:<10}  {}\n            it may still work{}\n",
            "left alone",
            escape_for_terminal(c3id),
            escape_for_terminal(&why)
        )
    };
    left.iter().map(|(c3id, why)| line((c3id, *why))).collect()
}

/// What became of each order, and how all of it can be proven later.
pub(super) fn outcomes(
    outcomes: &[Outcome],
    told: &[Record],
    head: &str,
    journal: &Path,
) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let order = &outcome.order;
        let _ = writeln!(
            text,
            "{:<10}  {}  {}  {}",
            outcome.state.as_str(),
            order.c3id,
            escape_for_terminal(&order.organization),
            escape_for_terminal(&order.authorization_id),
        );
        let _ = writeln!(text, "            {}", escape_for_terminal(&outcome.why));
        if !order.grounds.exposure_rechecked {
            text.push_str("            exposure not re-checked\n");
        }
    }
    for record in told.iter().filter(|it| it.event == Event::Notify) {
        notified(&mut text, record);
    }
    let journal = escape_for_terminal(&journal.display().to_string()).into_owned();
    let _ = writeln!(text, "\nreceipt: head {head} of {journal}");
    text
}

/// Who was told, or was not.
fn notified(text: &mut String, record: &Record) {
    let said = |key: &str| {
        let value = record.evidence.get(key).and_then(Value::as_str);
        escape_for_terminal(value.unwrap_or_default()).into_owned()
    };
    let told = match record.outcome.as_deref() {
        Some("sent") => "told",
        _ => "not told",
    };
    let tokens = record.evidence.get("tokens").and_then(Value::as_array);
    let tokens = count(tokens.map_or(0, Vec::len) as u64, "token");
    let to = match (said("channel"), said("recipient")) {
        (channel, recipient) if recipient.is_empty() => channel,
        (channel, recipient) => format!("{channel} to {recipient}"),
    };
    let _ = writeln!(text, "{told:<10}  {} of {tokens} by {to}", said("kind"));
    let why = said("why");
    if !why.is_empty() {
        let _ = writeln!(text, "            {why}");
    }
}
