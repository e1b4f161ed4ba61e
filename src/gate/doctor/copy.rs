//! A throw-away copy of a repository, in which whatever it runs can do no harm.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::DoctorError;

/// The branch of the bare remote that stands for the one that everybody uses.
pub(super) const TARGET: &str = "main";

/// Where nobody listens: what asks for proxies gets no further.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Variables that are kept although others that start so are not: what they name is nothing that is
/// tried.
const KEPT: [&str; 5] = [
    "PRE_COMMIT_HOME",
    "GIT_EXEC_PATH",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
];

/// How the names of variables start that say where this runs, and what it is about.
const LEADING: [&str; 10] = [
    "GIT_",
    "TF_BUILD",
    "BUILD_",
    "SYSTEM_",
    "AGENT_",
    "GITHUB_",
    "GITLAB_",
    "CI_",
    "PRE_COMMIT_",
    "PATSWEEP_",
];

/// Links are followed no deeper than this into folders of hooks.
const MAX_DEPTH: usize = 8;

/// What is copied.
#[derive(Clone, Debug)]
pub struct Origin<'o> {
    /// The root of the work tree.
    pub tree: &'o Path,
    /// Where its hooks are; `None` if they are not to be run.
    pub hooks: Option<&'o Path>,
    /// The names of the variables of the environment.
    pub variables: &'o [OsString],
}

/// A clone of what `HEAD` holds, with a bare remote of its own and none else. It is gone when this is
/// dropped.
#[derive(Debug)]
pub struct Copy {
    folder: TempDir,
    hooks: PathBuf,
    /// Variables that what runs here must not see.
    removed: Vec<OsString>,
    /// The commit from which every trial starts.
    base: String,
}

/// What a program did.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) success: bool,
    /// The first line that it wrote.
    pub(super) said: String,
}

impl Copy {
    /// Makes one. No hook runs, and nothing outside the copy changes.
    ///
    /// # Errors
    ///
    /// What the system or git refuses.
    pub fn of(origin: &Origin<'_>) -> Result<Self, DoctorError> {
        let temporary = std::env::temp_dir();
        let folder = tempfile::Builder::new()
            .prefix("patsweep-doctor-")
            .tempdir();
        let folder = folder.map_err(refused("make a folder in", &temporary))?;
        let mut copy = Self {
            hooks: folder.path().join("no-hooks"),
            folder,
            removed: removed(origin.variables),
            base: String::new(),
        };
        let top = copy.folder.path();
        for name in ["no-hooks", "no-configuration"] {
            let path = top.join(name);
            fs::create_dir(&path).map_err(refused("make", &path))?;
        }
        let remote = top.join("remote.git");
        let from = origin.tree.as_os_str();
        let clone = [
            "clone",
            "-q",
            "--shared",
            "--template=",
            "--no-tags",
            "--single-branch",
        ];
        let clone = clone.map(OsStr::new);
        // It has what the original has, or all of that would have to be sent.
        let bare = [OsStr::new("--bare"), from, remote.as_ref()];
        copy.run_git(top, &[&clone[..], &bare].concat())?;
        // What receives sees none of the settings of what sends.
        for (name, value) in [
            ("receive.shallowUpdate", "true".as_ref()),
            ("core.hooksPath", copy.hooks.as_os_str()),
        ] {
            copy.run_git(&remote, &["config".as_ref(), name.as_ref(), value])?;
        }
        let tree = copy.tree();
        copy.run_git(top, &[&clone[..], &[from, tree.as_ref()]].concat())?;
        copy.quietly(&["remote", "set-url", "origin", "../remote.git"])?;
        copy.quietly(&[
            "config",
            "remote.origin.fetch",
            "+refs/heads/*:refs/remotes/origin/*",
        ])?;
        copy.quietly(&["checkout", "-q", "-B", "patsweep-doctor"])?;
        // So that there is a commit where there was none.
        copy.quietly(&[
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "patsweep doctor begins",
        ])?;
        copy.quietly(&["push", "-q", "origin", &format!("HEAD:refs/heads/{TARGET}")])?;
        copy.base = copy.quietly(&["rev-parse", "HEAD"])?;
        if let Some(hooks) = origin.hooks {
            // Those that stand in the work tree find what is beside them there.
            copy.hooks = match hooks.strip_prefix(origin.tree) {
                Ok(inside) if !inside.starts_with(".git") => copy.tree().join(inside),
                _ => copy.tree().join(".git/hooks"),
            };
            copy_folder(hooks, &copy.hooks, MAX_DEPTH)?;
        }
        Ok(copy)
    }

    /// The root of the work tree.
    pub(super) fn tree(&self) -> PathBuf {
        self.folder.path().join("copy")
    }

    /// A folder for what a trial needs beside the work tree.
    pub(super) fn beside(&self) -> &Path {
        self.folder.path()
    }

    /// The commit from which every trial starts.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The hook of this name that git finds here, whether or not it runs it.
    pub(super) fn hook(&self, name: &str) -> Option<PathBuf> {
        let path = self.hooks.join(name);
        path.is_file().then_some(path)
    }

    /// Runs `program` as the user would, with the repository's hooks and without the network.
    pub(super) fn run<A: AsRef<OsStr>>(
        &self,
        program: &OsStr,
        args: &[A],
        more: &[(&str, OsString)],
    ) -> Result<Ran, DoctorError> {
        let mut command = self.command(program, &self.tree(), &self.hooks);
        command
            .args(args)
            .envs(more.iter().map(|(name, value)| (name, value)));
        let output = output(&mut command, program)?;
        let said = first_line(&output);
        Ok(Ran {
            success: output.status.success(),
            said: match (said.is_empty(), output.status.code()) {
                (false, _) => said,
                (true, Some(code)) => format!("it says nothing (exit code {code})"),
                (true, None) => "it says nothing".to_owned(),
            },
        })
    }

    /// Runs git without any hook; answers with what it writes.
    pub(super) fn quietly(&self, args: &[&str]) -> Result<String, DoctorError> {
        let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
        self.run_git(&self.tree(), &args)
    }

    fn run_git(&self, folder: &Path, args: &[&OsStr]) -> Result<String, DoctorError> {
        let none = self.folder.path().join("no-hooks");
        let git = OsStr::new("git");
        let output = output(self.command(git, folder, &none).args(args), git)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .to_owned());
        }
        Err(DoctorError::Git {
            command: args.first().unwrap_or(&git).to_string_lossy().into_owned(),
            said: complaint(&output),
        })
    }

    fn command(&self, program: &OsStr, folder: &Path, hooks: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null());
        for name in &self.removed {
            command.env_remove(name);
        }
        // These count before every file, and for whatever git is run by what is run.
        let settings = [
            ("core.hooksPath", hooks.as_os_str()),
            ("core.fsmonitor", "false".as_ref()),
            ("commit.gpgSign", "false".as_ref()),
            ("credential.helper", "".as_ref()),
            ("gc.auto", "0".as_ref()),
            ("init.templateDir", "".as_ref()),
            ("maintenance.auto", "false".as_ref()),
            ("protocol.allow", "never".as_ref()),
            ("protocol.file.allow", "always".as_ref()),
            ("push.gpgSign", "false".as_ref()),
            ("user.email", "doctor@localhost".as_ref()),
            ("user.name", "patsweep doctor".as_ref()),
        ];
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (index, (name, value)) in settings.into_iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), name);
            command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        for name in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env(name, NOWHERE).env(name.to_uppercase(), NOWHERE);
        }
        command
            .env("no_proxy", "")
            .env("NO_PROXY", "")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_EDITOR", "true")
            .env("GIT_LFS_SKIP_SMUDGE", "1");
        command
    }
}

/// The variables that would lead out of the copy, or say that this runs elsewhere.
fn removed(variables: &[OsString]) -> Vec<OsString> {
    let leads_away = |name: &&OsString| {
        let name = name.to_string_lossy();
        let leads = name == "CI" || LEADING.iter().any(|start| name.starts_with(start));
        leads && !KEPT.contains(&&*name)
    };
    variables.iter().filter(leads_away).cloned().collect()
}

/// Copies the files of a folder that is there, and folders in it.
fn copy_folder(from: &Path, to: &Path, depth: usize) -> Result<(), DoctorError> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(refused("read", from))?,
    };
    fs::create_dir_all(to).map_err(refused("make", to))?;
    for entry in entries {
        let entry = entry.map_err(refused("read", from))?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        // What a link leads to is what git would run.
        let Ok(metadata) = fs::metadata(&from) else {
            continue;
        };
        if metadata.is_dir() && depth > 0 {
            copy_folder(&from, &to, depth - 1)?;
        } else if metadata.is_file() {
            fs::copy(&from, &to).map_err(refused("copy", &from))?;
        }
    }
    Ok(())
}

fn output(command: &mut Command, program: &OsStr) -> Result<Output, DoctorError> {
    command.output().map_err(|source| DoctorError::Program {
        program: program.to_string_lossy().into_owned(),
        source,
    })
}

/// What git complains of, among all that it says.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let mut lines = text.lines();
    let complaint = lines.find(|line| line.starts_with("fatal: ") || line.starts_with("error: "));
    complaint.map_or_else(|| first_line(output), str::to_owned)
}

/// The first line that says something, of the errors if there are any: what hooks say stands before
/// what git says of them.
fn first_line(output: &Output) -> String {
    let first = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines().map(str::trim);
        lines.find(|line| !line.is_empty()).map(str::to_owned)
    };
    first(&output.stderr)
        .or_else(|| first(&output.stdout))
        .unwrap_or_default()
}

pub(super) fn refused<'p>(
    what: &'static str,
    path: &'p Path,
) -> impl FnOnce(io::Error) -> DoctorError + 'p {
    move |source| DoctorError::System {
        what,
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_lead_out_of_the_copy_are_removed() {
        let names = |names: &[&str]| names.iter().map(OsString::from).collect::<Vec<_>>();
        let all = names(&[
            "GIT_DIR",
            "GIT_EXEC_PATH",
            "PATH",
            "CI",
            "CITY",
            "CI_COMMIT_SHA",
            "TF_BUILD",
            "HOME",
        ]);
        assert_eq!(
            removed(&all),
            names(&["GIT_DIR", "CI", "CI_COMMIT_SHA", "TF_BUILD"])
        );
    }
}
