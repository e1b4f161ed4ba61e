//! Standard input that can be left: a read of an idle terminal or pipe waits for ever, and the
//! operator's interrupt must not.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::model::Sink;

/// Bytes that are read at a time.
const CHUNK: usize = 64 << 10;
/// Chunks that are read ahead.
const AHEAD: usize = 4;
/// How long an interrupt waits at most to be noticed.
const PATIENCE: Duration = Duration::from_millis(100);

/// Reads standard input, and ends when the run is stopped.
pub(super) struct Stdin<'w> {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: io::Cursor<Vec<u8>>,
    watch: &'w dyn Sink,
}

impl<'w> Stdin<'w> {
    /// Starts to read. `watch` tells when to stop.
    ///
    /// The thread that reads is left behind where it waits: nothing can wake it but input, and it
    /// ends with the process.
    pub(super) fn new(watch: &'w dyn Sink) -> Self {
        let (sender, chunks) = sync_channel(AHEAD);
        thread::spawn(move || {
            let mut stdin = io::stdin().lock();
            loop {
                let mut chunk = vec![0; CHUNK];
                let read = match stdin.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(read) => Ok(read),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let failed = read.is_err();
                let message = read.map(|read| {
                    chunk.truncate(read);
                    chunk
                });
                if sender.send(message).is_err() || failed {
                    break;
                }
            }
        });
        Self {
            chunks,
            chunk: io::Cursor::default(),
            watch,
        }
    }
}

impl Read for Stdin<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.chunk.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.chunks.recv_timeout(PATIENCE) {
                Ok(chunk) => self.chunk = io::Cursor::new(chunk?),
                Err(RecvTimeoutError::Timeout) if !self.watch.stopped() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
    }
}
