//! Files, folders, links and targets.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use patsweep::model::{ProblemKind, SkipReason, Unit};
use patsweep::sources::{IgnoreFiles, Options, Target, TargetError, check};

use crate::recorder::{Event, Folder, Hook, NEEDLE, record};

#[test]
fn hidden_and_ignored_files_are_read_once_each() {
    let folder = Folder::new();
    folder.add(".env", "a");
    folder.add("sub/.npmrc", "b");
    folder.add(".gitignore", "*.log\n");
    folder.add("x.log", "c");
    folder.add("empty", "");
    let record = folder.scan(&Options {
        jobs: 3,
        ..Options::default()
    });
    assert_eq!(
        record.paths(),
        [".env", ".gitignore", "empty", "sub/.npmrc", "x.log"]
    );
    assert_eq!(record.text("sub/.npmrc"), "b");
    let own = folder.path().file_name().unwrap().to_str().unwrap();
    let names: Vec<_> = record
        .names
        .iter()
        .map(|(p, n)| (p.as_str(), n.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("", own),
            (".env", ".env"),
            (".gitignore", ".gitignore"),
            ("empty", "empty"),
            ("sub", "sub"),
            ("sub/.npmrc", ".npmrc"),
            ("x.log", "x.log")
        ]
    );
    assert_eq!(record.coverage.files.scanned, 5);
    assert_eq!(record.coverage.files.seen(), 5);
    assert_eq!(record.problems, []);
}

#[test]
fn globs_and_ignore_files_exclude_and_count() {
    let folder = Folder::new();
    for name in [
        "a.txt",
        "b.log",
        "keep.log",
        "deep/b.log",
        "vendor/x/y",
        "vendor/z",
        "deep/own",
    ] {
        folder.add(name, "x");
    }
    folder.add(".gitignore", "*.log\n");
    folder.add("deep/.patsweepignore", "own\n");
    let check = |options: &Options, expected: &[&str], excluded: u64| {
        let record = folder.scan(options);
        assert_eq!(record.paths(), expected);
        assert_eq!(
            record.skipped(Unit::File),
            [(SkipReason::Excluded, excluded)]
        );
        assert_eq!(record.coverage.files.scanned, expected.len() as u64);
    };
    let plain = Options {
        jobs: 2,
        ..Options::default()
    };
    let all = [
        ".gitignore",
        "a.txt",
        "b.log",
        "deep/.patsweepignore",
        "deep/b.log",
        "keep.log",
        "vendor/x/y",
        "vendor/z",
    ];
    check(&plain, &all, 1);
    let exclude = vec!["/vendor/".to_owned(), "*.txt".to_owned()];
    let globs = Options {
        exclude,
        ..plain.clone()
    };
    // The folder counts once, whatever is in it.
    check(
        &globs,
        &[
            ".gitignore",
            "b.log",
            "deep/.patsweepignore",
            "deep/b.log",
            "keep.log",
        ],
        3,
    );
    let git = Options {
        ignore_files: IgnoreFiles::OwnAndGit,
        ..plain.clone()
    };
    let without_logs = [
        ".gitignore",
        "a.txt",
        "deep/.patsweepignore",
        "vendor/x/y",
        "vendor/z",
    ];
    check(&git, &without_logs, 4);
}

#[test]
fn our_ignore_file_goes_before_those_of_git() {
    let folder = Folder::new();
    for name in ["a.log", "keep.log", "a.txt", "deep/keep.log"] {
        folder.add(name, "x");
    }
    folder.add(".gitignore", "*.log\n");
    folder.add(".patsweepignore", "!keep.log\n*.txt\n");
    folder.add("deep/.gitignore", "keep.*\n");
    let options = Options {
        ignore_files: IgnoreFiles::OwnAndGit,
        ..Options::default()
    };
    let record = folder.scan(&options);
    let expected = [
        ".gitignore",
        ".patsweepignore",
        "deep/.gitignore",
        "deep/keep.log",
        "keep.log",
    ];
    assert_eq!(record.paths(), expected);
    assert_eq!(record.skipped(Unit::File), [(SkipReason::Excluded, 2)]);
}

#[test]
fn ignore_files_above_the_target_count_in_its_repository() {
    let folder = Folder::new();
    folder.add(".patsweepignore", "outside\n");
    folder.add("repo/.git/HEAD", "ref: refs/heads/main\n");
    folder.add("repo/.patsweepignore", "/src/skipped\n");
    folder.add("repo/.gitignore", "target\n");
    for name in ["skipped", "target", "outside", "kept"] {
        folder.add(&format!("repo/src/{name}"), "x");
    }
    let src = folder.path().join("repo/src");
    let names = |options: &Options| -> Vec<String> {
        let record = record(&[&src], options);
        let name = |path: &&str| path.rsplit('/').next().unwrap().to_owned();
        record.paths().iter().map(name).collect()
    };
    assert_eq!(names(&Options::default()), ["kept", "outside", "target"]);
    assert_eq!(
        names(&Options {
            ignore_files: IgnoreFiles::OwnAndGit,
            ..Options::default()
        }),
        ["kept", "outside"]
    );
}

#[test]
fn git_folders_give_their_text_and_not_their_objects() {
    let folder = Folder::new();
    let repository = |at: &str| {
        for name in [
            "HEAD",
            "config",
            "hooks/pre-push",
            "logs/HEAD",
            "packed-refs",
            "lfs/objects/aa/bb/cc",
        ] {
            folder.add(&format!("{at}/{name}"), "text");
        }
        for name in ["index", "objects/ab/cd", "objects/pack/p.pack"] {
            folder.add(&format!("{at}/{name}"), "objects");
        }
    };
    for at in [".git", "bare.git", ".git/modules/m"] {
        repository(at);
    }
    folder.add(".git/worktrees/w/HEAD", "text");
    folder.add(".git/worktrees/w/commondir", "text");
    folder.add(".git/worktrees/w/index", "objects");
    folder.add(
        "src/objects/one",
        "a folder of that name is nothing special",
    );
    folder.add("src/index", "nor such a file");
    // Reflogs and what LFS stores are read with the history, if that is read.
    for (history, files) in [(true, 3 * 4 + 2 + 2), (false, 3 * 6 + 2 + 2)] {
        let mut options = Options::default();
        options.git.history = history;
        let record = folder.scan(&options);
        let objects: Vec<_> = record
            .streams
            .iter()
            .filter(|(_, bytes)| bytes[0] == b"objects")
            .collect();
        assert_eq!(objects, Vec::<(&String, &Vec<Vec<u8>>)>::new());
        assert_eq!(record.coverage.files.scanned, files);
        assert_eq!(record.skipped(Unit::File), []);
        assert_eq!(record.problems, []);
    }
}

#[test]
fn overlapping_targets_are_read_once_and_named_as_given() {
    let folder = Folder::new();
    folder.add("a/b/one", "1");
    folder.add("a/two", "2");
    let [a, b, two] = ["a", "a/b", "a/two"].map(|name| folder.path().join(name));
    let dotted = folder.path().join("a/./b/../b");
    let paths = |targets: &[&Path]| {
        let record = record(
            targets,
            &Options {
                jobs: 2,
                ..Options::default()
            },
        );
        assert!(
            record.streams.values().all(|streams| streams.len() == 1),
            "{record:?}"
        );
        assert_eq!(record.coverage.files.seen(), record.coverage.files.scanned);
        record.streams.into_keys().collect::<Vec<_>>()
    };
    let shown = |path: &Path| path.to_str().unwrap().to_owned();
    let expected = [shown(&b.join("one")), shown(&two)];
    assert_eq!(paths(&[&a, &b]), expected);
    assert_eq!(paths(&[&b, &a, &a, &two]), expected);
    assert_eq!(paths(&[&b.join("one"), &two]), expected);
    let slash = format!("{}/", a.display());
    assert_eq!(paths(&[Path::new(&slash)]), expected);
    let mut given_first = vec![shown(&dotted.join("one")).replace("/./", "/"), shown(&two)];
    given_first.sort();
    assert_eq!(paths(&[&dotted, &a, &b]), given_first);
}

#[test]
fn relative_targets_are_named_without_a_leading_dot() {
    // The tests of a package run in its folder.
    let check = |target: &str, path: &str| {
        let exclude = vec!["/*".to_owned(), "!/src".to_owned(), "!/model".to_owned()];
        let options = Options {
            exclude,
            ..Options::default()
        };
        let record = record(&[Path::new(target)], &options);
        assert!(record.paths().contains(&path), "{:?}", record.paths());
        assert!(
            record.paths().iter().all(|path| path.starts_with("src/")),
            "{:?}",
            record.paths()
        );
    };
    check(".", "src/main.rs");
    check("./", "src/main.rs");
    check("src", "src/model/mod.rs");
    check("./src/.", "src/model/mod.rs");
    check("src/main.rs", "src/main.rs");
}

#[test]
fn a_file_named_like_standard_input() {
    let folder = Folder::new();
    let path = folder.add("-", "text");
    assert_eq!(folder.scan(&Options::default()).text("-"), "text");
    let record = record(&[&path], &Options::default());
    assert_eq!(record.text(path.to_str().unwrap()), "text");
}

#[test]
fn targets_are_checked_all_at_once() {
    let folder = Folder::new();
    let file = folder.add("file", "x");
    let [missing, under] = ["missing", "file/under"].map(|name| folder.path().join(name));
    let good = Options::default();
    let path = |path: &Path| Target::Path(path.to_path_buf());
    assert!(check(&[Target::Stdin, path(&file), path(folder.path())], &good).is_ok());
    let bad = Options {
        exclude: vec!["a{".to_owned(), "ok".to_owned()],
        ..Options::default()
    };
    let errors = check(&[path(&missing), path(&file), path(&under)], &bad).unwrap_err();
    let [
        TargetError::Missing { path: first },
        second,
        TargetError::Glob { glob, .. },
    ] = &errors[..]
    else {
        panic!("{errors:?}");
    };
    assert_eq!((first, glob.as_str()), (&missing, "a{"));
    assert!(
        matches!(second, TargetError::Unopenable { path, .. } if *path == under),
        "{second:?}"
    );
    assert_eq!(
        errors[0].to_string(),
        format!("cannot find {}", missing.display())
    );
}

#[test]
fn a_file_that_vanishes_is_a_problem() {
    let folder = Folder::new();
    let path = folder.add("sub/file", "x");
    let hook = move |event: &Event<'_>| {
        if matches!(event, Event::Name(name) if name.ends_with("file")) {
            fs::remove_file(&path).unwrap();
        }
        false
    };
    let record = folder.scan_with(&Options::default(), &(Arc::new(hook) as Hook));
    assert_eq!(
        record.problem_kinds(),
        [("sub/file", ProblemKind::Vanished)]
    );
    assert_eq!(record.skipped(Unit::File), [(SkipReason::Vanished, 1)]);
}

#[test]
fn a_file_that_shrinks_is_a_problem_and_what_came_is_kept() {
    let folder = Folder::new();
    let path = folder.add("file", vec![b'a'; 4 << 20]);
    let hook = move |event: &Event<'_>| {
        if matches!(event, Event::Chunk(length) if *length == 1 << 20) {
            fs::OpenOptions::new()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(2 << 20)
                .unwrap();
        }
        false
    };
    let record = folder.scan_with(&Options::default(), &(Arc::new(hook) as Hook));
    assert_eq!(record.problem_kinds(), [("file", ProblemKind::Truncated)]);
    assert_eq!(record.lengths["file"], [2 << 20]);
    assert_eq!(record.coverage.files.scanned, 1);
}

#[test]
fn a_file_that_grows_for_ever_ends() {
    let folder = Folder::new();
    let path = folder.add("file", vec![b'a'; 2 << 20]);
    let hook = move |event: &Event<'_>| {
        if let Event::Chunk(length) = event {
            fs::OpenOptions::new()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(length + (4 << 20))
                .unwrap();
        }
        false
    };
    let record = folder.scan_with(&Options::default(), &(Arc::new(hook) as Hook));
    assert_eq!(record.problems, []);
    // What it had when opened, and what was there when that was read.
    assert_eq!(record.lengths["file"], [(2 << 20) + (4 << 20)]);
}

#[test]
fn a_sparse_file_of_10_gb_with_a_needle_at_its_end() {
    use std::io::{Seek, SeekFrom, Write};
    let folder = Folder::new();
    let mut file = fs::File::create(folder.path().join("sparse")).unwrap();
    file.set_len(10_000_000_000).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.write_all(NEEDLE).unwrap();
    let record = folder.scan(&Options::default());
    assert_eq!(
        record.needles.into_iter().collect::<Vec<_>>(),
        [("sparse".to_owned(), 10_000_000_000)]
    );
    assert_eq!(record.problems, []);
}

#[test]
fn files_larger_than_asked_for_are_counted() {
    let folder = Folder::new();
    folder.add("small", "12345");
    folder.add("large", "123456");
    let record = folder.scan(&Options {
        max_file_size: Some(5),
        ..Options::default()
    });
    assert_eq!(record.paths(), ["small"]);
    assert_eq!(record.skipped(Unit::File), [(SkipReason::TooLarge, 1)]);
    assert_eq!(record.problems, []);
}

#[test]
fn a_receiver_that_stops_ends_the_walk() {
    let folder = Folder::new();
    for at in 0..200 {
        folder.add(&format!("f{at}"), "x");
    }
    let hook: Hook = Arc::new(|event| matches!(event, Event::Chunk(_)));
    let record = folder.scan_with(&Options::default(), &hook);
    assert_eq!(record.coverage.files.scanned, 1);
}
