//! Tables that fit a terminal: cells are made visible, cut and aligned.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::escape_for_terminal;

/// Between two columns.
const GAP: &str = "  ";
/// What stands where a cell was cut.
const CUT: char = '…';

/// A column: its heading, and how many characters wide it is at most.
pub(super) type Column = (&'static str, usize);

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Without rows yet.
    pub(super) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row of as many cells as there are columns.
    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.columns.len());
        let cells = cells.into_iter().zip(&self.columns);
        let cells = cells.map(|(cell, column)| cut(&escape_for_terminal(&cell), column.1));
        self.rows.push(cells.collect());
    }

    /// The table behind two blanks, with headings; nothing without rows.
    pub(super) fn show(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let headings = self.columns.iter().map(|(name, _)| (*name).to_owned());
        let headings: Vec<String> = headings.collect();
        let widths: Vec<usize> = (0..headings.len())
            .map(|at| {
                let cells = self.rows.iter().map(|row| row[at].width());
                cells.max().unwrap_or(0).max(headings[at].width())
            })
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&headings).chain(&self.rows) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let blanks = width.saturating_sub(cell.width());
                // Writing to a string does not fail.
                let _ = write!(line, "{GAP}{cell}{:blanks$}", "");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// `text`, `width` characters wide at most.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut left = width.saturating_sub(1);
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if wide > left {
            break;
        }
        left -= wide;
        cut.push(character);
    }
    cut.push(CUT);
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_cut_and_aligned() {
        let mut table = Table::new(&[("name", 6), ("days", 4), ("why", 9)]);
        assert_eq!(table.show(), "");
        table.row(["ci".into(), "7".into(), String::new()]);
        table.row(["a\u{1b}[2Jb".into(), "1000".into(), "it ends".into()]);
        table.row(["日本語の".into(), "3".into(), "it is cut off".into()]);
        assert_eq!(
            table.show(),
            "  name    days  why\n  ci      7\n  a\\u{1…  1000  it ends\n  日本…   3     it is cu…\n"
        );
    }
}
