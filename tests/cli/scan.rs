//! `scan`: what is found, where the report goes, and how the run ends.

use std::io::{BufRead, BufReader, Read, Write};

use patsweep::token::{jwt, mint};

use crate::program::{World, rules};

const OAUTH: &str = "azure-devops-oauth-token";
const PAT: &str = "azure-devops-pat";

fn oauth() -> String {
    mint::oauth_token(1, jwt::ISSUER_HOST, None)
}

#[test]
fn a_clean_folder_gives_0_and_a_leak_1() {
    let world = World::with("notes.txt", "nothing here\n");
    assert_eq!(world.run("scan").code, 0);
    let token = mint::pat(1);
    world.write(".env", format!("TOKEN={token}\n"));
    let said = world.run("scan");
    assert_eq!((said.code, said.stderr.as_str()), (1, ""));
    assert!(said.stdout.contains(PAT), "{}", said.stdout);
    assert!(said.stdout.contains(".env"), "{}", said.stdout);
    assert!(!said.stdout.contains(&token), "the report is redacted");
}

#[test]
fn the_current_folder_is_the_default_and_targets_add_up() {
    let world = World::with("a/one", mint::pat(1));
    world.write("b/two", mint::legacy_pat(2));
    world.write("three", mint::app_secret(3));
    let legacy = "azure-devops-pat-legacy";
    for (args, expected) in [
        ("scan -f json", vec!["azure-devops-app-secret", PAT, legacy]),
        ("scan -f json a", vec![PAT]),
        ("scan -f json a b/two", vec![PAT, legacy]),
        ("scan -f json a a a/one", vec![PAT]),
    ] {
        let said = world.run(args);
        assert_eq!(
            (said.code, said.rules()),
            (1, expected.iter().map(ToString::to_string).collect())
        );
    }
}

#[test]
fn standard_input_is_scanned() {
    let world = World::new();
    let said = world.run_on("scan -f json -", format!("token: {}", mint::pat(1)));
    assert_eq!((said.code, said.rules()), (1, vec![PAT.to_owned()]));
    assert_eq!(world.run_on("scan -", "nothing").code, 0);
}

#[test]
fn fail_on_and_exit_code_choose_the_code() {
    let proven = World::with("token", mint::pat(1));
    let shape = World::with("token", oauth());
    for (args, for_proven, for_shape) in [
        ("scan", 1, 1),
        ("scan --fail-on any", 1, 1),
        ("scan --fail-on proven", 1, 0),
        ("scan --fail-on active", 3, 3),
        ("scan --fail-on never", 0, 0),
        ("scan --exit-code 10", 10, 10),
        ("scan --exit-code 125 --fail-on proven", 125, 0),
        ("scan --exit-code 10 --fail-on never", 0, 0),
        ("scan --exit-code 10 --fail-on active", 3, 3),
    ] {
        assert_eq!(proven.run(args).code, for_proven, "{args}, proven");
        assert_eq!(shape.run(args).code, for_shape, "{args}, shape");
        assert!(
            shape.run(args).stdout.contains(OAUTH),
            "{args}: what is found is reported"
        );
    }
    assert_eq!(
        proven.run("scan --fail-on active").stderr,
        "note: 1 token was not verified: whether it is active is not known\n"
    );
}

#[test]
fn an_incomplete_scan_gives_3_unless_there_is_a_leak() {
    // A gzip stream that ends after its header.
    let world = World::with("cut.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    assert_eq!(world.run("scan").code, 3);
    assert_eq!(world.run("scan --fail-on never").code, 3);
    assert_eq!(world.run("scan --exit-code 10").code, 3);
    world.write("token", mint::pat(1));
    assert_eq!(world.run("scan").code, 1);
    assert_eq!(world.run("scan --fail-on never").code, 3);
}

#[test]
fn unproven_tokens_are_reported_only_when_asked_for() {
    let token = mint::pat(1);
    let wrong = if token.ends_with('0') { '1' } else { '0' };
    let text = format!(
        "AZURE_DEVOPS_EXT_PAT={}{wrong}\n",
        &token[..token.len() - 1]
    );
    let world = World::with(".env", text);
    assert_eq!(world.run("scan").code, 0);
    let said = world.run("scan --include-unproven -f json");
    assert_eq!(
        (said.code, said.rules()),
        (1, vec!["azure-devops-pat-unproven".to_owned()])
    );
}

#[test]
fn the_users_rules_are_used() {
    let world = World::with("notes.txt", "key = ctso_0a1b2c3d4e5f6g7h8i9j\n");
    world.write(
        "rules/contoso.toml",
        "[[rules]]\nid = \"contoso-key\"\ntitle = \"Contoso key\"\ndescription = \"A key.\"\n\
         severity = \"high\"\nanchors = [\"ctso_\"]\nregex = '(?P<secret>ctso_[a-z0-9]{20})'\n",
    );
    assert_eq!(world.run("scan notes.txt").code, 0);
    for rules in ["rules", "rules/contoso.toml"] {
        let said = world.run(&format!("scan notes.txt -f json --rules {rules}"));
        assert_eq!(
            (said.code, said.rules()),
            (1, vec!["contoso-key".to_owned()])
        );
    }
}

#[test]
fn what_is_excluded_or_too_large_is_left_out() {
    let world = World::with("a/token", mint::pat(1));
    world.write(".gitignore", "/b\n");
    world.write("b/large", format!("{}{}", " ".repeat(2048), mint::pat(2)));
    world.write(".git/HEAD", "ref: refs/heads/main\n");
    let found = |args: &str| world.run(&format!("scan -f json {args}")).rules().len();
    assert_eq!(found(""), 2);
    assert_eq!(found("--exclude a"), 1);
    assert_eq!(found("--exclude a --exclude b"), 0);
    assert_eq!(found("--respect-gitignore"), 1);
    assert_eq!(found("--max-file-size 2K"), 1);
    assert_eq!(found("--max-file-size 4K"), 2);
}

#[test]
fn reports_go_where_they_are_sent() {
    let world = World::with("token", mint::pat(1));
    let said = world.run("scan -f json -o a.json -f sarif -o b.sarif -f jsonl");
    assert_eq!(
        (said.code, said.stderr.as_str()),
        (1, "note: 1 token in 1 file\n")
    );
    assert_eq!(rules(&world.read("a.json")), [PAT]);
    assert!(world.read("b.sarif").contains("\"2.1.0\""));
    assert_eq!(
        said.stdout
            .lines()
            .filter(|line| line.contains(PAT))
            .count(),
        1,
        "{}",
        said.stdout
    );

    let said = world.run("scan token -o report.txt");
    assert_eq!((said.code, said.stdout.as_str()), (1, ""));
    assert!(world.read("report.txt").contains(PAT));

    let said = world.run("scan token -f json -o a.json -o -");
    assert_eq!(
        (said.rules(), rules(&world.read("a.json"))),
        (vec![PAT.into()], vec![PAT.into()])
    );
}

#[test]
fn what_happened_is_told_where_no_text_report_is_seen() {
    let world = World::new();
    let told = |args: &str| world.run(args).stderr;
    assert_eq!(told("scan -f json"), "note: nothing was scanned\n");
    world.write("notes.txt", "nothing here\n");
    assert_eq!(told("scan -f json"), "note: 0 tokens in 1 file\n");
    world.write("cut.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    assert_eq!(
        told("scan -f json"),
        "note: 0 tokens in 2 files, 1 problem\n"
    );
    assert_eq!(told("scan -q -f json"), "");
    assert_eq!(told("scan"), "");
}

#[test]
fn numbers_beside_a_report_are_written_as_in_one() {
    let world = World::new();
    for file in 0..1001 {
        world.write(&format!("{file}"), "x");
    }
    assert_eq!(
        world.run("scan -f json").stderr,
        "note: 0 tokens in 1,001 files\n"
    );
    assert!(world.run("scan").stdout.contains(" 1,001 files"));
}

#[test]
fn a_report_inside_the_scanned_folder_is_not_scanned_half_written() {
    let world = World::with("token", mint::pat(1));
    let said = world.run("scan -f json -o report.json");
    assert_eq!(
        (said.code, said.stderr.as_str()),
        (1, "note: 1 token in 1 file\n")
    );
    let left: Vec<_> = std::fs::read_dir(world.tree())
        .expect("the folder")
        .collect();
    assert_eq!(left.len(), 2, "the token and the report: {left:?}");
}

#[test]
fn secrets_are_shown_only_when_asked_for() {
    let token = mint::pat(1);
    let world = World::with("token", &token);
    for format in ["text", "json", "jsonl", "sarif"] {
        let hidden = world.run(&format!("scan -vv -f {format}"));
        assert!(!format!("{hidden:?}").contains(&token), "{format}");
    }
    assert!(
        world
            .run("scan -f json --show-secrets")
            .stdout
            .contains(&token)
    );
}

#[cfg(unix)]
#[test]
fn a_file_with_secrets_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with("token", mint::pat(1));
    world.run("scan token --show-secrets -f json -o report.json");
    let mode = std::fs::metadata(world.tree().join("report.json")).expect("a report");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[test]
fn occurrences_are_limited_and_counted() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.write(name, mint::pat(1));
    }
    let said = world.run("scan -f json --max-occurrences 2");
    let report: serde_json::Value = serde_json::from_str(&said.stdout).expect("a JSON report");
    let finding = &report["findings"][0];
    assert_eq!(finding["occurrence_count"], 3);
    assert_eq!(finding["occurrences"].as_array().map(Vec::len), Some(2));
}

#[test]
fn one_and_eight_threads_say_the_same() {
    let world = World::new();
    for seed in 0..50 {
        world.write(&format!("{}/{seed}", seed % 7), mint::pat(seed % 40));
    }
    let report = |args: &str| {
        let said = world.run(args);
        let mut report: serde_json::Value = serde_json::from_str(&said.stdout).expect("a report");
        report["summary"]["seconds"] = 0.into();
        report
    };
    assert_eq!(report("scan -f json -j 1"), report("scan -f json -j 8"));
}

#[test]
fn more_threads_than_are_of_use_are_not_started() {
    let world = World::with("notes.txt", "nothing here\n");
    let said = world.run("scan -v -j 300 --no-config");
    assert_eq!(
        (said.code, said.stderr.as_str()),
        (0, "- configuration: none\n- threads: 128\n")
    );
    assert_eq!(world.run("scan -j 100000 --no-config").code, 0);
}

#[test]
fn quiet_leaves_the_report_alone() {
    let world = World::with("token", mint::pat(1));
    let said = world.run("scan -q -f json --fail-on active");
    assert_eq!((said.code, said.stderr.as_str()), (3, ""));
    assert_eq!(said.rules(), [PAT]);
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let world = World::new();
    let mut child = world.spawn("scan -f json -");
    // The scan ends after its input does, so that nobody reads when the report is written.
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(mint::pat(1).as_bytes())
        .expect("the program reads");
    drop(stdin);
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut stderr)
        .expect("text");
    assert_eq!(stderr, "note: 1 token in 1 file\n");
    assert_eq!(child.wait().expect("the program ends").code(), Some(1));
}

#[cfg(unix)]
#[test]
fn an_interrupted_scan_reports_what_was_found() {
    let world = World::new();
    let mut child = world.spawn("scan -v -f json -");
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut wait_for = |start: &str| {
        let mut lines = stderr.by_ref().map(|line| line.expect("text"));
        assert!(lines.any(|line| line.starts_with(start)), "{start}");
    };
    // The handler stands before this is said.
    wait_for("- threads");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(format!("{}\n", mint::pat(1)).as_bytes())
        .expect("the program reads");
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(sent.expect("kill").success());
    // The input stays open: an interrupt does not wait for more of it.
    wait_for("note: interrupted");
    let mut stdout = String::new();
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_to_string(&mut stdout)
        .expect("text");
    assert_eq!(child.wait().expect("the program ends").code(), Some(130));
    assert_eq!(rules(&stdout), [PAT]);
    drop(stdin);
}
