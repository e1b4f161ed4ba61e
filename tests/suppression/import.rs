//! What other scanners know, taken over.

use data_encoding::HEXLOWER;
use patsweep::token::mint;
use serde_json::json;
use sha1::{Digest, Sha1};

use crate::program::World;
use crate::{commit, git, id, repository};

const FILE: &str = ".patsweep-baseline.json";

/// A folder with three tokens, two of them on one line.
struct Three {
    world: World,
    tokens: [String; 3],
}

impl Three {
    fn new() -> Self {
        let tokens = [1, 2, 3].map(mint::pat);
        let [a, b, c] = &tokens;
        let world = World::with("conf/a.env", format!("\nPAT={a}\n"));
        world.write("both.txt", format!("{b} {c}\n"));
        Self { world, tokens }
    }

    /// Imports `text`; what is said of tokens is their place and how they were matched.
    #[track_caller]
    fn check(&self, peer: &str, text: &str, code: i32, expected: &[&str]) {
        // Outside of what is scanned: it may hold secrets, and is not asked about.
        let path = self.world.home().join("theirs");
        std::fs::write(&path, text).expect("a file");
        let _ = std::fs::remove_file(self.world.tree().join(FILE));
        let said = self.world.run(&format!("import {peer} {}", path.display()));
        let mut lines: Vec<String> = said.stdout.lines().map(str::to_owned).collect();
        for line in &mut lines {
            for (token, letter) in self.tokens.iter().zip(["A", "B", "C"]) {
                *line = line.replace(&id(token), letter);
            }
            *line = line.replace(&path.display().to_string(), "theirs");
        }
        assert_eq!(
            (said.code, &lines[..]),
            (
                code,
                &expected
                    .iter()
                    .map(|it| (*it).to_owned())
                    .collect::<Vec<_>>()[..]
            ),
            "{}",
            said.stderr
        );
        for token in &self.tokens {
            assert!(!said.stdout.contains(&**token) && !said.stderr.contains(&**token));
        }
    }
}

fn gitleaks(secret: &str, file: &str, line: u64, commit: &str) -> serde_json::Value {
    json!({
        "RuleID": "generic-api-key", "Description": "", "StartLine": line, "EndLine": line,
        "StartColumn": 1, "EndColumn": 90, "Match": format!("PAT={secret}"), "Secret": secret,
        "File": file, "SymlinkFile": "", "Commit": commit, "Entropy": 4.5, "Author": "",
        "Email": "", "Date": "", "Message": "", "Tags": [],
        "Fingerprint": format!("{file}:generic-api-key:{line}"),
    })
}

#[test]
fn gitleaks_by_value_by_place_and_not_at_all() {
    let three = Three::new();
    let [a, b, _] = &three.tokens;
    let gone = mint::pat(8);
    let report = json!([
        gitleaks(b, "elsewhere.txt", 9, ""),
        gitleaks("REDACTED", "conf/a.env", 2, ""),
        gitleaks("REDACTED", "both.txt", 1, ""),
        gitleaks("REDACTED", "conf/a.env", 1, ""),
        gitleaks(&gone, "conf/a.env", 2, ""),
    ]);
    three.check(
        "gitleaks",
        &report.to_string(),
        1,
        &[
            "added    B  azure-devops-pat  both.txt:1  by value",
            "added    A  azure-devops-pat  conf/a.env:2  by place",
            "2 added, 0 already there: .patsweep-baseline.json",
            "not matched: both.txt:1: it does not tell the value, and several tokens stand at its place",
            "not matched: conf/a.env:1: it does not tell the value, and no token is found at its place",
            "not matched: conf/a.env:2: no token that is found here has this value",
            "2 of 5 entries of theirs matched",
        ],
    );
    assert!(
        three
            .world
            .read(FILE)
            .contains("\"reason\":\"imported from gitleaks\"")
    );
    // A part of the secret must fit.
    let starts =
        |start: &str| json!([gitleaks(&format!("{start}..."), "conf/a.env", 2, "")]).to_string();
    let added = "added    A  azure-devops-pat  conf/a.env:2  by place";
    let total = "1 added, 0 already there: .patsweep-baseline.json";
    three.check(
        "gitleaks",
        &starts(&a[..20]),
        0,
        &[added, total, "1 of 1 entries of theirs matched"],
    );
    three.check(
        "gitleaks",
        &starts("AKIA"),
        1,
        &[
            "0 added, 0 already there: .patsweep-baseline.json",
            "not matched: conf/a.env:2: it does not tell the value, and no token is found at its place",
            "0 of 1 entries of theirs matched",
        ],
    );
}

#[test]
fn gitleaks_in_history() {
    let three = Three::new();
    repository(&three.world);
    let first = git(&three.world, &["rev-parse", "HEAD"]).stdout;
    let first = first.trim();
    three.world.write("conf/a.env", "taken out\n");
    commit(&three.world, "take out");
    let second = git(&three.world, &["rev-parse", "HEAD"]).stdout;
    let text = format!(
        "{first}:conf/a.env:generic-api-key:2\n{}:conf/a.env:r:2\n",
        second.trim()
    );
    let place = format!("conf/a.env:2 in commit {}", &first[..12]);
    let open = format!(
        "not matched: conf/a.env:2 in commit {}: it does not tell the value, and no token is found \
         at its place",
        &second[..12]
    );
    three.check(
        "gitleaks",
        &text,
        1,
        &[
            &format!("added    A  azure-devops-pat  {place}  by place"),
            "1 added, 0 already there: .patsweep-baseline.json",
            &open,
            "1 of 2 entries of theirs matched",
        ],
    );
}

#[test]
fn detect_secrets_by_hash() {
    let three = Three::new();
    let sha1 = |text: &str| HEXLOWER.encode(&Sha1::digest(text.as_bytes()));
    let secret = |text: &str, line: u64| {
        json!({
            "type": "Base64 High Entropy String", "filename": "both.txt",
            "hashed_secret": sha1(text), "is_verified": false, "line_number": line,
        })
    };
    let report = json!({
        "version": "1.5.0", "plugins_used": [], "filters_used": [],
        "results": {"both.txt": [secret(&three.tokens[1], 1), secret("hunter2", 7)]},
        "generated_at": "2026-11-22T00:00:00Z",
    });
    three.check(
        "detect-secrets",
        &report.to_string(),
        1,
        &[
            "added    B  azure-devops-pat  both.txt:1  by value",
            "1 added, 0 already there: .patsweep-baseline.json",
            "not matched: both.txt:7: no token that is found here has this value",
            "1 of 2 entries of theirs matched",
        ],
    );
}

#[test]
fn kingfisher_by_value_and_its_baseline_by_place() {
    let three = Three::new();
    let absolute = three
        .world
        .tree()
        .canonicalize()
        .unwrap()
        .join("conf/a.env");
    let finding = |snippet: &str, path: &str| {
        json!({
            "rule": {"name": "Azure DevOps PAT", "id": "kingfisher.azure.devops"},
            "finding": {"snippet": snippet, "fingerprint": "1", "confidence": "medium",
                "entropy": "4.55", "validation": {"status": "Not Attempted", "response": ""},
                "language": "Unknown", "line": 2, "column_start": 4, "column_end": 88, "path": path},
        })
    };
    let value = "added    C  azure-devops-pat  both.txt:1  by value";
    let place = "added    A  azure-devops-pat  conf/a.env:2  by place";
    let added = "2 added, 0 already there: .patsweep-baseline.json";
    let all = "2 of 2 entries of theirs matched";
    let path = absolute.to_str().unwrap();
    let records = [
        finding(&three.tokens[2], "x"),
        finding("[REDACTED:01ab]", path),
    ];
    let report = json!({ "findings": records }).to_string();
    three.check("kingfisher", &report, 0, &[value, place, added, all]);
    let lines = records.map(|record| record.to_string()).join("\n");
    three.check("kingfisher", &lines, 0, &[value, place, added, all]);
    let root = three.world.tree();
    let root = root.file_name().unwrap().to_str().unwrap();
    let baseline = format!(
        "ExactFindings:\n  matches:\n  - filepath: {root}/conf/a.env\n    \
         fingerprint: '389162583612032034'\n    linenum: 2\n    \
         lastupdated: Mon, 14 Jul 2025 10:17:56 -0700\n"
    );
    let added = "1 added, 0 already there: .patsweep-baseline.json";
    let all = "1 of 1 entries of theirs matched";
    three.check("kingfisher", &baseline, 0, &[place, added, all]);
}

#[test]
fn trufflehog_by_value() {
    let three = Three::new();
    let line = |raw: &str| {
        json!({
            "SourceMetadata": {"Data": {"Filesystem": {"file": "conf/a.env", "line": 2}}},
            "SourceID": 1, "SourceType": 15, "SourceName": "trufflehog - filesystem",
            "DetectorType": 14, "DetectorName": "AzureDevopsPersonalAccessToken",
            "DecoderName": "PLAIN", "Verified": false, "Raw": raw,
            "RawV2": format!("{raw}contoso"), "Redacted": "", "ExtraData": null,
        })
        .to_string()
    };
    let log = r#"{"level":"info-0","ts":"2026","logger":"trufflehog","msg":"finished scanning"}"#;
    let text = format!(
        "{}\n{log}\n{}\n",
        line(&three.tokens[0]),
        line(&three.tokens[0])
    );
    three.check(
        "trufflehog",
        &text,
        0,
        &[
            "added    A  azure-devops-pat  conf/a.env:2  by value",
            "1 added, 0 already there: .patsweep-baseline.json",
            "2 of 2 entries of theirs matched",
        ],
    );
}

#[test]
fn a_file_of_something_else_is_refused_with_its_place() {
    let world = World::with("a.env", "x");
    let token = mint::pat(4);
    for (peer, text, expected) in [
        (
            "gitleaks",
            format!("[{{\"StartLine\": \"{token}\"}}]"),
            "1:101",
        ),
        ("detect-secrets", "[]".to_owned(), "1:2"),
        ("kingfisher", format!("token: {token}"), "1:0"),
        ("trufflehog", format!("{token}\n"), "1:1"),
    ] {
        world.write("theirs", text);
        let said = world.run(&format!("import {peer} theirs"));
        assert_eq!((said.code, said.stdout.as_str()), (2, ""));
        let start = format!("error: theirs:{expected}: ");
        assert!(said.stderr.starts_with(&start), "{}", said.stderr);
        assert!(!said.stderr.contains(&token));
        assert!(!world.tree().join(FILE).exists());
    }
    assert_eq!(world.run("import gitleaks gone").code, 2);
}
