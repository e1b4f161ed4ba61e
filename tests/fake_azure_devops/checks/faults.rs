//! Every behaviour that can be ordered does what its line in the list says.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::client::{Got, ask, connection_data, get, order};
use crate::service::Fake;
use crate::service::behaviors::{BEHAVIORS, Kind};

/// What an active token gets when an answer is ordered: status and sign, and the identity that
/// `X-VSS-UserData` names (`-` for none).
const ANSWERS: [(&str, u16, &str, &str); 37] = [
    ("sign-in-page", 203, "Azure DevOps Services | Sign In", "-"),
    ("unauthorized-anonymous", 401, "TF400813", "-"),
    (
        "unauthorized-json",
        401,
        "UnauthorizedRequestException",
        "-",
    ),
    ("redirect-sign-in", 302, "", "-"),
    ("refused", 401, "", "-"),
    ("expired-said", 401, "AccessCheckException", "-"),
    (
        "expired-html",
        401,
        "Access Denied: The Personal Access Token used has expired.",
        "-",
    ),
    (
        "identity-elsewhere",
        401,
        "UnauthorizedRequestException",
        "-",
    ),
    (
        "global-blocked",
        401,
        "The organization's security policy prohibits access by global Personal Access Token (PAT) unless you are on an allowlist. Contact your organization administrator for more information.",
        "-",
    ),
    ("conditional-access", 403, "VssServiceException", "-"),
    (
        "conditional-access-html",
        403,
        "403 - Uh-oh, you do not have access.",
        "-",
    ),
    (
        "forbidden",
        403,
        "GitNeedsPermissionException",
        "noor@contoso.example",
    ),
    (
        "repository-not-found",
        404,
        "GitRepositoryNotFoundException",
        "noor@contoso.example",
    ),
    (
        "project-not-found",
        404,
        "ProjectDoesNotExistWithNameException",
        "noor@contoso.example",
    ),
    (
        "build-project-not-found",
        400,
        "ProjectDoesNotExistException",
        "noor@contoso.example",
    ),
    ("identity-refused", 401, "", "noor@contoso.example"),
    (
        "organization-not-found",
        404,
        "The resource cannot be found.",
        "-",
    ),
    ("entra-only", 403, "InvalidAccessException", "-"),
    (
        "service-principal-refused",
        403,
        "InvalidAccessException",
        "-",
    ),
    ("throttled", 429, "RequestBlockedException", "-"),
    ("unavailable", 503, "The service is unavailable.", "-"),
    ("host-offline", 503, "The service is unavailable.", "-"),
    (
        "bad-gateway",
        502,
        "502 - Web server received an invalid response",
        "-",
    ),
    ("gateway-timeout", 504, "504 - Gateway Timeout", "-"),
    ("proxy-auth", 407, "Proxy Authentication Required", "-"),
    ("foreign-page", 200, "Welcome to the guest network", "-"),
    (
        "proxy-forbidden",
        403,
        "Blocked by your organization's web filter",
        "-",
    ),
    ("proxy-bad-gateway", 502, "Proxy Error", "-"),
    ("bad-version", 400, "VssInvalidPreviewVersionException", "-"),
    ("gone", 410, "VssServiceException", "-"),
    ("html-200", 200, "Azure DevOps Services | Sign In", "-"),
    ("error-in-html", 500, "500 - Internal server error.", "-"),
    ("redirect-other-host", 302, "", "-"),
    ("redirect-same-host", 302, "", "-"),
    ("echo", 401, "EchoException", "-"),
    // These two are shown by tests of their own.
    ("close", 0, "", "-"),
    ("huge-body", 0, "", "-"),
];

#[test]
fn every_ordered_answer_comes() {
    let fake = Fake::start();
    let token = fake.token("active");
    for (behavior, status, sign, account) in ANSWERS {
        if status == 0 {
            continue;
        }
        order(&fake, &json!({ "token": token.token }), behavior, 7);
        let got = connection_data("contoso").pat(&token.token).to(&fake);
        assert_eq!(got.told(), (status, sign.to_owned()), "{behavior}");
        let user_data = got.header("x-vss-userdata");
        let named = user_data
            .rsplit_once(':')
            .map_or("-", |(_, account)| account);
        assert_eq!(named, account, "{behavior}");
        assert_eq!(ask("DELETE", "/__control").to(&fake).status, 204);
        assert_eq!(
            connection_data("contoso")
                .pat(&token.token)
                .to(&fake)
                .status,
            200
        );
    }
    for (_, name, kind, _) in BEHAVIORS {
        let tested = ANSWERS.iter().any(|(behavior, ..)| *behavior == name);
        assert!(kind != Kind::Answer || tested, "{name} is not tested");
    }
}

/// What `token`, which is active, gets after `behavior` was ordered for it.
fn after(fake: &Fake, behavior: &str, delay_s: i64) -> Got {
    let token = &fake.token("active").token;
    assert_eq!(ask("DELETE", "/__control").to(fake).status, 204);
    order(fake, &json!({ "token": token }), behavior, delay_s);
    connection_data("contoso").pat(token).to(fake)
}

#[test]
fn answers_carry_their_headers() {
    let fake = Fake::start();
    let throttled = after(&fake, "L", 7);
    assert_eq!(throttled.header("retry-after"), "7");
    let delayed = after(&fake, "M", 3);
    assert_eq!(
        (delayed.status, delayed.header("retry-after")),
        (200, "3".to_owned())
    );
    assert_eq!(delayed.header("x-ratelimit-delay"), "3.234");
    assert_eq!(after(&fake, "N", 0).header("x-vss-hostofflineerror"), "");
    assert_eq!(
        after(&fake, "N'", 0).header("x-vss-hostofflineerror"),
        "TF400898"
    );
    assert_eq!(
        after(&fake, "O", 0).header("proxy-authenticate"),
        "Basic realm=\"proxy\""
    );
    let foreign = after(&fake, "foreign-page", 0);
    assert_eq!(
        (
            foreign.header("activityid"),
            foreign.header("x-tfs-processid")
        ),
        Default::default()
    );
    let expired = after(&fake, "C'", 0);
    assert_eq!(
        expired.header("x-tfs-serviceerror"),
        "Access%20Denied%3A%20The%20Personal%20Access%20Token%20used%20has%20expired."
    );
    assert_eq!(
        after(&fake, "B''", 0).header("location"),
        "/dev.azure.com/_signin?realm=dev.azure.com"
    );
    let elsewhere = after(&fake, "D", 0).json()["message"].clone();
    let user = after(&fake, "A", 0).json()["authenticatedUser"]["id"].clone();
    let id = user.as_str().expect("an id");
    assert_eq!(
        elsewhere,
        format!("TF400813: The user '{id}' is not authorized to access this resource.")
    );
}

#[test]
fn bodies_are_broken_as_ordered() {
    let fake = Fake::start();
    let token = &fake.token("active").token;
    let whole = connection_data("contoso").pat(token).to(&fake);
    let bom = after(&fake, "bom", 0);
    assert_eq!(bom.body, [&b"\xEF\xBB\xBF"[..], &whole.body].concat());
    let half = &whole.body[..whole.body.len() / 2];
    let truncated = after(&fake, "truncated-json", 0);
    assert_eq!(truncated.body, half);
    assert_eq!(truncated.header("content-length"), half.len().to_string());
    let cut = after(&fake, "truncated-body", 0);
    assert_eq!(cut.body, half);
    assert_eq!(cut.header("content-length"), whole.body.len().to_string());
    let untyped = after(&fake, "wrong-content-type", 0);
    assert_eq!((untyped.body, untyped.status), (whole.body.clone(), 200));
    assert_eq!(
        after(&fake, "wrong-content-type", 0).header("content-type"),
        "text/html; charset=utf-8"
    );
    assert_eq!(after(&fake, "invalid-utf8", 0).body.last(), Some(&0xFF));
    let huge = after(&fake, "huge-body", 0);
    assert_eq!(huge.body.len(), 100_000_000);
    assert!(huge.body.starts_with(b"\"xx") && huge.body.ends_with(b"xx\""));
    assert_eq!(ask("DELETE", "/__control").to(&fake).status, 204);
    order(&fake, &json!({ "organization": "Contoso" }), "close", 0);
    assert_eq!(connection_data("contoso").pat(token).raw(&fake), b"");
}

#[test]
fn a_dripping_body_comes_a_byte_at_a_time() {
    use std::io::Read;
    let fake = Fake::start();
    order(&fake, &json!({ "host": "dev.azure.com" }), "drip", 3600);
    let mut stream = connection_data("contoso")
        .pat(&fake.token("active").token)
        .send(&fake);
    let mut got = Vec::new();
    while !got.windows(5).any(|five| five == b"\r\n\r\n{") {
        let mut byte = [0];
        stream
            .read_exact(&mut byte)
            .expect("the first byte comes at once");
        got.push(byte[0]);
    }
    stream.set_nonblocking(true).expect("a socket");
    let more = stream.read(&mut [0]);
    assert_eq!(
        more.expect_err("no more for an hour").kind(),
        std::io::ErrorKind::WouldBlock
    );
}

#[test]
fn what_arrives_at_another_host_is_noted() {
    let fake = Fake::start();
    let token = fake.token("active");
    let redirected = after(&fake, "redirect-other-host", 0);
    let location = redirected.header("location");
    let (_, rest) = location.split_once("//").expect("a URL");
    let (host, path) = rest.split_once('/').expect("a path");
    assert_ne!(format!("http://{host}"), fake.url);
    ask("DELETE", "/__log").to(&fake);
    let got = get(&format!("/{path}")).pat(&token.token).at_address(host);
    assert_eq!(got.status, 200);
    let log = get("/__log").to(&fake).json();
    assert_eq!(
        (
            &log[0]["host"],
            &log[0]["path"],
            &log[0]["auth"],
            &log[0]["c3id"]
        ),
        (
            &json!("elsewhere"),
            &json!("/contoso/_apis/connectionData"),
            &json!("basic"),
            &json!(token.c3id)
        )
    );
}

#[test]
fn an_echo_repeats_the_token_in_many_forms() {
    let fake = Fake::start();
    let token = &fake.token("active").token;
    let got = after(&fake, "echo", 0);
    let message = got.json()["message"]
        .as_str()
        .expect("a message")
        .to_owned();
    let encoded = |text: String| BASE64.encode(text.as_bytes());
    for form in [
        token.clone(),
        encoded(format!(":{token}")),
        encoded(format!("PAT:{token}")),
    ] {
        assert!(message.contains(&form), "{form} is missing");
    }
    assert!(got.header("www-authenticate").contains(token));
    assert!(got.header("x-tfs-serviceerror").contains(token));
}

/// The usual answer stays readable, and its names repeat what was presented.
#[test]
fn an_echo_of_fields_repeats_it_in_what_people_write() {
    let fake = Fake::start();
    let token = &fake.token("active").token;
    let got = after(&fake, "echo-fields", 0);
    assert_eq!(got.status, 200);
    let person = &got.json()["authenticatedUser"];
    let encoded = BASE64.encode(format!(":{token}").as_bytes());
    for field in [
        &person["providerDisplayName"],
        &person["properties"]["Account"]["$value"],
    ] {
        let text = field.as_str().expect("text");
        assert!(text.contains(token) && text.contains(&encoded), "{text}");
    }
    assert_eq!(person["id"].as_str().map(str::len), Some(36));
    assert!(got.header("x-vss-userdata").contains(&encoded));
}

#[test]
fn orders_are_counted_and_aimed() {
    let fake = Fake::start();
    let token = &fake.token("active").token;
    let statuses = |target: Value, count: usize| -> Vec<u16> {
        ask("DELETE", "/__control").to(&fake);
        let order = json!({ "target": target, "behavior": "Q", "after": 1, "times": 2 });
        ask("POST", "/__control").json(&order).to(&fake);
        let ask = || connection_data("contoso").pat(token).to(&fake).status;
        (0..count).map(|_| ask()).collect()
    };
    let c3id = &fake.token("active").c3id;
    assert_eq!(
        statuses(json!({ "token": c3id }), 5),
        [200, 410, 410, 200, 200]
    );
    assert_eq!(statuses(json!({}), 4), [200, 410, 410, 200]);
    assert_eq!(
        statuses(json!({ "path": "connectiondata" }), 4),
        [200, 410, 410, 200]
    );
    assert_eq!(
        statuses(json!({ "host": "vssps.dev.azure.com" }), 3),
        [200; 3]
    );
    assert_eq!(statuses(json!({ "organization": "fabrikam" }), 3), [200; 3]);
    for wrong in [
        json!({}),
        json!({ "behavior": "R" }),
        json!({ "behavior": "C", "target": { "x": 1 } }),
    ] {
        assert_eq!(
            ask("POST", "/__control").json(&wrong).to(&fake).status,
            400,
            "{wrong}"
        );
    }
    let known = get("/__control").to(&fake).json();
    assert_eq!(known.as_array().expect("a list").len(), BEHAVIORS.len());
}

#[test]
fn clocks_go_wrong_as_ordered() {
    let fake = Fake::start();
    let date = |got: &Got| {
        let date = got.header("date");
        jiff::fmt::rfc2822::parse(&date)
            .expect("a date")
            .timestamp()
            .as_second()
    };
    let skewed = after(&fake, "clock-skew", -86_400);
    let right = after(&fake, "A", 0);
    assert!((date(&right) - date(&skewed) - 86_400).abs() <= 1);
    // The active token of this name ends within three months.
    order(&fake, &json!({}), "advance-clock", 100 * 86_400);
    ask("DELETE", "/__control").to(&fake);
    let got = connection_data("contoso")
        .pat(&fake.token("active").token)
        .to(&fake);
    assert_eq!(got.told(), (401, "AccessCheckException".to_owned()));
    assert!((date(&got) - date(&right) - 100 * 86_400).abs() <= 1);
}

#[test]
fn the_ladder_is_switched_as_ordered() {
    let fake = Fake::start();
    let check = |state: &str, behavior: &str, path: &str, expected: (u16, &str)| {
        ask("DELETE", "/__control").to(&fake);
        order(&fake, &json!({ "organization": "contoso" }), behavior, 0);
        let got = get(path).pat(&fake.token(state).token).to(&fake);
        assert_eq!(
            got.told(),
            (expected.0, expected.1.to_owned()),
            "{behavior}"
        );
        got
    };
    let who = "/dev.azure.com/contoso/_apis/connectionData";
    check("expired", "expired-bare", who, (401, ""));
    check("active_elsewhere", "elsewhere-refused", who, (401, ""));
    check(
        "active_elsewhere",
        "elsewhere-unauthorized",
        who,
        (401, "TF400813"),
    );
    check("unknown", "redirect-unknown", who, (302, ""));
    check("unknown", "accepted", who, (200, ""));
    let public = check("unknown", "public-project", who, (200, ""));
    assert!(
        public
            .header("x-vss-userdata")
            .starts_with("aaaaaaaa-aaaa-")
    );
    let builds = "/dev.azure.com/contoso/_apis/audit/actions";
    check(
        "unknown",
        "public-project",
        builds,
        (404, "VssResourceNotFoundException"),
    );
    ask("DELETE", "/__control").to(&fake);
    order(&fake, &json!({}), "scope-with-identity", 0);
    let code = fake
        .tokens
        .iter()
        .find(|token| token.state == "active" && token.generation == "legacy");
    let code = &code.expect("a legacy token").token;
    let got = get("/dev.azure.com/contoso/_apis/work/processes")
        .pat(code)
        .to(&fake);
    assert_eq!(got.status, 401);
    assert!(
        got.header("x-vss-userdata")
            .ends_with(":noor@contoso.example")
    );
}

#[test]
fn the_most_in_flight_are_counted() {
    let fake = Fake::start();
    order(&fake, &json!({}), "slow", 1);
    let token = fake.token("active");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| connection_data("contoso").pat(&token.token).to(&fake));
        }
    });
    let concurrency = get("/__concurrency").to(&fake).json();
    assert_eq!(concurrency["token"][&token.c3id]["max_in_flight"], 3);
    assert_eq!(concurrency["host"]["dev.azure.com"]["max_in_flight"], 3);
}
