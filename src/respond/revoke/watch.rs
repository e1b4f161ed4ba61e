//! Looks whether what was sent has taken effect, again and again if that is wanted.

use std::time::{Duration, Instant};

use super::look::Listed;
use super::tell::Stage;
use super::{Run, State};
use crate::respond::journal::JournalError;
use crate::respond::plan::Order;

/// How long the first pause between two looks is.
const FIRST_LOOK: Duration = Duration::from_secs(15);
/// How long such pauses grow.
const LAST_LOOK: Duration = Duration::from_secs(300);

impl Run<'_, '_> {
    /// Looks at orders, by organisation, all of them in each round, until all has ended or it is
    /// time; tells of each end.
    pub(super) fn watch(
        &mut self,
        mut open: Vec<(String, Vec<Order>)>,
    ) -> Result<(), JournalError> {
        let mut pause = FIRST_LOOK;
        loop {
            for (organization, orders) in &mut open {
                orders.retain(|order| !self.outcomes.contains_key(order));
                self.look_again(organization, orders)?;
                orders.retain(|order| self.is_open(order));
            }
            self.revoker.tell(Stage::Confirmed)?;
            let is_over = open.iter().all(|(_, orders)| orders.is_empty());
            let until = self.revoker.watch_until.filter(|_| !is_over);
            let Some(until) = until.filter(|&until| Instant::now() < until) else {
                return Ok(());
            };
            self.revoker.lister.sleep(until.min(Instant::now() + pause));
            if self.revoker.lister.is_stopped() {
                return Ok(());
            }
            pause = LAST_LOOK.min(2 * pause);
            self.logs.clear();
            for order in open.iter().flat_map(|(_, orders)| orders) {
                self.outcomes.remove(order);
            }
        }
    }

    /// Looks at the open orders of an organisation, signed in as long as a watch may take.
    fn look_again(&mut self, organization: &str, orders: &[Order]) -> Result<(), JournalError> {
        if orders.is_empty() {
            return Ok(());
        }
        let looked = match self.grant(organization) {
            Ok(grant) => self.look(&grant, orders),
            Err(why) => {
                let unread =
                    |order: &Order| (order.clone(), Listed::Unread(why.to_string().into()));
                orders.iter().map(unread).collect()
            }
        };
        for (order, listed) in looked {
            self.confirm(&order, &listed)?;
        }
        Ok(())
    }

    fn is_open(&self, order: &Order) -> bool {
        let outcome = self.outcomes.get(order);
        outcome.is_some_and(|(state, _)| matches!(state, State::Confirming | State::Unseen))
    }
}
