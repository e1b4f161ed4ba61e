//! Reads one file, or standard input, into the sink.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use super::Options;
use super::archive::{Body, Unpacker, up_to};
use super::stdin::Stdin;
use crate::model::{
    BytePath, Origin, Outcome, Problem, ProblemKind, Sink, SkipReason, SourceKind, Unit,
};

/// A file of at most this many bytes is read whole and given to [`Sink::whole`].
const WHOLE: usize = 1 << 20;

/// Of a file that the kernel makes up as it is read, so many bytes are: some never end, and some
/// say that they have more bytes than the machine.
const MADE_UP: u64 = 64 << 20;

/// Where the bytes of a file come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stock {
    /// They are stored.
    Stored,
    /// The kernel makes them up as they are read.
    MadeUp,
}

/// One thread's reader: its sink and the buffers that are used again for every file.
pub(super) struct Reader<'o> {
    options: &'o Options,
    sink: Box<dyn Sink + Send + 'o>,
    origin: Origin,
    buffer: Vec<u8>,
}

impl<'o> Reader<'o> {
    pub(super) fn new(options: &'o Options, sink: Box<dyn Sink + Send + 'o>) -> Self {
        let origin = Origin::new(SourceKind::File, BytePath::default());
        Self {
            options,
            sink,
            origin,
            buffer: Vec::new(),
        }
    }

    pub(super) fn stopped(&self) -> bool {
        self.sink.stopped()
    }

    /// Makes `path` the origin of all that follows.
    pub(super) fn stand_at(&mut self, path: &Path) {
        let bytes = path.as_os_str().as_encoded_bytes();
        self.origin.path.0.clear();
        self.origin
            .path
            .0
            .extend_from_slice(bytes.strip_prefix(b"./").unwrap_or(bytes));
    }

    /// Makes `origin` that of all that follows.
    pub(super) fn stand_in(&mut self, origin: Origin) {
        self.origin = origin;
    }

    pub(super) fn name(&mut self, name: &[u8]) {
        self.sink.name(&self.origin, name);
    }

    pub(super) fn skip(&mut self, reason: SkipReason) {
        self.sink.count(Unit::File, Outcome::Skipped(reason));
    }

    pub(super) fn problem(&mut self, kind: ProblemKind, message: String) {
        self.sink.problem(Problem {
            path: self.origin.path.clone(),
            kind,
            message,
        });
    }

    /// Something that could not be opened or listed: a problem, and counted.
    pub(super) fn unopened(&mut self, error: &io::Error) {
        if error.kind() == io::ErrorKind::NotFound {
            self.problem(
                ProblemKind::Vanished,
                "it was gone when it was opened".to_owned(),
            );
            self.skip(SkipReason::Vanished);
        } else {
            self.problem(ProblemKind::Unreadable, format!("cannot open it: {error}"));
            self.skip(SkipReason::Unreadable);
        }
    }

    /// Reads the regular file at `path`, where the reader stands.
    pub(super) fn file(&mut self, path: &Path) {
        self.regular(path, Stock::Stored);
    }

    /// Reads a file that the kernel makes up, up to a bound.
    pub(super) fn made_up_file(&mut self, path: &Path) {
        self.regular(path, Stock::MadeUp);
    }

    fn regular(&mut self, path: &Path, stock: Stock) {
        let file = match open(path) {
            Ok(file) => file,
            Err(error) => return self.unopened(&error),
        };
        if let Some(max) = self.options.max_file_size
            && file.metadata().is_ok_and(|metadata| metadata.len() > max)
        {
            return self.skip(SkipReason::TooLarge);
        }
        self.buffer.resize(WHOLE, 0);
        let (read, error) = fill(&mut &file, &mut self.buffer);
        let head = &self.buffer[..read];
        if let Some(error) = error.as_ref().filter(|_| read == 0) {
            self.problem(ProblemKind::Unreadable, format!("cannot read it: {error}"));
            return self.skip(SkipReason::Unreadable);
        }
        let sink = &mut *self.sink;
        let outcome = if read < WHOLE {
            let outcome = Unpacker::new(sink, &mut self.origin, self.options.limits, read as u64)
                .top(Body::Whole(head));
            if let Some(error) = error {
                self.problem(
                    ProblemKind::Unreadable,
                    format!("cannot read on after {read} bytes: {error}"),
                );
            }
            outcome
        } else {
            let size = file.metadata().map_or(0, |metadata| metadata.len());
            let limits = self.options.limits;
            // What has no size is made up, wherever it stands.
            if stock == Stock::MadeUp || size == 0 {
                let rest = &mut up_to(MADE_UP - WHOLE as u64, &file);
                Unpacker::new(sink, &mut self.origin, limits, MADE_UP)
                    .top(Body::Stream { head, rest })
            } else {
                Unpacker::new(sink, &mut self.origin, limits, size).top(Body::File {
                    head,
                    file: &file,
                    size,
                })
            }
        };
        self.sink.count(Unit::File, outcome);
    }

    /// Reads standard input to its end, or until `watch` tells to stop.
    pub(super) fn stdin(&mut self, watch: &dyn Sink) {
        self.origin = Origin::new(SourceKind::Stdin, BytePath::from("-"));
        let mut stdin = Stdin::new(watch);
        let outcome = Unpacker::new(&mut *self.sink, &mut self.origin, self.options.limits, 0)
            .unsized_top(&mut stdin);
        self.sink.count(Unit::File, outcome);
    }
}

/// Reads until `buffer` is full, the input ends, or an error.
pub(super) fn fill(
    input: &mut (impl Read + ?Sized),
    buffer: &mut [u8],
) -> (usize, Option<io::Error>) {
    let mut read = 0;
    while read < buffer.len() {
        match input.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (read, Some(error)),
        }
    }
    (read, None)
}

/// Opens a regular file; what has become a pipe is not waited for.
///
/// # Errors
///
/// Those of the system, and that it is no regular file.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is no file"))
    }
}

/// All bytes of a regular file, where those are expected to be few.
///
/// # Errors
///
/// As [`open`].
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
