//! What is staged, and what is not.

use patsweep::model::IssueMonth;
use patsweep::token::{c3id, mint};

use crate::repo::{Repo, Said};

const RUN: &str = "hook run pre-commit";

/// One with hooks and a commit.
fn hooked() -> Repo {
    let repo = Repo::begun();
    assert_eq!(repo.patsweep("hook install").code, 0);
    repo
}

fn commit(repo: &Repo) -> Said {
    repo.try_git(&["commit", "-q", "-m", "more"])
}

#[test]
fn a_leak_is_blocked_with_words_that_tell_how_to_go_on() {
    let repo = hooked();
    let month = IssueMonth {
        year: 2026,
        month: 11,
    };
    let token = mint::pat_issued(1, month);
    let id = c3id(token.as_bytes());
    let shown = format!("{}…{}", &token[..4], &token[token.len() - 4..]);
    repo.write("conf/.env", format!("A=1\nPAT={token}\n"));
    repo.git(&["add", "-A"]);
    let expected = format!(
        "patsweep: this commit is blocked: it would leak 1 token\n  \
           conf/.env:2: Azure DevOps personal access token {shown}, proven: its checksum is right; \
         issued in 2026-11\n\
         Take it out of the file, `git add` the file again, then revoke it: who saw it can use it.\n\
         If it may stay, because it is revoked or opens nothing, write down why:\n  \
           patsweep baseline add --id {id} --reason 'WHY' && git add :/.patsweep-baseline.json\n\
         CI will not count that entry until it is merged.\n"
    );
    let said = commit(&repo);
    assert_eq!((said.code, said.stdout), (1, String::new()));
    assert_eq!(said.stderr, expected);
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "1");
}

#[test]
fn the_way_on_that_is_told_works() {
    let repo = hooked();
    let token = mint::pat(1);
    repo.write("a", &token);
    repo.git(&["add", "-A"]);
    commit(&repo).assert_leak();
    let id = c3id(token.as_bytes());
    let added = repo.patsweep(&format!("baseline add --id {id} --reason revoked"));
    assert_eq!(added.code, 0, "{added:?}");
    commit(&repo).assert_leak();
    repo.git(&["add", ":/.patsweep-baseline.json"]);
    let said = commit(&repo);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(
        said.stderr,
        "note: patsweep: 1 token passed over by the baseline in the index or by marks; CI does so \
         only once that is merged\n"
    );
}

#[test]
fn many_tokens_take_under_ten_lines() {
    let repo = hooked();
    for seed in 0..9 {
        repo.write(&format!("{seed}.env"), mint::pat(seed));
    }
    repo.git(&["add", "-A"]);
    let said = commit(&repo);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains(" leak 9 tokens\n"), "{}", said.stderr);
    assert!(said.stderr.contains("\n  and 6 more\n"), "{}", said.stderr);
    assert_eq!(said.stderr.lines().count(), 9);
}

#[test]
fn a_clean_commit_is_quiet() {
    let repo = hooked();
    repo.write("a", "b\n");
    repo.git(&["add", "-A"]);
    commit(&repo).assert_quiet();
}

#[test]
fn what_is_staged_counts_and_not_what_the_file_has() {
    let repo = hooked();
    repo.write("a", mint::pat(1));
    repo.git(&["add", "-A"]);
    repo.write("a", "gone\n");
    commit(&repo).assert_leak();
    repo.git(&["add", "-A"]);
    repo.write("a", mint::pat(1));
    commit(&repo).assert_quiet();
}

#[test]
fn what_is_meant_to_be_added_does_not_count() {
    let repo = hooked();
    repo.write("a", mint::pat(1));
    repo.write("b", "b\n");
    repo.git(&["add", "-N", "a"]);
    repo.git(&["add", "b"]);
    commit(&repo).assert_quiet();
}

#[test]
fn a_temporary_index_counts() {
    let repo = hooked();
    repo.write("a", mint::pat(1));
    repo.write("b", "b\n");
    repo.git(&["add", "-A"]);
    // Only what is named is committed.
    let one = |path| repo.try_git(&["commit", "-q", "-m", "one", "--", path]);
    one("b").assert_quiet();
    one("a").assert_leak();
    repo.write("b", mint::pat(2));
    repo.git(&["rm", "-q", "--cached", "a"]);
    one("b").assert_leak();
}

#[test]
fn utf_16_and_binary_files_are_read() {
    let repo = hooked();
    let wide: Vec<u8> = format!("\u{feff}PAT={}\r\n", mint::pat(1))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    repo.write("wide.txt", wide);
    repo.git(&["add", "-A"]);
    commit(&repo).assert_leak();
    repo.git(&["rm", "-q", "--cached", "wide.txt"]);
    let binary = [b"\0\x01\xff\xfe", mint::pat(2).as_bytes(), b"\0\0"].concat();
    repo.write("wide.txt", binary);
    repo.git(&["add", "-A"]);
    commit(&repo).assert_leak();
}

#[test]
fn the_first_commit_is_looked_at() {
    let repo = Repo::new();
    repo.patsweep("hook install");
    let empty = || repo.try_git(&["commit", "-q", "--allow-empty", "-m", "empty"]);
    repo.write("a", mint::pat(1));
    repo.git(&["add", "-A"]);
    commit(&repo).assert_leak();
    repo.git(&["rm", "-q", "--cached", "a"]);
    empty().assert_quiet();
}

#[test]
fn an_index_in_conflict_is_read_in_every_version() {
    let repo = Repo::begun();
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("README", mint::pat(1));
    repo.git(&["commit", "-q", "-a", "-m", "side"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.write("README", "main\n");
    repo.git(&["commit", "-q", "-a", "-m", "main"]);
    assert_ne!(repo.try_git(&["merge", "-q", "side"]).code, 0);
    repo.patsweep(RUN).assert_leak();
}

#[test]
fn a_mark_beside_the_token_lets_it_pass() {
    let repo = hooked();
    repo.write("a", format!("{} # patsweep:ignore\n", mint::pat(1)));
    repo.git(&["add", "-A"]);
    let said = commit(&repo);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains("1 token passed over"), "{said:?}");
}

#[test]
fn a_broken_baseline_blocks_and_is_called_no_leak() {
    let repo = hooked();
    repo.write(".patsweep-baseline.json", "{\"schema\":\n 7}");
    repo.git(&["add", "-A"]);
    // What the work tree has does not count.
    repo.write(".patsweep-baseline.json", "");
    let said = commit(&repo);
    assert_ne!(said.code, 0);
    assert!(
        said.stderr.contains("error: .patsweep-baseline.json:2:"),
        "{said:?}"
    );
    assert!(said.stderr.ends_with(
        "patsweep: it could not run (exit code 2)\n\
         patsweep: so it is not known what this commit holds, and it is blocked\n"
    ));
    assert!(!said.stderr.contains("leak"), "{said:?}");
    assert_eq!(repo.patsweep(RUN).code, 2);
}

#[test]
fn what_cannot_be_read_blocks_and_is_called_no_leak() {
    let repo = hooked();
    repo.write("a", "never seen before\n");
    repo.git(&["add", "-A"]);
    let blob = repo.git(&["rev-parse", ":a"]);
    let (folder, name) = blob.split_at(2);
    let object = repo.path().join(".git/objects").join(folder).join(name);
    std::fs::remove_file(&object).expect("a loose object");
    std::fs::write(&object, "no object").expect("a file");
    let said = repo.run_in(&repo.path(), ".git/hooks/pre-commit", &[], &[], b"");
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stderr.starts_with("error: patsweep: "), "{said:?}");
    assert!(said.stderr.contains(&blob), "{said:?}");
    assert!(said.stderr.ends_with(
        "patsweep: it could not read everything (exit code 3)\n\
         patsweep: so it is not known what this commit holds, and it is blocked\n"
    ));
    assert!(!said.stderr.contains("leak"), "{said:?}");
}

#[test]
fn a_submodule_bump_is_no_content() {
    let repo = hooked();
    let head = repo.git(&["rev-parse", "HEAD"]);
    let entry = format!("160000,{head},sub");
    repo.git(&["update-index", "--add", "--cacheinfo", &entry]);
    commit(&repo).assert_quiet();
}

#[test]
fn without_a_repository_it_cannot_run() {
    let repo = Repo::new();
    for args in [RUN, "hook install", "hook status"] {
        let args: Vec<&str> = args.split(' ').collect();
        let said = repo.run_in(repo.root(), crate::repo::PROGRAM, &args, &[], b"");
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.stderr.contains("cannot open a git repository at ."));
    }
}

#[test]
fn the_range_of_the_framework_is_scanned() {
    let repo = Repo::begun();
    repo.git(&["tag", "base"]);
    repo.write("a", mint::pat(1));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "leak"]);
    let range = |from, to| {
        let env = [("PRE_COMMIT_FROM_REF", from), ("PRE_COMMIT_TO_REF", to)];
        repo.patsweep_on(RUN, &env, b"").code
    };
    assert_eq!(repo.patsweep(RUN).code, 0);
    assert_eq!(range("base", "HEAD"), 1);
    assert_eq!(range("HEAD", "HEAD"), 0);
    assert_eq!(range("base", "nothing"), 2);
}

#[test]
fn variables_that_are_left_over_hide_nothing() {
    let repo = hooked();
    repo.write("a", mint::pat(1));
    repo.git(&["add", "-A"]);
    let git = ["commit", "-q", "-m", "more"];
    let env = [
        ("PRE_COMMIT_FROM_REF", "HEAD"),
        ("PRE_COMMIT_TO_REF", "HEAD"),
    ];
    let said = repo.run_in(&repo.path(), "git", &git, &env, b"");
    said.assert_leak();
    repo.patsweep_on(RUN, &[("PRE_COMMIT_REMOTE_NAME", "origin")], b"")
        .assert_leak();
}

#[test]
fn what_head_has_already_is_blocked_and_said() {
    let repo = Repo::begun();
    repo.write("a", format!("PAT={}\n", mint::pat(1)));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "leak"]);
    repo.patsweep("hook install");
    repo.write("a", format!("more\nPAT={}\n", mint::pat(1)));
    repo.git(&["add", "-A"]);
    let said = commit(&repo);
    said.assert_leak();
    let lines: Vec<&str> = said.stderr.lines().collect();
    assert_eq!(
        lines[0],
        "patsweep: this commit is blocked: it would still leak 1 token"
    );
    assert!(lines[1].starts_with("  a:2: "), "{said:?}");
    assert!(lines[1].ends_with("; HEAD has it already"), "{said:?}");
    // What is new beside it is what counts.
    repo.write("b", mint::pat(2));
    repo.git(&["add", "-A"]);
    let said = commit(&repo);
    assert!(
        said.stderr.contains(": it would leak 2 tokens\n"),
        "{said:?}"
    );
    assert_eq!(said.stderr.matches("; HEAD has it already\n").count(), 1);
}

#[test]
fn a_file_that_is_moved_is_nothing_new() {
    let repo = Repo::begun();
    repo.write("src/z", mint::pat(1));
    repo.write("vendor/a", mint::pat(2));
    repo.write(".patsweepignore", "vendor\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "leak"]);
    repo.patsweep("hook install");
    repo.git(&["mv", "src/z", "src/zz"]);
    commit(&repo).assert_quiet();
    repo.git(&["mv", "src", "deep"]);
    commit(&repo).assert_quiet();
    // Nobody has looked at that yet, and a second one is new.
    repo.git(&["mv", "vendor/a", "a"]);
    commit(&repo).assert_leak();
    repo.git(&["reset", "-q", "--hard"]);
    repo.write("copy", mint::pat(1));
    repo.git(&["add", "-A"]);
    commit(&repo).assert_leak();
    // A name that it gets is.
    repo.git(&["reset", "-q", "--hard"]);
    repo.git(&["mv", "deep/zz", &mint::pat(3)]);
    commit(&repo).assert_leak();
}

#[test]
fn folders_that_are_not_checked_out_are_compared() {
    let repo = Repo::begun();
    repo.write("in/a", "a\n");
    repo.write("out/deep/a", "a\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "more"]);
    let tip = |name: &str, file: &str, contents: &str| {
        repo.git(&["checkout", "-q", "-b", name, "main"]);
        repo.write(file, contents);
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", name]);
        repo.git(&["checkout", "-q", "main"]);
    };
    tip("clean", "out/deep/b", "b\n");
    tip("leak", "out/deep/c", &mint::pat(1));
    repo.write("in/b", "b\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "ours"]);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "clean"]);
    repo.git(&["sparse-checkout", "reapply"]);
    let staged = repo.git(&["ls-files", "--sparse", "-s", "out"]);
    assert!(staged.starts_with("040000 "), "{staged}");
    repo.patsweep(RUN).assert_quiet();
    repo.git(&["commit", "-q", "-m", "merge"]);
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "leak"]);
    repo.git(&["sparse-checkout", "reapply"]);
    let said = repo.patsweep(RUN);
    said.assert_leak();
    assert!(said.stderr.contains("\n  out/deep/c:1: "), "{said:?}");
}
