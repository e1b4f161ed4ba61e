//! Another token of the same owner is never taken for the one that leaked.

use serde_json::json;

use crate::bench::Run;
use crate::client::ask;
use crate::responder::Responder;
use crate::service::Issued;

const PROBABLE: &str = "--exposure public --accept-probable";
const OWNER: &str = "priya";
/// Days since both tokens of the owner were made.
const DAYS: i64 = -2;

/// A responder whose lists tell no C3ID and know nothing but what is planted.
fn responder() -> Responder {
    let responder = Responder::new();
    let path = "/tokenadmin/personalaccesstokens";
    responder.bench.order(path, "c3id-absent", 999);
    responder.plant(&json!({ "forget": true }));
    responder
}

fn id(token: &Issued) -> &str {
    token.authorization_id.as_deref().expect("an id")
}

/// Has the owner revoke `token`, which shows at once, and is let in for an hour all the same.
fn revoke_by_hand(responder: &Responder, token: &Issued) {
    responder.order_delay("revocation-delay", 3600);
    let path = "/vssps.dev.azure.com/contoso/_apis/tokenadmin/revocations?isPublic=false\
                &api-version=7.1-preview.1";
    let got = ask("POST", path)
        .pat(&responder.bench.fake.admin_pat)
        .json(&json!([{ "authorizationId": id(token) }]))
        .to(&responder.bench.fake);
    assert_eq!(got.status, 204, "{}", got.text());
    assert!(responder.is_let_in(token));
}

#[track_caller]
fn assert_ambiguous(run: &Run, why: &str) {
    let text = format!("{}{}", run.stdout, run.stderr);
    assert!(text.contains("0 tokens to revoke"), "{text}");
    let matched = format!("matched   ambiguous: {why}");
    assert!(text.contains(&matched), "{text}");
}

#[test]
fn what_its_owner_revoked_a_moment_ago_is_not_another_one() {
    let responder = responder();
    let leaked = responder.plant_pat("leaked", OWNER, "vso.code", DAYS);
    let innocent = responder.plant_pat("innocent", OWNER, "vso.code", DAYS);
    revoke_by_hand(&responder, &leaked);
    let run = responder.plan(&[&leaked], PROBABLE);
    assert_ambiguous(&run, "it may be any of 2 tokens");
    assert!(responder.is_let_in(&innocent));
}

#[test]
fn what_its_owner_revoked_since_the_plan_is_not_another_one() {
    let responder = responder();
    let leaked = responder.plant_pat("leaked", OWNER, "vso.code", DAYS);
    let run = responder.plan(&[&leaked], PROBABLE);
    assert!(run.stdout.contains("1 token to revoke"), "{}", run.stdout);
    let innocent = responder.plant_pat("innocent", OWNER, "vso.code", DAYS);
    // As if the other one had been the only one then.
    responder.change_plan(|plan| {
        let order = &mut plan["orders"][0];
        order["authorization_id"] = id(&innocent).into();
        order["grounds"]["recorded"]["name"] = "innocent".into();
    });
    revoke_by_hand(&responder, &leaked);
    responder.bench.forget_log();
    let run = responder.execute_with(&[&leaked], "");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let why = "it is not the only one any more that may be the leaked token";
    assert!(run.stdout.contains(why), "{}", run.stdout);
    assert_eq!(responder.writes(), 0);
    assert!(responder.is_let_in(&innocent));
}

#[test]
fn one_record_is_not_two_leaked_tokens() {
    let responder = responder();
    let first = responder.plant_pat("first", OWNER, "vso.code", DAYS);
    responder.plant(&json!({ "forget": true }));
    let second = responder.plant_pat("second", OWNER, "vso.code", DAYS);
    let leaks = [&first, &second];
    let run = responder.plan(&leaks, PROBABLE);
    assert_ambiguous(&run, "it may be this one, but");
    let why = "another leaked token would be that one, too";
    assert_eq!(run.stdout.matches(why).count(), 2, "{}", run.stdout);
    // Nor if somebody says so of both; of one, and that one is it.
    let says = |token: &Issued| format!("--match {}={}", token.c3id, id(&second));
    let run = responder.plan(
        &leaks,
        &format!("{PROBABLE} {} {}", says(&first), says(&second)),
    );
    assert_ambiguous(&run, "it may be this one, but");
    let run = responder.plan(&[&second], PROBABLE);
    assert!(run.stdout.contains("1 token to revoke"), "{}", run.stdout);
    assert_eq!(responder.writes(), 0);
}

/// The only one of the list is for another organisation, and the list does not say so where its own
/// id is unknown.
#[test]
fn the_plan_keeps_whose_and_where_it_is() {
    let responder = responder();
    let leaked = responder.plant_pat("leaked", OWNER, "vso.code", DAYS);
    responder.plan(&[&leaked], PROBABLE);
    let grounds = responder.plan_text()["orders"][0]["grounds"].clone();
    assert!(
        grounds["owner_id"].is_string() && grounds["instance"].is_string(),
        "{grounds}"
    );
    for (field, state) in [("owner_id", true), ("instance", true), ("neither", false)] {
        responder.plan(&[&leaked], PROBABLE);
        responder.change_plan(|plan| {
            let grounds = plan["orders"][0]["grounds"]
                .as_object_mut()
                .expect("grounds");
            if let Some(told) = grounds.get_mut(field) {
                *told = "00000000-0000-4000-8000-00000000000f".into();
            }
        });
        responder.execute("");
        assert_eq!(responder.is_let_in(&leaked), state, "{field}");
    }
}

/// The list tells the C3ID twice: of one that was revoked, and then of one that is valid.
#[test]
fn one_that_is_listed_as_revoked_too_is_not_taken_for_dead() {
    let responder = Responder::new();
    responder.plant(&json!({ "forget": true }));
    let revoked = responder.plant_pat("revoked", OWNER, "vso.code", DAYS);
    let end = json!([{ "authorizationId": id(&revoked) }]);
    let path = "/vssps.dev.azure.com/contoso/_apis/tokenadmin/revocations?isPublic=false\
                &api-version=7.1-preview.1";
    let administrator = &responder.bench.fake.admin_pat;
    let got = ask("POST", path).pat(administrator).json(&end);
    assert_eq!(got.to(&responder.bench.fake).status, 204);
    let valid = responder.plant(&json!({ "pat": {
        "name": "valid", "owner": format!("{OWNER}@contoso.example"), "scope": "vso.code",
        "organizations": ["contoso"], "from_days": DAYS, "to_days": 30, "c3id": revoked.c3id,
    } }));
    responder.bench.forget_log();
    let flags = "--exposure public --no-probe";
    let run = responder.plan(&[&revoked], flags);
    assert_ambiguous(&run, "it may be any of 2 tokens");
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    let which = valid["authorization_id"].as_str().expect("an id");
    let flags = format!("{flags} --match {}={which}", revoked.c3id);
    let run = responder.plan(&[&revoked], &flags);
    assert!(run.stdout.contains("1 token to revoke"), "{}", run.stdout);
    let run = responder.execute("");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(responder.writes(), 1);
}
