//! GitLab's report on secret detection, against its schema 15.0.7.

use std::sync::LazyLock;

use jsonschema::Validator;
use patsweep::model::{ProblemKind, Report, SourceKind, SuppressedBy, Suppression};
use patsweep::report::{Format, Secrets};
use serde_json::{Value, json};

use crate::history::{commit, in_git};
use crate::sample::{finding, full_report, place, problem, report, token, write, write_with};

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = include_str!("../../fixtures/schemas/gitlab-secret-detection-15.0.7.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
});

fn errors(report: &Value) -> Vec<String> {
    SCHEMA
        .iter_errors(report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// The report for GitLab, which must be valid.
fn gitlab(report: &Report) -> Value {
    let written = serde_json::from_str(&write(report, Format::Gitlab)).unwrap();
    assert_eq!(errors(&written), Vec::<String>::new());
    written
}

#[test]
fn everything() {
    let expected =
        include_str!("golden/full.gitlab.json").replace("{VERSION}", env!("CARGO_PKG_VERSION"));
    assert_eq!(write(&full_report(), Format::Gitlab), expected);
}

#[test]
fn reports_are_valid() {
    gitlab(&full_report());
    assert_eq!(gitlab(&report(Vec::new()))["vulnerabilities"], json!([]));
    let mut long = report(vec![finding('A', vec![place(&"x/".repeat(4000), 1)])]);
    long.problems = vec![problem("", ProblemKind::Corrupt, "")];
    gitlab(&long);
    gitlab(&report(vec![finding('A', Vec::new())]));
}

#[test]
fn the_schema_refuses_what_gitlab_would() {
    let mut written = gitlab(&full_report());
    written["scan"]["start_time"] = json!("2026-11-22T10:00:00Z");
    let location = &mut written["vulnerabilities"][0]["location"];
    location.as_object_mut().unwrap().remove("commit").unwrap();
    assert_eq!(errors(&written).len(), 2, "{:?}", errors(&written));
}

#[test]
fn the_commit_is_the_one_that_brought_it_or_zeros() {
    let message = in_git(SourceKind::GitMessage, "", Some(commit('1')));
    let known = json!({
        "sha": "1".repeat(40),
        "author": "Ada Lovelace <ada@contoso.example>",
        "date": "2026-11-22T11:00:00+01:00",
        "message": "add the \"feed\" 1",
    });
    let unknown = json!({"sha": "0".repeat(40)});
    for (place, expected) in [
        (message, json!({"commit": known})),
        (
            in_git(SourceKind::GitObject, "a", Some(commit('1'))),
            json!({"file": "a", "start_line": 3, "commit": known}),
        ),
        (
            place("a.zip!/b", 7),
            json!({"file": "a.zip", "start_line": 1, "commit": unknown}),
        ),
        (
            in_git(SourceKind::GitIndex, "a", None),
            json!({"file": "a", "start_line": 3, "commit": unknown}),
        ),
    ] {
        let written = gitlab(&report(vec![finding('A', vec![place])]));
        assert_eq!(written["vulnerabilities"][0]["location"], expected);
    }
}

#[test]
fn what_is_suppressed_is_left_out_and_counted() {
    let mut known = finding('A', vec![place("a", 1)]);
    known.suppressed = Some(Suppression {
        by: SuppressedBy::Baseline,
        reason: "revoked".to_owned(),
    });
    let written = gitlab(&report(vec![known]));
    assert_eq!(written["vulnerabilities"], json!([]));
    assert_eq!(
        written["scan"]["messages"],
        json!([{"level": "info", "value": "left out: 1 suppressed finding"}])
    );
}

#[test]
fn what_was_not_read_is_a_failure() {
    let status = |report: &Report| gitlab(report)["scan"]["status"].clone();
    assert_eq!(status(&report(Vec::new())), json!("success"));
    assert_eq!(status(&full_report()), json!("failure"));
    let mut interrupted = report(Vec::new());
    interrupted.interrupted = true;
    assert_eq!(status(&interrupted), json!("failure"));
}

#[test]
fn descriptions_are_no_markup_and_hold_no_token() {
    let evil = "a\n![x](https://y)\u{202e}<b>";
    let written = gitlab(&report(vec![finding('A', vec![place(evil, 1)])]));
    let found = &written["vulnerabilities"][0];
    assert_eq!(
        found["location"]["file"],
        json!(r"a\n![x](https://y)\u{202e}<b>")
    );
    assert_eq!(
        found["description"],
        json!(
            "Azure DevOps personal access token AAAA…zzzz (proven: its checksum is right, so this \
             is no look-alike; issued in November 2026), in 1 place; first of all \
             a&#92;n&#33;&#91;x&#93;(https&#58;//y)&#92;u&#123;202e&#125;&#60;b&#62;:1:5"
        )
    );
    let shown = write_with(&full_report(), Format::Gitlab, |options| {
        options.secrets = Secrets::Show;
    });
    assert!(!shown.contains(&token('A')), "{shown}");
}
