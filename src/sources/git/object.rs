//! What is scanned of a decoded object: contents, messages, authors, names.

use std::collections::HashSet;
use std::ptr;

use super::links::Links;
use super::pack::Lost;
use super::versions::Versions;
use crate::model::{
    BytePath, GitPlace, ObjectId, ObjectKind, Origin, Outcome, Outside, Problem, ProblemKind, Sink,
    SkipReason, SourceKind, Unit, Version,
};
use crate::sources::archive::{Body, Limits, Unpacker};

/// How the bytes of a pointer of LFS begin.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// Bytes of the longest pointer, by the specification of LFS.
const MAX_POINTER: usize = 1024;

/// A blob that stands for a file which LFS stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pointer {
    /// The SHA-256 of the file.
    pub(super) content: ObjectId,
    /// The blob.
    pub(super) blob: ObjectId,
}

/// One thread's way from objects to its sink.
pub(super) struct Scanner<'v, 's> {
    limits: Limits,
    sink: Box<dyn Sink + Send + 's>,
    /// Used again for every object.
    origin: Origin,
    /// Names in trees that were scanned: they recur in every version of a folder.
    names: HashSet<Box<[u8]>>,
    versions: Versions,
    pub(super) pointers: Vec<Pointer>,
    /// What is missing, where that is to be known.
    pub(super) links: Option<Links<'v>>,
}

impl<'s> Scanner<'_, 's> {
    /// For objects that are named by `id_len` bytes and stand in `place`.
    pub(super) fn new(
        sink: Box<dyn Sink + Send + 's>,
        place: GitPlace,
        id_len: usize,
        limits: Limits,
    ) -> Self {
        Self {
            limits,
            sink,
            origin: Origin {
                source: SourceKind::GitObject,
                path: BytePath::default(),
                git: Some(place),
            },
            names: HashSet::new(),
            versions: Versions::new(id_len),
            pointers: Vec::new(),
            links: None,
        }
    }

    pub(super) fn stopped(&self) -> bool {
        self.sink.stopped()
    }

    /// Scans an object of which only the name is known; whether its bytes are clean, as
    /// [`Sink::version`] tells.
    pub(super) fn object(&mut self, id: ObjectId, kind: ObjectKind, version: Version<'_>) -> bool {
        self.stand_at(id);
        let bytes = version.bytes;
        let (outcome, is_clean) = match kind {
            ObjectKind::Blob => self.blob(id, version),
            ObjectKind::Tree => (self.tree(id, bytes), false),
            _ => (self.message(bytes), false),
        };
        self.sink.count(Unit::Object(kind), outcome);
        is_clean
    }

    /// Scans a blob that stands at `path` and is known to have been brought as `place` says.
    pub(super) fn blob_at(
        &mut self,
        source: SourceKind,
        path: &[u8],
        place: GitPlace,
        bytes: &[u8],
    ) {
        self.origin.path.0.clear();
        self.origin.path.0.extend_from_slice(path);
        let id = place.object;
        self.origin.git = Some(place);
        self.origin.source = source;
        let (outcome, _) = self.contents(Version::first(bytes));
        if let Some(id) = id {
            self.point(id, bytes);
        }
        self.sink.count(Unit::Object(ObjectKind::Blob), outcome);
    }

    /// Scans a name that a tree gives to what stands in `place`.
    pub(super) fn name_at(&mut self, path: &[u8], place: GitPlace) {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        self.origin.path.0.clear();
        self.origin.path.0.extend_from_slice(path);
        self.origin.git = Some(place);
        self.origin.source = SourceKind::GitName;
        self.sink.name(&self.origin, name);
    }

    /// Scans the full name of a reference, each part of it by itself, as one of a folder.
    pub(super) fn reference_at(&mut self, name: &[u8], place: GitPlace) {
        self.origin.path.0.clear();
        self.origin.path.0.extend_from_slice(name);
        self.origin.git = Some(place);
        self.origin.source = SourceKind::GitName;
        for part in name.split(|&byte| byte == b'/') {
            self.sink.name(&self.origin, part);
        }
    }

    /// Scans a commit or a tag that is known to stand in `place`.
    pub(super) fn message_at(&mut self, kind: ObjectKind, place: GitPlace, bytes: &[u8]) {
        self.origin.path.0.clear();
        self.origin.git = Some(place);
        let outcome = self.message(bytes);
        self.sink.count(Unit::Object(kind), outcome);
    }

    fn stand_at(&mut self, id: ObjectId) {
        self.origin.path.0.clear();
        if let Some(place) = &mut self.origin.git {
            place.object = Some(id);
        }
    }

    fn blob(&mut self, id: ObjectId, version: Version<'_>) -> (Outcome, bool) {
        self.point(id, version.bytes);
        self.origin.source = SourceKind::GitObject;
        self.contents(version)
    }

    /// Remembers a pointer of LFS.
    fn point(&mut self, blob: ObjectId, bytes: &[u8]) {
        if let Some(content) = pointed_at(bytes) {
            self.pointers.push(Pointer { content, blob });
        }
    }

    fn contents(&mut self, version: Version<'_>) -> (Outcome, bool) {
        let mut sink = Named {
            version: Some(version),
            ..Named::new(&mut *self.sink, self.origin.git.clone())
        };
        let bytes = version.bytes;
        let outcome = Unpacker::new(&mut sink, &mut self.origin, self.limits, bytes.len() as u64)
            .top(Body::Whole(bytes));
        (outcome, sink.is_clean)
    }

    /// Scans the names; what has them is looked up when one is found.
    fn tree(&mut self, id: ObjectId, bytes: &[u8]) -> Outcome {
        self.origin.source = SourceKind::GitName;
        if let Some(place) = &mut self.origin.git {
            place.object = None;
        }
        let shortest = self.sink.shortest_name();
        let kept = self.versions.read(bytes, |_, entry| {
            if let Some(links) = &mut self.links {
                links.entry(entry);
            }
            if entry.name.len() >= shortest && !self.names.contains(entry.name) {
                self.names.insert(entry.name.into());
                self.origin.path.0.clear();
                self.origin.path.0.extend_from_slice(entry.name);
                self.sink.name(&self.origin, entry.name);
            }
        });
        if !kept.is_whole {
            self.stand_at(id);
            self.problem(ProblemKind::Corrupt, "its entries are damaged".to_owned());
            return Outcome::Skipped(SkipReason::Corrupt);
        }
        Outcome::Scanned
    }

    /// Scans a commit or a tag: who made it, then its message.
    fn message(&mut self, bytes: &[u8]) -> Outcome {
        self.origin.source = SourceKind::GitMessage;
        let end = memchr::memmem::find(bytes, b"\n\n");
        let (headers, message) = bytes.split_at(end.unwrap_or(bytes.len()));
        if let Some(links) = &mut self.links {
            links.headers(headers);
        }
        self.sink.name(&self.origin, headers);
        if let Some(message) = message.get(2..) {
            self.sink.whole(&self.origin, message);
        }
        Outcome::Scanned
    }

    /// Counts the object at `place`, which could not be read, and says why.
    pub(super) fn lost(&mut self, place: GitPlace, kind: ObjectKind, why: &Lost) {
        self.origin.git = Some(place);
        let (problem, reason) = match why {
            Lost::TooLarge(_) => (ProblemKind::Limit, SkipReason::Limit),
            Lost::Missing | Lost::Corrupt(_) | Lost::Misnamed => {
                (ProblemKind::Corrupt, SkipReason::Corrupt)
            }
        };
        self.problem(problem, why.to_string());
        // What is misnamed was scanned and counted.
        if !matches!(why, Lost::Misnamed) {
            self.sink
                .count(Unit::Object(kind), Outcome::Skipped(reason));
        }
    }

    /// Tells what is wrong with the object that is scanned.
    fn problem(&mut self, kind: ProblemKind, message: String) {
        Named::new(&mut *self.sink, self.origin.git.clone()).problem(Problem {
            path: BytePath::default(),
            kind,
            message,
        });
    }
}

/// An entry of a tree.
pub(super) struct Entry<'t> {
    /// Its mode is that of a folder.
    pub(super) is_tree: bool,
    /// Its mode is that of a submodule: what it names is a commit of another repository.
    pub(super) is_submodule: bool,
    /// Its mode is that of a link: what it names is where that leads.
    pub(super) is_link: bool,
    pub(super) name: &'t [u8],
    pub(super) id: &'t [u8],
}

/// The entries of a tree whose ids have `id_len` bytes; `None` in the place of what is damaged,
/// which ends it.
pub(super) fn entries(tree: &[u8], id_len: usize) -> impl Iterator<Item = Option<Entry<'_>>> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let entry = split_entry(rest, id_len);
        rest = entry.as_ref().map_or(&[][..], |(_, rest)| rest);
        Some(entry.map(|(entry, _)| entry))
    })
}

/// The first entry of a tree whose ids have `id_len` bytes, and what follows it.
pub(super) fn split_entry(tree: &[u8], id_len: usize) -> Option<(Entry<'_>, &[u8])> {
    let blank = tree.iter().take(8).position(|&byte| byte == b' ')?;
    let (mode, rest) = (&tree[..blank], &tree[blank + 1..]);
    let end = memchr::memchr(0, rest)?;
    let (name, rest) = (&rest[..end], &rest[end + 1..]);
    let (id, rest) = rest.split_at_checked(id_len)?;
    let kind = kind_of_mode(mode);
    let entry = Entry {
        is_tree: kind == FOLDER,
        is_submodule: kind == SUBMODULE,
        is_link: kind == LINK,
        name,
        id,
    };
    Some((entry, rest))
}

/// The bits of a mode that tell what an entry is, as git reads them.
const KIND: u32 = 0o170_000;
pub(super) const FOLDER: u32 = 0o040_000;
/// What the mode of a link is.
pub(super) const LINK: u32 = 0o120_000;
/// What the mode of a submodule is.
pub(super) const SUBMODULE: u32 = 0o160_000;

fn kind_of_mode(mode: &[u8]) -> u32 {
    let digit = |mode: u32, &digit: &u8| mode << 3 | u32::from(digit & 7);
    mode.iter().fold(0, digit) & KIND
}

/// The SHA-256 of the file that the blob `bytes` stands for, if it is a pointer of LFS.
fn pointed_at(bytes: &[u8]) -> Option<ObjectId> {
    if bytes.len() > MAX_POINTER {
        return None;
    }
    let rest = bytes.strip_prefix(POINTER)?;
    let mut lines = rest.split(|&byte| byte == b'\n');
    lines.find_map(|line| ObjectId::from_hex(line.strip_prefix(b"oid sha256:")?))
}

/// A sink for the archives in one blob: their problems have paths that begin inside of it.
struct Named<'n> {
    sink: &'n mut dyn Sink,
    place: Option<GitPlace>,
    /// The blob, and whether its own bytes are clean.
    version: Option<Version<'n>>,
    is_clean: bool,
}

impl<'n> Named<'n> {
    fn new(sink: &'n mut dyn Sink, place: Option<GitPlace>) -> Self {
        Self {
            sink,
            place,
            version: None,
            is_clean: false,
        }
    }
}

impl Sink for Named<'_> {
    fn begin(&mut self, origin: &Origin) {
        self.sink.begin(origin);
    }

    fn chunk(&mut self, bytes: &[u8]) {
        self.sink.chunk(bytes);
    }

    fn end(&mut self) {
        self.sink.end();
    }

    fn whole(&mut self, origin: &Origin, bytes: &[u8]) {
        match self.version {
            Some(version) if ptr::eq(version.bytes, bytes) => {
                self.is_clean = self.sink.version(origin, version);
            }
            _ => self.sink.whole(origin, bytes),
        }
    }

    fn name(&mut self, origin: &Origin, name: &[u8]) {
        self.sink.name(origin, name);
    }

    fn shortest_name(&self) -> usize {
        self.sink.shortest_name()
    }

    fn problem(&mut self, mut problem: Problem) {
        if let Some(place) = &self.place {
            let object = place
                .object
                .map_or(String::new(), |object| object.to_string());
            let mut path = place.repository.0.clone();
            path.extend_from_slice(b"@");
            path.extend_from_slice(object.as_bytes());
            // A path, as git writes it, and not what is inside of something without one.
            if !matches!(problem.path.0.first(), None | Some(b'!')) {
                path.push(b':');
            }
            path.extend_from_slice(&problem.path.0);
            problem.path = BytePath(path);
        }
        self.sink.problem(problem);
    }

    fn count(&mut self, unit: Unit, outcome: Outcome) {
        self.sink.count(unit, outcome);
    }

    fn outside(&mut self, outside: &Outside) {
        self.sink.outside(outside);
    }

    fn stopped(&self) -> bool {
        self.sink.stopped()
    }
}
