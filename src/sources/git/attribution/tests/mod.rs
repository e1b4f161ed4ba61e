//! Attribution against real git, and against its own definition.

mod cases;
mod damage;
mod exposures;
mod names;
mod random;

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use gix_hash::Kind as Hash;
use tempfile::TempDir;

use super::*;
use crate::sources::git::deltas::Verdict;
use crate::sources::git::store;

/// A repository of real git, with fixed dates.
struct Repo {
    folder: TempDir,
    /// Seconds of the next commit.
    clock: Cell<i64>,
}

impl Repo {
    /// An empty one; `None`, with a message, where there is no git.
    fn new() -> Option<Self> {
        Self::with(&["init", "-q", "-b", "main", "."])
    }

    /// What `git` makes of these arguments in an empty folder.
    fn with(args: &[&str]) -> Option<Self> {
        if Command::new("git").arg("version").output().is_err() {
            eprintln!("skipped: there is no git");
            return None;
        }
        let repo = Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Cell::new(1_700_000_000),
        };
        repo.git(args);
        Some(repo)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let date = format!("@{} +0100", self.clock.get());
        let mut command = Command::new("git");
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_AUTHOR_NAME", "Ann")
            .env("GIT_AUTHOR_EMAIL", "ann@example.org")
            .env("GIT_COMMITTER_NAME", "Carl")
            .env("GIT_COMMITTER_EMAIL", "carl@example.org")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date);
        command
    }

    /// Runs git, which must succeed.
    fn git(&self, args: &[&str]) -> String {
        self.git_with(args, b"")
    }

    fn git_with(&self, args: &[&str], input: &[u8]) -> String {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {told}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Commits all files, a minute after the last commit.
    fn commit(&self, message: &str) -> String {
        self.clock.set(self.clock.get() + 60);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// The id of the blob `text`, written or not.
    fn blob(&self, text: &str) -> String {
        self.git_with(&["hash-object", "--stdin"], text.as_bytes())
    }

    /// Makes a commit of a tree and its parents that no reference names.
    fn commit_tree(&self, tree: &str, parents: &[&str], message: &str) -> String {
        self.clock.set(self.clock.get() + 60);
        let mut args = vec!["commit-tree", tree, "-m", message];
        for parent in parents {
            args.extend(["-p", parent]);
        }
        self.git(&args)
    }

    /// Makes a tree of lines of `git ls-tree`.
    fn tree(&self, lines: &[String]) -> String {
        let input = lines
            .iter()
            .fold(String::new(), |text, line| text + line + "\n");
        self.git_with(&["mktree", "--missing"], input.as_bytes())
    }

    fn open(&self) -> Opened {
        let folder = self.git(&["rev-parse", "--absolute-git-dir"]);
        let folder = Path::new(&folder);
        let hash = match self.git(&["rev-parse", "--show-object-format"]).as_str() {
            "sha256" => Hash::Sha256,
            _ => Hash::Sha1,
        };
        let (folders, _) = store::folders(&folder.join("objects"));
        let (store, _) = Store::open(&folders, hash, OPTIONS.max_size);
        pass::run(
            &store,
            OPTIONS,
            |_| true,
            |number, kind, _| {
                store.table.set_kind(number, kind);
                Verdict::Read
            },
        );
        let tips = self.tips(folder, &store);
        Opened { store, tips }
    }

    fn tips(&self, folder: &Path, store: &Store) -> Tips {
        let number = |id: &str| find(store, id);
        let lines = |args: &[&str]| -> Vec<Vec<String>> {
            let output = self.command(args).output().unwrap().stdout;
            let text = String::from_utf8(output).unwrap();
            let split = |line: &str| line.split_whitespace().map(str::to_owned).collect();
            text.lines().map(split).collect()
        };
        let pairs = |lines: Vec<Vec<String>>| -> Vec<(String, Number)> {
            let pair = |line: &Vec<String>| Some((line[0].clone(), number(&line[1])?));
            lines.iter().filter_map(pair).collect()
        };
        let refs = lines(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        let mut others = lines(&["stash", "list", "--format=%gd %H"]);
        others.extend(lines(&["reflog", "--all", "--format=%gd %H"]));
        let shallow = fs::read_to_string(folder.join("shallow")).unwrap_or_default();
        Tips {
            head: lines(&["rev-parse", "--verify", "-q", "HEAD"])
                .first()
                .and_then(|line| number(&line[0])),
            refs: pairs(
                refs.into_iter()
                    .filter(|it| it[0] != "refs/stash")
                    .collect(),
            ),
            others: pairs(others),
            index: lines(&["ls-files", "-s"])
                .iter()
                .filter_map(|line| number(&line[1]))
                .collect(),
            shallow: shallow.lines().filter_map(number).collect(),
        }
    }

    /// Asks that what is told of `blobs` is as `expected`, in the words of [`Opened::told`], and
    /// that what introduced each is what git tells.
    fn check(&self, blobs: &[&str], expected: &[&str]) {
        let opened = self.open();
        let ids: Vec<_> = blobs.iter().map(|text| self.blob(text)).collect();
        let attribution = opened.trace(&ids);
        let told: Vec<_> = ids
            .iter()
            .map(|id| Opened::told(&attribution.blobs[&opened.number(id)]))
            .collect();
        assert_eq!(told, expected);
        for id in &ids {
            let traced = &attribution.blobs[&opened.number(id)];
            let introduced = traced.introduced.as_ref();
            let introduced = introduced.map(|commit| commit.id.to_string());
            assert_eq!(
                introduced.unwrap_or_default(),
                self.first_by_git(id),
                "{id}"
            );
        }
    }

    /// The commit that introduced a blob, as git tells.
    fn first_by_git(&self, blob: &str) -> String {
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

const OPTIONS: pass::Options = pass::Options {
    jobs: 2,
    max_size: 1 << 20,
};

/// A repository as it is scanned.
struct Opened {
    store: Store,
    tips: Tips,
}

impl Opened {
    fn number(&self, id: &str) -> Number {
        find(&self.store, id).unwrap_or_else(|| panic!("no object {id}"))
    }

    /// Traces blobs, whose tokens are one in each and one in all.
    fn trace(&self, blobs: &[String]) -> Attribution {
        let numbers: Vec<_> = blobs.iter().map(|id| self.number(id)).collect();
        let mut tokens: Vec<_> = numbers.iter().map(|&number| vec![number]).collect();
        tokens.push(numbers.clone());
        self.attribute(&Hits {
            blobs: numbers.into_iter().collect(),
            tokens,
            ..Hits::default()
        })
    }

    /// Traces `hits`; the same with and without edges in memory, on one thread and on more.
    fn attribute(&self, hits: &Hits) -> Attribution {
        let one = pass::Options { jobs: 1, ..OPTIONS };
        let traced = attribute(&self.store, OPTIONS, hits, &self.tips, usize::MAX);
        let in_passes = attribute(&self.store, one, hits, &self.tips, 0);
        assert_eq!(in_passes, traced);
        traced
    }

    /// `summary of the commit | paths (summary of the commit they annotate) | reach`, with `~`
    /// after a commit that may not be the first.
    fn told(traced: &TracedBlob) -> String {
        let places = traced.places.iter().map(|place| {
            let note = place.annotated.as_ref();
            let note = note.map_or(String::new(), |commit| format!(" ({})", commit.summary));
            format!("{}{note}", place.path.to_text())
        });
        let places: Vec<_> = places.collect();
        assert!(!traced.paths_cut);
        format!(
            "{} | {} | {}",
            summary(traced.introduced.as_ref()),
            places.join(", "),
            reach(&traced.reach)
        )
    }
}

fn summary(commit: Option<&Arc<Commit>>) -> String {
    commit.map_or("-".to_owned(), |commit| {
        let mark = if commit.or_earlier { "~" } else { "" };
        format!("{}{mark}", commit.summary)
    })
}

fn reach(reach: &Reach) -> &str {
    match reach {
        Reach::Tip => "tip",
        Reach::Only(label) => label,
        Reach::Never => "never",
    }
}

fn find(store: &Store, id: &str) -> Option<Number> {
    store
        .table
        .find(ObjectId::from_hex(id.as_bytes())?.as_bytes())
}
