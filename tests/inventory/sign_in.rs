//! Each way to sign in, and what is said where it does not work.

use crate::bench::{Bench, leak, told};

/// An application in the environment.
fn application() -> Bench {
    let bench = Bench::new();
    let (tenant, client) = (bench.fake.tenant.clone(), bench.fake.client_id.clone());
    bench
        .with("AZURE_TENANT_ID", &tenant)
        .with("AZURE_CLIENT_ID", &client)
}

/// The token is looked up, not presented.
#[track_caller]
fn works(bench: &Bench, flags: &str) {
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("noor", token), flags);
    let stderr = &run.stderr;
    assert_eq!(run.code, 4, "{stderr}");
    assert_eq!(run.settled(token), told("live", "inventory"), "{stderr}");
    assert!(!bench.was_presented(token));
}

/// Nobody is asked about the token, which is told all the same.
#[track_caller]
fn fails(bench: &Bench, flags: &str, stderr: &str) {
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("noor", token), flags);
    assert_eq!(run.code, 2);
    assert!(run.stderr.ends_with(stderr), "{}", run.stderr);
    let asked = bench.asked();
    let of_service = asked.iter().filter(|it| !it.starts_with("login."));
    assert_eq!(of_service.count(), 0, "{asked:?}");
}

#[test]
fn with_a_personal_access_token() {
    works(&Bench::administrator(), "--auth pat");
    let bench = Bench::new();
    let file = bench.write("admin.txt", &format!("{}\n", bench.fake.admin_pat));
    works(
        &bench,
        &format!("--auth pat --auth-file {}", file.display()),
    );
    // Standard input is one thing only.
    let bench = Bench::new();
    fails(
        &bench,
        "--auth pat --auth-file -",
        "error: standard input cannot be a target and --auth-file at once\n",
    );
    bench.write("leak.txt", &leak("noor", bench.fake.token("active")));
    let run = bench.patsweep(
        "scan leak.txt --verify -f json --auth pat --org contoso --auth-file -",
        &bench.fake.admin_pat,
    );
    assert_eq!(
        run.settled(bench.fake.token("active")),
        told("live", "inventory")
    );
}

#[test]
fn with_a_client_secret() {
    let bench = application();
    let secret = bench.fake.client_secret.clone();
    let file = bench.write("secret.txt", &secret);
    works(
        &bench,
        &format!("--auth client-secret --auth-file {}", file.display()),
    );
    works(
        &bench.with("AZURE_CLIENT_SECRET", &secret),
        "--auth client-secret",
    );
}

#[test]
fn with_a_federated_token() {
    let bench = application();
    let file = bench.write("token.jwt", "eyJhIjoxfQ.eyJhIjoxfQ.c2ln\n");
    let file = file.display().to_string();
    works(
        &bench.with("AZURE_FEDERATED_TOKEN_FILE", &file),
        "--auth workload-identity",
    );
    let bench = application().with("AZURE_FEDERATED_TOKEN_FILE", "missing.jwt");
    let bench_error = "error: cannot read a federated token from missing.jwt\n\
                       caused by: No such file or directory (os error 2)\n";
    fails(&bench, "--auth workload-identity", bench_error);
}

#[test]
fn with_a_managed_identity() {
    works(&Bench::new(), "--auth managed-identity");
    let bench = Bench::new();
    let client = bench.fake.client_id.clone();
    works(
        &bench.with("AZURE_CLIENT_ID", &client),
        "--auth managed-identity",
    );
    let bench = Bench::new();
    let endpoint = format!("{}/app-service/msi/token", bench.fake.url);
    let bench = bench
        .with("IDENTITY_ENDPOINT", &endpoint)
        .with("IDENTITY_HEADER", "header");
    works(&bench, "--auth managed-identity");
    assert!(bench.asked().contains(&"app-service".to_owned()));
    let bench = Bench::new()
        .with("IDENTITY_ENDPOINT", "http://identity.example/token")
        .with("IDENTITY_HEADER", "header");
    fails(
        &bench,
        "--auth managed-identity",
        "error: cannot use IDENTITY_ENDPOINT\ncaused by: `http://identity.example/token` is \
         neither https nor an address of this machine\n",
    );
}

#[cfg(unix)]
mod az {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::client::ask;

    /// A program `az` in `folder` of the home.
    fn program(bench: &Bench, folder: &str, script: &str) -> String {
        let path = bench.write(&format!("{folder}/az"), &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        path.parent().expect("a folder").display().to_string()
    }

    #[test]
    fn with_the_azure_cli() {
        let bench = Bench::new();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}\
             &scope=499b84ac-1321-427f-aa17-267ca6975798/.default",
            bench.fake.client_id, bench.fake.client_secret
        );
        let path = format!(
            "/login.microsoftonline.com/{}/oauth2/v2.0/token",
            bench.fake.tenant
        );
        let answer = ask("POST", &path)
            .header("Content-Type: application/x-www-form-urlencoded")
            .body(&form)
            .to(&bench.fake)
            .json();
        let token = answer["access_token"].as_str().expect("a token");
        let script = format!(
            "[ \"$*\" = 'account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 \
             -o json' ] || exit 1\n\
             [ -z \"$AZURE_CLIENT_SECRET\" ] || exit 1\n\
             echo '{{\"accessToken\": \"{token}\", \"expires_on\": 4102444800, \"expiresOn\": \"x\"}}'"
        );
        let folder = program(&bench, "bin", &script);
        let bench = bench.with("PATH", &folder).with("AZURE_CLIENT_SECRET", "s");
        works(&bench, "--auth az");
    }

    #[test]
    fn which_is_not_signed_in() {
        let bench = Bench::new();
        let folder = program(
            &bench,
            "bin",
            "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1",
        );
        fails(
            &bench.with("PATH", &folder),
            "--auth az",
            "error: the Azure CLI gave no token: ERROR: Please run 'az login' to setup account.\n\
             hint: sign in first: az login\n",
        );
    }

    #[test]
    fn which_lies_where_one_works() {
        let bench = Bench::new();
        let folder = program(&bench, ".", "touch ran; exit 1");
        let bench = bench.with("PATH", &format!("{folder}:.:"));
        fails(
            &bench,
            "--auth az",
            "error: cannot find `az` on PATH\n\
             hint: install the Azure CLI; it is not looked for in the current folder\n",
        );
        assert!(!bench.path("ran").exists());
    }
}

#[test]
fn a_wrong_secret_is_not_repeated() {
    let wrong = format!("wrong-{}", "secret".repeat(5));
    let bench = application().with("AZURE_CLIENT_SECRET", &wrong);
    fails(
        &bench,
        "--auth client-secret",
        "error: sign-in with client secret was refused: AADSTS7000215: Invalid client secret \
         provided.\nhint: give the value of the secret, not its id, and see that it has not \
         expired\n",
    );
    let token = bench.fake.token("active");
    let run = bench.verify(&leak("noor", token), "--auth client-secret");
    assert!(!run.stderr.contains(&wrong));
    assert_eq!(run.finding(token)["validity_reason"], "not_attempted");
}

#[test]
fn what_is_missing_is_named() {
    for (flags, stderr) in [
        (
            "--auth pat",
            "error: --auth pat needs PATSWEEP_ADMIN_PAT, which is not set\n\
             hint: set it, or name a file with --auth-file\n",
        ),
        (
            "--auth client-secret",
            "error: --auth client-secret needs AZURE_TENANT_ID, which is not set\n",
        ),
        (
            "--auth workload-identity",
            "error: --auth workload-identity needs AZURE_TENANT_ID, which is not set\n",
        ),
        (
            "--auth managed-identity --auth-file x",
            "error: --auth managed-identity takes no --auth-file\n",
        ),
        (
            "--auth pat --auth-file missing.txt",
            "error: cannot read a secret from missing.txt\n\
             caused by: No such file or directory (os error 2)\n",
        ),
        (
            "--inventory full",
            "error: --inventory needs an administrator\n\
             hint: name one with --auth, or write [[credentials]] into the configuration\n",
        ),
    ] {
        fails(&Bench::new(), flags, stderr);
    }
    let bench = application();
    fails(
        &bench,
        "--auth client-secret",
        "error: --auth client-secret needs AZURE_CLIENT_SECRET, which is not set\n",
    );
    let bench = Bench::new();
    for (text, why) in [("", "it is empty"), ("a b", "it is not one word of ASCII")] {
        bench.write("admin.txt", text);
        let stderr = format!("error: admin.txt holds no secret: {why}\n");
        fails(&bench, "--auth pat --auth-file admin.txt", &stderr);
    }
}

#[test]
fn the_configuration_maps_organisations_to_credentials() {
    let bench = Bench::new();
    let config = format!(
        "[[credentials]]\norganizations = [\"Contoso\"]\nauth = \"client-secret\"\n\
         tenant = \"{}\"\nclient-id = \"{}\"\nsecret-env = \"CONTOSO\"\n\
         [[credentials]]\norganizations = [\"northwind\"]\nauth = \"pat\"\nsecret-file = \"north.txt\"\n",
        bench.fake.tenant, bench.fake.client_id
    );
    bench.write("home.toml", &config);
    bench.write("north.txt", &bench.fake.admin_pat);
    let secret = bench.fake.client_secret.clone();
    let missing = "error: home.toml:1: [[credentials]] needs CONTOSO, which is not set\n";
    fails(&bench, "--config home.toml", missing);
    let bench = bench.with("CONTOSO", &secret);
    let mut active = bench.fake.tokens.iter().filter(|it| it.state == "active");
    let here = active.next().expect("a token of contoso");
    let there = active.find(|it| it.organization == "northwind");
    let there = there.expect("a token of northwind");
    let input = leak("noor", here) + &leak("noor", there);
    let run = bench.verify(&input, "--config home.toml");
    assert_eq!(
        run.settled(here),
        told("live", "inventory"),
        "{}",
        run.stderr
    );
    assert_eq!(run.settled(there), told("live", "inventory"));
    let log = bench.log();
    let auth = |organization: &str| -> Vec<&str> {
        let path = format!("/{organization}/");
        let of = log.iter().filter(|it| {
            let asked = it["path"].as_str().unwrap_or_default();
            asked.starts_with(&path)
        });
        of.map(|it| it["auth"].as_str().expect("a scheme"))
            .collect()
    };
    assert_eq!(auth("contoso"), ["bearer", "bearer"]);
    assert_eq!(auth("northwind"), ["basic", "basic"]);
}

/// Whoever is signed in with may take long, too.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_sign_in() {
    use crate::client::get;

    let bench = application();
    let secret = bench.fake.client_secret.clone();
    let bench = bench.with("AZURE_CLIENT_SECRET", &secret);
    let order = serde_json::json!({
        "target": { "host": "login.microsoftonline.com" }, "behavior": "slow", "delay_s": 60,
    });
    let got = crate::client::ask("POST", "/__control").json(&order);
    assert_eq!(got.to(&bench.fake).status, 204);
    let token = bench.fake.token("active");
    let flags = "scan - --verify -f json --auth client-secret --org contoso";
    let started = bench.start(
        std::process::Command::new(env!("CARGO_BIN_EXE_patsweep")),
        &format!("{flags} --azure-devops-url {}", bench.fake.url),
        &leak("noor", token),
    );
    let hosts = || get("/__concurrency").to(&bench.fake).json()["host"].clone();
    while hosts()["login.microsoftonline.com"].is_null() {}
    let start = std::time::Instant::now();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &started.child.id().to_string()])
        .status();
    assert!(sent.expect("kill").success());
    let run = crate::bench::Run::of(started);
    assert!(start.elapsed() < std::time::Duration::from_secs(10));
    assert_eq!(run.code, 130, "{}", run.stderr);
    assert_eq!(run.settled(token), told("not_attempted", "null"));
}
