//! Inventory, revocation, policies, audit, and signing in.

use serde_json::{Value, json};

use crate::client::{Ask, Got, ask, connection_data, get, order};
use crate::service::{Fake, Issued};

fn descriptor(fake: &Fake, upn: &str) -> String {
    let users = get("/vssps.dev.azure.com/contoso/_apis/graph/users?subjectTypes=aad")
        .pat(&fake.admin_pat)
        .to(fake)
        .json();
    let users = users["value"].as_array().expect("a list");
    let user = users.iter().find(|user| user["principalName"] == upn);
    let descriptor = user.expect("a member")["descriptor"].as_str();
    descriptor.expect("a descriptor").to_owned()
}

/// The tokens of Lidia, a page.
fn inventory(fake: &Fake, query: &str) -> Ask {
    let descriptor = descriptor(fake, "lidia@contoso.example");
    get(&format!(
        "/vssps.dev.azure.com/contoso/_apis/tokenadmin/personalaccesstokens/{descriptor}?{query}"
    ))
}

/// What the inventory says of `token`.
fn listed(fake: &Fake, token: &Issued) -> Option<Value> {
    let all = inventory(fake, "api-version=7.2-preview.1")
        .pat(&fake.admin_pat)
        .to(fake)
        .json();
    let all = all["value"].as_array().expect("a list").clone();
    all.into_iter()
        .find(|entry| entry["crossCompanyCorrelatingId"] == token.c3id.as_str())
}

fn revoke(fake: &Fake, ids: &[&str]) -> Got {
    let body: Value = ids
        .iter()
        .map(|id| json!({ "authorizationId": id }))
        .collect();
    ask(
        "POST",
        "/vssps.dev.azure.com/contoso/_apis/tokenadmin/revocations?api-version=7.1",
    )
    .pat(&fake.admin_pat)
    .json(&body)
    .to(fake)
}

/// An active token of Lidia.
fn twin(fake: &Fake) -> &Issued {
    let mut all = fake.tokens.iter();
    let found = all.find(|token| {
        token.state == "active" && token.owner.as_deref() == Some("lidia@contoso.example")
    });
    found.expect("a twin")
}

fn accepts(fake: &Fake, token: &Issued) -> bool {
    connection_data("contoso").pat(&token.token).to(fake).status == 200
}

#[test]
fn the_inventory_knows_every_state() {
    let fake = Fake::start();
    let entry = listed(&fake, twin(&fake)).expect("it is listed");
    let fields: Vec<&str> = entry
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        [
            "accessId",
            "alternateToken",
            "authorizationId",
            "claims",
            "clientId",
            "crossCompanyCorrelatingId",
            "displayName",
            "hostAuthorizationId",
            "isPublic",
            "isValid",
            "publicData",
            "scope",
            "source",
            "targetAccounts",
            "token",
            "userId",
            "validFrom",
            "validTo",
        ]
    );
    assert_eq!(entry["validFrom"], "2026-10-17T00:00:00");
    let valid =
        |state: &str| listed(&fake, fake.token(state)).map(|entry| entry["isValid"].clone());
    assert_eq!(valid("revoked"), Some(json!(false)));
    assert_eq!(valid("expired"), Some(json!(true)));
    assert_eq!(valid("refused"), None);
    assert_eq!(valid("unknown"), None);
}

#[test]
fn the_inventory_has_pages() {
    let fake = Fake::start();
    let pages = |query: &str| -> Vec<(usize, Value)> {
        let mut pages = Vec::new();
        let mut next = String::new();
        for _ in 0..9 {
            let query = format!("{query}&continuationToken={next}");
            let got = inventory(&fake, &query)
                .pat(&fake.admin_pat)
                .to(&fake)
                .json();
            let count = got["value"].as_array().expect("a list").len();
            pages.push((count, got["continuationToken"].clone()));
            let token = got["continuationToken"].as_str().unwrap_or_default();
            if token.is_empty() || token.starts_with("00000000") {
                break;
            }
            token.clone_into(&mut next);
        }
        pages
    };
    let sizes = |pages: Vec<(usize, Value)>| -> Vec<usize> {
        pages.into_iter().map(|page| page.0).collect()
    };
    assert_eq!(sizes(pages("pageSize=4")), [4, 2]);
    assert_eq!(pages("pageSize=6"), [(6, Value::Null)]);
    order(&fake, &json!({}), "zero-continuation", 0);
    assert_eq!(
        pages("pageSize=6"),
        [(6, json!("00000000-0000-0000-0000-000000000000"))]
    );
    ask("DELETE", "/__control").to(&fake);
    order(&fake, &json!({}), "repeat-continuation", 0);
    assert_eq!(sizes(pages("pageSize=4")), [4; 9]);
    ask("DELETE", "/__control").to(&fake);
    order(&fake, &json!({ "path": "tokenadmin" }), "small-pages", 0);
    assert_eq!(sizes(pages("")), [2, 2, 2]);
}

#[test]
fn the_inventory_refuses_what_it_must() {
    let fake = Fake::start();
    let check = |ask: Ask, expected: (u16, &str)| {
        assert_eq!(ask.to(&fake).told(), (expected.0, expected.1.to_owned()));
    };
    let admin = fake.admin_pat.as_str();
    check(
        inventory(&fake, "").pat(&fake.token("active").token),
        (401, "AccessCheckException"),
    );
    check(
        inventory(&fake, "pageSize=101").pat(admin),
        (400, "VssPropertyValidationException"),
    );
    check(
        inventory(&fake, "continuationToken=x").pat(admin),
        (400, "VssPropertyValidationException"),
    );
    check(
        inventory(&fake, "api-version=7.2").pat(admin),
        (400, "VssInvalidPreviewVersionException"),
    );
    let path = "/vssps.dev.azure.com/contoso/_apis/tokenadmin/personalaccesstokens/";
    check(
        get(&format!("{path}aad.eA")).pat(admin),
        (404, "IdentityNotFoundException"),
    );
    check(
        get(&format!("{path}x")).pat(admin),
        (400, "VssPropertyValidationException"),
    );
    let old = "/dev.azure.com/contoso/_apis/tokenadministration/tokenrevocations?hostId=x";
    check(
        ask("POST", old).pat(admin),
        (404, "VssResourceNotFoundException"),
    );
    for (behavior, expected) in [
        ("not-administrator", (401, "AccessCheckException")),
        ("inventory-missing", (404, "VssResourceNotFoundException")),
        ("inventory-7.1-only", (400, "VssVersionOutOfRangeException")),
    ] {
        ask("DELETE", "/__control").to(&fake);
        order(&fake, &json!({}), behavior, 0);
        check(
            inventory(&fake, "api-version=7.2-preview.1").pat(admin),
            expected,
        );
    }
    assert_eq!(
        inventory(&fake, "api-version=7.1")
            .pat(admin)
            .to(&fake)
            .status,
        200
    );
}

#[test]
fn the_correlating_id_may_be_missing() {
    let fake = Fake::start();
    let first = |version: &str| {
        let query = format!("api-version={version}");
        let got = inventory(&fake, &query)
            .pat(&fake.admin_pat)
            .to(&fake)
            .json();
        got["value"][0].get("crossCompanyCorrelatingId").cloned()
    };
    assert!(first("7.2-preview.1").is_some_and(|id| id.is_string()));
    assert_eq!(first("7.1"), None);
    order(&fake, &json!({}), "c3id-null", 0);
    assert_eq!(first("7.2-preview.1"), Some(Value::Null));
    order(&fake, &json!({}), "c3id-absent", 0);
    assert_eq!(first("7.2-preview.1"), None);
}

#[test]
fn a_revoked_token_is_refused_and_listed_as_not_valid() {
    let fake = Fake::start();
    let token = twin(&fake);
    let id = token.authorization_id.as_deref().expect("an id");
    assert!(accepts(&fake, token));
    assert_eq!(revoke(&fake, &[id]).status, 204);
    assert!(!accepts(&fake, token));
    assert_eq!(
        listed(&fake, token).expect("it is listed")["isValid"],
        json!(false)
    );
    assert_eq!(revoke(&fake, &[id, "never-issued"]).status, 204);
    order(&fake, &json!({}), "revoked-vanish", 0);
    assert_eq!(listed(&fake, token), None);
    order(&fake, &json!({}), "unknown-id-400", 0);
    assert_eq!(revoke(&fake, &[id]).status, 400);
    assert_eq!(revoke(&fake, &["never-issued"]).status, 400);
    order(&fake, &json!({}), "id-limit-10", 0);
    ask("DELETE", "/__control").to(&fake);
    order(&fake, &json!({}), "id-limit-10", 0);
    assert_eq!(revoke(&fake, &["x"; 10]).status, 204);
    assert_eq!(revoke(&fake, &["x"; 11]).status, 400);
}

#[test]
fn revocations_show_late_as_ordered() {
    for (behavior, refused_late) in [("revocation-delay", true), ("revocation-early", false)] {
        let fake = Fake::start();
        let token = twin(&fake);
        order(&fake, &json!({ "token": token.token }), behavior, 3600);
        revoke(&fake, &[token.authorization_id.as_deref().expect("an id")]);
        let state = || {
            let entry = listed(&fake, token).expect("it is listed");
            (accepts(&fake, token), entry["isValid"] == true)
        };
        assert_eq!(state(), (refused_late, !refused_late), "{behavior}");
        order(&fake, &json!({}), "advance-clock", 3600);
        assert_eq!(state(), (false, false), "{behavior}");
    }
    let fake = Fake::start();
    order(
        &fake,
        &json!({ "token": twin(&fake).c3id }),
        "revoke-204-but-alive",
        0,
    );
    assert_eq!(
        revoke(
            &fake,
            &[twin(&fake).authorization_id.as_deref().expect("an id")]
        )
        .status,
        204
    );
    assert!(accepts(&fake, twin(&fake)));
}

#[test]
fn owners_see_and_revoke_their_own() {
    let fake = Fake::start();
    let path = "/vssps.dev.azure.com/contoso/_apis/tokens/pats";
    let list = get(path).bearer(&fake.owner_bearer).to(&fake).json();
    assert_eq!(list["continuationToken"], "");
    assert_eq!(list["patTokens"].as_array().expect("a list").len(), 3);
    let token = fake.token("active");
    let id = token.authorization_id.as_deref().expect("an id");
    let one = format!("{path}?authorizationId={id}&api-version=7.1-preview.1");
    assert_eq!(
        get(&one).bearer(&fake.owner_bearer).to(&fake).json()["patTokenError"],
        "none"
    );
    let other = twin(&fake).authorization_id.as_deref().expect("an id");
    let other = get(&format!("{path}?authorizationId={other}")).bearer(&fake.owner_bearer);
    assert_eq!(
        other.to(&fake).json(),
        json!({ "patToken": null, "patTokenError": "authorizationNotFound" })
    );
    let with_pat = get(path).pat(&fake.admin_pat).to(&fake);
    assert_eq!(with_pat.told(), (403, "InvalidAccessException".to_owned()));
    let service = get(path).bearer(&service_token(&fake)).to(&fake);
    assert_eq!(
        service.json()["message"],
        "Service principals are not allowed to perform this action."
    );
    order(&fake, &json!({}), "pats-error", 0);
    let failed = get(&one).bearer(&fake.owner_bearer).to(&fake);
    assert_eq!(
        (failed.status, &failed.json()["patTokenError"]),
        (200, &json!("accessDenied"))
    );
    ask("DELETE", "/__control").to(&fake);
    assert_eq!(
        ask("DELETE", &one)
            .bearer(&fake.owner_bearer)
            .to(&fake)
            .status,
        204
    );
    assert!(!accepts(&fake, token));
    order(&fake, &json!({}), "pats-delete-200", 0);
    assert_eq!(
        ask("DELETE", &one)
            .bearer(&fake.owner_bearer)
            .to(&fake)
            .status,
        200
    );
    let revoked = get(&format!("{path}?displayFilterOption=revoked")).bearer(&fake.owner_bearer);
    assert_eq!(
        revoked.to(&fake).json()["patTokens"][0]["authorizationId"],
        id
    );
}

fn service_token(fake: &Fake) -> String {
    let got = sign_in(fake, &format!("client_secret={}", fake.client_secret));
    got.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

fn sign_in(fake: &Fake, proof: &str) -> Got {
    let form = format!(
        "grant_type=client_credentials&client_id={}&scope=499b84ac-1321-427f-aa17-267ca6975798%2F.default&{proof}",
        fake.client_id
    );
    let path = format!(
        "/login.microsoftonline.com/{}/oauth2/v2.0/token",
        fake.tenant
    );
    ask("POST", &path).body(&form).to(fake)
}

#[test]
fn service_principals_sign_in() {
    let fake = Fake::start();
    let check = |token: &str| {
        let who = connection_data("contoso").bearer(token).to(&fake).json();
        assert_eq!(
            who["authenticatedUser"]["providerDisplayName"],
            "patsweep responder"
        );
    };
    check(&service_token(&fake));
    let wrong = sign_in(&fake, "client_secret=x");
    assert_eq!(
        (wrong.status, &wrong.json()["error"]),
        (401, &json!("invalid_client"))
    );
    let federated = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=e30.e30.e30";
    check(
        sign_in(&fake, federated).json()["access_token"]
            .as_str()
            .expect("a token"),
    );
    let metadata = "/169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=499b84ac-1321-427f-aa17-267ca6975798";
    assert_eq!(get(metadata).to(&fake).status, 400);
    let managed = get(metadata).header("Metadata: true").to(&fake).json();
    assert_eq!(managed["expires_in"], "3599");
    check(managed["access_token"].as_str().expect("a token"));
    let bearer = service_token(&fake);
    let inventory = |fake: &Fake| inventory(fake, "").bearer(&bearer).to(fake).status;
    assert_eq!(inventory(&fake), 200);
    order(&fake, &json!({}), "tokenadmin-no-service-principal", 0);
    assert_eq!(inventory(&fake), 403);
}
