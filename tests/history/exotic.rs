//! Objects that git itself would not make: names and texts from strangers.

use patsweep::token::mint;

use crate::repo::Repo;

/// Writes a tree with these entries, whatever they are called.
fn tree(repo: &Repo, entries: &[(&str, &[u8], &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(mode.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        let digits = id.as_bytes().chunks(2);
        bytes.extend(
            digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()),
        );
    }
    let args = ["hash-object", "-t", "tree", "--literally", "-w", "--stdin"];
    repo.git_on(&args, &bytes)
}

/// A commit of `tree`, at `main`.
fn commit(repo: &Repo, tree: &str) -> String {
    let commit = repo.git(&["commit-tree", tree, "-m", "strange"]);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    commit
}

fn check_name(name: &[u8], path: &str) {
    let Some(repo) = Repo::new() else { return };
    let token = mint::pat(1);
    let blob = repo.blob(&token);
    let inner = tree(&repo, &[("100644", name, &blob)]);
    let outer = tree(&repo, &[("40000", b"folder", &inner)]);
    let commit = commit(&repo, &outer);
    let said = repo.scan("");
    let expected = format!("git-object folder/{path} {blob} {commit} true");
    assert_eq!(said.places(&token), [expected]);
    assert_eq!(said.problems(), [""; 0]);
}

#[test]
fn names_that_lead_elsewhere_stay_names() {
    check_name(b"..", "..");
    check_name(b".git", ".git");
    check_name(b"a/b", "a/b");
}

#[test]
fn names_with_control_characters_are_told_as_they_are_in_json() {
    check_name(b"a\nb\x1b[2J", "a\nb\u{1b}[2J");
    check_name(b"\xFF\xFE", "\u{FFFD}\u{FFFD}");
}

#[test]
fn a_text_report_shows_no_control_characters() {
    let Some(repo) = Repo::new() else { return };
    let blob = repo.blob(mint::pat(1));
    let root = tree(&repo, &[("100644", b"a\x1b[2Jb\rc", &blob)]);
    let commit = repo.git_on(&["commit-tree", &root], b"red \x1b[31m\n");
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    let mut printed = Vec::new();
    repo.scan_with("repo", "-o report.txt -f text -o text.txt", |command| {
        command
    });
    for name in ["report.txt", "text.txt"] {
        printed.extend(std::fs::read(repo.root().join(name)).unwrap_or_default());
    }
    assert!(!printed.is_empty());
    assert!(!printed.contains(&0x1b) && !printed.contains(&b'\r'));
}

#[test]
fn a_tree_that_ends_early_is_named() {
    let Some(repo) = Repo::new() else { return };
    let args = ["hash-object", "-t", "tree", "--literally", "-w", "--stdin"];
    let cut = repo.git_on(&args, b"100644 name\0too short");
    let said = repo.scan("");
    assert_eq!(said.problems(), [format!("corrupt repo@{cut}")]);
    assert_eq!(said.skipped(), ["tree corrupt 1"]);
    assert_eq!(said.code, 3);
}

#[test]
fn a_commit_that_is_not_utf8_is_read() {
    let Some(repo) = Repo::new() else { return };
    let (token, author) = (mint::pat(1), mint::pat(2));
    let blob = repo.blob(mint::pat(3));
    let root = tree(&repo, &[("100644", b"a.env", &blob)]);
    let mut bytes = format!("tree {root}\nauthor J").into_bytes();
    bytes.extend_from_slice(b"\xF6rg ");
    bytes.extend_from_slice(author.as_bytes());
    bytes.extend_from_slice(b" <j\xFC@example.org> 1700000000 +0100\n");
    bytes.extend_from_slice(b"committer C <c@example.org> 1700000000 +0100\n");
    bytes.extend_from_slice(b"encoding ISO-8859-1\n\n");
    bytes.extend_from_slice(b"gr\xFC\xDFe\n\n");
    bytes.extend_from_slice(token.as_bytes());
    let args = ["hash-object", "-t", "commit", "-w", "--stdin"];
    let commit = repo.git_on(&args, &bytes);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    let said = repo.scan("");
    let message = format!("git-message - {commit} {commit} true");
    assert_eq!(said.places(&token), [message.as_str()]);
    assert_eq!(said.places(&author), [message.as_str()]);
    let place = &said.finding(&mint::pat(3))["occurrences"][0];
    assert_eq!(place["commit"]["summary"], "gr\u{FFFD}\u{FFFD}e");
    assert_eq!(place["commit"]["email"], "j\u{FFFD}@example.org");
    assert_eq!(said.problems(), [""; 0]);
}

#[test]
fn commits_without_a_tree_or_a_date_are_read() {
    let Some(repo) = Repo::new() else { return };
    let (message, other) = (mint::pat(1), mint::pat(2));
    let args = [
        "hash-object",
        "-t",
        "commit",
        "--literally",
        "-w",
        "--stdin",
    ];
    let bare = repo.git_on(&args, format!("\n{message}").as_bytes());
    let odd = format!("tree {}\nauthor\ncommitter <> x\n\n{other}", "0".repeat(40));
    let odd = repo.git_on(&args, odd.as_bytes());
    let said = repo.scan("");
    assert_eq!(
        said.tokens().len(),
        2,
        "{bare} {odd}: {:?}",
        said.problems()
    );
    let object = |token: &str| said.finding(token)["occurrences"][0]["object"].clone();
    assert_eq!(object(&message), bare);
    assert_eq!(object(&other), odd);
}

#[test]
fn replaced_objects_are_read_as_they_are() {
    let Some(repo) = Repo::new() else { return };
    let token = mint::pat(1);
    repo.write("a.env", &token).commit("token");
    let old = repo.head();
    let blob = repo.git(&["rev-parse", "HEAD:a.env"]);
    repo.write("a.env", "clean\n").commit("clean");
    repo.git(&["replace", &old, "HEAD"]);
    let said = repo.scan("--no-worktree");
    let expected = format!("git-object a.env {blob} {old} true");
    assert_eq!(said.places(&token), [expected]);
}
