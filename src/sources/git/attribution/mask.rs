//! Sets of hits: a bit for each, a block of them at a time.

use std::ops::{BitOr, BitOrAssign};

const WORDS: usize = 4;

/// Which of the hits of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mask([u64; WORDS]);

impl Mask {
    /// Hits of one block.
    pub(super) const BITS: usize = WORDS * u64::BITS as usize;

    pub(super) fn is_empty(self) -> bool {
        self.0 == [0; WORDS]
    }

    pub(super) fn insert(&mut self, bit: usize) {
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    pub(super) fn has(self, bit: usize) -> bool {
        self.0[bit / 64] & 1 << (bit % 64) != 0
    }

    /// Those that `other` has not.
    pub(super) fn without(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & !other.0[word]))
    }

    /// Ascending.
    pub(super) fn bits(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

impl BitOr for Mask {
    type Output = Self;

    fn bitor(mut self, other: Self) -> Self {
        self |= other;
        self
    }
}

impl BitOrAssign for Mask {
    fn bitor_assign(&mut self, other: Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back_in_order() {
        let bits = [0, 63, 64, 130, 255];
        let mut mask = Mask::default();
        assert!(mask.is_empty());
        for bit in bits.into_iter().rev() {
            mask.insert(bit);
        }
        assert_eq!(mask.bits().collect::<Vec<_>>(), bits);
        let mut other = Mask::default();
        other.insert(64);
        other.insert(7);
        assert_eq!(
            mask.without(other).bits().collect::<Vec<_>>(),
            [0, 63, 130, 255]
        );
        assert!((mask | other).has(7) && mask.has(130) && !mask.has(7));
    }
}
