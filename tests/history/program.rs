//! The program, and what its JSON report says.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::repo::Repo;

/// What a run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) report: Value,
    pub(crate) stderr: String,
}

impl Repo {
    /// Scans the folder, from the folder that holds it; the arguments are separated by spaces.
    pub(crate) fn scan(&self, args: &str) -> Said {
        let name = self.path().strip_prefix(self.root()).unwrap();
        self.scan_at(name.to_str().unwrap(), args)
    }

    /// Scans `target` in the folder that holds it.
    pub(crate) fn scan_at(&self, target: &str, args: &str) -> Said {
        self.scan_with(target, args, |command| command)
    }

    /// The program, about to scan `target`.
    pub(crate) fn program(&self, target: &str, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patsweep"));
        self.known(&mut command);
        command
            .args(["scan", "-f", "json", "--show-secrets"])
            .args(args.split_whitespace())
            .arg(target)
            .current_dir(self.root());
        command
    }

    /// Scans `target`, after a change to how the program starts.
    pub(crate) fn scan_with(
        &self,
        target: &str,
        args: &str,
        change: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Said {
        let mut command = self.program(target, args);
        let output = change(&mut command).output().unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            report: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    /// Everything but how long it took.
    pub(crate) fn timeless(&self) -> Value {
        let mut report = self.report.clone();
        report["summary"]["seconds"] = Value::Null;
        report
    }

    /// The tokens that were found, sorted; each has one finding.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let findings = list(&self.report["findings"]);
        let mut tokens: Vec<_> = findings.iter().map(|it| text(&it["secret"])).collect();
        tokens.sort();
        let count = tokens.len();
        tokens.dedup();
        assert_eq!(tokens.len(), count, "a token has two findings");
        tokens
    }

    /// The finding of `token`.
    pub(crate) fn finding(&self, token: &str) -> &Value {
        let findings = list(&self.report["findings"]);
        let found = findings.iter().find(|it| text(&it["secret"]) == token);
        found.unwrap_or(&Value::Null)
    }

    /// Where `token` stands, sorted: `source path object commit reachable`, with `-` for what is
    /// not told.
    pub(crate) fn places(&self, token: &str) -> Vec<String> {
        let occurrences = list(&self.finding(token)["occurrences"]);
        let mut places: Vec<_> = occurrences.iter().map(place).collect();
        places.sort();
        places
    }

    /// The same of its source and path alone.
    pub(crate) fn paths(&self, token: &str) -> Vec<String> {
        let places = self.places(token);
        let short = |place: &String| {
            let words: Vec<_> = place.split(' ').take(2).collect();
            words.join(" ")
        };
        places.iter().map(short).collect()
    }

    /// What was not read: `kind where`.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problems = list(&self.report["problems"]);
        let line = |it: &Value| format!("{} {}", text(&it["kind"]), text(&it["where"]));
        problems.iter().map(line).collect()
    }

    /// Objects that were met, by kind.
    pub(crate) fn objects(&self) -> BTreeMap<String, u64> {
        let objects = self.report["coverage"]["objects"].as_object().unwrap();
        let counts = objects
            .iter()
            .map(|(kind, counts)| (kind.clone(), counts["seen"].as_u64().unwrap()));
        counts.filter(|(_, seen)| *seen > 0).collect()
    }

    /// Objects that were skipped: `kind reason count`.
    pub(crate) fn skipped(&self) -> Vec<String> {
        let objects = self.report["coverage"]["objects"].as_object().unwrap();
        let mut lines = Vec::new();
        for (kind, counts) in objects {
            for (reason, count) in counts["skipped"].as_object().unwrap() {
                lines.push(format!("{kind} {reason} {count}"));
            }
        }
        lines
    }

    /// What is said of the repository beyond its objects, but for what is 0: `name count`.
    pub(crate) fn outside(&self) -> Vec<String> {
        let outside = self.report["coverage"]["outside"].as_object().unwrap();
        let counts = outside.iter().filter(|(_, count)| **count != 0);
        counts
            .map(|(name, count)| format!("{name} {count}"))
            .collect()
    }
}

fn place(it: &Value) -> String {
    let commit = it["commit"].as_object();
    let commit = commit.map_or("-".to_owned(), |commit| {
        let or_earlier = commit.get("or_earlier").map_or("", |_| "~");
        text(&commit["id"]) + or_earlier
    });
    let or_none = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!(
        "{} {} {} {commit} {}",
        text(&it["source"]),
        or_none(&it["path"]),
        or_none(&it["object"]),
        or_none(&it["reachable"])
    )
}

/// The elements of a list; none of what is not there.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A text of the report; empty where there is none.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
