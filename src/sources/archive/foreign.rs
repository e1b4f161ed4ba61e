//! Tells containers that are not read by their first bytes, short magics by what stands behind them.

/// A container that is recognised and not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    /// What it is, with its article.
    pub(super) what: &'static str,
    pub(super) contents: Contents,
}

/// What of a container that is not read can be seen in its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// Nothing: all is packed.
    Packed,
    /// What its packer left as it was.
    Partly,
}

/// What starts with `bytes`; 1 KiB suffices.
pub(super) fn foreign(bytes: &[u8]) -> Option<Foreign> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let packed = match bytes {
        _ if starts(b"7z\xbc\xaf\x27\x1c") => "a 7z archive",
        _ if starts(b"Rar!\x1a\x07\0") || starts(b"Rar!\x1a\x07\x01\0") => "a rar archive",
        _ if starts(b"\xed\xab\xee\xdb") => "an rpm package",
        _ if starts(b"MSCF\0\0\0\0") => "a cab archive",
        _ if starts(b"# v2 git bundle\n") || starts(b"# v3 git bundle\n") => "a git bundle",
        // gitformat-pack(5): the version is a big-endian number.
        _ if starts(b"PACK\0\0\0\x02") || starts(b"PACK\0\0\0\x03") => "a git pack",
        // compress(1): codes of 9 to 16 bits, two flags that nobody uses.
        [0x1f, 0x9d, flags, ..] if flags & 0x60 == 0 && matches!(flags & 0x1f, 9..=16) => {
            "a compress (.Z) file"
        }
        // The version, and the logarithm of the size of the dictionary.
        [b'L', b'Z', b'I', b'P', 0 | 1, size, ..] if matches!(size & 0x1f, 12..=29) => {
            "an lzip file"
        }
        _ => "",
    };
    if !packed.is_empty() {
        let contents = Contents::Packed;
        return Some(Foreign {
            what: packed,
            contents,
        });
    }
    let what = match bytes {
        // Frames, and those of before there were frames.
        [0x04, 0x22, 0x4d, 0x18, ..] | [0x02, 0x21, 0x4c, 0x18, ..] => "an lz4 file",
        _ if starts(b"\x89LZO\0\r\n\x1a\n") => "an lzop file",
        _ if starts(b"MSWIM\0\0\0") => "a wim image",
        // The sizes of the header and its version are big-endian.
        [b'x', b'a', b'r', b'!', 0, 28..=255, 0, 1, ..] => "a xar archive",
        _ if starts(b"hsqs") && is_squashfs(bytes) => "a squashfs image",
        _ if is_cpio(bytes) => "a cpio archive",
        _ if is_lha(bytes) => "an lha archive",
        _ => return None,
    };
    Some(Foreign {
        what,
        contents: Contents::Partly,
    })
}

/// The major version of a superblock, at 28, is 1 to 4.
fn is_squashfs(bytes: &[u8]) -> bool {
    matches!(bytes.get(28..30), Some([1..=4, 0]))
}

/// The header is all digits, hexadecimal (70701, 70702) or octal (70707), and the first name ends
/// where it says, with a zero that no text has.
fn is_cpio(bytes: &[u8]) -> bool {
    let (header, radix, name) = match bytes.get(..6) {
        Some(b"070701" | b"070702") => (110, 16, 94..102),
        Some(b"070707") => (76, 8, 59..65),
        _ => return false,
    };
    let Some(digits) = bytes.get(6..header) else {
        return false;
    };
    let length = std::str::from_utf8(&bytes[name])
        .ok()
        .and_then(|digits| usize::from_str_radix(digits, radix).ok());
    let end = length.and_then(|length| (header + length).checked_sub(1));
    digits.iter().all(|&byte| char::from(byte).is_digit(radix))
        && end.is_some_and(|end| end >= header && bytes.get(end) == Some(&0))
}

/// A method such as `-lh5-` at 2, and the level of the header, at 20, which no text has.
fn is_lha(bytes: &[u8]) -> bool {
    let Some(&[b'-', b'l', b'h' | b'z', method, b'-']) = bytes.get(2..7) else {
        return false;
    };
    method.is_ascii_alphanumeric() && matches!(bytes.get(20), Some(0..=3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpio(magic: &str, fields: &str, name: &[u8]) -> Vec<u8> {
        [magic.as_bytes(), fields.as_bytes(), name].concat()
    }

    #[test]
    fn short_magics_are_told_from_text() {
        let check = |bytes: &[u8], expected: Option<&str>| {
            assert_eq!(foreign(bytes).map(|it| it.what), expected, "{bytes:?}");
        };
        check(b"\x1f\x9d\x90more", Some("a compress (.Z) file"));
        check(b"\x1f\x9d\x8fmore", Some("a compress (.Z) file"));
        check(b"\x1f\x9d\xf0more", None);
        check(b"\x1f\x9d\x88more", None);
        check(b"LZIP\x01\x0cmore", Some("an lzip file"));
        check(b"LZIP is a format", None);
        check(b"LZIP\x01\x0b", None);
        check(b"xar!\0\x1c\0\x01\0\0", Some("a xar archive"));
        check(b"xar! is a format", None);
        let squashfs = [b"hsqs", &[b'x'; 24][..], b"\x04\0\0\0"].concat();
        check(&squashfs, Some("a squashfs image"));
        check(b"hsqs is how a squashfs image starts, it says", None);
        let lha = |level: u8| [b"\x1f\x09-lh5-", &[0x20; 13][..], &[level]].concat();
        check(&lha(0), Some("an lha archive"));
        check(&lha(2), Some("an lha archive"));
        check(&lha(b' '), None);
        check(b"x -lh5- is a method of lha", None);
        check(b"xx-lh5- is a method of lha", None);
        // 94 digits with the length of the name at its place.
        let new = format!("{}0000000200000000", "0".repeat(88));
        let old = format!("{}00000200000000000", "0".repeat(53));
        check(&cpio("070701", &new, b"a\0"), Some("a cpio archive"));
        check(&cpio("070702", &new, b"a\0"), Some("a cpio archive"));
        check(&cpio("070707", &old, b"a\0"), Some("a cpio archive"));
        check(&cpio("070701", &new, b"ab"), None);
        check(&cpio("070707", &old, b"ab"), None);
        check(&cpio("070707", &new, b"a\0"), None);
        check(b"070701", None);
        check("070701 ".repeat(50).as_bytes(), None);
        check("0707".repeat(50).as_bytes(), None);
    }
}
