//! The built-in files are complete, and the likeliest product comes first.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

#[test]
fn every_file_is_complete_and_built_in() {
    for (id, text) in FILES {
        Product::parse(id, text).unwrap();
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/consumers");
    let listed: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let embedded: BTreeSet<String> = FILES.iter().map(|(id, _)| format!("{id}.toml")).collect();
    assert_eq!(listed, embedded);
    assert!(FILES.is_sorted_by(|a, b| a.0 < b.0));
}

#[test]
fn a_planted_flaw_is_told_with_its_file_and_key() {
    let whole = FILES.iter().find(|(id, _)| *id == "renovate").unwrap().1;
    let check = |old: &str, new: &str, expected: &str| {
        assert!(whole.contains(old), "{old}");
        let broken = whole.replacen(old, new, 1);
        let error = Products::parse([("planted", broken.as_str())]).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        "name = ",
        "title = ",
        "planted.toml: unknown field `title`, expected one of `name`, `scopes`, `scopes_vary`, `keeps`, `rotate`, `lifetime`, `instead`, `source`, `read_on`, `found`",
    );
    check(
        "name = \"Renovate\"",
        "",
        "planted.toml: missing field `name`",
    );
    check(
        "name = \"Renovate\"",
        "name = \" \"",
        "planted.toml: `name`: empty",
    );
    check(
        "[found]",
        "[lost]",
        "planted.toml: unknown field `lost`, expected one of `name`, `scopes`, `scopes_vary`, `keeps`, `rotate`, `lifetime`, `instead`, `source`, `read_on`, `found`",
    );
    let scope = "planted.toml: `scopes`: not the name of a scope, without `vso.`";
    check("[\"code_write\"]", "[\"vso.code_write\"]", scope);
    check("[\"code_write\"]", "[\"code_wriet\"]", scope);
    check("[\"code_write\"]", "[]", "planted.toml: `scopes`: empty");
    check(
        "https://",
        "http://",
        "planted.toml: `source`: not an https address",
    );
    check(
        "2026-11-22",
        "22.11.2026",
        "planted.toml: `read_on`: not a day such as 2026-11-22",
    );
    check(
        "words = [",
        "words = [\"\", ",
        "planted.toml: `found.words`: empty",
    );
    check(
        "token\",\n]",
        "token.\",\n]",
        "planted.toml: `rotate`: a step that ends with a full stop",
    );
}

/// The ids and fits of the likely products.
fn likely(held: Option<&[&str]>, places: &[(&str, &str)]) -> Vec<String> {
    let held: Option<Vec<String>> = held.map(|held| held.iter().map(ToString::to_string).collect());
    let places: Vec<Place<'_>> = places
        .iter()
        .map(|(path, line)| Place::new(path, line))
        .collect();
    let likely = Products::built_in().likely(held.as_deref(), &places);
    assert!(likely.iter().all(|consumer| !consumer.why.is_empty()));
    let row = |consumer: &Consumer| format!("{} {}", consumer.id, consumer.fit.as_str());
    likely.iter().map(row).collect()
}

#[test]
fn scopes_alone_point_at_products_that_ask_for_just_these() {
    let check = |held: &[&str], expected: &[&str]| {
        assert_eq!(
            likely(Some(held), &[("notes.txt", "token=…")]),
            expected,
            "{held:?}"
        );
    };
    check(
        &["identity", "project", "serviceendpoint_manage", "work_full"],
        &["aggregator-cli exact"],
    );
    check(
        &[
            "code",
            "project",
            "analytics",
            "memberentitlementmanagement",
        ],
        &["snyk-essentials exact"],
    );
    check(
        &["code", "memberentitlementmanagement"],
        &["autorabit-arm exact"],
    );
    check(&["app_token"], &[]);
    check(&["code"], &["azure-sre-agent exact"]);
    check(&["code_write"], &["renovate exact", "snyk-broker exact"]);
    check(&["gallery_manage"], &["marketplace exact"]);
    check(&["agentpools_manage"], &["pipelines-agent exact"]);
    check(&["wiki_write"], &[]);
    check(&["code_write", "wiki"], &[]);
}

#[test]
fn the_place_decides_where_scopes_fit_several_or_are_not_known() {
    let packaging: Option<&[&str]> = Some(&["packaging"]);
    let npm = (
        "a/.npmrc",
        "//pkgs.dev.azure.com/o/_packaging/f/npm/registry/:_password=…",
    );
    let ranked = likely(packaging, &[npm]);
    assert_eq!(ranked[0], "artifacts-npm exact");
    assert_eq!(ranked.len(), 5);
    assert_eq!(likely(None, &[npm]), ["artifacts-npm unknown"]);
    assert_eq!(
        likely(Some(&["code"]), &[npm]),
        ["azure-sre-agent exact", "artifacts-npm lacking"]
    );
    assert_eq!(
        likely(
            Some(&["app_token"]),
            &[("infra/main.tf", "personal_access_token = \"…\"")]
        ),
        ["terraform superset"]
    );
    assert_eq!(
        likely(None, &[(".env", "AZP_TOKEN=…")]),
        ["pipelines-agent unknown"]
    );
    assert_eq!(
        likely(Some(&["code_write"]), &[("ci.yml", "AZURE_REPOS_TOKEN: …")]),
        ["snyk-broker exact", "renovate exact"]
    );
    assert_eq!(likely(None, &[("", "")]), [""; 0]);
    assert_eq!(likely(None, &[]), [""; 0]);
}

#[test]
fn the_reasons_are_told() {
    let place = Place::new("ci/mcp.json", "\"PERSONAL_ACCESS_TOKEN\": \"…\"");
    let held = ["work_write".to_owned()];
    let likely = Products::built_in().likely(Some(&held), &[place]);
    let reasons: Vec<&str> = likely[0].why.iter().map(String::as_str).collect();
    assert_eq!(
        reasons,
        [
            "it stands in mcp.json",
            "`PERSONAL_ACCESS_TOKEN` stands with it"
        ]
    );
    assert_eq!(likely[0].fit, ScopeFit::Unknown);
}
