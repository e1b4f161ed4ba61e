//! Marks beside tokens, in every form.

use data_encoding::{BASE64, HEXLOWER};
use patsweep::detect::Detector;
use patsweep::model::Candidate;
use patsweep::rules::RuleSet;
use patsweep::scan::ignored_lines;
use patsweep::token::{Salt, mint};

use crate::program::World;
use crate::{commit, id, repository};

const KIB: usize = 1 << 10;
/// Bytes from one window of the detector to the next.
const WINDOW: usize = 1 << 20;

fn found(bytes: &[u8]) -> Vec<Candidate> {
    let mut all = Vec::new();
    let mut detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
    detector.whole(bytes, &mut |candidate| all.push(candidate));
    all
}

/// Whether the tokens of `text` are marked, in order.
fn marked(text: impl AsRef<[u8]>) -> Vec<bool> {
    let found = found(text.as_ref());
    found
        .iter()
        .map(|candidate| candidate.ignored.is_some())
        .collect()
}

#[test]
fn a_mark_covers_its_line_or_the_next() {
    let t = mint::pat(1);
    for (text, expected) in [
        (format!("{t} # patsweep:ignore\n"), true),
        (format!("/* patsweep:ignore */ {t}"), true),
        (format!("# patsweep:ignore-next-line\n{t}\n"), true),
        (format!("# patsweep:ignore-next-line\r\n{t}\r\n"), true),
        (format!("# patsweep:ignore-next-line\r{t}\r"), true),
        (format!("x\n{t}\n# patsweep:ignore\n"), false),
        (format!("# patsweep:ignore\n{t}\n"), false),
        (format!("# patsweep:ignore-next-line\n\n{t}\n"), false),
        (format!("{t} # patsweep:ignore-next-line\n"), false),
        (format!("{t}\n"), false),
    ] {
        assert_eq!(marked(&text), [expected], "{}", text.escape_debug());
    }
}

#[test]
fn a_mark_with_a_c3id_covers_that_token_alone() {
    let (one, two) = (mint::pat(1), mint::pat(2));
    let line = format!("{one} {two}");
    let (first, second) = (id(&one), id(&two));
    assert_eq!(marked(format!("{line} patsweep:ignore")), [true, true]);
    assert_eq!(
        marked(format!("{line} patsweep:ignore={second}")),
        [false, true]
    );
    let both = format!("{line} patsweep:ignore={second} patsweep:ignore={first}");
    assert_eq!(marked(both), [true, true]);
    let next = format!("patsweep:ignore-next-line={first}\n{line}");
    assert_eq!(marked(next), [true, false]);
}

#[test]
fn encoded_tokens_are_covered_by_the_outer_line() {
    let token = mint::pat(1);
    let inner = format!("PAT={token} # patsweep:ignore\n");
    let base64 = BASE64.encode(format!("PAT={token}\n").as_bytes());
    let hex = HEXLOWER.encode(format!("PAT={token}\n").as_bytes());
    for outer in [&base64, &hex] {
        assert_eq!(marked(format!("k: {outer} # patsweep:ignore\n")), [true]);
        assert_eq!(
            marked(format!("# patsweep:ignore-next-line\nk: {outer}\n")),
            [true]
        );
        assert_eq!(marked(format!("k: {outer}\n# patsweep:ignore\n")), [false]);
    }
    // Nobody who reads the file sees this one.
    assert_eq!(marked(BASE64.encode(inner.as_bytes())), [false]);
    // Wrapped base64 stands on the line on which it starts.
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(60)
        .map(|it| std::str::from_utf8(it).unwrap())
        .collect();
    let wrapped = lines.join("\n");
    assert_eq!(
        marked(format!("# patsweep:ignore-next-line\n{wrapped}\n")),
        [true]
    );
}

#[test]
fn marks_in_utf16() {
    let token = mint::pat(1);
    for mark in [true, false] {
        let word = if mark {
            "patsweep:ignore"
        } else {
            "patsweep:ignored"
        };
        let next = if mark { "-next-line" } else { "-next" };
        for text in [
            format!("\u{feff}erste ä\r\nPAT={token} # {word}\r\nx"),
            format!("\u{feff}erste ä # patsweep:ignore{next}\r\nPAT={token}\r\n"),
            format!(
                "\u{feff}# patsweep:ignore{next}\n{}\n",
                BASE64.encode(token.as_bytes())
            ),
        ] {
            for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                let wide: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
                assert_eq!(marked(&wide), [mark], "{text:?}");
            }
        }
    }
}

#[test]
fn a_mark_is_looked_for_within_four_kib() {
    let token = mint::pat(1);
    let gap = |length: usize| ".".repeat(length);
    let mark = " patsweep:ignore ";
    for (distance, expected) in [
        (4 * KIB - mark.len(), true),
        (4 * KIB, false),
        (64 * KIB, false),
    ] {
        let behind = format!("{token}{}{mark}", gap(distance));
        let before = format!("{mark}{}{token}", gap(distance));
        assert_eq!(marked(behind), [expected], "{distance} behind");
        assert_eq!(marked(before), [expected], "{distance} before");
    }
    // A line whose start is farther away has no line before it.
    let line = |distance| format!("# patsweep:ignore-next-line\n{}{token}", gap(distance));
    assert_eq!(marked(line(4 * KIB)), [true]);
    assert_eq!(marked(line(4 * KIB + 1)), [false]);
}

#[test]
fn however_the_input_is_cut_marks_are_the_same() {
    let token = mint::pat(1);
    let texts = [
        format!("{token}{} # patsweep:ignore\n", ".".repeat(3 * KIB)),
        format!("# patsweep:ignore {}{token}\n", ".".repeat(3 * KIB)),
        format!(
            "# patsweep:ignore-next-line\n{}{token}\n",
            ".".repeat(3 * KIB)
        ),
    ];
    for text in &texts {
        for shift in [0, 1, 60, 3 * KIB, 3 * KIB + 60, 4 * KIB] {
            let filler: Vec<u8> = b"some words\n"
                .iter()
                .copied()
                .cycle()
                .take(WINDOW - shift)
                .collect();
            let input = [&filler[..], b"\n", text.as_bytes(), &filler].concat();
            let whole = found(&input);
            assert_eq!(whole.len(), 1);
            assert!(whole[0].ignored.is_some(), "{shift}");
            for size in [1000, 64 * KIB, WINDOW - 1] {
                let mut detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
                let mut all = Vec::new();
                detector.begin();
                for chunk in input.chunks(size) {
                    detector.chunk(chunk, &mut |candidate| all.push(candidate));
                }
                detector.end(&mut |candidate| all.push(candidate));
                assert_eq!(all, whole, "{shift} in chunks of {size}");
            }
        }
    }
}

#[test]
fn the_lines_of_a_mark_are_the_same_wherever_they_stand_and_no_others() {
    let (one, two) = (mint::pat(1), mint::pat(2));
    let known = |text: &str| ignored_lines(text.as_bytes(), &RuleSet::builtin(), Salt([0; 16]));
    let line = format!("a = {one} # patsweep:ignore\n");
    let here = known(&line);
    assert_eq!(here.len(), 1);
    assert_eq!(known(&format!("more\n\n{line}and more\n")), here);
    for other in [
        line.replace("a =", "b ="),
        line.replace(&one, &two),
        format!("# patsweep:ignore-next-line\na = {one}\n"),
    ] {
        let other = known(&other);
        assert_eq!(other.len(), 1);
        assert!(other.is_disjoint(&here));
    }
    assert!(known(&format!("a = {one}\n")).is_empty());
}

#[test]
fn a_finding_is_passed_over_only_where_all_its_places_are_marked() {
    let token = mint::pat(1);
    let marked = format!("{token} # patsweep:ignore\n");
    let world = World::with("a.env", marked.repeat(3));
    assert_eq!(world.run("scan").code, 0);
    assert_eq!(world.run("scan --no-inline-ignores").code, 1);
    world.write_config("[scan]\nno-inline-ignores = true\n");
    assert_eq!(world.run("scan").code, 1);
    assert_eq!(world.run("scan --no-config").code, 0);
    // One that is not marked, far behind those that are listed.
    world.write("a.env", marked.repeat(30) + &token);
    assert_eq!(world.run("scan --no-config --max-occurrences 2").code, 1);
    world.write("a.env", marked.repeat(30));
    assert_eq!(world.run("scan --no-config --max-occurrences 2").code, 0);
}

#[test]
fn in_history_a_mark_counts_for_the_blobs_that_have_it() {
    let token = mint::pat(1);
    let world = World::with("a.env", format!("{token} # patsweep:ignore\n"));
    repository(&world);
    world.write("a.env", format!("more\n{token} # patsweep:ignore\n"));
    commit(&world, "more");
    assert_eq!(world.run("scan").code, 0);
    world.write("a.env", format!("{token}\n"));
    commit(&world, "without");
    world.write("a.env", format!("{token} # patsweep:ignore\n"));
    commit(&world, "with");
    assert_eq!(world.run("scan").code, 1);
    assert_eq!(world.run("scan --no-history").code, 0);
}
