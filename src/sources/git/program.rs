//! Asks the program git what only it knows: libgit2 takes no notice of some of its configuration.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// What git writes when it is run in `folder` about the repository whose git folder is `git`, up to
/// the last line end, as the next command will have it: what `git -c` says counts for one alone.
/// `None` if git is not there, or refuses.
pub(super) fn ask_for_later(git: &Path, folder: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let mut command = command(folder, args);
    command.env("GIT_DIR", git);
    answer(command.env_remove("GIT_CONFIG_PARAMETERS"))
}

fn command<A: AsRef<OsStr>>(folder: &Path, args: &[A]) -> Command {
    let mut command = Command::new("git");
    command.args(args).current_dir(folder);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

fn answer(command: &mut Command) -> Option<Vec<u8>> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let mut answer = output.stdout;
    if answer.ends_with(b"\n") {
        answer.pop();
    }
    Some(answer)
}
