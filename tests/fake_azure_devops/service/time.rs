//! Instants as the service writes them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// The clock of this machine, in seconds since 1970.
pub(super) fn machine_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs().cast_signed())
}

/// `2026-03-01T00:00:00Z`.
pub(super) fn with_zone(seconds: i64) -> String {
    format(seconds, "%Y-%m-%dT%H:%M:%SZ")
}

/// `2026-03-01T00:00:00`, as token administration writes it.
pub(super) fn without_zone(seconds: i64) -> String {
    format(seconds, "%Y-%m-%dT%H:%M:%S")
}

/// `Sun, 01 Mar 2026 00:00:00 GMT`, as HTTP writes it.
pub(super) fn http_date(seconds: i64) -> String {
    format(seconds, "%a, %d %b %Y %H:%M:%S GMT")
}

/// The year and the month of `seconds`.
pub(super) fn month(seconds: i64) -> (u16, u8) {
    let text = format(seconds, "%Y-%m");
    let (year, month) = text.split_once('-').expect("a year and a month");
    (
        year.parse().expect("a year of four digits"),
        month.parse().expect("a month of two digits"),
    )
}

fn format(seconds: i64, format: &str) -> String {
    let at = jiff::Timestamp::from_second(seconds).expect("a date that people write");
    at.strftime(format).to_string()
}
