//! Soups: tokens, parts of tokens, what tokens are made of and what stands around them, encoded in
//! every way and mixed.
//!
//! The twin knows no bounds, so a soup stays within the detector's: lines wrapped at 60 columns
//! and wider, soft breaks of quoted-printable close together, nothing longer than 64 KiB, no UTF-16 inside
//! UTF-16.

use std::io::Write;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use patsweep::token::{jwt, mint};
use proptest::prelude::*;

/// Which token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Pat,
    PatLong,
    Legacy,
    AppSecret,
    Oauth,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Pat,
        Self::PatLong,
        Self::Legacy,
        Self::AppSecret,
        Self::Oauth,
    ];

    fn mint(self, seed: u64) -> String {
        match self {
            Self::Pat => mint::pat(seed),
            Self::PatLong => mint::pat_long(seed),
            Self::Legacy => mint::legacy_pat(seed),
            Self::AppSecret => mint::app_secret(seed),
            Self::Oauth => mint::oauth_token(seed, jwt::ISSUER_HOST, None),
        }
    }
}

/// A way to encode a soup.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Encoding {
    Base64,
    Base64Unpadded,
    Base64Url,
    /// At so many columns, with this between the lines.
    Base64Wrapped(usize, &'static str),
    HexLower,
    HexUpper,
    HexWrapped(usize, &'static str),
    Utf16Le,
    Utf16Be,
    QuotedPrintable(&'static str),
    GzipBase64,
}

impl Encoding {
    pub(crate) const ALL: [Self; 19] = [
        Self::Base64,
        Self::Base64Unpadded,
        Self::Base64Url,
        Self::Base64Wrapped(60, "\n"),
        Self::Base64Wrapped(64, "\r\n    "),
        Self::Base64Wrapped(76, "\\n"),
        Self::Base64Wrapped(76, "\\\\r\\\\n"),
        Self::Base64Wrapped(64, "\\u000d\\u000A"),
        Self::Base64Wrapped(76, "\",\n    \""),
        Self::Base64Wrapped(76, "\\n\" +\n\t\""),
        Self::HexLower,
        Self::HexUpper,
        Self::HexWrapped(64, "\n\t"),
        Self::HexWrapped(64, "\", \""),
        Self::Utf16Le,
        Self::Utf16Be,
        Self::QuotedPrintable("=\r\n"),
        Self::QuotedPrintable("=\n"),
        Self::GzipBase64,
    ];

    fn encode(self, bytes: &[u8]) -> Vec<u8> {
        let wrap = |text: String, columns, gap: &str| -> Vec<u8> {
            let lines: Vec<&[u8]> = text.as_bytes().chunks(columns).collect();
            lines.join(gap.as_bytes())
        };
        match self {
            Self::Base64 => BASE64.encode(bytes).into_bytes(),
            Self::Base64Unpadded => BASE64_NOPAD.encode(bytes).into_bytes(),
            Self::Base64Url => BASE64URL_NOPAD.encode(bytes).into_bytes(),
            Self::Base64Wrapped(columns, gap) => wrap(BASE64.encode(bytes), columns, gap),
            Self::HexLower => HEXLOWER.encode(bytes).into_bytes(),
            Self::HexUpper => HEXUPPER.encode(bytes).into_bytes(),
            Self::HexWrapped(columns, gap) => wrap(HEXLOWER.encode(bytes), columns, gap),
            Self::Utf16Le => text(bytes).flat_map(|byte| [byte, 0]).collect(),
            Self::Utf16Be => text(bytes).flat_map(|byte| [0, byte]).collect(),
            Self::QuotedPrintable(soft) => quoted_printable(bytes, soft),
            Self::GzipBase64 => BASE64.encode(&gzip(bytes)).into_bytes(),
        }
    }
}

/// A zero on either side, and none inside: between bytes of other text nothing but a guess tells
/// the byte order, and if it is wrong the character at one end lacks its zero.
fn text(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let inside = bytes.iter().copied().filter(|&byte| byte != 0);
    [0].into_iter().chain(inside).chain([0])
}

fn quoted_printable(bytes: &[u8], soft: &str) -> Vec<u8> {
    let mut text = Vec::new();
    let mut column = 0;
    for &byte in bytes {
        let is_literal = matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t') && byte != b'=';
        let escaped = if is_literal {
            vec![byte]
        } else {
            format!("={byte:02X}").into_bytes()
        };
        if column + escaped.len() > 75 {
            text.extend(soft.as_bytes());
            column = 0;
        }
        column = if byte == b'\n' {
            0
        } else {
            column + escaped.len()
        };
        text.extend(escaped);
    }
    // One at the end, for nothing tells a text without any soft break from any other.
    text.extend(soft.as_bytes());
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// A part of a soup.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Token(Kind, u64),
    /// A token with something in the middle of it, at a part of 256 of its length.
    Split(Kind, u64, u8, &'static str),
    /// The characters from one part of 256 of its length to the other.
    Part(Kind, u64, u8, u8),
    /// A token with one character replaced.
    Mutant(Kind, u64, u8, u8),
    Text(&'static str),
    Noise(Vec<u8>),
    Encoded(Encoding, Vec<Piece>),
}

impl Piece {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.write_within(Around::default(), out);
    }

    fn write_within(&self, around: Around, out: &mut Vec<u8>) {
        match self {
            Self::Token(kind, seed) => out.extend(kind.mint(*seed).bytes()),
            Self::Split(kind, seed, at, gap) => {
                let token = kind.mint(*seed);
                let (head, tail) = token.split_at(part(&token, *at));
                let is_break = gap.contains(['\n', '\\']);
                let gap = if around.soft && is_break { " " } else { gap };
                out.extend([head, gap, tail].concat().bytes());
            }
            Self::Part(kind, seed, from, to) => {
                let token = kind.mint(*seed);
                let (from, to) = (part(&token, *from), part(&token, *to));
                out.extend(token[from.min(to)..from.max(to)].bytes());
            }
            Self::Mutant(kind, seed, at, byte) => {
                let mut token = kind.mint(*seed).into_bytes();
                let at = usize::from(*at) * token.len() / 256;
                token[at] = *byte;
                out.extend(token);
            }
            Self::Text(text) => out.extend(text.bytes()),
            Self::Noise(noise) => out.extend(noise),
            Self::Encoded(encoding, pieces) => {
                let within = around.with(*encoding);
                let mut inner = Vec::new();
                for piece in pieces {
                    piece.write_within(within, &mut inner);
                }
                match around.admit(*encoding) {
                    Some(encoding) => out.extend(encoding.encode(&inner)),
                    None => out.extend(inner),
                }
            }
        }
    }
}

/// What is among the encodings around a piece.
#[derive(Clone, Copy, Default)]
struct Around {
    wide: bool,
    soft: bool,
}

impl Around {
    fn with(mut self, encoding: Encoding) -> Self {
        self.wide |= matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be);
        self.soft |= matches!(encoding, Encoding::QuotedPrintable(_));
        self
    }

    /// What stands for `encoding` here: nobody writes UTF-16 inside UTF-16, and mail wraps once.
    fn admit(self, encoding: Encoding) -> Option<Encoding> {
        match encoding {
            Encoding::Utf16Le | Encoding::Utf16Be if self.wide => None,
            Encoding::QuotedPrintable(_) if self.soft => None,
            Encoding::Base64Wrapped(..) if self.soft => Some(Encoding::Base64),
            Encoding::HexWrapped(..) if self.soft => Some(Encoding::HexLower),
            other => Some(other),
        }
    }
}

fn part(token: &str, at: u8) -> usize {
    usize::from(at) * token.len() / 256
}

/// What stands around tokens, and what may be taken for them or for an encoding.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\n",
    "\r\n",
    ":",
    "=",
    "==",
    "\\n",
    "\\r\\n",
    "\\",
    "n",
    "%3A",
    "\0",
    "\0\0",
    "\0\0\0",
    "é",
    "中文",
    ".",
    "/",
    "+",
    "-",
    "_",
    "a",
    "q",
    "A",
    "JQQJ9",
    "JQQJ99",
    "AZDO",
    "eyJ",
    "H4sI",
    "\u{1b}[31m",
    "token=",
    "\n    ",
    "//host/:_password=",
    "some text, ",
    "\\u0022",
    "0",
    "f",
    "7",
];

/// What may stand inside a token.
const GAPS: &[&str] = &[
    "",
    "\n",
    "\r\n",
    "=\n",
    "=\r\n",
    "\\n",
    " ",
    ".",
    "\0",
    "-",
    "\n        ",
    "==",
    "a",
    "A",
    "7",
];

/// A soup of up to eight pieces with up to four encodings around them.
pub(crate) fn soup() -> impl Strategy<Value = Vec<Piece>> {
    prop::collection::vec(piece(), 0..8)
}

fn piece() -> impl Strategy<Value = Piece> {
    let kind = || prop::sample::select(&Kind::ALL[..]);
    let noise = prop_oneof![
        "[a-z2-7]{0,120}",
        "[aq]{0,120}",
        "[A-Za-z0-9+/]{0,150}",
        "[A-Za-z0-9_-]{0,150}",
        "[0-9a-f]{0,150}",
        "[ -~\n]{0,80}",
    ];
    let leaf = prop_oneof![
        6 => (kind(), any::<u64>()).prop_map(|(kind, seed)| Piece::Token(kind, seed)),
        2 => (kind(), any::<u64>(), any::<u8>(), prop::sample::select(GAPS))
            .prop_map(|(kind, seed, at, gap)| Piece::Split(kind, seed, at, gap)),
        2 => (kind(), any::<u64>(), any::<u8>(), any::<u8>())
            .prop_map(|(kind, seed, from, to)| Piece::Part(kind, seed, from, to)),
        1 => (kind(), any::<u64>(), any::<u8>(), any::<u8>())
            .prop_map(|(kind, seed, at, byte)| Piece::Mutant(kind, seed, at, byte)),
        6 => prop::sample::select(TEXTS).prop_map(Piece::Text),
        2 => noise.prop_map(|noise| Piece::Noise(noise.into_bytes())),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Piece::Noise),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        (
            prop::sample::select(&Encoding::ALL[..]),
            prop::collection::vec(inner, 1..5),
        )
            .prop_map(|(encoding, pieces)| Piece::Encoded(encoding, pieces))
    })
}
