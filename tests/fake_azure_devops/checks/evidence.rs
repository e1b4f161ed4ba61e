//! Policies and the audit log.

use serde_json::{Value, json};

use crate::client::{ask, get, order};
use crate::service::Fake;

#[test]
fn policies_answer_in_every_way() {
    let fake = Fake::start();
    let tenant = "/vssps.dev.azure.com/contoso/_apis/TenantPolicy/Policies/TenantPolicy.";
    let leaked = format!("{tenant}EnableLeakedPersonalAccessTokenAutoRevocation");
    let read = |path: &str| get(path).pat(&fake.admin_pat).to(&fake);
    assert_eq!(read(&leaked).text(), "null");
    assert_eq!(
        read(&format!("{tenant}RestrictPersonalAccessTokenLifespan")).json()["properties"]["MaxPatLifespanInDays"],
        "90"
    );
    for (behavior, status, text) in [
        ("policy-empty", 200, Some("")),
        ("policy-204", 204, Some("")),
        ("policy-null", 200, Some("null")),
        ("policy-value-null", 200, None),
        ("policy-html", 200, None),
        ("policy-203", 203, None),
        ("policy-true", 200, None),
        ("policy-false", 200, None),
        ("policy-shape", 200, None),
        ("policy-401", 401, None),
        ("policy-403", 403, None),
        ("policy-404", 404, None),
    ] {
        order(&fake, &json!({ "organization": "contoso" }), behavior, 0);
        let got = read(&leaked);
        assert_eq!(got.status, status, "{behavior}");
        assert!(
            text.is_none_or(|text| got.text() == text),
            "{behavior}: {}",
            got.text()
        );
        match behavior {
            "policy-true" | "policy-false" => {
                assert_eq!(got.json()["value"], behavior == "policy-true");
            }
            "policy-value-null" => assert_eq!(got.json()["value"], Value::Null),
            _ => {}
        }
    }
    ask("DELETE", "/__control").to(&fake);
    let creation = "/dev.azure.com/contoso/_apis/OrganizationPolicy/Policies/Policy.DisablePATCreation?defaultValue=false&api-version=5.0-preview.1";
    assert_eq!(
        read(creation).json()["properties"]["isAllowListEnabled"],
        "true"
    );
    let patch = json!([{ "op": "replace", "path": "/Value", "value": "false" }]);
    let write = |fake: &Fake| {
        ask("PATCH", creation)
            .pat(&fake.admin_pat)
            .json(&patch)
            .to(fake)
            .status
    };
    assert_eq!(write(&fake), 204);
    assert_eq!(read(creation).json()["effectiveValue"], false);
    order(&fake, &json!({}), "policy-disallowed", 0);
    assert_eq!(write(&fake), 403);
}

#[test]
fn the_audit_log_tells_who_did_what() {
    let fake = Fake::start();
    let path = "/auditservice.dev.azure.com/contoso/_apis/audit/auditlog?api-version=7.1-preview.1";
    let read = |query: &str| {
        get(&format!("{path}{query}"))
            .pat(&fake.admin_pat)
            .to(&fake)
            .json()
    };
    let actions = |page: &Value| -> Vec<String> {
        let entries = page["decoratedAuditLogEntries"].as_array().expect("a list");
        entries
            .iter()
            .map(|entry| entry["actionId"].as_str().expect("an action").to_owned())
            .collect()
    };
    let all = [
        "Extension.Installed",
        "Git.RepositoryDeleted",
        "Git.RefUpdatePoliciesBypassed",
        "Token.PatCreateEvent",
        "Git.RepositoryCreated",
    ];
    let page = read("");
    assert_eq!(actions(&page), all);
    let mechanism = page["decoratedAuditLogEntries"][0]["authenticationMechanism"].as_str();
    let mechanism = mechanism.expect("a mechanism");
    let id = fake
        .token("active")
        .authorization_id
        .as_deref()
        .expect("an id");
    assert_eq!(mechanism.len(), 64);
    assert!(format!("PAT_Unscoped authorizationId: {id}").starts_with(mechanism));
    // Reading it stands in it.
    let first = read("&batchSize=4");
    assert_eq!(actions(&first)[0], "AuditLog.AccessLog");
    assert_eq!(first["hasMore"], true);
    let token = first["continuationToken"].as_str().expect("a token");
    let rest = read(&format!("&batchSize=4&continuationToken={token}"));
    assert_eq!(rest["continuationToken"], Value::Null);
    order(&fake, &json!({}), "audit-wrapped", 0);
    assert!(read("")["value"]["decoratedAuditLogEntries"].is_array());
    order(&fake, &json!({}), "audit-off", 0);
    assert_eq!(actions(&read("")["value"]), [""; 0]);
}
