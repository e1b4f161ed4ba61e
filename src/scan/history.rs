//! Scans repositories: what is found in their objects is held back until it is known where it
//! stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, SyncSender};

use super::Config;
use super::worker::Event;
use crate::detect;
use crate::model::{BytePath, Candidate, Exposure, Origin, Secret};
use crate::sources::Sinks;
use crate::sources::git::{self, Databases, History, Hit, Repository};

/// Sightings in objects, and in which files tokens stand, as the collector hands them over.
#[derive(Default)]
pub(super) struct Pending {
    /// Sightings whose place is not known yet.
    pub(super) sightings: Vec<(Origin, Box<Candidate>)>,
    /// The files in which each token was seen.
    pub(super) files: BTreeMap<Secret, BTreeSet<BytePath>>,
}

/// What is known of several repositories together: objects that they share are scanned with the
/// first, and what is found there is placed in each.
pub(super) struct Across {
    databases: Databases,
    kept: Vec<Kept>,
    /// Of each token, with the organisations that remotes name.
    exposures: BTreeMap<Secret, (BTreeSet<String>, Exposure)>,
}

/// A sighting in an object that a later repository may have, too.
struct Kept {
    origin: Origin,
    candidate: Box<Candidate>,
    /// Its places where it was found, if nothing leads there: they count unless another repository
    /// has something that does.
    unreached: Vec<Origin>,
}

impl Across {
    /// Of `repositories`, which are scanned one after the other.
    pub(super) fn of(repositories: &[Repository]) -> Self {
        Self {
            databases: Databases::of(repositories),
            kept: Vec::new(),
            exposures: BTreeMap::new(),
        }
    }

    /// Sends what could not be said before all repositories were read.
    pub(super) fn finish(self, events: &SyncSender<Event>) {
        for kept in self.kept {
            for origin in kept.unreached {
                send(events, Event::Placed(origin, kept.candidate.clone()));
            }
        }
        for (secret, (remotes, exposure)) in self.exposures {
            send(events, Event::Remotes(secret.clone(), remotes));
            send(events, Event::Exposure(secret, exposure));
        }
    }
}

/// Without a collector there is no report to be made.
fn send(events: &SyncSender<Event>, event: Event) {
    let _ = events.send(event);
}

/// Scans `repository`, and sends where what was found in it stands. What `across` knows is not
/// scanned again, and what is new is added to it. Returns its `HEAD`.
pub(super) fn scan(
    repository: &Repository,
    config: &Config,
    across: &mut Across,
    sinks: &Sinks<'_>,
    events: &SyncSender<Event>,
) -> Option<crate::model::ObjectId> {
    let history = git::scan(repository, &config.sources, &mut across.databases, sinks)?;
    let (reply, pending) = mpsc::sync_channel(1);
    // Whatever the sinks sent came before this.
    if events.send(Event::HandOver(reply)).is_ok()
        && let Ok(pending) = pending.recv()
    {
        let checked_out = pending.files.into_iter().filter_map(|(secret, files)| {
            let is_here = files.iter().any(|file| history.is_checked_out(file));
            let present_at = vec![Exposure::WORK_TREE.to_owned()];
            let exposure = Exposure {
                present_at,
                ..Exposure::default()
            };
            is_here.then_some((secret, exposure))
        });
        let mut exposures: Vec<_> = checked_out.collect();
        exposures.extend(place(&history, pending.sightings, config, across, events));
        let remotes = history.remotes();
        let remotes = remotes.iter().flat_map(|url| detect::organizations_in(url));
        let remotes: BTreeSet<String> = remotes.collect();
        for (secret, exposure) in exposures {
            let known = across.exposures.entry(secret).or_default();
            known.0.extend(remotes.iter().cloned());
            known.1.merge(exposure);
        }
    }
    history.head()
}

/// Places what was found in the repository, and what it shares of that which was found before.
/// Returns the exposure of each token that has a place.
fn place(
    history: &History<'_>,
    sightings: Vec<(Origin, Box<Candidate>)>,
    config: &Config,
    across: &mut Across,
    events: &SyncSender<Event>,
) -> Vec<(Secret, Exposure)> {
    let shared = across.kept.iter_mut();
    let shared: Vec<_> = shared.filter(|it| history.shares(&it.origin)).collect();
    let known = shared.iter().map(|it| (&it.origin, &*it.candidate));
    let new = sightings.iter().map(|(origin, it)| (origin, &**it));
    let mut tokens: BTreeMap<Secret, usize> = BTreeMap::new();
    let mut hits = Vec::new();
    for (origin, candidate) in known.chain(new) {
        let next = tokens.len();
        hits.push(Hit {
            origin: origin.clone(),
            line: candidate.position.map(|position| position.line),
            token: *tokens.entry(candidate.secret.clone()).or_insert(next),
        });
    }
    if hits.is_empty() {
        return Vec::new();
    }
    let placed = history.place(&hits, tokens.len(), &config.sources);
    let with_place = hits.iter().zip(&placed.origins);
    let with_place = with_place.filter(|(_, origins)| !origins.is_empty());
    let with_place: BTreeSet<_> = with_place.map(|(hit, _)| hit.token).collect();
    let mut origins = placed.origins.into_iter();
    for (kept, reached) in shared.into_iter().zip(&mut origins) {
        if !reached.is_empty() {
            kept.unreached.clear();
        }
        for origin in reached {
            send(events, Event::Placed(origin, kept.candidate.clone()));
        }
    }
    for ((origin, candidate), mut origins) in sightings.into_iter().zip(origins) {
        if history.is_lender() {
            let (reached, unreached) = origins.into_iter().partition(is_reached);
            origins = reached;
            across.kept.push(Kept {
                origin,
                candidate: candidate.clone(),
                unreached,
            });
        }
        for origin in origins {
            send(events, Event::Placed(origin, candidate.clone()));
        }
    }
    for problem in placed.problems {
        send(events, Event::Problem(problem));
    }
    let exposed = tokens
        .into_iter()
        .filter(|(_, token)| with_place.contains(token));
    let exposed = exposed.map(|(secret, token)| {
        let exposure = placed.exposures.get(token).cloned();
        (secret, exposure.unwrap_or_default())
    });
    exposed.collect()
}

/// Whether something leads to a place, or may do so.
fn is_reached(origin: &Origin) -> bool {
    let place = origin.git.as_ref();
    place.is_none_or(|place| place.reachable != Some(false))
}
