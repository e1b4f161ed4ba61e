//! What is pushed.

use patsweep::token::mint;

use crate::repo::{Repo, Said};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// One with hooks and a remote, whose commits are made unseen.
fn hooked() -> Repo {
    let repo = Repo::pushed();
    assert_eq!(repo.patsweep("hook install pre-push").code, 0);
    repo
}

/// Commits a token, or something harmless.
fn commit(repo: &Repo, name: &str, contents: impl AsRef<[u8]>) {
    repo.write(name, contents);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", name]);
}

fn push(repo: &Repo, what: &[&str]) -> Said {
    repo.try_git(&[&["push", "-q", "origin"], what].concat())
}

/// The hook as git would call it.
fn told(repo: &Repo, lines: &str) -> Said {
    let args = "hook run pre-push origin ../far";
    repo.patsweep_on(args, &[], lines.as_bytes())
}

#[test]
fn what_is_new_to_the_remote_is_scanned() {
    let repo = hooked();
    commit(&repo, "a", "harmless\n");
    push(&repo, &["main"]).assert_quiet();
    commit(&repo, "b", mint::pat(1));
    repo.git(&["rm", "-q", "b"]);
    repo.git(&["commit", "-q", "-m", "take it out"]);
    let said = push(&repo, &["main"]);
    said.assert_leak();
    let commit = repo.git(&["rev-parse", "HEAD~1"]);
    let place = format!("\n  b:1 in commit {}: ", &commit[..12]);
    assert!(said.stderr.contains(&place), "{said:?}");
    assert_eq!(
        repo.git(&["-C", "../far", "rev-list", "--count", "main"]),
        "2"
    );
}

#[test]
fn what_the_remote_has_is_not_scanned_again() {
    let repo = Repo::pushed();
    commit(&repo, "a", mint::pat(1));
    repo.git(&["push", "-q", "origin", "main"]);
    repo.patsweep("hook install");
    commit(&repo, "b", "harmless\n");
    push(&repo, &["main"]).assert_quiet();
    push(&repo, &["main:refs/heads/other"]).assert_quiet();
}

#[test]
fn new_branches_tags_and_two_references_are_scanned() {
    let repo = hooked();
    repo.git(&["checkout", "-q", "-b", "side"]);
    commit(&repo, "a", mint::pat(1));
    repo.git(&["checkout", "-q", "main"]);
    commit(&repo, "b", "harmless\n");
    push(&repo, &["main", "side"]).assert_leak();
    push(&repo, &["side", "main"]).assert_leak();
    push(&repo, &["side"]).assert_leak();
    push(&repo, &["side:refs/heads/elsewhere"]).assert_leak();
    push(&repo, &["main"]).assert_quiet();
    repo.git(&["tag", "-a", "-m", &mint::pat(2), "v1"]);
    push(&repo, &["v1"]).assert_leak();
    let blob = repo.git(&["rev-parse", "side:a"]);
    repo.git(&["tag", "blob", &blob]);
    push(&repo, &["blob"]).assert_leak();
    repo.git(&["tag", "tree", "side^{tree}"]);
    push(&repo, &["tree"]).assert_leak();
}

#[test]
fn a_forced_push_is_scanned_and_a_deletion_holds_nothing() {
    let repo = hooked();
    commit(&repo, "a", "harmless\n");
    push(
        &repo,
        &["main", "main:refs/heads/gone", "main:refs/heads/lost"],
    )
    .assert_quiet();
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    commit(&repo, "b", mint::pat(1));
    push(&repo, &["--force", "main"]).assert_leak();
    push(&repo, &[":gone"]).assert_quiet();
    push(&repo, &[":lost", "main:refs/heads/new"]).assert_leak();
}

#[test]
fn where_nothing_is_told_all_that_the_remote_lacks_is_scanned() {
    let repo = hooked();
    told(&repo, "").assert_quiet();
    push(&repo, &["main"]).assert_quiet();
    repo.git(&["checkout", "-q", "-b", "side"]);
    commit(&repo, "a", mint::pat(1));
    repo.git(&["checkout", "-q", "main"]);
    told(&repo, "").assert_leak();
    repo.patsweep("hook run pre-push").assert_leak();
    let head = repo.git(&["rev-parse", "main"]);
    let line = format!("refs/heads/main {head} refs/heads/main {ZERO}\n");
    told(&repo, &line).assert_quiet();
}

#[test]
fn an_object_that_only_the_remote_has_is_passed_over() {
    let repo = hooked();
    commit(&repo, "a", mint::pat(1));
    let head = repo.git(&["rev-parse", "main"]);
    let unknown = "1234567890".repeat(4);
    told(
        &repo,
        &format!("refs/heads/main {head} refs/heads/main {unknown}\n"),
    )
    .assert_leak();
    let gone = told(
        &repo,
        &format!("refs/heads/main {unknown} refs/heads/main {ZERO}\n"),
    );
    assert_eq!(gone.code, 2, "{gone:?}");
}

#[test]
fn lines_that_git_does_not_write_are_refused() {
    let repo = hooked();
    let said = told(&repo, "refs/heads/main\n");
    assert_eq!(
        said,
        Said {
            code: 2,
            stdout: String::new(),
            stderr: "error: cannot understand line 1 of standard input as one that git gives to \
                     pre-push\n"
                .to_owned(),
        }
    );
}

#[test]
fn a_push_to_an_address_is_compared_with_its_remote() {
    let repo = hooked();
    let to_far = |branch: &str| repo.try_git(&["push", "-q", "../far", branch]);
    to_far("main:refs/heads/copy").assert_quiet();
    commit(&repo, "a", mint::pat(1));
    to_far("main:refs/heads/copy").assert_leak();
}

#[test]
fn a_hook_that_was_there_gets_the_lines_too() {
    let repo = Repo::pushed();
    repo.script(
        ".git/hooks/pre-push",
        "cat > \"$GIT_DIR/../seen\"; echo \"$@\" >> seen",
    );
    repo.git(&["config", "core.hooksPath", ".git/hooks"]);
    repo.patsweep("hook install pre-push");
    commit(&repo, "a", mint::pat(1));
    repo.script(
        ".git/hooks/pre-push.before-patsweep",
        "cat > .git/seen; echo \"$@\" >> .git/seen",
    );
    push(&repo, &["main"]).assert_leak();
    let seen = std::fs::read_to_string(repo.path().join(".git/seen")).expect("it ran");
    let (here, there) = (
        repo.git(&["rev-parse", "main"]),
        repo.git(&["rev-parse", "main~1"]),
    );
    assert_eq!(
        seen,
        format!("refs/heads/main {here} refs/heads/main {there}\norigin ../far\n")
    );
}

#[test]
fn the_framework_tells_what_is_pushed() {
    let repo = Repo::pushed();
    let base = repo.git(&["rev-parse", "HEAD"]);
    commit(&repo, "a", mint::pat(1));
    let head = repo.git(&["rev-parse", "HEAD"]);
    let run = |env: &[(&str, &str)]| {
        let remote = [("PRE_COMMIT_REMOTE_NAME", "origin")];
        repo.patsweep_on("hook run pre-push", &[&remote, env].concat(), b"")
    };
    let (from, to) = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF");
    run(&[(from, &base), (to, &head)]).assert_leak();
    run(&[("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main")]).assert_leak();
    run(&[]).assert_leak();
    // It may tell of one reference of several.
    run(&[(from, &base), (to, &base)]).assert_leak();
    repo.git(&["reset", "-q", "--hard", &base]);
    run(&[(from, &base), (to, &base)]).assert_quiet();
}

#[test]
fn what_the_framework_does_not_tell_of_is_scanned_too() {
    let repo = Repo::pushed();
    let base = repo.git(&["rev-parse", "HEAD"]);
    commit(&repo, "b", "harmless\n");
    let head = repo.git(&["rev-parse", "HEAD"]);
    let env = [
        ("PRE_COMMIT_REMOTE_NAME", "origin"),
        ("PRE_COMMIT_REMOTE_URL", "../far"),
        ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/main"),
        ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main"),
        ("PRE_COMMIT_FROM_REF", &base),
        ("PRE_COMMIT_TO_REF", &head),
    ];
    let run = || repo.patsweep_on("hook run pre-push", &env, b"");
    run().assert_quiet();
    // What others have is not sent.
    repo.git(&["checkout", "-q", "-b", "side"]);
    commit(&repo, "a", mint::pat(1));
    repo.git(&["update-ref", "refs/remotes/other/side", "side"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-q", "-D", "side"]);
    run().assert_quiet();
    repo.git(&["branch", "-q", "side", "refs/remotes/other/side"]);
    run().assert_leak();
    // Nor does another server have what is tracked.
    repo.git(&["branch", "-q", "-D", "side"]);
    repo.git(&[
        "update-ref",
        "refs/remotes/origin/side",
        "refs/remotes/other/side",
    ]);
    repo.git(&["branch", "-q", "side", "refs/remotes/other/side"]);
    run().assert_quiet();
    let mut moved = env;
    moved[1].1 = "../new";
    let said = repo.patsweep_on("hook run pre-push", &moved, b"");
    said.assert_leak();
}

#[test]
fn the_message_of_a_tag_is_told_from_that_of_a_commit() {
    let repo = hooked();
    repo.git(&["tag", "-a", "-m", &mint::pat(1), "v1"]);
    let said = push(&repo, &["v1"]);
    said.assert_leak();
    for expected in [
        "\n  line 1 of the message of a tag: ",
        "\nDelete the tag (`git tag -d`), and write it without the token if it is needed, then ",
    ] {
        assert!(said.stderr.contains(expected), "{said:?}");
    }
}

#[test]
fn names_of_branches_and_tags_are_scanned() {
    let repo = hooked();
    let token = mint::pat(1);
    let shown = format!("{}…{}", &token[..4], &token[token.len() - 4..]);
    for name in ["refs/heads/", "refs/tags/", "refs/heads/feature/"] {
        let said = push(&repo, &[&format!("main:{name}{token}")]);
        said.assert_leak();
        assert!(
            said.stderr
                .contains(&format!("\n  the name {name}{shown}: ")),
            "{said:?}"
        );
        assert!(
            said.stderr.contains("\nPush it under another name, then "),
            "{said:?}"
        );
    }
    // A local name is not sent, and one that is there already is nothing new.
    repo.git(&["branch", "-q", &token]);
    push(&repo, &[&format!("{token}:refs/heads/plain")]).assert_quiet();
    repo.git(&["push", "-q", "--no-verify", "origin", &token]);
    push(&repo, &[&format!(":refs/heads/{token}")]).assert_quiet();
    told(&repo, "").assert_leak();
    repo.git(&["push", "-q", "--no-verify", "origin", &token]);
    told(&repo, "").assert_quiet();
}

#[test]
fn references_that_cannot_be_read_are_no_green() {
    let repo = hooked();
    repo.git(&["checkout", "-q", "-b", "topic"]);
    commit(&repo, "a", mint::pat(1));
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["pack-refs", "--all"]);
    let packed = repo.path().join(".git/packed-refs");
    let text = std::fs::read_to_string(&packed).expect("references");
    std::fs::write(&packed, format!("{text}what is this\n")).expect("references");
    let said = told(&repo, "");
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.stderr.contains("its references cannot be read"),
        "{said:?}"
    );
}

#[test]
fn what_is_left_out_is_said() {
    let repo = hooked();
    commit(&repo, "conf/.patsweepignore", "*.env\n");
    commit(&repo, "conf/a.env", mint::pat(1));
    let said = push(&repo, &["main"]);
    assert_eq!(said.code, 0, "{said:?}");
    let expected = "patsweep: 1 file left out by patsweep.toml, .patsweepignore or your own \
                    configuration; CI goes by what is merged";
    assert!(said.stderr.contains(expected), "{said:?}");
}
