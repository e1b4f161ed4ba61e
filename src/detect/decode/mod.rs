//! Opens encodings: each file finds where its encoding may hide a token and decodes it there.

pub(crate) mod base64;
pub(crate) mod gzip;
pub(crate) mod hex;
pub(crate) mod quoted_printable;
pub(crate) mod wide;
