//! The decoders of the compression libraries, one step at a time.
//!
//! Their own readers drop what a step has unpacked when the same step meets corrupt bytes; here it
//! is always told.

use std::io;

use flate2::FlushDecompress;
use zstd::stream::raw::{DParameter, InBuffer, Operation, OutBuffer};

use super::limits::Reached;
use super::sniff::Codec;

/// What liblzma needs beside the window.
const XZ_OVERHEAD: u64 = 1 << 20;

/// What a frame of zstd starts with, without the magic: so much is asked for first.
const ZSTD_START: usize = 5;

/// The header of a block (RFC 8878). The library asks for it together with the block before.
const ZSTD_HEADER: usize = 3;

/// Unpacks one stream.
pub(super) trait Engine {
    /// Unpacks some of `input`, which is empty at its end only, into `output`, which is not empty.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;
}

/// What one step did.
pub(super) struct Step {
    /// Bytes taken from the input.
    pub(super) read: usize,
    /// Bytes put into the output, also by a step that failed.
    pub(super) written: usize,
    /// Whether the stream has ended.
    pub(super) state: io::Result<State>,
}

/// How far a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It goes on.
    Going,
    /// Nothing comes after these bytes.
    Ended,
}

/// A decoder for one stream of `codec`, with at most `window` bytes to refer back to.
pub(super) fn engine(codec: Codec, window: u64) -> io::Result<Box<dyn Engine>> {
    Ok(match codec {
        // 32 KiB, the most that there is (RFC 1951).
        Codec::Gzip => Box::new(Deflate(flate2::Decompress::new_gzip(15))),
        Codec::Deflate => Box::new(Deflate(flate2::Decompress::new(false))),
        Codec::Bzip2 => Box::new(Bzip2(bzip2::Decompress::new(false))),
        Codec::Xz => {
            let limit = window.saturating_add(XZ_OVERHEAD);
            Box::new(Xz(liblzma::stream::Stream::new_stream_decoder(limit, 0)?))
        }
        Codec::Lzma => {
            let limit = window.saturating_add(XZ_OVERHEAD);
            Box::new(Xz(liblzma::stream::Stream::new_lzma_decoder(limit)?))
        }
        Codec::Zstd => Box::new(Zstd::new(window)?),
    })
}

/// Deflate and gzip.
struct Deflate(flate2::Decompress);

impl Engine for Deflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.0.total_in(), self.0.total_out());
        let result = self.0.decompress(input, output, FlushDecompress::None);
        Step {
            read: (self.0.total_in() - before.0) as usize,
            written: (self.0.total_out() - before.1) as usize,
            state: match result {
                Ok(flate2::Status::StreamEnd) => Ok(State::Ended),
                Ok(_) => Ok(State::Going),
                Err(error) => Err(error.into()),
            },
        }
    }
}

struct Bzip2(bzip2::Decompress);

impl Engine for Bzip2 {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.0.total_in(), self.0.total_out());
        let result = self.0.decompress(input, output);
        Step {
            read: (self.0.total_in() - before.0) as usize,
            written: (self.0.total_out() - before.1) as usize,
            state: match result {
                Ok(bzip2::Status::StreamEnd) => Ok(State::Ended),
                Ok(_) => Ok(State::Going),
                Err(error) => Err(error.into()),
            },
        }
    }
}

/// Xz, and lzma before it.
struct Xz(liblzma::stream::Stream);

impl Engine for Xz {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.0.total_in(), self.0.total_out());
        let result = self.0.process(input, output, liblzma::stream::Action::Run);
        Step {
            read: (self.0.total_in() - before.0) as usize,
            written: (self.0.total_out() - before.1) as usize,
            state: match result {
                Ok(liblzma::stream::Status::StreamEnd) => Ok(State::Ended),
                Ok(_) => Ok(State::Going),
                Err(liblzma::stream::Error::MemLimit) => Err(Reached::Window.into()),
                Err(error) => Err(error.into()),
            },
        }
    }
}

/// Zstd tells nothing of a step that failed. So each one is given what the block under way takes
/// and no more: the block that is corrupt comes in a step after all others are written.
struct Zstd {
    decoder: zstd::stream::raw::Decoder<'static>,
    wanted: usize,
    /// Whether the last step may have had more to write than room.
    is_full: bool,
}

impl Zstd {
    fn new(window: u64) -> io::Result<Self> {
        let mut decoder = zstd::stream::raw::Decoder::new()?;
        // The library knows windows of 1 KiB to 2 GiB.
        let log = window.max(1).ilog2().clamp(10, 31);
        decoder.set_parameter(DParameter::WindowLogMax(log))?;
        Ok(Self {
            decoder,
            wanted: ZSTD_START,
            is_full: false,
        })
    }

    fn run(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let room = output.len();
        let (mut input, mut output) = (InBuffer::around(input), OutBuffer::around(output));
        let result = self.decoder.run(&mut input, &mut output);
        self.is_full = output.pos() == room;
        Step {
            read: input.pos(),
            written: output.pos(),
            state: match result {
                Ok(0) => Ok(State::Ended),
                Ok(wanted) => {
                    self.wanted = wanted;
                    Ok(State::Going)
                }
                // `ZSTD_error_frameParameter_windowTooLarge` comes as text.
                Err(error) if error.to_string().contains("too much memory") => {
                    Err(Reached::Window.into())
                }
                Err(error) => Err(error),
            },
        }
    }
}

impl Engine for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        if self.is_full {
            let step = self.run(&[], output);
            if step.written > 0 || !matches!(step.state, Ok(State::Going)) {
                return step;
            }
        }
        let wanted = match self.wanted {
            few @ ..=ZSTD_HEADER => few,
            wanted => wanted - ZSTD_HEADER,
        };
        self.run(&input[..input.len().min(wanted)], output)
    }
}
