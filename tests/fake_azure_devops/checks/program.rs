//! The example as its users run it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The example, which is ended when this is dropped.
struct Example(Child);

impl Drop for Example {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.0.kill();
        let _ended = self.0.wait();
    }
}

impl Example {
    fn run(arguments: &[&str]) -> Self {
        let child = Command::new(program())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Self(child.expect("the example starts"))
    }

    /// What it says, up to the line that ends in `last`.
    fn says(&mut self, last: &str) -> String {
        let mut reader = BufReader::new(self.0.stdout.take().expect("its stdout"));
        let mut text = String::new();
        while !text.trim_end().ends_with(last) {
            let read = reader.read_line(&mut text).expect("text");
            assert!(read > 0, "it ended: {text}");
        }
        text
    }
}

/// Cargo builds examples before it runs tests, and puts them beside them.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("the target folder");
    folder
        .join("examples")
        .join(format!("fake-azure-devops{}", std::env::consts::EXE_SUFFIX))
}

/// C3IDs and organisations that patsweep finds in `folder`, sorted.
fn found(folder: &Path) -> Vec<(String, Vec<String>)> {
    let scan = Command::new(env!("CARGO_BIN_EXE_patsweep"))
        .args(["scan", "--format", "json"])
        .arg(folder)
        .output()
        .expect("patsweep runs");
    let report: Value = serde_json::from_slice(&scan.stdout).expect("a report");
    let findings = report["findings"].as_array().expect("findings");
    let mut found: Vec<_> = findings
        .iter()
        .map(|finding| {
            let organizations = finding["organizations"].as_array().expect("organisations");
            let names = organizations
                .iter()
                .map(|name| name.as_str().expect("a name").to_owned());
            (
                finding["id"].as_str().expect("a C3ID").to_owned(),
                names.collect(),
            )
        })
        .collect();
    found.sort();
    found
}

#[test]
fn it_prints_one_line_for_programs() {
    let mut example = Example::run(&["--port", "0", "--json"]);
    let line = example.says("}");
    let start: Value = serde_json::from_str(&line).expect("one line of JSON");
    let fields: Vec<&str> = start
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        [
            "admin_pat",
            "client_id",
            "client_secret",
            "organization",
            "owner_bearer",
            "tenant",
            "tokens",
            "url",
        ]
    );
    let token = start["tokens"][0].as_object().expect("an object");
    let fields: Vec<&str> = token.keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        [
            "authorization_id",
            "c3id",
            "generation",
            "organization",
            "owner",
            "state",
            "token"
        ]
    );
}

#[test]
fn its_leaks_are_found_with_their_organizations() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut example = Example::run(&["--json", "--leaks", &folder.path().to_string_lossy()]);
    let start: Value = serde_json::from_str(&example.says("}")).expect("one line of JSON");
    let tokens = start["tokens"].as_array().expect("tokens");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut expected: Vec<_> = tokens
        .iter()
        .map(|token| (text(&token["c3id"]), vec![text(&token["organization"])]))
        .collect();
    expected.sort();
    assert_eq!(found(folder.path()), expected);
}

#[test]
fn it_tells_people_where_the_leaks_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_string_lossy().into_owned();
    let mut example = Example::run(&["--leaks", &path]);
    let said = example.says("/__log");
    assert!(said.contains(&format!(
        "patsweep scan {path} --verify --azure-devops-url http://127.0.0.1:"
    )));
    assert_eq!(found(folder.path()).len(), 19);
    // The folder is in use now.
    let mut second = Example::run(&["--leaks", &path]);
    let mut said = String::new();
    second
        .0
        .stderr
        .take()
        .expect("its stderr")
        .read_to_string(&mut said)
        .expect("text");
    assert!(!second.0.wait().expect("it ends").success(), "{said}");
}

/// As a responder would: every command that it prints, one after the other, in one shell.
#[cfg(unix)]
#[test]
fn what_it_tells_people_to_run_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let leaks = folder.path().join("leaks").to_string_lossy().into_owned();
    let mut example = Example::run(&["--leaks", &leaks]);
    let said = example.says("/__log");
    let commands: Vec<String> = said
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter_map(|line| match line.split_whitespace().next() {
            Some("export") => Some(line.to_owned()),
            Some("patsweep" | "echo") => Some(format!("{line} > said; echo $?")),
            _ => None,
        })
        .collect();
    let program = Path::new(env!("CARGO_BIN_EXE_patsweep"));
    let mut path = program.parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let run = Command::new("sh")
        .args(["-c", &commands.join("\n")])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("HOME", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .expect("sh runs");
    let codes = String::from_utf8(run.stdout).expect("text");
    let notes = String::from_utf8(run.stderr).expect("text");
    // Scan and verify; scan, verify later, map all, map one; check the administrator, ask the list.
    assert_eq!(codes, "4\n1\n4\n4\n4\n0\n4\n", "{notes}");
    assert_eq!(
        notes,
        "note: 19 tokens in 19 files\n\
         note: inventory of contoso: 6 of 18 tokens not found: not in it: 7 lists of 7 people read\n"
    );
}
