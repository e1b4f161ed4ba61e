//! What is suppressed and works all the same is reported all the same.

use patsweep::token::mint;
use serde_json::{Value, json};

use crate::program::World;
use crate::service::Fake;
use crate::{baseline, entry};

#[test]
fn a_token_that_is_active_counts_whatever_suppresses_it() {
    let fake = Fake::start();
    let token = |state| &fake.token(state).token;
    let line = |token: &str, mark: &str| {
        format!("https://build:{token}@dev.azure.com/contoso/Website/_git/Website {mark}\n")
    };
    let dead = mint::pat(9);
    let world = World::with("a.txt", line(token("active"), ""));
    world.write(
        "known.json",
        baseline(&[entry(token("active"), ""), entry(&dead, "")]),
    );
    let url = &fake.url;
    let scan = |flags: &str| {
        let flags = format!("scan a.txt --azure-devops-url {url} --verify -f json {flags}");
        let said = world.run(&flags);
        let report: Value = serde_json::from_str(&said.stdout).expect("a report");
        let of = |finding: &Value| {
            json!([
                finding["validity"],
                finding["suppressed"],
                finding["overruled"]
            ])
        };
        let findings: Vec<Value> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(of)
            .collect();
        (said.code, findings)
    };
    let overruled = |by: &str, reason: &str| json!(["active", null, {"by": by, "reason": reason, "because": "active"}]);
    let (code, findings) = scan("--baseline known.json");
    assert_eq!((code, findings), (4, vec![overruled("baseline", "r")]));
    // Nobody is asked without --verify, and then it is passed over.
    assert_eq!(world.run("scan a.txt --baseline known.json").code, 0);

    world.write("a.txt", line(token("active"), "# patsweep:ignore"));
    let reason = "patsweep:ignore stands beside it";
    assert_eq!(scan(""), (4, vec![overruled("inline", reason)]));
    let flags = format!("scan a.txt --azure-devops-url {url} --verify");
    let said = world.run(&flags).stdout;
    let note =
        format!("not suppressed: inline: {reason} – but it is active, and counts all the same\n");
    assert!(said.contains(&note), "{said}");

    // One that nobody lets in stays passed over.
    world.write("a.txt", line(&dead, ""));
    let (code, findings) = scan("--baseline known.json");
    let suppressed = json!({"by": "baseline", "reason": "r"});
    assert_eq!(
        (code, findings),
        (0, vec![json!(["unknown", suppressed, null])])
    );
}
