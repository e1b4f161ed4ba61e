//! Which logs code scanning services take.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

/// How many results of one log are shown: the others would be left out without a word.
/// <https://docs.github.com/en/code-security/reference/code-scanning/sarif-support-for-code-scanning>
const MAX_RESULTS: usize = 5_000;

/// The size that an upload may have, compressed as it is sent.
const MAX_BYTES: u64 = 10_000_000;

/// Whether a log with so many results, which `write` writes, is shown whole.
pub(super) fn is_taken(write: impl Fn(&mut dyn Write) -> io::Result<()>, results: usize) -> bool {
    if results > MAX_RESULTS {
        return false;
    }
    let mut plain = Counter::default();
    let mut compressed = GzEncoder::new(Counter::default(), Compression::default());
    let is_small = |size: io::Result<u64>| size.is_ok_and(|size| size <= MAX_BYTES);
    is_small(write(&mut plain).map(|()| plain.0))
        || is_small(write(&mut compressed).and_then(|()| Ok(compressed.finish()?.0)))
}

/// Counts what it is given.
#[derive(Default)]
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
