//! Tar: ustar, pax, gnu long names and sparse files; several in a row.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;

use super::sniff::is_tar;
use super::{Body, Unpacker};
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
    while !unpacker.halted() {
        let left = Cell::new(None);
        let ended = Cell::new(false);
        let gate = Gate {
            inner: first.chain(&mut input),
            left: &left,
            ended: &ended,
        };
        let mut archive = tar::Archive::new(gate);
        match members(unpacker, &mut archive, &left, &mut git) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => break,
            Err(error) => {
                // The crate has words of its own for an end that comes too early.
                let error = if ended.get() {
                    io::ErrorKind::UnexpectedEof.into()
                } else {
                    error
                };
                unpacker.trouble(&error);
                break;
            }
        }
        match next_archive(&mut input) {
            Ok(Some(block)) => first = block,
            Ok(None) => break,
            Err(error) => {
                unpacker.trouble(&error);
                break;
            }
        }
    }
    Outcome::Scanned
}

/// Scans the members up to the end of the archive; breaks where there can be no other after it.
///
/// # Errors
///
/// What the archive itself broke on, unless a member has told it already.
fn members<R: Read>(
    unpacker: &mut Unpacker<'_>,
    archive: &mut tar::Archive<Gate<'_, R>>,
    left: &Cell<Option<u64>>,
    git: &mut HashSet<Vec<u8>>,
) -> io::Result<ControlFlow<()>> {
    let mut entries = archive.entries()?;
    loop {
        if unpacker.halted() {
            return Ok(ControlFlow::Break(()));
        }
        left.set(Some(HEADERS));
        let Some(entry) = entries.next() else {
            return Ok(ControlFlow::Continue(()));
        };
        let entry = entry?;
        left.set(None);
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

/// The first block of a tar that follows, past any zeros.
fn next_archive(input: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
    let mut block = vec![0; BLOCK];
    loop {
        let (read, error) = super::fill(input, &mut block);
        if let Some(error) = error {
            return Err(error);
        }
        if block[..read].iter().any(|&byte| byte != 0) {
            return if is_tar(&block[..read]) {
                Ok(Some(block))
            } else {
                Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "what follows its end is not a tar",
                ))
            };
        }
        if read < BLOCK {
            return Ok(None);
        }
    }
}

/// Bounds what is read outside of members' data, and remembers that the end was seen.
struct Gate<'g, R> {
    inner: R,
    /// Bytes that may still be read; `None` in members' data.
    left: &'g Cell<Option<u64>>,
    ended: &'g Cell<bool>,
}

impl<R: Read> Read for Gate<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.ended.set(count == 0 && !buffer.is_empty());
        if let Some(left) = self.left.get() {
            let left = left.checked_sub(count as u64);
            let message = "the headers of a member take more than 4 MiB";
            left.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, message))?;
            self.left.set(left);
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
