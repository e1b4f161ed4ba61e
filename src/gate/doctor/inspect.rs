//! What can be told of a gate without trying it.

use std::collections::BTreeMap;
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

/// The commands that are gates, behind the name of the program.
const GATES: [&str; 3] = ["ci", "hook run", "scan"];

/// What has a pipeline go on whatever a command answers, and what has the command let leaks pass.
const LENIENT: [&str; 9] = [
    "||",
    "; true",
    "--fail-on never",
    "--fail-on=never",
    "--trust-head",
    "set +e",
    "continue-on-error: true",
    "continueOnError: true",
    "allow_failure: true",
];

/// The pipelines of a work tree, as far as they are text: whether they run is not tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipelines {
    /// How many files define them.
    pub files: u64,
    /// By service, how those of it that name the program do so.
    named: BTreeMap<Service, Naming>,
}

/// How a pipeline names the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It runs a gate, in plain sight.
    Runs,
    /// It may not, or go on whatever that answers.
    Doubtful {
        /// The file, from the work tree on.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What stands there.
        what: String,
    },
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
    /// Those of the work tree `tree`, in which the program `name` is looked for.
    pub fn of(tree: &Path, name: &str) -> Self {
        let mut found = Self::default();
        for (place, service) in PLACES {
            let path = tree.join(place);
            let files = if path.is_file() {
                vec![path]
            } else {
                let entries = fs::read_dir(&path).into_iter().flatten().flatten();
                let inside = entries.map(|entry| entry.path());
                inside
                    .filter(|path| is_yaml(path) && path.is_file())
                    .collect()
            };
            found.files += files.len() as u64;
            for file in files {
                let text = fs::read(&file).unwrap_or_default();
                let shown = file.strip_prefix(tree).unwrap_or(&file);
                let naming = naming(&String::from_utf8_lossy(&text), shown, name);
                let before = found.named.get(&service);
                if let Some(naming) = naming.filter(|_| before != Some(&Naming::Runs)) {
                    found.named.insert(service, naming);
                }
            }
        }
        found
    }

    /// Whether one runs a gate.
    pub fn has_gate(&self) -> bool {
        self.named.values().any(|naming| *naming == Naming::Runs)
    }

    /// How those of `service` name the program, if one does.
    pub fn naming(&self, service: Service) -> Option<&Naming> {
        self.named.get(&service)
    }
}

/// How the pipeline `text` of `file` names the program `name`.
fn naming(text: &str, file: &Path, name: &str) -> Option<Naming> {
    let lines: Vec<&str> = text.lines().map(without_comment).collect();
    let doubtful = |line: usize, what: &str| Naming::Doubtful {
        file: file.to_owned(),
        line: line + 1,
        what: what.to_owned(),
    };
    let named = lines.iter().position(|line| line.contains(name))?;
    let lenient = lines.iter().enumerate().find_map(|(number, line)| {
        let found = LENIENT.into_iter().find(|it| line.contains(it))?;
        // What a shell goes on from is the matter of its own line.
        let is_of_line = !found.ends_with(": true") && found != "set +e";
        (!is_of_line || line.contains(name)).then(|| doubtful(number, found))
    });
    if lenient.is_some() {
        return lenient;
    }
    let runs = |line: &&str| {
        let behind = line.split(name).skip(1);
        let mut behind = behind.map(|rest| rest.trim_start_matches(['"', '\'']));
        behind.any(|rest| {
            let words = rest.trim_start();
            rest.len() > words.len() && GATES.iter().any(|gate| starts_with_words(words, gate))
        })
    };
    if lines.iter().any(runs) {
        return Some(Naming::Runs);
    }
    Some(doubtful(named, lines[named].trim()))
}

fn starts_with_words(text: &str, words: &str) -> bool {
    let rest = text.strip_prefix(words);
    rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-'))
}

/// A line of YAML or of a shell before its comment.
fn without_comment(line: &str) -> &str {
    let is_comment = |&(at, _): &(usize, &str)| {
        at == 0 || line[..at].ends_with(|before: char| before.is_whitespace())
    };
    let comment = line.match_indices('#').find(is_comment);
    comment.map_or(line, |(at, _)| &line[..at])
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|it| it == "yml" || it == "yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_that_stops_nothing_is_doubted() {
        let doubt = |text: &str| match naming(text, Path::new("p.yml"), "patsweep") {
            None => "-".to_owned(),
            Some(Naming::Runs) => "runs".to_owned(),
            Some(Naming::Doubtful { line, what, .. }) => format!("{line}: {what}"),
        };
        for (text, expected) in [
            ("- run: patsweep ci\n", "runs"),
            ("- run: patsweep ci --deepen # all of it\n", "runs"),
            ("- run: \"$HOME/bin/patsweep\" ci\n", "runs"),
            ("script: [patsweep hook run pre-push]\n", "runs"),
            ("- run: patsweep scan .\n", "runs"),
            ("- run: make || true\n- run: patsweep ci\n", "runs"),
            ("- run: make\n", "-"),
            ("# patsweep was removed\n", "-"),
            ("- run: make # as patsweep ci\n", "-"),
            ("- run: patsweep ci || true\n", "1: ||"),
            (
                "a:\n- run: patsweep ci --fail-on never\n",
                "2: --fail-on never",
            ),
            ("- run: patsweep ci --trust-head\n", "1: --trust-head"),
            (
                "- run: patsweep ci\n  continue-on-error: true\n",
                "2: continue-on-error: true",
            ),
            ("- set +e\n- patsweep ci\n", "1: set +e"),
            (
                "- run: patsweep rules list\n",
                "1: - run: patsweep rules list",
            ),
            ("- run: patsweep ciao\n", "1: - run: patsweep ciao"),
            ("- uses: acme/patsweep@v1\n", "1: - uses: acme/patsweep@v1"),
        ] {
            assert_eq!(doubt(text), expected, "{text}");
        }
    }
}
