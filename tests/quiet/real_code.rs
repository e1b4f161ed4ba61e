//! Real source code: the crates that this package is built of, and whatever else is at hand.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// So many files of code make the check a full one.
const FULL: u64 = 15_000;

/// Sample tokens that are published in source code, by C3ID, and where.
const PUBLISHED: [(&str, &str); 0] = [];

#[test]
fn real_source_code() {
    let Some(sources) = registry_sources() else {
        println!("skipped: no sources of crates on this machine");
        return;
    };
    let output = Command::new(env!("CARGO_BIN_EXE_patsweep"))
        .args(["scan", "-f", "json"])
        .arg(&sources)
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let files = report["coverage"]["files"]["scanned"]
        .as_u64()
        .expect("a count");
    if files >= FULL {
        println!("{files} files scanned");
    } else {
        println!("only {files} files at hand: the full check, of {FULL}, was skipped");
    }
    assert!(files > 0, "{}", sources.display());
    let published = BTreeMap::from(PUBLISHED);
    let findings = report["findings"].as_array().expect("findings");
    let unexpected: Vec<_> = findings
        .iter()
        .filter(|finding| {
            let id = finding["id"].as_str().expect("an id");
            let source = published.get(id);
            if let Some(source) = source {
                println!("{id} is a sample published in {source}");
            }
            source.is_none()
        })
        .map(|finding| format!("{finding:#}"))
        .collect();
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

/// Where cargo keeps the sources of crates.
fn registry_sources() -> Option<PathBuf> {
    let cargo = env::var_os("CARGO_HOME").map_or_else(
        || env::home_dir().map(|home| home.join(".cargo")),
        |home| Some(PathBuf::from(home)),
    )?;
    let sources = cargo.join("registry/src");
    sources.is_dir().then_some(sources)
}
