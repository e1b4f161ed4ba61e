//! The table of contexts: a file in each row, and what the program must say of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use patsweep::model::IssueMonth;
use patsweep::token::{c3id, mint};
use serde_json::{Value, json};

use super::encode::Form;
use super::{agents, applications, containers, git, packages, scripts, texts};

/// A file with tokens in it.
pub(crate) struct Row {
    /// What it shows; its folder in the tree.
    pub(crate) what: &'static str,
    /// Its name, as the tool that writes it calls it.
    pub(crate) path: &'static str,
    /// Its text. What stands in `⟦…⟧` is an encoded run or a plain token: encodings, outermost
    /// first, a `|`, and what they hold, with the tokens as `①`, `②` and `③`; all of it in UTF-16
    /// if the first line says so. In an encoded run, another may stand as `⟨…⟩`.
    pub(crate) text: &'static str,
    /// What its tokens' organisations are.
    pub(crate) named: &'static [Named],
}

/// The organisations of a token.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    /// Its own URL, entry or section names it.
    Entry(&'static str),
    /// These stand nearby, in the order of the alphabet.
    Nearby(&'static [&'static str]),
    /// None.
    Nobody,
}

const TOKENS: [char; 3] = ['①', '②', '③'];

/// The rule, the month of issue, and how a token of that kind is minted.
type Kind = (&'static str, Option<&'static str>, fn(u64) -> String);

const KINDS: [Kind; 3] = [
    ("azure-devops-pat", Some("2025-03"), |seed| {
        let month = IssueMonth {
            year: 2025,
            month: 3,
        };
        mint::pat_issued(seed, month)
    }),
    ("azure-devops-pat-legacy", None, mint::legacy_pat),
    ("azure-devops-app-secret", None, mint::app_secret),
];

#[test]
fn every_context_is_found_and_read() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut expected = BTreeMap::new();
    let rows = rows();
    for (number, row) in rows.iter().enumerate() {
        for (index, kind) in KINDS.iter().enumerate() {
            let path = format!("{}/{}/{}", row.what, kind.0, row.path);
            let seed = ((number * KINDS.len() + index) * TOKENS.len()) as u64;
            let (bytes, findings) = render(row, *kind, &path, seed);
            write(&root.path().join(&path), &bytes);
            for (id, finding) in findings {
                assert!(
                    expected.insert(id, finding).is_none(),
                    "{path}: minted twice"
                );
            }
        }
    }
    let report = scan(root.path());
    assert_eq!(report["problems"], json!([]));
    assert_eq!(report["coverage"]["complete"], json!(true));
    assert_eq!(report["summary"]["files"], json!(rows.len() * KINDS.len()));
    let all = report["findings"].as_array().expect("findings");
    let mut found: BTreeMap<_, _> = all
        .iter()
        .map(|f| (f["id"].clone().to_string(), f))
        .collect();
    let mut wrong = Vec::new();
    for (id, finding) in &expected {
        match found.remove(id) {
            Some(found) if found == finding => {}
            found => wrong.push(format!("expected {finding:#}\nfound {found:#?}")),
        }
    }
    wrong.extend(
        found
            .values()
            .map(|finding| format!("not expected {finding:#}")),
    );
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong:\n{}",
        wrong.len(),
        expected.len(),
        wrong.join("\n")
    );
}

fn rows() -> Vec<&'static Row> {
    let tables = [
        git::ROWS,
        packages::ROWS,
        applications::ROWS,
        agents::ROWS,
        containers::ROWS,
        scripts::ROWS,
        texts::ROWS,
    ];
    tables.into_iter().flatten().collect()
}

/// The bytes of a row's file with tokens minted from `seed` on, and the findings by id.
fn render(row: &Row, kind: Kind, path: &str, seed: u64) -> (Vec<u8>, Vec<(String, Value)>) {
    let (rule, issued, mint) = kind;
    let tokens: Vec<String> = (0..)
        .map(|i| mint(seed + i))
        .take(row.named.len())
        .collect();
    let (form, template) = match row.text.strip_prefix("UTF-16LE\n") {
        Some(template) => (Some(Form::Utf16Le), template),
        None => (None, row.text),
    };
    let file_names = form.map_or(&[][..], Form::names);
    let mut out = String::new();
    let mut occurrences = vec![Vec::new(); tokens.len()];
    let mut pieces = template.split('⟦');
    out.push_str(pieces.next().expect("a text"));
    for piece in pieces {
        let (mark, rest) = piece.split_once('⟧').expect("a mark ends");
        let (run, marked) = encode(mark, &tokens);
        for (token, names) in marked {
            let names = [file_names, &names].concat();
            occurrences[token].push(occurrence(path, &out, &names));
        }
        out.push_str(&run);
        out.push_str(rest);
    }
    let findings = tokens.iter().zip(occurrences).zip(row.named);
    let findings = findings.map(|((token, occurrences), named)| {
        assert!(!occurrences.is_empty(), "{path}: a token stands nowhere");
        let (names, from): (&[&str], _) = match named {
            Named::Entry(name) => (std::slice::from_ref(name), "entry"),
            Named::Nearby(names) => (names, "nearby"),
            Named::Nobody => (&[], ""),
        };
        let evidence = names.iter().map(|name| json!({"name": name, "from": from}));
        let id = json!(c3id(token.as_bytes()).to_string());
        let finding = json!({
            "id": id,
            "rule": rule,
            "proof": "checksum",
            "issued": issued,
            "expires": null,
            "redacted": format!("{}…{}", &token[..4], &token[token.len() - 4..]),
            "secret": null,
            "validity": "unknown",
            "validity_reason": "not_attempted",
            "verification": null,
            "organizations": names,
            "organization_evidence": evidence.collect::<Vec<_>>(),
            "exposure": null,
            "suppressed": null,
            "occurrence_count": occurrences.len(),
            "occurrences": occurrences,
        });
        (id.to_string(), finding)
    });
    let bytes = match form {
        Some(form) => form.encode(format!("\u{feff}{out}").as_bytes()),
        None => out.clone().into_bytes(),
    };
    (bytes, findings.collect())
}

/// What stands in a mark, and its tokens with the encodings around them.
fn encode(mark: &str, tokens: &[String]) -> (String, Vec<(usize, Vec<&'static str>)>) {
    let (chain, content) = mark.split_once('|').unwrap_or(("", mark));
    let forms: Vec<Form> = chain.split_whitespace().map(named_form).collect();
    let names: Vec<_> = forms
        .iter()
        .flat_map(|form| form.names())
        .copied()
        .collect();
    let (mut content, mut marked) = (content.to_owned(), Vec::new());
    if let Some((before, rest)) = content.split_once('⟨') {
        let (inner, after) = rest.split_once('⟩').expect("a mark ends");
        let (inner, tokens) = encode(inner, tokens);
        marked.extend(
            tokens
                .into_iter()
                .map(|(token, inner)| (token, [&names[..], &inner].concat())),
        );
        content = [before, &inner, after].concat();
    }
    for (index, token) in tokens.iter().enumerate() {
        if content.contains(TOKENS[index]) {
            marked.push((index, names.clone()));
            content = content.replace(TOKENS[index], token);
        }
    }
    let bytes = forms
        .iter()
        .rfold(content.into_bytes(), |run, form| form.encode(&run));
    (String::from_utf8(bytes).expect("text"), marked)
}

/// An occurrence that starts behind `before`.
fn occurrence(path: &str, before: &str, encodings: &[&str]) -> Value {
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    json!({
        "source": "file",
        "path": path,
        "path_base64": null,
        "line": before.matches('\n').count() + 1,
        "column": before.len() - line_start + 1,
        "offset": before.len(),
        "encodings": encodings,
        "repository": null,
        "object": null,
        "commit": null,
        "reachable": null,
    })
}

fn named_form(name: &str) -> Form {
    match name {
        "base64" => Form::Base64,
        "base64url" => Form::UrlUnpadded,
        "unpadded" => Form::Unpadded,
        "wrapped" => Form::Wrapped(76, "\n    "),
        "escaped-wraps" => Form::Wrapped(60, "\\n"),
        "hex" => Form::HexLower,
        "utf-16le" => Form::Utf16Le,
        "soft-breaks" => Form::QuotedPrintable(30),
        "gzip" => Form::GzipInBase64,
        _ => panic!("{name} is no encoding"),
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fn scan(tree: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_patsweep"))
        .args(["scan", ".", "-f", "json"])
        .current_dir(tree)
        .env("HOME", tree.join("no-home"))
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
