//! Loose objects: one file each, a header and its bytes, compressed.

use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::ZlibDecoder;

use super::pack::Lost;
use crate::model::ObjectKind;
use crate::sources::file;

/// Bytes of the longest header: a kind, a blank, a size, a zero.
const MAX_HEADER: usize = 32;

/// Reads the object at `path` into `object`.
pub(super) fn read(path: &Path, max_size: usize, object: &mut Vec<u8>) -> Result<ObjectKind, Lost> {
    let corrupt = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Lost::Missing,
        _ => Lost::Corrupt(error.to_string()),
    };
    let mut input = ZlibDecoder::new(BufReader::new(file::open(path).map_err(corrupt)?));
    object.clear();
    (&mut input)
        .take(MAX_HEADER as u64)
        .read_to_end(object)
        .map_err(corrupt)?;
    let end = object.iter().position(|&byte| byte == 0);
    let header = end.and_then(|end| parse(&object[..end]).map(|header| (end, header)));
    let Some((end, (kind, size))) = header else {
        return Err(Lost::Corrupt("its header is damaged".to_owned()));
    };
    if size > max_size as u64 {
        return Err(Lost::TooLarge(size));
    }
    object.drain(..=end);
    let missing = (size + 1).saturating_sub(object.len() as u64);
    input.take(missing).read_to_end(object).map_err(corrupt)?;
    if object.len() as u64 == size {
        Ok(kind)
    } else {
        Err(Lost::Corrupt(format!(
            "it has not the {size} bytes that its header tells"
        )))
    }
}

fn parse(header: &[u8]) -> Option<(ObjectKind, u64)> {
    let (kind, size) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    let kind = match kind {
        "blob" => ObjectKind::Blob,
        "tree" => ObjectKind::Tree,
        "commit" => ObjectKind::Commit,
        "tag" => ObjectKind::Tag,
        _ => return None,
    };
    Some((kind, size.parse().ok()?))
}
