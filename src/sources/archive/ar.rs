//! Ar: Debian packages and static libraries, with GNU and BSD long names.
//!
//! Read here and not by a crate: the one there is allocates whatever size a header claims.

use std::collections::HashSet;
use std::io::{self, BufReader, Read};

use super::tar::Exact;
use super::{Body, Unpacker};
use crate::model::{Outcome, SkipReason};

const MAGIC: u64 = 8;
const HEADER: usize = 60;

/// Longer tables of names, and longer names, are not believed.
const NAMES: u64 = 4 << 20;

/// Scans the members of an ar archive.
pub(super) fn scan(unpacker: &mut Unpacker<'_>, body: Body<'_>) -> Outcome {
    let mut input = BufReader::with_capacity(32 << 10, body.into_reader());
    let mut names = Vec::new();
    let before = unpacker.problems;
    if let Err(error) = members(unpacker, &mut input, &mut names)
        && (unpacker.problems == before || !unpacker.halted())
    {
        unpacker.trouble(&error);
    }
    Outcome::Scanned
}

fn members(
    unpacker: &mut Unpacker<'_>,
    mut input: impl Read,
    names: &mut Vec<u8>,
) -> io::Result<()> {
    io::copy(&mut input.by_ref().take(MAGIC), &mut io::sink())?;
    let mut git = HashSet::new();
    let mut header = [0; HEADER];
    while !unpacker.halted() {
        let (read, error) = super::fill(&mut input, &mut header);
        let parsed = match (read, error) {
            (0, None) => return Ok(()),
            (_, Some(error)) => Err(error),
            (HEADER, None) => Header::parse(&header),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        };
        let Header { name, size } = match parsed {
            Ok(header) => header,
            Err(error) => {
                // No member, so the archive's own.
                if read > 0 {
                    let (head, rest) = (&header[..read], &mut input);
                    unpacker.plain(Body::Stream { head, rest });
                }
                return Err(error);
            }
        };
        let mut data = Exact::new(&mut input, size);
        let before = unpacker.problems;
        match name {
            // The symbol tables of GNU, in 32 and 64 bits.
            b"/" | b"/SYM64/" => {}
            b"//" => *names = read_name(&mut data, size)?,
            _ => {
                let name = full_name(name, names, &mut data)?;
                let Some(outer) = unpacker.enter(&name) else {
                    return Ok(());
                };
                let outcome = if unpacker.is_git_object(&name, &mut git, outer) {
                    Outcome::Skipped(SkipReason::Unsupported)
                } else {
                    unpacker.reader(&mut data)
                };
                unpacker.leave(outer, outcome);
            }
        }
        if unpacker.halted() {
            return Ok(());
        }
        if let Err(error) = io::copy(&mut data, &mut io::sink()) {
            return if unpacker.problems > before {
                Ok(())
            } else {
                Err(error)
            };
        }
        // Data is padded to an even length.
        io::copy(&mut input.by_ref().take(size % 2), &mut io::sink())?;
    }
    Ok(())
}

/// What a header says: 16 bytes of name, then times and modes, 10 digits of size at 48, and two
/// bytes that never change.
struct Header<'h> {
    name: &'h [u8],
    size: u64,
}

impl<'h> Header<'h> {
    fn parse(bytes: &'h [u8; HEADER]) -> io::Result<Self> {
        let size = decimal(&bytes[48..58]).filter(|_| bytes.ends_with(b"`\n"));
        let Some(size) = size else {
            return Err(invalid("a member has no header"));
        };
        Ok(Self {
            name: bytes[..16].trim_ascii_end(),
            size,
        })
    }
}

/// The name that `short` stands for.
fn full_name(short: &[u8], names: &[u8], data: &mut dyn Read) -> io::Result<Vec<u8>> {
    if let Some(length) = short.strip_prefix(b"#1/").and_then(decimal) {
        // BSD: the name stands before the data.
        let mut name = read_name(data, length)?;
        let end = name
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |last| last + 1);
        name.truncate(end);
        return Ok(name);
    }
    let name = match short.strip_prefix(b"/").and_then(decimal) {
        // GNU: the name stands in the table, up to a line break.
        Some(at) => {
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            let rest = names
                .get(at..)
                .ok_or_else(|| invalid("a name is not in the table"))?;
            rest.split(|&byte| byte == b'\n').next().unwrap_or(rest)
        }
        None => short,
    };
    Ok(name.strip_suffix(b"/").unwrap_or(name).to_vec())
}

fn read_name(data: &mut dyn Read, length: u64) -> io::Result<Vec<u8>> {
    if length > NAMES {
        return Err(invalid("a name of more than 4 MiB"));
    }
    let mut name = Vec::new();
    if data.take(length).read_to_end(&mut name)? as u64 == length {
        Ok(name)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn decimal(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field.trim_ascii()).ok()?.parse().ok()
}

fn invalid(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
