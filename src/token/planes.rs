//! The legacy checksum of every window of a run at once, by its linearity.
//!
//! `stored ^ crc(data)` is an affine function of the token's 260 bits over GF(2): every bit adds
//! its own fixed 32-bit word, and a window is a token where their sum is one of two words. So the
//! run is turned into five bit planes (bit *b* of every symbol), 64 symbols a word; the window
//! that ends at a symbol is 52 bits of each plane, looked up eight at a time. The CRC reads bytes
//! from their low end and base32 fills them from their high end, which is why there is no cheaper
//! recurrence from one window to the next.
//!
//! The last symbol of a token has four zero bits, so most windows of random text are never looked
//! up. Where many could end a token, four bits of 64 sums are computed at once, which leaves one
//! window in sixteen; and then most planes are empty, which cost nothing.

use super::legacy::{BYTES, DATA, LEN, LegacyKind, STORED};

/// Bits of a symbol.
const BITS: usize = 5;

/// Symbols of a block: the bits of a word.
const BLOCK: usize = 64;

/// Lookups that cover the [`LEN`] bits of a window in one plane.
const STEPS: usize = LEN.div_ceil(8);

/// Window ends in a block beyond which it is worth narrowing them down together.
const DENSE: u32 = 8;

/// The bits of a sum that [`narrow`] computes: some in which both [`TARGETS`] agree.
const SLICED: [u32; 4] = [4, 5, 6, 7];

/// For eight symbols of a plane at a time, the sum of what their bits add.
type PlaneTable = [[u32; 256]; STEPS];

/// The table of each plane, the symbols' low bit first.
static TABLES: [PlaneTable; BITS] = tables();

/// For each bit of each symbol, which of the [`SLICED`] bits it adds to: all ones or zero.
static SLICES: [[[u64; SLICED.len()]; LEN]; BITS] = slices();

/// The sums at which a window is a token.
const TARGETS: [u32; 2] = [target(LegacyKind::UserPat), target(LegacyKind::AppSecret)];

/// Reports the start of every window whose checksum is right and whose last character is `a` or
/// `q`, in order.
///
/// A byte outside the alphabet counts as some symbol or other: what is reported may then be no
/// token, but no token is missed.
pub(super) fn scan(run: &[u8], mut found: impl FnMut(usize)) {
    let mut before = [0; BITS];
    for (index, block) in run.chunks(BLOCK).enumerate() {
        let planes = transpose(block);
        let [low @ .., _] = planes;
        let mut ends = !low.iter().fold(0, |all, plane| all | plane);
        ends &= u64::MAX >> (BLOCK - block.len());
        if index == 0 {
            ends &= u64::MAX << (LEN - 1);
        }
        if ends.count_ones() > DENSE {
            ends &= narrow(&before, &planes);
        }
        while ends != 0 {
            let end = ends.trailing_zeros() as usize;
            ends &= ends - 1;
            if TARGETS.contains(&sum(&before, &planes, end)) {
                found(index * BLOCK + end + 1 - LEN);
            }
        }
        before = planes;
    }
}

/// Keeps those window ends of the block `planes` whose sum has the right [`SLICED`] bits: 64
/// windows at a time, for blocks where most symbols could end a token.
fn narrow(before: &[u64; BITS], planes: &[u64; BITS]) -> u64 {
    let mut sums = [0; SLICED.len()];
    for ((masks, &high), &low) in SLICES.iter().zip(planes).zip(before) {
        if high | low == 0 {
            continue;
        }
        for (symbol, masks) in masks.iter().enumerate() {
            let plane = high << (LEN - 1 - symbol) | low >> (BLOCK - LEN) >> (symbol + 1);
            for (sum, mask) in sums.iter_mut().zip(masks) {
                *sum ^= plane & mask;
            }
        }
    }
    sums.iter().zip(SLICED).fold(u64::MAX, |kept, (&sum, bit)| {
        kept & if TARGETS[0] >> bit & 1 == 1 {
            sum
        } else {
            !sum
        }
    })
}

/// Sums the window that ends at symbol `end` of the block `planes`, which follows `before`.
#[inline]
fn sum(before: &[u64; BITS], planes: &[u64; BITS], end: usize) -> u32 {
    let mut sum = 0;
    for ((table, &high), &low) in TABLES.iter().zip(planes).zip(before) {
        let window = (high << (BLOCK - 1 - end) | low >> 1 >> end) >> (BLOCK - LEN);
        if window != 0 {
            for (step, byte) in table.iter().zip(window.to_le_bytes()) {
                sum ^= step[usize::from(byte)];
            }
        }
    }
    sum
}

/// Turns up to [`BLOCK`] characters into their bit planes, the first character lowest.
fn transpose(block: &[u8]) -> [u64; BITS] {
    let mut symbols = [0u8; BLOCK];
    for (symbol, &byte) in symbols.iter_mut().zip(block) {
        *symbol = if byte >= b'a' {
            byte - b'a'
        } else {
            byte.wrapping_sub(b'2' - 26)
        };
    }
    let mut planes = [0; BITS];
    let (words, _) = symbols.as_chunks::<8>();
    for (at, &word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(word);
        for (bit, plane) in planes.iter_mut().enumerate() {
            *plane |= gather(word >> bit) << (at * 8);
        }
    }
    planes
}

/// Collects the lowest bit of each of eight bytes. The product puts bit 8*k* at 56+*k*, and no
/// two of its terms meet.
fn gather(bytes: u64) -> u64 {
    (bytes & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The sum at which a window is a token of `kind`: the affine part, the CRC of zeros, moved over.
const fn target(kind: LegacyKind) -> u32 {
    let mut crc = u32::MAX;
    let mut index = 0;
    while index < BYTES - STORED.len() {
        crc = step_byte(crc);
        index += 1;
    }
    kind.seed() ^ !crc
}

/// Fills the tables from what single bits add.
#[expect(clippy::large_stack_arrays, reason = "it runs in the compiler only")]
const fn tables() -> [PlaneTable; BITS] {
    let mut tables = [[[0; 256]; STEPS]; BITS];
    let mut symbol = 0;
    while symbol < LEN {
        let mut bit = 0;
        while bit < BITS {
            let word = bit_word(symbol * BITS + (BITS - 1 - bit));
            let mask = 1 << (symbol % 8);
            let mut entry = 0;
            while entry < 256 {
                if entry & mask != 0 {
                    tables[bit][symbol / 8][entry] ^= word;
                }
                entry += 1;
            }
            bit += 1;
        }
        symbol += 1;
    }
    tables
}

/// Picks the [`SLICED`] bits of what single bits add.
const fn slices() -> [[[u64; SLICED.len()]; LEN]; BITS] {
    let mut slices = [[[0; SLICED.len()]; LEN]; BITS];
    let mut index = 0;
    while index < LEN * BITS {
        let (symbol, bit) = (index / BITS, BITS - 1 - index % BITS);
        let mut slice = 0;
        while slice < SLICED.len() {
            assert!((TARGETS[0] ^ TARGETS[1]) >> SLICED[slice] & 1 == 0);
            slices[bit][symbol][slice] =
                ((bit_word(index) >> SLICED[slice] & 1) as u64).wrapping_neg();
            slice += 1;
        }
        index += 1;
    }
    slices
}

/// What the bit at `position`, counted from the high end of the first byte, adds to the sum.
const fn bit_word(position: usize) -> u32 {
    let (byte, bit) = (position / 8, 7 - position % 8);
    let mut index = 0;
    while index < STORED.len() {
        if STORED[index] == byte {
            return 1 << (8 * index + bit);
        }
        index += 1;
    }
    if byte >= BYTES {
        return 0;
    }
    let mut crc = 1 << bit;
    let mut passed = false;
    let mut part = 0;
    while part < DATA.len() {
        let mut at = DATA[part].start;
        while at < DATA[part].end {
            passed |= at == byte;
            if passed {
                crc = step_byte(crc);
            }
            at += 1;
        }
        part += 1;
    }
    crc
}

/// Moves a reflected CRC-32 on by one zero byte.
const fn step_byte(mut crc: u32) -> u32 {
    let mut bit = 0;
    while bit < 8 {
        crc = (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
        bit += 1;
    }
    crc
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{legacy, mint};
    use super::*;

    /// Every token of `run`, by the checksum of each window alone.
    fn naive(run: &[u8]) -> Vec<(usize, LegacyKind)> {
        run.windows(LEN)
            .enumerate()
            .filter_map(|(start, window)| Some((start, legacy::check(window)?)))
            .collect()
    }

    fn scanned(run: &[u8]) -> Vec<(usize, LegacyKind)> {
        let mut found = Vec::new();
        legacy::scan(run, &mut |start, kind| found.push((start, kind)));
        found
    }

    /// A run of the alphabet into which tokens, overlapping or not, were written.
    fn planted() -> impl Strategy<Value = Vec<u8>> {
        let symbol = prop_oneof![
            proptest::sample::select(&b"abcdefghijklmnopqrstuvwxyz234567"[..]),
            proptest::sample::select(&b"aq"[..]),
        ];
        let run = proptest::collection::vec(symbol, 0..400);
        let plants = proptest::collection::vec((any::<u64>(), 0..400usize), 0..6);
        (run, plants).prop_map(|(mut run, plants)| {
            for (seed, at) in plants {
                let token = if seed % 2 == 0 {
                    mint::legacy_pat(seed)
                } else {
                    mint::app_secret(seed)
                };
                if let Some(place) = run.get_mut(at..at + LEN) {
                    place.copy_from_slice(token.as_bytes());
                }
            }
            run
        })
    }

    proptest! {
        #[test]
        fn the_scan_equals_the_checksum_of_every_window(run in planted()) {
            prop_assert_eq!(scanned(&run), naive(&run));
        }

        #[test]
        fn so_it_does_on_mutated_tokens_and_foreign_bytes(
            mut run in planted(),
            mutations in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        ) {
            for (at, byte) in mutations {
                let len = run.len().max(1);
                if let Some(place) = run.get_mut(at % len) {
                    *place = byte;
                }
            }
            prop_assert_eq!(scanned(&run), naive(&run));
        }
    }

    #[test]
    fn tokens_are_found_at_every_offset() {
        let token = mint::legacy_pat(5);
        for start in 0..200 {
            for rest in [0, 1, 63, 64, 65] {
                let run = ["b".repeat(start), token.clone(), "b".repeat(rest)].concat();
                assert_eq!(scanned(run.as_bytes()), [(start, LegacyKind::UserPat)]);
            }
        }
        assert_eq!(scanned(&token.as_bytes()[1..]), []);
    }
}
