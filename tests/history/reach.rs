//! What leads to a repository, and in it to objects: each way of git is known.

use patsweep::token::mint;

use crate::repo::Repo;

/// A repository whose history alone has a token.
fn forgetful(seed: u64) -> Option<(Repo, String)> {
    let repo = Repo::new()?;
    let token = mint::pat(seed);
    repo.write("gone.env", &token).commit("with");
    repo.remove("gone.env").commit("without");
    Some((repo, token))
}

/// Scans the history alone of a work tree whose `.git` is a file.
fn is_found(work_tree: &Repo, token: &str) {
    assert!(work_tree.path().join(".git").is_file());
    let said = work_tree.scan("--no-worktree");
    assert_eq!(said.paths(token), ["git-object gone.env"]);
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.code, 1);
}

#[test]
fn the_history_alone_of_a_linked_work_tree_is_read() {
    let Some((repo, token)) = forgetful(1) else {
        return;
    };
    repo.git(&["worktree", "add", "-q", "-b", "other", "../linked"]);
    is_found(&repo.at("linked"), &token);
}

#[test]
fn the_history_alone_of_a_submodule_is_read() {
    let Some((lib, token)) = forgetful(1) else {
        return;
    };
    let above = lib.beside(&["init", "-q", "-b", "main"], "above");
    let allow = "protocol.file.allow=always";
    above.git(&["-c", allow, "submodule", "-q", "add", "../repo", "lib"]);
    is_found(&above.at("above/lib"), &token);
}

#[test]
fn the_history_alone_of_a_git_folder_that_stands_elsewhere_is_read() {
    let Some((repo, token)) = forgetful(1) else {
        return;
    };
    let args = ["clone", "-q", "--separate-git-dir", "elsewhere.git", "repo"];
    is_found(&repo.beside(&args, "apart"), &token);
}
