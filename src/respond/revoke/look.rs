//! What the administrator's list says about orders now.

use std::collections::BTreeMap;

use super::Run;
use crate::policy::Certainty;
use crate::providers::azure_devops::ListedPat;
use crate::providers::entra::Grant;
use crate::respond::listing::Unread;
use crate::respond::plan::Order;

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
    /// The list could not be read.
    Unread(Unread),
}

impl Run<'_, '_> {
    /// What the list says about each of `orders`.
    pub(super) fn look(&self, grant: &Grant, orders: &[Order]) -> Vec<(Order, Listed)> {
        let mut lists: BTreeMap<&str, Result<Vec<ListedPat>, Unread>> = BTreeMap::new();
        let found = orders.iter().map(|order| {
            let list = lists.entry(&order.owner).or_insert_with(|| {
                let lister = self.revoker.lister;
                lister.pats(&order.organization, &order.owner, grant)
            });
            let listed = match list {
                Ok(list) => listed(order, list),
                Err(why) => Listed::Unread(why.clone()),
            };
            (order.clone(), listed)
        });
        found.collect()
    }
}

/// What the whole list of an owner says about `order`.
fn listed(order: &Order, list: &[ListedPat]) -> Listed {
    let is_it = |pat: &&ListedPat| {
        let id = &pat.record.authorization_id;
        id.eq_ignore_ascii_case(&order.authorization_id)
    };
    let Some(pat) = list.iter().find(is_it) else {
        return Listed::Gone;
    };
    match &pat.c3id {
        Some(c3id) if *c3id != order.c3id => {
            return Listed::Differs("that authorization id is another token's");
        }
        None if order.matched == Certainty::Certain.as_str() => {
            return Listed::Differs("the list does not tell its C3ID any more");
        }
        _ => (),
    }
    match pat.is_valid {
        Some(false) => Listed::Revoked,
        _ => Listed::Valid,
    }
}
