//! What source files keep to: who may see secrets, how long they are, and how they fail.

use super::code::Code;
use super::tree::{Tree, is_source};

/// The files that may ask a secret for its bytes, and why.
const EXPOSERS: [(&str, &str); 12] = [
    (
        "src/detect/search.rs",
        "tells apart two tokens at one place",
    ),
    (
        "src/providers/entra/mod.rs",
        "tells whether the administrator's credential has leaked",
    ),
    (
        "src/providers/http.rs",
        "presents a credential to its issuer",
    ),
    (
        "src/providers/scrub.rs",
        "takes it out of what the service answers",
    ),
    (
        "src/providers/notify/smtp.rs",
        "signs in to the server that takes mail",
    ),
    (
        "src/providers/notify/webhook.rs",
        "posts to an address that is a secret",
    ),
    (
        "src/respond/notify/signature.rs",
        "signs posts, and names secret addresses by a hash",
    ),
    (
        "src/gate/import/matching.rs",
        "compares it with what another scanner tells of it",
    ),
    ("src/handoff/recall.rs", "asks what kind of token it is"),
    (
        "src/handoff/sealed.rs",
        "seals it for the recipients of --seal",
    ),
    ("src/report/redact.rs", "looks for what must not leave"),
    (
        "src/report/view.rs",
        "writes it out where --show-secrets asks for it",
    ),
];

/// The files that may end the process, and why.
const ENDERS: [(&str, &str); 1] = [(
    "src/cli/interrupt.rs",
    "a second Ctrl-C, when the first hangs",
)];

/// Lines of a source file, at most.
const MAX_LINES: usize = 500;

/// Names that say nothing.
const EMPTY_NAMES: [&str; 7] = [
    "common", "helper", "helpers", "misc", "shared", "util", "utils",
];

fn violations(tree: &Tree) -> Vec<String> {
    let mut violations = Vec::new();
    for (path, bytes) in &tree.0 {
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        if is_source(path) && lines >= MAX_LINES {
            violations.push(format!("{path}: {lines} lines"));
        }
        let parts = path
            .strip_prefix("src/")
            .into_iter()
            .flat_map(|path| path.split('/'));
        for part in parts.map(|part| part.trim_end_matches(".rs")) {
            if EMPTY_NAMES.contains(&part) {
                violations.push(format!("{path}: `{part}` says nothing"));
            }
        }
    }
    let ended = ["process", "exit"].map(str::to_owned);
    for (path, code) in tree.sources() {
        let mut breach = |what: &str| violations.push(format!("{path}: {what}"));
        let defines = path == "src/model/secret.rs";
        let exposes = code.says(&["expose", "("]) || code.says(&["::", "expose"]);
        if exposes && !defines && EXPOSERS.iter().all(|(exposer, _)| *exposer != path) {
            breach("exposes a secret");
        }
        if code.says(&["unwrap", "("]) {
            breach("unwraps");
        }
        let ends = code.paths().iter().any(|path| path.ends_with(&ended));
        if ends && ENDERS.iter().all(|(ender, _)| *ender != path) {
            breach("ends the process");
        }
        if fails_with_a_string(&code) {
            breach("an error that is a string");
        }
    }
    violations
}

/// Whether `Result<_, String>` stands anywhere.
fn fails_with_a_string(code: &Code) -> bool {
    let starts = code.tokens.windows(2).enumerate();
    let mut starts = starts.filter(|(_, pair)| pair[0] == "Result" && pair[1] == "<");
    starts.any(|(at, _)| {
        let mut depth = 0i32;
        let mut previous = ("", "");
        for (index, token) in code.tokens[at + 1..].iter().enumerate() {
            // The `>` of `->` closes nothing.
            let closes = token == ">" && code.tokens[at + index] != "-";
            match token.as_str() {
                "<" | "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                _ if closes => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return previous == (",", "String");
            }
            previous = (previous.1, token);
        }
        false
    })
}

#[test]
fn sources_keep_to_the_style() {
    assert_eq!(violations(&Tree::tracked()), [""; 0]);
}

#[test]
fn the_list_of_exposers_is_no_longer_than_needed() {
    let tree = Tree::tracked();
    for (path, code) in tree.sources() {
        let listed = EXPOSERS.iter().any(|(exposer, _)| *exposer == path);
        assert!(
            !listed || code.says(&["expose", "("]),
            "{path} exposes nothing"
        );
    }
}

#[test]
fn a_planted_breach_is_caught() {
    let check = |path: &str, text: &str, expected: &[&str]| {
        assert_eq!(violations(&Tree::of(path, text)), expected, "{text}");
    };
    check(
        "src/cli/a.rs",
        "fn f(s: &Secret) { s.expose(); }",
        &["src/cli/a.rs: exposes a secret"],
    );
    check(
        "src/cli/a.rs",
        "fn f() { all.map(Secret::expose) }",
        &["src/cli/a.rs: exposes a secret"],
    );
    check(
        "src/report/view.rs",
        "fn f(s: &Secret) { s.expose(); }",
        &[],
    );
    check(
        "src/cli/a.rs",
        "fn f() { x.unwrap(); }",
        &["src/cli/a.rs: unwraps"],
    );
    check("src/cli/a.rs", "fn f() { x.unwrap_or(1); }", &[]);
    check(
        "src/cli/a.rs",
        "// x.unwrap()\n#[cfg(test)]\nmod tests { fn f() { x.unwrap(); } }",
        &[],
    );
    check(
        "src/cli/a.rs",
        "fn f() { std::process::exit(2) }",
        &["src/cli/a.rs: ends the process"],
    );
    check(
        "src/cli/a.rs",
        "use std::process::exit;",
        &["src/cli/a.rs: ends the process"],
    );
    let string = ["src/cli/a.rs: an error that is a string"];
    check("src/cli/a.rs", "fn f() -> Result<(), String> {}", &string);
    check(
        "src/cli/a.rs",
        "fn f() -> io::Result<Vec<fn() -> u8>, String> {}",
        &string,
    );
    check("src/cli/a.rs", "fn f() -> Result<String, Error> {}", &[]);
    check(
        "src/cli/a.rs",
        "fn f() -> Result<Map<u8, String>, Error> {}",
        &[],
    );
    check(
        "src/cli/a.rs",
        &"\n".repeat(500),
        &["src/cli/a.rs: 500 lines"],
    );
    check("src/cli/a.rs", &"\n".repeat(499), &[]);
    check(
        "src/cli/utils.rs",
        "",
        &["src/cli/utils.rs: `utils` says nothing"],
    );
    check(
        "src/helpers/mod.rs",
        "",
        &["src/helpers/mod.rs: `helpers` says nothing"],
    );
}
