//! Looks for a secret in whatever a program wrote, in every form that somebody could read it from.

use aho_corasick::AhoCorasick;
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

/// As many characters of a form in a row give the secret away. What reports show of a token, its
/// first and last four, are fewer.
const PIECE: usize = 12;

/// A secret that must not be found.
pub(crate) struct Hidden {
    name: String,
    /// Every piece of every form.
    pieces: AhoCorasick,
    /// By piece, of which form it is.
    forms: Vec<&'static str>,
}

impl Hidden {
    /// `secret`, which complaints call `name`.
    pub(crate) fn new(name: &str, secret: &str) -> Self {
        let plain = secret.as_bytes();
        let wide = |bytes: fn(u16) -> [u8; 2]| secret.encode_utf16().flat_map(bytes).collect();
        let percent = |hex: String| -> Vec<u8> {
            let pairs = hex.as_bytes().chunks(2);
            pairs.flat_map(|pair| [b'%', pair[0], pair[1]]).collect()
        };
        let mut forms = vec![
            ("plain", PIECE, plain.to_vec()),
            ("utf-16le", 2 * PIECE, wide(u16::to_le_bytes)),
            ("utf-16be", 2 * PIECE, wide(u16::to_be_bytes)),
            ("hex", PIECE, HEXLOWER.encode(plain).into_bytes()),
            ("HEX", PIECE, HEXUPPER.encode(plain).into_bytes()),
            ("percent", 3 * PIECE / 2, percent(HEXLOWER.encode(plain))),
            ("PERCENT", 3 * PIECE / 2, percent(HEXUPPER.encode(plain))),
        ];
        // Three alignments, the users of Basic, and text that was UTF-16 before.
        for lead in ["", ":", "me", "PAT:"] {
            let bytes = [lead.as_bytes(), plain].concat();
            // What the lead alone decides is no secret.
            let own = (lead.len() * 8).div_ceil(6);
            for encoded in [BASE64.encode(&bytes), BASE64URL_NOPAD.encode(&bytes)] {
                let encoded = encoded.trim_end_matches('=');
                forms.push(("base64", PIECE, encoded.as_bytes()[own..].to_vec()));
            }
        }
        for (_, _, wide) in forms.clone().iter().filter(|it| it.0.starts_with("utf")) {
            let encoded = BASE64.encode(wide).into_bytes();
            forms.push(("base64 of utf-16", 2 * PIECE, encoded));
        }
        let pieces = forms.iter().flat_map(|(form, length, bytes)| {
            let pieces = bytes.windows(*length);
            pieces.map(move |piece| (*form, piece))
        });
        let (forms, pieces): (Vec<_>, Vec<_>) = pieces.unzip();
        Self {
            name: name.to_owned(),
            pieces: AhoCorasick::new(pieces).expect("as many pieces as this"),
            forms,
        }
    }

    /// Panics if `output`, which complaints call `what`, holds a piece of it.
    #[track_caller]
    pub(crate) fn assert_absent(&self, output: &[u8], what: &str) {
        if let Some(found) = self.pieces.find(output) {
            let around = found.start().saturating_sub(120)..output.len().min(found.end() + 12);
            panic!(
                "{what} holds {} as {}: {}",
                self.name,
                self.forms[found.pattern()],
                output[around].escape_ascii()
            );
        }
    }
}

/// Each of `secrets` is absent from each of `outputs`.
#[track_caller]
pub(crate) fn assert_clean(secrets: &[Hidden], outputs: &[(&str, &[u8])], run: &str) {
    for (what, output) in outputs {
        for secret in secrets {
            secret.assert_absent(output, &format!("{run}: {what}"));
        }
    }
}

#[test]
fn every_form_is_found_wherever_it_starts() {
    let secret = "n0tReallyATokenButLongEnoughToBeTakenForOne";
    let hidden = Hidden::new("it", secret);
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let base64 = |text: String| BASE64.encode(text.as_bytes()).into_bytes();
    for planted in [
        secret.as_bytes().to_vec(),
        secret.as_bytes()[9..24].to_vec(),
        wide.clone(),
        BASE64.encode(&wide).into_bytes(),
        base64(format!(":{secret}")),
        base64(format!("PAT:{secret}")),
        base64(format!("me:{secret}")),
        base64(format!("{secret} and more")),
        HEXUPPER.encode(secret.as_bytes()).into_bytes(),
    ] {
        let output = [b"before ", &planted[..], b" behind"].concat();
        let found = std::panic::catch_unwind(|| hidden.assert_absent(&output, "the plant"));
        assert!(found.is_err(), "{}", output.escape_ascii());
    }
    hidden.assert_absent(b"nothing of it: n0tR\xe2\x80\xa6rOne", "the rest");
}
