//! Shows each gate something harmless, then a token.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::ci::Service;
use super::super::hooks::{Hook, is_executable};
use super::copy::{Copy, Ran, refused};
use super::service::Request;
use super::{DoctorError, Outcome};

/// The file that is planted.
const FILE: &str = "patsweep-doctor.txt";

/// The file of a message, in the git folder.
const MESSAGE_FILE: &str = "patsweep-doctor-message";

/// What every message of a trial says.
const MESSAGE: &str = "patsweep doctor tries the gates";

/// What stands where a token would.
const HARMLESS: &str = "nothing";

/// Trials in a copy, with a token that nobody issued.
#[derive(Debug)]
pub struct Trials<'t> {
    copy: &'t Copy,
    token: &'t str,
    stop: &'t AtomicBool,
    /// How many there were: no two plant the same file, for what is known already gets through.
    count: Cell<u32>,
    /// The loose objects that were there before.
    loose: BTreeSet<PathBuf>,
}

impl<'t> Trials<'t> {
    /// Trials in `copy` with `token`, until `stop` is set.
    pub fn new(copy: &'t Copy, token: &'t str, stop: &'t AtomicBool) -> Self {
        Self {
            copy,
            token,
            stop,
            count: Cell::new(0),
            loose: loose(copy),
        }
    }

    /// Tries the hook that git runs.
    ///
    /// # Errors
    ///
    /// That the trial could not be made.
    pub fn hook(&self, hook: Hook) -> Result<Outcome, DoctorError> {
        match self.copy.hook(hook.name()) {
            None => return Ok(Outcome::Absent),
            Some(path) if !is_executable(&path) => return Ok(Outcome::Idle),
            Some(_) => (),
        }
        let git = OsStr::new("git");
        self.show(|shown| match hook {
            Hook::PreCommit => {
                self.stage(shown)?;
                self.copy.run(git, &["commit", "-m", MESSAGE], &[])
            }
            Hook::CommitMsg => {
                self.stage(HARMLESS)?;
                let message = format!("{MESSAGE}: {shown}");
                self.copy.run(git, &["commit", "-m", &message], &[])
            }
            Hook::PrePush => {
                self.commit(shown)?;
                self.copy.run(
                    git,
                    &["push", "origin", "HEAD:refs/heads/patsweep-doctor"],
                    &[],
                )
            }
        })
    }

    /// Tries the hook `id` of the pre-commit framework, which is made for `hook`.
    ///
    /// # Errors
    ///
    /// That the trial could not be made; the framework is not there, among others.
    pub fn framework(&self, id: &str, hook: Hook) -> Result<Outcome, DoctorError> {
        let run = |more: &[&str]| {
            let args = [&["run", id, "--hook-stage", hook.name()], more].concat();
            self.copy.run(OsStr::new("pre-commit"), &args, &[])
        };
        self.show(|shown| match hook {
            Hook::PreCommit => {
                self.stage(shown)?;
                run(&[])
            }
            Hook::CommitMsg => {
                let path = self.copy.tree().join(".git").join(MESSAGE_FILE);
                let message = format!("{MESSAGE}: {shown}\n");
                fs::write(&path, message).map_err(refused("write", &path))?;
                let path = format!(".git/{MESSAGE_FILE}");
                run(&["--commit-msg-filename", &path])
            }
            Hook::PrePush => {
                self.commit(shown)?;
                let base = self.copy.base();
                run(&[
                    "--from-ref",
                    base,
                    "--to-ref",
                    "HEAD",
                    "--remote-name",
                    "origin",
                ])
            }
        })
    }

    /// Tries `program` as a step of a pull request's pipeline in `service`.
    ///
    /// # Errors
    ///
    /// That the trial could not be made.
    pub fn ci(
        &self,
        service: Service,
        program: &OsStr,
        args: &[&OsStr],
    ) -> Result<Outcome, DoctorError> {
        self.show(|shown| {
            let request = self.request(shown)?;
            self.copy
                .quietly(&["checkout", "-q", "--detach", request.checked_out(service)])?;
            let mut variables = request.variables(service, self.copy.beside())?;
            // Nobody's own configuration is there.
            let none = self.copy.beside().join("no-configuration");
            variables.push(("XDG_CONFIG_HOME", OsString::from(none)));
            self.copy.run(program, args, &variables)
        })
    }

    /// Does something harmless, which must succeed, then the same with a token, which must not.
    fn show(&self, act: impl Fn(&str) -> Result<Ran, DoctorError>) -> Result<Outcome, DoctorError> {
        self.begin()?;
        let harmless = act(HARMLESS)?;
        if !harmless.success {
            return Ok(Outcome::Blind {
                said: harmless.said,
            });
        }
        self.begin()?;
        let leak = act(self.token)?;
        Ok(if leak.success {
            Outcome::Passed
        } else {
            Outcome::Stopped
        })
    }

    /// Puts everything back to where trials start.
    fn begin(&self) -> Result<(), DoctorError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(DoctorError::Interrupted);
        }
        self.count.set(self.count.get() + 1);
        let base = self.copy.base();
        self.copy
            .quietly(&["checkout", "-q", "-f", "-B", "patsweep-doctor", base])?;
        self.copy.quietly(&["clean", "-fdq"])?;
        self.forget();
        // Else what one trial pushed would be no news in the next.
        self.copy
            .quietly(&["push", "-q", "origin", "+HEAD:refs/heads/patsweep-doctor"])?;
        Ok(())
    }

    /// Takes away what earlier trials left in the git folder, where what scans all of it would find it.
    /// What cannot be taken away is found then, and told as a gate that stops everything.
    fn forget(&self) {
        let git = self.copy.tree().join(".git");
        for name in ["COMMIT_EDITMSG", MESSAGE_FILE] {
            let _ = fs::remove_file(git.join(name));
        }
        let _ = fs::remove_dir_all(git.join("logs"));
        for object in loose(self.copy).difference(&self.loose) {
            let _ = fs::remove_file(object);
        }
    }

    /// Stages a file in which `shown` stands.
    fn stage(&self, shown: &str) -> Result<(), DoctorError> {
        let path = self.copy.tree().join(FILE);
        let text = format!("trial {}\npassword = {shown}\n", self.count.get());
        fs::write(&path, text).map_err(refused("write", &path))?;
        self.copy.quietly(&["add", "-f", FILE])?;
        Ok(())
    }

    /// Commits it, past all hooks; answers with the commit.
    fn commit(&self, shown: &str) -> Result<String, DoctorError> {
        self.stage(shown)?;
        self.copy.quietly(&["commit", "-q", "-m", MESSAGE])?;
        self.copy.quietly(&["rev-parse", "HEAD"])
    }

    /// A pull request that brings it.
    fn request(&self, shown: &str) -> Result<Request, DoctorError> {
        let head = self.commit(shown)?;
        let base = self.copy.base().to_owned();
        let tree = format!("{head}^{{tree}}");
        let merge = [
            "commit-tree",
            "-p",
            &base,
            "-p",
            &head,
            "-m",
            "merge",
            &tree,
        ];
        let merge = self.copy.quietly(&merge)?;
        Ok(Request { base, head, merge })
    }
}

/// The loose objects of a copy.
fn loose(copy: &Copy) -> BTreeSet<PathBuf> {
    let files = |folder: PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    };
    let is_of_two = |folder: &PathBuf| folder.file_name().is_some_and(|name| name.len() == 2);
    let folders = files(copy.tree().join(".git/objects")).filter(is_of_two);
    folders.flat_map(files).collect()
}
