//! Reads organisations as an administrator, where the operator says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::desk::Desk;
use super::exit::Failure;
use super::scrub;
use crate::model::Secret;
use crate::respond::survey::{Facts, Surveyor, Wanted};

/// Nothing could be read anywhere.
#[derive(Debug, thiserror::Error)]
#[error("cannot read anything of {organization}: {why}")]
struct NothingRead {
    organization: String,
    why: String,
}

/// Reads these `organizations`, each once, in order, until `deadline` or until `stop` is set. No
/// token is left in what was read, those that are `known` least of all.
pub(super) fn read(
    desk: &Desk,
    organizations: &[String],
    wanted: &Wanted,
    (deadline, stop): (Instant, &Arc<AtomicBool>),
    known: &[Secret],
) -> Result<Vec<Facts>, Failure> {
    let mut names: Vec<String> = organizations
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    names.sort();
    names.dedup();
    let mut all = Vec::new();
    for name in names {
        let credentials = desk.credentials(&name).ok_or_else(|| {
            let why = "there is no administrator for it".to_owned();
            let organization = name.clone();
            Failure::new(&NothingRead { organization, why }, None)
        })?;
        let surveyor = Surveyor::new(&desk.service, credentials, &name, deadline, stop);
        let mut facts = surveyor.survey(wanted.clone());
        scrub::facts(&mut facts, known);
        all.push(facts);
    }
    // A report of nothing would pass for one of an empty organisation.
    let is_unread = |facts: &&Facts| facts.acting.is_none();
    if all.iter().all(|facts| is_unread(&facts)) && !stop.load(Ordering::Relaxed) {
        let failures = all.iter().flat_map(|facts| {
            let why = facts.gaps.first().map(|gap| gap.why.clone());
            let nothing = NothingRead {
                organization: facts.organization.clone(),
                why: why.unwrap_or_else(|| "no reason was given".to_owned()),
            };
            Failure::new(&nothing, None).complaints
        });
        return Err(Failure {
            complaints: failures.collect(),
        });
    }
    Ok(all)
}
