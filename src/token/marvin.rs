//! Marvin32, the keyed hash whose value the new tokens carry as their checksum.
//!
//! Microsoft publishes the algorithm in .NET (`System.Marvin`) and, for these tokens, in
//! microsoft/security-utilities (`Marvin.cs`).

/// The seed of Azure DevOps tokens: the bytes of `Default0`, read as a big-endian number.
pub(super) const SEED: u64 = u64::from_be_bytes(*b"Default0");

/// Hashes `data`: the two halves of the 64-bit state, combined.
pub(super) fn marvin32(data: &[u8], seed: u64) -> u32 {
    let mut state = (seed as u32, (seed >> 32) as u32);
    let (words, tail) = data.as_chunks::<4>();
    for &word in words {
        mix(&mut state, u32::from_le_bytes(word));
    }
    let mut last = [0; 4];
    last[..tail.len()].copy_from_slice(tail);
    last[tail.len()] = 0x80;
    mix(&mut state, u32::from_le_bytes(last));
    mix(&mut state, 0);
    state.0 ^ state.1
}

/// Takes in one word.
fn mix((low, high): &mut (u32, u32), word: u32) {
    *low = low.wrapping_add(word);
    *high ^= *low;
    *low = low.rotate_left(20).wrapping_add(*high);
    *high = high.rotate_left(9) ^ *low;
    *low = low.rotate_left(27).wrapping_add(*high);
    *high = high.rotate_left(19);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// .NET's own known answers (`MarvinTests.cs`): every length of tail.
    #[test]
    fn known_answers() {
        let check = |data: &[u8], expected: u64| {
            let folded = expected as u32 ^ (expected >> 32) as u32;
            assert_eq!(marvin32(data, 0x004F_B61A_001B_DBCC), folded, "{data:02x?}");
        };
        check(&[], 0x30ED_35C1_00CD_3C7D);
        check(&[0xAF], 0x48E7_3FC7_7D75_DDC1);
        check(&[0xE7, 0x0F], 0xB5F6_E1FC_485D_BFF8);
        check(&[0x37, 0xF4, 0x95], 0xF0B0_7C78_9B8C_F7E8);
        check(&[0x86, 0x42, 0xDC, 0x59], 0x7008_F2E8_7E9C_F556);
        check(&[0x15, 0x3F, 0xB7, 0x98, 0x26], 0xE6C0_8C6D_A2AF_A997);
        check(&[0x09, 0x32, 0xE6, 0x24, 0x6C, 0x47], 0x6F04_BF1A_5EA2_4060);
        check(
            &[0xAB, 0x42, 0x7E, 0xA8, 0xD1, 0x0F, 0xC7],
            0xE118_47E4_F067_8C41,
        );
    }
}
