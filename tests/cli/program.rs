//! Runs the program in an empty home and an environment that is known.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A folder to scan and a home without configuration.
pub(crate) struct World {
    root: TempDir,
}

/// What a run said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        for folder in ["home", "tree"] {
            fs::create_dir(root.path().join(folder)).expect("a folder");
        }
        Self { root }
    }

    /// A world whose folder holds one file.
    pub(crate) fn with(name: &str, contents: impl AsRef<[u8]>) -> Self {
        let world = Self::new();
        world.write(name, contents);
        world
    }

    /// The folder to scan, in which programs run.
    pub(crate) fn tree(&self) -> PathBuf {
        self.root.path().join("tree")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        write(&self.tree().join(name), contents)
    }

    /// A file in the user's own configuration folder.
    pub(crate) fn write_config(&self, contents: &str) -> PathBuf {
        write(&self.home().join(".config/patsweep/config.toml"), contents)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.tree().join(name)).expect("a file of text")
    }

    pub(crate) fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patsweep"));
        command.args(args).current_dir(self.tree());
        command
            .env("HOME", self.home())
            .env("APPDATA", self.home().join(".config"));
        for name in ["XDG_CONFIG_HOME", "NO_COLOR", "CLICOLOR_FORCE", "TERM"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs with nothing on standard input; the arguments are separated by spaces.
    pub(crate) fn run(&self, args: &str) -> Said {
        said(
            self.command(args.split_whitespace())
                .output()
                .expect("the program starts"),
        )
    }

    /// Runs with `input` on standard input.
    pub(crate) fn run_on(&self, args: &str, input: impl AsRef<[u8]>) -> Said {
        let mut child = self.spawn(args);
        // A program that does not read all of it closes the pipe.
        let _ = child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(input.as_ref());
        said(child.wait_with_output().expect("the program ends"))
    }

    /// Starts with pipes on all three streams.
    pub(crate) fn spawn(&self, args: &str) -> Child {
        let mut command = self.command(args.split_whitespace());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().expect("the program starts")
    }
}

impl Said {
    /// The ids of rules that a JSON report names, sorted.
    pub(crate) fn rules(&self) -> Vec<String> {
        rules(&self.stdout)
    }
}

/// The ids of rules that a JSON report names, sorted.
pub(crate) fn rules(report: &str) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(report).expect("a JSON report");
    let findings = report["findings"].as_array().expect("findings");
    let mut rules: Vec<String> = findings
        .iter()
        .map(|f| f["rule"].as_str().expect("a rule").to_owned())
        .collect();
    rules.sort();
    rules
}

pub(crate) fn said(output: std::process::Output) -> Said {
    Said {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

fn write(path: &Path, contents: impl AsRef<[u8]>) -> PathBuf {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, contents).expect("a file");
    path.to_owned()
}
