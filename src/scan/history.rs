//! Scans repositories: what is found in their objects is held back until it is known where it
//! stands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::{self, SyncSender};

use super::Config;
use super::worker::Event;
use crate::detect;
use crate::model::{BytePath, Candidate, Exposure, Origin, Secret};
use crate::sources::Sinks;
use crate::sources::git::{self, History, Hit, Repository};

/// Sightings in objects, and in which files tokens stand, as the collector hands them over.
#[derive(Default)]
pub(super) struct Pending {
    /// Sightings whose place is not known yet.
    pub(super) sightings: Vec<(Origin, Box<Candidate>)>,
    /// The files in which each token was seen.
    pub(super) files: BTreeMap<Secret, BTreeSet<BytePath>>,
}

/// Scans `repository`, and sends where what was found in it stands. Object folders in `read` are
/// passed over, and its own are added to them. Returns its `HEAD`.
pub(super) fn scan(
    repository: &Repository,
    config: &Config,
    read: &mut BTreeSet<PathBuf>,
    sinks: &Sinks<'_>,
    events: &SyncSender<Event>,
) -> Option<crate::model::ObjectId> {
    let history = git::scan(repository, &config.sources, read, sinks)?;
    let (reply, pending) = mpsc::sync_channel(1);
    // Whatever the sinks sent came before this.
    if events.send(Event::HandOver(reply)).is_ok()
        && let Ok(pending) = pending.recv()
    {
        place(&history, pending, config, events);
    }
    history.head()
}

fn place(history: &History<'_>, pending: Pending, config: &Config, events: &SyncSender<Event>) {
    let send = |event| {
        // Without a collector there is no report to be made.
        let _ = events.send(event);
    };
    let mut tokens: BTreeMap<Secret, usize> = BTreeMap::new();
    let mut hits = Vec::new();
    for (origin, candidate) in &pending.sightings {
        let next = tokens.len();
        hits.push(Hit {
            origin: origin.clone(),
            line: candidate.position.map(|position| position.line),
            token: *tokens.entry(candidate.secret.clone()).or_insert(next),
        });
    }
    let remotes: BTreeSet<String> = history
        .remotes()
        .iter()
        .flat_map(|url| detect::organizations_in(url))
        .collect();
    let mut exposures: BTreeMap<Secret, Exposure> = BTreeMap::new();
    for (secret, files) in pending.files {
        if files.iter().any(|file| history.is_checked_out(file)) {
            exposures
                .entry(secret)
                .or_default()
                .present_at
                .push(Exposure::WORK_TREE.to_owned());
        }
    }
    if !hits.is_empty() {
        let placed = history.place(&hits, tokens.len(), &config.sources);
        for ((_, candidate), origins) in pending.sightings.into_iter().zip(placed.origins) {
            for origin in origins {
                send(Event::Placed(origin, candidate.clone()));
            }
        }
        for problem in placed.problems {
            send(Event::Problem(problem));
        }
        for (secret, token) in tokens {
            let exposure = placed.exposures.get(token).cloned().unwrap_or_default();
            exposures.entry(secret).or_default().merge(exposure);
        }
    }
    for (secret, exposure) in exposures {
        send(Event::Remotes(secret.clone(), remotes.clone()));
        send(Event::Exposure(secret, exposure));
    }
}
