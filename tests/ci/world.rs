//! A remote, whoever pushes to it, and the checkouts of jobs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder with a home, a repository `dev` and its bare remote `far`.
pub(crate) struct World {
    root: TempDir,
}

/// What a run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// How much a job checks out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Depth {
    /// So many commits of the one reference.
    Only(u32),
    /// All, with all branches.
    All,
}

impl World {
    /// One with the branch `main` pushed, of one commit.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        for folder in ["home", "dev", "far"] {
            fs::create_dir(root.path().join(folder)).expect("a folder");
        }
        let world = Self { root };
        world.git("far", &["init", "-q", "--bare", "-b", "main"]);
        world.git("far", &["config", "receive.denyDeleteCurrent", "ignore"]);
        world.git("dev", &["init", "-q", "-b", "main"]);
        world.git("dev", &["remote", "add", "origin", "../far"]);
        world.commit("README", "hello\n");
        world.push("main");
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes a file of the developer.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path("dev").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, contents).expect("a file");
    }

    /// Commits a file of the developer, and answers with the commit.
    pub(crate) fn commit(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        self.write(name, contents);
        self.dev(&["add", "-A"]);
        self.dev(&["commit", "-q", "-m", &format!("change {name}")]);
        self.dev(&["rev-parse", "HEAD"])
    }

    /// Pushes what the developer has to a branch.
    pub(crate) fn push(&self, branch: &str) {
        self.dev(&[
            "push",
            "-q",
            "-f",
            "origin",
            &format!("HEAD:refs/heads/{branch}"),
        ]);
    }

    /// Runs git for the developer.
    pub(crate) fn dev(&self, args: &[&str]) -> String {
        self.git("dev", args)
    }

    /// Merges a branch with `main` as services do for pull requests, as `refs/pull/1/merge`.
    pub(crate) fn merge(&self, branch: &str) -> String {
        self.dev(&["checkout", "-q", "--detach", "main"]);
        self.dev(&["merge", "-q", "--no-ff", "-m", "merge", branch]);
        self.dev(&["push", "-q", "-f", "origin", "HEAD:refs/pull/1/merge"]);
        self.dev(&["rev-parse", "HEAD"])
    }

    /// Checks out what a reference of the remote leads to, as jobs do, into the folder `job`.
    pub(crate) fn check_out(&self, reference: &str, depth: Depth) {
        let _ = fs::remove_dir_all(self.path("job"));
        fs::create_dir(self.path("job")).expect("a folder");
        let url = format!("file://{}", self.path("far").display());
        self.git("job", &["init", "-q", "-b", "none"]);
        self.git("job", &["remote", "add", "origin", &url]);
        let short = reference.trim_start_matches("refs/");
        let own = match short.strip_prefix("heads/") {
            Some(branch) => format!("+{reference}:refs/remotes/origin/{branch}"),
            None if short.starts_with("tags/") => format!("+{reference}:{reference}"),
            None => format!("+{reference}:refs/remotes/{short}"),
        };
        let mut args = vec!["fetch", "-q", "--no-tags", "origin", &own];
        let only = match depth {
            Depth::Only(commits) => format!("--depth={commits}"),
            Depth::All => "+refs/heads/*:refs/remotes/origin/*".to_owned(),
        };
        args.push(&only);
        self.git("job", &args);
        let (_, here) = own.split_once(':').expect("two ends");
        self.git("job", &["checkout", "-q", "--detach", here]);
    }

    /// Runs `patsweep ci` in the job, in an environment of nothing else.
    pub(crate) fn ci(&self, env: &[(&str, &str)], args: &str) -> Said {
        let args: Vec<&str> = args.split_whitespace().collect();
        let args = [&["ci"], args.as_slice()].concat();
        self.run("job", env!("CARGO_BIN_EXE_patsweep"), &args, env)
    }

    /// Runs git, which must succeed, and answers with what it wrote.
    #[track_caller]
    pub(crate) fn git(&self, folder: &str, args: &[&str]) -> String {
        let said = self.run(folder, "git", args, &[]);
        assert_eq!(said.code, 0, "git {args:?}: {said:?}");
        said.stdout.trim_end().to_owned()
    }

    pub(crate) fn run(
        &self,
        folder: &str,
        program: impl AsRef<Path>,
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Said {
        let mut command = Command::new(program.as_ref());
        command
            .args(args)
            .current_dir(self.path(folder))
            .env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada");
            command.env(format!("GIT_{who}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{who}_DATE"), "1700000000 +0000");
        }
        let output = command
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        Said {
            code: output.status.code().expect("an exit code"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

impl Said {
    /// The exit code, and what is said that was scanned: the commits as `names` calls them.
    pub(crate) fn range(&self, names: &[(&str, &str)]) -> String {
        let mut notes = self
            .stderr
            .lines()
            .filter_map(|it| it.strip_prefix("note: "));
        let note = notes.find(|it| it.contains("scanned is "));
        let mut text = note.unwrap_or(&self.stderr).to_owned();
        for (name, id) in names {
            text = text.replace(&id[..12], name);
        }
        format!("{} {text}", self.code)
    }

    /// Whether it went as told, and says this on standard error.
    #[track_caller]
    pub(crate) fn assert(&self, code: i32, stderr: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.stderr.contains(stderr), "{self:?}");
    }
}

/// The environment of a pull request in Azure Pipelines.
pub(crate) fn azure_request<'e>(merge: &'e str, head: &'e str) -> Vec<(&'e str, &'e str)> {
    vec![
        ("TF_BUILD", "True"),
        ("BUILD_REASON", "PullRequest"),
        ("BUILD_SOURCEBRANCH", "refs/pull/1/merge"),
        ("BUILD_SOURCEVERSION", merge),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", head),
    ]
}

/// That of a build of a branch or tag.
pub(crate) fn azure_build<'e>(reference: &'e str, version: &'e str) -> Vec<(&'e str, &'e str)> {
    vec![
        ("TF_BUILD", "True"),
        ("BUILD_REASON", "IndividualCI"),
        ("BUILD_SOURCEBRANCH", reference),
        ("BUILD_SOURCEVERSION", version),
    ]
}
