//! Opens archives and compression layers, told by their contents, and pushes what is in them.
//!
//! Everything streams: memory does not grow with the archive, but for a zip inside another
//! archive, which must be read at random and is spooled. What can not be decoded at all
//! is scanned as the bytes it is.

mod ar;
mod body;
mod engine;
mod foreign;
mod limits;
mod sniff;
mod spool;
mod stream;
mod tar;
mod zip;
mod zip_local;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;

use body::{At, Failing, read_at};
use foreign::{Contents, Foreign};
use limits::{Budget, Counted, Metered, Reached};
use sniff::{Codec, Format};

use super::file::fill;
use super::git_folder;
use crate::model::{Origin, Outcome, Problem, ProblemKind, Sink, SkipReason, Unit};

pub(super) use body::Body;
pub use limits::Limits;
pub(super) use limits::up_to;

/// A member of at most this many bytes is given to the sink whole; larger ones in such chunks.
const CHUNK: usize = 128 << 10;

/// Scans one outermost file and what is packed in it.
pub(super) struct Unpacker<'u> {
    sink: &'u mut dyn Sink,
    origin: &'u mut Origin,
    limits: Limits,
    budget: Rc<Budget>,
    /// How many archives stand around what is read now.
    depth: u32,
    /// How many compression layers stand directly around it.
    layers: u32,
    buffers: Vec<Vec<u8>>,
    /// Bytes that spools hold in memory.
    spooled: usize,
    /// How many problems were told.
    problems: u64,
    /// Whether the limit that ended everything was told.
    told: bool,
}

impl<'u> Unpacker<'u> {
    /// For a file of `size` bytes at `origin`.
    pub(super) fn new(
        sink: &'u mut dyn Sink,
        origin: &'u mut Origin,
        limits: Limits,
        size: u64,
    ) -> Self {
        Self {
            sink,
            origin,
            limits,
            budget: Rc::new(Budget::new(limits, size)),
            depth: 0,
            layers: 0,
            buffers: Vec::new(),
            spooled: 0,
            problems: 0,
            told: false,
        }
    }

    /// Scans the file.
    pub(super) fn top(&mut self, body: Body<'_>) -> Outcome {
        self.body(body)
    }

    /// Scans an input whose size is not known before its end.
    pub(super) fn unsized_top(&mut self, input: &mut dyn Read) -> Outcome {
        let count = self.budget.packed();
        self.reader(&mut Counted {
            inner: input,
            count,
        })
    }

    fn body(&mut self, body: Body<'_>) -> Outcome {
        let format = match sniff::head(body.head()) {
            Format::Plain if body.ends_like_zip() && zip::opens(&body) => Format::Zip,
            format => format,
        };
        match format {
            Format::Plain => self.maybe_zip(body),
            Format::Packed(codec) => self.packed(codec, body),
            Format::Zip | Format::Tar | Format::Ar if self.depth >= self.limits.depth => {
                self.trouble(&Reached::Depth.into());
                self.plain(body)
            }
            Format::Zip => {
                self.archive(|unpacker| spool::with(unpacker, body, |u, body| zip::scan(u, &body)))
            }
            Format::Tar => self.archive(|unpacker| tar::scan(unpacker, body)),
            Format::Ar => self.archive(|unpacker| ar::scan(unpacker, body)),
            Format::Foreign(Foreign { what, contents }) => {
                let how = match contents {
                    Contents::Packed => "read",
                    Contents::Partly => "unpacked: its bytes are scanned as they are",
                };
                let message = format!("it is {what}, which is not {how}");
                self.problem(ProblemKind::Unsupported, message);
                match contents {
                    Contents::Packed => Outcome::Skipped(SkipReason::Unsupported),
                    Contents::Partly => self.plain(body),
                }
            }
        }
    }

    fn archive(&mut self, scan: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let layers = std::mem::take(&mut self.layers);
        self.depth += 1;
        let outcome = scan(self);
        self.depth -= 1;
        self.layers = layers;
        outcome
    }

    fn packed(&mut self, codec: Codec, body: Body<'_>) -> Outcome {
        let window = self.limits.window;
        let whole = matches!(body, Body::Whole(_));
        let refused = if self.layers >= self.limits.depth {
            Some(Reached::Depth.into())
        } else {
            stream::refuses(codec, body.head(), whole, window)
        };
        if let Some(error) = refused {
            // Without a magic, it was none.
            if codec == Codec::Lzma && describe(&error).0 == ProblemKind::Corrupt {
                return self.maybe_zip(body);
            }
            self.trouble(&error);
            return self.plain(body);
        }
        self.layers += 1;
        let outcome = match stream::decoder(codec, body.into_reader(), window) {
            Ok(inner) => self.reader(&mut Metered {
                inner,
                budget: Rc::clone(&self.budget),
            }),
            Err(error) => {
                self.trouble(&error);
                Outcome::Skipped(SkipReason::Corrupt)
            }
        };
        self.layers -= 1;
        outcome
    }

    /// Plain bytes, unless a zip stands at their end. Programs that carry one are kept whatever
    /// their size to look for it, other bytes as long as they fit in memory.
    fn maybe_zip(&mut self, body: Body<'_>) -> Outcome {
        let Body::Stream { head, .. } = body else {
            return self.plain(body);
        };
        if self.depth >= self.limits.depth {
            return self.plain(body);
        }
        let keep = if sniff::may_carry_zip(head) {
            spool::Keep::All
        } else {
            spool::Keep::InMemory
        };
        spool::keep(self, body, keep, |unpacker, body| {
            if body.ends_like_zip() && zip::opens(&body) {
                unpacker.archive(|unpacker| zip::scan(unpacker, &body))
            } else {
                unpacker.plain(body)
            }
        })
    }

    /// Bytes that can be read once: takes the first ones into memory and judges by them.
    fn reader(&mut self, input: &mut dyn Read) -> Outcome {
        let mut head = self.take_buffer();
        let (read, error) = fill(input, &mut head);
        let outcome = match error {
            Some(error) if read == 0 => {
                self.trouble(&error);
                Outcome::Skipped(reason(&error))
            }
            Some(error) => {
                let rest = &mut Failing(Some(error));
                self.body(Body::Stream {
                    head: &head[..read],
                    rest,
                })
            }
            None if read < head.len() => self.body(Body::Whole(&head[..read])),
            None => self.body(Body::Stream {
                head: &head,
                rest: input,
            }),
        };
        self.buffers.push(head);
        outcome
    }

    /// Gives bytes to the sink as they are.
    fn plain(&mut self, body: Body<'_>) -> Outcome {
        match body {
            Body::Whole(bytes) => {
                self.sink.whole(self.origin, bytes);
                self.spend(bytes.len());
            }
            Body::Stream { head, rest } => {
                self.sink.begin(self.origin);
                self.chunk(head);
                self.chunks(rest);
                self.sink.end();
            }
            Body::File { head, file, size } => {
                self.sink.begin(self.origin);
                self.chunk(head);
                self.tail(file, head.len() as u64, size);
                self.sink.end();
            }
        }
        Outcome::Scanned
    }

    /// Scans what follows the end of an archive of the kind `what`, which starts with `head`, as the
    /// archive's own bytes, and tells it.
    fn behind(&mut self, head: &[u8], rest: &mut dyn Read, what: &str) {
        self.plain(Body::Stream { head, rest });
        let message = format!("what follows its end is not {what}");
        self.trouble(&io::Error::new(io::ErrorKind::InvalidData, message));
    }

    /// Gives what a reader has to the sink as it is.
    fn plain_reader(&mut self, input: &mut dyn Read) -> Outcome {
        self.plain(Body::Stream {
            head: &[],
            rest: input,
        })
    }

    /// The rest of a plain stream. Says what stops it.
    fn chunks(&mut self, rest: &mut dyn Read) {
        let mut buffer = self.take_buffer();
        while !self.halted() {
            match rest.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.chunk(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.trouble(&error);
                    break;
                }
            }
        }
        self.buffers.push(buffer);
    }

    /// The rest of a plain file that had `size` bytes when it was opened: those, and what was
    /// appended by the time they are read. A file that grows for ever does not keep us.
    fn tail(&mut self, file: &File, mut offset: u64, size: u64) {
        let mut buffer = self.take_buffer();
        let mut end = size;
        let mut extended = false;
        while !self.halted() {
            if offset >= end {
                end = file.metadata().map_or(end, |metadata| metadata.len());
                if extended || offset >= end {
                    break;
                }
                extended = true;
            }
            let room = usize::try_from(end - offset).map_or(CHUNK, |left| left.min(CHUNK));
            match read_at(file, &mut buffer[..room], offset) {
                Ok(0) => {
                    if offset < size {
                        let message =
                            format!("it shrank from {size} to {offset} bytes while it was read");
                        self.problem(ProblemKind::Truncated, message);
                    }
                    break;
                }
                Ok(count) => {
                    self.chunk(&buffer[..count]);
                    offset += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.trouble(&error);
                    break;
                }
            }
        }
        self.buffers.push(buffer);
    }

    fn chunk(&mut self, bytes: &[u8]) {
        self.sink.chunk(bytes);
        self.spend(bytes.len());
    }

    /// Counts bytes given to the sink, if they were packed.
    fn spend(&mut self, count: usize) {
        if self.depth + self.layers > 0
            && let Err(reached) = self.budget.unpacked(count)
        {
            self.trouble(&reached.into());
        }
    }

    /// Enters a member: from here its path is the origin. False past the limit of members.
    fn enter(&mut self, name: &[u8]) -> Option<usize> {
        if let Err(reached) = self.budget.member() {
            self.trouble(&reached.into());
            return None;
        }
        let path = &mut self.origin.path.0;
        let outer = path.len();
        path.extend_from_slice(b"!/");
        path.extend_from_slice(name);
        self.sink.name(self.origin, name);
        Some(outer)
    }

    /// Leaves the member that [`Unpacker::enter`] entered.
    fn leave(&mut self, outer: usize, outcome: Outcome) {
        self.origin.path.0.truncate(outer);
        self.sink.count(Unit::Member, outcome);
    }

    /// Whether the member `name` is part of a git repository's object store, which is not read
    /// here: one problem for each repository.
    fn is_git_object(&mut self, name: &[u8], told: &mut HashSet<Vec<u8>>, outer: usize) -> bool {
        let Some(repository) = git_folder::repository_of(name) else {
            return false;
        };
        if told.insert(repository.to_vec()) {
            let archive = crate::model::BytePath(self.origin.path.0[..outer].to_vec());
            let path = if repository.is_empty() {
                archive
            } else {
                archive.member(repository)
            };
            let message = "it is a git repository inside an archive, whose history is not read";
            self.tell(Problem {
                path,
                kind: ProblemKind::Unsupported,
                message: message.to_owned(),
            });
        }
        true
    }

    /// Whether to stop: the receiver is gone, or a limit on the whole was reached.
    fn halted(&self) -> bool {
        self.sink.stopped() || self.budget.exhausted().is_some()
    }

    /// Tells what stopped a reader; a limit on the whole once.
    fn trouble(&mut self, error: &io::Error) {
        if let Some(reached) = self.budget.exhausted() {
            if !std::mem::replace(&mut self.told, true) {
                self.problem(ProblemKind::Limit, reached.to_string());
            }
            return;
        }
        let (kind, message) = describe(error);
        self.problem(kind, message);
    }

    fn problem(&mut self, kind: ProblemKind, message: String) {
        self.tell(Problem {
            path: self.origin.path.clone(),
            kind,
            message,
        });
    }

    fn tell(&mut self, problem: Problem) {
        self.problems += 1;
        self.sink.problem(problem);
    }

    fn take_buffer(&mut self) -> Vec<u8> {
        self.buffers.pop().unwrap_or_else(|| vec![0; CHUNK])
    }
}

/// What an error of a reader or decoder means.
fn describe(error: &io::Error) -> (ProblemKind, String) {
    if let Some(reached) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Reached>())
    {
        return (ProblemKind::Limit, reached.to_string());
    }
    if error.raw_os_error().is_some() {
        return (ProblemKind::Unreadable, format!("cannot read on: {error}"));
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => (
            ProblemKind::Truncated,
            "it ends before its format says".to_owned(),
        ),
        _ => (ProblemKind::Corrupt, format!("cannot decode it: {error}")),
    }
}

/// Why nothing was read, where `error` came first.
fn reason(error: &io::Error) -> SkipReason {
    match describe(error).0 {
        ProblemKind::Limit => SkipReason::Limit,
        ProblemKind::Unreadable => SkipReason::Unreadable,
        _ => SkipReason::Corrupt,
    }
}
