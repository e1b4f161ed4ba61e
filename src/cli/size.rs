//! Sizes as people write them.

use thiserror::Error;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(pub(super) u64);

/// Why a text is no size.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum SizeError {
    /// No number, or another unit.
    #[error("expected a number of bytes with a unit or none, such as 512, 64K, 10MiB or 2GB")]
    Syntax,
    /// More than 2⁶⁴ bytes.
    #[error("too large")]
    TooLarge,
}

/// Reads `512`, `64K`, `10MiB`, `2GB`: K, M, G, T and KiB, MiB, GiB, TiB are powers of 1024, kB, MB,
/// GB, TB powers of 1000; case and a space before the unit do not matter.
pub(super) fn parse(text: &str) -> Result<Size, SizeError> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(SizeError::Syntax);
    }
    let number: u64 = number.parse().map_err(|_| SizeError::TooLarge)?;
    let unit = unit.trim_start().to_ascii_lowercase();
    let (prefix, base) = match unit.as_str() {
        "" | "b" => return Ok(Size(number)),
        unit if unit.ends_with("ib") => (&unit[..unit.len() - 2], 1024_u64),
        unit if unit.ends_with('b') => (&unit[..unit.len() - 1], 1000),
        unit => (unit, 1024),
    };
    let power = match prefix {
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(SizeError::Syntax),
    };
    number
        .checked_mul(base.pow(power))
        .map(Size)
        .ok_or(SizeError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("512", Ok(512)),
            ("512b", Ok(512)),
            ("1K", Ok(1024)),
            ("1k", Ok(1024)),
            ("64KiB", Ok(65_536)),
            ("1M", Ok(1_048_576)),
            ("1 MB", Ok(1_000_000)),
            ("2GiB", Ok(2_147_483_648)),
            ("2gb", Ok(2_000_000_000)),
            ("3T", Ok(3_298_534_883_328)),
            ("", Err(SizeError::Syntax)),
            ("M", Err(SizeError::Syntax)),
            ("-1", Err(SizeError::Syntax)),
            ("1.5M", Err(SizeError::Syntax)),
            ("1X", Err(SizeError::Syntax)),
            ("1ib", Err(SizeError::Syntax)),
            ("1Mi", Err(SizeError::Syntax)),
            ("18446744073709551616", Err(SizeError::TooLarge)),
            ("18446744073709551615T", Err(SizeError::TooLarge)),
        ] {
            assert_eq!(parse(text), expected.map(Size), "{text:?}");
        }
    }
}
