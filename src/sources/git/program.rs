//! Asks the program git what only it knows: libgit2 takes no notice of some of its configuration.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git2::{ErrorCode, Repository, RepositoryOpenFlags};

use super::{paths, repository};

/// What git writes when it is run in `folder` about the repository whose git folder is `git`, up to
/// the last line end; `None` if it is not there, or refuses.
pub(super) fn ask(git: &Path, folder: &Path, args: &[&str]) -> Option<Vec<u8>> {
    answer(command(folder, args).env("GIT_DIR", git))
}

/// The same as the next command will have it: what `git -c` says counts for one alone.
pub(super) fn ask_for_later(git: &Path, folder: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let mut command = command(folder, args);
    command.env("GIT_DIR", git);
    answer(command.env_remove("GIT_CONFIG_PARAMETERS"))
}

/// Opens the git folder `git` of the repository that stands at `top`. One of another user is opened
/// if git trusts it, which knows of more that says so than libgit2 does; then it seems to have no
/// work tree, as does one whose work tree is gone: that of a submodule of another branch.
///
/// # Errors
///
/// Whatever libgit2 says.
pub(super) fn open(git: &Path, top: &Path) -> Result<Repository, git2::Error> {
    match Repository::open(git) {
        Err(error) if error.code() == ErrorCode::Owner && trusts(top) => Repository::open_bare(git),
        Err(error) if error.code() == ErrorCode::NotFound => {
            let flags = RepositoryOpenFlags::BARE | RepositoryOpenFlags::NO_SEARCH;
            Repository::open_ext(git, flags | RepositoryOpenFlags::NO_DOTGIT, [""; 0])
        }
        opened => opened,
    }
}

/// Whether git works with the repository at `top`, whoever owns it.
fn trusts(top: &Path) -> bool {
    let found = found_from(top, "--absolute-git-dir");
    found.is_some_and(|found| {
        let own = [top.join(".git"), top.to_path_buf()];
        let own = own.iter().filter_map(|it| repository::git_folder(it));
        let mut own = own.filter_map(|it| it.canonicalize().ok());
        found
            .canonicalize()
            .is_ok_and(|found| own.any(|own| own == found))
    })
}

/// What git finds from `folder`, as it says for `asked`: without what the environment names.
pub(super) fn found_from(folder: &Path, asked: &str) -> Option<PathBuf> {
    let mut command = command(folder, &["rev-parse", asked]);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"] {
        command.env_remove(name);
    }
    answer(&mut command).map(|path| paths::from_bytes(&path))
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
