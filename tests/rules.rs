//! Rule files, good and broken: what is loaded, and what exactly is said.

use std::fs;
use std::path::{Path, PathBuf};

use patsweep::rules::{BuiltIn, RuleError, RuleKind, RuleSet, Severity, Unproven};

/// A rule that loads; each case breaks one line of it.
const GOOD: &str = r#"[[rules]]
id = "contoso-key"
title = "Contoso key"
description = "A key of the Contoso gateway."
severity = "high"
anchors = ["ctso_"]
regex = '(?P<secret>ctso_[a-z0-9]{20})'
min_entropy = 2.5
examples = ["key = ctso_0a1b2c3d4e5f6g7h8i9j"]
counterexamples = ["ctso_short"]
"#;

fn load_bytes(bytes: &[u8]) -> (tempfile::TempDir, Result<RuleSet, RuleError>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rules.toml");
    fs::write(&path, bytes).expect("a temporary file");
    let loaded = RuleSet::load(&[path]);
    (folder, loaded)
}

/// The complaint with the folder left out, and its hint.
fn complaint(error: &RuleError, folder: &Path) -> (String, Option<String>) {
    let prefix = format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR);
    (error.to_string().replace(&prefix, ""), error.hint())
}

fn check(bytes: &[u8], expected: &str, hint: Option<&str>) {
    let (folder, loaded) = load_bytes(bytes);
    let error = loaded.expect_err(expected);
    let found = complaint(&error, folder.path());
    assert_eq!(found, (expected.to_owned(), hint.map(str::to_owned)));
}

/// Replaces the line of `key` in [`GOOD`] by `line`; an empty `line` removes it.
fn with(key: &str, line: &str) -> String {
    let start = format!("{key} = ");
    assert!(
        GOOD.lines().any(|l| l.starts_with(&start)),
        "no such key: {key}"
    );
    GOOD.lines()
        .filter(|l| !(line.is_empty() && l.starts_with(&start)))
        .map(|l| {
            if l.starts_with(&start) {
                format!("{line}\n")
            } else {
                format!("{l}\n")
            }
        })
        .collect()
}

#[test]
fn built_in_rules_load() {
    let set = RuleSet::builtin();
    let ids: Vec<&str> = set.iter().map(|rule| &*rule.id).collect();
    assert_eq!(
        ids,
        [
            "azure-devops-pat",
            "azure-devops-pat-legacy",
            "azure-devops-app-secret",
            "azure-devops-oauth-token",
            "azure-devops-pat-unproven",
        ]
    );
    for rule in set.iter() {
        assert!(
            matches!(rule.kind, RuleKind::BuiltIn(kind) if BuiltIn::of_rule(&rule.id) == Some(kind)),
            "{} tells its recogniser",
            rule.id
        );
        assert!(
            rule.help.contains("What to do:"),
            "{} says what to do",
            rule.id
        );
        assert_eq!(
            rule.place.path,
            PathBuf::from(format!("rules/{}.toml", rule.id))
        );
        assert!(
            rule.place.path.is_file(),
            "{} stands where it says",
            rule.id
        );
    }
    assert_eq!(set.patterns().count(), 0);
}

#[test]
fn unproven_tokens_are_off_unless_asked_for() {
    let set = RuleSet::builtin();
    let enabled = |set: &RuleSet| -> Vec<BuiltIn> {
        BuiltIn::ALL
            .into_iter()
            .filter(|&kind| set.enabled(kind).is_some())
            .collect()
    };
    assert_eq!(
        enabled(&set),
        [
            BuiltIn::Pat,
            BuiltIn::PatLegacy,
            BuiltIn::AppSecret,
            BuiltIn::OauthToken
        ]
    );
    assert_eq!(enabled(&set.unproven(Unproven::Include)), BuiltIn::ALL);
}

#[test]
fn a_good_rule_is_read_whole() {
    let (_folder, loaded) = load_bytes(GOOD.as_bytes());
    let set = loaded.expect("a good rule");
    let (rule, pattern) = set.patterns().next().expect("one pattern");
    assert_eq!(&*rule.id, "contoso-key");
    assert_eq!(rule.title, "Contoso key");
    assert_eq!(rule.description, "A key of the Contoso gateway.");
    assert_eq!(rule.help, "");
    assert_eq!(rule.severity, Severity::High);
    assert_eq!(rule.place.line, 1);
    assert_eq!(pattern.anchors, [b"ctso_".to_vec()]);
    assert_eq!(pattern.min_entropy, Some(2.5));
    assert_eq!(
        (pattern.examples[0].line, pattern.counterexamples[0].line),
        (9, 10)
    );
    let found = pattern
        .regex
        .captures(b"x ctso_0a1b2c3d4e5f6g7h8i9j")
        .expect("a match");
    assert_eq!(&found[pattern.secret_group], b"ctso_0a1b2c3d4e5f6g7h8i9j");
    assert!(matches!(rule.kind, RuleKind::Pattern(_)));
    assert!(set.rule("contoso-key").is_some() && set.rule("contoso").is_none());
}

#[test]
fn files_of_windows_editors_are_read() {
    let text = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    let set = load_bytes(text.as_bytes()).1.expect("a good rule");
    assert_eq!(set.patterns().count(), 1);
    check(
        text.replace("high", "urgent").as_bytes(),
        "rules.toml:5: `rules[0].severity`: `urgent` is not a severity",
        Some("the severities are low, medium, high and critical"),
    );
}

#[test]
fn a_regex_may_match_bytes_that_are_not_text() {
    let text = with("regex", r"regex = '(?-u)ctso_(?P<secret>[\x80-\xff]{8})'");
    assert!(load_bytes(text.as_bytes()).1.is_ok());
}

fn check_all(cases: &[(&str, &str, &str, Option<&str>)]) {
    for (key, line, expected, hint) in cases {
        check(with(key, line).as_bytes(), expected, *hint);
    }
}

#[test]
fn broken_metadata_is_named_with_line_and_key() {
    check_all(&[
        (
            "id",
            "id = 7",
            "rules.toml:2: `rules[0].id`: expected a string, found a whole number",
            None,
        ),
        (
            "id",
            "id = \"Contoso Key\"",
            "rules.toml:2: `rules[0].id`: `Contoso Key` is not an id",
            Some("use 1 to 64 lower-case letters, digits and inner hyphens, such as contoso-key"),
        ),
        (
            "id",
            "id = \"azure-devops-pat\"",
            "rules.toml:2: `rules[0].id`: `azure-devops-pat` is taken by a built-in rule",
            Some("give the rule another id"),
        ),
        ("id", "", "rules.toml:1: `rules[0].id`: missing", None),
        (
            "title",
            "title = \" \"",
            "rules.toml:3: `rules[0].title`: empty",
            None,
        ),
        ("title", "", "rules.toml:1: `rules[0].title`: missing", None),
        (
            "description",
            "",
            "rules.toml:1: `rules[0].description`: missing",
            None,
        ),
        (
            "severity",
            "severity = \"urgent\"",
            "rules.toml:5: `rules[0].severity`: `urgent` is not a severity",
            Some("the severities are low, medium, high and critical"),
        ),
        (
            "severity",
            "",
            "rules.toml:1: `rules[0].severity`: missing",
            None,
        ),
    ]);
}

#[test]
fn broken_patterns_are_named_with_line_and_key() {
    check_all(&[
        (
            "anchors",
            "",
            "rules.toml:1: `rules[0].anchors`: no anchor",
            Some("name a fixed text of at least three bytes that stands inside every match"),
        ),
        (
            "anchors",
            "anchors = []",
            "rules.toml:6: `rules[0].anchors`: no anchor",
            Some("name a fixed text of at least three bytes that stands inside every match"),
        ),
        (
            "anchors",
            "anchors = [\n  \"ctso_\",\n  \"ct\",\n]",
            "rules.toml:8: `rules[0].anchors`: `ct` is too short",
            Some("an anchor has at least three bytes: the expression runs wherever one stands"),
        ),
        (
            "anchors",
            "anchors = \"ctso_\"",
            "rules.toml:6: `rules[0].anchors`: expected an array of strings, found a string",
            None,
        ),
        (
            "anchors",
            "anchors = [\"ctso_\", 3]",
            "rules.toml:6: `rules[0].anchors`: expected an array of strings, found a whole number",
            None,
        ),
        (
            "regex",
            "regex = '(?P<secret>ctso_[a-z'",
            "rules.toml:7: `rules[0].regex`: not a regular expression: unclosed character class",
            None,
        ),
        (
            "regex",
            "regex = 'ctso_[a-z0-9]{20}'",
            "rules.toml:7: `rules[0].regex`: has no group named `secret`",
            Some("put the part that is the secret into (?P<secret>…)"),
        ),
        (
            "regex",
            "regex = '(?P<secret>[a-z]*)'",
            "rules.toml:7: `rules[0].regex`: matches the empty text",
            None,
        ),
        ("regex", "", "rules.toml:1: `rules[0].regex`: missing", None),
        (
            "min_entropy",
            "min_entropy = 9",
            "rules.toml:8: `rules[0].min_entropy`: not between 0 and 8",
            Some(
                "it is counted in bits per character; random base64 of 40 characters has about 4.8",
            ),
        ),
        (
            "min_entropy",
            "min_entropy = nan",
            "rules.toml:8: `rules[0].min_entropy`: not between 0 and 8",
            Some(
                "it is counted in bits per character; random base64 of 40 characters has about 4.8",
            ),
        ),
        (
            "min_entropy",
            "min_entropy = \"3\"",
            "rules.toml:8: `rules[0].min_entropy`: expected a number, found a string",
            None,
        ),
    ]);
}

#[test]
fn broken_files_are_named_with_line_and_key() {
    check_all(&[
        (
            "examples",
            "examples = true",
            "rules.toml:9: `rules[0].examples`: expected an array of strings, found a boolean",
            None,
        ),
        (
            "counterexamples",
            "counterexample = []",
            "rules.toml:10: `rules[0].counterexample`: unknown key",
            Some(
                "the keys here are id, title, description, help, severity, anchors, regex, \
                 min_entropy, examples, counterexamples",
            ),
        ),
        (
            "severity",
            "severity = high",
            "rules.toml:5: not valid TOML: string values must be quoted, expected literal string",
            None,
        ),
    ]);
}

#[test]
fn the_first_of_several_unknown_keys_is_named() {
    let text = format!("{GOOD}zeta = 1\nalpha = 2\n");
    let (folder, loaded) = load_bytes(text.as_bytes());
    let error = loaded.expect_err("two unknown keys");
    assert_eq!(
        complaint(&error, folder.path()).0,
        "rules.toml:11: `rules[0].zeta`: unknown key"
    );
}

#[test]
fn files_that_hold_no_rules() {
    let hint = Some("each rule is a table that starts with [[rules]]");
    check(b"", "no rules in rules.toml", hint);
    check(b"rules = []", "no rules in rules.toml", hint);
    check(
        b"\n[rules]\n",
        "rules.toml:2: `rules`: expected an array of tables, found a table",
        None,
    );
    check(
        b"title = \"x\"",
        "rules.toml:1: `title`: unknown key",
        Some("the keys here are rules"),
    );
    check(
        b"# caf\xe9\n",
        "rules.toml:1: not UTF-8",
        Some("save the file as UTF-8; Windows PowerShell writes UTF-16 by default"),
    );
}

#[test]
fn an_id_is_given_once_across_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["b.toml", "a.toml"] {
        fs::write(folder.path().join(name), GOOD).expect("a temporary file");
    }
    let error = RuleSet::load(&[folder.path().to_owned()]).expect_err("the same id twice");
    assert_eq!(
        complaint(&error, folder.path()).0,
        "b.toml:2: `rules[0].id`: `contoso-key` is taken by the rule at a.toml:1"
    );
}

#[test]
fn a_folder_is_read_by_name_and_other_files_are_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let second = GOOD.replace("contoso-key", "another-key");
    fs::write(folder.path().join("b.toml"), GOOD).expect("a temporary file");
    fs::write(folder.path().join("a.toml"), second).expect("a temporary file");
    fs::write(folder.path().join("notes.md"), "not TOML").expect("a temporary file");
    let set = RuleSet::load(&[folder.path().to_owned()]).expect("two rules");
    let ids: Vec<&str> = set.patterns().map(|(rule, _)| &*rule.id).collect();
    assert_eq!(ids, ["another-key", "contoso-key"]);
}

#[test]
fn what_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = RuleSet::load(&[folder.path().to_owned()]).expect_err("an empty folder");
    assert_eq!(
        error.to_string(),
        format!("no rules in {}", folder.path().display())
    );
    assert_eq!(
        error.hint().as_deref(),
        Some("rules are read from the *.toml files directly in the folder")
    );
    let missing = folder.path().join("missing.toml");
    let error = RuleSet::load(std::slice::from_ref(&missing)).expect_err("a missing file");
    assert_eq!(
        error.to_string(),
        format!("cannot read rules from {}", missing.display())
    );
    assert!(matches!(error, RuleError::Read { source, .. }
        if source.kind() == std::io::ErrorKind::NotFound));
}
