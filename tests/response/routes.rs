//! By which right a token is revoked, and what it takes until it counts as revoked.

use serde_json::json;

use crate::responder::{Ended, Responder, went_well};
use crate::service::Issued;

/// Presentations of `token` since the log was emptied.
fn presentations(responder: &Responder, token: &Issued) -> usize {
    let log = responder.bench.log();
    log.iter().filter(|it| it["c3id"] == token.c3id).count()
}

fn id(token: &Issued) -> &str {
    token.authorization_id.as_deref().expect("an id")
}

#[cfg(unix)]
#[test]
fn owners_revoke_their_own() {
    let responder = Responder::owner();
    let token = responder.live()[0];
    let public = "--exposure public";
    let run = responder.plan(&[token], public);
    // Their list tells no C3ID, so that nothing is certain.
    assert!(!run.stdout.contains("certain:"), "{}", run.stdout);
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
    let asserted = format!("{public} --match {}={}", token.c3id, id(token));
    let run = responder.plan(&[token], &asserted);
    assert!(
        run.stdout.contains("as its owner, through their own list"),
        "{}{}",
        run.stdout,
        run.stderr
    );
    responder.bench.forget_log();
    let run = responder.execute("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout
            .contains("its owner's list says that it is revoked"),
        "{}",
        run.stdout
    );
    assert_eq!(responder.journal(), went_well(token));
    let log = responder.bench.log();
    let writes: Vec<_> = log.iter().filter(|it| it["method"] != "GET").collect();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(
        (&writes[0]["method"], &writes[0]["path"], &writes[0]["auth"]),
        (
            &"DELETE".into(),
            &"/contoso/_apis/tokens/pats".into(),
            &"bearer".into()
        )
    );
    assert!(!responder.is_let_in(token));
}

#[test]
fn a_token_that_the_list_drops_is_told_as_gone_from_it() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder
        .bench
        .order("/tokenadmin/personal", "revoked-vanish", 999);
    let run = responder.execute("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let why = "the administrator's list does not hold it any more";
    assert!(run.stdout.contains(why), "{}", run.stdout);
    assert_eq!(responder.journal(), went_well(token));
    assert!(!responder.is_let_in(token));
}

#[cfg(unix)]
#[test]
fn errors_inside_of_a_success_are_none() {
    let responder = Responder::owner();
    let token = responder.live()[0];
    let flags = format!("--exposure public --match {}={}", token.c3id, id(token));
    responder.plan(&[token], &flags);
    responder.bench.order("/tokens/pats", "pats-error", 99);
    let run = responder.execute("");
    assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("may not revoke tokens"),
        "{}",
        run.stdout
    );
    assert!(responder.is_let_in(token));
}

#[cfg(unix)]
#[test]
fn a_200_without_a_word_is_the_204_of_the_specification() {
    let responder = Responder::owner();
    let token = responder.live()[0];
    let flags = format!("--exposure public --match {}={}", token.c3id, id(token));
    responder.plan(&[token], &flags);
    responder.bench.order("/tokens/pats", "pats-delete-200", 99);
    let run = responder.execute("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(!responder.is_let_in(token));
}

#[test]
fn lists_of_older_versions_and_in_pages_are_read_whole() {
    for behavior in ["inventory-7.1-only", "small-pages", "zero-continuation"] {
        let responder = Responder::new();
        let token = responder.live()[0];
        responder.bench.order("/tokenadmin/personal", behavior, 999);
        let flags = format!("--exposure public --match {}={}", token.c3id, id(token));
        let run = responder.plan(&[token], &flags);
        assert!(
            run.stdout.contains("1 token to revoke"),
            "{behavior}\n{}",
            run.stdout
        );
        let run = responder.execute("");
        assert_eq!(run.code, 0, "{behavior}: {}{}", run.stdout, run.stderr);
        assert!(!responder.is_let_in(token), "{behavior}");
    }
}

#[cfg(unix)]
#[test]
fn nobody_revokes_as_the_owner_of_others() {
    let responder = Responder::owner();
    let tokens = responder.bench.fake.tokens.iter();
    let mut others = tokens.filter(|it| {
        it.state == "active"
            && it.organization == "contoso"
            && it.owner != responder.live()[0].owner
    });
    let other = others.next().expect("a token of somebody else");
    let run = responder.plan(&[other], "--exposure public --accept-probable");
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
    let steps = format!(
        "by hand   1. its owner, {}",
        run.stdout
            .split_once("owner     ")
            .and_then(|(_, rest)| rest.lines().next())
            .expect("an owner")
    );
    assert!(run.stdout.contains(&steps), "{}", run.stdout);
}

#[test]
fn whoever_has_no_right_is_told_what_to_do() {
    let responder = Responder::nobody();
    let token = responder.live()[0];
    let run = responder.plan(&[token], "--exposure public");
    assert_eq!(run.code, 4, "{}", run.stderr);
    let owner = token.owner.as_deref().expect("an owner");
    for line in [
        &*format!("notify: {}", token.c3id),
        "because   the tenant's policy cannot be read: its owner is to be told",
        "matched   not: no list that was read holds it",
        "https://dev.azure.com/contoso/_usersSettings/tokens",
        &*format!("message   To: {owner}"),
        "Subject: Your Azure DevOps token leaked: please revoke it",
        "0 tokens to revoke, 1 to leave",
    ] {
        assert!(run.stdout.contains(line), "{line}\n{}", run.stdout);
    }
    assert!(!run.stdout.contains(&token.token));
    assert_eq!(responder.writes(), 0);
}

#[test]
fn what_is_only_probable_is_probable_when_it_is_acted_on() {
    let responder = Responder::new();
    let bench = &responder.bench;
    let flags = "--exposure public --accept-probable";
    bench.order("/tokenadmin/personalaccesstokens", "c3id-absent", 999);
    let tokens = responder.live();
    let mut probable = tokens.iter().copied().filter(|&token| {
        let run = responder.plan(&[token], flags);
        run.stdout.contains("1 token to revoke")
    });
    let token = probable
        .next()
        .expect("an owner with one token of that month");
    responder.plan(&[token], "--exposure public");
    assert_eq!(responder.plan_id(), empty_plan(), "without the flag");
    responder.plan(&[token], flags);
    // Six minutes later nobody has seen it let in lately.
    responder.change_plan(|plan| {
        let accepted_at = &mut plan["orders"][0]["grounds"]["accepted_at"];
        *accepted_at = (accepted_at.as_i64().expect("a time") - 360).into();
    });
    bench.forget_log();
    let run = responder.execute("");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("more than five minutes ago"),
        "{}",
        run.stdout
    );
    assert_eq!(
        (responder.writes(), presentations(&responder, token)),
        (0, 0)
    );
    // With its value it is seen again, and then refused.
    let run = responder.execute_with(&[token], "");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(
        (responder.writes(), presentations(&responder, token)),
        (1, 2)
    );
    assert!(!responder.is_let_in(token));
}

/// The id of a plan that orders nothing.
fn empty_plan() -> String {
    data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest("[]"))
}

#[test]
fn what_is_still_let_in_is_not_closed() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    // The list shows it at once, but the token works for a while.
    responder.order_delay("revocation-delay", 600);
    let run = responder.execute_with(&[token], "");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains(
            "the administrator's list says that it is revoked, but contoso still lets it in"
        ),
        "{}",
        run.stdout
    );
    let given = format!(
        "revoke --resume --journal journal.jsonl {} --from leaks.json --tokens -",
        responder.auth
    );
    let run = responder.bench.patsweep(&given, &token.token);
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    responder.advance(700);
    let run = responder.bench.patsweep(&given, &token.token);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout
            .contains("the list says by now that it is revoked"),
        "{}",
        run.stdout
    );
}

/// Who does not answer has not let it in: nobody says that it failed, even after a watch.
#[test]
fn who_does_not_answer_leaves_it_open() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder.order(&json!({
        "target": { "token": token.token }, "behavior": "unavailable", "times": 99,
    }));
    let run = responder.execute_with(&[token], "--watch=1s");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    let why = "contoso does not say whether it lets it in";
    assert!(run.stdout.contains(why), "{}", run.stdout);
}

/// What an earlier run saw is not over because this one cannot ask: its value shows it, or time does.
#[test]
fn what_was_seen_to_be_let_in_is_not_closed_by_the_list_alone() {
    for advances in [true, false] {
        let responder = Responder::new();
        let token = responder.live()[0];
        responder.plan(&[token], "--exposure public");
        responder.order_delay("revocation-delay", 600);
        let run = responder.execute_with(&[token], "");
        assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
        let mut journal = vec![
            "plan confirmed -",
            "intent revoke A",
            "answer accepted A",
            "confirm confirming A",
        ];
        for flags in ["", "--watch=1s"] {
            let run = responder.resume(flags);
            journal.extend(["plan confirmed -", "confirm confirming A"]);
            let looks = responder.journal().len() - journal.len();
            journal.extend(["confirm confirming A"].repeat(looks));
            let ended = Ended::with(6, &journal, 1, &[true]);
            assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
            for why in [
                "the administrator's list says that it is revoked, but contoso let it in when \
                 that was last asked",
                "--from REPORT with --source",
                "or wait until ",
            ] {
                assert!(run.stdout.contains(why), "{}", run.stdout);
            }
        }
        let run = if advances {
            responder.advance(700);
            let given = format!(
                "revoke --resume --journal journal.jsonl {} --from leaks.json --tokens -",
                responder.auth
            );
            responder.bench.patsweep(&given, &token.token)
        } else {
            // Its value is not at hand, and by now nobody should let it in.
            responder.age_journal(66 * 60);
            responder.resume("")
        };
        journal.extend(["plan confirmed -", "closed closed A"]);
        let ended = Ended::with(0, &journal, 1, &[!advances]);
        assert_eq!(responder.ended(&run, &[token]), ended, "{}", run.stdout);
    }
}

#[test]
fn nothing_is_presented_where_that_is_forbidden() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], "--exposure public");
    responder.bench.forget_log();
    let run = responder.execute_with(&[token], "--no-probe");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(presentations(&responder, token), 0);
}

#[test]
fn what_was_not_read_again_is_marked() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let mark = "exposure not re-checked";
    let run = responder.plan(&[token], "--exposure public");
    assert!(run.stdout.contains(mark), "{}", run.stdout);
    let bench = &responder.bench;
    bench.write("leak/.env", &crate::bench::leak("build", token));
    let scanned = bench.plain("scan leak -f json", "");
    bench.write("there.json", &scanned.stdout);
    let again = "revoke --from there.json --source leak --auth pat --org contoso \
                 --inventory full --exposure public";
    let run = bench.patsweep(again, "");
    assert!(
        run.stdout.contains("1 token to revoke"),
        "{}{}",
        run.stdout,
        run.stderr
    );
    assert!(!run.stdout.contains(mark), "{}", run.stdout);
}

#[test]
fn a_project_tells_who_can_read_it() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let check = |project: &str, orders: &str, because: &str| {
        let run = responder.plan(&[token], &format!("--project {project}"));
        assert!(
            run.stdout.contains(because),
            "{project}\n{}{}",
            run.stdout,
            run.stderr
        );
        let expected = format!("{orders} to revoke");
        assert!(run.stdout.contains(&expected), "{project}\n{}", run.stdout);
    };
    check("contoso/Payments", "0 tokens", "not everybody can read it");
    responder.bench.order("/projects/", "public-project", 99);
    check("contoso/Website", "1 token", "never set, which means on");
    check("contoso/Payments", "0 tokens", "not everybody can read it");
    let run = responder.plan(&[token], "--project contoso/Nothing");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(
        run.stderr
            .contains("cannot tell who can read the project contoso/Nothing"),
        "{}",
        run.stderr
    );
    let run = responder.plan(&[token], "--project northwind/Website");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("no administrator"), "{}", run.stderr);
}
