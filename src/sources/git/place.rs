//! Says where hits stand: at which paths, brought by which commit, and whether anything still
//! leads to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::History;
use super::attribution::{self, Attribution, Hits, Reach, Tips, TracedBlob};
use super::head::Head;
use super::objects::Objects;
use super::pass;
use super::refs::Staged;
use super::table::Number;
use crate::model::{
    BytePath, Commit, Exposure, GitPlace, ObjectId, Origin, Problem, ProblemKind, SourceKind,
};
use crate::sources::Options;

/// Entries for folders that are held in memory, at most: 12 bytes each.
const MAX_EDGES: usize = 16 << 20;

/// Something that was found while a repository was read.
#[derive(Clone, Debug)]
pub struct Hit {
    /// As its stream was named.
    pub origin: Origin,
    /// The line in it.
    pub line: Option<u64>,
    /// Which token it is, counted from 0.
    pub token: usize,
}

/// Where hits stand.
#[derive(Debug, Default)]
pub struct Placed {
    /// For each hit all its places; none where it is not asked for.
    pub origins: Vec<Vec<Origin>>,
    /// For each token where it can be had. Work trees are not looked at.
    pub exposures: Vec<Exposure>,
    /// What could not be said whole.
    pub problems: Vec<Problem>,
}

impl History<'_> {
    /// Says where `hits` stand, which are of `tokens` tokens. Of those that were found with another
    /// repository only the places are told to which something leads in this one.
    pub fn place(&self, hits: &[Hit], tokens: usize, options: &Options) -> Placed {
        let traced = self.traced(hits, tokens);
        let pass = pass::Options {
            jobs: options.jobs,
            max_size: options.git.max_object_size,
        };
        let attribution =
            attribution::attribute(&self.store, pass, &traced, &self.tips(), MAX_EDGES);
        let placing = Placing {
            history: self,
            attribution: &attribution,
            staged: self.staged(&traced.blobs, options.git.max_object_size),
        };
        let places = hits.iter().map(|hit| {
            let mut places = placing.places(hit);
            places.retain(|origin| !options.git.reachable_only || is_reachable(origin));
            if self.is_foreign(&hit.origin) {
                places.retain(|origin| self.is_held(origin));
            }
            places
        });
        let origins = places.collect();
        let mut exposures = attribution.exposures.clone();
        for exposure in &mut exposures {
            exposure.is_partial = !self.is_known;
        }
        Placed {
            origins,
            problems: self.cut(&attribution),
            exposures,
        }
    }

    /// One problem for each blob of which not every path is told.
    fn cut(&self, attribution: &Attribution) -> Vec<Problem> {
        let cut = attribution.blobs.iter().filter(|(_, it)| it.paths_cut);
        cut.map(|(&blob, traced)| Problem {
            path: self.repository.name.as_ref().clone(),
            kind: ProblemKind::References,
            message: format!(
                "the blob {} stands at more than the {} paths that are told",
                self.store.table.id(blob),
                traced.places.len()
            ),
        })
        .collect()
    }

    /// What attribution is to trace.
    fn traced(&self, hits: &[Hit], tokens: usize) -> Hits {
        let mut traced = Hits {
            tokens: vec![Vec::new(); tokens],
            ..Hits::default()
        };
        for hit in hits {
            match hit.origin.source {
                SourceKind::GitName => {
                    traced.names.insert(hit.origin.path.0.as_slice().into());
                }
                SourceKind::GitMessage => traced.messages.extend(self.number(&hit.origin)),
                SourceKind::GitReflog => traced
                    .messages
                    .extend(self.moved_to(hit).and_then(|id| self.find(&id))),
                _ => {
                    if let Some(blob) = self.number(&hit.origin) {
                        traced.blobs.insert(blob);
                        traced.tokens[hit.token].push(blob);
                    }
                }
            }
        }
        for blobs in &mut traced.tokens {
            blobs.sort_unstable();
            blobs.dedup();
        }
        traced
    }

    /// Where each of `blobs` is staged, sorted: the paths at which the `HEAD` of that work tree has
    /// not the same.
    fn staged(
        &self,
        blobs: &BTreeSet<Number>,
        max_size: usize,
    ) -> HashMap<ObjectId, Vec<&BytePath>> {
        let mut checkouts: BTreeMap<usize, Vec<&Staged>> = BTreeMap::new();
        for staged in &self.references.staged {
            if self
                .find(&staged.object)
                .is_some_and(|it| blobs.contains(&it))
            {
                checkouts.entry(staged.checkout).or_default().push(staged);
            }
        }
        let mut paths: HashMap<_, Vec<_>> = HashMap::new();
        for (checkout, staged) in checkouts {
            let commit = self.references.heads.get(checkout).copied().flatten();
            let mut objects = Objects::new(self.store.lookup(max_size), self.store.hash);
            let mut head = Head::new(&mut objects, commit.as_ref());
            for Staged { path, object, .. } in staged {
                if head.at(&path.0) != Some(*object) {
                    paths.entry(*object).or_default().push(path);
                }
            }
        }
        for paths in paths.values_mut() {
            // Several work trees may have staged the same.
            paths.sort_unstable();
            paths.dedup();
        }
        paths
    }

    /// What leads into the database.
    pub(super) fn tips(&self) -> Tips {
        let find = |id: &ObjectId| self.find(id);
        let named = self.references.all.iter();
        let (stash, refs): (Vec<_>, Vec<_>) = named.partition(|(name, _)| name == "refs/stash");
        let mut logs: Vec<_> = self.reflogs.iter().collect();
        // What somebody put aside on purpose says more than what `HEAD` happened to be.
        logs.sort_by_key(|log| (log.name != "stash", log.name != "HEAD"));
        let logged = logs.into_iter().flat_map(|log| {
            let entries = log.entries().rev().enumerate();
            entries.flat_map(|(at, entry)| {
                // What a reference pointed at before is what the entry below it tells.
                [
                    (format!("{}@{{{at}}}", log.name), entry.new),
                    (format!("{}@{{{}}}", log.name, at + 1), entry.old),
                ]
            })
        });
        // The log of the stash has its older ones, too, but may be missing.
        let stash = stash.into_iter();
        let others = stash.map(|&(_, id)| ("stash@{0}".to_owned(), id));
        let others = others.chain(logged);
        let staged = self
            .references
            .staged
            .iter()
            .filter(|staged| !staged.is_submodule);
        Tips {
            head: self.references.head.as_ref().and_then(find),
            refs: refs
                .into_iter()
                .filter_map(|(name, id)| Some((name.clone(), find(id)?)))
                .collect(),
            others: others
                .filter_map(|(label, id)| Some((label, find(&id)?)))
                .collect(),
            index: staged.filter_map(|staged| find(&staged.object)).collect(),
            shallow: self
                .shallow
                .iter()
                .filter_map(find)
                .collect::<BTreeSet<_>>(),
        }
    }

    fn find(&self, id: &ObjectId) -> Option<Number> {
        self.store.table.find(id.as_bytes())
    }

    pub(super) fn number(&self, origin: &Origin) -> Option<Number> {
        self.find(&origin.git.as_ref()?.object?)
    }

    /// Whether a hit was found with another repository.
    fn is_foreign(&self, origin: &Origin) -> bool {
        let place = origin.git.as_ref();
        place.is_some_and(|place| place.repository != self.repository.name)
    }

    /// Whether something leads to a place, or may do so; of a name, whether it stands here at all.
    fn is_held(&self, origin: &Origin) -> bool {
        let place = origin.git.as_ref();
        place.is_some_and(|place| {
            let is_here = place.object.is_some() || place.commit.is_some();
            is_here && place.reachable != Some(false) && !self.is_foreign(origin)
        })
    }

    /// What the entry of a reflog in which a hit stands moved its reference to.
    fn moved_to(&self, hit: &Hit) -> Option<ObjectId> {
        let log = self
            .reflogs
            .iter()
            .find(|log| hit.origin.path == BytePath::from(self.repository.relative(&log.path)))?;
        Some(log.at_line(hit.line?)?.new)
    }
}

/// Makes places of what was traced.
struct Placing<'p> {
    history: &'p History<'p>,
    attribution: &'p Attribution,
    /// The paths at which blobs are staged.
    staged: HashMap<ObjectId, Vec<&'p BytePath>>,
}

impl Placing<'_> {
    fn places(&self, hit: &Hit) -> Vec<Origin> {
        let origin = &hit.origin;
        let mut places = match origin.source {
            SourceKind::GitName => self.name(origin),
            SourceKind::GitMessage => self.message(origin),
            SourceKind::GitReflog => self.reflog(hit),
            _ => self.blob(origin),
        };
        if places.is_empty() {
            places.push(origin.clone());
        }
        places
    }

    fn blob(&self, origin: &Origin) -> Vec<Origin> {
        let number = self.history.number(origin);
        let Some(traced) = number.and_then(|number| self.attribution.blobs.get(&number)) else {
            return Vec::new();
        };
        let member = member(origin);
        let mut places: Vec<_> = traced
            .places
            .iter()
            .map(|place| {
                if let Some(commit) = &place.annotated {
                    let path = member.to_vec();
                    return self.origin(
                        SourceKind::GitNote,
                        path,
                        origin,
                        Some(commit),
                        &traced.reach,
                    );
                }
                let path = [&place.path.0, member].concat();
                let commit = traced.introduced.as_ref();
                self.origin(origin.source, path, origin, commit, &traced.reach)
            })
            .collect();
        // What a `HEAD` that is not known may well hold is called staged only if it is nowhere else.
        if places.is_empty() || self.history.references.is_head_read {
            places.extend(self.staged(origin, member, traced));
        }
        if places.is_empty() {
            places.push(self.origin(
                origin.source,
                origin.path.0.clone(),
                origin,
                None,
                &traced.reach,
            ));
        }
        places
    }

    /// The places in the index at which `HEAD` has not the same blob.
    fn staged(&self, origin: &Origin, member: &[u8], traced: &TracedBlob) -> Vec<Origin> {
        let object = origin.git.as_ref().and_then(|place| place.object);
        let paths = object.and_then(|object| self.staged.get(&object));
        let places = paths.into_iter().flatten().map(|path| {
            let path = [&path.0, member].concat();
            self.origin(SourceKind::GitIndex, path, origin, None, &traced.reach)
        });
        places.collect()
    }

    fn name(&self, origin: &Origin) -> Vec<Origin> {
        let traced = self.attribution.names.get(origin.path.0.as_slice());
        let traced = traced.map(Vec::as_slice).unwrap_or_default();
        traced
            .iter()
            .map(|name| {
                let path = name.path.0.clone();
                let mut placed = self.origin(
                    SourceKind::GitName,
                    path,
                    origin,
                    name.introduced.as_ref(),
                    &name.reach,
                );
                if let Some(place) = &mut placed.git {
                    place.object = name.object;
                }
                placed
            })
            .collect()
    }

    fn message(&self, origin: &Origin) -> Vec<Origin> {
        let number = self.history.number(origin);
        let traced = number.and_then(|number| self.attribution.messages.get(&number));
        traced
            .map(|traced| {
                self.origin(
                    SourceKind::GitMessage,
                    Vec::new(),
                    origin,
                    traced.commit.as_ref(),
                    &traced.reach,
                )
            })
            .into_iter()
            .collect()
    }

    fn reflog(&self, hit: &Hit) -> Vec<Origin> {
        let number = self
            .history
            .moved_to(hit)
            .and_then(|id| self.history.find(&id));
        let traced = number.and_then(|number| self.attribution.messages.get(&number));
        let commit = traced.and_then(|traced| traced.commit.as_ref());
        let path = hit.origin.path.0.clone();
        vec![self.origin(
            SourceKind::GitReflog,
            path,
            &hit.origin,
            commit,
            &Reach::Tip,
        )]
    }

    fn origin(
        &self,
        source: SourceKind,
        path: Vec<u8>,
        hit: &Origin,
        commit: Option<&Arc<Commit>>,
        reach: &Reach,
    ) -> Origin {
        let is_known = self.history.is_known;
        let (reachable, kept_by) = match reach {
            Reach::Tip => (Some(true), None),
            // Whether it is this log alone is not known either.
            Reach::Only(label) => (Some(true), is_known.then(|| label.as_str().into())),
            Reach::Never => (is_known.then_some(false), None),
        };
        Origin {
            source,
            path: BytePath(path),
            git: Some(GitPlace {
                repository: self.history.repository.name.clone(),
                object: hit.git.as_ref().and_then(|place| place.object),
                commit: commit.cloned(),
                reachable,
                kept_by,
            }),
        }
    }
}

/// Whether more than a reflog leads to it; where that is not known, perhaps.
fn is_reachable(origin: &Origin) -> bool {
    let place = origin.git.as_ref();
    let is_kept_by_log = place
        .and_then(|place| place.kept_by.as_ref())
        .is_some_and(|label| !label.starts_with("stash@"));
    let is_reachable = place.is_none_or(|place| place.reachable != Some(false));
    is_reachable && !is_kept_by_log && origin.source != SourceKind::GitReflog
}

/// The path inside the file, where that is an archive.
fn member(origin: &Origin) -> &[u8] {
    let path = &origin.path.0;
    memchr::memmem::find(path, b"!/").map_or(&[], |at| &path[at..])
}
