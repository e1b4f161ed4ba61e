//! From a leaked token to the one that the service has on record: for certain by its C3ID; where
//! the service does not tell that, probably, by exclusion; never by trial. What a repository says of
//! it, which anybody may have forged, only ranks, as do the scopes that it was shown to hold: they can
//! make a match less sure, never surer.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use super::listing::Listing;
use crate::model::{IssueMonth, Timestamp};
use crate::policy::Certainty;
use crate::providers::azure_devops::ListedPat;
use crate::verify::scopes;

/// How long ago the service may have let the token in as its owner.
const FRESH: i64 = 5 * 60;
/// How far the start of a token may lie outside the month that the token tells, and how long after its
/// end the service may still let it in.
const SLACK: SignedDuration = SignedDuration::from_hours(24);

/// What is known of a leaked token.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// Its C3ID.
    pub c3id: &'f str,
    /// The month of its issue, where the token tells that.
    pub issued: Option<IssueMonth>,
    /// The id of its owner, where it was let in.
    pub owner_id: Option<&'f str>,
    /// The id of the organisation that let it in.
    pub instance: Option<&'f str>,
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
///
/// What is not excluded is a rival, also where it could not be acted on: what was revoked a moment ago
/// is let in for up to an hour, and then the only valid one that is left is another token.
pub fn find<'l>(facts: &Facts<'_>, list: &'l Listing) -> Match<'l> {
    let by_id = |pat: &&ListedPat| pat.c3id.as_deref() == Some(facts.c3id);
    let certain: Vec<_> = list.pats.iter().filter(by_id).collect();
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
    // Where the list calls nobody by the owner's id, it may call everybody by ids of another kind.
    let tells_owners = list
        .pats
        .iter()
        .any(|pat| is_owners(facts, pat) == Some(true));
    let may_be = |pat: &&ListedPat| {
        let is_of_another = tells_owners && is_owners(facts, pat) == Some(false);
        !is_of_another && may_be(facts, list.date, pat)
    };
    let mut left: Vec<_> = list.pats.iter().filter(may_be).collect();
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

/// Whether nothing excludes that `pat`, listed at `date`, is the token. That it is not valid any more
/// does not.
fn may_be(facts: &Facts<'_>, date: Option<Timestamp>, pat: &ListedPat) -> bool {
    let record = &pat.record;
    // By the clock of the service: this one may be wrong.
    let ended = record.valid_to.zip(date);
    let is_over = ended.is_some_and(|(end, date)| end.0.saturating_add(SLACK.as_secs()) <= date.0);
    let is_of_month = match (facts.issued, record.valid_from) {
        (Some(month), Some(start)) => is_within(month, start),
        _ => true,
    };
    // One that tells another C3ID is another token.
    pat.c3id.is_none() && !is_over && is_of_month && is_for_here(facts, pat) != Some(false)
}

/// Whether `pat` is for the organisation that let the token in, where that is known.
fn is_for_here(facts: &Facts<'_>, pat: &ListedPat) -> Option<bool> {
    if pat.record.is_global == Some(true) {
        return Some(true);
    }
    let (organizations, here) = pat.organizations.as_ref().zip(facts.instance)?;
    Some(organizations.iter().any(|id| id.eq_ignore_ascii_case(here)))
}

/// Whether `pat` is of the owner as whom the token was let in, where that is known.
fn is_owners(facts: &Facts<'_>, pat: &ListedPat) -> Option<bool> {
    let (told, owner) = pat.owner_id.as_deref().zip(facts.owner_id)?;
    Some(told.eq_ignore_ascii_case(owner))
}

/// Whether `pat` is valid, for the place and of the person that the token was let in at and as, was
/// there when it was first seen, and holds what the token does.
fn is_likely(facts: &Facts<'_>, pat: &ListedPat) -> bool {
    let start = pat.record.valid_from;
    let seen = facts.first_seen;
    let was_there = seen
        .zip(start)
        .is_none_or(|(seen, start)| start.0 <= seen.0.saturating_add(SLACK.as_secs()));
    let is_theirs = is_owners(facts, pat) != Some(false) && is_for_here(facts, pat) == Some(true);
    let is_valid = pat.is_valid != Some(false);
    is_valid && is_theirs && was_there && fits(facts, &pat.record.scopes)
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
            owner_id: Some("owner".to_owned()),
            organizations: Some(vec!["HERE".to_owned()]),
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
            owner_id: Some("OWNER"),
            instance: Some("here"),
            accepted_at: Some(at("2026-11-22T09:56:00Z")),
            first_seen: None,
            held: &[],
            lacking: &[],
            now: at("2026-11-22T10:00:00Z"),
        }
    }

    fn listing(pats: &[ListedPat]) -> Listing {
        Listing {
            pats: pats.to_vec(),
            date: Some(facts().now),
        }
    }

    #[track_caller]
    fn check(facts: &Facts<'_>, list: &[ListedPat], certainty: Certainty, ids: &[&str]) {
        let list = listing(list);
        let found = find(facts, &list);
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
        let mut expired = pat("4", None, "2026-11-10T00:00:00Z");
        expired.record.valid_to = Some(at("2026-11-21T10:00:00Z"));
        let older = pat("5", None, "2026-10-10T00:00:00Z");
        let mut elsewhere = pat("6", None, "2026-11-10T00:00:00Z");
        elsewhere.organizations = Some(vec!["there".to_owned()]);
        let mut of_another = pat("7", None, "2026-11-10T00:00:00Z");
        of_another.owner_id = Some("another".to_owned());
        let others = [theirs, expired, older, elsewhere, of_another];
        let mut all = others.to_vec();
        all.push(ours.clone());
        check(&facts(), &all, Certainty::Probable, &["2"]);
        check(&facts(), &others, Certainty::Unmatched, &[]);
        let look_alike = pat("8", None, "2026-11-11T00:00:00Z");
        let two = [ours, look_alike];
        check(&facts(), &two, Certainty::Ambiguous, &["2", "8"]);
    }

    #[test]
    fn what_was_revoked_or_ended_a_moment_ago_may_still_be_it() {
        let ours = pat("1", None, "2026-11-10T00:00:00Z");
        let mut revoked = pat("2", None, "2026-11-10T00:00:00Z");
        revoked.is_valid = Some(false);
        let mut expired = pat("3", None, "2026-11-10T00:00:00Z");
        expired.record.valid_to = Some(at("2026-11-21T10:00:01Z"));
        let alone = std::slice::from_ref(&revoked);
        check(&facts(), alone, Certainty::Ambiguous, &["2"]);
        let two = [ours.clone(), revoked];
        check(&facts(), &two, Certainty::Ambiguous, &["1", "2"]);
        let two = [ours, expired];
        check(&facts(), &two, Certainty::Ambiguous, &["1", "3"]);
    }

    #[test]
    fn the_clock_of_this_machine_excludes_nothing() {
        let ours = pat("1", None, "2026-11-10T00:00:00Z");
        let mut short = pat("2", None, "2026-11-10T00:00:00Z");
        short.record.valid_to = Some(at("2026-11-23T00:00:00Z"));
        let (now, accepted_at) = (at("2027-01-01T00:00:00Z"), at("2026-12-31T23:59:00Z"));
        let ahead = Facts {
            accepted_at: Some(accepted_at),
            now,
            ..facts()
        };
        check(
            &ahead,
            &[ours, short.clone()],
            Certainty::Ambiguous,
            &["1", "2"],
        );
        let undated = Listing {
            pats: vec![short],
            date: None,
        };
        assert_eq!(find(&ahead, &undated).certainty, Certainty::Probable);
    }

    #[test]
    fn whose_and_where_it_is_counts_only_where_that_is_known() {
        let of = |id: &str, owner: Option<&str>, organizations: Option<&[&str]>| {
            let names = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
            ListedPat {
                owner_id: owner.map(str::to_owned),
                organizations: organizations.map(names),
                ..pat(id, None, "2026-11-10T00:00:00Z")
            }
        };
        let unnamed = of("1", None, Some(&["here"]));
        check(
            &facts(),
            std::slice::from_ref(&unnamed),
            Certainty::Probable,
            &["1"],
        );
        // Ids of another kind would leave the one without as the only one.
        let two = [unnamed, of("2", Some("another kind"), Some(&["here"]))];
        check(&facts(), &two, Certainty::Ambiguous, &["1", "2"]);
        check(&facts(), &two[1..], Certainty::Ambiguous, &["2"]);
        let placeless = [of("3", Some("owner"), None)];
        check(&facts(), &placeless, Certainty::Ambiguous, &["3"]);
        let nowhere = Facts {
            instance: None,
            ..facts()
        };
        let two = [
            of("4", Some("owner"), Some(&["there"])),
            of("5", Some("owner"), Some(&["here"])),
        ];
        check(&nowhere, &two, Certainty::Ambiguous, &["4", "5"]);
        check(&facts(), &two, Certainty::Probable, &["5"]);
    }

    #[test]
    fn the_month_may_be_a_day_off() {
        for (start, may_be) in [
            ("2026-10-30T23:59:59Z", false),
            ("2026-10-31T00:00:00Z", true),
            ("2026-12-01T23:59:59Z", true),
            ("2026-12-02T00:00:00Z", false),
        ] {
            let list = listing(&[pat("1", None, start)]);
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
