//! What a plan orders, and why.

use crate::responder::Responder;

/// What a plan does about a live leak, by its first word, and why.
#[track_caller]
fn check(responder: &Responder, flags: &str, action: &str, because: &str) {
    let token = responder.live()[0];
    let run = responder.plan(&[token], flags);
    let text = &run.stdout;
    assert!(
        text.contains(&format!("{action}: {}\n", token.c3id)),
        "{flags}\n{text}{}",
        run.stderr
    );
    assert!(text.contains(because), "{flags}\n{text}");
    let orders = usize::from(action == "revoke");
    assert!(text.contains(&format!("{orders} token")), "{text}");
    // The leak is active, whatever is to be done about it.
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert_eq!(responder.writes(), 0);
}

#[test]
fn the_tenant_decides_about_what_everybody_can_read() {
    let responder = Responder::new();
    let public = "--exposure public";
    check(&responder, public, "revoke", "never set, which means on");
    check(
        &responder,
        "--exposure private",
        "notify",
        "not everybody can read it",
    );
    check(&responder, "", "notify", "it is not known who can read");
    for (behavior, action, because) in [
        ("policy-null", "revoke", "never set, which means on"),
        ("policy-value-null", "revoke", "never set, which means on"),
        ("policy-true", "revoke", "the tenant revokes leaked tokens"),
        (
            "policy-false",
            "notify",
            "the tenant revokes no leaked tokens",
        ),
        ("policy-empty", "notify", "cannot be read"),
        ("policy-204", "notify", "cannot be read"),
        ("policy-html", "notify", "cannot be read"),
        ("policy-203", "notify", "cannot be read"),
        ("policy-401", "notify", "cannot be read"),
        ("policy-403", "notify", "cannot be read"),
        ("policy-404", "notify", "cannot be read"),
        ("policy-shape", "notify", "cannot be read"),
        ("foreign-page", "notify", "cannot be read"),
    ] {
        responder.bench.order("/TenantPolicy/", behavior, 99);
        check(&responder, public, action, because);
        responder.bench.forget_orders();
    }
}

#[test]
fn the_operator_decides_otherwise() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let configured = |text: &str, flags: &str, action: &str, because: &str| {
        responder.bench.write("config.toml", text);
        let flags = format!("--config config.toml {flags}");
        check(&responder, &flags, action, because);
    };
    let any = "[policy]\nexposure = \"any\"\n";
    configured(any, "", "revoke", "never set, which means on");
    let off = "[policy]\nauto_revoke = \"off\"\n";
    configured(
        off,
        "--exposure public",
        "notify",
        "your policy revokes nothing",
    );
    responder.bench.order("/TenantPolicy/", "policy-false", 99);
    let on = "[policy]\nauto_revoke = \"on\"\n";
    configured(
        on,
        "--exposure public",
        "revoke",
        "whatever the tenant's says",
    );
    responder.bench.forget_orders();
    let allow = |whom: &str, until: &str| {
        format!(
            "[policy]\nexposure = \"any\"\n[[policy.allow]]\n{whom}\nreason = \"a decoy\"\n\
             until = \"{until}\"\n"
        )
    };
    let c3id = format!("c3id = \"{}\"", token.c3id);
    let owner = format!("owner = \"{}\"", token.owner.clone().expect("an owner"));
    for whom in [&c3id, &owner] {
        configured(
            &allow(whom, "2999-01-01"),
            "",
            "nothing",
            "it is allowed: a decoy",
        );
        configured(&allow(whom, "2020-01-01"), "", "revoke", "never set");
    }
}

#[test]
fn what_has_ended_or_is_not_known_is_left_alone() {
    let responder = Responder::new();
    for (state, action, because) in [
        ("expired", "nothing", "it works no more"),
        ("revoked", "nothing", "it works no more"),
        ("unknown", "nothing", "whether it works is not known"),
        ("refused", "nothing", "whether it works is not known"),
    ] {
        let token = responder.token(state);
        let run = responder.plan(&[token], "--exposure public");
        let expected = format!("{action}: {}\n", token.c3id);
        assert!(run.stdout.contains(&expected), "{state}\n{}", run.stdout);
        assert!(run.stdout.contains(because), "{state}\n{}", run.stdout);
        assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
    }
}

#[test]
fn without_a_c3id_a_record_is_probable_at_best() {
    let responder = Responder::new();
    let bench = &responder.bench;
    bench.order("/tokenadmin/", "c3id-absent", 999);
    let token = responder.live()[0];
    let public = "--exposure public";
    let run = responder.plan(&[token], public);
    let text = &run.stdout;
    let id = token.authorization_id.clone().expect("an id");
    assert!(
        text.contains(&format!("notify: {}\n", token.c3id)),
        "{text}"
    );
    assert!(text.contains(&id), "{text}");
    assert!(text.contains("0 tokens to revoke"), "{text}");
    let asserted = format!("{public} --match {}={id}", token.c3id);
    let run = responder.plan(&[token], &asserted);
    let text = &run.stdout;
    assert!(text.contains("asserted: you say so"), "{text}");
    assert!(text.contains("1 token to revoke"), "{text}");
    let other = format!(
        "{public} --match {}=11111111-2222-3333-4444-555555555555",
        token.c3id
    );
    let run = responder.plan(&[token], &other);
    assert!(run.stdout.contains("holds no such token"), "{}", run.stdout);
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
}

/// A mistake in what a person says is not passed over.
#[test]
fn what_is_said_of_a_match_can_be_true() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let c3id = &token.c3id;
    let (one, other) = ("11111111-2222-3333-4444-555555555555", "ANOTHER");
    let id = token.authorization_id.clone().expect("an id");
    for (flags, complaint) in [
        (
            format!("--match AAAA={one}"),
            "--match names AAAA, which is none of the leaked tokens".to_owned(),
        ),
        (
            format!("--match {c3id}={one} --match {c3id}={other}"),
            format!("--match says of {c3id} that it is {one}, and that it is {other}"),
        ),
        (
            format!("--match {c3id}={one}"),
            format!("--match says of {c3id} that it is {one}, and the list holds its C3ID as {id}"),
        ),
    ] {
        let run = responder.plan(&[token], &flags);
        assert_eq!(run.code, 2, "{flags}: {}", run.stdout);
        let complaint = format!("error: {complaint}\n");
        assert!(run.stderr.contains(&complaint), "{flags}: {}", run.stderr);
        assert!(!responder.bench.path("plan.json").exists(), "{flags}");
    }
    let same = format!("--match {c3id}={id} --match {c3id}={}", id.to_uppercase());
    let run = responder.plan(&[token], &format!("--exposure public {same}"));
    assert!(run.stdout.contains("1 token to revoke"), "{}", run.stderr);
}

/// Nor is what cannot be looked up.
#[test]
fn what_is_said_of_a_token_of_nobody_is_not_taken() {
    let responder = Responder::nobody();
    let token = responder.token("blocked");
    let flags = format!("--exposure public --match {}=ANY", token.c3id);
    let run = responder.plan(&[token], &flags);
    let why = "--match is not taken: whose it is is not known";
    assert!(run.stdout.contains(why), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
}

/// Whatever the policy comes to say, what no list holds is not revoked.
#[test]
fn a_policy_is_no_way_out_where_nothing_can_be_looked_up() {
    let responder = Responder::nobody();
    let token = responder.live()[0];
    let run = responder.plan(&[token], "--exposure public");
    let next =
        "  next      an administrator (--auth, --org) can have it looked up; then `auto_revoke";
    assert!(run.stdout.contains(next), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_policy_that_cannot_be_understood_stops_everything() {
    let responder = Responder::new();
    for (text, complaint) in [
        ("[policy]\nauto_revoke = \"maybe\"\n", "config.toml:2"),
        ("[policy]\nexposure = \"some\"\n", "config.toml:2"),
        ("[policy]\nauto-revoke = \"on\"\n", "config.toml:2"),
        (
            "[[policy.allow]]\nc3id = \"A\"\nuntil = \"2026-11-22\"\n",
            ".reason`: missing",
        ),
        (
            "[[policy.allow]]\nc3id = \"A\"\nreason = \"r\"\nuntil = \"soon\"\n",
            "is no date",
        ),
        (
            "[[policy.allow]]\nreason = \"r\"\nuntil = \"2026-11-22\"\n",
            ".c3id`: missing",
        ),
    ] {
        responder.bench.write("config.toml", text);
        let run = responder
            .bench
            .patsweep("revoke --auth pat --config config.toml", "");
        assert_eq!(run.code, 2, "{text}");
        assert!(run.stderr.contains(complaint), "{text}\n{}", run.stderr);
    }
}

/// Whoever revokes it by hand breaks the same.
#[test]
fn what_breaks_is_told_of_what_is_left_to_its_owner_too() {
    let responder = Responder::new();
    let token = responder.live()[0];
    let text = format!(
        "//pkgs.dev.azure.com/contoso/_packaging/f/npm/registry/:_password={}\n",
        token.token
    );
    responder.bench.write("site/.npmrc", &text);
    let scanned = responder.bench.plain("scan site -f json", "");
    responder.bench.write("leaks.json", &scanned.stdout);
    for (exposure, action) in [("public", "revoke"), ("private", "notify")] {
        let given = format!(
            "revoke --from leaks.json --source site --exposure {exposure} {} {}",
            responder.auth, responder.listing
        );
        let run = responder.bench.patsweep(&given, "");
        let [start, breaks] = [
            format!("{action}: {}\n", token.c3id),
            "  breaks    Azure Artifacts, npm\n".into(),
        ];
        assert!(run.stdout.contains(&start), "{}", run.stdout);
        assert!(run.stdout.contains(&breaks), "{}", run.stdout);
    }
}
