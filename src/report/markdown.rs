//! The report as markdown: a table for the summaries of pipelines and for pull requests.
//!
//! Nothing from outside is markup. Names stand in code, where no service makes links or mentions of
//! what looks like one, and every character that markdown or HTML knows is a numeric entity.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::view::{FindingView, View};
use super::words::{self, grouped};
use super::{Reporter, Verbosity, advice, escape_for_terminal, place, text};

const HEADING: &str = "## patsweep: leaked tokens";

/// How many findings and how many problems are listed: services refuse a summary of more than a
/// megabyte.
const ROWS: usize = 200;
/// How many places of a finding are listed.
const PLACES: usize = 3;

/// Writes markdown.
#[derive(Debug)]
pub(super) struct Markdown;

impl Reporter for Markdown {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        let verbose = view.verbosity == Verbosity::Verbose;
        let rows = if verbose { usize::MAX } else { ROWS };
        writeln!(out, "{HEADING}\n\n{}", plain(&text::last_line(view)))?;
        findings(view, rows, out)?;
        problems(view, rows, out)
    }

    fn wrote(&self, head: &[u8], _: &[u8]) -> bool {
        head.starts_with(HEADING.as_bytes())
    }
}

fn findings(view: &View<'_>, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    // What counts stands before what does not, so that none of it is cut for the other.
    let counts = |finding: &FindingView<'_>| finding.suppressed.is_none();
    let counting = view.findings().filter(counts);
    let suppressed = view.findings().filter(|finding| !counts(finding));
    let total = view.findings().len();
    if total > 0 {
        writeln!(out, "\n| | Token | Where | Id | What to do |")?;
        writeln!(out, "|---|---|---|---|---|")?;
    }
    for finding in counting.chain(suppressed).take(rows) {
        let kind = match &finding.suppressed {
            None => format!("**{}**", words::kind(&finding)),
            Some((by, reason)) => {
                let by = words::suppressed_by(*by);
                format!("suppressed {by}: {}", plain(reason))
            }
        };
        writeln!(
            out,
            "| {kind} | {} {} | {} | {} | {} |",
            plain(finding.title()),
            code(&finding.redacted),
            places(&finding),
            code(finding.id.as_str()),
            plain(&advice::next_step(&finding, view.now)),
        )?;
    }
    more(total, rows, out)
}

fn places(finding: &FindingView<'_>) -> String {
    let places = place::best_first(finding);
    let shown = places.iter().take(PLACES);
    let shown: Vec<String> = shown.map(|at| code(&place::label(at))).collect();
    let mut text = shown.join("<br>");
    let rest = finding.occurrence_count.saturating_sub(shown.len() as u64);
    if rest > 0 {
        let _ = write!(text, "<br>and {} more", grouped(rest));
    }
    text
}

fn problems(view: &View<'_>, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    let total = view.problems().len();
    if total > 0 {
        writeln!(out, "\n| Not scanned | Where | Why |\n|---|---|---|")?;
    }
    for problem in view.problems().take(rows) {
        let accepted = if problem.accepted { " (accepted)" } else { "" };
        writeln!(
            out,
            "| {}{accepted} | {} | {} |",
            problem.kind.as_str(),
            code(&problem.path.to_text()),
            plain(&problem.message),
        )?;
    }
    more(total, rows, out)
}

fn more(total: usize, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    match total.saturating_sub(rows) {
        0 => Ok(()),
        more => writeln!(out, "\nand {} more", grouped(more as u64)),
    }
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", plain(text))
}

/// `text` as markdown that is only text, on one line.
pub(crate) fn plain(text: &str) -> String {
    let text = escape_for_terminal(text);
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = ['\0'; 3];
    while let Some(c) = rest.next() {
        let is_text = match c {
            // `www.` starts a link.
            '.' => !before.iter().all(|c| c.eq_ignore_ascii_case(&'w')),
            // So does `https:`, but not a line number.
            ':' => rest
                .peek()
                .is_some_and(|next| *next == ' ' || next.is_ascii_digit()),
            '/' | '-' | ',' | ';' | '?' | '=' | '%' | '(' | ')' | '\'' | '"' => true,
            c => !c.is_ascii_punctuation(),
        };
        if is_text {
            plain.push(c);
        } else {
            let _ = write!(plain, "&#{};", u32::from(c));
        }
        before = [before[1], before[2], c];
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        for (text, expected) in [
            ("conf/.npmrc:12:5", "conf/.npmrc:12:5"),
            ("AAAA…zzzz", "AAAA…zzzz"),
            ("a|b`c`", "a&#124;b&#96;c&#96;"),
            ("<b>&amp;", "&#60;b&#62;&#38;amp;"),
            ("![x](y)", "&#33;&#91;x&#93;(y)"),
            (
                "*a* _b_ ~c~ \\#1",
                "&#42;a&#42; &#95;b&#95; &#126;c&#126; &#92;&#35;1",
            ),
            (
                "https://x @me WwW.x a.b",
                "https&#58;//x &#64;me WwW&#46;x a.b",
            ),
            ("a\nb", "a&#92;nb"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }
}
