//! Encodings in one another, up to four deep, with text before and behind at each depth.

use std::fmt::Write;

use patsweep::detect::Detector;
use patsweep::model::{Candidate, Encoding, Position};
use patsweep::rules::RuleSet;
use patsweep::token::{Salt, mint};

use super::encode::{Form, quoted_printable};
use super::random::Random;

/// Encodings that are opened around a token at most.
const MAX_DEPTH: usize = 4;
const MIXES: u64 = 10_000;
/// Breaks between the lines of a wrapped run, as they stand in files and in strings of JSON.
const BREAKS: [&str; 7] = ["\n", "\r\n", "\n    ", "\r\n\t\t", "\\n", "\\r\\n", "\\\\n"];
const COLUMNS: [usize; 3] = [60, 64, 76];

/// A token in its encodings.
struct Mix {
    token: String,
    rule: &'static str,
    bytes: Vec<u8>,
    /// Innermost first.
    forms: Vec<Form>,
    /// The text in which positions count: the bytes, or what they say in UTF-16.
    text: Vec<u8>,
    /// Where in it the outermost run starts, or the token if none of it is a run.
    start: usize,
}

#[test]
fn every_mix_is_found_with_its_encodings_and_place() {
    let mut detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
    let mut depths = [0; MAX_DEPTH + 1];
    let (mut wrong, mut report) = (0, String::new());
    for seed in 0..MIXES {
        let mix = Mix::random(seed);
        let encodings = mix.encodings();
        depths[encodings.len()] += 1;
        let mut found = Vec::new();
        detector.whole(&mix.bytes, &mut |candidate| found.push(candidate));
        let mut cut = Vec::new();
        detector.begin();
        for chunk in mix.bytes.chunks(1 + seed as usize % 97) {
            detector.chunk(chunk, &mut |candidate| cut.push(candidate));
        }
        detector.end(&mut |candidate| cut.push(candidate));
        assert_eq!(found, cut, "seed {seed}: a cut changes what is found");
        if !mix.is_found_in(&found) {
            wrong += 1;
            if wrong <= 5 {
                let _ = writeln!(report, "seed {seed}: {}", mix.tell(&found));
            }
        }
    }
    assert!(depths.iter().all(|&count| count > 100), "{depths:?}");
    assert_eq!(wrong, 0, "of {MIXES}; the first are\n{report}");
}

impl Mix {
    /// Any token in any encodings, a function of `seed`.
    fn random(seed: u64) -> Self {
        let mut random = Random(seed);
        let (rule, mint) = random.one(&[
            ("azure-devops-pat", mint::pat as fn(u64) -> String),
            ("azure-devops-pat", mint::pat_long),
            ("azure-devops-pat-legacy", mint::legacy_pat),
            ("azure-devops-app-secret", mint::app_secret),
        ]);
        let token = mint(seed);
        let (text, start) = surround(&token, &mut random);
        let mut mix = Self {
            rule,
            forms: Vec::new(),
            text: text.clone().into_bytes(),
            bytes: text.into_bytes(),
            start,
            token,
        };
        let depth = random.below(MAX_DEPTH + 1);
        while mix.encodings().len() < depth {
            let form = any_form(&mut random);
            if mix.takes(form, depth) {
                mix.wrap(form, &mut random);
            }
        }
        mix
    }

    fn encodings(&self) -> Vec<&'static str> {
        let names = self.forms.iter().rev().flat_map(|form| form.names());
        names.copied().collect()
    }

    /// Whether anybody would write `form` around this.
    fn takes(&self, form: Form, depth: usize) -> bool {
        let is_soft = |form: &Form| matches!(form, Form::QuotedPrintable(_));
        let fits = self.encodings().len() + form.names().len() <= depth;
        // Soft breaks and UTF-16 are written of text. Soft breaks in soft breaks leave the inner
        // ones where they were.
        let last = self.forms.last();
        let takes = match form {
            Form::QuotedPrintable(_) => !self.is_wide() && !last.is_some_and(is_soft),
            _ => true,
        };
        fits && takes
    }

    fn wrap(&mut self, form: Form, random: &mut Random) {
        match form {
            Form::QuotedPrintable(columns) => {
                let (bytes, offsets) = quoted_printable(&self.bytes, columns);
                self.start = offsets[self.start];
                self.bytes = bytes;
                self.text = self.bytes.clone();
            }
            // Positions in UTF-16 count in its text. What tells that it is UTF-16 is a byte order
            // mark, or that it starts with a few words.
            Form::Utf16Le | Form::Utf16Be => {
                const WORDS: &str =
                    "# written by a tool that knows of no byte order mark at all\r\n";
                let (head, mark) = random.one(&[("", "\u{feff}"), (WORDS, "")]);
                let (head, mark) = if self.is_wide() {
                    self.read_as_latin();
                    ("", "\u{feff}")
                } else {
                    (head, mark)
                };
                self.text = [head.as_bytes(), &self.bytes].concat();
                self.start += head.len();
                self.bytes = form.encode(&[mark.as_bytes(), &self.text].concat());
            }
            _ => {
                let run = form.encode(&self.bytes);
                let run = String::from_utf8(run).expect("text");
                let (text, start) = surround(&run, random);
                self.bytes = text.into_bytes();
                self.text = self.bytes.clone();
                self.start = start;
            }
        }
        self.forms.push(form);
    }

    /// Whether the outermost encoding is UTF-16.
    fn is_wide(&self) -> bool {
        matches!(self.forms.last(), Some(Form::Utf16Le | Form::Utf16Be))
    }

    /// Takes each byte of UTF-16 for a character, as who encodes it again has done.
    fn read_as_latin(&mut self) {
        let latin = |bytes: &[u8]| -> String { bytes.iter().map(|&b| char::from(b)).collect() };
        let text = String::from_utf8_lossy(&self.text[self.start..]);
        let behind = 2 * text.encode_utf16().count();
        let start = self.bytes.len() - behind;
        self.start = latin(&self.bytes[..start]).len();
        self.bytes = latin(&self.bytes).into_bytes();
        self.text = self.bytes.clone();
    }

    fn is_found_in(&self, found: &[Candidate]) -> bool {
        let [candidate] = found else { return false };
        let encodings: Vec<_> = candidate.encodings.iter().map(|&e| name(e)).collect();
        candidate.secret.expose() == self.token.as_bytes()
            && *candidate.rule == *self.rule
            && told(encodings) == told(self.encodings())
            && candidate.position == Some(self.position())
    }

    fn position(&self) -> Position {
        let before = &self.text[..self.start];
        let line_start = before
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |at| at + 1);
        Position {
            offset: before.len() as u64,
            line: before.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1,
            column: (before.len() - line_start) as u64 + 1,
        }
    }

    fn tell(&self, found: &[Candidate]) -> String {
        let found: Vec<_> = found
            .iter()
            .map(|c| (&c.rule, &c.encodings, c.position, c.secret.redacted()))
            .collect();
        format!(
            "{:?} at {:?} in\n{}\nfound {found:?}",
            self.forms,
            self.position(),
            String::from_utf8_lossy(&self.bytes)
        )
    }
}

/// Encodings as far as they can be told: of UTF-16 within UTF-16 the zeros around and the byte
/// order marks, which are no text in base64 or hex, may have gone.
fn told(mut encodings: Vec<&'static str>) -> Vec<&'static str> {
    for inner in 1..encodings.len() {
        let is_wide = |at: usize| encodings[at].starts_with("utf-16");
        if is_wide(inner - 1) && is_wide(inner) {
            encodings[inner] = "utf-16 of either byte order";
        }
    }
    encodings
}

/// Any encoding, as anybody may write it.
fn any_form(random: &mut Random) -> Form {
    let (columns, glue) = (random.one(&COLUMNS), random.one(&BREAKS));
    // Short enough to break every token and every run.
    let soft = 24 + random.below(24);
    random.one(&[
        Form::Base64,
        Form::Base64Url,
        Form::Unpadded,
        Form::UrlUnpadded,
        Form::Wrapped(columns, glue),
        Form::Wrapped(columns, glue),
        Form::HexLower,
        Form::HexUpper,
        Form::HexWrapped(columns, glue),
        Form::Utf16Le,
        Form::Utf16Be,
        Form::QuotedPrintable(soft),
        Form::GzipInBase64,
        Form::GzipInWrapped(columns, glue),
    ])
}

/// `run` with text around it, and where it starts there.
fn surround(run: &str, random: &mut Random) -> (String, usize) {
    const WORDS: [&str; 12] = [
        "the ",
        "token: ",
        "a=1 ",
        "\n",
        "Größe ",
        "0x1f, ",
        "\r\n",
        "-- ",
        "{\"k\": 7}, ",
        "中文 ",
        "\t",
        "key ",
    ];
    const BEFORE: [&str; 6] = ["\"", " ", "=", ": ", "\n", "("];
    const BEHIND: [&str; 6] = ["\"", " ", ";", ",\n", "\n\n", ") "];
    let words = |random: &mut Random| -> String {
        let count = random.below(12);
        (0..count).map(|_| random.one(&WORDS)).collect()
    };
    let mut text = words(random);
    if random.below(4) > 0 {
        text.push_str(random.one(&BEFORE));
    } else {
        text.clear();
    }
    let start = text.len();
    text.push_str(run);
    if random.below(4) > 0 {
        text.push_str(random.one(&BEHIND));
        text.push_str(&words(random));
    }
    (text, start)
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Base64 => "base64",
        Encoding::Utf16Le => "utf-16le",
        Encoding::Utf16Be => "utf-16be",
        Encoding::Hex => "hex",
        Encoding::QuotedPrintable => "quoted-printable",
        Encoding::Gzip => "gzip",
    }
}
