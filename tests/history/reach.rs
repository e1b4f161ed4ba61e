//! What leads to a repository, and in it to objects: each way of git is known.

use std::ops::Range;

use patsweep::token::mint;
use serde_json::{Value, json};

use crate::program::{Said, list};
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

/// By whom alone a token is kept, of each of its places: of those that anything leads to.
fn keepers(said: &Said, token: &str) -> Vec<String> {
    let occurrences = list(&said.finding(token)["occurrences"]);
    let line = |it: &Value| format!("{} {}", it["reachable"], it["kept_by"]);
    occurrences.iter().map(line).collect()
}

#[test]
fn a_stash_without_its_log_leads_to_what_was_put_aside() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a.env", "nothing\n").commit("a");
    let tokens = [mint::pat(1), mint::pat(2)];
    for token in &tokens {
        repo.write("a.env", token).git(&["stash", "-q"]);
    }
    let bare = repo.beside(&["clone", "-q", "--mirror", "repo"], "bare.git");
    let check = |repo: &Repo| {
        let all = repo.scan("--no-worktree");
        assert_eq!(keepers(&all, &tokens[1]), [r#"true "stash@{0}""#]);
        let some = repo.scan("--no-worktree --reachable-only");
        assert_eq!(some.paths(&tokens[1]), ["git-object a.env"]);
        keepers(&all, &tokens[0])
    };
    assert_eq!(check(&repo), [r#"true "stash@{1}""#]);
    // Older ones are in the log alone.
    assert_eq!(check(&bare), ["false null"]);
    repo.remove(".git/logs/refs/stash");
    assert_eq!(check(&repo), ["false null"]);
}

#[test]
fn the_logs_of_a_linked_work_tree_are_named_as_git_names_them() {
    let Some(repo) = Repo::new() else { return };
    repo.commit("first");
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    let linked = repo.at("linked");
    let token = mint::pat(1);
    let commit = linked.write("a.env", &token).commit("with");
    linked.git(&["checkout", "-q", "--detach", "HEAD~"]);
    let label = "worktrees/linked/HEAD@{1}";
    assert_eq!(repo.git(&["rev-parse", label]), commit);
    for said in [repo.scan(""), linked.scan("")] {
        assert_eq!(keepers(&said, &token), [format!("true \"{label}\"")]);
    }
}

#[test]
fn references_of_a_linked_work_tree_lead_to_objects() {
    let Some(repo) = Repo::new() else { return };
    repo.commit("first");
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    let linked = repo.at("linked");
    let token = mint::pat(1);
    linked.write("a.env", &token).commit("with");
    linked.git(&["update-ref", "refs/worktree/keep", "HEAD"]);
    linked.git(&["checkout", "-q", "--detach", "HEAD~"]);
    linked.git(&["reflog", "expire", "--expire=now", "--all"]);
    let said = repo.scan("--reachable-only");
    assert_eq!(said.paths(&token), ["git-object a.env"]);
    assert_eq!(keepers(&said, &token), ["true null"]);
    let name = "worktrees/linked/refs/worktree/keep";
    let exposure = &said.finding(&token)["exposure"];
    assert_eq!(exposure["present_at"], json!([name]));
    assert_eq!(said.problems(), [""; 0]);

    repo.write(&format!(".git/{name}"), "no reference\n");
    let said = repo.scan("");
    assert_eq!(said.problems(), ["references repo/.git"]);
    assert_eq!(keepers(&said, &token), ["null null"]);
}

#[test]
fn of_much_that_is_staged_what_each_head_lacks_is_listed() {
    let Some(repo) = Repo::new() else { return };
    let tokens: Vec<_> = (0..60).map(mint::pat).collect();
    let path = |at: usize| format!("deep/{}/{at}.env", at % 7);
    let write = |repo: &Repo, range: Range<usize>| {
        for at in range {
            repo.write(&path(at), &tokens[at]);
        }
    };
    write(&repo, 0..40);
    repo.commit("some");
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    // The one has twenty more than its `HEAD`, the other has all in its own, but for one path.
    write(&repo, 40..60);
    repo.write("copy.env", &tokens[0]).git(&["add", "-A"]);
    let linked = repo.at("linked");
    write(&linked, 40..60);
    linked.commit("all");
    linked
        .write("other.env", &tokens[1])
        .git(&["add", "other.env"]);
    let said = repo.scan("");
    for (at, token) in tokens.iter().enumerate() {
        let path = path(at);
        let mut expected = vec![format!("file repo/{path}"), format!("git-object {path}")];
        match at {
            0 => expected.extend(["file repo/copy.env", "git-index copy.env"].map(str::to_owned)),
            1 => expected.push("git-index other.env".to_owned()),
            40.. => expected.push(format!("git-index {path}")),
            _ => (),
        }
        expected.sort();
        assert_eq!(said.paths(token), expected);
    }
}
