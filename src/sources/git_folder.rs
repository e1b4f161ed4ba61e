//! Which parts of a git folder hold objects, not text.

use std::path::Path;

use super::git::repository;

/// A part of a git folder that is not read as files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The object store: no text.
    Objects,
    /// The index: no text.
    Index,
    /// Reflogs, which are read with the history.
    Logs,
    /// What LFS stores, which is read with the history.
    Lfs,
}

/// Which part of a git folder `path` is: of `.git`, a bare repository, a submodule's folder in
/// `.git/modules`, a worktree's in `.git/worktrees`.
///
/// Asks the file system only for the names in question.
pub(super) fn part(path: &Path, is_folder: bool) -> Option<Part> {
    let (name, folder) = (path.file_name()?, path.parent()?);
    let (part, git) = match (name.as_encoded_bytes(), is_folder) {
        (b"objects", true) if folder.ends_with("lfs") => (Part::Lfs, folder.parent()?),
        (b"objects", true) => (Part::Objects, folder),
        (b"index", false) => (Part::Index, folder),
        (b"logs", true) => (Part::Logs, folder),
        _ => return None,
    };
    repository::is_git(git).then_some(part)
}

/// The repository that a member of an archive belongs to, if the member is one of its objects:
/// `a/.git` for `a/.git/objects/pack/pack-1.pack`.
pub(super) fn repository_of(member: &[u8]) -> Option<&[u8]> {
    const STORE: &[u8] = b"objects/";
    let start = memchr::memmem::find_iter(member, STORE)
        .find(|&at| at == 0 || member[at - 1] == b'/')
        .filter(|&at| is_object(&member[at + STORE.len()..]))?;
    Some(member[..start].strip_suffix(b"/").unwrap_or(b""))
}

/// Whether `name`, relative to an object store, is a pack or a loose object.
fn is_object(name: &[u8]) -> bool {
    let hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    match name.iter().position(|&byte| byte == b'/') {
        Some(4) => {
            name.starts_with(b"pack/pack-") && (name.ends_with(b".pack") || name.ends_with(b".idx"))
        }
        Some(2) => hex(&name[..2]) && matches!(name.len(), 41 | 65) && hex(&name[3..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_in_archives() {
        let check = |member: &str, repository: Option<&str>| {
            assert_eq!(
                repository_of(member.as_bytes()),
                repository.map(str::as_bytes),
                "{member}"
            );
        };
        let loose = "0123456789abcdef0123456789abcdef012345";
        check("a/.git/objects/pack/pack-1.pack", Some("a/.git"));
        check("bare.git/objects/pack/pack-1.idx", Some("bare.git"));
        check(&format!(".git/objects/ab/{loose}"), Some(".git"));
        check(&format!("objects/ab/{loose}"), Some(""));
        check("src/objects/pack/readme", None);
        check("src/objects/ab/short", None);
        check("a/.git/config", None);
        check("subobjects/pack/pack-1.pack", None);
    }
}
