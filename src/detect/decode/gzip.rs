//! Gzip inside another layer, as in Helm's release secrets.

use std::io::Read;

use flate2::read::MultiGzDecoder;

/// The most bytes that one stream may unpack to; what lies behind is not searched.
const MAX_UNPACKED: u64 = 8 << 20;

/// The magic of a gzip stream with deflated content.
pub(crate) const MAGIC: &[u8] = b"\x1f\x8b\x08";
/// Its base64, at the start of a run.
pub(crate) const MAGIC_BASE64: &[u8] = b"H4sI";

/// Unpacks what can be unpacked of `packed`, also where the stream is cut or damaged.
pub(crate) fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A damaged stream is noise that happened to start like gzip, or one that was cut: what came
    // out of it before counts.
    let _ = MultiGzDecoder::new(packed)
        .take(MAX_UNPACKED)
        .read_to_end(&mut bytes);
    bytes
}

/// How many characters of base64 hold enough of a stream to judge it.
pub(crate) const TASTE_BASE64: usize = 344;

/// Whether `packed` starts like a gzip stream: a header that compressors write, and content that
/// does not contradict itself at once.
pub(crate) fn is_plausible(packed: &[u8]) -> bool {
    let &[0x1f, 0x8b, 8, flags, _, _, _, _, extra, system, ..] = packed else {
        return false;
    };
    let known = flags & 0xe0 == 0 && matches!(extra, 0 | 2 | 4) && matches!(system, 0..=13 | 255);
    let mut first = [0];
    known
        && MultiGzDecoder::new(packed)
            .read(&mut first)
            .is_ok_and(|read| read > 0)
}
