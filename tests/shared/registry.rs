//! Programs of others, out of the registries of Python and npm. Where one cannot be had, it is said
//! which tests were skipped, and why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Two tests of one binary must not install the same thing at once.
static INSTALLING: Mutex<()> = Mutex::new(());

/// A Python that has `requirement`, such as `aiosmtpd==1.4.6`.
#[allow(dead_code, reason = "not all who share this file need both registries")]
pub(crate) fn python(requirement: &str) -> Option<PathBuf> {
    let names = if cfg!(windows) {
        ["Scripts", "python.exe"]
    } else {
        ["bin", "python"]
    };
    let folder = installed(requirement, |folder| {
        let place = folder.to_str().expect("a path of text");
        if !succeeds(Path::new("python3"), &["-m", "venv", place]) {
            return Err("there is no python3 with venv");
        }
        let python = folder.join(names[0]).join(names[1]);
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--retries=1",
            "--timeout=20",
        ];
        let install = [&install[..], &["--disable-pip-version-check", requirement]].concat();
        if succeeds(&python, &install) {
            Ok(())
        } else {
            Err("pip could not")
        }
    })?;
    Some(folder.join(names[0]).join(names[1]))
}

/// The folder of an npm `package`, such as `lefthook@2.2.2`, none of whose scripts have run.
#[allow(dead_code, reason = "not all who share this file need both registries")]
pub(crate) fn npm(package: &str) -> Option<PathBuf> {
    let folder = installed(package, |folder| {
        let place = folder.to_str().expect("a path of text");
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
        let install = [
            &install[..],
            &["--fetch-retries=1", "--prefix", place, package],
        ]
        .concat();
        if succeeds(Path::new("npm"), &install) {
            Ok(())
        } else {
            Err("npm is not there, or could not")
        }
    })?;
    Some(folder.join("node_modules"))
}

/// Says that a test was skipped.
#[allow(
    dead_code,
    reason = "not all who share this file need more than is installed"
)]
pub(crate) fn skip<T>(what: &str, why: &str) -> Option<T> {
    println!("skipped: {what}: {why}");
    None
}

/// The folder where `package` is, after `install` has put it there once.
fn installed(
    package: &str,
    install: impl FnOnce(&Path) -> Result<(), &'static str>,
) -> Option<PathBuf> {
    let name: String = package
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("registry")
        .join(name);
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let mark = folder.join("installed");
    if mark.exists() {
        return Some(folder);
    }
    let _absent = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    if let Err(why) = install(&folder) {
        println!("skipped: {package} cannot be installed: {why}");
        return None;
    }
    fs::write(mark, "").expect("a file");
    Some(folder)
}

fn succeeds(program: &Path, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    let output = command.args(args).stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}
