//! Each way in which a blob comes into a history, and out of it.

use super::*;

#[test]
fn an_ordinary_commit() {
    let Some(repo) = Repo::new() else { return };
    repo.write("readme", "hello").commit("start");
    repo.write("a/b/.env", "hit").commit("add");
    let last = repo.write("readme", "bye").commit("go on");
    repo.check(&["hit"], &["add | a/b/.env | tip"]);
    let opened = repo.open();
    let traced = opened.trace(&[repo.blob("bye")]);
    let introduced = traced.blobs.values().next().unwrap().introduced.as_deref();
    let expected = Commit {
        id: ObjectId::from_hex(last.as_bytes()).unwrap(),
        author: "Ann".to_owned(),
        email: "ann@example.org".to_owned(),
        date: crate::model::CommitDate {
            at: crate::model::Timestamp(repo.clock.get()),
            offset: 60,
        },
        summary: "go on".to_owned(),
        or_earlier: false,
    };
    assert_eq!(introduced, Some(&expected));
}

#[test]
fn deleted_later_and_added_again() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a", "one").write("b", "two").commit("start");
    repo.git(&["rm", "-q", "a", "b"]);
    repo.commit("remove");
    repo.write("c", "two").commit("add again");
    repo.check(&["one", "two"], &["start | a | tip", "start | b, c | tip"]);
}

#[test]
fn amended_away() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "1").commit("start");
    repo.write("y", "hit").commit("leak");
    repo.write("y", "clean");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "--amend", "-m", "no leak"]);
    repo.check(&["hit"], &["leak | y | main@{1}"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    let opened = repo.open();
    let traced = opened.trace(&[repo.blob("hit")]);
    let told = Opened::told(traced.blobs.values().next().unwrap());
    assert_eq!(told, "leak | y | never");
}

#[test]
fn merges() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "1").commit("start");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side", "of the side").write("x", "side");
    repo.commit("on the side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("main", "of main").write("x", "main");
    repo.commit("on main");
    repo.git(&["checkout", "-q", "-b", "third"]);
    repo.write("third", "of the third").commit("on the third");
    repo.git(&["checkout", "-q", "main"]);
    repo.clock.set(repo.clock.get() + 60);
    let merged = repo.command(&["merge", "-q", "side"]).output().unwrap();
    assert!(!merged.status.success());
    repo.write("x", "resolved").commit("merge");
    repo.git(&["checkout", "-q", "-b", "fourth", "HEAD~1"]);
    repo.write("fourth", "of the fourth");
    repo.commit("on the fourth");
    repo.git(&["checkout", "-q", "main"]);
    repo.clock.set(repo.clock.get() + 60);
    repo.git(&["merge", "-q", "-m", "octopus", "third", "fourth"]);
    assert_eq!(
        repo.git(&["rev-list", "--parents", "-1", "HEAD"]).len(),
        163
    );
    repo.check(
        &[
            "resolved",
            "of the side",
            "of main",
            "of the third",
            "of the fourth",
        ],
        &[
            "merge | x | tip",
            "on the side | side | tip",
            "on main | main | tip",
            "on the third | third | tip",
            "on the fourth | fourth | tip",
        ],
    );
}

#[test]
fn criss_cross() {
    let Some(repo) = Repo::new() else { return };
    let blob = |text: &str| {
        let id = repo.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes());
        format!("100644 blob {id}\t{text}")
    };
    let (a, b, c) = (blob("a"), blob("b"), blob("c"));
    let start = repo.commit_tree(&repo.tree(&[]), &[], "start");
    let tree = |lines: &[&String]| {
        let lines: Vec<_> = lines.iter().map(|&line| line.clone()).collect();
        repo.tree(&lines)
    };
    let left = repo.commit_tree(&tree(&[&a]), &[&start], "left");
    let right = repo.commit_tree(&tree(&[&b]), &[&start], "right");
    let both = tree(&[&a, &b]);
    let first = repo.commit_tree(&both, &[&left, &right], "first");
    let second = repo.commit_tree(&tree(&[&a, &b, &c]), &[&right, &left], "second");
    let last = repo.commit_tree(&tree(&[&a, &b, &c]), &[&first, &second], "last");
    repo.git(&["update-ref", "refs/heads/main", &last]);
    repo.check(
        &["a", "b", "c"],
        &["left | a | tip", "right | b | tip", "second | c | tip"],
    );
}

#[test]
fn renames_and_copies() {
    let Some(repo) = Repo::new() else { return };
    let (old, new) = ("line\n".repeat(20), "line\n".repeat(20) + "more");
    repo.write("a/edited", &old);
    repo.write("a/moved", "moved");
    repo.write("a/copied", "copied").commit("start");
    repo.git(&["mv", "a", "b"]);
    repo.write("b/edited", &new);
    repo.write("c", "copied").commit("rename");
    repo.check(
        &[&old, &new, "moved", "copied"],
        &[
            "start | a/edited | tip",
            "rename | b/edited | tip",
            "start | a/moved, b/moved | tip",
            "start | a/copied, b/copied, c | tip",
        ],
    );
}

#[test]
fn brought_by_two_branches() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "1").commit("start");
    let start = repo.clock.get();
    for (branch, dates) in [("late", (900, 500)), ("early", (300, 500))] {
        repo.git(&["checkout", "-q", "-b", branch, "main"]);
        repo.clock.set(start + dates.0);
        repo.write("dated", "dated").commit(branch);
        repo.clock.set(start + dates.1);
        repo.write("even", "even").commit(&format!("{branch} even"));
    }
    let opened = repo.open();
    let ids = [repo.blob("dated"), repo.blob("even")];
    let traced = opened.trace(&ids);
    let smallest = ["late", "early"].map(|branch| (repo.git(&["rev-parse", branch]), branch));
    let smallest = smallest.iter().min().unwrap().1;
    let told = ids.map(|id| Opened::told(&traced.blobs[&opened.number(&id)]));
    let even = format!("{smallest} even | even | tip");
    assert_eq!(told, ["early | dated | tip", &even]);
}

/// The earliest date does not count where the history is clear.
#[test]
fn a_clock_that_runs_wrong() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "hit").commit("first");
    repo.git(&["rm", "-q", "x"]);
    repo.commit("remove");
    repo.clock.set(1_000);
    repo.write("y", "hit").commit("again, long ago");
    repo.check(&["hit"], &["first | x, y | tip"]);
}

#[test]
fn stashes() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "1").commit("start");
    repo.write("x", "first").write("new", "untracked");
    repo.git(&["stash", "-q", "-u"]);
    repo.write("x", "second");
    repo.git(&["stash", "-q"]);
    let opened = repo.open();
    let told = ["first", "untracked", "second"].map(|text| {
        let id = repo.blob(text);
        let traced = opened.trace(std::slice::from_ref(&id));
        Opened::told(&traced.blobs[&opened.number(&id)])
    });
    let head = repo.git(&["rev-parse", "--short", "HEAD"]);
    let expected = [
        format!("WIP on main: {head} start | x | stash@{{1}}"),
        format!("untracked files on main: {head} start | new | stash@{{1}}"),
        format!("WIP on main: {head} start | x | stash@{{0}}"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn notes() {
    let Some(repo) = Repo::new() else { return };
    let first = repo.write("x", "1").commit("first");
    repo.write("x", "2").commit("second");
    repo.git(&["notes", "add", "-m", "hit", "HEAD"]);
    repo.git(&["notes", "add", "-m", "gone", &first]);
    repo.git(&["notes", "remove", &first]);
    // As git writes them when there are many.
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], b"deep\n");
    let (start, rest) = first.split_at(2);
    let folder = repo.tree(&[format!("100644 blob {blob}\t{rest}")]);
    let root = repo.tree(&[format!("040000 tree {folder}\t{start}")]);
    let commit = repo.commit_tree(&root, &[], "deep notes");
    repo.git(&["update-ref", "refs/notes/deep", &commit]);
    // No note, though it is called like one.
    repo.write(&first, "no note\n").commit("third");
    let second = repo.git(&["rev-parse", "HEAD~1"]);
    repo.check(
        &["hit\n", "gone\n", "deep\n", "no note\n"],
        &[
            &format!("Notes added by 'git notes add' | {second} (second) | tip"),
            &format!("Notes added by 'git notes add' | {first} (first) | tip"),
            &format!("deep notes | {start}/{rest} (first) | tip"),
            &format!("third | {first} | tip"),
        ],
    );
}

#[test]
fn shallow_clones() {
    let Some(full) = Repo::new() else { return };
    full.write("x", "old").commit("first");
    full.write("y", "middle").commit("second");
    full.write("z", "new").commit("third");
    let url = format!("file://{}", full.path().display());
    let clone = ["clone", "-q", "--depth", "2", &url, "."];
    let Some(repo) = Repo::with(&clone) else {
        return;
    };
    repo.check(
        &["old", "middle", "new"],
        &["second~ | x | tip", "second~ | y | tip", "third | z | tip"],
    );
}

#[test]
fn blobs_without_a_commit() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "1").commit("start");
    let write = |text: &str| repo.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes());
    write("dangling");
    repo.git(&["tag", "-a", "-m", "a blob", "named", &write("named")]);
    let tree = repo.tree(&[format!("100644 blob {}\tx", write("in a tree"))]);
    repo.git(&["tag", "tree", &tree]);
    repo.write("staged", "staged");
    repo.git(&["add", "staged"]);
    repo.check(
        &["dangling", "named", "in a tree", "staged"],
        &["- |  | never", "- |  | tip", "- |  | tip", "- |  | tip"],
    );
}

/// What a submodule's entry names is a commit, even where a blob has that id.
#[test]
fn submodules_hold_nothing() {
    let Some(repo) = Repo::new() else { return };
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], b"hit");
    let tree = "1".repeat(40);
    damage::forge(
        &repo,
        &tree,
        "tree",
        &damage::tree(&[("160000 module", &blob)]),
    );
    let text = format!("tree {tree}\n\nstart");
    damage::forge(&repo, &"a".repeat(40), "commit", text.as_bytes());
    let opened = repo.open();
    let traced = opened.trace(std::slice::from_ref(&blob));
    assert_eq!(
        Opened::told(&traced.blobs[&opened.number(&blob)]),
        "- |  | never"
    );
}

#[test]
fn sha256() {
    let Some(repo) = Repo::with(&["init", "-q", "--object-format=sha256", "-b", "main", "."])
    else {
        return;
    };
    repo.write("a/x", "hit").commit("start");
    repo.git(&["repack", "-q", "-ad"]);
    repo.git(&["notes", "add", "-m", "note", "HEAD"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.check(
        &["hit", "note\n"],
        &[
            "start | a/x | tip",
            &format!("Notes added by 'git notes add' | {head} (start) | tip"),
        ],
    );
}

#[test]
fn replacements_do_not_count() {
    let Some(repo) = Repo::new() else { return };
    let first = repo.write("x", "hit").commit("first");
    let clean = repo.commit_tree(&repo.tree(&[]), &[], "clean");
    repo.git(&["replace", &first, &clean]);
    repo.check(&["hit"], &["first | x | tip"]);
}
