//! A list that is refused, cut short, or says too little.

use crate::bench::{Bench, leak, told};

const LISTS: &str = "personalaccesstokens";

/// With `behavior` at the list: what the first attempt tells, and that the token is presented then.
#[track_caller]
fn falls_back(bench: &Bench, auth: &str, reason: &str, message: &str) {
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("noor", token), auth);
    let (method, told_reason, told_message) = run.attempts(token).remove(0);
    assert_eq!(
        (&*method, &*told_reason, &*told_message),
        ("inventory", reason, message)
    );
    assert_eq!(run.settled(token), told("live", "connection_data"));
    assert_eq!(run.code, 4);
    assert!(run.stderr.contains(message), "{}", run.stderr);
}

#[test]
fn a_list_without_c3ids_is_said_to_be_none() {
    for behavior in ["inventory-7.1-only", "c3id-absent", "c3id-null"] {
        let bench = Bench::administrator();
        bench.order(LISTS, behavior, u64::MAX);
        let message = "the list of contoso names no C3IDs, so no token can be looked up in it";
        falls_back(&bench, "--auth pat", "inconclusive", message);
        let lists = bench
            .asked()
            .into_iter()
            .filter(|it| it.starts_with("list"));
        let expected = if behavior == "inventory-7.1-only" {
            vec!["list 7.1", "list 7.2-preview.1"]
        } else {
            vec!["list 7.2-preview.1"]
        };
        assert_eq!(lists.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn whoever_is_no_administrator_is_told_so() {
    let bench = Bench::administrator();
    bench.order(LISTS, "not-administrator", u64::MAX);
    let message = "Access Denied: the caller may not administer tokens of this organization.";
    falls_back(&bench, "--auth pat", "inconclusive", message);
}

#[test]
fn a_service_without_the_list_is_told_so() {
    let bench = Bench::administrator();
    bench.order(LISTS, "inventory-missing", u64::MAX);
    let message = "VS403440: The requested resource is not available.";
    falls_back(&bench, "--auth pat", "inconclusive", message);
}

#[test]
fn applications_may_be_turned_away() {
    let bench = Bench::new();
    let (tenant, client) = (bench.fake.tenant.clone(), bench.fake.client_id.clone());
    let secret = bench.fake.client_secret.clone();
    let bench = bench
        .with("AZURE_TENANT_ID", &tenant)
        .with("AZURE_CLIENT_ID", &client)
        .with("AZURE_CLIENT_SECRET", &secret);
    bench.order(LISTS, "tokenadmin-no-service-principal", u64::MAX);
    let message = "Service principals are not allowed to perform this action.";
    falls_back(&bench, "--auth client-secret", "inconclusive", message);
}

#[test]
fn pages_that_repeat_are_no_whole_list() {
    let bench = Bench::administrator();
    bench.order(LISTS, "small-pages", u64::MAX);
    bench.order(LISTS, "repeat-continuation", u64::MAX);
    let token = bench.fake.token("unknown");
    let run = bench.verify(&leak("lidia", token), "--auth pat --no-probe");
    assert_eq!(run.settled(token), told("inconclusive", "inventory"));
    assert_eq!(
        run.attempts(token)[0].2,
        "0 lists of likely owners read; 1 list could not be read: its pages repeat themselves"
    );
    assert_eq!(bench.asked().len(), 3);
}

#[test]
fn people_that_repeat_are_not_everybody() {
    let bench = Bench::administrator();
    bench.order("graph/users", "small-pages", u64::MAX);
    bench.order("graph/users", "repeat-continuation", u64::MAX);
    let token = bench.fake.token("unknown");
    let run = bench.verify(
        &leak("build", token),
        "--auth pat --no-probe --inventory full",
    );
    assert_eq!(run.settled(token), told("inconclusive", "inventory"));
    let message = &run.attempts(token)[0].2;
    let expected = "2 lists of at least 2 people read; 1 list could not be read: the pages of \
                    people repeat themselves";
    assert_eq!(message, expected);
}

#[test]
fn nobody_being_known_is_no_empty_list() {
    let bench = Bench::administrator();
    bench.order(LISTS, "owner-gone", u64::MAX);
    let token = bench.fake.token("active");
    let flags = "--auth pat --no-probe --inventory full";
    let run = bench.verify(&leak("build", token), flags);
    assert_eq!(run.settled(token), told("inconclusive", "inventory"));
    let message = "0 lists of 7 people read; whoever was asked about is said to be unknown";
    assert_eq!(run.attempts(token)[0].2, message);
}

#[test]
fn a_429_is_obeyed_and_tried_once_more() {
    let bench = Bench::administrator();
    bench.order(LISTS, "throttled", 1);
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("noor", token), "--auth pat");
    assert_eq!(run.settled(token), told("live", "inventory"));
    assert_eq!(bench.asked().len(), 3);

    let bench = Bench::administrator();
    bench.order(LISTS, "throttled", 2);
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("noor", token), "--auth pat --no-probe");
    assert_eq!(run.settled(token), told("throttled", "inventory"));
    assert_eq!(bench.asked().len(), 3);
}

#[test]
fn the_limit_of_requests_holds_and_what_was_left_out_is_said() {
    let bench = Bench::administrator();
    let token = bench.fake.token("revoked");
    let flags = "--auth pat --no-probe --inventory full --max-requests 3";
    let run = bench.verify(&leak("build", token), flags);
    assert_eq!(run.settled(token), told("budget_exhausted", "inventory"));
    let message = "2 lists of 7 people read; the limit of time or requests was reached";
    assert_eq!(run.attempts(token)[0].2, message);
    let note = format!(
        "inventory of contoso: 1 of 1 token not found: {message}; --inventory-state goes on \
         where a run has ended"
    );
    assert!(run.stderr.contains(&note), "{}", run.stderr);
    assert_eq!(bench.asked().len(), 3);
}

#[test]
fn whoever_was_found_before_the_limit_stays_found() {
    let bench = Bench::administrator();
    let (found, missing) = (bench.fake.token("active"), bench.fake.token("unknown"));
    let input = leak("noor", found) + &leak("build", missing);
    let run = bench.verify(&input, "--auth pat --inventory full --max-requests 2");
    assert_eq!(run.settled(found), told("live", "inventory"));
    assert_eq!(
        run.settled(missing),
        told("budget_exhausted", "connection_data")
    );
}

#[test]
fn a_list_in_a_shape_that_nobody_knows_proves_nothing() {
    for behavior in [
        "truncated-json",
        "wrong-content-type",
        "html-200",
        "foreign-page",
        "close",
    ] {
        let bench = Bench::administrator();
        bench.order(LISTS, behavior, u64::MAX);
        let token = bench.fake.token("active");
        let run = bench.verify(&leak("noor", token), "--auth pat --no-probe");
        assert_eq!(
            run.settled(token),
            told("inconclusive", "inventory"),
            "{behavior}"
        );
    }
}

#[test]
fn a_leaked_credential_is_used_for_nothing() {
    let bench = Bench::administrator();
    let token = bench.fake.token("active");
    let admin = bench.fake.admin_pat.clone();
    let input = format!("{}admin = {admin}\n", leak("noor", token));
    let run = bench.verify(&input, "--auth pat --org contoso");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr
            .contains("error: the administrator's personal access token is itself among the leaks"),
        "{}",
        run.stderr
    );
    // What was found is told all the same.
    assert_eq!(run.report()["findings"].as_array().map(Vec::len), Some(2));
    assert_eq!(run.finding(token)["validity_reason"], "not_attempted");
    assert_eq!(bench.asked(), [""; 0]);
    assert!(!run.stderr.contains(&admin) && !run.stdout.contains(&admin));
}
