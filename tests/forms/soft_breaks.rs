//! Organisations in quoted-printable text: a soft break changes nothing about whose token it is.

use data_encoding::BASE64;
use patsweep::model::{Candidate, Clue};
use patsweep::token::mint;

use super::{Mint, scan, scan_cut};

/// Quoted-printable as Python's `quopri` writes it.
pub(super) fn quopri(text: &str, soft: &str) -> String {
    let mut quoted = String::new();
    for line in text.split_inclusive('\n') {
        let mut column = 0;
        for character in line.chars() {
            let escaped = match character {
                '=' => "=3D".to_owned(),
                other => other.to_string(),
            };
            if column + escaped.len() > 75 && character != '\n' {
                quoted.push_str(soft);
                column = 0;
            }
            column += escaped.len();
            quoted.push_str(&escaped);
        }
    }
    quoted
}

/// For each token, in order, who is named with it and how.
fn named(text: &str) -> Vec<(Vec<u8>, Vec<String>)> {
    let found = scan(text.as_bytes());
    for size in [1, 7, 64] {
        assert_eq!(scan_cut(text.as_bytes(), size), found, "{text}");
    }
    let clues = |candidate: &Candidate| {
        let clue = |clue: &Clue| format!("{} {:?}", clue.organization, clue.evidence);
        candidate.organizations.iter().map(clue).collect()
    };
    let pair = |candidate: &Candidate| (candidate.secret.expose().to_vec(), clues(candidate));
    found.iter().map(pair).collect()
}

fn expected(token: &str, organizations: &[&str]) -> (Vec<u8>, Vec<String>) {
    let organizations = organizations.iter().map(|&name| name.to_owned());
    (token.as_bytes().to_vec(), organizations.collect())
}

/// A soft break anywhere in a URL changes nothing about whose token it holds.
#[test]
fn organisations_across_soft_breaks() {
    for mint in [mint::pat as Mint, mint::legacy_pat] {
        let token = mint(1);
        for (url, from) in [
            (format!("https://u:{token}@dev.azure.com/alpha/p"), 60),
            (format!("https://u:{token}@alpha.visualstudio.com/p"), 60),
            (
                format!("see https://dev.azure.com/alpha/project/_git/repository/ {token} x"),
                61,
            ),
        ] {
            for soft in ["=\n", "=\r\n"] {
                for at in from..url.len() {
                    let text = format!("before\n{}{soft}{}\nafter\n", &url[..at], &url[at..]);
                    let alpha = [expected(&token, &["alpha Entry"])];
                    assert_eq!(named(&text), alpha, "{text}");
                }
            }
        }
    }
}

/// Where nothing tells that a text is quoted-printable, half a name is none.
#[test]
fn half_a_name_is_none() {
    let token = mint::pat(1);
    for text in [
        format!("pat = {token}\nurl = https://dev.azure.com/alp=\nha/p\n"),
        format!("pat = {token}\nurl = https://fab=\nrikam.visualstudio.com/p\n"),
        format!("{{\"a\": 1, \"u\": \"https://u:{token}@dev.azure.com/alp=\\r\\nha/p\"}} x=1\n"),
    ] {
        assert_eq!(named(&text), [expected(&token, &[])], "{text}");
    }
}

/// Nothing is joined over the padding of base64, or over an empty setting.
#[test]
fn padding_is_no_soft_break() {
    let token = mint::pat(2);
    let encoded = BASE64.encode(format!(":{token}").as_bytes());
    let odd = BASE64.encode(format!("ab:{token}-").as_bytes());
    let single = BASE64.encode(format!("b:{token}").as_bytes());
    for value in [encoded, odd, single] {
        let text = format!(
            "alpha: https://dev.azure.com/alpha/project/and/more/of/it/here/so/that/it/is/long\n\
             token_of_nobody_in_particular: {value}\n\
             beta: https://dev.azure.com/beta\n"
        );
        let found = named(&text);
        let near = ["beta Nearby", "alpha Nearby"];
        assert_eq!(found.len(), 1, "{text}");
        let mut clues = found[0].1.clone();
        clues.sort();
        assert_eq!(clues, [near[1], near[0]], "{text}");
    }
    let text = format!("AZP_URL=\nhttps://x:{token}@dev.azure.com/alpha\nNAME=\n");
    assert_eq!(named(&text), [expected(&token, &["alpha Entry"])]);
}

/// A `.git-credentials` in a mail: each line's own organisation, wherever its breaks are.
#[test]
fn credentials_in_quoted_printable() {
    let names = ["alpha", "beta", "gamma-delta-epsilon"];
    for mint in [mint::pat as Mint, mint::legacy_pat] {
        for user in 1..76 {
            for soft in ["=\n", "=\r\n"] {
                let user = "u".repeat(user);
                let lines = names.iter().zip(1..).map(|(name, seed)| {
                    format!("https://{user}:{}@dev.azure.com/{name}\n", mint(seed))
                });
                let text = quopri(&lines.collect::<String>(), soft);
                let own = names
                    .iter()
                    .zip(1..)
                    .map(|(name, seed)| expected(&mint(seed), &[&format!("{name} Entry")]));
                assert_eq!(named(&text), own.collect::<Vec<_>>(), "{text}");
            }
        }
    }
}

/// What is decoded around a soft break ends somewhere, but never within a name.
#[test]
fn no_name_ends_where_decoding_does() {
    let token = mint::pat(3);
    let (head, tail) = token.split_at(30);
    let url = "https://dev.azure.com/alpha-beta/";
    for distance in 850..1030 {
        let gap = " .".repeat(distance / 2 + 1);
        let gap = &gap[..distance];
        for text in [
            format!("x=1 {head}=\n{tail}{gap} {url} x=1\n"),
            format!("x=1 https://alpha-beta.visualstudio.com/ {gap}{head}=\n{tail} x=1\n"),
        ] {
            let (_, clues) = named(&text).remove(0);
            assert!(
                clues.iter().all(|clue| clue.starts_with("alpha-beta ")),
                "{clues:?} {distance}"
            );
        }
    }
}

/// Mail in mail: soft breaks that are quoted themselves, between soft breaks of their own or not.
#[test]
fn quoted_printable_in_quoted_printable() {
    for mint in [mint::pat as Mint, mint::legacy_pat] {
        let token = mint(4);
        for before in 0..80 {
            let text = format!(
                "{}see=this https://u:{token}@dev.azure.com/alpha/p and more\n",
                ". ".repeat(before)
            );
            for soft in ["=\n", "=\r\n"] {
                let mut quoted = quopri(&text, soft);
                for depth in 2..=4 {
                    quoted = quopri(&quoted, soft);
                    let found = named(&quoted);
                    assert_eq!(
                        found,
                        [expected(&token, &["alpha Entry"])],
                        "{depth} {quoted}"
                    );
                }
            }
        }
        for at in 1..token.len() {
            let (head, tail) = token.split_at(at);
            for sign in ["=3D", "=3D3D", "=3D3D3D"] {
                let found = scan(format!("x {head}{sign}\r\n{tail} x").as_bytes());
                assert_eq!(found.len(), 1, "{head}{sign} {tail}");
            }
        }
    }
}
