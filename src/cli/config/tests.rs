//! Tries every key, and every way to write one wrong.

use super::*;
use crate::cli::args::Auth;
use crate::model::Timestamp;
use crate::policy::{Allowed, AutoRevoke, ExposureRule, Whom};
use crate::providers::notify::Encryption;

const PATH: &str = "/etc/user/patsweep/config.toml";

#[test]
fn every_key_is_read() {
    let text = r#"
        color = "never"
        [[credentials]]
        organizations = ["Contoso", "fabrikam"]
        auth = "client-secret"
        tenant = "contoso.example"
        client-id = "7b4f"
        secret-env = "CONTOSO_SECRET"
        [[credentials]]
        organizations = ["northwind"]
        auth = "workload-identity"
        tenant = "northwind.example"
        client-id = "91aa"
        token-file = "token.jwt"
        [scan]
        rules = ["contoso.toml", "/etc/rules"]
        include-unproven = true
        exclude = ["*.min.js"]
        baseline = "known.json"
        no-inline-ignores = true
        respect-gitignore = true
        one-file-system = true
        max-file-size = "10M"
        archive-max-members = 1_000
        archive-max-size = "1GiB"
        archive-max-ratio = 100
        archive-max-window = "8M"
        archive-max-depth = 2
        format = "json"
        max-occurrences = 5
        fail-on = "proven"
        exit-code = 10
        jobs = 0x3
    "#;
    let expected = ConfigFile {
        path: Some(PATH.into()),
        color: Some(Color::Never),
        credentials: vec![
            Credentials {
                organizations: vec!["contoso".into(), "fabrikam".into()],
                auth: Auth::ClientSecret,
                tenant: Some("contoso.example".into()),
                client_id: Some("7b4f".into()),
                secret: Some(SecretPlace::Variable("CONTOSO_SECRET".into())),
                token_file: None,
                line: 3,
            },
            Credentials {
                organizations: vec!["northwind".into()],
                auth: Auth::WorkloadIdentity,
                tenant: Some("northwind.example".into()),
                client_id: Some("91aa".into()),
                secret: None,
                token_file: Some("/etc/user/patsweep/token.jwt".into()),
                line: 9,
            },
        ],
        policy: PolicyTable::default(),
        policy_path: None,
        notify: NotifyTable::default(),
        rules: vec![
            Rules {
                path: "/etc/user/patsweep/contoso.toml".into(),
                line: 16,
            },
            Rules {
                path: "/etc/rules".into(),
                line: 16,
            },
        ],
        include_unproven: true,
        exclude: vec!["*.min.js".into()],
        baseline: Some("/etc/user/patsweep/known.json".into()),
        no_inline_ignores: true,
        respect_gitignore: true,
        one_file_system: true,
        max_file_size: Some(10 << 20),
        archive_max_members: Some(1000),
        archive_max_size: Some(1 << 30),
        archive_max_ratio: Some(100),
        archive_max_window: Some(8 << 20),
        archive_max_depth: Some(2),
        format: Some(Format::Json),
        max_occurrences: NonZeroUsize::new(5),
        fail_on: Some(FailOn::Proven),
        exit_code: Some(10),
        jobs: NonZeroUsize::new(3),
    };
    assert_eq!(parse(Path::new(PATH), text), Ok(expected));
    assert_eq!(
        SCAN_KEYS
            .iter()
            .filter(|key| !text.contains(&format!("{key} = ")))
            .count(),
        0,
        "a key is not tried"
    );
}

#[test]
fn every_key_of_the_notifications_is_read() {
    let text = r#"
        [notify]
        security_contact = "security@example.org"
        remind_after = "7d"
        [notify.smtp]
        host = "mail.example.org"
        tls = "tls"
        ca_file = "ca.pem"
        user = "ann"
        password_env = "SMTP_PASSWORD"
        from = "leaks@example.org"
        [[notify.webhook]]
        kind = "json"
        url = "https://example.org/hook"
        secret_env = "HOOK_SECRET"
        ca_file = "/etc/ca.pem"
        [[notify.webhook]]
        kind = "teams"
        url_env = "TEAMS"
    "#;
    let address = |text: &str| text.parse().expect("an address");
    let expected = NotifyTable {
        security_contact: Some(address("security@example.org")),
        remind_after: Some(jiff::SignedDuration::from_hours(7 * 24)),
        smtp: Some(SmtpTable {
            host: "mail.example.org".into(),
            port: 465,
            encryption: Encryption::Tls,
            ca_file: Some("/etc/user/patsweep/ca.pem".into()),
            login: Some(("ann".into(), "SMTP_PASSWORD".into())),
            from: address("leaks@example.org"),
            line: 5,
        }),
        webhooks: vec![
            WebhookTable {
                form: WebhookForm::Json {
                    secret: "HOOK_SECRET".into(),
                },
                address: AddressPlace::Here("https://example.org/hook".into()),
                ca_file: Some("/etc/ca.pem".into()),
                line: 12,
            },
            WebhookTable {
                form: WebhookForm::Teams,
                address: AddressPlace::Variable("TEAMS".into()),
                ca_file: None,
                line: 17,
            },
        ],
    };
    let read = parse(Path::new(PATH), text).expect("it can be used");
    assert_eq!(read.notify, expected);
}

#[test]
fn every_key_of_the_policy_is_read() {
    let text = r#"
        [policy]
        auto_revoke = "on"
        exposure = "any"
        max_revocations = 20
        notify = false

        [[policy.allow]]
        owner = "decoy@contoso.example"
        reason = "a decoy"
        until = "2027-01-01"
    "#;
    let expected = PolicyTable {
        auto_revoke: Some(AutoRevoke::On),
        exposure: Some(ExposureRule::Any),
        max_revocations: Some(20),
        notify: Some(false),
        allowed: vec![Allowed {
            whom: Whom::Owner("decoy@contoso.example".into()),
            reason: "a decoy".into(),
            // 2027-01-02: the day that is named still counts.
            until: Timestamp(1_798_848_000),
        }],
    };
    let config = parse(Path::new(PATH), text);
    assert_eq!(config.map(|config| config.policy), Ok(expected));
    let for_ever = text.replace("2027-01-01", "9999-12-31");
    let config = parse(Path::new(PATH), &for_ever).expect("a policy");
    let last = jiff::Timestamp::MAX.as_second();
    assert_eq!(config.policy.allowed[0].until, Timestamp(last));
}

#[test]
fn complaints_name_line_and_key() {
    for (text, line, expected) in [
        ("\ncolour = 1", 2, "`colour`: unknown key"),
        (
            "[scan]\nshow-secrets = true",
            2,
            "`scan.show-secrets`: unknown key",
        ),
        (
            "scan = 3",
            1,
            "`scan`: expected a table, found a whole number",
        ),
        (
            "color = \"red\"",
            1,
            "`color`: `red` is none of auto, always, never",
        ),
        ("[scan]\njobs = 0", 2, "`scan.jobs`: must be at least 1"),
        (
            "[scan]\njobs = -1",
            2,
            "`scan.jobs`: expected a whole number, not negative, found a negative number",
        ),
        (
            "[scan]\nexit-code = 0",
            2,
            "`scan.exit-code`: not between 1 and 125",
        ),
        (
            "[scan]\nexit-code = 126",
            2,
            "`scan.exit-code`: not between 1 and 125",
        ),
        (
            "[scan]\nformat = \"xml\"",
            2,
            "`scan.format`: `xml` is none of text, json, jsonl, sarif, gitlab, azure-pipelines, github, \
             markdown, csv, junit",
        ),
        (
            "[scan]\nmax-file-size = 1.5",
            2,
            "`scan.max-file-size`: expected a size, found a fraction",
        ),
        (
            "[scan]\nmax-file-size = \"10 X\"",
            2,
            "`scan.max-file-size`: expected a number of bytes with a unit or none, such as 512, 64K, \
             10MiB or 2GB",
        ),
        (
            "[scan]\nexclude = \"x\"",
            2,
            "`scan.exclude`: expected an array of strings, found a string",
        ),
        (
            "[[credentials]]\norganizations = [\"a\"]\nauth = \"ntlm\"",
            3,
            "`credentials[0].auth`: `ntlm` is none of az, client-secret, workload-identity, \
             managed-identity, pat",
        ),
        (
            "[[credentials]]\nauth = \"az\"",
            1,
            "`credentials[0].organizations`: missing",
        ),
        (
            "[[credentials]]\norganizations = [\"a\"]\nauth = \"pat\"",
            1,
            "`credentials[0].secret-env`: missing",
        ),
        (
            "[[credentials]]\norganizations = [\"a\"]\nauth = \"az\"\nclient-id = \"x\"",
            4,
            "`credentials[0].client-id`: not used by `auth = \"az\"`",
        ),
        (
            "[[credentials]]\norganizations = [\"a\"]\nauth = \"az\"\n[[credentials]]\n\
             organizations = [\"b\", \"A\"]\nauth = \"az\"",
            5,
            "`credentials[1].organizations`: `a` is named twice",
        ),
        (
            "[[credentials]]\norganizations = [\"a/b\"]\nauth = \"az\"",
            2,
            "`credentials[0].organizations`: `a/b` is no name of an organization",
        ),
        (
            "[[credentials]]\nsecret = \"x\"",
            2,
            "`credentials[0].secret`: unknown key",
        ),
        ("[scan\n", 1, "not valid TOML: unclosed table, expected `]`"),
    ] {
        let error = parse(Path::new(PATH), text).expect_err(text);
        assert_eq!((error.line, error.to_string().as_str()), (line, expected));
    }
}
