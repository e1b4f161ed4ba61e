//! The closed lists in docs/report.md are those of the code.

use patsweep::model::{ProblemKind, SkipReason};

/// The names in the first column of the table that starts with `header`, and the words around them.
fn table(header: &str) -> Vec<&'static str> {
    let text = include_str!("../../docs/report.md");
    let (_, rows) = text.split_once(header).expect("the table");
    let rows = rows
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| {
        let names = row.split('|').nth(1).expect("a column");
        names.split('`').skip(1).step_by(2)
    })
    .collect()
}

#[test]
fn kinds_of_problem() {
    use ProblemKind as Kind;
    // A new kind does not compile here until it is listed here and in the code.
    let listed = |kind| match kind {
        Kind::Unreadable
        | Kind::Vanished
        | Kind::Truncated
        | Kind::Corrupt
        | Kind::Encrypted
        | Kind::Limit
        | Kind::Unsupported
        | Kind::LinkLoop
        | Kind::NotOwned
        | Kind::Shallow
        | Kind::Promisor
        | Kind::Lfs
        | Kind::References
        | Kind::Report => kind.as_str(),
    };
    assert_eq!(table("| kind | |"), Kind::ALL.map(listed));
}

#[test]
fn reasons_to_skip() {
    use SkipReason as Reason;
    // A new reason does not compile here until it is listed below.
    let listed = |reason| match reason {
        Reason::Special
        | Reason::Link
        | Reason::Excluded
        | Reason::TooLarge
        | Reason::FileSystem
        | Reason::Unreadable
        | Reason::Vanished
        | Reason::Encrypted
        | Reason::Unsupported
        | Reason::Limit
        | Reason::Corrupt => reason.as_str(),
    };
    let all = [
        Reason::Special,
        Reason::Link,
        Reason::Excluded,
        Reason::TooLarge,
        Reason::FileSystem,
        Reason::Unreadable,
        Reason::Vanished,
        Reason::Encrypted,
        Reason::Unsupported,
        Reason::Limit,
        Reason::Corrupt,
    ];
    assert_eq!(table("| skipped | |"), all.map(listed));
}
