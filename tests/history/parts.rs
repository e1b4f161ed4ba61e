//! Parts of history: ranges, what came since, what is staged.

use std::fs;

use patsweep::token::mint;

use crate::repo::Repo;

/// A line of commits, each with a token in a file of its own: `0.env`, `1.env`.
fn line(count: u64) -> Option<Repo> {
    let repo = Repo::new()?;
    for at in 0..count {
        repo.write(&format!("{at}.env"), mint::pat(at))
            .commit(&format!("commit {at}"));
        repo.git(&["tag", &format!("t{at}")]);
    }
    Some(repo)
}

fn tokens(seeds: impl IntoIterator<Item = u64>) -> Vec<String> {
    let mut tokens: Vec<_> = seeds.into_iter().map(mint::pat).collect();
    tokens.sort();
    tokens
}

fn found(repo: &Repo, args: &str) -> Vec<String> {
    let said = repo.scan(args);
    assert_eq!(said.problems(), [""; 0], "{args}");
    let tokens = said.tokens();
    assert_eq!(said.code, i32::from(!tokens.is_empty()), "{args}");
    tokens
}

#[test]
fn a_range_has_what_is_new_to_its_end() {
    let Some(repo) = line(4) else { return };
    assert_eq!(found(&repo, "--range t1..t3"), tokens([2, 3]));
    assert_eq!(found(&repo, "--range t1.."), tokens([2, 3]));
    assert_eq!(found(&repo, "--range t3..t1"), tokens([]));
    assert_eq!(found(&repo, "--range t2"), tokens([0, 1, 2]));
    assert_eq!(found(&repo, "--range HEAD"), tokens([0, 1, 2, 3]));
}

#[test]
fn a_range_tells_where_tokens_stand() {
    let Some(repo) = line(3) else { return };
    let said = repo.scan("--range t1..t2");
    let blob = repo.git(&["rev-parse", "t2:2.env"]);
    let commit = repo.git(&["rev-parse", "t2"]);
    assert_eq!(
        said.places(&mint::pat(2)),
        [format!("git-object 2.env {blob} {commit} true")]
    );
}

#[test]
fn three_dots_begin_where_both_parted() {
    let Some(repo) = line(2) else { return };
    repo.git(&["checkout", "-q", "-b", "side", "t0"]);
    repo.write("side.env", mint::pat(10)).commit("side");
    assert_eq!(found(&repo, "--range main...side"), tokens([10]));
    assert_eq!(found(&repo, "--range side...main"), tokens([1]));
    assert_eq!(found(&repo, "--range main..side"), tokens([10]));
}

#[test]
fn a_pure_rename_adds_nothing() {
    let Some(repo) = line(1) else { return };
    repo.git(&["mv", "0.env", "moved.env"]);
    repo.commit("move");
    assert_eq!(found(&repo, "--range t0..HEAD"), tokens([]));
    repo.write("moved.env", format!("{}\nedited\n", mint::pat(0)))
        .commit("edit");
    assert_eq!(found(&repo, "--range t0..HEAD"), tokens([0]));
}

#[test]
fn what_was_removed_within_a_range_is_found() {
    let Some(repo) = line(1) else { return };
    repo.write("gone.env", mint::pat(5)).commit("add");
    repo.remove("gone.env").commit("remove");
    assert_eq!(found(&repo, "--range t0..HEAD"), tokens([5]));
}

#[test]
fn a_merge_brings_its_own_resolution_and_its_side() {
    let Some(repo) = line(1) else { return };
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("both.txt", "side\n")
        .write("side.env", mint::pat(10))
        .commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("both.txt", "main\n").commit("main");
    repo.git(&["tag", "before"]);
    assert!(!repo.try_git(&["merge", "-q", "side"], b"").status.success());
    repo.write("both.txt", mint::pat(11)).commit("merge");
    assert_eq!(found(&repo, "--range before..HEAD"), tokens([10, 11]));
    assert_eq!(found(&repo, "--range side..HEAD"), tokens([11]));
    // A clean merge brings nothing that its parents have not.
    repo.git(&["checkout", "-q", "-b", "other", "before"]);
    repo.write("other.env", mint::pat(12)).commit("other");
    repo.git(&["merge", "-q", "-m", "clean merge", "-X", "theirs", "main"]);
    assert_eq!(found(&repo, "--range HEAD~..HEAD"), tokens([10, 11]));
    assert_eq!(found(&repo, "--range main..HEAD"), tokens([12]));
}

#[test]
fn a_merge_with_an_old_commit_brings_back_what_was_taken_out_since() {
    let Some(repo) = line(1) else { return };
    let old = repo.write("old.env", mint::pat(13)).commit("leak");
    repo.remove("old.env").commit("take it out");
    let tree = format!("{old}^{{tree}}");
    let merged = |parents: [&str; 2]| {
        let [first, second] = parents;
        let args = [
            "commit-tree",
            "-p",
            first,
            "-p",
            second,
            "-m",
            "merge",
            &tree,
        ];
        repo.git(&args).trim().to_owned()
    };
    let back = tokens([13]);
    let evil = merged(["main", &old]);
    assert_eq!(found(&repo, &format!("--range main..{evil}")), back);
    // Behind a commit of its own, too.
    repo.git(&["checkout", "-q", "-b", "topic", "main"]);
    repo.write("topic", "topic\n").commit("topic");
    let evil = merged(["topic", &old]);
    assert_eq!(found(&repo, &format!("--range main..{evil}")), back);
    // Or with a commit of its own in front of the old one, at which nothing is new.
    repo.git(&["checkout", "-q", "-b", "ahead", &old]);
    repo.write("ahead", "ahead\n").commit("ahead");
    for parents in [["ahead", "main"], ["main", "ahead"], ["ahead", "topic"]] {
        let evil = merged(parents);
        assert_eq!(found(&repo, &format!("--range main..{evil}")), back);
    }
    // A merge that takes it out brings nothing; nor does one of two that come from the same.
    repo.git(&["merge", "-q", "-m", "take it out", "main"]);
    assert_eq!(found(&repo, "--range main..ahead"), tokens([]));
    repo.git(&["checkout", "-q", "-b", "beside", &old]);
    repo.write("beside", "beside\n").commit("beside");
    repo.git(&["merge", "-q", "-m", "both", "ahead~"]);
    assert_eq!(found(&repo, "--range main..beside"), tokens([]));
    // What has not seen it taken out catches up.
    repo.git(&["checkout", "-q", "-b", "late", "t0"]);
    repo.write("late", "late\n").commit("late");
    repo.git(&["merge", "-q", "-m", "catch up", &old]);
    assert_eq!(found(&repo, "--range main..late"), tokens([]));
}

#[test]
fn messages_names_and_tags_of_a_range_are_read() {
    let Some(repo) = line(1) else { return };
    let name = mint::pat(20);
    repo.write(&name, "named\n").commit("name");
    repo.commit(&format!("subject\n\n{}", mint::pat(21)));
    repo.git(&["tag", "-a", "release", "-m", &mint::pat(22)]);
    assert_eq!(found(&repo, "--range t0..release"), tokens([20, 21, 22]));
    assert_eq!(found(&repo, "--range t0..HEAD"), tokens([20, 21]));
}

#[test]
fn an_unknown_revision_is_refused() {
    let Some(repo) = line(1) else { return };
    for args in [
        "--range nowhere",
        "--range t0..nowhere",
        "--range nowhere..t0",
        "--range nowhere...t0",
        "--since nowhere",
    ] {
        let said = repo.scan(args);
        assert_eq!(said.code, 2, "{args}");
        assert!(said.stderr.contains("nowhere"), "{args}: {}", said.stderr);
        assert!(said.report.is_null(), "{args}");
    }
}

#[test]
fn parts_need_a_repository() {
    let Some(repo) = line(1) else { return };
    for args in ["--range HEAD", "--since 2020-01-01", "--staged"] {
        let said = repo.scan_at("home", args);
        assert_eq!(said.code, 2, "{args}");
    }
}

#[test]
fn since_a_date() {
    let Some(repo) = Repo::new() else { return };
    let commit = |at: u64, seconds: i64| {
        repo.write(&format!("{at}.env"), mint::pat(at))
            .git(&["add", "-A"]);
        repo.next_at(seconds);
        // The date of the author, who is an hour east of Greenwich, does not count.
        repo.git(&["commit", "-q", "-m", "dated", "--date", "2001-01-01"]);
    };
    commit(1, 1_740_787_199); // the last second of February 2025 in UTC
    commit(2, 1_740_787_200);
    commit(3, 1_740_787_201);
    assert_eq!(found(&repo, "--since 2025-03-01"), tokens([2, 3]));
    assert_eq!(found(&repo, "--since 2025-02-28"), tokens([1, 2, 3]));
    assert_eq!(found(&repo, "--since 2025-03-01T00:00:01Z"), tokens([3]));
    assert_eq!(found(&repo, "--since 2025-03-02"), tokens([]));
}

#[test]
fn since_a_revision() {
    let Some(repo) = line(3) else { return };
    repo.git(&["checkout", "-q", "-b", "side", "t0"]);
    repo.write("side.env", mint::pat(10)).commit("side");
    assert_eq!(found(&repo, "--since t1"), tokens([2, 10]));
    assert_eq!(found(&repo, "--since main"), tokens([10]));
}

#[test]
fn staged_before_the_first_commit() {
    let Some(repo) = Repo::new() else { return };
    assert_eq!(found(&repo, "--staged"), tokens([]));
    repo.write("a.env", mint::pat(1)).git(&["add", "a.env"]);
    repo.write("b.env", mint::pat(2));
    let said = repo.scan("--staged");
    assert_eq!(said.tokens(), tokens([1]));
    let blob = repo.git(&["rev-parse", ":a.env"]);
    assert_eq!(
        said.places(&mint::pat(1)),
        [format!("git-index a.env {blob} - true")]
    );
}

#[test]
fn staged_is_what_the_index_adds_to_head() {
    let Some(repo) = line(2) else { return };
    repo.write("0.env", format!("{}\nchanged\n", mint::pat(0)))
        .write("new.env", mint::pat(10));
    repo.git(&["add", "-A"]);
    // What is in the file by now is not what is staged.
    repo.write("new.env", mint::pat(11));
    repo.git(&["mv", "1.env", "moved.env"]);
    let found = repo.scan("--staged").tokens();
    assert!(
        tokens([0, 10]).iter().all(|it| found.contains(it)),
        "{found:?}"
    );
    assert!(!found.contains(&mint::pat(11)));
}

#[test]
fn intent_to_add_stages_nothing() {
    let Some(repo) = line(1) else { return };
    repo.write("later.env", mint::pat(10))
        .git(&["add", "-N", "later.env"]);
    assert_eq!(found(&repo, "--staged"), tokens([]));
    repo.write("now.env", mint::pat(11))
        .git(&["add", "now.env"]);
    assert_eq!(found(&repo, "--staged"), tokens([11]));
}

#[test]
fn all_sides_of_a_conflict_are_staged() {
    let Some(repo) = line(1) else { return };
    repo.write("both.env", "base\n").commit("base");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("both.env", mint::pat(10)).commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("both.env", mint::pat(11)).commit("main");
    assert!(!repo.try_git(&["merge", "-q", "side"], b"").status.success());
    // Ours is what HEAD has.
    assert_eq!(found(&repo, "--staged"), tokens([10]));
}

#[test]
fn another_index_is_honoured() {
    let Some(repo) = line(1) else { return };
    repo.write("a.env", mint::pat(10)).git(&["add", "a.env"]);
    let other = repo.root().join("other.index");
    std::fs::copy(repo.path().join(".git/index"), &other).unwrap();
    repo.git(&["rm", "-q", "--cached", "a.env"]);
    assert_eq!(found(&repo, "--staged"), tokens([]));
    let said = repo.scan_with("repo", "--staged", |command| {
        command.env("GIT_INDEX_FILE", &other)
    });
    assert_eq!(said.tokens(), tokens([10]));
    // Hooks name it relative to the top of the work tree, in which they run.
    std::fs::copy(&other, repo.path().join(".git/next.index")).unwrap();
    let said = repo.scan_with(".", "--staged", |command| {
        command
            .env("GIT_INDEX_FILE", ".git/next.index")
            .current_dir(repo.path())
    });
    assert_eq!(said.tokens(), tokens([10]));
}

#[test]
fn what_is_staged_in_a_linked_work_tree() {
    let Some(repo) = line(1) else { return };
    repo.git(&["worktree", "add", "-q", "-b", "other", "../linked"]);
    let linked = repo.at("linked");
    linked.write("a.env", mint::pat(10)).git(&["add", "a.env"]);
    assert_eq!(found(&linked, "--staged"), tokens([10]));
    assert_eq!(found(&repo, "--staged"), tokens([]));
}

#[test]
fn a_part_of_the_repository_around_a_folder() {
    let Some(repo) = line(1) else { return };
    repo.write("sub/a.env", mint::pat(10)).commit("sub");
    repo.write("sub/b.env", mint::pat(11)).git(&["add", "-A"]);
    assert_eq!(found(&repo.at("repo/sub"), "--range t0.."), tokens([10]));
    assert_eq!(found(&repo.at("repo/sub"), "--staged"), tokens([11]));
}

#[test]
fn a_part_in_which_nothing_is_new_says_so() {
    let Some(repo) = line(1) else { return };
    let head = repo.head();
    for args in ["--staged", "--range HEAD..HEAD", "--since 2100-01-01"] {
        let said = repo.scan(args);
        assert_eq!(said.code, 0, "{args}");
        let target = &said.report["targets"][0];
        assert_eq!(target["kind"], "repository", "{args}");
        assert_eq!(target["head"], head, "{args}");
        let mut command = repo.program("repo", args);
        let text = command.args(["-f", "text", "-o", "out.txt"]).output();
        assert!(text.unwrap().status.success(), "{args}");
        let text = fs::read_to_string(repo.root().join("out.txt")).unwrap();
        assert_eq!(
            text, "nothing was scanned: nothing new in repo · complete\n",
            "{args}"
        );
    }
}
