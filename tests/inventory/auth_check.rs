//! `auth check`: who one is, and what one may do.

use serde_json::json;

use crate::bench::Bench;

#[test]
fn an_administrator_may_do_all_of_it() {
    let bench = Bench::administrator();
    let run = bench.patsweep("auth check --org contoso --auth pat", "");
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let mut lines: Vec<&str> = run.stdout.lines().collect();
    let ids: Vec<&str> = lines.drain(3..5).collect();
    assert!(ids[0].starts_with("  id                  ") && ids[0].len() == 58);
    assert!(ids[1].starts_with("  descriptor          aad."));
    assert_eq!(
        lines,
        [
            "contoso",
            "  credential          personal access token",
            "  signed in as        Ada Brook <ada@contoso.example>",
            "  sign in             yes",
            "  read users          yes",
            "  list tokens         yes",
            "  read policies       yes",
            "  read the audit log  yes",
        ]
    );
    // Nothing but reading.
    assert!(bench.log().iter().all(|it| it["method"] == "GET"));
}

#[test]
fn an_application_may_too() {
    let bench = Bench::new();
    let run = bench.patsweep(
        "auth check --org contoso --auth managed-identity -f json",
        "",
    );
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = run.report();
    assert_eq!(report["schema"], "patsweep-auth/1");
    let checked = &report["checked"][0];
    assert_eq!(checked["organization"], "contoso");
    assert_eq!(checked["credential"], "managed identity");
    assert!(checked["identity"]["descriptor"].as_str().is_some());
    let rights = checked["rights"].as_array().expect("rights");
    let rights: Vec<_> = rights
        .iter()
        .map(|right| json!([right["name"], right["held"]]))
        .collect();
    assert_eq!(
        rights,
        [
            json!(["sign in", "yes"]),
            json!(["read users", "yes"]),
            json!(["list tokens", "yes"]),
            json!(["read policies", "yes"]),
            json!(["read the audit log", "yes"]),
        ]
    );
}

#[test]
fn somebody_else_lacks_a_right() {
    let bench = Bench::new();
    let token = bench.fake.token("active").token.clone();
    let bench = bench.with("PATSWEEP_ADMIN_PAT", &token);
    let run = bench.patsweep("auth check --org contoso --auth pat", "");
    assert_eq!(run.code, 1);
    let expected = "  list tokens         no: Access Denied: the caller may not administer tokens of \
                    this organization.";
    assert!(
        run.stdout.lines().any(|line| line == expected),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("  read users          yes"));
    assert!(!run.stdout.contains(&token));
}

#[test]
fn a_token_that_nobody_knows_has_no_right() {
    let bench = Bench::new();
    let token = bench.fake.token("unknown").token.clone();
    let bench = bench.with("PATSWEEP_ADMIN_PAT", &token);
    let run = bench.patsweep("auth check --org contoso --auth pat", "");
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(!run.stdout.contains("yes"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_told_is_said() {
    let bench = Bench::administrator();
    bench.order("TenantPolicy", "unavailable", u64::MAX);
    let run = bench.patsweep("auth check --org contoso --auth pat", "");
    assert_eq!(run.code, 3, "{}", run.stdout);
    assert!(
        run.stdout.contains("  read policies       unknown: "),
        "{}",
        run.stdout
    );
    // What is lacking weighs more.
    bench.order("tokenadmin", "not-administrator", u64::MAX);
    let run = bench.patsweep("auth check --org contoso --auth pat", "");
    assert_eq!(run.code, 1);
}

#[test]
fn nobody_to_check() {
    let bench = Bench::new();
    for (args, stderr) in [
        (
            "--org contoso",
            "error: no credential to check for contoso\n\
             hint: name one with --auth, or write [[credentials]] into the configuration\n",
        ),
        (
            "--org contoso --auth pat",
            "error: --auth pat needs PATSWEEP_ADMIN_PAT, which is not set\n\
             hint: set it, or name a file with --auth-file\n",
        ),
        (
            "--org a/b --auth pat",
            "error: `a/b` is no name of an organization\n\
             hint: name it as in https://dev.azure.com/NAME\n",
        ),
    ] {
        let run = bench.patsweep(&format!("auth check {args}"), "");
        assert_eq!((run.code, &*run.stderr), (2, stderr));
    }
    assert_eq!(bench.asked(), [""; 0]);
}
