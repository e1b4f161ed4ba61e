//! SARIF, against the official schema.

use std::sync::LazyLock;

use jsonschema::Validator;
use patsweep::model::{FindingId, Report, SourceKind};
use patsweep::report::{Format, Secrets};
use serde_json::{Value, json};

use crate::history::{commit, in_git};
use crate::sample::{finding, full_report, place, report, token, write, write_with};

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = include_str!("../../fixtures/schemas/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    // Its pattern for languages has a bracket too many. JavaScript lets that pass, Rust does not;
    // a log of ours names no language.
    for holder in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][holder]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    jsonschema::validator_for(&schema).unwrap()
});

fn errors(log: &Value) -> Vec<String> {
    SCHEMA
        .iter_errors(log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// The log of `report`, which must be valid.
pub(crate) fn log(report: &Report) -> Value {
    let log = serde_json::from_str(&write(report, Format::Sarif)).unwrap();
    assert_eq!(errors(&log), Vec::<String>::new());
    log
}

#[test]
fn everything() {
    let expected =
        include_str!("golden/full.sarif").replace("{VERSION}", env!("CARGO_PKG_VERSION"));
    assert_eq!(write(&full_report(), Format::Sarif), expected);
}

#[test]
fn logs_are_valid() {
    log(&full_report());
    log(&report(Vec::new()));
    let mut interrupted = report(Vec::new());
    interrupted.interrupted = true;
    log(&interrupted);
}

#[test]
fn the_schema_refuses_what_is_not_sarif() {
    let mut log = log(&full_report());
    log["runs"][0]["results"][0]["level"] = json!("fatal");
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] =
        json!(0);
    assert_eq!(errors(&log).len(), 2, "{:?}", errors(&log));
}

#[test]
fn what_was_not_read_is_no_success() {
    let successful =
        |report: &Report| log(report)["runs"][0]["invocations"][0]["executionSuccessful"].clone();
    assert_eq!(successful(&report(Vec::new())), json!(true));
    assert_eq!(successful(&full_report()), json!(false));
    let mut interrupted = report(Vec::new());
    interrupted.interrupted = true;
    assert_eq!(successful(&interrupted), json!(false));
}

#[test]
fn a_hundred_places_are_listed_and_all_are_counted() {
    let mut many = finding('A', (1..=150).map(|line| place("f", line)).collect());
    many.occurrence_count = 1_500;
    let log = log(&report(vec![many]));
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["locations"].as_array().unwrap().len(), 100);
    assert_eq!(result["occurrenceCount"], json!(1500));
    assert_eq!(
        result["message"]["text"],
        "Azure DevOps personal access token AAAA…zzzz (proven: its checksum is right, so this is \
         no look-alike; issued in November 2026), in 1,500 places, of which the first 100 are listed"
    );
}

#[test]
fn what_a_reader_can_open_comes_first() {
    let git = |path, reachable| {
        let mut occurrence = in_git(SourceKind::GitObject, path, Some(commit('1')));
        occurrence.origin.git.as_mut().unwrap().reachable = reachable;
        occurrence
    };
    let message = in_git(SourceKind::GitMessage, "", Some(commit('1')));
    let places = vec![
        message,
        git("a", Some(false)),
        git("b", Some(true)),
        in_git(SourceKind::GitIndex, "c", None),
        place("d", 1),
    ];
    let log = log(&report(vec![finding('A', places)]));
    let locations = &log["runs"][0]["results"][0]["locations"];
    let file = |at: &Value| at["physicalLocation"]["artifactLocation"]["uri"].clone();
    let files: Vec<Value> = locations.as_array().unwrap().iter().map(file).collect();
    assert_eq!(
        files,
        [json!("d"), json!("c"), json!("b"), json!(null), json!("a")]
    );
}

#[test]
fn fingerprints_do_not_move_with_the_line() {
    let fingerprints = |line| {
        let log = log(&report(vec![finding('A', vec![place("f", line)])]));
        log["runs"][0]["results"][0]["partialFingerprints"].clone()
    };
    assert_eq!(fingerprints(1), fingerprints(200));
}

#[test]
fn a_salted_id_is_no_fingerprint() {
    let mut salted = finding('A', vec![place("f", 1)]);
    salted.id = FindingId::Salted("S".repeat(20));
    let log = log(&report(vec![salted]));
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["partialFingerprints"], Value::Null);
    assert_eq!(result["properties"]["c3id"], Value::Null);
}

#[test]
fn tokens_are_shown_when_asked_for() {
    let shown = write_with(&full_report(), Format::Sarif, |options| {
        options.secrets = Secrets::Show;
    });
    let log: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(errors(&log), Vec::<String>::new());
    assert_eq!(
        log["runs"][0]["results"][0]["properties"]["secret"],
        json!(token('A'))
    );
}
