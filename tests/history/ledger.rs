//! The ledger: as many objects are seen as git itself counts, of each kind.

use std::collections::BTreeMap;

use crate::repo::Repo;

/// Objects by kind, as git counts them.
fn by_git(repo: &Repo) -> BTreeMap<String, u64> {
    let lines = repo.git(&[
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objecttype)",
    ]);
    let mut counts = BTreeMap::new();
    for kind in lines.lines() {
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    counts
}

fn check(repo: &Repo) {
    let expected = by_git(repo);
    assert!(expected["blob"] > 0);
    let said = repo.scan("--accept-incomplete references");
    assert_eq!(said.objects(), expected);
    assert_eq!(said.skipped(), [""; 0]);
    let scanned: u64 = expected.values().sum();
    assert_eq!(said.report["summary"]["objects"], scanned);
    assert_eq!(said.report["coverage"]["complete"], true);
    assert_eq!(said.code, 0);
}

/// Commits with folders, and an annotated tag.
fn fill(repo: &Repo, name: &str) {
    for at in 0..5 {
        repo.write(&format!("{name}/{at}.txt"), format!("{name} {at}\n"))
            .write(&format!("{name}/changes.txt"), format!("{at}\n").repeat(99))
            .commit(name);
    }
    repo.git(&["tag", "-a", name, "-m", name]);
}

#[test]
fn loose_objects() {
    let Some(repo) = Repo::new() else { return };
    fill(&repo, "loose");
    check(&repo);
}

#[test]
fn several_packs_with_the_same_objects() {
    let Some(repo) = Repo::new() else { return };
    fill(&repo, "one");
    repo.git(&["repack", "-q", "-a"]);
    fill(&repo, "two");
    repo.git(&["repack", "-q", "-a"]);
    fill(&repo, "three");
    let ids = repo.git(&[
        "rev-list",
        "--objects",
        "--no-object-names",
        "refs/tags/one",
    ]);
    repo.git_on(
        &["pack-objects", "-q", ".git/objects/pack/pack"],
        ids.as_bytes(),
    );
    assert_eq!(repo.all("objects/pack", ".pack").len(), 3);
    // Nothing was pruned: all of them stand there loose, too.
    assert!(
        repo.loose(&repo.git(&["rev-parse", "refs/tags/one"]))
            .exists()
    );
    check(&repo);
}

#[test]
fn alternates_of_alternates() {
    let Some(first) = Repo::new() else { return };
    fill(&first, "first");
    let second = first.beside(&["clone", "-q", "--shared", "repo"], "second");
    fill(&second, "second");
    second.git(&["repack", "-q", "-d", "-l"]);
    let third = first.beside(&["clone", "-q", "--shared", "second"], "third");
    fill(&third, "third");
    check(&third);
}

#[test]
fn cruft_and_garbage() {
    let Some(repo) = Repo::new() else { return };
    fill(&repo, "kept");
    repo.git(&["checkout", "-q", "--orphan", "gone"]);
    fill(&repo, "gone");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "gone"]);
    repo.git(&["tag", "-d", "gone"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--cruft", "--prune=never"]);
    repo.blob("dangling\n");
    check(&repo);
}

#[test]
fn names_of_sha256() {
    let args = ["init", "-q", "-b", "main", "--object-format=sha256"];
    let Some(repo) = Repo::with(&args) else {
        return;
    };
    fill(&repo, "packed");
    repo.git(&["repack", "-q", "-a", "-d"]);
    fill(&repo, "loose");
    check(&repo);
}
