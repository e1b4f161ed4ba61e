//! Asks what tokens that work may read, and says about which of them not all was asked.

use std::collections::BTreeMap;

use super::console::Console;
use crate::model::{Finding, FindingId, Method, Unprobed, ValidityReason};
use crate::providers::azure_devops::AzureDevOps;
use crate::report::count;
use crate::verify::{self, Bounds, Cut, Explored, Subject};

/// Asks what tokens may read.
pub(super) struct Exploring {
    /// Whom to ask, or why nobody is.
    service: Result<AzureDevOps, Unprobed>,
    bounds: Bounds,
    /// The tokens about which not all was asked.
    cut: BTreeMap<Cut, Vec<FindingId>>,
}

impl Exploring {
    /// Asks `service`, or nobody and why, within `bounds`.
    pub(super) fn new(service: Result<AzureDevOps, Unprobed>, bounds: Bounds) -> Self {
        Self {
            service,
            bounds,
            cut: BTreeMap::new(),
        }
    }

    /// What a token may read, or why nobody was asked.
    pub(super) fn explore(&mut self, finding: &Finding) -> Result<Explored, Unprobed> {
        // Of what nobody can be asked about, no flag is said to help.
        if let Err(why @ (Unprobed::OnServer | Unprobed::Forbidden)) = self.service {
            return Err(why);
        }
        let verification = finding.verification.as_deref();
        let verification = verification.ok_or(Unprobed::NotLetIn)?;
        if verification.method == Some(Method::Profile) {
            return Err(Unprobed::NoOrganization);
        }
        if finding.validity != ValidityReason::Live {
            return Err(Unprobed::NotLetIn);
        }
        if verification.method == Some(Method::Inventory) {
            return Err(Unprobed::Listed);
        }
        let service = self.service.as_ref().map_err(|why| *why)?;
        let subject = Subject {
            secret: &finding.secret,
            organization: verification
                .organization
                .as_deref()
                .ok_or(Unprobed::NoOrganization)?,
            owner: verification.owner.as_ref().ok_or(Unprobed::NotLetIn)?,
        };
        let explored = verify::explore(service, subject, &mut self.bounds);
        if let Some(cut) = explored.cut {
            self.cut.entry(cut).or_default().push(finding.id.clone());
        }
        Ok(explored)
    }

    /// Says about which tokens not all was asked, and why.
    pub(super) fn say_what_is_left(&self, console: Console) {
        for (cut, ids) in &self.cut {
            let more = match ids.len() - 1 {
                0 => String::new(),
                more => format!(" and {}", count(more as u64, "more token")),
            };
            let why = match cut {
                // Said when it happened.
                Cut::Stopped => continue,
                Cut::OutOfBudget => "the limit of time or requests was reached",
                Cut::Service => "the service did not answer everything",
                Cut::TurnedAway => "turned away in the end, no refusal tells what is not held",
            };
            let id = &ids[0];
            console.note(format_args!(
                "the scopes of {id}{more} are not all known: {why}"
            ));
        }
    }
}
