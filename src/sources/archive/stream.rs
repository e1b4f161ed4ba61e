//! Compression layers: one reader for all codecs; all members, streams and frames in a row, and
//! the bytes behind the last one.

use std::io::{self, Read};

use super::engine::{Engine, State, engine};
use super::sniff::Codec;

/// How much packed input is read at a time.
const INPUT: usize = 32 << 10;

/// What `codec` makes of `input`, with at most `window` bytes to refer back to.
///
/// Bytes that follow the last stream come as they are, and after them an error.
pub(super) fn decoder<R: Read>(codec: Codec, input: R, window: u64) -> io::Result<Layer<R>> {
    Layer::new(codec, input, window, Behind::Counts)
}

/// The first stream of `codec` in `input`, whatever stands behind it.
pub(super) fn first<R: Read>(codec: Codec, input: R, window: u64) -> io::Result<Layer<R>> {
    Layer::new(codec, input, window, Behind::IsForeign)
}

/// Why `codec` can not make anything of bytes that start with `head`, or of bytes that are `head`
/// as a whole.
pub(super) fn refuses(codec: Codec, head: &[u8], whole: bool, window: u64) -> Option<io::Error> {
    let first = decoder(codec, head, window).and_then(|mut decoder| decoder.read(&mut [0]));
    first
        .err()
        .filter(|error| whole || error.kind() != io::ErrorKind::UnexpectedEof)
}

/// A compression layer that is unpacked as it is read.
pub(super) struct Layer<R> {
    input: Input<R>,
    codec: Codec,
    window: u64,
    behind: Behind,
    place: Place,
}

/// What the bytes behind a stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    /// Part of the layer.
    Counts,
    /// Somebody else's.
    IsForeign,
}

/// Where in the input a layer is.
enum Place {
    Inside(Box<dyn Engine>),
    /// Behind a stream: another may follow.
    Between,
    /// Behind the last one.
    Behind,
    Failed(io::Error),
    End,
}

impl<R: Read> Layer<R> {
    fn new(codec: Codec, input: R, window: u64, behind: Behind) -> io::Result<Self> {
        Ok(Self {
            input: Input::new(input),
            codec,
            window,
            behind,
            place: Place::Inside(engine(codec, window)?),
        })
    }

    /// How many packed bytes were unpacked.
    pub(super) fn packed(&self) -> u64 {
        self.input.taken
    }

    /// The next bytes of the stream that the reader is in; none at its end.
    fn unpack(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Place::Inside(engine) = &mut self.place {
            let packed = self.input.bytes()?;
            let is_end = packed.is_empty();
            let step = engine.step(packed, buffer);
            self.input.take(step.read);
            match step.state {
                Ok(State::Ended) => self.place = Place::Between,
                Ok(State::Going) if step.read + step.written > 0 => {}
                Ok(State::Going) if is_end => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(State::Going) => return Err(invalid("it leads nowhere".to_owned())),
                Err(error) => self.place = Place::Failed(error),
            }
            if step.written > 0 {
                return Ok(step.written);
            }
        }
        Ok(0)
    }

    /// Goes to the next stream, or finds that there is none.
    fn go_on(&mut self) -> io::Result<()> {
        if self.behind == Behind::IsForeign {
            self.place = Place::End;
            return Ok(());
        }
        // Tapes and xz have zeros between streams and after them.
        if matches!(self.codec, Codec::Gzip | Codec::Xz) {
            self.input.skip_zeros()?;
        }
        let head = self.input.peek()?;
        self.place = if head.is_empty() {
            Place::End
        } else if self.codec.starts(head) {
            Place::Inside(engine(self.codec, self.window)?)
        } else {
            Place::Behind
        };
        Ok(())
    }
}

impl<R: Read> Read for Layer<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match &self.place {
                Place::Inside(_) => {
                    let count = self.unpack(buffer)?;
                    if count > 0 {
                        return Ok(count);
                    }
                }
                Place::Between => self.go_on()?,
                Place::Behind => {
                    let bytes = self.input.bytes()?;
                    let count = bytes.len().min(buffer.len());
                    buffer[..count].copy_from_slice(&bytes[..count]);
                    self.input.take(count);
                    if count > 0 {
                        return Ok(count);
                    }
                    self.place = Place::End;
                    let name = self.codec.name();
                    return Err(invalid(format!("what follows its end is not {name}")));
                }
                Place::Failed(_) => {
                    if let Place::Failed(error) = std::mem::replace(&mut self.place, Place::End) {
                        return Err(error);
                    }
                }
                Place::End => return Ok(0),
            }
        }
    }
}

/// A buffer of packed bytes that can be looked at before they are taken.
struct Input<R> {
    inner: R,
    buffer: Box<[u8]>,
    /// What of `buffer` was read and not taken.
    start: usize,
    end: usize,
    /// How many bytes were taken.
    taken: u64,
}

impl<R: Read> Input<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: vec![0; INPUT].into_boxed_slice(),
            start: 0,
            end: 0,
            taken: 0,
        }
    }

    /// What comes next; empty at the end only.
    fn bytes(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// What comes next, enough to judge by unless the end comes first.
    fn peek(&mut self) -> io::Result<&[u8]> {
        if self.end - self.start < Codec::START {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            while self.end < Codec::START && self.fill()? > 0 {}
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn skip_zeros(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.bytes()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            let is_all = zeros == bytes.len();
            self.take(zeros);
            if zeros == 0 || !is_all {
                return Ok(());
            }
        }
    }

    fn take(&mut self, count: usize) {
        self.start += count;
        self.taken += count as u64;
    }

    fn fill(&mut self) -> io::Result<usize> {
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    let count = result?;
                    self.end += count;
                    return Ok(count);
                }
            }
        }
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
