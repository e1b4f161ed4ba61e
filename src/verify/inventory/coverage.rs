//! How much of an organisation's list was read, and what that says of a token that was not found.

use super::errand::Halt;
use super::{Breadth, Site};
use crate::model::{ServiceEvidence, ValidityReason};
use crate::providers::azure_devops::Refusal;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// People whose whole list was read.
    pub(super) listed: usize,
    /// People whose whole list was read in an earlier run, a short while ago.
    pub(super) earlier: usize,
    /// People whose list could not be read, and why that of the last one could not.
    pub(super) failed: usize,
    pub(super) last_failure: Option<(Refusal, ServiceEvidence)>,
    /// People whom the list does not know.
    pub(super) unknown: usize,
    /// People who are known; all of them if `knows_all`.
    pub(super) people: usize,
    pub(super) knows_all: bool,
    /// Tokens that were listed, and those of them with a C3ID.
    pub(super) records: usize,
    pub(super) with_c3id: usize,
    /// Why nothing more was asked, before all was read.
    pub(super) end: Option<End>,
    /// What the list was asked by, without whose it was.
    pub(super) endpoint: String,
}

/// Why an organisation is asked nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The run is at an end.
    Halt(Halt),
    /// The service refuses the list as such.
    Refused(ServiceEvidence),
    /// The list names no C3IDs.
    NoC3ids,
}

impl Coverage {
    /// What this says of a token that was not found, and in which words; `None` if it says nothing,
    /// for the operator had enough.
    pub(super) fn verdict(
        &self,
        site: &Site,
        breadth: Breadth,
    ) -> Option<(ValidityReason, ServiceEvidence)> {
        let told = |reason, message: String| {
            let evidence = ServiceEvidence {
                status: (self.listed > 0).then_some(200),
                type_key: None,
                message: Some(message),
                endpoint: self.endpoint.clone(),
            };
            Some((reason, evidence))
        };
        let read = self.read(breadth);
        match &self.end {
            Some(End::Halt(Halt::Stopped)) => return None,
            Some(End::Halt(Halt::OutOfBudget)) => {
                let message = format!("{read}; the limit of time or requests was reached");
                return told(ValidityReason::BudgetExhausted, message);
            }
            Some(End::Halt(Halt::Unreachable)) => {
                let message = format!("{read}; several requests in a row were not answered");
                return told(ValidityReason::Inconclusive, message);
            }
            Some(End::Halt(Halt::SignIn(why))) => {
                return told(ValidityReason::Inconclusive, format!("{read}; {why}"));
            }
            Some(End::Refused(evidence)) => {
                return Some((ValidityReason::Inconclusive, evidence.clone()));
            }
            Some(End::NoC3ids) => {
                let message = format!(
                    "the list of {} names no C3IDs, so no token can be looked up in it",
                    site.organization
                );
                return told(ValidityReason::Inconclusive, message);
            }
            None => {}
        }
        match &self.last_failure {
            Some((refusal, evidence)) => {
                let reason = match refusal {
                    Refusal::Throttled => ValidityReason::Throttled,
                    _ => ValidityReason::Inconclusive,
                };
                let why = evidence.message.as_deref().unwrap_or("no reason was given");
                told(
                    reason,
                    format!("{read}; {} could not be read: {why}", lists(self.failed)),
                )
            }
            None if self.listed + self.earlier > 0 => {
                told(ValidityReason::NotInInventory, format!("not in it: {read}"))
            }
            // That all of them left since they were named is no answer.
            None if self.unknown > 0 => {
                let message = format!("{read}; whoever was asked about is said to be unknown");
                told(ValidityReason::Inconclusive, message)
            }
            None => {
                let message = "nobody is known who is likely to own it".to_owned();
                told(ValidityReason::NotAttempted, message)
            }
        }
    }

    /// What people are told of an organisation at which `missing` tokens were not found.
    pub(super) fn note(&self, site: &Site, breadth: Breadth, missing: usize) -> Option<String> {
        let (_, evidence) = self.verdict(site, breadth)?;
        let next = match (&self.end, breadth) {
            (None, Breadth::Likely) => "; --inventory full lists everybody",
            (Some(End::Halt(Halt::OutOfBudget)), Breadth::Full) => {
                "; --inventory-state goes on where a run has ended"
            }
            _ => "",
        };
        let message = evidence.message.as_deref().unwrap_or("no reason was given");
        Some(format!(
            "inventory of {}: {} of {} not found: {message}{next}",
            site.organization,
            missing,
            match site.sought.len() {
                1 => "1 token".to_owned(),
                number => format!("{number} tokens"),
            },
        ))
    }

    /// How much was read, in words.
    fn read(&self, breadth: Breadth) -> String {
        let read = lists(self.listed + self.earlier);
        let earlier = match self.earlier {
            0 => String::new(),
            earlier => format!(" ({earlier} of them in an earlier run)"),
        };
        match breadth {
            Breadth::Likely => format!("{read} of likely owners read{earlier}"),
            Breadth::Full if self.knows_all => {
                format!("{read} of {} people read{earlier}", self.people)
            }
            Breadth::Full => format!(
                "{read} of at least {} people read{earlier}",
                self.people.max(1)
            ),
        }
    }
}

fn lists(number: usize) -> String {
    match number {
        1 => "1 list".to_owned(),
        _ => format!("{number} lists"),
    }
}
