//! Small reports made by hand. Their secrets are repeated letters: no token stands here.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use patsweep::model::{
    BytePath, Clue, Coverage, Encoding, Evidence, Excerpt, Finding, FindingId, IssueMonth,
    Occurrence, Origin, Outcome, Position, Problem, ProblemKind, Proof, Report, Secret, SkipReason,
    SourceKind, Summary, SuppressedBy, Suppression, TargetKind, TargetSummary, Timestamp, Unit,
    ValidityReason,
};
use patsweep::report::{
    Color, Format, Home, Leaks, Options, Secrets, Verbosity, write as write_report,
};
use patsweep::rules::{BuiltIn, Place, Rule, RuleKind, Severity};

/// 2026-11-22T10:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_341_600);

pub(crate) fn rule(id: &str, title: &str, severity: Severity) -> Rule {
    Rule {
        id: Arc::from(id),
        title: title.to_owned(),
        description: format!("Finds: {title}."),
        help: format!("What a *{title}* is, and what to do.\n"),
        severity,
        kind: RuleKind::BuiltIn(BuiltIn::Pat),
        place: Place {
            path: PathBuf::from("rules.toml"),
            line: 1,
        },
    }
}

fn rules() -> Vec<Rule> {
    vec![
        rule(
            "azure-devops-pat",
            "Azure DevOps personal access token",
            Severity::Critical,
        ),
        rule(
            "azure-devops-oauth-token",
            "Azure DevOps OAuth access token",
            Severity::High,
        ),
    ]
}

/// Writes `report` with the defaults.
pub(crate) fn write(report: &Report, format: Format) -> String {
    write_with(report, format, |_| {})
}

/// Writes `report` with what `change` makes of the defaults.
pub(crate) fn write_with(
    report: &Report,
    format: Format,
    change: impl FnOnce(&mut Options<'_>),
) -> String {
    with_options(|options| {
        let mut options = *options;
        change(&mut options);
        let mut out = Vec::new();
        write_report(report, format, &options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    })
}

/// Calls `use_them` with the defaults.
pub(crate) fn with_options<T>(use_them: impl FnOnce(&Options<'_>) -> T) -> T {
    let rules = rules();
    let rules: Vec<&Rule> = rules.iter().collect();
    use_them(&Options {
        rules: &rules,
        color: Color::Plain,
        secrets: Secrets::Redact,
        verbosity: Verbosity::Normal,
        now: NOW,
        home: Home::Services,
        leaks: Leaks::Fail,
    })
}

/// The token of a finding: as many letters as there are to a personal access token, the last one
/// another so that the redacted form shows both ends.
pub(crate) fn token(letter: char) -> String {
    format!("{}zzzz", letter.to_string().repeat(80))
}

/// A place on line `line`, column 5, after `pat=`.
pub(crate) fn place(path: &str, line: u64) -> Occurrence {
    Occurrence {
        origin: Origin::new(SourceKind::File, BytePath::from(path)),
        position: Some(Position {
            offset: line * 10,
            line,
            column: 5,
        }),
        encodings: Vec::new(),
        excerpt: Some(Excerpt {
            text: "pat=AAAA…zzzz # do not commit".to_owned(),
            span: (4, 13),
        }),
        is_ignored: false,
    }
}

/// A proven token in these places.
pub(crate) fn finding(letter: char, occurrences: Vec<Occurrence>) -> Finding {
    Finding {
        id: FindingId::C3id(letter.to_string().repeat(20)),
        rule: Arc::from("azure-devops-pat"),
        secret: Secret::new(token(letter).as_bytes()),
        proof: Proof::Checksum,
        issued: Some(IssueMonth {
            year: 2026,
            month: 11,
        }),
        expires: None,
        validity: ValidityReason::NotAttempted,
        verification: None,
        organizations: Vec::new(),
        exposure: None,
        suppressed: None,
        overruled: None,
        occurrence_count: occurrences.len() as u64,
        occurrences,
    }
}

pub(crate) fn clue(organization: &str, evidence: Evidence) -> Clue {
    Clue {
        organization: organization.to_owned(),
        evidence,
    }
}

pub(crate) fn problem(path: &str, kind: ProblemKind, message: &str) -> Problem {
    Problem {
        path: BytePath::from(path),
        kind,
        message: message.to_owned(),
    }
}

/// A complete report on 1,204 files.
pub(crate) fn report(findings: Vec<Finding>) -> Report {
    let mut coverage = Coverage::default();
    coverage.files.scanned = 1204;
    Report {
        targets: vec![TargetSummary {
            kind: TargetKind::Path,
            path: BytePath::from("conf"),
            head: None,
        }],
        findings,
        problems: Vec::new(),
        accepted: BTreeSet::new(),
        coverage,
        summary: Summary {
            bytes: 33_100_000,
            files: 1204,
            objects: 0,
            seconds: 0.123,
        },
        interrupted: false,
        name_runs: Vec::new(),
        baseline: None,
    }
}

/// One finding of each kind, everything that a report can hold.
pub(crate) fn full_report() -> Report {
    let mut encoded = place("conf/outer.vsix!/inner.zip!/a/.env", 3);
    encoded.encodings = vec![Encoding::Base64, Encoding::Utf16Le];
    encoded.excerpt = None;
    let mut named = place("conf/…zzzz.txt", 1);
    named.position = None;
    named.excerpt = None;
    let mut pat = finding('A', vec![place("conf/.npmrc", 12), encoded, named]);
    pat.organizations = vec![
        clue("contoso", Evidence::Entry),
        clue("adatum", Evidence::Nearby),
        clue("fabrikam", Evidence::Nearby),
    ];

    let mut stdin = place("-", 1);
    stdin.origin.source = SourceKind::Stdin;
    stdin.position = Some(Position {
        offset: 0,
        line: 1,
        column: 1,
    });
    stdin.encodings = vec![Encoding::Base64];
    stdin.excerpt = Some(Excerpt {
        text: "…".to_owned(),
        span: (0, 1),
    });
    let mut jwt = finding('J', vec![stdin]);
    jwt.rule = Arc::from("azure-devops-oauth-token");
    jwt.proof = Proof::Shape;
    jwt.issued = None;
    jwt.expires = Some(Timestamp(NOW.0 - 60));

    let mut allowed = finding('S', vec![place("docs/sample.md", 7)]);
    allowed.rule = Arc::from("acme-key");
    allowed.proof = Proof::Shape;
    allowed.issued = None;
    allowed.suppressed = Some(Suppression {
        by: SuppressedBy::Allowlist,
        reason: "published sample".to_owned(),
    });

    let mut report = report(vec![pat, jwt, allowed]);
    report.targets.push(TargetSummary {
        kind: TargetKind::Stdin,
        path: BytePath::from("-"),
        head: None,
    });
    report.problems = vec![
        problem(
            "conf/a.zip!/secret.txt",
            ProblemKind::Encrypted,
            "needs a password",
        ),
        problem(
            "conf/b",
            ProblemKind::Unreadable,
            "cannot open: permission denied",
        ),
    ];
    let coverage = &mut report.coverage;
    coverage.tally_mut(Unit::Member).scanned = 56;
    coverage
        .tally_mut(Unit::Member)
        .add(Outcome::Skipped(SkipReason::Encrypted));
    coverage
        .tally_mut(Unit::File)
        .add(Outcome::Skipped(SkipReason::Link));
    coverage
        .tally_mut(Unit::File)
        .add(Outcome::Skipped(SkipReason::Unreadable));
    report
}
