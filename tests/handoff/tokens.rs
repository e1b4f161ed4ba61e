//! Tokens, one a line.

use std::io::{BufRead, BufReader};

use patsweep::handoff::tokens::{MAX_LINE, MAX_LINES, read};
use patsweep::model::ValueFrom;
use patsweep::token::{jwt, mint};

use crate::world::{holds, id, secret};

#[test]
fn each_line_proves_or_is_named() {
    let tokens = [mint::pat(1), mint::legacy_pat(2), mint::app_secret(3)];
    let [pat, legacy, app] = &tokens;
    let wrong = &pat[..83];
    let oauth = mint::oauth_token(1, jwt::ISSUER_HOST, None);
    let long = "a".repeat(MAX_LINE + 1);
    let fits = format!("{pat}{}", " ".repeat(MAX_LINE - pat.len()));
    let text = format!(
        "\u{feff}{pat}\r\n\n  {legacy}\t\n{wrong}\n{long}\n{oauth}\n{pat}\n\u{1}\n{fits}\n{app}"
    );
    // However the input is cut.
    for capacity in [1, 100, 1 << 20] {
        let mut input = BufReader::with_capacity(capacity, text.as_bytes());
        let read = read(&mut input).unwrap();
        let mut found: Vec<_> = read
            .values
            .iter()
            .map(|(id, it)| (id.clone(), it.secret.clone()))
            .collect();
        found.sort();
        let mut expected: Vec<_> = tokens.iter().map(|it| (id(it), secret(it))).collect();
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!(read.values.from(&id(pat)), ValueFrom::Stdin);
        let refused: Vec<_> = read.refused.iter().map(ToString::to_string).collect();
        let forms = "legacy ones have 52, those since July 2024 have 84";
        assert_eq!(
            refused,
            [
                "line 4: not a personal access token: it has neither 84 characters nor 88 with == \
                 at the end"
                    .to_owned(),
                "line 5: it has more than 64 KiB".to_owned(),
                "line 6: an OAuth access token carries no checksum that proves it".to_owned(),
                format!("line 8: no token has 1 characters: {forms}"),
            ]
        );
        assert!(!holds(format!("{read:?}").as_bytes(), pat));
    }
}

#[test]
fn nothing_is_no_token() {
    for text in ["", "\n\n", " \r\n"] {
        let read = read(&mut text.as_bytes()).unwrap();
        assert!(read.values.is_empty() && read.refused.is_empty());
    }
}

#[test]
fn lines_have_an_end() {
    let most = "\n".repeat(MAX_LINES);
    assert!(read(&mut most.as_bytes()).is_ok());
    let error = read(&mut format!("{most}\n").as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "standard input has more than 100000 lines"
    );
}

#[test]
fn an_error_of_the_system_is_told() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("broken"))
        }
    }
    let mut input = BufReader::new(Broken);
    assert!(input.fill_buf().is_err());
    let error = read(&mut input).unwrap_err();
    assert_eq!(error.to_string(), "cannot read tokens from standard input");
}
