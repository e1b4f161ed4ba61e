//! An audit as JSON, `patsweep-audit/1`.

use serde_json::{Value, json};

use super::super::cell::instant;
use super::{Audited, Terms};
use crate::report::json_text;
use crate::respond::audit::{Clue, Creation, GLOBAL_END, Holder, Mark, Policy, Token, Violation};

/// One document.
pub(super) fn show(all: &[Audited<'_>], terms: &Terms) -> String {
    let document = json!({
        "schema": "patsweep-audit/1",
        "tool": { "name": "patsweep", "version": env!("CARGO_PKG_VERSION") },
        "limits": {
            "max_lifespan_days": terms.limits.max_lifespan_days,
            "expiring_within_days": terms.limits.expiring_within_days,
            "allowed_scopes": terms.limits.allowed_scopes,
            "global_tokens_end": instant(Some(GLOBAL_END)),
        },
        "has_rules": terms.rules.is_some(),
        "organizations": all.iter().map(|one| organization(one, terms)).collect::<Value>(),
    });
    json_text::pretty(&document)
}

fn organization(audited: &Audited<'_>, terms: &Terms) -> Value {
    let (facts, judged) = (audited.facts, &audited.judged);
    let acting = facts.acting.as_ref();
    let gap = |gap: &crate::respond::survey::Gap| json!({ "what": gap.what, "why": gap.why });
    json!({
        "organization": facts.organization,
        "acting_as": acting.and_then(|owner| owner.account.as_ref().or(owner.name.as_ref())),
        "at": instant(Some(audited.at)),
        "log_from": instant(facts.log_from),
        "complete": audited.unread(terms).is_empty(),
        "counts": {
            "people": facts.people.len(),
            "tokens": judged.tokens.len(),
            "ended_tokens": judged.ended,
            "violations": audited.violations.len(),
        },
        "violations": audited.violations.iter().map(violation).collect::<Value>(),
        "policies": judged.policies.iter().map(policy).collect::<Value>(),
        "people": judged.holders.iter().map(holder).collect::<Value>(),
        "tokens": judged.tokens.iter().map(token).collect::<Value>(),
        "created": judged.creations.iter().map(creation).collect::<Value>(),
        "unreadable": audited.gaps.iter().map(gap).collect::<Value>(),
    })
}

fn violation(violation: &Violation) -> Value {
    json!({
        "rule": violation.rule.as_str(),
        "account": violation.account,
        "token": violation.token,
        "authorization_id": violation.authorization_id,
        "what": violation.what,
    })
}

fn policy(policy: &Policy) -> Value {
    json!({
        "policy": policy.name.as_str(),
        "state": policy.state.as_str(),
        "on": policy.is_on,
        "max_days": policy.max_days,
        "packaging_only": policy.packaging_only,
        "allowed": policy.allowed,
        "message": policy.message,
    })
}

fn holder(holder: &Holder<'_>) -> Value {
    let marks = Mark::ALL.iter().zip(holder.marks);
    let marks = marks.map(|(mark, number)| (mark.as_str().to_owned(), number.into()));
    json!({
        "account": holder.person.account(),
        "name": holder.person.user.name,
        "descriptor": holder.person.user.descriptor,
        "active": holder.person.is_active,
        "tokens": holder.tokens,
        "broadest_scope": holder.broadest,
        "stands_out": Value::Object(marks.collect()),
    })
}

fn token(token: &Token<'_>) -> Value {
    let record = &token.pat.record;
    let clue = |clue: &Clue| match clue {
        Clue::Name(word) => json!({ "name": word }),
        Clue::Scope(scope) => json!({ "scope": scope }),
    };
    json!({
        "account": token.owner.account(),
        "token": record.name,
        "authorization_id": record.authorization_id,
        "c3id": token.pat.c3id,
        "scopes": record.scopes,
        "global": record.is_global,
        "valid_from": instant(record.valid_from),
        "valid_to": instant(record.valid_to),
        "lifetime_days": token.lifetime_days,
        "days_left": token.days_left,
        "ends_as_global": token.ends_as_global,
        "last_used": instant(token.last_used),
        "stands_out": token.marks.iter().copied().map(Mark::as_str).collect::<Value>(),
        "program_clues": token.clues.iter().map(clue).collect::<Value>(),
    })
}

fn creation(creation: &Creation<'_>) -> Value {
    let breaches = creation.breaches.iter().map(|breach| {
        json!({
            "policy": breach.policy.as_str(),
            "what": breach.what,
            "sure": breach.is_sure,
        })
    });
    json!({
        "at": instant(Some(creation.entry.at)),
        "account": creation.entry.account,
        "token": creation.entry.data.get("DisplayName"),
        "ip": creation.entry.ip,
        "user_agent": creation.entry.agent,
        "authorization_id": creation.pat.map(|pat| &pat.record.authorization_id),
        "breaches": breaches.collect::<Value>(),
    })
}
