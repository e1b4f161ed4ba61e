//! No token leaves, in any form, in any field, in any format, at any verbosity.

use std::sync::Arc;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use patsweep::model::{
    BytePath, Commit, Excerpt, Exposure, Finding, FindingId, ProblemKind, Report, Secret,
    SourceKind, SuppressedBy, Suppression,
};
use patsweep::report::{Color, Format, Home, Leaks, Options, Redactor, Secrets, Slash, Verbosity};
use patsweep::rules::{Rule, Severity};

use crate::history::{self, in_git};
use crate::sample::{self, NOW, finding, place, problem, report, write_with};

/// 84 letters and digits that do not repeat, and without a meaning.
fn random_token(seed: u64) -> String {
    let alphabet: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        alphabet[(state >> 33) as usize % alphabet.len()]
    };
    (0..84).map(|_| next()).collect()
}

fn token() -> String {
    random_token(1)
}

fn with_token() -> Finding {
    Finding {
        secret: Secret::new(token().as_bytes()),
        ..finding('A', vec![place("f", 1)])
    }
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// The forms of a text: what a scanned file may hold instead of it.
fn forms(text: &str) -> Vec<(String, String)> {
    let layers = [
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-16LE", utf16(text, u16::to_le_bytes)),
        ("UTF-16BE", utf16(text, u16::to_be_bytes)),
    ];
    let mut forms = Vec::new();
    for (name, layer) in layers {
        let mut form = |form: &str, text: String| forms.push((format!("{form} of {name}"), text));
        form("plain", String::from_utf8(layer.clone()).unwrap());
        form("hex", HEXLOWER.encode(&layer));
        form("HEX", HEXUPPER.encode(&layer));
        // Bytes that are not letters make the `+` and `/` that URL-safe base64 writes otherwise.
        for before in 0..3 {
            let padded: Vec<u8> = [&vec![0xff; before], &*layer, &[0xfb, 0xff]].concat();
            form("base64", BASE64.encode(&padded));
            form("URL-safe", BASE64URL_NOPAD.encode(&padded));
            for outer in 0..3 {
                let twice = [&vec![b'='; outer], BASE64.encode(&padded).as_bytes()].concat();
                form("base64 of base64", BASE64_NOPAD.encode(&twice));
            }
        }
    }
    forms
}

/// The part of each form that the text alone determines: what must not be seen.
fn needles(text: &str) -> Vec<String> {
    let determined = |(name, form): (String, String)| {
        let margin = if name.starts_with("base64 of base64") {
            12
        } else {
            6
        };
        let is_base64 = name.starts_with("base64") || name.starts_with("URL-safe");
        let form = form.trim_end_matches('=');
        if is_base64 {
            form[margin..form.len() - margin].to_owned()
        } else {
            form.to_owned()
        }
    };
    forms(text).into_iter().map(determined).collect()
}

/// What `written` shows of the token: nothing, one hopes.
fn leaks(written: &str) -> Vec<String> {
    // What escapes NUL would hide UTF-16 from this test too.
    let shown = written.replace("\\u{{0}}", "\0");
    let shown = shown
        .replace("&#92;u&#123;0&#125;", "\0")
        .replace("&#43;", "+");
    let shown = shown.replace("&#95;", "_");
    let shown = shown.replace("\\\\u{0}", "\0").replace("\\u{0}", "\0");
    let shown = shown.replace("\\u0000", "\0").replace("%00", "\0");
    let shown = shown.replace("%2B", "+").replace("%3D", "=");
    needles(&token())
        .into_iter()
        .filter(|needle| shown.contains(needle))
        .collect()
}

/// One report for every field that takes text from outside, with `text` in it.
fn fields(text: &str) -> Vec<(&'static str, Report)> {
    let base = || report(vec![with_token()]);
    let mut fields = vec![
        ("path", base()),
        ("member", base()),
        ("other place", base()),
    ];
    fields[0].1.findings[0].occurrences[0].origin.path = BytePath::from(text);
    let member = BytePath(format!("a.zip!/x/{text}/y").into_bytes());
    fields[1].1.findings[0].occurrences[0].origin.path = member;
    fields[2].1.findings[0].occurrences.push(place(text, 9));
    fields[2].1.findings[0].occurrence_count = 2;

    let mut bytes = base();
    let path = [b"\xff.", text.as_bytes()].concat();
    bytes.findings[0].occurrences[0].origin.path = BytePath(path);
    fields.push(("path that is not UTF-8", bytes));

    let mut excerpt = base();
    let line = format!("left {text} right");
    let span = (2, line.chars().count());
    excerpt.findings[0].occurrences[0].excerpt = Some(Excerpt { text: line, span });
    fields.push(("excerpt", excerpt));

    let mut organization = base();
    organization.findings[0].organizations =
        vec![crate::sample::clue(text, patsweep::model::Evidence::Entry)];
    fields.push(("organization", organization));

    let mut reason = base();
    reason.findings[0].suppressed = Some(Suppression {
        by: SuppressedBy::Allowlist,
        reason: text.to_owned(),
    });
    fields.push(("reason", reason));

    let mut problems = base();
    problems.problems = vec![problem(text, ProblemKind::Corrupt, "x")];
    fields.push(("path of a problem", problems));

    let mut message = base();
    message.problems = vec![problem(
        "x",
        ProblemKind::Corrupt,
        &format!("no such {text}."),
    )];
    fields.push(("message of a problem", message));

    let mut target = base();
    target.targets[0].path = BytePath::from(text);
    fields.push(("target", target));
    fields.extend(fields_of_git(text));
    fields
}

/// The same for what git tells.
fn fields_of_git(text: &str) -> Vec<(&'static str, Report)> {
    type Plant = fn(&mut Commit, String);
    let plants: [(&'static str, Plant); 3] = [
        ("author", |commit, text| commit.author = text),
        ("email", |commit, text| commit.email = text),
        ("summary", |commit, text| commit.summary = text),
    ];
    let in_commit = |commit| {
        let mut found = with_token();
        found.occurrences = vec![in_git(SourceKind::GitObject, "f", Some(commit))];
        report(vec![found])
    };
    let exposed = |exposure| {
        let mut exposed = in_commit(history::commit('1'));
        exposed.findings[0].exposure = Some(exposure);
        exposed
    };
    let never = Exposure {
        first: None,
        present_at: Vec::new(),
        removed_by: None,
        is_partial: false,
    };
    let mut fields = Vec::new();
    for (field, plant) in plants {
        let mut commit = history::commit('2');
        plant(&mut commit, text.to_owned());
        fields.push((field, in_commit(commit.clone())));
        let commit = Some(Arc::new(commit));
        let (mut first, mut removed_by) = (never.clone(), never.clone());
        first.first.clone_from(&commit);
        removed_by.removed_by = commit;
        fields.push((field, exposed(first)));
        fields.push((field, exposed(removed_by)));
    }
    let mut present_at = never;
    present_at.present_at = vec!["HEAD".to_owned(), format!("refs/heads/{text}")];
    fields.push(("reference", exposed(present_at)));

    let mut elsewhere = in_commit(history::commit('1'));
    let git = elsewhere.findings[0].occurrences[0].origin.git.as_mut();
    git.unwrap().repository = Arc::new(BytePath(format!("clones/{text}/x").into_bytes()));
    fields.push(("repository", elsewhere));
    fields
}

const FORMATS: [Format; 10] = [
    Format::Text,
    Format::Json,
    Format::Jsonl,
    Format::Sarif,
    Format::Gitlab,
    Format::AzurePipelines,
    Format::Github,
    Format::Markdown,
    Format::Csv,
    Format::Junit,
];

#[test]
fn nothing_leaves() {
    for (form, text) in forms(&token()) {
        for (field, report) in fields(&text) {
            // Only text and markdown know verbosities.
            let terse = FORMATS.map(|format| (format, Verbosity::Normal));
            let verbose = [Format::Text, Format::Markdown].map(|it| (it, Verbosity::Verbose));
            for (format, verbosity) in terse.into_iter().chain(verbose) {
                let written = write_with(&report, format, |options| options.verbosity = verbosity);
                let leaks = leaks(&written);
                assert!(
                    leaks.is_empty(),
                    "{form} in {field}, {format:?}:\n{written}"
                );
            }
        }
    }
}

#[test]
fn a_rule_does_not_tell_either() {
    let rule = Rule {
        title: token(),
        description: token(),
        help: format!("for example `{}`", token()),
        ..sample::rule("acme", "", Severity::Low)
    };
    let options = Options {
        rules: &[&rule],
        color: Color::Plain,
        secrets: Secrets::Redact,
        verbosity: Verbosity::Verbose,
        now: NOW,
        home: Home::Services,
        leaks: Leaks::Fail,
    };
    let mut report = report(vec![with_token()]);
    report.findings[0].rule = "acme".into();
    for format in FORMATS {
        let mut written = Vec::new();
        patsweep::report::write(&report, format, &options, &mut written).unwrap();
        assert!(
            leaks(&String::from_utf8(written).unwrap()).is_empty(),
            "{format:?}"
        );
    }
}

#[test]
fn the_test_above_can_fail() {
    let show = |options: &mut Options<'_>| options.secrets = Secrets::Show;
    for (form, text) in forms(&token()) {
        let (field, report) = fields(&text).remove(0);
        for format in FORMATS {
            let written = write_with(&report, format, show);
            assert_ne!(
                leaks(&written),
                Vec::<String>::new(),
                "{form} in {field}, {format:?}"
            );
        }
    }
}

#[test]
fn every_field_of_git_is_written_somewhere() {
    for (field, report) in fields_of_git(&token()) {
        let written = write_with(&report, Format::Json, |options| {
            options.secrets = Secrets::Show;
        });
        // Once as the finding's own `secret`, once where it was planted.
        assert_eq!(written.matches(&token()).count(), 2, "{field}:\n{written}");
    }
}

#[test]
fn a_token_found_elsewhere_is_taken_out_too() {
    let other = Finding {
        id: FindingId::C3id("other".to_owned()),
        secret: Secret::new(random_token(2).as_bytes()),
        ..finding('B', vec![place(&token(), 1)])
    };
    for format in FORMATS {
        let written = write_with(&report(vec![other.clone(), with_token()]), format, |_| {});
        assert_eq!(leaks(&written), Vec::<String>::new());
    }
}

fn check(slash: Slash, text: &str, expected: &str) {
    let redactor = Redactor::new(&report(vec![with_token()]));
    assert_eq!(redactor.redact(text, slash), expected);
    assert_eq!(
        redactor.redact_bytes(text.as_bytes(), slash),
        expected.as_bytes()
    );
}

#[test]
fn neighbours_stay() {
    let token = token();
    let short = format!("{}…{}", &token[..4], &token[80..]);
    check(Slash::Belongs, "no token here", "no token here");
    check(
        Slash::Belongs,
        &format!("a={token};b"),
        &format!("a={short};b"),
    );
    check(
        Slash::Belongs,
        &format!("{token}{token}"),
        &format!("{short}{short}"),
    );
    check(
        Slash::Separates,
        &format!("a/{token}/b"),
        &format!("a/{short}/b"),
    );
    // Cut off, as by a limit on the length of a message.
    check(
        Slash::Belongs,
        &format!("a={} [cut]", &token[..50]),
        "a=… [cut]",
    );
    // With less than half of it left, nobody can guess the rest.
    let start = format!("a={} [cut]", &token[..41]);
    check(Slash::Belongs, &start, &start);
    // In other letters it is no token, but its owner could tell it all the same.
    check(Slash::Belongs, &token.to_uppercase(), &short);
}

#[test]
fn the_whole_encoded_run_goes() {
    let around = |text: &str| BASE64.encode(format!("user:{text}:more").as_bytes());
    let run = around(&token());
    check(Slash::Belongs, &format!("Basic {run}, x"), "Basic …, x");
    check(Slash::Belongs, &format!("ab/cd/{run}"), "…");
    check(Slash::Separates, &format!("ab/cd/{run}.txt"), "ab/cd/….txt");
    let hex = HEXLOWER.encode(around(&token()).as_bytes());
    check(
        Slash::Belongs,
        &format!("x {} y", HEXUPPER.encode(token().as_bytes())),
        "x … y",
    );
    // Layers beyond those that are known by heart are the detector's to report: here as a name.
    let mut named = report(vec![with_token()]);
    named.name_runs = vec![Secret::new(hex.as_bytes())];
    let redactor = Redactor::new(&named);
    assert_eq!(
        redactor.redact(&format!("a/{hex}.txt"), Slash::Separates),
        "a/….txt"
    );
    let start = format!("a/{}.txt", &hex[..60]);
    assert_eq!(redactor.redact(&start, Slash::Separates), start);
}

#[test]
fn short_secrets_are_taken_out_plain() {
    let mut short = report(vec![with_token()]);
    short.findings[0].secret = Secret::new(b"hunter2");
    let redactor = Redactor::new(&short);
    assert_eq!(redactor.redact("pw=hunter2!", Slash::Belongs), "pw=…!");
    assert_eq!(redactor.redact("pw=aHVudGVyMg==!", Slash::Belongs), "pw=…!");
    short.findings[0].secret = Secret::new(b"");
    assert_eq!(Redactor::new(&short).redact("pw=", Slash::Belongs), "pw=");
}

#[test]
fn the_caret_follows_the_text() {
    let redactor = Redactor::new(&report(vec![with_token()]));
    let check = |text: String, span, expected: (&str, (usize, usize))| {
        let redacted = redactor.redact_excerpt(&Excerpt { text, span });
        assert_eq!((&*redacted.text, redacted.span), expected);
    };
    let token = token();
    let short = format!("{}…{}", &token[..4], &token[80..]);
    check("é=AB…CD".to_owned(), (2, 7), ("é=AB…CD", (2, 7)));
    check(
        format!("é={token}"),
        (2, 86),
        (&format!("é={short}"), (2, 11)),
    );
    check(
        format!("{token}; é=AB…CD."),
        (88, 93),
        (&format!("{short}; é=AB…CD."), (13, 18)),
    );
    check(
        format!("AB…CD {token}"),
        (0, 5),
        (&format!("AB…CD {short}"), (0, 5)),
    );
    check(
        format!("{token} x"),
        (40, 50),
        (&format!("{short} x"), (8, 9)),
    );
}

#[test]
fn a_thousand_tokens_are_no_burden() {
    let findings = (0..1_000).map(|seed| Finding {
        secret: Secret::new(random_token(seed).as_bytes()),
        ..finding('A', vec![place("f", seed)])
    });
    let redactor = Redactor::new(&report(findings.collect()));
    for seed in 0..1_000 {
        let text = BASE64.encode(random_token(seed).as_bytes());
        assert_eq!(redactor.redact(&text, Slash::Belongs), "…");
    }
}
