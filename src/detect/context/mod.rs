//! Organisation clues.
use std::ops::Range;
pub(crate) enum Reading {
    Entry(Vec<String>),
    Elsewhere,
    Nearby(Vec<String>),
}
pub(crate) fn read(_layer: &[u8], _span: Range<usize>) -> Reading {
    Reading::Nearby(Vec::new())
}
pub(crate) fn is_pat_context(_layer: &[u8], _span: Range<usize>) -> bool {
    false
}
