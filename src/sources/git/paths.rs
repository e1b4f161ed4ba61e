//! Paths as git writes them: bytes.

use std::path::PathBuf;

/// The path that these bytes name.
#[cfg(unix)]
pub(in crate::sources) fn from_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// The path that these bytes name.
#[cfg(not(unix))]
pub(in crate::sources) fn from_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
