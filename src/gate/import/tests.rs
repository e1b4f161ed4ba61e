//! Files of other scanners, as their documentation has them, and what is read of them.

use super::*;

fn claim(number: usize, place: Option<(&str, u64, Option<&str>)>, value: Told) -> Claim {
    Claim {
        number,
        place: place.map(|(path, line, commit)| Place {
            path: path.to_owned(),
            line,
            commit: commit.map(str::to_owned),
        }),
        value,
    }
}

fn whole(text: &str) -> Told {
    Told::Whole(Secret::new(text.as_bytes()))
}

#[track_caller]
fn check(peer: Peer, text: &str, expected: &[Claim]) {
    assert_eq!(parse(peer, text.as_bytes()), Ok(expected.to_vec()));
}

#[track_caller]
fn check_flaw(peer: Peer, text: &str, expected: &str) {
    let flaw = parse(peer, text.as_bytes()).unwrap_err().to_string();
    assert_eq!(flaw, expected);
}

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn gitleaks_reports_and_its_ignore_file() {
    let finding = |secret: &str, commit: &str| {
        format!(
            r#"{{"RuleID": "generic-api-key", "Description": "", "StartLine": 4, "EndLine": 4,
            "StartColumn": 5, "EndColumn": 60, "Match": "x", "Secret": "{secret}",
            "File": "a/.env", "SymlinkFile": "", "Commit": "{commit}", "Entropy": 3.5,
            "Tags": [], "Fingerprint": "a/.env:generic-api-key:4"}}"#
        )
    };
    let text = format!(
        "[{},{},{}]",
        finding("s3cret", ""),
        finding("REDACTED", COMMIT),
        finding("s3...", "")
    );
    let start = Told::Start(Secret::new(b"s3"));
    check(
        Peer::Gitleaks,
        &text,
        &[
            claim(1, Some(("a/.env", 4, None)), whole("s3cret")),
            claim(2, Some(("a/.env", 4, Some(COMMIT))), Told::Nothing),
            claim(3, Some(("a/.env", 4, None)), start),
        ],
    );
    let text = format!("# known\n\n{COMMIT}:a:b/.env:generic-api-key:4\r\nc.env:rule:12\n");
    check(
        Peer::Gitleaks,
        &text,
        &[
            claim(1, Some(("a:b/.env", 4, Some(COMMIT))), Told::Nothing),
            claim(2, Some(("c.env", 12, None)), Told::Nothing),
        ],
    );
    check_flaw(
        Peer::Gitleaks,
        "\nwhat",
        "2:0: it is neither JSON nor FILE:RULE:LINE",
    );
    check_flaw(
        Peer::Gitleaks,
        "[{\"StartLine\": \"s3cret\"}]",
        "1:23: that is not what this format has there",
    );
}

#[test]
fn detect_secrets_has_hashes() {
    let text = r#"{"version": "1.5.0", "plugins_used": [], "results": {"a.py": [
        {"type": "Secret Keyword", "filename": "a.py", "hashed_secret": "AB01",
         "is_verified": false, "line_number": 3}]}, "generated_at": "2026-11-22T00:00:00Z"}"#;
    let hash = Told::Sha1("ab01".to_owned());
    check(
        Peer::DetectSecrets,
        text,
        &[claim(1, Some(("a.py", 3, None)), hash)],
    );
    check_flaw(
        Peer::DetectSecrets,
        "{}",
        "1:2: that is not what this format has there",
    );
    check_flaw(Peer::DetectSecrets, "{", "1:1: it ends too early");
}

#[test]
fn kingfisher_reports_and_baselines() {
    let record = format!(
        r#"{{"rule": {{"name": "x", "id": "y"}}, "finding": {{"snippet": "s3cret",
        "fingerprint": "1", "line": 5, "column_start": 0, "path": "/r/a.env",
        "git_metadata": {{"commit": {{"id": "{COMMIT}"}}, "file": {{"path": "a.env"}}}}}}}}"#
    )
    .replace('\n', " ");
    let plain = r#"{"finding": {"snippet": "[REDACTED:1f]", "line": 6, "path": "/r/b.env"}}"#;
    let expected = [
        claim(1, Some(("a.env", 5, Some(COMMIT))), whole("s3cret")),
        claim(2, Some(("/r/b.env", 6, None)), Told::Nothing),
    ];
    let envelope = format!("{{\"findings\": [{record}, {plain}], \"stats\": {{}}}}");
    check(Peer::Kingfisher, &envelope, &expected);
    check(Peer::Kingfisher, &format!("{record}\n{plain}\n"), &expected);
    check(Peer::Kingfisher, &format!("[{record},{plain}]"), &expected);
    let baseline = concat!(
        "ExactFindings:\n  matches:\n  - filepath: r/a b.env\n",
        "    fingerprint: '389162583612032034'\n    linenum: 52\n",
        "    lastupdated: Mon, 14 Jul 2025 10:17:56 -0700\n",
        "  - filepath: 'it''s'\n    fingerprint: '1'\n    linenum: 2\n    lastupdated: then\n",
    );
    check(
        Peer::Kingfisher,
        baseline,
        &[
            claim(1, Some(("r/a b.env", 52, None)), Told::Nothing),
            claim(2, Some(("it's", 2, None)), Told::Nothing),
        ],
    );
    check(Peer::Kingfisher, "ExactFindings:\n  matches: []\n", &[]);
    check_flaw(
        Peer::Kingfisher,
        "{\"a\": 1}",
        "1:0: it is no report of kingfisher",
    );
    check_flaw(
        Peer::Kingfisher,
        "ExactFindings:\n  matches:\n  - filepath: a\n    secret: b\n",
        "4:0: it is no baseline of kingfisher",
    );
}

#[test]
fn trufflehog_has_a_line_for_each() {
    let git = format!(
        r#"{{"SourceMetadata":{{"Data":{{"Git":{{"commit":"{COMMIT}","file":"a.env","line":3}}}}}},"Raw":"s3cret","RawV2":"s3cret contoso"}}"#
    );
    let log = r#"{"level":"info-0","ts":"2026","logger":"trufflehog","msg":"finished scanning"}"#;
    let file = r#"{"SourceMetadata":{"Data":{"Filesystem":{"file":"b.env","line":1}}},"Raw":"x"}"#;
    check(
        Peer::Trufflehog,
        &format!("{git}\n{log}\n{file}\n"),
        &[
            claim(1, Some(("a.env", 3, Some(COMMIT))), whole("s3cret")),
            claim(2, Some(("b.env", 1, None)), whole("x")),
        ],
    );
    check_flaw(
        Peer::Trufflehog,
        "{}",
        "1:0: it is no finding of TruffleHog",
    );
    check_flaw(
        Peer::Trufflehog,
        "{\"Raw\":\"x\"}\nnope",
        "2:2: it is no JSON",
    );
}
