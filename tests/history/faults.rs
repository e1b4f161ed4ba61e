//! Faults that a reader could wait for, miss or misread.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use patsweep::token::mint;

use crate::program::{list, text};
use crate::repo::{Repo, change};

/// A repository with a token that only history holds, and one commit behind it.
pub(crate) fn leaking() -> Option<Repo> {
    let repo = Repo::new()?;
    repo.write("a.env", mint::pat(1)).commit("leak");
    repo.remove("a.env")
        .write("b.txt", "a line of some length\n")
        .commit("clean");
    Some(repo)
}

pub(crate) fn token() -> [String; 1] {
    [mint::pat(1)]
}

/// Whether a scan ends by itself; one that waits for ever is killed.
fn ends(repo: &Repo, args: &str) -> Option<i32> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let mut child = repo
        .program("repo", args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

fn pipe(path: &Path) {
    let _ = fs::remove_file(path);
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

#[test]
fn truncated_loose_objects_end_no_part() {
    for what in ["HEAD", "HEAD^{tree}", "HEAD:b.txt"] {
        let Some(repo) = leaking() else { return };
        let path = repo.loose(&repo.git(&["rev-parse", what]));
        repo.write("staged.txt", "staged\n").git(&["add", "-A"]);
        change(&path, |bytes| bytes.truncate(20));
        for args in ["--range HEAD", "--range HEAD~..HEAD", "--since 2020-01-01"] {
            let code = ends(&repo, args);
            assert!(matches!(code, Some(1..=3)), "{what} {args}: {code:?}");
        }
        let code = ends(&repo, "--staged");
        let expected = if what == "HEAD:b.txt" { 0 } else { 3 };
        assert_eq!(code, Some(expected), "{what}");
    }
}

#[test]
fn what_is_cut_off_costs_only_itself() {
    let Some(repo) = leaking() else { return };
    repo.write("c.env", mint::pat(2)).commit("another");
    let path = repo.loose(&repo.git(&["rev-parse", "HEAD~2:a.env"]));
    change(&path, |bytes| bytes.truncate(20));
    let said = repo.scan("--range HEAD");
    assert_eq!(said.tokens(), [mint::pat(2)]);
    let problems = list(&said.report["problems"]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0]["kind"], "corrupt");
}

#[test]
fn no_pipe_in_a_git_folder_is_waited_for() {
    for name in [
        "config",
        "index",
        "packed-refs",
        "shallow",
        "refs/heads/pipe",
        "objects/info/alternates",
        "objects/pack/pack-1234567890123456789012345678901234567890.pack",
        "objects/00/12345678901234567890123456789012345678",
    ] {
        let Some(repo) = leaking() else { return };
        let path = repo.path().join(".git").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        pipe(&path);
        let said = ends(&repo, "");
        assert_eq!(said, Some(1), "{name}");
        assert_eq!(repo.scan("").tokens(), token(), "{name}");
        assert!(!repo.scan("").problems().is_empty(), "{name}");
        for args in ["--range HEAD", "--staged", "--since 2020-01-01"] {
            assert!(ends(&repo, args).is_some(), "{name} {args}");
        }
    }
}

#[test]
fn a_repository_without_head_is_one() {
    let Some(repo) = leaking() else { return };
    repo.git(&["gc", "-q"]);
    fs::remove_file(repo.path().join(".git/HEAD")).unwrap();
    let said = repo.scan("");
    assert_eq!(said.tokens(), token());
    assert_eq!(said.problems(), ["references repo/.git"]);
}

#[test]
fn links_to_git_folders_and_object_folders_are_followed() {
    let Some(repo) = leaking() else { return };
    let linked = repo.at("linked");
    fs::create_dir(linked.path()).unwrap();
    symlink("../repo/.git", linked.path().join(".git")).unwrap();
    assert_eq!(linked.scan("").tokens(), token());
    let objects = repo.path().join(".git/objects");
    fs::rename(&objects, repo.root().join("elsewhere")).unwrap();
    symlink("../../elsewhere", &objects).unwrap();
    assert_eq!(repo.scan("").tokens(), token());
}

#[test]
fn a_git_folder_that_is_not_there_is_told() {
    let Some(repo) = leaking() else { return };
    let alone = repo.at("alone");
    alone.write(".git", "gitdir: /nowhere/at/all\n");
    let said = alone.scan("");
    assert_eq!(said.problems(), ["references alone/.git"]);
    assert_eq!(said.code, 3);
    assert_eq!(alone.scan("--no-history").code, 0);
    let gutted = repo.beside(&["clone", "-q", "repo"], "gutted");
    fs::remove_dir_all(gutted.path().join(".git/objects")).unwrap();
    let said = gutted.scan("");
    assert_eq!(said.problems(), ["references gutted/.git"]);
    assert_eq!(said.code, 3);
    // A linked work tree whose repository is gone.
    repo.git(&["worktree", "add", "-q", "-b", "other", "../tree"]);
    fs::rename(repo.path(), repo.root().join("moved")).unwrap();
    assert_eq!(
        repo.at("tree").scan("").problems(),
        ["references tree/.git"]
    );
}

#[test]
fn references_that_cannot_be_followed_are_told() {
    let nowhere = "1234567890123456789012345678901234567890\n";
    for broken in ["zzz\n", nowhere] {
        let Some(repo) = Repo::new() else { return };
        repo.write("b.txt", "b\n").commit("clean");
        repo.write(".git/refs/heads/leak", broken);
        for args in ["", "--since 2020-01-01", "--reachable-only"] {
            let said = repo.scan(args);
            assert_eq!(said.code, 3, "{broken} {args}");
            let problem = &said.report["problems"][0];
            assert_eq!(problem["kind"], "references", "{broken} {args}");
            let message = text(&problem["message"]);
            assert!(message.contains("refs/heads/leak"), "{message}");
        }
    }
}

#[test]
fn objects_that_are_gone_are_told() {
    // All of them, a pack without which its index is nothing, what is staged.
    let Some(repo) = leaking() else { return };
    repo.git(&["gc", "-q"]);
    fs::remove_file(repo.only("objects/pack", ".pack")).unwrap();
    let said = repo.scan("");
    assert_eq!(said.code, 3);
    let problems = said.problems();
    let is = |kind: &str| problems.iter().any(|problem| problem.starts_with(kind));
    assert!(is("vanished") && is("references"), "{problems:?}");

    let Some(repo) = leaking() else { return };
    repo.write("c.txt", "c\n").git(&["add", "c.txt"]);
    let staged = repo.loose(&repo.git(&["rev-parse", ":c.txt"]));
    repo.git(&["rm", "-q", "-r", "--cached", "b.txt"]);
    fs::remove_file(staged).unwrap();
    let said = repo.scan("");
    assert_eq!(said.problems(), ["references repo/.git"]);
    let message = text(&said.report["problems"][0]["message"]);
    assert!(message.contains("that c.txt names"), "{message}");
    assert_eq!(repo.scan("--staged").code, 3);
}

#[test]
fn a_part_that_reaches_where_history_is_cut_off_says_so() {
    let Some(repo) = leaking() else { return };
    let url = format!("file://{}", repo.path().display());
    let cut = repo.beside(&["clone", "-q", "--depth", "1", &url], "cut");
    for args in ["--range HEAD", "--since 2020-01-01"] {
        let said = cut.scan(args);
        assert_eq!(said.problems(), ["shallow cut/.git"], "{args}");
        assert_eq!(said.code, 3, "{args}");
        let args = format!("{args} --accept-incomplete shallow");
        assert_eq!(cut.scan(&args).code, 0, "{args}");
    }
    cut.write("c.txt", "c\n").commit("new");
    assert_eq!(cut.scan("--range HEAD~..HEAD").code, 0);
    assert_eq!(cut.scan("--staged").code, 0);
}

#[test]
fn what_a_partial_clone_lacks_is_left_with_the_remote() {
    let Some(repo) = leaking() else { return };
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.path().display());
    let partial = repo.beside(&["clone", "-q", "--filter=blob:none", &url], "partial");
    for args in ["--range HEAD", "--since 2020-01-01"] {
        let said = partial.scan(args);
        assert_eq!(said.problems(), ["promisor partial/.git"], "{args}");
        let message = text(&said.report["problems"][0]["message"]);
        assert!(message.starts_with("1 object was left"), "{message}");
        assert_eq!(said.report["coverage"]["outside"]["missing_promisor"], 1);
    }
}

#[test]
fn nothing_is_called_history_alone_where_not_all_is_known() {
    let Some(repo) = leaking() else { return };
    let exposed = |repo: &Repo| {
        let mut command = repo.program("repo", "");
        let output = command.args(["-f", "text", "-o", "out.txt"]).output();
        assert!(output.unwrap().status.code().is_some());
        fs::read_to_string(repo.root().join("out.txt")).unwrap()
    };
    assert!(exposed(&repo).contains("present in: history alone"));
    repo.git(&["config", "core.repositoryformatversion", "9"]);
    let told = exposed(&repo);
    assert!(
        told.contains("present in: nothing that could be read"),
        "{told}"
    );
    let said = repo.scan("");
    let place = &said.finding(&mint::pat(1))["occurrences"][0]["git"];
    assert_eq!(place["kept_by"], serde_json::Value::Null);
}

#[test]
fn odd_names_in_trees_stop_no_part() {
    let Some(repo) = leaking() else { return };
    let blob = repo.blob(mint::pat(3));
    let id: Vec<u8> = (0..20)
        .map(|at| u8::from_str_radix(&blob[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let mut tree = Vec::new();
    for name in ["..", ".git", "a\u{1b}b", "a/b"] {
        tree.extend(format!("100644 {name}\0").bytes());
        tree.extend(&id);
    }
    let args = ["hash-object", "-t", "tree", "-w", "--stdin", "--literally"];
    let tree = repo.git_on(&args, &tree);
    let commit = repo.git(&["commit-tree", "-p", "HEAD", "-m", "odd", &tree]);
    repo.git(&["update-ref", "refs/heads/odd", &commit]);
    let said = repo.scan("--range main..odd");
    assert_eq!(said.tokens(), [mint::pat(3)]);
    assert_eq!(said.problems(), [""; 0]);
}

#[test]
fn a_date_that_is_none_is_told_how_dates_are_written() {
    let Some(repo) = leaking() else { return };
    let said = repo.scan("--since 2026-02-30");
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.contains("a date is written 20"),
        "{}",
        said.stderr
    );
}

#[test]
fn parts_of_what_has_none_are_refused() {
    let Some(repo) = leaking() else { return };
    let bare = repo.beside(&["clone", "-q", "--bare", "repo"], "bare");
    let said = bare.scan("--staged");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("is bare"), "{}", said.stderr);
    let said = repo.scan_at("-", "--staged");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("standard input"), "{}", said.stderr);
    let said = repo.scan_with("repo", "--staged", |command| {
        command.env("GIT_INDEX_FILE", "/nowhere/index")
    });
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("/nowhere/index"), "{}", said.stderr);
}

#[test]
fn names_of_new_folders_are_read() {
    let Some(repo) = leaking() else { return };
    let name = mint::pat(4);
    repo.write(&format!("x/{name}/y/file"), "y\n");
    repo.git(&["add", "-A"]);
    assert_eq!(repo.scan("--staged").tokens(), [mint::pat(4)]);
    repo.commit("named");
    assert_eq!(repo.scan("--range HEAD~..HEAD").tokens(), [mint::pat(4)]);
}
