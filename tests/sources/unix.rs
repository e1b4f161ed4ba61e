//! Links, pipes, permissions, names that are not UTF-8, system folders.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use patsweep::model::{ProblemKind, SkipReason, Unit};
use patsweep::sources::{Options, Target, TargetError, check};

use crate::recorder::{Event, Folder, Hook, record};

#[test]
fn links_are_followed_as_targets_and_never_in_a_walk() {
    let folder = Folder::new();
    folder.add("real/file", "x");
    symlink("real", folder.path().join("link")).unwrap();
    symlink("..", folder.path().join("real/loop")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    let walked = folder.scan(&Options {
        jobs: 2,
        ..Options::default()
    });
    assert_eq!(walked.paths(), ["real/file"]);
    assert_eq!(walked.skipped(Unit::File), [(SkipReason::Link, 3)]);
    assert_eq!(walked.problems, []);
    let link = folder.path().join("link");
    let named = record(&[&link], &Options::default());
    assert_eq!(named.paths(), [link.join("file").to_str().unwrap()]);
    let file = folder.path().join("link/file");
    assert_eq!(
        record(&[&file], &Options::default()).paths(),
        [file.to_str().unwrap()]
    );
}

#[test]
fn links_that_lead_in_circles_are_refused_as_targets() {
    let folder = Folder::new();
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    symlink(&a, &b).unwrap();
    symlink(&b, &a).unwrap();
    let errors = check(&[Target::Path(a.clone())], &Options::default()).unwrap_err();
    assert!(matches!(&errors[..], [TargetError::Unopenable { path, .. }] if *path == a));
}

#[test]
fn special_files_are_counted_and_never_opened() {
    let folder = Folder::new();
    let fifo = folder.path().join("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    // An ignore file that would hang.
    let ignore = folder.path().join(".patsweepignore");
    assert!(
        Command::new("mkfifo")
            .arg(&ignore)
            .status()
            .unwrap()
            .success()
    );
    let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
    folder.add("file", "x");
    let record = folder.scan(&Options::default());
    assert_eq!(record.paths(), ["file"]);
    assert_eq!(record.skipped(Unit::File), [(SkipReason::Special, 3)]);
    assert_eq!(record.problems, []);
    let targets = [Target::Path(fifo), Target::Path("/dev/null".into())];
    let errors = check(&targets, &Options::default()).unwrap_err();
    assert!(matches!(
        &errors[..],
        [TargetError::Special { .. }, TargetError::Special { .. }]
    ));
}

#[test]
fn a_file_that_becomes_a_pipe_does_not_hang() {
    let folder = Folder::new();
    let path = folder.add("file", "x");
    let hook = move |event: &Event<'_>| {
        if matches!(event, Event::Name(name) if name.ends_with("file")) {
            fs::remove_file(&path).unwrap();
            assert!(
                Command::new("mkfifo")
                    .arg(&path)
                    .status()
                    .unwrap()
                    .success()
            );
        }
        false
    };
    let record = folder.scan_with(&Options::default(), &(Arc::new(hook) as Hook));
    assert_eq!(record.paths(), [""; 0]);
    let [(path, ProblemKind::Unreadable, message)] = record.problems.as_slice() else {
        panic!("{:#?}", record.problems);
    };
    assert_eq!(path, "file");
    assert_eq!(message, "cannot open it: it is no file");
}

#[test]
fn names_that_are_not_utf8() {
    let folder = Folder::new();
    let name = OsStr::from_bytes(b"caf\xe9");
    fs::create_dir(folder.path().join(name)).unwrap();
    fs::write(
        folder.path().join(name).join(OsStr::from_bytes(b"\xff")),
        "x",
    )
    .unwrap();
    let path = folder.path().join(name);
    let record = record(&[&path], &Options::default());
    let expected = format!("{}/caf\\xe9/\\xff", folder.path().display());
    assert_eq!(record.paths(), [expected]);
}

#[test]
fn unreadable_files_and_folders_are_problems() {
    let folder = Folder::new();
    let file = folder.add("file", "x");
    let closed = folder
        .add("closed/inner", "x")
        .parent()
        .unwrap()
        .to_path_buf();
    folder.add("open", "x");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        eprintln!("skipped: running as root");
        return;
    }
    let record = folder.scan(&Options::default());
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(record.paths(), ["open"]);
    let unreadable = ProblemKind::Unreadable;
    assert_eq!(
        record.problem_kinds(),
        [("closed", unreadable), ("file", unreadable)]
    );
    assert_eq!(record.skipped(Unit::File), [(SkipReason::Unreadable, 2)]);
}

#[test]
fn system_folders_are_entered_only_when_named() {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("skipped: no /proc here");
        return;
    }
    let exclude: Vec<String> = ["/*", "!/proc", "!/sys", "!/dev"]
        .iter()
        .map(|glob| (*glob).to_owned())
        .collect();
    let root = record(
        &[Path::new("/")],
        &Options {
            exclude,
            ..Options::default()
        },
    );
    assert_eq!(root.paths(), Vec::<&str>::new());
    assert!(
        root.coverage.files.skipped[&SkipReason::FileSystem] >= 1,
        "{root:?}"
    );
    let named = record(&[Path::new("/proc/self/status")], &Options::default());
    assert_eq!(named.paths(), ["/proc/self/status"]);
    let both = record(
        &[Path::new("/"), Path::new("/proc/self/status")],
        &Options {
            exclude: vec!["/*".to_owned()],
            ..Options::default()
        },
    );
    assert_eq!(both.paths(), ["/proc/self/status"]);
}

#[test]
fn what_the_kernel_makes_up_without_end_is_bounded() {
    // Told by the kernel's own file, because a test cannot mount such a file system.
    let pagemap = Path::new("/proc/self/pagemap");
    if fs::File::open(pagemap).is_err() {
        eprintln!("skipped: no /proc/self/pagemap here, and nothing else is endless");
        return;
    }
    let named = record(&[pagemap], &Options::default());
    let message = "the system makes it up as it is read, and it goes on past 64 MiB".to_owned();
    assert_eq!(
        named.problems,
        [(
            "/proc/self/pagemap".to_owned(),
            ProblemKind::Limit,
            message.clone()
        )]
    );
    assert_eq!(named.lengths["/proc/self/pagemap"], [64 << 20]);
    // In a walk it is not read at all.
    let walked = record(&[Path::new("/proc/self")], &Options::default());
    assert!(!walked.lengths.contains_key("/proc/self/pagemap"));
    assert!(walked.coverage.files.skipped[&SkipReason::Special] >= 1);
    assert!(walked.lengths.contains_key("/proc/self/status"));
    assert!(walked.problems.iter().all(|problem| problem.2 != message));
}

#[test]
fn a_file_that_is_stored_is_read_whatever_its_name() {
    let folder = Folder::new();
    folder.add("pagemap", "x");
    folder.add("mem", "x");
    assert_eq!(folder.scan(&Options::default()).paths(), ["mem", "pagemap"]);
}

#[test]
fn one_file_system() {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &str| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    if device("/dev/shm").is_none() || device("/dev/shm") == device("/dev") {
        eprintln!("skipped: /dev/shm is not mounted");
        return;
    }
    let options = Options {
        one_file_system: true,
        ..Options::default()
    };
    let record = record(&[Path::new("/dev")], &options);
    assert!(
        record.coverage.files.skipped[&SkipReason::FileSystem] >= 1,
        "{record:?}"
    );
    assert!(
        record
            .paths()
            .iter()
            .all(|path| !path.starts_with("/dev/shm/")),
        "{record:?}"
    );
}
