//! No credential of an administrator leaves, whatever the service makes of it, and no token that is
//! looked up with it.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use patsweep::model::{FindingId, Secret, Timestamp, ValueFrom};
use patsweep::providers::Scrubber;
use patsweep::providers::azure_devops::Base;
use patsweep::providers::entra::{
    AppService, Application, ClientSecret, Credentials, Directory, ManagedIdentity, Way,
};
use patsweep::providers::http::{Body, Credential, Field, HttpOptions, Request};
use patsweep::verify::{Access, Breadth, InventoryOptions, Subject, Value};

use crate::bench::{Bench, leak};
use crate::traces::{Hidden, assert_clean};

/// What is asked, of lines that hold tokens.
const RUNS: [&str; 6] = [
    "scan leaks --verify --inventory full --inventory-state state --cache=cache -f json -o r.json \
     -f jsonl -o r.jsonl -f sarif -o r.sarif -f text",
    "verify --inventory full --inventory-state state --cache=cache -f json -o r.json -f text",
    "map --inventory full --inventory-state state --probe-scopes -f text",
    "map --inventory full --probe-scopes -f json",
    "auth check",
    "auth check -f json",
];

/// An administrator, and what must not be seen of one.
fn administrators() -> [(&'static str, Bench, Vec<Hidden>); 3] {
    let pat = Bench::administrator();
    let hidden_pat = Hidden::new("the administrator's token", &pat.fake.admin_pat);
    let secret = Bench::new();
    let (tenant, id, value) = (
        secret.fake.tenant.clone(),
        secret.fake.client_id.clone(),
        secret.fake.client_secret.clone(),
    );
    let secret = secret
        .with("AZURE_TENANT_ID", &tenant)
        .with("AZURE_CLIENT_ID", &id)
        .with("AZURE_CLIENT_SECRET", &value);
    let entra = Bench::new();
    let bearer = entra.fake.owner_bearer.clone();
    let script = format!("#!/bin/sh\necho '{{\"accessToken\": \"{bearer}\"}}'\n");
    let program = entra.write("bin/az", &script);
    make_executable(&program);
    let path = program.parent().expect("a folder").to_str().expect("text");
    let entra = entra.with("PATH", path);
    [
        ("pat", pat, vec![hidden_pat]),
        (
            "client-secret",
            secret,
            vec![Hidden::new("the client secret", &value)],
        ),
        ("az", entra, vec![Hidden::new("the Entra token", &bearer)]),
    ]
}

fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

/// What the service does to all that it is asked, and to the place where one signs in.
const ECHOES: [(&str, &str); 4] = [
    ("/", "accepted"),
    ("/_apis/", "echo-fields"),
    ("/_apis/", "echo"),
    ("/oauth2/", "echo"),
];

#[test]
fn nothing_that_is_written_holds_a_credential() {
    for (way, bench, mut hidden) in administrators() {
        // Found in the list, not found there, and presented.
        let states = ["active", "revoked", "unknown", "active_elsewhere"];
        let tokens = states.map(|state| bench.fake.token(state));
        let lines: String = tokens.iter().map(|token| leak("noor", token)).collect();
        let plain = tokens.map(|token| token.token.as_str()).join("\n");
        bench.write("leaks/.env", &lines);
        hidden.extend(tokens.map(|token| Hidden::new(token.state, &token.token)));
        for (path, behavior) in ECHOES {
            bench.forget_orders();
            bench.order(path, behavior, u64::MAX);
            for run in RUNS {
                for left in ["state", "cache"] {
                    // The run before may have left none.
                    let _none = fs::remove_file(bench.path(left));
                }
                let args = format!("{run} -vvv --org contoso --auth {way}");
                let input = if run.starts_with("scan") { "" } else { &plain };
                let got = bench.patsweep(&args, input);
                let name = format!("{behavior} {path}: {args}");
                let streams = [
                    ("the list of processes", &got.arguments[..]),
                    ("standard output", got.stdout.as_bytes()),
                    ("standard error", got.stderr.as_bytes()),
                ];
                assert_clean(&hidden, &streams, &name);
                assert!(!got.stderr.contains("panicked"), "{name}: {}", got.stderr);
                for file in ["state", "cache", "r.json", "r.jsonl", "r.sarif"] {
                    let text = fs::read(bench.path(file)).unwrap_or_default();
                    assert_clean(&hidden, &[(file, &text)], &name);
                }
            }
        }
        let log = crate::client::get("/__log").to(&bench.fake);
        assert_clean(&hidden, &[("what was asked for", &log.body)], way);
    }
}

/// What the test below is started again with.
const PANIC: &str = "PATSWEEP_TEST_PANIC";

/// A panic prints what its author put into it: here everything that ever holds a secret.
#[test]
fn a_panic_prints_no_secret() {
    const SECRET: &str = "n0tReallyATokenButLongEnoughToBeTakenForOne";
    if std::env::var_os(PANIC).is_some() {
        panics_with_all_that_holds(&Secret::new(SECRET.as_bytes()));
    }
    let this = std::env::current_exe().expect("this program");
    let output = Command::new(this)
        .args([
            "secrecy::a_panic_prints_no_secret",
            "--exact",
            "--nocapture",
        ])
        .env(PANIC, "1")
        .env("RUST_BACKTRACE", "full")
        .output()
        .expect("it starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    for name in ["panicked", "Credentials", "Scrubber", "Value", "Subject"] {
        assert!(stderr.contains(name), "{name}: {stderr}");
    }
    let hidden = [Hidden::new("the secret", SECRET)];
    let streams = [
        ("standard output", &output.stdout[..]),
        ("standard error", &output.stderr[..]),
    ];
    assert_clean(&hidden, &streams, "a panic");
}

fn panics_with_all_that_holds(secret: &Secret) -> ! {
    let application = Application {
        tenant: "contoso.example".to_owned(),
        client_id: "an-application".to_owned(),
    };
    let directory = Directory::new(&HttpOptions::default(), Base::Microsoft, None);
    let directory = directory.expect("Microsoft's");
    let endpoint = AppService::new("http://127.0.0.1/msi/token", secret.clone());
    let ways = [
        Way::Pat(secret.clone()),
        Way::ClientSecret(ClientSecret::new(application, secret.clone())),
        Way::ManagedIdentity(ManagedIdentity {
            client_id: None,
            app_service: endpoint.ok(),
        }),
    ];
    let access: Vec<Access> = ways
        .into_iter()
        .map(|way| Access {
            organizations: Vec::new(),
            credentials: Arc::new(Credentials::new(way, directory.clone(), || Timestamp(0))),
        })
        .collect();
    let grants: Vec<_> = access
        .iter()
        .take(1)
        .map(|one| one.credentials.grant(std::time::Duration::ZERO))
        .collect();
    let inventory = InventoryOptions {
        access,
        breadth: Breadth::Full,
        state: None,
    };
    let fields = [("client_secret", Field::Secret(secret))];
    let request = Request {
        url: "http://127.0.0.1/".parse().expect("an address"),
        credential: Some(Credential::Bearer(secret)),
        headers: reqwest::header::HeaderMap::new(),
        body: Body::Form(&fields),
        timeout: std::time::Duration::ZERO,
    };
    let value = Value {
        secret: Some(secret.clone()),
        from: ValueFrom::Stdin,
    };
    let subject = Subject {
        secret,
        organization: "contoso",
        owner: &patsweep::model::Owner::default(),
    };
    let finding = FindingId::C3id("an id".to_owned());
    let scrubber = Scrubber::new(Some(secret));
    panic!(
        "{inventory:#?} {grants:?} {request:?} {value:?} {subject:?} {fields:?} {finding:?} \
         {scrubber:?}"
    );
}
