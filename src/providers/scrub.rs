//! Takes a token out of what the service answers, before anything of it is kept.

use crate::model::Secret;

/// The most characters of an answer that are kept.
const MAX_TEXT: usize = 500;
/// As many characters of an answer are looked at.
const MAX_READ: usize = 16 << 10;
/// A run as long as this is no word, name or GUID; every encoding of a token is longer.
const MAX_RUN: usize = 40;
/// As many characters of the token as this in a row give something of it away.
const MIN_PIECE: usize = 8;

/// Knows the token that was presented.
#[derive(Clone, Copy, Debug)]
pub struct Scrubber<'s> {
    presented: Option<&'s Secret>,
}

impl<'s> Scrubber<'s> {
    /// For answers to a request that presented `presented`.
    pub fn new(presented: Option<&'s Secret>) -> Self {
        Self { presented }
    }

    /// `text` without the token, however it is encoded, on one line, with every character that
    /// steers a terminal written as an escape; 500 characters at most.
    pub fn scrub(self, text: &str) -> String {
        let start: String = text.chars().take(MAX_READ).collect();
        // UTF-16 that is read as bytes has zeros between.
        let text = start.replace('\0', "");
        let text = self.without_pieces(&text);
        let text = without_long_runs(&text);
        let mut out = String::new();
        for (index, word) in text.split_whitespace().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            for character in word.chars() {
                if is_steering(character) {
                    out.extend(character.escape_unicode());
                } else {
                    out.push(character);
                }
            }
        }
        match out.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => format!("{}…", &out[..end]),
            None => out,
        }
    }

    /// Every piece of the token that is long enough becomes `…`.
    fn without_pieces(self, text: &str) -> String {
        let Some(presented) = self.presented else {
            return text.to_owned();
        };
        let token = presented.expose();
        let bytes = text.as_bytes();
        let mut hidden = vec![false; bytes.len()];
        for (at, window) in bytes.windows(MIN_PIECE).enumerate() {
            if token.windows(MIN_PIECE).any(|piece| piece == window) {
                hidden[at..at + MIN_PIECE].fill(true);
            }
        }
        let mut out = String::with_capacity(text.len());
        for (at, character) in text.char_indices() {
            if !hidden[at] {
                out.push(character);
            } else if at == 0 || !hidden[at - 1] {
                out.push('…');
            }
        }
        out
    }
}

/// Runs of base64, hex or percent-encoding that may hold a token become `…`.
fn without_long_runs(text: &str) -> String {
    let is_run =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '%' | '=');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|c| !is_run(c)).unwrap_or(rest.len());
        out.push_str(if run >= MAX_RUN { "…" } else { &rest[..run] });
        rest = &rest[run..];
        let gap = rest.find(is_run).unwrap_or(rest.len());
        out.push_str(&rest[..gap]);
        rest = &rest[gap..];
    }
    out
}

/// Whether a terminal or an editor obeys it instead of showing it.
fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, HEXLOWER};

    use super::*;
    use crate::token::mint;

    #[test]
    fn no_encoding_of_the_token_is_kept() {
        for token in [mint::pat(1), mint::legacy_pat(2)] {
            let wide: String = token.chars().flat_map(|c| [c, '\0']).collect();
            for echo in [
                token.clone(),
                token[..30].to_owned(),
                token[20..28].to_owned(),
                format!("Basic {}", BASE64.encode(format!(":{token}").as_bytes())),
                format!("Basic {}", BASE64.encode(format!("PAT:{token}").as_bytes())),
                BASE64.encode(token.as_bytes()),
                HEXLOWER.encode(token.as_bytes()),
                HEXLOWER
                    .encode(token.as_bytes())
                    .as_bytes()
                    .chunks(2)
                    .fold(String::new(), |text, pair| {
                        format!("{text}%{}{}", char::from(pair[0]), char::from(pair[1]))
                    }),
                wide.clone(),
                BASE64.encode(wide.as_bytes()),
            ] {
                let padding = "word ".repeat(96);
                for before in ["", &padding, "x".repeat(499).as_str()] {
                    let secret = Secret::new(token.as_bytes());
                    let text = Scrubber::new(Some(&secret)).scrub(&format!("{before} {echo} end"));
                    let piece = |piece: &[u8]| {
                        let piece = std::str::from_utf8(piece).expect("text");
                        text.contains(piece)
                    };
                    assert!(!echo.as_bytes().windows(8).any(piece), "{echo}: {text}");
                }
            }
        }
    }

    #[test]
    fn what_people_need_is_kept() {
        let scrub = |text: &str| Scrubber::new(None).scrub(text);
        let anonymous = "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not \
                         authorized to access this resource.";
        assert_eq!(scrub(anonymous), anonymous);
        assert_eq!(
            scrub("\n  Azure DevOps\r\n  | Sign In\u{1b}[2J"),
            "Azure DevOps | Sign In\\u{1b}[2J"
        );
        assert_eq!(scrub("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(scrub(&"é ".repeat(600)).chars().count(), 501);
    }
}
