//! Messages as mail: plain text that somebody can act on who has never heard of this program.

use std::fmt::Write;

use super::ledger::{Fate, Kind};
use super::message::{Message, Reader};
use super::notice::Notice;
use crate::providers::azure_devops::is_organization;

/// What the mail says.
pub(super) fn text(message: &Message) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}\n", lead(message));
    for (number, (notice, fate)) in (1..).zip(&message.tokens) {
        let _ = writeln!(text, "{number}. {}", notice.title());
        for (name, value) in message.facts(notice, *fate) {
            let _ = writeln!(text, "   {name:<14}{value}");
        }
        for step in steps(message, notice, *fate) {
            let _ = writeln!(text, "   - {step}");
        }
        for consumer in &notice.consumers {
            let _ = writeln!(text, "   To replace it in {}:", consumer.name);
            for (number, step) in (1..).zip(&consumer.rotate) {
                let _ = writeln!(text, "     {number}. {step}");
            }
        }
        text.push('\n');
    }
    let plan = message.plan.as_deref().unwrap_or("none");
    let _ = write!(
        text,
        "What was done is written down in a journal that cannot be changed unnoticed.\n\
         Receipt: head {}\n\
         Plan:    {plan}\n\
         Message: {}\n",
        message.head, message.id
    );
    text
}

/// Why this is written to whoever reads it.
fn lead(message: &Message) -> String {
    let is_one = message.tokens.len() == 1;
    let one_or_more = |one: &'static str, more: &'static str| if is_one { one } else { more };
    let they = one_or_more("A personal access token", "Personal access tokens");
    let (was, it) = (one_or_more("was", "were"), one_or_more("it", "them"));
    let still = one_or_more("still works", "still work");
    let still_it = one_or_more("it still works", "they still work");
    let whose = match message.reader {
        Reader::Owner => " of yours",
        Reader::SecurityContact | Reader::Channel => "",
    };
    let they = format!("{they}{whose} for Azure DevOps");
    let what = match message.kind {
        Kind::Leak => format!("{they} {was} found where others can read {it}."),
        Kind::Reminder if message.is_unproven() => format!(
            "{they} {was} found where others can read {it}. Whether {still_it} is not known."
        ),
        Kind::Reminder => format!("{they} {was} found where others can read {it}, and {still}."),
        Kind::Closure => format!("{they} that leaked {was} revoked."),
    };
    match message.reader {
        Reader::SecurityContact => format!(
            "Hello,\n\n{what}\nWhoever owns {it} could not be told, so please pass this on."
        ),
        Reader::Owner | Reader::Channel => format!("Hello,\n\n{what}"),
    }
}

/// What to do now.
fn steps(message: &Message, notice: &Notice, fate: Fate) -> Vec<String> {
    let mut steps = Vec::new();
    match fate {
        Fate::Told | Fate::Refused | Fate::Unanswered | Fate::Unsent => {
            steps.push(revoke(notice));
        }
        Fate::Dropped | Fate::Unproven => {
            steps.push("See whether it still works, and revoke it if so.".to_owned());
        }
        Fate::Accepted if message.kind == Kind::Reminder => steps.push(revoke(notice)),
        Fate::Accepted | Fate::Closed => {}
    }
    steps.push("Give what still needs it a new token, with no more scopes than needed.".to_owned());
    if !notice.places.is_empty() {
        steps.push("Remove it where it was found; history may keep it all the same.".to_owned());
    }
    if fate != Fate::Closed {
        steps.push("If you did not put it there, tell your security team now.".to_owned());
    }
    steps
}

fn revoke(notice: &Notice) -> String {
    let organization = notice.organization.as_deref();
    match organization.filter(|name| is_organization(name)) {
        Some(name) => {
            format!("Revoke it now: https://dev.azure.com/{name}/_usersSettings/tokens")
        }
        None => "Revoke it now, under User settings > Personal access tokens.".to_owned(),
    }
}
