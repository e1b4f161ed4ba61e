//! What stands out about one token.

use std::cmp::Reverse;

use crate::model::{Harm, PatRecord, Timestamp};
use crate::providers::azure_devops::ListedPat;
use crate::verify::scopes::{self, CATALOGUE, FULL_ACCESS};

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// When global tokens stop working, 2026-12-01 in UTC: so says Microsoft's page on personal access
/// tokens, as of 2026-09-21.
pub const GLOBAL_END: Timestamp = Timestamp(1_796_083_200);

/// What stands out, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Its owner is disabled.
    DisabledOwner,
    /// It opens every organisation of its owner.
    Global,
    /// It may do all that its owner may.
    FullAccess,
    /// It holds a scope that is on no allow-list.
    ForeignScope,
    /// It lives longer than it should.
    LongLived,
    /// It ends soon.
    ExpiresSoon,
}

impl Mark {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::DisabledOwner,
        Self::Global,
        Self::FullAccess,
        Self::ForeignScope,
        Self::LongLived,
        Self::ExpiresSoon,
    ];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DisabledOwner => "disabled_owner",
            Self::Global => "global",
            Self::FullAccess => "full_access",
            Self::ForeignScope => "foreign_scope",
            Self::LongLived => "long_lived",
            Self::ExpiresSoon => "expires_soon",
        }
    }
}

/// From when on something stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A token that lives for more days than these is long-lived.
    pub max_lifespan_days: u32,
    /// A token that ends within so many days ends soon.
    pub expiring_within_days: u32,
    /// The scopes that tokens may hold, and what comes with them; `None` for all.
    pub allowed_scopes: Option<Vec<String>>,
}

/// Whether a token still works, as far as the list says: it is not revoked, and has not ended.
pub(super) fn is_live(pat: &ListedPat, now: Timestamp) -> bool {
    pat.is_valid != Some(false) && pat.record.valid_to.is_none_or(|end| end > now)
}

/// Whether it may do all that its owner may.
pub(super) fn is_full_access(record: &PatRecord) -> bool {
    record.scopes.iter().any(|scope| scope == FULL_ACCESS)
}

/// How many whole days a token lives; `None` where the list does not say.
pub(super) fn lifetime_days(record: &PatRecord) -> Option<i64> {
    let (from, to) = (record.valid_from?, record.valid_to?);
    Some(to.0.checked_sub(from.0)?.div_euclid(DAY))
}

/// The scopes of a token that none of `allowed` comes with.
pub(super) fn foreign_scopes(record: &PatRecord, allowed: &[String]) -> Vec<String> {
    let is_allowed = |scope: &String| allowed.iter().any(|held| scopes::implies(held, scope));
    let foreign = record.scopes.iter().filter(|scope| !is_allowed(scope));
    foreign.cloned().collect()
}

/// What stands out about a token whose owner is disabled or not, in order.
pub(super) fn marks(
    record: &PatRecord,
    is_active: Option<bool>,
    limits: &Limits,
    now: Timestamp,
) -> Vec<Mark> {
    let holds = |mark: &Mark| match mark {
        Mark::DisabledOwner => is_active == Some(false),
        Mark::Global => record.is_global == Some(true),
        Mark::FullAccess => is_full_access(record),
        Mark::ForeignScope => limits
            .allowed_scopes
            .as_ref()
            .is_some_and(|allowed| !foreign_scopes(record, allowed).is_empty()),
        Mark::LongLived => {
            lifetime_days(record).is_some_and(|days| days > i64::from(limits.max_lifespan_days))
        }
        Mark::ExpiresSoon => record.valid_to.is_some_and(|end| {
            end.0.saturating_sub(now.0) <= i64::from(limits.expiring_within_days) * DAY
        }),
    };
    Mark::ALL.into_iter().filter(holds).collect()
}

/// The one of `names` with which most can be done: full access, then what does most harm, then what
/// comes with most others. A scope that nobody knows comes last.
pub(super) fn broadest<'n>(names: impl IntoIterator<Item = &'n String>) -> Option<&'n str> {
    let rank = |name: &&String| match scopes::find(name) {
        None => (false, Harm::Unknown, Reverse(0)),
        Some(scope) => {
            let comes_with = CATALOGUE.iter().filter(|other| scope.implies(other));
            let comes_with = Reverse(comes_with.count());
            (!scope.is_full_access(), scope.harm, comes_with)
        }
    };
    let known = |name: &&String| scopes::find(name).is_none();
    let names = names.into_iter();
    names
        .min_by(|a, b| (known(a), rank(a), a).cmp(&(known(b), rank(b), b)))
        .map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_000_000);

    fn record(scopes: &str, from_days: i64, to_days: i64) -> PatRecord {
        PatRecord {
            authorization_id: "an id".to_owned(),
            name: None,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            valid_from: Some(Timestamp(NOW.0 + from_days * DAY)),
            valid_to: Some(Timestamp(NOW.0 + to_days * DAY)),
            is_global: Some(false),
        }
    }

    #[test]
    fn each_mark_has_its_limit() {
        let limits = Limits {
            max_lifespan_days: 90,
            expiring_within_days: 14,
            allowed_scopes: Some(vec!["vso.code_write".to_owned(), "vso.work".to_owned()]),
        };
        let plain = || record("vso.code vso.work", -30, 30);
        let with = |change: fn(&mut PatRecord)| {
            let mut record = plain();
            change(&mut record);
            record
        };
        for (record, is_active, expected) in [
            (plain(), Some(true), &[][..]),
            (plain(), None, &[]),
            (plain(), Some(false), &[Mark::DisabledOwner]),
            (with(|it| it.is_global = Some(true)), None, &[Mark::Global]),
            (with(|it| it.is_global = None), None, &[]),
            (
                record("app_token", -30, 30),
                None,
                &[Mark::FullAccess, Mark::ForeignScope],
            ),
            (
                record("vso.code_manage", -30, 30),
                None,
                &[Mark::ForeignScope],
            ),
            (record("vso.code", -60, 30), None, &[]),
            (record("vso.code", -61, 30), None, &[Mark::LongLived]),
            (record("vso.code", -1, 14), None, &[Mark::ExpiresSoon]),
            (record("vso.code", -1, 15), None, &[]),
            (
                with(|it| (it.valid_from, it.valid_to) = (None, None)),
                None,
                &[],
            ),
        ] {
            assert_eq!(
                marks(&record, is_active, &limits, NOW),
                expected,
                "{record:?}"
            );
        }
        let all = Limits {
            allowed_scopes: None,
            ..limits
        };
        assert_eq!(marks(&record("vso.new", -1, 20), None, &all, NOW), []);
    }

    #[test]
    fn what_has_ended_is_not_live() {
        let listed = |is_valid, to_days| ListedPat {
            c3id: None,
            is_valid,
            owner_id: None,
            organizations: None,
            record: record("vso.code", -50, to_days),
        };
        for (is_valid, to_days, expected) in [
            (Some(true), 1, true),
            (None, 1, true),
            (Some(false), 1, false),
            (Some(true), 0, false),
            (Some(true), -1, false),
        ] {
            assert_eq!(is_live(&listed(is_valid, to_days), NOW), expected);
        }
    }

    #[test]
    fn the_broadest_scope_is_that_of_most_harm() {
        for (names, expected) in [
            ("vso.code app_token vso.tokens", Some("app_token")),
            ("vso.work vso.code_write", Some("vso.code_write")),
            ("vso.code_write vso.code_full", Some("vso.code_full")),
            ("vso.unheard vso.profile", Some("vso.profile")),
            ("vso.unheard", Some("vso.unheard")),
            ("", None),
        ] {
            let names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
            assert_eq!(broadest(&names), expected);
        }
    }

    #[test]
    fn the_end_of_global_tokens_is_the_day_that_was_announced() {
        let day = jiff::Timestamp::from_second(GLOBAL_END.0).expect("a date");
        assert_eq!(day.to_string(), "2026-12-01T00:00:00Z");
    }
}
