//! What stands in a cell: dates, numbers, ids of people.

use crate::model::Timestamp;
pub(super) use crate::report::sheet;

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

fn told(at: Option<Timestamp>, form: &str) -> String {
    let at = at.and_then(|at| jiff::Timestamp::from_second(at.0).ok());
    at.map_or_else(String::new, |at| at.strftime(form).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_no_calendar_has_are_blank() {
        assert_eq!(minute(Some(Timestamp(1_796_083_260))), "2026-12-01 00:01");
        assert_eq!(day(Some(Timestamp(i64::MAX))), "");
        assert_eq!(instant(Some(Timestamp(i64::MIN))), None);
        assert_eq!(number(None::<u32>), "");
    }
}
