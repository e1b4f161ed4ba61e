//! From a leaked token to the one that the service has on record: for certain by its C3ID; where
//! the service does not tell that, probably, by exclusion; never by trial. What a repository says of
//! it, which anybody may have forged, only ranks, as do the scopes that it was shown to hold: they can
//! make a match less sure, never surer.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use crate::model::{IssueMonth, Timestamp};
use crate::policy::Certainty;
use crate::providers::azure_devops::ListedPat;
use crate::verify::scopes;

/// How long ago the service may have let the token in as its owner.
const FRESH: i64 = 5 * 60;
/// How far the start of a token may lie outside the month that the token tells.
const SLACK: SignedDuration = SignedDuration::from_hours(24);

/// What is known of a leaked token.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// Its C3ID.
    pub c3id: &'f str,
    /// The month of its issue, where the token tells that.
    pub issued: Option<IssueMonth>,
    /// When the service last let it in as the owner of the list.
    pub accepted_at: Option<Timestamp>,
    /// The date of the first commit that holds it, as that commit says.
    pub first_seen: Option<Timestamp>,
    /// The scopes that it was shown to hold.
    pub held: &'f [String],
    /// The scopes that it was shown not to hold.
    pub lacking: &'f [String],
    /// What time it is.
    pub now: Timestamp,
}

/// The record of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match<'l> {
    /// How surely.
    pub certainty: Certainty,
    /// The record, or all that may be it, the likeliest first.
    pub records: Vec<&'l ListedPat>,
}

/// Finds the record of a token in the whole `list` of its owner.
pub fn find<'l>(facts: &Facts<'_>, list: &'l [ListedPat]) -> Match<'l> {
    let by_id = |pat: &&ListedPat| pat.c3id.as_deref() == Some(facts.c3id);
    let certain: Vec<_> = list.iter().filter(by_id).collect();
    if !certain.is_empty() {
        let is_one = certain.len() == 1;
        return Match {
            certainty: if is_one {
                Certainty::Certain
            } else {
                Certainty::Ambiguous
            },
            records: certain,
        };
    }
    let is_fresh = facts
        .accepted_at
        .is_some_and(|at| (0..=FRESH).contains(&(facts.now.0 - at.0)));
    let mut left: Vec<_> = list.iter().filter(|pat| may_be(facts, pat)).collect();
    left.sort_by_key(|pat| !is_likely(facts, pat));
    Match {
        certainty: match &*left {
            [] => Certainty::Unmatched,
            [one] if is_fresh && is_likely(facts, one) => Certainty::Probable,
            _ => Certainty::Ambiguous,
        },
        records: left,
    }
}

/// Whether nothing excludes that `pat` is the token.
fn may_be(facts: &Facts<'_>, pat: &ListedPat) -> bool {
    let record = &pat.record;
    let is_over = record.valid_to.is_some_and(|end| end <= facts.now);
    let is_of_month = match (facts.issued, record.valid_from) {
        (Some(month), Some(start)) => is_within(month, start),
        _ => true,
    };
    // One that tells another C3ID is another token.
    pat.c3id.is_none() && pat.is_valid != Some(false) && !is_over && is_of_month
}

/// Whether `pat` was there when the token was first seen, and holds what the token does.
fn is_likely(facts: &Facts<'_>, pat: &ListedPat) -> bool {
    let start = pat.record.valid_from;
    let seen = facts.first_seen;
    let was_there = seen
        .zip(start)
        .is_none_or(|(seen, start)| start.0 <= seen.0.saturating_add(SLACK.as_secs()));
    was_there && fits(facts, &pat.record.scopes)
}

/// Whether nothing that the probes showed contradicts `scopes`. A record that tells none has not been
/// read whole.
fn fits(facts: &Facts<'_>, scopes: &[String]) -> bool {
    let holds = |wanted: &String| scopes.iter().any(|held| scopes::implies(held, wanted));
    scopes.is_empty() || (facts.held.iter().all(holds) && !facts.lacking.iter().any(holds))
}

/// Whether `start` lies in `month` of UTC, or a day off.
fn is_within(month: IssueMonth, start: Timestamp) -> bool {
    let bounds = || -> Option<(jiff::Timestamp, jiff::Timestamp)> {
        let year = i16::try_from(month.year).ok()?;
        let first = Date::new(year, i8::try_from(month.month).ok()?, 1).ok()?;
        let next = first.checked_add(1.month()).ok()?;
        let midnight = |day: Date| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp());
        let earliest = midnight(first)?.checked_sub(SLACK).ok()?;
        let latest = midnight(next)?.checked_add(SLACK).ok()?;
        Some((earliest, latest))
    };
    let start = jiff::Timestamp::from_second(start.0).ok();
    // What cannot be told does not exclude.
    start
        .zip(bounds())
        .is_none_or(|(start, (earliest, latest))| (earliest..latest).contains(&start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PatRecord;

    fn at(text: &str) -> Timestamp {
        let time: jiff::Timestamp = text.parse().unwrap();
        Timestamp(time.as_second())
    }

    fn pat(id: &str, c3id: Option<&str>, start: &str) -> ListedPat {
        ListedPat {
            c3id: c3id.map(str::to_owned),
            is_valid: Some(true),
            owner_id: None,
            record: PatRecord {
                authorization_id: id.to_owned(),
                name: None,
                scopes: Vec::new(),
                valid_from: Some(at(start)),
                valid_to: Some(at("2027-01-01T00:00:00Z")),
                is_global: Some(false),
            },
        }
    }

    fn facts() -> Facts<'static> {
        Facts {
            c3id: "OURS",
            issued: Some(IssueMonth {
                year: 2026,
                month: 11,
            }),
            accepted_at: Some(at("2026-11-22T09:56:00Z")),
            first_seen: None,
            held: &[],
            lacking: &[],
            now: at("2026-11-22T10:00:00Z"),
        }
    }

    #[track_caller]
    fn check(facts: &Facts<'_>, list: &[ListedPat], certainty: Certainty, ids: &[&str]) {
        let found = find(facts, list);
        let records = found.records.iter();
        let found_ids: Vec<_> = records
            .map(|pat| pat.record.authorization_id.as_str())
            .collect();
        assert_eq!((found.certainty, &*found_ids), (certainty, ids));
    }

    #[test]
    fn a_c3id_is_certain_whatever_else_the_list_holds() {
        let list = [
            pat("1", None, "2026-11-10T00:00:00Z"),
            pat("2", Some("OURS"), "2020-01-01T00:00:00Z"),
            pat("3", Some("THEIRS"), "2026-11-10T00:00:00Z"),
        ];
        check(&facts(), &list, Certainty::Certain, &["2"]);
        let twice = [
            list[1].clone(),
            pat("4", Some("OURS"), "2020-01-01T00:00:00Z"),
        ];
        check(&facts(), &twice, Certainty::Ambiguous, &["2", "4"]);
    }

    #[test]
    fn the_only_one_left_is_probable() {
        let theirs = pat("1", Some("THEIRS"), "2026-11-10T00:00:00Z");
        let ours = pat("2", None, "2026-11-10T00:00:00Z");
        let mut revoked = pat("3", None, "2026-11-10T00:00:00Z");
        revoked.is_valid = Some(false);
        let mut expired = pat("4", None, "2026-11-10T00:00:00Z");
        expired.record.valid_to = Some(facts().now);
        let older = pat("5", None, "2026-10-10T00:00:00Z");
        let others = [theirs, revoked, expired, older];
        let mut all = others.to_vec();
        all.push(ours.clone());
        check(&facts(), &all, Certainty::Probable, &["2"]);
        check(&facts(), &others, Certainty::Unmatched, &[]);
        let look_alike = pat("6", None, "2026-11-11T00:00:00Z");
        let two = [ours, look_alike];
        check(&facts(), &two, Certainty::Ambiguous, &["2", "6"]);
    }

    #[test]
    fn the_month_may_be_a_day_off() {
        for (start, may_be) in [
            ("2026-10-30T23:59:59Z", false),
            ("2026-10-31T00:00:00Z", true),
            ("2026-12-01T23:59:59Z", true),
            ("2026-12-02T00:00:00Z", false),
        ] {
            let list = [pat("1", None, start)];
            let certainty = if may_be {
                Certainty::Probable
            } else {
                Certainty::Unmatched
            };
            assert_eq!(find(&facts(), &list).certainty, certainty, "{start}");
            let legacy = Facts {
                issued: None,
                ..facts()
            };
            assert_eq!(
                find(&legacy, &list).certainty,
                Certainty::Probable,
                "{start}"
            );
        }
    }

    #[test]
    fn commit_dates_only_rank() {
        let earlier = pat("1", None, "2026-11-02T00:00:00Z");
        let later = pat("2", None, "2026-11-10T00:00:00Z");
        let seen = |date: &str| Facts {
            first_seen: Some(at(date)),
            ..facts()
        };
        // A date, forged or not, that does not fit makes it doubtful.
        let one = [later.clone()];
        check(
            &seen("2026-11-20T00:00:00Z"),
            &one,
            Certainty::Probable,
            &["2"],
        );
        check(
            &seen("2026-11-09T00:00:00Z"),
            &one,
            Certainty::Probable,
            &["2"],
        );
        check(
            &seen("2026-11-08T23:59:59Z"),
            &one,
            Certainty::Ambiguous,
            &["2"],
        );
        // And none makes one of two sure.
        let two = [later, earlier];
        check(
            &seen("2026-11-05T00:00:00Z"),
            &two,
            Certainty::Ambiguous,
            &["1", "2"],
        );
        check(
            &seen("2026-11-20T00:00:00Z"),
            &two,
            Certainty::Ambiguous,
            &["2", "1"],
        );
    }

    #[test]
    fn probed_scopes_only_rank() {
        let with = |id: &str, scopes: &[&str]| {
            let mut pat = pat(id, None, "2026-11-10T00:00:00Z");
            pat.record.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            pat
        };
        let (code, work) = (with("1", &["vso.code_write"]), with("2", &["vso.work"]));
        let (full, unread) = (with("3", &["app_token"]), with("4", &[]));
        let names = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        let probed =
            |held: &[&str], lacking: &[&str], list: &[ListedPat], certainty, ids: &[&str]| {
                let (held, lacking) = (names(held), names(lacking));
                let facts = Facts {
                    held: &held,
                    lacking: &lacking,
                    ..facts()
                };
                check(&facts, list, certainty, ids);
            };
        let one = |pat: &ListedPat| [pat.clone()];
        // What one right comes with is held, too.
        probed(
            &["code"],
            &["work"],
            &one(&code),
            Certainty::Probable,
            &["1"],
        );
        probed(&["work"], &[], &one(&code), Certainty::Ambiguous, &["1"]);
        probed(&[], &["code"], &one(&code), Certainty::Ambiguous, &["1"]);
        probed(
            &["code", "work"],
            &[],
            &one(&full),
            Certainty::Probable,
            &["3"],
        );
        probed(
            &["code"],
            &["work"],
            &one(&full),
            Certainty::Ambiguous,
            &["3"],
        );
        probed(
            &["code"],
            &["work"],
            &one(&unread),
            Certainty::Probable,
            &["4"],
        );
        // And none makes one of two sure.
        let two = [work, code];
        probed(
            &["code"],
            &["work"],
            &two,
            Certainty::Ambiguous,
            &["1", "2"],
        );
        probed(&[], &[], &two, Certainty::Ambiguous, &["2", "1"]);
    }

    #[test]
    fn without_being_let_in_lately_nothing_is_probable() {
        let list = [pat("1", None, "2026-11-10T00:00:00Z")];
        for (accepted_at, certainty) in [
            (None, Certainty::Ambiguous),
            (Some("2026-11-22T09:54:59Z"), Certainty::Ambiguous),
            (Some("2026-11-22T10:00:01Z"), Certainty::Ambiguous),
            (Some("2026-11-22T09:55:00Z"), Certainty::Probable),
        ] {
            let facts = Facts {
                accepted_at: accepted_at.map(at),
                ..facts()
            };
            check(&facts, &list, certainty, &["1"]);
        }
    }
}
