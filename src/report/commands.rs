//! What pipelines are told on standard output: commands of Azure Pipelines and of GitHub Actions.
//!
//! Each finding that counts is one error, at its best place; services show few of them and drop the
//! others. Names are made visible first, so that none starts a line, and then escaped as the service
//! has it, so that none ends a property.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::place::{self, Spot};
use super::view::{FindingView, ProblemView, View};
use super::{Format, Leaks, Reporter, advice, escape_for_terminal, text, words};

/// Writes logging commands of Azure Pipelines.
#[derive(Debug)]
pub(super) struct AzurePipelines;

/// Writes workflow commands of GitHub Actions.
#[derive(Debug)]
pub(super) struct Github;

impl Reporter for AzurePipelines {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        each(view, |issue| writeln!(out, "{}", azure(&issue)))?;
        let leaks = view.findings().any(|finding| finding.suppressed.is_none());
        let last = last_line(view);
        if leaks || !view.is_complete() {
            let last = azure_escape(&last);
            let result = match view.leaks {
                Leaks::Pass if view.is_complete() => "SucceededWithIssues",
                Leaks::Pass | Leaks::Fail => "Failed",
            };
            writeln!(out, "##vso[task.complete result={result};]{last}")
        } else {
            writeln!(out, "{last}")
        }
    }

    fn wrote(&self, head: &[u8], _: &[u8]) -> bool {
        let code = |word: &str| {
            let start = format!("##vso[task.logissue type={word};");
            head.starts_with(start.as_bytes())
        };
        code("error") || code("warning") || head.starts_with(b"##vso[task.complete result=Failed;]")
    }
}

impl Reporter for Github {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        each(view, |issue| writeln!(out, "{}", github(&issue)))?;
        writeln!(out, "{}", last_line(view))
    }

    fn wrote(&self, head: &[u8], _: &[u8]) -> bool {
        head.starts_with(b"::error ") || head.starts_with(b"::warning ")
    }
}

/// What a service that reads `format` is told where there is no report; `None` if `format` is for
/// none.
pub(crate) fn failure(format: Format, message: &str) -> Option<String> {
    let message = shown(message);
    match format {
        Format::AzurePipelines => {
            let message = azure_escape(&message);
            Some(format!(
                "##vso[task.logissue type=error;code=could-not-run;]{message}\n\
                 ##vso[task.complete result=Failed;]patsweep could not run"
            ))
        }
        Format::Github => {
            let message = github_data(&message);
            Some(format!("::error title=patsweep could not run::{message}"))
        }
        _ => None,
    }
}

/// The last line of the text report. Runners look for the older kind of command anywhere in a line.
fn last_line(view: &View<'_>) -> String {
    text::last_line(view).replace("##", "# #")
}

/// What a service is told of one finding or problem. Nothing in it is raw, and all is unescaped.
struct Issue {
    level: &'static str,
    spot: Option<Spot>,
    /// The rule, or the kind of the problem.
    code: String,
    title: String,
    message: String,
}

/// Hands on every finding that counts, then every problem that the operator does not accept.
fn each(view: &View<'_>, mut tell: impl FnMut(Issue) -> io::Result<()>) -> io::Result<()> {
    for finding in view
        .findings()
        .filter(|finding| finding.suppressed.is_none())
    {
        tell(of_finding(&finding, view))?;
    }
    for problem in view.problems().filter(|problem| !problem.accepted) {
        tell(of_problem(&problem))?;
    }
    Ok(())
}

fn of_finding(finding: &FindingView<'_>, view: &View<'_>) -> Issue {
    let places = place::best_first(finding);
    let mut message = words::sentence(finding, view.now);
    if let Some(first) = places.first() {
        message.push_str("; first of all ");
        message.push_str(&place::label(first));
    }
    message.push_str("; id ");
    message.push_str(finding.id.as_str());
    message.push_str("; ");
    message.push_str(&advice::next_step(finding, view.now));
    Issue {
        level: "error",
        spot: places.first().and_then(place::spot),
        code: shown(finding.rule),
        title: format!("{}: {}", words::kind(finding), shown(finding.title())),
        message: shown(&message),
    }
}

fn of_problem(problem: &ProblemView) -> Issue {
    let kind = problem.kind.as_str();
    let path = place::path_text(&problem.path);
    Issue {
        level: "warning",
        spot: None,
        code: kind.to_owned(),
        title: format!("not scanned: {kind}"),
        message: format!(
            "not scanned, or not whole: {path}: {}",
            shown(&problem.message)
        ),
    }
}

fn shown(text: &str) -> String {
    escape_for_terminal(text).into_owned()
}

fn azure(issue: &Issue) -> String {
    let mut line = format!("##vso[task.logissue type={};", issue.level);
    if let Some(spot) = &issue.spot {
        let file = azure_escape(&spot.file);
        let _ = write!(line, "sourcepath={file};linenumber={};", spot.line);
        if let Some(column) = spot.column {
            let _ = write!(line, "columnnumber={column};");
        }
    }
    let code = azure_escape(&issue.code);
    let message = azure_escape(&issue.message);
    let _ = write!(line, "code={code};]{message}");
    line
}

fn github(issue: &Issue) -> String {
    let mut line = format!("::{} ", issue.level);
    if let Some(spot) = &issue.spot {
        let file = github_property(&spot.file);
        let _ = write!(line, "file={file},line={},", spot.line);
        if let Some(column) = spot.column {
            let _ = write!(line, "col={column},");
        }
    }
    let title = github_property(&issue.title);
    let message = github_data(&issue.message);
    let _ = write!(line, "title={title}::{message}");
    line
}

/// As the agent undoes it, in properties and in the message alike.
fn azure_escape(text: &str) -> String {
    replaced(text, |c| match c {
        '%' => Some("%AZP25"),
        ';' => Some("%3B"),
        ']' => Some("%5D"),
        '\r' => Some("%0D"),
        '\n' => Some("%0A"),
        _ => None,
    })
}

/// As the runner undoes it in what follows the command.
fn github_data(text: &str) -> String {
    replaced(text, |c| match c {
        '%' => Some("%25"),
        '\r' => Some("%0D"),
        '\n' => Some("%0A"),
        _ => None,
    })
}

/// As the runner undoes it in properties.
fn github_property(text: &str) -> String {
    let data = github_data(text);
    replaced(&data, |c| match c {
        ':' => Some("%3A"),
        ',' => Some("%2C"),
        _ => None,
    })
}

fn replaced(text: &str, with: impl Fn(char) -> Option<&'static str>) -> String {
    let mut replaced = String::with_capacity(text.len());
    for c in text.chars() {
        match with(c) {
            Some(with) => replaced.push_str(with),
            None => replaced.push(c),
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_property_or_a_line_is_escaped() {
        let text = "100%;a]b\r\nc,d:e%3B";
        assert_eq!(azure_escape(text), "100%AZP25%3Ba%5Db%0D%0Ac,d:e%AZP253B");
        assert_eq!(github_data(text), "100%25;a]b%0D%0Ac,d:e%253B");
        assert_eq!(github_property(text), "100%25;a]b%0D%0Ac%2Cd%3Ae%253B");
    }
}
