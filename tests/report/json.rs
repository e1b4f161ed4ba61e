//! The JSON report, and its stream.

use patsweep::report::{Format, Secrets};
use serde_json::{Value, json};

use crate::sample::{full_report, report, token, write, write_with};

fn golden(text: &str) -> String {
    text.replace("{VERSION}", env!("CARGO_PKG_VERSION"))
}

#[test]
fn everything() {
    assert_eq!(
        write(&full_report(), Format::Json),
        golden(include_str!("golden/full.json"))
    );
}

#[test]
fn everything_as_a_stream() {
    assert_eq!(
        write(&full_report(), Format::Jsonl),
        golden(include_str!("golden/full.jsonl"))
    );
}

#[test]
fn the_stream_holds_what_the_document_holds() {
    let mut parts = json!({"findings": [], "problems": []});
    for line in write(&full_report(), Format::Jsonl).lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let kind = line.as_object_mut().unwrap().remove("type").unwrap();
        match kind.as_str().unwrap() {
            "finding" => parts["findings"].as_array_mut().unwrap().push(line),
            "problem" => parts["problems"].as_array_mut().unwrap().push(line),
            "summary" => parts
                .as_object_mut()
                .unwrap()
                .extend(line.as_object().unwrap().clone()),
            other => panic!("unknown type {other}"),
        }
    }
    let document: Value = serde_json::from_str(&write(&full_report(), Format::Json)).unwrap();
    assert_eq!(parts, document);
}

#[test]
fn an_interrupted_run_is_incomplete() {
    let complete = |interrupted| {
        let mut report = report(Vec::new());
        report.interrupted = interrupted;
        let document: Value = serde_json::from_str(&write(&report, Format::Json)).unwrap();
        document["coverage"]["complete"].clone()
    };
    assert_eq!(
        (complete(false), complete(true)),
        (json!(true), json!(false))
    );
}

#[test]
fn tokens_are_shown_when_asked_for() {
    let shown = write_with(&full_report(), Format::Json, |options| {
        options.secrets = Secrets::Show;
    });
    let document: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(document["findings"][0]["secret"], json!(token('A')));
}
