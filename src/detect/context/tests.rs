//! Tables of what stands around tokens in practice, and of what must not be taken crosswise.

use data_encoding::BASE64;
use proptest::prelude::*;

use super::*;
use crate::token::mint;

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

/// One row for each context in which tokens are known to stand.
mod contexts {
    use super::*;

    #[test]
    fn git() {
        let contoso = entry("contoso");
        check(
            "[http \"https://dev.azure.com/contoso/\"]\n\textraheader = AUTHORIZATION: basic {BASIC}\n",
            &contoso,
        );
        check(
            "git -c http.https://contoso.visualstudio.com.extraheader=\"AUTHORIZATION: basic {BASIC}\" fetch",
            &contoso,
        );
        check(
            "git -c http.https://dev.azure.com/contoso/.extraheader='Authorization: Basic {BASIC}' fetch",
            &contoso,
        );
        check(
            "git -c http.extraheader=\"AUTHORIZATION: bearer {TOKEN}\" \\\n  clone git@ssh.dev.azure.com:v3/contoso/p/r",
            &contoso,
        );
        check(
            "[http]\n\textraheader = AUTHORIZATION: basic {BASIC}\n[remote \"origin\"]\n\turl = https://dev.azure.com/contoso/p",
            &nearby(&["contoso"]),
        );
        check(
            "machine dev.azure.com login contoso password {TOKEN}",
            &contoso,
        );
        check(
            "machine contoso.visualstudio.com\n  login x\n  password {TOKEN}\n",
            &contoso,
        );
        check(
            "machine pkgs.dev.azure.com password {TOKEN} login contoso",
            &contoso,
        );
    }

    #[test]
    fn package_feeds() {
        let contoso = entry("contoso");
        check(
            "//pkgs.dev.azure.com/contoso/_packaging/f/npm/registry/:_password={ENCODED}",
            &contoso,
        );
        check(
            "npm config set //pkgs.dev.azure.com/contoso/_packaging/f/npm/registry/:_authToken {TOKEN}",
            &contoso,
        );
        check(
            "ENV VSS_NUGET_EXTERNAL_FEED_ENDPOINTS {\\\"endpointCredentials\\\": [{\\\"endpoint\\\":\\\"https://pkgs.dev.azure.com/contoso/_packaging/f/nuget/v3/index.json\\\", \\\"username\\\":\\\"x\\\", \\\"password\\\":\\\"{TOKEN}\\\"}]}",
            &contoso,
        );
        check(
            "[global]\nextra-index-url=https://x:{TOKEN}@pkgs.dev.azure.com/contoso/_packaging/f/pypi/simple/",
            &contoso,
        );
        check(
            "[repositories.f]\nurl = \"https://pkgs.dev.azure.com/contoso/_packaging/f\"\n[http-basic.f]\nusername = \"x\"\npassword = \"{TOKEN}\"",
            &nearby(&["contoso"]),
        );
        check(
            "<server>\n<id>f</id>\n<username>contoso</username>\n<password>{TOKEN}</password>\n</server>",
            &contoso,
        );
        check(
            "contosoUrl=https://pkgs.dev.azure.com/contoso/_packaging/f/maven/v1\ncontosoPassword={TOKEN}",
            &nearby(&["contoso"]),
        );
        check(
            "[registries.f]\nindex = \"sparse+https://pkgs.dev.azure.com/contoso/_packaging/f/Cargo/index/\"\ntoken = \"Basic {BASIC}\"",
            &contoso,
        );
    }

    #[test]
    fn applications_and_infrastructure() {
        let contoso = entry("contoso");
        let near = nearby(&["contoso"]);
        check(
            "{\n\"url\": \"https://dev.azure.com/contoso/${project}/_apis\",\n\"pat\": \"{TOKEN}\"\n}",
            &contoso,
        );
        check(
            "{\"Values\": {\n\"DevOpsToken\": \"{TOKEN}\",\n\"DevOpsUrl\": \"https://dev.azure.com/contoso\"\n}}",
            &contoso,
        );
        check(
            "provider \"azuredevops\" {\n  org_service_url = \"https://dev.azure.com/contoso\"\n  personal_access_token = \"{TOKEN}\"\n}",
            &contoso,
        );
        check(
            "org_service_url = \"https://dev.azure.com/contoso\"\npersonal_access_token = \"{TOKEN}\"",
            &near,
        );
        check(
            "./config.sh --unattended --url https://dev.azure.com/contoso --auth pat --token {TOKEN}",
            &contoso,
        );
        check(
            "docker run -e AZP_URL=https://dev.azure.com/contoso \\\n -e AZP_TOKEN={TOKEN} agent",
            &contoso,
        );
        check(
            "AZP_URL=https://dev.azure.com/contoso\nAZP_TOKEN={TOKEN}\n",
            &near,
        );
        check(
            "environment:\n  - AZP_URL=https://dev.azure.com/contoso\n  - AZP_TOKEN={TOKEN}\n",
            &contoso,
        );
        check(
            "kind: Secret\ndata:\n  personalAccessToken: {ENCODED}\n  organizationURL: aHR0cHM6Ly9kZXYuYXp1cmUuY29tL2NvbnRvc28=\n",
            &contoso,
        );
        check(
            "stringData:\n  personalAccessToken: {TOKEN}\n  organizationURL: https://dev.azure.com/contoso\n",
            &contoso,
        );
        check(
            "env:\n- name: AZP_URL\n  value: https://dev.azure.com/contoso\n- name: AZP_TOKEN\n  value: {TOKEN}\n",
            &near,
        );
        check(
            "steps:\n- script: |\n    git clone https://dev.azure.com/contoso/p/_git/r\n  env:\n    AZURE_DEVOPS_EXT_PAT: {TOKEN}\n",
            &contoso,
        );
        check(
            "AZURE_REPOS_ORG=contoso\nAZURE_REPOS_TOKEN={TOKEN}\n",
            &near,
        );
        check(
            "env:\n  AZURE_REPOS_ORG: contoso\n  AZURE_REPOS_TOKEN: {TOKEN}\n",
            &contoso,
        );
        check(
            "{\"servers\": {\"ado\": {\"args\": [\"-y\", \"@azure-devops/mcp\", \"contoso\"],\n\"env\": {\"PERSONAL_ACCESS_TOKEN\": \"{BASIC}\"}}}}",
            &contoso,
        );
        check(
            "{\"servers\": {\"ado\": {\n\"args\": [\n\"@azure-devops/mcp@1.2-beta\",\n\"contoso\"],\n\"env\": {\n\"PERSONAL_ACCESS_TOKEN\": \"{BASIC}\"}}}}",
            &contoso,
        );
    }

    #[test]
    fn scripts_and_requests() {
        let contoso = entry("contoso");
        let near = nearby(&["contoso"]);
        check(
            "$url = 'https://dev.azure.com/contoso'\n$MyPat = '{TOKEN}'\n",
            &near,
        );
        check(
            "curl -u :{TOKEN} https://dev.azure.com/contoso/_apis/projects",
            &contoso,
        );
        check(
            "new VssConnection(new Uri(\"https://dev.azure.com/contoso\"), new VssBasicCredential(\"\", \"{TOKEN}\"));",
            &contoso,
        );
        check(
            "{\"request\": {\"method\": \"GET\", \"url\": \"https://dev.azure.com/contoso/_apis\", \"headers\": [\n{\"name\": \"Authorization\", \"value\": \"Basic {BASIC}\"}\n]}}",
            &contoso,
        );
        check(
            "\"pat = '{TOKEN}'\\n\", \"see https:\\/\\/dev.azure.com\\/contoso\\n\"",
            &near,
        );
        check("vsce publish -p {TOKEN}", &nearby(&[]));
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
        let low = text.to_ascii_lowercase();
        match read(text.as_bytes(), span) {
            Reading::Entry(names) => prop_assert!(names.len() == 1 && low.contains(&names[0])),
            Reading::Elsewhere => (),
            Reading::Nearby(names) => {
                prop_assert!(names.len() <= MAX_NEARBY);
                prop_assert!(names.iter().all(|name| low.contains(name)));
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
