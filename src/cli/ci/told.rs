//! What people are told of a run beside the report: what was scanned, what steered that, and what the
//! change would make of that.

use std::fmt::Write;

use super::super::console::Console;
use crate::gate::ci::{Addition, Service};
use crate::model::ObjectId;
use crate::report::{count, markdown_text};

/// Lines that are told, at most.
const MOST: usize = 20;

/// What is told.
pub(super) struct Told {
    /// What was scanned.
    pub(super) what: String,
    pub(super) tip: Option<ObjectId>,
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
    /// Tokens that a mark would let pass if it counted.
    pub(super) marks: usize,
}

impl Told {
    /// Says what is scanned, and what steers.
    pub(super) fn say(&self, console: Console, service: Option<Service>) {
        let service = service.map_or_else(String::new, |it| format!("{}: ", it.name()));
        console.note(format_args!("{service}{}", self.range()));
        console.note(self.steering());
        if self.added.is_empty() {
            return;
        }
        console.note(self.heading());
        for line in self.lines().take(MOST) {
            console.note(format_args!("  {line}"));
        }
        if self.added.len() > MOST {
            console.note(format_args!("  and {} more", self.added.len() - MOST));
        }
    }

    /// Says that marks do not count.
    pub(super) fn say_marks(&self, console: Console) {
        if let Some(text) = self.marks() {
            console.note(text);
        }
    }

    /// The same in markdown.
    pub(super) fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n- {}", markdown_text(&self.range()));
        let _ = writeln!(text, "- {}", markdown_text(&self.steering()));
        if let Some(marks) = self.marks() {
            let _ = writeln!(text, "- {}", markdown_text(&marks));
        }
        if !self.added.is_empty() {
            let _ = writeln!(text, "- {}", markdown_text(&self.heading()));
            for line in self.lines().take(MOST) {
                let _ = writeln!(text, "  - <code>{}</code>", markdown_text(&line));
            }
            if self.added.len() > MOST {
                let _ = writeln!(text, "  - and {} more", self.added.len() - MOST);
            }
        }
        text
    }

    fn range(&self) -> String {
        let mut text = format!("scanned is {}", self.what);
        if let Some(tip) = self.tip {
            let _ = write!(text, ": {}", short(tip));
            let known: Vec<_> = self.known.iter().map(|it| short(*it)).collect();
            if !known.is_empty() {
                let _ = write!(text, " without {}", known.join(" and "));
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
            format!(
                "steered by {at}, which has no configuration and no baseline: built-in defaults hold"
            )
        } else {
            format!("steered by {at}: {}", self.files.join(", "))
        }
    }

    fn heading(&self) -> String {
        let lines = count(self.added.len() as u64, "line");
        if self.is_head {
            format!("the change adds {lines} to files that steer, which --trust-head believes:")
        } else {
            format!("the change adds {lines} to files that steer, which do not count until merged:")
        }
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        self.added.iter().map(|added| {
            let path = String::from_utf8_lossy(&added.path);
            format!("{path}:{}: {}", added.line, added.text)
        })
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
