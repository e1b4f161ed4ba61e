//! What decided about an order is asked again before it is sent.

use super::{Run, State};
use crate::respond::journal::JournalError;
use crate::respond::plan::Order;

/// What the policies say of an order by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vetted {
    /// It is to be revoked.
    Stands,
    /// It is not to be revoked any more, and why.
    Changed(String),
    /// That is not known, and why.
    Unknown(String),
}

/// How a plan came to be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// Somebody was shown it and typed the start of its id.
    Terminal,
    /// Its id was given, which covers what is ordered, and nothing that was said of it.
    Id,
    /// Its id and its digest were given, which cover all of it.
    Digest,
    /// By the policy of a run with nobody at hand.
    Policy,
    /// By an earlier line of the journal.
    Earlier,
}

impl Confirmed {
    /// The name in journals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Id => "id",
            Self::Digest => "digest",
            Self::Policy => "policy",
            Self::Earlier => "journal",
        }
    }
}

impl Run<'_, '_> {
    /// `order`, which the list shows as valid, if it is still to be sent.
    pub(super) fn vet(&mut self, order: Order) -> Result<Option<Order>, JournalError> {
        match (self.revoker.vet)(&order) {
            Vetted::Stands => Ok(Some(order)),
            Vetted::Changed(why) => self.drop(&order, State::Spared, &why),
            Vetted::Unknown(why) => {
                self.put_off(&[&order], &why)?;
                Ok(None)
            }
        }
    }
}
