//! Where unpacking stops, and the count of what was unpacked so far.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use thiserror::Error;

/// Unpacked bytes that the ratio is not judged on: text of a few hundred megabytes that packs
/// well is no bomb.
const RATIO_FREE: u64 = 256 << 20;

/// How much a decoder unpacks at a time. One that meets corrupt bytes keeps back what it made of
/// the bytes before them in the same step.
const STEP: usize = 8 << 10;

/// Where unpacking stops. Members, unpacked bytes and ratio count for each archive that is not
/// itself in an archive, with all that is nested in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Members.
    pub members: u64,
    /// Unpacked bytes.
    pub unpacked: u64,
    /// Unpacked bytes for each packed one, judged on what lies past the first 256 MiB.
    pub ratio: u64,
    /// Bytes that a decoder may keep to refer back to.
    pub window: u64,
    /// Archives inside each other; so many compression layers around each of them too.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members: 100_000,
            unpacked: 10 << 30,
            ratio: 1000,
            window: 128 << 20,
            depth: 8,
        }
    }
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Reached {
    #[error("it has more members than --archive-max-members allows")]
    Members,
    #[error("it unpacks to more bytes than --archive-max-size allows")]
    Unpacked,
    #[error("it unpacks to more than its size times --archive-max-ratio")]
    Ratio,
    #[error("its decoder needs more memory than --archive-max-window allows")]
    Window,
    #[error("it is nested deeper than --archive-max-depth allows")]
    Depth,
    #[error("the system makes it up as it is read, and it goes on past 64 MiB")]
    MadeUp,
}

impl From<Reached> for io::Error {
    fn from(reached: Reached) -> Self {
        Self::other(reached)
    }
}

/// What one outermost archive has used of its limits.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    packed: Rc<Cell<u64>>,
    members: Cell<u64>,
    unpacked: Cell<u64>,
    decoded: Cell<u64>,
    exhausted: Cell<Option<Reached>>,
}

impl Budget {
    /// For an archive of `packed` bytes.
    pub(super) fn new(limits: Limits, packed: u64) -> Self {
        Self {
            limits,
            packed: Rc::new(Cell::new(packed)),
            members: Cell::new(0),
            unpacked: Cell::new(0),
            decoded: Cell::new(0),
            exhausted: Cell::new(None),
        }
    }

    /// The limit that was reached, if one was: nothing more is unpacked.
    pub(super) fn exhausted(&self) -> Option<Reached> {
        self.exhausted.get()
    }

    /// One more member.
    pub(super) fn member(&self) -> Result<(), Reached> {
        self.members.set(self.members.get() + 1);
        self.hold(self.members.get() <= self.limits.members, Reached::Members)
    }

    /// `count` more bytes given to the sink.
    pub(super) fn unpacked(&self, count: usize) -> Result<(), Reached> {
        self.unpacked
            .set(self.unpacked.get().saturating_add(count as u64));
        self.hold(
            self.unpacked.get() <= self.limits.unpacked,
            Reached::Unpacked,
        )?;
        self.judge(self.unpacked.get())
    }

    /// `count` more bytes out of a decoder, whatever becomes of them.
    fn decoded(&self, count: usize) -> Result<(), Reached> {
        self.decoded
            .set(self.decoded.get().saturating_add(count as u64));
        self.judge(self.decoded.get())
    }

    fn judge(&self, bytes: u64) -> Result<(), Reached> {
        let allowed = self.packed.get().saturating_mul(self.limits.ratio);
        self.hold(bytes.saturating_sub(RATIO_FREE) <= allowed, Reached::Ratio)
    }

    fn hold(&self, within: bool, limit: Reached) -> Result<(), Reached> {
        if within {
            return Ok(());
        }
        self.exhausted.set(Some(limit));
        Err(limit)
    }

    /// Where a top input of unknown size counts what was read of it.
    pub(super) fn packed(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.packed)
    }
}

/// A decoder whose output counts.
pub(super) struct Metered<R> {
    pub(super) inner: R,
    pub(super) budget: Rc<Budget>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(STEP);
        let count = self.inner.read(&mut buffer[..room])?;
        self.budget.decoded(count)?;
        Ok(count)
    }
}

/// The first `bytes` of `inner`, and an error if it goes on.
pub(in crate::sources) fn up_to<'r>(bytes: u64, inner: impl Read + 'r) -> impl Read + 'r {
    UpTo { inner, left: bytes }
}

struct UpTo<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for UpTo<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            // Tables are read by the entry: one byte would be refused.
            return match self.inner.read(buffer)? {
                0 => Ok(0),
                _ => Err(Reached::MadeUp.into()),
            };
        }
        let room = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = self.inner.read(&mut buffer[..room])?;
        self.left -= count as u64;
        Ok(count)
    }
}

/// A packed input that is counted as it is read.
pub(super) struct Counted<'r> {
    pub(super) inner: &'r mut dyn Read,
    pub(super) count: Rc<Cell<u64>>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}
