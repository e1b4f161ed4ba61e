//! Every way in which the service can be made to misbehave.

use serde_json::{Value, json};

/// What a behaviour does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Is the answer, whatever was asked.
    Answer,
    /// Changes how the service judges or answers.
    Twist,
    /// Happens once, when the order is given.
    Act,
}

/// A behaviour: its row in the catalogue of outcomes, its name, its kind, and what it does.
pub(crate) type Behavior = (&'static str, &'static str, Kind, &'static str);

use Kind::{Act, Answer, Twist};

/// Every behaviour; an order names it by row or by name.
#[rustfmt::skip] // a table
pub(crate) const BEHAVIORS: [Behavior; 90] = [
    // The rows.
    ("A", "accepted", Twist, "every credential is accepted, as its owner or else as the administrator"),
    ("B", "sign-in-page", Answer, "203 and the sign-in page"),
    ("B'", "unauthorized-anonymous", Answer, "401 TF400813 with the anonymous GUID, in text"),
    ("", "unauthorized-json", Answer, "row B' in JSON"),
    ("B''", "redirect-sign-in", Answer, "302 to the sign-in page of the same host"),
    ("C", "refused", Answer, "401 Basic without a body"),
    ("C'", "expired-said", Answer, "401, in JSON: has expired"),
    ("", "expired-html", Answer, "401, in the title of a page: has expired"),
    ("D", "identity-elsewhere", Answer, "401 TF400813 with the owner's GUID"),
    ("E", "global-blocked", Answer, "401, the policy against global tokens"),
    ("F", "conditional-access", Answer, "403 VS403463 in JSON"),
    ("", "conditional-access-html", Answer, "403 page: Uh-oh, you do not have access"),
    ("G", "forbidden", Answer, "403 TF402455 with X-VSS-UserData"),
    ("", "repository-not-found", Answer, "404 TF401019 with X-VSS-UserData"),
    ("", "project-not-found", Answer, "404 TF200016 with X-VSS-UserData"),
    ("", "build-project-not-found", Answer, "400 VS800075 with X-VSS-UserData"),
    ("H", "identity-refused", Answer, "401 without a body, with X-VSS-UserData"),
    ("I", "organization-not-found", Answer, "404, a page"),
    ("J", "entra-only", Answer, "InvalidAccessException: The requested operation is not allowed."),
    ("K", "service-principal-refused", Answer, "403: Service principals are not allowed"),
    ("L", "throttled", Answer, "429 TF400733, Retry-After: delay_s"),
    ("M", "delayed", Twist, "the usual answer with Retry-After: delay_s and X-RateLimit-*"),
    ("N", "unavailable", Answer, "503"),
    ("N'", "host-offline", Answer, "503 with X-VSS-HostOfflineError"),
    ("", "bad-gateway", Answer, "502"),
    ("", "gateway-timeout", Answer, "504"),
    ("O", "proxy-auth", Answer, "407 with Proxy-Authenticate"),
    ("O'", "foreign-page", Answer, "200, a page of something between, without any header of the service"),
    ("", "proxy-forbidden", Answer, "403, such a page"),
    ("", "proxy-bad-gateway", Answer, "502, such a page"),
    ("P", "bad-version", Answer, "400 VssInvalidPreviewVersionException"),
    ("Q", "gone", Answer, "410"),
    // The connection and the body.
    ("", "slow", Twist, "the usual answer after delay_s"),
    ("", "drip", Twist, "the usual answer, a byte per delay_s (1)"),
    ("", "close", Answer, "the connection ends before an answer"),
    ("", "truncated-body", Twist, "half of the promised body, then the end of the connection"),
    ("", "truncated-json", Twist, "a whole body that holds half of the JSON"),
    ("", "huge-body", Answer, "200, a JSON string of 100 MB"),
    ("", "bom", Twist, "a byte order mark before the body"),
    ("", "html-200", Answer, "200, the sign-in page"),
    ("", "wrong-content-type", Twist, "the usual body as text/html"),
    ("", "invalid-utf8", Twist, "the usual body with a byte that is no UTF-8"),
    ("", "redirect-other-host", Answer, "302 to the host `elsewhere`, which notes what arrives"),
    ("", "redirect-same-host", Answer, "302 to another path of this host"),
    ("", "echo", Answer, "401 whose message and headers repeat Authorization, in several encodings"),
    ("", "echo-fields", Twist, "the usual answer, whose names, accounts, scopes and messages repeat it so, too"),
    ("", "clock-skew", Twist, "the Date header is delay_s off, which may be negative"),
    ("", "advance-clock", Act, "the service's clock goes delay_s forward"),
    ("", "error-in-html", Answer, "500, a page"),
    // Who is let in.
    ("", "expired-bare", Twist, "row C where a token expired"),
    ("", "scope-with-identity", Twist, "row H where a scope is missing"),
    ("", "elsewhere-refused", Twist, "row C where an organisation is not the token's"),
    ("", "elsewhere-unauthorized", Twist, "row B or B' where an organisation is not the token's"),
    ("", "public-project", Twist, "anybody may read, as nobody"),
    ("", "redirect-unknown", Twist, "row B'' where a credential is unknown"),
    // Inventory and revocation.
    ("", "revocation-delay", Twist, "revoked tokens stay accepted for delay_s; the inventory says so at once"),
    ("", "revocation-early", Twist, "revoked tokens are refused at once; the inventory says so after delay_s"),
    ("", "revoke-204-but-alive", Twist, "204, and nothing is revoked"),
    ("", "unknown-id-400", Twist, "400 where an authorization id is unknown or revoked already"),
    ("", "id-limit-10", Twist, "400 where more than 10 ids are revoked at once"),
    ("", "revoked-vanish", Twist, "the inventory drops revoked tokens instead of flagging them"),
    ("", "c3id-absent", Twist, "the inventory has no crossCompanyCorrelatingId"),
    ("", "c3id-null", Twist, "crossCompanyCorrelatingId is null"),
    ("", "zero-continuation", Twist, "the last page continues with a zero GUID"),
    ("", "repeat-continuation", Twist, "every page continues with itself"),
    ("", "small-pages", Twist, "pages hold 2 at most"),
    ("", "inventory-7.1-only", Twist, "400 where token administration is asked for 7.2"),
    ("", "inventory-missing", Twist, "404 for token administration, as Azure DevOps Server answers"),
    ("", "tokenadmin-no-service-principal", Twist, "row K where a service principal asks token administration"),
    ("", "not-administrator", Twist, "401 for token administration, whoever asks"),
    ("", "owner-gone", Twist, "404 where the directory is asked for anybody, as after they left"),
    ("", "no-mail-address", Twist, "mailAddress is null in the directory"),
    ("", "pats-delete-200", Twist, "DELETE of tokens/pats answers 200 and not 204"),
    ("", "pats-error", Twist, "200 whose patTokenError is accessDenied"),
    // Audit and policies.
    ("", "audit-wrapped", Twist, "the audit log inside `value`, as the specification's example has it"),
    ("", "audit-plain", Twist, "the audit log as the models have it, which is the default"),
    ("", "audit-off", Twist, "no events, Policy.LogAuditEvents being false"),
    ("", "policy-null", Twist, "policies answer 200 null"),
    ("", "policy-value-null", Twist, "policies have a null value"),
    ("", "policy-empty", Twist, "policies answer 200 without a body"),
    ("", "policy-204", Twist, "policies answer 204"),
    ("", "policy-html", Twist, "policies answer 200 and a page"),
    ("", "policy-203", Twist, "policies answer 203 and the sign-in page"),
    ("", "policy-true", Twist, "policies are on"),
    ("", "policy-false", Twist, "policies are off"),
    ("", "policy-401", Twist, "policies answer 401"),
    ("", "policy-403", Twist, "policies answer 403"),
    ("", "policy-404", Twist, "policies answer 404"),
    ("", "policy-shape", Twist, "policies answer 200 with JSON of another shape"),
    ("", "policy-disallowed", Twist, "PATCH of a policy answers 403"),
];

/// The list of behaviours as JSON.
pub(crate) fn catalogue() -> Value {
    let entry = |(row, name, kind, about): Behavior| {
        let kind = match kind {
            Answer => "answer",
            Twist => "twist",
            Act => "act",
        };
        json!({ "row": row, "name": name, "kind": kind, "about": about })
    };
    BEHAVIORS.into_iter().map(entry).collect()
}
