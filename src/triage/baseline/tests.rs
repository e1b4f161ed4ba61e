//! What a baseline says is what was written, and what is broken is said with its place.

use crate::model::{FindingId, Timestamp};

use super::*;

/// 2026-11-22T00:00:00Z.
const NOW: Timestamp = Timestamp(1_795_305_600);

fn entry(letter: char, expires: Option<&str>) -> Entry {
    Entry {
        c3id: letter.to_string().repeat(20),
        reason: "revoked".to_owned(),
        owner: None,
        added: parse_day("2026-11-01").unwrap(),
        expires: expires.map(|day| parse_day(day).unwrap()),
    }
}

fn baseline(entries: &[Entry]) -> Baseline {
    Baseline {
        entries: entries.to_vec(),
    }
}

fn id(letter: char) -> FindingId {
    FindingId::C3id(letter.to_string().repeat(20))
}

#[test]
fn one_entry_a_line_sorted_and_read_back() {
    let mut second = entry('B', Some("2027-01-31"));
    second.owner = Some("Ops \"team\"".to_owned());
    let bytes = baseline(&[second.clone(), entry('A', None)]).to_bytes();
    let text = concat!(
        "{\"schema\":\"patsweep-baseline/1\",\"entries\":[\n",
        "{\"c3id\":\"AAAAAAAAAAAAAAAAAAAA\",\"reason\":\"revoked\",\"added\":\"2026-11-01\"},\n",
        "{\"c3id\":\"BBBBBBBBBBBBBBBBBBBB\",\"reason\":\"revoked\",\"owner\":\"Ops \\\"team\\\"\",",
        "\"added\":\"2026-11-01\",\"expires\":\"2027-01-31\"},\n",
        "null]}\n",
    );
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), text);
    let read = Baseline::parse(&bytes).unwrap();
    assert_eq!(read.entries(), [entry('A', None), second]);
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(
        Baseline::parse(&baseline(&[]).to_bytes()),
        Ok(baseline(&[]))
    );
}

/// Checks pairs of a text and what is wrong with it.
#[track_caller]
fn check_flaws<T: AsRef<str>>(cases: &[(T, &str)]) {
    let parse = |text: &T| Baseline::parse(text.as_ref().as_bytes());
    let found = cases.iter().map(|(text, _)| parse(text).unwrap_err());
    let found: Vec<String> = found.map(|flaw| flaw.to_string()).collect();
    let expected: Vec<&str> = cases.iter().map(|(_, expected)| *expected).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_is_broken_is_said_with_its_place() {
    let head = "{\"schema\":\"patsweep-baseline/1\",\"entries\":[\n";
    let good = "{\"c3id\":\"AAAAAAAAAAAAAAAAAAAA\",\"reason\":\"r\",\"added\":\"2026-11-01\"}";
    let edited = |from: &str, to: &str| format!("{head}{}]}}", good.replace(from, to));
    check_flaws(&[
        (String::new(), "1:1: a JSON object is needed"),
        ("[]".to_owned(), "1:1: a JSON object is needed"),
        ("{}".to_owned(), "1:2: missing field `schema`"),
        (format!("{head}{good}"), "2:65: EOF while parsing a list"),
        (
            format!("{head}<<<<<<< HEAD\n{good},\nnull]}}"),
            "2:1: expected value",
        ),
        (
            format!("{head}{good},\n{good}\n{good}]}}"),
            "4:1: expected `,` or `]`",
        ),
        (
            format!("{head}\"{good_c3id}\"]}}", good_c3id = "A".repeat(20)),
            "2:22: a value is not what is needed there",
        ),
        (
            "{\"schema\":\"patsweep-baseline/1\",\"entries\":[],\"s3cret\":1}".to_owned(),
            "1:53: a field is not known",
        ),
        (
            format!("{head}null,\n{good}]}}"),
            "3:66: an entry behind `null`",
        ),
        (
            edited("\"AAAA", "\"AA"),
            "2:28: `c3id` is no C3ID: 20 characters of base64",
        ),
        (
            edited("\"r\"", "\" \""),
            "2:43: a reason or an owner is empty",
        ),
        (
            edited("2026-11-01", "1.11.2026"),
            "2:64: a date is not written as in 2026-11-22",
        ),
        (
            edited("\"reason\":\"r\",", ""),
            "2:52: missing field `reason`",
        ),
        (
            edited("added", "path"),
            "2:50: an entry has a field that is none of c3id, reason, owner, added, expires",
        ),
        (
            edited("\"reason\"", "\"reason\":\"x\",\"reason\""),
            "2:56: an entry has a field twice",
        ),
    ]);
}

#[test]
fn a_later_version_is_told_from_a_broken_file() {
    let text = "{\"schema\":\n\"patsweep-baseline/2\",\"entries\":{\"new\":1}}";
    let flaw = Baseline::parse(text.as_bytes()).unwrap_err();
    assert_eq!(
        flaw.to_string(),
        "2:21: it is of a later version: patsweep-baseline/2, and this program reads \
         patsweep-baseline/1"
    );
    assert!(flaw.is_newer);
    check_flaws(&[(
        "{\"schema\":\"patsweep-report/1\"}",
        "1:30: its schema is another one, and patsweep-baseline/1 is needed",
    )]);
}

#[test]
fn an_entry_holds_until_the_day_on_which_it_expires() {
    let all = baseline(&[
        entry('A', None),
        entry('B', Some("2026-11-22")),
        entry('C', Some("2026-11-23")),
    ]);
    let expired = |letter| all.entry(&id(letter), NOW).map(|it| it.is_expired(NOW));
    assert_eq!(expired('A'), Some(false));
    assert_eq!(expired('B'), Some(true));
    assert_eq!(expired('C'), Some(false));
    assert_eq!(expired('D'), None);
    assert_eq!(all.entry(&FindingId::Salted("A".repeat(20)), NOW), None);
    // Of two entries, as a merge brings them, the one that holds counts.
    let doubled = baseline(&[entry('A', Some("2026-11-22")), entry('A', None)]);
    assert_eq!(doubled.entry(&id('A'), NOW), Some(&entry('A', None)));
    assert_eq!(doubled.duplicates(), ["A".repeat(20)]);
}

#[test]
fn what_holds_stays_and_what_has_expired_is_renewed() {
    let mut all = baseline(&[entry('B', None), entry('C', Some("2026-11-01"))]);
    let other = |letter| Entry {
        reason: "other".to_owned(),
        ..entry(letter, None)
    };
    assert_eq!(all.add(other('B'), NOW), Added::Known);
    assert_eq!(all.add(other('C'), NOW), Added::Renewed);
    assert_eq!(all.add(other('A'), NOW), Added::New);
    assert_eq!(all.entries(), [other('A'), entry('B', None), other('C')]);
}
