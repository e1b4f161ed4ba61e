//! Where sources push bytes.

use super::{Origin, Outcome, Outside, Problem, Unit, Version};

/// Takes the bytes of one stream after the other, on the thread that reads them.
///
/// A stream is [`Sink::begin`], any number of [`Sink::chunk`]s cut anywhere, [`Sink::end`];
/// streams do not nest. [`Sink::whole`] is the same in one call, without a copy.
pub trait Sink {
    /// Starts a stream.
    fn begin(&mut self, origin: &Origin);

    /// The next bytes of the stream.
    fn chunk(&mut self, bytes: &[u8]);

    /// Ends the stream, also one whose reading failed half-way: what came is scanned.
    fn end(&mut self);

    /// A stream that is in memory as a whole.
    fn whole(&mut self, origin: &Origin, bytes: &[u8]) {
        self.begin(origin);
        self.chunk(bytes);
        self.end();
    }

    /// The same of one that may be built on another. Whether nothing was found in it, nor anything
    /// that only means something together with what stands further off: then what is built on it
    /// may be given with its changes.
    fn version(&mut self, origin: &Origin, version: Version<'_>) -> bool {
        self.whole(origin, version.bytes);
        false
    }

    /// A name, scanned like contents: the last component of a path, or an archive member's path.
    fn name(&mut self, origin: &Origin, name: &[u8]);

    /// Bytes of the shortest name that can hold anything: shorter ones need not be given.
    fn shortest_name(&self) -> usize {
        0
    }

    /// Something that was not read.
    fn problem(&mut self, problem: Problem);

    /// Counts one unit.
    fn count(&mut self, unit: Unit, outcome: Outcome);

    /// Adds to what belongs to repositories and is not in their databases.
    fn outside(&mut self, outside: &Outside);

    /// Whether the receiver is gone: sources then return soon.
    fn stopped(&self) -> bool;
}
