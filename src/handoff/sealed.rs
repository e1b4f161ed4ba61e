//! Tokens in a file that only chosen recipients can open: written by a scan, read by whoever verifies
//! or revokes.
//!
//! The file is one of `age`, binary. In it stand lines of JSON: what it is, then the tokens. Whoever
//! knows a recipient can write such a file, so it proves nothing by itself.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use age::{DecryptError, Decryptor, EncryptError, Encryptor, x25519};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use super::keys::{self, IdentityError, Recipients};
use super::{NotProven, Value, Values, proven};
use crate::model::{Clue, Evidence, Finding, FindingId, Proof, Secret, ValueFrom};
use crate::token::is_c3id;

/// What stands in a sealed file.
pub const SCHEMA: &str = "patsweep-sealed/1";

/// Bytes of a sealed file, at most.
pub const MAX_BYTES: u64 = 64 << 20;

/// A file that tokens are to be sealed to.
#[derive(Debug)]
pub struct Seal {
    path: PathBuf,
    folder: PathBuf,
    recipients: Recipients,
}

/// Why tokens cannot be sealed.
#[derive(Debug, Error)]
pub enum SealError {
    /// It would be replaced.
    #[error("{} exists, and a sealed file never replaces another", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("cannot write sealed file {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The recipients do not go together.
    #[error("cannot seal for these recipients")]
    Encrypt(#[source] EncryptError),
}

impl Seal {
    /// Makes sure that `path` can be written and does not exist. Leaves nothing behind.
    ///
    /// # Errors
    ///
    /// That it exists or cannot be written.
    pub fn prepare(path: &Path, recipients: Recipients) -> Result<Self, SealError> {
        let failed = |source| SealError::Write {
            path: path.to_path_buf(),
            source,
        };
        match fs::symlink_metadata(path) {
            Ok(_) => {
                return Err(SealError::Exists {
                    path: path.to_path_buf(),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        if path.file_name().is_none() {
            return Err(failed(io::ErrorKind::InvalidFilename.into()));
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let seal = Self {
            path: path.to_path_buf(),
            folder,
            recipients,
        };
        seal.temporary().map_err(failed)?;
        Ok(seal)
    }

    /// As given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Seals the tokens among `findings` that their checksum proves, and says how many. Of none, no
    /// file is written. The file appears whole, for the user alone, and replaces nothing.
    ///
    /// # Errors
    ///
    /// As [`Seal::prepare`], where that has changed since.
    pub fn write(&self, findings: &[Finding]) -> Result<usize, SealError> {
        let proven = findings.iter().filter(|it| it.proof == Proof::Checksum);
        let proven: Vec<_> = proven.collect();
        if proven.is_empty() {
            return Ok(0);
        }
        let recipients = self.recipients.iter().map(|it| it as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(recipients).map_err(SealError::Encrypt)?;
        let failed = |source| SealError::Write {
            path: self.path.clone(),
            source,
        };
        let mut temporary = self.temporary().map_err(failed)?;
        fill(encryptor, &mut temporary, &proven).map_err(failed)?;
        match temporary.persist_noclobber(&self.path) {
            Ok(_) => Ok(proven.len()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(SealError::Exists {
                    path: self.path.clone(),
                })
            }
            Err(error) => Err(failed(error.error)),
        }
    }

    /// A file beside it that only the user may read, removed unless it is kept.
    fn temporary(&self) -> io::Result<tempfile::NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".patsweep-sealed-").suffix(".tmp");
        builder.tempfile_in(&self.folder)
    }
}

/// What stands in the first line.
#[derive(Deserialize, Serialize)]
struct Header<'l> {
    schema: &'l str,
}

/// What stands in each line after it. Borrowed, so that no copy of a token stays behind.
#[derive(Deserialize, Serialize)]
struct Line<'l> {
    id: &'l str,
    token: &'l str,
    #[serde(default, borrow)]
    organizations: Vec<Named<'l>>,
}

#[derive(Deserialize, Serialize)]
struct Named<'l> {
    name: &'l str,
    from: &'l str,
}

fn fill(
    encryptor: Encryptor,
    temporary: &mut tempfile::NamedTempFile,
    findings: &[&Finding],
) -> io::Result<()> {
    let mut sealed = encryptor.wrap_output(&mut *temporary)?;
    serde_json::to_writer(&mut sealed, &Header { schema: SCHEMA })?;
    for finding in findings {
        let token = std::str::from_utf8(finding.secret.expose());
        let named = finding.organizations.iter().map(|clue| Named {
            name: &clue.organization,
            from: clue.evidence.as_str(),
        });
        let line = Line {
            id: finding.id.as_str(),
            token: token.expect("what a checksum proves is ASCII"),
            organizations: named.collect(),
        };
        sealed.write_all(b"\n")?;
        serde_json::to_writer(&mut sealed, &line)?;
    }
    sealed.write_all(b"\n")?;
    sealed.finish()?;
    temporary.as_file().sync_all()
}

/// What stood in a sealed file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unsealed {
    /// The tokens.
    pub values: Values,
    /// Lines that hold none, in order.
    pub refused: Vec<RefusedLine>,
    /// Whether others can read the file of the identity.
    pub is_identity_exposed: bool,
}

/// A line of a sealed file that counts for nothing. What stands in it is not said.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line} of the sealed file: {why}")]
pub struct RefusedLine {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: WhyRefused,
}

/// Why a line of a sealed file is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WhyRefused {
    /// It is no line of the schema.
    #[error("it is not what stands there in {SCHEMA}")]
    Malformed,
    /// No checksum proves its token.
    #[error(transparent)]
    NotProven(NotProven),
    /// Its token has another C3ID.
    #[error("its id is not that of its token")]
    OtherId,
}

/// Why a sealed file cannot be opened.
#[derive(Debug, Error)]
#[error("cannot open sealed file {}", path.display())]
pub struct UnsealError {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    #[source]
    pub why: WhySealed,
}

/// What keeps a sealed file closed.
#[derive(Debug, Error)]
pub enum WhySealed {
    /// The identity cannot be used.
    #[error(transparent)]
    Identity(IdentityError),
    /// The system refuses.
    #[error("cannot read it")]
    Io(#[source] io::Error),
    /// It is larger than [`MAX_BYTES`].
    #[error("it has more than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// It is something else.
    #[error("it is no age file")]
    NotAge,
    /// It is age in text.
    #[error("it is armored, and sealed files are binary")]
    Armored,
    /// Of a version that is not known here.
    #[error("it is an age file of an unknown version")]
    UnknownVersion,
    /// It opens with a passphrase.
    #[error("it is sealed with a passphrase and for no recipient")]
    Passphrase,
    /// It is for somebody else.
    #[error("it is sealed for other recipients: this identity does not open it")]
    WrongIdentity,
    /// It is not as it was sealed.
    #[error("it is cut off, or was changed after it was sealed")]
    Damaged,
    /// What it holds is not what a scan seals.
    #[error("it holds something else than {SCHEMA}")]
    Schema,
}

/// Opens the sealed file at `path` with the identities in the file `identity`.
///
/// # Errors
///
/// What keeps it closed.
pub fn open(path: &Path, identity: &Path) -> Result<Unsealed, UnsealError> {
    let failed = |why| UnsealError {
        path: path.to_path_buf(),
        why,
    };
    let identities = keys::identities(identity)
        .map_err(WhySealed::Identity)
        .map_err(failed)?;
    let plain = unseal(path, &identities.all).map_err(failed)?;
    let mut unsealed = parse(&plain).ok_or_else(|| failed(WhySealed::Schema))?;
    unsealed.is_identity_exposed = identities.is_exposed;
    Ok(unsealed)
}

fn unseal(path: &Path, identities: &[x25519::Identity]) -> Result<Zeroizing<Vec<u8>>, WhySealed> {
    let file = File::open(path).map_err(WhySealed::Io)?;
    let mut sealed = Vec::new();
    let mut limited = file.take(MAX_BYTES + 1);
    limited.read_to_end(&mut sealed).map_err(WhySealed::Io)?;
    if sealed.len() as u64 > MAX_BYTES {
        return Err(WhySealed::TooLarge);
    }
    if sealed.starts_with(keys::ARMOR) {
        return Err(WhySealed::Armored);
    }
    if !sealed.starts_with(keys::MAGIC) {
        return Err(WhySealed::NotAge);
    }
    // What is damaged in a version that is known would be taken for another one.
    let rest = &sealed[keys::MAGIC.len()..];
    if rest.contains(&b'\n') && !rest.starts_with(b"v1\n") {
        return Err(WhySealed::UnknownVersion);
    }
    let decryptor = Decryptor::new_buffered(sealed.as_slice()).map_err(|_| WhySealed::Damaged)?;
    if decryptor.is_scrypt() {
        return Err(WhySealed::Passphrase);
    }
    let identities = identities.iter().map(|it| it as &dyn age::Identity);
    let mut opened = decryptor.decrypt(identities).map_err(|error| match error {
        DecryptError::NoMatchingKeys => WhySealed::WrongIdentity,
        _ => WhySealed::Damaged,
    })?;
    // Sealing only adds: it never grows, for what it held would stay behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let read = opened.read_to_end(&mut plain);
    read.map(|_| plain).map_err(|_| WhySealed::Damaged)
}

/// What stands in the lines of `plain`; `None` if the first is not that of a sealed file.
fn parse(plain: &[u8]) -> Option<Unsealed> {
    let mut lines = plain.split(|&byte| byte == b'\n').enumerate();
    let (_, first) = lines.next()?;
    let header: Header<'_> = serde_json::from_slice(first).ok()?;
    if header.schema != SCHEMA {
        return None;
    }
    let mut unsealed = Unsealed::default();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        match value(line) {
            Ok((id, value)) => unsealed.values.add(id, value),
            Err(why) => unsealed.refused.push(RefusedLine {
                line: index + 1,
                why,
            }),
        }
    }
    Some(unsealed)
}

fn value(line: &[u8]) -> Result<(FindingId, Value), WhyRefused> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|_| WhyRefused::Malformed)?;
    if !is_c3id(line.id) {
        return Err(WhyRefused::Malformed);
    }
    let token = line.token.as_bytes();
    let id = proven(token).map_err(WhyRefused::NotProven)?;
    if id.as_str() != line.id {
        return Err(WhyRefused::OtherId);
    }
    let mut organizations = Vec::new();
    for named in &line.organizations {
        // What somebody else's flags named, this operator's may name again.
        let evidence = Evidence::named(named.from).filter(|it| *it != Evidence::Flag);
        let clue = evidence.map(|evidence| Clue {
            organization: named.name.to_owned(),
            evidence,
        });
        let clue = clue.filter(|clue| is_organization(&clue.organization));
        super::join(&mut organizations, clue.into_iter().collect());
    }
    let value = Value {
        secret: Secret::new(token.trim_ascii()),
        organizations,
        from: ValueFrom::Sealed,
    };
    Ok((id, value))
}

/// Whether an organisation can have this name: 1 to 50 lower-case letters, digits and inner hyphens.
fn is_organization(name: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let name = name.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    name.len() <= 50 && name.iter().all(is_part) && is_end(name.first()) && is_end(name.last())
}
