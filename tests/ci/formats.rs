//! What services are told.

use std::fs;

use patsweep::token::mint;

use crate::world::{Depth, World, azure_request};

/// A pull request that leaks in a file of this name, which also commits a baseline.
fn request(name: &str) -> (World, String, String) {
    let world = World::new();
    world.dev(&["checkout", "-q", "-b", "topic"]);
    world.write(".patsweepignore", "*.pem\n");
    let head = world.commit(name, mint::pat(1));
    let merge = world.merge("topic");
    world.check_out("refs/pull/1/merge", Depth::All);
    (world, merge, head)
}

#[test]
fn azure_pipelines_gets_commands_and_a_summary() {
    let (world, merge, head) = request("a.env");
    let temporary = world.path("home");
    let mut env = azure_request(&merge, &head);
    env.push(("AGENT_TEMPDIRECTORY", temporary.to_str().expect("text")));
    let said = world.ci(&env, "");
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{said:?}");
    let summary = lines[0].strip_prefix("##vso[task.uploadsummary]");
    let summary = fs::read_to_string(summary.expect("a summary")).expect("a file");
    assert!(lines[1].starts_with("##vso[task.logissue type=error;sourcepath=a.env;linenumber=1;"));
    assert!(lines[2].starts_with("##vso[task.complete result=Failed;]1 leaked token in 1 place"));
    assert!(
        summary.starts_with("## patsweep: leaked tokens\n"),
        "{summary}"
    );
    assert!(summary.contains("| **leak** |"), "{summary}");
    assert!(
        summary.contains("\n- steered by origin/main ("),
        "{summary}"
    );
    assert!(
        summary.ends_with("\n  - .patsweepignore:1: &#42;.pem\n"),
        "{summary}"
    );
    // Leaks that the operator lets pass are no failure.
    let said = world.ci(&env, "--fail-on never");
    assert_eq!(said.code, 0, "{said:?}");
    let result = "\n##vso[task.complete result=SucceededWithIssues;]1 leaked token in 1 place";
    assert!(said.stdout.contains(result), "{said:?}");
    // Somebody else's format is not disturbed.
    let said = world.ci(&env, "-f json");
    assert!(said.stdout.starts_with('{'), "{said:?}");
    assert!(!said.stdout.contains("##vso"), "{said:?}");
}

#[test]
fn a_summary_that_cannot_be_written_hides_nothing() {
    let (world, merge, head) = request("a.env");
    let mut env = azure_request(&merge, &head);
    env.push(("AGENT_TEMPDIRECTORY", "missing"));
    let said = world.ci(&env, "");
    said.assert(1, "error: cannot write the summary to missing\ncaused by: ");
    assert!(
        said.stdout.starts_with("##vso[task.logissue type=error;"),
        "{said:?}"
    );
}

#[test]
fn github_gets_annotations_and_a_summary() {
    let (world, merge, head) = request("a.env");
    let event = world.path("event.json");
    let text = format!(
        r#"{{"pull_request":{{"base":{{"ref":"main","sha":"{}"}},"head":{{"sha":"{head}"}}}}}}"#,
        world.dev(&["rev-parse", "main"])
    );
    fs::write(&event, text).expect("a file");
    let summary = world.path("summary.md");
    fs::write(&summary, "# of another step\n").expect("a file");
    let env = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_SHA", &*merge),
        ("GITHUB_EVENT_PATH", event.to_str().expect("text")),
        ("GITHUB_STEP_SUMMARY", summary.to_str().expect("text")),
    ];
    let said = world.ci(&env, "");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.stdout.starts_with("::error file=a.env,line=1,"),
        "{said:?}"
    );
    let text = fs::read_to_string(&summary).expect("a file");
    assert!(
        text.starts_with("# of another step\n## patsweep: leaked tokens\n"),
        "{text}"
    );
    // It has it whatever standard output says.
    world.ci(&env, "-f json");
    let text = fs::read_to_string(&summary).expect("a file");
    assert_eq!(text.matches("## patsweep: leaked tokens\n").count(), 2);
}

#[test]
fn gitlab_gets_text_and_a_word_on_its_report() {
    let (world, merge, head) = request("a.env");
    let env = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_COMMIT_SHA", &*merge),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", &*head),
    ];
    let said = world.ci(&env, "");
    said.assert(1, "-f text -f gitlab -o gl-secret-detection-report.json\n");
    assert!(
        said.stdout.starts_with("leak[azure-devops-pat]: "),
        "{said:?}"
    );
    let said = world.ci(&env, "-f text -f gitlab -o gl-secret-detection-report.json");
    assert!(!said.stderr.contains("-o gl-secret"), "{said:?}");
    let report = world.path("job").join("gl-secret-detection-report.json");
    let report = fs::read_to_string(report).expect("a file");
    assert!(report.contains("\"file\": \"a.env\""), "{report}");
}

#[test]
fn names_of_files_are_no_commands() {
    for name in [
        "##vso[task.complete result=Succeeded;]",
        "::error file=x::y",
        "##[set-output name=a]b",
    ] {
        let (world, merge, head) = request(name);
        let mut env = azure_request(&merge, &head);
        env.push(("AGENT_TEMPDIRECTORY", "/nonexistent"));
        for args in ["-f text", "-f text -v", "--trust-head -f text"] {
            let said = world.ci(&env[..6], args);
            assert_eq!(said.code, 1, "{said:?}");
            let lines = said.stdout.lines().chain(said.stderr.lines());
            for line in lines {
                let is_command = line.contains("##vso[")
                    || line.contains("##[")
                    || line.trim_start().starts_with("::");
                assert!(!is_command, "{name}: {line}");
            }
        }
        // The same token in many places: names stand at the start of lines.
        world.dev(&["checkout", "-q", "topic"]);
        world.write(&format!("z/{name}"), mint::pat(1));
        world.dev(&["add", "-A"]);
        let program = env!("CARGO_BIN_EXE_patsweep");
        let hook = world.run("dev", program, &["hook", "run", "pre-commit"], &[]);
        let scan = world.run("dev", program, &["scan", "-v"], &[]);
        for said in [hook, scan] {
            assert_eq!(said.code, 1, "{said:?}");
            for line in said.stdout.lines().chain(said.stderr.lines()) {
                let is_command = line.contains("##vso[") || line.trim_start().starts_with("::");
                assert!(!is_command, "{name}: {line}");
            }
        }
    }
}
