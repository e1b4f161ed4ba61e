//! What each answer of the service comes to: state, evidence and exit code.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::client::order;
use crate::program::{Run, leak, verify};
use crate::server::Replay;
use crate::service::behaviors::{BEHAVIORS, Kind};
use crate::service::{Fake, Issued};

/// A behaviour: its name, the state, the status, what the message contains, and the exit code with
/// `--fail-on any` and with `--fail-on active`.
type Row = (
    &'static str,
    &'static str,
    Option<u16>,
    &'static str,
    i32,
    i32,
);

/// Every behaviour that is an answer, and more.
const BEHAVE: [Row; 49] = [
    ("accepted", "live", Some(200), "", 4, 4),
    (
        "sign-in-page",
        "not_recognized",
        Some(203),
        "Azure DevOps Services | Sign In",
        1,
        0,
    ),
    (
        "unauthorized-anonymous",
        "not_recognized",
        Some(401),
        "TF400813",
        1,
        0,
    ),
    (
        "unauthorized-json",
        "not_recognized",
        Some(401),
        "TF400813",
        1,
        0,
    ),
    ("redirect-sign-in", "not_recognized", Some(302), "", 1, 0),
    ("refused", "refused", Some(401), "", 1, 0),
    ("expired-said", "expired", Some(401), "has expired", 1, 0),
    ("expired-html", "expired", Some(401), "has expired", 1, 0),
    (
        "identity-elsewhere",
        "live_elsewhere",
        Some(401),
        "TF400813",
        4,
        4,
    ),
    (
        "global-blocked",
        "live_blocked",
        Some(401),
        "global Personal Access Token",
        4,
        4,
    ),
    (
        "conditional-access",
        "live_blocked",
        Some(403),
        "VS403463",
        4,
        4,
    ),
    (
        "conditional-access-html",
        "live_blocked",
        Some(403),
        "Uh-oh",
        4,
        4,
    ),
    ("forbidden", "live_elsewhere", Some(403), "TF402455", 4, 4),
    (
        "repository-not-found",
        "live_elsewhere",
        Some(404),
        "TF401019",
        4,
        4,
    ),
    (
        "project-not-found",
        "live_elsewhere",
        Some(404),
        "TF200016",
        4,
        4,
    ),
    (
        "build-project-not-found",
        "live_elsewhere",
        Some(400),
        "VS800075",
        4,
        4,
    ),
    ("identity-refused", "live_elsewhere", Some(401), "", 4, 4),
    (
        "organization-not-found",
        "organization_not_found",
        Some(404),
        "cannot be found",
        1,
        0,
    ),
    ("entra-only", "inconclusive", Some(403), "not allowed", 1, 3),
    (
        "service-principal-refused",
        "inconclusive",
        Some(403),
        "Service principals",
        1,
        3,
    ),
    ("throttled", "throttled", Some(429), "TF400733", 1, 3),
    ("delayed", "live", Some(200), "", 4, 4),
    ("unavailable", "inconclusive", Some(503), "", 1, 3),
    ("host-offline", "inconclusive", Some(503), "", 1, 3),
    ("bad-gateway", "inconclusive", Some(502), "", 1, 3),
    ("gateway-timeout", "inconclusive", Some(504), "", 1, 3),
    ("proxy-auth", "inconclusive", Some(407), "", 1, 3),
    ("foreign-page", "inconclusive", Some(200), "", 1, 3),
    ("proxy-forbidden", "inconclusive", Some(403), "", 1, 3),
    ("proxy-bad-gateway", "inconclusive", Some(502), "", 1, 3),
    ("bad-version", "inconclusive", Some(400), "preview", 1, 3),
    ("gone", "inconclusive", Some(410), "", 1, 3),
    ("slow", "inconclusive", None, "no answer in time", 1, 3),
    ("drip", "inconclusive", None, "in time", 1, 3),
    ("close", "inconclusive", None, "the connection failed", 1, 3),
    ("truncated-body", "inconclusive", None, "broke off", 1, 3),
    ("truncated-json", "inconclusive", Some(200), "", 1, 3),
    ("huge-body", "inconclusive", Some(200), "", 1, 3),
    ("bom", "live", Some(200), "", 4, 4),
    ("html-200", "inconclusive", Some(200), "Sign In", 1, 3),
    ("wrong-content-type", "inconclusive", Some(200), "", 1, 3),
    ("invalid-utf8", "inconclusive", Some(200), "", 1, 3),
    ("redirect-other-host", "inconclusive", Some(302), "", 1, 3),
    ("redirect-same-host", "inconclusive", Some(302), "", 1, 3),
    ("echo", "refused", Some(401), "", 1, 0),
    ("clock-skew", "live", Some(200), "", 4, 4),
    ("error-in-html", "inconclusive", Some(500), "", 1, 3),
    ("public-project", "live", Some(200), "", 4, 4),
    ("advance-clock", "live", Some(200), "", 4, 4),
];

#[test]
fn every_behaviour_ends_in_its_state() {
    let fake = Fake::start();
    let mut wrong = Vec::new();
    for row in BEHAVE {
        let (behavior, ..) = row;
        let token = fake.token("active");
        let delay = match behavior {
            "slow" => 30,
            "drip" => 1,
            // Waiting for longer than there is time is not even begun.
            "throttled" | "unavailable" => 600,
            "clock-skew" => -7200,
            _ => 0,
        };
        order(&fake, &json!({ "token": token.token }), behavior, delay);
        // Time enough for what answers at once, and soon over for what does not.
        let timeout = if matches!(behavior, "slow" | "drip") {
            "1s"
        } else {
            "60s"
        };
        let input = leak(&token.token, &token.organization);
        let any = verify(&fake.url, &input, &["--timeout", timeout]);
        let active = verify(
            &fake.url,
            &input,
            &["--timeout", timeout, "--fail-on", "active"],
        );
        if code_passes(row) {
            let said = "1 token is refused or inactive, which --fail-on active lets pass";
            assert!(
                active.stderr.contains(said),
                "{behavior}: {}",
                active.stderr
            );
        }
        wrong.extend(mistakes(row, &any, &active));
        crate::client::ask("DELETE", "/__control").to(&fake);
    }
    assert_eq!(wrong, [""; 0], "{wrong:#?}");
}

#[test]
fn no_answer_that_can_be_ordered_is_left_out() {
    let tried: BTreeSet<&str> = BEHAVE.iter().map(|row| row.0).collect();
    for (_, name, kind, _) in BEHAVIORS {
        assert!(
            !matches!(kind, Kind::Answer) || tried.contains(name),
            "{name}"
        );
    }
}

/// Whether `--fail-on active` exits with 0.
fn code_passes((.., code_active): Row) -> bool {
    code_active == 0
}

/// What a row promises and a run did not hold.
fn mistakes(
    (behavior, state, status, message, code, code_active): Row,
    any: &Run,
    active: &Run,
) -> Option<String> {
    let finding = any.finding();
    let verification = &finding["verification"];
    let said = verification["evidence"]["message"]
        .as_str()
        .unwrap_or_default();
    let told = (
        finding["validity_reason"].as_str().unwrap_or_default(),
        verification["evidence"]["status"].as_u64(),
        said.contains(message),
        any.code,
        active.code,
    );
    let expected = (state, status.map(u64::from), true, code, code_active);
    (told != expected).then(|| format!("{behavior}: {told:?} and not {expected:?}: {verification}"))
}

/// Every state in which a token can be comes out as what it is, and nothing else does.
#[test]
fn every_token_of_the_service_is_told() {
    let fake = Fake::start();
    let mut told = Vec::new();
    for issued in &fake.tokens {
        let Issued {
            token,
            organization,
            ..
        } = issued;
        let run = verify(&fake.url, &leak(token, organization), &[]);
        let finding = run.finding();
        assert_eq!(finding["id"], issued.c3id.as_str());
        let expected = match issued.state {
            "active" => ("active", "live", 4),
            "active_elsewhere" => ("active", "live_elsewhere", 4),
            "blocked" | "global_blocked" => ("active", "live_blocked", 4),
            "expired" => ("inactive", "expired", 1),
            "refused" | "revoked" | "disabled_owner" => ("unknown", "refused", 1),
            "unknown" => ("unknown", "not_recognized", 1),
            other => panic!("a state that is not expected: {other}"),
        };
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let (validity, reason, code) = expected;
        assert_eq!(
            (
                text(&finding["validity"]),
                text(&finding["validity_reason"]),
                run.code
            ),
            (validity.to_owned(), reason.to_owned(), code),
            "{}",
            issued.state
        );
        let verification = &finding["verification"];
        assert_eq!(
            verification["refused_everywhere"],
            validity != "active",
            "{finding:#}"
        );
        assert_eq!(verification["method"], "connection_data");
        assert_eq!(verification["value_from"], "source");
        told.push(issued.state);
    }
    assert!(told.len() >= 9, "{told:?}");
}

/// The service's own word that a token has ended says more than that it turned somebody away by
/// name: no refusal tells whether the token would have been let in.
#[test]
fn an_end_that_is_said_outweighs_a_name() {
    let fake = Fake::start();
    let token = fake.token("active");
    for (organization, behavior) in [
        ("contoso", "identity-elsewhere"),
        ("fabrikam", "expired-said"),
    ] {
        let target = json!({ "token": token.token, "organization": organization });
        order(&fake, &target, behavior, 0);
    }
    let input = leak(&token.token, "contoso") + &leak(&token.token, "fabrikam");
    let run = verify(&fake.url, &input, &[]);
    let finding = run.finding();
    assert_eq!(
        (&finding["validity"], &finding["validity_reason"], run.code),
        (&json!("inactive"), &json!("expired"), 1)
    );
    let verification = &finding["verification"];
    assert_eq!(verification["organization"], "fabrikam");
    assert_eq!(verification["attempts"].as_array().map(Vec::len), Some(2));
    // Whose it was is told all the same.
    assert!(verification["owner"]["id"].is_string(), "{verification}");
}

/// Something between here and the service may be busy, too, which says nothing of the service.
#[test]
fn a_429_without_a_mark_of_the_service_proves_nothing() {
    let answer = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
    let replay = Replay::start(answer.as_bytes().to_vec());
    let token = patsweep::token::mint::pat(7);
    let run = verify(&replay.url(), &leak(&token, "contoso"), &[]);
    assert_eq!(run.finding()["validity_reason"], "inconclusive");
    // It is waited for and asked once more all the same.
    assert_eq!(replay.requests().len(), 2);
}

/// An answer says where it was had from, whatever the organisation is called.
#[test]
fn evidence_names_its_endpoint() {
    let fake = Fake::start();
    let token = fake.token("active");
    let organization = "contoso-manufacturing-emea";
    let run = verify(&fake.url, &leak(&token.token, organization), &[]);
    assert_eq!(
        run.finding()["verification"]["evidence"]["endpoint"],
        format!(
            "{}/dev.azure.com/{organization}/_apis/connectionData",
            fake.url
        )
    );
    let server = format!("{}/tfs/DefaultCollection", fake.url);
    let args = ["verify", "--server-url", &server, "-f", "json"];
    let run = crate::program::patsweep(&args, &token.token);
    assert_eq!(
        run.finding()["verification"]["evidence"]["endpoint"],
        format!("{server}/_apis/connectionData")
    );
}

/// The same rows, byte for byte as they were written down, from a server that knows no HTTP.
const TRANSCRIPTS: [(&str, &str); 37] = [
    ("A-accepted", "live"),
    ("A1-anonymous", "inconclusive"),
    ("B-sign-in-page", "not_recognized"),
    ("B1-unauthorized-anonymous", "not_recognized"),
    ("B1-unauthorized-json", "not_recognized"),
    ("B2-redirect-sign-in", "not_recognized"),
    ("C-refused", "refused"),
    ("C-refused-cookie", "refused"),
    ("C1-expired-header", "expired"),
    ("C1-expired-html", "expired"),
    ("C1-expired-said", "expired"),
    ("D-identity-elsewhere", "live_elsewhere"),
    ("E-global-blocked", "live_blocked"),
    ("F-conditional-access", "live_blocked"),
    ("F-conditional-access-entra", "live_blocked"),
    ("F-conditional-access-html", "live_blocked"),
    ("G-build-project-not-found", "live_elsewhere"),
    ("G-forbidden", "live_elsewhere"),
    ("G-project-not-found", "live_elsewhere"),
    ("G-repository-not-found", "live_elsewhere"),
    ("H-identity-refused", "live_elsewhere"),
    ("I-organization-not-found", "organization_not_found"),
    ("J-entra-only", "inconclusive"),
    ("K-service-principal-refused", "inconclusive"),
    ("L-throttled", "throttled"),
    ("M-delayed", "live"),
    ("N-bad-gateway", "inconclusive"),
    ("N-gateway-timeout", "inconclusive"),
    ("N-unavailable", "inconclusive"),
    ("N1-host-offline", "inconclusive"),
    ("O-proxy-auth", "inconclusive"),
    ("O1-foreign-json", "inconclusive"),
    ("O1-foreign-page", "inconclusive"),
    ("O1-proxy-bad-gateway", "inconclusive"),
    ("O1-proxy-forbidden", "inconclusive"),
    ("P-bad-version", "inconclusive"),
    ("Q-gone", "inconclusive"),
];

#[test]
fn every_transcript_ends_in_its_state() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/azure-devops");
    let files = std::fs::read_dir(&folder).expect("transcripts");
    let count = files
        .filter(|file| {
            let path = file.as_ref().expect("an entry").path();
            path.extension()
                .is_some_and(|extension| extension == "http")
        })
        .count();
    assert_eq!(count, TRANSCRIPTS.len(), "a transcript without a row");
    let token = patsweep::token::mint::pat(7);
    for (name, expected) in TRANSCRIPTS {
        let answer = std::fs::read(folder.join(format!("{name}.http"))).expect("a transcript");
        let replay = Replay::start(answer);
        // No time to wait for what says to come back later.
        let run = verify(
            &replay.url(),
            &leak(&token, "contoso"),
            &["--timeout", "4s"],
        );
        assert_eq!(
            run.finding()["validity_reason"],
            expected,
            "{name}: {}",
            run.stdout
        );
        let requests = replay.requests();
        assert!(!requests.is_empty(), "{name}: nobody asked");
        let head = String::from_utf8_lossy(&requests[0]).to_lowercase();
        for part in [
            "get /dev.azure.com/contoso/_apis/connectiondata?api-version=7.1-preview.1 http/1.1",
            "accept: application/json",
            "x-tfs-fedauthredirect: suppress",
            "authorization: basic ",
            "user-agent: patsweep/",
        ] {
            assert!(head.contains(part), "{name}: no `{part}` in {head}");
        }
    }
}
