//! What can be told of a gate without trying it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::ci::Service;

/// Files and folders that hold the pipelines of services.
const PLACES: [(&str, Service); 6] = [
    ("azure-pipelines.yml", Service::AzurePipelines),
    ("azure-pipelines.yaml", Service::AzurePipelines),
    (".azure-pipelines", Service::AzurePipelines),
    (".azuredevops", Service::AzurePipelines),
    (".github/workflows", Service::GithubActions),
    (".gitlab-ci.yml", Service::Gitlab),
];

/// The pipelines of a work tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipelines {
    /// How many files define them.
    pub files: u64,
    /// The services that have one in which the word stands that was looked for.
    named: Vec<Service>,
}

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

impl Pipelines {
    /// Those of the work tree `tree`, in which `word` is looked for.
    pub fn of(tree: &Path, word: &str) -> Self {
        let mut found = Self::default();
        for (place, service) in PLACES {
            let place = tree.join(place);
            let files = if place.is_file() {
                vec![place]
            } else {
                let entries = fs::read_dir(&place).into_iter().flatten().flatten();
                let inside = entries.map(|entry| entry.path());
                inside
                    .filter(|path| is_yaml(path) && path.is_file())
                    .collect()
            };
            found.files += files.len() as u64;
            let says_it = |path: &PathBuf| {
                fs::read(path).is_ok_and(|text| String::from_utf8_lossy(&text).contains(word))
            };
            if files.iter().any(says_it) {
                found.named.push(service);
            }
        }
        found
    }

    /// Whether one says the word.
    pub fn say_it(&self) -> bool {
        !self.named.is_empty()
    }

    /// Whether one of `service` does.
    pub fn say_it_in(&self, service: Service) -> bool {
        self.named.contains(&service)
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|it| it == "yml" || it == "yaml")
}
