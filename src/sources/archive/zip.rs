//! Zip and all that is built on it: members of the directory, members that only a local header
//! tells of, and the bytes that belong to neither.

use std::collections::HashSet;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use rawzip::{
    CompressionMethod, Crc32, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, RangeReader, ReaderAt, ZipArchive,
    ZipFileHeaderRecord, ZipLocalFileHeader, ZipLocator,
};

use super::limits::{Metered, Reached};
use super::stream;
use super::{Body, Codec, Unpacker, zip_local};
use crate::model::{BytePath, Outcome, ProblemKind, SkipReason};

/// The end of the directory, without the comment (APPNOTE 4.3.16).
const END: u64 = 22;

/// How many ends of a directory are tried: trailing bytes may hold false ones.
const ENDS: u32 = 16;

/// One member's data, as a directory record or a local header describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data {
    pub(super) method: CompressionMethod,
    pub(super) encrypted: bool,
    pub(super) crc: u32,
    /// Unpacked.
    pub(super) size: u64,
    /// Where the packed bytes stand in the archive, half-open.
    pub(super) span: (u64, u64),
}

/// What is known of a zip while it is read.
pub(super) struct Zip<'z> {
    pub(super) source: &'z dyn ReaderAt,
    pub(super) size: u64,
    /// Half-open spans that hold members, headers or the directory.
    pub(super) covered: Vec<(u64, u64)>,
    pub(super) encrypted: Tally,
    pub(super) unsupported: Tally,
    pub(super) git: HashSet<Vec<u8>>,
    /// Where the local headers stand that records led to.
    offsets: HashSet<u64>,
}

/// Members that share one problem.
#[derive(Default)]
pub(super) struct Tally {
    count: u64,
    first: BytePath,
}

impl Tally {
    fn add(&mut self, path: &BytePath) {
        if self.count == 0 {
            self.first.clone_from(path);
        }
        self.count += 1;
    }
}

/// Scans a zip. `body` can be read at random.
pub(super) fn scan(unpacker: &mut Unpacker<'_>, body: &Body<'_>) -> Outcome {
    match *body {
        Body::Whole(bytes) => scan_at(unpacker, &io::Cursor::new(bytes), bytes.len() as u64),
        Body::File { file, size, .. } => scan_at(unpacker, &super::At { file, offset: 0 }, size),
        Body::Stream { .. } => unreachable!("spooled by the caller"),
    }
}

/// Whether bytes that do not start like a zip are one: they end in a directory that can be read.
/// Programs that handle zips hold their signatures too.
pub(super) fn opens(body: &Body<'_>) -> bool {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    match *body {
        Body::Whole(bytes) => {
            locate(&io::Cursor::new(bytes), bytes.len() as u64, &mut buffer).is_some()
        }
        Body::File { file, size, .. } => {
            locate(&super::At { file, offset: 0 }, size, &mut buffer).is_some()
        }
        Body::Stream { .. } => false,
    }
}

/// The archive whose directory ends last, and has a first record unless it says it has none.
fn locate<'s>(
    source: &'s dyn ReaderAt,
    size: u64,
    buffer: &mut [u8],
) -> Option<ZipArchive<&'s dyn ReaderAt>> {
    let mut end = size;
    for _ in 0..ENDS {
        let last = match ZipLocator::new().locate_in_reader(source, buffer, end) {
            Ok(archive) => {
                let mut entries = archive.entries(buffer);
                let opens = match entries.next_entry() {
                    Ok(Some(_)) => true,
                    Ok(None) => archive.entries_hint() == 0,
                    Err(_) => false,
                };
                if opens {
                    return Some(archive);
                }
                archive.eocd_offset()
            }
            Err((_, error)) => error.eocd_offset()?,
        };
        end = last;
    }
    None
}

fn scan_at(unpacker: &mut Unpacker<'_>, source: &dyn ReaderAt, size: u64) -> Outcome {
    let mut zip = Zip {
        source,
        size,
        covered: Vec::new(),
        encrypted: Tally::default(),
        unsupported: Tally::default(),
        git: HashSet::new(),
        offsets: HashSet::new(),
    };
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    match locate(source, size, &mut buffer) {
        Some(archive) => directory(unpacker, &mut zip, &archive, &mut buffer),
        None => {
            unpacker.problem(
                ProblemKind::Truncated,
                "its directory is missing".to_owned(),
            );
        }
    }
    zip_local::members(unpacker, &mut zip);
    zip_local::remainder(unpacker, &mut zip);
    tell(
        unpacker,
        &zip.encrypted,
        ProblemKind::Encrypted,
        "a password",
    );
    tell(
        unpacker,
        &zip.unsupported,
        ProblemKind::Unsupported,
        "a method that is not known",
    );
    Outcome::Scanned
}

/// One problem for all members of a kind: at the member if it is the only one.
fn tell(unpacker: &mut Unpacker<'_>, tally: &Tally, kind: ProblemKind, need: &str) {
    match tally.count {
        0 => {}
        1 => unpacker.tell(crate::model::Problem {
            path: tally.first.clone(),
            kind,
            message: format!("it needs {need}"),
        }),
        count => unpacker.problem(kind, format!("{count} members need {need}")),
    }
}

/// Scans the members that the directory lists.
fn directory(
    unpacker: &mut Unpacker<'_>,
    zip: &mut Zip<'_>,
    archive: &ZipArchive<&dyn ReaderAt>,
    buffer: &mut [u8],
) {
    zip.covered.push((
        archive.directory_offset(),
        archive.eocd_offset().saturating_add(END),
    ));
    let mut local = vec![0; 2 * usize::from(u16::MAX)];
    let mut entries = archive.entries(buffer);
    while !unpacker.halted() {
        match entries.next_entry() {
            Ok(Some(record)) => listed(unpacker, zip, archive, &record, &mut local),
            Ok(None) => break,
            Err(error) => {
                let message = format!("cannot read its directory: {error}");
                unpacker.problem(ProblemKind::Corrupt, message);
                break;
            }
        }
    }
}

/// Scans the member of one record.
fn listed(
    unpacker: &mut Unpacker<'_>,
    zip: &mut Zip<'_>,
    archive: &ZipArchive<&dyn ReaderAt>,
    record: &ZipFileHeaderRecord<'_>,
    local: &mut [u8],
) {
    let path = record.file_path();
    let name = path.as_ref();
    let Some(outer) = unpacker.enter(name) else {
        return;
    };
    if !record.comment().as_bytes().is_empty() {
        unpacker
            .sink
            .name(unpacker.origin, record.comment().as_bytes());
    }
    let is_folder = record.is_dir() && record.compressed_size_hint() == 0;
    let is_new = zip.offsets.insert(record.local_header_offset());
    let entry = archive.get_entry(record.wayfinder());
    let header = entry.as_ref().map(|entry| entry.local_header(local));
    let outcome = match (&entry, &header) {
        // Two records for one member: its bytes were scanned.
        _ if !is_new => Outcome::Scanned,
        (Ok(entry), Ok(Ok(header))) => {
            let span = entry.compressed_data_range();
            zip.covered.push((record.local_header_offset(), span.1));
            let local_path = header.file_path();
            if local_path.as_ref() != name {
                unpacker.sink.name(unpacker.origin, local_path.as_ref());
            }
            let data = Data {
                method: record.compression_method(),
                encrypted: record.flags().is_encrypted(),
                crc: record.crc32(),
                size: record.uncompressed_size_hint(),
                span,
            };
            if is_folder {
                Outcome::Scanned
            } else {
                member(unpacker, zip, name, outer, data)
            }
        }
        _ => {
            unpacker.problem(
                ProblemKind::Corrupt,
                "its local header is missing".to_owned(),
            );
            Outcome::Skipped(SkipReason::Corrupt)
        }
    };
    if is_folder {
        // A folder counts as little as one in a walk.
        unpacker.origin.path.0.truncate(outer);
        return;
    }
    unpacker.leave(outer, outcome);
    if let (true, Ok(entry), Ok(Ok(header))) = (is_new, &entry, &header) {
        other_view(unpacker, zip, record, header, entry.compressed_data_range());
    }
}

/// Scans a member once more as its local header describes it, where that differs from its record
/// at `span`: readers differ in which of the two they believe.
fn other_view(
    unpacker: &mut Unpacker<'_>,
    zip: &mut Zip<'_>,
    record: &ZipFileHeaderRecord<'_>,
    header: &ZipLocalFileHeader<'_>,
    span: (u64, u64),
) {
    let data = Data {
        method: header.compression_method(),
        encrypted: header.flags().is_encrypted(),
        crc: header.crc32(),
        size: header.uncompressed_size_hint(),
        span: (span.0, span.0.saturating_add(header.compressed_size_hint())),
    };
    // Where a descriptor follows the data, the header may leave out the size.
    let sizes_differ = data.span != span && !header.flags().has_data_descriptor();
    if unpacker.halted() || (data.method == record.compression_method() && !sizes_differ) {
        return;
    }
    let path = header.file_path();
    if let Some(outer) = unpacker.enter(path.as_ref()) {
        zip.covered.push((span.0, data.span.1.min(zip.size)));
        let outcome = member(unpacker, zip, path.as_ref(), outer, data);
        unpacker.leave(outer, outcome);
    }
}

/// Scans the member that was entered. What can not be decoded at all is scanned as it is.
pub(super) fn member(
    unpacker: &mut Unpacker<'_>,
    zip: &mut Zip<'_>,
    name: &[u8],
    outer: usize,
    data: Data,
) -> Outcome {
    if unpacker.is_git_object(name, &mut zip.git, outer) {
        return Outcome::Skipped(SkipReason::Unsupported);
    }
    if data.encrypted {
        zip.encrypted.add(&unpacker.origin.path);
        return Outcome::Skipped(SkipReason::Encrypted);
    }
    let raw = || RangeReader::new(zip.source, data.span.0..data.span.1.max(data.span.0));
    let decoder = match decoder(
        data.method,
        BufReader::with_capacity(32 << 10, raw()),
        unpacker.limits.window,
    ) {
        Ok(Some(decoder)) => decoder,
        Ok(None) => {
            zip.unsupported.add(&unpacker.origin.path);
            return Outcome::Skipped(SkipReason::Unsupported);
        }
        Err(error) => {
            unpacker.trouble(&error);
            return Outcome::Skipped(SkipReason::Corrupt);
        }
    };
    let budget = Rc::clone(&unpacker.budget);
    let mut reader = Checked::new(
        Metered {
            inner: decoder,
            budget,
        },
        data.crc,
        data.size,
    );
    match unpacker.reader(&mut reader) {
        Outcome::Skipped(SkipReason::Corrupt) => unpacker.plain_reader(&mut raw()),
        outcome => outcome,
    }
}

/// What unpacks `method`; `None` if nothing here does.
fn decoder<'r>(
    method: CompressionMethod,
    input: BufReader<RangeReader<&'r dyn ReaderAt>>,
    window: u64,
) -> io::Result<Option<Box<dyn Read + 'r>>> {
    let codec = match method {
        CompressionMethod::STORE => return Ok(Some(Box::new(input))),
        CompressionMethod::DEFLATE => Codec::Deflate,
        CompressionMethod::DEFLATE64 => {
            let decoder = deflate64::Deflate64Decoder::with_buffer(input);
            return Ok(Some(Box::new(decoder)));
        }
        CompressionMethod::BZIP2 => Codec::Bzip2,
        CompressionMethod::ZSTD | CompressionMethod::ZSTD_DEPRECATED => Codec::Zstd,
        CompressionMethod::XZ => Codec::Xz,
        CompressionMethod::LZMA => return lzma(input, window).map(Some),
        _ => return Ok(None),
    };
    Ok(Some(Box::new(stream::decoder(codec, input, window)?)))
}

/// Raw LZMA after a version, the length of the properties, and those (APPNOTE 5.8.8).
fn lzma<'r>(
    mut input: BufReader<RangeReader<&'r dyn ReaderAt>>,
    window: u64,
) -> io::Result<Box<dyn Read + 'r>> {
    let mut head = [0; 9];
    input.read_exact(&mut head)?;
    let [_, _, 5, 0, properties @ ..] = head else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "lzma properties of another length",
        ));
    };
    let [_, dictionary @ ..] = properties;
    if u64::from(u32::from_le_bytes(dictionary)) > window {
        return Err(Reached::Window.into());
    }
    let mut filters = liblzma::stream::Filters::new();
    filters.lzma1_properties(&properties)?;
    let stream = liblzma::stream::Stream::new_raw_decoder(&filters)?;
    Ok(Box::new(liblzma::bufread::XzDecoder::new_stream(
        input, stream,
    )))
}

/// Compares what was read with what was promised, once all of it was given on: `rawzip`'s own
/// verifier keeps back bytes that it does not expect.
struct Checked<R> {
    inner: R,
    crc: Crc32,
    size: u64,
    expected: (u32, u64),
    ended: bool,
}

impl<R> Checked<R> {
    fn new(inner: R, crc: u32, size: u64) -> Self {
        Self {
            inner,
            crc: Crc32::new(),
            size: 0,
            expected: (crc, size),
            ended: false,
        }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.inner.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.size += count as u64;
        if count > 0 {
            return Ok(count);
        }
        self.ended = true;
        if self.size < self.expected.1 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if (self.crc.checksum(), self.size) != self.expected {
            let message = "its checksum or size is not the promised one";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(0)
    }
}

impl ReaderAt for super::At<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        super::read_at(self.file, buffer, offset)
    }
}
