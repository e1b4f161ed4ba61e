//! Large reports in several files, each of which the services that read it take.

use std::io::{self, Write};
use std::ops::Range;

use super::view::View;
use super::{Format, Options};
use crate::model::Report;

/// Some of the findings of a report, which stand in a file of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which findings.
    pub(super) findings: Range<usize>,
    /// From 1; `None` where there is but one.
    number: Option<usize>,
}

impl Piece {
    /// Everything.
    pub(super) fn whole(report: &Report) -> Self {
        Self {
            findings: 0..report.findings.len(),
            number: None,
        }
    }

    /// Which of the pieces it is, from 1; `None` where there is but one.
    pub fn number(&self) -> Option<usize> {
        self.number
    }

    /// Whether it says what is said once for all findings.
    pub(super) fn is_first(&self) -> bool {
        self.findings.start == 0
    }
}

/// The pieces into which `report` is cut as `format`, in the order of the findings. One, unless a
/// service would not take it whole.
pub fn pieces(report: &Report, format: Format, options: &Options<'_>) -> Vec<Piece> {
    let reporter = format.row().2;
    let whole = Piece::whole(report);
    if !reporter.is_limited() {
        return vec![whole];
    }
    let mut view = View::new(report, options);
    let mut taken = Vec::new();
    let mut rest = vec![whole.findings];
    while let Some(findings) = rest.pop() {
        // As pieces are larger than the whole by their number alone, any number will do.
        view.show(Piece {
            findings: findings.clone(),
            number: Some(usize::MAX),
        });
        if findings.len() <= 1 || reporter.fits(&view) {
            taken.push(findings);
        } else {
            let middle = findings.start + findings.len() / 2;
            rest.push(middle..findings.end);
            rest.push(findings.start..middle);
        }
    }
    let is_cut = taken.len() > 1;
    let numbered = taken.into_iter().zip(1..);
    let numbered = numbered.map(|(findings, number)| Piece {
        findings,
        number: is_cut.then_some(number),
    });
    numbered.collect()
}

/// Writes one piece of `report` to `out` as `format`.
///
/// # Errors
///
/// What `out` answers.
pub fn write_piece(
    report: &Report,
    piece: &Piece,
    format: Format,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut view = View::new(report, options);
    view.show(piece.clone());
    let mut out = io::BufWriter::new(out);
    format.row().2.write(&view, &mut out)?;
    out.flush()
}
