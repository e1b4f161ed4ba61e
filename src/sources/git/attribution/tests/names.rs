//! Names of files and folders.

use super::*;

/// What is told of each place of a name: `path | kind of what it names | commit | reach`.
fn check(repo: &Repo, name: &str, expected: &[&str]) {
    let opened = repo.open();
    let traced = opened.attribute(&Hits {
        names: [name.as_bytes().into()].into(),
        ..Hits::default()
    });
    let told: Vec<_> = traced.names[name.as_bytes()]
        .iter()
        .map(|traced| {
            let object = traced.object.map(|it| opened.number(&it.to_string()));
            let kind = object.map_or("-", |it| opened.store.table.kind(it).as_str());
            format!(
                "{} | {kind} | {} | {}",
                traced.path.to_text(),
                summary(traced.introduced.as_ref()),
                reach(&traced.reach)
            )
        })
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn of_files_and_folders() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "1").commit("start");
    repo.write("a/token", "1").commit("add a file");
    repo.write("b/token/x", "1").commit("add a folder");
    repo.write("b/token/x", "2").write("a/token", "2");
    repo.commit("change them");
    repo.git(&["mv", "a", "c"]);
    repo.commit("rename the folder");
    repo.git(&["rm", "-rq", "b", "c"]);
    repo.commit("remove them");
    repo.write("a/token", "3").commit("add again");
    check(
        &repo,
        "token",
        &[
            "a/token | blob | add a file | tip",
            "b/token | tree | add a folder | tip",
            "c/token | blob | rename the folder | tip",
        ],
    );
}

#[test]
fn that_only_a_reflog_leads_to() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "1").commit("start");
    repo.write("token", "1").commit("leak");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    check(&repo, "token", &["token | blob | leak | main@{1}"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    check(&repo, "token", &["token | blob | leak | never"]);
}

#[test]
fn of_what_is_not_in_the_database() {
    let Some(repo) = Repo::new() else { return };
    let missing = "1".repeat(40);
    let tree = repo.tree(&[format!("160000 commit {missing}\ttoken")]);
    let commit = repo.commit_tree(&tree, &[], "add a module");
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    check(&repo, "token", &["token | - | add a module | tip"]);
}

#[test]
fn without_a_commit() {
    let Some(repo) = Repo::new() else { return };
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], b"text");
    let tree = repo.tree(&[format!("100644 blob {blob}\ttoken")]);
    repo.tree(&[format!("040000 tree {tree}\tabove")]);
    check(&repo, "token", &["token | blob | - | never"]);
}

#[test]
fn in_a_tree_that_a_tag_names() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "1").commit("start");
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], b"text");
    let tree = repo.tree(&[format!("100644 blob {blob}\ttoken")]);
    let above = repo.tree(&[format!("040000 tree {tree}\tabove")]);
    repo.git(&["tag", "-a", "-m", "a tree", "annotated", &above]);
    check(&repo, "token", &["token | blob | - | tip"]);
    // A commit that nothing leads to has it, too.
    repo.commit_tree(&above, &[], "leak");
    check(&repo, "token", &["above/token | blob | leak | tip"]);
    repo.git(&["tag", "-d", "annotated"]);
    check(&repo, "token", &["above/token | blob | leak | never"]);
}
