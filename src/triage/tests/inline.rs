//! Marks count where every sighting has one that is trusted.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::model::{Candidate, IgnoreMark, Proof, Summary};
use crate::triage::{InlineIgnores, Interrupted, Triage};

use super::{Sighting, report, sighting};

/// The same sighting with a mark beside it.
fn ignored((origin, candidate): Sighting) -> Sighting {
    let candidate = Candidate {
        ignored: Some(IgnoreMark { lines: [7; 32] }),
        ..candidate
    };
    (origin, candidate)
}

/// The same sighting by a user's rule.
fn by_another_rule((origin, candidate): Sighting) -> Sighting {
    let candidate = Candidate {
        rule: "acme".into(),
        proof: Proof::Shape,
        ..candidate
    };
    (origin, candidate)
}

#[test]
fn a_token_is_passed_over_where_every_sighting_of_every_place_is_marked() {
    let at = |line| sighting('a', "f", line);
    let check = |max_occurrences, sightings: &[Sighting], expected: bool| {
        for turn in 0..sightings.len() {
            let mut sightings = sightings.to_vec();
            sightings.rotate_left(turn);
            let report = report(max_occurrences, &sightings);
            let is_suppressed = report.findings[0].suppressed.is_some();
            assert_eq!(is_suppressed, expected, "{turn}: {report:?}");
        }
    };
    check(9, &[ignored(at(1)), ignored(at(2)), ignored(at(1))], true);
    check(9, &[ignored(at(1)), at(2), ignored(at(3))], false);
    // Those that are not listed count, too.
    check(1, &[ignored(at(1)), ignored(at(2)), at(3)], false);
    // A mark may be meant for one of two rules.
    let other = by_another_rule(at(1));
    check(9, &[ignored(at(1)), other.clone(), ignored(at(2))], false);
    check(9, &[ignored(at(1)), ignored(other)], true);
}

#[test]
fn only_marks_that_are_trusted_count() {
    let suppressed = |trusted: InlineIgnores| {
        let mut triage = Triage::new(NonZeroUsize::MIN);
        triage.trust(trusted);
        let (origin, candidate) = ignored(sighting('a', "f", 1));
        triage.add(origin, candidate);
        let report = triage.finish(Vec::new(), Summary::default(), Interrupted::No);
        let finding = &report.findings[0];
        assert_eq!(
            finding.occurrences[0].is_ignored,
            finding.suppressed.is_some()
        );
        finding.suppressed.is_some()
    };
    let known = |lines: &[u8]| {
        let lines = lines.iter().map(|&byte| [byte; 32]);
        InlineIgnores::Known(Arc::new(lines.collect()))
    };
    assert!(suppressed(InlineIgnores::All));
    assert!(!suppressed(InlineIgnores::Off));
    assert!(suppressed(known(&[6, 7])));
    assert!(!suppressed(known(&[6, 8])));
}
