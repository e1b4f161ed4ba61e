//! `verify` and `map`: tokens that were found before.

use std::fs;

use serde_json::Value;

use crate::client::get;
use crate::program::{Run, leak, patsweep};
use crate::service::Fake;

/// A folder with a leak, and the report of a scan of it.
struct Scanned {
    folder: tempfile::TempDir,
}

impl Scanned {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let this = Self { folder };
        fs::create_dir(this.path("src")).expect("created");
        fs::write(this.path("src/.env"), text).expect("written");
        let run = patsweep(
            &[
                "scan",
                &this.path("src"),
                "-f",
                "json",
                "-o",
                &this.path("report.json"),
            ],
            "",
        );
        assert_eq!(run.code, 1, "{}", run.stderr);
        this
    }

    fn path(&self, name: &str) -> String {
        self.folder
            .path()
            .join(name)
            .to_str()
            .expect("text")
            .to_owned()
    }

    /// `verify --from` the report, with further flags.
    fn verify(&self, fake: &Fake, flags: &[&str]) -> Run {
        let report = self.path("report.json");
        let mut args = vec![
            "verify",
            "--from",
            &report,
            "--azure-devops-url",
            &fake.url,
            "-f",
            "json",
        ];
        args.extend(flags);
        patsweep(&args, "")
    }
}

fn requests(fake: &Fake) -> usize {
    get("/__log")
        .to(fake)
        .json()
        .as_array()
        .expect("a list")
        .len()
}

#[test]
fn a_report_is_verified_where_its_tokens_stand() {
    let fake = Fake::start();
    let token = fake.token("active");
    let scanned = Scanned::new(&leak(&token.token, &token.organization));
    let source = scanned.path("src");
    let run = scanned.verify(&fake, &["--source", &source]);
    let finding = run.finding();
    assert_eq!(finding["id"], token.c3id.as_str());
    assert_eq!(finding["validity_reason"], "live");
    assert_eq!(finding["verification"]["value_from"], "source");
    assert_eq!(finding["occurrences"][0]["line"], 1);
    assert_eq!(run.code, 4);
    // What does not stand there any more is not guessed, and nobody is asked about it.
    fs::write(scanned.path("src/.env"), "nothing\n").expect("written");
    let before = requests(&fake);
    let run = scanned.verify(&fake, &["--source", &source, "--fail-on", "active"]);
    assert_eq!(run.finding()["validity_reason"], "value_unavailable");
    assert_eq!(run.finding()["verification"]["value_from"], "none");
    assert_eq!((run.code, requests(&fake)), (3, before));
    assert!(
        run.stderr.contains("does not hold the token any more"),
        "{}",
        run.stderr
    );
}

#[test]
fn values_on_standard_input_are_matched_by_their_id() {
    let fake = Fake::start();
    let (token, other) = (fake.token("active"), fake.token("refused"));
    let scanned = Scanned::new(&leak(&token.token, &token.organization));
    let report = scanned.path("report.json");
    let args = [
        "verify",
        "--from",
        &report,
        "--tokens",
        "-",
        "--org",
        "contoso",
        "--azure-devops-url",
        &fake.url,
        "-f",
        "json",
    ];
    let input = format!("{}\nno-token\n", token.token);
    let run = patsweep(&args, &input);
    assert_eq!(run.finding()["verification"]["value_from"], "stdin");
    assert_eq!(run.finding()["validity_reason"], "live");
    assert!(run.stderr.contains("line 2 is left out"), "{}", run.stderr);
    // A token that the report does not name is one more finding.
    let report = patsweep(&args, &format!("{}\n", other.token)).report();
    let told: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|it| {
            (
                it["id"].as_str().expect("an id"),
                it["validity_reason"].as_str().expect("a reason"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (token.c3id.as_str(), "value_unavailable"),
            (other.c3id.as_str(), "refused")
        ]
    );
}

#[test]
fn what_a_report_claims_is_not_believed() {
    let fake = Fake::start();
    let token = fake.token("active");
    let scanned = Scanned::new(&format!("token = {}\n", token.token));
    let path = scanned.path("report.json");
    let mut report: Value =
        serde_json::from_slice(&fs::read(&path).expect("a report")).expect("JSON");
    report["findings"][0]["organizations"] = serde_json::json!(["contoso", "evil"]);
    report["findings"][0]["validity"] = "inactive".into();
    report["findings"][0]["validity_reason"] = "revoked".into();
    fs::write(&path, report.to_string()).expect("written");
    let run = scanned.verify(&fake, &["--source", &scanned.path("src")]);
    let finding = run.finding();
    assert_eq!(finding["organizations"], serde_json::json!([]));
    assert_ne!(finding["validity_reason"], "revoked");
    let log = get("/__log").to(&fake).json();
    let hosts = log
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["host"].clone());
    assert_eq!(hosts.collect::<Vec<_>>(), ["app.vssps.visualstudio.com"]);
}

/// What the scan said of one that carries no checksum, `verify` says, too.
#[test]
fn what_a_report_has_no_value_of_keeps_its_proof_and_its_end() {
    let fake = Fake::start();
    let past = Some(patsweep::model::Timestamp(1_700_000_000));
    let issuer = patsweep::token::jwt::ISSUER_HOST;
    let token = patsweep::token::mint::oauth_token(1, issuer, past);
    let scanned = Scanned::new(&leak(&token, "contoso"));
    let finding = scanned.verify(&fake, &[]).finding();
    assert_eq!(finding["proof"], "shape");
    assert_eq!(finding["expires"], "2023-11-14T22:13:20Z");
    assert_eq!(finding["validity_reason"], "expired");
    assert_eq!(finding["verification"]["method"], "offline");
    let report = scanned.path("report.json");
    let text = patsweep(
        &["verify", "--from", &report, "--azure-devops-url", &fake.url],
        "",
    );
    let line = "not proven: its signature cannot be checked offline; expired on 2023-11-14";
    assert!(text.stdout.contains(line), "{}", text.stdout);
    assert_eq!(requests(&fake), 0);
}

#[test]
fn reports_that_cannot_be_used_are_told() {
    let fake = Fake::start();
    let folder = tempfile::tempdir().expect("a folder");
    for (text, expected) in [
        ("", "cannot use the report"),
        ("{\"schema\": \"patsweep-report/2\"}", "patsweep-report/2"),
        (
            "{\"schema\": \"patsweep-report/1\", \"findings\": [",
            "cannot use the report",
        ),
        ("[1, 2]", "cannot use the report"),
    ] {
        let path = folder.path().join("report.json");
        fs::write(&path, text).expect("written");
        let path = path.to_str().expect("text");
        let run = patsweep(
            &["verify", "--from", path, "--azure-devops-url", &fake.url],
            "",
        );
        assert_eq!(run.code, 2, "{text}");
        assert!(run.stderr.contains(expected), "{text}: {}", run.stderr);
    }
    let run = patsweep(&["verify", "--azure-devops-url", &fake.url], "");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("no token on standard input"),
        "{}",
        run.stderr
    );
    assert_eq!(requests(&fake), 0);
}

/// What a scan could not read, nobody who takes its report over has read either.
#[test]
fn a_report_that_may_lack_tokens_leaves_nothing_complete() {
    let fake = Fake::start();
    let folder = tempfile::tempdir().expect("a folder");
    let [cut, path] = ["cut.zip", "report.json"].map(|name| folder.path().join(name));
    fs::write(&cut, b"PK\x03\x04cut").expect("written");
    let [cut, path] = [&cut, &path].map(|path| path.to_str().expect("text"));
    let run = patsweep(&["scan", cut, "-f", "json", "-o", path], "");
    assert_eq!(run.code, 3, "{}", run.stderr);
    for command in ["verify", "map", "revoke"] {
        let args = [command, "--from", path, "--azure-devops-url", &fake.url];
        let run = patsweep(&args, "");
        assert_eq!(run.code, 3, "{command}: {}{}", run.stdout, run.stderr);
        let note = format!("note: {path}: the scan that wrote it did not read everything");
        assert!(run.stderr.contains(&note), "{command}: {}", run.stderr);
    }
    let args = [
        "verify",
        "--from",
        path,
        "-f",
        "json",
        "--azure-devops-url",
        &fake.url,
    ];
    let report = patsweep(&args, "").report();
    assert_eq!(report["problems"][0]["kind"], "report");
    assert_eq!(report["coverage"]["complete"], false);
}

#[test]
fn a_map_shows_whose_it_is_and_what_it_may_read() {
    let fake = Fake::start();
    let token = fake.token("active");
    let input = format!("{}\n", token.token);
    let args = [
        "map",
        "--org",
        "contoso",
        "--azure-devops-url",
        &fake.url,
        "-f",
        "json",
    ];
    let run = patsweep(&args, &input);
    assert_eq!((run.code, requests(&fake)), (4, 1));
    let text = run.stdout;
    assert!(text.contains("noor@contoso.example"), "{text}");
    let mut probing = args.to_vec();
    probing.push("--probe-scopes");
    let run = patsweep(&probing, &input);
    assert!(!run.stderr.contains("not all known"), "{}", run.stderr);
    let map: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(map["schema"], "patsweep-map/1");
    let scopes = map["tokens"][0]["scopes"].as_array().expect("scopes");
    let state = |name: &str| {
        let scope = scopes.iter().find(|scope| scope["name"] == name);
        scope.map(|scope| scope["state"].clone())
    };
    assert_eq!(state("code"), Some("held".into()), "{map:#}");
    assert_eq!(
        state("code_write"),
        Some("cannot_be_probed".into()),
        "{map:#}"
    );
    // One to verify, and 25 at most to explore.
    assert!((10..=27).contains(&requests(&fake)), "{}", requests(&fake));
    let log = get("/__log").to(&fake).json();
    let methods = log
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["method"].clone());
    assert!(
        methods.clone().all(|method| method == "GET"),
        "only what reads"
    );
}

#[test]
fn a_server_on_premises_is_asked_at_its_collection() {
    let fake = Fake::start();
    let token = fake.token("active");
    let url = format!("{}/tfs/DefaultCollection", fake.url);
    let run = patsweep(
        &["verify", "--server-url", &url, "-f", "json"],
        &token.token,
    );
    assert_eq!(run.finding()["validity_reason"], "live", "{}", run.stderr);
    let log = get("/__log").to(&fake).json();
    assert_eq!(log.as_array().expect("a list").len(), 1, "{log}");
    assert_eq!(
        run.stderr,
        "note: Azure DevOps Server has no list to look tokens up in, and revokes a token for its \
         owner alone\n"
    );
    let input = leak(&token.token, "contoso");
    let run = patsweep(&["scan", "-", "--verify", "--server-url", &url], &input);
    let help = "for nobody else can, revoke it on the server under User settings";
    assert!(run.stdout.contains(help), "{}", run.stdout);
    assert!(!run.stdout.contains("_usersSettings"), "{}", run.stdout);
}

#[test]
fn standard_input_is_one_thing_only() {
    let fake = Fake::start();
    let token = fake.token("active");
    let scanned = Scanned::new(&leak(&token.token, &token.organization));
    let report = scanned.path("report.json");
    let auth = ["--auth", "pat", "--auth-file", "-", "--org", "contoso"];
    for command in [
        &["verify"][..],
        &["map"],
        &["verify", "--from", &report, "--tokens", "-"],
    ] {
        let args = [command, &auth, &["--azure-devops-url", &fake.url]].concat();
        let run = patsweep(&args, &token.token);
        assert_eq!(
            (run.code, &*run.stderr),
            (
                2,
                "error: standard input cannot hold tokens and the secret of --auth-file at once\n\
                 hint: name a file with --auth-file, or take the tokens from a report with --from\n"
            )
        );
    }
    // The tokens of a report leave it free.
    let args = [&["verify", "--from", &report][..], &auth].concat();
    let flags = ["--inventory", "full", "--azure-devops-url", &fake.url];
    let run = patsweep(&[&args[..], &flags].concat(), &fake.admin_pat);
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
    assert!(requests(&fake) > 0);
}
