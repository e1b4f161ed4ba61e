//! What an operator does not accept, and what of it is there.

use super::marks::{self, Mark};
use super::policies::{PolicyName, State};
use super::{Judged, Token};
use crate::respond::survey::Gap;

/// What is not accepted. The default accepts everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct Rules {
    /// No token is global.
    pub deny_global: bool,
    /// No token has full access.
    pub deny_full_access: bool,
    /// No token is that of somebody who is disabled.
    pub deny_disabled_owners: bool,
    /// No token was made against the policies.
    pub deny_policy_breaches: bool,
    /// No token lives for more days.
    pub max_lifespan_days: Option<u32>,
    /// No token ends within so many days.
    pub min_days_left: Option<u32>,
    /// Nobody has more tokens that work.
    pub max_tokens_per_user: Option<u32>,
    /// Tokens hold these scopes and what comes with them, and no others.
    pub allowed_scopes: Option<Vec<String>>,
    /// These policies are on.
    pub require_policies: Vec<PolicyName>,
}

/// A rule, in the order in which violations are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// [`Rules::require_policies`].
    RequirePolicies,
    /// [`Rules::deny_disabled_owners`].
    DenyDisabledOwners,
    /// [`Rules::deny_global`].
    DenyGlobal,
    /// [`Rules::deny_full_access`].
    DenyFullAccess,
    /// [`Rules::allowed_scopes`].
    AllowedScopes,
    /// [`Rules::max_lifespan_days`].
    MaxLifespanDays,
    /// [`Rules::min_days_left`].
    MinDaysLeft,
    /// [`Rules::max_tokens_per_user`].
    MaxTokensPerUser,
    /// [`Rules::deny_policy_breaches`].
    DenyPolicyBreaches,
}

impl Rule {
    /// The key of the rules file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequirePolicies => "require_policies",
            Self::DenyDisabledOwners => "deny_disabled_owners",
            Self::DenyGlobal => "deny_global",
            Self::DenyFullAccess => "deny_full_access",
            Self::AllowedScopes => "allowed_scopes",
            Self::MaxLifespanDays => "max_lifespan_days",
            Self::MinDaysLeft => "min_days_left",
            Self::MaxTokensPerUser => "max_tokens_per_user",
            Self::DenyPolicyBreaches => "deny_policy_breaches",
        }
    }
}

/// Something that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// By which rule.
    pub rule: Rule,
    /// Whose token it is, or who they are.
    pub account: Option<String>,
    /// What the token is called.
    pub token: Option<String>,
    /// Its authorization id.
    pub authorization_id: Option<String>,
    /// What is wrong, in words.
    pub what: String,
}

/// Whatever `rules` do not accept of what was found, in the order of the rules.
pub fn violations(judged: &Judged<'_>, rules: &Rules) -> Vec<Violation> {
    let mut violations: Vec<Violation> = rules
        .require_policies
        .iter()
        .filter_map(|name| required(judged, *name))
        .collect();
    for token in &judged.tokens {
        violations.extend(of_token(token, rules));
    }
    for holder in &judged.holders {
        if let Some(max) = rules.max_tokens_per_user
            && holder.tokens > u64::from(max)
        {
            violations.push(Violation {
                rule: Rule::MaxTokensPerUser,
                account: Some(holder.person.account()),
                token: None,
                authorization_id: None,
                what: format!("has {} tokens ({max} allowed)", holder.tokens),
            });
        }
    }
    if rules.deny_policy_breaches {
        violations.extend(breaches(judged));
    }
    violations.sort_by_key(|violation| violation.rule);
    violations
}

/// Whether something is not told of a token.
type Untold = fn(&Token<'_>) -> bool;

/// What `rules` ask of tokens and the service does not tell of all of them.
pub fn untold(judged: &Judged<'_>, rules: &Rules) -> Vec<Gap> {
    let asks_scopes = rules.deny_full_access || rules.allowed_scopes.is_some();
    // Whether it is asked for, and what, before and behind the tokens.
    let questions: [(bool, &str, &str, Untold); 5] = [
        (
            rules.deny_disabled_owners,
            "whether the owners of ",
            " are disabled",
            |token| token.owner.is_active.is_none(),
        ),
        (rules.deny_global, "whether ", " are global", |token| {
            token.pat.record.is_global.is_none()
        }),
        (asks_scopes, "the scopes of ", "", |token| {
            token.pat.record.scopes.is_empty()
        }),
        (
            rules.max_lifespan_days.is_some(),
            "how long ",
            " live",
            |token| token.lifetime_days.is_none(),
        ),
        (rules.min_days_left.is_some(), "when ", " end", |token| {
            token.days_left.is_none()
        }),
    ];
    let asked = questions.into_iter().filter(|question| question.0);
    let gaps = asked.filter_map(|(_, before, behind, is_untold)| {
        let tokens = judged.tokens.iter();
        let untold = tokens.filter(|token| is_untold(token)).count();
        let all = judged.tokens.len();
        (untold > 0).then(|| Gap {
            what: format!("{before}{untold} of {all} tokens{behind}"),
            why: "the service does not say".to_owned(),
        })
    });
    gaps.collect()
}

/// A policy that cannot be read is none that is off: the audit is incomplete then.
fn required(judged: &Judged<'_>, name: PolicyName) -> Option<Violation> {
    let policy = judged.policies.iter().find(|policy| policy.name == name)?;
    if policy.is_on != Some(false) {
        return None;
    }
    let how = match policy.state {
        State::NeverSet => "was never turned on",
        _ => "is off",
    };
    Some(Violation {
        rule: Rule::RequirePolicies,
        account: None,
        token: None,
        authorization_id: None,
        what: format!("the policy {} {how}", name.as_str()),
    })
}

fn of_token(token: &Token<'_>, rules: &Rules) -> Vec<Violation> {
    let record = &token.pat.record;
    let mut found = Vec::new();
    let mut add = |rule, what: String| {
        found.push(Violation {
            rule,
            account: Some(token.owner.account()),
            token: record.name.clone(),
            authorization_id: Some(record.authorization_id.clone()),
            what,
        });
    };
    let has = |mark| token.marks.contains(&mark);
    if rules.deny_disabled_owners && has(Mark::DisabledOwner) {
        add(
            Rule::DenyDisabledOwners,
            "is of somebody who is disabled".to_owned(),
        );
    }
    if rules.deny_global && has(Mark::Global) {
        let what = "opens every organization of its owner";
        add(Rule::DenyGlobal, what.to_owned());
    }
    if rules.deny_full_access && has(Mark::FullAccess) {
        let what = "may do all that its owner may";
        add(Rule::DenyFullAccess, what.to_owned());
    }
    if let Some(allowed) = &rules.allowed_scopes {
        let foreign = marks::foreign_scopes(record, allowed);
        if !foreign.is_empty() {
            let what = format!("holds {}", foreign.join(" "));
            add(Rule::AllowedScopes, what);
        }
    }
    if let (Some(max), Some(days)) = (rules.max_lifespan_days, token.lifetime_days)
        && days > i64::from(max)
    {
        let what = format!("lives {days} days ({max} allowed)");
        add(Rule::MaxLifespanDays, what);
    }
    if let (Some(min), Some(days)) = (rules.min_days_left, token.days_left)
        && days < i64::from(min)
    {
        add(
            Rule::MinDaysLeft,
            format!("ends in {days} days ({min} needed)"),
        );
    }
    found
}

/// What was surely made against a policy.
fn breaches(judged: &Judged<'_>) -> Vec<Violation> {
    let all = judged.creations.iter().flat_map(|creation| {
        let sure = creation.breaches.iter().filter(|breach| breach.is_sure);
        sure.map(move |breach| (creation, breach))
    });
    all.map(|(creation, breach)| Violation {
        rule: Rule::DenyPolicyBreaches,
        account: Some(creation.entry.account.clone()),
        token: creation.entry.data.get("DisplayName").cloned(),
        authorization_id: creation.pat.map(|pat| pat.record.authorization_id.clone()),
        what: format!("against {}: {}", breach.policy.as_str(), breach.what),
    })
    .collect()
}
