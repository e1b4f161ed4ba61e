//! Tables of what stands around tokens in practice, and of what must not be taken crosswise.

use data_encoding::BASE64;
use proptest::prelude::*;

use super::*;
use crate::token::mint;

mod contexts;
mod crosswise;

/// Stands for the token whose clues are read, as it is.
const TOKEN: &str = "{TOKEN}";
/// Stands for base64 of a colon and the token.
const BASIC: &str = "{BASIC}";
/// Stands for base64 of the token.
const ENCODED: &str = "{ENCODED}";

fn entry(organization: &str) -> Reading {
    Reading::Entry(vec![organization.to_owned()])
}

fn nearby(organizations: &[&str]) -> Reading {
    Reading::Nearby(organizations.iter().map(|&name| name.to_owned()).collect())
}

/// Puts `token` in its place in `template`, with other tokens in the places of `{OTHER}`.
fn fill(template: &str, token: &str) -> (String, Range<usize>) {
    let other = mint::pat(99);
    let template = template.replace("{OTHER}", &other);
    let (mark, run) = [
        (TOKEN, token.to_owned()),
        (BASIC, BASE64.encode(format!(":{token}").as_bytes())),
        (ENCODED, BASE64.encode(token.as_bytes())),
    ]
    .into_iter()
    .find(|(mark, _)| template.contains(mark))
    .unwrap();
    let start = template.find(mark).unwrap();
    assert_eq!(template.matches(mark).count(), 1, "{template}");
    (template.replace(mark, &run), start..start + run.len())
}

#[track_caller]
fn check(template: &str, expected: &Reading) {
    for token in [mint::pat(1), mint::legacy_pat(1)] {
        let (text, span) = fill(template, &token);
        assert_eq!(read(text.as_bytes(), span.clone()), *expected, "{text}");
        let windows = text.replace('\n', "\r\n");
        let added = text[..span.start].matches('\n').count();
        let span = span.start + added..span.end + added;
        assert_eq!(read(windows.as_bytes(), span), *expected, "{windows}");
    }
}

#[test]
fn urls() {
    let contoso = entry("contoso");
    check(
        "https://pat:{TOKEN}@dev.azure.com/contoso/p/_git/r",
        &contoso,
    );
    check("https://{TOKEN}@dev.azure.com/Contoso/p/_git/r", &contoso);
    check(
        "https://fabrikam:{TOKEN}@dev.azure.com/contoso/p/_git/r",
        &contoso,
    );
    check("https://contoso:{TOKEN}@dev.azure.com", &contoso);
    check(
        "https://x:{TOKEN}@contoso.visualstudio.com/p/_git/r",
        &contoso,
    );
    check(
        "https://x:{TOKEN}@contoso.pkgs.visualstudio.com/_packaging/f/",
        &contoso,
    );
    check(
        "https://x:{TOKEN}@PKGS.DEV.AZURE.COM/contoso/_packaging/f/",
        &contoso,
    );
    check("https://x%3A{TOKEN}%40dev.azure.com/contoso/p", &contoso);
    check(
        "https%3A%2F%2Fx%3A{TOKEN}%40dev.azure.com%2Fcontoso%2Fp",
        &contoso,
    );
    check(
        r#"{"u":"https:\/\/x:{TOKEN}@dev.azure.com\/contoso\/p"}"#,
        &contoso,
    );
    check(
        "https://me%40fabrikam.com:{TOKEN}@dev.azure.com/contoso/p",
        &contoso,
    );
    check(
        "https://dev.azure.com/contoso/_apis?token={TOKEN}",
        &contoso,
    );
    check(
        "git+https://{TOKEN}@dev.azure.com/contoso/p@main#egg=x",
        &contoso,
    );
    check("x:{TOKEN}@dev.azure.com/contoso/p", &contoso);
    check(
        "[remote \"o\"]\n\turl = https://x:{TOKEN}@dev.azure.com/contoso/p",
        &contoso,
    );
    check(
        "a\\nhttps://x:{TOKEN}@dev.azure.com/contoso/p\\nb",
        &contoso,
    );
}

#[test]
fn urls_of_others_are_elsewhere_whatever_stands_nearby() {
    for url in [
        "https://x:{TOKEN}@github.com/contoso/r",
        "https://{TOKEN}@tfs.example.org/tfs/DefaultCollection",
        "https://pat:{TOKEN}@dev.azure.com",
        "https://me@contoso.com:{TOKEN}@dev.azure.com/",
        "https://x:{TOKEN}@dev.azure.com/{organization}/p",
        "https://x:{TOKEN}@app.vssps.visualstudio.com/_apis",
        "x:{TOKEN}@github.com/contoso",
        "https://hooks.example.org/?t={TOKEN}",
    ] {
        check(url, &Reading::Elsewhere);
        check(
            &format!("https://dev.azure.com/fabrikam\n{url}\ndev.azure.com/fabrikam"),
            &Reading::Elsewhere,
        );
    }
}

#[test]
fn what_names_several_is_no_entry() {
    check(
        r#"{"a": "https://dev.azure.com/contoso", "pat": "{TOKEN}", "b": "https://dev.azure.com/fabrikam"}"#,
        &nearby(&["contoso", "fabrikam"]),
    );
    check(
        "[a]\nx = https://dev.azure.com/contoso\n\ny = https://dev.azure.com/fabrikam\npassword = {TOKEN}\n",
        &nearby(&["fabrikam", "contoso"]),
    );
    check(
        "INFO https://dev.azure.com/contoso {TOKEN}   https://dev.azure.com/fabrikam",
        &nearby(&["contoso", "fabrikam"]),
    );
}

#[test]
fn what_stands_in_a_sibling_is_no_entry() {
    let near = nearby(&["contoso"]);
    for text in [
        "[\n{\"pat\": \"{TOKEN}\"},\n{\"url\": \"https://dev.azure.com/contoso\"}\n]",
        "[{\"pat\": \"{TOKEN}\"}, {\"url\": \"https://dev.azure.com/contoso\"}]",
        "{\"x\": {\"pat\": \"{TOKEN}\"},\n\"y\": {\"url\": \"https://dev.azure.com/contoso\"}}",
        "{\"pat\": \"{TOKEN}\",\n\"y\": {\"url\": \"https://dev.azure.com/contoso\"}}",
        "x:\n  pat: {TOKEN}\ny:\n  url: https://dev.azure.com/contoso\n",
        "- pat: {TOKEN}\n- url: https://dev.azure.com/contoso\n",
        "- pat: {TOKEN}\n- name: x\n  url: https://dev.azure.com/contoso\n",
        // Attributes and blocks of code are no sections.
        "[Fact]\nvoid A() {\n  var pat = \"{TOKEN}\";\n}\n\nvoid B() {\n  Get(\"https://dev.azure.com/contoso\");\n}\n",
        // A backtick that ends a quotation continues nothing.
        "see `https://dev.azure.com/contoso`\nrun {TOKEN}\n",
    ] {
        check(text, &near);
    }
}

#[test]
fn what_a_request_or_server_sends_elsewhere_is_elsewhere() {
    check(
        "{\"request\": {\"url\": \"https://tfs.example.org/x\", \"headers\": [\n{\"name\": \"Authorization\", \"value\": \"Basic {BASIC}\"}]},\n\"x\": \"https://dev.azure.com/contoso\"}",
        &Reading::Elsewhere,
    );
    // A word of prose is no key of `.netrc`, and a link in a comment no entry.
    check(
        "each machine needs its password {TOKEN}\ndev.azure.com/contoso",
        &nearby(&["contoso"]),
    );
    check(
        "x = {\n  # https://example.org/url\n  pat = \"{TOKEN}\"\n}\ndev.azure.com/contoso",
        &nearby(&["contoso"]),
    );
}

#[test]
fn the_nearest_come_first_and_at_most_five() {
    let urls = |names: &[&str]| -> String {
        names
            .iter()
            .flat_map(|name| ["see https://dev.azure.com/", name, "/x\n"])
            .collect()
    };
    let text = format!(
        "{}\n{TOKEN}\n{}",
        urls(&["g", "f", "d", "b"]),
        urls(&["a", "c", "b", "e"])
    );
    check(&text, &nearby(&["b", "a", "d", "c", "f"]));
}

#[test]
fn a_layer_may_be_nothing_but_the_token() {
    assert_eq!(read(b"", 0..0), nearby(&[]));
    check(TOKEN, &nearby(&[]));
    check("{TOKEN}@", &nearby(&[]));
    check("://{TOKEN}", &Reading::Elsewhere);
}

#[test]
fn only_the_reach_counts() {
    let token = mint::pat(1);
    let url = "https://dev.azure.com/contoso ";
    let check = |before: usize, after: usize, expected: &Reading| {
        let text = format!(
            "{url}{}{token}{} {url}",
            " ".repeat(before),
            " ".repeat(after)
        );
        let start = url.len() + before;
        assert_eq!(read(text.as_bytes(), start..start + token.len()), *expected);
    };
    let near = nearby(&["contoso"]);
    let none = nearby(&[]);
    check(REACH - url.len(), REACH, &near);
    // A host or a name that touches the end of the reach may be cut, and is not read.
    check(REACH - 23, REACH, &near);
    check(REACH - 22, REACH, &none);
    check(REACH, REACH - 31, &near);
    check(REACH, REACH - 30, &none);
}

#[test]
fn what_lies_beyond_the_reach_changes_nothing() {
    let token = mint::pat(1);
    let filler = "https://dev.azure.com/contoso {\"pat\": [x]\n- a: b\n".repeat(1_500);
    for cut in 0..60 {
        let text = format!("{}{token}{filler}", &filler[cut..]);
        let start = filler.len() - cut;
        let span = start..start + token.len();
        let expected = read(text.as_bytes(), span.clone());
        let window = &text.as_bytes()[span.start - REACH..span.end + REACH];
        assert_eq!(read(window, REACH..REACH + token.len()), expected);
    }
}

proptest! {
    /// Pieces of structure in any order: nothing panics, at most five organisations, all of them
    /// named somewhere, and an entry is one.
    #[test]
    fn no_text_confuses_it(pieces in proptest::collection::vec(0..PIECES.len(), 0..60), at in 0..60usize) {
        let token = mint::pat(1);
        let at = at.min(pieces.len());
        let join = |pieces: &[usize]| pieces.iter().map(|&piece| PIECES[piece]).collect::<Vec<_>>().concat();
        let before = join(&pieces[..at]);
        let text = format!("{before}{token}{}", join(&pieces[at..]));
        let span = before.len()..before.len() + token.len();
        let _ = is_pat_context(text.as_bytes(), span.clone());
        // A name may go on behind a soft break of quoted-printable.
        let low = text.to_ascii_lowercase();
        let unfolded = low.replace("=\r\n", "").replace("=\n", "");
        let names_it = |name: &String| low.contains(name) || unfolded.contains(name);
        match read(text.as_bytes(), span) {
            Reading::Entry(names) => prop_assert!(names.len() == 1 && names_it(&names[0])),
            Reading::Elsewhere => (),
            Reading::Nearby(names) => {
                prop_assert!(names.len() <= MAX_NEARBY);
                prop_assert!(names.iter().all(names_it));
            }
        }
    }
}

/// What scopes are made of.
const PIECES: [&str; 44] = [
    "https://",
    "https:\\/\\/",
    "https%3A%2F%2F",
    "//",
    "x:",
    "contoso@",
    "%40",
    "@",
    "dev.azure.com",
    "pkgs.dev.azure.com/",
    ".visualstudio.com",
    "contoso",
    "fabrikam",
    "/",
    "%2F",
    "\\/",
    ":_password=",
    "machine ",
    "login ",
    " password ",
    "[a]\n",
    "[http \"",
    "\"]",
    "{",
    "}",
    "\"",
    "\\\"",
    ": ",
    "- ",
    "\n",
    "\\n",
    "\r\n",
    "  ",
    "---\n",
    "<server>",
    "</server>",
    "<id>a</id>",
    "<username>",
    "<packageSourceCredentials>",
    "<a>",
    "<add key=\"a\" value=\"",
    "curl ",
    "GET ",
    "AZURE_REPOS_ORG=",
];

#[test]
fn labels() {
    let check = |template: &str, expected: bool| {
        let (text, span) = fill(template, &mint::pat(1));
        assert_eq!(is_pat_context(text.as_bytes(), span), expected, "{text}");
    };
    check("AZURE_DEVOPS_EXT_PAT={TOKEN}", true);
    check("export AZDO_PERSONAL_ACCESS_TOKEN=\"{TOKEN}\"", true);
    check("$env:VSCE_PAT = '{TOKEN}'", true);
    check("  \"PERSONAL_ACCESS_TOKEN\": \"{BASIC}\",", true);
    check("personalAccessToken: {ENCODED}", true);
    check("TF_VAR_personal_access_token={TOKEN}", true);
    check("<add key=\"ADO_PAT\" value=\"{TOKEN}\" />", true);
    check("{\"name\": \"AZP_TOKEN\", \"value\": \"{TOKEN}\"}", true);
    check("- name: AZP_TOKEN\n  value: {TOKEN}", true);
    check("AZP_TOKEN\\n{TOKEN}", true);
    check("AZP_TOKEN=x\nOTHER={TOKEN}", false);
    check("AZP_TOKEN=x OTHER={TOKEN}", false);
    check("{TOKEN}", false);
    check("token={TOKEN} # AZP_TOKEN", false);
    check("AZP_TOKEN_FILE={TOKEN}", false);
}
