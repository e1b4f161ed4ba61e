//! Where git looks for the hooks of a repository.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, Repository};

use super::not_owned;
use super::part::PartError;

/// Where git looks for hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksFolder {
    /// The folder, which need not be there.
    pub path: PathBuf,
    /// Whether `core.hooksPath` names it.
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
    let repository = Repository::discover(path).map_err(|error| match error.code() {
        ErrorCode::Owner => PartError::NotOwned {
            path: path.to_path_buf(),
            message: not_owned(path),
        },
        ErrorCode::NotFound => refused("there is none"),
        _ => refused(error.message()),
    })?;
    let config = repository.config();
    let config = config.map_err(|error| refused(error.message()))?;
    match config.get_path("core.hooksPath") {
        // Git takes one that is relative from where hooks run.
        Ok(named) if !named.as_os_str().is_empty() => Ok(HooksFolder {
            path: repository
                .workdir()
                .unwrap_or_else(|| repository.path())
                .join(named),
            is_configured: true,
            work_tree: work_tree(&repository),
        }),
        Ok(_) => Err(refused("core.hooksPath is empty, so that git runs no hook")),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(common(&repository)),
        Err(error) => Err(refused(error.message())),
    }
}

fn work_tree(repository: &Repository) -> Option<PathBuf> {
    repository.workdir().map(Path::to_path_buf)
}

fn common(repository: &Repository) -> HooksFolder {
    HooksFolder {
        path: repository.commondir().join("hooks"),
        is_configured: false,
        work_tree: work_tree(repository),
    }
}
