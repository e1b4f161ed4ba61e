//! What stands in no tracked file: tokens, and paths of the machine on which it was written.

use patsweep::detect::Detector;
use patsweep::rules::RuleSet;
use patsweep::token::{Salt, mint};

use super::tree::Tree;

/// The parents of people's home folders. In pieces, for this file is tracked too.
const HOMES: [&str; 3] = [
    concat!("/ho", "me/"),
    concat!("/Use", "rs/"),
    concat!(r"\Use", r"rs\"),
];

fn violations(tree: &Tree) -> Vec<String> {
    let mut detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
    let mut violations = Vec::new();
    for (path, bytes) in &tree.0 {
        detector.whole(bytes, &mut |candidate| {
            let line = candidate.position.map_or(0, |position| position.line);
            violations.push(format!("{path}:{line}: a token of {}", candidate.rule));
        });
        detector.name(path.as_bytes(), &mut |candidate| {
            violations.push(format!("{path}: a token of {} in its name", candidate.rule));
        });
        let text = String::from_utf8_lossy(bytes);
        for (number, line) in text.lines().enumerate() {
            if names_a_machine(line) {
                violations.push(format!("{path}:{}: a path of a machine", number + 1));
            }
        }
    }
    violations
}

/// Whether `line` has a path under somebody's home, or that of this very clone.
fn names_a_machine(line: &str) -> bool {
    let clone = env!("CARGO_MANIFEST_DIR");
    // A clone at `/src` proves nothing.
    let telling = clone.matches(['/', '\\']).count() >= 2;
    let somebody = HOMES.iter().any(|parent| {
        line.match_indices(parent).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let name = line[at + parent.len()..].chars().next();
            before.is_none_or(|c| !c.is_alphanumeric() && c != '.' && c != '~')
                && name.is_some_and(char::is_alphanumeric)
        })
    });
    somebody || (telling && line.contains(clone))
}

#[test]
fn no_tracked_file_has_a_token_or_a_machine_in_it() {
    let tree = Tree::tracked();
    assert!(tree.0.contains_key("Cargo.toml"), "the files were not read");
    assert_eq!(violations(&tree), [""; 0]);
}

#[test]
fn a_planted_one_is_caught() {
    let check = |path: &str, text: &str, expected: &[&str]| {
        assert_eq!(violations(&Tree::of(path, text)), expected, "{path}");
    };
    let encoded = data_encoding::BASE64.encode(format!(":{}", mint::legacy_pat(1)).as_bytes());
    check(
        "docs/a.md",
        &format!("x\n{}", mint::pat(1)),
        &["docs/a.md:2: a token of azure-devops-pat"],
    );
    check(
        "a.toml",
        &encoded,
        &["a.toml:1: a token of azure-devops-pat-legacy"],
    );
    let name = mint::app_secret(1);
    check(
        &name,
        "",
        &[&format!(
            "{name}: a token of azure-devops-app-secret in its name"
        )],
    );
    for home in HOMES {
        check(
            "a.rs",
            &format!("\"{home}anna/src\""),
            &["a.rs:1: a path of a machine"],
        );
        check("a.rs", &format!("\"{home}{{name}}\" {home}\n"), &[]);
    }
    check(
        "a.rs",
        concat!("\n", env!("CARGO_MANIFEST_DIR")),
        &["a.rs:2: a path of a machine"],
    );
}
