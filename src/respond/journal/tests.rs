use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::*;

const AT: Timestamp = Timestamp(1_795_341_600);

fn entry(event: Event, c3id: &str) -> Entry<'_> {
    Entry {
        event,
        plan: Some("plan"),
        c3id: Some(c3id),
        organization: Some("contoso"),
        authorization_id: None,
        evidence: json!({"status": 204, "more": ["ä", null]}),
        outcome: Some("revoked"),
    }
}

/// A folder with a journal of three lines, and their text.
fn written() -> (TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/journal.jsonl");
    let mut journal = Journal::open(&path, "Ann").unwrap();
    for event in [Event::Plan, Event::Intent, Event::Answer] {
        journal.write(entry(event, "C3ID"), AT).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    (folder, path, text)
}

#[test]
fn lines_are_chained() {
    let (_folder, path, text) = written();
    let chain = inspect(&path).unwrap();
    assert_eq!(
        chain.records,
        Journal::open(&path, "Ann").unwrap().records()
    );
    assert_eq!((chain.length, chain.torn), (text.len() as u64, 0));
    let hashes: Vec<_> = chain.records.iter().map(|it| it.hash.as_str()).collect();
    let zeros = "0".repeat(64);
    let before = [zeros.as_str(), hashes[0], hashes[1]];
    let told: Vec<_> = chain.records.iter().map(|it| it.prev.as_str()).collect();
    assert_eq!(told, before);
    assert_eq!(chain.head().hash, hashes[2]);
    assert_eq!(chain.head().seq, 3);
    // The hash is that of the line without it, its keys sorted: written out by hand.
    let first = format!(
        "{}{}{}{}{zeros}{}",
        r#"{"actor":"Ann","at":"2026-11-22T10:00:00Z","authorization_id":null,"c3id":"C3ID","#,
        r#""event":"plan","evidence":{"more":["ä",null],"status":204},"organization":"contoso","#,
        r#""outcome":"revoked","plan":"plan","#,
        r#""prev":""#,
        r#"","seq":1}"#
    );
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(first));
    assert_eq!(hashes[0], digest);
    for hash in &hashes {
        assert!(chain.holds(hash) && chain.holds(&hash.to_uppercase()));
    }
    assert!(!chain.holds(&zeros));
}

#[test]
fn any_change_shows() {
    let (_folder, _, text) = written();
    let lines: Vec<_> = text.lines().collect();
    let changed = |at: usize, line: String| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        lines[at] = line;
        lines.join("\n") + "\n"
    };
    let check = |text: String, broken: Broken| {
        assert_eq!(Chain::read(text.as_bytes()), Err(broken), "{text}");
    };
    let other = lines[1].replace("contoso", "fabrikam");
    check(changed(1, other), Broken::Changed { line: 2 });
    let added = lines[1].replace(r#","outcome""#, r#","more":1,"outcome""#);
    check(changed(1, added), Broken::Record { line: 2 });
    let twice = lines[1].replace(r#""event""#, r#""event":"plan","event""#);
    check(changed(1, twice), Broken::Record { line: 2 });
    let blank = lines[1].replace(r#","event""#, r#", "event""#);
    check(changed(1, blank), Broken::Record { line: 2 });
    check(changed(2, String::new()), Broken::Record { line: 3 });
    check(changed(0, lines[1].to_owned()), Broken::Order { line: 1 });
    let without = format!("{}\n{}\n", lines[0], lines[2]);
    check(without, Broken::Order { line: 2 });
    let again = format!("{text}{}\n", lines[2]);
    check(again, Broken::Order { line: 4 });
}

#[test]
fn an_unfinished_line_is_no_tampering() {
    let (_folder, path, text) = written();
    let third = text.trim_end().rfind('\n').unwrap() + 1;
    for end in third..text.len() {
        fs::write(&path, &text.as_bytes()[..end]).unwrap();
        let chain = inspect(&path).unwrap();
        assert_eq!(chain.records.len(), 2);
        assert_eq!(chain.torn, (end - third) as u64);
        let mut journal = Journal::open(&path, "Ann").unwrap();
        journal.write(entry(Event::Answer, "C3ID"), AT).unwrap();
        drop(journal);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_tail_that_was_cut_off_lacks_a_hash_that_was_told() {
    let (_folder, _, text) = written();
    let head = Chain::read(text.as_bytes()).unwrap().head();
    let cut = text.trim_end().rfind('\n').unwrap() + 1;
    let chain = Chain::read(&text.as_bytes()[..cut]).unwrap();
    assert!(!chain.holds(&head.hash));
}

#[test]
fn one_writes_at_a_time() {
    let (_folder, path, _) = written();
    let journal = Journal::open(&path, "Ann").unwrap();
    let second = Journal::open(&path, "Bob");
    assert!(
        matches!(second, Err(JournalError::Busy { .. })),
        "{second:?}"
    );
    drop(journal);
    assert!(Journal::open(&path, "Bob").is_ok());
}

#[test]
fn what_is_broken_is_not_written_to() {
    let (_folder, path, text) = written();
    let changed = text.replace("contoso", "fabrikam");
    fs::write(&path, &changed).unwrap();
    let opened = Journal::open(&path, "Ann");
    assert!(
        matches!(opened, Err(JournalError::Broken { .. })),
        "{opened:?}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), changed);
}

#[cfg(unix)]
#[test]
fn it_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path, _) = written();
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn each_organisation_is_acted_at_by_whom_it_knows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let actors = [("contoso".to_owned(), "Bob".to_owned())];
    let journal = Journal::open(&path, "Ann").unwrap();
    let mut journal = journal.with_actors(actors.into());
    for organization in [Some("contoso"), Some("fabrikam"), None] {
        let entry = Entry {
            organization,
            ..entry(Event::Intent, "C3ID")
        };
        journal.write(entry, AT).unwrap();
    }
    let records = inspect(&path).unwrap().records;
    let actors: Vec<_> = records.iter().map(|it| it.actor.as_str()).collect();
    assert_eq!(actors, ["Bob", "Ann", "Ann"]);
}
