//! The tokens of an audit as CSV, one a row, and what else is not accepted.

use std::collections::BTreeSet;

use super::super::cell::{day, number, sheet};
use super::Audited;
use crate::respond::audit::{Clue, Mark, Token, Violation};

const HEADINGS: [&str; 16] = [
    "organization",
    "account",
    "owner",
    "owner_active",
    "token",
    "authorization_id",
    "scopes",
    "global",
    "valid_from",
    "valid_to",
    "lifetime_days",
    "days_left",
    "last_used",
    "stands_out",
    "program_clues",
    "violations",
];

/// All tokens that work, then violations that are of none of them.
pub(super) fn show(all: &[Audited<'_>]) -> String {
    let rows = all.iter().flat_map(|audited| {
        let tokens = audited.judged.tokens.iter();
        let tokens = tokens.map(|token| row(audited, token));
        let ids = audited.judged.tokens.iter();
        let ids: BTreeSet<_> = ids.map(|it| &it.pat.record.authorization_id).collect();
        let is_else = |it: &&Violation| {
            it.authorization_id
                .as_ref()
                .is_none_or(|id| !ids.contains(id))
        };
        let others = audited.violations.iter().filter(is_else);
        let others = others.map(|violation| other(audited, violation));
        tokens.chain(others).collect::<Vec<_>>()
    });
    sheet(HEADINGS, rows)
}

/// A violation that is of no token which works: its rule and what is wrong stand in the last cell.
fn other(audited: &Audited<'_>, violation: &Violation) -> [String; HEADINGS.len()] {
    let mut row = [const { String::new() }; HEADINGS.len()];
    row[0].clone_from(&audited.facts.organization);
    for (cell, value) in [
        (1, &violation.account),
        (4, &violation.token),
        (5, &violation.authorization_id),
    ] {
        row[cell] = value.clone().unwrap_or_default();
    }
    row[HEADINGS.len() - 1] = format!("{}: {}", violation.rule.as_str(), violation.what);
    row
}

fn row(audited: &Audited<'_>, token: &Token<'_>) -> [String; HEADINGS.len()] {
    let record = &token.pat.record;
    let user = &token.owner.user;
    let marks: Vec<&str> = token.marks.iter().copied().map(Mark::as_str).collect();
    let violations = audited.violations.iter();
    let violations =
        violations.filter(|it| it.authorization_id.as_ref() == Some(&record.authorization_id));
    let mut violations: Vec<&str> = violations.map(|it| it.rule.as_str()).collect();
    violations.dedup();
    let yes = |is: Option<bool>| number(is);
    [
        audited.facts.organization.clone(),
        token.owner.account(),
        user.name.clone().unwrap_or_default(),
        yes(token.owner.is_active),
        record.name.clone().unwrap_or_default(),
        record.authorization_id.clone(),
        record.scopes.join(" "),
        yes(record.is_global),
        day(record.valid_from),
        day(record.valid_to),
        number(token.lifetime_days),
        number(token.days_left),
        day(token.last_used),
        marks.join(" "),
        token
            .clues
            .iter()
            .map(Clue::word)
            .collect::<Vec<_>>()
            .join(" "),
        violations.join(" "),
    ]
}
