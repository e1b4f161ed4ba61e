//! The bytes that are judged and scanned, and how they are read on.

use std::fs::File;
use std::io::{self, Read};

use super::sniff;
use crate::sources::file::fill;

/// The bytes of a file or member, as far as they are in memory.
pub(in crate::sources) enum Body<'b> {
    /// All of them.
    Whole(&'b [u8]),
    /// The first ones; the others can be read at random.
    File {
        head: &'b [u8],
        file: &'b File,
        size: u64,
    },
    /// The first ones; the others can be read once.
    Stream {
        head: &'b [u8],
        rest: &'b mut dyn Read,
    },
}

impl<'b> Body<'b> {
    pub(super) fn head(&self) -> &[u8] {
        match self {
            Self::Whole(head) | Self::File { head, .. } | Self::Stream { head, .. } => head,
        }
    }

    pub(super) fn ends_like_zip(&self) -> bool {
        match self {
            Self::Whole(bytes) => {
                sniff::ends_like_zip(&bytes[bytes.len().saturating_sub(sniff::ZIP_TAIL)..])
            }
            Self::File { file, size, .. } => {
                let mut tail = vec![0; sniff::ZIP_TAIL];
                let start = size.saturating_sub(sniff::ZIP_TAIL as u64);
                let mut reader = At {
                    file,
                    offset: start,
                };
                let (read, _) = fill(&mut reader, &mut tail);
                sniff::ends_like_zip(&tail[..read])
            }
            Self::Stream { .. } => false,
        }
    }

    /// All the bytes, once.
    pub(super) fn into_reader(self) -> Box<dyn Read + 'b> {
        match self {
            Self::Whole(bytes) => Box::new(bytes),
            Self::File { file, .. } => Box::new(At { file, offset: 0 }),
            Self::Stream { head, rest } => Box::new(head.chain(rest)),
        }
    }
}

/// Reads a file from a place on, whatever its cursor.
pub(super) struct At<'f> {
    pub(super) file: &'f File,
    pub(super) offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = read_at(self.file, buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

/// A reader that failed before.
pub(super) struct Failing(pub(super) Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
