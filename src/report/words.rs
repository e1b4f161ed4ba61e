//! How reports say numbers, dates, encodings and proofs in words.

use crate::model::{
    CommitDate, Encoding, Evidence, FindingId, IssueMonth, Overruling, Proof, SuppressedBy,
    Timestamp,
};
use crate::rules::BuiltIn;

use super::view::FindingView;

/// What suppresses a finding.
pub(super) fn suppressed_by(by: SuppressedBy) -> &'static str {
    match by {
        SuppressedBy::Allowlist => "by the allowlist",
        SuppressedBy::Baseline => "by the baseline",
        SuppressedBy::Inline => "inline",
    }
}

/// Why a suppression does not hold.
pub(super) fn overruling(why: Overruling) -> &'static str {
    match why {
        Overruling::Active => "but it is active, and counts all the same",
        Overruling::Expired => "but that has expired, and it counts again",
    }
}

/// `1 file`, `1,204 files`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// `1,204`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `512 bytes`, `33.1 MB`: decimal units, as disks are sold and `ls --si` counts.
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return count(bytes, "byte");
    }
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let mut value = bytes as f64 / 1000.0;
    let mut units = ["kB", "MB", "GB", "TB", "PB", "EB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    // 999.95 would be written as 1000.0.
    while value >= 999.95 {
        let Some(next) = units.next() else { break };
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// `November 2026`.
pub(super) fn month(month: IssueMonth) -> String {
    let day = i16::try_from(month.year)
        .ok()
        .zip(i8::try_from(month.month).ok())
        .and_then(|(year, month)| jiff::civil::Date::new(year, month, 1).ok());
    day.map_or_else(
        || month.to_string(),
        |day| day.strftime("%B %Y").to_string(),
    )
}

/// `2026-11-22 at 10:00 UTC`; `None` past the year 9999, which hostile claims may name.
pub(super) fn minute(time: Timestamp) -> Option<String> {
    let time = jiff::Timestamp::from_second(time.0).ok()?;
    Some(time.strftime("%Y-%m-%d at %H:%M UTC").to_string())
}

/// `2026-11-22T10:00:00Z`; `None` past the year 9999.
pub(super) fn rfc3339(time: Timestamp) -> Option<String> {
    jiff::Timestamp::from_second(time.0)
        .ok()
        .map(|time| time.to_string())
}

/// `2026-11-22T11:00:00+01:00`, in the commit's own time zone; `None` outside of the years 0 to 9999.
pub(super) fn commit_rfc3339(date: CommitDate) -> Option<String> {
    let time = jiff::Timestamp::from_second(date.at.0).ok()?;
    let offset = offset(date);
    let is_written = (0..=9999).contains(&offset.to_datetime(time).year());
    is_written.then(|| time.display_with_offset(offset).to_string())
}

/// `2026-11-22`, likewise.
pub(super) fn commit_day(date: CommitDate) -> Option<String> {
    let mut text = commit_rfc3339(date)?;
    text.truncate(text.find('T')?);
    Some(text)
}

/// Greenwich where the commit claims what no clock shows: RFC 3339 has no offset of a day.
fn offset(date: CommitDate) -> jiff::tz::Offset {
    const DAY: i32 = 24 * 60;
    let minutes = i32::from(date.offset);
    Some(minutes)
        .filter(|minutes| minutes.abs() < DAY)
        .and_then(|minutes| jiff::tz::Offset::from_seconds(minutes * 60).ok())
        .unwrap_or(jiff::tz::Offset::UTC)
}

/// `inside base64 of UTF-16LE`; `None` where the token stands plainly.
pub(super) fn encodings(layers: &[Encoding]) -> Option<String> {
    let names: Vec<&str> = layers
        .iter()
        .map(|layer| match layer {
            Encoding::Base64 => "base64",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Hex => "hex",
            Encoding::QuotedPrintable => "quoted-printable",
            Encoding::Gzip => "gzip",
        })
        .collect();
    (!names.is_empty()).then(|| format!("inside {}", names.join(" of ")))
}

/// How an organisation is named with a token.
pub(super) fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Entry => "named with it",
        Evidence::Nearby => "nearby",
        Evidence::Remote => "from a remote",
        Evidence::Flag => "given by you",
    }
}

/// The id, and how far it holds.
pub(super) fn id(id: &FindingId) -> String {
    match id {
        FindingId::C3id(id) => format!("{id} (C3ID)"),
        FindingId::Salted(id) => format!("{id} (salted, of this run alone)"),
    }
}

/// Why a finding is believed, and what the token says of itself.
pub(super) fn proof(finding: &FindingView<'_>, now: Timestamp) -> String {
    let mut text = match finding.proof {
        Proof::Checksum => "proven: its checksum is right, so this is no look-alike".to_owned(),
        Proof::Shape if finding.built_in == Some(BuiltIn::OauthToken) => {
            "not proven: its signature cannot be checked offline".to_owned()
        }
        Proof::Shape => "not proven: only its shape was checked".to_owned(),
    };
    if let Some(issued) = finding.issued {
        text.push_str("; issued in ");
        text.push_str(&month(issued));
    }
    if let Some((expires, date)) = finding.expires.and_then(|time| Some((time, minute(time)?))) {
        text.push_str(if expires <= now {
            "; expired on "
        } else {
            "; expires on "
        });
        text.push_str(&date);
    }
    text
}

/// What is found, why it is believed, whose it is, and in how many places: without a full stop, not
/// escaped.
pub(super) fn sentence(finding: &FindingView<'_>, now: Timestamp) -> String {
    let proof = proof(finding, now);
    let mut text = format!("{} {} ({proof})", finding.title(), finding.redacted);
    if !finding.organizations.is_empty() {
        let names: Vec<String> = finding
            .organizations
            .iter()
            .map(|(name, from)| format!("{name} ({})", evidence(*from)))
            .collect();
        text.push_str(", organization ");
        text.push_str(&names.join(", "));
    }
    text.push_str(", in ");
    text.push_str(&count(finding.occurrence_count, "place"));
    text
}

/// Whether it counts, and if so whether it is proven.
pub(super) fn kind(finding: &FindingView<'_>) -> &'static str {
    match (&finding.suppressed, finding.proof) {
        (Some(_), _) => "suppressed",
        (None, Proof::Checksum) => "leak",
        (None, Proof::Shape) => "possible leak",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let counts = [
            (0, "0 files"),
            (1, "1 file"),
            (999, "999 files"),
            (1204, "1,204 files"),
        ];
        for (number, expected) in counts {
            assert_eq!(count(number, "file"), expected);
        }
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        let sizes = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (33_149_999, "33.1 MB"),
            (999_949_999, "999.9 MB"),
            (999_950_000, "1.0 GB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (bytes, expected) in sizes {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn dates() {
        assert_eq!(
            month(IssueMonth {
                year: 2026,
                month: 11
            }),
            "November 2026"
        );
        assert_eq!(
            month(IssueMonth {
                year: 2026,
                month: 13
            }),
            "2026-13"
        );
        let time = Timestamp(1_795_341_600);
        assert_eq!(minute(time).unwrap(), "2026-11-22 at 10:00 UTC");
        assert_eq!(rfc3339(time).unwrap(), "2026-11-22T10:00:00Z");
        for out_of_range in [i64::MAX, i64::MIN] {
            assert_eq!(minute(Timestamp(out_of_range)), None);
            assert_eq!(rfc3339(Timestamp(out_of_range)), None);
        }
    }

    #[test]
    fn dates_of_commits() {
        let check = |at, offset, expected| {
            let date = CommitDate {
                at: Timestamp(at),
                offset,
            };
            assert_eq!(commit_rfc3339(date).as_deref(), expected);
            let day = expected.map(|text| &text[..10]);
            assert_eq!(commit_day(date).as_deref(), day);
        };
        check(1_795_341_600, 0, Some("2026-11-22T10:00:00+00:00"));
        check(1_795_341_600, 60, Some("2026-11-22T11:00:00+01:00"));
        check(1_795_341_600, -750, Some("2026-11-21T21:30:00-12:30"));
        check(-1, 0, Some("1969-12-31T23:59:59+00:00"));
        // No clock shows these.
        for offset in [24 * 60, -24 * 60, i16::MAX, i16::MIN] {
            check(1_795_341_600, offset, Some("2026-11-22T10:00:00+00:00"));
        }
        check(-62_167_219_200, 0, Some("0000-01-01T00:00:00+00:00"));
        check(-62_167_219_200, -1, None);
        check(i64::MAX, 0, None);
        check(i64::MIN, 0, None);
    }

    #[test]
    fn layers() {
        assert_eq!(encodings(&[]), None);
        assert_eq!(
            encodings(&[Encoding::Base64, Encoding::Utf16Le]).unwrap(),
            "inside base64 of UTF-16LE"
        );
        assert_eq!(
            encodings(&[Encoding::Base64, Encoding::Gzip, Encoding::Hex]).unwrap(),
            "inside base64 of gzip of hex"
        );
    }
}
