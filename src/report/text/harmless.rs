//! Keeps lines of the report from being commands to whatever runs this in a pipeline.

use std::io::{self, Write};

use crate::report::break_commands;

/// Writes whole lines, commands in them broken up.
pub(super) struct Harmless<'w> {
    out: &'w mut dyn Write,
    line: Vec<u8>,
}

impl<'w> Harmless<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out,
            line: Vec::new(),
        }
    }

    fn line(&mut self) -> io::Result<()> {
        // Reports are text.
        let line = String::from_utf8_lossy(&self.line);
        self.out.write_all(break_commands(&line).as_bytes())?;
        self.line.clear();
        Ok(())
    }
}

impl Write for Harmless<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.line()?;
        self.out.flush()
    }
}
