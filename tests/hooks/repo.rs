//! Repositories of real git that have hooks, and the program in an environment that is known.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_patsweep");

/// A folder with a home and a repository, whose path has a space in it.
pub(crate) struct Repo {
    root: TempDir,
}

/// What a run said; standard output and error one after the other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Repo {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        for folder in ["home", "my work"] {
            fs::create_dir(root.path().join(folder)).expect("a folder");
        }
        let repo = Self { root };
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    /// One with a commit.
    pub(crate) fn begun() -> Self {
        let repo = Self::new();
        repo.write("README", "hello\n");
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "begin"]);
        repo
    }

    /// The same with a bare repository beside it that has the commit, as `origin`.
    pub(crate) fn pushed() -> Self {
        let repo = Self::begun();
        repo.git(&["init", "-q", "--bare", "-b", "main", "../far"]);
        repo.git(&["remote", "add", "origin", "../far"]);
        repo.git(&["push", "-q", "origin", "main"]);
        repo
    }

    /// The folder beside which others can be.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The work tree.
    pub(crate) fn path(&self) -> PathBuf {
        self.root.path().join("my work")
    }

    /// Writes a file of the work tree.
    pub(crate) fn write(&self, path: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, contents).expect("a file");
        path
    }

    /// Writes a script.
    pub(crate) fn script(&self, path: &str, text: &str) {
        let path = self.write(path, format!("#!/bin/sh\n{text}\n"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    }

    /// Runs git, which must succeed, and answers with what it wrote.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let said = self.try_git(args);
        assert_eq!(said.code, 0, "git {args:?}: {said:?}");
        said.stdout.trim_end().to_owned()
    }

    /// The same where git may fail.
    pub(crate) fn try_git(&self, args: &[&str]) -> Said {
        self.run("git", args, &[], b"")
    }

    /// Runs the program, its arguments separated by spaces.
    pub(crate) fn patsweep(&self, args: &str) -> Said {
        self.patsweep_on(args, &[], b"")
    }

    /// The same with variables, and `input` on standard input.
    pub(crate) fn patsweep_on(&self, args: &str, env: &[(&str, &str)], input: &[u8]) -> Said {
        let args: Vec<&str> = args.split_whitespace().collect();
        self.run(PROGRAM, &args, env, input)
    }

    fn run(&self, program: &str, args: &[&str], env: &[(&str, &str)], input: &[u8]) -> Said {
        self.run_in(&self.path(), program, args, env, input)
    }

    /// Runs any program in `folder`.
    pub(crate) fn run_in(
        &self,
        folder: &Path,
        program: &str,
        args: &[&str],
        env: &[(&str, &str)],
        input: &[u8],
    ) -> Said {
        let mut command = Command::new(program);
        command.args(args).current_dir(folder).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada");
            command.env(format!("GIT_{who}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{who}_DATE"), "1700000000 +0000");
        }
        command
            .env("HOME", self.root.path().join("home"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_EDITOR", "true")
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // What another thread starts holds a program that was just copied open for a moment.
        let mut child = loop {
            match command.spawn() {
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => thread::yield_now(),
                started => break started.expect("it starts"),
            }
        };
        // A program that does not read all of it closes the pipe.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        said(child.wait_with_output().expect("it ends"))
    }
}

impl Said {
    /// Whether it was blocked because of a token, with the exit code of git or of the program.
    #[track_caller]
    pub(crate) fn assert_leak(&self) {
        assert_eq!(self.code, 1, "{self:?}");
        assert!(self.stderr.contains("is blocked: "), "{self:?}");
        // Git fills what a server says with blanks.
        let mut lines = self.stderr.lines().map(str::trim_end);
        assert!(
            lines.any(|line| line.ends_with(" leak 1 token")),
            "{self:?}"
        );
    }

    /// Whether it went well, and nothing was said.
    #[track_caller]
    pub(crate) fn assert_quiet(&self) {
        let nothing = Said {
            code: 0,
            stdout: String::new(),
            stderr: String::new(),
        };
        assert_eq!(*self, nothing);
    }
}

/// What a program said.
pub(crate) fn said(output: Output) -> Said {
    Said {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}
