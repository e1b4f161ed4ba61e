//! Reads the small files that the user names, without waiting for what never comes.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Larger files are no rules and no configuration.
const MAX_BYTES: u64 = 4 << 20;

/// The bytes of the file at `path`: a regular file, the null device, or a pipe that is named by its
/// descriptor, as shells do for `<(…)`.
///
/// # Errors
///
/// What the system says; anything else that is no file, which might be waited for for ever, and
/// files of more than 4 MiB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    // Reading a folder fails by itself.
    if !metadata.is_file() && !metadata.is_dir() && !is_handed_over(path) {
        let message = "neither a regular file nor a pipe from the shell";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = "it has more than 4 MiB";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Whether whoever started the program opened it, or nothing is in it.
fn is_handed_over(path: &Path) -> bool {
    is_descriptor(path) || path == Path::new("/dev/null")
}

/// Whether `path` names something that is open already.
pub fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/proc/self/fd"]
        .iter()
        .any(|folder| path.parent() == Some(Path::new(folder)))
        || ["/dev/stdin", "/dev/stdout", "/dev/stderr"]
            .iter()
            .any(|name| path == Path::new(name))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn complaint(path: &Path) -> String {
        read(path).expect_err("no file to read").to_string()
    }

    #[test]
    fn what_has_no_end_is_not_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.expect("mkfifo").success());
        let special = "neither a regular file nor a pipe from the shell";
        assert_eq!(complaint(&fifo), special);
        assert_eq!(complaint(Path::new("/dev/zero")), special);
        assert_eq!(read(Path::new("/dev/null")).expect("nothing"), b"");
    }

    #[test]
    fn files_are_read_up_to_a_bound() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        let most = vec![b'#'; 4 << 20];
        fs::write(&path, &most).expect("a file");
        assert_eq!(read(&path).expect("a file"), most);
        fs::write(&path, [&most[..], b"#"].concat()).expect("a file");
        assert_eq!(complaint(&path), "it has more than 4 MiB");
    }

    #[test]
    fn descriptors_are_told_by_their_names() {
        for (path, expected) in [
            ("/dev/fd/63", true),
            ("/proc/self/fd/11", true),
            ("/dev/stdin", true),
            ("/dev/fd", false),
            ("/dev/zero", false),
            ("fd/3", false),
        ] {
            assert_eq!(is_descriptor(Path::new(path)), expected, "{path}");
        }
    }
}
