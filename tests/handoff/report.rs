//! Reports as hostile input.

use data_encoding::BASE64;
use std::sync::Arc;

use patsweep::handoff::report::{
    Flaw, Handed, MAX_BYTES, MAX_FINDINGS, MAX_PLACES_OF_ONE, Recorded, Reported, read, read_from,
};
use patsweep::model::{
    BytePath, Commit, CommitDate, Encoding, Exposure, FindingId, ObjectId, Position, SourceKind,
    Timestamp,
};
use patsweep::token::mint;
use serde_json::{Value, json};

use crate::world::{World, id};

fn finding() -> Value {
    json!({
        "id": id(&mint::pat(1)).as_str(),
        "rule": "azure-devops-pat",
        "validity": "active",
        "organizations": ["contoso"],
        "organization_evidence": [{"name": "contoso", "from": "entry"}],
        "occurrences": [],
    })
}

fn document(findings: &[Value]) -> Value {
    json!({
        "schema": "patsweep-report/1",
        "targets": [{"kind": "path", "path": "."}],
        "findings": findings,
        "problems": [],
    })
}

fn parse(text: impl AsRef<[u8]>) -> Result<Handed, String> {
    let flaw = |flaw: Flaw| flaw.to_string();
    read_from(&mut text.as_ref()).map_err(flaw)
}

fn check(text: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(parse(text), Err(expected.to_owned()));
}

/// A report with one finding in which `change` changed something.
fn check_finding(change: impl FnOnce(&mut Value), expected: &str) {
    let mut finding = finding();
    change(&mut finding);
    check(document(&[finding]).to_string(), expected);
}

/// The places that are taken of one that is written so.
fn places(occurrence: &Value) -> Vec<Recorded> {
    let mut finding = finding();
    finding["occurrences"] = json!([occurrence]);
    let mut report = parse(document(&[finding]).to_string()).unwrap();
    report.findings.remove(0).occurrences
}

#[test]
fn what_is_taken_of_a_report() {
    let blob = "0123456789abcdef0123456789abcdef01234567";
    let commit = |author: &str| {
        json!({
            "id": blob, "author": author, "email": "a@example.org",
            "date": "2026-11-22T11:00:00+01:00", "summary": "add it",
        })
    };
    let mut finding = finding();
    finding["expires"] = "2026-11-22T10:00:00Z".into();
    finding["exposure"] =
        json!({"first": commit("Ann"), "present_at": ["HEAD"], "removed_by": null});
    let place = |path: &str| {
        json!({
            "source": "git-object", "path": path, "line": 1, "column": 2, "offset": 3,
            "encodings": ["utf-16le", "base64", "rot13"], "repository": "sub", "object": blob,
            "commit": commit("Bob"), "reachable": true, "later": {"than": ["this"]},
        })
    };
    finding["occurrences"] = json!([
        place("a"),
        place("b"),
        {"source": "file", "path": "c", "path_base64": null},
        {"source": "of-a-later-version", "path": "d"},
    ]);
    let id_of_blob = ObjectId::from_hex(blob.as_bytes());
    let by = |author: &str| {
        Some(Arc::new(Commit {
            id: id_of_blob.expect("an id"),
            author: author.to_owned(),
            email: "a@example.org".to_owned(),
            date: CommitDate {
                at: Timestamp(1_795_341_600),
                offset: 60,
            },
            summary: "add it".to_owned(),
            or_earlier: false,
        }))
    };
    let recorded = |path: &str| Recorded {
        source: SourceKind::GitObject,
        path: BytePath::from(path),
        position: Some(Position {
            offset: 3,
            line: 1,
            column: 2,
        }),
        encodings: vec![Encoding::Utf16Le, Encoding::Base64],
        repository: Some(BytePath::from("sub")),
        object: id_of_blob,
        commit: by("Bob"),
        reachable: Some(true),
        kept_by: None,
    };
    let file = Recorded {
        source: SourceKind::File,
        path: BytePath::from("c"),
        position: None,
        encodings: Vec::new(),
        repository: None,
        object: None,
        commit: None,
        reachable: None,
        kept_by: None,
    };
    let expected = Handed {
        targets: vec![BytePath::from(".")],
        is_incomplete: false,
        findings: vec![Reported {
            id: id(&mint::pat(1)),
            rule: "azure-devops-pat".to_owned(),
            // It has none: no report of ours names one.
            expires: None,
            exposure: Some(Exposure {
                first: by("Ann"),
                present_at: vec!["HEAD".to_owned()],
                removed_by: None,
                is_partial: false,
            }),
            occurrences: vec![recorded("a"), recorded("b"), file],
        }],
    };
    check_in_every_form(finding, &expected);
}

/// A report with `finding` alone, laid out and encoded as reports may be.
fn check_in_every_form(mut finding: Value, expected: &Handed) {
    let report = document(&[finding.clone()]);
    let text = report.to_string();
    assert_eq!(parse(&text), Ok(expected.clone()));
    assert_eq!(
        parse(serde_json::to_string_pretty(&report).unwrap()),
        Ok(expected.clone())
    );
    assert_eq!(parse(format!("\u{feff}{text}\n")), Ok(expected.clone()));
    for (mark, unit) in [
        (0xFEFF_u16, u16::to_le_bytes as fn(u16) -> [u8; 2]),
        (0xFEFF, u16::to_be_bytes),
    ] {
        let units = std::iter::once(mark).chain(text.encode_utf16());
        assert_eq!(
            parse(units.flat_map(unit).collect::<Vec<_>>()),
            Ok(expected.clone())
        );
    }
    finding["type"] = "finding".into();
    let problem = json!({"type": "problem", "kind": "corrupt"});
    let summary = json!({
        "type": "summary", "schema": "patsweep-report/1.3",
        "targets": [{"kind": "path", "path": "."}],
    });
    let later = json!({"type": "of-a-later-version"});
    let lines = format!("{finding}\r\n{problem}\n\n{later}\n{summary}\n");
    assert_eq!(parse(lines), Ok(expected.clone()));
}

#[test]
fn what_a_scan_writes_is_read() {
    let world = World::new();
    let token = mint::pat(1);
    world.write("a", &token).write("b", format!("x {token}"));
    for format in ["json", "jsonl"] {
        let output = world.run(&["scan", "-f", format]);
        let report = parse(output.stdout).unwrap();
        let found: Vec<_> = report
            .findings
            .iter()
            .map(|it| (&it.id, it.occurrences.len()))
            .collect();
        assert_eq!(found, [(&id(&token), 2)]);
        assert_eq!(report.targets, [BytePath::from(".")]);
        assert!(!report.is_incomplete);
    }
    let clean = World::new();
    for format in ["json", "jsonl"] {
        let report = parse(clean.run(&["scan", "-f", format]).stdout).unwrap();
        assert_eq!(report.findings, []);
    }
    let cut = World::new();
    cut.write("cut.zip", b"PK\x03\x04cut");
    for format in ["json", "jsonl"] {
        let report = parse(cut.run(&["scan", "-f", format]).stdout).unwrap();
        assert!(report.is_incomplete, "{format}");
    }
    for format in ["text", "sarif"] {
        parse(world.run(&["scan", "-f", format]).stdout).unwrap_err();
    }
}

#[test]
fn other_files_are_told_from_reports() {
    let object = "it is no JSON report: line 1, column 1: expected an object";
    check("", object);
    check(" \n", object);
    check("[]", object);
    check("null", object);
    check("text", object);
    check(b"\xff\xfe\x00", "it is neither UTF-8 nor UTF-16");
    check(b"\xff\xfe\x00\xd8", "it is neither UTF-8 nor UTF-16");
    check(b"{\"schema\": \"\xff\"}", "it is neither UTF-8 nor UTF-16");
    let none = "it names no schema, and patsweep-report/1 is needed";
    check("{}", none);
    check(r#"{"schema": null}"#, none);
    check(r#"{"version": "2.1.0", "runs": []}"#, none);
    for (schema, shown) in [
        ("patsweep-report/2", "patsweep-report/2"),
        ("patsweep-report/10", "patsweep-report/10"),
        ("patsweep-report/1.", "patsweep-report/1."),
        ("patsweep-report/1.x", "patsweep-report/1.x"),
        ("", ""),
        ("\u{1b}[2J\u{202e}", "\\u{1b}[2J\\u{202e}"),
        (&"x".repeat(9999), &format!("{}…", "x".repeat(40))),
    ] {
        let expected = format!("its schema is {shown}, and patsweep-report/1 is needed");
        check(json!({"schema": schema}).to_string(), &expected);
        // Whatever else stands there.
        check(
            json!({"findings": 1, "schema": schema}).to_string(),
            &expected,
        );
    }
    check(r#"{"schema": 1}"#, "line 1, column 12: expected a string");
    check(
        "{'schema'}",
        "it is no JSON report: line 1, column 2: key must be a string",
    );
}

#[test]
fn what_is_cut_off_is_told() {
    let whole = serde_json::to_string_pretty(&document(&[finding()])).unwrap();
    for end in (1..whole.len()).filter(|&end| whole.is_char_boundary(end)) {
        let error = parse(&whole[..end]).unwrap_err();
        assert!(
            error.starts_with("it is cut off in line "),
            "{end}: {error}"
        );
    }
    let line = json!({"type": "finding", "id": "x"});
    check(
        format!("{line}\n"),
        "it is cut off: its last line is no summary",
    );
    check(
        format!("{line}\n{{\"type\": \"summ"),
        "it is cut off in line 2",
    );
}

#[test]
fn wrong_types_are_named_and_not_repeated() {
    let token = mint::pat(7);
    let text = json!({"schema": "patsweep-report/1", "findings": token}).to_string();
    let error = parse(text).unwrap_err();
    assert!(error.ends_with(": expected a list of findings"), "{error}");
    assert!(!error.contains(&token), "{error}");
    for (key, value, expected) in [
        ("id", json!(1), "expected a string"),
        ("id", json!(null), "expected a string"),
        ("rule", json!([token]), "expected a string"),
        ("occurrences", json!(token), "expected a list"),
        ("occurrences", json!({}), "expected a list"),
        ("occurrences", json!([token]), "expected an occurrence"),
        ("occurrences", json!([{}]), "missing field `source`"),
        (
            "occurrences",
            json!([{"source": "file", "line": -1}]),
            "expected u64",
        ),
        (
            "occurrences",
            json!([{"source": "file", "offset": 1e300}]),
            "expected u64",
        ),
        (
            "occurrences",
            json!([{"source": "file", "path": {"a": token}}]),
            "expected a string",
        ),
        ("exposure", json!({"first": token}), "expected a commit"),
    ] {
        let mut finding = finding();
        finding[key] = value;
        let error = parse(document(&[finding]).to_string()).unwrap_err();
        assert!(error.ends_with(&format!(": {expected}")), "{key}: {error}");
        assert!(!error.contains(&token), "{error}");
    }
    let twice = r#"{"schema": "patsweep-report/1", "findings": [], "findings": []}"#;
    check(twice, "line 1, column 58: duplicate field `findings`");
    let without = r#"{"schema": "patsweep-report/1"}"#;
    check(without, "line 1, column 31: missing field `findings`");
}

#[test]
fn ids_and_rules_have_their_form() {
    for text in [
        "",
        "x",
        &"=".repeat(20),
        &"a".repeat(21),
        "a b c d e f g h i j ",
        "../../../../etc/passw",
    ] {
        check_finding(
            |it| it["id"] = text.into(),
            "the id of finding 1 is no C3ID",
        );
    }
    for text in ["", "A", "a\u{1b}", &"a".repeat(65), "a b"] {
        check_finding(
            |it| it["rule"] = text.into(),
            "the rule of finding 1 is none",
        );
    }
    let id = id(&mint::pat(1));
    check(
        document(&[finding(), finding()]).to_string(),
        &format!("findings 1 and 2 have the same id {id}"),
    );
}

#[test]
fn counts_are_bounded() {
    // Of each token the first places.
    let mut finding = finding();
    let place = |index: usize| json!({"source": "file", "path": index.to_string()});
    finding["occurrences"] = (0..MAX_PLACES_OF_ONE + 5).map(place).collect();
    let report = parse(document(&[finding]).to_string()).unwrap();
    let kept = &report.findings[0].occurrences;
    assert_eq!(kept.len(), MAX_PLACES_OF_ONE);
    assert_eq!(kept[999].path, BytePath::from("999"));

    let numbered = |index: usize, places: &str| {
        let id = BASE64.encode(&[&[0; 7], index.to_be_bytes().as_slice()].concat());
        format!(r#"{{"id": "{id}", "rule": "a", "occurrences": [{places}]}}"#)
    };
    let many = |count: usize, places: &str| {
        let findings: Vec<_> = (0..count).map(|it| numbered(it, places)).collect();
        let findings = findings.join(",");
        format!(r#"{{"schema": "patsweep-report/1", "findings": [{findings}]}}"#)
    };
    assert!(parse(many(MAX_FINDINGS, "")).is_ok());
    check(
        many(MAX_FINDINGS + 1, ""),
        "it has more than 100000 findings",
    );
    let places = vec![r#"{"source":"x"}"#; MAX_PLACES_OF_ONE].join(",");
    assert!(parse(many(250, &places)).is_ok());
    check(many(251, &places), "it has more than 250000 places");
    let large = std::io::repeat(b' ');
    let mut large = std::io::Read::take(large, MAX_BYTES + 1);
    let flaw = read_from(&mut large).unwrap_err();
    assert_eq!(flaw.to_string(), "it has more than 64 MiB");
}

#[test]
fn depth_is_bounded() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(1_000_000), close.repeat(1_000_000));
        // Where nothing is read it may be as deep as it likes, where something is it may not.
        let ignored = format!(r#"{{"x": {deep}, "schema": "patsweep-report/1", "findings": []}}"#);
        match parse(ignored) {
            Ok(report) => assert_eq!(report.findings, []),
            Err(error) => assert!(error.ends_with("recursion limit exceeded"), "{error}"),
        }
        let read = format!(r#"{{"schema": "patsweep-report/1", "findings": {deep}}}"#);
        parse(read).unwrap_err();
    }
}

#[test]
fn paths_that_contradict_themselves_are_left_out() {
    let file = |path: Value, base64: Value| {
        let mut places = places(&json!({"source": "file", "path": path, "path_base64": base64}));
        places.pop().map(|it| it.path)
    };
    let odd = BytePath(b"a/\xffb".to_vec());
    let encoded = BASE64.encode(&odd.0);
    assert_eq!(file(json!("a/\u{fffd}b"), json!(encoded)), Some(odd));
    assert_eq!(file(json!("a"), json!(null)), Some(BytePath::from("a")));
    assert_eq!(file(json!("a/b"), json!(encoded)), None);
    assert_eq!(file(json!(null), json!(encoded)), None);
    assert_eq!(file(json!("a/\u{fffd}b"), json!("no base64")), None);
    assert_eq!(file(json!("a".repeat(40_000)), json!(null)), None);
}

#[test]
fn objects_and_authors_have_their_form() {
    let place = |object: &str| json!({"source": "git-object", "object": object});
    for object in [
        "",
        "HEAD",
        "--upload-pack=x",
        &"g".repeat(40),
        &"a".repeat(41),
    ] {
        assert_eq!(places(&place(object))[0].object, None, "{object}");
    }
    let mut finding = finding();
    let commit = |id: &str, author: &str, email: &str, date: &str| {
        let commit = json!({"id": id, "author": author, "email": email, "date": date});
        json!({"source": "git-object", "commit": commit})
    };
    let id = "a".repeat(40);
    finding["occurrences"] = json!([
        commit("x", "a", "b@example.org", "2026-11-22T11:00:00+01:00"),
        commit(&id, "a\nb", "c", "soon"),
        commit(&id, "", "", "1969-12-31T23:59:59Z"),
        commit(&id, &"a".repeat(321), "", "2026-11-22T11:00:00-12:30"),
        commit(&id, "", "d@example.org", ""),
    ]);
    let report = parse(document(&[finding]).to_string()).unwrap();
    let commits: Vec<_> = report.findings[0]
        .occurrences
        .iter()
        .map(|it| {
            let commit = it.commit.as_ref()?;
            let CommitDate { at, offset } = commit.date;
            Some((&*commit.author, &*commit.email, at.0, offset))
        })
        .collect();
    assert_eq!(
        commits,
        [
            None,
            Some(("", "c", i64::MIN, 0)),
            Some(("", "", -1, 0)),
            Some(("", "", 1_795_390_200, -750)),
            Some(("", "d@example.org", i64::MIN, 0)),
        ]
    );
}

#[test]
fn the_file_is_named() {
    let world = World::new();
    let missing = world.path().join("missing.json");
    let error = read(&missing).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot use the report {}", missing.display())
    );
    assert_eq!(error.flaw.to_string(), "cannot read it");
    read(world.path()).unwrap_err();
    world.write("report.json", document(&[finding()]).to_string());
    let report = read(&world.tree().join("report.json")).unwrap();
    assert_eq!(
        report.findings[0].id,
        FindingId::C3id(id(&mint::pat(1)).as_str().to_owned())
    );
}
