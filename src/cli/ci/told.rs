//! What people are told of a run beside the report: what was scanned, what steered that, and what the
//! change would make of that.

use std::fmt::Write;

use super::super::console::{Console, redacted};
use crate::gate::ci::{Addition, Service};
use crate::model::ObjectId;
use crate::report::{Redactor, Slash, count, markdown_text};

/// What is told.
pub(super) struct Told {
    /// What was scanned.
    pub(super) what: String,
    pub(super) tips: Vec<ObjectId>,
    pub(super) known: Vec<ObjectId>,
    /// Whose files steer.
    pub(super) from: String,
    pub(super) believed: Option<ObjectId>,
    /// Whether that is the change itself.
    pub(super) is_head: bool,
    /// The files that steer.
    pub(super) files: Vec<String>,
    /// What the change adds to such files.
    pub(super) added: Vec<Addition>,
    /// Files that are left out, counted at each path.
    pub(super) excluded: u64,
    /// Tokens that a mark would let pass if it counted.
    pub(super) marks: usize,
}

impl Told {
    /// Says what is scanned, and what steers.
    pub(super) fn say(&self, console: Console, service: Option<Service>) {
        let service = service.map_or_else(String::new, |it| format!("{}: ", it.name()));
        console.note(format_args!("{service}{}", self.range()));
        console.note(self.steering());
    }

    /// Says what the change would make of that, of which `redactor` takes what was found in it.
    pub(super) fn say_added(&self, console: Console, redactor: &Redactor) {
        for line in self.added(redactor) {
            console.note(line);
        }
    }

    /// All of it in markdown.
    pub(super) fn markdown(&self, redactor: &Redactor) -> String {
        let mut text = String::from("\n");
        let about = [self.range(), self.steering()];
        for line in about.into_iter().chain(self.added(redactor)) {
            // What belongs to a line stands below it.
            let (indent, line) = match line.strip_prefix("  ") {
                Some(line) => ("  ", line),
                None => ("", line.as_str()),
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "{indent}- {}", markdown_text(line));
        }
        text
    }

    fn added(&self, redactor: &Redactor) -> Vec<String> {
        let counts = [self.excluded(), self.marks()];
        let mut lines: Vec<String> = counts.into_iter().flatten().collect();
        if self.added.is_empty() {
            return lines;
        }
        lines.push(self.heading());
        lines.extend(self.added.iter().map(|added| {
            let path = String::from_utf8_lossy(&added.path);
            let line = format!("  {path}:{}: {}", added.line, added.text);
            // No scan has met those of other lines.
            redacted(&redactor.redact(&line, Slash::Separates))
        }));
        lines
    }

    fn range(&self) -> String {
        let mut text = format!("scanned is {}", self.what);
        for (word, commits) in [(":", &self.tips), (" without", &self.known)] {
            let commits: Vec<_> = commits.iter().map(|it| short(*it)).collect();
            if !commits.is_empty() {
                let _ = write!(text, "{word} {}", commits.join(" and "));
            }
        }
        text
    }

    fn steering(&self) -> String {
        let Some(commit) = self.believed else {
            return "steered by nothing in the repository: what the change is for is not known \
                    here, so built-in defaults hold, and no baseline and no mark beside a token \
                    counts"
                .to_owned();
        };
        let at = format!("{} ({})", self.from, short(commit));
        if self.files.is_empty() {
            format!("steered by {at}, which has no such files in its root: built-in defaults hold")
        } else {
            format!("steered by {at}: {}", self.files.join(", "))
        }
    }

    fn heading(&self) -> String {
        let lines = count(self.added.len() as u64, "line");
        if self.is_head {
            format!("the change adds {lines} to files that steer, which --trust-head believes:")
        } else if self.believed.is_none() {
            format!("{lines} of files that steer may be of the change, and do not count here:")
        } else {
            format!("the change adds {lines} to files that steer, which do not count until merged:")
        }
    }

    fn excluded(&self) -> Option<String> {
        let files = count(self.excluded, "file");
        (self.excluded > 0).then(|| format!("{files} left out by what steers"))
    }

    fn marks(&self) -> Option<String> {
        let tokens = count(self.marks as u64, "token");
        (self.marks > 0).then(|| {
            format!("{tokens} would pass for a mark beside it, which does not count until merged")
        })
    }
}

fn short(id: ObjectId) -> String {
    format!("{:.12}", id.to_string())
}
