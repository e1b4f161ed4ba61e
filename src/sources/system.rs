//! The folders that the kernel makes up as they are read, and what in them is no text.

use std::collections::HashSet;
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

/// The one virtual type whose regular files are stored, in memory: whoever may write to `/dev` can
/// put one there.
const STORED: &str = "devtmpfs";

/// Files of virtual file systems that are memory, tables of pages or a queue that reading empties
/// (Linux, `proc(5)`, `proc_kmsg(5)`, `Documentation/trace/ftrace.rst`).
const NOT_TEXT: [&str; 10] = [
    "kcore",
    "kmsg",
    "kpagecgroup",
    "kpagecount",
    "kpageflags",
    "mem",
    "pagemap",
    "trace_pipe",
    "trace_pipe_raw",
    "vmcore",
];

/// What is mounted on this machine that is not stored anywhere.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct System {
    /// Every system folder, absolute.
    pub(super) folders: Vec<PathBuf>,
    /// The major and minor numbers of file systems whose files are made up as they are read.
    pub(super) devices: HashSet<(u32, u32)>,
}

impl System {
    /// Of this machine.
    pub(super) fn read() -> Self {
        let mut system = Self::default();
        if cfg!(unix) {
            system.folders.extend(ALWAYS.iter().map(PathBuf::from));
        }
        if cfg!(target_os = "linux") {
            // Without it the fixed list still holds.
            let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
            system.add(&mounts);
        }
        system
    }

    /// Adds what is virtual in `mountinfo`.
    fn add(&mut self, mountinfo: &str) {
        for mount in mountinfo.lines().filter_map(Mount::parse) {
            if mount.kind != STORED {
                self.devices.insert(mount.device);
            }
            self.folders.push(mount.point);
        }
    }
}

/// Whether the file `name` of a virtual file system holds no text.
pub(super) fn is_no_text(name: &[u8]) -> bool {
    NOT_TEXT.iter().any(|known| known.as_bytes() == name)
}

/// A line of `mountinfo` (`proc_pid_mountinfo(5)`) of a virtual type.
struct Mount<'m> {
    point: PathBuf,
    device: (u32, u32),
    kind: &'m str,
}

impl<'m> Mount<'m> {
    /// `None` if what is mounted is stored somewhere.
    fn parse(line: &'m str) -> Option<Self> {
        let (mount, rest) = line.split_once(" - ")?;
        let kind = rest.split(' ').next()?;
        if !VIRTUAL.contains(&kind) {
            return None;
        }
        let mut fields = mount.split(' ');
        let (major, minor) = fields.nth(2)?.split_once(':')?;
        let point = fields.nth(1)?;
        // The kernel writes blanks, tabs, line breaks and backslashes in octal.
        let plain = point.replace("\\040", " ").replace("\\011", "\t");
        Some(Self {
            point: PathBuf::from(plain.replace("\\012", "\n").replace("\\134", "\\")),
            device: (major.parse().ok()?, minor.parse().ok()?),
            kind,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_virtual_types() {
        let check = |line, folder: Option<&str>, device: Option<(u32, u32)>| {
            let mut system = System::default();
            system.add(line);
            let expected = System {
                folders: folder.into_iter().map(PathBuf::from).collect(),
                devices: device.into_iter().collect(),
            };
            assert_eq!(system, expected, "{line}");
        };
        check(
            "22 28 0:20 / /proc rw,nosuid shared:14 - proc proc rw",
            Some("/proc"),
            Some((0, 20)),
        );
        check(
            "36 35 0:30 / /jail/a\\040b rw - sysfs sysfs rw",
            Some("/jail/a b"),
            Some((0, 30)),
        );
        check(
            "24 27 0:6 / /dev rw - devtmpfs devtmpfs rw,mode=755",
            Some("/dev"),
            None,
        );
        check(
            "28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
            None,
            None,
        );
        check("40 28 0:35 / /tmp rw - tmpfs tmpfs rw", None, None);
        check("", None, None);
    }
}
