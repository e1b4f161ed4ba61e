//! Names from scanned content steer nothing.

use std::sync::Arc;

use patsweep::model::{BytePath, Commit, Exposure, ProblemKind, Report, SourceKind};
use patsweep::report::{Format, Verbosity};
use serde_json::{Value, json};

use crate::history::{self, in_git};
use crate::sample::{finding, place, problem, report, write, write_with};
use crate::sarif::log;

/// A newline, ESC, a right-to-left override, quotes, a percent sign, markup of SARIF messages.
const NAME: &str = "a\n\u{1b}[2J\u{202e}\"'%41[x](y){0}\\ é";
/// The same for a terminal.
const ESCAPED: &str = r#"a\n\u{1b}[2J\u{202e}"'%41[x](y){0}\ é"#;

fn hostile_report() -> Report {
    let mut report = report(vec![finding(
        'A',
        vec![place(NAME, 1), place(&in_zip(), 2)],
    )]);
    report.problems = vec![problem(NAME, ProblemKind::Corrupt, NAME)];
    report.targets[0].path = BytePath::from(NAME);
    report
}

/// The same names in what git tells.
fn hostile_history() -> Report {
    let commit = || Commit {
        author: NAME.to_owned(),
        email: NAME.to_owned(),
        summary: NAME.to_owned(),
        ..history::commit('1')
    };
    let mut occurrence = in_git(SourceKind::GitObject, NAME, Some(commit()));
    let git = occurrence.origin.git.as_mut().unwrap();
    git.repository = Arc::new(BytePath::from(NAME));
    let mut hostile = finding('A', vec![occurrence.clone(), occurrence]);
    hostile.exposure = Some(Exposure {
        first: Some(Arc::new(history::commit('2'))),
        present_at: vec![NAME.to_owned()],
        removed_by: Some(Arc::new(commit())),
        is_partial: false,
    });
    report(vec![hostile])
}

#[test]
fn what_commits_say_is_written_out() {
    let written = write(&hostile_history(), Format::Text);
    assert_tame(&written);
    let commit = format!("commit 111111111111  2026-11-22  {ESCAPED} <{ESCAPED}>  \"{ESCAPED}\"");
    let place = format!("in {commit}  blob bbbbbbbbbbbb  repository {ESCAPED}");
    for line in [
        format!(" --> {ESCAPED}:3:5\n     {place}\n"),
        format!("      {ESCAPED}:3:5\n        {place}\n"),
        format!("  = present in: {ESCAPED}\n"),
        format!("  = removed by: {commit}\n"),
    ] {
        assert!(written.contains(&line), "{line}{written}");
    }

    let written = write(&hostile_history(), Format::Json);
    assert_tame(&written);
    assert_tame(&write(&hostile_history(), Format::Jsonl));
    let document: Value = serde_json::from_str(&written).unwrap();
    let finding = &document["findings"][0];
    let commit = json!({
        "id": "1".repeat(40), "author": NAME, "email": NAME,
        "date": "2026-11-22T11:00:00+01:00", "summary": NAME,
    });
    assert_eq!(finding["occurrences"][0]["repository"], json!(NAME));
    assert_eq!(finding["occurrences"][0]["commit"], commit);
    assert_eq!(finding["exposure"]["removed_by"], commit);
    assert_eq!(finding["exposure"]["present_at"], json!([NAME]));

    assert_tame(&write(&hostile_history(), Format::Sarif));
    let log = log(&hostile_history());
    let result = &log["runs"][0]["results"][0];
    let message = r#"a\n\u{{1b}}\[2J\u{{202e}}"'%41\[x\](y){{0}}\ é"#;
    assert_eq!(
        result["locations"][0]["message"]["text"],
        json!(format!(
            "in commit 111111111111  2026-11-22  {message} <{message}>  \"{message}\"  \
             blob bbbbbbbbbbbb  repository {message}"
        ))
    );
    assert_eq!(
        result["properties"]["exposure"]["present_at"],
        json!([NAME])
    );
}

fn in_zip() -> String {
    format!("z.zip!/{NAME}")
}

/// Every character that is written raw can be shown.
fn assert_tame(written: &str) {
    let wild = |c: &char| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c);
    assert_eq!(written.chars().find(wild), None, "{written:?}");
}

#[test]
fn text_writes_names_out() {
    let written = write_with(&hostile_report(), Format::Text, |options| {
        options.verbosity = Verbosity::Verbose;
    });
    assert_tame(&written);
    assert!(
        written.contains(&format!(" --> {ESCAPED}:1:5\n")),
        "{written}"
    );
    assert!(
        written.contains(&format!("      z.zip!/{ESCAPED}:2:5\n")),
        "{written}"
    );
    assert!(
        written.contains(&format!("\nproblem[corrupt]: {ESCAPED}: {ESCAPED}\n")),
        "{written}"
    );
    let mut nothing = hostile_report();
    nothing.findings.clear();
    nothing.summary.files = 0;
    let written = write(&nothing, Format::Text);
    assert_tame(&written);
    assert!(
        written.contains(&format!("no file to read in {ESCAPED} · ")),
        "{written}"
    );
}

#[test]
fn json_keeps_names_and_shows_nothing_raw() {
    let written = write(&hostile_report(), Format::Json);
    assert_tame(&written);
    let document: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(document["targets"][0]["path"], json!(NAME));
    assert_eq!(
        document["findings"][0]["occurrences"][0]["path"],
        json!(NAME)
    );
    assert_eq!(
        document["findings"][0]["occurrences"][1]["path"],
        json!(in_zip())
    );
    assert_eq!(
        document["problems"][0],
        json!({"kind": "corrupt", "where": NAME, "message": NAME, "accepted": false})
    );
    let stream = write(&hostile_report(), Format::Jsonl);
    assert_tame(&stream);
    assert_eq!(stream.lines().count(), 3);
}

#[test]
fn sarif_encodes_paths_and_makes_no_links() {
    assert_tame(&write(&hostile_report(), Format::Sarif));
    let log = log(&hostile_report());
    let run = &log["runs"][0];
    let locations = &run["results"][0]["locations"];
    assert_eq!(
        locations[0]["physicalLocation"]["artifactLocation"],
        json!({
            "uri": "a%0A%1B%5B2J%E2%80%AE%22%27%2541%5Bx%5D%28y%29%7B0%7D%5C%20%C3%A9",
            "uriBaseId": "%SRCROOT%",
        })
    );
    let message = r#"a\n\u{{1b}}\[2J\u{{202e}}"'%41\[x\](y){{0}}\ é"#;
    assert_eq!(
        locations[1],
        json!({
            "physicalLocation": {
                "artifactLocation": {"uri": "z.zip", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 1},
            },
            "logicalLocations": [
                {"fullyQualifiedName": format!("z.zip!/{ESCAPED}"), "kind": "resource"},
            ],
            "message": {"text": format!("in z.zip!/{message}, line 2, byte 5 of it")},
        })
    );
    let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(notification["message"]["text"], json!(message));
}

#[test]
fn a_path_that_is_not_utf8_keeps_its_bytes() {
    let mut report = report(vec![finding('A', vec![place("x", 1)])]);
    report.findings[0].occurrences[0].origin.path = BytePath(b"caf\xe9/\xff".to_vec());
    let document: Value = serde_json::from_str(&write(&report, Format::Json)).unwrap();
    let occurrence = &document["findings"][0]["occurrences"][0];
    assert_eq!(occurrence["path"], json!("caf\u{fffd}/\u{fffd}"));
    assert_eq!(occurrence["path_base64"], json!("Y2Fm6S//"));
    assert_eq!(
        log(&report)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
            ["uri"],
        json!("caf%E9/%FF")
    );
    assert!(write(&report, Format::Text).contains(" --> caf\u{fffd}/\u{fffd}:1:5\n"));
}
