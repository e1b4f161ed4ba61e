//! As whom a plan is acted on at each organisation, and the journal in their names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use thiserror::Error;

use super::super::desk::{Desk, Site};
use super::super::exit::Failure;
use crate::model::Owner;
use crate::respond::journal::Journal;
use crate::respond::plan::Plan;

#[derive(Debug, Error)]
enum ActorError {
    #[error("no administrator can act at {organization}")]
    Nobody { organization: String },
    #[error(
        "nobody can act at {organization}: it does not take the credential, or does not answer"
    )]
    Unproven { organization: String },
}

/// What each organisation of `plan` says about whoever acts, and about its tenant; those of `named`
/// where nothing is ordered. Who cannot be asked is left out: it is told of each order.
pub(super) fn sites(
    desk: &Desk,
    plan: &Plan,
    named: &[String],
    timeout: Duration,
) -> BTreeMap<String, Site> {
    let mut organizations: BTreeSet<_> = plan.orders().map(|it| &it.organization).collect();
    if plan.is_empty() {
        organizations.extend(named);
    }
    let sites = organizations.into_iter().filter_map(|organization| {
        let site = desk.site(organization, timeout).ok()?;
        Some((organization.clone(), site))
    });
    sites.collect()
}

/// Opens the journal in the name of whomever each of `sites` takes the administrator for, and the first
/// of them where it is about none.
pub(super) fn open_journal(
    plan: &Plan,
    desk: &Desk,
    sites: &BTreeMap<String, Site>,
    path: &Path,
) -> Result<Journal, Failure> {
    let actor = sites.values().find_map(|site| site.acting.clone());
    if let (None, Some(order)) = (&actor, plan.orders().next()) {
        return Err(nobody(desk, order.organization.clone()));
    }
    let acting = |site: &Site| name(&site.acting.clone().unwrap_or_default());
    let actors = sites.iter().map(|(at, site)| (at.clone(), acting(site)));
    let journal = Journal::open(path, &name(&actor.unwrap_or_default()));
    let journal = journal.map_err(|error| Failure::new(&error, None))?;
    Ok(journal.with_actors(actors.collect()))
}

/// That nobody can act, and what to do about it.
fn nobody(desk: &Desk, organization: String) -> Failure {
    if desk.credentials(&organization).is_none() {
        let hint = format!("--org {organization} lets --auth act there");
        return Failure::new(&ActorError::Nobody { organization }, Some(hint));
    }
    let hint =
        format!("`patsweep auth check --auth WAY --org {organization}` says what is wrong with it");
    Failure::new(&ActorError::Unproven { organization }, Some(hint))
}

fn name(owner: &Owner) -> String {
    let known = owner.account.as_ref().or(owner.name.as_ref());
    let id = owner.id.as_deref().unwrap_or("unknown");
    known.map_or_else(|| id.to_owned(), |known| format!("{known} ({id})"))
}
