//! Whether what steers enforcement stands outside of what is scanned: whoever can change the one must
//! not change the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{self, Path, PathBuf};

use super::super::args::{CachePlace, Scan};
use super::super::ask;
use super::super::config::{ConfigFile, SecretPlace};
use super::super::environment::Environment;
use super::super::journal;
use crate::sources::Target;
use crate::sources::git::{Reach, reaches};

/// A file that steers is part of what is scanned.
#[derive(Debug, thiserror::Error)]
pub(super) enum Inside {
    #[error("{} is inside of what is scanned, {}", file.display(), target.display())]
    Target { file: PathBuf, target: PathBuf },
    #[error(
        "{} is inside of what is scanned, the repository of {}", file.display(), target.display()
    )]
    Repository { file: PathBuf, target: PathBuf },
}

/// The files that an enforcing scan reads beside those that it scans, its policy and what `settings`
/// tell; also those that are not there yet, for the next run reads them.
pub(super) fn files(args: &Scan, file: &ConfigFile, environment: &Environment) -> Vec<PathBuf> {
    let service = &args.service;
    let cache = match &service.cache {
        Some(CachePlace::File(path)) => Some(path.clone()),
        Some(CachePlace::Own) => ask::own_cache(environment),
        None => None,
    };
    let auth_file = service.administrator.auth_file.as_ref();
    let given = [
        cache,
        service.listing.inventory_state.clone(),
        journal::path(&args.enforcing.journal, environment).ok(),
        service.ca_file.clone(),
        auth_file.filter(|path| path.as_os_str() != "-").cloned(),
        environment.federated_token_file.clone(),
        file.notify.smtp.as_ref().and_then(|it| it.ca_file.clone()),
    ];
    let webhooks = file.notify.webhooks.iter().map(|it| it.ca_file.clone());
    let credentials = file.credentials.iter().flat_map(|table| {
        let secret = match &table.secret {
            Some(SecretPlace::File(path)) => Some(path.clone()),
            Some(SecretPlace::Variable(_)) | None => None,
        };
        [secret, table.token_file.clone()]
    });
    let all = given.into_iter().chain(webhooks).chain(credentials);
    all.flatten().collect()
}

/// Refuses `files` that whoever can change a target can change, too.
pub(super) fn check<'f>(
    files: impl Iterator<Item = &'f Path>,
    targets: &[Target],
) -> Result<(), Inside> {
    let paths = targets.iter().filter_map(|target| match target {
        Target::Path(path) => Some(path.as_path()),
        Target::Stdin => None,
    });
    let scanned: Vec<_> = paths.map(Scanned::new).collect();
    for file in files {
        let places = places(file);
        let theirs: Vec<_> = places.iter().flat_map(|place| reaches(place)).collect();
        for scanned in &scanned {
            let (file, target) = (|| file.to_owned(), || scanned.given.to_owned());
            if places.iter().any(|place| scanned.holds(place)) {
                let (file, target) = (file(), target());
                return Err(Inside::Target { file, target });
            }
            if scanned.is_of(&places, &theirs) {
                let (file, target) = (file(), target());
                return Err(Inside::Repository { file, target });
            }
        }
    }
    Ok(())
}

/// A target.
struct Scanned<'t> {
    given: &'t Path,
    /// Without links.
    path: Option<PathBuf>,
    /// The repository that it is in, or is.
    repository: Option<Reach>,
}

impl<'t> Scanned<'t> {
    fn new(given: &'t Path) -> Self {
        Self {
            given,
            path: fs::canonicalize(given).ok(),
            repository: reaches(given).into_iter().next(),
        }
    }

    fn holds(&self, place: &Path) -> bool {
        self.path.as_ref().is_some_and(|it| place.starts_with(it))
    }

    /// Whether a file that stands at `places`, in the repositories `theirs`, is of its repository, or of
    /// one that is scanned with it.
    fn is_of(&self, places: &BTreeSet<PathBuf>, theirs: &[Reach]) -> bool {
        let own = self.repository.as_ref();
        let is_own = |reach: &Reach| own.is_some_and(|own| own.common == reach.common);
        let is_there = |folder: &PathBuf| places.iter().any(|place| place.starts_with(folder));
        own.is_some_and(|own| own.folders.iter().any(is_there))
            || theirs
                .iter()
                .any(|reach| is_own(reach) || reach.folders.iter().any(|folder| self.holds(folder)))
    }
}

/// Where `path` stands, and each link on the way: whoever can change one of them can change what is
/// read.
fn places(path: &Path) -> BTreeSet<PathBuf> {
    let mut places = BTreeSet::new();
    let mut left = vec![path::absolute(path).unwrap_or_else(|_| path.to_owned())];
    while let Some(path) = left.pop() {
        for part in path.ancestors() {
            let (Some(folder), Some(name)) = (part.parent(), part.file_name()) else {
                continue;
            };
            let folder = resolved(folder);
            let place = folder.join(name);
            if let Ok(target) = fs::read_link(&place)
                && places.insert(place)
            {
                left.push(folder.join(target));
            }
        }
        places.insert(resolved(&path));
    }
    places
}

/// `path` without links, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|folder| {
        let rest = path.strip_prefix(folder).ok()?;
        let folder = fs::canonicalize(folder).ok()?;
        Some(if rest.as_os_str().is_empty() {
            folder
        } else {
            folder.join(rest)
        })
    });
    there.unwrap_or_else(|| path.to_owned())
}
