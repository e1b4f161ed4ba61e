//! The report for people, in the manner of a compiler's diagnostics.

mod harmless;
mod history;
mod summary;
mod verification;

use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::model::{Excerpt, Proof};

use self::harmless::Harmless;
use super::history::short;
use super::place::{label, path_text};
use super::view::{FindingView, OccurrenceView, ProblemView, View};
use super::words::{self, count, grouped};
use super::{Color, Reporter, Verbosity, advice, escape_for_terminal};

/// How many findings are shown in full; the others have a line each.
const FULL_FINDINGS: usize = 20;
/// How many further places of a finding are listed.
const OTHER_PLACES: usize = 5;
/// How many problems are listed.
const PROBLEMS: usize = 20;

/// Writes text.
#[derive(Debug)]
pub(super) struct Text;

impl Reporter for Text {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        let palette = Palette::new(view.color);
        let mut out = Harmless::new(out);
        let mut page = Page {
            view,
            palette,
            out: &mut out,
        };
        page.findings()?;
        page.problems()?;
        page.skipped()?;
        page.baseline()?;
        page.summary()?;
        out.flush()
    }

    fn wrote(&self, _: &[u8], tail: &[u8]) -> bool {
        summary::ends(tail)
    }
}

/// The last line, plain and without its end.
pub(super) fn last_line(view: &View<'_>) -> String {
    let mut line = Vec::new();
    let mut page = Page {
        view,
        palette: Palette::default(),
        out: &mut line,
    };
    page.summary().expect("memory takes everything");
    String::from_utf8_lossy(&line).trim_end().to_owned()
}

/// The styles, all empty where the report is plain.
#[derive(Clone, Copy, Default)]
pub(super) struct Palette {
    pub(super) leak: Style,
    pub(super) possible: Style,
    problem: Style,
    pub(super) good: Style,
    pub(super) gutter: Style,
    pub(super) strong: Style,
    help: Style,
}

impl Palette {
    pub(super) fn new(color: Color) -> Self {
        let bold = |color: AnsiColor| color.on_default().bold();
        match color {
            Color::Plain => Self::default(),
            Color::Ansi => Self {
                leak: bold(AnsiColor::Red),
                possible: bold(AnsiColor::Yellow),
                problem: bold(AnsiColor::Yellow),
                good: bold(AnsiColor::Green),
                gutter: bold(AnsiColor::Blue),
                strong: Style::new().bold(),
                help: bold(AnsiColor::Cyan),
            },
        }
    }
}

struct Page<'p, 'v> {
    view: &'p View<'v>,
    palette: Palette,
    out: &'p mut dyn Write,
}

impl Page<'_, '_> {
    fn is_verbose(&self) -> bool {
        self.view.verbosity == Verbosity::Verbose
    }

    /// At most `limit`, but never one less than there are: "1 more" takes the line that it saves.
    fn shown(&self, total: usize, limit: usize) -> usize {
        if self.is_verbose() || total <= limit + 1 {
            total
        } else {
            limit
        }
    }

    fn findings(&mut self) -> io::Result<()> {
        let verbose = self.is_verbose();
        let shown = |finding: &FindingView<'_>| verbose || finding.suppressed.is_none();
        let total = self.view.findings().filter(shown).count();
        let full = self.shown(total, FULL_FINDINGS);
        for (index, finding) in self.view.findings().filter(shown).enumerate() {
            if index < full {
                self.finding(&finding)?;
                continue;
            }
            if index == full {
                let rest = grouped((total - full) as u64);
                writeln!(
                    self.out,
                    "{rest} more, one line each (-v shows them in full):"
                )?;
            }
            self.finding_line(&finding)?;
        }
        if total > full {
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn finding(&mut self, finding: &FindingView<'_>) -> io::Result<()> {
        let Palette { strong, .. } = self.palette;
        let title = escape_for_terminal(finding.title());
        let redacted = escape_for_terminal(&finding.redacted);
        self.heading(finding)?;
        writeln!(self.out, "{strong}: {title} {redacted}{strong:#}")?;
        let mut places = finding.occurrences();
        let margin = match places.next() {
            Some(first) => self.first_place(&first)?,
            None => 1,
        };
        self.notes(finding, margin)?;
        self.other_places(finding, margin)?;
        self.consumers(finding, margin)?;
        let help = advice::next_step(finding, self.view.now);
        self.note(margin, self.palette.help, "help", &help)?;
        writeln!(self.out)
    }

    fn finding_line(&mut self, finding: &FindingView<'_>) -> io::Result<()> {
        self.heading(finding)?;
        if let Some(first) = finding.occurrences().next() {
            write!(self.out, ": {}", label(&first))?;
            if let Some(commit) = first.git.and_then(|git| git.commit) {
                write!(self.out, " in commit {}", short(commit.id))?;
            }
        }
        write!(
            self.out,
            ": {}, id {}",
            escape_for_terminal(&finding.redacted),
            finding.id
        )?;
        if finding.verification.is_some() {
            write!(self.out, ", {}", finding.validity.validity().as_str())?;
        }
        match finding.occurrence_count {
            0 | 1 => writeln!(self.out),
            places => writeln!(self.out, ", {}", count(places, "place")),
        }
    }

    fn heading(&mut self, finding: &FindingView<'_>) -> io::Result<()> {
        let (word, style) = match (&finding.suppressed, finding.proof) {
            (Some(_), _) => ("suppressed", self.palette.strong),
            (None, Proof::Checksum) => ("leak", self.palette.leak),
            (None, Proof::Shape) => ("possible leak", self.palette.possible),
        };
        write!(
            self.out,
            "{style}{word}[{}]{style:#}",
            escape_for_terminal(finding.rule)
        )
    }

    /// The place and the line; answers with the width of the margin that the line number needs.
    fn first_place(&mut self, first: &OccurrenceView<'_>) -> io::Result<usize> {
        let gutter = self.palette.gutter;
        let line = first
            .position
            .map_or_else(String::new, |position| position.line.to_string());
        let margin = line.len().max(1);
        writeln!(
            self.out,
            "{:margin$}{gutter}-->{gutter:#} {}",
            "",
            label(first)
        )?;
        self.in_history(margin + 4, first)?;
        let encodings = words::encodings(first.encodings);
        match (&first.excerpt, encodings) {
            (Some(excerpt), encodings) => {
                self.excerpt(
                    margin,
                    &line,
                    excerpt,
                    encodings.as_deref().unwrap_or_default(),
                )?;
            }
            (None, Some(encodings)) => {
                self.note(margin, self.palette.strong, "encoding", &encodings)?;
            }
            (None, None) => {}
        }
        Ok(margin)
    }

    fn excerpt(
        &mut self,
        margin: usize,
        line: &str,
        excerpt: &Excerpt,
        label: &str,
    ) -> io::Result<()> {
        let Palette { gutter, leak, .. } = self.palette;
        let (start, end) = excerpt.span;
        let before: String = excerpt.text.chars().take(start).collect();
        let run: String = excerpt
            .text
            .chars()
            .skip(start)
            .take(end - start.min(end))
            .collect();
        let before = escape_for_terminal(&before).width();
        let carets = "^".repeat(escape_for_terminal(&run).width().max(1));
        let text = escape_for_terminal(&excerpt.text);
        let text = text.trim_end();
        let label = if label.is_empty() {
            String::new()
        } else {
            format!(" {label}")
        };
        writeln!(self.out, "{:margin$} {gutter}|{gutter:#}", "")?;
        writeln!(self.out, "{gutter}{line:margin$} |{gutter:#} {text}")?;
        writeln!(
            self.out,
            "{:margin$} {gutter}|{gutter:#} {:before$}{leak}{carets}{label}{leak:#}",
            "", ""
        )?;
        writeln!(self.out, "{:margin$} {gutter}|{gutter:#}", "")
    }

    fn notes(&mut self, finding: &FindingView<'_>, margin: usize) -> io::Result<()> {
        let strong = self.palette.strong;
        if let Some((by, reason)) = &finding.suppressed {
            let text = format!(
                "{}: {}",
                words::suppressed_by(*by),
                escape_for_terminal(reason)
            );
            self.note(margin, strong, "suppressed", &text)?;
        }
        if let Some((by, reason, why)) = &finding.overruled {
            let text = format!(
                "{}: {} – {}",
                words::suppressed_by(*by),
                escape_for_terminal(reason),
                words::overruling(*why)
            );
            self.note(margin, strong, "not suppressed", &text)?;
        }
        let proof = words::proof(finding, self.view.now);
        let (label, text) = proof.split_once(": ").unwrap_or(("proof", &proof));
        self.note(margin, strong, label, text)?;
        self.verification(finding, margin)?;
        if !finding.organizations.is_empty() {
            let names: Vec<String> = finding
                .organizations
                .iter()
                .map(|(name, from)| {
                    format!("{} ({})", escape_for_terminal(name), words::evidence(*from))
                })
                .collect();
            let label = if names.len() == 1 {
                "organization"
            } else {
                "organizations"
            };
            self.note(margin, strong, label, &names.join(", "))?;
        }
        if let Some(secret) = &finding.secret {
            self.note(margin, strong, "token", &escape_for_terminal(secret))?;
        }
        self.exposure(finding, margin)?;
        self.note(margin, strong, "id", &words::id(finding.id))
    }

    fn other_places(&mut self, finding: &FindingView<'_>, margin: usize) -> io::Result<()> {
        let others = finding.occurrence_count.saturating_sub(1);
        if others == 0 {
            return Ok(());
        }
        let kept = finding.occurrences().len() - 1;
        let listed = if kept as u64 == others {
            self.shown(kept, OTHER_PLACES)
        } else if self.is_verbose() {
            kept
        } else {
            kept.min(OTHER_PLACES)
        };
        let heading = format!("in {}", count(others, "more place"));
        let gutter = self.palette.gutter;
        writeln!(self.out, "{:margin$} {gutter}={gutter:#} {heading}:", "")?;
        for other in finding.occurrences().skip(1).take(listed) {
            let encodings = words::encodings(other.encodings)
                .map_or_else(String::new, |encodings| format!(" ({encodings})"));
            writeln!(self.out, "{:margin$}     {}{encodings}", "", label(&other))?;
            self.in_history(margin + 7, &other)?;
        }
        match others - listed as u64 {
            0 => Ok(()),
            more if listed < kept => {
                writeln!(
                    self.out,
                    "{:margin$}     and {} more (-v lists them)",
                    "",
                    grouped(more)
                )
            }
            more => writeln!(
                self.out,
                "{:margin$}     and {} more, past --max-occurrences",
                "",
                grouped(more)
            ),
        }
    }

    fn note(
        &mut self,
        margin: usize,
        style: Style,
        label: impl Display,
        text: &str,
    ) -> io::Result<()> {
        let gutter = self.palette.gutter;
        writeln!(
            self.out,
            "{:margin$} {gutter}={gutter:#} {style}{label}:{style:#} {text}",
            ""
        )
    }

    fn problems(&mut self) -> io::Result<()> {
        let style = self.palette.problem;
        let total = self.view.problems().len();
        let shown = self.shown(total, PROBLEMS);
        for ProblemView {
            accepted,
            kind,
            path,
            message,
        } in self.view.problems().take(shown)
        {
            writeln!(
                self.out,
                "{style}problem[{}]{style:#}{}: {}: {}",
                kind.as_str(),
                if accepted { " (accepted)" } else { "" },
                path_text(&path),
                escape_for_terminal(&message)
            )?;
        }
        if shown < total {
            let more = grouped((total - shown) as u64);
            writeln!(self.out, "and {more} more problems (-v lists them)")?;
        }
        if total > 0 {
            writeln!(self.out)
        } else {
            Ok(())
        }
    }

    /// What was passed over, for those who ask.
    fn skipped(&mut self) -> io::Result<()> {
        if !self.is_verbose() {
            return Ok(());
        }
        let coverage = self.view.coverage();
        let units = [
            ("files", &coverage.files),
            ("archive members", &coverage.members),
        ];
        let objects = coverage.objects.iter();
        let objects = objects.map(|(kind, tally)| (history::objects(*kind), tally));
        for (noun, tally) in units.into_iter().chain(objects) {
            if let Some(reasons) = summary::reasons(tally) {
                writeln!(self.out, "skipped {noun}: {reasons}")?;
            }
        }
        match history::outside(coverage.outside) {
            Some(outside) => writeln!(self.out, "not there to be scanned: {outside}"),
            None => Ok(()),
        }
    }
}
