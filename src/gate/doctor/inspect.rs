//! What can be told of a gate without trying it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Files and folders that hold the pipelines of services.
const PIPELINES: [&str; 6] = [
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    ".azure-pipelines",
    ".azuredevops",
    ".github/workflows",
    ".gitlab-ci.yml",
];

/// The first line that `program` says of its version; `None` if it does not run.
pub fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    let output = output.ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().map(|line| line.trim().to_owned())
}

/// The files of pipelines in the work tree `tree`, and of them those in which `word` stands.
pub fn pipelines_that_name(tree: &Path, word: &str) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut files = Vec::new();
    for place in PIPELINES {
        let place = tree.join(place);
        if place.is_file() {
            files.push(place);
        } else if let Ok(entries) = fs::read_dir(&place) {
            let inside = entries.flatten().map(|entry| entry.path());
            files.extend(inside.filter(|path| is_yaml(path) && path.is_file()));
        }
    }
    files.sort();
    let says_it = |path: &&PathBuf| {
        fs::read(path).is_ok_and(|text| String::from_utf8_lossy(&text).contains(word))
    };
    let named = files.iter().filter(says_it).cloned().collect();
    (files, named)
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|it| it == "yml" || it == "yaml")
}
