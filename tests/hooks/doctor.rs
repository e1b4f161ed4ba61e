//! `doctor`: gates that close, that do not, that stop everything, and that are not there.

use crate::repo::{PROGRAM, Repo, Said};

/// What `doctor` answers, each gate without what the line says behind it.
fn gates(said: &Said) -> Vec<(&str, &str)> {
    let lines = said.stdout.lines().skip(2);
    let gate = |line| {
        let line: &str = line;
        let (gate, outcome) = line.trim().split_once("  ").expect("two columns");
        (gate, outcome.trim())
    };
    lines.map(gate).collect()
}

fn ci(outcome: &'static str) -> [(&'static str, &'static str); 3] {
    [
        ("pull request in Azure Pipelines", outcome),
        ("pull request in GitHub Actions", outcome),
        ("pull request in GitLab CI", outcome),
    ]
}

fn hooks(outcomes: [&'static str; 3]) -> [(&'static str, &'static str); 3] {
    let [first, second, third] = outcomes;
    [
        ("pre-commit hook", first),
        ("commit-msg hook", second),
        ("pre-push hook", third),
    ]
}

const STOPPED: &str = "stopped it";
const ABSENT: &str = "not installed";
const WOULD: &str = "would stop it; no pipeline here runs patsweep";

/// Everything below the repository's own folder, and what git knows.
fn state(repo: &Repo) -> String {
    [
        repo.git(&["status", "--porcelain", "--ignored"]),
        repo.git(&["for-each-ref"]),
        repo.git(&["config", "--local", "--list"]),
        repo.git(&["count-objects", "-v"]),
    ]
    .join("\n")
}

#[test]
fn gates_that_close_are_told_and_nothing_changes() {
    let repo = Repo::pushed();
    assert_eq!(repo.patsweep("hook install").code, 0);
    repo.write(".github/workflows/scan.yml", "steps:\n- run: patsweep ci\n");
    repo.write("half done", "work in progress\n");
    let before = state(&repo);
    let said = repo.patsweep("doctor --run-hooks");
    let mut expected = [hooks([STOPPED; 3]), ci(WOULD)].concat();
    expected[4].1 = STOPPED;
    assert_eq!((said.code, gates(&said)), (0, expected), "{said:?}");
    assert_eq!(said.stderr, "");
    let first = said.stdout.lines().next().unwrap_or_default();
    let tree = repo.path().canonicalize().expect("a folder");
    let expected = format!(
        "a token that nobody issued was planted in a copy of {}/",
        tree.display()
    );
    assert_eq!(first, expected);
    assert_eq!(state(&repo), before);
}

#[test]
fn hooks_run_only_if_somebody_lets_them() {
    let repo = Repo::pushed();
    repo.script(".git/hooks/pre-commit", "touch \"$HOME/ran\"; exit 1");
    let said = repo.patsweep("doctor");
    let expected = [hooks(["not tried", ABSENT, ABSENT]), ci(WOULD)].concat();
    assert_eq!((said.code, gates(&said)), (3, expected), "{said:?}");
    assert!(
        said.stderr
            .contains("hint: --run-hooks tries the hooks, too"),
        "{said:?}"
    );
    assert!(!repo.root().join("home/ran").exists());
    // With leave it runs, and stops everything.
    let said = repo.patsweep("doctor --run-hooks");
    let blind = "STOPS EVERYTHING, leak or not: it says nothing (exit code 1)";
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(gates(&said)[0], ("pre-commit hook", blind), "{said:?}");
    assert!(repo.root().join("home/ran").exists());
}

#[test]
fn a_gate_that_does_not_close_is_told() {
    let repo = Repo::pushed();
    repo.script(".git/hooks/pre-commit", "exit 0");
    repo.script(".git/hooks/pre-push", "echo no network today >&2; exit 1");
    let said = repo.patsweep("doctor --run-hooks --ci-command true");
    let expected = [
        hooks([
            "LET IT PASS",
            ABSENT,
            "STOPS EVERYTHING, leak or not: no network today",
        ]),
        ci("LET IT PASS"),
    ];
    assert_eq!(
        (said.code, gates(&said)),
        (1, expected.concat()),
        "{said:?}"
    );
    // A command that always fails is no gate either.
    let said = repo.patsweep("doctor --run-hooks --ci-command false");
    let nothing = "STOPS EVERYTHING, leak or not: it says nothing (exit code 1)";
    assert_eq!(gates(&said)[3..], ci(nothing));
}

#[test]
fn a_pipeline_that_does_not_run_it_is_no_gate() {
    let repo = Repo::pushed();
    let said = repo.patsweep("doctor");
    assert_eq!((said.code, gates(&said)[0].1), (1, ABSENT), "{said:?}");
    assert!(
        said.stderr.contains("note: no pipeline is defined here"),
        "{said:?}"
    );
    repo.write("azure-pipelines.yml", "steps:\n- script: make\n");
    let said = repo.patsweep("doctor");
    assert_eq!(said.code, 1);
    assert!(
        said.stderr
            .contains("note: no pipeline here names patsweep (1 file looked at); docs/ci"),
        "{said:?}"
    );
    assert_eq!(gates(&said)[3..], ci(WOULD));
    repo.write("azure-pipelines.yml", "steps:\n- script: patsweep ci\n");
    let said = repo.patsweep("doctor");
    assert_eq!((said.code, gates(&said)[3].1), (0, STOPPED), "{said:?}");
}

/// That a pipeline names the program does not make it a gate.
#[test]
fn a_pipeline_that_goes_on_is_no_gate() {
    let repo = Repo::pushed();
    repo.write(".github/workflows/scan.yml", "# patsweep was removed\n");
    assert_eq!(gates(&repo.patsweep("doctor"))[4].1, WOULD);
    let steps = "steps:\n- run: patsweep ci || true\n";
    repo.write(".github/workflows/scan.yml", steps);
    let said = repo.patsweep("doctor");
    let doubt = "would stop it; whether .github/workflows/scan.yml:2 has it do so is not known: ||";
    assert_eq!((said.code, gates(&said)[4].1), (1, doubt), "{said:?}");
}

/// What one trial left behind, the next does not find.
#[test]
fn a_command_that_scans_everything_is_tried_each_time() {
    let repo = Repo::pushed();
    assert_eq!(repo.patsweep("hook install").code, 0);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "loose"]);
    let scan = format!("'{PROGRAM}' scan -q .");
    let args = ["doctor", "--run-hooks", "--ci-command", &scan];
    let said = repo.run_in(&repo.path(), PROGRAM, &args, &[], b"");
    let expected = [hooks([STOPPED; 3]), ci(STOPPED)].concat();
    assert_eq!((said.code, gates(&said)), (0, expected), "{said:?}");
}

#[test]
fn what_the_copy_runs_does_not_get_out() {
    let repo = Repo::pushed();
    repo.git(&["remote", "add", "far", "https://example.invalid/repo"]);
    repo.git(&["config", "init.templateDir", "/nowhere"]);
    let report = repo.root().join("seen");
    repo.script(
        ".git/hooks/pre-push",
        &format!(
            "{{ git remote -v; env | grep -E '^(https?_proxy|TF_BUILD|GIT_DIR|CI)=' | sort; \
             git ls-remote https://example.invalid/repo; }} >'{}' 2>&1; true",
            report.display()
        ),
    );
    let said = repo.patsweep_on(
        "doctor --run-hooks",
        &[("TF_BUILD", "True"), ("CI", "1")],
        b"",
    );
    assert_eq!(
        gates(&said)[2],
        ("pre-push hook", "LET IT PASS"),
        "{said:?}"
    );
    let seen = std::fs::read_to_string(report).expect("what it saw");
    let seen: Vec<&str> = seen.lines().collect();
    assert_eq!(
        seen[..2],
        [
            "origin\t../remote.git (fetch)",
            "origin\t../remote.git (push)"
        ]
    );
    assert_eq!(
        seen[2..],
        [
            "http_proxy=http://127.0.0.1:9",
            "https_proxy=http://127.0.0.1:9",
            "fatal: transport 'https' not allowed"
        ]
    );
}

#[test]
fn hooks_are_found_where_git_finds_them() {
    let repo = Repo::pushed();
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    repo.script(
        ".husky/pre-commit",
        &format!("exec '{PROGRAM}' hook run pre-commit"),
    );
    repo.script(
        ".husky/_/pre-commit",
        "exec \"$(dirname \"$0\")/../pre-commit\"",
    );
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "--no-verify", "-m", "husky"]);
    let said = repo.patsweep("doctor --run-hooks");
    assert_eq!(gates(&said)[0], ("pre-commit hook", STOPPED), "{said:?}");
    assert!(
        said.stderr
            .contains("note: core.hooksPath has git look for hooks in "),
        "{said:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_hook_that_git_does_not_run_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let repo = Repo::pushed();
    repo.patsweep("hook install");
    let path = repo.path().join(".git/hooks/pre-push");
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(path, mode).expect("a mode");
    let said = repo.patsweep("doctor --run-hooks");
    let broken = "BROKEN: git does not run it, for it is not executable";
    let expected = hooks([STOPPED, STOPPED, broken]);
    assert_eq!(
        (said.code, &gates(&said)[..3]),
        (1, &expected[..]),
        "{said:?}"
    );
}

#[test]
fn files_that_steer_and_cannot_be_read_are_told() {
    let repo = Repo::pushed();
    repo.write("azure-pipelines.yml", "steps:\n- script: patsweep ci\n");
    repo.write("patsweep.toml", "[scan]\nexclud = []\n");
    repo.git(&["add", "-A"]);
    let said = repo.patsweep("doctor");
    // What is committed is in order.
    assert_eq!((said.code, gates(&said)[3].1), (1, STOPPED), "{said:?}");
    assert!(
        said.stderr.starts_with("error: patsweep.toml:2: "),
        "{said:?}"
    );
    repo.git(&["commit", "-q", "-m", "configure"]);
    let said = repo.patsweep("doctor");
    let outcome = gates(&said)[3].1;
    assert!(
        outcome.starts_with("STOPS EVERYTHING, leak or not: "),
        "{said:?}"
    );
}

#[test]
fn nothing_is_left_of_the_copy_even_if_it_is_interrupted() {
    let repo = Repo::pushed();
    let folder = repo.root().join("temporary");
    std::fs::create_dir(&folder).expect("a folder");
    let env = [("TMPDIR", folder.to_str().expect("text"))];
    let left = || std::fs::read_dir(&folder).expect("the folder").count();
    let said = repo.patsweep_on("doctor", &env, b"");
    assert_eq!((said.code, left()), (1, 0), "{said:?}");
    // As Ctrl-C does; the parent of git is the program.
    repo.script(
        ".git/hooks/pre-commit",
        "kill -INT \"$(sed 's/.*) //' \"/proc/$PPID/stat\" | cut -d' ' -f2)\"",
    );
    let said = repo.patsweep_on("doctor --run-hooks", &env, b"");
    assert_eq!((said.code, left()), (130, 0), "{said:?}");
    assert_eq!(said.stdout, "");
}

#[test]
fn depth_and_other_versions_are_told() {
    let repo = Repo::pushed();
    repo.git(&["commit", "-q", "--allow-empty", "-m", "more"]);
    repo.script("other version", "echo patsweep 0.0.1");
    let clone = repo.root().join("clone");
    let from = format!("file://{}", repo.path().display());
    let to = clone.to_str().expect("text");
    repo.git(&["clone", "-q", "--depth", "1", &from.replace(' ', "%20"), to]);
    let program = repo.path().join("other version");
    let install = [PROGRAM, "hook", "install", "pre-commit"];
    let said = repo.run_in(&clone, install[0], &install[1..], &[], b"");
    assert_eq!(said.code, 0, "{said:?}");
    let hook = clone.join(".git/hooks/pre-commit");
    let text = std::fs::read_to_string(&hook).expect("a hook");
    let text = text.replace(PROGRAM, program.to_str().expect("text"));
    std::fs::write(&hook, text).expect("a hook");
    let said = repo.run_in(&clone, PROGRAM, &["doctor", "--run-hooks"], &[], b"");
    assert!(
        said.stderr.contains("note: this clone is shallow"),
        "{said:?}"
    );
    let version = "note: the pre-commit hook runs another version: ";
    assert!(said.stderr.contains(version), "{said:?}");
    assert!(
        said.stderr.contains("other version, patsweep 0.0.1"),
        "{said:?}"
    );
    assert_eq!(
        gates(&said)[0],
        ("pre-commit hook", "LET IT PASS"),
        "{said:?}"
    );
}

#[test]
fn repositories_without_commits_are_tried_and_bare_ones_are_not() {
    let repo = Repo::new();
    assert_eq!(repo.patsweep("hook install").code, 0);
    let said = repo.patsweep("doctor --run-hooks");
    let expected = [hooks([STOPPED; 3]), ci(WOULD)].concat();
    assert_eq!((said.code, gates(&said)), (0, expected), "{said:?}");
    repo.git(&["init", "-q", "--bare", "../bare"]);
    let said = repo.patsweep("doctor ../bare");
    assert_eq!(said.code, 2);
    assert_eq!(
        said.stderr,
        "error: cannot try the gates of ../bare: it has no work tree\n"
    );
    let said = repo.patsweep("doctor ../home");
    assert_eq!(said.code, 2, "{said:?}");
}
