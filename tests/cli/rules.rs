//! `rules list`, `rules check` and `rules explain`.

use patsweep::model::{IssueMonth, Timestamp};
use patsweep::token::{c3id, jwt, mint};

use crate::program::{Said, World};

const RULE: &str = r#"[[rules]]
id = "contoso-key"
title = "Contoso key"
description = "A key of the Contoso gateway."
severity = "high"
anchors = ["ctso_"]
regex = '(?P<secret>ctso_[a-z0-9]{20})'
min_entropy = 2.5
examples = ["key = ctso_0a1b2c3d4e5f6g7h8i9j"]
counterexamples = ["ctso_short", "ctso_aaaaaaaaaaaaaaaaaaaa"]
"#;

const REACH: &str = "
Your own rules (--rules) see plain text and every layer that patsweep opens on its way to Azure DevOps
tokens: base64, UTF-16, hexadecimal, quoted-printable and gzip inside base64. A layer in which nothing
can be such a token stays closed. Ids of their low-entropy matches are salted and hold for one run.
";

#[test]
fn rules_are_listed() {
    let world = World::with("r.toml", RULE);
    let said = world.run("rules list --rules r.toml");
    assert_eq!(
        said,
        Said {
            code: 0,
            stdout: "\
azure-devops-pat           critical  Azure DevOps personal access token
azure-devops-pat-legacy    critical  Azure DevOps personal access token (52 characters)
azure-devops-app-secret    critical  Azure DevOps application secret
azure-devops-oauth-token   high      Azure DevOps OAuth access token
azure-devops-pat-unproven  low       Possible Azure DevOps personal access token (only with --include-unproven)
contoso-key                high      Contoso key (r.toml:1)
"
            .to_owned(),
            stderr: String::new(),
        }
    );
}

#[test]
fn rules_that_hold_are_checked() {
    let world = World::with("r.toml", RULE);
    for args in ["rules check r.toml", "rules check --rules r.toml"] {
        let said = world.run(args);
        assert_eq!(
            (said.code, said.stdout.as_str(), said.stderr.as_str()),
            (0, "6 rules, 8 examples: all hold\n", "")
        );
    }
    let said = world.run("rules check");
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (0, "5 rules, 5 examples: all hold\n")
    );
}

#[test]
fn rules_that_do_not_hold_are_named_with_file_line_and_key() {
    for (from, to, expected) in [
        (
            "[a-z0-9]{20})'",
            "[A-Z]{20})'",
            "error: r.toml:9: `contoso-key.examples[0]`: the expression does not match\n\
             hint: mend the expression or the example\n",
        ),
        (
            "anchors = [\"ctso_\"]",
            "anchors = [\"key = \"]",
            "error: r.toml:9: `contoso-key.examples[0]`: the expression matches, but no anchor stands \
             inside the match\nhint: name as anchor a text that every match contains\n",
        ),
        (
            "min_entropy = 2.5",
            "min_entropy = 6",
            "error: r.toml:9: `contoso-key.examples[0]`: matches, but its entropy is 4.56, less than \
             6.00\nhint: lower min_entropy, or take a secret as it really looks\n",
        ),
        (
            "min_entropy = 2.5\n",
            "\n",
            "error: r.toml:10: `contoso-key.counterexamples[1]`: is found, and must not be\n\
             hint: narrow the expression, or raise min_entropy\n",
        ),
    ] {
        let world = World::with("r.toml", RULE.replace(from, to));
        let said = world.run("rules check r.toml");
        assert_eq!((said.code, said.stderr.as_str()), (1, expected));
        assert_eq!(said.stdout, "6 rules, 8 examples: 1 does not hold\n");
    }
}

#[test]
fn a_secret_that_can_only_be_nothing_is_refused() {
    let expected = "error: r.toml:7: `rules[0].regex`: the group named `secret` can only match \
                    nothing\nhint: put the part that is the secret into (?P<secret>…)\n";
    for regex in [
        "ctso_(?P<secret>)",
        "ctso_(?P<secret>\\b|^)",
        "(a|ctso_((?P<secret>[a&&b])|b))+",
    ] {
        let rule = RULE.replace("(?P<secret>ctso_[a-z0-9]{20})", regex);
        let said = World::with("r.toml", rule).run("rules check r.toml");
        assert_eq!((said.code, said.stderr.as_str()), (2, expected), "{regex}");
    }
    let rule = RULE.replace("(?P<secret>ctso_[a-z0-9]{20})", "ctso_(a|(?P<secret>x*))");
    let said = World::with("r.toml", rule).run("rules check r.toml");
    assert_eq!(said.code, 1, "{}", said.stderr);
}

#[test]
fn a_rule_without_examples_is_noted() {
    let world = World::with(
        "r.toml",
        RULE.replace("examples = [\"key", "help = '' # [\"key"),
    );
    let said = world.run("rules check r.toml");
    assert_eq!(
        (said.code, said.stderr.as_str()),
        (0, "note: `contoso-key` has no examples\n")
    );
}

/// Explains `input`: its code, and all that is said before the standing text.
fn explain(input: &str) -> (i32, String) {
    let said = World::new().run_on("rules explain", input);
    assert_eq!(said.stderr, "");
    let answer = said
        .stdout
        .strip_suffix(REACH)
        .expect("the standing text")
        .to_owned();
    let token = input.trim();
    assert!(
        token.len() < 8 || !said.stdout.contains(token),
        "the token is printed"
    );
    (said.code, answer)
}

#[test]
fn tokens_are_explained_and_never_printed() {
    let month = IssueMonth {
        year: 2026,
        month: 11,
    };
    let token = mint::pat_issued(1, month);
    let expected = format!(
        "Azure DevOps personal access token\n  proven   yes, its checksum is right\n  \
         issued   2026-11\n  C3ID     {}\n  rule     azure-devops-pat\n",
        c3id(token.as_bytes())
    );
    for end in ["", "\n", "\r\n"] {
        assert_eq!(explain(&format!("{token}{end}")), (0, expected.clone()));
    }

    let token = mint::legacy_pat(1);
    let expected = format!(
        "legacy Azure DevOps personal access token\n  proven   yes, its checksum is right\n  \
         C3ID     {}\n  rule     azure-devops-pat-legacy\n",
        c3id(token.as_bytes())
    );
    assert_eq!(explain(&token), (0, expected));

    let token = mint::oauth_token(1, jwt::ISSUER_HOST, Some(Timestamp(1_800_000_000)));
    let expected = format!(
        "Azure DevOps OAuth access token\n  proven   no, it carries no checksum that can be verified \
         offline\n  expires  2027-01-15T08:00:00Z\n  C3ID     {}\n  rule     \
         azure-devops-oauth-token\n",
        c3id(token.as_bytes())
    );
    assert_eq!(explain(&token), (1, expected));
}

#[test]
fn what_is_no_token_is_told_why() {
    let token = mint::legacy_pat(1);
    let broken = format!(
        "{}{}",
        if token.starts_with('a') { 'b' } else { 'a' },
        &token[1..]
    );
    assert_eq!(
        explain(&broken),
        (
            1,
            "not an Azure DevOps token as it stands: not a legacy token: its checksum is wrong\n"
                .to_owned()
        )
    );
}

#[test]
fn a_token_inside_other_text_is_found() {
    let token = mint::pat_issued(
        1,
        IssueMonth {
            year: 2025,
            month: 2,
        },
    );
    let (code, answer) = explain(&format!("password={token};\n"));
    assert_eq!(code, 0);
    let expected = format!(
        "azure-devops-pat stands in it (plain)\n  proven   yes, its checksum is right\n  \
         issued   2025-02\n  C3ID     {}\n",
        c3id(token.as_bytes())
    );
    assert_eq!(answer.split_once('\n').expect("two lines").1, expected);
}

#[test]
fn more_or_less_than_one_line_is_refused() {
    for (input, expected) in [
        (
            "",
            "error: nothing on standard input\n\
             hint: give one token: patsweep rules explain < token.txt\n",
        ),
        (
            "one\ntwo\n",
            "error: more than one line on standard input\n\
             hint: give one token; to look into a file, use patsweep scan FILE\n",
        ),
    ] {
        let said = World::new().run_on("rules explain", input);
        assert_eq!(
            (said.code, said.stdout.as_str(), said.stderr.as_str()),
            (2, "", expected)
        );
    }
}
