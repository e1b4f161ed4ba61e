//! Which folders are repositories, and what of them is read.

use std::fs;

use patsweep::token::mint;

use crate::program::{list, text};
use crate::repo::Repo;

/// A repository with one token in a file that is checked out, one in a file that was deleted.
struct Both {
    repo: Repo,
    kept: String,
    gone: String,
}

impl Both {
    fn new() -> Option<Self> {
        Some(Self::fill(Repo::new()?, 1))
    }

    fn fill(repo: Repo, seed: u64) -> Self {
        let (kept, gone) = (mint::pat(2 * seed), mint::pat(2 * seed + 1));
        repo.write("kept.env", &kept)
            .write("gone.env", &gone)
            .commit("both");
        repo.remove("gone.env").commit("one");
        Self { repo, kept, gone }
    }
}

#[test]
fn no_history_reads_files_alone() {
    let Some(Both { repo, kept, .. }) = Both::new() else {
        return;
    };
    let said = repo.scan("--no-history");
    assert_eq!(said.tokens(), std::slice::from_ref(&kept));
    assert_eq!(said.paths(&kept), ["file repo/kept.env"]);
    assert!(said.objects().is_empty());
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.report["targets"][0]["kind"], "path");
}

#[test]
fn no_worktree_reads_history_alone() {
    let Some(Both { repo, kept, gone }) = Both::new() else {
        return;
    };
    let loose = mint::pat(77);
    repo.write("never-added.env", &loose);
    let said = repo.scan("--no-worktree");
    assert_eq!(said.paths(&kept), ["git-object kept.env"]);
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.places(&loose), [""; 0]);
}

#[test]
fn without_the_work_tree_nothing_staged_is_listed() {
    let Some(Both { repo, .. }) = Both::new() else {
        return;
    };
    let staged = mint::pat(78);
    repo.write("staged.env", &staged)
        .git(&["add", "staged.env"]);
    assert_eq!(
        repo.scan("").paths(&staged),
        ["file repo/staged.env", "git-index staged.env"]
    );
    // The database has it all the same.
    assert_eq!(repo.scan("--no-worktree").paths(&staged), ["git-object -"]);
}

#[test]
fn reachable_only_leaves_out_what_only_reflogs_or_nothing_lead_to() {
    let Some(Both { repo, kept, gone }) = Both::new() else {
        return;
    };
    let (amended, stashed, dangling) = (mint::pat(80), mint::pat(81), mint::pat(82));
    repo.write("amended.env", &amended).commit("to be amended");
    repo.remove("amended.env").git(&["add", "-A"]);
    repo.git(&["commit", "-q", "--amend", "--allow-empty", "-m", "amended"]);
    repo.write("kept.env", &stashed).git(&["stash", "-q"]);
    repo.git_on(&["hash-object", "-w", "--stdin"], dangling.as_bytes());
    let all = repo.scan("").tokens();
    let some = repo.scan("--reachable-only").tokens();
    for (token, is_kept) in [
        (&kept, true),
        (&gone, true),
        (&stashed, true),
        (&amended, false),
        (&dangling, false),
    ] {
        assert!(all.contains(token));
        assert_eq!(some.contains(token), is_kept);
    }
}

#[test]
fn work_tree_and_history_are_both_listed() {
    let Some(Both { repo, kept, gone }) = Both::new() else {
        return;
    };
    let said = repo.scan("");
    assert_eq!(
        said.paths(&kept),
        ["file repo/kept.env", "git-object kept.env"]
    );
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.code, 1);
}

#[test]
fn a_bare_repository_is_read() {
    let Some(Both { repo, kept, gone }) = Both::new() else {
        return;
    };
    let bare = repo.beside(&["clone", "-q", "--bare", "repo"], "bare.git");
    let said = bare.scan("");
    assert_eq!(said.paths(&kept), ["git-object kept.env"]);
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.report["targets"][0]["kind"], "repository");
    assert_eq!(said.report["targets"][0]["head"], repo.head());
    assert_eq!(said.problems(), [""; 0]);
}

#[test]
fn linked_work_trees_are_one_repository() {
    let Some(Both { repo, kept, gone }) = Both::new() else {
        return;
    };
    repo.git(&["worktree", "add", "-q", "-b", "other", "../linked"]);
    let linked = repo.at("linked");
    let staged = mint::pat(50);
    linked
        .write("staged.env", &staged)
        .git(&["add", "staged.env"]);
    linked.remove("staged.env");
    for said in [repo.scan(""), linked.scan("")] {
        assert_eq!(said.paths(&gone), ["git-object gone.env"]);
        assert_eq!(said.paths(&staged), ["git-index staged.env"]);
        assert_eq!(said.report["targets"][0]["kind"], "repository");
        assert_eq!(said.problems(), [""; 0]);
    }
    let said = repo.scan_at(".", "");
    assert_eq!(
        said.paths(&kept),
        [
            "file linked/kept.env",
            "file repo/kept.env",
            "git-object kept.env"
        ]
    );
    assert_eq!(said.objects(), repo.scan("").objects());
}

#[test]
fn each_clone_in_a_folder_is_read() {
    let Some(one) = Both::new() else { return };
    let two = one.repo.beside(&["init", "-q", "-b", "main"], "nested/two");
    let two = Both::fill(two, 5);
    let said = one.repo.scan_at(".", "");
    let occurrence = |token: &str| {
        let found = list(&said.finding(token)["occurrences"]);
        let lines = found.iter().map(|it| {
            format!(
                "{} {} {}",
                text(&it["source"]),
                text(&it["path"]),
                text(&it["repository"])
            )
        });
        let mut lines: Vec<_> = lines.collect();
        lines.sort();
        lines
    };
    assert_eq!(occurrence(&one.gone), ["git-object gone.env repo"]);
    assert_eq!(occurrence(&two.gone), ["git-object gone.env nested/two"]);
    assert_eq!(
        occurrence(&two.kept),
        [
            "file nested/two/kept.env ",
            "git-object kept.env nested/two"
        ]
    );
    assert_eq!(said.tokens().len(), 4);
}

#[test]
fn databases_that_clones_share_are_read_once() {
    let Some(both) = Both::new() else { return };
    both.repo
        .beside(&["clone", "-q", "--shared", "repo"], "second");
    let said = both.repo.scan_at(".", "");
    assert_eq!(said.objects(), both.repo.scan("").objects());
    assert_eq!(said.tokens().len(), 2);
}

#[test]
fn a_folder_in_a_work_tree_is_read_as_files() {
    let Some(repo) = Repo::new() else { return };
    let (kept, gone) = (mint::pat(1), mint::pat(2));
    repo.write("sub/kept.env", &kept)
        .write("sub/gone.env", &gone)
        .commit("both");
    repo.remove("sub/gone.env").commit("one");
    let said = repo.at("repo/sub").scan("");
    assert_eq!(said.tokens(), [kept]);
    assert!(said.objects().is_empty());
    assert!(said.stderr.contains("note"), "{}", said.stderr);
}

#[test]
fn a_submodule_and_its_git_folder_are_one_repository() {
    let Some(repo) = Repo::new() else { return };
    let lib = Both::fill(repo.beside(&["init", "-q", "-b", "main"], "lib"), 3);
    let objects = lib.repo.scan("").objects();
    repo.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        "../lib",
        "deps/lib",
    ]);
    let said = repo.scan("");
    assert_eq!(said.objects(), {
        // The staged .gitmodules is one more.
        let mut objects = objects.clone();
        *objects.entry("blob".to_owned()).or_default() += 1;
        objects
    });
    assert_eq!(said.paths(&lib.gone), ["git-object gone.env"]);
    assert_eq!(
        said.paths(&lib.kept),
        ["file repo/deps/lib/kept.env", "git-object kept.env"]
    );
    let occurrence = &said.finding(&lib.gone)["occurrences"][0];
    assert_eq!(text(&occurrence["repository"]), "repo/deps/lib");
    assert_eq!(said.problems(), [""; 0]);

    let said = repo.at("repo/deps/lib").scan("");
    assert_eq!(said.objects(), objects);
    assert_eq!(said.paths(&lib.gone), ["git-object gone.env"]);

    // As on a branch that does not have it: its work tree, which its configuration names, is gone.
    fs::remove_dir_all(repo.path().join("deps")).unwrap();
    let said = repo.scan("");
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.paths(&lib.gone), ["git-object gone.env"]);
    let present = &said.finding(&lib.kept)["exposure"]["present_at"];
    assert_eq!(
        present,
        &serde_json::json!([
            "index",
            "HEAD",
            "refs/heads/main",
            "refs/remotes/origin/main"
        ])
    );
}

#[test]
fn an_empty_repository_is_complete() {
    let Some(repo) = Repo::new() else { return };
    for said in [repo.scan(""), repo.scan("-j 8")] {
        assert_eq!(said.problems(), [""; 0]);
        assert_eq!(said.code, 0);
        assert!(said.objects().is_empty());
        assert_eq!(said.report["targets"][0]["kind"], "repository");
        assert!(said.report["targets"][0]["head"].is_null());
    }
    let bare = repo.beside(&["init", "-q", "--bare"], "bare.git");
    assert_eq!(bare.scan("").code, 0);
}

#[test]
fn an_unborn_head_hides_nothing() {
    let Some(Both { repo, gone, .. }) = Both::new() else {
        return;
    };
    repo.git(&["checkout", "-q", "--orphan", "unborn"]);
    let said = repo.scan("");
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.problems(), [""; 0]);
    assert!(said.report["targets"][0]["head"].is_null());
}

#[test]
fn a_detached_head_is_told() {
    let Some(Both { repo, gone, .. }) = Both::new() else {
        return;
    };
    repo.git(&["checkout", "-q", "--detach", "HEAD~"]);
    let said = repo.scan("");
    assert_eq!(
        said.paths(&gone),
        ["file repo/gone.env", "git-object gone.env"]
    );
    assert_eq!(said.report["targets"][0]["head"], repo.head());
    assert_eq!(said.problems(), [""; 0]);
}

#[test]
fn a_damaged_head_is_one_problem() {
    let Some(Both { repo, kept, gone }) = Both::new() else {
        return;
    };
    for damage in ["nothing of the kind\n", "", "ref: refs/heads/../../x\n"] {
        repo.write(".git/HEAD", damage);
        let said = repo.scan("");
        assert_eq!(said.tokens().len(), 2, "{damage:?}");
        assert_eq!(said.paths(&gone), ["git-object gone.env"], "{damage:?}");
        assert_eq!(said.paths(&kept).len(), 2, "{damage:?}");
        assert_eq!(said.problems(), ["references repo/.git"], "{damage:?}");
        assert_eq!(said.code, 1);
    }
}

#[test]
fn a_damaged_reference_is_one_problem() {
    let Some(Both { repo, gone, .. }) = Both::new() else {
        return;
    };
    repo.write(".git/refs/heads/broken", "not an id\n");
    let said = repo.scan("");
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.problems(), ["references repo/.git"]);

    repo.write(".git/refs/heads/broken", format!("{}\n", "12".repeat(20)));
    let said = repo.scan("");
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.problems(), ["references repo/.git"]);
}

#[test]
fn a_damaged_index_is_one_problem() {
    let Some(Both { repo, gone, .. }) = Both::new() else {
        return;
    };
    fs::write(repo.path().join(".git/index"), "DIRC and no more").unwrap();
    let said = repo.scan("");
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.problems(), ["references repo/.git"]);
}

#[test]
fn an_index_in_two_parts_is_read_and_a_sparse_one_is_one_problem() {
    let Some(Both { repo, gone, .. }) = Both::new() else {
        return;
    };
    repo.git(&["update-index", "--split-index"]);
    let said = repo.scan("");
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.problems(), Vec::<String>::new());
    repo.git(&["update-index", "--no-split-index"]);
    repo.write("in/file", "text").write("out/file", "text");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "folders"]);
    let sparse = ["sparse-checkout", "set", "--cone", "--sparse-index", "in"];
    repo.git(&sparse);
    let said = repo.scan("");
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.problems(), ["references repo/.git"]);
}

#[test]
fn references_in_tables_cannot_be_read_and_objects_can() {
    let args = ["init", "-q", "-b", "main", "--ref-format=reftable"];
    let Some(repo) = Repo::with(&args) else {
        return;
    };
    let Both { repo, kept, gone } = Both::fill(repo, 1);
    let said = repo.scan("");
    assert_eq!(
        said.paths(&kept),
        ["file repo/kept.env", "git-object kept.env"]
    );
    assert_eq!(said.paths(&gone), ["git-object gone.env"]);
    assert_eq!(said.problems(), ["references repo/.git"]);
    assert_eq!(said.code, 1);
}

#[test]
fn names_of_sha256_are_scanned() {
    let args = ["init", "-q", "-b", "main", "--object-format=sha256"];
    let Some(repo) = Repo::with(&args) else {
        return;
    };
    let Both { repo, gone, .. } = Both::fill(repo, 1);
    for _ in 0..2 {
        let said = repo.scan("--no-worktree");
        let blob = repo.git(&["rev-parse", "HEAD~:gone.env"]);
        assert_eq!(blob.len(), 64);
        let commit = repo.git(&["rev-parse", "HEAD~"]);
        let place = &said.finding(&gone)["occurrences"][0];
        assert_eq!(text(&place["object"]), blob);
        assert_eq!(text(&place["commit"]["id"]), commit);
        assert_eq!(said.problems(), ["references repo/.git"]);
        assert_eq!(said.objects()["commit"], 2);
        repo.git(&["repack", "-q", "-a", "-d"]);
    }
}

/// Files of another user are made by giving them away, which only root can do.
#[cfg(unix)]
#[test]
fn the_history_of_another_user_is_not_read() {
    let Some(Both { repo, kept, .. }) = Both::new() else {
        return;
    };
    let chown = |owner: &str, path: &std::path::Path| {
        let mut command = std::process::Command::new("chown");
        command.args(["-R", owner]).arg(path);
        command.output().is_ok_and(|output| output.status.success())
    };
    if !chown("12345", repo.path()) {
        eprintln!("skipped: files cannot be given away");
        return;
    }
    let said = repo.scan("");
    assert_eq!(said.paths(&kept), ["file repo/kept.env"]);
    assert_eq!(said.problems(), ["not-owned repo/.git"]);
    assert!(said.objects().is_empty());
    let message = text(&said.report["problems"][0]["message"]);
    assert!(
        message.contains("git config --global --add safe.directory"),
        "{message}"
    );
    // Git itself, of the same repository, says which folder it wants to be told.
    let refused = repo.try_git(&["log"], b"").stderr;
    let refused = String::from_utf8(refused).unwrap();
    let command = refused
        .lines()
        .find_map(|line| line.trim().strip_prefix("git config "))
        .unwrap();
    assert!(
        message.contains(&format!("`git config {command}`")),
        "{message}"
    );
    fs::remove_file(repo.path().join("kept.env")).unwrap();
    assert_eq!(repo.scan("").code, 3);
    assert_eq!(repo.scan("--accept-incomplete not-owned").code, 0);
}

#[test]
fn a_folder_inside_a_work_tree_is_files_and_a_note_says_so() {
    let Some(repo) = Repo::new() else { return };
    let (deleted, kept) = (mint::pat(1), mint::pat(2));
    repo.write("sub/deleted.env", &deleted).commit("brought");
    repo.remove("sub/deleted.env");
    repo.write("sub/kept.env", &kept).commit("kept");
    let said = repo.scan_at("repo/sub", "");
    assert_eq!(said.paths(&kept), ["file repo/sub/kept.env"]);
    assert_eq!(said.tokens(), [kept]);
    let note = "note: repo/sub is inside the repository ";
    assert!(said.stderr.contains(note), "{}", said.stderr);
    assert!(!repo.scan("").stderr.contains("is inside"));
    // Whoever leaves history out need not be told.
    let said = repo.scan_at("repo/sub", "--no-history");
    assert!(!said.stderr.contains("is inside"), "{}", said.stderr);
}
