//! How random a text looks.

/// The Shannon entropy of the bytes, in bits per byte: 0 for one byte repeated, at most 8.
#[expect(clippy::cast_precision_loss, reason = "a match is at most 8 KiB long")]
pub fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let total = bytes.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .fold(0.0, |sum, &count| {
            let share = f64::from(count) / total;
            sum - share * share.log2()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (text, expected) in [
            ("", 0.0),
            ("aaaa", 0.0),
            ("abab", 1.0),
            ("abcd", 2.0),
            ("aaab", 0.811_278_124),
        ] {
            let found = entropy(text.as_bytes());
            assert!(
                (found - expected).abs() < 1e-6,
                "{text}: {found} is not {expected}"
            );
        }
        let all: Vec<u8> = (0..=255).collect();
        assert!((entropy(&all) - 8.0).abs() < 1e-9);
    }
}
