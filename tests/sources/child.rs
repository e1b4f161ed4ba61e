//! What needs a process of its own: standard input and peak memory.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use patsweep::sources::{Options, Target};

use crate::recorder::{Event, Folder, Hook, NEEDLE, gz, noise, record_with, tar, zip};

/// Tells [`child`] what to scan; `-` is standard input.
const TARGETS: &str = "PATSWEEP_TEST_TARGETS";

/// Scans what the parent asks for and prints what came; does nothing in an ordinary run.
#[test]
fn child() {
    let Ok(targets) = std::env::var(TARGETS) else {
        return;
    };
    let target = |name: &str| match name {
        "-" => Target::Stdin,
        path => Target::Path(PathBuf::from(path)),
    };
    let targets: Vec<Target> = targets.split(':').map(target).collect();
    let options = Options {
        jobs: 2,
        ..Options::default()
    };
    let record = record_with(
        &targets,
        &options,
        &(Arc::new(|_: &Event<'_>| false) as Hook),
    );
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = peak
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("VmHWM: 0 kB");
    let lengths: Vec<_> = record
        .lengths
        .iter()
        .map(|(p, l)| format!("{p}={l:?}"))
        .collect();
    println!("\n@ {} {:?}", lengths.join(" "), record.problem_kinds());
    println!("@ {}", peak.split_whitespace().nth(1).unwrap());
}

/// The streams and problems of a scan in a child, and its peak memory in KiB.
fn scan_in_child(targets: &str, input: &[u8]) -> (String, u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child::child", "--nocapture", "--test-threads=1"])
        .env(TARGETS, targets)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let mut lines = output.lines().filter_map(|line| line.strip_prefix("@ "));
    let found = lines
        .next()
        .unwrap_or_else(|| panic!("{output}"))
        .to_owned();
    (found, lines.next().unwrap().parse().unwrap())
}

#[test]
fn standard_input_is_read_once_and_opened_like_a_file() {
    let check = |targets: &str, input: &[u8], expected: &str| {
        assert_eq!(scan_in_child(targets, input).0, expected);
    };
    check("-", b"text", "-=[4] []");
    check("-:-", b"text", "-=[4] []");
    check("-", b"", "-=[0] []");
    check("-", &vec![b'a'; 3_000_000], "-=[3000000] []");
    let members: &[(&str, &[u8])] = &[("a", b"text"), ("b", &noise(500_000))];
    check("-", &gz(&tar(members)), "-!/a=[4] -!/b=[500000] []");
    check("-", &zip(members), "-!/a=[4] -!/b=[500000] []");
}

/// The recorder keeps 1 MiB of each stream, the test binary itself a few.
const PEAK: u64 = 80 << 10;

#[test]
fn memory_does_not_grow_with_what_is_read() {
    let folder = Folder::new();
    let zeros = vec![0; 64 << 20];
    let inner = zip(&[("noise", &noise(40 << 20)), ("zeros", &zeros)]);
    folder.add(
        "nested",
        gz(&tar(&[("inner.zip", &zip(&[("inner.zip", &inner)]))])),
    );
    folder.add("zeros.gz", gz(&[&zeros, NEEDLE].concat()));
    std::fs::File::create(folder.path().join("sparse"))
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    for at in 0..500 {
        folder.add(&format!("files/{at}"), vec![b'a'; 100]);
    }
    let (found, peak) = scan_in_child(folder.path().to_str().unwrap(), b"");
    assert!(
        found.contains(&format!("zeros=[{}]", zeros.len())),
        "{found}"
    );
    assert!(found.ends_with(" []"), "{found}");
    if peak == 0 {
        eprintln!("skipped: peak memory is not told here");
    }
    assert!(peak <= PEAK, "{peak} KiB");
}
