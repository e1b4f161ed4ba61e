//! The folders that the kernel makes up as they are read.

use std::fs;
use std::path::PathBuf;

/// Entered only when named, wherever they come from.
const ALWAYS: [&str; 4] = ["/proc", "/sys", "/dev", "/run"];

/// Types of file systems whose contents are not stored anywhere (Linux, `proc(5)` and
/// `Documentation/filesystems`). `tmpfs` is not one of them: people keep files in `/tmp`.
const VIRTUAL: [&str; 19] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "mqueue",
    "nsfs",
    "proc",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "sysfs",
    "tracefs",
];

/// Every system folder of this machine, absolute.
pub(super) fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = if cfg!(unix) {
        ALWAYS.iter().map(PathBuf::from).collect()
    } else {
        Vec::new()
    };
    if cfg!(target_os = "linux") {
        // Without it the fixed list still holds.
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        folders.extend(mounts.lines().filter_map(virtual_mount));
    }
    folders
}

/// The mount point in a line of `mountinfo`, if it is of a virtual type.
fn virtual_mount(line: &str) -> Option<PathBuf> {
    let (mount, rest) = line.split_once(" - ")?;
    let kind = rest.split(' ').next()?;
    VIRTUAL
        .contains(&kind)
        .then(|| mount.split(' ').nth(4))?
        .map(|point| {
            // The kernel writes blanks, tabs, line breaks and backslashes in octal.
            let plain = point.replace("\\040", " ").replace("\\011", "\t");
            PathBuf::from(plain.replace("\\012", "\n").replace("\\134", "\\"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_virtual_types() {
        let check = |line, expected: Option<&str>| {
            assert_eq!(virtual_mount(line), expected.map(PathBuf::from), "{line}");
        };
        check(
            "22 28 0:20 / /proc rw,nosuid shared:14 - proc proc rw",
            Some("/proc"),
        );
        check(
            "36 35 0:30 / /jail/a\\040b rw - sysfs sysfs rw",
            Some("/jail/a b"),
        );
        check(
            "28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
            None,
        );
        check("40 28 0:35 / /tmp rw - tmpfs tmpfs rw", None);
        check("", None);
    }
}
