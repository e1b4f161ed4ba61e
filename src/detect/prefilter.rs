//! The only code that sees every byte: finds the runs that are worth a look.
//!
//! A run of at least [`MIN_RUN`] characters holds a whole group of [`GROUP`] that starts at a
//! multiple of [`STRIDE`], wherever the run starts; so only those groups are tested, each at once.
//! The test is coarse (it lets a few characters beside the base64 alphabets pass, which costs
//! nothing to allow) and the run behind a hit is measured exactly.

use std::ops::Range;

/// The shortest run that can hold a token: 52 characters of a legacy one.
pub(super) const MIN_RUN: usize = 52;
/// How many characters are tested at a time.
const GROUP: usize = 16;
/// The distance between two tested groups: a run of `MIN_RUN` holds one whole.
const STRIDE: usize = MIN_RUN - GROUP + 1;

/// A soft break of quoted-printable can leave a legacy token in two halves of 26 characters: 51
/// bytes of UTF-16 in which every other one is zero. They hold eight bytes at a multiple of this.
const WIDE_STRIDE: usize = 51 - 8 + 1;

const HIGH: u64 = 0x8080_8080_8080_8080;
const EACH: u64 = 0x0101_0101_0101_0101;
/// `0` in each byte, put where zeros are expected so that the test for text lets them pass.
const DIGITS: u64 = EACH * 0x30;
const ODD_BYTES: u64 = 0xff00_ff00_ff00_ff00;

/// The base64 alphabets, standard and URL-safe together.
pub(super) static ALPHABET: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_base64(byte as u8);
        byte += 1;
    }
    table
};

/// Written as compilers test a whole group at once, which they do not for ranges and patterns.
#[inline]
const fn is_base64(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter || digit || byte == b'+' || byte == b'/' || byte == b'-' || byte == b'_'
}

/// `a-z2-7`, written likewise.
#[inline]
const fn is_base32(byte: u8) -> bool {
    byte.wrapping_sub(b'a') < 26 || byte.wrapping_sub(b'2') < 6
}

/// Finds the next run of at least [`MIN_RUN`] base64 characters that ends after `from`, as a
/// half-open span. The run is maximal: it may start before `from`.
pub(super) fn next_run(haystack: &[u8], mut from: usize) -> Option<Range<usize>> {
    loop {
        let at = next_group(haystack, from)?;
        if let Some(foreign) = last_outside(haystack, at, is_base64) {
            // A run that ended in this group would have been met a group earlier.
            from = foreign + 1;
            continue;
        }
        let run = run_around(haystack, at);
        if run.len() >= MIN_RUN {
            return Some(run);
        }
        from = run.end;
    }
}

/// The maximal run of base64 characters around `at`, empty where none stands there.
pub(super) fn run_around(haystack: &[u8], at: usize) -> Range<usize> {
    start_of_run(haystack, at, is_base64)..end_of_run(haystack, at, is_base64)
}

/// The first byte from `at` on that is no `member`.
#[inline]
fn end_of_run(haystack: &[u8], at: usize, member: impl Fn(u8) -> bool) -> usize {
    let (groups, last) = haystack[at..].as_chunks();
    for (index, group) in groups.iter().enumerate() {
        let outside = outside(group, &member);
        if outside != 0 {
            return at + GROUP * index + outside.trailing_zeros() as usize / 8;
        }
    }
    let end = haystack.len();
    last.iter()
        .position(|&byte| !member(byte))
        .map_or(end, |index| end - last.len() + index)
}

/// The byte behind the last one before `at` that is no `member`.
#[inline]
fn start_of_run(haystack: &[u8], at: usize, member: impl Fn(u8) -> bool) -> usize {
    let (first, groups) = haystack[..at].as_rchunks();
    for (index, group) in groups.iter().rev().enumerate() {
        let outside = outside(group, &member);
        if outside != 0 {
            return at - GROUP * index - outside.leading_zeros() as usize / 8;
        }
    }
    first
        .iter()
        .rposition(|&byte| !member(byte))
        .map_or(0, |index| index + 1)
}

/// The last byte of the group at `at` that is no `member`. Panics where no whole group stands.
#[inline]
fn last_outside(haystack: &[u8], at: usize, member: impl Fn(u8) -> bool) -> Option<usize> {
    let start = start_of_run(&haystack[at..at + GROUP], GROUP, member);
    start.checked_sub(1).map(|last| at + last)
}

/// A byte of ones for each of `group` that is no `member`, the first of them lowest.
#[expect(clippy::inline_always, reason = "a call costs as much as the test")]
#[inline(always)]
fn outside(group: &[u8; GROUP], member: impl Fn(u8) -> bool) -> u128 {
    u128::from_le_bytes(group.map(|byte| if member(byte) { 0 } else { 0xff }))
}

/// The next group that passes the coarse test and has enough beside it.
fn next_group(haystack: &[u8], from: usize) -> Option<usize> {
    let tail = haystack.get(from..)?;
    let mut chunks = tail.chunks_exact(STRIDE);
    let mut at = from;
    for chunk in chunks.by_ref() {
        if passes(chunk) && has_company(haystack, at) {
            return Some(at);
        }
        at += STRIDE;
    }
    (passes(chunks.remainder()) && has_company(haystack, at)).then_some(at)
}

/// Whether another group follows or precedes: of the 36 characters that a run has beside its
/// group, 18 stand on one side.
fn has_company(haystack: &[u8], at: usize) -> bool {
    let ahead = haystack.get(at + GROUP..);
    let behind = at.checked_sub(GROUP).map(|start| &haystack[start..at]);
    ahead.is_some_and(passes) || behind.is_some_and(passes)
}

/// The coarse test: whether `bytes` start with a group of which all are in `+` to `9`, in `A` to
/// `_` or in `a` to DEL. Compares as compilers make one instruction of it for the whole group:
/// with signs, so that what is not ASCII is below, and without a branch.
#[inline]
fn passes(bytes: &[u8]) -> bool {
    let is_near = |byte: u8| {
        let (sign, folded) = (byte.cast_signed(), (byte | 0x20).cast_signed());
        (sign >= b'+'.cast_signed())
            & ((sign <= b'9'.cast_signed()) | (folded >= b'a'.cast_signed()))
    };
    bytes
        .first_chunk::<GROUP>()
        .is_some_and(|group| group.iter().fold(true, |all, &byte| all & is_near(byte)))
}

/// Eight bytes as a number. Panics past the end, which the callers' lengths exclude.
#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

/// Zero where all eight bytes are in `+` to `9`, in `A` to `_` or in `a` to DEL: the base64
/// alphabets and a little more. Each byte is compared by an addition that cannot carry into its
/// neighbour, since its own high bit is cleared first.
#[inline]
fn foreign(bytes: u64) -> u64 {
    let low = bytes & !HIGH;
    let folded = low | (EACH * 0x20);
    let from_a = at_least(folded, b'a');
    let from_plus = at_least(low, b'+');
    let past_9 = at_least(low, b'9' + 1);
    (!(from_a | (from_plus & !past_9)) | bytes) & HIGH
}

/// Sets the high bit of each byte that is `least` or more; all bytes are below 0x80, and so is
/// `least` and not 0.
#[inline]
fn at_least(bytes: u64, least: u8) -> u64 {
    bytes + EACH * u64::from(0x80 - least)
}

/// Finds the next run of at least [`MIN_RUN`] characters `a-z2-7` within `run`, as a maximal
/// half-open span.
pub(super) fn next_base32(run: &[u8], mut from: usize) -> Option<Range<usize>> {
    loop {
        let mut at = from;
        while outside(run.get(at..)?.first_chunk()?, is_base32) != 0 {
            at += STRIDE;
        }
        let start = start_of_run(run, at, is_base32);
        let end = end_of_run(run, at + GROUP, is_base32);
        if end - start >= MIN_RUN {
            return Some(start..end);
        }
        from = end + 1;
    }
}

/// Where text in UTF-16 may stand: the offset of its first byte that was seen not to be zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wide {
    /// Every other byte is zero and the rest are letters or digits.
    Text(usize),
    /// More of them are zero: UTF-16 of what is UTF-16 itself, such as UTF-32.
    Nested(usize),
}

/// Finds the next place from `from` on where text in UTF-16 may stand, by eight bytes of it.
pub(super) fn next_wide(haystack: &[u8], from: usize) -> Option<Wide> {
    let tail = haystack.get(from..)?;
    let mut chunks = tail.chunks_exact(WIDE_STRIDE);
    let mut at = from;
    for chunk in chunks.by_ref() {
        let bytes = word(chunk, 0);
        if (bytes & ODD_BYTES == 0 || bytes & !ODD_BYTES == 0)
            && let Some(wide) = wide(bytes, at)
        {
            return Some(wide);
        }
        at += WIDE_STRIDE;
    }
    let last = chunks.remainder();
    (last.len() >= 8).then(|| wide(word(last, 0), at)).flatten()
}

/// What eight bytes at `at` may be of.
fn wide(bytes: u64, at: usize) -> Option<Wide> {
    let little_endian = bytes & ODD_BYTES == 0 && foreign(bytes | (DIGITS & ODD_BYTES)) == 0;
    let big_endian = bytes & !ODD_BYTES == 0 && foreign(bytes | (DIGITS & !ODD_BYTES)) == 0;
    if little_endian {
        return Some(Wide::Text(at));
    }
    if big_endian {
        return Some(Wide::Text(at + 1));
    }
    // One character in four bytes, in eight or in sixteen.
    let first = bytes.trailing_zeros() as usize / 8 * 8;
    let of_one = 0xff_u64.checked_shl(first as u32)?;
    let of_all = of_one | of_one.checked_shl(32).unwrap_or(0);
    let is_second = bytes & of_all & !of_one != 0;
    let zeros = if is_second { !of_all } else { !of_one };
    (bytes & zeros == 0 && foreign(bytes | (DIGITS & zeros)) == 0)
        .then_some(Wide::Nested(at + first / 8))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive_runs(haystack: &[u8], member: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut start = 0;
        for end in 0..=haystack.len() {
            if end == haystack.len() || !member(haystack[end]) {
                if end - start >= MIN_RUN {
                    runs.push(start..end);
                }
                start = end + 1;
            }
        }
        runs
    }

    fn all_runs(haystack: &[u8]) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut from = 0;
        while let Some(run) = next_run(haystack, from) {
            from = run.end;
            runs.push(run);
        }
        runs
    }

    fn all_base32(haystack: &[u8]) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut from = 0;
        while let Some(run) = next_base32(haystack, from) {
            from = run.end;
            runs.push(run);
        }
        runs
    }

    fn in_base64(b: u8) -> bool {
        b.is_ascii_alphanumeric() || b"+/-_".contains(&b)
    }

    fn in_base32(b: u8) -> bool {
        b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b)
    }

    /// Text whose runs are about as long as the shortest that count, with near misses between.
    fn adversarial() -> impl Strategy<Value = Vec<u8>> {
        let piece = (
            40_usize..70,
            prop::sample::select(b"aZ7+/-_{.]q2~".to_vec()),
            prop::sample::select(b" .{]\x80\xff~,:\x00@`".to_vec()),
        )
            .prop_map(|(length, fill, gap)| {
                let mut piece = vec![fill; length];
                piece.push(gap);
                piece
            });
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn finds_every_run(text in adversarial()) {
            prop_assert_eq!(all_runs(&text), naive_runs(&text, in_base64));
            prop_assert_eq!(all_base32(&text), naive_runs(&text, in_base32));
        }

        #[test]
        fn finds_every_run_in_random_bytes(
            bytes in prop::collection::vec(prop_oneof![9 => 0x2a_u8..0x7f, 1 => any::<u8>()], 0..600)
        ) {
            prop_assert_eq!(all_runs(&bytes), naive_runs(&bytes, in_base64));
            prop_assert_eq!(all_base32(&bytes), naive_runs(&bytes, in_base32));
        }
    }

    #[test]
    fn meets_half_a_token_in_utf16_at_any_offset() {
        for lead in 0..200 {
            for big_endian in [false, true] {
                let mut bytes = vec![b'.'; lead];
                let mut text: Vec<u8> = "a7".repeat(13).bytes().flat_map(|b| [b, 0]).collect();
                text.pop();
                if big_endian {
                    bytes.push(0);
                }
                bytes.extend(&text);
                bytes.extend([b'.'; 100]);
                let Some(Wide::Text(at)) = next_wide(&bytes, 0) else {
                    panic!("half a token in UTF-16");
                };
                assert!(bytes[at] != 0 && bytes[at + 1] == 0, "{lead} {at}");
            }
        }
    }

    #[test]
    fn meets_a_token_in_utf16_of_utf16() {
        for (width, lead) in [4, 8, 16]
            .into_iter()
            .flat_map(|w| (0..200).map(move |l| (w, l)))
        {
            for place in 0..width {
                let mut bytes = vec![0xff; lead];
                for character in "a7".repeat(26).bytes() {
                    let start = bytes.len();
                    bytes.resize(start + width, 0);
                    bytes[start + place] = character;
                }
                let Some(Wide::Nested(at)) = next_wide(&bytes, 0) else {
                    panic!("{width} {place} {lead}");
                };
                assert_eq!(at % width, (lead + place) % width);
            }
        }
    }

    #[test]
    fn zeros_are_not_text() {
        assert_eq!(next_wide(&[0; 5000], 0), None);
        assert_eq!(next_run(&[0; 5000], 0), None);
    }
}
