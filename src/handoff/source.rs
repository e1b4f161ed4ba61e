//! Reads recorded places again, below a folder that the operator names, for the tokens there.
//!
//! A path in a report is hostile: it is followed only below that folder and through no link. What
//! is found there counts if its C3ID is the one that was reported; a file that has changed since
//! gives nothing, and nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

use super::report::{Handed, Recorded, Reported};
use super::{Value, Values, proof_of};
use crate::model::{BytePath, FindingId, ObjectId, Proof, SourceKind, ValueFrom};
use crate::scan::Lookout;
use crate::sources::again::{self, Root, Tops, Unread};
use crate::sources::git::part::PartError;
use crate::sources::git::part::named::{Named, Reader};
use crate::sources::{Options, Sinks, TargetError};

/// What was read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// The tokens that were found, each with the organisations that are named there.
    pub values: Values,
    /// Why there is no value of the others.
    pub unavailable: BTreeMap<FindingId, Unavailable>,
}

/// Why there is no value of a token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unavailable {
    /// No checksum would prove it.
    #[error("its rule proves no token")]
    Unproven,
    /// It is not known where to look: standard input, or a name that no commit brought.
    #[error("no place is recorded that can be read again")]
    NoPlace,
    /// The first place that is recorded is not read.
    #[error("cannot read {place} again: {why}")]
    Unread {
        /// The place, as it is recorded.
        place: String,
        /// Why not.
        why: Unread,
    },
    /// What was read is not what was scanned; of an object, that the report is wrong.
    #[error("{place} does not hold the token any more")]
    Changed {
        /// The place, as it is recorded.
        place: String,
    },
    /// The operator ended it first.
    #[error("it was interrupted")]
    Interrupted,
}

impl Unavailable {
    /// Whether its place was gone to, and it is not there: the place was read, or is no more.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Changed { .. } => true,
            Self::Unread { why, .. } => *why == Unread::Gone,
            Self::Unproven | Self::NoPlace | Self::Interrupted => false,
        }
    }

    /// Takes `unread` for the reason, if there is none so far.
    fn weigh(&mut self, place: &Recorded, unread: Option<Unread>) {
        if let (Self::NoPlace, Some(why)) = (&*self, unread) {
            let place = named(place);
            *self = Self::Unread { place, why };
        }
    }

    /// The same of a place that was gone to. That something changed says more.
    fn weigh_read(&mut self, place: &Recorded, read: Result<(), Unread>) {
        match (&*self, read) {
            (Self::Changed { .. }, _) => {}
            (_, Ok(())) => {
                *self = Self::Changed {
                    place: named(place),
                };
            }
            (_, Err(unread)) => self.weigh(place, Some(unread)),
        }
    }
}

/// A place as people are told of it.
fn named(place: &Recorded) -> String {
    match (place.source, place.object) {
        (SourceKind::File | SourceKind::GitReflog | SourceKind::GitName, _) | (_, None) => {
            place.path.to_text().into_owned()
        }
        (_, Some(object)) => format!("the object {object}"),
    }
}

/// Reads the places of the tokens `wanted` below `root`, until `stop` is set.
///
/// Of each token as many places are read as are needed, and each file and object once, however many
/// tokens point there. Whatever is read is searched for all of them.
///
/// # Errors
///
/// That `root` cannot be opened.
pub fn read(
    root: &Path,
    report: &Handed,
    wanted: &BTreeSet<FindingId>,
    options: &Options,
    stop: &AtomicBool,
) -> Result<Again, TargetError> {
    let root = Root::open(root)?;
    let given = BytePath::from(root.path());
    let tops = Tops::new(report.targets.iter().chain([&given]));
    let findings = report.findings.iter();
    let findings: Vec<_> = findings.filter(|it| wanted.contains(&it.id)).collect();
    let repositories = Repositories::open(&root, &tops, &findings, options);
    let lookout = Lookout::new(wanted, stop);
    let sinks = || lookout.sink();
    let mut reading = Reading {
        root: &root,
        tops: &tops,
        repositories: &repositories,
        lookout: &lookout,
        options,
        sinks: &sinks,
        readers: BTreeMap::new(),
        read: BTreeMap::new(),
    };
    let mut unavailable = BTreeMap::new();
    for finding in findings {
        let why = if stop.load(Ordering::Relaxed) {
            Unavailable::Interrupted
        } else {
            reading.finding(finding)
        };
        unavailable.insert(finding.id.clone(), why);
    }
    drop(reading);
    let mut values = Values::default();
    for finding in lookout.finish() {
        unavailable.remove(&finding.id);
        let value = Value {
            secret: finding.secret,
            organizations: finding.organizations,
            from: ValueFrom::Source,
        };
        values.add(finding.id, value);
    }
    Ok(Again {
        values,
        unavailable,
    })
}

/// The repositories that stand below the root, by where they stand.
struct Repositories {
    opened: BTreeMap<PathBuf, Result<Named, Unread>>,
}

impl Repositories {
    /// Opens the root, if it is one, and those that are recorded.
    fn open(root: &Root, tops: &Tops, findings: &[&Reported], options: &Options) -> Self {
        let occurrences = findings.iter().flat_map(|it| &it.occurrences);
        let recorded: BTreeSet<_> = occurrences
            .filter_map(|it| it.repository.as_ref())
            .collect();
        let places = recorded.into_iter().flat_map(|name| folders(name, tops));
        let mut opened = BTreeMap::new();
        for place in places.chain([Vec::new()]) {
            let Ok(folder) = root.folder(&place) else {
                continue;
            };
            if !opened.contains_key(&folder)
                && let Some(named) = Named::at(&folder, &options.git)
            {
                let failed = |error: PartError| Unread::Failed(error.to_string());
                opened.insert(folder, named.map_err(failed));
            }
        }
        Self { opened }
    }

    /// The innermost one that holds the file at `path`.
    fn around(&self, path: &Path) -> Option<&Named> {
        let mut folders = path.ancestors().skip(1);
        folders.find_map(|folder| self.opened.get(folder)?.as_ref().ok())
    }
}

/// Where below the root the repository that is recorded as `name` may stand.
fn folders(name: &BytePath, tops: &Tops) -> Vec<Vec<u8>> {
    match name.0.as_slice() {
        b"." => vec![Vec::new()],
        name => tops.inside(name),
    }
}

/// What is said of an object in a repository that was not opened.
const GONE: Result<(), Unread> = Err(Unread::Gone);

/// Something that is read once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    File(PathBuf),
    Object(PathBuf, ObjectId),
    /// The names in the trees of a commit.
    Names(PathBuf, ObjectId),
}

struct Reading<'r> {
    root: &'r Root,
    tops: &'r Tops,
    repositories: &'r Repositories,
    lookout: &'r Lookout<'r>,
    options: &'r Options,
    sinks: &'r Sinks<'r>,
    readers: BTreeMap<PathBuf, Reader<'r>>,
    /// What was read, or why not.
    read: BTreeMap<Stand, Result<(), Unread>>,
}

impl<'r> Reading<'r> {
    /// Reads places of `finding` until one gives the token; if none does, why.
    fn finding(&mut self, finding: &Reported) -> Unavailable {
        if proof_of(&finding.rule) != Proof::Checksum {
            return Unavailable::Unproven;
        }
        let mut why = Unavailable::NoPlace;
        for place in &finding.occurrences {
            let (stands, unread) = self.stands(place);
            why.weigh(place, unread);
            for stand in stands {
                // Another token may have led here before.
                if !self.lookout.has(&finding.id) {
                    let read = self.read(&stand);
                    why.weigh_read(place, read);
                }
                if self.lookout.has(&finding.id) {
                    self.name_remotes(&stand, &finding.id);
                    return why;
                }
            }
        }
        why
    }

    /// What may hold a place, and why something else is not read.
    fn stands(&self, place: &Recorded) -> (Vec<Stand>, Option<Unread>) {
        let files: Vec<Vec<u8>> = match (place.source, &place.repository, place.object) {
            (SourceKind::File, ..) if !place.path.0.is_empty() => self.tops.inside(&place.path.0),
            (SourceKind::GitReflog, Some(repository), _) => {
                let folders = folders(repository, self.tops).into_iter();
                let log = |folder: Vec<u8>| match folder.as_slice() {
                    b"" => place.path.0.clone(),
                    folder => [folder, b"/", &place.path.0].concat(),
                };
                folders.map(log).collect()
            }
            (
                SourceKind::GitObject
                | SourceKind::GitIndex
                | SourceKind::GitMessage
                | SourceKind::GitNote
                | SourceKind::GitLfs,
                _,
                Some(object),
            ) => return self.objects(place, |folder| Stand::Object(folder, object)),
            // A name is redacted where it is recorded.
            (SourceKind::GitName, ..) => match &place.commit {
                Some(commit) => return self.objects(place, |it| Stand::Names(it, commit.id)),
                None => return (Vec::new(), None),
            },
            _ => return (Vec::new(), None),
        };
        let (mut stands, mut unread) = (Vec::new(), None);
        for file in files {
            match self.root.file(&file) {
                Ok(path) => stands.push(Stand::File(path)),
                // That it leads elsewhere says more than that nothing is there.
                Err(Unread::Gone) => unread = unread.or(Some(Unread::Gone)),
                Err(why) => unread = Some(why),
            }
        }
        stands.dedup();
        (stands, unread)
    }

    /// What is to be read in the repository that is recorded, and in the root.
    fn objects(
        &self,
        place: &Recorded,
        stand: impl Fn(PathBuf) -> Stand,
    ) -> (Vec<Stand>, Option<Unread>) {
        let recorded = place.repository.iter();
        let recorded = recorded.flat_map(|name| folders(name, self.tops));
        let (mut stands, mut unread) = (Vec::new(), Some(Unread::NoRepository));
        for folder in recorded.chain([Vec::new()]) {
            let Ok(folder) = self.root.folder(&folder) else {
                continue;
            };
            match self.repositories.opened.get(&folder) {
                Some(Ok(_)) => stands.push(stand(folder)),
                Some(Err(why)) => unread = Some(why.clone()),
                None => {}
            }
        }
        stands.dedup();
        if !stands.is_empty() {
            unread = None;
        }
        (stands, unread)
    }

    fn read(&mut self, stand: &Stand) -> Result<(), Unread> {
        if let Some(read) = self.read.get(stand) {
            return read.clone();
        }
        let read = match stand {
            Stand::File(path) => {
                again::scan(path, self.options, (self.sinks)());
                Ok(())
            }
            Stand::Object(folder, id) => self.reader(folder).map_or(GONE, |it| it.scan(*id)),
            Stand::Names(folder, id) => self.reader(folder).map_or(GONE, |it| it.scan_names(*id)),
        };
        self.read.insert(stand.clone(), read.clone());
        read
    }

    fn reader(&mut self, folder: &Path) -> Option<&mut Reader<'r>> {
        if !self.readers.contains_key(folder)
            && let Some(Ok(named)) = self.repositories.opened.get(folder)
        {
            let reader = named.reader(self.options, self.sinks);
            self.readers.insert(folder.to_path_buf(), reader);
        }
        self.readers.get_mut(folder)
    }

    /// Names what the remotes of the repository name in which the token was found.
    fn name_remotes(&self, stand: &Stand, id: &FindingId) {
        let named = match stand {
            Stand::File(path) => self.repositories.around(path),
            Stand::Object(folder, _) | Stand::Names(folder, _) => {
                let opened = self.repositories.opened.get(folder);
                opened.and_then(|it| it.as_ref().ok())
            }
        };
        if let Some(named) = named {
            self.lookout.name_remotes(id, &named.remotes());
        }
    }
}
