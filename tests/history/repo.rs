//! Repositories of real git, with fixed names and dates.

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::rc::Rc;

use tempfile::TempDir;

/// Seconds between two runs of git.
const MINUTE: i64 = 60;

/// A repository in a folder of its own, perhaps with others beside it.
pub(crate) struct Repo {
    path: PathBuf,
    /// The folder that holds all of them, an empty home and nothing else.
    world: Rc<World>,
}

struct World {
    root: TempDir,
    /// Seconds of the next commit.
    clock: Cell<i64>,
}

impl Repo {
    /// An empty one, called `repo`; `None`, with a message, where there is no git.
    pub(crate) fn new() -> Option<Self> {
        Self::with(&["init", "-q", "-b", "main"])
    }

    /// What `git` makes of these arguments and the folder `repo`; `None` where git does not know
    /// them or is not there.
    pub(crate) fn with(args: &[&str]) -> Option<Self> {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("home")).unwrap();
        let repo = Self {
            path: root.path().join("repo"),
            world: Rc::new(World {
                root,
                clock: Cell::new(1_700_000_000),
            }),
        };
        let made = repo.command(repo.root(), args).arg("repo").output();
        match made {
            Err(_) => eprintln!("skipped: there is no git"),
            Ok(output) if !output.status.success() => {
                eprintln!("skipped: this git has no {args:?}");
            }
            Ok(_) => return Some(repo),
        }
        None
    }

    /// What `git` makes of these arguments and the folder `name` beside this one.
    pub(crate) fn beside(&self, args: &[&str], name: &str) -> Self {
        let args: Vec<_> = args.iter().copied().chain([name]).collect();
        done(&args, self.command(self.root(), &args).output().unwrap());
        self.at(name)
    }

    /// The repository at `name` beside this one.
    pub(crate) fn at(&self, name: &str) -> Self {
        Self {
            path: self.root().join(name),
            world: self.world.clone(),
        }
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder in which it and others stand.
    pub(crate) fn root(&self) -> &Path {
        self.world.root.path()
    }

    /// Git in `folder`, in an environment that is known.
    fn command(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(args).current_dir(folder);
        self.known(&mut command);
        command
    }

    /// Makes the environment of `command` known.
    pub(crate) fn known(&self, command: &mut Command) {
        let date = format!("@{} +0100", self.world.clock.get());
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", self.root().join("home"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_AUTHOR_NAME", "Ann")
            .env("GIT_AUTHOR_EMAIL", "ann@example.org")
            .env("GIT_COMMITTER_NAME", "Carl")
            .env("GIT_COMMITTER_EMAIL", "carl@example.org")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .stdin(Stdio::null());
    }

    /// Sets the date at which git runs next, in seconds since 1970.
    pub(crate) fn next_at(&self, seconds: i64) {
        self.world.clock.set(seconds - MINUTE);
    }

    /// Runs git, which must succeed, a minute after it ran before.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_on(args, b"")
    }

    /// The same with `input` on standard input.
    pub(crate) fn git_on(&self, args: &[&str], input: &[u8]) -> String {
        done(args, self.try_git(args, input))
    }

    /// The same where git may fail.
    pub(crate) fn try_git(&self, args: &[&str], input: &[u8]) -> Output {
        self.world.clock.set(self.world.clock.get() + MINUTE);
        let mut child = self
            .command(&self.path, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Git that failed does not read it.
        let _ = stdin.write_all(input);
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// Writes a file, with its folders.
    pub(crate) fn write(&self, path: &str, contents: impl AsRef<[u8]>) -> &Self {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        self
    }

    /// Removes a file.
    pub(crate) fn remove(&self, path: &str) -> &Self {
        fs::remove_file(self.path.join(path)).unwrap();
        self
    }

    /// Commits all files.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    /// The commit at `HEAD`.
    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Stores a blob, and names it.
    pub(crate) fn blob(&self, contents: impl AsRef<[u8]>) -> String {
        self.git_on(&["hash-object", "-w", "--stdin"], contents.as_ref())
    }

    /// The only file in `folder` of the git folder whose name ends so.
    pub(crate) fn only(&self, folder: &str, end: &str) -> PathBuf {
        let mut found = self.all(folder, end);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// The files in `folder` of the git folder whose names end so, sorted.
    pub(crate) fn all(&self, folder: &str, end: &str) -> Vec<PathBuf> {
        let folder = self.git_folder().join(folder);
        let entries = fs::read_dir(folder).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut found: Vec<_> = paths
            .filter(|path| path.to_str().is_some_and(|path| path.ends_with(end)))
            .collect();
        found.sort();
        found
    }

    /// Where its objects and references stand.
    pub(crate) fn git_folder(&self) -> PathBuf {
        let git = self.path.join(".git");
        if git.is_dir() { git } else { self.path.clone() }
    }

    /// The file of a loose object.
    pub(crate) fn loose(&self, id: &str) -> PathBuf {
        let (folder, name) = id.split_at(2);
        self.git_folder().join("objects").join(folder).join(name)
    }

    /// The commit that introduced a blob, as git tells; empty if none did.
    pub(crate) fn first(&self, blob: &str) -> String {
        let find = format!("--find-object={blob}");
        let log = self.git(&[
            "log",
            "--all",
            "--reflog",
            "-m",
            "--topo-order",
            "--reverse",
            "--format=%H",
            &find,
        ]);
        log.lines().next().unwrap_or_default().to_owned()
    }
}

fn done(args: &[&str], output: Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {told}");
    let said = String::from_utf8(output.stdout).unwrap();
    said.trim().to_owned()
}

/// Makes a file of git's own, which is read-only, one that can be written.
pub(crate) fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Lines that look random, so that they pack to about half of their size.
pub(crate) fn noise(seed: u64, lines: u64) -> String {
    let number = |at: u64| (seed << 32 | at).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let lines: Vec<_> = (0..lines)
        .map(|at| format!("{:016x}\n", number(at)))
        .collect();
    lines.concat()
}
