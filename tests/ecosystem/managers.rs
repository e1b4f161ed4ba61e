//! husky and lefthook, with the lines of `docs/hooks.md`.

use std::fs;
use std::path::Path;

use patsweep::token::mint;

use crate::registry::{npm, skip};
use crate::repo::{PROGRAM, Repo, Said};

const LEFTHOOK: &str = "lefthook@2.2.2";
const HUSKY: &str = "husky@9.1.7";

/// The folders of programs, that of ours first.
fn path(more: &Path) -> String {
    let own = Path::new(PROGRAM).parent().expect("a folder");
    let path = std::env::var("PATH").expect("a path of text");
    format!("{}:{}:{path}", own.display(), more.display())
}

/// Runs git in an environment where `path` leads to programs.
fn git(repo: &Repo, path: &str, args: &[&str]) -> Said {
    repo.run_in(&repo.path(), "git", args, &[("PATH", path)], b"")
}

/// A commit, a message and a push that leak are stopped, others are not.
#[track_caller]
fn stops_what_leaks(repo: &Repo, path: &str) {
    let leak = |said: &Said| {
        let all = format!("{}{}", said.stdout, said.stderr);
        (said.code != 0, all.contains("would leak 1 token"))
    };
    repo.write("a.env", format!("PAT={}\n", mint::pat(1)));
    repo.git(&["add", "-A"]);
    let said = git(repo, path, &["commit", "-m", "add"]);
    assert_eq!(leak(&said), (true, true), "{said:?}");
    repo.write("a.env", "PAT=\n");
    repo.git(&["add", "-A"]);
    let message = format!("use {}", mint::pat(2));
    let said = git(repo, path, &["commit", "-m", &message]);
    assert_eq!(leak(&said), (true, true), "{said:?}");
    let said = git(repo, path, &["commit", "-m", "add"]);
    assert_eq!(said.code, 0, "{said:?}");
    let said = git(repo, path, &["push", "origin", "main"]);
    assert_eq!(said.code, 0, "{said:?}");
    repo.write("b.env", format!("PAT={}\n", mint::pat(3)));
    repo.git(&["add", "-A"]);
    let said = git(
        repo,
        path,
        &["commit", "--no-verify", "-m", "past the hooks"],
    );
    assert_eq!(said.code, 0, "{said:?}");
    let said = git(repo, path, &["push", "origin", "main"]);
    assert_eq!(leak(&said), (true, true), "{said:?}");
}

/// The block of code behind `heading` in the documentation.
fn documented(heading: &str) -> &'static str {
    let text = include_str!("../../docs/hooks.md");
    let (_, text) = text.split_once(heading).expect("the heading");
    let (_, text) = text.split_once("```yaml\n").expect("a block");
    text.split_once("```").expect("its end").0
}

#[test]
fn lefthook_runs_the_documented_lines() {
    let Some(modules) = npm(LEFTHOOK) else { return };
    let platform = modules.join("lefthook-linux-x64/bin");
    if !platform.exists() {
        return skip("lefthook", "it has no program for this system").unwrap_or_default();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(platform.join("lefthook"), mode).expect("a mode");
    }
    let path = path(&platform);
    let repo = Repo::pushed();
    repo.write("lefthook.yml", documented("### lefthook"));
    let said = repo.run_in(
        &repo.path(),
        "lefthook",
        &["install"],
        &[("PATH", &path)],
        b"",
    );
    assert_eq!(said.code, 0, "{said:?}");
    stops_what_leaks(&repo, &path);
}

#[test]
fn husky_runs_the_documented_lines() {
    let Some(modules) = npm(HUSKY) else { return };
    let husky = modules.join("husky/bin.js");
    let husky = husky.to_str().expect("a path of text");
    let path = path(&modules);
    let repo = Repo::pushed();
    repo.write("package.json", "{}\n");
    let said = repo.run_in(
        &repo.path(),
        "node",
        &[husky, "init"],
        &[("PATH", &path)],
        b"",
    );
    assert_eq!(said.code, 0, "{said:?}");
    let (_, table) = include_str!("../../docs/hooks.md")
        .split_once("### husky")
        .expect("husky");
    let (table, _) = table.split_once("###").expect("the next heading");
    let mut lines = 0;
    for row in table.lines().filter(|line| line.starts_with("| `.husky/")) {
        let mut cells = row.split('`').skip(1).step_by(2);
        let (file, line) = (cells.next().expect("a file"), cells.next().expect("a line"));
        repo.write(file, format!("{line}\n"));
        lines += 1;
    }
    assert_eq!(lines, 3);
    stops_what_leaks(&repo, &path);
    assert_eq!(repo.git(&["config", "core.hooksPath"]), ".husky/_");
}
