//! `[policy]`: what is done about confirmed leaks.

use super::choice;
use crate::model::Timestamp;
use crate::policy::{Allowed, AutoRevoke, ExposureRule, Policy, Whom};
use crate::rules::document::{KeyError, Section};

/// The keys of the table.
pub(super) const KEYS: &[&str] = &[
    "auto_revoke",
    "exposure",
    "max_revocations",
    "notify",
    "allow",
];
/// The keys of what is left alone.
const ALLOW_KEYS: &[&str] = &["c3id", "owner", "reason", "until"];

/// What the table says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::cli) struct PolicyTable {
    /// `auto_revoke`.
    pub(in crate::cli) auto_revoke: Option<AutoRevoke>,
    /// `exposure`.
    pub(in crate::cli) exposure: Option<ExposureRule>,
    /// `max_revocations`.
    pub(in crate::cli) max_revocations: Option<u64>,
    /// `notify`: whether people are told over the channels of `[notify]`.
    pub(in crate::cli) notify: Option<bool>,
    /// `[[policy.allow]]`.
    pub(in crate::cli) allowed: Vec<Allowed>,
}

impl PolicyTable {
    /// Whether people are told.
    pub(in crate::cli) fn tells(&self) -> bool {
        self.notify.unwrap_or(true)
    }

    /// The policy, with defaults for what it does not say.
    pub(in crate::cli) fn policy(&self, accepts_probable: bool) -> Policy {
        Policy {
            auto_revoke: self.auto_revoke.unwrap_or_default(),
            exposure: self.exposure.unwrap_or_default(),
            accepts_probable,
            allowed: self.allowed.clone(),
        }
    }
}

/// Reads the table, if there is one.
pub(super) fn parse(root: &Section<'_, '_>) -> Result<PolicyTable, KeyError> {
    let Some(table) = root.table("policy", KEYS)? else {
        return Ok(PolicyTable::default());
    };
    let tables = table.tables("allow", ALLOW_KEYS)?;
    let max_revocations = table.unsigned("max_revocations")?;
    let notify = table.boolean("notify")?;
    Ok(PolicyTable {
        auto_revoke: choice(
            &table,
            "auto_revoke",
            AutoRevoke::named,
            &AutoRevoke::ALL.map(AutoRevoke::as_str).join(", "),
        )?,
        exposure: choice(
            &table,
            "exposure",
            ExposureRule::named,
            &ExposureRule::ALL.map(ExposureRule::as_str).join(", "),
        )?,
        max_revocations: max_revocations.map(|field| field.value),
        notify: notify.map(|field| field.value),
        allowed: tables.iter().map(allowed).collect::<Result<_, _>>()?,
    })
}

/// What is left alone says why, and until when.
fn allowed(table: &Section<'_, '_>) -> Result<Allowed, KeyError> {
    let whom = match (table.string("c3id")?, table.string("owner")?) {
        (Some(c3id), None) => Whom::C3id(c3id.value),
        (None, Some(owner)) => Whom::Owner(owner.value),
        (Some(_), Some(owner)) => {
            return Err(owner.reject("only one of `c3id` and `owner` is used", None));
        }
        (None, None) => return Err(table.missing("c3id")),
    };
    let until = table.required("until")?;
    let Ok(day) = until.value.parse::<jiff::civil::Date>() else {
        return Err(until.reject("is no date", Some("write it as in 2026-11-22")));
    };
    // The day that is named is the last one; behind the last that a clock can show, there is no end.
    let next = day.tomorrow();
    let end = next.and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC));
    let end = end.map_or(jiff::Timestamp::MAX, |end| end.timestamp());
    Ok(Allowed {
        whom,
        reason: table.required("reason")?.value,
        until: Timestamp(end.as_second()),
    })
}
