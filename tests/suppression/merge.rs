//! Baselines of two branches, merged by git.

use patsweep::token::mint;

use crate::program::World;
use crate::{baseline, commit, entry, git, git_ok, repository};

const FILE: &str = ".patsweep-baseline.json";

/// The entries of five tokens, sorted.
fn entries() -> [String; 5] {
    let mut lines = [1, 2, 3, 4, 5].map(|seed| entry(&mint::pat(seed), ""));
    lines.sort();
    lines
}

/// A repository that starts with `base`, in which two branches bring `ours` and `theirs`; whether
/// they merge.
fn merge(
    base: Option<&[String]>,
    ours: &[String],
    theirs: &[String],
    is_union: bool,
) -> (World, bool) {
    let world = World::with("README", "x\n");
    if is_union {
        world.write(".gitattributes", format!("{FILE} merge=union\n"));
    }
    if let Some(base) = base {
        world.write(FILE, baseline(base));
    }
    repository(&world);
    git_ok(&world, &["checkout", "-q", "-b", "topic"]);
    world.write(FILE, baseline(theirs));
    commit(&world, "theirs");
    git_ok(&world, &["checkout", "-q", "main"]);
    world.write(FILE, baseline(ours));
    commit(&world, "ours");
    let merged = git(&world, &["merge", "-q", "-m", "merge", "topic"]).code == 0;
    (world, merged)
}

#[test]
#[expect(clippy::many_single_char_names, reason = "they are sorted")]
fn entries_at_different_places_merge_cleanly() {
    let [a, b, c, d, e] = entries();
    let pick = |lines: &[&String]| lines.iter().map(|&it| it.clone()).collect::<Vec<_>>();
    // One is added at the end and another at the start: no comma is in the way.
    let base = pick(&[&b, &c, &d]);
    let ours = pick(&[&a, &b, &c, &d]);
    let theirs = pick(&[&b, &c, &d, &e]);
    let (world, merged) = merge(Some(&base), &ours, &theirs, false);
    assert!(merged);
    assert_eq!(world.read(FILE), baseline(&pick(&[&a, &b, &c, &d, &e])));
    // The last one is taken away while the first is added.
    let theirs = pick(&[&b, &c]);
    let (world, merged) = merge(Some(&base), &ours, &theirs, false);
    assert!(merged);
    assert_eq!(world.read(FILE), baseline(&pick(&[&a, &b, &c])));
}

#[test]
fn entries_at_one_place_need_the_attribute() {
    let [a, b, c, d, _] = entries();
    let base = [a.clone(), d.clone()];
    let ours = [a.clone(), c.clone(), d.clone()];
    let theirs = [a.clone(), b.clone(), d.clone()];
    assert!(!merge(Some(&base), &ours, &theirs, false).1);
    for base in [Some(&base[..]), None] {
        let (world, merged) = merge(base, &ours, &theirs, true);
        assert!(merged);
        // All are there, in whatever order, and the next `add` or `prune` sorts them.
        let mut lines: Vec<String> = world.read(FILE).lines().map(str::to_owned).collect();
        lines.sort();
        let mut expected: Vec<String> = baseline(&[a.clone(), b.clone(), c.clone(), d.clone()])
            .lines()
            .map(str::to_owned)
            .collect();
        expected.sort();
        assert_eq!(lines, expected);
        let tokens: String = [1, 2, 3, 4, 5].map(|seed| mint::pat(seed) + "\n").concat();
        world.write("a.env", tokens);
        let said = world.run("scan --no-history --baseline .patsweep-baseline.json -f json");
        assert_eq!(
            (
                said.code,
                said.stdout.matches("\"by\": \"baseline\"").count()
            ),
            (1, 4)
        );
        world.run("baseline prune");
        assert_eq!(
            world.read(FILE),
            baseline(&[a.clone(), b.clone(), c.clone(), d.clone()])
        );
    }
}
