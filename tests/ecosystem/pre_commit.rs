//! The pre-commit framework, with the hooks that this repository offers it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use patsweep::token::mint;

use crate::registry::{python, skip};
use crate::repo::{PROGRAM, Repo, Said, said};

const FRAMEWORK: &str = "pre-commit==4.7.0";

/// The framework, and a repository of what this one holds now.
struct Framework {
    python: PathBuf,
    source: PathBuf,
}

impl Framework {
    fn get() -> Option<Self> {
        let python = python(FRAMEWORK)?;
        let source = SOURCE.clone()?;
        Some(Self { python, source })
    }

    /// Runs any program as the user would who has the framework. What it builds is built quickly,
    /// and shared by all tests.
    fn run(&self, repo: &Repo, program: &str, args: &[&str]) -> Said {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pre-commit");
        let own = Path::new(PROGRAM).parent().expect("a folder");
        let framework = self.python.parent().expect("a folder");
        let path = std::env::var("PATH").expect("a path of text");
        let path = format!("{}:{}:{path}", own.display(), framework.display());
        let mut command = Command::new(program);
        command.args(args).current_dir(repo.path());
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(name);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada");
            command.env(format!("GIT_{who}_EMAIL"), "ada@example.com");
        }
        let output = command
            .env("PATH", path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("PRE_COMMIT_HOME", temporary.join("home"))
            .env("CARGO_TARGET_DIR", temporary.join("target"))
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .output();
        said(output.expect("it starts"))
    }

    fn call(&self, repo: &Repo, args: &[&str]) -> Said {
        self.run(repo, "pre-commit", args)
    }

    /// Has `repo` use those hooks, for all that they are made for.
    fn install(&self, repo: &Repo, hooks: [&str; 3]) {
        let revision = git(&self.source, &["rev-parse", "HEAD"]).expect("a commit");
        let [first, second, third] = hooks;
        repo.write(
            ".pre-commit-config.yaml",
            format!(
                "repos:\n- repo: {}\n  rev: {revision}\n  hooks:\n  - id: {first}\n  - id: \
                 {second}\n  - id: {third}\n",
                self.source.display()
            ),
        );
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "use the framework"]);
        repo.git(&["push", "-q", "origin", "main"]);
        let install = [
            "install",
            "-t",
            "pre-commit",
            "-t",
            "commit-msg",
            "-t",
            "pre-push",
        ];
        let said = self.call(repo, &install);
        assert_eq!(said.code, 0, "{said:?}");
    }
}

static SOURCE: LazyLock<Option<PathBuf>> = LazyLock::new(source);

/// A repository with a commit that holds every file of this one as it is now. The same files give
/// the same commit, so that the framework builds them once.
fn source() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(files) = git(
        here,
        &[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
    ) else {
        return skip(
            "the pre-commit framework",
            "these files are in no repository of git",
        );
    };
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pre-commit/source");
    // Whatever another run of the tests may have left there.
    let _absent = fs::remove_dir_all(&source);
    for file in files.split_terminator('\0') {
        let (from, to) = (here.join(file), source.join(file));
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        // A file that is removed and not yet staged is listed and not there.
        if from.exists() {
            fs::copy(from, to).expect("a file");
        }
    }
    for args in [
        &["init", "-q", "-b", "main"][..],
        &["add", "-A"],
        &["commit", "-q", "-m", "patsweep"],
    ] {
        git(&source, args).unwrap_or_else(|| panic!("git {args:?} failed"));
    }
    Some(source)
}

/// What git says in `folder`.
fn git(folder: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_COMMITTER_NAME", "Ada")])
        .envs([
            ("GIT_AUTHOR_EMAIL", "ada@example.com"),
            ("GIT_COMMITTER_EMAIL", "ada@example.com"),
        ])
        .envs([
            ("GIT_AUTHOR_DATE", "1700000000 +0000"),
            ("GIT_COMMITTER_DATE", "1700000000 +0000"),
        ])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).expect("names of text");
    output.status.success().then(|| text.trim_end().to_owned())
}

/// Everything that was said, for a framework mixes the two.
fn all(said: &Said) -> String {
    format!("{}{}", said.stdout, said.stderr)
}

#[track_caller]
fn is_stopped(said: &Said) {
    assert_ne!(said.code, 0, "{said:?}");
    assert!(all(said).contains("would leak 1 token"), "{said:?}");
}

#[track_caller]
fn passes(said: &Said) {
    assert_eq!(said.code, 0, "{said:?}");
}

/// A commit, a message and a push that leak are stopped; others are not.
fn stops_what_leaks(framework: &Framework, repo: &Repo) {
    let git = |args: &[&str]| framework.run(repo, "git", args);
    repo.write("a.env", format!("PAT={}\n", mint::pat(1)));
    repo.git(&["add", "-A"]);
    is_stopped(&git(&["commit", "-m", "add"]));
    repo.write("a.env", "PAT=\n");
    repo.git(&["add", "-A"]);
    let message = format!("use {}", mint::pat(2));
    is_stopped(&git(&["commit", "-m", &message]));
    passes(&git(&["commit", "-m", "add"]));
    passes(&git(&["push", "origin", "main"]));
    repo.write("b.env", format!("PAT={}\n", mint::pat(3)));
    repo.git(&["add", "-A"]);
    passes(&git(&["commit", "--no-verify", "-m", "past the hooks"]));
    is_stopped(&git(&["push", "origin", "main"]));
    is_stopped(&git(&["push", "origin", "main:refs/heads/other"]));
}

#[test]
fn it_tries_the_hook_of_this_repository() {
    let Some(framework) = Framework::get() else {
        return;
    };
    let repo = Repo::pushed();
    let source = framework.source.to_str().expect("a path of text");
    let call = || framework.call(&repo, &["try-repo", source, "patsweep", "--verbose"]);
    passes(&call());
    repo.write("a.env", format!("PAT={}\n", mint::pat(1)));
    repo.git(&["add", "-A"]);
    is_stopped(&call());
}

#[test]
fn hooks_that_it_builds_stop_what_leaks() {
    let Some(framework) = Framework::get() else {
        return;
    };
    let repo = Repo::pushed();
    framework.install(
        &repo,
        ["patsweep", "patsweep-commit-msg", "patsweep-pre-push"],
    );
    stops_what_leaks(&framework, &repo);
}

#[test]
fn hooks_that_are_there_stop_what_leaks() {
    let Some(framework) = Framework::get() else {
        return;
    };
    let repo = Repo::pushed();
    let hooks = [
        "patsweep-system",
        "patsweep-commit-msg-system",
        "patsweep-pre-push-system",
    ];
    framework.install(&repo, hooks);
    stops_what_leaks(&framework, &repo);
    let said = framework.run(&repo, PROGRAM, &["doctor", "--run-hooks"]);
    let stopped = |gate: &str| {
        let line = said.stdout.lines().find(|line| line.contains(gate));
        line.is_some_and(|line| line.ends_with("  stopped it"))
    };
    for gate in ["pre-commit hook", "commit-msg hook", "pre-push hook"] {
        assert!(stopped(gate), "{gate}: {said:?}");
    }
    for hook in hooks {
        let gate = format!("pre-commit framework, {hook} ");
        assert!(stopped(&gate), "{gate}: {said:?}");
    }
    // What it does not hand on of a push is scanned all the same.
    let path = "HEAD~1:refs/heads/clean";
    passes(&framework.run(&repo, "git", &["push", "origin", path]));
    is_stopped(&framework.run(
        &repo,
        "git",
        &["push", "origin", "HEAD~1:refs/heads/x", "main"],
    ));
}
