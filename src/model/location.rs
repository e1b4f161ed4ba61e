//! Where and how a token stands.

/// Where the outermost encoded run of a token starts in its file, member, blob or message.
///
/// In a UTF-16 text all three count in that text as UTF-8, its byte order mark left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Bytes before the run.
    pub offset: u64,
    /// 1-based.
    pub line: u64,
    /// 1-based, in bytes of UTF-8.
    pub column: u64,
}

/// A layer around a token. URL-safe, unpadded and line-wrapped base64 are [`Encoding::Base64`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// Base64, any variant.
    Base64,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// Pairs of hexadecimal digits.
    Hex,
    /// Quoted-printable, where a soft break or an escape stands inside the token's run.
    QuotedPrintable,
    /// A gzip stream inside another layer.
    Gzip,
}

impl Encoding {
    /// Every layer.
    pub const ALL: [Self; 6] = [
        Self::Base64,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Hex,
        Self::QuotedPrintable,
        Self::Gzip,
    ];

    /// The layer that reports call `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.as_str() == name)
    }

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Hex => "hex",
            Self::QuotedPrintable => "quoted-printable",
            Self::Gzip => "gzip",
        }
    }
}

/// Why a candidate is believed to be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// Its checksum is right.
    Checksum,
    /// It only looks like one.
    Shape,
}

impl Proof {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checksum => "checksum",
            Self::Shape => "shape",
        }
    }
}

/// The month in which a token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueMonth {
    /// The year, 2024 to 2087.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
}

impl std::fmt::Display for IssueMonth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// How an organisation came to be named with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// In the same URL, entry or section.
    Entry,
    /// Within reach of the token.
    Nearby,
    /// In a remote of the repository.
    Remote,
    /// Named by the operator.
    Flag,
}

impl Evidence {
    /// Every kind, strongest first.
    pub const ALL: [Self; 4] = [Self::Entry, Self::Nearby, Self::Remote, Self::Flag];

    /// The kind that reports call `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Nearby => "nearby",
            Self::Remote => "remote",
            Self::Flag => "flag",
        }
    }
}

/// An organisation named with a token. Names are lower case, for the service ignores case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clue {
    /// The organisation: 1 to 50 letters, digits and inner hyphens.
    pub organization: String,
    /// How it is named.
    pub evidence: Evidence,
}
