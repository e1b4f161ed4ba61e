//! Putting hooks in, taking them out, and what is in their way.

use std::fs;
use std::path::Path;

use patsweep::token::mint;

use crate::repo::{PROGRAM, Repo, Said};

fn commit(repo: &Repo) -> Said {
    repo.try_git(&["commit", "-q", "-m", "more"])
}

fn stage_a_leak(repo: &Repo) {
    repo.write("a", mint::pat(1));
    repo.git(&["add", "-A"]);
}

#[track_caller]
fn check(repo: &Repo, args: &str, code: i32, expected: &str) {
    let said = repo.patsweep(args);
    let expected = Said {
        code,
        stdout: expected.to_owned(),
        stderr: String::new(),
    };
    assert_eq!(said, expected, "{args}");
}

/// The hooks folder as the program names it.
fn hooks(repo: &Repo) -> String {
    let path = repo.path().canonicalize().expect("a folder");
    path.join(".git/hooks").display().to_string()
}

#[test]
fn installing_twice_changes_nothing() {
    let repo = Repo::new();
    let _ = fs::remove_dir_all(repo.path().join(".git/hooks"));
    let place = hooks(&repo);
    check(
        &repo,
        "hook install",
        0,
        &format!(
            "pre-commit: installed in {place}\ncommit-msg: installed in {place}\n\
             pre-push: installed in {place}\n"
        ),
    );
    let script = || fs::read(Path::new(&place).join("pre-commit")).expect("a hook");
    let first = script();
    check(
        &repo,
        "hook install",
        0,
        "pre-commit: installed already\ncommit-msg: installed already\n\
         pre-push: installed already\n",
    );
    assert_eq!(script(), first);
    check(&repo, "hook uninstall pre-push", 0, "pre-push: taken out\n");
    check(
        &repo,
        "hook uninstall pre-push",
        0,
        "pre-push: not installed\n",
    );
    check(
        &repo,
        "hook status",
        0,
        &format!(
            "pre-commit: installed, runs {PROGRAM}\ncommit-msg: installed, runs {PROGRAM}\n\
             pre-push: not installed\n"
        ),
    );
    check(
        &repo,
        "hook status pre-push",
        1,
        "pre-push: not installed\n",
    );
    repo.patsweep("hook uninstall");
    assert_eq!(fs::read_dir(&place).expect("a folder").count(), 0);
    assert_eq!(repo.patsweep("hook status").code, 1);
}

#[test]
fn a_hook_that_was_there_is_called_first_and_comes_back() {
    let repo = Repo::begun();
    // What it stages is looked at, too.
    let was = "echo first; git add late";
    repo.script(".git/hooks/pre-commit", was);
    let before = format!("{}/pre-commit.before-patsweep", hooks(&repo));
    check(
        &repo,
        "hook install pre-commit",
        0,
        &format!("pre-commit: installed; the hook that was there is called first, as {before}\n"),
    );
    check(
        &repo,
        "hook install pre-commit",
        0,
        "pre-commit: installed already\n",
    );
    check(
        &repo,
        "hook status pre-commit",
        0,
        &format!("pre-commit: installed, runs {PROGRAM}; calls {before} first\n"),
    );
    repo.write("late", mint::pat(1));
    let said = repo.try_git(&["commit", "-q", "--allow-empty", "-m", "more"]);
    assert!(said.stderr.starts_with("first\n"), "{said:?}");
    said.assert_leak();
    check(
        &repo,
        "hook uninstall pre-commit",
        0,
        "pre-commit: taken out; the hook that was there before is back\n",
    );
    let text = fs::read_to_string(repo.path().join(".git/hooks/pre-commit")).expect("a hook");
    assert_eq!(text, format!("#!/bin/sh\n{was}\n"));
    assert!(!Path::new(&before).exists());
    check(
        &repo,
        "hook status pre-commit",
        1,
        "pre-commit: not installed; another hook is there\n",
    );
}

#[test]
fn a_hook_that_was_there_can_still_block() {
    let repo = Repo::begun();
    repo.script(".git/hooks/pre-commit", "echo no >&2; exit 7");
    repo.patsweep("hook install");
    let said = repo.run_in(&repo.path(), ".git/hooks/pre-commit", &[], &[], b"");
    assert_eq!((said.code, said.stderr.as_str()), (7, "no\n"));
}

#[test]
fn nothing_is_overwritten() {
    let repo = Repo::begun();
    repo.script(".git/hooks/pre-commit", "echo new");
    repo.script(".git/hooks/pre-commit.before-patsweep", "echo old");
    let said = repo.patsweep("hook install pre-commit");
    assert_eq!(said.code, 2);
    assert!(said.stderr.starts_with("error: cannot move "), "{said:?}");
    let names = fs::read_dir(repo.path().join(".git/hooks")).expect("a folder");
    let names: Vec<_> = names.map(|it| it.expect("a file").file_name()).collect();
    assert!(
        names
            .iter()
            .all(|it| !it.to_string_lossy().contains("patsweep-"))
    );
    let text = fs::read_to_string(repo.path().join(".git/hooks/pre-commit")).expect("a hook");
    assert_eq!(text, "#!/bin/sh\necho new\n");
}

#[test]
fn core_hooks_path_is_respected() {
    let repo = Repo::begun();
    repo.git(&["config", "core.hooksPath", "my hooks"]);
    repo.patsweep("hook install");
    assert!(repo.path().join("my hooks/pre-commit").exists());
    stage_a_leak(&repo);
    commit(&repo).assert_leak();
    // As git takes it: from the root, wherever one is.
    repo.write("deep/er/file", "");
    let folder = repo.path().join("deep/er");
    let said = repo.run_in(&folder, PROGRAM, &["hook", "status"], &[], b"");
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn what_husky_writes_is_left_to_it() {
    let repo = Repo::begun();
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    let said = repo.patsweep("hook install pre-commit");
    assert_eq!(said.code, 2);
    assert!(
        said.stderr
            .contains("add `patsweep hook run pre-commit` to .husky/pre-commit")
    );
}

#[test]
fn linked_work_trees_share_the_hooks_and_have_an_index_of_their_own() {
    let repo = Repo::begun();
    repo.git(&["worktree", "add", "-q", "-b", "other", "../an other"]);
    let other = repo.root().join("an other");
    let git = |args: &[&str]| repo.run_in(&other, "git", args, &[], b"");
    let said = repo.run_in(&other, PROGRAM, &["hook", "install"], &[], b"");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(repo.path().join(".git/hooks/pre-commit").exists());
    stage_a_leak(&repo);
    git(&["commit", "-q", "--allow-empty", "-m", "clean here"]).assert_quiet();
    commit(&repo).assert_leak();
    repo.git(&["rm", "-q", "-f", "a"]);
    fs::write(other.join("b"), mint::pat(2)).expect("a file");
    git(&["add", "-A"]);
    commit(&repo)
        .code
        .eq(&1)
        .then_some(())
        .expect("nothing to commit");
    git(&["commit", "-q", "-m", "leak there"]).assert_leak();
}

#[test]
fn a_missing_program_blocks_and_is_called_no_leak() {
    let repo = Repo::begun();
    let program = repo.root().join("a copy's place");
    fs::copy(PROGRAM, &program).expect("a copy");
    let text = program.to_str().expect("text");
    let said = repo.run_in(&repo.path(), text, &["hook", "install"], &[], b"");
    assert_eq!(said.code, 0, "{said:?}");
    stage_a_leak(&repo);
    commit(&repo).assert_leak();
    fs::remove_file(&program).expect("a file");
    let program = program.canonicalize().unwrap_or(program);
    let said = commit(&repo);
    assert_eq!(said.code, 1);
    let place = program.display();
    assert_eq!(
        said.stderr,
        format!(
            "patsweep: there is no program at {place}: install it there, or run `patsweep hook \
             install pre-commit` with the one that you have\n\
             patsweep: so it is not known what this commit holds, and it is blocked\n"
        )
    );
    check(
        &repo,
        "hook status pre-commit",
        1,
        &format!("pre-commit: broken: there is no program at {place}\n"),
    );
    // Any other program mends it.
    let said = repo.patsweep("hook install pre-commit");
    assert_eq!(
        said.stdout,
        format!("pre-commit: installed anew in {}\n", hooks(&repo))
    );
    commit(&repo).assert_leak();
}

#[cfg(unix)]
#[test]
fn a_hook_that_git_does_not_run_is_broken() {
    use std::os::unix::fs::PermissionsExt;
    let repo = Repo::begun();
    repo.patsweep("hook install pre-commit");
    let path = repo.path().join(".git/hooks/pre-commit");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    check(
        &repo,
        "hook status",
        1,
        "pre-commit: broken: git does not run it, for it is not executable\n\
         commit-msg: not installed\npre-push: not installed\n",
    );
    repo.patsweep("hook install pre-commit");
    assert_eq!(repo.patsweep("hook status").code, 0);
}

/// What nothing calls closes no gate, wherever it lies.
#[cfg(unix)]
#[test]
fn what_the_framework_does_not_call_is_not_installed() {
    use std::os::unix::fs::PermissionsExt;
    let repo = Repo::begun();
    let hooks = repo.path().join(".git/hooks");
    let [place, legacy] = ["pre-commit", "pre-commit.legacy"].map(|name| hooks.join(name));
    assert_eq!(repo.patsweep("hook install pre-commit").code, 0);
    fs::rename(&place, &legacy).expect("a hook");
    // Another manager took its place since.
    repo.script(".git/hooks/pre-commit", "exit 0");
    let status = "hook status pre-commit";
    let foreign = "pre-commit: not installed; another hook is there\n";
    check(&repo, status, 1, foreign);
    let framework = "# File generated by pre-commit: https://pre-commit.com";
    repo.script(".git/hooks/pre-commit", framework);
    check(
        &repo,
        status,
        0,
        "pre-commit: installed; the pre-commit framework calls it\n",
    );
    fs::set_permissions(&legacy, fs::Permissions::from_mode(0o644)).expect("a mode");
    check(
        &repo,
        status,
        1,
        "pre-commit: broken: the pre-commit framework does not call it, for it is not executable\n",
    );
    fs::set_permissions(&legacy, fs::Permissions::from_mode(0o755)).expect("a mode");
    let text = fs::read_to_string(&legacy).expect("a hook");
    fs::write(&legacy, text.replace("patsweep='", "patsweep='/gone")).expect("a hook");
    check(
        &repo,
        status,
        1,
        "pre-commit: broken: the pre-commit framework calls it, and there is no program\n",
    );
    check(
        &repo,
        "hook uninstall pre-commit",
        0,
        "pre-commit: taken out\n",
    );
    assert!(!legacy.exists() && place.exists());
}

#[cfg(unix)]
#[test]
fn a_hook_that_never_ran_is_not_said_to_be_called() {
    use std::os::unix::fs::PermissionsExt;
    let repo = Repo::begun();
    repo.script(".git/hooks/pre-commit", "exit 1");
    let path = repo.path().join(".git/hooks/pre-commit");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    for (command, expected) in [
        (
            "hook install pre-commit",
            "and not called, for it is not executable\n",
        ),
        (
            "hook status pre-commit",
            "pre-commit.before-patsweep, for it is not executable\n",
        ),
    ] {
        let said = repo.patsweep(command);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.stdout.ends_with(expected), "{said:?}");
    }
}

/// The message is the least of what a commit brings.
#[test]
fn a_message_alone_is_no_closed_gate() {
    let repo = Repo::begun();
    assert_eq!(repo.patsweep("hook install commit-msg").code, 0);
    assert_eq!(repo.patsweep("hook status commit-msg").code, 0);
    assert_eq!(repo.patsweep("hook status").code, 1);
    assert_eq!(repo.patsweep("hook install pre-push").code, 0);
    assert_eq!(repo.patsweep("hook status").code, 0);
}

#[test]
fn the_frameworks_hook_is_called_once_whoever_came_first() {
    let repo = Repo::pushed();
    assert_eq!(repo.patsweep("hook install pre-commit").code, 0);
    // As the pre-commit framework does: what was there is moved, and called by its own.
    let hooks = repo.path().join(".git/hooks");
    let legacy = hooks.join("pre-commit.legacy");
    fs::rename(hooks.join("pre-commit"), &legacy).expect("a hook");
    let framework = "# File generated by pre-commit: https://pre-commit.com\nhere=\"${0%/*}\"\nif [ -x \"$here/pre-commit.legacy\" ]; then\n\
                     \"$here/pre-commit.legacy\" || exit\nfi\necho framework >>\"$HOME/calls\"";
    repo.script(".git/hooks/pre-commit", framework);
    let said = repo.patsweep("hook status pre-commit");
    let expected = "pre-commit: installed; the pre-commit framework calls it\n";
    assert_eq!((said.code, said.stdout.as_str()), (0, expected));
    assert_eq!(repo.patsweep("hook install pre-commit").code, 0);
    assert!(!legacy.exists());
    repo.write("a", "harmless\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "a"]);
    let calls = fs::read_to_string(repo.root().join("home/calls")).expect("calls");
    assert_eq!(calls, "framework\n");
    repo.write("b", mint::pat(1));
    repo.git(&["add", "-A"]);
    repo.try_git(&["commit", "-q", "-m", "b"]).assert_leak();
    // A legacy hook of somebody else's is left alone.
    let repo = Repo::pushed();
    repo.script(".git/hooks/pre-commit", "true");
    repo.script(".git/hooks/pre-commit.legacy", "true");
    assert_eq!(repo.patsweep("hook install pre-commit").code, 0);
    assert!(repo.path().join(".git/hooks/pre-commit.legacy").exists());
}

#[test]
fn a_hooks_folder_without_a_name_is_refused() {
    let repo = Repo::pushed();
    repo.git(&["config", "core.hooksPath", ""]);
    for command in ["hook install", "hook status", "doctor"] {
        let said = repo.patsweep(command);
        assert_eq!(said.code, 2, "{command}: {said:?}");
        let expected = "core.hooksPath is empty, so that git runs no hook";
        assert!(said.stderr.contains(expected), "{command}: {said:?}");
    }
}

/// What git itself knows of where hooks are, by ways that libgit2 takes no notice of.
#[test]
fn hooks_go_where_git_looks_for_them() {
    let repo = Repo::pushed();
    let mine = repo.write("../mine", "[core]\n\thooksPath = ../my hooks\n");
    let mine = mine.to_str().expect("text");
    let check = |env: &[(&str, &str)], folder: &str| {
        let said = repo.patsweep_on("hook install pre-commit", env, b"");
        assert_eq!(said.code, 0, "{said:?}");
        let hook = repo.path().join(folder).join("pre-commit");
        assert!(hook.exists(), "{said:?}");
        repo.write("a", mint::pat(1));
        repo.git(&["add", "-A"]);
        let commit = ["commit", "-q", "-m", "more"];
        let said = repo.run_in(&repo.path(), "git", &commit, env, b"");
        said.assert_leak();
        let said = repo.patsweep_on("hook status pre-commit", env, b"");
        assert_eq!(said.code, 0, "{said:?}");
        let said = repo.patsweep_on("hook uninstall pre-commit", env, b"");
        assert_eq!(said.code, 0, "{said:?}");
        assert!(!hook.exists(), "{said:?}");
        assert!(!repo.path().join(".git/hooks/pre-commit").exists());
    };
    check(&[("GIT_CONFIG_GLOBAL", mine)], "../my hooks");
    check(
        &[
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "core.hooksPath"),
            ("GIT_CONFIG_VALUE_0", "counted"),
        ],
        "counted",
    );
    let name = "includeIf.hasconfig:remote.*.url:*/far.path";
    repo.git(&["config", name, mine]);
    check(&[], "../my hooks");
    // Without git on the PATH it is found out without it.
    repo.git(&["config", "--unset", name]);
    repo.git(&["config", "core.hooksPath", "without"]);
    let said = repo.patsweep_on("hook install pre-commit", &[("PATH", "/nowhere")], b"");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(repo.path().join("without/pre-commit").exists());
}

/// Files of another user are made by giving them away, which only root can do.
#[cfg(unix)]
#[test]
fn a_repository_that_git_trusts_is_looked_at() {
    let repo = Repo::begun();
    repo.patsweep("hook install");
    repo.write("patsweep.toml", "");
    repo.write("a", mint::pat(1));
    repo.git(&["add", "-A"]);
    let path = repo.path().canonicalize().expect("a folder");
    let given = ["-R", "12345", path.to_str().expect("text")];
    if repo.run_in(repo.root(), "chown", &given, &[], b"").code != 0 {
        eprintln!("skipped: files cannot be given away");
        return;
    }
    let run = |args: &str, env: &[(&str, &str)]| repo.patsweep_on(args, env, b"");
    let said = run("hook run pre-commit", &[]);
    assert_eq!(said.code, 2, "{said:?}");
    assert_eq!(run("hook status", &[]).code, 2);
    let trusted = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "safe.directory"),
        ("GIT_CONFIG_VALUE_0", path.to_str().expect("text")),
    ];
    run("hook run pre-commit", &trusted).assert_leak();
    run("hook run pre-push", &trusted).assert_quiet();
    assert_eq!(run("hook status", &trusted).code, 0);
    let commit = ["commit", "-q", "-m", "more"];
    let said = repo.run_in(&repo.path(), "git", &commit, &trusted, b"");
    said.assert_leak();
    let commit = ["commit", "-q", "--no-verify", "-m", "more"];
    let said = repo.run_in(&repo.path(), "git", &commit, &trusted, b"");
    assert_eq!(said.code, 0, "{said:?}");
    // Its references are read, too.
    run("hook run pre-push", &trusted).assert_leak();
}
