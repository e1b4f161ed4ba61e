//! Asks again, before an order is sent, what decided that it is one: the operator's policy as it stands
//! now, and the tenant's as it is now.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::super::config::PolicyTable;
use super::super::desk::{Desk, Site};
use super::super::settings::now;
use crate::policy::{AutoRevoke, ExposureRule, TenantPolicy, Whom};
use crate::respond::listing::Lister;
use crate::respond::plan::{Order, Permission};
use crate::respond::revoke::Vetted;

/// By what it is asked.
pub(super) struct Vetting<'v> {
    desk: &'v Desk,
    table: &'v PolicyTable,
    sites: &'v BTreeMap<String, Site>,
    lister: Lister<'v>,
    /// Accounts by organisation and descriptor, as the service told them.
    accounts: RefCell<BTreeMap<(String, String), Option<String>>>,
}

impl<'v> Vetting<'v> {
    /// Asks the policy of `table`, and what `sites` have said.
    pub(super) fn new(
        desk: &'v Desk,
        table: &'v PolicyTable,
        sites: &'v BTreeMap<String, Site>,
        lister: Lister<'v>,
    ) -> Self {
        Self {
            desk,
            table,
            sites,
            lister,
            accounts: RefCell::default(),
        }
    }

    /// Whether `order` is still to be sent.
    pub(super) fn vet(&self, order: &Order) -> Vetted {
        match self.allowance(order) {
            Vetted::Stands => (),
            other => return other,
        }
        let grounds = &order.grounds;
        if self.table.exposure == Some(ExposureRule::Public) && !grounds.is_public {
            let why = "by now your policy revokes only what everybody can read";
            return Vetted::Changed(why.to_owned());
        }
        match (self.table.auto_revoke, grounds.permission) {
            (Some(AutoRevoke::Off), _) => {
                Vetted::Changed("by now your policy revokes nothing".to_owned())
            }
            // What no policy says now is as it was when somebody confirmed it.
            (Some(AutoRevoke::On), _) | (None, Permission::Operator) => Vetted::Stands,
            (Some(AutoRevoke::Tenant), _) | (None, Permission::Tenant) => self.tenant(order),
        }
    }

    /// What the policy of the tenant says.
    fn tenant(&self, order: &Order) -> Vetted {
        let tenant = self.sites.get(&order.organization).map(|site| &site.tenant);
        match tenant.map(|tenant| (tenant.policy, &tenant.message)) {
            Some((TenantPolicy::On | TenantPolicy::NeverSet, _)) => Vetted::Stands,
            Some((TenantPolicy::Off, _)) => {
                Vetted::Changed("by now the tenant revokes no leaked tokens".to_owned())
            }
            Some((TenantPolicy::Unreadable, Some(why))) => {
                Vetted::Unknown(format!("by now the tenant's policy cannot be read: {why}"))
            }
            Some((TenantPolicy::Unreadable, None)) | None => {
                Vetted::Unknown("by now the tenant's policy cannot be read".to_owned())
            }
        }
    }

    /// Whether the operator has come to allow the token, or all of its owner.
    fn allowance(&self, order: &Order) -> Vetted {
        let mut accounts = None;
        for allowed in self.table.allowed.iter().filter(|it| now() < it.until) {
            let is_meant = match &allowed.whom {
                Whom::C3id(c3id) => *c3id == order.c3id,
                Whom::Owner(account) => {
                    let known = accounts.get_or_insert_with(|| self.accounts(order));
                    if known.is_empty() {
                        let why = "your policy allows tokens by their owner, and by now nobody \
                                   knows whose it is";
                        return Vetted::Unknown(why.to_owned());
                    }
                    known.iter().any(|it| it.eq_ignore_ascii_case(account))
                }
            };
            if is_meant {
                return Vetted::Changed(format!(
                    "by now your policy allows it: {}",
                    allowed.reason
                ));
            }
        }
        Vetted::Stands
    }

    /// The accounts under which its owner is known: now, and when the plan was made.
    fn accounts(&self, order: &Order) -> Vec<String> {
        let key = (order.organization.clone(), order.owner.clone());
        let mut known = self.accounts.borrow_mut();
        let told = known.entry(key).or_insert_with(|| {
            let credentials = self.desk.credentials(&order.organization)?;
            let grant = credentials.grant(self.lister.time_left()).ok()?;
            let told = self.desk.service.account(
                &order.organization,
                &order.owner,
                grant.credential(),
                self.lister.time_left(),
            );
            told.outcome.ok().flatten()
        });
        let planned = order.grounds.account.iter();
        planned.chain(told.iter()).cloned().collect()
    }
}
