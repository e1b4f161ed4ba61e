//! The tokens of an audit as CSV, one a row.

use super::super::cell::{day, number, sheet};
use super::Audited;
use crate::respond::audit::{Clue, Mark, Token};

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

/// All tokens that work.
pub(super) fn show(all: &[Audited<'_>]) -> String {
    let rows = all.iter().flat_map(|audited| {
        let tokens = audited.judged.tokens.iter();
        tokens.map(|token| row(audited, token))
    });
    sheet(HEADINGS, rows)
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
