//! A version of a text is searched by its changes alone, and what is found is the same.

use std::cell::Cell;
use std::ops::Range;

use patsweep::detect::Detector;
use patsweep::model::Version;
use patsweep::rules::RuleSet;
use patsweep::token::Salt;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use super::soup::{Piece, soup};
use super::{config, input};

/// What stands in a text where another version is cut.
const GLUE: &[&str] = &[
    "",
    "",
    " ",
    "\n",
    "(",
    ";",
    "é",
    ".",
    "a",
    "7",
    "=",
    "\"",
    "some <text>, ",
    "\\n",
    "/",
];

/// A place to cut a text, what stands there in the one before, and whether what follows does.
type Cut = (Index, &'static str, bool);

fn cuts() -> impl Strategy<Value = Vec<Cut>> {
    let cut = (
        any::<Index>(),
        prop::sample::select(GLUE),
        prop::bool::weighted(0.7),
    );
    prop::collection::vec(cut, 1..8)
}

/// A text before the edits that lead to `bytes`, and where these differ from it.
fn before(bytes: &[u8], cuts: &[Cut]) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut cuts: Vec<_> = cuts
        .iter()
        .map(|(at, glue, kept)| (at.index(bytes.len() + 1), *glue, *kept))
        .collect();
    cuts.sort_unstable();
    let first = cuts.first().map_or(bytes.len(), |cut| cut.0);
    let mut before = bytes[..first].to_vec();
    let mut changes: Vec<Range<usize>> = Vec::new();
    let ends = cuts.iter().skip(1).map(|cut| cut.0).chain([bytes.len()]);
    for (&(start, glue, is_kept), end) in cuts.iter().zip(ends) {
        before.extend(glue.bytes());
        let change = if is_kept {
            before.extend(&bytes[start..end]);
            start..start
        } else {
            start..end
        };
        match changes.last_mut() {
            Some(last) if last.end == change.start => last.end = change.end,
            _ => changes.push(change),
        }
    }
    (before, changes)
}

/// Whether the version is clean, and what is found in it and where.
fn search(detector: &mut Detector, version: Version<'_>) -> (bool, Vec<(Vec<u8>, u64)>) {
    let mut found = Vec::new();
    let is_clean = detector.version(version, &mut |candidate| {
        let offset = candidate.position.expect("a place").offset;
        found.push((candidate.secret.expose().to_vec(), offset));
    });
    (is_clean, found)
}

/// Whether the changes told anything: the text before them was clean; and then whether anything is
/// found with them.
fn agree(pieces: &[Piece], cuts: &[Cut]) -> Result<Option<bool>, TestCaseError> {
    let bytes = input(pieces);
    let (before, changes) = before(&bytes, cuts);
    let mut detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
    if !search(&mut detector, Version::first(&before)).0 {
        return Ok(None);
    }
    let version = Version {
        bytes: &bytes,
        changes: Some(&changes),
    };
    let found = search(&mut detector, version);
    let expected = search(&mut detector, Version::first(&bytes));
    let (text, text_before) = (bytes.escape_ascii(), before.escape_ascii());
    prop_assert_eq!(
        &found,
        &expected,
        "{}\nof {}\n{:?}",
        text,
        text_before,
        changes
    );
    prop_assert!(!found.0 || found.1.is_empty());
    Ok(Some(!found.1.is_empty()))
}

#[test]
fn by_their_changes() {
    let (clean, telling) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(config(10_000));
    let run = runner.run(&(soup(), cuts()), |(pieces, cuts)| {
        if let Some(is_telling) = agree(&pieces, &cuts)? {
            clean.set(clean.get() + 1);
            telling.set(telling.get() + u32::from(is_telling));
        }
        Ok(())
    });
    if let Err(error) = run {
        panic!("{error}");
    }
    let (clean, telling) = (clean.get(), telling.get());
    assert!(
        clean > 500 && telling > 100,
        "{clean} clean, {telling} telling"
    );
}

/// What spans more than one window is searched as a whole, and nothing is built on it.
#[test]
fn large_ones_as_a_whole() {
    let token = patsweep::token::mint::pat(1);
    let large = format!("{token};{}", "text ".repeat(1 << 18));
    let mut detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
    let version = Version {
        bytes: large.as_bytes(),
        changes: Some(&[]),
    };
    let (is_clean, found) = search(&mut detector, version);
    assert_eq!((is_clean, found.len()), (false, 1));
    let clean = &large.as_bytes()[token.len()..];
    assert!(!search(&mut detector, Version::first(clean)).0);
}
