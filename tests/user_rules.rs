//! Rules of the user's own, from the file to the report: what they find, where, and under which id.

use std::fs;
use std::io::Write;
use std::process::Command;

use data_encoding::BASE64;
use patsweep::detect::Detector;
use patsweep::model::Encoding::{self, Base64, Gzip, Hex, Utf16Le};
use patsweep::model::{Candidate, Version};
use patsweep::rules::RuleSet;
use patsweep::token::{Salt, c3id};

/// Fields of one rule.
fn rule(id: &str, anchors: &[&str], regex: &str, more: &str) -> String {
    format!(
        "[[rules]]\nid = \"{id}\"\ntitle = \"t\"\ndescription = \"d\"\nseverity = \"high\"\n\
         anchors = {anchors:?}\nregex = '{regex}'\n{more}\n"
    )
}

fn key_rule() -> String {
    rule("key", &["key_"], "key_(?P<secret>[a-z0-9]{24})", "")
}

fn load(rules: &str) -> RuleSet {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rules.toml");
    fs::write(&path, rules).expect("a file");
    RuleSet::load(&[path]).expect("rules")
}

fn scan_salted(rules: &str, text: &[u8], salt: Salt) -> Vec<Candidate> {
    let mut all = Vec::new();
    Detector::new(&load(rules), salt).whole(text, &mut |candidate| all.push(candidate));
    all
}

fn scan(rules: &str, text: &[u8]) -> Vec<Candidate> {
    scan_salted(rules, text, Salt([7; 16]))
}

/// Rule, secret and offset of everything that is found.
#[track_caller]
fn check(rules: &str, text: &[u8], expected: &[(&str, &str, u64)]) {
    let found = scan(rules, text);
    let found: Vec<(&str, String, u64)> = found
        .iter()
        .map(|candidate| {
            let secret = String::from_utf8_lossy(candidate.secret.expose()).into_owned();
            let position = candidate.position.expect("a place");
            (&*candidate.rule, secret, position.offset)
        })
        .collect();
    let found: Vec<(&str, &str, u64)> =
        found.iter().map(|(r, s, o)| (*r, s.as_str(), *o)).collect();
    assert_eq!(found, expected);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

const SECRET: &str = "0a1b2c3d4e5f6g7h8i9j0k1l";

#[test]
fn the_secret_is_what_its_group_matched() {
    let text = format!("x key_{SECRET} y");
    check(&key_rule(), text.as_bytes(), &[("key", SECRET, 6)]);
    let without_anchor = rule("key", &["kex_"], "key_(?P<secret>[a-z0-9]{24})", "");
    check(&without_anchor, text.as_bytes(), &[]);
    let optional = rule("key", &["key_"], "key_(?P<secret>[0-9]{30})?", "");
    check(&optional, text.as_bytes(), &[]);
    // An anchor beside a match is none inside it.
    let beside = rule("key", &["abc"], "[0-9]+(?P<secret>x+)", "");
    check(&beside, b"abc 12xxx", &[]);
    check(
        &rule("key", &["123"], "[0-9]+(?P<secret>x+)", ""),
        b"0123xxx",
        &[("key", "xxx", 4)],
    );
}

#[test]
fn secrets_of_little_entropy_are_passed_over() {
    let rules = rule(
        "key",
        &["key_"],
        "key_(?P<secret>[a-z0-9]{8})",
        "min_entropy = 2.5",
    );
    check(
        &rules,
        b"key_aaaaaaab key_a1b2c3d4",
        &[("key", "a1b2c3d4", 17)],
    );
}

#[test]
fn several_rules_see_one_text() {
    let rules = [
        key_rule(),
        rule(
            "whole",
            &["key_", "ey_0"],
            "(?P<secret>key_[a-z0-9]{24})",
            "",
        ),
        rule("other", &["tok-"], "(?P<secret>tok-[0-9]+)", ""),
    ]
    .concat();
    let text = format!("tok-12 key_{SECRET} tok-34");
    check(
        &rules,
        text.as_bytes(),
        &[
            ("other", "tok-12", 0),
            ("whole", &format!("key_{SECRET}"), 7),
            ("key", SECRET, 11),
            ("other", "tok-34", 36),
        ],
    );
}

#[test]
fn every_layer_is_seen() {
    // Layers open where their runs are as long as those that hold a token.
    let inner = format!(
        "{{\"name\": \"some more text\", \"key\": \"key_{SECRET}\", \"b\": \"and more of it\"}}\n"
    );
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let base64 = BASE64.encode(inner.as_bytes());
    let packed = BASE64.encode(&gzip(inner.repeat(2).as_bytes()));
    let cases: [(Vec<u8>, &[Encoding]); 7] = [
        (inner.clone().into_bytes(), &[]),
        (format!("data: {base64}\n").into_bytes(), &[Base64]),
        (wide(&inner), &[Utf16Le]),
        (
            data_encoding::HEXLOWER
                .encode(inner.as_bytes())
                .into_bytes(),
            &[Hex],
        ),
        (
            BASE64.encode(&wide(&inner)).into_bytes(),
            &[Base64, Utf16Le],
        ),
        (format!("r: {packed}").into_bytes(), &[Base64, Gzip]),
        (
            BASE64.encode(packed.as_bytes()).into_bytes(),
            &[Base64, Base64, Gzip],
        ),
    ];
    for (text, encodings) in cases {
        let found = scan(&key_rule(), &text);
        assert_eq!(found.len(), 1, "{encodings:?}: {found:?}");
        assert_eq!(found[0].secret.expose(), SECRET.as_bytes());
        assert_eq!(found[0].encodings, encodings);
    }
}

#[test]
fn a_match_spans_8_kib() {
    const MAX: usize = 8 << 10;
    let rules = rule("key", &["key_"], "key_(?P<secret>a+)z", "");
    for (length, expected) in [(MAX - 5, 1), (MAX - 4, 0)] {
        let text = format!("{} key_{}z ", "b".repeat(20_000), "a".repeat(length));
        assert_eq!(scan(&rules, text.as_bytes()).len(), expected, "{length}");
    }
    // The anchor at the end of the match.
    let rules = rule("key", &["_key"], "q(?P<secret>a+)_key", "");
    for (length, expected) in [(MAX - 5, 1), (MAX - 4, 0)] {
        let text = format!("{} q{}_key ", "b".repeat(20_000), "a".repeat(length));
        assert_eq!(scan(&rules, text.as_bytes()).len(), expected, "{length}");
    }
}

#[test]
fn cuts_change_nothing() {
    let rules = [
        key_rule(),
        rule("long", &["beg", "end"], "beg(?P<secret>[a-y]+)end", ""),
    ]
    .concat();
    let mut text = vec![b'\n'; (1 << 20) - 9_000];
    for length in [10, 5_000, 8_000, 3_000, 8_186, 8_188] {
        text.extend(format!("key_{SECRET} beg{}end ", "xy".repeat(length / 2)).bytes());
    }
    let expected = scan(&rules, &text);
    assert_eq!(expected.len(), 11);
    let rules = load(&rules);
    for size in [1, 1_000, 65_536] {
        let mut detector = Detector::new(&rules, Salt([7; 16]));
        let mut found = Vec::new();
        detector.begin();
        for chunk in text.chunks(size) {
            detector.chunk(chunk, &mut |candidate| found.push(candidate));
        }
        detector.end(&mut |candidate| found.push(candidate));
        assert!(found == expected, "in chunks of {size}");
    }
}

#[test]
fn ids_of_what_could_be_guessed_are_salted() {
    let rules = rule("key", &["key_"], "key_(?P<secret>[a-z0-9]+)", "");
    let text = format!("key_hunter2 key_{SECRET} key_hunter2");
    let ids = |salt| -> Vec<_> {
        let found = scan_salted(&rules, text.as_bytes(), salt);
        found.into_iter().map(|candidate| candidate.id).collect()
    };
    let (one, other) = (ids(Salt([1; 16])), ids(Salt([2; 16])));
    assert_eq!(one[0], one[2], "equal within a run");
    assert_ne!(one[0], other[0], "unlike in another");
    assert_ne!(one[0], c3id(b"hunter2"));
    assert_eq!(
        (&one[1], &other[1]),
        (&c3id(SECRET.as_bytes()), &c3id(SECRET.as_bytes()))
    );
}

/// The same through the program, whose salt is its own.
#[test]
fn runs_of_the_program_differ_in_salted_ids_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write(
        "rules.toml",
        &rule("key", &["key_"], "key_(?P<secret>[a-z0-9]+)", ""),
    );
    write("text", &format!("key_hunter2 key_{SECRET} key_hunter2\n"));
    let run = || {
        let output = Command::new(env!("CARGO_BIN_EXE_patsweep"))
            .args([
                "scan",
                "text",
                "--rules",
                "rules.toml",
                "-f",
                "json",
                "--no-config",
            ])
            .current_dir(folder.path())
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(
            !text.contains("hunter2") && !text.contains(SECRET),
            "{text}"
        );
        let report: serde_json::Value = serde_json::from_str(&text).expect("a report");
        let findings = report["findings"].as_array().expect("findings").clone();
        assert_eq!(findings.len(), 2);
        let id = |length: u64| {
            let of = |f: &&serde_json::Value| f["occurrence_count"] == length;
            findings.iter().find(of).expect("a finding")["id"].clone()
        };
        (id(2), id(1))
    };
    let ((salted, plain), (salted_again, plain_again)) = (run(), run());
    assert_ne!(salted, salted_again);
    assert_eq!(plain, plain_again);
    assert_eq!(plain, c3id(SECRET.as_bytes()).as_str());
}

/// Text of anchors alone: were the work quadratic, this would not end within the hour.
#[test]
fn a_mebibyte_of_anchors_is_searched() {
    let rules = [
        rule("never", &["aaa"], "(?P<secret>a+)b", ""),
        rule("lazy", &["aaaa", "aaa"], "x(?P<secret>[a-z]{1,200})y", ""),
        rule("overlap", &["aba", "bab"], "(?P<secret>(?:ab)+c)", ""),
    ]
    .concat();
    let rules = load(&rules);
    for pattern in ["a", "ab", "aaa ", "xaaa"] {
        let text = pattern.repeat((1 << 20) / pattern.len());
        let mut detector = Detector::new(&rules, Salt([0; 16]));
        detector.whole(text.as_bytes(), &mut |found| {
            panic!("nothing to find: {found:?}")
        });
    }
}

/// Whatever is said to have changed, and whatever not: a user's rule may reach from one to the other.
#[test]
fn versions_are_searched_whole() {
    let text = format!("key_{}", "b".repeat(24));
    let version = Version {
        bytes: text.as_bytes(),
        changes: Some(&[]),
    };
    let mut found = 0;
    let mut detector = Detector::new(&load(&key_rule()), Salt([7; 16]));
    let is_clean = detector.version(version, &mut |_| found += 1);
    assert_eq!((is_clean, found), (false, 1));
    let clean = Version::first(b"nothing");
    assert!(!detector.version(clean, &mut |_| ()));
}
