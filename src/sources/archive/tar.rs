//! Tar: ustar, pax, gnu long names and sparse files; several in a row.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;

use super::sniff::{claims_tar, is_tar};
use super::{Body, Failing, Unpacker};
use crate::model::{Outcome, SkipReason};

/// What the headers of one member may take: names, pax records and sparse maps are held in
/// memory, and a packed one can claim any size.
const HEADERS: u64 = 4 << 20;

const BLOCK: usize = 512;

/// Scans the members of a tar, and of those that follow it.
pub(super) fn scan(unpacker: &mut Unpacker<'_>, body: Body<'_>) -> Outcome {
    // Headers are read by the block.
    let mut input = BufReader::with_capacity(32 << 10, body.into_reader());
    let mut git = HashSet::new();
    let mut first = Vec::new();
    let mut told = false;
    while !unpacker.halted() {
        let watch = Watch::default();
        let gate = Gate {
            inner: first.chain(&mut input),
            watch: &watch,
        };
        let mut archive = tar::Archive::new(gate);
        match members(unpacker, &mut archive, &watch, &mut git) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => break,
            Err(error) => {
                // The crate has words of its own for an end that comes too early.
                let error = if watch.ended.get() {
                    io::ErrorKind::UnexpectedEof.into()
                } else {
                    error
                };
                // One problem for all headers that are damaged, and one for an end that is missing.
                if watch.ended.get() || !std::mem::replace(&mut told, true) {
                    unpacker.trouble(&error);
                }
                let head = watch.headers.take();
                if head.is_empty() {
                    break;
                }
                // No member, so the archive's own.
                let mut rest = UntilHeader::new(&mut input);
                unpacker.plain(Body::Stream {
                    head: &head,
                    rest: &mut rest,
                });
                match rest.header {
                    Some(header) => first = header,
                    None => break,
                }
                continue;
            }
        }
        let (block, error) = next_archive(&mut input);
        if is_tar(&block) || claims_tar(&block) {
            first = block;
            continue;
        }
        match (block.is_empty(), error) {
            (true, None) => {}
            (true, Some(error)) => unpacker.trouble(&error),
            (false, error) => {
                let mut rest = Failing(error).chain(&mut input);
                unpacker.behind(&block, &mut rest, "a tar");
            }
        }
        break;
    }
    Outcome::Scanned
}

/// What is known of an archive while the crate reads it.
#[derive(Default)]
struct Watch {
    /// Bytes that may still be read before a member's data; `None` in the data.
    left: Cell<Option<u64>>,
    /// What was read before the data of the member under way.
    headers: RefCell<Vec<u8>>,
    ended: Cell<bool>,
}

/// Scans the members up to the end of the archive; breaks where there can be no other after it.
///
/// # Errors
///
/// What the archive itself broke on, unless a member has told it already.
fn members<R: Read>(
    unpacker: &mut Unpacker<'_>,
    archive: &mut tar::Archive<Gate<'_, R>>,
    watch: &Watch,
    git: &mut HashSet<Vec<u8>>,
) -> io::Result<ControlFlow<()>> {
    let mut entries = archive.entries()?;
    loop {
        if unpacker.halted() {
            return Ok(ControlFlow::Break(()));
        }
        watch.left.set(Some(HEADERS));
        watch.headers.borrow_mut().clear();
        let Some(entry) = entries.next() else {
            return Ok(ControlFlow::Continue(()));
        };
        let entry = entry?;
        watch.left.set(None);
        let name = entry.path_bytes().into_owned();
        let kind = entry.header().entry_type();
        let size = entry.size();
        let mut data = Exact::new(entry, size);
        let before = unpacker.problems;
        let Some(outer) = unpacker.enter(&name) else {
            return Ok(ControlFlow::Break(()));
        };
        if kind.is_dir() && size == 0 {
            // A folder counts as little as one in a walk.
            unpacker.origin.path.0.truncate(outer);
            continue;
        }
        let outcome = if unpacker.is_git_object(&name, git, outer) {
            Outcome::Skipped(SkipReason::Unsupported)
        } else if size > 0 || is_file(kind) {
            unpacker.reader(&mut data)
        } else if kind.is_symlink() || kind.is_hard_link() {
            Outcome::Skipped(SkipReason::Link)
        } else {
            Outcome::Skipped(SkipReason::Special)
        };
        unpacker.leave(outer, outcome);
        if unpacker.halted() {
            return Ok(ControlFlow::Break(()));
        }
        // An archive inside may have ended before its member does.
        if let Err(error) = io::copy(&mut data, &mut io::sink()) {
            return if unpacker.problems > before {
                Ok(ControlFlow::Break(()))
            } else {
                Err(error)
            };
        }
    }
}

fn is_file(kind: tar::EntryType) -> bool {
    kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()
}

/// The first block that is not all zeros, empty if there is none, and what stops the reader in it.
fn next_archive(input: &mut dyn Read) -> (Vec<u8>, Option<io::Error>) {
    let mut block = vec![0; BLOCK];
    loop {
        let (read, error) = super::fill(input, &mut block);
        let is_zero = block[..read].iter().all(|&byte| byte == 0);
        if read < BLOCK || !is_zero {
            block.truncate(if is_zero { 0 } else { read });
            return (block, error);
        }
    }
}

/// The blocks up to the next header that is right and says what it is.
struct UntilHeader<R> {
    inner: R,
    /// The block under way, and how much of it was given.
    block: Vec<u8>,
    given: usize,
    /// What stopped `inner` behind the block.
    error: Option<io::Error>,
    /// The header that was found.
    header: Option<Vec<u8>>,
}

impl<R: Read> UntilHeader<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            block: Vec::new(),
            given: 0,
            error: None,
            header: None,
        }
    }

    /// Takes the next block; false where there is none to give.
    fn advance(&mut self) -> io::Result<bool> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.header.is_some() {
            return Ok(false);
        }
        self.given = 0;
        self.block.resize(BLOCK, 0);
        let (read, error) = super::fill(&mut self.inner, &mut self.block);
        self.block.truncate(read);
        self.error = error;
        if is_tar(&self.block) && claims_tar(&self.block) {
            self.header = Some(std::mem::take(&mut self.block));
        }
        Ok(!self.block.is_empty() || self.error.is_some())
    }
}

impl<R: Read> Read for UntilHeader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            if self.given == self.block.len() {
                // What was given must not be lost to an error.
                if filled > 0 && self.error.is_some() || !self.advance()? {
                    break;
                }
            }
            let count = (buffer.len() - filled).min(self.block.len() - self.given);
            buffer[filled..filled + count]
                .copy_from_slice(&self.block[self.given..self.given + count]);
            self.given += count;
            filled += count;
        }
        Ok(filled)
    }
}

/// Bounds what is read outside of members' data, and keeps it.
struct Gate<'g, R> {
    inner: R,
    watch: &'g Watch,
}

impl<R: Read> Read for Gate<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.watch.ended.set(count == 0 && !buffer.is_empty());
        if let Some(left) = self.watch.left.get() {
            self.watch
                .headers
                .borrow_mut()
                .extend_from_slice(&buffer[..count]);
            let left = left.checked_sub(count as u64);
            let message = "the headers of a member take more than 4 MiB";
            left.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, message))?;
            self.watch.left.set(left);
        }
        Ok(count)
    }
}

/// Exactly so many bytes of a reader: an end that comes before is an error.
pub(super) struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Exact<R> {
    pub(super) fn new(inner: R, size: u64) -> Self {
        Self { inner, left: size }
    }
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = self.inner.read(&mut buffer[..room])?;
        if count == 0 && room > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}
