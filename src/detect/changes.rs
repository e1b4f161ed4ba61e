//! What must be searched of bytes that are built on others in which nothing was found.
//!
//! A token in whatever encoding stands in a run of base64 characters, in several with gaps between
//! them, or in three with dots; text in UTF-16 has zeros, quoted-printable has soft breaks. None of
//! it goes across a byte that belongs to none of these. So what is new in a version without zeros
//! stands between such bytes around its changes.

use std::iter;
use std::ops::Range;

use super::prefilter::ALPHABET;
use super::wrap;

/// Whether something that is found may go on across a byte.
static CROSSED: [bool; 256] = {
    let mut table = ALPHABET;
    let mut at = 0;
    while at < wrap::GAP_BYTES.len() {
        table[wrap::GAP_BYTES[at] as usize] = true;
        at += 1;
    }
    table[b'.' as usize] = true;
    table[b'=' as usize] = true;
    table
};

/// Changes that are so close to each other are searched together, with what stands between.
const NEAR: usize = 128;

/// The parts of `bytes` in which something may stand that was not there before `changes`, as
/// [`Version::changes`] tells them: each as far as something that is found may reach. Sorted and
/// apart from each other.
///
/// [`Version::changes`]: crate::model::Version::changes
pub(super) fn areas<'c>(
    bytes: &'c [u8],
    changes: &'c [Range<usize>],
) -> impl Iterator<Item = Range<usize>> + 'c {
    let is_crossed = |&&byte: &&u8| CROSSED[usize::from(byte)];
    let mut changes = changes.iter().peekable();
    iter::from_fn(move || {
        let first = changes.next()?;
        let before = bytes[..first.start].iter().rev();
        let start = first.start - before.take_while(is_crossed).count();
        let mut end = first.end;
        loop {
            end += bytes[end..].iter().take_while(is_crossed).count();
            let Some(next) = changes.next_if(|next| next.start <= end + NEAR) else {
                return Some(start..end);
            };
            end = end.max(next.end);
        }
    })
}
