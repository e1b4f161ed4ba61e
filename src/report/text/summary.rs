//! The last line: what was found, what was scanned, and whether that was everything.

use std::io;

use crate::model::{Proof, Tally, TargetKind, Validity};

use super::super::view::{TargetView, View};
use super::super::words::{self, count, grouped};
use super::{Page, Palette, path_text};

/// Whether a text ends with the line that [`Page::summary`] writes.
pub(super) fn ends(tail: &[u8]) -> bool {
    let last = tail.trim_ascii_end().rsplit(|&byte| byte == b'\n').next();
    let Some((found, verdict)) = last
        .and_then(|line| std::str::from_utf8(line).ok())
        .and_then(|line| line.rsplit_once(" · "))
    else {
        return false;
    };
    (found.contains("leaked token") || found.starts_with("nothing was scanned: "))
        && (verdict.starts_with("complete") || verdict.starts_with("INCOMPLETE: "))
}

impl Page<'_, '_> {
    /// Which baseline was applied, and what it did.
    pub(super) fn baseline(&mut self) -> io::Result<()> {
        let Some(baseline) = self.view.baseline() else {
            return Ok(());
        };
        let entries = match baseline.entries {
            1 => "1 entry".to_owned(),
            entries => format!("{} entries", grouped(entries)),
        };
        let strong = self.palette.strong;
        writeln!(
            self.out,
            "{strong}baseline{strong:#}: {}: {entries}, {} found",
            path_text(&baseline.path),
            grouped(baseline.matched)
        )
    }

    pub(super) fn summary(&mut self) -> io::Result<()> {
        let totals = Totals::of(self.view);
        let Palette {
            leak,
            good,
            possible,
            ..
        } = self.palette;
        let scanned = self.scanned();
        match (totals.leaks(), self.read_nothing()) {
            // Tokens that were found before, and are only asked about.
            (Some(leaks), true) => write!(self.out, "{leak}{leaks}{leak:#}")?,
            (Some(leaks), false) => write!(self.out, "{leak}{leaks}{leak:#} · {scanned}")?,
            (None, true) => write!(
                self.out,
                "{possible}nothing was scanned{possible:#}: {scanned}"
            )?,
            (None, false) => write!(self.out, "{good}no leaked tokens{good:#} in {scanned}")?,
        }
        if let Some(validity) = totals.validity() {
            write!(self.out, " · {validity}")?;
        }
        if totals.suppressed > 0 {
            write!(self.out, " · {} suppressed", grouped(totals.suppressed))?;
        }
        let accepted = self.view.problems().filter(|problem| problem.accepted);
        let accepted = accepted.count() as u64;
        let problems = self.view.problems().len() as u64 - accepted;
        let mut missing = Vec::new();
        if self.view.is_interrupted() {
            missing.push("interrupted".to_owned());
        }
        if problems > 0 {
            missing.push(count(problems, "problem"));
        }
        let open = totals.open();
        match (missing.is_empty(), accepted) {
            (true, 0) => return writeln!(self.out, " · complete{open}"),
            (true, _) => {
                let accepted = count(accepted, "accepted problem");
                return writeln!(self.out, " · complete but for {accepted}{open}");
            }
            (false, 0) => {}
            (false, _) => missing.push(format!("{} accepted", grouped(accepted))),
        }
        let style = self.palette.problem;
        writeln!(
            self.out,
            " · {style}INCOMPLETE{style:#}: {}",
            missing.join(", ")
        )
    }

    fn read_nothing(&self) -> bool {
        let summary = self.view.summary();
        summary.files == 0 && summary.objects == 0
    }

    /// `1,204 files, 365,514 git objects and 3 archive members, 33.1 MB in 0.12 s`.
    fn scanned(&self) -> String {
        let summary = self.view.summary();
        let coverage = self.view.coverage();
        if self.read_nothing() {
            let targets: Vec<String> = self
                .view
                .targets()
                .map(|target| match target.kind {
                    TargetKind::Path | TargetKind::Repository => path_text(&target.path),
                    TargetKind::Stdin => "standard input".to_owned(),
                })
                .collect();
            let skipped = match reasons(&coverage.files) {
                Some(reasons) => format!(" (skipped: {reasons})"),
                None => String::new(),
            };
            let of_files = |target: TargetView| target.kind != TargetKind::Repository;
            let nothing = if self.view.targets().any(of_files) {
                "no file to read"
            } else {
                // Files of a repository are always read, unless only a part of its history is.
                "nothing new"
            };
            return format!("{nothing} in {}{skipped}", targets.join(", "));
        }
        let units = [
            (summary.files, "file"),
            (summary.objects, "git object"),
            (coverage.members.scanned, "archive member"),
        ];
        let mut units: Vec<String> = units
            .into_iter()
            .filter(|&(number, _)| number > 0)
            .map(|(number, noun)| count(number, noun))
            .collect();
        let last = units.pop().unwrap_or_default();
        let and = if units.is_empty() { "" } else { " and " };
        format!(
            "{}{and}{last}, {} in {:.2} s",
            units.join(", "),
            words::size(summary.bytes),
            summary.seconds
        )
    }
}

/// What the summary counts.
#[derive(Default)]
struct Totals {
    proven: u64,
    possible: u64,
    suppressed: u64,
    /// Of those that are not suppressed.
    places: u64,
    /// Likewise, of those about which the service was to be asked.
    active: u64,
    inactive: u64,
    unknown: u64,
}

impl Totals {
    fn of(view: &View<'_>) -> Self {
        let mut totals = Self::default();
        for finding in view.findings() {
            match (&finding.suppressed, finding.proof) {
                (Some(_), _) => {
                    totals.suppressed += 1;
                    continue;
                }
                (None, Proof::Checksum) => totals.proven += 1,
                (None, Proof::Shape) => totals.possible += 1,
            }
            totals.places += finding.occurrence_count;
            if finding.verification.is_some() {
                *match finding.validity.validity() {
                    Validity::Active => &mut totals.active,
                    Validity::Inactive => &mut totals.inactive,
                    Validity::Unknown => &mut totals.unknown,
                } += 1;
            }
        }
        totals
    }

    /// `1 active, 0 inactive, 2 unknown`; `None` where nobody was to ask.
    fn validity(&self) -> Option<String> {
        let [active, inactive, unknown] = [self.active, self.inactive, self.unknown].map(grouped);
        (self.active + self.inactive + self.unknown > 0)
            .then(|| format!("{active} active, {inactive} inactive, {unknown} unknown"))
    }

    /// That all was read does not settle whether a token works.
    fn open(&self) -> String {
        match self.unknown {
            0 => String::new(),
            1 => ", but 1 token may still work".to_owned(),
            unknown => format!(", but {} tokens may still work", grouped(unknown)),
        }
    }

    /// `3 leaked tokens and 1 possible one in 5 places`; `None` where there is none.
    fn leaks(&self) -> Option<String> {
        let leaks = match (self.proven, self.possible) {
            (0, 0) => return None,
            (proven, 0) => count(proven, "leaked token"),
            (0, possible) => count(possible, "possible leaked token"),
            (proven, possible) => {
                let (proven, possible) = (
                    count(proven, "leaked token"),
                    count(possible, "possible one"),
                );
                format!("{proven} and {possible}")
            }
        };
        Some(format!("{leaks} in {}", count(self.places, "place")))
    }
}

/// `excluded 2, link 3`; `None` where nothing was skipped.
pub(super) fn reasons(tally: &Tally) -> Option<String> {
    let reasons: Vec<String> = tally
        .skipped
        .iter()
        .map(|(reason, &count)| format!("{} {}", reason.as_str(), grouped(count)))
        .collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}
