//! Zip and all that is built on it: members of the directory, members that only a local header
//! tells of, and the bytes that belong to neither.

use std::collections::HashSet;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use rawzip::{
    CompressionMethod, Crc32, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, RangeReader, ReaderAt, ZipArchive,
    ZipLocator,
};

use super::limits::{Metered, Reached};
use super::stream::{Translated, zstd};
use super::{Body, Unpacker, zip_local};
use crate::model::{BytePath, Outcome, ProblemKind, SkipReason};

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
pub(super) fn scan(unpacker: &mut Unpacker<'_>, body: Body<'_>) -> Outcome {
    match body {
        Body::Whole(bytes) => scan_at(unpacker, &io::Cursor::new(bytes), bytes.len() as u64),
        Body::File { file, size, .. } => scan_at(unpacker, &super::At { file, offset: 0 }, size),
        Body::Stream { .. } => unreachable!("spooled by the caller"),
    }
}

fn scan_at(unpacker: &mut Unpacker<'_>, source: &dyn ReaderAt, size: u64) -> Outcome {
    let mut zip = Zip {
        source,
        size,
        covered: Vec::new(),
        encrypted: Tally::default(),
        unsupported: Tally::default(),
        git: HashSet::new(),
    };
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    match ZipLocator::new().locate_in_reader(source, &mut buffer, size) {
        Ok(archive) => directory(unpacker, &mut zip, &archive, &mut buffer),
        Err(_) => {
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
        archive.eocd_offset().saturating_add(22),
    ));
    let mut offsets = HashSet::new();
    let mut local = Vec::new();
    let mut entries = archive.entries(buffer);
    while !unpacker.halted() {
        let record = match entries.next_entry() {
            Ok(Some(record)) => record,
            Ok(None) => break,
            Err(error) => {
                let message = format!("cannot read its directory: {error}");
                unpacker.problem(ProblemKind::Corrupt, message);
                break;
            }
        };
        let name = record.file_path().as_ref().to_vec();
        let Some(outer) = unpacker.enter(&name) else {
            break;
        };
        if !record.comment().as_bytes().is_empty() {
            unpacker
                .sink
                .name(unpacker.origin, record.comment().as_bytes());
        }
        if record.is_dir() && record.compressed_size_hint() == 0 {
            unpacker.origin.path.0.truncate(outer);
        } else if !offsets.insert(record.local_header_offset()) {
            // Two records, one member: its bytes were scanned.
            unpacker.leave(outer, Outcome::Scanned);
            continue;
        }
        let is_folder = unpacker.origin.path.0.len() == outer;
        let entry = archive.get_entry(record.wayfinder());
        let header = entry.as_ref().ok().and_then(|entry| {
            local.resize(2 * usize::from(u16::MAX), 0);
            Some((
                entry.compressed_data_range(),
                entry.local_header(&mut local).ok()?,
            ))
        });
        let Some((span, header)) = header else {
            if !is_folder {
                unpacker.problem(
                    ProblemKind::Corrupt,
                    "its local header is missing".to_owned(),
                );
                unpacker.leave(outer, Outcome::Skipped(SkipReason::Corrupt));
            }
            continue;
        };
        zip.covered.push((record.local_header_offset(), span.1));
        if is_folder {
            continue;
        }
        let local_path = header.file_path();
        let local_name = local_path.as_ref();
        if local_name != name {
            unpacker.sink.name(unpacker.origin, local_name);
        }
        let data = Data {
            method: record.compression_method(),
            encrypted: record.flags().is_encrypted(),
            crc: record.crc32(),
            size: record.uncompressed_size_hint(),
            span,
        };
        let other = Data {
            method: header.compression_method(),
            encrypted: header.flags().is_encrypted(),
            crc: header.crc32(),
            size: header.uncompressed_size_hint(),
            span: (span.0, span.0.saturating_add(header.compressed_size_hint())),
        };
        let outcome = member(unpacker, zip, &name, outer, data);
        unpacker.leave(outer, outcome);
        // Readers differ in which of the two they believe.
        let sizes_differ = other.span != span && !header.flags().has_data_descriptor();
        if (other.method != data.method || sizes_differ)
            && !unpacker.halted()
            && let Some(outer) = unpacker.enter(local_name)
        {
            zip.covered.push((span.0, other.span.1.min(zip.size)));
            let outcome = member(unpacker, zip, local_name, outer, other);
            unpacker.leave(outer, outcome);
        }
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
    Ok(Some(match method {
        CompressionMethod::STORE => Box::new(input),
        CompressionMethod::DEFLATE => Box::new(flate2::bufread::DeflateDecoder::new(input)),
        CompressionMethod::BZIP2 => Box::new(bzip2::bufread::BzDecoder::new(input)),
        CompressionMethod::ZSTD | CompressionMethod::ZSTD_DEPRECATED => {
            Box::new(Translated(zstd(input, window)?))
        }
        CompressionMethod::XZ => super::stream::decoder(super::Codec::Xz, input, window)?,
        CompressionMethod::LZMA => lzma(input, window)?,
        _ => return Ok(None),
    }))
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
