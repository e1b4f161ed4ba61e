//! Looks whether what was sent has taken effect, again and again if that is wanted.

use std::iter;
use std::time::{Duration, Instant};

use super::look::Listed;
use super::send::Sent;
use super::tell::Stage;
use super::{Run, State};
use crate::respond::journal::JournalError;
use crate::respond::plan::Order;

/// How long the first pause between two looks is.
const FIRST_LOOK: Duration = Duration::from_secs(15);
/// How long such pauses grow.
const LAST_LOOK: Duration = Duration::from_secs(300);

/// The pauses between looks, without end.
fn pauses() -> impl Iterator<Item = Duration> {
    iter::successors(Some(FIRST_LOOK), |pause| Some(LAST_LOOK.min(2 * *pause)))
}

impl Run<'_, '_> {
    /// Looks at orders, by organisation, all of them in each round, until all has ended or it is
    /// time; tells of each end.
    pub(super) fn watch(
        &mut self,
        mut open: Vec<(String, Vec<Order>)>,
    ) -> Result<(), JournalError> {
        for pause in pauses() {
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
            self.logs.clear();
            for order in open.iter().flat_map(|(_, orders)| orders) {
                self.outcomes.remove(order);
            }
        }
        Ok(())
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

    /// Whether `order` may still show as done. What was rejected or not answered may have been done
    /// all the same, before or by that, and lists lag behind.
    fn is_open(&self, order: &Order) -> bool {
        let sent = self.sent.get(order).copied();
        match self.outcomes.get(order) {
            Some((State::Confirming | State::Unseen, _)) => true,
            Some((State::Failed, _)) => sent.is_some_and(Sent::may_be_done),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_15_seconds_to_5_minutes() {
        let seconds: Vec<_> = pauses().take(8).map(|pause| pause.as_secs()).collect();
        assert_eq!(seconds, [15, 30, 60, 120, 240, 300, 300, 300]);
        // A watch of 65 minutes, to look after each.
        let mut total = Duration::ZERO;
        let looks = pauses().take_while(|&pause| {
            total += pause;
            total <= Duration::from_mins(65)
        });
        assert_eq!(looks.count(), 16);
    }
}
