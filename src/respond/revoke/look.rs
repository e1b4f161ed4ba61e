//! What the list of an owner's tokens says about orders now.

use std::collections::{BTreeMap, BTreeSet};

use super::Run;
use crate::model::{IssueMonth, Owner, PatRecord, Timestamp};
use crate::policy::Certainty;
use crate::providers::azure_devops::{ListedPat, Verdict};
use crate::providers::entra::Grant;
use crate::respond::listing::{Listing, Unread};
use crate::respond::matching::{self, Facts};
use crate::respond::plan::{Order, Route};

/// What the list says about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// It is as planned.
    Valid,
    /// It is there, and revoked.
    Revoked,
    /// It is not there.
    Gone,
    /// It is there as something else.
    Differs(&'static str),
    /// The same, and a token with its C3ID is valid.
    Lives(&'static str),
    /// The list could not be read.
    Unread(Unread),
}

impl Run<'_, '_> {
    /// What the list says about each of `orders`.
    pub(super) fn look(&self, grant: &Grant, orders: &[Order]) -> Vec<(Order, Listed)> {
        let mut lists: BTreeMap<_, Result<Listing, Unread>> = BTreeMap::new();
        let found = orders.iter().map(|order| {
            let list = lists.entry((order.route, &order.owner)).or_insert_with(|| {
                let lister = self.revoker.lister;
                match order.route {
                    Route::Administrator => lister.pats(&order.organization, &order.owner, grant),
                    Route::Owner => lister.own_pats(&order.organization, grant),
                }
            });
            let listed = match list {
                Ok(list) => match listed(order, &list.pats) {
                    Listed::Valid if self.is_unsent(order) => self.stands(order, list),
                    listed => listed,
                },
                Err(why) => Listed::Unread(why.clone()),
            };
            (order.clone(), listed)
        });
        found.collect()
    }

    /// Whether it is what was shown, and what is only probable still is, before it is acted on.
    fn stands(&self, order: &Order, list: &Listing) -> Listed {
        let pat = list.pats.iter().find(|pat| is_it(order, pat));
        if let Some(why) = pat.and_then(|pat| difference(order, &pat.record)) {
            return Listed::Differs(why);
        }
        if order.matched != Certainty::Probable.as_str() {
            return Listed::Valid;
        }
        let now = (self.revoker.now)();
        let accepted_at = match self.value(order) {
            Some(value) => {
                let verdict = self.present(value, order, &order.organization);
                let is_owner = |owner: &Owner| owner.descriptor.as_ref() == Some(&order.owner);
                match verdict {
                    Some(Verdict::Accepted(owner)) if is_owner(&owner) => Some(now),
                    _ => return Listed::Differs("it is not let in as its owner's any more"),
                }
            }
            None => order.grounds.accepted_at.map(Timestamp),
        };
        let facts = Facts {
            c3id: &order.c3id,
            issued: order.grounds.issued.as_deref().and_then(month),
            owner_id: order.grounds.owner_id.as_deref(),
            instance: order.grounds.instance.as_deref(),
            accepted_at,
            first_seen: order.grounds.first_seen.map(Timestamp),
            held: &order.grounds.held,
            lacking: &order.grounds.lacking,
            now,
        };
        let found = matching::find(&facts, list);
        match (&*found.records, found.certainty) {
            ([pat], Certainty::Probable) if is_it(order, pat) => Listed::Valid,
            ([pat], _) if is_it(order, pat) => Listed::Differs(
                "it is only probable, and was let in more than five minutes ago: give its value \
                 with --from and --source, --sealed or --tokens",
            ),
            _ => Listed::Differs("it is not the only one any more that may be the leaked token"),
        }
    }
}

/// A month such as `2026-11`.
fn month(text: &str) -> Option<IssueMonth> {
    let (year, month) = text.split_once('-')?;
    Some(IssueMonth {
        year: year.parse().ok()?,
        month: month.parse().ok()?,
    })
}

fn is_it(order: &Order, pat: &ListedPat) -> bool {
    let id = &pat.record.authorization_id;
    id.eq_ignore_ascii_case(&order.authorization_id)
}

/// What of `record` is not as it was shown when `order` was planned. What is certain may have been
/// given another name: its C3ID says that it is the same.
fn difference(order: &Order, record: &PatRecord) -> Option<&'static str> {
    let shown = order.grounds.recorded.as_ref()?;
    let seconds = |time: Option<Timestamp>| time.map(|time| time.0);
    let is_certain = order.matched == Certainty::Certain.as_str();
    let is_named = is_certain || shown.name.is_none() || shown.name == record.name;
    let sorted = |scopes: &[String]| scopes.iter().cloned().collect::<BTreeSet<_>>();
    [
        (is_named, "its name is not the one that was shown any more"),
        (
            sorted(&shown.scopes) == sorted(&record.scopes),
            "its scopes are not those that were shown any more",
        ),
        (
            shown.valid_from == seconds(record.valid_from),
            "it does not begin when it was shown to any more",
        ),
        (
            shown.valid_to == seconds(record.valid_to),
            "it does not end when it was shown to any more",
        ),
    ]
    .into_iter()
    .find_map(|(is_same, why)| (!is_same).then_some(why))
}

/// What the whole list of an owner says about `order`.
fn listed(order: &Order, list: &[ListedPat]) -> Listed {
    let theirs = list
        .iter()
        .filter(|it| it.c3id.as_ref() == Some(&order.c3id));
    let lives = theirs.clone().any(|pat| pat.is_valid != Some(false));
    let differs = |why| {
        if lives {
            Listed::Lives(why)
        } else {
            Listed::Differs(why)
        }
    };
    let elsewhere = "the list has it under another authorization id";
    // A list that says of one that it is valid and that it is not, lags behind.
    let mut pats = list.iter().filter(|pat| is_it(order, pat));
    let Some(pat) = pats
        .clone()
        .find(|pat| pat.is_valid != Some(false))
        .or_else(|| pats.next())
    else {
        return if lives {
            Listed::Lives(elsewhere)
        } else {
            Listed::Gone
        };
    };
    let has_others = theirs.clone().any(|other| !is_it(order, other));
    match &pat.c3id {
        Some(c3id) if *c3id != order.c3id => {
            return differs("that authorization id is another token's");
        }
        // Which of several it is, a person may say.
        Some(_) if has_others && order.matched != Certainty::Asserted.as_str() => {
            return differs("the list has several tokens with its C3ID");
        }
        None if has_others => return differs(elsewhere),
        None if order.matched == Certainty::Certain.as_str() => {
            return Listed::Differs("the list does not tell its C3ID any more");
        }
        _ => (),
    }
    match pat.is_valid {
        Some(false) if lives => Listed::Lives("the list has another token with its C3ID as valid"),
        Some(false) => Listed::Revoked,
        _ => Listed::Valid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::respond::plan::{Grounds, Recorded};

    fn pat(id: &str, c3id: Option<&str>, is_valid: bool) -> ListedPat {
        ListedPat {
            c3id: c3id.map(str::to_owned),
            is_valid: Some(is_valid),
            owner_id: None,
            organizations: None,
            record: PatRecord {
                authorization_id: id.to_owned(),
                name: None,
                scopes: Vec::new(),
                valid_from: None,
                valid_to: None,
                is_global: None,
            },
        }
    }

    /// To revoke the token `A` under the id `1`.
    fn order(certainty: Certainty) -> Order {
        Order {
            organization: "contoso".to_owned(),
            c3id: "A".to_owned(),
            authorization_id: "1".to_owned(),
            route: Route::Administrator,
            owner: "aad.owner".to_owned(),
            matched: certainty.as_str().to_owned(),
            grounds: Grounds::default(),
        }
    }

    #[test]
    fn only_what_was_planned_is_valid() {
        let order = order(Certainty::Certain);
        let ours = pat("1", Some("A"), true);
        let other = pat("2", Some("B"), true);
        for (list, expected) in [
            (vec![ours.clone(), other.clone()], Listed::Valid),
            (
                vec![pat("1", Some("A"), false), other.clone()],
                Listed::Revoked,
            ),
            (vec![other], Listed::Gone),
            (
                vec![pat("2", Some("A"), true)],
                Listed::Lives("the list has it under another authorization id"),
            ),
            (vec![pat("2", Some("A"), false)], Listed::Gone),
            (
                vec![ours, pat("2", Some("A"), true)],
                Listed::Lives("the list has several tokens with its C3ID"),
            ),
            (
                vec![pat("1", Some("B"), true)],
                Listed::Differs("that authorization id is another token's"),
            ),
            (
                vec![pat("1", None, true)],
                Listed::Differs("the list does not tell its C3ID any more"),
            ),
        ] {
            assert_eq!(listed(&order, &list), expected);
        }
    }

    #[test]
    fn a_person_may_say_which_of_several_it_is_but_not_against_the_list() {
        let ours = |is_valid| pat("1", Some("A"), is_valid);
        let elsewhere = "the list has it under another authorization id";
        for (certainty, list, expected) in [
            (
                Certainty::Asserted,
                [ours(true), pat("2", Some("A"), true)],
                Listed::Valid,
            ),
            (
                Certainty::Probable,
                [ours(true), pat("2", Some("A"), false)],
                Listed::Lives("the list has several tokens with its C3ID"),
            ),
            (
                Certainty::Asserted,
                [ours(false), pat("2", Some("A"), true)],
                Listed::Lives("the list has another token with its C3ID as valid"),
            ),
            (
                Certainty::Asserted,
                [ours(false), pat("2", Some("A"), false)],
                Listed::Revoked,
            ),
            (
                Certainty::Asserted,
                [pat("1", None, true), pat("2", Some("A"), true)],
                Listed::Lives(elsewhere),
            ),
            (
                Certainty::Asserted,
                [pat("1", None, true), pat("2", Some("A"), false)],
                Listed::Differs(elsewhere),
            ),
            // The same one twice.
            (Certainty::Certain, [ours(true), ours(true)], Listed::Valid),
            (Certainty::Certain, [ours(false), ours(true)], Listed::Valid),
        ] {
            let order = order(certainty);
            assert_eq!(listed(&order, &list), expected, "{certainty:?} {list:?}");
        }
    }

    #[test]
    fn what_was_shown_is_compared() {
        let record = PatRecord {
            name: Some("build".to_owned()),
            scopes: vec!["vso.code".to_owned(), "vso.build".to_owned()],
            valid_from: Some(Timestamp(10)),
            valid_to: Some(Timestamp(20)),
            ..pat("1", None, true).record
        };
        let shown = Recorded {
            name: record.name.clone(),
            // In whatever order the list has them.
            scopes: vec!["vso.build".to_owned(), "vso.code".to_owned()],
            valid_from: Some(10),
            valid_to: Some(20),
        };
        let check =
            |shown: Option<&Recorded>, certainty: Certainty, record: &PatRecord, expected| {
                let grounds = Grounds {
                    recorded: shown.cloned(),
                    ..Grounds::default()
                };
                let order = Order {
                    grounds,
                    ..order(certainty)
                };
                assert_eq!(difference(&order, record), expected, "{record:?}");
            };
        let named = PatRecord {
            name: Some("another".to_owned()),
            ..record.clone()
        };
        let wider = PatRecord {
            scopes: vec!["app_token".to_owned()],
            ..record.clone()
        };
        let later = PatRecord {
            valid_from: Some(Timestamp(11)),
            ..record.clone()
        };
        let longer = PatRecord {
            valid_to: Some(Timestamp(21)),
            ..record.clone()
        };
        let unnamed = Recorded {
            name: None,
            ..shown.clone()
        };
        let scopes = Some("its scopes are not those that were shown any more");
        let start = Some("it does not begin when it was shown to any more");
        let end = Some("it does not end when it was shown to any more");
        let name = Some("its name is not the one that was shown any more");
        for certainty in [Certainty::Certain, Certainty::Asserted, Certainty::Probable] {
            check(Some(&shown), certainty, &record, None);
            check(Some(&shown), certainty, &wider, scopes);
            check(Some(&shown), certainty, &later, start);
            check(Some(&shown), certainty, &longer, end);
            check(Some(&unnamed), certainty, &named, None);
            // A plan of an earlier version does not say.
            check(None, certainty, &wider, None);
        }
        check(Some(&shown), Certainty::Certain, &named, None);
        check(Some(&shown), Certainty::Asserted, &named, name);
        check(Some(&shown), Certainty::Probable, &named, name);
    }
}
