//! Compression layers: one reader for each, all members, streams and frames in a row.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::limits::Reached;
use super::sniff::Codec;

/// What liblzma needs beside the window.
const XZ_OVERHEAD: u64 = 1 << 20;

/// What `codec` makes of `input`, with at most `window` bytes to refer back to.
pub(super) fn decoder<'r>(
    codec: Codec,
    input: impl Read + 'r,
    window: u64,
) -> io::Result<Box<dyn Read + 'r>> {
    let input = BufReader::with_capacity(32 << 10, input);
    Ok(match codec {
        Codec::Gzip => Box::new(Gzip {
            member: Some(GzDecoder::new(input)),
        }),
        Codec::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
        Codec::Xz => {
            let limit = window.saturating_add(XZ_OVERHEAD);
            let flags = liblzma::stream::CONCATENATED;
            let stream = liblzma::stream::Stream::new_stream_decoder(limit, flags)?;
            Box::new(Translated(liblzma::bufread::XzDecoder::new_stream(
                input, stream,
            )))
        }
        Codec::Zstd => Box::new(Translated(zstd(input, window)?)),
    })
}

/// A zstd decoder; also for zip members.
pub(super) fn zstd<'r, R: BufRead + 'r>(input: R, window: u64) -> io::Result<zstd::Decoder<'r, R>> {
    let mut decoder = zstd::Decoder::with_buffer(input)?;
    // The library knows windows of 1 KiB to 2 GiB.
    decoder.window_log_max(window.max(1).ilog2().clamp(10, 31))?;
    Ok(decoder)
}

/// Why `codec` can not make anything of bytes that start with `head`, or of bytes that are `head`
/// as a whole.
pub(super) fn refuses(codec: Codec, head: &[u8], whole: bool, window: u64) -> Option<io::Error> {
    let first = decoder(codec, head, window).and_then(|mut decoder| decoder.read(&mut [0]));
    first
        .err()
        .filter(|error| whole || error.kind() != io::ErrorKind::UnexpectedEof)
}

/// Gzip members in a row, with zeros between them and after them, as tapes have.
struct Gzip<R: BufRead> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.member = match self.member.take() {
                Some(member) => next_member(member.into_inner())?.map(GzDecoder::new),
                None => None,
            };
        }
        Ok(0)
    }
}

/// The input if another member starts there, `None` at its end.
fn next_member<R: BufRead>(mut input: R) -> io::Result<Option<R>> {
    loop {
        let bytes = input.fill_buf()?;
        match bytes.first() {
            None => return Ok(None),
            Some(0) => {
                let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                input.consume(zeros);
            }
            Some(0x1f) => return Ok(Some(input)),
            Some(_) => {
                let message = "what follows its end is not gzip";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
    }
}

/// Says what a C library's errors mean.
pub(super) struct Translated<R>(pub(super) R);

impl<R: Read> Read for Translated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
            let xz = matches!(inner, Some(liblzma::stream::Error::MemLimit));
            // `ZSTD_error_frameParameter_windowTooLarge` comes as text.
            let zstd = error.to_string().contains("too much memory");
            if xz || zstd {
                Reached::Window.into()
            } else {
                error
            }
        })
    }
}
