//! What is kept between two runs.

use std::fs;

use crate::bench::{Bench, leak, told};

const FULL: &str = "--auth pat --no-probe --inventory full --inventory-state state.json";

fn lists(bench: &Bench) -> usize {
    let asked = bench.asked();
    asked.iter().filter(|it| it.starts_with("list")).count()
}

#[test]
fn a_run_goes_on_where_another_ended() {
    let bench = Bench::administrator();
    let token = bench.fake.token("unknown");
    let input = leak("build", token);
    let first = bench.verify(&input, &format!("{FULL} --max-requests 4"));
    assert_eq!(first.settled(token), told("budget_exhausted", "inventory"));
    assert_eq!(lists(&bench), 3);
    bench.forget_log();
    let second = bench.verify(&input, FULL);
    assert_eq!(second.settled(token), told("not_in_inventory", "inventory"));
    assert_eq!(
        second.attempts(token)[0].2,
        "not in it: 7 lists of 7 people read (3 of them in an earlier run)"
    );
    assert_eq!(lists(&bench), 4);
}

#[test]
fn a_new_leak_leads_to_the_owner_who_was_listed_before() {
    let bench = Bench::administrator();
    let old = bench.fake.token("unknown");
    bench.verify(&leak("build", old), FULL);
    bench.forget_log();
    let new = bench.fake.token("revoked");
    let likely = FULL.replace("full", "likely");
    let run = bench.verify(&leak("build", new), &likely);
    assert_eq!(run.settled(new), told("revoked", "inventory"));
    assert_eq!(
        run.finding(new)["verification"]["owner"]["account"],
        "lidia@contoso.example"
    );
    // Nobody is looked for.
    assert_eq!(bench.asked(), ["list 7.2-preview.1"]);
}

#[test]
fn what_is_gone_from_a_whole_list_was_revoked() {
    let bench = Bench::administrator();
    let token = bench.fake.token("revoked");
    let input = leak("lidia", token);
    bench.order("personalaccesstokens", "revoked-vanish", u64::MAX);
    let run = bench.verify(&input, FULL);
    assert_eq!(run.settled(token), told("not_in_inventory", "inventory"));
    bench.forget_orders();
    fs::remove_file(bench.path("state.json")).expect("a state");
    let run = bench.verify(&input, FULL);
    assert_eq!(run.settled(token), told("revoked", "inventory"));
    bench.order("personalaccesstokens", "revoked-vanish", u64::MAX);
    let run = bench.verify(&input, FULL);
    assert_eq!(run.settled(token), told("revoked", "inventory"));
    let id = token.authorization_id.as_deref().expect("an id");
    let message =
        format!("the authorization {id} was listed before and is gone from its owner's whole list");
    assert_eq!(run.attempts(token)[0].2, message);
    // A list that is cut short proves nothing.
    bench.order("personalaccesstokens", "small-pages", u64::MAX);
    bench.order("personalaccesstokens", "repeat-continuation", u64::MAX);
    let run = bench.verify(&input, FULL);
    assert_ne!(run.settled(token), told("revoked", "inventory"));
}

#[test]
fn an_authorization_that_is_known_needs_no_c3id() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    let input = leak("noor", token);
    bench.verify(&input, FULL);
    bench.order("personalaccesstokens", "inventory-7.1-only", u64::MAX);
    let run = bench.verify(&input, FULL);
    assert_eq!(run.settled(token), told("live", "inventory"));
}

#[test]
fn the_file_is_for_its_owner_and_holds_no_token() {
    let bench = Bench::administrator();
    let input: String = bench
        .fake
        .tokens
        .iter()
        .map(|it| leak("build", it))
        .collect();
    bench.verify(&input, FULL);
    let path = bench.path("state.json");
    let text = fs::read_to_string(&path).expect("a state");
    for token in &bench.fake.tokens {
        assert!(!text.contains(&token.token[..20]));
    }
    assert!(!text.contains(&bench.fake.admin_pat[..20]));
    assert!(text.contains("patsweep-inventory/1") && text.contains("noor@contoso.example"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn another_file_is_not_written_over() {
    let bench = Bench::administrator();
    for text in [
        "{}",
        "notes",
        "{\"schema\": \"patsweep-inventory/2\", \"organizations\": {}}",
    ] {
        bench.write("state.json", text);
        let run = bench.verify(&leak("noor", bench.fake.token("active")), FULL);
        assert_eq!(run.code, 2);
        assert_eq!(
            run.stderr,
            "error: state.json holds no state of an inventory\n"
        );
        let kept = fs::read_to_string(bench.path("state.json")).expect("a file");
        assert_eq!(kept, text);
    }
    assert_eq!(bench.asked(), [""; 0]);
}
