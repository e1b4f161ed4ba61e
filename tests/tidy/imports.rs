//! Which room may import which, and which crates are confined to which rooms.

use super::tree::Tree;

/// Each room with those that it may import, beside itself.
const ROOMS: [(&str, &[&str]); 15] = [
    ("model", &[]),
    ("token", &["model"]),
    ("rules", &["model", "token"]),
    ("detect", &["model", "token", "rules"]),
    ("sources", &["model"]),
    ("triage", &["model", "token", "rules"]),
    ("report", &["model", "rules"]),
    ("providers", &["model", "token"]),
    ("verify", &["model", "token", "providers"]),
    ("policy", &["model"]),
    (
        "respond",
        &["model", "token", "policy", "verify", "providers"],
    ),
    (
        "scan",
        &[
            "model", "token", "rules", "detect", "sources", "triage", "report",
        ],
    ),
    ("gate", &["model", "token", "triage", "sources", "scan"]),
    ("handoff", &["model", "token", "rules", "sources", "scan"]),
    (
        "cli",
        &[
            "model",
            "token",
            "rules",
            "detect",
            "sources",
            "triage",
            "report",
            "providers",
            "verify",
            "policy",
            "respond",
            "scan",
            "gate",
            "handoff",
        ],
    ),
];

/// Crates with the rooms that they are confined to.
const CONFINED: [(&str, &[&str]); 44] = [
    ("crc32fast", &["token"]),
    ("sha1", &["gate"]),
    ("sha2", &["token", "respond"]),
    ("toml", &["rules", "verify", "cli"]),
    ("regex", &["rules", "detect"]),
    ("regex_syntax", &["rules"]),
    ("memchr", &["detect", "sources"]),
    ("base64_simd", &["detect"]),
    ("ignore", &["sources"]),
    ("flate2", &["sources", "detect", "report"]),
    ("rawzip", &["sources"]),
    ("tar", &["sources"]),
    ("bzip2", &["sources"]),
    ("liblzma", &["sources"]),
    ("zstd", &["sources"]),
    ("rayon", &["scan", "sources"]),
    (
        "serde",
        &[
            "rules",
            "token",
            "triage",
            "report",
            "providers",
            "verify",
            "respond",
            "gate",
            "handoff",
            "cli",
        ],
    ),
    (
        "serde_json",
        &[
            "token",
            "triage",
            "report",
            "providers",
            "verify",
            "respond",
            "gate",
            "handoff",
            "cli",
        ],
    ),
    ("serde_json_canonicalizer", &["respond"]),
    ("libdeflater", &["sources"]),
    ("reqwest", &["providers"]),
    ("lettre", &["providers"]),
    ("backon", &["providers"]),
    ("hmac", &["respond"]),
    ("rustls", &["providers"]),
    ("age", &["handoff"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("anstream", &["cli"]),
    ("ctrlc", &["cli"]),
    ("csv", &["report"]),
    ("quick_xml", &["report"]),
    ("getrandom", &["cli"]),
    ("libc", &["sources", "cli"]),
    ("git2", &["sources"]),
    ("gix_pack", &["sources"]),
    ("gix_hash", &["sources"]),
    ("gix_index", &["sources"]),
    ("gix_object", &["sources"]),
    ("gix_error", &["sources"]),
    ("gix_utils", &["sources"]),
    ("gix_zlib", &["sources"]),
];

/// What each import that is not allowed breaks.
fn violations(tree: &Tree) -> Vec<String> {
    let mut violations = Vec::new();
    for (path, code) in tree.sources() {
        let room = path.trim_start_matches("src/");
        let room = room.split(['/', '.']).next().unwrap_or(room);
        let allowed = ROOMS.iter().find(|(name, _)| *name == room);
        if allowed.is_none() && !matches!(room, "lib" | "main") {
            violations.push(format!("{path}: the room `{room}` is not in the table"));
        }
        for parts in code.paths() {
            let mut breach = |what: &str| {
                violations.push(format!("{path}: {what}: {}", parts.join("::")));
            };
            let first = parts[0].as_str();
            if first == "crate" {
                let other = parts[1].as_str();
                let is_room = ROOMS.iter().any(|(name, _)| *name == other);
                let may = match allowed {
                    Some((name, allowed)) => *name == other || allowed.contains(&other),
                    None => other == "cli",
                };
                if is_room && !may {
                    breach("an import that the table of rooms does not allow");
                }
            } else if let Some((_, rooms)) = CONFINED.iter().find(|(name, _)| *name == first)
                && !rooms.contains(&room)
            {
                breach("a crate outside the rooms that it is confined to");
            }
        }
    }
    violations.sort();
    violations.dedup();
    violations
}

#[test]
fn rooms_keep_to_their_table() {
    let tree = Tree::tracked();
    assert!(tree.sources().len() > 50, "the sources were not read");
    assert_eq!(violations(&tree), [""; 0]);
}

#[test]
fn a_planted_import_is_caught() {
    let check = |path: &str, text: &str, expected: &[&str]| {
        assert_eq!(violations(&Tree::of(path, text)), expected, "{text}");
    };
    let room = "an import that the table of rooms does not allow";
    let confined = "a crate outside the rooms that it is confined to";
    for (name, allowed) in ROOMS {
        for (other, _) in ROOMS {
            let path = format!("src/{name}/file.rs");
            let breach = format!("{path}: {room}: crate::{other}::Thing");
            let expected = [breach.as_str()];
            let may = name == other || allowed.contains(&other);
            let expected = if may { &[] } else { &expected[..] };
            check(&path, &format!("use crate::{other}::Thing;"), expected);
            check(&path, &format!("use crate::{{{other}::Thing}};"), expected);
            check(
                &path,
                &format!("fn f() {{ super::super::{other}::Thing; }}"),
                expected,
            );
        }
        for (crate_name, rooms) in CONFINED {
            let path = format!("src/{name}/mod.rs");
            let breach = format!("{path}: {confined}: {crate_name}::thing");
            let expected = [breach.as_str()];
            let expected = if rooms.contains(&name) {
                &[]
            } else {
                &expected[..]
            };
            check(
                &path,
                &format!("fn f() {{ {crate_name}::thing(); }}"),
                expected,
            );
        }
    }
    check("src/main.rs", "use patsweep::cli;", &[]);
    check(
        "src/main.rs",
        "use patsweep::scan::run;",
        &[&format!("src/main.rs: {room}: crate::scan::run")],
    );
    check(
        "src/extra/mod.rs",
        "",
        &["src/extra/mod.rs: the room `extra` is not in the table"],
    );
    check(
        "src/model/a.rs",
        "/// See [`crate::cli::run`].\nfn f() { \"crate::cli::run\"; }",
        &[],
    );
    check(
        "src/model/a.rs",
        "#[cfg(test)]\nmod tests { use crate::token::mint; }",
        &[],
    );
}
