//! What people and tools wrap text in.

use std::io::Write;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use flate2::Compression;
use flate2::write::GzEncoder;

/// An encoding, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Base64,
    Base64Url,
    Unpadded,
    UrlUnpadded,
    /// Lines of so many columns, with this between them.
    Wrapped(usize, &'static str),
    HexLower,
    HexUpper,
    HexWrapped(usize, &'static str),
    Utf16Le,
    Utf16Be,
    /// Soft breaks after so many columns.
    QuotedPrintable(usize),
    /// Gzip, and base64 around it.
    GzipInBase64,
    /// The same, wrapped.
    GzipInWrapped(usize, &'static str),
}

impl Form {
    /// The encodings of the report, outermost first.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Base64
            | Self::Base64Url
            | Self::Unpadded
            | Self::UrlUnpadded
            | Self::Wrapped(..) => &["base64"],
            Self::HexLower | Self::HexUpper | Self::HexWrapped(..) => &["hex"],
            Self::Utf16Le => &["utf-16le"],
            Self::Utf16Be => &["utf-16be"],
            Self::QuotedPrintable(_) => &["quoted-printable"],
            Self::GzipInBase64 | Self::GzipInWrapped(..) => &["base64", "gzip"],
        }
    }

    /// Encodes `bytes`; UTF-16 and quoted-printable take text.
    pub(crate) fn encode(self, bytes: &[u8]) -> Vec<u8> {
        let text = match self {
            Self::Base64 => BASE64.encode(bytes),
            Self::Base64Url => BASE64URL.encode(bytes),
            Self::Unpadded => BASE64_NOPAD.encode(bytes),
            Self::UrlUnpadded => BASE64URL_NOPAD.encode(bytes),
            Self::Wrapped(columns, glue) => wrap(&BASE64.encode(bytes), columns, glue),
            Self::HexLower => HEXLOWER.encode(bytes),
            Self::HexUpper => HEXUPPER.encode(bytes),
            Self::HexWrapped(columns, glue) => wrap(&HEXLOWER.encode(bytes), columns, glue),
            Self::Utf16Le => return utf16(bytes, u16::to_le_bytes),
            Self::Utf16Be => return utf16(bytes, u16::to_be_bytes),
            Self::QuotedPrintable(columns) => return quoted_printable(bytes, columns).0,
            Self::GzipInBase64 => BASE64.encode(&gzip(bytes)),
            Self::GzipInWrapped(columns, glue) => wrap(&BASE64.encode(&gzip(bytes)), columns, glue),
        };
        text.into_bytes()
    }
}

/// Quoted-printable with soft breaks after `columns`, and for each byte where it went.
pub(crate) fn quoted_printable(bytes: &[u8], columns: usize) -> (Vec<u8>, Vec<usize>) {
    let (mut out, mut offsets, mut column) = (Vec::new(), Vec::new(), 0);
    for &byte in bytes {
        let written = match byte {
            b'\r' | b'\n' | b'\t' | b' '..=b'<' | b'>'..=b'~' => vec![byte],
            _ => format!("={byte:02X}").into_bytes(),
        };
        if column + written.len() > columns && !matches!(byte, b'\r' | b'\n') {
            out.extend(b"=\r\n");
            column = 0;
        }
        offsets.push(out.len());
        column = if byte == b'\n' {
            0
        } else {
            column + written.len()
        };
        out.extend(written);
    }
    (out, offsets)
}

fn wrap(text: &str, columns: usize, glue: &str) -> String {
    let lines = text.as_bytes().chunks(columns);
    let lines: Vec<_> = lines.map(String::from_utf8_lossy).collect();
    lines.join(glue)
}

fn utf16(bytes: &[u8], order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).expect("UTF-16 takes text");
    text.encode_utf16().flat_map(order).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}
