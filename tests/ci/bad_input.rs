//! What cannot be told, and is said.

use crate::world::{Depth, World, azure_build, azure_request};

/// A job on `main`.
fn job() -> World {
    let world = World::new();
    world.check_out("refs/heads/main", Depth::All);
    world
}

#[test]
fn an_environment_of_no_service_or_of_two_is_none() {
    let world = job();
    let said = world.ci(&[], "");
    assert_eq!(
        (said.code, said.stdout.as_str(), said.stderr.as_str()),
        (
            2,
            "",
            "error: cannot tell what to scan: this is none of Azure Pipelines (TF_BUILD), GitHub \
             Actions (GITHUB_ACTIONS) and GitLab CI (GITLAB_CI)\n\
             hint: say what is new: --range A..B\n"
        )
    );
    let said = world.ci(&[("TF_BUILD", "True"), ("GITHUB_ACTIONS", "true")], "");
    assert_eq!(
        said.stderr,
        "error: cannot tell what to scan: both TF_BUILD and GITHUB_ACTIONS are set\n\
         hint: unset one of them, or say what is new: --range A..B\n"
    );
    // What is set to nothing is not set.
    let said = world.ci(&[("TF_BUILD", "")], "");
    said.assert(2, "this is none of ");
}

#[test]
fn a_variable_that_is_missing_is_named() {
    let world = job();
    let check = |env: &[(&str, &str)], service: &str, variable: &str| {
        let said = world.ci(env, "");
        let expected = format!(
            "error: cannot tell what to scan: {service} did not set {variable}\n\
             hint: hand {variable} on to the step or container that this runs in, or say what is \
             new: --range A..B\n"
        );
        assert_eq!((said.code, said.stderr), (2, expected));
        // Where annotations are read, the reason stands there, too.
        assert_eq!(
            !said.stdout.is_empty(),
            service != "GitLab CI",
            "{}",
            said.stdout
        );
    };
    let azure = azure_request("x", "y");
    check(&azure[..1], "Azure Pipelines", "BUILD_SOURCEBRANCH");
    check(&azure[..3], "Azure Pipelines", "BUILD_SOURCEVERSION");
    check(
        &azure[..4],
        "Azure Pipelines",
        "SYSTEM_PULLREQUEST_TARGETBRANCH",
    );
    let github = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push")];
    check(&github[..1], "GitHub Actions", "GITHUB_EVENT_NAME");
    check(&github, "GitHub Actions", "GITHUB_EVENT_PATH");
    let gitlab = [
        ("GITLAB_CI", "true"),
        ("CI_COMMIT_SHA", "x"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
    ];
    check(&gitlab[..1], "GitLab CI", "CI_COMMIT_SHA");
    check(&gitlab, "GitLab CI", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
}

#[test]
fn an_event_that_cannot_be_used_is_named() {
    let world = job();
    let path = world.path("event.json");
    let path = path.to_str().expect("text");
    let env = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_EVENT_PATH", path),
    ];
    world.ci(&env, "").assert(
        2,
        "error: cannot read the event that GITHUB_EVENT_PATH names, ",
    );
    std::fs::write(path, "{").expect("a file");
    world.ci(&env, "").assert(2, "event.json: it is no JSON: ");
    std::fs::write(path, r#"{"ref":"refs/heads/main"}"#).expect("a file");
    world
        .ci(&env, "")
        .assert(2, "event.json: there is no text at /after\n");
}

#[test]
fn without_a_repository_or_a_commit_it_cannot_run() {
    let world = World::new();
    std::fs::create_dir(world.path("job")).expect("a folder");
    let env = azure_build("refs/heads/main", "HEAD");
    let said = world.ci(&env, "");
    assert_eq!(
        (said.code, said.stderr.as_str()),
        (
            2,
            "error: cannot open a git repository at .: there is none\n"
        )
    );
    assert_eq!(
        said.stdout,
        "##vso[task.logissue type=error;code=could-not-run;]cannot open a git repository at .: there \
         is none\n##vso[task.complete result=Failed;]patsweep could not run\n"
    );
    world.git("job", &["init", "-q", "-b", "main"]);
    let said = world.ci(&env, "--target main");
    said.assert(
        2,
        "error: cannot find HEAD, the commit that the service runs on in this checkout\n",
    );
}

#[test]
fn a_commit_that_is_not_here_is_named() {
    let world = job();
    let id = "1".repeat(40);
    let said = world.ci(&azure_build("refs/heads/main", &id), "--target main");
    let expected = format!(
        "error: cannot find {id}, the commit that the service runs on in this checkout\n\
         hint: set `fetchDepth: 0` in the `checkout: self` step, and check out the change itself; \
         --deepen fetches what is missing\n"
    );
    assert_eq!((said.code, said.stderr), (2, expected));
}
