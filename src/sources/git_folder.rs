//! Which parts of a git folder hold objects, not text.

use std::path::Path;

/// Whether `path` is the object store or the index of a git folder: `.git`, a bare repository, a
/// submodule's folder in `.git/modules`, a worktree's in `.git/worktrees`. They are no text; what
/// LFS stores are whole files, and read like others.
///
/// Asks the file system only for the names in question.
pub(super) fn is_internal(path: &Path, is_folder: bool) -> bool {
    let (Some(name), Some(folder)) = (path.file_name(), path.parent()) else {
        return false;
    };
    match (name.as_encoded_bytes(), is_folder) {
        (b"objects", true) | (b"index", false) => is_git(folder),
        _ => false,
    }
}

/// Whether `folder` is a git folder, or a worktree's part of one.
fn is_git(folder: &Path) -> bool {
    folder.join("HEAD").exists()
        && (folder.join("objects").is_dir() || folder.join("commondir").is_file())
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
