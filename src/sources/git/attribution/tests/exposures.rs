//! Where tokens and messages stand, since when, until when.

use super::*;

/// What is told of a token: `first | places | removed`.
fn told(exposure: &Exposure) -> String {
    format!(
        "{} | {} | {}",
        summary(exposure.first.as_ref()),
        exposure.present_at.join(", "),
        summary(exposure.removed_by.as_ref())
    )
}

#[test]
fn of_tokens() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "stays").write("y", "goes");
    repo.commit("start");
    repo.git(&["tag", "-a", "-m", "first", "v1"]);
    repo.write("y", "goes, edited").commit("edit");
    repo.git(&["branch", "old"]);
    repo.git(&["rm", "-q", "y"]);
    repo.commit("remove");
    repo.write("z", "goes").commit("add again");
    repo.git(&["rm", "-q", "z"]);
    repo.commit("remove again");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("s", "of the side").commit("on the side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("staged", "staged");
    repo.git(&["add", "staged"]);
    let opened = repo.open();
    let number = |text: &str| opened.number(&repo.blob(text));
    let tokens = vec![
        vec![number("stays")],
        vec![number("goes"), number("goes, edited")],
        vec![number("goes, edited")],
        vec![number("of the side")],
        vec![number("staged")],
        vec![],
    ];
    let hits = Hits {
        blobs: tokens.iter().flatten().copied().collect(),
        tokens,
        ..Hits::default()
    };
    let all = "index, HEAD, refs/heads/main, refs/heads/old, refs/heads/side, refs/tags/v1";
    assert_eq!(
        opened
            .attribute(&hits)
            .exposures
            .iter()
            .map(told)
            .collect::<Vec<_>>(),
        [
            &format!("start | {all} | -"),
            "start | refs/heads/old, refs/tags/v1 | remove again",
            "edit | refs/heads/old | remove",
            "on the side | refs/heads/side | -",
            "- | index | -",
            "- |  | -",
        ]
    );
}

/// A merge that drops what one side brought has removed it.
#[test]
fn that_a_merge_removed() {
    let Some(repo) = Repo::new() else { return };
    repo.write("x", "1").commit("start");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("y", "hit").commit("leak");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("go on");
    repo.clock.set(repo.clock.get() + 60);
    repo.git(&["merge", "-q", "-s", "ours", "-m", "merge", "side"]);
    let opened = repo.open();
    let traced = opened.trace(&[repo.blob("hit")]);
    assert_eq!(told(&traced.exposures[0]), "leak | refs/heads/side | merge");
}

#[test]
fn of_messages() {
    let Some(repo) = Repo::new() else { return };
    let named = repo.write("x", "1").commit("named");
    repo.git(&["tag", "-a", "-m", "tagged", "inner"]);
    let inner = repo.git(&["rev-parse", "inner"]);
    repo.git(&["tag", "-a", "-m", "tagged", "outer", &inner]);
    let outer = repo.git(&["rev-parse", "outer"]);
    repo.git(&["tag", "-d", "inner"]);
    let dropped = repo.commit("dropped");
    repo.git(&["tag", "-a", "-m", "deleted", "deleted"]);
    let deleted = repo.git(&["rev-parse", "deleted"]);
    repo.git(&["tag", "-d", "deleted"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let lost = repo.commit_tree(&repo.tree(&[]), &[], "lost");
    let opened = repo.open();
    let ids = [named, inner, outer, dropped, deleted, lost];
    let hits = Hits {
        messages: ids.iter().map(|id| opened.number(id)).collect(),
        ..Hits::default()
    };
    let traced = opened.attribute(&hits);
    let told = ids.map(|id| {
        let message = &traced.messages[&opened.number(&id)];
        format!(
            "{} | {}",
            summary(message.commit.as_ref()),
            reach(&message.reach)
        )
    });
    assert_eq!(
        told,
        [
            "named | tip",
            "- | tip",
            "- | tip",
            "dropped | main@{1}",
            "- | never",
            "lost | never"
        ]
    );
}
