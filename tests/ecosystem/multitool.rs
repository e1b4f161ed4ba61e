//! SARIF, as Microsoft's validator judges it by the rules of the format and of GitHub Advanced
//! Security.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use patsweep::token::mint;
use serde_json::Value;

use crate::registry::npm;
use crate::repo::Repo;

const VALIDATOR: &str = "@microsoft/sarif-multitool-linux@5.7.0";

/// The validator, if this machine can run it.
fn validator() -> Option<PathBuf> {
    let program = npm(VALIDATOR)?.join("@microsoft/sarif-multitool-linux/Sarif.Multitool");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    let version = Command::new(&program)
        .arg("--version")
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .output();
    if version.is_err() {
        println!("skipped: {VALIDATOR} does not run on this system");
        return None;
    }
    Some(program)
}

/// What the validator calls an error in the log at `path`. Its exit code is 0 whatever it finds.
fn errors(validator: &Path, path: &Path) -> Vec<String> {
    let judged = path.with_extension("judged");
    let output = Command::new(validator)
        .args(["validate", "--rule-kind", "Sarif;Ghas", "-o"])
        .args([&judged, path])
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .output()
        .expect("it starts");
    let read = fs::read(&judged).unwrap_or_else(|_| panic!("no judgement: {output:?}"));
    let judgement: Value = serde_json::from_slice(&read).expect("a log");
    let results = judgement["runs"][0]["results"].as_array();
    results
        .into_iter()
        .flatten()
        .filter(|result| result["level"] == "error")
        .map(|result| format!("{} {}", result["ruleId"], result["message"]))
        .collect()
}

#[test]
fn the_validator_finds_no_error() {
    let Some(validator) = validator() else { return };
    let repo = Repo::begun();
    let golden = include_str!("../report/golden/full.sarif");
    let golden = repo.write("golden.sarif", golden.replace("{VERSION}", "1.2.3"));
    assert_eq!(errors(&validator, &golden), Vec::<String>::new());

    // It does find some.
    let wrong = fs::read_to_string(&golden)
        .expect("it")
        .replace("\"uri\": \"conf", "\"uri\": \"c f:");
    let wrong = repo.write("wrong.sarif", wrong.replace("shortDescription", "short"));
    assert_ne!(errors(&validator, &wrong), Vec::<String>::new());

    // A repository with history, hostile names, members of archives, and what was not read.
    repo.write(
        "conf/a b {0} [x](y)%41#?.env",
        format!("PAT={}\n", mint::pat(1)),
    );
    repo.write("old", format!("{}\n", mint::legacy_pat(2)));
    repo.write("cut.gz", [0x1f, 0x8b, 8, 0, 0]);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", &format!("a token: {}", mint::pat(3))]);
    repo.git(&["rm", "-q", "old"]);
    repo.git(&["commit", "-q", "-m", "take it out"]);
    let said = repo.patsweep("scan -f sarif -o ../scan.sarif .");
    assert_eq!(said.code, 1, "{said:?}");
    let scan = repo.root().join("scan.sarif");
    let log: Value = serde_json::from_slice(&fs::read(&scan).expect("a log")).expect("JSON");
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(3));
    assert_eq!(errors(&validator, &scan), Vec::<String>::new());
    // Pieces of one that is too large.
    let tokens: Vec<String> = (0..5_001).map(mint::pat).collect();
    repo.write("tokens", tokens.join("\n"));
    let said = repo.patsweep("scan -f sarif -o ../large.sarif tokens");
    assert_eq!(said.code, 1, "{said:?}");
    for piece in ["large.1.sarif", "large.2.sarif"] {
        let errors = errors(&validator, &repo.root().join(piece));
        assert_eq!(errors, Vec::<String>::new(), "{piece}");
    }
    // One without anything.
    let said = repo.patsweep("scan -f sarif -o ../clean.sarif README");
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(
        errors(&validator, &repo.root().join("clean.sarif")),
        Vec::<String>::new()
    );
}
