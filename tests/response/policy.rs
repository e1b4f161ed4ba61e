//! What `policy show` says applies.

use serde_json::json;

use crate::responder::Responder;

#[test]
fn each_state_of_the_tenant_is_told() {
    let responder = Responder::new();
    let bench = &responder.bench;
    for (behavior, tenant, revokes, code) in [
        ("policy-true", "on", true, 0),
        ("policy-false", "off", false, 0),
        ("policy-null", "never_set", true, 0),
        ("policy-value-null", "never_set", true, 0),
        ("policy-empty", "unreadable", false, 3),
        ("policy-204", "unreadable", false, 3),
        ("policy-html", "unreadable", false, 3),
        ("policy-203", "unreadable", false, 3),
        ("policy-401", "unreadable", false, 3),
        ("policy-403", "unreadable", false, 3),
        ("policy-404", "unreadable", false, 3),
        ("policy-shape", "unreadable", false, 3),
        ("bom", "never_set", true, 0),
        ("truncated-json", "unreadable", false, 3),
        ("wrong-content-type", "unreadable", false, 3),
    ] {
        bench.order("/TenantPolicy/", behavior, 9);
        let run = bench.patsweep("policy show --org contoso --auth pat -f json", "");
        let shown = &run.report()["policies"][0];
        assert_eq!(
            (&shown["tenant"], &shown["revokes"], run.code),
            (&json!(tenant), &json!(revokes), code),
            "{behavior}: {shown:#}"
        );
        bench.forget_orders();
    }
    assert_eq!(responder.writes(), 0);
}

#[test]
fn people_are_told_what_follows() {
    let responder = Responder::new();
    responder.bench.write(
        "config.toml",
        "[policy]\nexposure = \"any\"\nmax_revocations = 3\n[[policy.allow]]\nc3id = \"ABC\"\nreason = \"a decoy\"\n\
         until = \"2999-01-01\"\n[[policy.allow]]\nowner = \"ola@contoso.example\"\nreason = \"she moves\"\n\
         until = \"2026-11-30\"\n[notify.smtp]\nhost = \"127.0.0.1\"\nport = 25\n\
         tls = \"none\"\nfrom = \"leaks@patsweep.example\"\n",
    );
    let given = "policy show --org contoso --auth pat --config config.toml";
    let run = responder.bench.patsweep(given, "");
    let acting = run.stdout.lines().nth(1).unwrap_or_default();
    assert!(acting.starts_with("  acting as    "), "{}", run.stdout);
    let rest: Vec<_> = run.stdout.lines().skip(2).collect();
    assert_eq!(
        rest,
        [
            "  tenant       leaked tokens are revoked: never set, which means on",
            "  auto_revoke  tenant",
            "  exposure     any",
            "  at once      3",
            "  told by      mail",
            "  so           a confirmed leak is revoked, and its owner told",
            "",
            "your policy is that of config.toml, and defaults for what it does not say",
            "it leaves alone",
            "  the token ABC until 2999-01-01: a decoy",
            "it left alone, and does not any more",
            "  all tokens of ola@contoso.example until 2026-11-30: she moves",
        ]
    );
    assert_eq!(run.code, 0);
}

/// A file that says nothing of a policy steers nothing.
#[test]
fn only_a_file_with_a_policy_is_named() {
    let responder = Responder::new();
    let bench = &responder.bench;
    bench.write("config.toml", "color = \"never\"\n");
    let run = bench.patsweep(
        "policy show --org contoso --auth pat --config config.toml",
        "",
    );
    let rows = [
        "  told by      nobody: [notify] of the configuration names no channel\n",
        "  so           a confirmed leak that everybody can read is revoked, and nobody told\n",
        "your policy is that of the built-in defaults\n",
    ];
    for row in rows {
        assert!(run.stdout.contains(row), "{row}{}", run.stdout);
    }
    let token = responder.live()[0];
    let run = responder.plan(&[token], "--config config.toml");
    let steered = "steered by the built-in policy\n";
    assert!(run.stdout.contains(steered), "{}", run.stdout);
    bench.write("config.toml", "[policy]\nexposure = \"any\"\n");
    let run = responder.plan(&[token], "--config config.toml");
    let steered = "steered by [policy] of config.toml\n";
    assert!(run.stdout.contains(steered), "{}", run.stdout);
}

#[test]
fn that_nobody_is_told_is_shown() {
    let responder = Responder::new();
    let policy = "[policy]\nauto_revoke = \"off\"\nnotify = false\n";
    responder.bench.write("policy.toml", policy);
    let given = "policy show --org contoso --auth pat --policy policy.toml";
    let run = responder.bench.patsweep(given, "");
    let rows = [
        "  told by      nobody: so says `notify` of your policy\n",
        "  so           a confirmed leak that everybody can read is not revoked, and nobody told: \
         it is only listed\n",
    ];
    for row in rows {
        assert!(run.stdout.contains(row), "{}", run.stdout);
    }
    let run = responder.bench.patsweep(&format!("{given} -f json"), "");
    let shown = &run.report()["policies"][0];
    assert_eq!(
        (&shown["notify"], &shown["told_by"]),
        (&json!(false), &json!([]))
    );
}

#[test]
fn nobody_is_asked_without_a_credential() {
    let responder = Responder::new();
    let run = responder.bench.patsweep("policy show --org contoso", "");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("this needs an administrator"),
        "{}",
        run.stderr
    );
}

/// What a file says that was given with the plan alone is not asked again, which is said until it is sent.
#[test]
fn a_policy_that_is_given_no_more_is_told() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let policy = "[policy]\nauto_revoke = \"on\"\nexposure = \"any\"\n";
    responder.bench.write("policy.toml", policy);
    let told = "note: this was planned by a policy that is not given now";
    responder.plan(&[token], "--policy policy.toml");
    responder.order_delay("revoke-204-but-alive", 0);
    let run = responder.execute("");
    assert!(run.code == 6 && run.stderr.contains(told), "{}", run.stderr);
    for run in [
        responder.resume(""),
        responder.execute("--policy policy.toml"),
    ] {
        assert!(
            run.code == 6 && !run.stderr.contains(told),
            "{}",
            run.stderr
        );
    }
}
