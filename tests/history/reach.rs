//! What leads to a repository, and in it to objects: each way of git is known.

use std::ops::Range;

use patsweep::token::mint;
use serde_json::{Value, json};

use crate::program::{Said, list, text};
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

/// Where `token` stands: `repository source path reachable`.
fn standing(said: &Said, token: &str) -> Vec<String> {
    let occurrences = list(&said.finding(token)["occurrences"]);
    let line = |it: &Value| {
        let [repository, source, path] =
            ["repository", "source", "path"].map(|name| text(&it[name]));
        format!("{repository} {source} {path} {}", it["reachable"])
    };
    let mut lines: Vec<_> = occurrences.iter().map(line).collect();
    lines.sort();
    lines
}

/// A repository that lends its objects to one called `name`, which alone has the branch `side`.
/// Tokens stand in a blob, a message and a name of that branch, and in a blob that both have.
fn lent(name: &str) -> Option<(Repo, Repo, [String; 4])> {
    let repo = Repo::new()?;
    let tokens = [1, 2, 3, 4].map(mint::pat);
    let [blob, message, entry, both] = &tokens;
    repo.write("both.env", both).commit("both");
    repo.remove("both.env").commit("none");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side.env", blob)
        .write(entry, "nothing\n")
        .commit(message);
    repo.remove(".git/COMMIT_EDITMSG");
    repo.git(&["checkout", "-q", "main"]);
    let other = repo.beside(&["clone", "-q", "--shared", "repo"], name);
    other.git(&["branch", "-q", "--no-track", "side", "origin/side"]);
    other.git(&["remote", "remove", "origin"]);
    repo.git(&["branch", "-q", "-D", "side"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    Some((repo, other, tokens))
}

#[test]
fn what_one_of_two_repositories_reaches_of_their_objects_is_reachable() {
    for name in ["after", "zuletzt"] {
        let Some((repo, other, tokens)) = lent(name) else {
            return;
        };
        let [blob, message, entry, both] = &tokens;
        let alone = repo.scan("");
        for args in ["", "--reachable-only"] {
            let said = repo.scan_at(".", args);
            assert_eq!(said.code, 1);
            assert_eq!(
                standing(&said, blob),
                [format!("{name} git-object side.env true")]
            );
            assert_eq!(
                standing(&said, message),
                [format!("{name} git-message  true")]
            );
            assert_eq!(
                standing(&said, entry),
                [format!("{name} git-name {entry} true")]
            );
            let mut in_both = [name, "repo"].map(|name| format!("{name} git-object both.env true"));
            in_both.sort();
            assert_eq!(standing(&said, both), in_both);
            let exposure = &said.finding(blob)["exposure"];
            assert_eq!(exposure["present_at"], json!(["refs/heads/side"]));
            // Each is scanned once.
            assert_eq!(said.objects(), alone.objects());
        }

        other.git(&["branch", "-q", "-D", "side"]);
        other.git(&["reflog", "expire", "--expire=now", "--all"]);
        let said = repo.scan_at(".", "");
        // The first of them has scanned it.
        let first = name.min("repo");
        assert_eq!(
            standing(&said, blob),
            [format!("{first} git-object side.env false")]
        );
        assert_eq!(
            standing(&said, message),
            [format!("{first} git-message  false")]
        );
        assert_eq!(
            standing(&said, entry),
            [format!("{first} git-name {entry} false")]
        );
        assert!(said.finding(blob)["exposure"]["first"].is_object());
        let some = repo.scan_at(".", "--reachable-only");
        assert_eq!(some.tokens(), std::slice::from_ref(both));
    }
}

#[test]
fn a_name_stands_only_where_a_tree_has_it() {
    let Some(repo) = Repo::new() else { return };
    repo.commit("first");
    let other = repo.beside(&["clone", "-q", "--shared", "repo"], "after");
    let token = mint::pat(1);
    other.write(&token, "nothing\n").commit("name");
    // Of what is not there it is not even unknown whether something leads there.
    repo.write(".git/refs/heads/damaged", "no reference\n");
    let said = repo.scan_at(".", "--no-worktree");
    assert_eq!(
        standing(&said, &token),
        [format!("after git-name {token} true")]
    );
    assert_eq!(said.problems(), ["references repo/.git"]);
}

#[test]
fn a_stored_file_is_told_with_the_first_of_its_pointers() {
    let Some(repo) = Repo::new() else { return };
    let tokens: Vec<_> = (0..9).map(mint::pat).collect();
    let id = |at: usize| at.to_string().repeat(64);
    for (at, token) in tokens.iter().enumerate() {
        let id = id(at);
        repo.write(&format!(".git/lfs/objects/00/00/{id}"), token);
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\n");
        // The last of them has no pointer, the others have several.
        for size in 0..at.min(8 - at) {
            repo.write(&format!("{at}/{size}"), format!("{pointer}size {size}\n"));
        }
    }
    repo.commit("pointers");
    let said = repo.scan("--no-worktree");
    for (at, token) in tokens.iter().enumerate() {
        let blobs = (0..at.min(8 - at)).map(|size| {
            let path = format!("{at}/{size}");
            (repo.git(&["rev-parse", &format!("HEAD:{path}")]), path)
        });
        let expected = match blobs.min() {
            Some((blob, path)) => format!("git-lfs {path} {blob} {} true", repo.head()),
            None => format!("git-lfs .git/lfs/objects/00/00/{} - - -", id(at)),
        };
        assert_eq!(said.places(token), [expected]);
    }
    assert_eq!(said.outside(), [""; 0]);
}
