//! Tables that fit a terminal: cells are made visible, cut and aligned.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::escape_for_terminal;

/// Between two columns.
const GAP: &str = "  ";
/// What stands where a cell was cut.
const CUT: char = '…';

/// As wide as a line may be.
const LINE: usize = 100;

/// A column: its heading, and how many characters wide it is at most. The last one takes what is left
/// of the line.
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
        let cells = cells.map(|cell| escape_for_terminal(&cell).into_owned());
        self.rows.push(cells.into());
    }

    /// The table behind two blanks, with headings; nothing without rows.
    pub(super) fn show(&self) -> String {
        let headings = self.columns.iter().map(|(name, _)| (*name).to_owned());
        self.lines(&[headings.collect()], "")
    }

    /// The rows behind four blanks.
    pub(super) fn plain(&self) -> String {
        self.lines(&[], GAP)
    }

    fn lines(&self, headings: &[Vec<String>], indent: &str) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let all = || headings.iter().chain(&self.rows);
        let mut left = LINE - indent.len();
        let last = self.columns.len().saturating_sub(1);
        let widths: Vec<usize> = (0..=last)
            .map(|at| {
                let cells = all().map(|row| row[at].width());
                let most = if at == last {
                    left.saturating_sub(GAP.len())
                } else {
                    self.columns[at].1
                };
                let width = cells.max().unwrap_or(0).min(most);
                left = left.saturating_sub(GAP.len() + width);
                width
            })
            .collect();
        let mut text = String::new();
        for row in all() {
            let mut line = indent.to_owned();
            for (cell, &width) in row.iter().zip(&widths) {
                let cell = cut(cell, width);
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
fn cut(text: &str, width: usize) -> String {
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
        table.row(["日本語の".into(), "3".into(), "x".repeat(100)]);
        let most = "x".repeat(83);
        let expected =
            "  name    days  why\n  ci      7\n  a\\u{1…  1000  it ends\n  日本…   3     ";
        assert_eq!(table.show(), format!("{expected}{most}…\n"));
        assert!(
            table
                .plain()
                .starts_with("    ci      7\n    a\\u{1…  1000  it ends\n")
        );
        assert!(table.plain().lines().all(|line| line.width() <= LINE));
    }
}
