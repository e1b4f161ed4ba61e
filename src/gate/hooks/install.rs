//! Puts hooks into a folder, takes them out, and tells what is there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Hook;
use super::script::{self, BEFORE};

/// Why a hook is not installed or taken out.
#[derive(Debug, Error)]
pub enum InstallError {
    /// The system refuses.
    #[error("cannot {what} {}", path.display())]
    System {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no room to move a hook to.
    #[error("cannot move {} aside: {} is there already", hook.display(), aside.display())]
    Taken {
        /// The hook.
        hook: PathBuf,
        /// Where it should go.
        aside: PathBuf,
    },
    /// A manager of hooks writes this folder.
    #[error("husky writes the hooks in {}", folder.display())]
    Husky {
        /// The folder.
        folder: PathBuf,
    },
    /// The path of the program is no text, so that no script can hold it.
    #[error("cannot write the path of the program into a hook: {}", path.display())]
    Program {
        /// The program.
        path: PathBuf,
    },
}

/// What installing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installed {
    /// It is new.
    New,
    /// It is new, and calls the hook that was there, which is here now.
    Chained(Before),
    /// It takes the place of one that was not quite the same.
    Renewed,
    /// It was there already.
    Already,
}

/// What taking out did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Gone,
    /// It is gone, and the hook that was there before is back.
    Restored,
    /// It was not there.
    Absent,
}

/// What there is at the place of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Absent,
    /// A hook of somebody else.
    Foreign,
    /// One of the pre-commit framework, which calls ours, for that was there before it.
    Called {
        /// What keeps ours from running.
        broken: Option<Broken>,
    },
    /// Ours.
    Ours {
        /// What it runs.
        program: PathBuf,
        /// The hook that was there before.
        before: Option<Before>,
        /// What keeps it from running.
        broken: Option<Broken>,
    },
}

/// A hook that was there before ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// Where it is now.
    pub path: PathBuf,
    /// Whether ours calls it: what is not executable git did not run either.
    pub is_called: bool,
}

/// What keeps an installed hook from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Neither git nor the framework runs a file that is not executable.
    NotExecutable,
    /// There is no such program.
    NoProgram,
}

/// What there is of `hook` in `folder`.
///
/// # Errors
///
/// That it cannot be read.
pub fn state(folder: &Path, hook: Hook) -> Result<State, InstallError> {
    let path = folder.join(hook.name());
    let Some(text) = read(&path)? else {
        return Ok(State::Absent);
    };
    let Some(program) = own_program(&text) else {
        let is_calling = is_executable(&path) && script::is_of_framework(&text);
        let legacy = legacy(folder, hook);
        let called = read(&legacy)?.filter(|_| is_calling);
        return Ok(match called.as_deref().and_then(own_program) {
            Some(program) => State::Called {
                broken: broken(&legacy, &program),
            },
            None => State::Foreign,
        });
    };
    Ok(State::Ours {
        broken: broken(&path, &program),
        program,
        before: before(folder, hook),
    })
}

/// The program that a hook runs, if it is one of ours.
fn own_program(text: &[u8]) -> Option<PathBuf> {
    let program = script::program(text).filter(|_| script::is_ours(text));
    program.map(PathBuf::from)
}

/// What keeps our hook at `path` from running `program`.
fn broken(path: &Path, program: &Path) -> Option<Broken> {
    if !is_executable(path) {
        Some(Broken::NotExecutable)
    } else if !is_executable(program) {
        Some(Broken::NoProgram)
    } else {
        None
    }
}

/// The hook that was there before ours.
fn before(folder: &Path, hook: Hook) -> Option<Before> {
    let path = aside(folder, hook);
    is_there(&path).then(|| Before {
        is_called: is_executable(&path),
        path,
    })
}

/// Installs `hook` in `folder`, to run `program`. A hook that is there is moved aside and called
/// first.
///
/// # Errors
///
/// What is in the way; then nothing has changed.
pub fn install(folder: &Path, hook: Hook, program: &Path) -> Result<Installed, InstallError> {
    let is_husky =
        folder.ends_with("_") && folder.parent().is_some_and(|it| it.ends_with(".husky"));
    if is_husky {
        return Err(InstallError::Husky {
            folder: folder.to_path_buf(),
        });
    }
    let Some(text) = program.to_str() else {
        return Err(InstallError::Program {
            path: program.to_path_buf(),
        });
    };
    // The shells that come with git take either, and quote with the other.
    let text = if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.to_owned()
    };
    let text = script::text(hook, &text);
    let path = folder.join(hook.name());
    fs::create_dir_all(folder).map_err(refused("make", folder))?;
    let was = read(&path)?;
    let is_ours = was.as_deref().is_some_and(script::is_ours);
    if is_ours && was.as_deref() == Some(text.as_bytes()) && is_executable(&path) {
        return Ok(Installed::Already);
    }
    let temporary = folder.join(format!("{}.patsweep-{}", hook.name(), std::process::id()));
    write(&temporary, &text)?;
    let aside = aside(folder, hook);
    let installed = if is_ours {
        Installed::Renewed
    } else if !is_there(&path) {
        Installed::New
    } else if is_there(&aside) {
        let _ = fs::remove_file(&temporary);
        return Err(InstallError::Taken { hook: path, aside });
    } else {
        // The pre-commit framework calls what it found here itself. It need not call this program twice,
        // and refuses to be called by what it calls.
        let legacy = legacy(folder, hook);
        if read(&legacy)?.as_deref().is_some_and(script::is_ours) {
            fs::remove_file(&legacy).map_err(refused("remove", &legacy))?;
        }
        fs::rename(&path, &aside).map_err(refused("move aside", &path))?;
        Installed::Chained(Before {
            is_called: is_executable(&aside),
            path: aside,
        })
    };
    fs::rename(&temporary, &path).map_err(refused("write", &path))?;
    Ok(installed)
}

/// Takes `hook` out of `folder`, and brings back what was there before. Hooks of others are left
/// alone.
///
/// # Errors
///
/// What the system refuses.
pub fn uninstall(folder: &Path, hook: Hook) -> Result<Removed, InstallError> {
    let path = folder.join(hook.name());
    if !read(&path)?.as_deref().is_some_and(script::is_ours) {
        // The pre-commit framework may call ours.
        let legacy = legacy(folder, hook);
        if !read(&legacy)?.as_deref().is_some_and(script::is_ours) {
            return Ok(Removed::Absent);
        }
        fs::remove_file(&legacy).map_err(refused("remove", &legacy))?;
        return Ok(Removed::Gone);
    }
    fs::remove_file(&path).map_err(refused("remove", &path))?;
    let aside = aside(folder, hook);
    if !is_there(&aside) {
        return Ok(Removed::Gone);
    }
    fs::rename(&aside, &path).map_err(refused("move back", &aside))?;
    Ok(Removed::Restored)
}

/// Where the pre-commit framework moves a hook that was there before it.
fn legacy(folder: &Path, hook: Hook) -> PathBuf {
    folder.join(format!("{}.legacy", hook.name()))
}

/// Where a hook goes that was there before.
fn aside(folder: &Path, hook: Hook) -> PathBuf {
    folder.join(format!("{}{BEFORE}", hook.name()))
}

fn refused<'p>(what: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> InstallError + 'p {
    move |source| InstallError::System {
        what,
        path: path.to_path_buf(),
        source,
    }
}

/// Whether there is anything, be it a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// What the file holds; nothing if there is none. Of a link that leads nowhere it is empty.
fn read(path: &Path) -> Result<Option<Vec<u8>>, InstallError> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(is_there(path).then(Vec::new)),
        Err(error) => Err(refused("read", path)(error)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), InstallError> {
    fs::write(path, text).map_err(refused("write", path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(path, mode).map_err(refused("make executable", path))?;
    }
    Ok(())
}

/// Whether git and shells run it.
pub(in crate::gate) fn is_executable(path: &Path) -> bool {
    let Ok(metadata) = fs::metadata(path) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    {
        metadata.is_file()
    }
}
