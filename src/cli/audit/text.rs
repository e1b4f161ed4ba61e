//! An audit as people read it: what is not accepted, what could not be read, then the rest.

use std::fmt::Write;

use super::super::cell::{day, minute};
use super::super::table::Table;
use super::{Audited, Terms};
use crate::model::Timestamp;
use crate::report::{count, escape_for_terminal};
use crate::respond::audit::{
    Clue, GLOBAL_END, Holder, Mark, Policy, PolicyName, Rule, State, Token, Violation,
};

/// Clocks that differ by less are told to agree.
const SKEW: u64 = 5 * 60;

/// One organisation after the other.
pub(super) fn show(all: &[Audited<'_>], terms: &Terms) -> String {
    let shown: Vec<String> = all.iter().map(|one| organization(one, terms)).collect();
    shown.join("\n")
}

fn organization(audited: &Audited<'_>, terms: &Terms) -> String {
    let (facts, judged) = (audited.facts, &audited.judged);
    let acting = facts.acting.as_ref().map_or_else(
        || "nobody whom it knows".to_owned(),
        |owner| {
            let called = owner.account.as_ref().or(owner.name.as_ref());
            called.map_or_else(|| "somebody without a name".to_owned(), Clone::clone)
        },
    );
    let mut text = format!(
        "{}, as {}, at {} UTC\n",
        facts.organization,
        escape_for_terminal(&acting),
        minute(Some(audited.at)),
    );
    let skew = audited.at.0.abs_diff(terms.now.0);
    if skew > SKEW {
        let _ = writeln!(
            text,
            "its clock and this one differ by {}; what has ended is judged by its clock",
            count((skew + 30) / 60, "minute"),
        );
    }
    let mut section = |part: String| {
        if !part.is_empty() {
            text.push('\n');
            text.push_str(&part);
        }
    };
    section(violations(&audited.violations, terms));
    section(gaps(audited));
    section(summary(audited, terms));
    section(policies(&judged.policies));
    section(people(&judged.holders, terms));
    section(standing_out(&judged.tokens, terms));
    section(programs(&judged.tokens, terms));
    section(created(audited, terms));
    text
}

fn violations(all: &[Violation], terms: &Terms) -> String {
    if terms.rules.is_none() {
        return String::new();
    }
    if all.is_empty() {
        return "no violation of the rules\n".to_owned();
    }
    let mut text = format!("{} of the rules\n", count(all.len() as u64, "violation"));
    for same in all.chunk_by(|a, b| a.rule == b.rule) {
        let rule = same.first().map_or(Rule::RequirePolicies, |it| it.rule);
        let _ = writeln!(text, "  {}", rule.as_str());
        let mut table = Table::new(&[("account", 26), ("token", 20), ("what", 48)]);
        for violation in terms.some(same) {
            match &violation.account {
                // Of the organisation.
                None => {
                    let _ = writeln!(text, "    {}", violation.what);
                }
                Some(account) => table.row([
                    account.clone(),
                    violation.token.clone().unwrap_or_else(|| "-".to_owned()),
                    violation.what.clone(),
                ]),
            }
        }
        text.push_str(&table.plain());
        text.push_str(&terms.rest(same));
    }
    text
}

fn gaps(audited: &Audited<'_>) -> String {
    let mut text = String::new();
    if audited.gaps.is_empty() {
        return text;
    }
    text.push_str("not readable: what follows is not all there is\n");
    for gap in &audited.gaps {
        let _ = writeln!(text, "  {}: {}", gap.what, escape_for_terminal(&gap.why));
    }
    text
}

fn summary(audited: &Audited<'_>, terms: &Terms) -> String {
    let judged = &audited.judged;
    let marked = judged.tokens.iter().filter(|token| !token.marks.is_empty());
    let mut text = format!(
        "{} of {} stand out; {} of {} have tokens; {} more tokens have ended\n",
        marked.count(),
        count(judged.tokens.len() as u64, "token"),
        judged.holders.len(),
        people_count(audited.facts.people.len()),
        judged.ended,
    );
    for (mark, number) in Mark::ALL.into_iter().map(|mark| {
        let has = |token: &&Token<'_>| token.marks.contains(&mark);
        (mark, judged.tokens.iter().filter(has).count())
    }) {
        if mark == Mark::ForeignScope && terms.limits.allowed_scopes.is_none() {
            continue;
        }
        let _ = writeln!(text, "  {number:>5}  {}", meaning(mark, terms));
    }
    let ending = judged.tokens.iter().filter(|token| token.ends_as_global);
    let ending = ending.count();
    if ending > 0 {
        let (stop, on) = if audited.at < GLOBAL_END {
            ("will stop", day(Some(GLOBAL_END)))
        } else {
            ("have stopped", day(Some(GLOBAL_END)))
        };
        let _ = writeln!(
            text,
            "  {ending:>5}  global tokens {stop} working on {on}, whatever their expiry says"
        );
    }
    text
}

fn people_count(number: usize) -> String {
    match number {
        1 => "1 person".to_owned(),
        number => format!("{number} people"),
    }
}

fn meaning(mark: Mark, terms: &Terms) -> String {
    match mark {
        Mark::DisabledOwner => "of somebody who is disabled".to_owned(),
        Mark::Global => "global: open every organization of their owner".to_owned(),
        Mark::FullAccess => "with full access: may do all that their owner may".to_owned(),
        Mark::ForeignScope => "with scopes that the rules do not allow".to_owned(),
        Mark::LongLived => {
            let days = terms.limits.max_lifespan_days;
            format!("that live for more than {}", count(days.into(), "day"))
        }
        Mark::ExpiresSoon => {
            let days = terms.limits.expiring_within_days;
            format!("that end within {}", count(days.into(), "day"))
        }
    }
}

fn policies(all: &[Policy]) -> String {
    let mut text = "policies, as they stand\n".to_owned();
    for policy in all {
        let name = match policy.name {
            PolicyName::RestrictGlobal => "global tokens",
            PolicyName::RestrictFullScope => "full access",
            PolicyName::MaxLifespan => "lifespan",
            PolicyName::RestrictCreation => "making tokens",
            PolicyName::RevokeLeaked => "leaked tokens",
            PolicyName::LogAuditEvents => "audit log",
        };
        let said = escape_for_terminal(&said(policy)).into_owned();
        let _ = writeln!(text, "  {name:<14}  {said}");
    }
    text
}

/// What a policy means.
fn said(policy: &Policy) -> String {
    let Some(is_on) = policy.is_on else {
        let why = policy.message.as_deref().unwrap_or("no reason was given");
        return format!("not readable: {why}");
    };
    let mut said = match (policy.name, is_on) {
        (PolicyName::RestrictGlobal | PolicyName::RestrictFullScope, true) => {
            "cannot be made".to_owned()
        }
        (PolicyName::RestrictGlobal | PolicyName::RestrictFullScope, false) => {
            "can be made by everybody".to_owned()
        }
        (PolicyName::MaxLifespan, true) => match policy.max_days {
            Some(days) => format!("at most {}", count(days.into(), "day")),
            None => "limited".to_owned(),
        },
        (PolicyName::MaxLifespan, false) => "not limited, but by the service".to_owned(),
        (PolicyName::RestrictCreation, true) if policy.packaging_only == Some(true) => {
            "restricted to those for packages; global ones are refused".to_owned()
        }
        (PolicyName::RestrictCreation, true) => "restricted; global ones are refused".to_owned(),
        (PolicyName::RestrictCreation, false) => "open to everybody".to_owned(),
        (PolicyName::RevokeLeaked, true) => "revoked when found in public".to_owned(),
        (PolicyName::RevokeLeaked, false) => "not revoked: their owners are told".to_owned(),
        (PolicyName::LogAuditEvents, true) => "kept".to_owned(),
        (PolicyName::LogAuditEvents, false) => "not kept: no evidence of anything".to_owned(),
    };
    if let (true, Some(allowed @ 1..)) = (is_on, policy.allowed.as_ref().map(Vec::len)) {
        let _ = write!(said, ", but for {allowed} on its allow-list");
    }
    if let Some(message) = &policy.message {
        let _ = write!(said, "; {message}");
    }
    if policy.state == State::NeverSet {
        let _ = write!(said, " (never set, which means {})", on(is_on));
    }
    said
}

fn on(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}

fn people(holders: &[Holder<'_>], terms: &Terms) -> String {
    let columns = [
        ("account", 32),
        ("tokens", 6),
        ("broadest scope", 24),
        ("of them", 30),
    ];
    let mut table = Table::new(&columns);
    for holder in terms.some(holders) {
        let marks = Mark::ALL.into_iter().zip(holder.marks);
        let marks = marks.filter(|(_, number)| *number > 0);
        let marks: Vec<String> = marks
            .map(|(mark, number)| format!("{number} {}", word(mark)))
            .collect();
        table.row([
            holder.person.account(),
            holder.tokens.to_string(),
            holder.broadest.unwrap_or("-").to_owned(),
            marks.join(", "),
        ]);
    }
    titled("people with tokens", &table, &terms.rest(holders))
}

/// A mark in a word or two.
fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::DisabledOwner => "of disabled",
        Mark::Global => "global",
        Mark::FullAccess => "full access",
        Mark::ForeignScope => "foreign scope",
        Mark::LongLived => "long",
        Mark::ExpiresSoon => "ending",
    }
}

fn standing_out(tokens: &[Token<'_>], terms: &Terms) -> String {
    let columns = [
        ("token", 20),
        ("account", 24),
        ("until", 10),
        ("last used", 10),
        ("because", 26),
    ];
    let mut table = Table::new(&columns);
    let marked = tokens.iter().filter(|token| !token.marks.is_empty());
    let marked: Vec<&Token<'_>> = marked.collect();
    for token in terms.some(&marked) {
        let because: Vec<String> = token.marks.iter().map(|mark| why(*mark, token)).collect();
        table.row([
            called(token),
            token.owner.account(),
            dashed(token.pat.record.valid_to),
            dashed(token.last_used),
            because.join(", "),
        ]);
    }
    titled("tokens that stand out", &table, &terms.rest(&marked))
}

fn called(token: &Token<'_>) -> String {
    let name = token.pat.record.name.as_deref();
    name.filter(|name| !name.trim().is_empty())
        .unwrap_or("-")
        .to_owned()
}

fn dashed(at: Option<Timestamp>) -> String {
    match day(at) {
        day if day.is_empty() => "-".to_owned(),
        day => day,
    }
}

fn why(mark: Mark, token: &Token<'_>) -> String {
    let days = |days: Option<i64>| days.unwrap_or_default();
    match mark {
        Mark::DisabledOwner => "disabled owner".to_owned(),
        Mark::LongLived => format!("{} days", days(token.lifetime_days)),
        Mark::ExpiresSoon => format!("{} left", days(token.days_left)),
        Mark::Global | Mark::FullAccess | Mark::ForeignScope => word(mark).to_owned(),
    }
}

fn programs(tokens: &[Token<'_>], terms: &Terms) -> String {
    let mut table = Table::new(&[("token", 30), ("account", 32), ("because of", 32)]);
    let used = tokens.iter().filter(|token| !token.clues.is_empty());
    let used: Vec<&Token<'_>> = used.collect();
    for token in terms.some(&used) {
        let clues: Vec<&str> = token.clues.iter().map(Clue::word).collect();
        table.row([called(token), token.owner.account(), clues.join(", ")]);
    }
    titled(
        "a service principal or a managed identity could do what these probably do",
        &table,
        &terms.rest(&used),
    )
}

fn created(audited: &Audited<'_>, terms: &Terms) -> String {
    let judged = &audited.judged;
    let Some(from) = audited.facts.log_from else {
        return String::new();
    };
    let from = day(Some(from));
    if audited.is_log_off() && judged.creations.is_empty() {
        return format!(
            "what was made since {from} is not known: the organization keeps no audit log\n"
        );
    }
    let against = judged.creations.iter().filter(|it| !it.breaches.is_empty());
    let against: Vec<_> = against.collect();
    let mut table = Table::new(&[
        ("made", 16),
        ("account", 24),
        ("token", 20),
        ("against", 32),
    ]);
    for creation in terms.some(&against) {
        let breaches = creation.breaches.iter().map(|breach| {
            let unsure = if breach.is_sure {
                ""
            } else {
                ", if no group allows it"
            };
            format!("{}{unsure}", breach.what)
        });
        let breaches: Vec<String> = breaches.collect();
        table.row([
            minute(Some(creation.entry.at)),
            creation.entry.account.clone(),
            creation
                .entry
                .data
                .get("DisplayName")
                .cloned()
                .unwrap_or_else(|| "-".to_owned()),
            breaches.join("; "),
        ]);
    }
    let mut policies = judged.policies.iter();
    let is_unread = policies.any(|policy| policy.state == State::Unreadable);
    let unknown = judged
        .creations
        .iter()
        .filter(|it| it.pat.is_none())
        .count();
    let mut text = format!(
        "{} made since {from}, {} against the policies as they stand now{}\n",
        count(judged.creations.len() as u64, "token"),
        against.len(),
        if is_unread {
            ", as far as these can be read"
        } else {
            ""
        },
    );
    text.push_str(&table.show());
    text.push_str(&terms.rest(&against));
    if unknown > 0 {
        let _ = writeln!(
            text,
            "  {unknown} of them on no list by name and day: scopes and expiry are not known"
        );
    }
    text.push_str(
        "  the log tells what was changed, not what was read: a token without a last use may be in use\n",
    );
    text
}

fn titled(title: &str, table: &Table, rest: &str) -> String {
    match table.show() {
        rows if rows.is_empty() => String::new(),
        rows => format!("{title}\n{rows}{rest}"),
    }
}

impl Terms {
    /// As many of `all` as are listed.
    fn some<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        &all[..all.len().min(self.rows)]
    }

    /// How many are not.
    fn rest<T>(&self, all: &[T]) -> String {
        match all.len().saturating_sub(self.rows) {
            0 => String::new(),
            more => format!("  and {more} more; -v lists all\n"),
        }
    }
}
