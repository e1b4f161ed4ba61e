//! The ladder: what each token gets, and what is told of it.

use serde_json::json;

use crate::client::{ask, connection_data, get};
use crate::service::{Fake, Options};

/// Each state with the answer of connection data: the status and its sign.
const STATES: [(&str, u16, &str); 9] = [
    ("active", 200, ""),
    ("active_elsewhere", 401, "UnauthorizedRequestException"),
    ("blocked", 403, "VssServiceException"),
    (
        "global_blocked",
        401,
        "The organization's security policy prohibits access by global Personal Access Token (PAT) unless you are on an allowlist. Contact your organization administrator for more information.",
    ),
    ("expired", 401, "AccessCheckException"),
    ("refused", 401, ""),
    ("revoked", 401, ""),
    ("disabled_owner", 401, ""),
    ("unknown", 401, "TF400813"),
];

#[test]
fn every_state_has_its_answer() {
    let fake = Fake::start();
    for (state, status, sign) in STATES {
        let mut tokens = fake
            .tokens
            .iter()
            .filter(|token| token.state == state)
            .peekable();
        assert!(tokens.peek().is_some(), "no token is {state}");
        for token in tokens {
            let got = connection_data(&token.organization)
                .pat(&token.token)
                .to(&fake);
            assert_eq!(got.told(), (status, sign.to_owned()), "{state}");
        }
    }
    let told: Vec<&str> = fake.tokens.iter().map(|token| token.state).collect();
    assert!(
        told.iter()
            .all(|state| STATES.iter().any(|(known, ..)| known == state))
    );
}

#[test]
fn connection_data_names_the_owner() {
    let fake = Fake::start();
    let got = connection_data("CONTOSO")
        .pat(&fake.token("active").token)
        .to(&fake);
    let user = got.json()["authenticatedUser"].clone();
    assert_eq!(
        user["properties"]["Account"]["$value"],
        "noor@contoso.example"
    );
    let id = user["id"].as_str().expect("an id");
    assert_eq!(
        got.header("x-vss-userdata"),
        format!("{id}:noor@contoso.example")
    );
    assert_eq!(
        got.header("content-type"),
        "application/json; charset=utf-8; api-version=7.1"
    );
}

#[test]
fn who_is_unknown_is_told_as_the_client_wishes() {
    let fake = Fake::start();
    let suppressed = connection_data("contoso").to(&fake);
    assert_eq!(
        suppressed.text(),
        "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to access this resource."
    );
    assert_eq!(
        suppressed.header("www-authenticate"),
        format!(
            "Bearer authorization_uri=https://login.microsoftonline.com/{} | Basic realm=\"https://tfsprodweu3.visualstudio.com/\" | TFS-Federated",
            fake.tenant
        )
    );
    let browser = connection_data("contoso").like_a_browser().to(&fake);
    assert_eq!(
        browser.told(),
        (203, "Azure DevOps Services | Sign In".to_owned())
    );
    assert!(browser.body.len() > 15_000, "{} bytes", browser.body.len());
    let twice_padded = connection_data("contoso").header("Authorization: Basic OmFiYw===");
    assert_eq!(twice_padded.to(&fake).status, 401);
}

#[test]
fn a_refusal_has_no_body_and_no_type() {
    let fake = Fake::start();
    let got = connection_data("contoso")
        .pat(&fake.token("refused").token)
        .to(&fake);
    assert_eq!(got.body, b"");
    assert_eq!(got.header("content-type"), "");
    assert_eq!(got.header("content-length"), "0");
    assert_eq!(got.header("activityid"), "");
    assert_eq!(
        got.header("www-authenticate"),
        "Basic realm=\"https://tfsprodweu3.visualstudio.com/\""
    );
}

#[test]
fn scopes_open_what_they_name() {
    let fake = Fake::start();
    let code = fake
        .tokens
        .iter()
        .find(|token| token.state == "active" && token.generation == "legacy");
    let code = code.expect("a legacy token");
    let check = |path: &str, status: u16| {
        let got = get(path).pat(&code.token).to(&fake);
        assert_eq!(got.status, status, "{path}: {}", got.text());
    };
    check("/dev.azure.com/contoso/_apis/git/repositories", 200);
    check(
        "/dev.azure.com/contoso/Payments/_apis/git/repositories?api-version=7.1",
        200,
    );
    check("/dev.azure.com/contoso/_apis/projects?$top=1", 200);
    check(
        "/contoso.visualstudio.com/DefaultCollection/_apis/connectionData",
        200,
    );
    check(
        "/dev.azure.com/contoso/Payments/_git/Payments/info/refs?service=git-upload-pack",
        200,
    );
    check("/dev.azure.com/contoso/_apis/build/resourceusage", 401);
    check("/app.vssps.visualstudio.com/_apis/profile/profiles/me", 401);
    check("/dev.azure.com/nowhere/_apis/connectionData", 404);
    check(
        "/dev.azure.com/contoso/_apis/connectionData?api-version=7.1",
        400,
    );
    check(
        "/dev.azure.com/contoso/_apis/connectionData?api-version=9.0-preview",
        400,
    );
}

#[test]
fn a_public_project_answers_to_nobody() {
    let fake = Fake::start();
    let unknown = &fake.token("unknown").token;
    let projects = get("/dev.azure.com/northwind/_apis/projects")
        .pat(unknown)
        .to(&fake);
    assert_eq!(projects.status, 200);
    assert_eq!(projects.json()["value"][0]["visibility"], "public");
    assert_eq!(projects.json()["count"], 1);
    let who = connection_data("northwind").pat(unknown).to(&fake);
    assert_eq!(
        who.json()["authenticatedUser"]["id"],
        "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
    );
}

#[test]
fn global_tokens_have_a_profile_and_others_an_identity() {
    let fake = Fake::start();
    let me = "/app.vssps.visualstudio.com/_apis/profile/profiles/me?api-version=7.1-preview.3";
    let global = fake
        .tokens
        .iter()
        .find(|token| token.owner.as_deref() == Some("jonas@contoso.example"));
    let global = &global.expect("a global token").token;
    let profile = get(me).pat(global).to(&fake);
    assert_eq!(profile.json()["emailAddress"], "jonas@contoso.example");
    let id = profile.json()["id"].as_str().expect("an id").to_owned();
    let accounts = get(&format!(
        "/app.vssps.visualstudio.com/_apis/accounts?memberId={id}"
    ));
    assert_eq!(accounts.pat(global).to(&fake).json()["count"], 3);
    let limited = get(me).pat(&fake.token("active").token).to(&fake);
    assert_eq!((limited.status, limited.body.as_slice()), (401, &b""[..]));
    assert!(limited.header("x-vss-userdata").ends_with(":Noor Vance"));
}

#[test]
fn a_server_of_ones_own_has_no_inventory() {
    let fake = Fake::start();
    let check = |state: &str, resource: &str, status: u16| {
        let path = format!("/tfs/DefaultCollection/_apis/{resource}");
        let got = get(&path).pat(&fake.token(state).token).to(&fake);
        assert_eq!(got.status, status, "{state} {resource}");
        got
    };
    let who = check("active", "connectionData", 200);
    assert_eq!(who.json()["deploymentType"], "onPremises");
    let refused = check("unknown", "connectionData", 401);
    assert!(
        refused
            .header("www-authenticate")
            .ends_with("Negotiate | NTLM")
    );
    check("active", "tokenadmin/personalaccesstokens/aad.x", 404);
}

#[test]
fn the_log_tells_all_but_the_token() {
    let fake = Fake::start();
    let token = fake.token("active");
    connection_data("contoso").pat(&token.token).to(&fake);
    let path = format!("/dev.azure.com/contoso/_apis/x?leak={}", token.token);
    ask("POST", &path).bearer("x").body("abc").to(&fake);
    let log = get("/__log").to(&fake);
    assert!(!log.text().contains(&token.token), "{}", log.text());
    let mut log = log.json();
    for entry in log.as_array_mut().expect("a list") {
        entry["at"] = json!("");
    }
    assert_eq!(
        log,
        json!([
            {
                "at": "", "method": "GET", "host": "dev.azure.com",
                "path": "/contoso/_apis/connectionData", "query": "api-version=7.1-preview.1",
                "status": 200, "api_version": "7.1-preview.1", "auth": "basic",
                "c3id": token.c3id, "body_sha256": null,
            },
            {
                "at": "", "method": "POST", "host": "dev.azure.com", "path": "/contoso/_apis/x",
                "query": "leak=[token]", "status": 401, "api_version": null, "auth": "bearer",
                "c3id": null,
                "body_sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            },
        ])
    );
    let concurrency = get("/__concurrency").to(&fake).json();
    assert_eq!(
        concurrency,
        json!({
            "host": { "dev.azure.com": { "max_in_flight": 1 } },
            "token": { token.c3id.as_str(): { "max_in_flight": 1 } },
        })
    );
    assert_eq!(ask("DELETE", "/__log").to(&fake).status, 204);
    assert_eq!(get("/__log").to(&fake).json(), json!([]));
    assert_eq!(
        get("/__concurrency").to(&fake).json(),
        json!({ "host": {}, "token": {} })
    );
}

#[test]
fn each_start_is_the_same_unless_it_is_to_differ() {
    let tokens = |options: Options| {
        let fake = Fake::start_with(options);
        let tokens = fake.tokens.iter().map(|token| token.token.clone());
        tokens.collect::<Vec<_>>()
    };
    let one = tokens(Options::default());
    assert_eq!(one, tokens(Options::default()));
    let other = tokens(Options {
        seed: 1,
        ..Options::default()
    });
    assert!(one.iter().all(|token| !other.contains(token)));
    let many = Options {
        tokens: 7,
        organizations: 3,
        ..Options::default()
    };
    assert_eq!(tokens(many).len(), one.len() + 7);
}
