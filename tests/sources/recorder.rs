//! A sink that writes down everything, and builders of folders and archives.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use memchr::memmem;
use patsweep::model::{
    Coverage, Origin, Outcome, Outside, Problem, ProblemKind, Sink, SkipReason, Unit,
};
use patsweep::sources::{Options, Target, check, scan};

/// Stands for a token: the sources do not know what one is.
pub(crate) const NEEDLE: &[u8] = b"needle-in-a-haystack";

/// What one scan pushed.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The streams by path, each path's in order; past 1 MiB only their ends.
    pub(crate) streams: BTreeMap<String, Vec<Vec<u8>>>,
    /// The lengths of the streams.
    pub(crate) lengths: BTreeMap<String, Vec<u64>>,
    /// Paths of streams in which the needle stands, with its offset.
    pub(crate) needles: BTreeMap<String, u64>,
    /// Path and name.
    pub(crate) names: Vec<(String, String)>,
    pub(crate) problems: Vec<(String, ProblemKind, String)>,
    pub(crate) coverage: Coverage,
}

impl Record {
    pub(crate) fn problem_kinds(&self) -> Vec<(&str, ProblemKind)> {
        self.problems
            .iter()
            .map(|(path, kind, _)| (path.as_str(), *kind))
            .collect()
    }

    pub(crate) fn paths(&self) -> Vec<&str> {
        self.streams.keys().map(String::as_str).collect()
    }

    pub(crate) fn text(&self, path: &str) -> String {
        let streams = &self
            .streams
            .get(path)
            .unwrap_or_else(|| panic!("no {path} in {self:#?}"));
        assert_eq!(streams.len(), 1, "{path} once");
        String::from_utf8_lossy(&streams[0]).into_owned()
    }

    pub(crate) fn skipped(&self, unit: Unit) -> Vec<(SkipReason, u64)> {
        let tally = match unit {
            Unit::File => &self.coverage.files,
            Unit::Member => &self.coverage.members,
            Unit::Object(_) => panic!("files hold no objects"),
        };
        tally
            .skipped
            .iter()
            .map(|(reason, count)| (*reason, *count))
            .collect()
    }
}

/// Called with every event, to disturb what is being read.
pub(crate) type Hook = Arc<dyn Fn(&Event<'_>) -> bool + Send + Sync>;

/// What a hook sees. It returns whether to stop.
pub(crate) enum Event<'e> {
    Name(&'e str),
    Chunk(u64),
}

struct Recorder {
    record: Arc<Mutex<Record>>,
    hook: Hook,
    open: Option<(String, Vec<u8>, u64, Vec<u8>)>,
    stopped: bool,
}

fn shown(origin: &Origin) -> String {
    // Not UTF-8 is shown in a form of its own, so that tests can tell.
    let bytes = &origin.path.0;
    std::str::from_utf8(bytes).map_or_else(|_| bytes.escape_ascii().to_string(), str::to_owned)
}

impl Sink for Recorder {
    fn begin(&mut self, origin: &Origin) {
        assert!(self.open.is_none(), "streams do not nest");
        self.open = Some((shown(origin), Vec::new(), 0, Vec::new()));
    }

    fn chunk(&mut self, bytes: &[u8]) {
        let (path, kept, length, tail) = self.open.as_mut().expect("a stream is open");
        let reach = NEEDLE.len() - 1;
        let joint = tail.len() as u64;
        tail.extend_from_slice(&bytes[..bytes.len().min(reach)]);
        let found = memmem::find(tail, NEEDLE).map(|at| *length - joint + at as u64);
        let found = found.or_else(|| memmem::find(bytes, NEEDLE).map(|at| *length + at as u64));
        if let Some(offset) = found {
            self.record
                .lock()
                .unwrap()
                .needles
                .entry(path.clone())
                .or_insert(offset);
        }
        if bytes.len() >= reach {
            tail.clear();
        }
        tail.extend_from_slice(&bytes[bytes.len() - bytes.len().min(reach)..]);
        tail.drain(..tail.len().saturating_sub(reach));
        *length += bytes.len() as u64;
        if kept.len() < 1 << 20 {
            kept.extend_from_slice(bytes);
        }
        let event = Event::Chunk(*length);
        self.stopped |= (self.hook)(&event);
    }

    fn end(&mut self) {
        let (path, kept, length, _) = self.open.take().expect("a stream is open");
        let mut record = self.record.lock().unwrap();
        record.streams.entry(path.clone()).or_default().push(kept);
        record.lengths.entry(path).or_default().push(length);
    }

    fn name(&mut self, origin: &Origin, name: &[u8]) {
        assert!(self.open.is_none(), "names come between streams");
        let path = shown(origin);
        self.stopped |= (self.hook)(&Event::Name(&path));
        let name = String::from_utf8_lossy(name).into_owned();
        self.record.lock().unwrap().names.push((path, name));
    }

    fn problem(&mut self, problem: Problem) {
        let path = problem.path.to_text().into_owned();
        self.record
            .lock()
            .unwrap()
            .problems
            .push((path, problem.kind, problem.message));
    }

    fn count(&mut self, unit: Unit, outcome: Outcome) {
        self.record
            .lock()
            .unwrap()
            .coverage
            .tally_mut(unit)
            .add(outcome);
    }

    fn outside(&mut self, _: &Outside) {
        panic!("files are in no repository");
    }

    fn stopped(&self) -> bool {
        self.stopped
    }
}

/// Scans `targets` and sorts what came.
pub(crate) fn record_with(targets: &[Target], options: &Options, hook: &Hook) -> Record {
    check(targets, options).expect("targets that can be opened");
    let record = Arc::new(Mutex::new(Record::default()));
    scan(targets, options, &|| {
        Box::new(Recorder {
            record: record.clone(),
            hook: hook.clone(),
            open: None,
            stopped: false,
        })
    });
    let mut record = Arc::into_inner(record).unwrap().into_inner().unwrap();
    record.names.sort();
    record.problems.sort();
    record
}

pub(crate) fn record(targets: &[&Path], options: &Options) -> Record {
    let targets: Vec<Target> = targets
        .iter()
        .map(|path| Target::Path(path.to_path_buf()))
        .collect();
    record_with(
        &targets,
        options,
        &(Arc::new(|_: &Event<'_>| false) as Hook),
    )
}

/// A folder that is gone at the end of the test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn add(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Scans the folder; paths are relative to it.
    pub(crate) fn scan(&self, options: &Options) -> Record {
        self.relative(record(&[self.path()], options))
    }

    pub(crate) fn scan_with(&self, options: &Options, hook: &Hook) -> Record {
        let target = Target::Path(self.path().to_path_buf());
        self.relative(record_with(&[target], options, hook))
    }

    fn relative(&self, mut record: Record) -> Record {
        let prefix = self.path().to_str().unwrap();
        let strip = |path: &String| {
            path.strip_prefix(prefix)
                .unwrap()
                .trim_start_matches('/')
                .to_owned()
        };
        record.streams = record
            .streams
            .iter()
            .map(|(k, v)| (strip(k), v.clone()))
            .collect();
        record.lengths = record
            .lengths
            .iter()
            .map(|(k, v)| (strip(k), v.clone()))
            .collect();
        record.needles = record.needles.iter().map(|(k, v)| (strip(k), *v)).collect();
        record
            .names
            .iter_mut()
            .for_each(|(path, _)| *path = strip(path));
        record
            .problems
            .iter_mut()
            .for_each(|(path, ..)| *path = strip(path));
        record
    }
}

/// Scans one file of `bytes` named `x`.
pub(crate) fn scan_bytes(bytes: impl AsRef<[u8]>, options: &Options) -> Record {
    let folder = Folder::new();
    folder.add("x", bytes);
    folder.scan(options)
}

/// Bytes that do not pack.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// As xz was before it was xz.
pub(crate) fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = liblzma::stream::LzmaOptions::new_preset(1).unwrap();
    let stream = liblzma::stream::Stream::new_lzma_encoder(&options).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let names = members
        .iter()
        .map(|(name, _)| name.as_bytes().to_vec())
        .collect();
    let mut builder = ar::GnuBuilder::new(Vec::new(), names);
    for (name, bytes) in members {
        builder
            .append(
                &ar::Header::new(name.as_bytes().to_vec(), bytes.len() as u64),
                *bytes,
            )
            .unwrap();
    }
    builder.into_inner().unwrap()
}

/// A zip of deflated members.
pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, data) in members {
        let (mut entry, config) = archive
            .new_file(rawzip::path::EntryPath::verbatim(name.as_bytes()))
            .compression_method(rawzip::CompressionMethod::DEFLATE)
            .start()
            .unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
        let mut writer = config.wrap(encoder);
        writer.write_all(data).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

/// A local header and stored data, with no directory.
pub(crate) fn stored_local(name: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend(rawzip::crc32(data).to_le_bytes());
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(name.as_bytes());
    bytes.extend(data);
    bytes
}

/// The directory record for [`stored_local`] at `offset`.
pub(crate) fn stored_record(name: &str, data: &[u8], flags: u16, offset: u32) -> Vec<u8> {
    let mut bytes = b"PK\x01\x02\x14\0\x14\0".to_vec();
    bytes.extend(flags.to_le_bytes());
    bytes.extend([0; 6]);
    bytes.extend(rawzip::crc32(data).to_le_bytes());
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend(offset.to_le_bytes());
    bytes.extend(name.as_bytes());
    bytes
}

/// The end of a zip whose directory of `count` records stands at `offset`.
pub(crate) fn zip_end(count: u16, size: usize, offset: usize, comment: &[u8]) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend((size as u32).to_le_bytes());
    bytes.extend((offset as u32).to_le_bytes());
    bytes.extend((comment.len() as u16).to_le_bytes());
    bytes.extend(comment);
    bytes
}

/// A zip of one member `a` that holds `NEEDLE`, packed with `method`.
pub(crate) fn zip_by(method: u16, packed: &[u8]) -> Vec<u8> {
    let mut local = stored_local("a", packed);
    let mut record = stored_record("a", packed, 0, 0);
    let sums = [
        rawzip::crc32(NEEDLE).to_le_bytes(),
        (packed.len() as u32).to_le_bytes(),
    ]
    .concat();
    for (bytes, at) in [(&mut local, 8), (&mut record, 10)] {
        bytes[at..at + 2].copy_from_slice(&method.to_le_bytes());
        bytes[at + 6..at + 14].copy_from_slice(&sums);
        bytes[at + 14..at + 18].copy_from_slice(&(NEEDLE.len() as u32).to_le_bytes());
    }
    let end = zip_end(1, record.len(), local.len(), b"");
    [local, record, end].concat()
}

/// Raw deflate.
pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
