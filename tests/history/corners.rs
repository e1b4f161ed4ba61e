//! Corners of git that parts of history turn: odd revisions, modes, tags, indexes, environments.

use std::fs;

use patsweep::token::mint;

use crate::faults::{leaking, token};
use crate::program::{list, text};
use crate::repo::Repo;

#[test]
fn revisions_that_name_nothing_are_refused() {
    let Some(repo) = leaking() else { return };
    for args in [
        "--range ..",
        "--range ...",
        "--range HEAD~é",
        "--range HEAD~9",
        "--range HEAD^{tree}",
        "--range HEAD^2",
    ] {
        let said = repo.scan(args);
        assert_eq!(said.code, 2, "{args}");
        assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
        assert!(!said.stderr.contains("decode"), "{}", said.stderr);
    }
    let mut command = repo.program("repo", "");
    let empty = command.args(["--range", ""]).output().unwrap();
    assert_eq!(empty.status.code(), Some(2));
}

#[test]
fn revisions_are_named_as_git_names_them() {
    let Some(repo) = leaking() else { return };
    repo.git(&["checkout", "-q", "-b", "side/way"]);
    repo.git(&["tag", "-a", "inner", "-m", "t", "HEAD~1"]);
    repo.git(&["tag", "-a", "outer", "-m", "t", "inner"]);
    let short = repo.git(&["rev-parse", "--short", "HEAD~1"]);
    for revision in [
        "main~1",
        "@~",
        "side/way^",
        "outer",
        "outer^{commit}",
        "outer^{}",
        "refs/tags/inner",
        &short,
        "@{-1}~1",
        "main@{1}",
        ":/leak",
    ] {
        let args = format!("--range {revision}");
        assert_eq!(repo.scan(&args).tokens(), token(), "{revision}");
        assert_eq!(repo.scan(&format!("{args}..HEAD")).code, 0, "{revision}");
    }
}

#[test]
fn a_file_that_becomes_a_folder_and_the_other_way_round() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a", "file\n")
        .write("b/c", "folder\n")
        .commit("before");
    repo.remove("a").remove("b/c");
    fs::remove_dir_all(repo.path().join("b")).unwrap();
    repo.write("a/new.env", mint::pat(1))
        .write("b", mint::pat(2));
    repo.git(&["add", "-A"]);
    let mut both = [mint::pat(1), mint::pat(2)];
    both.sort();
    let said = repo.scan("--staged");
    assert_eq!((said.tokens(), said.problems()), (both.to_vec(), vec![]));
    repo.commit("after");
    let said = repo.scan("--range HEAD~..HEAD");
    assert_eq!((said.tokens(), said.problems()), (both.to_vec(), vec![]));
}

#[test]
fn modes_are_read_as_git_reads_them() {
    let Some(repo) = leaking() else { return };
    let tree = |mode: &str, name: &str, id: &str| {
        let id = (0..20).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap());
        let mut tree = format!("{mode} {name}\0").into_bytes();
        tree.extend(id);
        let args = ["hash-object", "-t", "tree", "-w", "--stdin", "--literally"];
        repo.git_on(&args, &tree)
    };
    let blob = repo.blob(mint::pat(3));
    let root = tree("40755", "folder", &tree("100664", "secret", &blob));
    let commit = repo.git(&["commit-tree", "-p", "HEAD", "-m", "odd", &root]);
    repo.git(&["update-ref", "refs/heads/odd", &commit]);
    let said = repo.scan("--range main..odd");
    assert_eq!(said.paths(&mint::pat(3)), ["git-object folder/secret"]);
    let said = repo.scan("--reachable-only");
    assert_eq!(said.paths(&mint::pat(3)), ["git-object folder/secret"]);
}

#[test]
fn names_of_submodules_are_read_and_nothing_else_of_them() {
    let Some(repo) = leaking() else { return };
    let entry = format!("160000,{},{}", repo.head(), mint::pat(5));
    repo.git(&["update-index", "--add", "--cacheinfo", &entry]);
    let said = repo.scan("--staged");
    assert_eq!(
        (said.tokens(), said.problems()),
        (vec![mint::pat(5)], vec![])
    );
    repo.git(&["commit", "-q", "-m", "submodule"]);
    let said = repo.scan("--range HEAD~..HEAD");
    assert_eq!(
        (said.tokens(), said.problems()),
        (vec![mint::pat(5)], vec![])
    );
}

#[test]
fn new_tags_on_old_commits_and_on_blobs() {
    let Some(repo) = leaking() else { return };
    repo.next_at(1_900_000_000);
    repo.git(&["tag", "-a", "new", "-m", &mint::pat(6), "HEAD~1"]);
    let blob = repo.blob(mint::pat(7));
    repo.next_at(1_900_000_060);
    repo.git(&["tag", "-a", "blob", "-m", "a blob", &blob]);
    repo.git(&["tag", "light", "HEAD:b.txt"]);
    let mut both = vec![mint::pat(6), mint::pat(7)];
    both.sort();
    for args in ["--since 2030-01-01", "--since main"] {
        let said = repo.scan(args);
        assert_eq!(
            (said.tokens(), said.problems()),
            (both.clone(), vec![]),
            "{args}"
        );
    }
    assert_eq!(repo.scan("--range new..new").code, 0);
    assert_eq!(repo.scan("--since new").tokens(), [mint::pat(7)]);
}

#[test]
fn what_git_stores_nowhere_is_known() {
    let Some(repo) = leaking() else { return };
    let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let root = repo.git(&["commit-tree", "-m", "root", empty]);
    repo.git(&["update-ref", "refs/heads/root", &root]);
    let said = repo.scan("--range root");
    assert_eq!((said.code, said.problems()), (0, vec![]));
}

#[test]
fn files_of_lfs_are_read_in_parts() {
    let Some(repo) = leaking() else { return };
    let id = "ab".repeat(32);
    let pointer = |id: &str| {
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize 84\n")
    };
    repo.write("big.bin", pointer(&id));
    repo.write(&format!(".git/lfs/objects/ab/ab/{id}"), mint::pat(8));
    repo.git(&["add", "big.bin"]);
    assert_eq!(repo.scan("--staged").tokens(), [mint::pat(8)]);
    repo.write("gone.bin", pointer(&"cd".repeat(32)))
        .commit("lfs");
    let said = repo.scan("--range HEAD~..HEAD");
    assert_eq!(said.tokens(), [mint::pat(8)]);
    // Where people know it: at its pointer.
    let place = &said.report["findings"][0]["occurrences"][0];
    assert_eq!(
        (&place["source"], &place["path"]),
        (&"git-lfs".into(), &"big.bin".into())
    );
    assert_eq!(place["commit"]["id"], repo.git(&["rev-parse", "HEAD"]));
    let gone = repo.git(&["rev-parse", "HEAD:gone.bin"]);
    assert_eq!(said.problems(), [format!("lfs repo@{gone}:gone.bin")]);
    assert_eq!(said.report["coverage"]["outside"]["lfs_absent"], 1);
}

#[test]
fn bombs_of_trees_end_a_part_within_bounds() {
    let Some(repo) = leaking() else { return };
    let mut folder = repo.git(&["rev-parse", "HEAD^{tree}"]);
    for _ in 0..9 {
        let lines: Vec<_> = (0..10)
            .map(|at| format!("040000 tree {folder}\t{at}\n"))
            .collect();
        folder = repo.git_on(&["mktree"], lines.concat().as_bytes());
    }
    let commit = repo.git(&["commit-tree", "-p", "HEAD", "-m", "bomb", &folder]);
    repo.git(&["update-ref", "refs/heads/bomb", &commit]);
    let said = repo.scan("--range main..bomb");
    assert_eq!(said.code, 3);
    let problems = said.problems();
    assert!(
        problems.iter().all(|it| it == "limit repo/.git"),
        "{problems:?}"
    );
    assert!(!problems.is_empty());
}

#[test]
fn deep_paths_in_an_index_end() {
    let Some(repo) = leaking() else { return };
    let blob = repo.blob(mint::pat(9));
    let line = format!("100644 {blob} 0\t{}f\n", "a/".repeat(60_000));
    repo.git_on(&["update-index", "--add", "--index-info"], line.as_bytes());
    assert_eq!(repo.scan("--staged").tokens(), [mint::pat(9)]);
    assert!(repo.scan("").tokens().contains(&mint::pat(9)));
}

#[test]
fn a_whole_copy_is_read_where_another_is_not() {
    let Some(repo) = leaking() else { return };
    let shared = repo.beside(&["clone", "-q", "--bare", "repo"], "shared");
    let blob = repo.git(&["rev-parse", "HEAD~1:a.env"]);
    // Whole by its format, but of other bytes.
    let other = repo.blob("something else\n");
    fs::remove_file(repo.loose(&blob)).unwrap();
    fs::copy(repo.loose(&other), repo.loose(&blob)).unwrap();
    repo.write(
        ".git/objects/info/alternates",
        format!("{}/objects\n", shared.path().display()),
    );
    let said = repo.scan("--range HEAD");
    assert_eq!((said.tokens(), said.problems()), (token().to_vec(), vec![]));
}

#[test]
fn the_environment_of_a_hook_is_honoured() {
    let Some(repo) = leaking() else { return };
    let other = repo.beside(&["clone", "-q", "repo"], "other");
    other.write("n.env", mint::pat(10)).git(&["add", "n.env"]);
    let git = other.path().join(".git");
    let said = repo.scan_with(".", "--staged", |command| {
        command.env("GIT_DIR", &git).current_dir(repo.path())
    });
    assert_eq!(said.tokens(), [mint::pat(10)]);
    // What is not the current folder is what it is.
    let said = repo.scan_with("repo", "--staged", |command| command.env("GIT_DIR", &git));
    assert_eq!(said.tokens(), [""; 0]);
}

#[test]
fn of_two_that_bring_a_blob_the_earlier_did() {
    let Some(repo) = Repo::new() else { return };
    let at = |seconds: i64, path: &str, text: &str| {
        repo.write(path, text).git(&["add", "-A"]);
        repo.next_at(seconds);
        repo.git(&["commit", "-q", "-m", path]);
        repo.head()
    };
    at(1_700_000_000, "base", "base\n");
    repo.git(&["tag", "base"]);
    repo.git(&["checkout", "-q", "-b", "a"]);
    at(1_700_050_000, "late", "late\n");
    let first = at(1_700_000_100, "a.env", &mint::pat(1));
    repo.git(&["checkout", "-q", "-b", "b", "base"]);
    at(1_700_000_300, "b.env", &mint::pat(1));
    repo.git(&["merge", "-q", "-m", "both", "a"]);
    for args in ["--range base..b", ""] {
        let said = repo.scan(args);
        let places = list(&said.finding(&mint::pat(1))["occurrences"]);
        let mut commits: Vec<_> = places
            .iter()
            .map(|it| text(&it["git"]["commit"]["id"]))
            .collect();
        commits.retain(|id| !id.is_empty());
        assert!(commits.iter().all(|id| *id == first), "{args}: {commits:?}");
    }
}

#[test]
fn what_is_staged_is_read_of_an_index_of_any_form() {
    let Some(repo) = leaking() else { return };
    for folder in ["in", "out"] {
        repo.write(&format!("{folder}/file"), "text\n");
    }
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "folders"]);
    repo.write("in/.env", mint::pat(20));
    repo.git(&["add", "-A"]);
    for form in [
        &["update-index", "--index-version", "4"][..],
        &["update-index", "--split-index"],
        &["update-index", "--no-split-index"],
        &["sparse-checkout", "set", "--cone", "--sparse-index", "in"],
    ] {
        repo.git(form);
        let said = repo.scan("--staged");
        assert_eq!(said.problems(), Vec::<String>::new(), "{form:?}");
        assert_eq!(
            (said.code, said.tokens()),
            (1, vec![mint::pat(20)]),
            "{form:?}"
        );
    }
    // The index holds but the name of the folder, which HEAD has not: its tree tells what is in it.
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
    let said = repo.scan("--staged");
    assert_eq!(said.problems(), Vec::<String>::new());
    assert_eq!((said.code, said.tokens()), (1, vec![mint::pat(20)]));
}

#[test]
fn an_index_that_is_damaged_is_one_problem() {
    let Some(repo) = leaking() else { return };
    let path = repo.path().join(".git/index");
    let mut bytes = std::fs::read(&path).expect("an index");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&path, bytes).expect("an index");
    let said = repo.scan("--staged");
    assert_eq!(
        (said.code, said.problems()),
        (3, vec!["references repo/.git".to_owned()])
    );
}
