//! Takes a token out of what the service answers, before anything of it is kept.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use zeroize::Zeroizing;

use crate::model::Secret;

/// The most characters of an answer that are kept.
const MAX_TEXT: usize = 500;
/// As many characters of an answer are looked at.
const MAX_READ: usize = 16 << 10;
/// A run as long as this is no word, name or GUID; every encoding of a token is longer.
const MAX_RUN: usize = 40;
/// As many characters of the token as this in a row, in any form of it, give something of it away.
const MIN_PIECE: usize = 8;

/// As much of a form of the token as gives something of it away.
type Piece = [u8; MIN_PIECE];

/// Knows the token that was presented, in every form in which an answer may repeat it.
#[derive(Clone)]
pub struct Scrubber {
    /// In lower case, sorted.
    pieces: Zeroizing<Vec<Piece>>,
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scrubber({} pieces)", self.pieces.len())
    }
}

impl Scrubber {
    /// For answers to a request that presented `presented`.
    pub fn new(presented: Option<&Secret>) -> Self {
        let mut pieces = Zeroizing::new(Vec::new());
        if let Some(presented) = presented {
            let token = presented.expose();
            let forms = forms(token);
            // Room for all of them, so that no copy is left behind by growing.
            let all = token.len() + forms.iter().map(|form| form.len()).sum::<usize>();
            pieces.reserve_exact(all);
            add_pieces(token, &mut pieces);
            for form in &forms {
                add_pieces(form, &mut pieces);
            }
            pieces.sort_unstable();
        }
        Self { pieces }
    }

    /// `text` without the token, however it is encoded, on one line, with every character that
    /// steers a terminal written as an escape; 500 characters at most.
    pub fn scrub(&self, text: &str) -> String {
        let start: String = text.chars().take(MAX_READ).collect();
        shown(&without_long_runs(&self.without_pieces(&start)))
    }

    /// As [`Scrubber::scrub`], for text in which long runs are to be expected, such as an address:
    /// only what is known of the token is taken out.
    pub fn scrub_known(&self, text: &str) -> String {
        let start: String = text.chars().take(MAX_READ).collect();
        shown(&self.without_pieces(&start))
    }

    /// `text` as it is, if nothing of the token is in it: for what is compared or sent back, which
    /// must not be altered. Nothing steers a terminal, and it is no longer than what is kept.
    pub fn whole(&self, text: &str) -> Option<String> {
        (text.len() <= MAX_TEXT && self.scrub_known(text) == text).then(|| text.to_owned())
    }

    /// Every piece of the token that is long enough becomes `…`.
    fn without_pieces(&self, text: &str) -> String {
        // UTF-16 that is read as bytes has zeros between, percent-encoding its signs.
        let bytes = text.bytes().enumerate();
        let (places, bytes): (Vec<usize>, Vec<u8>) = bytes
            .filter(|(_, byte)| !matches!(byte, 0 | b'%'))
            .map(|(at, byte)| (at, byte.to_ascii_lowercase()))
            .unzip();
        let mut hidden = vec![false; text.len()];
        for (at, window) in bytes.windows(MIN_PIECE).enumerate() {
            let piece: Piece = window.try_into().expect("windows are as long as pieces");
            if self.pieces.binary_search(&piece).is_ok() {
                hidden[places[at]..=places[at + MIN_PIECE - 1]].fill(true);
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut follows = false;
        for (at, character) in text.char_indices() {
            if hidden[at] && !follows {
                out.push('…');
            } else if !hidden[at] && character != '\0' {
                out.push(character);
            }
            follows = hidden[at];
        }
        out
    }
}

/// The token in all forms but its own. Percent-encoding of all of it is hex with signs between.
fn forms(token: &[u8]) -> [Zeroizing<Vec<u8>>; 5] {
    // Base64 writes three bytes as four characters: how depends on what stands before. Basic has a
    // colon there, and Microsoft's clients a user.
    let after = |lead: &[u8]| {
        let pair = Zeroizing::new([lead, token].concat());
        Zeroizing::new(BASE64.encode(&pair).into_bytes())
    };
    [
        Zeroizing::new(HEXLOWER.encode(token).into_bytes()),
        after(b""),
        after(b":"),
        after(b"::"),
        after(b"PAT:"),
    ]
}

fn add_pieces(form: &[u8], pieces: &mut Vec<Piece>) {
    pieces.extend(form.windows(MIN_PIECE).map(|window| {
        let piece: Piece = window.try_into().expect("windows are as long as pieces");
        piece.map(|byte| byte.to_ascii_lowercase())
    }));
}

/// Runs of base64, hex or percent-encoding that may hold a token become `…`. A slash ends them: the
/// base64 of what is ASCII has none, and paths have many.
fn without_long_runs(text: &str) -> String {
    let is_run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '%' | '=');
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

/// `text` on one line, without what steers, cut.
fn shown(text: &str) -> String {
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

    /// As much of an encoded token as a careless server lets through, wherever it starts.
    #[test]
    fn no_piece_of_an_encoding_is_kept() {
        for token in [mint::pat(1), mint::legacy_pat(2)] {
            let secret = Secret::new(token.as_bytes());
            let scrubber = Scrubber::new(Some(&secret));
            let hex = HEXLOWER.encode(token.as_bytes());
            let percent: String = hex.as_bytes().chunks(2).fold(String::new(), |text, pair| {
                format!("{text}%{}{}", char::from(pair[0]), char::from(pair[1]))
            });
            let base64 = |lead: &str| BASE64.encode(format!("{lead}{token}").as_bytes());
            for form in [
                token.clone(),
                token.to_ascii_uppercase(),
                base64(""),
                base64(":"),
                // Only what the token alone decides: another user has another start.
                base64("me")[4..].to_owned(),
                base64("PAT:"),
                base64("build:")[8..].to_owned(),
                hex.clone(),
                hex.to_ascii_uppercase(),
                percent,
            ] {
                let form = form.trim_end_matches('=');
                for length in [12, 20, 38] {
                    for piece in form.as_bytes().windows(length) {
                        let piece = std::str::from_utf8(piece).expect("text");
                        let text = scrubber.scrub(&format!("known as \"{piece}\" here"));
                        let left = text.split('"').nth(1).expect("what is left");
                        assert!(left.len() < MIN_PIECE, "{piece}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn addresses_are_kept_but_for_the_token() {
        let token = mint::pat(1);
        let secret = Secret::new(token.as_bytes());
        let scrubber = Scrubber::new(Some(&secret));
        for text in [
            "https://dev.azure.com/contoso-manufacturing-emea/_apis/connectionData",
            "http://127.0.0.1:41234/vssps.dev.azure.com/contoso/_apis/tokenadmin/personalaccesstokens",
            "TeamFoundationServerUnauthorizedException",
            "aad.YWZkMzM2ZGQtZTgwYy03MWViLThlYmQtODMzNjMxYmEwNWM2",
        ] {
            assert_eq!(scrubber.scrub_known(text), text);
            assert_eq!(scrubber.whole(text).as_deref(), Some(text));
        }
        let moved = "see https://dev.azure.com/contoso/Website/_git/Website/commits/main";
        assert_eq!(scrubber.scrub(moved), moved);
        let echo = format!("https://host/{token}/_apis");
        assert_eq!(scrubber.scrub_known(&echo), "https://host/…/_apis");
        for text in [
            echo,
            format!("aad.{}", BASE64.encode(format!(":{token}").as_bytes())),
            "x".repeat(501),
            "a\u{202e}b".to_owned(),
        ] {
            assert_eq!(scrubber.whole(&text), None, "{text}");
        }
    }

    #[test]
    fn it_prints_nothing() {
        let secret = Secret::new(b"not-really-a-token");
        let printed = format!("{:?}", Scrubber::new(Some(&secret)));
        assert!(
            printed.starts_with("Scrubber(") && !printed.contains('['),
            "{printed}"
        );
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
