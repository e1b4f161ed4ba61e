//! The detector agrees with a naive twin, on random bytes and on soups made to mislead it.

mod naive;
mod soup;
mod versions;

use std::collections::BTreeSet;

use patsweep::detect::Detector;
use patsweep::rules::RuleSet;
use patsweep::token::Salt;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use naive::Sighting;
use soup::{Piece, soup};

/// Bytes at the start of every input, so that positions count its bytes and not the characters
/// of UTF-16.
const START: &[u8] = b"no byte order mark\n";

/// Of the random number generator.
const SEED: u64 = 1;

fn detected(bytes: &[u8]) -> BTreeSet<Sighting> {
    let mut detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
    let mut all = BTreeSet::new();
    detector.whole(bytes, &mut |candidate| {
        let offset = candidate.position.expect("a place").offset as usize;
        all.insert(Sighting::anywhere(candidate.secret.expose()));
        if candidate.encodings.is_empty() {
            all.insert(Sighting::plain(candidate.secret.expose(), offset));
        }
    });
    all
}

fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let (found, expected) = (detected(bytes), naive::find(bytes));
    prop_assert_eq!(
        &found,
        &expected,
        "in {}\nonly detected: {:?}\nonly naive: {:?}",
        bytes.escape_ascii(),
        found.difference(&expected).collect::<Vec<_>>(),
        expected.difference(&found).collect::<Vec<_>>(),
    );
    Ok(())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(cases, |n| n.parse().unwrap_or(cases)),
        // The same soups in every run. `PROPTEST_RNG_SEED` sets another.
        rng_seed: match std::env::var("PROPTEST_RNG_SEED") {
            Ok(seed) => RngSeed::Fixed(seed.parse().expect("a number")),
            Err(_) => RngSeed::Fixed(SEED),
        },
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

fn input(pieces: &[Piece]) -> Vec<u8> {
    let mut bytes = START.to_vec();
    for piece in pieces {
        piece.write(&mut bytes);
    }
    bytes
}

proptest! {
    #![proptest_config(config(1_500))]

    #[test]
    fn on_soups(pieces in soup()) {
        agree(&input(&pieces))?;
    }

    #[test]
    fn on_random_bytes(noise in prop::collection::vec(any::<u8>(), 0..2_000)) {
        agree(&[START, &noise].concat())?;
    }

    #[test]
    fn on_random_characters(
        noise in prop_oneof![
            "[a-z2-7]{0,1500}",
            "[aq]{0,1500}",
            "[A-Za-z0-9+/]{0,1500}",
            "[A-Za-z0-9_-]{0,1500}",
            "[0-9a-f]{0,1500}",
            "([a-z2-7]{40,60}[\\n =.]){0,20}",
            "([A-Za-z0-9+/]{76}\r?\n){0,20}",
        ]
    ) {
        agree(&[START, noise.as_bytes()].concat())?;
    }
}

/// What is decoded around a soft break ends within strings in code, the last of which was too long
/// to be joined with the others before it was cut.
#[test]
fn on_lines_cut_behind_a_soft_break() {
    use soup::{Encoding, Kind};
    let encoded =
        |columns, gap, inner| Piece::Encoded(Encoding::Base64Wrapped(columns, gap), inner);
    let token = Piece::Token;
    let escaped = vec![
        Piece::Text(" "),
        token(Kind::PatLong, 1),
        Piece::Text("\r\n"),
    ];
    let strings = vec![
        Piece::Text("some text, "),
        encoded(76, "\\\\r\\\\n", escaped),
    ];
    let lines = vec![token(Kind::Oauth, 0), encoded(76, "\",\n    \"", strings)];
    let pieces = [
        Piece::Encoded(
            Encoding::QuotedPrintable("=\r\n"),
            vec![token(Kind::Pat, 0)],
        ),
        encoded(60, "\n", lines),
        Piece::Encoded(Encoding::Base64, vec![token(Kind::Pat, 2)]),
    ];
    agree(&input(&pieces)).expect("they agree");
}

/// The twin itself finds what it should, or its agreement would mean little.
#[test]
fn the_twin_finds_every_form() {
    use soup::{Encoding, Kind};
    for kind in Kind::ALL {
        for encoding in Encoding::ALL {
            let token = Piece::Token(kind, 7);
            let secret = Sighting::anywhere(&token.bytes());
            let wrapped = Piece::Encoded(
                encoding,
                vec![Piece::Text("some text, "), token, Piece::Text(" and more")],
            );
            let found = naive::find(&input(&[wrapped]));
            assert!(
                found.contains(&secret),
                "{kind:?} in {encoding:?}: {found:?}"
            );
        }
    }
}
