//! Runs Microsoft's own clients against the stand-in for Azure DevOps: what they accept and
//! refuse is a judgement of it that we did not write.
//!
//! The clients come from the registries of Python and Node, at exact versions; where one cannot
//! be had, that is said and not failed.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[path = "../fake_azure_devops/service/mod.rs"]
mod service;

use service::Fake;

#[test]
fn clients_of_microsoft_agree() {
    let fake = Fake::start();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("azure-devops-clients");
    let Some(python) = python() else {
        println!("skipped: the clients of Microsoft: there is no python3");
        return;
    };
    let mut driver = Command::new(python)
        .arg(root.join("tests/azure_devops_clients/run.py"))
        .arg(installed)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut start = driver.stdin.take().expect("its stdin");
    writeln!(start, "{}", fake.to_json()).expect("it reads");
    drop(start);
    let output = driver.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    assert!(output.status.success(), "a client disagrees:\n{said}");
    let mut lines = said.lines();
    assert!(lines.all(|line| line.starts_with("ok: ") || line.starts_with("skipped: ")));
}

/// The Python to drive the clients with.
fn python() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut folders = env::split_paths(&path);
    folders.find_map(|folder| {
        let program = folder.join(format!("python3{}", env::consts::EXE_SUFFIX));
        program.is_file().then_some(program)
    })
}
