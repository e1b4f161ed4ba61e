//! What a server is about to receive.

use std::fs;
use std::path::PathBuf;

use patsweep::token::mint;

use crate::repo::{PROGRAM, Repo, Said};

const RUN: [&str; 3] = ["hook", "run", "pre-receive"];

/// One whose remote looks at what it receives.
fn guarded() -> Repo {
    let repo = Repo::pushed();
    let script = format!("exec '{PROGRAM}' hook run pre-receive");
    repo.script("../far/hooks/pre-receive", &script);
    repo
}

fn commit(repo: &Repo, name: &str, contents: impl AsRef<[u8]>) {
    repo.write(name, contents);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", name]);
}

fn push(repo: &Repo, what: &[&str]) -> Said {
    repo.try_git(&[&["push", "-q", "origin"], what].concat())
}

/// The hook on objects that wait in `incoming`, as git would call it.
fn received(repo: &Repo, lines: &str) -> Said {
    let (far, incoming) = (repo.root().join("far"), incoming(repo));
    let objects = far.join("objects");
    let env = [
        ("GIT_DIR", "."),
        ("GIT_QUARANTINE_PATH", incoming.to_str().expect("text")),
        ("GIT_OBJECT_DIRECTORY", incoming.to_str().expect("text")),
        (
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            objects.to_str().expect("text"),
        ),
    ];
    repo.run_in(&far, PROGRAM, &RUN, &env, lines.as_bytes())
}

fn incoming(repo: &Repo) -> PathBuf {
    let folder = repo.root().join("far/objects/incoming");
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Writes an object of this kind into quarantine.
fn send(repo: &Repo, kind: &str, contents: impl AsRef<[u8]>) -> String {
    let incoming = incoming(repo);
    let env = [("GIT_OBJECT_DIRECTORY", incoming.to_str().expect("text"))];
    let args = ["hash-object", "-w", "--literally", "--stdin", "-t", kind];
    let said = repo.run_in(&repo.path(), "git", &args, &env, contents.as_ref());
    assert_eq!(said.code, 0, "{said:?}");
    said.stdout.trim().to_owned()
}

#[test]
fn a_leak_is_refused_however_it_is_stored() {
    let repo = guarded();
    for limit in ["1", "100"] {
        repo.git(&["-C", "../far", "config", "receive.unpackLimit", limit]);
        commit(&repo, &format!("clean {limit}"), limit);
        push(&repo, &["main"]).assert_quiet();
        commit(&repo, "a", mint::pat(1));
        let said = push(&repo, &["main"]);
        said.assert_leak();
        assert!(said.stderr.contains("remote:   a:1 in commit "), "{said:?}");
        assert!(
            said.stderr.contains("whoever runs this server can"),
            "{said:?}"
        );
        push(&repo, &["main:refs/heads/new"]).assert_leak();
        repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
    push(&repo, &["main:refs/heads/gone"]).assert_quiet();
    push(&repo, &[":gone"]).assert_quiet();
}

#[test]
fn what_is_pushed_lets_nothing_pass() {
    let repo = guarded();
    let token = mint::pat(1);
    repo.write("a", format!("{token} # patsweep:ignore\n"));
    let added = repo.patsweep("baseline add --no-config --reason mine");
    assert_eq!(added.code, 0, "{added:?}");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "all of it"]);
    push(&repo, &["main"]).assert_leak();
}

#[test]
fn what_no_reference_leads_to_is_scanned() {
    let repo = Repo::pushed();
    let head = repo.git(&["rev-parse", "HEAD"]);
    let line = format!("{head} {head} refs/heads/main\n");
    send(&repo, "blob", "harmless");
    received(&repo, &line).assert_quiet();
    let blob = send(&repo, "blob", mint::pat(1));
    let said = received(&repo, &line);
    said.assert_leak();
    let place = format!("\n  line 1 of the object {}: ", &blob[..12]);
    assert!(said.stderr.contains(&place), "{said:?}");
    fs::remove_dir_all(incoming(&repo)).expect("a folder");
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let who = "Ada <ada@example.com> 1700000000 +0000";
    let token = mint::pat(2);
    let message = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\n{token}\n");
    send(&repo, "commit", message);
    received(&repo, &line).assert_leak();
    // It holds only what is refused, so nothing is left of it.
    let gone = "0".repeat(40);
    received(&repo, &format!("{head} {gone} refs/heads/main\n")).assert_leak();
}

#[test]
fn names_that_no_reference_leads_to_are_scanned() {
    let repo = Repo::pushed();
    let head = repo.git(&["rev-parse", "HEAD"]);
    let blob = repo.git(&["rev-parse", "HEAD:README"]);
    let id: Vec<u8> = (0..20)
        .map(|at| u8::from_str_radix(&blob[2 * at..2 * at + 2], 16).expect("hex"))
        .collect();
    let name = mint::pat(3);
    let tree = [format!("100644 {name}\0").as_bytes(), &id].concat();
    send(&repo, "tree", tree);
    let said = received(&repo, &format!("{head} {head} refs/heads/main\n"));
    said.assert_leak();
    assert!(!said.stderr.contains(&name), "{said:?}");
}

#[test]
fn names_of_references_are_scanned() {
    let repo = guarded();
    let token = mint::pat(4);
    push(&repo, &[&format!("main:refs/heads/feature/{token}")]).assert_leak();
}

#[test]
fn what_was_there_before_is_not_received() {
    let repo = Repo::pushed();
    commit(&repo, "a", mint::pat(1));
    repo.git(&["push", "-q", "origin", "main"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    // As it comes where something else is built on it.
    send(&repo, "blob", mint::pat(1));
    received(&repo, &format!("{head} {head} refs/heads/main\n")).assert_quiet();
}

#[test]
fn nothing_told_is_no_clean_push() {
    let repo = Repo::pushed();
    for lines in ["", "x\n"] {
        let said = received(&repo, lines);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(!said.stderr.contains("leak"), "{said:?}");
    }
}
