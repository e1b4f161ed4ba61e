//! What people are told on standard error.

use std::fmt::Display;
use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

use super::args::Common;
use super::environment::Environment;
use super::exit::Complaint;
use super::settings::{self, Coloring};
use crate::detect::Detector;
use crate::model::Secret;
use crate::report::{Redactor, Slash, break_commands, escape_for_terminal};
use crate::rules::RuleSet;
use crate::token::Salt;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const BOLD: Style = Style::new().bold();

/// Standard error, at the level that the user asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Console {
    color: anstream::ColorChoice,
    level: Level,
    /// Whether somebody watches a line that changes.
    is_watched: bool,
}

/// How much is told. Errors always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Quiet,
    Normal,
    Verbose,
}

impl Console {
    /// The console as the flags have it.
    pub(super) fn new(common: &Common, environment: &Environment) -> Self {
        let chosen = settings::color_flag(common);
        let color = settings::color(chosen, environment, environment.stderr_terminal);
        let level = match (common.quiet, common.verbose) {
            (true, _) => Level::Quiet,
            (false, 0) => Level::Normal,
            (false, _) => Level::Verbose,
        };
        Self {
            color: choice(color),
            level,
            is_watched: environment.stderr_terminal && !environment.dumb_terminal,
        }
    }

    /// The same, with the colours that the configuration chooses.
    #[must_use]
    pub(super) fn recolored(self, color: Coloring) -> Self {
        Self {
            color: choice(color),
            ..self
        }
    }

    /// A console without colours, for what is said before the flags are known.
    pub(super) fn plain() -> Self {
        Self {
            color: anstream::ColorChoice::Never,
            level: Level::Normal,
            is_watched: false,
        }
    }

    /// Whether to show how far something is.
    pub(super) fn shows_progress(self) -> bool {
        self.is_watched && !self.is_quiet()
    }

    /// Prints an error with its causes and its hint.
    pub(super) fn complain(self, complaint: &Complaint) {
        self.line(ERROR, "error:", &complaint.error);
        for cause in &complaint.causes {
            self.line(BOLD, "caused by:", cause);
        }
        if let Some(hint) = &complaint.hint {
            self.hint(hint);
        }
    }

    /// Prints the next step.
    pub(super) fn hint(self, text: &str) {
        self.line(HINT, "hint:", text);
    }

    /// Prints something worth knowing, unless quiet.
    pub(super) fn note(self, text: impl Display) {
        if self.level >= Level::Normal {
            self.line(BOLD, "note:", &text.to_string());
        }
    }

    /// Prints lines of their own that are fit for a terminal already, unless quiet.
    pub(super) fn tell(self, lines: &str) {
        if self.level >= Level::Normal {
            let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
            let _ = write!(stderr, "{lines}");
        }
    }

    /// Prints lines of their own that are fit for a terminal already, even if quiet.
    pub(super) fn say(self, lines: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
        let _ = write!(stderr, "{lines}");
    }

    /// Prints something worth knowing to who asked for more.
    pub(super) fn detail(self, text: impl Display) {
        if self.level >= Level::Verbose {
            self.line(Style::new(), "-", &text.to_string());
        }
    }

    /// Whether anything but errors is printed.
    pub(super) fn is_quiet(self) -> bool {
        self.level == Level::Quiet
    }

    fn line(self, style: Style, label: &str, text: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
        // Paths may hold anything, also tokens and what would steer the terminal.
        let text = redacted(text);
        let text = escape_for_terminal(&text);
        let text = break_commands(&text);
        // If standard error is gone there is nobody left to tell.
        let _ = writeln!(stderr, "{style}{label}{style:#} {text}");
    }
}

/// `text` without the tokens in it, which no scan may have met: a target, a line of a file that
/// cannot be parsed.
pub(super) fn redacted(text: &str) -> String {
    let redactor = redactor(text, []);
    redactor.redact(text, Slash::Separates).into_owned()
}

/// Takes out the tokens in `text`, and those that are `known`.
pub(super) fn redactor<'s>(text: &str, known: impl IntoIterator<Item = &'s Secret>) -> Redactor {
    let mut found = Vec::new();
    // No built-in rule salts an id, and no id is used.
    let mut detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
    detector.name(text.as_bytes(), &mut |candidate| found.push(candidate));
    let runs: Vec<Secret> = found.iter().filter_map(|it| it.name_run.clone()).collect();
    let mut tokens: Vec<Secret> = found.into_iter().map(|it| it.secret).collect();
    tokens.extend(known.into_iter().cloned());
    Redactor::of(&tokens, &runs)
}

fn choice(color: Coloring) -> anstream::ColorChoice {
    match color {
        Coloring::Colored => anstream::ColorChoice::Always,
        Coloring::Plain => anstream::ColorChoice::Never,
    }
}
