//! Tables for spreadsheets, in which no cell is a formula.

use std::io::{self, Write};

use super::escape_for_terminal;

/// What a spreadsheet takes for the start of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The rows as CSV, headings first.
pub(crate) fn sheet<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut text = Vec::new();
    write(headings, rows, &mut text).expect("memory takes everything");
    String::from_utf8(text).expect("cells are text")
}

/// Writes the rows as CSV, headings first.
pub(super) fn write<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(headings)?;
    for row in rows {
        writer.write_record(row.map(|text| cell(&text)))?;
    }
    writer.flush()
}

/// A cell: on one line, and behind an apostrophe where a spreadsheet would run it.
fn cell(text: &str) -> String {
    let shown = escape_for_terminal(text).into_owned();
    if text.starts_with(FORMULA) || shown.starts_with(FORMULA) {
        format!("'{shown}")
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, expected) in [
            ("build agent", "build agent"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t=1"),
            ("\r\n=1", "'\\r\\n=1"),
            ("a=b", "a=b"),
            ("'=1", "'=1"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected, "{text}");
        }
        let rows = [["=1,2".to_owned(), "a \"b\"".to_owned()]];
        assert_eq!(sheet(["x", "y"], rows), "x,y\n\"'=1,2\",\"a \"\"b\"\"\"\n");
    }
}
