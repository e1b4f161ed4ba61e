//! Keeps bytes that can be read only once where they can be read at random.

use std::fs::File;
use std::io::{self, Read, Write};

use super::limits::Reached;
use super::{Body, Failing, Unpacker};
use crate::model::{Outcome, ProblemKind, SkipReason};

/// How much one thread keeps in memory; more goes to a file without a name.
const IN_MEMORY: usize = 32 << 20;

/// How much is kept in memory of bytes that only may have a zip at their end.
const SUSPECT: usize = 8 << 20;

/// How much of a body is kept to be read at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// All of it, in a file if need be.
    All,
    /// All of it if it fits in memory.
    InMemory,
}

/// Bytes in memory, or all of them in a file with the first ones in memory.
struct Spool {
    memory: Vec<u8>,
    file: Option<(File, u64)>,
}

/// Runs `scan` on a body that can be read at random: on `body` itself where it can be, else on a
/// copy.
pub(super) fn with<'u>(
    unpacker: &mut Unpacker<'u>,
    body: Body<'_>,
    scan: impl FnOnce(&mut Unpacker<'u>, Body<'_>) -> Outcome,
) -> Outcome {
    let Body::Stream { head, rest } = body else {
        return scan(unpacker, body);
    };
    let spool = match fill(unpacker, head, rest) {
        Ok(spool) => spool,
        Err(error) => {
            let message = format!("cannot keep it in a temporary file: {error}");
            unpacker.problem(ProblemKind::Unreadable, message);
            return Outcome::Skipped(SkipReason::Unreadable);
        }
    };
    let held = spool.memory.capacity();
    unpacker.spooled += held;
    let outcome = match &spool.file {
        None => scan(unpacker, Body::Whole(&spool.memory)),
        Some((file, size)) => scan(
            unpacker,
            Body::File {
                head: &spool.memory,
                file,
                size: *size,
            },
        ),
    };
    unpacker.spooled -= held;
    outcome
}

/// Runs `scan` on a body that can be read at random, if as much of it is kept as that takes; else
/// on a stream of the same bytes.
pub(super) fn keep<'u>(
    unpacker: &mut Unpacker<'u>,
    body: Body<'_>,
    keep: Keep,
    scan: impl FnOnce(&mut Unpacker<'u>, Body<'_>) -> Outcome,
) -> Outcome {
    let (head, rest) = match (keep, body) {
        (Keep::InMemory, Body::Stream { head, rest }) => (head, rest),
        (_, body) => return with(unpacker, body, scan),
    };
    let room = IN_MEMORY.saturating_sub(unpacker.spooled).min(SUSPECT);
    // Past the limit nothing is scanned.
    let room = unpacker.limits.unpacked.min(room as u64);
    let room = room.saturating_sub(head.len() as u64);
    let mut memory = head.to_vec();
    let read = rest.take(room).read_to_end(&mut memory);
    unpacker.spooled += memory.capacity();
    let head = memory.as_slice();
    let outcome = match read {
        Ok(read) if (read as u64) < room => scan(unpacker, Body::Whole(head)),
        Ok(_) => scan(unpacker, Body::Stream { head, rest }),
        Err(error) => {
            let rest = &mut Failing(Some(error));
            scan(unpacker, Body::Stream { head, rest })
        }
    };
    unpacker.spooled -= memory.capacity();
    outcome
}

/// Copies everything. What stops `rest` is told, and what came before is kept; only what stops
/// the copy is an error.
fn fill(unpacker: &mut Unpacker<'_>, head: &[u8], rest: &mut dyn Read) -> io::Result<Spool> {
    let room = IN_MEMORY.saturating_sub(unpacker.spooled);
    let mut spool = Spool {
        memory: head.to_vec(),
        file: None,
    };
    let mut kept = head.len() as u64;
    let mut buffer = unpacker.take_buffer();
    while !unpacker.halted() {
        let count = match rest.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                unpacker.trouble(&error);
                break;
            }
        };
        // What is kept counts when it is scanned, not here as well.
        kept += count as u64;
        if kept > unpacker.limits.unpacked {
            unpacker.trouble(&Reached::Unpacked.into());
            break;
        }
        let bytes = &buffer[..count];
        match &mut spool.file {
            Some((file, size)) => {
                file.write_all(bytes)?;
                *size += count as u64;
            }
            None if spool.memory.len() + count <= room => spool.memory.extend_from_slice(bytes),
            None => {
                let mut file = tempfile::tempfile()?;
                file.write_all(&spool.memory)?;
                file.write_all(bytes)?;
                let size = (spool.memory.len() + count) as u64;
                spool.memory.truncate(head.len());
                spool.memory.shrink_to_fit();
                spool.file = Some((file, size));
            }
        }
    }
    unpacker.buffers.push(buffer);
    Ok(spool)
}
