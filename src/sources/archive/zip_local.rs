//! What a zip's directory does not tell of: members with a local header alone, leading bytes,
//! gaps, comments.

use std::io::{self, Read};
use std::rc::Rc;

use memchr::memmem;
use rawzip::extra_fields::{ExtraFieldId, ExtraFields};
use rawzip::{CompressionMethod, RangeReader, ReaderAt};

use super::limits::Metered;
use super::zip::{Data, Zip, member};
use super::{CHUNK, Codec, Unpacker, stream};

const SIGNATURE: &[u8] = b"PK\x03\x04";

/// Signature, versions, flags, method, times, checksum, sizes, lengths (APPNOTE 4.3.7).
const FIXED: usize = 30;

/// A gap of at most so many bytes is the descriptor behind a member (APPNOTE 4.3.9).
const DESCRIPTOR: u64 = 24;

/// Longer names are not written by anything; in a gap they tell chance from a header.
const NAME: usize = 4096;

/// A local header that stands where the directory knows of nothing.
struct Local {
    name: Vec<u8>,
    data: Data,
    /// The packed size follows the data.
    is_open: bool,
}

/// Scans the members that stand between those of the directory.
pub(super) fn members(unpacker: &mut Unpacker<'_>, zip: &mut Zip<'_>) {
    for (start, end) in gaps(zip) {
        let mut at = start;
        while !unpacker.halted()
            && let Some(found) = find(zip.source, at, end)
        {
            at = hidden(unpacker, zip, found, end).unwrap_or(found + 1);
        }
    }
}

/// Scans the bytes that belong to no member, as the archive's own, each at its place.
pub(super) fn remainder(unpacker: &mut Unpacker<'_>, zip: &mut Zip<'_>) {
    let gaps = gaps(zip);
    if gaps.is_empty() || unpacker.halted() {
        return;
    }
    let mut buffer = unpacker.take_buffer();
    unpacker.sink.begin(unpacker.origin);
    let mut at = 0;
    for (start, end) in gaps {
        // Blanks stand for the members, so that positions are right.
        buffer.fill(b' ');
        while at < start && !unpacker.halted() {
            let room = usize::try_from(start - at).map_or(CHUNK, |left| left.min(CHUNK));
            unpacker.sink.chunk(&buffer[..room]);
            at += room as u64;
        }
        while at < end && !unpacker.halted() {
            let room = usize::try_from(end - at).map_or(CHUNK, |left| left.min(CHUNK));
            match zip.source.read_at(&mut buffer[..room], at) {
                Ok(0) => break,
                Ok(count) => {
                    unpacker.chunk(&buffer[..count]);
                    at += count as u64;
                }
                Err(error) => {
                    unpacker.trouble(&error);
                    break;
                }
            }
        }
    }
    unpacker.sink.end();
    unpacker.buffers.push(buffer);
}

/// What is covered by nothing, but for descriptors.
fn gaps(zip: &mut Zip<'_>) -> Vec<(u64, u64)> {
    zip.covered.sort_unstable();
    let mut gaps = Vec::new();
    let mut end = 0;
    for &(start, stop) in zip.covered.iter().chain(&[(zip.size, zip.size)]) {
        // Records may claim what lies past the end.
        let start = start.min(zip.size);
        if start > end && (start - end > DESCRIPTOR || end == 0) {
            gaps.push((end, start));
        }
        end = end.max(stop);
    }
    gaps
}

/// The next local signature in a span.
fn find(source: &dyn ReaderAt, mut at: u64, end: u64) -> Option<u64> {
    let mut buffer = [0; 16 << 10];
    while at < end {
        let room = usize::try_from(end - at).map_or(buffer.len(), |left| left.min(buffer.len()));
        let (read, _) = super::fill(&mut RangeReader::new(source, at..end), &mut buffer[..room]);
        if let Some(found) = memmem::find(&buffer[..read], SIGNATURE) {
            return Some(at + found as u64);
        }
        if read < buffer.len() {
            return None;
        }
        at += (read - (SIGNATURE.len() - 1)) as u64;
    }
    None
}

/// Scans the member whose local header stands at `at`, and says where it ends; `None` if it is
/// none after all.
fn hidden(unpacker: &mut Unpacker<'_>, zip: &mut Zip<'_>, at: u64, end: u64) -> Option<u64> {
    let Local {
        name,
        mut data,
        is_open,
    } = parse(zip.source, at)?;
    if data.span.0 > end {
        return None;
    }
    if is_open {
        if data.method != CompressionMethod::DEFLATE || data.encrypted {
            // Where it ends is not known: it is part of the remainder.
            return None;
        }
        let window = unpacker.limits.window;
        let packed = || {
            let raw = RangeReader::new(zip.source, data.span.0..end);
            stream::first(Codec::Deflate, raw, window)
        };
        // Chance rarely unpacks, even to one byte.
        io::copy(&mut packed().ok()?.take(1), &mut io::sink()).ok()?;
        let mut inner = packed().ok()?;
        let outer = unpacker.enter(&name)?;
        let budget = Rc::clone(&unpacker.budget);
        let outcome = unpacker.reader(&mut Metered {
            inner: &mut inner,
            budget,
        });
        let packed = data.span.0 + inner.packed();
        unpacker.leave(outer, outcome);
        zip.covered.push((at, packed));
        return Some(packed);
    }
    if data.span.1 == data.span.0 && name.ends_with(b"/") {
        zip.covered.push((at, data.span.1));
        return Some(data.span.1.max(at + 1));
    }
    // A truncated archive ends in its last member.
    data.span.1 = data.span.1.min(end);
    let outer = unpacker.enter(&name)?;
    let outcome = member(unpacker, zip, &name, outer, data);
    unpacker.leave(outer, outcome);
    zip.covered.push((at, data.span.1));
    Some(data.span.1.max(at + 1))
}

fn parse(source: &dyn ReaderAt, at: u64) -> Option<Local> {
    let mut fixed = [0; FIXED];
    source.read_exact_at(&mut fixed, at).ok()?;
    let short = |offset: usize| u16::from_le_bytes([fixed[offset], fixed[offset + 1]]);
    let long = |offset: usize| u32::from(short(offset)) | u32::from(short(offset + 2)) << 16;
    let (flags, method) = (short(6), short(8));
    let (name, extra) = (usize::from(short(26)), usize::from(short(28)));
    if name == 0 || name > NAME {
        return None;
    }
    let mut variable = vec![0; name + extra];
    source
        .read_exact_at(&mut variable, at + FIXED as u64)
        .ok()?;
    let (name, extra) = variable.split_at(name);
    if name.contains(&0) {
        return None;
    }
    let (mut packed, mut size) = (u64::from(long(18)), u64::from(long(22)));
    if packed == u64::from(u32::MAX) || size == u64::from(u32::MAX) {
        let zip64 = ExtraFields::new(extra).find(|(id, _)| *id == ExtraFieldId::ZIP64);
        let field = zip64.map_or(&[][..], |(_, field)| field);
        size = u64::from_le_bytes(field.get(..8)?.try_into().ok()?);
        packed = u64::from_le_bytes(field.get(8..16)?.try_into().ok()?);
    }
    let start = at + (FIXED + variable.len()) as u64;
    let data = Data {
        method: CompressionMethod::new(method),
        encrypted: flags & 1 != 0,
        crc: long(14),
        size,
        span: (start, start.checked_add(packed)?),
    };
    let is_open = flags & 8 != 0 && packed == 0;
    Some(Local {
        name: name.to_vec(),
        data,
        is_open,
    })
}
