//! The report for people.

use patsweep::model::{Encoding, Excerpt, FindingId, ProblemKind, Proof, Report, SkipReason};
use patsweep::report::{Color, Format, Secrets, Verbosity};

use crate::sample::{finding, full_report, place, problem, report, token, write, write_with};

/// The last line.
fn summary(report: &Report) -> String {
    write(report, Format::Text)
        .lines()
        .last()
        .unwrap()
        .to_owned()
}

#[test]
fn everything() {
    assert_eq!(
        write(&full_report(), Format::Text),
        include_str!("golden/full.txt")
    );
}

#[test]
fn everything_and_more() {
    let written = write_with(&full_report(), Format::Text, |options| {
        options.verbosity = Verbosity::Verbose;
    });
    assert_eq!(written, include_str!("golden/verbose.txt"));
}

#[test]
fn a_green_says_what_was_scanned() {
    assert_eq!(
        write(&report(Vec::new()), Format::Text),
        "no leaked tokens in 1,204 files, 33.1 MB in 0.12 s · complete\n"
    );
}

#[test]
fn a_scan_of_nothing_says_so() {
    let mut empty = report(Vec::new());
    empty.coverage.files.scanned = 0;
    empty.summary.files = 0;
    empty.summary.bytes = 0;
    assert_eq!(
        write(&empty, Format::Text),
        "nothing was scanned: no file to read in conf · complete\n"
    );
    empty
        .coverage
        .files
        .skipped
        .extend([(SkipReason::Excluded, 2), (SkipReason::Special, 1)]);
    assert_eq!(
        write(&empty, Format::Text),
        "nothing was scanned: no file to read in conf (skipped: special 1, excluded 2) · complete\n"
    );
}

#[test]
fn incomplete_is_said_aloud() {
    let mut cut = report(Vec::new());
    cut.interrupted = true;
    assert_eq!(
        summary(&cut),
        "no leaked tokens in 1,204 files, 33.1 MB in 0.12 s · INCOMPLETE: interrupted"
    );
    cut.problems = vec![problem(
        "a",
        ProblemKind::Limit,
        "more than 100,000 members",
    )];
    assert_eq!(
        write(&cut, Format::Text),
        "problem[limit]: a: more than 100,000 members\n\
         \n\
         no leaked tokens in 1,204 files, 33.1 MB in 0.12 s · INCOMPLETE: interrupted, 1 problem\n"
    );
}

#[test]
fn proven_and_possible_are_counted_apart() {
    let with = |letter, proof| {
        let mut finding = finding(letter, vec![place("a", 1)]);
        finding.proof = proof;
        finding
    };
    let check = |proofs: &[Proof], expected: &str| {
        let findings = proofs
            .iter()
            .zip('A'..)
            .map(|(&proof, letter)| with(letter, proof));
        let line = summary(&report(findings.collect()));
        assert_eq!(line.split(" · ").next().unwrap(), expected);
    };
    check(&[Proof::Checksum], "1 leaked token in 1 place");
    check(&[Proof::Checksum; 3], "3 leaked tokens in 3 places");
    check(&[Proof::Shape; 2], "2 possible leaked tokens in 2 places");
    check(
        &[Proof::Checksum, Proof::Shape],
        "1 leaked token and 1 possible one in 2 places",
    );
}

#[test]
fn many_findings_stay_readable() {
    let findings = |number: u32| {
        let letters = ('A'..='Z').chain('a'..='j').cycle();
        let all = letters.zip(1..=number);
        report(
            all.map(|(letter, line)| finding(letter, vec![place("f", line.into())]))
                .collect(),
        )
    };
    let headings = |text: &str| text.matches("= help:").count();
    let written = write(&findings(30), Format::Text);
    assert_eq!(headings(&written), 20);
    let (_, rest) = written
        .split_once("10 more, one line each (-v shows them in full):\n")
        .unwrap();
    let lines: Vec<&str> = rest.lines().collect();
    assert_eq!(lines.len(), 12);
    assert_eq!(
        lines[0],
        "leak[azure-devops-pat]: f:21:5: UUUU…zzzz, id UUUUUUUUUUUUUUUUUUUU"
    );
    assert_eq!(
        lines[9],
        "leak[azure-devops-pat]: f:30:5: dddd…zzzz, id dddddddddddddddddddd"
    );
    assert_eq!(lines[10], "");
    // One more would take the line that it saves.
    assert_eq!(headings(&write(&findings(21), Format::Text)), 21);
    let verbose = write_with(&findings(30), Format::Text, |options| {
        options.verbosity = Verbosity::Verbose;
    });
    assert_eq!(headings(&verbose), 30);
}

#[test]
fn many_places_and_problems_are_cut_and_counted() {
    let mut many = finding('A', (1..=10).map(|line| place("f", line)).collect());
    many.occurrence_count = 1_234;
    let mut cut = report(vec![many]);
    let denied = |n: u32| problem(&format!("p{n:02}"), ProblemKind::Unreadable, "denied");
    cut.problems = (0..30).map(denied).collect();
    let written = write(&cut, Format::Text);
    assert!(
        written.contains(
            "  = in 1,233 more places:\n      f:2:5\n      f:3:5\n      f:4:5\n      f:5:5\n      \
         f:6:5\n      and 1,228 more (-v lists them)\n"
        ),
        "{written}"
    );
    assert!(
        written
            .contains("problem[unreadable]: p19: denied\nand 10 more problems (-v lists them)\n"),
        "{written}"
    );
    let verbose = write_with(&cut, Format::Text, |options| {
        options.verbosity = Verbosity::Verbose;
    });
    assert!(
        verbose.contains("      f:10:5\n      and 1,224 more, past --max-occurrences\n"),
        "{verbose}"
    );
    assert!(
        verbose.contains("problem[unreadable]: p29: denied\n\n"),
        "{verbose}"
    );
}

#[test]
fn an_id_that_is_salted_is_called_so() {
    let mut salted = finding('A', vec![place("f", 1)]);
    salted.id = FindingId::Salted("SSSSSSSSSSSSSSSSSSSS".to_owned());
    let written = write(&report(vec![salted]), Format::Text);
    assert!(
        written.contains("  = id: SSSSSSSSSSSSSSSSSSSS (salted, of this run alone)\n"),
        "{written}"
    );
}

#[test]
fn the_caret_stands_under_the_run() {
    let mut wide = place("f", 100);
    wide.encodings = vec![Encoding::Hex];
    wide.excerpt = Some(Excerpt {
        text: "日本=AAAA…zzzz;".to_owned(),
        span: (3, 12),
    });
    let written = write(&report(vec![finding('A', vec![wide])]), Format::Text);
    assert!(
        written.contains(
            "   --> f:100:5\n    |\n100 | 日本=AAAA…zzzz;\n    |      ^^^^^^^^^ inside hex\n    |\n"
        ),
        "{written}"
    );
}

#[test]
fn a_span_that_lies_does_no_harm() {
    for span in [(0, 0), (5, 2), (90, 99), (3, usize::MAX)] {
        let mut lying = place("f", 1);
        lying.excerpt = Some(Excerpt {
            text: "short".to_owned(),
            span,
        });
        let written = write(&report(vec![finding('A', vec![lying])]), Format::Text);
        assert!(written.contains("1 | short\n"), "{written}");
    }
}

#[test]
fn colours_only_when_told_and_the_same_words() {
    let plain = write(&full_report(), Format::Text);
    assert!(!plain.contains('\u{1b}'));
    let coloured = write_with(&full_report(), Format::Text, |options| {
        options.color = Color::Ansi;
    });
    assert!(
        coloured.starts_with(
            "\u{1b}[1m\u{1b}[31mleak[azure-devops-pat]\u{1b}[0m\u{1b}[1m: Azure DevOps"
        )
    );
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn tokens_are_shown_when_asked_for() {
    let shown = write_with(&full_report(), Format::Text, |options| {
        options.secrets = Secrets::Show;
    });
    assert!(
        shown.contains(&format!("   = token: {}\n", token('A'))),
        "{shown}"
    );
}
