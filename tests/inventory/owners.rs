//! Whose tokens are listed, in which order, and when that ends.

use crate::bench::{Bench, leak, told};
use crate::service::Issued;

#[test]
fn a_likely_owner_is_listed_and_nobody_else() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("noor", token), "--auth pat");
    assert_eq!(run.settled(token), told("live", "inventory"));
    assert_eq!(bench.asked(), ["list 7.2-preview.1", "users"]);
}

#[test]
fn likely_owners_come_first_of_everybody_too() {
    let bench = Bench::administrator();
    bench.order("/_apis/", "small-pages", u64::MAX);
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("noor", token), "--auth pat --inventory full");
    assert_eq!(run.settled(token), told("live", "inventory"));
    // She stands on the first page of four, and has two tokens there.
    assert_eq!(bench.asked(), ["list 7.2-preview.1", "users"]);
}

#[test]
fn nobody_near_the_token_is_nobody_to_list() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    let line = format!(
        "AZURE_DEVOPS_EXT_PAT={} # dev.azure.com/contoso\n",
        token.token
    );
    let run = bench.verify(&line, "--auth pat");
    assert_eq!(run.settled(token), told("live", "connection_data"));
    assert_eq!(
        run.attempts(token)[0],
        (
            "inventory".to_owned(),
            "not_attempted".to_owned(),
            "nobody is known who is likely to own it".to_owned()
        )
    );
    assert_eq!(bench.asked(), ["connectionData contoso"]);
    assert!(
        run.stderr.contains("; --inventory full lists everybody"),
        "{}",
        run.stderr
    );
}

#[test]
fn an_unlikely_owner_is_not_found() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("lidia", token), "--auth pat --no-probe");
    assert_eq!(run.settled(token), told("not_in_inventory", "inventory"));
    assert_eq!(
        run.attempts(token)[0].2,
        "not in it: 1 list of likely owners read"
    );
    assert!(!bench.was_presented(token));
}

#[test]
fn everybody_is_listed_page_by_page() {
    let bench = Bench::administrator();
    bench.order("/_apis/", "small-pages", u64::MAX);
    bench.order("/_apis/", "zero-continuation", u64::MAX);
    let token = bench.fake.token("revoked");
    let run = bench.verify(&leak("build", token), "--auth pat --inventory full");
    assert_eq!(run.settled(token), told("revoked", "inventory"));
    let asked = bench.asked();
    let users = asked.iter().filter(|it| *it == "users").count();
    assert_eq!(users, 4, "{asked:?}");
    assert!(!bench.was_presented(token));
}

#[test]
fn all_c3ids_found_end_it_at_every_organisation() {
    let bench = Bench::administrator();
    // A global token that stands with two organisations: the first one settles it.
    let token = bench
        .fake
        .tokens
        .iter()
        .filter(|it| it.state == "active")
        .nth(2);
    let token = token.expect("a global token");
    let elsewhere = leak("jonas", token).replace("contoso", "northwind");
    let run = bench.verify(&(leak("jonas", token) + &elsewhere), "--auth pat");
    assert_eq!(run.settled(token), told("live", "inventory"));
    assert_eq!(run.finding(token)["verification"]["pat"]["global"], true);
    assert_eq!(bench.asked(), ["list 7.2-preview.1", "users"]);
}

/// A repository in the home in which somebody leaked `token` without a word of whose it is.
fn committed(bench: &Bench, token: &Issued) {
    let folder = bench.path("repository");
    let repository = git2::Repository::init(&folder).expect("a repository");
    let line = format!("pat = {} # https://dev.azure.com/contoso\n", token.token);
    std::fs::write(folder.join("a.env"), line).expect("a file");
    let mut index = repository.index().expect("an index");
    index
        .add_path(std::path::Path::new("a.env"))
        .expect("an entry");
    let tree = index.write_tree().expect("a tree");
    let tree = repository.find_tree(tree).expect("a tree");
    let author = git2::Signature::now("N. V.", "noor@contoso.example").expect("an author");
    repository
        .commit(Some("HEAD"), &author, &author, "begin", &tree, &[])
        .expect("a commit");
}

#[test]
fn an_author_of_a_commit_is_a_likely_owner() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    committed(&bench, token);
    let run = bench.patsweep("scan repository --verify -f json --auth pat --no-probe", "");
    assert_eq!(
        run.settled(token),
        told("live", "inventory"),
        "{}",
        run.stderr
    );
    assert_eq!(bench.asked(), ["list 7.2-preview.1", "users"]);
}

#[test]
fn a_report_names_the_authors_of_commits_too() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    committed(&bench, token);
    let run = bench.plain("scan repository -f json -o report.json");
    assert_eq!(run.code, 1, "{}", run.stderr);
    // Neither the value nor an organisation is at hand, and neither is needed.
    let run = bench.patsweep(
        "verify --from report.json --auth pat --org contoso -f json",
        "",
    );
    assert_eq!(
        run.settled(token),
        told("live", "inventory"),
        "{}",
        run.stderr
    );
    assert_eq!(
        run.finding(token)["verification"]["value_from"],
        "inventory"
    );
    assert_eq!(bench.asked(), ["list 7.2-preview.1", "users"]);
    let run = bench.patsweep("verify --from report.json --auth pat --org contoso", "");
    assert!(!run.stdout.contains("no known commit"), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("N. V. <noor@contoso.example>  \"begin\""),
        "{}",
        run.stdout
    );
}
