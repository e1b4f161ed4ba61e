//! SARIF, against the official schema.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jsonschema::Validator;
use patsweep::model::{FindingId, ProblemKind, Report, SourceKind};
use patsweep::report::{Format, Secrets, write_piece};
use serde_json::{Value, json};

use crate::history::{commit, in_git};
use crate::sample::{
    finding, full_report, place, problem, report, token, with_options, write, write_with,
};

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

/// The logs of the pieces of `report`, which must be valid, and their sizes.
fn pieces(report: &Report) -> Vec<(Value, usize)> {
    with_options(|options| {
        let pieces = patsweep::report::pieces(report, Format::Sarif, options);
        let written = pieces.iter().map(|piece| {
            let mut log = Vec::new();
            write_piece(report, piece, Format::Sarif, options, &mut log).unwrap();
            (serde_json::from_slice(&log).unwrap(), log.len())
        });
        written.collect()
    })
}

/// The ids of the analyses and how many results and notifications each has.
fn shape(logs: &[(Value, usize)]) -> Vec<(Value, usize, usize)> {
    let count = |list: &Value| list.as_array().unwrap().len();
    let shape = logs.iter().map(|(log, _)| {
        assert_eq!(errors(log), Vec::<String>::new());
        let run = &log["runs"][0];
        (
            run["automationDetails"]["id"].clone(),
            count(&run["results"]),
            count(&run["invocations"][0]["toolExecutionNotifications"]),
        )
    });
    shape.collect()
}

#[test]
fn a_log_that_services_would_cut_is_in_pieces_and_loses_nothing() {
    let numbered = |number: usize| {
        let mut finding = finding('A', vec![place("f", number as u64)]);
        finding.id = FindingId::C3id(format!("{number:020}"));
        finding
    };
    let mut large = report((1..=5_000).map(numbered).collect());
    large.problems = vec![problem(
        "gone",
        ProblemKind::Unreadable,
        "permission denied",
    )];
    assert_eq!(shape(&pieces(&large)), [(json!(null), 5_000, 1)]);
    large.findings.push(numbered(5_001));
    let logs = pieces(&large);
    assert_eq!(
        shape(&logs),
        [
            (json!("patsweep/1/"), 2_500, 1),
            (json!("patsweep/2/"), 2_501, 0)
        ]
    );
    let results = logs
        .iter()
        .flat_map(|(log, _)| log["runs"][0]["results"].as_array().unwrap());
    let ids: Vec<&str> = results
        .map(|it| it["properties"]["c3id"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (1..=5_001).map(|number| format!("{number:020}")).collect();
    assert_eq!(ids, expected);
    for (log, _) in &logs {
        assert_eq!(
            log["runs"][0]["invocations"][0]["executionSuccessful"],
            json!(false)
        );
    }
}

#[test]
fn a_log_is_in_pieces_if_it_is_too_large_to_upload() {
    // Digits that no compression makes a tenth of.
    let mut state = 1_u64;
    let mut path = || {
        let mut path = String::new();
        for _ in 0..50 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            write!(path, "{state:016x}").unwrap();
        }
        path
    };
    let mut found = |letter| finding(letter, (0..100).map(|_| place(&path(), 1)).collect());
    let large = report(('A'..='Z').cycle().take(300).map(&mut found).collect());
    let logs = pieces(&large);
    assert_eq!(
        shape(&logs),
        [
            (json!("patsweep/1/"), 150, 0),
            (json!("patsweep/2/"), 150, 0)
        ]
    );
    // 800 digits of four bits each in 15,000 places: two pieces, for what is sent is compressed.
    let sizes: Vec<_> = logs.iter().map(|(_, size)| *size).collect();
    assert!(sizes.iter().all(|&size| size > 12_000_000), "{sizes:?}");
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
