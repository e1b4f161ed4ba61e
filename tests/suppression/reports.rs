//! What is suppressed stays in the reports, marked.

use patsweep::token::explain::explain;
use patsweep::token::mint;
use serde_json::{Value, json};

use crate::program::{Said, World};
use crate::{baseline, entry, id};

/// A folder in which one token is in the baseline and another is marked in one of two places.
fn world() -> (World, String, String) {
    let (known, marked) = (mint::pat(1), mint::pat(2));
    let world = World::with("tree/a.env", format!("{known}\n"));
    world.write("tree/b.env", format!("{marked} # patsweep:ignore\n"));
    world.write("known.json", baseline(&[entry(&known, "")]));
    (world, known, marked)
}

fn run(world: &World, format: &str) -> Said {
    let flags = format!("scan tree --baseline known.json -f {format}");
    let said = world.run(&flags);
    assert_eq!(said.code, 0, "{}", said.stderr);
    said
}

/// A finding of a JSON report.
fn finding(token: &str, path: &str, suppressed: &Value, ignored: bool) -> Value {
    let mut occurrence = json!({
        "source": "file", "path": path, "path_base64": null, "line": 1, "column": 1, "offset": 0,
        "encodings": [], "repository": null, "object": null, "commit": null, "reachable": null,
    });
    if ignored {
        occurrence["ignored"] = json!(true);
    }
    json!({
        "id": id(token), "rule": "azure-devops-pat", "proof": "checksum",
        "issued": "2026-11", "expires": null,
        "redacted": format!("{}…{}", &token[..4], &token[80..]), "secret": null,
        "validity": "unknown", "validity_reason": "not_attempted", "verification": null,
        "organizations": [], "organization_evidence": [], "exposure": null,
        "suppressed": suppressed, "occurrence_count": 1, "occurrences": [occurrence],
    })
}

fn findings(known: &str, marked: &str) -> [Value; 2] {
    let issued = |token: &str, mut finding: Value| {
        let month = explain(token.as_bytes()).expect("a token").issued;
        finding["issued"] = json!(month.map(|month| month.to_string()));
        finding
    };
    let baseline = json!({"by": "baseline", "reason": "r"});
    let inline = json!({"by": "inline", "reason": "patsweep:ignore stands beside it"});
    [
        issued(known, finding(known, "tree/a.env", &baseline, false)),
        issued(marked, finding(marked, "tree/b.env", &inline, true)),
    ]
}

#[test]
fn json_has_what_suppresses_and_which_baseline_was_applied() {
    let (world, known, marked) = world();
    let report: Value = serde_json::from_str(&run(&world, "json").stdout).expect("JSON");
    assert_eq!(report["findings"], json!(findings(&known, &marked)));
    let applied = json!({"path": "known.json", "path_base64": null, "entries": 1, "matched": 1});
    assert_eq!(report["baseline"], applied);
}

#[test]
fn json_lines_have_the_same() {
    let (world, known, marked) = world();
    let said = run(&world, "jsonl");
    let lines: Vec<Value> = said
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let mut expected = findings(&known, &marked);
    for finding in &mut expected {
        finding["type"] = json!("finding");
    }
    assert_eq!(lines[..2], expected);
    assert_eq!(lines[2]["baseline"]["matched"], 1);
    assert_eq!(said.stderr, "note: 0 tokens in 2 files, 2 suppressed\n");
}

#[test]
fn sarif_has_suppressions_of_either_kind() {
    let (world, ..) = world();
    let report: Value = serde_json::from_str(&run(&world, "sarif").stdout).expect("JSON");
    let results = report["runs"][0]["results"].as_array().expect("results");
    let suppressions: Vec<&Value> = results.iter().map(|it| &it["suppressions"]).collect();
    let inline = "inline: patsweep:ignore stands beside it";
    assert_eq!(
        suppressions,
        [
            &json!([{"kind": "external", "justification": "baseline: r"}]),
            &json!([{"kind": "inSource", "justification": inline}]),
        ]
    );
}

#[test]
fn text_counts_them_and_says_which_baseline_was_applied() {
    let (world, known, marked) = world();
    let said = run(&world, "text").stdout;
    let (first, last) = said.split_once('\n').expect("two lines");
    assert_eq!(first, "baseline: known.json: 1 entry, 1 found");
    assert!(last.starts_with("no leaked tokens in 2 files, "), "{last}");
    assert!(last.ends_with(" · 2 suppressed · complete\n"), "{last}");
    let verbose = world.run("scan tree --baseline known.json -v").stdout;
    for note in [
        "  = suppressed: by the baseline: r\n",
        "  = suppressed: inline: patsweep:ignore stands beside it\n",
    ] {
        assert!(verbose.contains(note), "{verbose}");
    }
    assert!(!verbose.contains(&known) && !verbose.contains(&marked));
}

#[test]
fn where_only_some_places_are_marked_it_counts_and_says_which_are() {
    let (world, _, marked) = world();
    world.write("tree/c.env", format!("{marked}\n"));
    let said = world.run("scan tree --baseline known.json -f json");
    assert_eq!(said.code, 1);
    let report: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let finding = &report["findings"][1];
    let ignored: Vec<&Value> = finding["occurrences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|occurrence| &occurrence["ignored"])
        .collect();
    assert_eq!(finding["suppressed"], Value::Null);
    assert_eq!(ignored, [&json!(true), &Value::Null]);
}

#[test]
fn the_baseline_is_no_place_for_a_report() {
    let (world, ..) = world();
    let said = world.run("scan tree --baseline known.json -f json -o known.json");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("known.json"), "{}", said.stderr);
}
