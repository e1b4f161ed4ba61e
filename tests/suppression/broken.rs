//! Baselines that cannot be used stop the run, and say where.

use patsweep::token::mint;

use crate::program::World;
use crate::{baseline, entry};

#[track_caller]
fn check(text: &str, expected: &str) {
    let token = mint::pat(1);
    let world = World::with("a.env", &token);
    world.write("known.json", text);
    for args in [
        "scan --baseline known.json",
        "baseline add --reason r --baseline known.json",
        "baseline prune --baseline known.json",
        "baseline explain --baseline known.json",
        "baseline check --baseline known.json",
    ] {
        let said = world.run(args);
        assert_eq!(
            (said.code, said.stdout.as_str(), said.stderr.as_str()),
            (2, "", expected),
            "{args}"
        );
        assert_eq!(world.read("known.json"), text, "{args}");
    }
}

#[test]
fn a_broken_one_is_said_with_line_and_column() {
    let good = baseline(&[entry(&mint::pat(1), "")]);
    let hint = "hint: mend that line, or take the file as it was in git\n";
    check(
        &good.replace("\"reason\":\"r\",", ""),
        &format!("error: known.json:2:52: missing field `reason`\n{hint}"),
    );
    let conflict = good.replace("null", "<<<<<<< HEAD\nnull");
    check(
        &conflict,
        &format!("error: known.json:3:1: expected value\n{hint}"),
    );
    // A token that was written there is not said again.
    let token = mint::pat(7);
    check(
        &good.replace("null", &format!("\"{token}\"")),
        &format!("error: known.json:3:86: a value is not what is needed there\n{hint}"),
    );
}

#[test]
fn one_of_a_later_version_is_not_read() {
    check(
        "{\"schema\":\"patsweep-baseline/2\",\"groups\":{}}",
        "error: known.json:1:31: it is of a later version: patsweep-baseline/2, and this program \
         reads patsweep-baseline/1\nhint: use the version of patsweep that wrote it, or a later one\n",
    );
}

#[test]
fn one_that_is_not_there_is_not_passed_over() {
    let world = World::with("a.env", mint::pat(1));
    let said = world.run("scan --baseline gone.json");
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert!(
        said.stderr
            .starts_with("error: cannot read the baseline gone.json\n"),
        "{}",
        said.stderr
    );
}
