//! Which commits are scanned, by what the services say.

use std::fs;

use patsweep::token::mint;

use crate::world::{Depth, World, azure_build, azure_request};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// A remote whose `main` has an old leak, and whose branch `topic` has a new one that its last commit
/// takes out again.
struct Story {
    world: World,
    old: String,
    main: String,
    first: String,
    topic: String,
}

impl Story {
    fn new() -> Self {
        let world = World::new();
        let old = world.commit("old.env", mint::pat(9));
        world.push("main");
        world.dev(&["checkout", "-q", "-b", "topic"]);
        let first = world.commit("new.env", mint::pat(1));
        let topic = world.commit("new.env", "gone\n");
        world.push("topic");
        world.dev(&["checkout", "-q", "main"]);
        let main = world.commit("other", "harmless\n");
        world.push("main");
        Self {
            world,
            old,
            main,
            first,
            topic,
        }
    }

    /// What the job says in `env`; commits by their names.
    #[track_caller]
    fn check(&self, env: &[(&str, &str)], args: &str, more: &[(&str, &str)], expected: &str) {
        let said = self.world.ci(env, args);
        let own = [
            ("OLD", &*self.old),
            ("MAIN", &*self.main),
            ("FIRST", &*self.first),
            ("TOPIC", &*self.topic),
        ];
        let names = [&own, more].concat();
        assert_eq!(said.range(&names), expected, "{said:?}");
        assert!(!said.stdout.contains("old.env"), "{said:?}");
    }

    /// The variables of GitHub, with an event.
    fn github(&self, name: &str, sha: &str, reference: &str, event: &str) -> Vec<(String, String)> {
        let path = self.world.path("event.json");
        fs::write(&path, event).expect("a file");
        [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_SHA", sha),
            ("GITHUB_REF", reference),
            ("GITHUB_EVENT_PATH", path.to_str().expect("text")),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }
}

fn borrowed(env: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = env.iter().map(|(name, value)| (&**name, &**value));
    pairs.collect()
}

/// The event of a push.
fn push_event(before: &str, after: &str, reference: &str, more: &str) -> String {
    format!(
        r#"{{"ref":"{reference}","before":"{before}","after":"{after}",{more}
            "repository":{{"full_name":"a/b","default_branch":"main"}}}}"#
    )
}

/// That of a pull request.
fn request_event(base: &str, head: &str, fork: &str) -> String {
    format!(
        r#"{{"pull_request":{{
            "base":{{"ref":"main","sha":"{base}"}},
            "head":{{"ref":"topic","sha":"{head}","repo":{{"full_name":"{fork}/b"}}}}}},
            "repository":{{"full_name":"a/b","default_branch":"main"}}}}"#
    )
}

#[test]
fn pull_requests_of_azure_pipelines() {
    let story = Story::new();
    let merge = story.world.merge("topic");
    story.world.check_out("refs/pull/1/merge", Depth::All);
    let azure = "1 Azure Pipelines: scanned is what the request brings that main has not: ";
    let names = [("MERGE", &*merge)];
    let env = azure_request(&merge, &story.topic);
    let expected = format!("{azure}MERGE without MAIN");
    story.check(&env, "", &names, &expected);
    // Of a repository on GitHub, and a fork of it.
    let mut on_github = env.clone();
    on_github[4] = ("SYSTEM_PULLREQUEST_TARGETBRANCH", "main");
    on_github.push(("SYSTEM_PULLREQUEST_ISFORK", "True"));
    story.check(&on_github, "", &names, &expected);
    // The merge alone, without the branch: its first parent is enough.
    story.world.check_out("refs/pull/1/merge", Depth::Only(4));
    story.check(&env, "", &names, &expected);
    // The last commit of the branch itself.
    story.world.check_out("refs/heads/topic", Depth::All);
    story.check(&env, "", &names, &format!("{azure}TOPIC without MAIN"));
}

#[test]
fn the_operator_may_name_another_target() {
    let story = Story::new();
    let merge = story.world.merge("topic");
    let branch = format!("{}:refs/heads/release", story.first);
    story.world.dev(&["push", "-q", "origin", &branch]);
    story.world.check_out("refs/pull/1/merge", Depth::All);
    let env = azure_request(&merge, &story.topic);
    let expected = "0 Azure Pipelines: scanned is what the request brings that release has not: \
                    MERGE without FIRST";
    for target in ["release", "refs/heads/release"] {
        let args = format!("--target {target}");
        story.check(&env, &args, &[("MERGE", &merge)], expected);
    }
}

#[test]
fn a_merge_that_the_author_made_is_not_taken_for_that_of_the_service() {
    let story = Story::new();
    story.world.dev(&["checkout", "-q", "topic"]);
    story.world.dev(&["merge", "-q", "-m", "catch up", "main"]);
    story.world.push("topic");
    let head = story.world.dev(&["rev-parse", "HEAD"]);
    story.world.check_out("refs/heads/topic", Depth::All);
    let env = azure_request(&head, &head);
    let expected = "1 Azure Pipelines: scanned is what the request brings that main has not: HEAD \
                    without MAIN";
    story.check(&env, "", &[("HEAD", &head)], expected);
}

#[test]
fn a_merge_of_something_else_is_scanned_with_the_request() {
    let story = Story::new();
    let merge = story.world.merge("topic");
    story.world.check_out("refs/pull/1/merge", Depth::All);
    let env = azure_request(&merge, &story.first);
    let expected = "1 Azure Pipelines: scanned is what the request brings that main has not: MERGE \
                    and FIRST without MAIN";
    story.check(&env, "", &[("MERGE", &merge)], expected);
}

#[test]
fn a_request_of_unrelated_history_brings_all_of_it() {
    let story = Story::new();
    let world = &story.world;
    world.dev(&["checkout", "-q", "--orphan", "apart"]);
    world.dev(&["rm", "-r", "-q", "-f", "."]);
    let head = world.commit("apart", mint::pat(3));
    world.dev(&["checkout", "-q", "--detach", "main"]);
    let merge = [
        "merge",
        "-q",
        "--allow-unrelated-histories",
        "-m",
        "merge",
        "apart",
    ];
    world.dev(&merge);
    world.dev(&["push", "-q", "-f", "origin", "HEAD:refs/pull/1/merge"]);
    let merge = world.dev(&["rev-parse", "HEAD"]);
    world.check_out("refs/pull/1/merge", Depth::All);
    let expected = "1 Azure Pipelines: scanned is what the request brings that main has not: MERGE \
                    without MAIN";
    let env = azure_request(&merge, &head);
    story.check(&env, "", &[("MERGE", &merge)], expected);
}

#[test]
fn builds_of_azure_pipelines() {
    let story = Story::new();
    story.world.check_out("refs/heads/topic", Depth::All);
    let topic = azure_build("refs/heads/topic", &story.topic);
    let expected =
        "1 Azure Pipelines: scanned is what topic has that main has not: TOPIC without MAIN";
    story.check(&topic, "--target main", &[], expected);
    let said = story.world.ci(&topic, "");
    said.assert(
        2,
        "error: cannot tell which branch is the default one: Azure Pipelines does not say\n\
         hint: name it: --target main\n",
    );
    story.world.ci(&topic, "--target missing").assert(
        2,
        "error: cannot find the branch 'missing' in this checkout\n",
    );
    // As it was cloned.
    let head = "refs/remotes/origin/HEAD";
    story
        .world
        .git("job", &["symbolic-ref", head, "refs/remotes/origin/main"]);
    story.check(&topic, "", &[], expected);
    // The default branch itself: what is in its files, and what came last.
    let main = azure_build("refs/heads/main", &story.main);
    let said = story.world.ci(&main, "");
    let names = [("MAIN", &*story.main), ("OLD", &*story.old)];
    assert_eq!(
        said.range(&names),
        "1 Azure Pipelines: scanned is all files of main, and what its last commit brings: MAIN \
         without OLD"
    );
    assert!(said.stdout.contains("sourcepath=old.env"), "{said:?}");
    assert!(!said.stdout.contains("new.env"), "{said:?}");
}

#[test]
fn tags() {
    let story = Story::new();
    let world = &story.world;
    world.dev(&["checkout", "-q", "topic"]);
    world.dev(&["tag", "-a", "-m", &mint::pat(2), "v1"]);
    world.dev(&["push", "-q", "origin", "v1"]);
    world.check_out("refs/tags/v1", Depth::All);
    let expected = "1 Azure Pipelines: scanned is what the tag v1 brings that main has not: TOPIC \
                    without MAIN";
    let env = azure_build("refs/tags/v1", &story.topic);
    story.check(&env, "--target main", &[], expected);
    let said = world.ci(&env, "--target main");
    assert_eq!(said.stdout.matches("type=error").count(), 2, "{said:?}");
    let tag = world.dev(&["rev-parse", "v1"]);
    let event = push_event(ZERO, &tag, "refs/tags/v1", r#""created":true,"#);
    let env = story.github("push", &story.topic, "refs/tags/v1", &event);
    story.check(
        &borrowed(&env),
        "",
        &[],
        &expected.replace("Azure Pipelines", "GitHub Actions"),
    );
    // Its checkout puts the commit in the place of the tag.
    world.git("job", &["tag", "-f", "v1", "v1^{commit}"]);
    let said = world.ci(&borrowed(&env), "");
    let messages = said.stdout.matches("first of all message:1:1").count();
    assert_eq!((said.code, messages), (1, 1), "{said:?}");
    let env = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_COMMIT_SHA", &story.topic),
        ("CI_COMMIT_BEFORE_SHA", ZERO),
        ("CI_COMMIT_TAG", "v1"),
        ("CI_DEFAULT_BRANCH", "main"),
    ];
    story.check(
        &env,
        "",
        &[],
        &expected.replace("Azure Pipelines", "GitLab CI"),
    );
}

#[test]
fn pull_requests_of_github() {
    let story = Story::new();
    let merge = story.world.merge("topic");
    let names = [("MERGE", &*merge)];
    story.world.check_out("refs/pull/1/merge", Depth::All);
    let github = "1 GitHub Actions: scanned is what the request brings that main has not: ";
    for fork in ["a", "c"] {
        let event = request_event(&story.old, &story.topic, fork);
        let env = story.github("pull_request", &merge, "refs/pull/1/merge", &event);
        let expected = format!("{github}MERGE without MAIN and OLD");
        let said = story.world.ci(&borrowed(&env), "");
        let all = [&names[..], &[("MAIN", &*story.main), ("OLD", &*story.old)]].concat();
        // They are told by their ids, in whatever order these have.
        let told = said.range(&all);
        assert!(
            told == expected || told == format!("{github}MERGE without OLD and MAIN"),
            "{told}"
        );
    }
    // The event names the target as it was then; the merge is later.
    story.world.check_out("refs/heads/topic", Depth::All);
    let event = request_event(&story.main, &story.topic, "a");
    let env = story.github("pull_request", &merge, "refs/pull/1/merge", &event);
    story.check(
        &borrowed(&env),
        "",
        &names,
        &format!("{github}TOPIC without MAIN"),
    );
    // What is checked out by default is the target.
    let env = story.github(
        "pull_request_target",
        &story.main,
        "refs/heads/main",
        &event,
    );
    story.check(
        &borrowed(&env),
        "",
        &names,
        &format!("{github}TOPIC without MAIN"),
    );
    story.world.check_out("refs/heads/main", Depth::Only(1));
    story.world.ci(&borrowed(&env), "").assert(
        2,
        &format!(
            "error: cannot find {}, the last commit of the request in this checkout\n\
             hint: set `fetch-depth: 0` under `with:` of actions/checkout",
            story.topic
        ),
    );
}

#[test]
fn groups_of_pull_requests_of_github() {
    let story = Story::new();
    let merge = story.world.merge("topic");
    story.world.check_out("refs/pull/1/merge", Depth::All);
    let event = format!(
        r#"{{"merge_group":{{"base_ref":"refs/heads/main","base_sha":"{}","head_sha":"{merge}"}}}}"#,
        story.main
    );
    let env = story.github(
        "merge_group",
        &merge,
        "refs/heads/gh-readonly-queue/main/x",
        &event,
    );
    let expected = "1 GitHub Actions: scanned is what the request brings that main has not: MERGE \
                    without MAIN";
    story.check(&borrowed(&env), "", &[("MERGE", &merge)], expected);
}

#[test]
fn pushes_of_github() {
    let story = Story::new();
    let world = &story.world;
    world.check_out("refs/heads/topic", Depth::All);
    let topic = "refs/heads/topic";
    let check = |event: &str, expected: &str| {
        let env = story.github("push", &story.topic, topic, event);
        let expected = format!(
            "{} GitHub Actions: scanned is {}",
            &expected[..1],
            &expected[2..]
        );
        let names = [
            ("MAIN", &*story.main),
            ("FIRST", &*story.first),
            ("TOPIC", &*story.topic),
        ];
        let said = world.ci(&borrowed(&env), "");
        let told = said
            .range(&names)
            .replace("MAIN and FIRST", "FIRST and MAIN");
        assert_eq!(told, expected, "{said:?}");
    };
    let event = |before: &str, more: &str| push_event(before, &story.topic, topic, more);
    check(
        &event(&story.first, ""),
        "0 what the push brings to topic: TOPIC without FIRST and MAIN",
    );
    check(
        &event(ZERO, r#""created":true,"#),
        "1 what the new branch topic brings: TOPIC without MAIN",
    );
    check(
        &event(&story.first, r#""forced":true,"#),
        "0 what topic, written anew, brings: TOPIC without FIRST and MAIN",
    );
    // What it was before is not in the checkout.
    check(
        &event(&"1".repeat(40), r#""forced":true,"#),
        "1 what topic, written anew, brings: TOPIC without MAIN",
    );
    let deleted = push_event(&story.topic, ZERO, topic, r#""deleted":true,"#);
    let env = story.github("push", &story.main, "refs/heads/main", &deleted);
    let said = world.ci(&borrowed(&env), "");
    assert_eq!(
        said.range(&[]),
        "0 GitHub Actions: scanned is nothing, for refs/heads/topic was deleted"
    );
}

/// `git push origin HEAD` puts whatever it is called where all can read it.
#[test]
fn names_of_new_branches_and_tags_are_scanned() {
    let story = Story::new();
    let name = mint::pat(5);
    for (reference, created) in [
        (format!("refs/heads/x/{name}"), true),
        (format!("refs/tags/{name}"), true),
        (format!("refs/heads/x/{name}"), false),
    ] {
        let refspec = format!("{}:{reference}", story.main);
        story.world.dev(&["push", "-q", "-f", "origin", &refspec]);
        story.world.check_out("refs/heads/main", Depth::All);
        let before = if created { ZERO } else { &story.main };
        let event = push_event(before, &story.main, &reference, "");
        let env = story.github("push", &story.main, &reference, &event);
        let said = story.world.ci(&borrowed(&env), "");
        assert_eq!(said.code, i32::from(created), "{said:?}");
        assert!(!said.stdout.contains(&name), "{said:?}");
        assert!(!said.stderr.contains(&name), "{said:?}");
    }
}

#[test]
fn a_push_to_the_default_branch() {
    let story = Story::new();
    let world = &story.world;
    world.check_out("refs/heads/main", Depth::All);
    let event = push_event(&story.old, &story.main, "refs/heads/main", "");
    let env = story.github("push", &story.main, "refs/heads/main", &event);
    let expected = "0 GitHub Actions: scanned is what the push brings to main: MAIN without OLD";
    story.check(&borrowed(&env), "", &[], expected);
    // Written anew: nothing but what it was before could vouch for it.
    let event = push_event(
        &"1".repeat(40),
        &story.main,
        "refs/heads/main",
        r#""forced":true,"#,
    );
    let env = story.github("push", &story.main, "refs/heads/main", &event);
    let said = world.ci(&borrowed(&env), "");
    said.assert(1, "steered by nothing in the repository");
    assert!(said.stdout.contains("old.env"), "{said:?}");
}

#[test]
fn runs_of_github_that_nothing_started() {
    let story = Story::new();
    story.world.check_out("refs/heads/main", Depth::All);
    let env = story.github(
        "schedule",
        &story.main,
        "refs/heads/main",
        r#"{"schedule":"0 0 * * *"}"#,
    );
    let said = story.world.ci(&borrowed(&env), "");
    let names = [("MAIN", &*story.main), ("OLD", &*story.old)];
    assert_eq!(
        said.range(&names),
        "1 GitHub Actions: scanned is all files of main, and what its last commit brings: MAIN \
         without OLD"
    );
    let event = r#"{"repository":{"default_branch":"main"}}"#;
    let env = story.github("workflow_dispatch", &story.topic, "refs/heads/topic", event);
    story.world.check_out("refs/heads/topic", Depth::All);
    let expected =
        "1 GitHub Actions: scanned is what topic has that main has not: TOPIC without MAIN";
    story.check(&borrowed(&env), "", &[], expected);
    // The default branch was given another name.
    let event = r#"{"repository":{"default_branch":"trunk"}}"#;
    let env = story.github("workflow_dispatch", &story.topic, "refs/heads/topic", event);
    story
        .world
        .dev(&["push", "-q", "origin", "main:trunk", ":main"]);
    story.world.check_out("refs/heads/topic", Depth::All);
    story.check(&borrowed(&env), "", &[], &expected.replace("main", "trunk"));
}

#[test]
fn merge_requests_of_gitlab() {
    let story = Story::new();
    let merge = story.world.merge("topic");
    let names = [("MERGE", &*merge)];
    let request = |sha, target_sha| {
        vec![
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_COMMIT_SHA", sha),
            ("CI_COMMIT_BEFORE_SHA", ZERO),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", target_sha),
            (
                "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
                if sha == merge { &story.topic } else { "" },
            ),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*story.old),
        ]
    };
    let gitlab = "GitLab CI: scanned is what the request brings that main has not: ";
    story.world.check_out("refs/pull/1/merge", Depth::All);
    let expected = format!("1 {gitlab}MERGE without MAIN");
    story.check(&request(&merge, &story.main), "", &names, &expected);
    story.world.check_out("refs/heads/topic", Depth::All);
    let expected = format!("1 {gitlab}TOPIC without MAIN");
    story.check(&request(&story.topic, ""), "", &names, &expected);
    // Without the target only GitLab's word is left, which may be of another target.
    story
        .world
        .git("job", &["update-ref", "-d", "refs/remotes/origin/main"]);
    let env = request(&story.topic, "");
    let expected = format!("1 {gitlab}TOPIC without OLD");
    story.check(&env, "", &names, &expected);
    let mut env = env;
    env[8].1 = &story.topic;
    let said = story.world.ci(&env, "");
    said.assert(3, "steered by nothing in the repository");
    assert!(
        said.stdout
            .contains("set `GIT_DEPTH: 0` under `variables:`"),
        "{said:?}"
    );
}

#[test]
fn pushes_of_gitlab() {
    let story = Story::new();
    story.world.check_out("refs/heads/topic", Depth::All);
    let env = |before| {
        vec![
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_COMMIT_SHA", &*story.topic),
            ("CI_COMMIT_BEFORE_SHA", before),
            ("CI_COMMIT_BRANCH", "topic"),
            ("CI_DEFAULT_BRANCH", "main"),
        ]
    };
    let gitlab = "1 GitLab CI: scanned is ";
    let new = format!("{gitlab}what the new branch topic brings: TOPIC without MAIN");
    story.check(&env(ZERO), "", &[], &new);
    let said = story.world.ci(&env(&story.first), "");
    said.assert(0, "what the push brings to topic");
    // Unrelated to what it was before.
    story.world.dev(&["checkout", "-q", "--orphan", "apart"]);
    let apart = story.world.commit("apart", "apart\n");
    story.world.push("apart");
    story.world.git("job", &["fetch", "-q", "origin", "apart"]);
    let said = story.world.ci(&env(&apart), "");
    said.assert(1, "what topic, written anew, brings");
    let mut scheduled = env(ZERO);
    scheduled[1].1 = "schedule";
    let expected = format!("{gitlab}what topic has that main has not: TOPIC without MAIN");
    story.check(&scheduled, "", &[], &expected);
}

#[test]
fn a_range_is_scanned_wherever_it_runs() {
    let story = Story::new();
    story.world.check_out("refs/heads/topic", Depth::All);
    let expected = "1 scanned is what origin/main..HEAD brings: TOPIC without MAIN";
    story.check(&[], "--range origin/main..HEAD", &[], expected);
    let both = [("TF_BUILD", "True"), ("GITLAB_CI", "true")];
    story.check(&both, "--range origin/main..HEAD", &[], expected);
    let said = story.world.ci(&[], "--range nothing..HEAD");
    said.assert(
        2,
        "error: cannot find 'nothing' of --range nothing..HEAD in this checkout\n",
    );
    let expected = "0 Azure Pipelines: scanned is what HEAD~1..HEAD brings: TOPIC without FIRST";
    story.check(
        &[("TF_BUILD", "True")],
        "--range HEAD~1..HEAD",
        &[],
        expected,
    );
}
