//! Tells what bytes are by the bytes, never by a name.

use memchr::{memchr, memmem};

use super::foreign::{Foreign, foreign};

/// How far an end-of-central-directory record may stand from the end of a zip: its own 22 bytes
/// and a comment of 65,535 (PKWARE APPNOTE 4.3.16).
pub(super) const ZIP_TAIL: usize = 22 + 65_535;

/// A compression layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    /// Without a header: only a container tells that it is there.
    Deflate,
    Bzip2,
    Xz,
    /// What xz had before it: no magic.
    Lzma,
    Zstd,
}

impl Codec {
    /// How many bytes tell whether a stream starts.
    pub(super) const START: usize = 14;

    /// Whether a stream starts with `bytes`.
    pub(super) fn starts(self, bytes: &[u8]) -> bool {
        head(bytes) == Format::Packed(self)
    }

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Zstd => "zstd",
        }
    }
}

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    Packed(Codec),
    Zip,
    Tar,
    Ar,
    /// Recognised, not read.
    Foreign(Foreign),
}

/// Judges by the first bytes; 1 KiB suffices.
pub(super) fn head(bytes: &[u8]) -> Format {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    match bytes {
        // RFC 1952: the three upper flags are reserved.
        [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 => Format::Packed(Codec::Gzip),
        // The level and the magic of a block, or of the end of an empty stream.
        [b'B', b'Z', b'h', b'1'..=b'9', block @ ..]
            if block.starts_with(b"\x31\x41\x59\x26\x53\x59")
                || block.starts_with(b"\x17\x72\x45\x38\x50\x90") =>
        {
            Format::Packed(Codec::Bzip2)
        }
        // RFC 8878: a frame, or a frame to skip.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            Format::Packed(Codec::Zstd)
        }
        _ if starts(b"\xfd7zXZ\0") => Format::Packed(Codec::Xz),
        _ if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") => Format::Zip,
        // Markers of archives that were split, or meant to be.
        _ if starts(b"PK\x07\x08PK\x03\x04") || starts(b"PK00PK\x03\x04") => Format::Zip,
        _ if starts(b"!<arch>\n") => Format::Ar,
        _ if is_tar(bytes) || claims_tar(bytes) => Format::Tar,
        _ if is_lzma(bytes) => Format::Packed(Codec::Lzma),
        _ => foreign(bytes).map_or(Format::Plain, Format::Foreign),
    }
}

/// Whether bytes are a header as `xz --format=lzma` writes it and its decoder believes: the usual
/// properties, a dictionary of 2ⁿ or 2ⁿ + 2ⁿ⁻¹ bytes, a size that is unknown or less than 256 GiB;
/// and the first byte of the range coder, which is zero.
fn is_lzma(bytes: &[u8]) -> bool {
    let Some(&[0x5d, d0, d1, d2, d3, ref size @ .., 0]) = bytes.first_chunk::<14>() else {
        return false;
    };
    let dictionary = u32::from_le_bytes([d0, d1, d2, d3]);
    let leading = dictionary.count_ones();
    let is_usual = dictionary >= 1 << 12
        && (leading == 1
            || leading == 2 && dictionary.leading_zeros() + dictionary.trailing_zeros() == 30);
    let size = u64::from_le_bytes(*size);
    is_usual && (size == u64::MAX || size < 1 << 38)
}

/// Whether `tail`, the last [`ZIP_TAIL`] bytes, ends like a zip. Leading bytes do not matter to
/// zip readers.
pub(super) fn ends_like_zip(tail: &[u8]) -> bool {
    // The disk numbers in the record are zero: text is told by one fast search.
    memchr(0, tail).is_some() && memmem::find(tail, b"PK\x05\x06").is_some()
}

/// Whether bytes that can be read only once may turn out to have a zip at their end: programs
/// and scripts that unpack themselves.
pub(super) fn may_carry_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MZ") || bytes.starts_with(b"\x7fELF") || bytes.starts_with(b"#!")
}

/// Whether a block starts with a tar header, by its checksum: the oldest form has no magic.
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..512) else {
        return false;
    };
    let field = &header[148..156];
    if !field
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'7' | b' ' | 0))
    {
        return false;
    }
    let digits = field
        .iter()
        .skip_while(|byte| **byte == b' ')
        .take_while(|b| b.is_ascii_digit());
    let stated = digits.fold(0, |sum, digit| sum * 8 + u32::from(digit - b'0'));
    let blank = field.len() as u32 * u32::from(b' ');
    let rest = header[..148].iter().chain(&header[156..]);
    // Some old writers summed signed bytes.
    let (unsigned, signed) = rest.fold((blank, i64::from(blank)), |(unsigned, signed), &byte| {
        (
            unsigned + u32::from(byte),
            signed + i64::from(byte.cast_signed()),
        )
    });
    // An empty name and no digits is a block of zeros, not a header.
    stated != 0 && (stated == unsigned || i64::from(stated) == signed)
}

/// Whether a block says that it is a tar header, by the magic and version of POSIX or GNU, whatever
/// its checksum: a header that is damaged.
pub(super) fn claims_tar(bytes: &[u8]) -> bool {
    let magic = bytes.get(257..265);
    magic == Some(b"ustar\x0000") || magic == Some(b"ustar  \0")
}

#[cfg(test)]
mod tests {
    use super::super::foreign::Contents;
    use super::*;

    #[test]
    fn lzma_by_all_that_its_header_says() {
        let header = |properties: u8, dictionary: u32, size: u64, first: u8| {
            let mut bytes = vec![properties];
            bytes.extend(dictionary.to_le_bytes());
            bytes.extend(size.to_le_bytes());
            bytes.push(first);
            head(&bytes)
        };
        let lzma = Format::Packed(Codec::Lzma);
        for (properties, dictionary, size, first, expected) in [
            (0x5d, 1 << 23, u64::MAX, 0, lzma),
            (0x5d, 1 << 12, 0, 0, lzma),
            (0x5d, 3 << 25, (1 << 38) - 1, 0, lzma),
            (0x5d, 1 << 31, 5, 0, lzma),
            (0x5e, 1 << 23, u64::MAX, 0, Format::Plain),
            (0x5d, 1 << 11, 5, 0, Format::Plain),
            (0x5d, 5 << 20, 5, 0, Format::Plain),
            (0x5d, (1 << 23) + 1, 5, 0, Format::Plain),
            (0x5d, 1 << 23, 1 << 38, 0, Format::Plain),
            (0x5d, 1 << 23, u64::MAX, b'a', Format::Plain),
        ] {
            let found = header(properties, dictionary, size, first);
            assert_eq!(found, expected, "{properties} {dictionary} {size} {first}");
        }
        assert_eq!(head(b"]\0\0\x80\0"), Format::Plain);
        assert_eq!(head(b"] is the end of an array"), Format::Plain);
    }

    #[test]
    fn formats_by_their_first_bytes() {
        let check = |bytes: &[u8], expected| assert_eq!(head(bytes), expected, "{bytes:?}");
        let unread = |what| {
            Format::Foreign(Foreign {
                what,
                contents: Contents::Packed,
            })
        };
        check(b"", Format::Plain);
        check(b"BZh9 is how a bzip2 file starts", Format::Plain);
        check(b"BZh91AY&SY", Format::Packed(Codec::Bzip2));
        check(b"\x1f\x8b\x08\xff", Format::Plain);
        check(b"\x1f\x8b\x08\0", Format::Packed(Codec::Gzip));
        check(b"\x28\xb5\x2f\xfd", Format::Packed(Codec::Zstd));
        check(b"\x51\x2a\x4d\x18", Format::Packed(Codec::Zstd));
        check(b"\xfd7zXZ\0", Format::Packed(Codec::Xz));
        check(b"PK\x03\x04", Format::Zip);
        check(b"PK is a name", Format::Plain);
        check(b"Rar!\x1a\x07\x01\0", unread("a rar archive"));
        check(b"Rar!\x1a\x07\0", unread("a rar archive"));
        check(b"# v3 git bundle\n", unread("a git bundle"));
        check(b"PACK\0\0\0\x02\0\0", unread("a git pack"));
        check(b"PACK\0\0\0\x03\0\0", unread("a git pack"));
        check(b"PACK\0\0\0\x04\0\0", Format::Plain);
        check(b"PACKAGE=patsweep", Format::Plain);
        check(&[0; 1024], Format::Plain);
        check(&[b'0'; 1024], Format::Plain);
        let mut header = [b' '; 512];
        header[257..265].copy_from_slice(b"ustar\x0000");
        check(&header, Format::Tar);
        header[264] = b' ';
        check(&header, Format::Plain);
    }
}
