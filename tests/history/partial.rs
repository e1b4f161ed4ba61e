//! Clones that do not hold everything: partial and shallow ones.

use std::fs;

use patsweep::token::mint;

use crate::repo::Repo;

/// A repository with an old and a new version of a file, and a token in the new one.
fn upstream() -> Option<(Repo, String)> {
    let repo = Repo::new()?;
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let token = mint::pat(1);
    repo.write("a.env", "old\n")
        .write("same.txt", "same\n")
        .commit("old");
    repo.write("a.env", format!("new {token}\n")).commit("new");
    repo.write("b.txt", "b\n").commit("newest");
    Some((repo, token))
}

fn url(repo: &Repo) -> String {
    format!("file://{}", repo.path().display())
}

#[test]
fn what_a_partial_clone_lacks_is_counted() {
    let Some((repo, token)) = upstream() else {
        return;
    };
    let args = ["clone", "-q", "--filter=blob:none", &url(&repo)];
    let clone = repo.beside(&args, "partial");
    let said = clone.scan("");
    assert_eq!(said.outside(), ["missing_promisor 1"]);
    assert_eq!(said.problems(), ["promisor partial/.git"]);
    assert_eq!(said.tokens(), [token]);
    assert_eq!(said.code, 1);

    clone.git(&["checkout", "-q", "HEAD~2"]);
    clone.write("a.env", "old\n");
    clone.git(&["config", "--unset", "remote.origin.promisor"]);
    let said = clone.scan("--no-worktree");
    assert_eq!(said.outside(), [""; 0]);
}

#[test]
fn a_pack_alone_can_say_that_a_remote_keeps_the_rest() {
    let Some((repo, _)) = upstream() else { return };
    let args = ["clone", "-q", "--bare", "--filter=blob:none", &url(&repo)];
    let clone = repo.beside(&args, "partial");
    let blobs = 4;
    clone.git(&["config", "--unset", "remote.origin.promisor"]);
    clone.git(&["config", "--unset", "remote.origin.partialclonefilter"]);
    let _ = clone.try_git(&["config", "--unset", "extensions.partialClone"], b"");
    assert_eq!(clone.all("objects/pack", ".promisor").len(), 1);
    let said = clone.scan("");
    assert_eq!(said.outside(), [format!("missing_promisor {blobs}")]);
    assert_eq!(said.problems(), ["promisor partial"]);
    assert_eq!(said.code, 3);
    let said = clone.scan("--accept-incomplete promisor");
    assert_eq!(said.code, 0);
}

#[test]
fn a_shallow_clone_says_so() {
    let Some((repo, token)) = upstream() else {
        return;
    };
    let args = ["clone", "-q", "--depth", "1", &url(&repo)];
    let clone = repo.beside(&args, "shallow");
    let blob = clone.git(&["rev-parse", "HEAD:a.env"]);
    let head = clone.head();
    let said = clone.scan("--no-worktree");
    assert_eq!(said.outside(), ["shallow_boundary 1"]);
    assert_eq!(said.problems(), ["shallow shallow/.git"]);
    let expected = format!("git-object a.env {blob} {head}~ true");
    assert_eq!(said.places(&token), [expected]);
    assert_eq!(said.code, 1);

    clone.remove("a.env");
    fs::remove_file(clone.path().join("b.txt")).unwrap();
    let clean = repo.beside(&["init", "-q", "-b", "main"], "clean");
    clean.write("a.txt", "a\n").commit("a");
    clean.write("a.txt", "b\n").commit("b");
    let args = ["clone", "-q", "--depth", "1", &url(&clean)];
    let clone = repo.beside(&args, "shallow-clean");
    assert_eq!(clone.scan("").code, 3);
    assert_eq!(clone.scan("--accept-incomplete shallow").code, 0);
}

#[test]
fn submodules_that_are_not_checked_out_are_counted() {
    let Some((repo, _)) = upstream() else { return };
    let outer = repo.beside(&["init", "-q", "-b", "main"], "outer");
    outer.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        "../repo",
        "lib",
    ]);
    outer.commit("submodule");
    let clone = repo.beside(&["clone", "-q", "outer"], "clone");
    let said = clone.scan("");
    assert_eq!(said.outside(), ["submodules 1"]);
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.code, 0);
    assert_eq!(outer.scan("").outside(), [""; 0]);
}

#[test]
fn files_that_lfs_did_not_fetch_are_counted() {
    let Some(repo) = Repo::new() else { return };
    let (here, gone) = ("ab".repeat(32), "cd".repeat(32));
    let pointer = |id: &str| {
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize 90\n")
    };
    let token = mint::pat(1);
    repo.write("here.bin", pointer(&here)).commit("here");
    let (blob, commit) = (repo.git(&["rev-parse", "HEAD:here.bin"]), repo.head());
    repo.write("gone.bin", pointer(&gone)).commit("gone");
    repo.write(&format!(".git/lfs/objects/ab/ab/{here}"), &token);
    let said = repo.scan("");
    assert_eq!(said.outside(), ["lfs_absent 1"]);
    assert_eq!(said.problems(), ["lfs repo/.git"]);
    let expected = format!("git-lfs here.bin {blob} {commit} true");
    assert_eq!(said.places(&token), [expected]);
}
