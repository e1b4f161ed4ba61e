//! Checkouts that lack history.

use std::fs;

use patsweep::token::mint;

use crate::world::{Depth, World, azure_build, azure_request};

const SHALLOW: &str = "code=shallow;]not scanned, or not whole: .git: the checkout is too shallow, and \
                       not all that is new is in it: ";

/// A pull request whose first commit leaks, and whose last takes that out again.
fn request() -> (World, String, String) {
    let world = World::new();
    world.dev(&["checkout", "-q", "-b", "topic"]);
    world.commit("a", mint::pat(1));
    for step in 0..4 {
        world.commit("a", step.to_string());
    }
    let head = world.dev(&["rev-parse", "HEAD"]);
    let merge = world.merge("topic");
    (world, merge, head)
}

#[test]
fn a_checkout_that_is_too_shallow_is_incomplete_and_told_how_to_mend_it() {
    let (world, merge, head) = request();
    let env = azure_request(&merge, &head);
    for depth in [1, 2, 3] {
        world.check_out("refs/pull/1/merge", Depth::Only(depth));
        let said = world.ci(&env, "");
        assert_eq!(said.code, 3, "{said:?}");
        let azure = format!("{SHALLOW}set `fetchDepth: 0` in the `checkout: self` step, or run ");
        assert!(said.stdout.contains(&azure), "{said:?}");
        assert_eq!(world.ci(&env, "--accept-incomplete shallow").code, 0);
    }
    world.check_out("refs/pull/1/merge", Depth::Only(20));
    assert_eq!(world.ci(&env, "").code, 1);
}

#[test]
fn what_a_shallow_checkout_has_is_scanned() {
    let world = World::new();
    world.dev(&["checkout", "-q", "-b", "topic"]);
    world.commit("a", "1");
    let head = world.commit("b", mint::pat(1));
    let merge = world.merge("topic");
    world.check_out("refs/pull/1/merge", Depth::Only(1));
    let said = world.ci(&azure_request(&merge, &head), "");
    said.assert(1, "steered by nothing in the repository");
}

#[test]
fn other_services_have_other_settings() {
    let (world, merge, head) = request();
    world.check_out("refs/pull/1/merge", Depth::Only(1));
    let path = world.path("event.json");
    let event = format!(
        r#"{{"pull_request":{{"base":{{"ref":"main","sha":"{head}"}},"head":{{"sha":"{head}"}}}}}}"#
    );
    fs::write(&path, event.replacen(&head, &"1".repeat(40), 1)).expect("a file");
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_SHA", &merge),
        ("GITHUB_EVENT_PATH", path.to_str().expect("text")),
    ];
    let said = world.ci(&github, "");
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.stdout
            .contains("set `fetch-depth: 0` under `with:` of actions/checkout"),
        "{said:?}"
    );
    let gitlab = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_COMMIT_SHA", &*merge),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
    ];
    let said = world.ci(&gitlab, "");
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.stdout
            .contains("set `GIT_DEPTH: 0` under `variables:`"),
        "{said:?}"
    );
}

#[test]
fn what_is_missing_is_fetched_if_that_is_asked_for() {
    let (world, merge, head) = request();
    let env = azure_request(&merge, &head);
    world.check_out("refs/pull/1/merge", Depth::Only(1));
    let said = world.ci(&env, "--deepen");
    said.assert(1, "steered by origin/main (");
    assert!(said.stdout.contains("sourcepath=a;"), "{said:?}");
    // A branch, and the commit itself.
    world.check_out("refs/heads/main", Depth::Only(1));
    let said = world.ci(
        &azure_build("refs/heads/topic", &head),
        "--target main --deepen",
    );
    assert_eq!(said.code, 1, "{said:?}");
}

#[test]
fn more_history_than_is_fetched_at_first_is_fetched_then() {
    let world = World::new();
    world.dev(&["checkout", "-q", "-b", "topic"]);
    world.commit("a", mint::pat(1));
    for step in 0..60 {
        world.commit("a", step.to_string());
    }
    let head = world.dev(&["rev-parse", "HEAD"]);
    world.push("topic");
    world.check_out("refs/heads/topic", Depth::Only(1));
    let env = azure_build("refs/heads/topic", &head);
    assert_eq!(world.ci(&env, "--target main --deepen").code, 1);
}

#[test]
fn the_tip_before_a_push_is_fetched_unless_it_is_gone() {
    let world = World::new();
    let before = world.commit("a", mint::pat(1));
    let after = world.commit("b", "harmless\n");
    world.push("main");
    world.check_out("refs/heads/main", Depth::Only(1));
    let run = |before: &str, args: &str| {
        let env = [
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_COMMIT_SHA", &*after),
            ("CI_COMMIT_BEFORE_SHA", before),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_DEFAULT_BRANCH", "main"),
        ];
        world.ci(&env, args)
    };
    assert_eq!(run(&before, "").code, 1);
    run(&before, "--deepen").assert(0, "the tip of main before the push (");
    world.check_out("refs/heads/main", Depth::Only(1));
    let gone = "1".repeat(40);
    run(&gone, "--deepen").assert(1, "steered by nothing in the repository");
}

#[test]
fn what_cannot_be_fetched_is_said_and_the_rest_is_scanned() {
    let (world, merge, head) = request();
    world.check_out("refs/pull/1/merge", Depth::Only(1));
    fs::remove_dir_all(world.path("far")).expect("a folder");
    let said = world.ci(&azure_request(&merge, &head), "--deepen");
    said.assert(
        3,
        "error: cannot fetch what is missing from origin: git says: ",
    );
}

#[test]
fn templates_check_out_all_of_history() {
    for (template, setting) in [
        (
            include_str!("../../docs/ci/azure-pipelines.yml"),
            "- checkout: self\n        fetchDepth: 0\n",
        ),
        (
            include_str!("../../docs/ci/github-actions.yml"),
            "with:\n          fetch-depth: 0\n",
        ),
        (
            include_str!("../../docs/ci/gitlab-ci.yml"),
            "variables:\n    GIT_DEPTH: 0\n",
        ),
    ] {
        assert!(template.contains(setting), "{template}");
        assert!(template.contains("patsweep ci"), "{template}");
    }
}
