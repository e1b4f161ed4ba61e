//! Where git looks for the hooks of a repository.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, Repository};

use super::part::PartError;
use super::{not_owned, paths, program};

/// Where git looks for hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksFolder {
    /// The folder, which need not be there.
    pub path: PathBuf,
    /// Whether it is another than that of the repository, as `core.hooksPath` says.
    pub is_configured: bool,
    /// The root of the work tree; `None` of a bare repository.
    pub work_tree: Option<PathBuf>,
}

/// The folder that the repository at or around `path` has its hooks in.
///
/// # Errors
///
/// That there is no repository, or that git does not trust it.
pub fn hooks_folder(path: &Path) -> Result<HooksFolder, PartError> {
    let refused = |message: &str| PartError::Repository {
        path: path.to_path_buf(),
        message: message.to_owned(),
    };
    let (repository, work_tree) = found(path).map_err(|error| match error.code() {
        ErrorCode::Owner => PartError::NotOwned {
            path: path.to_path_buf(),
            message: not_owned(path),
        },
        ErrorCode::NotFound => refused("there is none"),
        _ => refused(error.message()),
    })?;
    let common = repository.commondir().join("hooks");
    // Hooks run there, and a path that is relative is so from there.
    let top = work_tree.as_deref().unwrap_or_else(|| repository.path());
    let ask = |args: &[&str]| program::ask(repository.path(), top, args);
    let folder = if let Some(path) = ask(&["rev-parse", "--git-path", "hooks"]) {
        // Said of the current folder, too, which nobody means.
        let is_empty = || ask(&["config", "core.hooksPath"]).is_some_and(|it| it.is_empty());
        (path != b"./" || !is_empty()).then(|| top.join(paths::from_bytes(&path)))
    } else {
        let config = repository.config();
        let config = config.map_err(|error| refused(error.message()))?;
        match config.get_path("core.hooksPath") {
            Ok(named) if named.as_os_str().is_empty() => None,
            Ok(named) => Some(top.join(named)),
            Err(error) if error.code() == ErrorCode::NotFound => Some(common.clone()),
            Err(error) => return Err(refused(error.message())),
        }
    };
    let Some(folder) = folder else {
        return Err(refused("core.hooksPath is empty, so that git runs no hook"));
    };
    let is_configured = folder != common && !is_same(&folder, &common);
    Ok(HooksFolder {
        path: if is_configured { folder } else { common },
        is_configured,
        work_tree,
    })
}

/// The repository at or around `path`, and its work tree.
fn found(path: &Path) -> Result<(Repository, Option<PathBuf>), git2::Error> {
    match Repository::discover(path) {
        Ok(found) => {
            let work_tree = found.workdir().map(Path::to_path_buf);
            Ok((found, work_tree))
        }
        // It may be trusted in ways that libgit2 does not know.
        Err(error) if error.code() == ErrorCode::Owner => {
            let found = |asked| program::found_from(path, asked);
            let git = found("--absolute-git-dir").ok_or(error)?;
            Ok((Repository::open_bare(git)?, found("--show-toplevel")))
        }
        Err(error) => Err(error),
    }
}

fn is_same(folder: &Path, other: &Path) -> bool {
    let whole = folder.canonicalize();
    whole.is_ok_and(|folder| other.canonicalize().is_ok_and(|other| folder == other))
}
