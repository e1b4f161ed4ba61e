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
    // It told itself whose it is: nothing is open that another list would settle.
    let note = "--inventory full lists everybody";
    assert!(!run.stderr.contains(note), "{}", run.stderr);
    let token = bench.fake.token("unknown");
    let line = line.replace(&bench.fake.token("active").token, &token.token);
    let run = bench.verify(&line, "--auth pat");
    assert!(run.stderr.contains(note), "{}", run.stderr);
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
    let run = bench.patsweep(
        "scan repository --verify -f json --auth pat --org contoso --no-probe",
        "",
    );
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
    let run = bench.plain("scan repository -f json -o report.json", "");
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

/// Whoever writes a text that is scanned must not have the administrator's credential sent to them.
#[test]
fn only_organisations_that_the_operator_names_see_the_administrator() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    let evil = leak("noor", token).replace("contoso", "evilorg");
    let administrators = |bench: &Bench| -> Vec<String> {
        let id = patsweep::token::c3id(bench.fake.admin_pat.as_bytes());
        let log = bench.log().into_iter();
        let own = log.filter(|request| request["c3id"] == id.as_str());
        let organization = |request: serde_json::Value| {
            let path = request["path"].as_str().expect("a path").to_owned();
            path.trim_start_matches('/')
                .split('/')
                .next()
                .map(str::to_owned)
        };
        own.filter_map(organization).collect()
    };
    let nameless = format!("{}\n", token.token);
    let run = bench.patsweep("verify --auth pat --no-probe", &nameless);
    assert_eq!((run.code, administrators(&bench)), (1, vec![]));
    assert_eq!(
        run.stderr,
        "note: inventory: nobody was asked, for no --org says where the administrator's \
         credential goes\n"
    );
    // Without --org nobody is asked, and with it no other.
    let run = bench.patsweep("scan - --verify -f json --auth pat --no-probe", &evil);
    assert_eq!((run.code, administrators(&bench)), (1, vec![]));
    let note = "note: inventory: evilorg was not asked, for the administrator's credential goes \
                only where you say; --org evilorg adds it\n";
    assert!(run.stderr.contains(note), "{}", run.stderr);
    let input = leak("noor", token) + &evil + &evil.replace("evilorg", "other-one");
    let run = bench.verify(&input, "--auth pat --org Contoso");
    assert_eq!(run.settled(token), told("live", "inventory"));
    assert_eq!(administrators(&bench), ["contoso", "contoso"]);
    let note = "note: inventory: evilorg, other-one were not asked, for the administrator's \
                credential goes only where you say; --org evilorg,other-one adds them\n";
    assert!(run.stderr.contains(note), "{}", run.stderr);
    // Where the operator wants it, it goes there.
    bench.forget_log();
    bench.verify(&evil, "--auth pat --org evilorg --no-probe");
    assert_eq!(administrators(&bench), ["evilorg"]);
}
