//! Files by path, from the repository or made up.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::code::Code;

/// Files by their path from the root of the repository, with `/` between folders.
pub(crate) struct Tree(pub(crate) BTreeMap<String, Vec<u8>>);

impl Tree {
    /// The tracked files of this repository, as they stand in the work tree.
    pub(crate) fn tracked() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let paths = listed_by_git(root).unwrap_or_else(|| {
            println!("not a clone of git: all files that are not ignored count as tracked");
            walked(root)
        });
        let files = paths.into_iter().filter_map(|path| {
            // A tracked file may be deleted in the work tree.
            let bytes = std::fs::read(root.join(&path)).ok()?;
            Some((path, bytes))
        });
        Self(files.collect())
    }

    /// A tree of one file.
    pub(crate) fn of(path: &str, text: &str) -> Self {
        Self(BTreeMap::from([(
            path.to_owned(),
            text.as_bytes().to_vec(),
        )]))
    }

    /// The source files of the package with what they say outside tests.
    pub(crate) fn sources(&self) -> Vec<(&str, Code)> {
        let sources = self.0.iter().filter(|(path, _)| is_source(path));
        let all: Vec<_> = sources
            .map(|(path, bytes)| {
                (
                    path.as_str(),
                    Code::parse(path, &String::from_utf8_lossy(bytes)),
                )
            })
            .collect();
        let tests: Vec<String> = all.iter().flat_map(|(_, code)| code.test_files()).collect();
        let is_test = |path: &str| {
            tests.iter().any(|test| {
                path.strip_prefix(test.as_str())
                    .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            })
        };
        all.into_iter().filter(|(path, _)| !is_test(path)).collect()
    }
}

/// Whether a file is a source file of the package.
pub(crate) fn is_source(path: &str) -> bool {
    let path = Path::new(path);
    path.starts_with("src") && path.extension().is_some_and(|extension| extension == "rs")
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success() && !output.stdout.is_empty())?;
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.split_terminator('\0').map(str::to_owned).collect())
}

fn walked(root: &Path) -> Vec<String> {
    let entries = ignore::WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .build();
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(root).ok()?.to_str()?;
            Some(path.replace('\\', "/"))
        })
        .filter(|path| !path.starts_with(".git/"))
        .collect()
}
