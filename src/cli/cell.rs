//! What stands in a cell: dates, numbers, ids of people, and nothing that a spreadsheet would run.

use crate::model::Timestamp;
use crate::report::escape_for_terminal;

/// What a spreadsheet takes for the start of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The day, in UTC, as in `2026-11-22`; a blank where there is none.
pub(super) fn day(at: Option<Timestamp>) -> String {
    told(at, "%F")
}

/// The minute, in UTC, as in `2026-11-22 23:10`; a blank where there is none.
pub(super) fn minute(at: Option<Timestamp>) -> String {
    told(at, "%F %H:%M")
}

/// As in `2026-11-22T23:10:05Z`, where there is one that a calendar has.
pub(super) fn instant(at: Option<Timestamp>) -> Option<String> {
    let at = jiff::Timestamp::from_second(at?.0).ok()?;
    Some(at.to_string())
}

/// A number, or a blank.
pub(super) fn number<T: ToString>(number: Option<T>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// A cell of a CSV: on one line, and behind an apostrophe where a spreadsheet would run it.
pub(super) fn csv(text: &str) -> String {
    let shown = escape_for_terminal(text).into_owned();
    if text.starts_with(FORMULA) || shown.starts_with(FORMULA) {
        format!("'{shown}")
    } else {
        shown
    }
}

/// The rows as CSV, headings first.
pub(super) fn sheet<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(headings).and_then(|()| {
        let mut rows = rows.into_iter();
        rows.try_for_each(|row| writer.write_record(row.map(|cell| csv(&cell))))
    });
    written.expect("all rows have as many cells, and memory takes them");
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("cells are text")
}

fn told(at: Option<Timestamp>, form: &str) -> String {
    let at = at.and_then(|at| jiff::Timestamp::from_second(at.0).ok());
    at.map_or_else(String::new, |at| at.strftime(form).to_string())
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
            assert_eq!(csv(text), expected, "{text}");
        }
        let rows = [["=1,2".to_owned(), "a \"b\"".to_owned()]];
        assert_eq!(sheet(["x", "y"], rows), "x,y\n\"'=1,2\",\"a \"\"b\"\"\"\n");
    }

    #[test]
    fn times_that_no_calendar_has_are_blank() {
        assert_eq!(minute(Some(Timestamp(1_796_083_260))), "2026-12-01 00:01");
        assert_eq!(day(Some(Timestamp(i64::MAX))), "");
        assert_eq!(instant(Some(Timestamp(i64::MIN))), None);
        assert_eq!(number(None::<u32>), "");
    }
}
