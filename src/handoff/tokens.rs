//! Tokens on standard input, one a line.

use std::io::{self, BufRead, Read};

use thiserror::Error;
use zeroize::Zeroizing;

use super::{NotProven, Value, Values, proven};
use crate::model::{Secret, ValueFrom};

/// Bytes of a line, at most.
pub const MAX_LINE: usize = 64 << 10;

/// Lines, at most.
pub const MAX_LINES: usize = 100_000;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// The tokens.
    pub values: Values,
    /// Lines that are none, in order.
    pub refused: Vec<RefusedLine>,
}

/// A line that is no token. What stands in it is not said.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {why}")]
pub struct RefusedLine {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: WhyRefused,
}

/// Why a line is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WhyRefused {
    /// It is longer than [`MAX_LINE`].
    #[error("it has more than {} KiB", MAX_LINE >> 10)]
    TooLong,
    /// It is no token.
    #[error(transparent)]
    NotProven(NotProven),
}

/// Why tokens cannot be read.
#[derive(Debug, Error)]
pub enum TokensError {
    /// The system refuses.
    #[error("cannot read tokens from standard input")]
    Io(#[source] io::Error),
    /// There are more than [`MAX_LINES`].
    #[error("standard input has more than {MAX_LINES} lines")]
    TooMany,
}

/// Reads tokens to the end of `input`. White space around them and blank lines are passed over; a
/// token that comes again counts once.
///
/// # Errors
///
/// That the system refuses, or that there are too many lines.
pub fn read(input: &mut dyn BufRead) -> Result<Tokens, TokensError> {
    let mut tokens = Tokens::default();
    // Never grows, for what it held would stay behind.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE + 2));
    for number in 1.. {
        line.clear();
        let mut limited = (&mut *input).take(MAX_LINE as u64 + 1);
        let read = limited.read_until(b'\n', &mut line);
        if read.map_err(TokensError::Io)? == 0 {
            break;
        }
        if number > MAX_LINES {
            return Err(TokensError::TooMany);
        }
        let why = if line.len() > MAX_LINE && !line.ends_with(b"\n") {
            skip_line(input).map_err(TokensError::Io)?;
            Err(WhyRefused::TooLong)
        } else {
            let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
            match text.trim_ascii() {
                b"" => continue,
                token => proven(token)
                    .map(|id| (id, Secret::new(token)))
                    .map_err(WhyRefused::NotProven),
            }
        };
        match why {
            Ok((id, secret)) => {
                let value = Value {
                    secret,
                    organizations: Vec::new(),
                    from: ValueFrom::Stdin,
                };
                tokens.values.add(id, value);
            }
            Err(why) => tokens.refused.push(RefusedLine { line: number, why }),
        }
    }
    Ok(tokens)
}

/// Reads over the rest of a line.
fn skip_line(input: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            buffer => buffer?,
        };
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        let is_over = end.is_some() || used == 0;
        input.consume(used);
        if is_over {
            return Ok(());
        }
    }
}
