//! The formats in which a report is written, and the one registry that names them.
//!
//! A reporter never sees a [`Report`]: it is given a `View`, out of which every string
//! comes already redacted of every token found. So a new format cannot forget to do it. What is
//! left to a format is to keep hostile names from steering whoever reads it: [`escape`].

mod advice;
mod commands;
mod consumer;
mod csv;
pub mod escape;
mod gitlab;
mod history;
mod json;
pub(crate) mod json_text;
mod jsonl;
mod junit;
pub mod map;
mod markdown;
mod pieces;
mod place;
mod redact;
mod sarif;
mod sheet;
mod text;
mod validity;
mod verification;
mod view;
mod words;

use std::io::{self, Write};
use std::str::FromStr;

pub(crate) use commands::failure;
pub use escape::{break_commands, escape_for_terminal};
pub(crate) use markdown::plain as markdown_text;
pub use pieces::{Piece, pieces, write_piece};
pub use redact::{Redactor, Slash};
pub(crate) use sheet::sheet;
pub(crate) use words::count;

use crate::model::{Report, Timestamp};
use crate::rules::Rule;

use self::view::View;

/// A format of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning services and editors.
    Sarif,
    /// GitLab's report on secret detection.
    Gitlab,
    /// Logging commands of Azure Pipelines.
    AzurePipelines,
    /// Workflow commands of GitHub Actions.
    Github,
    /// A table for summaries and pull requests.
    Markdown,
    /// A table for spreadsheets.
    Csv,
    /// Failed tests.
    Junit,
}

/// A row of the registry: the format, its name on the command line, and who writes it.
type Row = (Format, &'static str, &'static dyn Reporter);

/// Every format. A new one is a file and a row.
const REGISTRY: [Row; 10] = [
    (Format::Text, "text", &text::Text),
    (Format::Json, "json", &json::Json),
    (Format::Jsonl, "jsonl", &jsonl::Jsonl),
    (Format::Sarif, "sarif", &sarif::Sarif),
    (Format::Gitlab, "gitlab", &gitlab::Gitlab),
    (
        Format::AzurePipelines,
        "azure-pipelines",
        &commands::AzurePipelines,
    ),
    (Format::Github, "github", &commands::Github),
    (Format::Markdown, "markdown", &markdown::Markdown),
    (Format::Csv, "csv", &csv::Csv),
    (Format::Junit, "junit", &junit::Junit),
];

impl Format {
    /// The names of all formats, the default first.
    pub const NAMES: [&'static str; REGISTRY.len()] = {
        let mut names = [""; REGISTRY.len()];
        let mut row = 0;
        while row < names.len() {
            names[row] = REGISTRY[row].1;
            row += 1;
        }
        names
    };

    /// The format of this name.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn parse(name: &str) -> Result<Self, UnknownFormat> {
        REGISTRY
            .iter()
            .find(|row| row.1 == name)
            .map(|row| row.0)
            .ok_or_else(|| UnknownFormat {
                name: name.to_owned(),
            })
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> &'static Row {
        REGISTRY
            .iter()
            .find(|row| row.0 == self)
            .expect("every format has a row: tested")
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name)
    }
}

/// A format that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{}` (there is {})", escape_for_terminal(name), Format::NAMES.join(", "))]
pub struct UnknownFormat {
    /// What was asked for.
    pub name: String,
}

/// What a report needs beside the findings.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The rules that ran, in the order in which they are listed.
    pub rules: &'a [&'a Rule],
    /// Whether the text report is coloured.
    pub color: Color,
    /// Whether tokens are shown.
    pub secrets: Secrets,
    /// How much the text report says.
    pub verbosity: Verbosity,
    /// When the report is written: an expiry is past or not.
    pub now: Timestamp,
    /// Where tokens are revoked.
    pub home: Home,
    /// What services are told that leaks are to the run.
    pub leaks: Leaks,
}

/// What leaks are to a run, in formats that tell a service how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaks {
    /// It has failed.
    #[default]
    Fail,
    /// They are worth a warning: the operator lets them pass.
    Pass,
}

/// Where the operator takes the tokens to belong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Home {
    /// Azure DevOps Services.
    #[default]
    Services,
    /// Azure DevOps Server, where only owners revoke tokens.
    Server,
}

/// Whether the text report is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// No escape sequences at all.
    #[default]
    Plain,
    /// ANSI escape sequences.
    Ansi,
}

/// Whether tokens are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Every string that leaves is redacted of every token found.
    #[default]
    Redact,
    /// Nothing is redacted that the detector did not, and findings carry their token.
    Show,
}

/// How much the text report says. There is no less than normal: a report that left out what could
/// not be read would pass for a complete one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// Findings, problems and a summary, long lists cut.
    #[default]
    Normal,
    /// Nothing cut, and what was skipped.
    Verbose,
}

/// Writes `report` to `out` as `format`.
///
/// # Errors
///
/// What `out` answers; a closed pipe among it.
pub fn write(
    report: &Report,
    format: Format,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_piece(report, &Piece::whole(report), format, options, out)
}

/// Whether a file that starts with `head` and ends with `tail`, either up to all of it, is a report
/// in one of the formats, or a map.
pub fn is_report(head: &[u8], tail: &[u8]) -> bool {
    REGISTRY.iter().any(|row| row.2.wrote(head, tail)) || map::wrote(head, tail)
}

/// Whether a file that starts with `head`, up to all of it, is a piece of a report in several files.
pub fn is_piece(head: &[u8]) -> bool {
    REGISTRY.iter().any(|row| row.2.wrote_piece(head))
}

/// The first bytes of a JSON text that holds no blanks in its first strings, without those around
/// them: people lay out JSON anew.
fn dense(head: &[u8]) -> Vec<u8> {
    let dense = head.iter().filter(|byte| !byte.is_ascii_whitespace());
    dense.take(1 << 10).copied().collect()
}

/// Writes one format.
trait Reporter: Sync {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()>;

    /// Whether this wrote a file with these ends.
    fn wrote(&self, head: &[u8], tail: &[u8]) -> bool;

    /// Whether this wrote a file that starts so as a piece of several.
    fn wrote_piece(&self, _: &[u8]) -> bool {
        false
    }

    /// Whether services take only so much of this format in one file.
    fn is_limited(&self) -> bool {
        false
    }

    /// Whether they take one file of what `view` shows.
    fn fits(&self, _: &View<'_>) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_a_row_and_is_found_by_its_name() {
        for (format, name, _) in REGISTRY {
            assert_eq!(Format::parse(name), Ok(format));
            assert_eq!(format.name(), name);
        }
        assert_eq!(
            Format::NAMES.join(" "),
            "text json jsonl sarif gitlab azure-pipelines github markdown csv junit"
        );
    }

    #[test]
    fn an_unknown_format_is_named_with_those_there_are() {
        assert_eq!(
            "Json\u{202e}".parse::<Format>().unwrap_err().to_string(),
            "unknown format `Json\\u{202e}` (there is text, json, jsonl, sarif, \
             gitlab, azure-pipelines, github, markdown, csv, junit)"
        );
    }
}
