//! Gzip inside another layer, as in Helm's release secrets.

use std::io::{ErrorKind, Read};
use std::sync::LazyLock;

use flate2::bufread::GzDecoder;
use memchr::memmem::Finder;

/// The most bytes that one stream may unpack to; what lies behind is not searched.
const MAX_UNPACKED: usize = 8 << 20;

/// The magic of a gzip stream with deflated content.
pub(crate) const MAGIC: &[u8] = b"\x1f\x8b\x08";
/// Its base64, at the start of a run; made once, for most runs are short.
pub(crate) static MAGIC_BASE64: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("H4sI"));
/// How many characters of base64 hold enough of a stream to judge it.
pub(crate) const TASTE_BASE64: usize = 344;

/// Whether `packed` starts like a gzip stream: a header that compressors write, and content that
/// does not contradict itself at once.
pub(crate) fn is_plausible(packed: &[u8]) -> bool {
    let &[0x1f, 0x8b, 8, flags, _, _, _, _, extra, system, ..] = packed else {
        return false;
    };
    let known = flags & 0xe0 == 0 && matches!(extra, 0 | 2 | 4) && matches!(system, 0..=13 | 255);
    let taste = &packed[..packed.len().min(TASTE_BASE64 / 4 * 3)];
    // A stream that is cut here may need more before it gives its first byte.
    known
        && GzDecoder::new(taste).read(&mut [0; 64]).map_or_else(
            |error| error.kind() == ErrorKind::UnexpectedEof,
            |read| read > 0,
        )
}

/// Unpacks what can be unpacked of `packed`, member by member, up to [`MAX_UNPACKED`] bytes. A
/// stream may be cut or damaged, or end before what follows it in the run: what came out of it
/// before counts.
pub(crate) fn unpack(mut packed: &[u8]) -> Vec<u8> {
    // The decoder drops what it had from the call that fails, so the calls are small.
    let mut few = [0; 512];
    let mut bytes = Vec::new();
    while packed.starts_with(MAGIC) {
        let mut member = GzDecoder::new(&mut packed);
        loop {
            match member.read(&mut few) {
                Ok(0) => break,
                Ok(read) if bytes.len() < MAX_UNPACKED => bytes.extend_from_slice(&few[..read]),
                Ok(_) | Err(_) => return bytes,
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("a vector takes all");
        encoder.finish().expect("a vector takes all")
    }

    /// Text that packs badly.
    fn text(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            b' ' + (state >> 57) as u8 % 90
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn judges_streams_of_any_length_whole_or_cut() {
        for length in 1..600 {
            let packed = pack(&text(length));
            assert!(is_plausible(&packed), "{length}");
            assert_eq!(unpack(&packed), text(length));
            for cut in [20, packed.len() / 2, packed.len() - 1] {
                assert!(
                    is_plausible(&packed[..cut.min(packed.len())]),
                    "{length} {cut}"
                );
            }
        }
    }

    #[test]
    fn keeps_what_came_before_a_cut_or_damage() {
        let packed = pack(&text(50_000));
        let cut = unpack(&packed[..packed.len() / 2]);
        assert!(
            cut.len() > 10_000 && text(50_000).starts_with(&cut),
            "{}",
            cut.len()
        );
        assert_eq!(
            unpack(&[packed.clone(), packed.clone()].concat()).len(),
            100_000
        );
        assert_eq!(
            unpack(&[&packed, &b"what follows it"[..]].concat()).len(),
            50_000
        );
        let mut damaged = packed;
        damaged[30_000] ^= 0xff;
        assert!(unpack(&damaged).len() > 25_000);
    }

    #[test]
    fn stops_at_the_bound() {
        assert_eq!(
            unpack(&pack(&vec![0; MAX_UNPACKED + 1])).len(),
            MAX_UNPACKED
        );
    }

    #[test]
    fn noise_is_not_plausible() {
        let mut noise = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
        noise.extend(std::iter::repeat_n(0xff, 300));
        assert!(!is_plausible(&noise));
        assert!(!is_plausible(
            b"\x1f\x8b\x08\x1f\x8b\x08\x1f\x8b\x08\x1f\x8b\x08"
        ));
    }
}
