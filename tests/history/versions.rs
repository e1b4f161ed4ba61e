//! Objects that are stored as changes of others are searched by these changes, and nothing else is
//! found than in objects that stand by themselves.

use std::collections::BTreeSet;

use data_encoding::BASE64;
use patsweep::token::mint;

use crate::program::list;
use crate::random::Random;
use crate::repo::{Repo, noise};

/// How many versions there are.
const VERSIONS: usize = 150;

/// A line that holds no token, as people write them.
fn line(random: &mut Random) -> String {
    let value = random.below(1 << 20);
    match random.below(6) {
        0 => format!("let x{value} = call({value});\n"),
        1 => format!("key{value}: \"value {value}\"\n"),
        2 => format!("# {value} é 中文\n"),
        3 => format!("    \"{}\",\n", noise(value as u64, 2).replace('\n', "")),
        4 => "\n".to_owned(),
        _ => format!("export A{value}=B{value}\n"),
    }
}

/// Halves of a token in one of its forms, to be joined by a later version, with what stands between.
fn halves(random: &mut Random) -> [String; 3] {
    let seed = random.next();
    let token = match random.below(3) {
        0 => mint::pat(seed),
        1 => mint::legacy_pat(seed),
        _ => BASE64.encode(format!(":{}:", mint::pat(seed)).as_bytes()),
    };
    let (head, tail) = token.split_at(1 + random.below(token.len() - 1));
    let between = random.one(&["\n", "=\n", " (", ";\n\n", "\n    ", "\u{0}", "a", "\n;\n"]);
    [head.to_owned(), between.to_owned(), tail.to_owned()]
}

/// Parts of a text after one more edit; what stands between halves is a part of its own.
fn edit(parts: &mut Vec<String>, random: &mut Random) {
    let at = random.below(parts.len());
    match random.below(5) {
        0 => parts.insert(at, line(random)),
        1 => {
            parts.remove(at);
        }
        2 => {
            // Perhaps what stands between two halves.
            let short = parts.iter().position(|part| part.len() < 5);
            parts.remove(short.unwrap_or(at));
        }
        3 => {
            let part = parts.remove(at);
            let to = random.below(parts.len() + 1);
            parts.insert(to, part);
        }
        _ => {
            parts.splice(at..at, halves(random));
        }
    }
    while parts.len() < 60 {
        parts.push(line(random));
    }
}

#[test]
fn what_is_packed_as_changes_gives_the_same() {
    let Some(repo) = Repo::new() else { return };
    let mut random = Random(1);
    let mut parts: Vec<_> = (0..60).map(|_| line(&mut random)).collect();
    let mut blobs = BTreeSet::new();
    for _ in 0..VERSIONS {
        edit(&mut parts, &mut random);
        blobs.insert(repo.blob(parts.concat()));
    }
    let loose = repo.scan("");
    let names: Vec<_> = blobs.iter().map(|blob| format!("{blob} text\n")).collect();
    let args = [
        "pack-objects",
        "-q",
        "--depth=500",
        "--window=50",
        ".git/objects/pack/pack",
    ];
    repo.git_on(&args, names.concat().as_bytes());
    repo.git(&["prune-packed", "-q"]);
    let index = repo.only("objects/pack", ".idx");
    let packed = repo.git(&["verify-pack", "-v", index.to_str().unwrap()]);
    let deltas = packed
        .lines()
        .filter(|line| line.split_whitespace().count() == 7);
    assert!(deltas.count() > blobs.len() / 2, "{packed}");
    assert!(list(&loose.report["findings"]).len() > 5);
    for jobs in ["-j 1", "-j 8"] {
        let said = repo.scan(jobs);
        assert_eq!(said.report["findings"], loose.report["findings"]);
        assert_eq!(said.report["coverage"], loose.report["coverage"]);
    }
}
