//! Bytes that are built on others.

use std::ops::Range;

/// Bytes that are in memory as a whole, and how they differ from those that they are built on.
#[derive(Clone, Copy, Debug)]
pub struct Version<'b> {
    /// The bytes.
    pub bytes: &'b [u8],
    /// Where they are not those of an earlier version in which nothing was found: spans, sorted
    /// and apart from each other. One is empty where nothing is new but what stands beside each
    /// other, or where the bytes start or end. `None` where there is no such version.
    pub changes: Option<&'b [Range<usize>]>,
}

impl<'b> Version<'b> {
    /// Bytes that are built on none of which anything is known.
    pub fn first(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            changes: None,
        }
    }
}
