//! Whom is pushed to: what another server is said to have is not known there.

use patsweep::token::mint;

use crate::repo::{Repo, Said};

/// One with hooks whose remote has a token already, and a branch that nobody has.
fn leaked() -> Repo {
    let repo = Repo::pushed();
    repo.write("a", mint::pat(1));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "leak"]);
    repo.git(&["push", "-q", "origin", "main"]);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "more"]);
    repo.git(&["init", "-q", "--bare", "../new"]);
    assert_eq!(repo.patsweep("hook install pre-push").code, 0);
    repo
}

fn push(repo: &Repo, what: &str) -> Said {
    repo.try_git(&["push", "-q", "origin", what])
}

#[test]
fn another_server_has_nothing_that_the_old_one_had() {
    let repo = leaked();
    repo.git(&["remote", "set-url", "origin", "../new"]);
    push(&repo, "main").assert_leak();
    let repo = leaked();
    repo.git(&["remote", "set-url", "--push", "origin", "../new"]);
    push(&repo, "main").assert_leak();
    // Nothing that git says contradicts it, but it is sent elsewhere.
    push(&repo, "main:refs/heads/fresh").assert_leak();
    push(&repo, "main~1:refs/tags/fresh").assert_leak();
    let repo = leaked();
    repo.git(&["remote", "set-url", "--add", "origin", "../new"]);
    push(&repo, "main:refs/heads/fresh").assert_leak();
}

#[test]
fn what_git_makes_of_an_address_is_the_same_server() {
    let rewritten = |key: &str| {
        let repo = leaked();
        repo.git(&["config", key, "there:"]);
        repo.git(&["remote", "set-url", "origin", "there:far"]);
        repo
    };
    for key in ["url.../.insteadOf", "url.../.pushInsteadOf"] {
        push(&rewritten(key), "main:refs/heads/fresh").assert_quiet();
    }
    let repo = leaked();
    repo.git(&["remote", "set-url", "origin", "there:far"]);
    let path = repo.write("../mine", "[url \"../\"]\n\tinsteadOf = there:\n");
    let env = [("GIT_CONFIG_GLOBAL", path.to_str().expect("text"))];
    let push = ["push", "-q", "origin", "main:refs/heads/fresh"];
    let said = repo.run_in(&repo.path(), "git", &push, &env, b"");
    said.assert_quiet();
}

#[test]
fn what_was_fetched_long_ago_is_still_there() {
    let repo = leaked();
    let old = repo.git(&["rev-parse", "main~2"]);
    repo.git(&[
        "push",
        "-q",
        "--no-verify",
        "origin",
        "main~1:refs/heads/side",
    ]);
    repo.git(&["update-ref", "refs/remotes/origin/main", &old]);
    let both = ["push", "-q", "origin", "main", "main:refs/heads/fresh"];
    repo.try_git(&both).assert_quiet();
    // What was taken back there is not known to be there.
    let repo = leaked();
    let old = repo.git(&["rev-parse", "main~2"]);
    repo.git(&["-C", "../far", "update-ref", "refs/heads/main", &old]);
    push(&repo, "main").assert_leak();
}

#[test]
fn the_names_of_remotes_may_be_nested() {
    let repo = Repo::pushed();
    repo.git(&["init", "-q", "--bare", "../other"]);
    repo.git(&["config", "remote.origin/x.url", "../other"]);
    let fetched = "+refs/heads/*:refs/remotes/origin/x/*";
    repo.git(&["config", "remote.origin/x.fetch", fetched]);
    repo.write("a", mint::pat(1));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "leak"]);
    repo.git(&["push", "-q", "origin/x", "main"]);
    repo.git(&["rev-parse", "refs/remotes/origin/x/main"]);
    assert_eq!(repo.patsweep("hook install pre-push").code, 0);
    push(&repo, "main:refs/heads/fresh").assert_leak();
    let there = ["push", "-q", "origin/x", "main:refs/heads/fresh"];
    repo.try_git(&there).assert_quiet();
}
